// Package config is the one documented configuration of a running Torg: a YAML
// file, environment variables over it and flags over both.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"torg"
)

// Config is what `torg up` can be told. The zero value of a field means that it
// was not said; Default fills in the rest.
type Config struct {
	// Listen is the address of pages and API, such as 127.0.0.1:8080. Beyond loopback
	// it needs certificates and an operator's account.
	Listen string `yaml:"listen"`
	// Hosts are further names and addresses that clients may ask for, separated by
	// commas: those of loopback and of the certificate may be asked for anyway.
	Hosts string `yaml:"hosts"`
	// TLSCert and TLSKey are PEM files of the server's certificate and key. Without
	// them those in the folder tls of Data are taken, beyond loopback.
	TLSCert string `yaml:"tls_cert"`
	TLSKey  string `yaml:"tls_key"`
	// Data is the folder of everything that is kept: chain, keys, tables.
	Data string `yaml:"data"`
	// Scenario is a scenario file, or demo for the built-in one.
	Scenario string `yaml:"scenario"`
	// Speed is how many times faster than time the market runs, 1 to 100000. Above
	// 1 nothing is kept and there is no consensus.
	Speed float64 `yaml:"speed"`
	// Interval is the slot's length in place of the scenario's: 30s, 1m, 5m, 15m,
	// 30m or 1h.
	Interval time.Duration `yaml:"interval"`
	// Database is where the tables are: empty for SQLite in Data, or postgres://...
	Database string `yaml:"database"`
	// Bus is the loopback address of the embedded bus; port 0 is any free one.
	Bus string `yaml:"bus"`
	// Decide says who decides for the agents: embedded, or external for programs
	// that serve on the bus.
	Decide string `yaml:"decide"`
	// DecideTimeout is how long agents wait for decisions before they fall back to
	// the safe default; at most a third of the slot is used.
	DecideTimeout time.Duration `yaml:"decide_timeout"`
	// KeepBlocks is for how long blocks stay in the chain beside the archive, as in 168h,
	// at least 1h; 0: all of them stay.
	KeepBlocks string `yaml:"keep_blocks"`
	// Log is the least severe level that is logged: debug, info, warn or error.
	Log string `yaml:"log"`
}

// Default returns the configuration of a Torg that was told nothing.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8080", Data: "torg-data", Scenario: "demo", Speed: 1,
		Bus: "127.0.0.1:0", Decide: "embedded", DecideTimeout: 4 * time.Second, KeepBlocks: "168h", Log: "warn",
	}
}

// maxFile is the largest configuration file in bytes.
const maxFile = 1 << 20

// Load reads a file. Unknown keys are errors that name the line.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	if len(b) > maxFile {
		return Config{}, fmt.Errorf("configuration %s: larger than %d bytes", path, maxFile)
	}
	c, err := Parse(b)
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

// Parse reads the text of a file.
func Parse(b []byte) (Config, error) {
	var c Config
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, errors.New(oneLine(err))
	}
	if err := d.Decode(new(Config)); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("more than one document in the file")
	}
	return c, nil
}

func oneLine(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n")
	text = strings.ReplaceAll(text, " in type config.Config", "")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", ";")), " ")
}

// Over returns c with what top says over it.
func (c Config) Over(top Config) Config {
	for _, f := range []struct{ to, from *string }{
		{&c.Listen, &top.Listen}, {&c.Hosts, &top.Hosts}, {&c.TLSCert, &top.TLSCert}, {&c.TLSKey, &top.TLSKey}, {&c.Data, &top.Data}, {&c.Scenario, &top.Scenario},
		{&c.Database, &top.Database}, {&c.Bus, &top.Bus}, {&c.Decide, &top.Decide}, {&c.Log, &top.Log}, {&c.KeepBlocks, &top.KeepBlocks},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	if top.Speed != 0 {
		c.Speed = top.Speed
	}
	if top.Interval != 0 {
		c.Interval = top.Interval
	}
	if top.DecideTimeout != 0 {
		c.DecideTimeout = top.DecideTimeout
	}
	return c
}

// Valid refuses what cannot be, naming the key.
func (c Config) Valid() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen: %q is not an address with a port", c.Listen)
	}
	if err := Loopback(c.Bus); err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("tls_cert, tls_key: both or neither")
	case c.Data == "":
		return errors.New("data: no folder given")
	case c.Scenario == "":
		return errors.New("scenario: a file, or demo")
	case !(c.Speed >= 1 && c.Speed <= 100_000):
		return fmt.Errorf("speed: %g is outside 1 to 100000", c.Speed)
	case c.Decide != "embedded" && c.Decide != "external":
		return fmt.Errorf("decide: %q is neither embedded nor external", c.Decide)
	case c.DecideTimeout < 10*time.Millisecond || c.DecideTimeout > time.Minute:
		return fmt.Errorf("decide_timeout: %s is outside 10ms to 1m", c.DecideTimeout)
	case c.Database != "" && !strings.HasPrefix(c.Database, "postgres://"):
		return errors.New("database: must be empty or begin with postgres://")
	}
	switch c.Log {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("log: %q is none of debug, info, warn, error", c.Log)
	}
	if _, err := c.Keep(); err != nil {
		return err
	}
	if c.Interval != 0 {
		if err := (torg.Calendar{Interval: c.Interval}).Valid(); err != nil {
			return err
		}
	}
	return nil
}

// Keep is for how long blocks stay in the chain; 0: all of them stay.
func (c Config) Keep() (time.Duration, error) {
	d, err := time.ParseDuration(c.KeepBlocks)
	if err != nil {
		return 0, fmt.Errorf("keep_blocks: %q is no duration such as 168h", c.KeepBlocks)
	}
	if d != 0 && d < time.Hour {
		return 0, fmt.Errorf("keep_blocks: %s is less than 1h; 0 keeps all", d)
	}
	return d, nil
}

// Loopback refuses an address that other machines could reach.
func Loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address with a port", address)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s can be reached from other machines", address)
	}
	return nil
}
