// Package store keeps the SQL projection of the ledger that pages, API and reports
// read, beside what is not on the ledger: names and settings, forecasts, the
// agents' journal, messages between the parts and generated history. It implements
// record.Reader.
//
// A block's rows and its height are committed in one transaction, so the projection
// is always that of some height, and it can be rebuilt from the blocks. The same
// SQL text runs on SQLite (one file, nothing to set up) and on PostgreSQL; only
// bulk loading and opening differ.
//
// Amounts are exact: they are stored as decimal text and added up in Go.
package store
