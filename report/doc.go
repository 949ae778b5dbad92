// Package report writes down what a simulation did: tables that others can check
// and recompute, a summary, and a page with plots for people. It watches the chain
// and streams rows as blocks come, so that memory does not grow with the run.
//
// Every file but the run time on the page is the same for the same scenario.
//
// # What a forecast error costs
//
// A party that contracted C and metered M deviates by d = M - C, which settlement
// charges at the supplier's two prices. What the error costs is what that charge is
// above the deviation's worth inside:
//
//	cost of errors = imbalance(d) - d * p
//
// summed over its settlement intervals, where p is the mean of its zone's prices of
// the first discovery in the interval's sessions, rounded down. Intervals in which
// the party contracted nothing, or without a price, count as no error: nothing was
// foretold. After no_worse it is that sum less what the month's top-up gave, or more
// by what it took.
package report
