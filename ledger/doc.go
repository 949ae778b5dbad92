// Package ledger is the market as a state machine: which transactions are valid,
// what clearing at each gate makes of the orders, and where the money goes. It is
// pure: blocks in, results and events out, the same on every node.
//
// It runs under CometBFT (package ledger/abci) and, on virtual time, under a
// sequencer of ours (package ledger/seq).
//
// # A slot's life
//
// One session runs at a time: that for the slot after the present one. The market's
// first one opens in the block that admits the first site. The first
// block whose time has passed a gate clears the discovery before anything else, so
// what comes in it is late (session.go, order.go, clear.go). Contracts hold their
// money in @escrow from the block that clears them until the slot is delivered,
// which is when all its sites have readings (reading.go). When all slots of a
// settlement interval are delivered it is settled (settlement.go); at the deadline
// what is missing is estimated, and the truth, when it comes, posts the difference
// (correct.go). Months end in the complex's time zone or by the operator's word
// (month.go). Intervals are settled in their order, none is left out.
//
// # Money
//
// Every posting has two sides, so all accounts sum to zero; each block checks it, and
// a ledger that finds its own books wrong panics rather than go on (money.go). An
// order reserves its worst case and is cut to what the balance covers: a buyer's
// limit; what a seller that delivers nothing pays for its deviation beyond its
// limit. Of a contract the seller keeps reserved, until the interval is settled, what
// not delivering would cost beyond its price.
//
// # State
//
// A block works on a fork of the committed state: typed tables that are shared until
// they are written (table.go, state.go). Commit writes what changed into the KV in the
// order of the keys. Nothing that is settled stays, so state does not grow with time
// but by bank references and the logarithmic log of session roots.
package ledger
