package kvmem

// Bytes returns how many bytes all keys and values have together.
func (m *KV) Bytes() int64 {
	var n int64
	for k, v := range m.values {
		n += int64(len(k) + len(v))
	}
	return n
}
