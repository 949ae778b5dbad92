package ledger

import (
	"cmp"
	"slices"
	"time"

	"torg"
	"torg/canon"
)

// What the board takes at most.
const (
	maxOffers     = 64             // open offers of a site
	maxProposals  = 64             // open proposals of a site
	maxForwards   = 1000           // contracts of a site that it has signed and that are not settled
	maxSignBy     = 24 * time.Hour // ahead, to sign a proposal
	checkLeniency = time.Hour      // before a block, whose time may be that much later
)

// offer is an offer on the board.
type offer struct {
	torg.Offer
	left    torg.Profile // slots whose session is open are cut off when it is looked at
	pending uint32       // proposals that took part of it and are not signed by both
	agent   bool         // the site's agent posted it
}

// forward is a forward contract that is proposed, active or delivered and not settled.
type forward struct {
	torg.Forward
	state  ForwardState
	fee    torg.Price // of the path, per kWh
	short  torg.Price // what the seller may have to pay for a kWh that it does not deliver
	path   []hop
	open   torg.Profile // what it delivers
	closed torg.Reason
	signed [2]signed // the buyer, the seller
	day    int64     // of which the proposing agent's spending has it; 0: none

	starts []torg.Slot // where the steps of open begin; not in the state
}

// hop is a line on a path, one way.
type hop struct {
	line uint32
	back bool // from its To to its From
}

// signed is a party's signature.
type signed struct {
	there     bool
	signature []byte
	key       torg.Fingerprint
	agent     bool // the site's agent signed, not the owner
}

var bothSides = []torg.Side{torg.Buy, torg.Sell}

func (f *forward) by(side torg.Side) *signed { return &f.signed[side-1] }

// other is the side across.
func other(side torg.Side) torg.Side { return torg.Buy + torg.Sell - side }

// change returns a copy to be changed.
func (f *forward) change() *forward {
	c := *f
	return &c
}

// opened sets what the contract delivers.
func (f *forward) opened(p torg.Profile) {
	f.open, f.starts = p, make([]torg.Slot, len(p.Steps))
	at := p.First
	for i, s := range p.Steps {
		f.starts[i] = at
		at += torg.Slot(s.Slots)
	}
}

// at returns what the contract delivers in a slot.
func (f *forward) at(k torg.Slot) (torg.Energy, torg.Price) {
	if len(f.starts) == 0 || k < f.starts[0] || k > f.open.Last() {
		return 0, 0
	}
	i, exact := slices.BinarySearch(f.starts, k)
	if !exact {
		i--
	}
	return f.open.Steps[i].Energy, f.open.Steps[i].Price
}

// desk is what the board knows of a site.
type desk struct {
	offer, forward  uint64 // the last numbers used
	offers          uint32 // open
	proposals       uint32 // of its own, open
	signedContracts uint32 // not settled
}

// board is what the board knows as a whole.
type board struct {
	open    uint32    // contracts in the state
	covered torg.Slot // money for their slots before this one is held
	due     int64     // nanoseconds since the epoch: before it no offer or proposal expires; 0: there is none
	fresh   [][]byte  // leaves of contracts that are active since the last session's end
}

var forwardStates = []ForwardState{"", ForwardProposed, ForwardActive, ForwardDelivered}

func appendOfferRecord(w *canon.Writer, o *offer) {
	canon.AppendOffer(w, o.Offer)
	canon.AppendProfile(w, o.left)
	w.U32(o.pending)
	w.Bool(o.agent)
}

func readOfferRecord(r *canon.Reader) *offer {
	return &offer{Offer: canon.ReadOffer(r), left: readLongProfile(r), pending: r.U32(), agent: r.Bool()}
}

// readLongProfile reads a profile that takes and cuts may have given more steps than one
// that is signed.
func readLongProfile(r *canon.Reader) torg.Profile {
	return torg.Profile{First: r.Slot(), Steps: noneIfEmpty(canon.ReadList(r, stateLimit, func(r *canon.Reader) torg.Step {
		return torg.Step{Slots: r.U32(), Energy: r.Energy(), Price: r.Price()}
	}))}
}

func noneIfEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func appendForwardRecord(w *canon.Writer, f *forward) {
	canon.AppendForward(w, f.Forward)
	w.U8(uint8(slices.Index(forwardStates, f.state)))
	w.Price(f.fee)
	w.Price(f.short)
	canon.AppendList(w, f.path, func(w *canon.Writer, h hop) {
		w.U32(h.line)
		w.Bool(h.back)
	})
	canon.AppendProfile(w, f.open)
	w.String(string(f.closed))
	for _, s := range f.signed {
		w.Bool(s.there)
		w.Blob(s.signature)
		w.Fixed(s.key[:])
		w.Bool(s.agent)
	}
	w.I64(f.day)
}

func readForwardRecord(r *canon.Reader) *forward {
	f := &forward{Forward: canon.ReadForward(r)}
	if n := r.U8(); int(n) < len(forwardStates) {
		f.state = forwardStates[n]
	} else {
		r.Failf("state %d of a forward contract", n)
	}
	f.fee, f.short = r.Price(), r.Price()
	f.path = noneIfEmpty(canon.ReadList(r, stateLimit, func(r *canon.Reader) hop { return hop{line: r.U32(), back: r.Bool()} }))
	f.opened(readLongProfile(r))
	f.closed = torg.Reason(r.String(canon.MaxID))
	for i := range f.signed {
		s := signed{there: r.Bool(), signature: r.Blob(maxSignature)}
		r.Fixed(s.key[:])
		s.agent = r.Bool()
		f.signed[i] = s
	}
	f.day = r.I64()
	return f
}

