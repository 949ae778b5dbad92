package abci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"

	"torg"
	"torg/ledger"
)

// Submit checks a transaction and has it wait for a block. A torg.Refusal in the
// error means that it never will be in one; another error, that it may be sent
// again. While this process lives a transaction that waits leaves only into a
// block, which refuses it if it is no longer good; where there is no room it is not
// taken in the first place. It is kept in memory only; who must know it committed
// watches for it and submits it again after a restart, which is idempotent by the
// ids in it.
func (c *Chain) Submit(ctx context.Context, tx []byte) error {
	select {
	case <-c.done:
		return fmt.Errorf("chain: %w", c.err)
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	if len(tx) > ledger.MaxTxBytes {
		return fmt.Errorf("transaction of %d bytes, more than %d: %w", len(tx), ledger.MaxTxBytes, torg.ErrTooLarge)
	}
	var refused error
	err := c.node.Mempool().CheckTx(tx, func(r *abci.ResponseCheckTx) { refused = checked(r) }, mempool.TxInfo{})
	if errors.Is(err, mempool.ErrTxInCache) {
		// The same bytes wait already, or were in a block: then the ledger knows.
		for _, waiting := range c.node.Mempool().ReapMaxTxs(-1) {
			if bytes.Equal(waiting, tx) {
				return nil
			}
		}
		r, err := c.app.CheckTx(ctx, &abci.RequestCheckTx{Tx: tx})
		if err != nil {
			return err
		}
		return checked(r)
	}
	if err != nil {
		return fmt.Errorf("chain: transaction not taken: %w", err)
	}
	return refused
}

// checked is the error that a check's answer stands for.
func checked(r *abci.ResponseCheckTx) error {
	switch {
	case r.Code == abci.CodeTypeOK:
		return nil
	case r.Code != codeRefused:
		return fmt.Errorf("chain: %s", r.Log)
	}
	refusal := torg.Refusal(r.Data)
	if story, ok := strings.CutSuffix(r.Log, ": "+string(refusal)); ok {
		return fmt.Errorf("%s: %w", story, refusal)
	}
	return refusal
}

// tick asks for a block after the one of the given height; a second time changes
// nothing.
func (c *Chain) tick(t time.Time, height int64) {
	tx, err := ledger.Encode(c.cfg.Genesis.ChainID, ledger.Tick{
		Slot: c.cfg.Genesis.Calendar.At(t), Attempt: uint32(height),
	}, nil)
	if err == nil {
		err = c.node.Mempool().CheckTx(tx, nil, mempool.TxInfo{})
	}
	if err != nil && !errors.Is(err, mempool.ErrTxInCache) {
		// Empty blocks will do it, more slowly.
		c.cfg.Log.Debug("tick not taken", "chain", c.cfg.Genesis.ChainID, "err", err)
	}
}
