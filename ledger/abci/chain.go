package abci

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
)

// Chain is a ledger on CometBFT. It is a ledger.Chain.
type Chain struct {
	cfg     Config
	dbs     *databases
	store   *store
	app     *app
	node    *node.Node
	blocks  history
	archive *archiver // nil: none is kept
	commits *mark     // the newest committed block
	watch   *watchers

	life    sync.Mutex // of Start and Stop
	started bool
	stopped bool
	done    chan struct{} // closed when the chain has stopped, for whatever reason
	fail    sync.Once
	err     error // why, once done is closed
}

var _ ledger.Chain = (*Chain)(nil)

// errStopped is why a chain that was told to stop no longer answers.
var errStopped = errors.New("the chain is stopped")

// Open takes up the chain in cfg.Dir, or lays out a new one. What a process that
// died left half done is finished; those blocks are in Blocks and not watched. It
// refuses, in one line that names the file, a directory that another process uses,
// another chain or genesis than cfg's, and damaged or missing files; it never
// repairs or overwrites them. A chain without an archive gets one of all its blocks
// before Open returns.
func Open(cfg Config) (*Chain, error) {
	c := &Chain{cfg: cfg.withDefaults(), commits: newMark(), watch: newWatchers(), done: make(chan struct{})}
	if err := c.open(); err != nil {
		c.close()
		return nil, fmt.Errorf("chain: %w", err)
	}
	return c, nil
}

func (c *Chain) open() error {
	n := c.cfg.node()
	fresh, err := isNew(n)
	if err != nil {
		return err
	}
	if fresh {
		err = c.begin()
	} else {
		err = c.takeUp()
	}
	if err != nil {
		return err
	}
	err = guard(n.DBDir()+"/application.db", func() (err error) {
		if c.store, err = openStore(c.dbs.application); err != nil {
			return err
		}
		if c.app, err = newApp(c.store, c.committed); err != nil {
			return err
		}
		c.app.now = c.cfg.clock
		return c.store.whole()
	})
	if err != nil {
		return err
	}
	if err := guard(n.DBDir(), c.connect); err != nil {
		return err
	}
	return c.keepArchive()
}

// begin lays out a new chain.
func (c *Chain) begin() (err error) {
	n := c.cfg.node()
	if c.dbs, err = openDatabases(n.DBDir()); err != nil {
		return err
	}
	if err := unused(n, c.dbs); err != nil {
		return err
	}
	return lay(n, c.cfg.Genesis, c.cfg.born())
}

// takeUp opens an existing chain after a look at all of its files.
func (c *Chain) takeUp() error {
	n := c.cfg.node()
	doc, g, err := readGenesis(n)
	if err != nil {
		return err
	}
	if err := sameGenesis(n.GenesisFile(), g, c.cfg.Genesis); err != nil {
		return err
	}
	c.cfg.Genesis = g
	if err := present(n); err != nil {
		return err
	}
	if c.dbs, err = openDatabases(n.DBDir()); err != nil {
		return err
	}
	return inspect(n, doc, c.dbs)
}

// connect makes the node, which brings the ledger up to the newest block.
func (c *Chain) connect() error {
	n := c.cfg.node()
	key, err := p2p.LoadNodeKey(n.NodeKeyFile())
	if err != nil {
		return err
	}
	validator := privval.LoadFilePV(n.PrivValidatorKeyFile(), n.PrivValidatorStateFile())
	c.node, err = node.NewNode(n, dated(validator, c.cfg.Now), key,
		proxy.NewConnSyncLocalClientCreator(c.app), // the application has its own lock
		func() (*types.GenesisDoc, error) { return types.GenesisDocFromFile(n.GenesisFile()) },
		c.dbs.get,
		node.DefaultMetricsProvider(n.Instrumentation),
		logger{c.cfg.Log.With("chain", c.cfg.Genesis.ChainID), c.failed})
	if err != nil {
		return err
	}
	c.blocks = newHistory(c.dbs)
	c.blocks.blocks = c.node.BlockStore()
	if len(c.node.GenesisDoc().Validators) > 1 {
		return nil
	}
	return guard(n.Consensus.WalFile(), func() error {
		last := validator.LastSignState
		return resume(n.Consensus.WalFile(), c.blocks.blocks.Height(), last.Height, last.Round)
	})
}

// committed takes a block from the application, in the middle of its commit.
func (c *Chain) committed(b ledger.Committed) {
	if c.node == nil {
		return // replayed while the chain opens
	}
	c.watch.put(b)
	c.commits.move(b.Block)
	if c.archive != nil {
		c.archive.news()
	}
}

