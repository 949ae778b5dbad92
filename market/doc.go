// Package market clears one session's orders: it discovers the prices, shares out
// the energy and pairs the orders into trades of three rounds. Everything here is a
// pure function of the set of orders, in integers, so that every validator gets the
// same bits.
//
// A book comes in as a list of orders or row by row (builder.go) and is kept in
// columns, sorted by id (sheet.go, ids.go), on a grid of zones and lines (grid.go).
// Discovery sorts the orders once, into one curve per zone (curve.go), finds the
// optimal flow between zones (flow.go, update.go) and shares what is at the margin
// (margin.go). Everything else follows from where the curves are cut (result.go): prices (equilibrium.go), who gets inside energy (trace.go), who trades with whom
// (pair.go, avoid.go, classes.go, prefer.go), at which prices (gain.go), what is used of
// the grid (use.go), and why the rest did not trade (reason.go). Verify checks an
// outcome without discovering again (verify.go, optimum.go); OwnPart is the small check
// of one party (own.go).
package market
