package main

import (
	"cmp"
	"io/fs"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// reading is the state of a growing market at a moment.
type reading struct {
	at        time.Time
	cpu       time.Duration // of this process, on all processors
	keys      int           // of the ledger's state
	bytes     int64         // of the same
	heap      int64
	disk      int64 // bytes of the chain's folder
	contracts int
}

// row is what some sessions took, each, and what is there after them.
type row struct {
	sessions  int
	wall, cpu time.Duration
	contracts float64
	keys      int
	bytes     int64
	heap      int64
	disk      int64
}

func measure(m *growing) reading {
	n := reading{heap: heap(), contracts: m.clock.contracts()}
	n.keys, n.bytes = m.size()
	if m.dir != "" {
		n.disk = folderSize(m.dir)
	}
	n.at, n.cpu = time.Now(), processors()
	return n
}

// until is what n sessions between two readings took; done is how many there are.
func (a reading) until(b reading, n, done int) row {
	return row{
		sessions: done, wall: b.at.Sub(a.at) / time.Duration(n), cpu: (b.cpu - a.cpu) / time.Duration(n),
		contracts: float64(b.contracts-a.contracts) / float64(n),
		keys:      b.keys, bytes: b.bytes, heap: b.heap, disk: (b.disk - a.disk) / int64(n),
	}
}

// middle is the median of rows, figure by figure.
func middle(rows []row) row {
	return row{
		cpu:   median(rows, func(r row) time.Duration { return r.cpu }),
		keys:  median(rows, func(r row) int { return r.keys }),
		bytes: median(rows, func(r row) int64 { return r.bytes }),
		heap:  median(rows, func(r row) int64 { return r.heap }),
		disk:  median(rows, func(r row) int64 { return r.disk }),
	}
}

func median[T cmp.Ordered](rows []row, of func(row) T) T {
	all := make([]T, len(rows))
	for i, r := range rows {
		all[i] = of(r)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// more says whether now exceeds before by more than a factor.
func more[T ~int | ~int64](now, before T, factor float64) bool {
	return float64(now) > float64(before)*factor
}

// processors is what this process has spent of all processors.
func processors() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// folderSize adds up the files in a folder. Some may go while it looks.
func folderSize(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}
