package ledger_test

import (
	"errors"
	"testing"

	"torg"
)

// A quote says whether who signs can afford it, and nothing of the other party's money.
func TestQuoteIsSilentAboutTheOther(t *testing.T) {
	b := newBench(t, twoZones())
	b.block(b.at(0, 0), all(admit("pauper", 1, "base"), admit("factory", 1000, "base"))...)
	f := b.forward(1, "factory", "pauper", b.steps(2, 2, 10*kWh, "3"))
	v := b.l.View()
	if _, err := v.QuoteBoard(f, torg.Buy); err != nil {
		t.Errorf("the buyer is told of the seller's money: %v", err)
	}
	if _, err := v.QuoteBoard(f, torg.Sell); !errors.Is(err, torg.ErrFunds) {
		t.Errorf("the seller without money: %v", err)
	}
	b.block(b.at(0, 0.1), b.conclude(f, torg.Buy))
	if _, err := b.l.View().QuoteBoard(f, torg.Buy); err != nil {
		t.Errorf("the buyer, who has signed, is told of the seller's money: %v", err)
	}
	if _, err := b.l.View().QuoteBoard(f, torg.Sell); !errors.Is(err, torg.ErrFunds) {
		t.Errorf("the seller, whose signature is awaited: %v", err)
	}
}
