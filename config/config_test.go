package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFlagsOverEnvironmentOverFile(t *testing.T) {
	file, err := Parse([]byte("listen: 127.0.0.1:1\nspeed: 2\ninterval: 1m\ndata: a\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := Default().Over(file).Over(Config{Speed: 3, Data: "b"})
	want := Default()
	want.Listen, want.Speed, want.Interval, want.Data = "127.0.0.1:1", 3, time.Minute, "b"
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if err := got.Valid(); err != nil {
		t.Error(err)
	}
}

func TestEmptyFileSaysNothing(t *testing.T) {
	c, err := Parse(nil)
	if err != nil || c != (Config{}) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestBadFiles(t *testing.T) {
	for text, want := range map[string]string{
		"lissten: 127.0.0.1:1":        "line 1: field lissten not found",
		"listen: 1\nspeed: fast":      "line 2",
		"interval: 10 bananas":        "line 1",
		"listen: [a]":                 "line 1",
		"- a":                         "line 1",
		"listen: a\n---\nlisten: b":   "more than one document",
		"listen: a\nlisten: b":        "already defined",
		"\tlisten: a":                 "cannot start any token",
		"data: &a b\nscenario: *none": "unknown anchor",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line with %q", text, err, want)
		}
	}
}

func TestBadValues(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"tls_cert, tls_key: both":      func(c *Config) { c.TLSCert = "server.pem" },
		"tls_cert, tls_key: both or":   func(c *Config) { c.TLSKey = "key.pem" },
		`listen: "nonsense" is not`:    func(c *Config) { c.Listen = "nonsense" },
		"bus: 10.1.1.1:4222 can be":    func(c *Config) { c.Bus = "10.1.1.1:4222" },
		"speed: 0.5 is outside":        func(c *Config) { c.Speed = 0.5 },
		"speed: -1 is outside":         func(c *Config) { c.Speed = -1 },
		"interval 45s":                 func(c *Config) { c.Interval = 45 * time.Second },
		`decide: "maybe" is neither`:   func(c *Config) { c.Decide = "maybe" },
		"decide_timeout: 1ms":          func(c *Config) { c.DecideTimeout = time.Millisecond },
		"database: must":               func(c *Config) { c.Database = "mysql://x" },
		`log: "loud" is none`:          func(c *Config) { c.Log = "loud" },
		"data: no folder":              func(c *Config) { c.Data = "" },
		"scenario: a file":             func(c *Config) { c.Scenario = "" },
		"keep_blocks: 59m0s is less":   func(c *Config) { c.KeepBlocks = "59m" },
		"keep_blocks: -1h0m0s is less": func(c *Config) { c.KeepBlocks = "-1h" },
		`keep_blocks: "a week" is no`:  func(c *Config) { c.KeepBlocks = "a week" },
	} {
		c := Default()
		change(&c)
		if err := c.Valid(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "torg.yaml")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("nope: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("an unknown key: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:1\nspeed: 2\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b)
		if err == nil {
			_ = Default().Over(c).Valid()
		}
	})
}
