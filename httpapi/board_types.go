package httpapi

import (
	"encoding/hex"
	"time"

	"torg"
	"torg/board"
	"torg/record"
)

// BoardRules are what a client has to know to make the bytes that it signs.
type BoardRules struct {
	ChainID     string `json:"chain_id" doc:"every signature is for it alone"`
	SlotSeconds int64  `json:"slot_seconds"`
	Timezone    string `json:"timezone" doc:"of the complex, IANA"`
}

// Profile is energy over slots ahead.
type Profile struct {
	First time.Time    `json:"first" doc:"start of the first slot"`
	End   time.Time    `json:"end" doc:"end of the last slot"`
	Steps []board.Step `json:"steps" nullable:"false" doc:"none: nothing is left"`
}

func (a *api) profile(p torg.Profile) Profile {
	return Profile{First: a.Calendar.Start(p.First), End: a.Calendar.Start(p.First + p.Slots()), Steps: board.Steps(p)}
}

// BoardOffer is an offer on the board.
type BoardOffer struct {
	ID           string           `json:"id" example:"foundry-1.o7"`
	Offer        board.OfferTerms `json:"offer" doc:"as it was signed"`
	EnergyWh     int64            `json:"energy_wh" doc:"of all slots"`
	LeftWh       int64            `json:"left_wh" doc:"that nobody took"`
	Left         Profile          `json:"left"`
	State        string           `json:"state" enum:"open,taken,withdrawn,expired"`
	PostedHeight int64            `json:"posted_height" doc:"block that put it on the board"`
	LedgerHeight int64            `json:"ledger_height" doc:"block of its last change"`
}

func (a *api) boardOffer(o record.Offer) BoardOffer {
	all, _ := board.Total(o.Profile)
	left, _ := board.Total(o.Left)
	return BoardOffer{ID: string(o.ID()), Offer: board.OfferForm(a.Calendar, o.Offer), EnergyWh: int64(all), LeftWh: int64(left),
		Left: a.profile(o.Left), State: string(o.State), PostedHeight: o.Posted, LedgerHeight: o.Height}
}

// BoardContract is a forward contract and where it stands.
type BoardContract struct {
	ID           string              `json:"id" example:"factory-1.f3"`
	State        string              `json:"state" enum:"proposed,active,delivered,settled,refused,withdrawn,expired,voided"`
	Contract     board.ContractTerms `json:"contract" doc:"as both parties sign it"`
	EnergyWh     int64               `json:"energy_wh" doc:"of all slots, as signed"`
	Fee          string              `json:"fee" doc:"RUB/kWh, for lines on its path, on top of the price; the buyer pays it"`
	Path         []string            `json:"path" nullable:"false" doc:"zones from the seller's to the buyer's"`
	Open         Profile             `json:"open" doc:"what it delivers: less than signed where it was closed out"`
	ClosedOut    string              `json:"closed_out,omitempty" doc:"why part of it was closed out"`
	CoveredUntil time.Time           `json:"covered_until" doc:"money for its slots before is in escrow or was paid"`
	BuyerKey     string              `json:"buyer_key,omitempty" doc:"fingerprint of the key that signed, hex; absent: not signed"`
	SellerKey    string              `json:"seller_key,omitempty"`
	BuyerSigned  []byte              `json:"buyer_signed,omitempty" doc:"signature, base64"`
	SellerSigned []byte              `json:"seller_signed,omitempty"`
	Corrected    bool                `json:"corrected" doc:"a later reading replaced an estimate in a settled slot"`
	Disputed     bool                `json:"disputed" doc:"a party's statement of one of its slots differs"`
	History      []BoardStep         `json:"history,omitempty" nullable:"false" doc:"of one contract asked for by id"`
	Proposed     int64               `json:"proposed_height"`
	LedgerHeight int64               `json:"ledger_height" doc:"block of its last change"`
}

// BoardStep is a change of a forward contract.
type BoardStep struct {
	State        string `json:"state"`
	ClosedOut    string `json:"closed_out,omitempty"`
	LedgerHeight int64  `json:"ledger_height"`
}

