// Package torg is the vocabulary of the market: participants and their sites,
// slots, orders, trades, contracts, mandates, readings and tariffs, and the units
// they are counted in. Everything else in this module speaks in these words.
//
// Nothing here reads a clock, a disk or a network, and everything is integers:
// two programs that compute the same thing get the same bits.
package torg
