package web

import (
	"errors"
	"fmt"
	"net/http"

	"torg"
	"torg/record"
	"torg/record/export"
)

func (s *site) contracts(p *page) error {
	p.Nav, p.Title = "contracts", p.T("contracts.title")
	rows, next, err := s.Reader.Contracts(p.r.Context(), record.Filter{Participant: p.Viewer.ID}, p.asked())
	if err != nil {
		return err
	}
	if p.wantsCSV() {
		return csv(p, "contracts", rows, export.Contracts)
	}
	return p.show(http.StatusOK, contractsPage(p, rows, next))
}

// contractView is one contract with what stands behind it.
type contractView struct {
	record.Contract
	Proof     *Proof // nil: an unsigned market, or generated history
	Failed    bool   // the check itself could not be done
	BuyOrder  *record.Order
	SellOrder *record.Order
	Zone      *record.Price // the equilibrium price it came from, in the buyer's zone
	From      *record.Price // the seller's zone's, where that is another one
	Across    *across       // why the two prices differ; nil where they do not
	Cost      torg.Cost     // what the buyer pays
	Income    torg.Cost     // what the seller gets
}

func (s *site) contract(p *page) error {
	ctx := p.r.Context()
	p.Nav = "contracts"
	c, err := s.Reader.Contract(ctx, torg.ContractID(p.r.PathValue("id")))
	if errors.Is(err, record.ErrNotFound) {
		if f, again := s.Reader.Forward(ctx, torg.ContractID(p.r.PathValue("id"))); again == nil {
			return p.redirect("/board/contracts/" + string(f.ID()))
		}
	}
	if err != nil {
		return err
	}
	if !p.Viewer.Owns(c.Buyer, c.Seller) {
		return fmt.Errorf("contract %s: %w", c.ID, torg.ErrNotYours)
	}
	p.Title = p.T("contract.title", "ID", string(c.ID))
	v := contractView{Contract: c, Cost: c.Energy.At(c.BuyerPrice), Income: c.Energy.At(c.SellerPrice)}
	for id, into := range map[torg.OrderID]**record.Order{c.Trade.BuyOrder: &v.BuyOrder, c.Trade.SellOrder: &v.SellOrder} {
		if id == "" {
			continue
		}
		o, err := s.Reader.Order(ctx, id)
		if err == nil {
			*into = &o
		} else if !errors.Is(err, record.ErrNotFound) {
			return err
		}
	}
	if session, err := s.Reader.Session(ctx, c.Session); err == nil {
		for _, x := range session.Prices {
			switch {
			case x.Discovery != c.Discovery:
			case x.Zone == c.BuyerZone:
				v.Zone = &x
			case x.Zone == c.SellerZone:
				v.From = &x
			}
		}
		v.Across = p.across(c, session)
	} else if !errors.Is(err, record.ErrNotFound) {
		return err
	}
	if s.Verifier != nil && c.Origin == record.OnLedger {
		proof, err := s.Verifier.Verify(ctx, c)
		if err != nil {
			s.Log.Error("contract not checked", "contract", c.ID, "err", err)
			v.Failed = true
		} else {
			v.Proof = &proof
		}
	}
	return p.show(http.StatusOK, contractPage(p, v))
}

// sideOf is the viewer's side of a contract; the operator reads it as the buyer.
func (p *page) sideOf(c record.Contract) torg.Side {
	if !p.Viewer.Operator && c.Seller == p.Viewer.ID {
		return torg.Sell
	}
	return torg.Buy
}

// priceFor is what the viewer's side of a contract pays or gets.
func (p *page) priceFor(c record.Contract) torg.Price {
	if p.sideOf(c) == torg.Sell {
		return c.SellerPrice
	}
	return c.BuyerPrice
}

// partner is the other side of a contract.
func (p *page) partner(c record.Contract) torg.ParticipantID {
	if p.sideOf(c) == torg.Sell {
		return c.Buyer
	}
	return c.Seller
}
