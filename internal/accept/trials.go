package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// small is a market of the demonstration's first two owners.
const small = `interval: 30s
zones: [z1]
supplier: {participant: supplier, zone: z1, sell_price: "7.2", buy_price: "1.1", export_capacity_wh: 30000}
start: 2026-04-13T00:00:00Z
days: 1
participants:
  - {id: foundry, name: "Литейный завод", balance: "300000"}
  - {id: factory, name: "Механический завод", balance: "300000"}
tariffs:
  - {id: base, from: 2020-01-01, sell_price: "7.2", buy_price: "1.1"}
sites:
  - {id: foundry-1, participant: foundry, zone: z1, role: plant, mode: auto, tariff: base, capacity_kw: 1000,
     meters: [{flow: generation, model: {kind: chp, capacity_kw: 900}}]}
  - {id: factory-1, participant: factory, zone: z1, role: plant, mode: auto, tariff: base, capacity_kw: 1000,
     meters: [{flow: load, model: {kind: plant, base_kw: 120, machines: 8, machine_kw: 42}}]}
`

// metered is the small market with a day of 15-minute slots and a recorded meter.
func metered() string {
	return strings.NewReplacer("interval: 30s", "interval: 15m", "export_capacity_wh: 30000", "export_capacity_wh: 900000",
		"model: {kind: plant, base_kw: 120, machines: 8, machine_kw: 42}", "csv: load.csv, value: value, unit: kW").Replace(small)
}

// readings writes two days of rows every quarter of an hour, from the day before the
// small market's; a row that is not there is left out.
func readings(value func(row int) (text string, there bool)) string {
	var b strings.Builder
	b.WriteString("time,value\n")
	start := time.Date(2026, 4, 12, 0, 0, 0, 0, time.UTC)
	for row := range 2*96 + 1 {
		if text, there := value(row); there {
			fmt.Fprintf(&b, "%s,%s\n", start.Add(time.Duration(row)*15*time.Minute).Format(time.RFC3339), text)
		}
	}
	return b.String()
}

// commandTrials are about what the user wrote: files, flags, environment. Taken is an
// address that somebody listens on.
func commandTrials(taken string) []trial {
	edit := func(old, now string) func(string) error {
		return func(dir string) error { return write(dir, "small.yaml", strings.Replace(small, old, now, 1)) }
	}
	withMeter := func(csv string) func(string) error {
		return func(dir string) error {
			return errors.Join(write(dir, "meter.yaml", metered()), write(dir, "load.csv", csv))
		}
	}
	const (
		up  = "up --scenario small.yaml --data data --listen 127.0.0.1:0"
		sim = "sim --scenario small.yaml --out out"
	)
	return []trial{
		{name: "unknown key in a scenario", args: sim, damage: edit("days:", "dayz:"), status: 2, says: "small.yaml:5:1"},
		{name: "unknown key in a scenario, market", args: up, damage: edit("days:", "dayz:"), status: 2, says: "small.yaml:5:1"},
		{name: "scenario that is no YAML", args: sim, damage: edit("zones: [z1]", "zones: [z1"), status: 2, says: "small.yaml"},
		{name: "unknown zone", args: sim, damage: edit("factory, zone: z1", "factory, zone: z7"), status: 2, says: "small.yaml:14:49"},
		{name: "supplier sells below what it pays", args: sim, damage: edit(`sell_price: "7.2"`, `sell_price: "0.2"`), status: 2, says: "small.yaml:3"},
		{name: "no such scenario", args: "sim --scenario none.yaml --out out", status: 2, says: "none.yaml"},
		{name: "missing CSV", args: sim, damage: edit("model: {kind: chp, capacity_kw: 900}", "csv: none.csv, unit: kW"), status: 2, says: "none.csv"},
		{name: "CSV with a word for a number", args: "sim --scenario meter.yaml --out out", damage: withMeter("time,value\n2026-04-12T00:00:00Z,lots\n2026-04-12T00:15:00Z,1\n"), status: 2, says: "load.csv:2"},
		{name: "CSV that ends too early", args: "sim --scenario meter.yaml --out out", damage: withMeter("time,value\n2026-04-12T00:00:00Z,1\n2026-04-12T00:15:00Z,1\n"), status: 2, says: "does not cover"},
		{name: "output that is a file", args: "sim --scenario small.yaml --out small.yaml", status: 2, says: "small.yaml"},
		{name: "unknown key in a configuration", args: "up --config torg.yaml", damage: func(dir string) error { return write(dir, "torg.yaml", "lissten: 127.0.0.1:1\n") }, status: 2, says: "lissten"},
		{name: "no such configuration", args: "up --config none.yaml", status: 2, says: "none.yaml"},
		{name: "word for a number in the environment", args: up, env: []string{"TORG_SPEED=fast"}, status: 2, says: "fast"},
		{name: "unknown flag", args: "up --colour red", status: 2, says: "--colour"},
		{name: "unknown command", args: "down", status: 2, says: "down"},
		{name: "address that others can reach", args: "up --scenario small.yaml --data data --listen 0.0.0.0:8080", status: 2, says: "0.0.0.0:8080"},
		{name: "taken port", args: "up --scenario small.yaml --data data --listen " + taken, status: 2, says: taken},
		{name: "slot of no known length", args: up + " --interval 45s", status: 2, says: "45s"},
		{name: "audit of nothing", args: "audit none", status: 2, says: "none"},
		{name: "decisions for no market", args: "decide serve --data data", status: 2, says: "data"},
		{name: "tables of no market", args: "store rebuild --data data", status: 2, says: "data"},
	}
}

