// Package access narrows what is read and changed to what the viewer in the context
// may see and do. It stands between every reader of the market (pages, API) and the
// recorded rows, so that a page that forgets to ask shows too little, never too much.
//
// An owner sees what the market publishes (sessions, prices, flows, curves, who takes
// part) and the affairs of the own participant; what belongs to others is not found,
// as if it did not exist. The operator sees everything. An approver sees what is
// published. A stranger sees nothing.
package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"torg"
	"torg/account"
	"torg/record"
)

// Reader reads in the name of the viewer.
type Reader struct{ all record.Reader }

var _ record.Reader = Reader{}

// NewReader returns a reader of what viewers may see of all.
func NewReader(all record.Reader) Reader { return Reader{all} }

// stranger refuses who may read nothing.
func stranger(ctx context.Context) (account.Viewer, error) {
	v := account.From(ctx)
	if !v.May(account.Read) {
		return v, account.ErrNobody
	}
	return v, nil
}

func hidden(what string, id any) error { return fmt.Errorf("%s %q: %w", what, id, record.ErrNotFound) }

// narrow puts the viewer's own participant into a filter; not ok where nothing of
// what it asks for is the viewer's.
func narrow(v account.Viewer, f record.Filter) (record.Filter, bool) {
	if v.Operator() {
		return f, true
	}
	if v.Participant == "" || f.Participant != "" && f.Participant != v.Participant {
		return f, false
	}
	f.Participant = v.Participant
	return f, true
}

// own lists rows that are narrowed by participant.
func own[T any](ctx context.Context, f record.Filter, p record.Page, list func(context.Context, record.Filter, record.Page) ([]T, string, error)) ([]T, string, error) {
	v, err := stranger(ctx)
	if err != nil {
		return nil, "", err
	}
	f, ok := narrow(v, f)
	if !ok {
		return nil, "", nil
	}
	return list(ctx, f, p)
}

// Sessions lists sessions, which are published.
func (r Reader) Sessions(ctx context.Context, p record.Page) ([]record.Session, string, error) {
	if _, err := stranger(ctx); err != nil {
		return nil, "", err
	}
	return r.all.Sessions(ctx, p)
}

// Session finds a session.
func (r Reader) Session(ctx context.Context, id string) (record.Session, error) {
	if _, err := stranger(ctx); err != nil {
		return record.Session{}, err
	}
	return r.all.Session(ctx, id)
}

// Contracts lists the contracts that the viewer is a party to.
func (r Reader) Contracts(ctx context.Context, f record.Filter, p record.Page) ([]record.Contract, string, error) {
	return own(ctx, f, p, r.all.Contracts)
}

// Contract finds a contract of which the viewer is a party.
func (r Reader) Contract(ctx context.Context, id torg.ContractID) (record.Contract, error) {
	v, err := stranger(ctx)
	if err != nil {
		return record.Contract{}, err
	}
	c, err := r.all.Contract(ctx, id)
	if err == nil && !v.Sees(c.Buyer, c.Seller) {
		return record.Contract{}, hidden("contract", id)
	}
	return c, err
}

// Orders lists the viewer's orders.
func (r Reader) Orders(ctx context.Context, f record.Filter, p record.Page) ([]record.Order, string, error) {
	return own(ctx, f, p, r.all.Orders)
}

// Order finds an order of the viewer's.
func (r Reader) Order(ctx context.Context, id torg.OrderID) (record.Order, error) {
	v, err := stranger(ctx)
	if err != nil {
		return record.Order{}, err
	}
	o, err := r.all.Order(ctx, id)
	if err == nil && !v.Sees(o.Participant) {
		return record.Order{}, hidden("order", id)
	}
	return o, err
}

