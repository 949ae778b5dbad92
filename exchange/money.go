package exchange

import (
	"strconv"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// moneyMessages tells what a block did about keys, money that is on its way and rules.
// What moves money from account to account is told as its posting.
func moneyMessages(at time.Time, cal torg.Calendar, e ledger.Event) []record.Message {
	session := cal.Session(cal.At(at) + 1)
	switch {
	case e.Keys != nil:
		return []record.Message{message(at, session, record.Information, "inform", string(e.Keys.Participant), "ledger", record.SaidKeys,
			"added", strconv.Itoa(len(e.Keys.Added)), "removed", strconv.Itoa(len(e.Keys.Removed)))}
	case e.Amended != nil:
		return []record.Message{message(at, session, record.Information, "inform", "operator", "ledger", record.SaidAmended,
			"session", cal.Session(e.Amended.From))}
	case e.Deposit != nil:
		d := e.Deposit
		text := map[ledger.MoneyState]string{ledger.MoneyPending: record.SaidPending, ledger.MoneyReturned: record.SaidDepositReturned}[d.State]
		return moneyMessage(at, session, "operator", string(d.Participant), text, d.Amount, d.Reference)
	case e.Withdrawal != nil:
		w := e.Withdrawal
		text := map[ledger.MoneyState]string{
			ledger.MoneyRequested: record.SaidRequested, ledger.MoneyApproved: record.SaidApproved,
			ledger.MoneyReturned: record.SaidReturned, ledger.MoneyCancelled: record.SaidCancelled,
		}[w.State]
		return moneyMessage(at, session, string(w.Participant), "operator", text, w.Amount, w.Reference)
	}
	return nil
}

// moneyMessage is a financial message; without a text it is told as a posting.
func moneyMessage(at time.Time, session, from, to, text string, amount torg.Money, reference string) []record.Message {
	if text == "" {
		return nil
	}
	m := message(at, session, record.Financial, "inform", from, to, text, "amount", amount.Cost().String())
	m.Ref = reference
	return []record.Message{m}
}
