package market

import (
	"cmp"
	"math/bits"
	"slices"

	"torg"
)

// apportion shares total among weights pro rata, by largest remainder, ties to the
// lower index. It is torg.ApportionEnergy for long lists: in linear time.
func apportion(total torg.Energy, weights []torg.Energy) []torg.Energy {
	shares := make([]torg.Energy, len(weights))
	apportionInto(shares, total, weights)
	return shares
}

// apportionInto is apportion into shares that are there.
func apportionInto(shares []torg.Energy, total torg.Energy, weights []torg.Energy) {
	var sum torg.Energy
	for _, w := range weights {
		sum += w
	}
	if total == sum || total == 0 {
		for i, w := range weights {
			shares[i] = w
			if total == 0 {
				shares[i] = 0
			}
		}
		return
	}
	rest := make([]uint64, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, uint64(sum))
		shares[i], rest[i] = torg.Energy(q), r
		left -= torg.Energy(q)
	}
	if left == 0 {
		return
	}
	least := nthLargest(slices.Clone(rest), int(left))
	for _, r := range rest {
		if r > least {
			left--
		}
	}
	for i, r := range rest {
		switch {
		case r > least:
			shares[i]++
		case r == least && left > 0:
			shares[i]++
			left--
		}
	}
}

// nthLargest returns the n-th largest of a list, from 1, which it disorders (Hoare
// 1961, Algorithm 65: Find).
func nthLargest(list []uint64, n int) uint64 {
	for len(list) > 32 {
		a, b, c := list[0], list[len(list)/2], list[len(list)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := 0, len(list)-1
		for i <= j {
			for list[i] > pivot {
				i++
			}
			for list[j] < pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i++
				j--
			}
		}
		switch {
		case n <= j+1:
			list = list[:j+1]
		case n > i:
			list, n = list[i:], n-i
		default:
			return pivot
		}
	}
	slices.SortFunc(list, func(a, b uint64) int { return cmp.Compare(b, a) })
	return list[n-1]
}
