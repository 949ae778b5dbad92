package ledger

import (
	"bytes"
	"slices"
	"time"

	"torg"
	"torg/canon"
	"torg/sign"
)

// The first bytes of the state's keys.
const (
	prefixGenesis     = 'G'
	prefixHead        = 'H'
	prefixParticipant = 'P'
	prefixSite        = 'S'
	prefixMandate     = 'M'
	prefixGranted     = 'g'
	prefixRevoked     = 'r'
	prefixSpend       = 's'
	prefixAccount     = 'A'
	prefixReference   = 'D'
	prefixBook        = 'O'
	prefixBands       = 'B'
	prefixSlot        = 'K'
	prefixContracts   = 'C'
	prefixMonth       = 'N'
	prefixLate        = 'L'
	prefixEstimates   = 'E'
	prefixPending     = 'd'
	prefixWithdrawals = 'W'
	prefixWithdrawn   = 'w'
	prefixOperated    = 'o'
	prefixAmended     = 'R'
	prefixOffer       = 'F'
	prefixForward     = 'X'
	prefixDesk        = 'f'
	prefixBoard       = 'b'
)

// rules are what does not change while the chain lives.
type rules struct {
	Genesis
	born     *Rules         // until the operator changes them
	location *time.Location // in which months end
	verifier *sign.Verifier // remembers good signatures; never changes an answer
}

// state is everything that a block may read and change: tables that are shared with
// what is committed until they are written. A fork costs next to nothing.
type state struct {
	*rules
	genesis      table[string, []byte] // JSON, one record
	heads        table[string, head]   // one record
	participants table[torg.ParticipantID, participant]
	sites        table[torg.SiteID, site]
	mandates     table[torg.SiteID, mandate]
	granted      table[string, time.Time] // expiry of every mandate granted: site and digest
	revoked      table[string, bool]      // site and fingerprint of keys that are dead
	spends       table[torg.SiteID, spend]
	accounts     table[torg.Account, account]
	references   table[string, bool] // of deposits
	book         book
	bands        table[torg.Slot, []Band] // by site
	slots        table[torg.Slot, *slotRecord]
	contracts    table[torg.Slot, []torg.Contract] // until they are delivered
	months       table[torg.ParticipantID, month]
	late         table[torg.Slot, lateInterval] // by first slot
	estimates    table[torg.Slot, estimates]
	pending      table[string, pendingDeposit]           // by bank reference
	withdrawals  table[torg.ParticipantID, []withdrawal] // open ones
	withdrawn    table[string, bool]                     // references of withdrawals
	operated     table[string, operated]                 // one record
	amended      table[torg.Slot, Amend]                 // by first slot
	offers       table[torg.OfferID, *offer]
	forwards     table[torg.ContractID, *forward]
	desks        table[torg.SiteID, desk]
	boards       table[string, board]     // one record
	loads        table[string, torg.Load] // of forwards, in memory only

	head    head // written back at the end of the block
	now     time.Time
	events  []Event
	check   bool             // before a block: its time is not known yet
	waiting map[waits]uint32 // sequences of the orders that wait for a block, while check
	ticked  bool             // a tick was taken

	touched []torg.Slot // got a reading in this block
	known   []*Rules    // since birth and after each amendment; nil: not worked out yet

	forwardList []torg.ContractID // the forwards' keys in order; nil: not known

	nets   map[torg.SiteID]torg.Energy // of forwards in slot netsOf, whose session runs: nothing changes them; nil: not known
	netsOf torg.Slot
}

