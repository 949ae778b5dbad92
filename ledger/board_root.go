package ledger

import (
	"crypto/sha256"

	"torg"
	"torg/canon"
)

// BoardContract is what the board's root says of a forward contract that both parties
// have signed.
type BoardContract struct {
	Contract            torg.Forward
	Fee                 torg.Price    // of its path, per kWh
	Path                []torg.ZoneID // from the seller's zone to the buyer's
	BuyerKey, SellerKey torg.Fingerprint
}

// Leaf returns the contract's leaf: its id, the SHA-256 of its canonical bytes, fee,
// path and the keys that signed. The board's root is the RFC 6962 root of the leaves of
// the contracts that became active since the session before ended, in that order.
func (c BoardContract) Leaf() []byte {
	sum := sha256.Sum256(canon.Encode(canon.AppendForward, c.Contract))
	var w canon.Writer
	w.String(string(c.Contract.ID()))
	w.Fixed(sum[:])
	w.Price(c.Fee)
	canon.AppendList(&w, c.Path, appendID)
	w.Fixed(c.BuyerKey[:])
	w.Fixed(c.SellerKey[:])
	return w.Bytes()
}

// BoardLeaf returns what a session's root holds of the board: its last leaf, where there
// are new contracts. It begins as no party's does, with an empty name.
func BoardLeaf(root [32]byte) []byte {
	var w canon.Writer
	w.String("")
	w.Fixed(root[:])
	return w.Bytes()
}

func (s *state) leafOf(f *forward) BoardContract {
	return BoardContract{Contract: f.Forward, Fee: f.fee, Path: s.zonesOn(f), BuyerKey: f.signed[0].key, SellerKey: f.signed[1].key}
}

// freshLeaves returns the leaves of the contracts that are new since a session ended,
// and forgets them.
func (s *state) freshLeaves() [][]byte {
	b, _ := s.boards.get("")
	if len(b.fresh) > 0 {
		s.onBoard(func(b *board) { b.fresh = nil })
	}
	return b.fresh
}
