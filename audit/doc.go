// Package audit recomputes what must be true of a simulation from the files it
// wrote, and from nothing else: it shares the vocabulary and the reader of scenario
// files with the market, and no code that clears or settles. What it says is
// therefore worth something to somebody who trusts neither.
//
// Whether an outcome is the best one is not found out by clearing again: prices at
// which nobody would rather have traded otherwise prove it.
package audit
