// Package ledger is the market as a state machine: which transactions are valid,
// what clearing at each gate makes of the orders, and where the money goes. It is
// pure: blocks in, results and events out, the same on every node.
//
// It runs under CometBFT (package ledger/abci) and, on virtual time, under a
// sequencer of ours (package ledger/seq).
package ledger
