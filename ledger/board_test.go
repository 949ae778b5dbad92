package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// steps is a profile from the n-th slot after start: slots, Wh, price, and so on.
func (b *bench) steps(n int, parts ...any) torg.Profile {
	var list []torg.Step
	for i := 0; i < len(parts); i += 3 {
		list = append(list, torg.Step{Slots: uint32(parts[i].(int)), Energy: parts[i+1].(torg.Energy), Price: price(parts[i+2].(string))})
	}
	return torg.NewProfile(b.slot(n), list...)
}

// forward is a contract that a buyer proposes to a seller, to be signed within an hour.
func (b *bench) forward(n int, buyer, seller string, p torg.Profile) torg.Forward {
	return torg.Forward{
		Proposer: torg.Buy, Number: uint64(n), Buyer: torg.ParticipantID(buyer), Seller: torg.ParticipantID(seller),
		BuyerSite: torg.SiteID(buyer), SellerSite: torg.SiteID(seller), Profile: p, MaxFee: price("1"),
		SignBy: b.now().Add(time.Hour),
	}
}

func (b *bench) now() time.Time {
	if b.height == 0 {
		return b.at(0, 0)
	}
	return b.blocks[len(b.blocks)-1].Time
}

func (b *bench) offer(n int, site string, side torg.Side, p torg.Profile) torg.Offer {
	return torg.Offer{Site: torg.SiteID(site), Number: uint64(n), Participant: torg.ParticipantID(site), Side: side, Profile: p, Expires: b.now().Add(100 * time.Hour)}
}

// conclude carries a contract with the signatures of sides, owners' on a signed chain.
func (b *bench) conclude(f torg.Forward, sides ...torg.Side) ledger.Conclude {
	b.t.Helper()
	c := ledger.Conclude{Contract: f}
	for _, side := range sides {
		p, _ := f.Party(side)
		signature := []byte("signed")
		if b.keys != nil {
			key, err := b.keys.Owner(p)
			if err != nil {
				b.t.Fatal(err)
			}
			if signature, err = sign.Sign(key, ledger.ForwardMessage(b.g.ChainID, f)); err != nil {
				b.t.Fatal(err)
			}
		}
		if side == torg.Buy {
			c.BuyerSigned = signature
		} else {
			c.SellerSigned = signature
		}
	}
	return c
}

func forwardOf(e ledger.Event) *ledger.ForwardChanged { return e.Forward }
func unpostedOf(e ledger.Event) *ledger.Unposted      { return e.Unposted }

// states are what events say became of contracts, in their order.
func states(events []ledger.Event) []ledger.ForwardState {
	var list []ledger.ForwardState
	for _, f := range only(events, forwardOf) {
		list = append(list, f.State)
	}
	return list
}

func (b *bench) expectStates(events []ledger.Event, want ...ledger.ForwardState) {
	b.t.Helper()
	if got := states(events); !slices.Equal(got, want) {
		b.t.Errorf("block %d: contracts became %v, want %v", b.height, got, want)
	}
}

// reload takes the chain up from its store, which audits all of its books, and goes on
// with that.
func (b *bench) reload() {
	b.t.Helper()
	b.l = ledger.New(b.kv)
	if err := b.l.Load(); err != nil {
		b.t.Fatal(err)
	}
}

// boardBench is a chain of two zones with wind and mill in z2, factory and shop in z1.
func boardBench(t testing.TB, g ledger.Genesis) *bench {
	b := newBench(t, g)
	b.block(b.at(0, 0), all(in("z2", admit("wind", 1000, "base")), in("z2", admit("mill", 1000, "base")),
		admit("factory", 1000, "base"), admit("shop", 1000, "base"))...)
	return b
}

