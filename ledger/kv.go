package ledger

// KV is where the state lives between blocks. Keys are at most 256 bytes.
type KV interface {
	Get(key []byte) []byte // nil: absent
	Set(key, value []byte)
	Delete(key []byte)
	// Ascend calls f for the keys with a prefix in bytewise order until it
	// returns false. f must not write.
	Ascend(prefix []byte, f func(key, value []byte) bool)
}

// IsHead says whether a key of the state holds what the ledger knows as a whole, the
// last block's height and time among it. It changes in every block, and a chain that
// keeps it elsewhere has blocks that change nothing else.
func IsHead(key []byte) bool { return len(key) == 1 && key[0] == prefixHead }
