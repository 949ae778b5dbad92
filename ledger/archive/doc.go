// Package archive keeps what a chain did in plain files, for as long as anybody may ask
// for it, so that the chain itself can forget old blocks.
//
// An archive is a folder with one folder for each day (UTC) in which the chain made
// blocks, and the genesis document that the chain was born with:
//
//	genesis.json
//	2026-11-27/blocks          every block of the day, in a form that programs read
//	2026-11-27/orders.csv      every order that came, for people
//	2026-11-27/contracts.csv   every contract that was made, for people
//	2026-11-27/log.json        shows the log of session roots after the day, if it could be
//	2026-11-27/manifest.json   heights, the last block's hash, SHA-256 of every file
//
// A day is closed once it has a manifest; then none of its files changes. The others are
// derived from blocks, byte by byte. The newest day has blocks alone until it is over.
//
// Blocks that did nothing take twelve bytes: their time, which the rules need, and
// nothing that proves it. All others are kept whole, and so is the block after each, the
// first and the last of a day: each with its light block, which is a header of the chain
// with its votes, so that everything in the archive hangs on headers. This package knows
// neither headers nor votes: whoever wrote them in checks them.
//
// The file blocks is a sequence of records. A record begins with a byte for its kind,
// seven bytes for a number, most significant first, and the CRC-32C of these eight bytes
// in four:
//
//	'q', nanoseconds since the block before: a block that did nothing
//	'b', n: a block; n bytes follow, and their CRC-32C in four
//
// The n bytes are the block's height and its time in nanoseconds since the Unix epoch, in
// eight bytes each, the hash of the state after it in 32 and, compressed by DEFLATE
// (RFC 1951), in the canonical form of package canon: the block's hash, its light block in
// CometBFT's protobuf, its transactions, the refusal of each, and its events in JSON.
package archive
