package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"torg"
	"torg/ledger"
)

// order keeps an order until its gate. A refused one is none of the session's; what
// it would have replaced stands.
func (c *Collector) order(t ledger.OrderTaken) {
	if !c.traded(t.Order.Slot) {
		return
	}
	if t.Refused != "" {
		c.totals.refused[t.Refused]++
		return
	}
	b := book{t.Order.Slot, t.Order.Discovery}
	if c.books[b] == nil {
		c.books[b] = map[torg.SiteID]ledger.OrderTaken{}
	}
	c.books[b][t.Order.Site] = t
}

// revoked withdraws a site's orders that are not cleared yet.
func (c *Collector) revoked(site torg.SiteID) {
	for _, orders := range c.books {
		delete(orders, site)
	}
}

// gate writes the orders that reached a gate and returns them by id.
func (c *Collector) gate(slot torg.Slot, discovery int) []ledger.OrderTaken {
	b := book{slot, discovery}
	orders := slices.SortedFunc(maps.Values(c.books[b]), func(x, y ledger.OrderTaken) int {
		return cmp.Compare(x.Order.ID, y.Order.ID)
	})
	delete(c.books, b)
	for _, t := range orders {
		o := t.Order
		c.out.row("orders.csv", c.session(slot), strconv.Itoa(discovery), string(o.ID), string(o.Participant), o.Side.String(),
			string(o.Zone), wh(o.Energy-t.Cut), o.Limit.String(), o.Source, strings.Join(o.Prefer, " "), strings.Join(o.Avoid, " "),
			string(o.Site), wh(t.Cut))
	}
	c.totals.orders += len(orders)
	return orders
}

func (c *Collector) session(s torg.Slot) string { return c.sc.Calendar.Session(s) }

// cleared writes what a discovery made of its orders.
func (c *Collector) cleared(e *ledger.Cleared) {
	if !c.traded(e.Slot) {
		return
	}
	orders := c.gate(e.Slot, e.Discovery)
	session, d := c.session(e.Slot), strconv.Itoa(e.Discovery)
	left := map[torg.OrderID]int{}
	for i, u := range e.Outcome.Unmatched {
		left[u.Order] = i
	}
	for _, t := range orders {
		c.cut(session, d, t)
		if i, ok := left[t.Order.ID]; ok {
			u := e.Outcome.Unmatched[i]
			c.left(session, d, u.Order, u.Energy, u.Reason)
		}
	}
	for _, p := range e.Outcome.Prices {
		c.out.row("prices.csv", session, d, string(p.Zone), p.Price.String())
	}
	for _, f := range e.Outcome.Flows {
		c.out.row("flows.csv", session, d, string(f.From), string(f.To), wh(f.Energy))
	}
	for _, k := range e.Contracts {
		c.out.row("contracts.csv", session, d, string(k.ID), strconv.Itoa(k.Round), string(k.BuyOrder), string(k.SellOrder),
			string(k.Buyer), string(k.Seller), wh(k.Energy), k.BuyerPrice.String(), k.SellerPrice.String(),
			string(k.BuyerSite), string(k.SellerSite))
	}
	c.tallyCleared(e)
}

// cut says what of an order the balance did not cover.
func (c *Collector) cut(session, discovery string, t ledger.OrderTaken) {
	if t.Cut > 0 {
		c.left(session, discovery, t.Order.ID, t.Cut, torg.ReasonFunds)
	}
}

// left says what of an order did not trade, and why.
func (c *Collector) left(session, discovery string, id torg.OrderID, e torg.Energy, why torg.Reason) {
	c.out.row("unmatched.csv", session, discovery, string(id), wh(e), string(why))
	sum := c.totals.unmatched[why]
	if sum == nil {
		sum = &left{}
		c.totals.unmatched[why] = sum
	}
	sum.orders++
	sum.energy += e
}

// missed writes the orders of a session that was not cleared.
func (c *Collector) missed(m ledger.Missed) {
	if !c.traded(m.Slot) {
		return
	}
	for _, t := range c.gate(m.Slot, m.Discovery) {
		session, d := c.session(m.Slot), strconv.Itoa(m.Discovery)
		c.cut(session, d, t)
		c.left(session, d, t.Order.ID, t.Order.Energy-t.Cut, torg.ReasonMissed)
	}
	if m.Discovery == 1 {
		c.totals.missed = append(c.totals.missed, c.session(m.Slot))
	} else {
		c.totals.missedSecond++
	}
}

// posting writes a double entry as two rows, which sum to zero.
func (c *Collector) posting(p torg.Posting) {
	session := c.session(p.Slot)
	c.out.row("settlement.csv", session, string(p.From), string(p.Kind), string(p.To), p.Amount.Neg().String(), string(p.Contract))
	c.out.row("settlement.csv", session, string(p.To), string(p.Kind), string(p.From), p.Amount.String(), string(p.Contract))
	c.totals.posting(p)
}

// statement counts a party's statement.
func (c *Collector) statement(s *ledger.StatementTaken) {
	due := c.tally(s.Slot).statements
	if _, ok := due[s.Site]; !ok {
		return
	}
	due[s.Site] = signed
	if s.Differs {
		due[s.Site] = differing
	}
}

// closeStatements counts the statements of a slot for which no more can come.
func (c *Collector) closeStatements(t *slotTally) {
	for _, s := range t.statements {
		c.totals.statements[s]++
	}
}
