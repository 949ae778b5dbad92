package torg

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"
)

// ApportionEnergy shares total among weights pro rata, in whole watt-hours: each
// gets the whole part of its share, and what is left goes one by one to the largest
// remainders, ties to the lower index. Callers sort by id first, so that the
// bytewise smaller id wins and arrival order never does. Weights and total are not
// negative and total is at most the sum of weights, which is at most MaxSessionEnergy.
// The time it takes is linear.
func ApportionEnergy(total Energy, weights []Energy) []Energy {
	shares := make([]Energy, len(weights))
	var sum Energy
	for _, w := range weights {
		sum += w
	}
	switch total {
	case 0:
		return shares
	case sum:
		copy(shares, weights)
		return shares
	}
	left := total
	rest := make([]uint64, len(weights))
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, uint64(sum))
		shares[i], rest[i] = Energy(q), r
		left -= Energy(q)
	}
	if left == 0 {
		return shares
	}
	least := nthLargest(slices.Clone(rest), int(left))
	for _, r := range rest {
		if r > least {
			left--
		}
	}
	for i, r := range rest {
		if r > least {
			shares[i]++
		} else if r == least && left > 0 {
			shares[i]++
			left--
		}
	}
	return shares
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

// ApportionCost shares a cost that is not negative among weights that are not
// negative, in the same way as ApportionEnergy; nothing is shared where all weights
// are zero.
func ApportionCost(total Cost, weights []Cost) []Cost {
	shares := make([]Cost, len(weights))
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, w.Big())
	}
	if sum.Sign() == 0 || total.Sign() == 0 {
		return shares
	}
	left := total.Big()
	rest := make([]*big.Int, len(weights))
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(total.Big(), w.Big()), sum, new(big.Int))
		shares[i], rest[i] = CostFromBig(q), r
		left.Sub(left, q)
	}
	one := Cost{0, 1}
	for _, i := range byRemainder(len(weights), func(i, j int) int { return rest[j].Cmp(rest[i]) })[:left.Int64()] {
		shares[i] = shares[i].Add(one)
	}
	return shares
}

func byRemainder(n int, cmp func(i, j int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, cmp)
	return order
}
