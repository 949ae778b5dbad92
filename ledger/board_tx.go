package ledger

import (
	"torg"
	"torg/canon"
	"torg/sign"
)

// The kinds of the board's transactions.
const (
	kindPost kind = 40 + iota
	kindUnpost
	kindConclude
	kindDecline
)

type (
	// Post puts an offer on the board. A live key of the site's owner signs
	// OfferMessage, or the site's agent within its mandate.
	Post struct {
		Offer torg.Offer
	}

	// Unpost takes an offer off the board; contracts that took it already stay. It is
	// signed by whoever may sign the offer.
	Unpost struct {
		Site   torg.SiteID
		Number uint64 // of the offer
	}

	// Conclude brings one or both parties' signatures of a forward contract, over
	// ForwardMessage. The first one proposes it, which holds the lines, the connected
	// capacity and the money that it needs; the second makes it active. Nobody signs the
	// envelope. Either signature is by a live key of the party's owner, or by its site's
	// agent within its mandate.
	Conclude struct {
		Contract                  torg.Forward
		BuyerSigned, SellerSigned []byte // empty: not yet
	}

	// Decline ends a proposed contract: by its proposer it is withdrawn, by the other
	// party refused. It is signed by whoever may sign the contract for Side.
	Decline struct {
		Contract torg.ContractID
		Side     torg.Side // who declines
	}
)

func (Post) kind() kind     { return kindPost }
func (Unpost) kind() kind   { return kindUnpost }
func (Conclude) kind() kind { return kindConclude }
func (Decline) kind() kind  { return kindDecline }

func (b Post) append(w *canon.Writer) { canon.AppendOffer(w, b.Offer) }

func readPost(r *canon.Reader) Body { return Post{Offer: canon.ReadOffer(r)} }

func (b Unpost) append(w *canon.Writer) {
	w.String(string(b.Site))
	w.U64(b.Number)
}

func readUnpost(r *canon.Reader) Body {
	return Unpost{Site: canon.ID[torg.SiteID](r), Number: r.U64()}
}

func (b Conclude) append(w *canon.Writer) {
	canon.AppendForward(w, b.Contract)
	w.Blob(b.BuyerSigned)
	w.Blob(b.SellerSigned)
}

func readConclude(r *canon.Reader) Body {
	return Conclude{Contract: canon.ReadForward(r), BuyerSigned: r.Blob(maxSignature), SellerSigned: r.Blob(maxSignature)}
}

func (b Decline) append(w *canon.Writer) {
	w.String(string(b.Contract))
	w.U8(uint8(b.Side))
}

func readDecline(r *canon.Reader) Body {
	return Decline{Contract: torg.ContractID(r.String(canon.MaxOrderID)), Side: torg.Side(r.U8())}
}

// OfferMessage returns the bytes that an owner or agent signs to post an offer.
func OfferMessage(chainID string, o torg.Offer) []byte {
	return sign.Message(sign.DomainOffer, chainID, canon.Encode(canon.AppendOffer, o))
}

// ForwardMessage returns the bytes that both parties sign to conclude a forward
// contract.
func ForwardMessage(chainID string, f torg.Forward) []byte {
	return sign.Message(sign.DomainContract, chainID, canon.Encode(canon.AppendForward, f))
}