// Watch calls f for every block that is committed from Start on, in order, one at a
// time, in a goroutine of its own. f may take its time, but must not call Stop.
func (c *Chain) Watch(f func(ledger.Committed)) { c.watch.add(f) }

// Start starts consensus and returns when the first new block is committed; if ctx
// is done before, the chain is stopped.
func (c *Chain) Start(ctx context.Context) error {
	if err := c.start(); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	for {
		height, _, moved := c.commits.at()
		if height > 0 {
			return nil
		}
		select {
		case <-moved:
		case <-c.done:
			return fmt.Errorf("chain: %w", c.err)
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("chain: no block yet: %w", ctx.Err()), c.Stop())
		}
	}
}

func (c *Chain) start() error {
	c.life.Lock()
	defer c.life.Unlock()
	if c.started || c.stopped {
		return errors.New("started or stopped before")
	}
	c.started = true
	go c.watch.run(c.prune)
	if c.archive != nil {
		c.archive.start()
	}
	return guard(c.cfg.Dir, c.node.Start)
}

// prune deletes old versions of the state, while consensus waits for transactions.
func (c *Chain) prune() {
	if err := c.app.prune(); err != nil {
		c.cfg.Log.Error("old state stays", "chain", c.cfg.Genesis.ChainID, "err", err)
	}
}

// failed ends the chain where consensus cannot go on: stopping beats a wrong ledger.
func (c *Chain) failed(err error) {
	c.fail.Do(func() {
		c.err = err
		close(c.done)
	})
}

// Done is closed when the chain has stopped: by Stop, or because consensus failed,
// of which Err says why.
func (c *Chain) Done() <-chan struct{} { return c.done }

// Err returns why consensus failed; nil: it has not.
func (c *Chain) Err() error {
	select {
	case <-c.done:
		if !errors.Is(c.err, errStopped) {
			return c.err
		}
	default:
	}
	return nil
}

// Stop ends consensus, hands the last blocks to the watchers and lets go of the
// directory. Transactions that wait for a block are lost: a nil error of Submit
// never meant more. A second Stop does nothing.
func (c *Chain) Stop() error {
	c.life.Lock()
	defer c.life.Unlock()
	if c.stopped {
		return nil
	}
	c.stopped = true
	if c.archive != nil {
		c.archive.stop()
	}
	var err error
	if c.node.IsRunning() {
		err = guard(c.cfg.Dir, c.node.Stop)
	}
	c.failed(errStopped)
	if c.started {
		c.watch.close()
		<-c.watch.done
	}
	c.close()
	if err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	return nil
}

// close lets go of everything that open took.
func (c *Chain) close() {
	if c.node != nil {
		// Their only error is that they were stopped before, as the node does itself.
		_ = c.node.ProxyApp().Stop()
		_ = c.node.EventBus().Stop()
	}
	if c.archive != nil {
		c.archive.stop()
	}
	if c.app != nil {
		c.app.mu.Lock()
		defer c.app.mu.Unlock()
	}
	if c.store != nil {
		c.store.close()
	}
	if c.dbs != nil {
		c.dbs.close()
	}
}

// View runs f on the committed state. Blocks wait for f to return.
func (c *Chain) View(f func(v ledger.View)) { c.app.view(f) }

// Genesis returns what the chain was born with.
func (c *Chain) Genesis() ledger.Genesis { return c.cfg.Genesis }

// Height returns the height of the newest committed block; 0: there is none.
func (c *Chain) Height() int64 { return c.app.height() }

// Blocks calls f for the committed blocks from one height to another, both
// included, with what they did, until f returns an error. They are the same that
// watchers get or got.
func (c *Chain) Blocks(from, to int64, f func(ledger.Committed) error) error {
	if err := c.blocks.each(c.cfg.node().DBDir(), from, to, c.Height(), f); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	return nil
}

// Pass returns once a block dated at or after t is committed and handed to every
// watcher. A block is dated by the votes for the block before it, so it takes two
// blocks after t: Pass asks for each with a tick, and would get them from empty
// blocks, seconds later, without.
func (c *Chain) Pass(ctx context.Context, t time.Time) error {
	for {
		_, at, handed := c.watch.handed.at()
		height, newest, committed := c.commits.at()
		if !at.Before(t) {
			return nil
		}
		var early <-chan time.Time
		if wait := time.Until(t); wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			early, committed = timer.C, nil
		} else if newest.Before(t) {
			c.tick(t, height)
		}
		select {
		case <-early:
		case <-committed:
		case <-handed:
		case <-c.done:
			return fmt.Errorf("chain: %w", c.err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
