// Package market clears one session's orders: it discovers the price, shares out
// the energy and pairs the orders into trades of three rounds. Everything here is
// a pure function of the set of orders, in integers, so that every validator gets
// the same bits.
//
// The steps stand in files of their own: a sheet of valid orders (sheet.go), the
// outcome of largest welfare and its price (discover.go), who gets inside energy
// (share.go), who trades with whom (pair.go, avoid.go, prefer.go), at what price
// (trade.go), and why the rest did not trade (reason.go). This market clears a
// complex of one zone; only discovery and sharing look at the grid.
package market
