package abci

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cosmosdb "github.com/cosmos/cosmos-db"

	"torg/ledger"
)

// fuzzWorld is an application in the middle of random trade, and transactions of
// every kind that were good or bad in it.
func fuzzWorld(t testing.TB) (i *instance, last ledger.Block, txs [][]byte) {
	w := newRandomWorld(t, 3, nil)
	i = newInstance(t, "fuzzed", w.g)
	kinds := map[byte]int{}
	for range 60 {
		b, _ := w.block()
		i.finalize(b)
		i.commit()
		for _, tx := range b.Txs {
			if len(tx) > 1 && kinds[tx[1]] < 4 {
				kinds[tx[1]]++
				txs = append(txs, tx)
			}
		}
		last = b
	}
	for range 8 { // for the session that runs
		txs = append(txs, w.encode(w.body()))
	}
	return i, last, txs
}

// A good transaction of which a few bytes are others, and bytes of a stranger beside
// it: no check, no proposal and no block makes the application panic, what may wait
// may be in a block, and what a proposal of ours has no validator refuses.
func FuzzProposals(f *testing.F) {
	i, last, txs := fuzzWorld(f)
	for n, tx := range txs {
		f.Add(tx, uint16(0), byte(0), uint16(n), byte(1<<(n%8)), []byte("gibberish"))
	}
	f.Fuzz(func(t *testing.T, tx []byte, at1 uint16, xor1 byte, at2 uint16, xor2 byte, junk []byte) {
		i.t = t
		changed := bytes.Clone(tx)
		if n := len(changed); n > 0 {
			changed[int(at1)%n] ^= xor1
			changed[int(at2)%n] ^= xor2
		}
		block := [][]byte{tx, changed, junk, changed}
		i.checkAll(block, abci.CheckTxType_New)
		i.checkAll(block, abci.CheckTxType_Recheck)
		p, err := i.PrepareProposal(t.Context(), &abci.RequestPrepareProposal{Txs: block, MaxTxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		r, err := i.ProcessProposal(t.Context(), &abci.RequestProcessProposal{Txs: p.Txs})
		if err != nil || !r.IsAccepted() {
			t.Fatalf("refuses its own proposal: %v", err)
		}
		for _, later := range []time.Duration{0, time.Minute, 5 * time.Hour} {
			b := ledger.Block{Height: last.Height + 1, Time: last.Time.Add(later), Txs: block}
			first, again := i.finalize(b), i.finalize(b)
			if !bytes.Equal(first.AppHash, again.AppHash) || len(first.TxResults) != len(block) {
				t.Fatalf("one block has the hashes %x and %x", first.AppHash, again.AppHash)
			}
		}
		i.ledger.ForgetChecks()
	})
}

// Whatever a genesis document says, it is refused or a market begins with it.
func FuzzGenesis(f *testing.F) {
	w := newRandomWorld(f, 1, nil)
	good := string(asJSON(f, w.g))
	for _, text := range []string{
		good, string(asJSON(f, testGenesis())), "{}", "[]", "null", "",
		strings.Replace(good, `"Interval":900000000000`, `"Interval":-1`, 1), strings.Replace(good, `"Zones":["z1","z2"]`, `"Zones":["z1","z1"]`, 1),
		strings.Replace(good, "Europe/Moscow", "../../etc/passwd", 1), strings.Replace(good, `"Fee":20000`, `"Fee":9223372036854775807`, 1),
	} {
		f.Add([]byte(text))
	}
	b, _ := w.block()
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := parseGenesis(text)
		if err != nil {
			return
		}
		i := &instance{t: t, name: "fuzzed", db: cosmosdb.NewMemDB()}
		i.restart()
		if _, err := i.InitChain(t.Context(), &abci.RequestInitChain{AppStateBytes: text}); err != nil {
			return
		}
		i.finalize(b)
		i.commit()
		i.restart()
		again, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if h, err := parseGenesis(again); err != nil || h.Valid() != nil {
			t.Fatalf("a genesis that a market began with does not come back: %v", err)
		}
	})
}
