package main

import (
	"fmt"
	"os"
	"time"

	"gopkg.in/yaml.v3"

	"torg"
	"torg/config"
)

// settings are the flags and environment variables over the configuration file.
type settings struct {
	Config        string         `help:"Configuration file." env:"TORG_CONFIG" type:"path"`
	Listen        string         `help:"Address of pages and API; beyond loopback with TLS and accounts only (127.0.0.1:8080)." env:"TORG_LISTEN"`
	Hosts         string         `help:"Further names that clients may ask for, separated by commas." env:"TORG_HOSTS"`
	TLSCert       string         `help:"PEM file of the server's certificate, in place of the data folder's tls." env:"TORG_TLS_CERT" name:"tls-cert" type:"path"`
	TLSKey        string         `help:"PEM file of its key." env:"TORG_TLS_KEY" name:"tls-key" type:"path"`
	Data          string         `help:"Folder of chain, keys and tables (torg-data)." env:"TORG_DATA" type:"path"`
	Scenario      string         `help:"Scenario file, or demo (demo)." env:"TORG_SCENARIO"`
	Speed         *float64       `help:"Times faster than time; above 1 nothing is kept (1)." env:"TORG_SPEED"`
	Interval      *time.Duration `help:"Slot length in place of the scenario's." env:"TORG_INTERVAL"`
	Database      string         `help:"postgres://... in place of SQLite in the data folder." env:"TORG_DATABASE"`
	Bus           string         `help:"Loopback address of the embedded bus (127.0.0.1:0)." env:"TORG_BUS"`
	Decide        string         `help:"Who decides: embedded, or external programs on the bus (embedded)." env:"TORG_DECIDE"`
	DecideTimeout *time.Duration `help:"How long agents wait for decisions (4s)." env:"TORG_DECIDE_TIMEOUT"`
	KeepBlocks    string         `help:"How long blocks stay in the chain beside the archive; 0 keeps all (168h)." env:"TORG_KEEP_BLOCKS"`
	Log           string         `help:"Least level logged: debug, info, warn, error (warn)." env:"TORG_LOG"`
}

// resolve returns the configuration: defaults, then the file, then environment and
// flags.
func (s settings) resolve() (config.Config, error) {
	c := config.Default()
	if s.Config != "" {
		file, err := config.Load(s.Config)
		if err != nil {
			return c, usage(err)
		}
		c = c.Over(file)
	}
	c = c.Over(config.Config{
		Listen: s.Listen, Hosts: s.Hosts, TLSCert: s.TLSCert, TLSKey: s.TLSKey, Data: s.Data, Scenario: s.Scenario,
		Database: s.Database, Bus: s.Bus, Decide: s.Decide, KeepBlocks: s.KeepBlocks, Log: s.Log,
	})
	said(&c.Speed, s.Speed) // 0 too, so that it is refused and not taken for nothing said
	said(&c.DecideTimeout, s.DecideTimeout)
	if s.Interval != nil && *s.Interval == 0 {
		return c, usage(torg.Calendar{}.Valid())
	}
	said(&c.Interval, s.Interval)
	return c, usage(c.Valid())
}

// said takes over a value that was given.
func said[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Check a configuration file and print what would be used."`
}

type configCheckCmd struct {
	settings
	File string `arg:"" optional:"" help:"Configuration file." type:"path"`
}

// Run checks and prints.
func (c configCheckCmd) Run() error {
	if c.File != "" {
		c.settings.Config = c.File
	}
	resolved, err := c.settings.resolve()
	if err != nil {
		return err
	}
	if _, err := loadScenario(resolved); err != nil {
		return err
	}
	b, err := yaml.Marshal(resolved)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "%s", b)
	return err
}
