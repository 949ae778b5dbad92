package ledger

import (
	"torg"
	"torg/canon"
	"torg/market"
	"torg/sign"
)

// stateLimit bounds lists inside the state's own records, which were bounded when
// they came in.
const stateLimit = 1 << 24

// head is what the ledger knows as a whole.
type head struct {
	height   int64
	time     int64     // of the last block, nanoseconds since the epoch
	first    torg.Slot // the first slot that has a session; nothing before it is settled
	next     torg.Slot // the first slot that is not settled
	metered  torg.Slot // the newest slot that Readings were taken for; 0: none
	session  session
	month    string // that the next interval belongs to, such as 2026-11
	monthNo  uint32 // counts closed months
	closings []torg.Slot
	log      sign.Log // of session roots
}

// session is the one that runs; SessionNone: no site is admitted, and its slot is the
// one that would be the first.
type session struct {
	slot  torg.Slot
	state SessionState
	used  market.Usage // by its first discovery
}

func appendHead(w *canon.Writer, h head) {
	w.I64(h.height)
	w.I64(h.time)
	w.Slot(h.first)
	w.Slot(h.next)
	w.Slot(h.metered)
	w.Slot(h.session.slot)
	w.U8(uint8(h.session.state))
	canon.AppendList(w, h.session.used.Lines, (*canon.Writer).Energy)
	w.Energy(h.session.used.Import)
	w.Energy(h.session.used.Export)
	w.String(h.month)
	w.U32(h.monthNo)
	canon.AppendList(w, h.closings, (*canon.Writer).Slot)
	sign.AppendLog(w, h.log)
}

func readHead(r *canon.Reader) head {
	h := head{height: r.I64(), time: r.I64(), first: r.Slot(), next: r.Slot(), metered: r.Slot()}
	h.session = session{slot: r.Slot(), state: SessionState(r.U8())}
	h.session.used = market.Usage{
		Lines:  canon.ReadList(r, stateLimit, (*canon.Reader).Energy),
		Import: r.Energy(),
		Export: r.Energy(),
	}
	h.month = r.String(16)
	h.monthNo = r.U32()
	h.closings = canon.ReadList(r, stateLimit, (*canon.Reader).Slot)
	h.log = sign.ReadLog(r)
	return h
}

// participant is who may hold sites and money.
type participant struct {
	keys     []ownerKey    // that of the admission first; only changed as a copy
	sequence uint32        // of the last Keys; 0: none yet
	sites    []torg.SiteID // in the order of their admission
}

func appendID[T ~string](w *canon.Writer, id T) { w.String(string(id)) }

// site is a site, the first slot that it counts in and how many keys are dead for it.
type site struct {
	torg.Site
	from torg.Slot
	dead uint32
}

func appendSiteRecord(w *canon.Writer, s site) {
	appendSite(w, s.Site)
	w.Slot(s.from)
	w.U32(s.dead)
}

func readSiteRecord(r *canon.Reader) site {
	return site{Site: readSite(r), from: r.Slot(), dead: r.U32()}
}

// mandate is a mandate in force.
type mandate struct {
	torg.Mandate
	key []byte // the agent's, PKIX DER; empty on an unsigned chain
}

func appendMandateRecord(w *canon.Writer, m mandate) {
	canon.AppendMandate(w, m.Mandate)
	w.Blob(m.key)
}

func readMandateRecord(r *canon.Reader) mandate {
	return mandate{Mandate: canon.ReadMandate(r), key: r.Blob(maxKey)}
}

// spend is what a site's buy orders of one day are worth at their limits.
type spend struct {
	day    int64 // since the epoch, UTC
	amount torg.Cost
}

func appendSpend(w *canon.Writer, s spend) {
	w.I64(s.day)
	w.Cost(s.amount)
}

func readSpend(r *canon.Reader) spend { return spend{day: r.I64(), amount: r.Cost()} }

// account is one side of postings.
type account struct {
	balance  torg.Cost // reserved included
	reserved torg.Cost // for open orders and as sellers' guarantees
	escrowed torg.Cost // of its money, held in @escrow
}

func (a account) available() torg.Cost { return a.balance.Sub(a.reserved) }

func appendAccount(w *canon.Writer, a account) {
	w.Cost(a.balance)
	w.Cost(a.reserved)
	w.Cost(a.escrowed)
}

func readAccount(r *canon.Reader) account {
	return account{balance: r.Cost(), reserved: r.Cost(), escrowed: r.Cost()}
}
