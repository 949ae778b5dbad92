package orderbook

import (
	"io"
	"runtime"
)

// rowsAtOnce is how many rows one goroutine formats at a time.
const rowsAtOnce = 1 << 14

// inOrder writes n rows that a function appends. Several goroutines format at once;
// what is written is in order.
func inOrder(w io.Writer, n int, row func(b []byte, i int) []byte) error {
	workers := runtime.GOMAXPROCS(0)
	buffers := make(chan []byte, workers+1) // those that nobody uses
	for range workers + 1 {
		buffers <- nil
	}
	parts := make(chan chan []byte, workers)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(parts)
		for from := 0; from < n; from += rowsAtOnce {
			var b []byte
			select {
			case b = <-buffers:
			case <-stop:
				return
			}
			part := make(chan []byte, 1)
			go func() {
				b = b[:0]
				for i := from; i < min(n, from+rowsAtOnce); i++ {
					b = row(b, i)
				}
				part <- b
			}()
			select {
			case parts <- part:
			case <-stop:
				return
			}
		}
	}()
	for part := range parts {
		b := <-part
		if _, err := w.Write(b); err != nil {
			return err
		}
		buffers <- b
	}
	return nil
}
