package scenario

import (
	"cmp"
	_ "embed" // the demonstration's file
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"torg"
	"torg/meter/physics"
)

//go:embed demo.yaml
var demo []byte

// Demo returns the built-in demonstration: the complex «Север».
func Demo() *Scenario {
	s, err := Parse("demo.yaml", demo)
	if err != nil {
		panic(err) // a test reads it
	}
	return s
}

// Load reads a scenario file.
func Load(path string) (*Scenario, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// LoadComplex reads a complex file: a grid, without participants.
func LoadComplex(path string) (*Grid, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return ParseComplex(path, data)
}

// readFile reads no more than the largest size, and a byte to see that there is more.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// ParseComplex reads the bytes of a complex file; the name is for errors.
func ParseComplex(name string, data []byte) (*Grid, error) {
	r := &reader{file: name}
	root, err := r.document(data)
	if err != nil {
		return nil, err
	}
	g := r.object(root, "", gridKeys...).grid()
	if err := r.err(); err != nil {
		return nil, err
	}
	return &g, nil
}

var scenarioKeys = append(slices.Clone(gridKeys), "name", "name_en", "zone_names", "start", "days", "seed", "no_worse", "price_cap",
	"forward_share", "escrow_days",
	"settlement_interval", "weather", "holidays", "participants", "sites", "tariffs", "connection")

// Parse reads the bytes of a scenario file. CSV paths in it are relative to the
// folder of its name. The error names file, line and column of every problem.
func Parse(name string, data []byte) (*Scenario, error) {
	r := &reader{file: name}
	root, err := r.document(data)
	if err != nil {
		return nil, err
	}
	o := r.object(root, "", scenarioKeys...)
	o.require("start", "participants", "sites")
	s := &Scenario{Grid: o.grid(), Dir: filepath.Dir(name)}
	s.Name = parse(o, "name", "АЭК", label)
	s.NameEN = parse(o, "name_en", s.Name, label)
	s.zoneNames(o)
	s.Start = s.slotStart(o, "start")
	s.Days = int(parse(o, "days", 7, wholeNumber(1, MaxDays)))
	s.Seed = uint64(parse(o, "seed", 1, wholeNumber(0, 1<<63-1)))
	s.NoWorse = choice(o, "no_worse", NoWorseNone, NoWorseMonth)
	s.ForwardShare = int(parse(o, "forward_share", torg.DefaultForwardShare, wholeNumber(0, 100)))
	s.EscrowDays = int(parse(o, "escrow_days", torg.DefaultEscrowDays, wholeNumber(1, torg.MaxEscrowDays)))
	s.Weather = o.spec("weather", physics.Weather)
	s.holidays(o)
	s.tariffs(o)
	s.prices(o)
	s.settlement(o)
	s.participants(o)
	s.sites(o)
	s.connection(o)
	if err := r.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// slotStart reads a moment at which a slot starts.
func (s *Scenario) slotStart(o object, key string) time.Time {
	return parse(o, key, time.Unix(0, 0).UTC(), func(text string) (time.Time, error) {
		t, err := moment(s.Timezone)(text)
		if err == nil && !s.Calendar.Start(s.Calendar.At(t)).Equal(t) {
			err = fmt.Errorf("%s is not the start of a slot of %s", text, shortest(s.Calendar.Interval))
		}
		return t, err
	})
}

func (s *Scenario) holidays(o object) {
	for _, n := range o.list("holidays", 10_000) {
		t, err := time.ParseInLocation(time.DateOnly, target(n).Value, s.Timezone)
		switch {
		case err != nil:
			o.r.fail(n, "holidays: %q is not a date such as 2026-01-01", target(n).Value)
		case len(s.Holidays) > 0 && !s.Holidays[len(s.Holidays)-1].Before(t):
			o.r.fail(n, "holidays: %s does not come after the one before it", target(n).Value)
		default:
			s.Holidays = append(s.Holidays, t.UTC())
		}
	}
}

func (s *Scenario) tariffs(o object) {
	for _, n := range o.list("tariffs", MaxTariffs) {
		t := o.r.object(n, "tariffs", "id", "from", "sell_price", "buy_price")
		t.require("id", "from", "sell_price", "buy_price")
		tariff := torg.Tariff{ID: torg.TariffID(t.id("id")), From: s.slotStart(t, "from")}
		tariff.Sell, tariff.Buy = t.quotes()
		at, found := slices.BinarySearchFunc(s.Tariffs, tariff, byClassAndTime)
		if found {
			t.fail("id", "tariff %q from %s is there twice", tariff.ID, t.text("from"))
			continue
		}
		s.Tariffs = slices.Insert(s.Tariffs, at, tariff)
	}
}

// prices reads the price cap: by default three times the highest price of a tariff.
func (s *Scenario) prices(o object) {
	highest := torg.MinPrice
	if s.Complex.Supplier != nil {
		highest = s.Complex.Supplier.Sell
	}
	for _, t := range s.Tariffs {
		highest = max(highest, t.Sell)
	}
	s.PriceCap = parse(o, "price_cap", min(highest+2*max(highest, -highest), torg.MaxPrice), torg.ParsePrice)
	if s.PriceCap < highest {
		o.fail("price_cap", "%s is below the highest sell_price, %s", s.PriceCap, highest)
	}
}

func (s *Scenario) settlement(o object) {
	slot := s.Calendar.Interval
	s.SettlementInterval = parse(o, "settlement_interval", time.Hour, func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil || d <= 0:
			return 0, fmt.Errorf("%q is not a length such as 30m or 1h", text)
		case d < slot || d%slot != 0:
			return 0, fmt.Errorf("%s is not a whole number of slots of %s", text, shortest(slot))
		case d > 24*time.Hour || 24*time.Hour%d != 0:
			return 0, fmt.Errorf("%s does not divide a day", text)
		}
		return d, nil
	})
}

