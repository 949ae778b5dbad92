package torg

import (
	"math/big"
	"math/bits"
	"slices"
)

// ApportionEnergy shares total among weights pro rata, in whole watt-hours: each
// gets the whole part of its share, and what is left goes one by one to the largest
// remainders, ties to the lower index. Callers sort by id first, so that the
// bytewise smaller id wins and arrival order never does. Weights and total are not
// negative and total is at most the sum of weights, which is at most MaxSessionEnergy.
func ApportionEnergy(total Energy, weights []Energy) []Energy {
	shares := make([]Energy, len(weights))
	var sum Energy
	for _, w := range weights {
		sum += w
	}
	if sum == 0 || total == 0 {
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
	for _, i := range byRemainder(len(weights), func(i, j int) int {
		switch {
		case rest[i] > rest[j]:
			return -1
		case rest[i] < rest[j]:
			return 1
		}
		return 0
	})[:left] {
		shares[i]++
	}
	return shares
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
