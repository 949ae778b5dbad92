package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
)

// drawBoard makes a random world's blocks in which the board is used: offers, takes,
// proposals, signatures late and twice, declines, sessions with orders, readings that come
// late or never, and jumps over days.
func drawBoard(t *rapid.T) (ledger.Genesis, []ledger.Block) {
	g := genesis()
	g.Deadline = time.Hour
	share, days := rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "share"), rapid.IntRange(1, 3).Draw(t, "days")
	g.ForwardShare, g.EscrowDays = &share, days
	g.Settlement = rapid.SampledFrom([]time.Duration{4 * time.Hour, 24 * time.Hour}).Draw(t, "settlement")
	zonesOf(t, &g)
	w := &world{t: t, g: g, first: g.Calendar.At(start)}
	w.at = g.Calendar.Opens(w.first)
	w.admitAll()
	d := &deals{world: w, number: map[torg.SiteID]uint64{}}
	for range rapid.IntRange(3, 9).Draw(t, "slots") {
		w.at = w.at.Add(time.Minute)
		d.block()
		w.session()
		switch rapid.IntRange(0, 11).Draw(t, "jump") {
		case 0:
			w.at = w.at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
		case 1: // to the next day's first block
			w.at = w.at.Truncate(24 * time.Hour).Add(24 * time.Hour)
		}
		d.block()
	}
	w.at = w.at.Add(5 * 24 * time.Hour) // everything is over
	w.block()
	for range 8 { // at most eight intervals a block are settled
		w.block()
	}
	return g, w.blocks
}

// deals is what the random parties of the board remember.
type deals struct {
	*world
	number    map[torg.SiteID]uint64
	contracts []torg.Forward
	offers    []torg.Offer
}

func (d *deals) site(what string) (torg.ParticipantID, torg.SiteID) {
	name := rapid.SampledFrom(traders).Draw(d.t, what)
	if name == "b" {
		return "a", "b"
	}
	return torg.ParticipantID(name), torg.SiteID(name)
}

func (d *deals) profile() torg.Profile {
	first := d.g.Calendar.At(d.at) + torg.Slot(rapid.SampledFrom([]int{1, 2, 3, 6, 40, 90}).Draw(d.t, "ahead"))
	var steps []torg.Step
	for range rapid.IntRange(1, 3).Draw(d.t, "steps") {
		steps = append(steps, torg.Step{
			Slots:  uint32(rapid.SampledFrom([]int{1, 2, 5, 30}).Draw(d.t, "slots")),
			Energy: torg.Energy(rapid.SampledFrom([]int{0, 100, 1000, 7000}).Draw(d.t, "energy")),
			Price:  torg.Price(rapid.IntRange(-2, 9).Draw(d.t, "price")) * 100_000,
		})
	}
	return torg.NewProfile(first, steps...)
}

func (d *deals) block() {
	var bodies []ledger.Body
	for range rapid.IntRange(0, 5).Draw(d.t, "deals") {
		bodies = append(bodies, d.deal())
	}
	d.world.block(bodies...)
}

func (d *deals) deal() ledger.Body {
	switch what := rapid.IntRange(0, 9).Draw(d.t, "deal"); {
	case what < 2:
		p, site := d.site("site")
		d.number[site]++
		o := torg.Offer{Site: site, Participant: p, Number: d.number[site], Side: torg.Side(rapid.IntRange(1, 2).Draw(d.t, "side")), Profile: d.profile(),
			Whole: rapid.Bool().Draw(d.t, "whole"), Expires: d.at.Add(time.Duration(rapid.IntRange(1, 50).Draw(d.t, "expires")) * time.Hour).Truncate(time.Second)}
		if o.Side == torg.Buy {
			o.MaxFee = torg.MaxPrice
		}
		d.offers = append(d.offers, o)
		return ledger.Post{Offer: o}
	case what < 3 && len(d.offers) > 0:
		o := rapid.SampledFrom(d.offers).Draw(d.t, "unpost")
		return ledger.Unpost{Site: o.Site, Number: o.Number}
	case what < 7 || len(d.contracts) == 0:
		f := d.contract()
		d.contracts = append(d.contracts, f)
		c := ledger.Conclude{Contract: f}
		signFor(&c, f.Proposer)
		if rapid.IntRange(0, 2).Draw(d.t, "both") == 0 {
			signFor(&c, torg.Buy+torg.Sell-f.Proposer)
		}
		return c
	case what < 9:
		c := ledger.Conclude{Contract: rapid.SampledFrom(d.contracts).Draw(d.t, "sign")}
		signFor(&c, torg.Buy)
		signFor(&c, torg.Sell)
		return c
	}
	return ledger.Decline{Contract: rapid.SampledFrom(d.contracts).Draw(d.t, "decline").ID(), Side: torg.Side(rapid.IntRange(1, 2).Draw(d.t, "side"))}
}

