// Package proof shows one contract to somebody who trusts one header of the chain and
// nobody else: a folder of files that the program checks offline, down to the last
// byte, and whose signatures openssl checks too.
//
// What a proof shows, link by link:
//
//   - each party's agent signed the order that the contract is within;
//   - each party's owner signed the mandate that the agent's key, sides, energy and
//     limit are within, and the owner's key is that in the ledger's state;
//   - the contract is a leaf of each party's statement, which the agent signed unless
//     the proof says that it is not there;
//   - the statement's root is, with participant, site and mandate, a leaf of the
//     session's root, and that one of the ledger's log of session roots;
//   - that log is in the state whose hash is in a header which the chain's validators
//     signed, and CometBFT's light client leads there from the trusted header.
//
// What it does not show, because no hash in a header commits to it alone: that no later
// order replaced the one shown before the gate, at what moment the order and the
// mandate came, how much of a day's spending was used, and that a missing statement was
// not signed later. Whoever wants to know these replays the session's blocks.
//
// The supplier's side of a contract of round 3 has no order, and no files.
package proof