func appendDesk(w *canon.Writer, d desk) {
	w.U64(d.offer)
	w.U64(d.forward)
	w.U32(d.offers)
	w.U32(d.proposals)
	w.U32(d.signedContracts)
}

func readDesk(r *canon.Reader) desk {
	return desk{offer: r.U64(), forward: r.U64(), offers: r.U32(), proposals: r.U32(), signedContracts: r.U32()}
}

func appendBoard(w *canon.Writer, b board) {
	w.U32(b.open)
	w.Slot(b.covered)
	w.I64(b.due)
	canon.AppendList(w, b.fresh, (*canon.Writer).Blob)
}

func readBoard(r *canon.Reader) board {
	return board{
		open: r.U32(), covered: r.Slot(), due: r.I64(),
		fresh: noneIfEmpty(canon.ReadList(r, stateLimit, func(r *canon.Reader) []byte { return r.Blob(stateLimit) })),
	}
}

// forwardIDs returns the contracts of the state, in order.
func (s *state) forwardIDs() []torg.ContractID {
	if s.forwardList == nil {
		s.forwardList = s.forwards.keys()
	}
	return s.forwardList
}

func (s *state) putForward(f *forward) {
	id := f.ID()
	if _, there := s.forwards.get(id); !there {
		s.forwardList = nil
		s.onBoard(func(b *board) { b.open++ })
	}
	s.forwards.put(id, f)
}

func (s *state) dropForward(f *forward) {
	s.forwards.del(f.ID())
	s.forwardList = nil
	s.onBoard(func(b *board) { b.open-- })
	for _, side := range bothSides {
		if _, site := f.Party(side); f.by(side).there {
			s.atDesk(site, func(d *desk) { d.signedContracts-- })
		}
	}
}

// atDesk changes what the board knows of a site.
func (s *state) atDesk(site torg.SiteID, change func(*desk)) {
	d, _ := s.desks.get(site)
	change(&d)
	s.desks.put(site, d)
}

// onBoard changes what the board knows as a whole.
func (s *state) onBoard(change func(*board)) {
	b, _ := s.boards.get("")
	change(&b)
	s.boards.put("", b)
}

// covered is the slot before which forwards' money is held. Without contracts no block
// has moved it.
func (s *state) covered() torg.Slot {
	b, _ := s.boards.get("")
	if b.open == 0 {
		return max(b.covered, s.horizon())
	}
	return b.covered
}

// changed tells what became of a contract.
func (s *state) changed(f *forward, covered torg.Slot) {
	s.event(Event{Forward: s.shown(f, covered)})
}

func (s *state) shown(f *forward, covered torg.Slot) *ForwardChanged {
	e := &ForwardChanged{
		Contract: f.Forward, State: f.state, Fee: f.fee, Path: s.zonesOn(f), Open: f.open, ClosedOut: f.closed,
		BuyerSigned: f.signed[0].signature, SellerSigned: f.signed[1].signature,
		BuyerKey: f.signed[0].key, SellerKey: f.signed[1].key,
	}
	if len(f.open.Steps) > 0 {
		e.Covered = min(covered, f.open.Last()+1)
	}
	return e
}

// zonesOn are the zones on a contract's path, the seller's first.
func (s *state) zonesOn(f *forward) []torg.ZoneID {
	t, _ := s.sites.get(f.SellerSite)
	zones := []torg.ZoneID{t.Zone}
	for _, h := range f.path {
		l := s.Complex.Lines[h.line]
		if h.back {
			zones = append(zones, l.From)
		} else {
			zones = append(zones, l.To)
		}
	}
	return zones
}

// dueAt notes that something on the board expires at a moment.
func (s *state) dueAt(t time.Time) {
	s.onBoard(func(b *board) {
		if n := t.UnixNano(); b.due == 0 || n < b.due {
			b.due = n
		}
	})
}

// ends is when a proposal expires: its time to sign is over, or the session of its first
// slot opens.
func (s *state) ends(f *forward) time.Time {
	return earlier(f.SignBy, s.Calendar.Opens(f.Profile.First))
}

// offerEnds is when an offer expires. One that may be taken in part does while its last
// slot is still to be had.
func (s *state) offerEnds(o *offer) time.Time {
	last := o.Profile.Last()
	if o.Whole {
		last = o.Profile.First
	}
	return earlier(o.Expires, s.Calendar.Opens(last))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// sweepBoard ends the offers and proposals whose time is over.
func (s *state) sweepBoard() {
	b, there := s.boards.get("")
	if !there || b.due == 0 || s.now.UnixNano() < b.due {
		return
	}
	due := int64(0)
	next := func(t time.Time) {
		if n := t.UnixNano(); due == 0 || n < due {
			due = n
		}
	}
	for _, id := range s.forwardIDs() {
		f, _ := s.forwards.get(id)
		switch end := s.ends(f); {
		case f.state != ForwardProposed:
		case s.now.Before(end):
			next(end)
		default:
			s.end(f, ForwardExpired)
		}
	}
	for _, id := range s.offers.keys() {
		o, _ := s.offers.get(id)
		if end := s.offerEnds(o); s.now.Before(end) {
			next(end)
		} else {
			s.unposted(o, OfferExpired)
		}
	}
	s.onBoard(func(b *board) { b.due = due })
}

// compareHops orders paths by the places of their lines in the complex.
func compareHops(a, b []hop) int {
	return slices.CompareFunc(a, b, func(a, b hop) int { return cmp.Compare(a.line, b.line) })
}
