package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"torg/config"
	"torg/report"
	"torg/scenario"
	"torg/sim"
	"torg/world"
)

type simCmd struct {
	Scenario string  `required:"" help:"Scenario file, or demo." env:"TORG_SCENARIO"`
	Out      string  `required:"" help:"Folder to write; made if absent." type:"path"`
	Seed     *uint64 `help:"Seed in place of the scenario's."`
	Unsigned bool    `help:"Leave out RSA signatures and consensus, nothing else."`
	Perfect  bool    `help:"Forecasts that know the future: to see what forecast errors cost."`
}

// Run simulates, with progress on a terminal, and writes the folder.
func (s simCmd) Run(ctx context.Context) error {
	sc, err := s.scenario()
	if err != nil {
		return err
	}
	genesis := world.Genesis(sc, sim.ChainID, nil)
	forecaster := "naive"
	if s.Perfect {
		forecaster = "perfect"
	}
	began := time.Now()
	collector, err := report.NewCollector(s.Out, sc, genesis, report.Options{
		Unsigned: s.Unsigned, Forecaster: forecaster, Now: time.Now,
	})
	if err != nil {
		return usage(err)
	}
	w, err := sim.Run(ctx, sim.Config{
		Scenario: sc, Unsigned: s.Unsigned, Perfect: s.Perfect, Watch: collector.Watch, Recorder: collector,
		Progress: progress(began),
	})
	if err != nil {
		collector.Abort()
		return usage(err)
	}
	if err := collector.Finish(); err != nil {
		return err
	}
	for _, warning := range w.Warnings {
		fmt.Fprintln(os.Stderr, "torg:", warning)
	}
	from, to := sc.Slots()
	say("%d sessions in %s; the report is %s", to-from, time.Since(began).Round(time.Second/10), filepath.Join(s.Out, "report.html"))
	return nil
}

func (s simCmd) scenario() (*scenario.Scenario, error) {
	c := config.Default()
	c.Scenario = s.Scenario
	sc, err := loadScenario(c)
	if err != nil || s.Seed == nil {
		return sc, err
	}
	seeded := *sc
	seeded.Seed = *s.Seed
	return &seeded, nil
}

// quiet is how long a command works before it shows progress on a terminal.
const quiet = 2 * time.Second

// progress shows how far a simulation is, on a terminal only.
func progress(began time.Time) func(done, total int) {
	info, err := os.Stderr.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	shown := began
	return func(done, total int) {
		if now := time.Now(); done == total && shown != began {
			fmt.Fprint(os.Stderr, "\r\033[K")
		} else if now.Sub(began) > quiet && now.Sub(shown) > quiet/10 {
			shown = now
			fmt.Fprintf(os.Stderr, "\r%d of %d sessions", done, total)
		}
	}
}
