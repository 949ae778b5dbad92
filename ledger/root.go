package ledger

import (
	"slices"
	"strings"

	"torg"
	"torg/canon"
	"torg/sign"
)

// StatementRoot returns what a party's statement of a session says: the RFC 6962
// root of the canonical bytes of all its contracts, in the order of their ids.
func StatementRoot(contracts []torg.Contract) [32]byte {
	sorted := slices.Clone(contracts)
	slices.SortFunc(sorted, func(a, b torg.Contract) int { return strings.Compare(string(a.ID), string(b.ID)) })
	leaves := make([][]byte, len(sorted))
	for i, c := range sorted {
		leaves[i] = canon.Encode(canon.AppendContract, c)
	}
	return sign.Root(leaves)
}
