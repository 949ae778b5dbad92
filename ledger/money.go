package ledger

import (
	"fmt"

	"torg"
)

// post moves money between two accounts and says so. An amount of nothing is no
// posting.
func (s *state) post(p torg.Posting) {
	switch p.Amount.Sign() {
	case 0:
		return
	case -1:
		panic(fmt.Sprintf("ledger: posting %s of %s from %s to %s is negative", p.Kind, p.Amount, p.From, p.To))
	}
	from, _ := s.accounts.get(p.From)
	from.balance = from.balance.Sub(p.Amount)
	s.accounts.put(p.From, from)
	to, _ := s.accounts.get(p.To)
	to.balance = to.balance.Add(p.Amount)
	s.accounts.put(p.To, to)
	s.event(Event{Posting: &p})
}

// escrowed notes an account's money as held in escrow, or with a negative amount as
// released from it.
func (s *state) escrowed(of torg.Account, amount torg.Cost) {
	a, _ := s.accounts.get(of)
	if a.escrowed = a.escrowed.Add(amount); a.escrowed.Sign() < 0 {
		panic(fmt.Sprintf("ledger: %s has %s in escrow", of, a.escrowed))
	}
	s.accounts.put(of, a)
}

// reserve keeps part of a participant's balance for what it may owe; a negative
// amount releases it.
func (s *state) reserve(p torg.ParticipantID, amount torg.Cost) {
	if amount.Sign() == 0 {
		return
	}
	a, _ := s.accounts.get(p.Account())
	if a.reserved = a.reserved.Add(amount); a.reserved.Sign() < 0 {
		panic(fmt.Sprintf("ledger: %s has %s reserved", p, a.reserved))
	}
	s.accounts.put(p.Account(), a)
}

// audit panics where this block made or lost money, or moved other money into escrow
// than accounts have there.
func (s *state) audit() {
	var sum, escrowed torg.Cost
	for k, c := range s.accounts.over {
		sum = sum.Add(c.v.balance).Sub(s.accounts.base[k].balance)
		escrowed = escrowed.Add(c.v.escrowed).Sub(s.accounts.base[k].escrowed)
	}
	if sum != (torg.Cost{}) {
		panic("ledger: this block changes the sum of all accounts by " + sum.String())
	}
	held, _ := s.accounts.get(torg.AccountEscrow)
	if moved := held.balance.Sub(s.accounts.base[torg.AccountEscrow].balance); moved != escrowed {
		panic(fmt.Sprintf("ledger: this block moves %s into escrow, its accounts %s", moved, escrowed))
	}
}

// auditAll panics where the books that were loaded do not balance.
func (s *state) auditAll() {
	var sum, escrowed torg.Cost
	for _, a := range s.accounts.base {
		sum, escrowed = sum.Add(a.balance), escrowed.Add(a.escrowed)
	}
	if held := s.accounts.base[torg.AccountEscrow].balance; sum != (torg.Cost{}) || held != escrowed {
		panic(fmt.Sprintf("ledger: all accounts sum to %s, and escrow holds %s of %s", sum, held, escrowed))
	}
	s.fork().auditHoldings()
}