// Statements lists the statements of the viewer's sites.
func (r Reader) Statements(ctx context.Context, session string) ([]record.Statement, error) {
	mine, err := r.Sites(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := r.all.Statements(ctx, session)
	if account.From(ctx).Operator() {
		return rows, err
	}
	return slices.DeleteFunc(slices.Clone(rows), func(s record.Statement) bool { return !has(mine, s.Site) }), err
}

func has(sites []record.Site, id torg.SiteID) bool {
	return slices.ContainsFunc(sites, func(s record.Site) bool { return s.ID == id })
}

// Participants lists who takes part: whom one trades with is no secret.
func (r Reader) Participants(ctx context.Context) ([]record.Participant, error) {
	if _, err := stranger(ctx); err != nil {
		return nil, err
	}
	return r.all.Participants(ctx)
}

// Sites lists the viewer's sites with their settings.
func (r Reader) Sites(ctx context.Context) ([]record.Site, error) {
	v, err := stranger(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := r.all.Sites(ctx)
	if v.Operator() {
		return rows, err
	}
	return slices.DeleteFunc(slices.Clone(rows), func(s record.Site) bool { return !v.Sees(s.Participant) }), err
}

// Readings lists readings and forecasts of a site of the viewer's.
func (r Reader) Readings(ctx context.Context, site torg.SiteID, from, to torg.Slot) ([]record.Reading, error) {
	mine, err := r.Sites(ctx)
	if err != nil {
		return nil, err
	}
	if !account.From(ctx).Operator() && !has(mine, site) {
		return nil, hidden("site", site)
	}
	return r.all.Readings(ctx, site, from, to)
}

// Settlements lists the viewer's settled intervals.
func (r Reader) Settlements(ctx context.Context, f record.Filter, from, to time.Time) ([]record.Settlement, error) {
	v, err := stranger(ctx)
	if err != nil {
		return nil, err
	}
	f, ok := narrow(v, f)
	if !ok {
		return nil, nil
	}
	return r.all.Settlements(ctx, f, from, to)
}

// Savings sums the viewer's participant; for the operator each one.
func (r Reader) Savings(ctx context.Context, from, to time.Time) ([]record.Saving, error) {
	v, err := stranger(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := r.all.Savings(ctx, from, to)
	return slices.DeleteFunc(slices.Clone(rows), func(s record.Saving) bool { return !v.Sees(s.Participant) }), err
}

// Messages lists what the viewer's participant and its sites sent and got.
func (r Reader) Messages(ctx context.Context, f record.Filter, p record.Page) ([]record.Message, string, error) {
	return own(ctx, f, p, r.all.Messages)
}

// Decisions lists the journal of the viewer's agents.
func (r Reader) Decisions(ctx context.Context, f record.Filter, p record.Page) ([]record.Decision, string, error) {
	return own(ctx, f, p, r.all.Decisions)
}

// Balance is the viewer's own.
func (r Reader) Balance(ctx context.Context, a torg.Account) (torg.Cost, error) {
	v, err := stranger(ctx)
	if err != nil {
		return torg.Cost{}, err
	}
	if !v.Operator() && (v.Participant == "" || a != v.Participant.Account()) {
		return torg.Cost{}, hidden("account", a)
	}
	return r.all.Balance(ctx, a)
}

// Offers lists what is offered on the board: to everybody in the complex.
func (r Reader) Offers(ctx context.Context, f record.BoardFilter, p record.Page) ([]record.Offer, string, error) {
	if _, err := stranger(ctx); err != nil {
		return nil, "", err
	}
	return r.all.Offers(ctx, f, p)
}

// Offer finds an offer.
func (r Reader) Offer(ctx context.Context, id torg.OfferID) (record.Offer, error) {
	if _, err := stranger(ctx); err != nil {
		return record.Offer{}, err
	}
	return r.all.Offer(ctx, id)
}

// Forwards lists the forward contracts that the viewer is a party to.
func (r Reader) Forwards(ctx context.Context, f record.BoardFilter, p record.Page) ([]record.Forward, string, error) {
	v, err := stranger(ctx)
	if err != nil {
		return nil, "", err
	}
	mine, ok := narrow(v, record.Filter{Participant: f.Participant})
	if !ok {
		return nil, "", nil
	}
	f.Participant = mine.Participant
	return r.all.Forwards(ctx, f, p)
}

// Forward finds a forward contract of which the viewer is a party.
func (r Reader) Forward(ctx context.Context, id torg.ContractID) (record.Forward, error) {
	v, err := stranger(ctx)
	if err != nil {
		return record.Forward{}, err
	}
	f, err := r.all.Forward(ctx, id)
	if err == nil && !v.Sees(f.Buyer, f.Seller) {
		return record.Forward{}, hidden("contract", id)
	}
	return f, err
}

// Transfers lists the viewer's deposits and withdrawals; for the operator and the
// approver, who act on them, everybody's.
func (r Reader) Transfers(ctx context.Context, f record.TransferFilter, p record.Page) ([]record.Transfer, string, error) {
	v, err := stranger(ctx)
	if err != nil {
		return nil, "", err
	}
	if !v.May(account.Approve) {
		mine, ok := narrow(v, record.Filter{Participant: f.Participant})
		if !ok {
			return nil, "", nil
		}
		f.Participant = mine.Participant
	}
	return r.all.Transfers(ctx, f, p)
}

// OwnerKeys lists the public keys of a participant: whose key signed is no secret.
func (r Reader) OwnerKeys(ctx context.Context, p torg.ParticipantID) ([]record.OwnerKey, error) {
	if _, err := stranger(ctx); err != nil {
		return nil, err
	}
	return r.all.OwnerKeys(ctx, p)
}

// Curve lists the orders that reached a session's first gate, from the newest, without
// saying whose they are: what demand and supply are drawn from. It is for sessions
// whose gates have closed; open says that this one's have not.
func (r Reader) Curve(ctx context.Context, session string, open bool, limit int) ([]record.Order, error) {
	if _, err := stranger(ctx); err != nil || open {
		return nil, err
	}
	rows, _, err := r.all.Orders(ctx, record.Filter{Session: session}, record.Page{Limit: limit})
	all := make([]record.Order, 0, len(rows))
	for _, o := range rows {
		if o.Discovery == 1 && o.Refused == "" {
			all = append(all, record.Order{Order: torg.Order{Zone: o.Zone, Side: o.Side, Energy: o.Energy, Limit: o.Limit, Discovery: o.Discovery}, Session: session})
		}
	}
	return all, err
}
