package main

import (
	"os"
	"runtime/debug"
)

// How the runtime collects garbage in a market: a session's orders are read, checked
// and forgotten within a second, so that waiting until there is five times as much as
// is in use costs memory for moments and saves a fifth of the work; from softLimit on
// it collects as often as it must.
const (
	gcPercent = 400
	softLimit = 2 << 30 // bytes
)

// tuneMemory sets how garbage is collected, where whoever starts the process has not
// (environment variables GOGC and GOMEMLIMIT).
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
}