// folderTrials are about data folders: status 2 for a folder that is not meant for this
// command, 1 for one whose inside is damaged.
func folderTrials() []trial {
	file := func(name, text string) func(string) error {
		return func(dir string) error { return write(filepath.Join(dir, "data"), name, text) }
	}
	const up = "up --scenario small.yaml --data data --listen 127.0.0.1:0"
	return []trial{
		{name: "damaged torg.json", args: up, data: true, damage: file("torg.json", "{"), status: 2, says: "damaged"},
		{name: "folder of a newer version", args: up, data: true, damage: newer, status: 2, says: "version 99"},
		{name: "folder of another scenario", args: up, data: true, damage: func(dir string) error {
			return write(dir, "small.yaml", strings.Replace(small, "base_kw: 120", "base_kw: 121", 1))
		}, status: 2, says: "belongs to the scenario"},
		{name: "folder of something else", args: up, damage: file("photos.txt", "sea"), status: 2, says: "no data folder of torg"},
		{name: "key file that is no key", args: up, data: true, damage: file("keys/owner-foundry.pem", "sesame\n"), status: 1, says: "owner-foundry.pem"},
		{name: "key of another kind", args: up, data: true, damage: file("keys/owner-foundry.pem", wrongKey), status: 1, says: "owner-foundry.pem"},
		{name: "damaged tables", args: up, data: true, damage: damagedTables, status: 1, says: "torg.db"},
		{name: "damaged chain", args: up, data: true, damage: file("chain/data/blockstore.db/CURRENT", "nonsense\n"), opened: "chain/data/blockstore.db/CURRENT", status: 1, says: "chain"},
		{name: "damaged genesis", args: up, data: true, damage: file("chain/config/genesis.json", "{"), opened: "chain/config/genesis.json", status: 1, says: "genesis"},
		{name: "validator's key that is no key", args: up, data: true, damage: file("chain/keys/priv_validator_key.json", "{"), opened: "chain/keys/priv_validator_key.json", status: 1, says: "priv_validator_key.json"},
	}
}

// wrongKey is an Ed25519 public key: a PEM block, but nobody's signing key.
const wrongKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`

func newer(dir string) error {
	path := filepath.Join(dir, "data", "torg.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, regexp.MustCompile(`"version": \d+`).ReplaceAll(b, []byte(`"version": 99`)), 0o600)
}

// damagedTables overwrites the first page of the database.
func damagedTables(dir string) error {
	path := filepath.Join(dir, "data", "torg.db")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(strings.Repeat("damage! ", 512)), 0)
	return errors.Join(err, f.Close())
}
