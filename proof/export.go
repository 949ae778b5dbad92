package proof

import (
	"fmt"
	"slices"
	"strings"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/sign"
)

// errNone says that a contract is not the chain's. What tables show of the time before a
// chain began is on none.
var errNone = fmt.Errorf("not a contract of this chain: %w", torg.ErrUnknown)

// Export makes the proof of a contract, for readers who trust the header of the given
// height; every reader may trust the first. It returns that header too, as it is on
// this chain. Its errors wrap torg.ErrUnknown where there is no such contract,
// torg.ErrNotOpen where its session's root is in no header yet, and torg.ErrMalformed
// where the chain has no such height or has no signatures. What it returns passed
// Verify.
func (x *Index) Export(id torg.ContractID, from int64) (Files, abci.Trust, error) {
	files, trust, err := x.export(id, from)
	if err != nil {
		return nil, abci.Trust{}, fmt.Errorf("proof of contract %s: %w", id, err)
	}
	return files, trust, nil
}

func (x *Index) export(id torg.ContractID, from int64) (Files, abci.Trust, error) {
	g := x.chain.Genesis()
	if g.Unsigned {
		return nil, abci.Trust{}, fmt.Errorf("nothing is signed on chain %s: %w", g.ChainID, torg.ErrMalformed)
	}
	if top := x.chain.Height(); from < 1 || from > top {
		return nil, abci.Trust{}, fmt.Errorf("header %d: the chain has 1 to %d: %w", from, top, torg.ErrMalformed)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.update(); err != nil {
		return nil, abci.Trust{}, err
	}
	if b := x.boards[id]; b != nil {
		return x.exportBoard(g.ChainID, id, b, from)
	}
	s, err := x.find(g.Calendar, id)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	t, err := x.read(s, id)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	files, state, err := x.files(g.ChainID, s, t, from)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	trust, err := state.Begins(g.ChainID)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	if _, err := Verify(files, trust); err != nil {
		return nil, abci.Trust{}, fmt.Errorf("what the chain says does not prove it: %w", err)
	}
	return files, trust, nil
}

// find returns the session of a contract's id.
func (x *Index) find(cal torg.Calendar, id torg.ContractID) (*session, error) {
	name, _, _ := strings.Cut(string(id), "-")
	slot, err := cal.SlotOf(name)
	s := x.sessions[slot]
	switch {
	case err != nil || s == nil:
		return nil, errNone
	case s.ended > 0:
		return s, nil
	case slices.ContainsFunc(x.trading, func(c torg.Contract) bool { return c.ID == id }):
		return nil, fmt.Errorf("its session still trades, ask again when that is over: %w", torg.ErrNotOpen)
	}
	return nil, errNone
}

// traces are what a session left in the chain.
type traces struct {
	contract   torg.Contract
	contracts  []torg.Contract                       // all of the session
	orders     map[torg.OrderID]ledger.OrderTaken    // the last taken of each id
	statements map[torg.SiteID]ledger.StatementTaken // that say what the ledger does
	at         map[torg.OrderID]int64                // the orders' blocks
}

// read collects a session's traces from its blocks.
func (x *Index) read(s *session, id torg.ContractID) (*traces, error) {
	t := &traces{
		orders: map[torg.OrderID]ledger.OrderTaken{}, statements: map[torg.SiteID]ledger.StatementTaken{},
		at: map[torg.OrderID]int64{},
	}
	err := x.chain.Blocks(s.first, s.last, func(c ledger.Committed) error {
		for _, e := range c.Events {
			switch {
			case e.Order != nil && e.Order.Refused == "":
				t.orders[e.Order.Order.ID], t.at[e.Order.Order.ID] = *e.Order, c.Height
			case e.Cleared != nil && x.sessions[e.Cleared.Slot] == s:
				t.contracts = append(t.contracts, e.Cleared.Contracts...)
			case e.Statement != nil && x.sessions[e.Statement.Slot] == s && !e.Statement.Differs:
				t.statements[e.Statement.Site] = *e.Statement
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(t.contracts, func(c torg.Contract) bool { return c.ID == id })
	if id == "" { // all that concerns every contract is asked for
		return t, nil
	}
	if i < 0 {
		return nil, errNone
	}
	t.contract = t.contracts[i]
	return t, nil
}

// files puts the proof together.
func (x *Index) files(chainID string, s *session, t *traces, from int64) (Files, abci.StateProof, error) {
	parties, err := x.parties(t.contracts, s.ended)
	if err != nil {
		return nil, abci.StateProof{}, err
	}
	files := Files{
		fileContract: canon.Encode(canon.AppendContract, t.contract),
		fileText:     contractText(t.contract),
	}
	root := sign.Root(s.leavesOf(parties))
	d := document{Format: format, ChainID: chainID, chained: chained{SessionRoot: root[:]}}
	keys := [][]byte{ledger.LogKey()}
	for _, side := range sides {
		if _, order := side.of(t.contract); order == "" {
			continue
		}
		l, err := x.party(files, chainID, side, s, t, parties)
		if err != nil {
			return nil, abci.StateProof{}, fmt.Errorf("%s: %w", side.name, err)
		}
		if side.buyer {
			d.Buyer = l
		} else {
			d.Seller = l
		}
		keys = append(keys, ledger.OwnerKey(side.order(t.contract).Participant))
	}
	state, shown, err := x.state(&d.chained, chainID, s, from, keys)
	if err != nil {
		return nil, state, err
	}
	if err := owners(files, &d, state, shown); err != nil {
		return nil, state, err
	}
	files[fileProof] = encodeJSON(d)
	return files, state, nil
}

// party adds one side's files, but for the owner's key, and returns its links.
func (x *Index) party(files Files, chainID string, s side, in *session, t *traces, parties []ledger.SessionParty) (*linked, error) {
	site, id := s.of(t.contract)
	order, ok := t.orders[id]
	if !ok {
		return nil, fmt.Errorf("order %s is in no block of its session", id)
	}
	message := ledger.OrderMessage(chainID, order.Order)
	m, ok := x.signer(site, t.at[id], message, order.Signature)
	if !ok {
		return nil, fmt.Errorf("order %s: no mandate that was in force has its key", id)
	}
	i := slices.IndexFunc(parties, func(p ledger.SessionParty) bool { return p.Site == site })
	if i < 0 {
		return nil, fmt.Errorf("site %s is no party of the session", site)
	}
	l := &linked{StatementRoot: parties[i].Root[:], SessionMandate: mandateBytes(parties[i].Mandate)}
	if err := l.climbFrom(site, i, t, in.leavesOf(parties)); err != nil {
		return nil, err
	}
	files[s.file(fileKey)] = sign.PublicPEM(m.key)
	files[s.file(fileOrder)], files[s.file(fileOrderSig)] = message, order.Signature
	files[s.file(fileMandate)], files[s.file(fileMandateSig)] = ledger.MandateMessage(chainID, m.Mandate), m.signature
	if st, ok := t.statements[site]; ok {
		message := ledger.StatementMessage(chainID, t.contract.Slot, site, parties[i].Root)
		// One of a later mandate's key is left out: the party has one key here.
		if l.StatementSigned = signed(m.key, message, st.Signature); l.StatementSigned {
			files[s.file(fileStatement)], files[s.file(fileStatementSig)] = message, st.Signature
		}
	}
	return l, nil
}

// climbFrom sets the paths from the contract to the statement and on to the session.
func (l *linked) climbFrom(site torg.SiteID, index int, t *traces, session [][]byte) error {
	var own []torg.Contract
	for _, c := range t.contracts {
		for _, s := range sides {
			if at, order := s.of(c); order != "" && at == site {
				own = append(own, c)
			}
		}
	}
	slices.SortFunc(own, func(a, b torg.Contract) int { return strings.Compare(string(a.ID), string(b.ID)) })
	leaves := make([][]byte, len(own))
	for i, c := range own {
		leaves[i] = canon.Encode(canon.AppendContract, c)
	}
	at := slices.IndexFunc(own, func(c torg.Contract) bool { return c.ID == t.contract.ID })
	path, err := sign.Path(leaves, uint64(at))
	if err != nil {
		return err
	}
	l.ContractToStatement = steps(path)
	if path, err = sign.Path(session, uint64(index)); err != nil {
		return err
	}
	l.StatementToSession = steps(path)
	return nil
}

// signer returns the site's newest mandate up to a block whose key made a signature.
func (x *Index) signer(site torg.SiteID, height int64, message, signature []byte) (mandate, bool) {
	for _, m := range slices.Backward(x.mandates[site]) {
		if m.height <= height && m.key != nil && signed(m.key, message, signature) {
			return m, true
		}
	}
	return mandate{}, false
}

func signed(key, message, signature []byte) bool {
	public, err := sign.ParsePublic(key)
	return err == nil && sign.Verify(public, message, signature) == nil
}

// state adds the way from the session's root to the newest header that has it, and
// returns what the state has under the keys.
func (x *Index) state(d *chained, chainID string, s *session, from int64, keys [][]byte) (abci.StateProof, abci.Proven, error) {
	state, err := x.chain.Prove(from, keys...)
	if err != nil {
		return state, abci.Proven{}, err
	}
	trust, err := state.Begins(chainID)
	if err != nil {
		return state, abci.Proven{}, err
	}
	shown, err := state.Verify(chainID, trust, keys...)
	if err != nil {
		return state, shown, err
	}
	log, err := ledger.ParseLog(shown.Records[0])
	if err != nil {
		return state, shown, err
	}
	if err := x.update(); err != nil {
		return state, shown, err
	}
	switch {
	case log.Size() <= uint64(s.leaf):
		return state, shown, fmt.Errorf("its session's root is in no header yet, ask again in some seconds: %w", torg.ErrNotOpen)
	case log.Size() > uint64(len(x.leaves)) || sign.Root(x.leaves[:log.Size()]) != log.Root():
		return state, shown, fmt.Errorf("the log of %d session roots in the state is not that of the blocks", log.Size())
	}
	path, err := sign.Path(x.leaves[:log.Size()], uint64(s.leaf))
	d.SessionToLog, d.LogRecord = steps(path), state.Records[0]
	for _, b := range state.Blocks {
		d.LightBlocks = append(d.LightBlocks, b)
	}
	return state, shown, err
}

// owners adds the owners' keys, as the state has them after the log.
func owners(files Files, d *document, state abci.StateProof, shown abci.Proven) error {
	next := 1
	for _, s := range sides {
		l := d.party(s)
		if l == nil {
			continue
		}
		key, err := ledger.ParseOwner(shown.Records[next])
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		l.OwnerRecord, files[s.file(fileOwner)] = state.Records[next], sign.PublicPEM(key)
		next++
	}
	return nil
}
