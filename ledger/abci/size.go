package abci

// Size returns how large the committed state is: how many keys it has, and the bytes
// of all keys and values together. It reads all of it, and consensus waits meanwhile.
func (c *Chain) Size() (keys int, bytes int64) {
	c.app.mu.Lock()
	defer c.app.mu.Unlock()
	c.store.Ascend(nil, func(key, value []byte) bool {
		keys++
		bytes += int64(len(key) + len(value))
		return true
	})
	return keys, bytes
}
