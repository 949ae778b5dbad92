package market

import (
	"cmp"
	"math/bits"
	"slices"
)

// headed is a place with the number that it is sorted by.
type headed struct {
	head uint64
	at   int32
}

const digitBits = 11

// few is how many are too few for sorting by radix to pay.
const few = 200

// sortHeads sorts by head, ties as they stand: a least significant digit radix sort
// that leaves out the digits that all heads share (Knuth 1998, The Art of Computer
// Programming 3, 5.2.5). It may return another slice than it was given.
func sortHeads(list []headed) []headed {
	spare := make([]headed, len(list))
	var differ uint64
	for _, h := range list {
		differ |= h.head ^ list[0].head
	}
	for shift := nextDigit(differ, 0); shift < 64; shift = nextDigit(differ, shift+digitBits) {
		var at [1 << digitBits]int32
		for _, h := range list {
			at[h.head>>shift&(1<<digitBits-1)]++
		}
		starts(at[:])
		for _, h := range list {
			d := h.head >> shift & (1<<digitBits - 1)
			spare[at[d]] = h
			at[d]++
		}
		list, spare = spare, list
	}
	return list
}

// sortPacked sorts numbers by their bits from from on, ties as they stand. It returns
// them in the one slice and the other, of the same length, for other use.
func sortPacked(list, spare []uint64, from int) (sorted, other []uint64) {
	if len(list) < few {
		slices.SortStableFunc(list, func(a, b uint64) int { return cmp.Compare(a>>from, b>>from) })
		return list, spare
	}
	var differ uint64
	for _, h := range list {
		differ |= h ^ list[0]
	}
	differ = differ >> from << from
	width := digitBits
	if len(list) < 1<<digitBits {
		width = 8
	}
	var at [1 << digitBits]int32
	for shift := nextDigit(differ, from); shift < 64; shift = nextDigit(differ, shift+width) {
		at, mask := at[:1<<width], uint64(1)<<width-1
		clear(at)
		for _, h := range list {
			at[h>>shift&mask]++
		}
		starts(at)
		for _, h := range list {
			d := h >> shift & mask
			spare[at[d]] = h
			at[d]++
		}
		list, spare = spare, list
	}
	return list, spare
}

// nextDigit returns the lowest bit from shift on in which heads differ, or 64.
func nextDigit(differ uint64, shift int) int {
	if shift >= 64 {
		return 64
	}
	differ = differ >> shift << shift
	return bits.TrailingZeros64(differ)
}

// starts turns counts into where each count's places begin.
func starts(counts []int32) {
	var sum int32
	for d, n := range counts {
		counts[d] = sum
		sum += n
	}
}
