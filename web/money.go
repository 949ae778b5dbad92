package web

import (
	"net/http"

	"torg"
	"torg/account"
	"torg/record"
	"torg/record/export"
)

// moneyView is money between the bank and balances as somebody sees it.
type moneyView struct {
	Balance  *torg.Cost // an owner's; nil: the viewer has none
	Reserved *torg.Cost // of it, for orders and as guarantees; nil: no agent tells
	Open     []record.Transfer
	Rows     []record.Transfer
	Next     string
	Keys     []record.OwnerKey // an owner's
}

// money shows an owner the own deposits, withdrawals and keys; the operator and the
// approver everybody's transfers, those first on which they have to act.
func (s *site) money(p *page) error {
	ctx := p.r.Context()
	p.Nav, p.Title = "money", p.T("money.title")
	var v moneyView
	var err error
	mine := record.TransferFilter{Participant: p.Viewer.ID}
	if v.Rows, v.Next, err = s.Reader.Transfers(ctx, mine, p.asked()); err != nil {
		return err
	}
	if p.wantsCSV() {
		return csv(p, "money", v.Rows, export.Transfers)
	}
	mine.Open = true
	if v.Open, _, err = s.Reader.Transfers(ctx, mine, record.Page{Limit: perPage}); err != nil {
		return err
	}
	if id := p.Viewer.ID; id != "" {
		balance, err := s.Reader.Balance(ctx, id.Account())
		if err != nil {
			return err
		}
		v.Balance = &balance
		for _, a := range p.Now.Agents {
			if at, ok := p.place(a.Site); ok && at.Participant == id {
				v.Reserved = &a.Reserved
				break
			}
		}
		if v.Keys, err = s.Reader.OwnerKeys(ctx, id); err != nil {
			return err
		}
	}
	return p.show(http.StatusOK, moneyPage(p, v))
}

// approves says that the viewer is the second pair of eyes.
func (p *page) approves() bool { return p.who().May(account.Approve) && !p.who().Open() }

// moneyState is a word for where a transfer is.
func (p *page) moneyState(t record.Transfer) string {
	return p.known("money.state."+string(t.Kind)+".", t.State)
}

// Sum prints an amount of money.
func (p *page) Sum(m torg.Money) string { return p.Money(m.Cost()) }

// ForMoney is the command by which the viewer acts on a transfer; "" where it is not the
// viewer's turn, or the market has no chain to sign for.
func (p *page) ForMoney(t record.Transfer) string {
	who := [2]string{"participant", string(t.Participant)}
	switch deposit := t.Kind == record.Deposit; {
	case p.approves() && deposit:
		return p.moneyCommand("approve", [2]string{"reference", t.Reference})
	case p.approves() && t.State == "requested":
		return p.moneyCommand("approve", who, [2]string{"reference", t.Reference})
	case p.approves() || deposit && !p.Viewer.Operator:
		return ""
	case deposit:
		return p.moneyCommand("return", [2]string{"reference", t.Reference})
	case p.Viewer.Operator:
		return p.moneyCommand("pay", who, [2]string{"reference", t.Reference}, [2]string{"bank-reference", "NUMBER"})
	}
	return p.moneyCommand("cancel", who, [2]string{"reference", t.Reference})
}

// moneyCommand is a command of torg money for this market.
func (p *page) moneyCommand(words string, flags ...[2]string) string {
	if p.site.Board == nil {
		return ""
	}
	at := "http://"
	if p.r.TLS != nil {
		at = "https://"
	}
	flags = append(flags, [2]string{"chain-id", p.site.Board.ChainID()}, [2]string{"url", at + p.r.Host})
	return commandLine("torg money "+words, flags...)
}
