package scenario

import (
	"strings"
	"testing"
)

// good is a scenario that every bad case changes in one place.
const good = `interval: 30s
currency: RUB
timezone: Europe/Moscow
zones: [z1, z2]
lines:
  - {from: z1, to: z2, capacity_wh: 66552, fee: "0.27"}
supplier:
  participant: supplier
  zone: z1
  sell_price: "7.2"
  buy_price: "1.1"
  export_capacity_wh: 640000
start: 2026-01-12T00:00:00+03:00
days: 7
seed: 1
participants:
  - {id: foundry, name: "Литейный завод", balance: "250000.00"}
sites:
  - id: foundry-1
    participant: foundry
    zone: z1
    role: plant
    mode: auto
    tariff: base
    capacity_kw: 2000
    agent: {goal: cheapest}
    meters:
      - {flow: load, csv: steel.csv.gz, value: value, unit: kW, factor: 4, timezone: UTC, shift: 8y}
      - {flow: generation, model: {kind: pv, peak_kw: 100}}
tariffs:
  - {id: base, from: 2026-01-01, sell_price: "7.2", buy_price: "1.1"}
`

func TestBadScenarios(t *testing.T) {
	if _, err := Parse("s.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	const line, meter = `  - {from: z1, to: z2, capacity_wh: 66552, fee: "0.27"}`, `{flow: load, csv: steel.csv.gz, value: value, unit: kW, factor: 4, timezone: UTC, shift: 8y}`
	for _, c := range []struct{ old, new, want string }{
		{"interval: 30s", "interval: 45s", `s.yaml:1:11: interval: "45s" is none of 30s, 1m, 5m, 15m, 30m, 1h`},
		{"interval: 30s", "interval: [30s]", `s.yaml:1:11: interval: must be a single value`},
		{"interval: 30s", "intervall: 30s", `s.yaml:1:1: unknown key "intervall"; known here: interval,`},
		{"currency: RUB", "currency: rub", `s.yaml:2:11: currency: "rub" is not three capital letters`},
		{"currency: RUB", "interval: 1m", `s.yaml:2:1: key "interval" is there twice`},
		{"Europe/Moscow", "Europe/Atlantis", `s.yaml:3:11: timezone: "Europe/Atlantis" is not the name of a time zone`},
		{"Europe/Moscow", "Local", `s.yaml:3:11: timezone: "Local" is not the name of a time zone`},
		{"zones: [z1, z2]", "zones: [z1, z2, z1]", `s.yaml:4:17: zones: "z1" is there twice`},
		{"zones: [z1, z2]", "zones: []", `s.yaml:4:8: zones: at least one is needed`},
		{"zones: [z1, z2]", "zones: [z1, z2, '@z']", `s.yaml:4:17: zones: id "@z": only letters`},
		{"zones: [z1, z2]", "zones: [z1, z2]\nzone_names:\n  - {zone: z3, name: x}", `s.yaml:6:12: zone_names.zone: unknown zone "z3"`},
		{"zones: [z1, z2]", "zones: [z1, z2]\nzone_names:\n  - {zone: z1}", `s.yaml:6:5: zone_names.name is missing`},
		{"zones: [z1, z2]", "zones: [z1, z2]\nzone_names:\n  - {zone: z2, name: x}\n  - {zone: z2, name: y}", `s.yaml:7:12: zone_names.zone: zone "z2" has a name already`},
		{"zones: [z1, z2]", "zones: z1", `s.yaml:4:8: zones: must be a list`},
		{"zones: [z1, z2]", "pricing: fair", `s.yaml:4:10: pricing: "fair" is none of split uniform`},
		{"zones: [z1, z2]", "", `s.yaml:1:1: zones is missing`},
		{"to: z2", "to: z9", `s.yaml:6:20: lines.to: unknown zone "z9"`},
		{"to: z2", "to: z1", `s.yaml:6:20: lines.to: the line joins zone "z1" to itself`},
		{line, line + "\n" + `  - {from: z2, to: z1}`, `s.yaml:7:20: lines.to: a second line between "z2" and "z1"`},
		{`"0.27"`, `"-0.27"`, `s.yaml:6:49: lines.fee: -0.27 is negative`},
		{`"0.27"`, `0.123456`, `s.yaml:6:49: lines.fee: price "0.123456": more than 5 decimals`},
		{`fee: "0.27"`, `fee: 0,27`, `s.yaml:6:51: unknown key "27"`},
		{"capacity_wh: 66552", "capacity_wh: -1", `s.yaml:6:37: lines.capacity_wh: -1 is outside 0 to`},
		{"capacity_wh: 66552", "capacity_wh: 1.5", `s.yaml:6:37: lines.capacity_wh: "1.5" is not a whole number`},
		{"capacity_wh: 66552", "capacity_wh: 99999999999999999999", `s.yaml:6:37: lines.capacity_wh: 99999999999999999999 is outside`},
		{"  sell_price: \"7.2\"\n  buy", "  sell_price: \"1.0\"\n  buy", `s.yaml:10:15: supplier.sell_price: 1 is below buy_price 1.1`},
		{"  sell_price: \"7.2\"\n  buy", "  sell_price: 1001\n  buy", `s.yaml:10:15: supplier.sell_price: price "1001": outside -1000 to 1000`},
		{"  sell_price: \"7.2\"\n", "", `s.yaml:8:3: supplier.sell_price is missing`},
		{"participant: supplier\n  zone: z1", "participant: supplier\n  zone: z3", `s.yaml:9:9: supplier.zone: unknown zone "z3"`},
		{"export_capacity_wh: 640000", "export_capacity_wh: lots", `s.yaml:12:23: supplier.export_capacity_wh: "lots" is not a whole number`},
		{"start: 2026-01-12T00:00:00+03:00", "start: yesterday", `s.yaml:13:8: start: "yesterday" is neither a date`},
		{"start: 2026-01-12T00:00:00+03:00", "start: 2026-01-12T00:00:10+03:00", `s.yaml:13:8: start: 2026-01-12T00:00:10+03:00 is not the start of a slot of 30s`},
		{"start: 2026-01-12T00:00:00+03:00", "start: 1926-01-12", `s.yaml:13:8: start: 1926-01-12 is outside the years`},
		{"start: 2026-01-12T00:00:00+03:00", "", `s.yaml:1:1: start is missing`},
		{"start: 2026-01-12T00:00:00+03:00", "start: 2025-12-31T23:59:30+03:00", `s.yaml:24:13: sites.tariff: tariff "base" is not valid yet at the start, 2025-12-31T23:59:30+03:00`},
		{"days: 7", "days: 0", `s.yaml:14:7: days: 0 is outside 1 to 3660`},
		{"seed: 1", "seed: -1", `s.yaml:15:7: seed: -1 is outside`},
		{"seed: 1", "no_worse: year", `s.yaml:15:11: no_worse: "year" is none of none month`},
		{"seed: 1", "price_cap: 7.1", `s.yaml:15:12: price_cap: 7.1 is below the highest sell_price, 7.2`},
		{"seed: 1", "forward_share: 101", `forward_share: `},
		{"seed: 1", "escrow_days: 0", `escrow_days: `},
		{"seed: 1", "settlement_interval: 10s", `s.yaml:15:22: settlement_interval: 10s is not a whole number of slots of 30s`},
		{"seed: 1", "settlement_interval: 7h", `s.yaml:15:22: settlement_interval: 7h does not divide a day`},
		{"seed: 1", "settlement_interval: hour", `s.yaml:15:22: settlement_interval: "hour" is not a length`},
		{"seed: 1", "holidays: [2026-01-01, 2026-13-01]", `s.yaml:15:24: holidays: "2026-13-01" is not a date`},
		{"seed: 1", "holidays: [2026-01-02, 2026-01-01]", `s.yaml:15:24: holidays: 2026-01-01 does not come after`},
		{"seed: 1", "weather: {latitude_deg: 91}", `s.yaml:15:25: weather.latitude_deg: 91 is outside -90 to 90`},
		{"seed: 1", "connection: {}", `s.yaml:15:13: connection.meters is missing`},
		{"{id: foundry, name", "{id: '@bank', name", `s.yaml:17:10: participants.id: id "@bank": only letters`},
		{"{id: foundry, name", "{id: supplier, name", `s.yaml:17:10: participants.id: "supplier" is the supplier`},
		{"{id: foundry, name", "{id: , name", `s.yaml:17:5: participants.id is missing`},
		{"sites:\n", "  - {id: foundry}\nsites:\n", `s.yaml:18:10: participants.id: participant "foundry" is there twice`},
		{`"250000.00"`, `"250000.001"`, `s.yaml:17:52: participants.balance: amount "250000.001": more than 2 decimals`},
		{`"250000.00"`, `-5`, `s.yaml:17:52: participants.balance: -5 is outside 0 to`},
		{`"Литейный завод"`, `"a\nb"`, `s.yaml:17:25: participants.name: "a\nb" must be one line`},
		{"id: foundry-1", "id: supplier", `s.yaml:19:9: sites.id: "supplier" is the supplier`},
		{"    participant: foundry\n", "    participant: smith\n", `s.yaml:20:18: sites.participant: unknown participant "smith"`},
		{"    zone: z1\n", "    zone: z7\n", `s.yaml:21:11: sites.zone: unknown zone "z7"`},
		{"role: plant", "role: factory", `s.yaml:22:11: sites.role: "factory" is none of plant sharing heating renewable stable`},
		{"mode: auto", "mode: autopilot", `s.yaml:23:11: sites.mode: "autopilot" is none of auto semi manual`},
		{"tariff: base", "tariff: night", `s.yaml:24:13: sites.tariff: unknown tariff "night"`},
		{"capacity_kw: 2000", "capacity_kw: 0", `s.yaml:25:18: sites.capacity_kw: 0 is not above 0`},
		{"capacity_kw: 2000", "capacity_kw: 1.2345", `s.yaml:25:18: sites.capacity_kw: 1.2345 has more than 3 decimals`},
		{"capacity_kw: 2000", "capacity_kw: 1e3", `s.yaml:25:18: sites.capacity_kw: "1e3" is not a decimal number`},
		{"goal: cheapest", "goal: richest", `s.yaml:26:19: agent.goal: "richest" is none of cheapest greener reliable`},
		{"goal: cheapest", "strategy: 'a b'", `s.yaml:26:23: agent.strategy: id "a b"`},
		{"goal: cheapest", "max_energy_wh: 0.5", `s.yaml:26:28: agent.max_energy_wh: "0.5" is not a whole number`},
		{"goal: cheapest", "daily_spend: -1", `s.yaml:26:26: agent.daily_spend: -1 is outside`},
		{"goal: cheapest", "buy: yes", `s.yaml:26:18: agent.buy: "yes" is neither true nor false`},
		{"flow: load", "flow: reactive", `s.yaml:28:16: sites.meters.flow: "reactive" is none of load generation`},
		{"unit: kW,", "unit: MW,", `s.yaml:28:61: sites.meters.unit: "MW" is none of kW kWh Wh`},
		{"unit: kW,", "", `s.yaml:28:9: sites.meters.unit is missing`},
		{"factor: 4", "factor: 0", `s.yaml:28:73: sites.meters.factor: 0 is not above 0`},
		{"factor: 4", "factor: .nan", `s.yaml:28:73: sites.meters.factor: ".nan" is not a decimal number`},
		{"shift: 8y", "shift: 8m", `s.yaml:28:98: sites.meters.shift: "8m" is not a span`},
		{"shift: 8y", "shift: 300y", `s.yaml:28:98: sites.meters.shift: 300y is more than 200 years`},
		{meter, "{flow: load}", `s.yaml:28:9: sites.meters: one of csv and model is needed`},
		{"model: {kind: pv", "unit: kW, model: {kind: pv", `s.yaml:29:34: sites.meters.unit: belongs to a csv, not to a model`},
		{"kind: pv", "kind: coal", `s.yaml:29:35: sites.meters.model: kind "coal" is none of plant chp pv wind sharing heating`},
		{"peak_kw: 100", "tilt_deg: 10", `s.yaml:29:35: sites.meters.model.peak_kw is missing`},
		{"peak_kw: 100", "peak_mw: 1", `s.yaml:29:46: unknown key "peak_mw"`},
		{"peak_kw: 100", "peak_kw: -1", `s.yaml:29:55: sites.meters.model.peak_kw: -1 is outside 0 to 1e+07`},
		{"{kind: pv, peak_kw: 100}", "{kind: wind, rated_kw: 1, rated_ms: 25}", `s.yaml:29:35: sites.meters.model: model wind: cut_in_ms, rated_ms and cut_out_ms must ascend`},
		{"from: 2026-01-01", "from: 2026-02-30", `s.yaml:31:22: tariffs.from: "2026-02-30" is neither a date`},
		{"sell_price: \"7.2\", buy", "sell_price: \"1\", buy", `s.yaml:31:46: tariffs.sell_price: 1 is below buy_price 1.1`},
		{"tariffs:\n", "tariffs:\n  - {id: base, from: 2026-01-01, sell_price: 8, buy_price: 1}\n", `s.yaml:32:10: tariffs.id: tariff "base" from 2026-01-01 is there twice`},
		{"zones: [z1, z2]", "zones: [z1, z2", "s.yaml:4:1: not YAML: did not find expected"},
		{"zones: [z1, z2]", "zones: [\x00]", "s.yaml:4:9: control character U+0000"},
		{"zones: [z1, z2]", "zones: [\xff]", "s.yaml:4:9: not UTF-8"},
		{good, "", "s.yaml:1:1: the file is empty"},
		{good, "- a", "s.yaml:1:1: the file must be a mapping of keys"},
		{"tariffs:\n", "---\n", "a second document"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%q is not in the good scenario", c.old)
			continue
		}
		s, err := Parse("s.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q\n got  %v\n want %s", c.new, c.old, err, c.want)
		}
		if err != nil && s != nil {
			t.Errorf("%q: a scenario beside an error", c.new)
		}
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	text := strings.NewReplacer("30s", "45s", "days: 7", "days: x", "role: plant", "role: x").Replace(good)
	_, err := Parse("s.yaml", []byte(text))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three mistakes are told as: %v", err)
	}
	_, err = Parse("s.yaml", []byte("zones: ["+strings.Repeat("'@',", 100)+"]"))
	if err == nil || !strings.HasSuffix(err.Error(), "and 83 more problems") {
		t.Errorf("a hundred and three mistakes end with: %v", err)
	}
}

func TestAnIslandNeedsTariffs(t *testing.T) {
	island := good[:strings.Index(good, "supplier:")] + good[strings.Index(good, "start:"):]
	s, err := Parse("s.yaml", []byte(island))
	if err != nil {
		t.Fatal(err)
	}
	if s.Complex.Supplier != nil || s.PriceCap.String() != "21.6" {
		t.Errorf("supplier %v, price cap %s", s.Complex.Supplier, s.PriceCap)
	}
	_, err = Parse("s.yaml", []byte(strings.Replace(island, "    tariff: base\n", "", 1)))
	if want := "s.yaml:13:5: sites.tariff: needed for a site of a complex without a supplier"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
