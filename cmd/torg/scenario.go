package main

import (
	"time"

	"torg/config"
	"torg/scenario"
	"torg/world"
)

// demoName is the built-in scenario's name.
const demoName = "demo"

// fastInterval is the slot of the demonstration when it runs much faster than time:
// its signatures could not keep up with 30 s slots.
const (
	fastInterval = 15 * time.Minute
	fastSpeed    = 20
)

// loadScenario reads the scenario that a configuration names, and its meters' files,
// before anything is written.
func loadScenario(c config.Config) (*scenario.Scenario, error) {
	sc := scenario.Demo()
	if c.Scenario != demoName {
		var err error
		if sc, err = scenario.Load(c.Scenario); err != nil {
			return nil, usage(err)
		}
	}
	if c.Interval != 0 && c.Interval != sc.Calendar.Interval {
		var err error
		if sc, err = world.WithInterval(sc, c.Interval); err != nil {
			return nil, usage(err)
		}
	}
	return sc, usage(world.CheckMeters(sc))
}
