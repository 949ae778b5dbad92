package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"torg"
	"torg/canon"
	"torg/sign"
)

// format is what proof.json is. A changed form gets another number.
const format = "torg contract proof 1"

// document is proof.json: all links that are not signatures of the parties.
type document struct {
	Format  string  `json:"format"`
	ChainID string  `json:"chain_id"`
	Buyer   *linked `json:"buyer"` // null: the supplier
	Seller  *linked `json:"seller"`

	chained
}

// chained is how a session's root hangs on the chain.
type chained struct {
	// SessionRoot is a leaf of the log of session roots, with the slot before it.
	SessionRoot  hexBytes `json:"session_root"`
	SessionToLog []step   `json:"session_to_log"`

	// LogRecord shows the log's record in the ledger's state (ICS 23, IAVL).
	LogRecord hexBytes `json:"log_record"`
	// LightBlocks lead from the trusted header to the one with the state's hash.
	LightBlocks []hexBytes `json:"light_blocks"`
}

// linked is how one party's part hangs on the session's root.
type linked struct {
	StatementRoot       hexBytes `json:"statement_root"`
	StatementSigned     bool     `json:"statement_signed"` // its files are there
	ContractToStatement []step   `json:"contract_to_statement"`
	SessionMandate      hexBytes `json:"session_mandate"` // in force when trading ended, canonical bytes
	StatementToSession  []step   `json:"statement_to_session"`
	OwnerRecord         hexBytes `json:"owner_record"` // the owner's key in the ledger's state (ICS 23, IAVL)
}

func (d *document) party(s side) *linked {
	if s.buyer {
		return d.Buyer
	}
	return d.Seller
}

// hexBytes are bytes in lower-case hexadecimal digits.
type hexBytes []byte

// MarshalText returns the digits.
func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads the digits.
func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// step is a step of an audit path: the side of the hash beside the way, and the hash,
// as "left 5f..." or "right 5f...".
type step sign.Step

// MarshalText returns side and hash.
func (s step) MarshalText() ([]byte, error) {
	if s.Left {
		return fmt.Appendf(nil, "left %x", s.Hash), nil
	}
	return fmt.Appendf(nil, "right %x", s.Hash), nil
}

// UnmarshalText reads side and hash.
func (s *step) UnmarshalText(text []byte) error {
	which, digits, _ := strings.Cut(string(text), " ")
	h, err := hash(digits)
	if err != nil || which != "left" && which != "right" {
		return fmt.Errorf("%q is no step of an audit path", text)
	}
	*s = step{Left: which == "left", Hash: h}
	return nil
}

func hash(digits string) (sign.Hash, error) {
	raw, err := hex.DecodeString(digits)
	if err == nil && len(raw) != len(sign.Hash{}) {
		err = fmt.Errorf("%d bytes are no hash", len(raw))
	}
	if err != nil {
		return sign.Hash{}, err
	}
	return sign.Hash(raw), nil
}

func steps(path []sign.Step) []step {
	list := make([]step, len(path))
	for i, s := range path {
		list[i] = step(s)
	}
	return list
}

func climb(leaf []byte, path []step) sign.Hash {
	list := make([]sign.Step, len(path))
	for i, s := range path {
		list[i] = sign.Step(s)
	}
	return sign.Climb(leaf, list)
}

// contractText is contract.json: the contract for people and for other programs.
func contractText(c torg.Contract) []byte {
	session, _, _ := strings.Cut(string(c.ID), "-")
	return encodeJSON(struct {
		ID          torg.ContractID    `json:"id"`
		Session     string             `json:"session"`
		Slot        torg.Slot          `json:"slot"`
		Discovery   int                `json:"discovery"`
		Round       int                `json:"round"`
		Buyer       torg.ParticipantID `json:"buyer"`
		BuyerSite   torg.SiteID        `json:"buyer_site,omitempty"`
		BuyerZone   torg.ZoneID        `json:"buyer_zone"`
		BuyerOrder  torg.OrderID       `json:"buyer_order,omitempty"`
		Seller      torg.ParticipantID `json:"seller"`
		SellerSite  torg.SiteID        `json:"seller_site,omitempty"`
		SellerZone  torg.ZoneID        `json:"seller_zone"`
		SellerOrder torg.OrderID       `json:"seller_order,omitempty"`
		Energy      torg.Energy        `json:"energy_wh"`
		BuyerPrice  string             `json:"buyer_price"`
		SellerPrice string             `json:"seller_price"`
	}{
		c.ID, session, c.Slot, c.Discovery, c.Round, c.Buyer, c.BuyerSite, c.BuyerZone, c.BuyOrder,
		c.Seller, c.SellerSite, c.SellerZone, c.SellOrder, c.Energy, c.BuyerPrice.String(), c.SellerPrice.String(),
	})
}

// encodeJSON writes what is made of strings, numbers and lists alone, which always works.
func encodeJSON(v any) []byte {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic("proof: " + err.Error())
	}
	return append(text, '\n')
}

// parseDocument reads a proof.json in the one form that encodeJSON gives it.
func parseDocument(text []byte) (document, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return d, err
	}
	for _, l := range []*linked{d.Buyer, d.Seller} {
		if l != nil {
			l.ContractToStatement, l.StatementToSession = list(l.ContractToStatement), list(l.StatementToSession)
		}
	}
	d.SessionToLog = list(d.SessionToLog)
	if !bytes.Equal(encodeJSON(d), text) {
		return d, errors.New("not in the form in which proofs are written")
	}
	if d.Format != format {
		return d, fmt.Errorf("format %q, this program knows %q", d.Format, format)
	}
	return d, nil
}

// list is never null in JSON: an empty path has one form.
func list(path []step) []step {
	if path == nil {
		return []step{}
	}
	return path
}

// mandateBytes is a mandate in the session's root, which may be none.
func mandateBytes(m torg.Mandate) []byte { return canon.Encode(canon.AppendMandate, m) }
