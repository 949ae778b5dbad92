package ledger

import (
	"context"
	"time"
)

// Committed is a block that is final, with what it did.
type Committed struct {
	Block
	Result
	AppHash []byte
}

// Chain orders transactions into blocks and applies them to a ledger. CometBFT is
// one, the simulator's sequencer another.
type Chain interface {
	// Submit hands over a transaction. A nil error means that it is waiting for a
	// block, not that it is committed; a torg.Refusal means that it never will be.
	Submit(ctx context.Context, tx []byte) error
	// Pass returns once a block dated at or after t is committed and handed to
	// every watcher.
	Pass(ctx context.Context, t time.Time) error
	// Watch calls f for every block committed from now on, in order, one at a
	// time, after it is final. It must be called before the chain starts.
	Watch(f func(Committed))
	// View runs f on the committed state. f must not keep v.
	View(f func(v View))
}
