// Package board is what people and programs need to conclude contracts on the board:
// offers and contracts from power and local time, their JSON and CSV forms, what they
// will cost before anybody signs, and the way of what is signed to the ledger.
//
// The ledger decides everything. What is here only prepares bytes to sign, relays them
// and says what became of them, and a party may do all of it without this package.
package board
