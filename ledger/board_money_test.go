package ledger_test

import (
	"crypto"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// daily is 100 kWh at 3.00 in one slot of each of so many days.
func (b *bench) daily(days int) torg.Profile {
	var parts []any
	for range days {
		parts = append(parts, 1, 100*kWh, "3", 47, torg.Energy(0), "0")
	}
	return b.steps(2, parts...)
}

// A buyer whose balance ends: the contract costs 300 a day, one day ahead is covered, and
// 1000 cover three days of six. The contract then ends with the third, and nobody pays for
// the rest.
func TestForwardClosedOutForFunds(t *testing.T) {
	g := twoZones()
	g.EscrowDays = 1
	b := boardBench(t, g)
	f := b.forward(1, "factory", "shop", b.daily(6))
	b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
	b.balance("factory", "400", "0", "600")
	b.balance("shop", "160", "840", "0") // (7.20 - 3.00) * 100, two days
	midnight := func(day int) int { return 31 + 48*(day-1) }
	b.block(b.at(midnight(1)-1, 0.9))
	b.balance("factory", "400", "0", "300") // the first slot is settled, on estimates
	b.balance("shop", "880", "420", "0")
	e := only(b.block(b.at(midnight(1), 0)), forwardOf)
	if len(e) != 1 || e[0].State != ledger.ForwardActive || e[0].ClosedOut != "" || e[0].Covered != b.slot(midnight(3)-1) {
		t.Fatalf("a day more: %+v", e)
	}
	b.balance("factory", "100", "0", "600")
	b.reload()
	e = only(b.block(b.at(midnight(2), 0)), forwardOf)
	if len(e) != 1 || e[0].State != ledger.ForwardActive || e[0].ClosedOut != torg.ReasonFunds || !e[0].Open.Equal(b.daily(3)) || !e[0].Contract.Profile.Equal(b.daily(6)) {
		t.Fatalf("closed out: %+v", e)
	}
	if net := b.l.View().ForwardNet("factory", b.slot(2+48*3)); net != 0 {
		t.Errorf("the fourth day still delivers %s", net)
	}
	b.reload()
	n := len(b.events)
	for range 8 { // at most eight intervals a block
		b.block(b.at(midnight(4), 0))
	}
	b.expectStates(b.events[n:], ledger.ForwardDelivered, ledger.ForwardSettled)
	b.balance("factory", "100", "0", "0")
	b.balance("shop", "1900", "0", "0")
	b.reload()
}

// A seller that cannot keep its guarantee for a day more is closed out as well, and a day
// that no block came for is covered with the ones after it.
func TestForwardOverAnOutage(t *testing.T) {
	g := twoZones()
	g.EscrowDays = 2
	b := boardBench(t, g)
	b.block(b.at(0, 0), ledger.Deposit{Participant: "factory", Amount: 10_000_00, Reference: "more"})
	f := b.forward(1, "factory", "shop", b.daily(6))
	if code := b.try(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))[0]; code != torg.ErrFunds {
		t.Errorf("three days' guarantee of 1260 with 1000: %q", code)
	}
	b.block(b.at(0, 0.1), ledger.Deposit{Participant: "shop", Amount: 700_00, Reference: "more still"}, b.conclude(f, torg.Buy, torg.Sell))
	// Nothing is settled in the outage: four days' guarantee is 1680, five days' 2100.
	events := b.block(b.at(31+48*2, 0))
	e := only(events, forwardOf)
	last := e[len(e)-1]
	if last.ClosedOut != torg.ReasonFunds || !last.Open.Equal(b.daily(4)) {
		t.Fatalf("%+v", last)
	}
	v := b.l.View()
	for day := range 3 {
		if got := v.Position("shop", b.slot(2+48*day)); day < 2 && v.SessionState(b.slot(2+48*day)) == ledger.SessionMissed && got != -100*kWh {
			t.Errorf("day %d: shop's position is %s", day, got)
		}
	}
	b.reload()
	for range 30 {
		b.block(b.at(31+48*6, 0))
	}
	b.balance("shop", "2900", "0", "0") // 1700 and four days' 300
	b.reload()
}

