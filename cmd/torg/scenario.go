package main

import (
	"fmt"
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

// loadScenario reads the scenario that a configuration names.
func loadScenario(c config.Config) (*scenario.Scenario, error) {
	sc := scenario.Demo()
	if c.Scenario != demoName {
		var err error
		if sc, err = scenario.Load(c.Scenario); err != nil {
			return nil, usage(err)
		}
	}
	if len(sc.Complex.Zones) > 1 {
		return nil, usage(fmt.Errorf("%s: %d zones: this version clears complexes of one zone", c.Scenario, len(sc.Complex.Zones)))
	}
	if c.Interval == 0 || c.Interval == sc.Calendar.Interval {
		return sc, nil
	}
	sc, err := world.WithInterval(sc, c.Interval)
	return sc, usage(err)
}