func signFor(c *ledger.Conclude, side torg.Side) {
	if side == torg.Buy {
		c.BuyerSigned = []byte("buyer")
	} else {
		c.SellerSigned = []byte("seller")
	}
}

func (d *deals) contract() torg.Forward {
	f := torg.Forward{Proposer: torg.Side(rapid.IntRange(1, 2).Draw(d.t, "proposer")), Profile: d.profile(), MaxFee: torg.MaxPrice,
		SignBy: d.at.Add(time.Duration(rapid.IntRange(1, 24).Draw(d.t, "sign by")) * time.Hour).Truncate(time.Second)}
	f.Buyer, f.BuyerSite = d.site("buyer")
	f.Seller, f.SellerSite = d.site("seller")
	if len(d.offers) > 0 && rapid.Bool().Draw(d.t, "takes") {
		o := rapid.SampledFrom(d.offers).Draw(d.t, "offer")
		f.Offer, f.Proposer, f.Profile = o.ID(), torg.Buy+torg.Sell-o.Side, o.Profile
		if o.Side == torg.Buy {
			f.Buyer, f.BuyerSite = o.Participant, o.Site
		} else {
			f.Seller, f.SellerSite = o.Participant, o.Site
		}
		if !o.Whole && rapid.Bool().Draw(d.t, "part") && len(o.Profile.Steps) > 0 {
			f.Profile = o.Profile.Cut(o.Profile.First, o.Profile.First+o.Profile.Slots()/2+1)
		}
	}
	_, site := f.Party(f.Proposer)
	d.number[site]++
	f.Number = d.number[site]
	return f
}

// oversold finds a line or a connection that forward contracts hold too much of, slot by
// slot and contract by contract.
func oversold(t *rapid.T, g ledger.Genesis, v ledger.View) {
	held := map[string]torg.Energy{}
	most := map[string]torg.Energy{}
	for _, f := range v.Forwards() {
		sides := map[torg.Side]bool{torg.Buy: f.BuyerSigned != nil, torg.Sell: f.SellerSigned != nil}
		at := f.Open.First
		for _, s := range f.Open.Steps {
			for range s.Slots {
				for i := range len(f.Path) - 1 {
					key := fmt.Sprintf("%d: %s to %s", at, f.Path[i], f.Path[i+1])
					held[key] += s.Energy
					for _, l := range g.Complex.Lines {
						if l.From == f.Path[i] && l.To == f.Path[i+1] || l.To == f.Path[i] && l.From == f.Path[i+1] {
							most[key] = l.Capacity * torg.Energy(*g.ForwardShare) / 100
							if l.Capacity == torg.Unlimited {
								most[key] = torg.MaxSessionEnergy
							}
						}
					}
				}
				for side, signed := range sides {
					if _, site := f.Contract.Party(side); signed {
						key := fmt.Sprintf("%d: %s %s", at, site, side)
						held[key] += s.Energy
						most[key] = 1000 * kWh
					}
				}
				at++
			}
		}
	}
	for key, e := range held {
		if e > most[key] {
			t.Fatalf("block %d: slot %s: %d Wh, at most %d", v.Height(), key, e, most[key])
		}
	}
}