// At a negative price the seller pays into escrow, and the buyer gets it and pays the fee.
func TestForwardAtANegativePrice(t *testing.T) {
	b := boardBench(t, twoZones())
	f := b.forward(1, "factory", "wind", b.steps(2, 1, 10*kWh, "-1", 1, 10*kWh, "0.1"))
	b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
	b.balance("factory", "997", "0", "3") // 0.30 on 10 kWh
	b.balance("wind", "843", "147", "10") // 10 to pay, 74 and 73 if it does not deliver
	b.block(b.at(9, 0))
	b.balance("factory", "1005", "0", "0") // 8 and -3
	b.balance("wind", "991", "0", "0")
	b.account(torg.AccountNetwork, "4")
	b.reload()
}

// A line's capacity falls from slot 4 on: what holds it beyond half is cut pro rata, a
// proposal goes first, and what was held for the rest comes back.
func TestForwardsAreCut(t *testing.T) {
	b := boardBench(t, twoZones())
	big := b.forward(1, "factory", "wind", b.steps(2, 4, 9*kWh, "3"))
	small := b.forward(1, "shop", "mill", b.steps(2, 4, 3*kWh, "3"))
	proposal := b.forward(2, "shop", "mill", b.steps(5, 1, 3*kWh, "3"))
	other := b.forward(3, "shop", "mill", b.steps(6, 1, 3*kWh, "3"))
	b.block(b.at(0, 0.1), b.conclude(big, torg.Buy, torg.Sell), b.conclude(small, torg.Buy, torg.Sell), b.conclude(proposal, torg.Buy), b.conclude(other, torg.Buy))
	events := b.l.CutForwards(0, 20*kWh, b.slot(4))
	b.expectStates(events, ledger.ForwardVoided, ledger.ForwardActive, ledger.ForwardActive)
	v := b.l.View()
	for id, want := range map[torg.ContractID]torg.Profile{
		big.ID():   b.steps(2, 2, 9*kWh, "3", 2, 7500*kWh/1000, "3"),
		small.ID(): b.steps(2, 2, 3*kWh, "3", 2, 2500*kWh/1000, "3"),
		other.ID(): other.Profile,
	} {
		if got, there := v.Forward(id); !there || !got.Open.Equal(want) || (id != other.ID()) != (got.ClosedOut == torg.ReasonLine) {
			t.Errorf("%s: %+v, want %+v", id, got.Open, want)
		}
	}
	b.balance("factory", "894.4", "0", "105.6") // 33 kWh at 3.20
	b.reload()
	b.block(b.at(15, 0))
	b.balance("wind", "1099", "0", "0") // 33 kWh at 3.00
	b.reload()
}

// A session's order has the connection's room that forwards leave that way.
func TestOrdersBesideForwards(t *testing.T) {
	b := boardBench(t, twoZones())
	b.block(b.at(0, 0.1), b.conclude(b.forward(1, "factory", "shop", b.steps(2, 1, 100*kWh, "0.1")), torg.Buy, torg.Sell))
	for name, want := range map[string][2]torg.Refusal{"factory": {torg.ErrTooLarge, ""}, "shop": {"", torg.ErrTooLarge}} {
		for i, side := range []torg.Side{torg.Buy, torg.Sell} {
			o := b.order(2, 1, name, side, 900*kWh+1, "0.1")
			if side == torg.Sell {
				o.Limit = price("7")
			}
			o.Sequence = uint32(i) + 1
			if code := b.try(b.at(2, 0.1), b.orders(o))[0]; code != want[i] {
				t.Errorf("%s %ss 900 kWh and 1 Wh: %q, want %q", name, side, code, want[i])
			}
		}
	}
}

