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
