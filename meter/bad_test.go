package meter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg/scenario"
)

var plain = scenario.CSV{Value: "value", Unit: scenario.KW, Factor: 1}

func readText(text string, how scenario.CSV) (*series, error) {
	return read("m.csv", strings.NewReader(text), how)
}

func TestBadFiles(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const head = "time,value\n2026-01-01T00:00:00Z,1\n2026-01-01T00:15:00Z,2\n"
	for _, c := range []struct{ text, want string }{
		{"", "m.csv:1:1: the file is empty"},
		{"time,value\n", "m.csv:1:1: 0 rows; two are needed"},
		{"time,value\n2026-01-01T00:00:00Z,1\n", "m.csv:2:1: 1 rows; two are needed"},
		{"when,value\n", `m.csv:1:1: column "time" is missing; there are when, value`},
		{"time,power\n", `m.csv:1:1: column "value" is missing; there are time, power`},
		{"time,value,value\n", `m.csv:1:12: column "value" is there twice`},
		{head + "2026-01-01T00:30:00Z,x\n", `m.csv:4:22: value: "x" is not a number`},
		{head + "2026-01-01T00:30:00Z,NaN\n", `m.csv:4:22: value: "NaN" is not a number`},
		{head + "2026-01-01T00:30:00Z,-Inf\n", `m.csv:4:22: value: "-Inf" is not a number`},
		{head + "2026-01-01T00:30:00Z,0x10\n", `m.csv:4:22: value: "0x10" is not a number`},
		{head + "2026-01-01T00:30:00Z,1_000\n", `m.csv:4:22: value: "1_000" is not a number`},
		{head + "2026-01-01T00:30:00Z,1e999\n", `m.csv:4:22: value: "1e999" is too large`},
		{head + "2026-01-01T00:30:00Z,1e15\n", `m.csv:4:1: value: 1e+15 is more than 10^13 Wh in a row`},
		{head + "2026-01-01T00:30:00Z,-0.5\n", `m.csv:4:22: value: -0.5 is negative`},
		{head + "1 January,3\n", `m.csv:4:1: time: "1 January" is not a time such as`},
		{head + "2026-02-30T00:00:00Z,3\n", `m.csv:4:1: time: "2026-02-30T00:00:00Z" is not a time`},
		{head + "2026-01-01T00:30:00,3\n", `m.csv:4:1: time: "2026-01-01T00:30:00" has no offset, and the meter no timezone`},
		{head + "2026-01-01T00:30:00.5Z,3\n", `m.csv:4:1: time: 2026-01-01T00:30:00.5Z has a fraction of a second`},
		{head + "0001-01-01T00:30:00Z,3\n", `m.csv:4:1: time: 0001-01-01T00:30:00Z is outside the years`},
		{head + ",3\n", `m.csv:4:1: time: "" is not a time`},
		{head + "2026-01-01T00:15:00Z,3\n", "m.csv:4:1: time: 2026-01-01T00:15:00Z comes twice"},
		{head + "2026-01-01T02:15:00+02:00,3\n", "m.csv:4:1: time: 2026-01-01T02:15:00+02:00 comes twice"},
		{head + "2025-12-31T00:00:00Z,3\n", "m.csv:4:1: time: 2025-12-31T00:00:00Z comes after a later time"},
		{head + "2026-01-01T00:30:00Z,3\n2026-01-01T00:40:00Z,4\n", "m.csv:5:1: irregular step of 10m0s; the others have 15m0s"},
		{head + "2026-01-01T00:30:00Z,3\n2026-01-01T00:52:30Z,4\n", "m.csv:5:1: irregular step of 22m30s; the others have 15m0s"},
		{head + "2026-01-01T00:30:00Z,3\n2299-01-01T00:30:00Z,4\n", "m.csv:5:1: more than 6000000 rows with the gaps"},
		{"time,value\n2026-01-01T00:00:00Z,1\n2026-01-03T00:00:00Z,1\n", "m.csv:3:1: rows of 48h0m0s; whole seconds up to a day"},
		{head + "2026-01-01T00:30:00Z\n", "m.csv:4:1: not CSV: wrong number of fields"},
		{head + "2026-01-01T00:30:00Z,\"3\n", "m.csv:4:25: not CSV"},
		{head + "2026-01-01T00:30:00Z,3\"\n", "m.csv:4:23: not CSV"},
	} {
		s, err := readText(c.text, plain)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got  %v\n want %s", c.text, err, c.want)
		}
		if err != nil && s != nil {
			t.Errorf("%q: a series beside an error", c.text)
		}
	}
	local := plain
	local.Timezone = berlin
	_, err = readText("time,value\n2026-03-29 01:45,1\n2026-03-29 02:00,1\n", local)
	if want := `m.csv:3:1: time: "2026-03-29 02:00" does not exist in Europe/Berlin: the clock was put forward`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// scenarioOf returns a scenario of a day with one site and these meters in a folder.
func scenarioOf(t testing.TB, dir, meters string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse(filepath.Join(dir, "s.yaml"), []byte(`
zones: [z1]
interval: 15m
start: 2026-01-12T00:00:00Z
days: 1
participants: [{id: p}]
tariffs: [{id: t, from: 2026-01-01, sell_price: 7, buy_price: 1}]
sites: [{id: s, participant: p, zone: z1, role: plant, tariff: t, capacity_kw: 10, meters: [`+meters+`]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("short.csv", "time,value\n2026-01-12T00:00:00Z,1\n2026-01-12T00:30:00Z,1\n")
	write("no.csv.gz", "time,value\n")
	for file, want := range map[string]string{
		"none.csv":  "none.csv: no such file",
		"no.csv.gz": "no.csv.gz: gzip: invalid header",
		"short.csv": "short.csv: the series spans 2026-01-12T00:00:00Z to 2026-01-12T01:00:00Z and does not cover the scenario's 2026-01-12T00:00:00Z to 2026-01-13T00:00:00Z",
	} {
		_, err := Open(scenarioOf(t, dir, "{flow: load, unit: kW, csv: "+file+"}"), "s")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "site s: ") {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
	if _, err := Open(scenarioOf(t, dir, "{flow: load, unit: kW, csv: x}"), "nobody"); err == nil {
		t.Error("the meters of nobody are open")
	}
}
