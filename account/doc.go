// Package account is who may look at the market and who may change what: people's
// accounts with their passwords, the sessions of their browsers and the API keys of
// their programs. It decides and hashes; a Book keeps what it decides, package gate
// speaks HTTP, and package access narrows what is read.
//
// Secrets are random, 256 bits, shown once, and kept as their SHA-256. Passwords are
// kept as argon2id. An account never signs: what binds money needs its owner's key
// besides.
package account
