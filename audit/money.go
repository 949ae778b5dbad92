package audit

import (
	"torg"
)

// money checks the postings by themselves and against the contracts.
func (a *audit) money() {
	a.pairRows()
	a.escrows()
	a.closingBalances()
}

// pairRows checks that rows come in twos that undo each other.
func (a *audit) pairRows() {
	for i := 0; i < len(a.postings); i += 2 {
		p := a.postings[i]
		if i+1 == len(a.postings) {
			a.pairs.that(false, p.at, "a posting with one row")
			return
		}
		q := a.postings[i+1]
		a.pairs.that(p.amount.Sign() < 0 && q.amount == p.amount.Neg() && p.account == q.counterparty && q.account == p.counterparty &&
			p.account != q.account && p.kind == q.kind && p.slot == q.slot && p.contract == q.contract, p.at,
			"%s of %s from %s is not undone by the next row", p.kind, p.amount, p.account)
	}
}

// moved is what the postings of a contract came to, by account.
type moved struct {
	at  place
	net map[torg.Account]torg.Cost
	in  torg.Cost // into escrow
}

// escrows checks that a contract's buyer pays, its seller gets, the network keeps the
// gap, and escrow holds nothing afterwards.
func (a *audit) escrows() {
	byContract := map[torg.ContractID]*moved{}
	for _, p := range a.postings {
		switch p.kind {
		case torg.PostEscrow, torg.PostPayout, torg.PostNetwork:
		default:
			a.escrow.that(p.contract == "", p.at, "%s names a contract", p.kind)
			continue
		}
		if p.contract == "" {
			a.escrow.that(p.kind == torg.PostNetwork, p.at, "%s without a contract", p.kind)
			continue
		}
		m := byContract[p.contract]
		if m == nil {
			m = &moved{at: p.at, net: map[torg.Account]torg.Cost{}}
			byContract[p.contract] = m
		}
		m.net[p.account] = m.net[p.account].Add(p.amount)
		if p.kind == torg.PostEscrow && p.account == torg.AccountEscrow {
			m.in = m.in.Add(p.amount)
		}
	}
	a.eachBook(func(b *book) {
		for _, c := range b.contracts {
			a.paid(c, byContract[c.id])
			delete(byContract, c.id)
		}
	})
	for id, m := range byContract {
		a.escrow.that(false, m.at, "contract %q is paid for and not in contracts.csv", id)
	}
}

func (a *audit) paid(c contract, m *moved) {
	cost, earned := c.energy.At(c.buyerPrice), c.energy.At(c.sellerPrice)
	if m == nil {
		a.escrow.that(cost.Sign() == 0 && earned.Sign() == 0, c.at, "contract %s is never paid for", c.id)
		return
	}
	want := map[torg.Account]torg.Cost{}
	add := func(who torg.Account, amount torg.Cost) { want[who] = want[who].Add(amount) }
	add(a.account(c.buyOrder, c.buyer), cost.Neg())
	add(a.account(c.sellOrder, c.seller), earned)
	add(torg.AccountNetwork, cost.Sub(earned))
	add(torg.AccountEscrow, torg.Cost{})
	var due torg.Cost
	if cost.Sign() > 0 {
		due = due.Add(cost)
	}
	if earned.Sign() < 0 {
		due = due.Sub(earned)
	}
	a.escrow.that(m.in == due, m.at, "contract %s: %s into escrow, %s are due", c.id, m.in, due)
	for who, amount := range m.net {
		a.escrow.that(amount == want[who], m.at, "contract %s: %s gets %s in all, %s is due", c.id, who, amount, want[who])
		delete(want, who)
	}
	for who, amount := range want {
		a.escrow.that(amount.Sign() == 0, m.at, "contract %s: %s gets nothing, %s is due", c.id, who, amount)
	}
}

// account is where a side of a contract has its money: the supplier's has no order.
func (a *audit) account(o torg.OrderID, p torg.ParticipantID) torg.Account {
	if o == "" {
		return torg.AccountSupplier
	}
	return p.Account()
}

// balance sums up the rows of an account.
func (a *audit) balance(who torg.Account) (b torg.Cost) {
	for _, p := range a.postings {
		if p.account == who {
			b = b.Add(p.amount)
		}
	}
	return b
}

// closingBalances checks that participants deposit what the scenario says, and that
// the accounts money only passes through end empty: settlement tells what of the
// network's belongs to lines' owners.
func (a *audit) closingBalances() {
	at := place{file: "settlement.csv"}
	for _, who := range []torg.Account{torg.AccountEscrow, torg.AccountImbalance, torg.AccountNoWorse} {
		left := a.balance(who)
		a.balances.that(left.Sign() == 0, at, "%s ends with %s", who, left)
	}
	var all torg.Cost
	deposits := map[torg.Account]torg.Cost{}
	for _, p := range a.postings {
		all = all.Add(p.amount)
		if p.kind == torg.PostDeposit {
			deposits[p.account] = deposits[p.account].Add(p.amount)
		}
	}
	for _, p := range a.sc.Participants {
		got := deposits[p.ID.Account()]
		a.balances.that(got == p.Balance.Cost(), at, "%s deposits %s, the scenario says %s", p.ID, got, p.Balance)
	}
	a.balances.that(all.Sign() == 0, at, "all rows sum to %s", all)
}