func newState(r *rules) *state {
	flag := func(w *canon.Writer, v bool) { w.Bool(v) }
	return &state{
		rules:        r,
		genesis:      newTable[string](prefixGenesis, (*canon.Writer).Blob, func(r *canon.Reader) []byte { return r.Blob(stateLimit) }),
		heads:        newTable[string](prefixHead, appendHead, readHead),
		participants: newTable[torg.ParticipantID](prefixParticipant, appendParticipant, readParticipant),
		sites:        newTable[torg.SiteID](prefixSite, appendSiteRecord, readSiteRecord),
		mandates:     newTable[torg.SiteID](prefixMandate, appendMandateRecord, readMandateRecord),
		granted:      newTable[string](prefixGranted, (*canon.Writer).Time, (*canon.Reader).Time),
		revoked:      newTable[string](prefixRevoked, flag, (*canon.Reader).Bool),
		spends:       newTable[torg.SiteID](prefixSpend, appendSpend, readSpend),
		accounts:     newTable[torg.Account](prefixAccount, appendAccount, readAccount),
		references:   newTable[string](prefixReference, flag, (*canon.Reader).Bool),
		book:         newBook(),
		bands: newSlotTable(prefixBands,
			func(w *canon.Writer, b []Band) { canon.AppendList(w, b, appendBand) },
			func(r *canon.Reader) []Band { return canon.ReadList(r, stateLimit, readBand) }),
		slots: newSlotTable(prefixSlot, appendSlot, readSlot),
		contracts: newSlotTable(prefixContracts,
			func(w *canon.Writer, c []torg.Contract) { canon.AppendList(w, c, canon.AppendContract) },
			func(r *canon.Reader) []torg.Contract { return canon.ReadList(r, stateLimit, canon.ReadContract) }),
		months:    newTable[torg.ParticipantID](prefixMonth, appendMonth, readMonth),
		late:      newSlotTable(prefixLate, appendLate, readLate),
		estimates: newSlotTable(prefixEstimates, appendEstimates, readEstimates),

		pending:     newTable[string](prefixPending, appendPending, readPending),
		withdrawals: newTable[torg.ParticipantID](prefixWithdrawals, appendWithdrawals, readWithdrawals),
		withdrawn:   newTable[string](prefixWithdrawn, flag, (*canon.Reader).Bool),
		operated:    newTable[string](prefixOperated, appendOperated, readOperated),
		amended:     newSlotTable(prefixAmended, func(w *canon.Writer, a Amend) { a.append(w) }, readAmendment),
		offers:      newTable[torg.OfferID](prefixOffer, appendOfferRecord, readOfferRecord),
		forwards:    newTable[torg.ContractID](prefixForward, appendForwardRecord, readForwardRecord),
		desks:       newTable[torg.SiteID](prefixDesk, appendDesk, readDesk),
		boards:      newTable[string](prefixBoard, appendBoard, readBoard),
		loads:       newTable[string, torg.Load](0, nil, nil),
	}
}

// part is what all tables have in common.
type part interface {
	changes([]write) []write
	commit()
	load(KV) error
}

func (s *state) parts() []part {
	return []part{
		&s.genesis, &s.heads, &s.participants, &s.sites, &s.mandates, &s.granted, &s.revoked, &s.spends,
		&s.accounts, &s.references, &s.bands, &s.slots, &s.contracts, &s.months, &s.late, &s.estimates,
		&s.pending, &s.withdrawals, &s.withdrawn, &s.operated, &s.amended,
		&s.offers, &s.forwards, &s.desks, &s.boards, &s.loads,
	}
}

// fork returns the committed state, to be changed on its own.
func (s *state) fork() *state {
	f := &state{
		rules: s.rules, genesis: s.genesis.fork(), heads: s.heads.fork(), participants: s.participants.fork(),
		sites: s.sites.fork(), mandates: s.mandates.fork(), granted: s.granted.fork(), revoked: s.revoked.fork(),
		spends: s.spends.fork(), accounts: s.accounts.fork(), references: s.references.fork(), book: s.book.fork(),
		bands: s.bands.fork(), slots: s.slots.fork(), contracts: s.contracts.fork(), months: s.months.fork(),
		late: s.late.fork(), estimates: s.estimates.fork(),
		pending: s.pending.fork(), withdrawals: s.withdrawals.fork(), withdrawn: s.withdrawn.fork(),
		operated: s.operated.fork(), amended: s.amended.fork(),
		offers: s.offers.fork(), forwards: s.forwards.fork(), desks: s.desks.fork(), boards: s.boards.fork(), loads: s.loads.fork(),
	}
	f.head, _ = s.heads.get("")
	f.now = time.Unix(0, f.head.time).UTC()
	return f
}

// writes returns what the fork changes in the KV, sorted by key.
func (s *state) writes() []write {
	var list []write
	for _, p := range s.parts() {
		list = p.changes(list)
	}
	list = s.book.changes(list, s.head.height)
	slices.SortFunc(list, func(a, b write) int { return bytes.Compare(a.key, b.key) })
	return list
}

// commit makes the fork's changes the committed state.
func (s *state) commit() {
	for _, p := range s.parts() {
		p.commit()
	}
	s.book.commit(s.head.height)
}

func (s *state) load(kv KV) error {
	for _, p := range s.parts() {
		if err := p.load(kv); err != nil {
			return err
		}
	}
	s.sumLoads()
	return s.book.load(kv)
}

func (s *state) event(e Event) { s.events = append(s.events, e) }

// slot returns a slot's record to be changed, made if there is none.
func (s *state) slot(k torg.Slot) *slotRecord {
	if s.slots.changed(k) {
		r, _ := s.slots.get(k)
		return r
	}
	r, ok := s.slots.get(k)
	if ok {
		r = r.clone()
	} else {
		r = &slotRecord{}
	}
	s.slots.put(k, r)
	return r
}
