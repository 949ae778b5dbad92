package abci

import (
	"bytes"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cosmosdb "github.com/cosmos/cosmos-db"

	"torg/ledger"
	"torg/sign"
)

// instance is an application on a store of its own, as one validator has it.
type instance struct {
	*app
	t    testing.TB
	name string
	db   cosmosdb.DB
	done []ledger.Committed
}

func newInstance(t testing.TB, name string, g ledger.Genesis) *instance {
	t.Helper()
	i := &instance{t: t, name: name, db: cosmosdb.NewMemDB()}
	i.restart()
	if _, err := i.InitChain(t.Context(), &abci.RequestInitChain{AppStateBytes: asJSON(t, g)}); err != nil {
		t.Fatal(err)
	}
	return i
}

// restart forgets all that is not on disk, and looks at all that is.
func (i *instance) restart() {
	i.t.Helper()
	s, err := openStore(i.db)
	if err != nil {
		i.t.Fatal(err)
	}
	if i.app, err = newApp(s, func(c ledger.Committed) { i.done = append(i.done, c) }); err != nil {
		i.t.Fatal(err)
	}
	if err := s.whole(); err != nil {
		i.t.Fatal(err)
	}
}

func (i *instance) finalize(b ledger.Block) *abci.ResponseFinalizeBlock {
	i.t.Helper()
	r, err := i.FinalizeBlock(i.t.Context(), &abci.RequestFinalizeBlock{Height: b.Height, Time: b.Time, Txs: b.Txs})
	if err != nil {
		i.t.Fatal(err)
	}
	return r
}

func (i *instance) commit() {
	i.t.Helper()
	if _, err := i.Commit(i.t.Context(), nil); err != nil {
		i.t.Fatal(err)
	}
}

// checkAll lets transactions come in before their block, as they do on the validator
// that a participant sends them to, and not on the others.
func (i *instance) checkAll(txs [][]byte, kind abci.CheckTxType) {
	i.t.Helper()
	for _, tx := range txs {
		if _, err := i.CheckTx(i.t.Context(), &abci.RequestCheckTx{Tx: tx, Type: kind}); err != nil {
			i.t.Fatal(err)
		}
	}
}

// The same blocks, good and bad, make the same of three applications and of a ledger
// in memory, in hashes, codes and events, at every height: whoever restarted, also
// between finalize and commit, whoever finalized twice or another proposal first, and
// whoever had seen which transactions before.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seeds, blocks int
		keys          func() sign.Keyring
	}{
		"unsigned": {3, 150, func() sign.Keyring { return nil }},
		"signed":   {1, 120, randomKeys},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var did kinds
			for seed := range uint64(c.seeds) {
				did.run(t, newRandomWorld(t, seed, c.keys()), c.blocks)
			}
			did.enough(t)
			t.Logf("%+v", did)
		})
	}
}

func (k *kinds) run(t *testing.T, w *randomWorld, blocks int) {
	t.Helper()
	plain, busy, shaky := newInstance(t, "plain", w.g), newInstance(t, "busy", w.g), newInstance(t, "shaky", w.g)
	for range blocks {
		b, made := w.block()
		k.add(made)
		w.proposals(t, b, plain, busy, shaky)

		want := plain.finalize(b)
		busy.checkAll(b.Txs, abci.CheckTxType_New)
		got := busy.finalize(b)
		same(t, b, "busy", got, want)
		busy.checkAll(w.shuffled(b.Txs), abci.CheckTxType_Recheck)
		same(t, b, "busy, finalized again", busy.finalize(b), want)

		same(t, b, "shaky", shaky.finalize(b), want)
		if b.Height > 1 && w.one(3) {
			shaky.restart()
			same(t, b, "shaky, restarted before its commit", shaky.finalize(b), want)
		}
		for _, i := range []*instance{plain, busy, shaky} {
			i.commit()
			last := i.done[len(i.done)-1]
			if !bytes.Equal(asJSON(t, last.Result), asJSON(t, made)) || !bytes.Equal(last.AppHash, want.AppHash) {
				t.Fatalf("block %d: %s committed\n%s, a ledger in memory did\n%s", b.Height, i.name, asJSON(t, last.Result), asJSON(t, made))
			}
		}
		if w.one(10) {
			shaky.restart()
		}
	}
	for _, i := range []*instance{plain, busy, shaky} {
		if !bytes.Equal(dump(i.store), dump(w.kv)) {
			t.Errorf("%s has another state than a ledger in memory", i.name)
		}
	}
}

// proposals finalizes the same transactions in another order on all instances, none
// of which is committed: each order has one result, the same on all.
func (w *randomWorld) proposals(t *testing.T, b ledger.Block, all ...*instance) {
	t.Helper()
	if len(b.Txs) < 2 {
		return
	}
	b.Txs = w.shuffled(b.Txs)
	want := all[0].finalize(b)
	for _, i := range all[1:] {
		same(t, b, i.name+" in another order", i.finalize(b), want)
	}
}

func same(t *testing.T, b ledger.Block, name string, got, want *abci.ResponseFinalizeBlock) {
	t.Helper()
	if !bytes.Equal(got.AppHash, want.AppHash) {
		t.Fatalf("block %d: %s has hash %x, plain %x", b.Height, name, got.AppHash, want.AppHash)
	}
	if a, b := asJSON(t, got), asJSON(t, want); !bytes.Equal(a, b) {
		t.Fatalf("%s answers\n%s, plain\n%s", name, a, b)
	}
}
