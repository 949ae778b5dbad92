// Package scenario reads the files that describe a complex and what is to happen on
// it: the grid, its participants and their sites, meters and agents, and the
// supplier's tariffs. It reads strictly: whatever it does not understand is an error
// with file, line and column, and what it accepts has every default filled in.
package scenario

import (
	"cmp"
	"slices"
	"time"

	"torg"
	"torg/meter/physics"
)

// The largest sizes that a file may have.
const (
	MaxFile         = 16 << 20 // bytes
	MaxZones        = 1000
	MaxLines        = 10_000
	MaxParticipants = 10_000
	MaxSites        = 10_000
	MaxTariffs      = 10_000
	MaxMeters       = 16 // of one site, or of the connection
	MaxDays         = 3660
)

// Scenario is one complex, and the days that a simulation of it runs. It is not
// changed after it was read.
type Scenario struct {
	Grid
	Name, NameEN       string        // of the complex, in Russian and in English
	ZoneNames          []ZoneName    // in the order of the zones; none: people read the ids
	Start              time.Time     // UTC, the start of a slot
	Days               int           // 1 to MaxDays
	Seed               uint64        // of everything that is drawn
	NoWorse            NoWorse       // whether settlement tops up who would have paid less without Torg
	PriceCap           torg.Price    // highest price of a deviation; at least the highest tariff
	ForwardShare       int           // percent of a line's capacity that forward contracts may hold, 0 to 100
	EscrowDays         int           // ledger days ahead for which forward contracts' money is held, 1 to 31
	SettlementInterval time.Duration // the supplier's billing interval; whole slots, divides a day
	Weather            physics.Spec  // the place and climate that the models share
	Holidays           []time.Time   // days off beside weekends: local midnights, ascending
	Participants       []Participant // in the file's order
	Sites              []Site        // in the file's order
	Tariffs            []torg.Tariff // by id, then by the moment they begin
	Connection         []Meter       // the connection's own; none: it is the sum of the sites
	Dir                string        // the folder that CSV paths are relative to
}

// Grid is what a complex file holds: the part that clearing needs.
type Grid struct {
	Complex  torg.Complex
	Calendar torg.Calendar
	Currency string         // ISO 4217, such as RUB
	Timezone *time.Location // for people, tariffs and models; the core counts in UTC
}

// NoWorse is for how long a site that Torg made worse off is topped up.
type NoWorse string

// The choices for NoWorse.
const (
	NoWorseNone  NoWorse = "none"
	NoWorseMonth NoWorse = "month" // by calendar month in the complex's time zone
)

// Participant is an owner of sites.
type Participant struct {
	ID           torg.ParticipantID
	Name, NameEN string     // never on the ledger
	Balance      torg.Money // deposited at the start, not negative
}

// ZoneName is what people call a zone.
type ZoneName struct {
	Zone         torg.ZoneID
	Name, NameEN string
}

// Site is a place with meters and an agent.
type Site struct {
	torg.Site
	Name, NameEN string
	Mode         torg.Mode
	Source       string // of what it sells: solar, wind, chp, ...; empty: not said
	Agent        Agent
	Meters       []Meter // 1 to MaxMeters
}

// Agent is how a site's agent is set up.
type Agent struct {
	Goal     Goal
	Strategy string      // which of the decision program's strategies it asks for
	Limits   torg.Limits // what the mandate that its owner signs allows
}

// DefaultStrategy is the strategy of an agent whose scenario names none.
const DefaultStrategy = "default"

// Goal is what an agent is to look for first.
type Goal string

// The goals.
const (
	Cheapest Goal = "cheapest"
	Greener  Goal = "greener"  // renewable partners first
	Reliable Goal = "reliable" // small deviations first
)

// Flow says which way a meter counts.
type Flow string

// The two flows. For the connection, load is import and generation is export.
const (
	FlowLoad       Flow = "load"
	FlowGeneration Flow = "generation"
)

// Meter is where a site's energy is read: from a CSV file or from a model.
type Meter struct {
	Flow  Flow
	CSV   *CSV          // nil for a model
	Model *physics.Spec // nil for a file
}

// Unit is what a row of a meter's file counts.
type Unit string

// The units.
const (
	KW  Unit = "kW"  // mean power over the row's step
	KWh Unit = "kWh" // energy in the row's step
	Wh  Unit = "Wh"  // energy in the row's step
)

// CSV says how a file of readings is to be understood.
type CSV struct {
	Path     string         // as written in the file; may end in .gz
	Value    string         // the column
	Unit     Unit           // per row's step
	Factor   float64        // scales, above 0
	Timezone *time.Location // what times written with Z or without an offset mean; nil: Z is UTC, none is an error
	Shift    time.Duration  // whole weeks
	Shifted  string         // the span as written, such as 8y; empty: none
}

// Site returns the site with this id.
func (s *Scenario) Site(id torg.SiteID) (Site, bool) {
	i := slices.IndexFunc(s.Sites, func(site Site) bool { return site.ID == id })
	if i < 0 {
		return Site{}, false
	}
	return s.Sites[i], true
}

// ZoneName returns what people call a zone: its id where the file has no name for it.
func (s *Scenario) ZoneName(id torg.ZoneID) ZoneName {
	i := slices.IndexFunc(s.ZoneNames, func(z ZoneName) bool { return z.Zone == id })
	if i < 0 {
		return ZoneName{id, string(id), string(id)}
	}
	return s.ZoneNames[i]
}

// Participant returns the participant with this id.
func (s *Scenario) Participant(id torg.ParticipantID) (Participant, bool) {
	i := slices.IndexFunc(s.Participants, func(p Participant) bool { return p.ID == id })
	if i < 0 {
		return Participant{}, false
	}
	return s.Participants[i], true
}

// End returns when the scenario's last slot ends: Days days of 24 hours after Start.
func (s *Scenario) End() time.Time { return s.Start.Add(time.Duration(s.Days) * 24 * time.Hour) }

// Slots returns the first slot of the scenario and the one after its last.
func (s *Scenario) Slots() (from, to torg.Slot) {
	return s.Calendar.At(s.Start), s.Calendar.At(s.End())
}

// TariffAt returns the tariff of a class that is valid at t, and whether there is one.
// The empty class is the supplier's own two quotes, at any time.
func (s *Scenario) TariffAt(id torg.TariffID, t time.Time) (torg.Tariff, bool) {
	if id == "" {
		if s.Complex.Supplier == nil {
			return torg.Tariff{}, false
		}
		return torg.Tariff{Sell: s.Complex.Supplier.Sell, Buy: s.Complex.Supplier.Buy}, true
	}
	next, _ := slices.BinarySearchFunc(s.Tariffs, torg.Tariff{ID: id, From: t.Add(1)}, byClassAndTime)
	if next == 0 || s.Tariffs[next-1].ID != id {
		return torg.Tariff{}, false
	}
	return s.Tariffs[next-1], true
}

func byClassAndTime(a, b torg.Tariff) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), a.From.Compare(b.From))
}
