package scenario

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/internal/require"
)

func mustParse(t testing.TB, text string) *Scenario {
	t.Helper()
	s, err := Parse("s.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScenarioIsReadAsWritten(t *testing.T) {
	s := mustParse(t, good)
	if got, want := s.Complex.Lines, []torg.Line{{From: "z1", To: "z2", Capacity: 66552, Fee: 27_000}}; !reflect.DeepEqual(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
	want := torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: 640_000}
	if *s.Complex.Supplier != want {
		t.Errorf("supplier %v, want %v", *s.Complex.Supplier, want)
	}
	if err := s.Complex.Valid(); err != nil {
		t.Error(err)
	}
	if got := s.Start.Format(time.RFC3339); got != "2026-01-11T21:00:00Z" {
		t.Errorf("start %s", got)
	}
	if from, to := s.Slots(); to-from != 7*2880 {
		t.Errorf("%d slots", to-from)
	}
	site, ok := s.Site("foundry-1")
	if !ok || site.CapacityW != 2_000_000 || site.Name != "Литейный завод" || site.Source != "solar" {
		t.Errorf("site %+v", site)
	}
	if csv := site.Meters[0].CSV; csv.Factor != 4 || csv.Unit != KW || csv.Timezone != time.UTC || csv.Shift != 417*7*24*time.Hour {
		t.Errorf("meter %+v", csv)
	}
	if v := site.Meters[1].Model.Values; v["peak_kw"] != 100 || v["tilt_deg"] != 30 {
		t.Errorf("model %v", v)
	}
	if p, ok := s.Participant("foundry"); !ok || p.Balance != 25_000_000 {
		t.Errorf("participant %+v", p)
	}
	if _, ok := s.Participant("nobody"); ok {
		t.Error("found nobody")
	}
}

func TestDefaults(t *testing.T) {
	s := mustParse(t, good)
	if s.PriceCap != 2_160_000 || s.NoWorse != NoWorseNone || s.SettlementInterval != time.Hour || s.Complex.Pricing != torg.Split {
		t.Errorf("price cap %s, no_worse %s, settlement %s, pricing %s", s.PriceCap, s.NoWorse, s.SettlementInterval, s.Complex.Pricing)
	}
	want := Agent{Goal: Cheapest, Strategy: DefaultStrategy, Limits: torg.Limits{
		Buy: true, Sell: true, MaxEnergy: 16_666, MaxBuy: 2_160_000, MinSell: 0,
		DailySpend: 103_675_852, // 16,666 Wh in each of 2,880 slots at 21.6 RUB/kWh
	}}
	got := s.Sites[0].Agent
	if !reflect.DeepEqual(got, want) {
		t.Errorf("agent %+v, want %+v", got, want)
	}
}

func TestAMandateFollowsANegativeQuote(t *testing.T) {
	text := strings.Replace(good, `sell_price: "7.2", buy_price: "1.1"`, `sell_price: "7.2", buy_price: "-0.5"`, 1)
	if got := mustParse(t, text).Sites[0].Agent.Limits.MinSell; got != -50_000 {
		t.Errorf("sells down to %s, the supplier takes it at -0.5", got)
	}
}

func TestAMandateFollowsFeesOnTheWayToTheSupplier(t *testing.T) {
	text := strings.Replace(good, "    zone: z1\n    role", "    zone: z2\n    role", 1)
	text = strings.Replace(text, `buy_price: "1.1"}`, `buy_price: "0.1"}`, 1)
	if got := mustParse(t, text).Sites[0].Agent.Limits.MinSell; got != -17_000 {
		t.Errorf("sells down to %s, the supplier pays 0.1 and the line takes 0.27", got)
	}
}

// The examples of the page on file formats, the complex's and what a scenario adds.
func TestThePublishedExampleIsRead(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(require.Shared(t), "design", "FORMATS.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, heading := range []string{"## Complex file", "## Scenario file"} {
		_, section, found := strings.Cut(string(page), heading)
		if !found {
			t.Fatalf("no %q on the page", heading)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		for line := range strings.Lines(section) {
			if code, indented := strings.CutPrefix(line, "    "); indented {
				text += code
			}
		}
	}
	s := mustParse(t, text)
	if len(s.Sites) != 1 || len(s.Complex.Lines) != 1 || s.PriceCap != 2_160_000 || s.NoWorse != NoWorseMonth {
		t.Errorf("%+v", s)
	}
}

func TestPricesMayBeNumbersWithPointOrComma(t *testing.T) {
	text := strings.NewReplacer(`sell_price: "7.2"`, `sell_price: 7.2`, `fee: "0.27"`, `fee: "0,27"`, `"250000.00"`, `250000`).Replace(good)
	if a, b := mustParse(t, text).Resolved(), mustParse(t, good).Resolved(); !bytes.Equal(a, b) {
		t.Error("numbers and strings, points and commas differ")
	}
}

func TestNullIsAbsentAndAliasesAreRead(t *testing.T) {
	text := strings.NewReplacer("capacity_wh: 66552", "capacity_wh: null", "export_capacity_wh: 640000", "export_capacity_wh: ~",
		"agent: {goal: cheapest}", "agent: &a {goal: greener}").Replace(good)
	text = strings.Replace(text, "tariffs:", "  - {id: b, participant: foundry, zone: z2, role: stable, capacity_kw: 1, agent: *a, meters: [{flow: load, unit: Wh, csv: x}]}\ntariffs:", 1)
	s := mustParse(t, text)
	if s.Complex.Lines[0].Capacity != torg.Unlimited || s.Complex.Supplier.Export != 0 {
		t.Errorf("line %d, export %d", s.Complex.Lines[0].Capacity, s.Complex.Supplier.Export)
	}
	if s.Sites[1].Agent.Goal != Greener || s.Sites[1].Agent.Limits.MaxEnergy != 8 {
		t.Errorf("agent %+v", s.Sites[1].Agent)
	}
	mustParse(t, strings.Replace(good, "{flow: load, ", "{flow: &f load, ", 1))
	if _, err := Parse("s.yaml", []byte("a: &a [*a]")); err == nil {
		t.Error("a list that holds itself is read")
	}
}

func TestTariffAt(t *testing.T) {
	text := strings.Replace(good, "tariffs:\n", `tariffs:
  - {id: base, from: 2026-07-01, sell_price: 8, buy_price: 2}
  - {id: aaa, from: 2026-02-01T00:00:00+05:00, sell_price: 3, buy_price: 1}
`, 1)
	s := mustParse(t, text)
	moscow := s.Timezone
	for _, c := range []struct {
		id   torg.TariffID
		at   time.Time
		sell torg.Price // 0: none
	}{
		{"base", time.Date(2025, 12, 31, 23, 59, 59, 0, moscow), 0},
		{"base", time.Date(2026, 1, 1, 0, 0, 0, 0, moscow), 720_000},
		{"base", time.Date(2026, 6, 30, 23, 59, 59, 999, moscow), 720_000},
		{"base", time.Date(2026, 7, 1, 0, 0, 0, 0, moscow), 800_000},
		{"aaa", time.Date(2026, 1, 31, 21, 59, 59, 0, moscow), 0},
		{"aaa", time.Date(2026, 1, 31, 22, 0, 0, 0, moscow), 300_000},
		{"zzz", time.Date(2030, 1, 1, 0, 0, 0, 0, moscow), 0},
		{"", time.Date(1999, 1, 1, 0, 0, 0, 0, moscow), 720_000},
	} {
		got, ok := s.TariffAt(c.id, c.at)
		if got.Sell != c.sell || ok != (c.sell != 0) || ok && got.ID != c.id {
			t.Errorf("tariff %q at %s: %+v %v, want %s", c.id, c.at, got, ok, c.sell)
		}
	}
	again := mustParse(t, string(s.Resolved()))
	if !reflect.DeepEqual(s.Tariffs, again.Tariffs) {
		t.Errorf("tariffs %v, written and read %v", s.Tariffs, again.Tariffs)
	}
}

func TestSpans(t *testing.T) {
	for s, weeks := range map[string]int{"8y": 417, "52w": 52, "10d": 1, "11d": 2, "0d": 0, "-1y": -52, "3d": 0} {
		got, err := span(s)
		if err != nil || got != time.Duration(weeks)*7*24*time.Hour {
			t.Errorf("%s is %s (%v), want %d weeks", s, got, err, weeks)
		}
	}
	for _, s := range []string{"", "y", "8", "1.5y", "8 y", "1h"} {
		if _, err := span(s); err == nil {
			t.Errorf("%q is read as a span", s)
		}
	}
}

func TestResolvedIsReadToTheSameScenario(t *testing.T) {
	full := strings.NewReplacer("seed: 1", "seed: 1\nholidays: [2026-05-01]\nconnection: {meters: [{flow: load, csv: c.csv, unit: kWh}]}\nno_worse: month\nname: 'a: \"b\" #c'",
		"  sell_price: \"7.2\"\n  buy", "  import_capacity_wh: 5\n  sell_price: \"7.2\"\n  buy").Replace(good)
	for name, text := range map[string]string{"demo": string(demo), "good": good, "full": full} {
		s := mustParse(t, text)
		resolved := s.Resolved()
		again := mustParse(t, string(resolved))
		if !reflect.DeepEqual(s, again) {
			t.Errorf("%s: not the same scenario from\n%s", name, resolved)
		}
		if !bytes.Equal(resolved, again.Resolved()) || !bytes.Equal(resolved, s.Resolved()) {
			t.Errorf("%s: resolved twice gives other bytes", name)
		}
	}
}

func TestZonesHaveNames(t *testing.T) {
	named := strings.Replace(good, "zones: [z1, z2]", "zones: [z1, z2]\nzone_names: [{zone: z2, name: Коса, name_en: Spit}]", 1)
	s, err := Parse("s.yaml", []byte(named))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.ZoneName("z2"); got != (ZoneName{"z2", "Коса", "Spit"}) {
		t.Errorf("z2 is called %+v", got)
	}
	if got := s.ZoneName("z1"); got != (ZoneName{"z1", "z1", "z1"}) {
		t.Errorf("z1 has no name and is called %+v", got)
	}
	again, err := Parse("s.yaml", s.Resolved())
	if err != nil || !reflect.DeepEqual(again.ZoneNames, s.ZoneNames) {
		t.Errorf("resolved and read again: %+v, %v", again, err)
	}
}

func TestSharedComplexesAreRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(require.Shared(t), "cases", "clear", "*", "complex.json"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		g, err := LoadComplex(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := g.Complex.Valid(); err != nil || g.Calendar.Interval != 30*time.Second || g.Timezone != time.UTC {
			t.Errorf("%s: %v, %+v", file, err, g)
		}
		if filepath.Base(filepath.Dir(file)) == "congested" {
			if s := g.Complex.Supplier; len(g.Complex.Lines) != 5 || s == nil || s.Import != 128_000 {
				t.Errorf("congested: %+v", g.Complex)
			}
		}
	}
}

func TestComplexFileHasNoParticipants(t *testing.T) {
	_, err := ParseComplex("c.yaml", []byte(good))
	if err == nil || !strings.HasPrefix(err.Error(), `c.yaml:13:1: unknown key "start"; known here: interval, currency, timezone, pricing, zones, lines, supplier`) {
		t.Errorf("got %v", err)
	}
}

func TestFilesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(path, bytes.Repeat([]byte("#\n"), MaxFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "more than the largest size") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(path + "x"); err == nil {
		t.Error("a file that is not there is read")
	}
	if _, err := LoadComplex(path); err == nil {
		t.Error("a complex of 32 MiB is read")
	}
}

func TestDemoHasEveryRoleAndMode(t *testing.T) {
	s := Demo()
	if len(s.Sites) != 20 || s.Sites[0].ID != "foundry-1" || s.Sites[1].ID != "factory-1" || s.NoWorse != NoWorseMonth {
		t.Errorf("%d sites, first %s and %s, no_worse %s", len(s.Sites), s.Sites[0].ID, s.Sites[1].ID, s.NoWorse)
	}
	roles, modes, sites, cautious := map[torg.Role]int{}, map[torg.Mode]int{}, map[torg.ParticipantID]int{}, 0
	for _, site := range s.Sites {
		roles[site.Role]++
		modes[site.Mode]++
		sites[site.Participant]++
		if site.Agent.Strategy == "cautious" {
			cautious++
		}
	}
	for _, r := range torg.Roles {
		if roles[r] < 2 {
			t.Errorf("%d sites of role %s", roles[r], r)
		}
	}
	if modes[torg.Manual] != 1 || modes[torg.Semi] != 1 || cautious != 3 || len(sites) != len(s.Participants) || sites["route"] != 2 {
		t.Errorf("modes %v, %d cautious, sites by participant %v", modes, cautious, sites)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add(demo)
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("<<: {zones: [z]}\nstart: 2026-01-01"))
	f.Add([]byte("zones: {a: b}\nlines: [[]]\nsupplier: []\nsites: [null, {meters: {}}]\nparticipants: [1]\nweather: []"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		s, err := Parse("f.yaml", data)
		if err != nil {
			if s != nil || !strings.HasPrefix(err.Error(), "f.yaml:") {
				t.Fatalf("no place in: %v", err)
			}
			return
		}
		resolved := s.Resolved()
		again, err := Parse("f.yaml", resolved)
		if err != nil {
			t.Fatalf("resolved is not read: %v\n%s", err, resolved)
		}
		if !bytes.Equal(resolved, again.Resolved()) {
			t.Fatalf("resolved changes:\n%s\n%s", resolved, again.Resolved())
		}
		if err := s.Complex.Valid(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkParseDemo(b *testing.B) {
	for b.Loop() {
		Demo()
	}
}
