package abci

import (
	"bytes"
	"context"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cosmosdb "github.com/cosmos/cosmos-db"

	"torg"
	"torg/ledger"
)

// bare is an application on a database in memory, without consensus.
type bare struct {
	*app
	t      testing.TB
	db     cosmosdb.DB
	blocks []ledger.Committed
}

func newBare(t testing.TB) *bare {
	b := &bare{t: t, db: cosmosdb.NewMemDB()}
	b.restart()
	if _, err := b.InitChain(context.Background(), &abci.RequestInitChain{AppStateBytes: asJSON(t, testGenesis())}); err != nil {
		t.Fatal(err)
	}
	return b
}

// restart forgets all that is not on disk.
func (b *bare) restart() {
	s, err := openStore(b.db)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.app, err = newApp(s, func(c ledger.Committed) { b.blocks = append(b.blocks, c) }); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bare) finalize(height int64, txs ...[]byte) *abci.ResponseFinalizeBlock {
	b.t.Helper()
	r, err := b.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{
		Height: height, Txs: txs, Time: time.Unix(1_800_000_000+height, 0),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bare) commit() {
	b.t.Helper()
	if _, err := b.Commit(context.Background(), nil); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bare) check(tx []byte, kind abci.CheckTxType) *abci.ResponseCheckTx {
	b.t.Helper()
	r, err := b.CheckTx(context.Background(), &abci.RequestCheckTx{Tx: tx, Type: kind})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bare) info() (int64, []byte) {
	b.t.Helper()
	r, err := b.Info(context.Background(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.LastBlockHeight, r.LastBlockAppHash
}

// What FinalizeBlock computes is on disk after Commit, and not before.
func TestFinalizeThenCommit(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	b.finalize(1, admitAll(t)...)
	b.commit()
	_, before := b.info()
	first := b.finalize(2, deposit(t, "foundry", 5))
	if bytes.Equal(first.AppHash, before) {
		t.Fatal("a deposit leaves the hash as it was")
	}
	if h, hash := b.info(); h != 1 || !bytes.Equal(hash, before) {
		t.Errorf("height %d before the commit of block 2", h)
	}
	b.restart()
	if h, hash := b.info(); h != 1 || !bytes.Equal(hash, before) {
		t.Errorf("height %d after a crash before the commit of block 2", h)
	}
	if again := b.finalize(2, deposit(t, "foundry", 5)); !bytes.Equal(again.AppHash, first.AppHash) {
		t.Error("the same block gives another hash after a crash")
	}
	b.commit()
	b.restart()
	if h, hash := b.info(); h != 2 || !bytes.Equal(hash, first.AppHash) {
		t.Errorf("height %d and hash %x after the commit of block 2 with %x", h, hash, first.AppHash)
	}
	b.view(func(v ledger.View) {
		if have, _, _ := v.Balance("foundry"); have != torg.Money(5).Cost() {
			t.Errorf("balance %s, want 0.05", have)
		}
	})
}

// A block that is finalized twice counts once.
func TestFinalizeTwice(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	b.finalize(1, admitAll(t)...)
	b.commit()
	b.finalize(2, deposit(t, "foundry", 99), deposit(t, "factory", 98))
	first := b.finalize(2, deposit(t, "foundry", 5))
	b.commit()
	other := newBare(t)
	other.finalize(1, admitAll(t)...)
	other.commit()
	second := other.finalize(2, deposit(t, "foundry", 5))
	other.commit()
	if !bytes.Equal(first.AppHash, second.AppHash) {
		t.Error("what was finalized and not committed is in the hash")
	}
	if !bytes.Equal(dump(b.store), dump(other.store)) {
		t.Error("what was finalized and not committed is in the state")
	}
	if len(b.blocks) != 2 || len(b.blocks[1].Txs) != 1 {
		t.Errorf("committed %d blocks", len(b.blocks))
	}
}

func TestOutOfTurn(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	if _, err := b.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: 2}); err == nil {
		t.Error("block 2 came first")
	}
	if _, err := b.Commit(context.Background(), nil); err == nil {
		t.Error("committed nothing")
	}
	if _, err := b.InitChain(context.Background(), &abci.RequestInitChain{AppStateBytes: []byte(`{"Chain":"x"}`)}); err == nil {
		t.Error("took a genesis with an unknown field")
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	r := b.finalize(1, admitAll(t)[0], deposit(t, "nobody", 1), []byte("gibberish"))
	b.commit()
	want := []torg.Refusal{"", torg.ErrUnknown, torg.ErrMalformed}
	for i, code := range refusals(r.TxResults) {
		if code != want[i] || b.blocks[0].Codes[i] != want[i] || (r.TxResults[i].Code == abci.CodeTypeOK) != (want[i] == "") {
			t.Errorf("transaction %d: %q, want %q", i, code, want[i])
		}
	}
}

// What waits is seen again after a block that did not take it.
func TestRecheck(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	admit := admitAll(t)[0]
	if r := b.check(admit, abci.CheckTxType_New); r.Code != abci.CodeTypeOK {
		t.Fatal(r.Log)
	}
	b.finalize(1)
	b.commit()
	if r := b.check(deposit(t, "foundry", 1), abci.CheckTxType_New); r.Code == abci.CodeTypeOK {
		t.Fatal("a deposit is good before anything is known to wait")
	}
	b.check(admit, abci.CheckTxType_Recheck)
	if r := b.check(deposit(t, "foundry", 1), abci.CheckTxType_New); r.Code != abci.CodeTypeOK {
		t.Errorf("a deposit after an admission that waits: %s", r.Log)
	}
	b.finalize(2, admit)
	b.commit()
	if r := b.check(admit, abci.CheckTxType_Recheck); r.Code != abci.CodeTypeOK {
		t.Error("what is no longer good was dropped, and its sender would never know why")
	}
}

func TestProposals(t *testing.T) {
	t.Parallel()
	b := newBare(t)
	txs := [][]byte{deposit(t, "a", 1), []byte("gibberish"), deposit(t, "b", 2), deposit(t, "c", 3)}
	room := int64(len(txs[0])+len(txs[2])) + 12
	p, err := b.PrepareProposal(context.Background(), &abci.RequestPrepareProposal{Txs: txs, MaxTxBytes: room})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Txs) != 2 || !bytes.Equal(p.Txs[0], txs[0]) || !bytes.Equal(p.Txs[1], txs[2]) {
		t.Errorf("proposed %d transactions, want the first and the third", len(p.Txs))
	}
	for name, c := range map[string]struct {
		txs    [][]byte
		accept bool
	}{
		"good":   {p.Txs, true},
		"empty":  {nil, true},
		"junk":   {txs, false},
		"a void": {[][]byte{{}}, false},
		"larger": {[][]byte{make([]byte, ledger.MaxTxBytes+1)}, false},
	} {
		r, err := b.ProcessProposal(context.Background(), &abci.RequestProcessProposal{Txs: c.txs})
		if err != nil {
			t.Fatal(err)
		}
		if r.IsAccepted() != c.accept {
			t.Errorf("%s: accepted %v", name, r.IsAccepted())
		}
	}
}

// A stranger's bytes never stop the application, wherever they come in.
func FuzzTransactions(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("gibberish"))
	for _, tx := range append(admitAll(f), deposit(f, "foundry", 1)) {
		f.Add(tx)
		f.Add(tx[:len(tx)-1])
	}
	f.Fuzz(func(t *testing.T, tx []byte) {
		b := newBare(t)
		b.finalize(1, admitAll(t)...)
		b.commit()
		checked := b.check(tx, abci.CheckTxType_New)
		b.check(tx, abci.CheckTxType_Recheck)
		p, err := b.ProcessProposal(context.Background(), &abci.RequestProcessProposal{Txs: [][]byte{tx}})
		if err != nil {
			t.Fatal(err)
		}
		if checked.Code == abci.CodeTypeOK && !p.IsAccepted() {
			t.Fatal("may wait, but no block may have it: the chain would stop")
		}
		r := b.finalize(2, tx)
		b.commit()
		if len(r.TxResults) != 1 || !p.IsAccepted() && r.TxResults[0].Code == abci.CodeTypeOK {
			t.Fatalf("results %v", r.TxResults)
		}
	})
}
