// Package abci runs the ledger on CometBFT, inside this process: one chain per
// complex, one validator to begin with, nothing to set up. It is the only package
// that knows CometBFT and the tree (IAVL) that the state's hash comes from.
//
// A directory holds everything of a chain:
//
//	config/genesis.json               what the chain was born with
//	keys/priv_validator_key.json      the validator's key
//	keys/node_key.json                the node's key among its peers
//	data/priv_validator_state.json    what the validator signed last; never copy it back
//	data/blockstore.db, state.db      the blocks and their results
//	data/application.db               the ledger's state
//	data/evidence.db, cs.wal          consensus
//
// A block goes through three steps. FinalizeBlock applies it in memory and answers
// with the hash of the state that results; CometBFT stores block and answer; Commit
// writes the state. A process that dies anywhere in between finds the block again
// when it starts and carries on from there.
package abci