// A contract over a line, with every figure worked out by hand: 10 kWh in each of slots
// 2 and 3 at 3.00, for 0.20 on the line. The buyer pays 64, the seller gets 60, and keeps
// (7.40 - 3.00) * 20 = 88 reserved for what it may not deliver.
func TestForwardFromProposalToSettlement(t *testing.T) {
	b := boardBench(t, twoZones())
	f := b.forward(1, "factory", "wind", b.steps(2, 2, 10*kWh, "3"))

	e := only(b.block(b.at(0, 0.1), b.conclude(f, torg.Buy)), forwardOf)
	if len(e) != 1 || e[0].State != ledger.ForwardProposed || e[0].Fee != price("0.2") || !slices.Equal(e[0].Path, []torg.ZoneID{"z2", "z1"}) || e[0].Covered != b.slot(4) {
		t.Fatalf("proposed: %+v", e)
	}
	b.balance("factory", "936", "64", "0")
	b.balance("wind", "1000", "0", "0")
	b.expectStates(b.block(b.at(0, 0.2), b.conclude(f, torg.Sell)), ledger.ForwardActive)
	b.balance("factory", "936", "0", "64")
	b.balance("wind", "912", "88", "0")
	b.account(torg.AccountEscrow, "64")
	if v := b.l.View(); v.ForwardNet("factory", b.slot(3)) != 10*kWh || v.ForwardNet("wind", b.slot(3)) != -10*kWh || v.Position("factory", b.slot(2)) != 0 {
		t.Error("the contract is not in the slots ahead, or in a position before its session is open")
	}
	b.reload()

	// Slot 2's session finds the line with 20 of 30 kWh.
	b.block(b.at(2, 0))
	v := b.l.View()
	if v.Position("factory", b.slot(2)) != 10*kWh || v.Position("wind", b.slot(2)) != -10*kWh || v.Position("wind", b.slot(3)) != 0 {
		t.Errorf("positions %s and %s", v.Position("factory", b.slot(2)), v.Position("wind", b.slot(2)))
	}
	if c := v.Grid(b.slot(2)).Lines[0].Capacity; c != 20*kWh {
		t.Errorf("slot 2's session finds %s on the line", c)
	}
	b.block(b.at(2, 0.2), b.orders(b.order(2, 1, "factory", torg.Buy, 100*kWh, "7.2"), ordered(b.order(2, 1, "mill", torg.Sell, 50*kWh, "1"), "z2")))
	if c := only(b.block(b.at(2, 0.5)), cleared); len(c) != 1 || len(c[0].Outcome.Flows) != 1 || c[0].Outcome.Flows[0].Energy != 20*kWh {
		t.Fatalf("slot 2 cleared: %+v", c)
	}
	b.reload()
	zero := torg.Energy(0)
	idle := func(n int) ledger.Readings {
		return b.readings(n, "factory", zero, "wind", zero, "mill", zero, "shop", zero)
	}
	b.block(b.at(3, 0), idle(0), idle(1))
	if v := b.l.View(); v.Position("factory", b.slot(3)) != 10*kWh || v.IntervalPosition("wind", b.slot(2)).Contracted != -20*kWh {
		t.Error("slot 3's session does not have the contract in its positions")
	}
	b.block(b.at(4, 0), b.readings(2, "factory", 110*kWh, "wind", -10*kWh, "mill", -20*kWh, "shop", zero))
	b.reload()
	events := b.block(b.at(5, 0), b.readings(3, "factory", 10*kWh, "wind", -10*kWh, "mill", zero, "shop", zero))
	b.expectStates(events, ledger.ForwardDelivered, ledger.ForwardSettled)
	var paid []string
	for _, p := range only(b.events, postingOf) {
		if p.Contract == f.ID() {
			paid = append(paid, fmt.Sprintf("%d %s %s %s %s", p.Slot-b.first, p.Kind, p.From, p.To, p.Amount))
		}
	}
	if want := []string{"0 escrow factory @escrow 64", "2 payout @escrow wind 30", "2 network @escrow @network 2",
		"3 payout @escrow wind 30", "3 network @escrow @network 2"}; !slices.Equal(paid, want) {
		t.Errorf("postings of the contract:\n%v\nwant\n%v", paid, want)
	}
	st := only(events, settledOf)
	// The session sent 20 kWh over the line, the contract 10 and 10.
	if len(st) != 1 || st[0].Fees != rub("8") || st[0].Parties[0].Imbalance != rub("0") || st[0].Parties[3].Contracted != -20*kWh {
		t.Errorf("settled: %+v", st)
	}
	_, reserved, escrowed := b.l.View().Balance("wind")
	if reserved.Sign() != 0 || escrowed.Sign() != 0 {
		t.Errorf("wind has %s reserved and %s in escrow at the end", reserved, escrowed)
	}
	b.account(torg.AccountNetwork, "8")
	if n := len(b.l.View().Forwards()); n != 0 {
		t.Errorf("%d contracts are left", n)
	}
	b.reload()
}
