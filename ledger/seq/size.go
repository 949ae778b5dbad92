package seq

// Size returns how large the committed state is: how many keys it has, and the bytes
// of all keys and values together.
func (c *Chain) Size() (keys int, bytes int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.kv.Len(), c.kv.Bytes()
}
