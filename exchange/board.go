package exchange

import (
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// boardMessages tells what a block did on the board: offers are calls, contracts are
// proposed, accepted and refused.
func boardMessages(at time.Time, e ledger.Event) []record.Message {
	switch {
	case e.Posted != nil:
		o := e.Posted.Offer
		text, performative, p := record.SaidOffer, "cfp", o.Profile
		if !e.Posted.Left.Equal(p) {
			text, performative, p = record.SaidOfferLeft, "inform", e.Posted.Left
		}
		m := message(at, "", record.EnergyMsg, performative, string(o.Site), "board", text, "side", o.Side.String(), "energy", wh(whole(p)), "price", rate(p))
		m.Ref = string(o.ID())
		return []record.Message{m}
	case e.Unposted != nil:
		m := message(at, "", record.EnergyMsg, "inform", "ledger", "board", record.SaidOfferEnd, "why", string(e.Unposted.Why))
		m.Ref = string(e.Unposted.Offer)
		return []record.Message{m}
	case e.Forward != nil:
		return []record.Message{forwardMessage(at, e.Forward)}
	}
	return nil
}

func forwardMessage(at time.Time, f *ledger.ForwardChanged) record.Message {
	c := f.Contract
	_, from := c.Party(c.Proposer)
	_, to := c.Party(torg.Buy + torg.Sell - c.Proposer)
	performative := "inform"
	switch f.State {
	case ledger.ForwardProposed:
		performative = "propose"
	case ledger.ForwardActive:
		performative, from, to = "accept-proposal", to, from
	case ledger.ForwardRefused:
		performative, from, to = "reject-proposal", to, from
	case ledger.ForwardExpired, ledger.ForwardVoided:
		performative = "failure"
	}
	m := message(at, "", record.EnergyMsg, performative, string(from), string(to), record.SaidForward+string(f.State),
		"energy", wh(whole(c.Profile)), "price", rate(c.Profile))
	m.Ref = string(c.ID())
	return m
}

// whole is a profile's energy of all slots.
func whole(p torg.Profile) torg.Energy { return p.Energy(p.First, p.First+p.Slots()) }

// rate is a profile's mean price.
func rate(p torg.Profile) string {
	cost := p.Cost(p.First, p.First+p.Slots(), func(x torg.Price) torg.Price { return x })
	return cost.Per(whole(p)).String()
}
