// Package forecast says how much a site will consume or feed out in the slots
// ahead, as quantiles, and keeps score of what it said.
//
// A Forecaster is fed a site's readings one by one and answers from state it keeps
// up to date, so that asking is cheap and history is bounded. Naive is the baseline
// that every screen shows beside anything cleverer; Perfect knows the truth and is
// for simulations. Whatever learns more comes behind the same interface.
//
// Floating point is used inside; whole watt-hours come out. Nothing here reads a
// clock or draws a random number: the same readings and questions in the same order
// give the same answers.
package forecast

import "torg"

// MaxSlots is the most slots one request may ask for: a week of the shortest.
const MaxSlots = 7 * 24 * 60 * 2

// Forecaster forecasts the net energy of sites, consumption plus. All methods are
// safe for concurrent use.
type Forecaster interface {
	// Name says which method this is, in one word.
	Name() string

	// Observe takes a reading, in any order; a second one for the same slot corrects
	// the first. Estimated readings are not learnt from, and unknown sites and
	// impossible values are ignored: one bad meter harms nobody else.
	Observe(r torg.Reading)

	// Forecast returns the quantiles of n slots, from one on: 1 to MaxSlots. The last
	// forecast of a slot that was the first of its request is the one that is scored.
	// Unknown sites are torg.ErrUnknown; a wrong n is torg.ErrTooLarge or
	// torg.ErrMalformed.
	Forecast(site torg.SiteID, from torg.Slot, n int) ([]Quantiles, error)

	// Score says how good the forecasts served in the last week were; the zero Score
	// where there is nothing to say.
	Score(site torg.SiteID) Score
}
