package account

import (
	"context"
	"slices"

	"torg"
)

// Role is what an account is for.
type Role string

// The three roles.
const (
	Owner    Role = "owner"    // of exactly one participant
	Operator Role = "operator" // of the complex: sees everything, runs the market
	Approver Role = "approver" // the second pair of eyes on money
)

// Roles lists the three roles.
var Roles = []Role{Owner, Operator, Approver}

// Scope is a kind of thing that somebody may do.
type Scope string

// The scopes. Keys have read, trade and operate only: to approve needs a person who
// has logged in.
const (
	Read    Scope = "read"    // see what the account may see
	Trade   Scope = "trade"   // the board and the settings of own sites
	Operate Scope = "operate" // what the operator alone may do
	Approve Scope = "approve" // second somebody's request for money
)

// scopes are the widest scopes of each role.
var scopes = map[Role][]Scope{
	Owner:    {Read, Trade},
	Operator: {Read, Operate},
	Approver: {Read, Approve},
}

// Viewer is who a request comes from and what it may do. The zero value is a
// stranger, who may do nothing. Handlers take it from the request's context with
// From; the gate has put it there, so that nobody else has to look at cookies or
// keys.
//
// A handler that shows something asks Sees, one that changes something asks May for
// the scope and ActsFor for the participant:
//
//	v := account.From(ctx)
//	if !v.Sees(offer.Poster) {
//		return record.ErrNotFound // as if it did not exist
//	}
//	if !v.May(account.Trade) || !v.ActsFor(offer.Poster) {
//		return torg.ErrNotYours
//	}
type Viewer struct {
	// Account is the login name; empty in an open market and for a stranger.
	Account string
	// Participant is whom an owner owns; empty for everybody else.
	Participant torg.ParticipantID

	role   Role
	scopes []Scope
	open   bool
	key    bool
	must   bool
}

// Everybody is the viewer of an open market, one without accounts on loopback:
// whoever reaches it sees everything and may do everything except approve, because
// nobody there is a second person.
func Everybody() Viewer {
	return Viewer{role: Operator, scopes: []Scope{Read, Trade, Operate}, open: true}
}

// As narrows the viewer of an open market to one participant's owner, whom a visitor
// of the demonstration chose to be. Anybody else stays who they are: nobody becomes
// another by asking.
func (v Viewer) As(p torg.ParticipantID) Viewer {
	if !v.open || p == "" {
		return v
	}
	v.role, v.Participant, v.scopes = Owner, p, scopes[Owner]
	return v
}

// Role returns the account's role; empty for a stranger.
func (v Viewer) Role() Role { return v.role }

// Open says that the market has no accounts, and this is whoever looks.
func (v Viewer) Open() bool { return v.open }

// ByKey says that a program with an API key asks, not a person in a browser.
func (v Viewer) ByKey() bool { return v.key }

// MustChange says that the person has a one-time password, and may do nothing until
// it is changed.
func (v Viewer) MustChange() bool { return v.must }

// Known says that somebody is there at all.
func (v Viewer) Known() bool { return v.role != "" }

// May says whether the viewer has a scope. Somebody with a one-time password has none.
func (v Viewer) May(s Scope) bool { return !v.must && slices.Contains(v.scopes, s) }

// Operator says that the viewer sees everything: a person or a key of the operator.
func (v Viewer) Operator() bool { return v.role == Operator && v.May(Read) }

// Approver says that the viewer may second requests for money.
func (v Viewer) Approver() bool { return v.role == Approver && v.May(Approve) }

// Sees says whether the affairs of one of some participants, such as a contract's
// two parties, are the viewer's business.
func (v Viewer) Sees(ids ...torg.ParticipantID) bool {
	if v.Operator() {
		return true
	}
	return v.May(Read) && v.Participant != "" && slices.Contains(ids, v.Participant)
}

// ActsFor says whether the viewer may speak for a participant, as far as the scope
// goes: its owner, or anybody in an open market. The operator does not: what an owner
// signs and sets is the owner's.
func (v Viewer) ActsFor(p torg.ParticipantID) bool {
	return p != "" && (v.Participant == p || v.open && v.Participant == "")
}

// Same says that nothing about two viewers differs.
func (v Viewer) Same(w Viewer) bool {
	return v.Account == w.Account && v.Participant == w.Participant && v.role == w.role &&
		slices.Equal(v.scopes, w.scopes) && v.open == w.open && v.key == w.key && v.must == w.must
}

type viewerKey struct{}

// With returns a context with the viewer in it.
func With(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// From returns the viewer of a request. Without one it is a stranger.
func From(ctx context.Context) Viewer {
	v, _ := ctx.Value(viewerKey{}).(Viewer)
	return v
}