// signed returns a signature by some key of a message of some chain.
func (b *bench) signature(agent bool, name string, message []byte) []byte {
	b.t.Helper()
	key, err := b.keys.Owner(torg.ParticipantID(name))
	if agent {
		key, err = b.keys.Agent(torg.SiteID(name))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := sign.Sign(key, message)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func mustAgent(b *bench, site torg.SiteID) crypto.Signer {
	b.t.Helper()
	key, err := b.keys.Agent(site)
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

// Who may sign on the board, and what attacks come to.
func TestBoardSignatures(t *testing.T) {
	b := signedBench(t, pool())
	number := 0
	next := func(e torg.Energy, price string) torg.Forward {
		number++
		return b.forward(number, "factory", "foundry", b.steps(2, 1, e, price))
	}
	m, _ := b.l.View().Mandate("factory")
	for _, c := range []struct {
		what   string
		f      torg.Forward
		buyer  func(f torg.Forward) []byte
		want   torg.Refusal
		seller bool // the seller's owner signs as it should
	}{
		{"the owner", next(kWh, "3"), func(f torg.Forward) []byte { return b.signature(false, "factory", ledger.ForwardMessage(chainID, f)) }, "", true},
		{"the agent", next(kWh, "3"), func(f torg.Forward) []byte { return b.signature(true, "factory", ledger.ForwardMessage(chainID, f)) }, "", true},
		{"another chain's", next(kWh, "3"), func(f torg.Forward) []byte { return b.signature(false, "factory", ledger.ForwardMessage("other", f)) }, torg.ErrBadSignature, true},
		{"another contract's", next(kWh, "3"), func(f torg.Forward) []byte {
			f.Number++
			return b.signature(false, "factory", ledger.ForwardMessage(chainID, f))
		}, torg.ErrBadSignature, true},
		{"the seller's", next(kWh, "3"), func(f torg.Forward) []byte { return b.signature(false, "foundry", ledger.ForwardMessage(chainID, f)) }, torg.ErrBadSignature, true},
		{"no signature's bytes", next(kWh, "3"), func(torg.Forward) []byte { return []byte("signed") }, torg.ErrBadSignature, true},
		{"the seller alone", next(kWh, "3"), func(torg.Forward) []byte { return nil }, torg.ErrNotSigned, true},
		{"the agent beyond its energy", next(m.Limits.MaxEnergy+1, "0.01"), func(f torg.Forward) []byte { return b.signature(true, "factory", ledger.ForwardMessage(chainID, f)) }, torg.ErrMandateEnergy, true},
		{"the agent with what it signed before", next(m.Limits.MaxEnergy, "0.01"), func(f torg.Forward) []byte { return b.signature(true, "factory", ledger.ForwardMessage(chainID, f)) }, torg.ErrMandateEnergy, true},
		{"the agent beyond its price", next(kWh, (m.Limits.MaxBuy + 1).String()), func(f torg.Forward) []byte { return b.signature(true, "factory", ledger.ForwardMessage(chainID, f)) }, torg.ErrMandatePrice, true},
		{"the owner beyond the agent's price", next(kWh, (m.Limits.MaxBuy + 1).String()), func(f torg.Forward) []byte { return b.signature(false, "factory", ledger.ForwardMessage(chainID, f)) }, "", true},
	} {
		body := ledger.Conclude{Contract: c.f, BuyerSigned: c.buyer(c.f), SellerSigned: b.signature(false, "foundry", ledger.ForwardMessage(chainID, c.f))}
		if code := b.try(b.at(0, 0.1), body)[0]; code != c.want {
			t.Errorf("%s: %q, want %q", c.what, code, c.want)
		}
	}

	// A changed byte of a signature, and of what is signed.
	f := next(kWh, "3")
	good := b.conclude(f, torg.Buy, torg.Sell)
	changed := good
	changed.BuyerSigned = append([]byte{good.BuyerSigned[0] ^ 1}, good.BuyerSigned[1:]...)
	other := good
	other.Contract.SignBy = other.Contract.SignBy.Add(time.Second)
	if codes := b.try(b.at(0, 0.1), changed, other); codes[0] != torg.ErrBadSignature || codes[1] != torg.ErrBadSignature {
		t.Errorf("changed: %v", codes)
	}

	// What the agent proposed and posted goes with its key, what the owner did stays.
	byAgent, byOwner := next(2*kWh, "3"), next(2*kWh, "3")
	offer := b.offer(1, "factory", torg.Buy, b.steps(4, 1, kWh, "3"))
	tx, err := ledger.Encode(chainID, ledger.Post{Offer: offer}, mustAgent(b, "factory"))
	if err != nil {
		t.Fatal(err)
	}
	if code := b.raw(b.at(0, 0.2), tx).Codes[0]; code != "" {
		t.Errorf("the agent's offer: %q", code)
	}
	b.block(b.at(0, 0.2), ledger.Conclude{Contract: byAgent, BuyerSigned: b.signature(true, "factory", ledger.ForwardMessage(chainID, byAgent))}, b.conclude(byOwner, torg.Buy))
	b.reload()
	events := b.block(b.at(0, 0.3), ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: m.AgentKey})
	if u := only(events, unpostedOf); len(u) != 1 || u[0].Offer != offer.ID() {
		t.Errorf("the agent's offer stays: %+v", u)
	}
	b.expectStates(events, ledger.ForwardWithdrawn)
	late := next(kWh, "3")
	if code := b.try(b.at(0, 0.4), ledger.Conclude{Contract: late, BuyerSigned: b.signature(true, "factory", ledger.ForwardMessage(chainID, late))})[0]; code != torg.ErrBadSignature {
		t.Errorf("a revoked key: %q", code)
	}
	if _, there := b.l.View().Forward(byOwner.ID()); !there {
		t.Error("the owner's proposal is gone")
	}
}

// Proposals race for the last of a line's share in one block: the first has it, and when
// it is withdrawn the next may.
func TestProposalsRaceForALine(t *testing.T) {
	b := boardBench(t, twoZones())
	p := b.steps(2, 1, 10*kWh, "3")
	f1, f2 := b.forward(1, "factory", "wind", p), b.forward(1, "shop", "mill", p)
	if codes := b.try(b.at(0, 0.1), b.conclude(f1, torg.Buy), b.conclude(f2, torg.Buy)); codes[0] != "" || codes[1] != torg.ErrNoCapacity {
		t.Errorf("the race: %v", codes)
	}
	b.balance("wind", "1000", "0", "0") // a stranger's word holds nothing of it
	if codes := b.try(b.at(0, 0.2), ledger.Decline{Contract: f1.ID(), Side: torg.Buy}, b.conclude(f2, torg.Buy)); codes[0] != "" || codes[1] != "" {
		t.Errorf("after the first is withdrawn: %v", codes)
	}
	b.reload()
}

// A contract concluded when nobody trades still has its leaf in the session's root.
func TestBoardRoot(t *testing.T) {
	b := boardBench(t, twoZones())
	b.block(b.at(0, 0.1), b.conclude(b.small(), torg.Buy, torg.Sell))
	if size, _ := b.l.View().SessionLog(); size != 0 {
		t.Errorf("a session that trades has %d roots", size)
	}
	e := only(b.events, forwardOf)[0]
	b.block(b.at(0, 0.75))
	leaf := ledger.BoardContract{Contract: e.Contract, Fee: e.Fee, Path: e.Path, BuyerKey: e.BuyerKey, SellerKey: e.SellerKey}.Leaf()
	session := sign.Root([][]byte{ledger.BoardLeaf(sign.Root([][]byte{leaf}))})
	want := sign.Root([][]byte{ledger.SessionLeaf(b.slot(0), session)})
	if size, root := b.l.View().SessionLog(); size != 1 || root != want {
		t.Errorf("%d roots, %x, want %x", size, root, want)
	}
	b.block(b.at(1, 0.75))
	if size, _ := b.l.View().SessionLog(); size != 1 {
		t.Errorf("a session without anything new has a root: %d", size)
	}
}
