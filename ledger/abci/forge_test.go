package abci

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/mempool"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/proxy"
	sm "github.com/cometbft/cometbft/state"
	blockstore "github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"

	"torg"
	"torg/ledger"
)

// forged is a chain that CometBFT executed and whose validator signed every block,
// with votes dated so that the blocks have the times they are given: hours of trade
// without hours of waiting. The first block is CometBFT's own, of the genesis' time.
func forged(t testing.TB, cfg Config, blocks []ledger.Block) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	stop(t, open(t, cfg))
	n := cfg.withDefaults().node()
	doc, _, err := readGenesis(n)
	check(err)
	key, err := readKey(n.PrivValidatorKeyFile())
	check(err)
	dbs, err := openDatabases(n.DBDir())
	check(err)
	defer dbs.close()
	s, err := openStore(dbs.application)
	check(err)
	a, err := newApp(s, func(ledger.Committed) {})
	check(err)
	_, err = a.InitChain(t.Context(), &abci.RequestInitChain{AppStateBytes: doc.AppState})
	check(err)
	app := proxy.NewAppConns(proxy.NewLocalClientCreator(a), proxy.NopMetrics())
	check(app.Start())
	defer app.Stop()
	states, store := sm.NewStore(dbs.consensus["state"], sm.StoreOptions{}), blockstore.NewBlockStore(dbs.consensus["blockstore"])
	state, err := states.LoadFromDBOrGenesisDoc(doc)
	check(err)
	check(states.Bootstrap(state))
	executor := sm.NewBlockExecutor(states, log.NewNopLogger(), app.Consensus(), &mempool.NopMempool{}, sm.EmptyEvidencePool{}, store)
	blocks = append([]ledger.Block{{Time: doc.GenesisTime}}, blocks...)
	votes := &types.Commit{}
	for i, b := range blocks {
		var txs types.Txs
		for _, tx := range b.Txs {
			txs = append(txs, tx)
		}
		block, err := state.MakeBlock(int64(i+1), txs, votes, nil, key.Address)
		check(err)
		if !block.Time.Equal(b.Time) {
			t.Fatalf("block %d is of %s, want %s", i+1, block.Time, b.Time)
		}
		parts, err := block.MakePartSet(types.BlockPartSizeBytes)
		check(err)
		id := types.BlockID{Hash: block.Hash(), PartSetHeader: parts.Header()}
		next := b.Time.Add(time.Second)
		if i+1 < len(blocks) {
			next = blocks[i+1].Time
		}
		vote := types.Vote{Type: cmtproto.PrecommitType, Height: block.Height, BlockID: id, Timestamp: next, ValidatorAddress: key.Address}
		signature, err := key.PrivKey.Sign(types.VoteSignBytes(doc.ChainID, vote.ToProto()))
		check(err)
		votes = &types.Commit{Height: block.Height, BlockID: id, Signatures: []types.CommitSig{{
			BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: key.Address, Timestamp: next, Signature: signature,
		}}}
		store.SaveBlock(block, parts, votes)
		state, err = executor.ApplyBlock(state, id, block)
		check(err)
	}
	check(s.close())
}

// traded are the blocks of n sessions of two participants, from one hour on, and of a
// missed one: readings of the slot before the last, orders, the first gate, a
// revision, the second gate. The first session's slot is returned too.
func traded(t testing.TB, g ledger.Genesis, n int) (blocks []ledger.Block, first torg.Slot) {
	cal := g.Calendar
	first = cal.At(time.Now().Add(time.Hour)) + 2
	block := func(at time.Time, txs ...[]byte) {
		blocks = append(blocks, ledger.Block{Time: at, Txs: txs})
	}
	order := func(k torg.Slot, discovery int, name string, side torg.Side, e torg.Energy, limit torg.Price) ledger.SignedOrder {
		site := torg.SiteID(name + "-1")
		return ledger.SignedOrder{Order: torg.Order{
			ID: torg.NewOrderID(site, cal.Session(k), discovery), Participant: torg.ParticipantID(name), Site: site, Zone: "z1",
			Slot: k, Discovery: discovery, Sequence: 1, Side: side, Energy: e, Limit: limit,
		}}
	}
	block(cal.Opens(first), append(admitAll(t), deposit(t, "foundry", 100_000_00), deposit(t, "factory", 100_000_01))...)
	for k := first; k < first+torg.Slot(n)+2; k++ {
		if past := k - 2; past >= first {
			block(cal.Opens(k), encode(t, ledger.Readings{Slot: past, Readings: []torg.Reading{
				{Site: "foundry-1", Slot: past, Energy: -2900, Quality: torg.Measured},
				{Site: "factory-1", Slot: past, Energy: 2500, Quality: torg.Measured},
			}}))
		}
		if k >= first+torg.Slot(n) {
			continue
		}
		block(cal.Opens(k).Add(time.Second), encode(t, ledger.Orders{Slot: k, Discovery: 1, Orders: []ledger.SignedOrder{
			order(k, 1, "foundry", torg.Sell, 3000, 2_00000), order(k, 1, "factory", torg.Buy, 2000+torg.Energy(k%1000), 6_00000),
		}}))
		block(cal.GateClosure(k, 1))
		block(cal.GateClosure(k, 1).Add(time.Second), encode(t, ledger.Orders{Slot: k, Discovery: 2, Orders: []ledger.SignedOrder{
			order(k, 2, "foundry", torg.Sell, 10, 1_00000),
		}}))
		block(cal.GateClosure(k, 2))
	}
	return blocks, first
}

// market is the folder of a forged chain of n sessions, and the first one's slot.
func market(t testing.TB, n int) (Config, torg.Slot) {
	t.Helper()
	cfg := testConfig(t, t.TempDir())
	cfg.Genesis.Settlement = time.Minute
	blocks, first := traded(t, cfg.Genesis, n)
	forged(t, cfg, blocks)
	return cfg, first
}