// The board's blocks give the same results, events and bytes with restarts, discarded
// attempts and checks in between; a restart audits every account's escrow and reservation
// against contracts and orders. Nothing is oversold, and nothing is left in the end.
func TestBoardLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, blocks := drawBoard(t)
		last := ledger.New(&kvmem.KV{})
		want := run(t, g, blocks, func(t *rapid.T, l *ledger.Ledger, kv *kvmem.KV, b ledger.Block) *ledger.Ledger {
			if b.Height > 1 && b.Height%4 == 0 {
				oversold(t, g, l.View())
			}
			last = l
			return l
		})
		v := last.View()
		if n := len(v.Forwards()); n > 0 {
			t.Fatalf("%d contracts are left: %+v", n, v.Forwards()[0])
		}
		for _, a := range v.Accounts() {
			if a.Reserved.Sign() != 0 || a.Escrowed.Sign() != 0 {
				t.Fatalf("%s has %s reserved and %s in escrow when all is over", a.Account, a.Reserved, a.Escrowed)
			}
		}
		what := rapid.SampledFrom([]string{"discarded attempts", "a restart", "checks"}).Draw(t, "between")
		for i, got := range run(t, g, blocks, between[what]) {
			if got != want[i] {
				t.Fatalf("with %s: block %d differs:\n%s\n%s", what, i+1, got, want[i])
			}
		}
	})
}

// What each contract pays in is what it pays out or gets back, to whom it says, and its
// states follow each other as the diagram has it.
func TestForwardMoneyAndStates(t *testing.T) {
	after := map[ledger.ForwardState][]ledger.ForwardState{
		"":                      {ledger.ForwardProposed, ledger.ForwardActive},
		ledger.ForwardProposed:  {ledger.ForwardProposed, ledger.ForwardActive, ledger.ForwardRefused, ledger.ForwardWithdrawn, ledger.ForwardExpired, ledger.ForwardVoided},
		ledger.ForwardActive:    {ledger.ForwardActive, ledger.ForwardDelivered, ledger.ForwardSettled, ledger.ForwardVoided},
		ledger.ForwardDelivered: {ledger.ForwardSettled},
		ledger.ForwardSettled:   nil,
		ledger.ForwardRefused:   nil,
		ledger.ForwardWithdrawn: nil,
		ledger.ForwardExpired:   nil,
		ledger.ForwardVoided:    nil,
	}
	concluded := 0
	rapid.Check(t, func(t *rapid.T) {
		g, blocks := drawBoard(t)
		l := ledger.New(&kvmem.KV{})
		if err := l.Init(g); err != nil {
			t.Fatal(err)
		}
		state := map[torg.ContractID]ledger.ForwardState{}
		open := map[torg.ContractID]*ledger.ForwardChanged{}
		got := map[torg.ContractID]map[torg.Account]torg.Cost{}
		for _, b := range blocks {
			r := l.Apply(b)
			l.Commit()
			for _, e := range r.Events {
				if f := e.Forward; f != nil {
					id := f.Contract.ID()
					ok := false
					for _, next := range after[state[id]] {
						ok = ok || next == f.State
					}
					if !ok {
						t.Fatalf("contract %s: %q after %q", id, f.State, state[id])
					}
					state[id], open[id] = f.State, f
				}
				if p := e.Posting; p != nil && p.Contract != "" {
					if got[p.Contract] == nil {
						got[p.Contract] = map[torg.Account]torg.Cost{}
					}
					got[p.Contract][p.To] = got[p.Contract][p.To].Add(p.Amount)
					got[p.Contract][p.From] = got[p.Contract][p.From].Sub(p.Amount)
				}
			}
		}
		for id, f := range open {
			want := map[torg.Account]torg.Cost{}
			if f.State == ledger.ForwardSettled {
				concluded++
				all := func(each func(torg.Price) torg.Price) torg.Cost {
					return f.Open.Cost(f.Open.First, f.Open.Last()+1, each)
				}
				want[f.Contract.Seller.Account()] = all(func(p torg.Price) torg.Price { return p })
				want[f.Contract.Buyer.Account()] = all(func(p torg.Price) torg.Price { return -p - f.Fee })
				want[torg.AccountNetwork] = all(func(torg.Price) torg.Price { return f.Fee })
			}
			for _, a := range []torg.Account{f.Contract.Seller.Account(), f.Contract.Buyer.Account(), torg.AccountNetwork, torg.AccountEscrow} {
				if got[id][a] != want[a] {
					t.Fatalf("contract %s, %s: %s moved %s, want %s\n%+v", id, f.State, a, got[id][a], want[a], f)
				}
			}
		}
	})
	if concluded == 0 {
		t.Error("no contract was ever settled")
	}
}
