package ledger

import (
	"fmt"

	"torg"
)

// BoardQuote is what concluding a contract now would cost and hold.
type BoardQuote struct {
	Fee           torg.Price    // for lines, per kWh
	Path          []torg.ZoneID // from the seller's zone to the buyer's
	Buyer, Seller torg.Cost     // what is held of each for the slots covered
	Covered       torg.Slot     // money is held for slots before this one
}

// QuoteBoard is Quote with what is held, also of a contract that is proposed, and says
// whether the party on a side could sign it now. Of the other party's money and
// connection it says nothing: they are that party's own business, and no proposal is
// refused for them. With an error it says as much as is known.
func (v View) QuoteBoard(c torg.Forward, signs torg.Side) (q BoardQuote, err error) {
	f, proposed := v.s.forwards.get(c.ID())
	if proposed && f.state != ForwardProposed {
		return q, fmt.Errorf("contract %s is %s: %w", c.ID(), f.state, torg.ErrAlreadySigned)
	}
	if !proposed {
		if f, _, err = v.s.draft(c); err != nil {
			return q, err
		}
	}
	q = BoardQuote{Fee: f.fee, Path: v.s.zonesOn(f), Covered: v.s.covered()}
	for _, side := range bothSides {
		escrow, guarantee := f.owed(side, f.open, v.s.nextSlot(), q.Covered)
		if held := escrow.Add(guarantee); side == torg.Buy {
			q.Buyer = held
		} else {
			q.Seller = held
		}
	}
	if !f.by(signs).there {
		err = v.s.ableTo(f, signs)
	}
	return q, err
}