func (a *api) boardContract(f record.Forward) BoardContract {
	all, _ := board.Total(f.Profile)
	out := BoardContract{ID: string(f.ID()), State: f.State, Contract: board.ContractForm(a.Calendar, f.Forward), EnergyWh: int64(all),
		Fee: f.Fee.String(), Path: zones(f.Path), Open: a.profile(f.Open), ClosedOut: string(f.ClosedOut), CoveredUntil: a.Calendar.Start(f.Covered),
		BuyerKey: keyPrint(f.BuyerKey), SellerKey: keyPrint(f.SellerKey), BuyerSigned: f.BuyerSigned, SellerSigned: f.SellerSigned,
		Corrected: f.Corrected, Disputed: f.Disputed, Proposed: f.Proposed, LedgerHeight: f.Height}
	for _, h := range f.History {
		out.History = append(out.History, BoardStep{h.State, string(h.ClosedOut), h.Height})
	}
	return out
}

func keyPrint(f torg.Fingerprint) string {
	if f == (torg.Fingerprint{}) {
		return ""
	}
	return hex.EncodeToString(f[:])
}

// BoardDraft is what is to be signed, and what it would cost.
type BoardDraft struct {
	Kind        string               `json:"kind"`
	ID          string               `json:"id" doc:"of the offer or contract"`
	Participant string               `json:"participant" doc:"whose key has to sign"`
	Side        string               `json:"side,omitempty" enum:"buy,sell"`
	ChainID     string               `json:"chain_id"`
	Message     []byte               `json:"message" doc:"the bytes to sign, base64: RSA-PSS, SHA-256, salt of 32 bytes"`
	MessageHex  string               `json:"message_hex"`
	Held        bool                 `json:"held" doc:"this server holds the key, and signs a request without a signature"`
	Offer       *board.OfferTerms    `json:"offer,omitempty" doc:"what the bytes say; send it back with the signature"`
	Contract    *board.ContractTerms `json:"contract,omitempty"`
	Rounding    string               `json:"rounding,omitempty" doc:"how power became whole Wh of slots"`
	Cost        *BoardCost           `json:"cost,omitempty" doc:"of a contract"`
}

// BoardCost is what a contract would cost and hold now.
type BoardCost struct {
	Refused   string   `json:"refused,omitempty" doc:"the word with which the ledger would refuse it now"`
	Why       string   `json:"why,omitempty"`
	Fee       string   `json:"fee" doc:"RUB/kWh, for lines"`
	Path      []string `json:"path" nullable:"false" doc:"zones from the seller's to the buyer's"`
	EnergyWh  int64    `json:"energy_wh"`
	Price     string   `json:"price" doc:"RUB, what the seller gets for all of it"`
	Fees      string   `json:"fees" doc:"RUB, what the buyer pays for lines on top"`
	Total     string   `json:"total" doc:"RUB, what the buyer pays"`
	Escrow    string   `json:"escrow" doc:"RUB, held of the buyer's balance for the days covered"`
	Guarantee string   `json:"guarantee" doc:"RUB, held of the seller's balance for them"`
	Supplier  string   `json:"supplier" doc:"RUB, what the buyer would pay the supplier for the same"`
	Feeding   string   `json:"feeding" doc:"RUB, what the seller would get from the supplier"`
	Saving    string   `json:"saving" doc:"RUB, what the signing side gains against the supplier"`
}

func (a *api) boardDraft(d board.Draft) BoardDraft {
	out := BoardDraft{Kind: d.Kind, ID: d.ID, Participant: string(d.Party), ChainID: a.Board.ChainID(), Message: d.Message,
		MessageHex: hex.EncodeToString(d.Message), Held: a.Board.Holds(d.Party)}
	if d.Side != 0 {
		out.Side = d.Side.String()
	}
	if d.Offer != nil {
		o := board.OfferForm(a.Calendar, *d.Offer)
		out.Offer = &o
	}
	if d.Contract != nil {
		c := board.ContractForm(a.Calendar, *d.Contract)
		out.Contract = &c
	}
	if d.Rounding != nil {
		out.Rounding = d.Rounding.String()
	}
	if q := d.Quote; q != nil {
		out.Cost = &BoardCost{Refused: string(q.Refused), Why: q.Why, Fee: q.Fee.String(), Path: zones(q.Path), EnergyWh: int64(q.Energy),
			Price: q.Price.String(), Fees: q.Fees.String(), Total: q.Total().String(), Escrow: q.Escrow.String(), Guarantee: q.Guarantee.String(),
			Supplier: q.Supplier.String(), Feeding: q.Feeding.String(), Saving: q.Saving(d.Side).String()}
	}
	return out
}
