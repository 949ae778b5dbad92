package sim

import (
	"time"

	"torg"
	"torg/record"
)

// Silent is a recorder that drops everything.
type Silent struct{}

// Opened drops a session.
func (Silent) Opened(record.Session) {}

// Forecasts drops forecasts.
func (Silent) Forecasts(string, torg.Slot, []record.Reading) {}

// Decided drops decisions.
func (Silent) Decided([]record.Decision) {}

// Said drops messages.
func (Silent) Said([]record.Message) {}

// Gate drops a duration.
func (Silent) Gate(string, int, time.Duration) {}

// NotRun drops a session that was not run.
func (Silent) NotRun(string) {}
