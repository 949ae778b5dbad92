package torg

import (
	"fmt"
	"time"
)

// The largest sizes of offers and forward contracts.
const (
	MaxSteps        = 3_000     // of one profile: a day of 30 s slots, a month of quarter hours
	MaxForwardSlots = 1_100_000 // that a profile spans: a year of 30 s slots
)

// What a complex says of forward contracts, and what it means where it says nothing.
const (
	DefaultForwardShare = 50 // percent of a line's capacity that they may hold, each way
	DefaultEscrowDays   = 3  // ledger days after the present one for which their money is held
	MaxEscrowDays       = 31
)

// Step is a number of slots, one after the other, of the same energy and price.
type Step struct {
	Slots  uint32 // how many, at least 1
	Energy Energy // of each slot, 0 to MaxOrderEnergy; 0: nothing is delivered
	Price  Price  // per kWh, as the seller gets it
}

// Profile is energy over slots ahead: steps that follow each other from a first slot.
// In its one form the first and the last step have energy and no two neighbours are
// alike.
type Profile struct {
	First Slot
	Steps []Step
}

// Last returns the last slot of a profile that has steps.
func (p Profile) Last() Slot { return p.First + p.Slots() - 1 }

// Slots returns how many slots the profile spans.
func (p Profile) Slots() Slot {
	n := Slot(0)
	for _, s := range p.Steps {
		n += Slot(s.Slots)
	}
	return n
}

// Valid refuses a profile that is empty, too long, not in its one form, or has a step
// out of range.
func (p Profile) Valid() error {
	if len(p.Steps) == 0 || len(p.Steps) > MaxSteps {
		return fmt.Errorf("%d steps: must be 1 to %d: %w", len(p.Steps), MaxSteps, ErrMalformed)
	}
	slots := uint64(0)
	for i, s := range p.Steps {
		switch {
		case s.Slots == 0:
			return fmt.Errorf("step %d: no slots: %w", i+1, ErrMalformed)
		case s.Energy < 0 || s.Energy > MaxOrderEnergy:
			return fmt.Errorf("step %d: energy %d Wh is outside 0 to %d: %w", i+1, s.Energy, MaxOrderEnergy, ErrMalformed)
		case s.Price < MinPrice || s.Price > MaxPrice:
			return fmt.Errorf("step %d: price %s is outside -1000 to 1000 RUB/kWh: %w", i+1, s.Price, ErrMalformed)
		case s.Energy == 0 && (s.Price != 0 || i == 0 || i == len(p.Steps)-1):
			return fmt.Errorf("step %d: without energy only between others, and at price 0: %w", i+1, ErrMalformed)
		case i > 0 && s.Energy == p.Steps[i-1].Energy && s.Price == p.Steps[i-1].Price:
			return fmt.Errorf("step %d: the same as the one before: %w", i+1, ErrMalformed)
		}
		slots += uint64(s.Slots)
	}
	if slots > MaxForwardSlots {
		return fmt.Errorf("%d slots, more than %d: %w", slots, MaxForwardSlots, ErrMalformed)
	}
	const farthest = Slot(1) << 40 // no arithmetic on slots overflows
	if p.First < 0 || p.First > farthest {
		return fmt.Errorf("first slot %d: %w", p.First, ErrMalformed)
	}
	return nil
}

// OfferID names an offer on the board, as NewOfferID makes it.
type OfferID string

// NewOfferID returns the id of a site's n-th offer. A site's numbers of offers and of
// forward contracts only rise, and need not be without gaps.
func NewOfferID(site SiteID, n uint64) OfferID { return OfferID(fmt.Sprintf("%s.o%d", site, n)) }

// NewForwardID returns the id of the n-th forward contract that a site has proposed.
func NewForwardID(site SiteID, n uint64) ContractID {
	return ContractID(fmt.Sprintf("%s.f%d", site, n))
}

// Offer is what a site offers to whoever takes it: energy in slots ahead, at a price or
// one price per step. It binds nobody until it is taken and the contract is signed.
type Offer struct {
	Site        SiteID
	Number      uint64 // makes the id; above every number that the site used for offers before
	Participant ParticipantID
	Side        Side // what the site does: buy or sell
	Profile     Profile
	Whole       bool      // only all of it can be taken; else any slots and any part of their energy
	MaxFee      Price     // a buyer's: most it pays for lines, per kWh, on top of the price; 0 of a seller
	Source      string    // solar, wind, chp, ...; empty: not said
	Expires     time.Time // UTC, whole seconds; it cannot be taken from then on
}

// ID is the offer's id.
func (o Offer) ID() OfferID { return NewOfferID(o.Site, o.Number) }

// Forward is a contract of the board: so much energy in slots ahead, concluded by the
// signatures of both parties over its canonical bytes.
type Forward struct {
	Proposer              Side    // whose site and number make the id
	Number                uint64  // above every number that the proposing site used for forward contracts before
	Offer                 OfferID // that it takes, the other side's; empty: agreed elsewhere
	Buyer, Seller         ParticipantID
	BuyerSite, SellerSite SiteID
	Profile               Profile
	MaxFee                Price     // most that the buyer pays for lines, per kWh, on top of the price
	Source                string    // of the seller's energy; empty: not said
	SignBy                time.Time // UTC, whole seconds; both signatures must be on the ledger before
}

// ID is the contract's id.
func (f Forward) ID() ContractID {
	if f.Proposer == Buy {
		return NewForwardID(f.BuyerSite, f.Number)
	}
	return NewForwardID(f.SellerSite, f.Number)
}

// Party returns who stands on a side.
func (f Forward) Party(side Side) (ParticipantID, SiteID) {
	if side == Buy {
		return f.Buyer, f.BuyerSite
	}
	return f.Seller, f.SellerSite
}
