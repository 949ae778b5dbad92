package proof

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"torg"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/sign"
)

// Chain is a chain to prove from: an abci.Chain that runs, or an abci.Archive.
type Chain interface {
	Genesis() ledger.Genesis
	Height() int64
	Blocks(from, to int64, f func(ledger.Committed) error) error
	Prove(from int64, keys ...[]byte) (abci.StateProof, error)
}

// Index finds what proves a contract in a chain. It reads each block once, when it is
// first needed, and keeps about 100 bytes for each session. Many goroutines may use it.
type Index struct {
	chain Chain

	mu       sync.Mutex
	height   int64 // of the last block that was read
	sites    map[torg.SiteID]torg.ParticipantID
	mandates map[torg.SiteID][]mandate // in the order in which they came
	sessions map[torg.Slot]*session
	leaves   [][]byte // of the log of session roots

	trading []torg.Contract // of the session that trades

	cal    torg.Calendar
	open   torg.Slot                       // whose session ran after the last block
	fresh  [][]byte                        // leaves of contracts of the board that no session's root has yet
	waits  []torg.ContractID               // their ids
	boards map[torg.ContractID]*boardTrace // the board's contracts that both parties have signed
}

// mandate is what was in force for a site after a block: nothing, where it was revoked.
type mandate struct {
	height int64
	torg.Mandate
	key       []byte // the agent's
	signature []byte // the owner's
}

// session is where in the chain a session's traces are.
type session struct {
	first, last int64    // blocks with its orders, contracts and statements
	ended       int64    // the block that ended its trading; 0: none yet
	leaf        int      // in the log
	board       [][]byte // leaves of the board's root
}

// NewIndex returns an index of a chain, of which nothing is read yet.
func NewIndex(c Chain) *Index {
	return &Index{
		chain: c, sites: map[torg.SiteID]torg.ParticipantID{}, mandates: map[torg.SiteID][]mandate{},
		sessions: map[torg.Slot]*session{},
		cal:      c.Genesis().Calendar, boards: map[torg.ContractID]*boardTrace{},
	}
}

// update reads the blocks that are new.
func (x *Index) update() error {
	return x.chain.Blocks(x.height+1, x.chain.Height(), func(c ledger.Committed) error {
		for _, e := range c.Events {
			if err := x.take(c, e); err != nil {
				return fmt.Errorf("block %d: %w", c.Height, err)
			}
		}
		x.height, x.open = c.Height, x.cal.At(c.Time)+1
		return nil
	})
}

// take follows the ledger through one event.
func (x *Index) take(c ledger.Committed, e ledger.Event) error {
	switch {
	case e.Admitted != nil:
		for _, s := range e.Admitted.Sites {
			x.sites[s.ID] = s.Participant
		}
	case e.Granted != nil:
		m := mandate{height: c.Height, Mandate: e.Granted.Mandate, key: e.Granted.AgentKey}
		m.signature = grantSignature(c, m.Mandate)
		x.mandates[m.Site] = append(x.mandates[m.Site], m)
	case e.Revoked != nil:
		x.mandates[e.Revoked.Site] = append(x.mandates[e.Revoked.Site], mandate{height: c.Height})
	case e.Order != nil:
		x.session(e.Order.Order.Slot, c.Height)
	case e.Statement != nil:
		x.session(e.Statement.Slot, c.Height)
	case e.Cleared != nil:
		x.trading = append(x.trading, e.Cleared.Contracts...)
		if e.Cleared.Discovery == 2 {
			return x.end(e.Cleared.Slot, c.Height)
		}
	case e.Missed != nil && (e.Missed.Slot == x.open || e.Missed.Slot == x.cal.At(c.Time)+1):
		return x.end(e.Missed.Slot, c.Height) // others were never open
	case e.Forward != nil:
		x.takeForward(c.Height, e.Forward)
	}
	return nil
}

// session notes that a block has to do with a session.
func (x *Index) session(slot torg.Slot, height int64) *session {
	s := x.sessions[slot]
	if s == nil {
		s = &session{first: height}
		x.sessions[slot] = s
	}
	s.last = height
	return s
}

// end makes a session's root when its trading is over. One without contracts has none.
func (x *Index) end(slot torg.Slot, height int64) error {
	contracts, fresh := x.trading, x.fresh
	x.trading = nil
	if len(contracts) == 0 && len(fresh) == 0 {
		return nil
	}
	s := x.session(slot, height)
	s.ended, s.leaf = height, len(x.leaves)
	x.rooted(slot, s)
	parties, err := x.parties(contracts, height)
	if err != nil {
		return err
	}
	x.leaves = append(x.leaves, ledger.SessionLeaf(slot, sign.Root(s.leavesOf(parties))))
	return nil
}

// parties are those of a session's contracts, in the order of their sites.
func (x *Index) parties(contracts []torg.Contract, ended int64) ([]ledger.SessionParty, error) {
	own := map[torg.SiteID][]torg.Contract{}
	for _, c := range contracts {
		for _, side := range sides {
			if site, order := side.of(c); order != "" {
				own[site] = append(own[site], c)
			}
		}
	}
	var list []ledger.SessionParty
	for site, of := range own {
		p, known := x.sites[site]
		if !known {
			return nil, fmt.Errorf("contract %s: site %s was never admitted", of[0].ID, site)
		}
		list = append(list, ledger.SessionParty{Participant: p, Site: site, Mandate: x.inForce(site, ended), Root: ledger.StatementRoot(of)})
	}
	slices.SortFunc(list, func(a, b ledger.SessionParty) int { return bytes.Compare([]byte(a.Site), []byte(b.Site)) })
	return list, nil
}

// leavesOf are the leaves of a session's root: its parties, and the board.
func (s *session) leavesOf(parties []ledger.SessionParty) [][]byte {
	leaves := make([][]byte, len(parties))
	for i, p := range parties {
		leaves[i] = p.Leaf()
	}
	if len(s.board) > 0 {
		leaves = append(leaves, ledger.BoardLeaf(sign.Root(s.board)))
	}
	return leaves
}

// inForce is a site's mandate when a block began; the zero value where there is none.
func (x *Index) inForce(site torg.SiteID, height int64) (m torg.Mandate) {
	for _, next := range x.mandates[site] {
		if next.height >= height {
			break
		}
		m = next.Mandate
	}
	return m
}

// grantSignature finds the owner's signature of a mandate that a block took.
func grantSignature(c ledger.Committed, m torg.Mandate) []byte {
	for i, raw := range c.Txs {
		if c.Codes[i] != "" {
			continue
		}
		if tx, err := ledger.Decode(raw); err == nil {
			if g, ok := tx.Body.(ledger.Grant); ok && g.Mandate == m {
				return tx.Signature
			}
		}
	}
	return nil
}