// zoneNames reads what people call the zones, each at most once.
func (s *Scenario) zoneNames(o object) {
	for _, n := range o.list("zone_names", MaxZones) {
		f := o.r.object(n, "zone_names", "zone", "name", "name_en")
		f.require("zone", "name")
		z := ZoneName{Zone: f.zone("zone", s.Complex)}
		z.Name = parse(f, "name", string(z.Zone), label)
		z.NameEN = parse(f, "name_en", z.Name, label)
		if slices.ContainsFunc(s.ZoneNames, func(x ZoneName) bool { return x.Zone == z.Zone }) {
			f.fail("zone", "zone %q has a name already", z.Zone)
		}
		s.ZoneNames = append(s.ZoneNames, z)
	}
	slices.SortFunc(s.ZoneNames, func(a, b ZoneName) int {
		return cmp.Compare(slices.Index(s.Complex.Zones, a.Zone), slices.Index(s.Complex.Zones, b.Zone))
	})
}

func (s *Scenario) participants(o object) {
	seen := map[torg.ParticipantID]bool{}
	for _, n := range o.list("participants", MaxParticipants) {
		f := o.r.object(n, "participants", "id", "name", "name_en", "balance")
		f.require("id")
		p := Participant{ID: torg.ParticipantID(f.id("id")), Balance: parse(f, "balance", 0, amount)}
		p.Name = parse(f, "name", string(p.ID), label)
		p.NameEN = parse(f, "name_en", p.Name, label)
		switch {
		case p.ID == "":
		case seen[p.ID]:
			f.fail("id", "participant %q is there twice", p.ID)
		case s.Complex.Supplier != nil && p.ID == s.Complex.Supplier.Participant:
			f.fail("id", "%q is the supplier, which takes part by itself", p.ID)
		}
		seen[p.ID] = true
		s.Participants = append(s.Participants, p)
	}
	if o.has("participants") && len(s.Participants) == 0 {
		o.fail("participants", "at least one is needed")
	}
}

// connection reads the connection's own meters.
func (s *Scenario) connection(o object) {
	if !o.has("connection") {
		return
	}
	c := o.r.object(o.at("connection"), "connection", "meters")
	c.require("meters")
	s.Connection = c.meters()
}
