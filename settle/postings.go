package settle

import "torg"

// Postings returns the double entries of an interval's result, dated slot (the last
// of the interval), every amount positive. in must be what Interval settled. After
// them the imbalance account is where it was before the interval, and of in.Network
// exactly in.Fees are left on the network account.
func Postings(in Input, r Result, slot torg.Slot) []torg.Posting {
	b := book{slot: slot}
	for i, p := range in.Parties {
		b.move(torg.PostImbalance, p.Participant.Account(), torg.AccountImbalance, r.Parties[i].Imbalance)
	}
	b.move(torg.PostNetwork, torg.AccountNetwork, torg.AccountImbalance, in.Network.Sub(in.Fees))
	b.move(torg.PostInvoice, torg.AccountImbalance, torg.AccountSupplier, r.Extra)
	b.move(torg.PostResidual, torg.AccountLoss, torg.AccountImbalance, r.ToLoss)
	b.move(torg.PostResidual, torg.AccountImbalance, torg.AccountLoss, r.Repaid.Add(r.Credit))
	for i, p := range in.Parties {
		b.move(torg.PostResidual, torg.AccountImbalance, p.Participant.Account(), r.Parties[i].Residual)
	}
	return b.postings
}

// book collects the postings of one slot.
type book struct {
	slot     torg.Slot
	postings []torg.Posting
}

// move enters an amount; a negative one flows the other way, and none is no entry.
func (b *book) move(kind torg.PostingKind, from, to torg.Account, amount torg.Cost) {
	switch amount.Sign() {
	case 0:
		return
	case -1:
		from, to, amount = to, from, amount.Neg()
	}
	b.postings = append(b.postings, torg.Posting{Slot: b.slot, Kind: kind, From: from, To: to, Amount: amount})
}
