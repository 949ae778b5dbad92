package abci

import (
	"sync"
	"time"

	"torg/ledger"
)

// mark is how far something has come along the chain.
type mark struct {
	mu     sync.Mutex
	height int64
	time   time.Time
	moved  chan struct{} // closed when it moves
}

func newMark() *mark { return &mark{moved: make(chan struct{})} }

// at returns where the mark is, and a channel that is closed when it moves on.
func (m *mark) at() (height int64, t time.Time, moved <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.height, m.time, m.moved
}

func (m *mark) move(b ledger.Block) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.height, m.time = b.Height, b.Time
	close(m.moved)
	m.moved = make(chan struct{})
}

// watchers get every committed block, one at a time and in order. The queue before
// them has no bound: a slow watcher costs memory and never holds up consensus.
type watchers struct {
	mu     sync.Mutex
	calls  []func(ledger.Committed)
	queue  []ledger.Committed
	closed bool
	wake   chan struct{} // holds one token when there is news
	done   chan struct{} // closed when the last block is handed over
	handed *mark
}

func newWatchers() *watchers {
	return &watchers{wake: make(chan struct{}, 1), done: make(chan struct{}), handed: newMark()}
}

func (w *watchers) add(f func(ledger.Committed)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, f)
}

func (w *watchers) put(c ledger.Committed) {
	w.mu.Lock()
	w.queue = append(w.queue, c)
	w.mu.Unlock()
	w.signal()
}

// close lets run return once the queue is empty.
func (w *watchers) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
}

func (w *watchers) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run hands over blocks until close; after every block it calls then.
func (w *watchers) run(then func()) {
	defer close(w.done)
	for range w.wake {
		w.mu.Lock()
		batch, calls, closed := w.queue, w.calls, w.closed
		w.queue = nil
		w.mu.Unlock()
		for _, c := range batch {
			for _, f := range calls {
				f(c)
			}
			w.handed.move(c.Block)
			then()
		}
		if closed {
			return
		}
	}
}
