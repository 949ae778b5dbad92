package agent

import (
	"fmt"
	"slices"
	"strings"

	"torg"
	"torg/decide"
	"torg/ledger"
	"torg/market"
)

// ownOutcome is what a discovery published that concerns one site: its zone's price
// and shares, its own trades, and what is left of its order.
type ownOutcome struct {
	price  market.ZonePrice
	shares [3]market.Share // by side
	trades []torg.Trade
	left   *market.Unmatched // nil: nothing
}

// newOwnOutcome picks out of a clearing what concerns a's site; contracts are its own.
func newOwnOutcome(a *agent, c *ledger.Cleared, contracts []torg.Contract) *ownOutcome {
	own := &ownOutcome{}
	for _, p := range c.Outcome.Prices {
		if p.Zone == a.site.Zone {
			own.price = p
		}
	}
	for _, s := range c.Outcome.Shares {
		if s.Zone == a.site.Zone {
			own.shares[s.Side] = s
		}
	}
	for _, k := range contracts {
		own.trades = append(own.trades, k.Trade)
	}
	id := a.orders[c.Discovery].ID
	if i, there := slices.BinarySearchFunc(c.Outcome.Unmatched, id, byOrder); there {
		own.left = &c.Outcome.Unmatched[i]
	}
	return own
}

func byOrder(u market.Unmatched, id torg.OrderID) int {
	return strings.Compare(string(u.Order), string(id))
}

// refused returns the order of discovery 1 that was not wholly accepted; nil where
// there is none.
func (a *agent) refused() *decide.Refused {
	o, own := a.orders[1], a.cleared[1]
	if own == nil || own.left == nil {
		return nil
	}
	u := own.left
	return &decide.Refused{Side: o.Side, Left: u.Energy, Limit: o.Limit, Reason: u.Reason, WouldTrade: u.WouldTrade}
}

// check holds every published outcome against the agent's own order: whether it is
// in, and then its limit, its share and its zone's price. It refuses contracts of
// orders that the agent has not sent.
func (a *agent) check(c torg.Complex) error {
	for d, own := range a.cleared {
		if own == nil {
			continue
		}
		switch o := a.orders[d]; {
		case o.ID == "" && len(own.trades) > 0:
			return fmt.Errorf("discovery %d: %d contracts of an order that this agent has not sent", d, len(own.trades))
		case o.ID == "":
			continue
		case !o.in:
			return fmt.Errorf("order %s: sent, and not in the session", o.ID)
		default:
			if err := market.OwnPart(c, o.Order, own.price, own.shares[o.Side], own.trades); err != nil {
				return err
			}
		}
	}
	return nil
}

// Objection is why an agent does not sign.
type Objection struct {
	Site torg.SiteID
	Why  string
}

// Statements returns the signed statements of all agents that have contracts in a
// session and find the outcome right, and the objections of those that do not.
func (h *Host) Statements(slot torg.Slot) ([]ledger.SignedStatement, []Objection, error) {
	todo, objections := h.checkAll(slot)
	err := h.onAllCores(len(todo), func(i int) (err error) {
		s := &todo[i]
		msg := ledger.StatementMessage(h.cfg.Genesis.ChainID, slot, s.Site, s.Root)
		if s.Signature, err = h.signature(s.Site, msg); err != nil {
			return fmt.Errorf("statement of site %s: %w", s.Site, err)
		}
		return nil
	})
	if err != nil {
		todo = slices.DeleteFunc(todo, func(s ledger.SignedStatement) bool { return s.Signature == nil })
	}
	return todo, objections, err
}

func (h *Host) checkAll(slot torg.Slot) (right []ledger.SignedStatement, wrong []Objection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slot != h.slot {
		return nil, nil
	}
	for _, id := range h.sites {
		a := h.agents[id]
		if err := a.check(h.grid); err != nil {
			wrong = append(wrong, Objection{Site: id, Why: err.Error()})
		} else if len(a.mine) > 0 {
			right = append(right, ledger.SignedStatement{Site: id, Root: ledger.StatementRoot(a.mine)})
		}
	}
	return right, wrong
}
