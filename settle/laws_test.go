package settle_test

import (
	"math/big"
	"testing"

	"torg"
	"torg/settle"

	"pgregory.net/rapid"
)

// The theorem of doc.go: no losses, class prices equal to the quotes, fees covered.
func TestResidualIsNotNegativeWithoutLosses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := fairComplex(t)
		r := settle.Interval(in)
		if atLeast := in.Network.Sub(in.Fees); r.Residual.Cmp(atLeast) < 0 {
			t.Fatalf("residual %s is below %s, what the network account has over", r.Residual, atLeast)
		}
	})
}

func TestWhoDidNotTradePaysTheBaseline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyComplex(t)
		idle := settle.Party{Participant: "idle", Zone: "z0", Metered: someEnergy.Draw(t, "in") - someEnergy.Draw(t, "out")}
		idle.Sell, idle.Buy = prices(t)
		for range rapid.IntRange(0, 3).Draw(t, "full sessions") {
			idle.Tight = append(idle.Tight, settle.Tight{Price: anyPrice.Draw(t, "zone price")})
		}
		in.Parties = append(in.Parties, idle)
		in.Connection += idle.Metered

		r := settle.Interval(in)
		got := r.Parties[len(in.Parties)-1]
		want := cost(max(idle.Metered, 0), idle.Sell).Add(cost(min(idle.Metered, 0), idle.Buy))
		if got.Baseline != want || got.Imbalance != want || got.Residual.Sign() != 0 {
			t.Fatalf("pays %s and gets back %s, baseline %s; want %s, 0, %s", got.Imbalance, got.Residual, got.Baseline, want, want)
		}
	})
}

func TestPostingsCloseTheBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyComplex(t)
		r := settle.Interval(in)
		ps := settle.Postings(in, r, 42)
		for _, p := range ps {
			if p.Amount.Sign() <= 0 || p.Slot != 42 || p.From == p.To || p.Contract != "" {
				t.Fatalf("bad posting %+v", p)
			}
		}
		want := map[torg.Account]torg.Cost{
			torg.AccountImbalance: {},
			torg.AccountNetwork:   in.Fees.Sub(in.Network),
			torg.AccountSupplier:  r.Extra,
			torg.AccountLoss:      r.LossDebt(in.LossDebt).Sub(in.LossDebt).Neg(),
		}
		for i, p := range in.Parties {
			a := p.Participant.Account()
			want[a] = want[a].Sub(r.Parties[i].Imbalance).Add(r.Parties[i].Residual)
		}
		got := balances(ps)
		var sum torg.Cost
		for account, c := range want {
			sum = sum.Add(c)
			if got[account] != c {
				t.Fatalf("%s moves by %s, want %s", account, got[account], c)
			}
			delete(got, account)
		}
		if len(got) > 0 || sum.Sign() != 0 {
			t.Fatalf("other accounts %v, sum %s", got, sum)
		}
	})
}

// The residual is whole, nothing in it is negative, the loss account comes first,
// and the rest is pro rata to inside energy within one unit.
func TestResidualIsSharedByInsideEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyComplex(t)
		r := settle.Interval(in)
		var shared, inside torg.Cost
		for i, p := range in.Parties {
			shared = shared.Add(r.Parties[i].Residual)
			inside = inside.Add(cost(p.Bought+p.Sold, 1))
		}
		for _, c := range []torg.Cost{r.Repaid, r.Credit, r.ToLoss} {
			if c.Sign() < 0 {
				t.Fatalf("negative part in %+v", r)
			}
		}
		if r.Repaid.Add(r.Credit).Add(shared).Sub(r.ToLoss) != r.Residual {
			t.Fatalf("parts of %+v do not add up", r)
		}
		switch {
		case r.Residual.Sign() <= 0 && (r.Repaid.Sign() > 0 || r.Credit.Sign() > 0 || shared.Sign() > 0):
			t.Fatalf("gave away a residual of %s: %+v", r.Residual, r)
		case r.Residual.Sign() > 0 && r.Repaid.Cmp(in.LossDebt) < 0 && r.Repaid != r.Residual && in.LossDebt.Sign() > 0:
			t.Fatalf("debt %s, residual %s, repaid only %s", in.LossDebt, r.Residual, r.Repaid)
		case in.LossDebt.Sign() <= 0 && r.Repaid.Sign() > 0 || in.LossDebt.Sign() > 0 && r.Repaid.Cmp(in.LossDebt) > 0:
			t.Fatalf("debt %s, repaid %s", in.LossDebt, r.Repaid)
		case inside.Sign() > 0 && r.Credit.Sign() > 0:
			t.Fatalf("credit %s although somebody traded inside", r.Credit)
		}
		for i, p := range in.Parties {
			got := r.Parties[i].Residual
			if got.Sign() < 0 {
				t.Fatalf("%s is given %s", p.Participant, got)
			}
			// |got x inside - shared x own| < inside: less than one unit off.
			off := new(big.Int).Sub(new(big.Int).Mul(got.Big(), inside.Big()),
				new(big.Int).Mul(shared.Big(), big.NewInt(int64(p.Bought+p.Sold))))
			if inside.Sign() > 0 && off.CmpAbs(inside.Big()) >= 0 {
				t.Fatalf("%s gets %s of %s for %s of %s", p.Participant, got, shared, cost(p.Bought+p.Sold, 1), inside)
			}
		}
	})
}

func TestOrderOfPartiesDecidesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyComplex(t)
		want := settle.Interval(in)
		order := rapid.Permutation(indices(len(in.Parties))).Draw(t, "order")
		shuffled := in
		shuffled.Parties = nil
		for _, i := range order {
			shuffled.Parties = append(shuffled.Parties, in.Parties[i])
		}
		got := settle.Interval(shuffled)
		for k, i := range order {
			if got.Parties[k] != want.Parties[i] {
				t.Fatalf("%s: %+v, want %+v", in.Parties[i].Tariff, got.Parties[k], want.Parties[i])
			}
		}
		got.Parties, want.Parties = nil, nil
		if got.Invoice != want.Invoice || got.Extra != want.Extra || got.Residual != want.Residual ||
			got.Repaid != want.Repaid || got.Credit != want.Credit || got.ToLoss != want.ToLoss {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

// Where energy is worth something, using more never costs less.
func TestImbalanceGrowsWithUse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := loneParty(t)
		p.Buy = max(p.Buy, 0)
		p.Sell = max(p.Sell, p.Buy)
		limit := anyPrice.Draw(t, "cap")
		less := p.Imbalance(limit)
		more := p
		more.Metered += someEnergy.Draw(t, "more")
		if got := more.Imbalance(limit); got.Cmp(less) < 0 {
			t.Fatalf("%d Wh cost %s, %d Wh cost %s", p.Metered, less, more.Metered, got)
		}
	})
}

// Full sessions only ever cost: never less than the class's two prices, and by no
// more than the energy contracted inside in them justifies.
func TestTightSessionsNeverPay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := loneParty(t)
		limit := anyPrice.Draw(t, "cap")
		got := p.Imbalance(limit)
		plain := p
		plain.Tight = nil
		base := plain.Imbalance(limit)
		var most torg.Cost
		for _, f := range p.Tight {
			if p.Deviation() > 0 {
				most = most.Add(cost(f.Inside, max(0, limit-p.Sell)))
			} else {
				most = most.Add(cost(f.Inside, max(0, p.Buy)))
			}
		}
		if extra := got.Sub(base); extra.Sign() < 0 || extra.Cmp(most) > 0 {
			t.Fatalf("costs %s at full sessions, %s without: not 0 to %s more", got, base, most)
		}
	})
}

// A contract is firm and a plan that is met costs nothing, whatever the prices.
func TestPlanMetCostsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := loneParty(t)
		p.Metered = p.Contracted
		if d, c := p.Deviation(), p.Imbalance(anyPrice.Draw(t, "cap")); d != 0 || c.Sign() != 0 {
			t.Fatalf("deviation %d Wh for %s", d, c)
		}
	})
}

// loneParty draws a party by itself.
func loneParty(t *rapid.T) settle.Party {
	p := settle.Party{Participant: "p",
		Metered:    someEnergy.Draw(t, "in") - someEnergy.Draw(t, "out"),
		Contracted: someEnergy.Draw(t, "bought") - someEnergy.Draw(t, "sold")}
	p.Sell, p.Buy = prices(t)
	for range rapid.IntRange(0, 4).Draw(t, "full sessions") {
		p.Tight = append(p.Tight, settle.Tight{Inside: someEnergy.Draw(t, "inside"), Price: anyPrice.Draw(t, "zone price")})
	}
	return p
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
