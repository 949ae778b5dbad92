// Package meter reads what sites consume and produce, slot by slot: from files of
// readings, resampled so that no energy is lost or made, or from physical models. What
// is missing stays missing.
package meter

import (
	"fmt"
	"path/filepath"

	"torg"
	"torg/meter/physics"
	"torg/scenario"
)

// Source gives a site's net energy in any slot: consumption is plus, generation is
// minus. It answers false where a reading is missing. Sources are safe for
// concurrent use, and give the same answer every time.
type Source interface {
	Net(slot torg.Slot) (torg.Energy, torg.Quality, bool)
}

// channel is one meter, which counts one way.
type channel interface {
	// energy returns what was counted in a slot, not negative.
	energy(slot torg.Slot) (torg.Energy, torg.Quality, bool)
}

// Site is the source of a site's, or of the connection's, own meters.
type Site struct {
	channels []channel
	signs    []torg.Energy
	warnings []string
}

// Open opens the meters of a site. It fails where a file cannot be read as a series
// that covers the scenario, naming file, line and column.
func Open(sc *scenario.Scenario, id torg.SiteID) (*Site, error) {
	site, ok := sc.Site(id)
	if !ok {
		return nil, fmt.Errorf("site %q: the scenario has none", id)
	}
	s, err := open(sc, "site/"+string(id), site.Meters)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", id, err)
	}
	return s, nil
}

// OpenConnection opens the connection's own meters, import plus and export minus.
// Without any it is the sum of the sites, and says so by its quality.
func OpenConnection(sc *scenario.Scenario, sites []Source) (Source, error) {
	if len(sc.Connection) == 0 {
		return Sum(sites), nil
	}
	s, err := open(sc, "connection", sc.Connection)
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	return s, nil
}

func open(sc *scenario.Scenario, name string, meters []scenario.Meter) (*Site, error) {
	s := &Site{}
	for i, m := range meters {
		sign := torg.Energy(1)
		if m.Flow == scenario.FlowGeneration {
			sign = -1
		}
		s.signs = append(s.signs, sign)
		if m.Model != nil {
			c, err := newModelled(sc, fmt.Sprintf("%s/%d", name, i), *m.Model)
			if err != nil {
				return nil, err
			}
			s.channels = append(s.channels, c)
			continue
		}
		path := m.CSV.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(sc.Dir, path)
		}
		series, err := readFile(path, *m.CSV)
		if err != nil {
			return nil, err
		}
		if err := series.covers(sc.Start, sc.End()); err != nil {
			return nil, err
		}
		s.warnings = append(s.warnings, series.warnings(sc.Start, sc.End())...)
		s.channels = append(s.channels, &resampled{series, sc.Calendar})
	}
	return s, nil
}

// Net returns the sum of the meters, load plus and generation minus. One missing
// meter makes the slot missing. The quality is that of the least direct meter.
func (s *Site) Net(slot torg.Slot) (torg.Energy, torg.Quality, bool) {
	net, worst := torg.Energy(0), torg.Measured
	for i, c := range s.channels {
		e, q, ok := c.energy(slot)
		if !ok {
			return 0, "", false
		}
		net += s.signs[i] * e
		if rank(q) > rank(worst) {
			worst = q
		}
	}
	return net, worst, true
}

// Warnings tells what is missing in the meters' files in the scenario's span, one
// line a gap.
func (s *Site) Warnings() []string { return s.warnings }

// rank orders qualities by how far they are from a meter's own interval.
func rank(q torg.Quality) int {
	switch q {
	case torg.Measured:
		return 0
	case torg.Derived:
		return 1
	case torg.Estimated:
		return 2
	}
	return 3
}

// sum is a source that no meter stands behind.
type sum []Source

// Sum is the source of several sites together. Its quality is derived; one missing
// site makes the slot missing.
func Sum(sites []Source) Source { return sum(sites) }

func (s sum) Net(slot torg.Slot) (torg.Energy, torg.Quality, bool) {
	total := torg.Energy(0)
	for _, site := range s {
		e, _, ok := site.Net(slot)
		if !ok {
			return 0, "", false
		}
		total += e
	}
	return total, torg.Derived, true
}

// modelled is a meter whose readings come from a physical model.
type modelled struct {
	model    *physics.Model
	calendar torg.Calendar
}

func newModelled(sc *scenario.Scenario, name string, spec physics.Spec) (*modelled, error) {
	climate, err := physics.NewClimate(sc.Seed, sc.Weather)
	if err != nil {
		return nil, err
	}
	m, err := physics.New(physics.Env{Seed: sc.Seed, Climate: climate, Zone: sc.Timezone, Holidays: sc.Holidays}, name, spec)
	return &modelled{m, sc.Calendar}, err
}

func (m *modelled) energy(slot torg.Slot) (torg.Energy, torg.Quality, bool) {
	return m.model.Energy(m.calendar.Start(slot), m.calendar.Interval), torg.Simulated, true
}
