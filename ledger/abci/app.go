package abci

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"torg"
	"torg/ledger"
)

// protocol is the version of the application that headers carry. Rules that make
// another state of the same blocks need another one.
const protocol = 1

// app is the ledger as CometBFT sees it. One lock serves consensus and checks; views
// share another, which only a commit takes from them.
type app struct {
	abci.BaseApplication
	mu        sync.Mutex
	views     sync.RWMutex
	store     *store
	ledger    *ledger.Ledger
	staged    *ledger.Committed // finalized, not committed
	committed func(ledger.Committed)
	now       func() time.Time // the validator's clock, for checks only; nil: none
	retain    func() int64     // the lowest height that must not be pruned; 0: prune nothing
}

// newApp takes up the state in the store; one without any waits for InitChain.
func newApp(s *store, committed func(ledger.Committed)) (*app, error) {
	a := &app{store: s, ledger: ledger.New(staged{s}), committed: committed, retain: func() int64 { return 0 }}
	if s.version == 0 {
		return a, nil
	}
	return a, a.ledger.Load()
}

// Info tells CometBFT which block the state is of, so that it replays what came
// after.
func (a *app) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &abci.ResponseInfo{
		Data: "torg", AppVersion: protocol,
		LastBlockHeight: a.store.version, LastBlockAppHash: a.store.hash(),
	}, nil
}

// InitChain begins a new chain. It may come again, if nothing was committed since.
func (a *app) InitChain(_ context.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g, err := parseGenesis(req.AppStateBytes)
	if err != nil {
		return nil, err
	}
	if err := a.ledger.Init(g); err != nil {
		return nil, err
	}
	return &abci.ResponseInitChain{}, nil
}

// parseGenesis reads the ledger's part of a genesis document.
func parseGenesis(text []byte) (ledger.Genesis, error) {
	var g ledger.Genesis
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&g); err != nil {
		return ledger.Genesis{}, fmt.Errorf("app_state: %w", err)
	}
	return g, nil
}

// CheckTx says whether a transaction may wait for a block. Its signatures are verified
// before anything is locked, so that consensus does not wait for them.
func (a *app) CheckTx(_ context.Context, req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	if req.Type == abci.CheckTxType_New {
		a.verify(req.Tx)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if req.Type == abci.CheckTxType_Recheck {
		// It was good; if it no longer is, its block says so.
		a.rememberWaiting(req.Tx)
		return &abci.ResponseCheckTx{}, nil
	}
	err := a.late(req.Tx) // before the ledger takes note of it as waiting
	if err == nil {
		err = a.ledger.Check(req.Tx)
	}
	if err == nil {
		return &abci.ResponseCheckTx{}, nil
	}
	if r := torg.RefusalOf(err); r != "" {
		return &abci.ResponseCheckTx{Code: codeRefused, Codespace: codespace, Data: []byte(r), Log: err.Error()}, nil
	}
	return &abci.ResponseCheckTx{Code: codeFailed, Codespace: codespace, Log: err.Error()}, nil
}

func (a *app) verify(tx []byte) {
	var verify func()
	a.view(func(v ledger.View) { verify = v.Verifying(tx) })
	if verify != nil {
		verify()
	}
}

// rememberWaiting lets the ledger see again, after a commit, a transaction that still
// waits and that others may build on: a deposit is good after the admission that
// waits before it. The mass of transactions, which nothing builds on, costs nothing.
func (a *app) rememberWaiting(tx []byte) {
	if ledger.BuiltOn(tx) {
		_ = a.ledger.Check(tx) // if it is no longer good, its block says so
	}
}

// PrepareProposal fills a block with what waits, in order, up to its size.
func (a *app) PrepareProposal(_ context.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	var txs [][]byte
	left := req.MaxTxBytes
	for _, tx := range req.Txs {
		if !readable(tx) {
			continue
		}
		// A transaction in a block has up to 6 bytes around it.
		if left -= int64(len(tx)) + 6; left < 0 {
			break
		}
		txs = append(txs, tx)
	}
	return &abci.ResponsePrepareProposal{Txs: txs}, nil
}

// ProcessProposal refuses a block with bytes that are no transactions: they would
// cost everybody space for ever.
func (a *app) ProcessProposal(_ context.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	for _, tx := range req.Txs {
		if !readable(tx) {
			return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
		}
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

func readable(tx []byte) bool {
	_, err := ledger.Decode(tx)
	return err == nil
}

// FinalizeBlock computes what a block does and the hash of the state after it, in
// memory. If it comes again before Commit, it starts again.
func (a *app) FinalizeBlock(_ context.Context, req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if want := a.store.version + 1; req.Height != want {
		return nil, fmt.Errorf("block %d where %d comes next", req.Height, want)
	}
	c := ledger.Committed{Block: ledger.Block{Height: req.Height, Time: req.Time.UTC(), Txs: req.Txs}}
	c.Result = a.ledger.Apply(c.Block)
	c.AppHash = a.store.stage(a.ledger.Changes())
	events, err := encodeEvents(c.Events, c.Txs)
	if err != nil {
		return nil, err
	}
	a.staged = &c
	return &abci.ResponseFinalizeBlock{Events: events, TxResults: txResults(c.Codes), AppHash: c.AppHash}, nil
}

// Commit makes the finalized block's state the committed one, on disk first.
func (a *app) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.staged == nil {
		return nil, fmt.Errorf("commit without a finalized block")
	}
	if err := a.store.save(); err != nil {
		return nil, err
	}
	a.views.Lock()
	a.ledger.Commit()
	a.views.Unlock()
	a.committed(*a.staged)
	a.staged = nil
	return &abci.ResponseCommit{RetainHeight: a.retain()}, nil
}

// view runs f on the committed state.
func (a *app) view(f func(ledger.View)) {
	a.views.RLock()
	defer a.views.RUnlock()
	f(a.ledger.View())
}

func (a *app) height() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.store.version
}

func (a *app) prune() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.staged != nil {
		return nil // after its commit
	}
	return a.store.prune()
}
