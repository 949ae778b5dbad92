package proof

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/sign"
)

// boardFormat is what proof.json of a contract of the board is.
const boardFormat = "torg board contract proof 1"

// boardDocument is proof.json of a contract of the board.
type boardDocument struct {
	Format  string     `json:"format"`
	ChainID string     `json:"chain_id"`
	Fee     torg.Price `json:"fee"` // for lines on its path, per kWh, on top of the price

	// Path has the zones from the seller's to the buyer's.
	Path   []torg.ZoneID `json:"path"`
	Buyer  boardParty    `json:"buyer"`
	Seller boardParty    `json:"seller"`

	ContractToBoard []step    `json:"contract_to_board"`
	BoardRoot       hexBytes  `json:"board_root"`
	BoardToSession  []step    `json:"board_to_session"`
	Slot            torg.Slot `json:"slot"` // whose session's root has it

	chained
}

// boardParty is how one party's signature hangs on the state.
type boardParty struct {
	ByAgent     bool     `json:"by_agent"`     // under a mandate, whose files are there; else by the owner
	OwnerRecord hexBytes `json:"owner_record"` // the owner's key in the ledger's state (ICS 23, IAVL)
}

func (d *boardDocument) party(s side) *boardParty {
	if s.buyer {
		return &d.Buyer
	}
	return &d.Seller
}

// board is the side as the vocabulary has it.
func (s side) board() torg.Side {
	if s.buyer {
		return torg.Buy
	}
	return torg.Sell
}

// isBoard says whether a proof.json claims to be of a contract of the board.
func isBoard(text []byte) bool {
	var d struct {
		Format string `json:"format"`
	}
	return json.Unmarshal(text, &d) == nil && d.Format == boardFormat
}

// chainOf reads of either document how it hangs on which chain.
func chainOf(text []byte) (string, chained, error) {
	if isBoard(text) {
		d, err := parseBoard(text)
		return d.ChainID, d.chained, err
	}
	d, err := parseDocument(text)
	return d.ChainID, d.chained, err
}

func parseBoard(text []byte) (boardDocument, error) {
	var d boardDocument
	if err := json.Unmarshal(text, &d); err != nil {
		return d, err
	}
	d.ContractToBoard, d.BoardToSession, d.SessionToLog = list(d.ContractToBoard), list(d.BoardToSession), list(d.SessionToLog)
	if !bytes.Equal(encodeJSON(d), text) {
		return d, errors.New("not in the form in which proofs are written")
	}
	return d, nil
}

// boardText is contract.json of a contract of the board.
func boardText(f torg.Forward) []byte {
	type step struct {
		Slots  uint32      `json:"slots"`
		Energy torg.Energy `json:"energy_wh"`
		Price  string      `json:"price"`
	}
	steps := make([]step, len(f.Profile.Steps))
	for i, s := range f.Profile.Steps {
		steps[i] = step{s.Slots, s.Energy, s.Price.String()}
	}
	return encodeJSON(struct {
		ID         torg.ContractID    `json:"id"`
		Proposer   torg.Side          `json:"proposer"`
		Offer      torg.OfferID       `json:"offer,omitempty"`
		Buyer      torg.ParticipantID `json:"buyer"`
		BuyerSite  torg.SiteID        `json:"buyer_site"`
		Seller     torg.ParticipantID `json:"seller"`
		SellerSite torg.SiteID        `json:"seller_site"`
		First      torg.Slot          `json:"first_slot"`
		Steps      []step             `json:"steps"`
		MaxFee     string             `json:"max_fee"`
		Source     string             `json:"source,omitempty"`
		SignBy     string             `json:"sign_by"`
	}{
		f.ID(), f.Proposer, f.Offer, f.Buyer, f.BuyerSite, f.Seller, f.SellerSite, f.Profile.First, steps,
		f.MaxFee.String(), f.Source, f.SignBy.UTC().Format(time.RFC3339),
	})
}

// verifyBoard checks a proof of a contract of the board, as Verify does.
func verifyBoard(files Files, trust abci.Trust) (Shown, error) {
	d, err := parseBoard(files[fileProof])
	if err != nil {
		return Shown{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	body, err := sign.OpenMessage(files[fileContract], sign.DomainContract, d.ChainID)
	if err != nil {
		return Shown{}, fmt.Errorf("%s: %w", fileContract, err)
	}
	f, err := canon.Decode(body, canon.ReadForward)
	if err == nil {
		err = f.Profile.Valid()
	}
	if err != nil {
		return Shown{}, fmt.Errorf("%s: %w", fileContract, err)
	}
	v := &boardCheck{doc: d, contract: f, check: check{files: files, made: Files{
		fileProof: encodeJSON(d), fileContract: ledger.ForwardMessage(d.ChainID, f), fileText: boardText(f),
	}}}
	if err := v.complete(); err != nil {
		return Shown{}, err
	}
	shown, err := v.chain(trust)
	if err != nil {
		return Shown{}, err
	}
	if err := v.compare(); err != nil {
		return Shown{}, err
	}
	return Shown{
		Contract: torg.Contract{ID: f.ID()}, Forward: &f, ChainID: d.ChainID, Height: shown.Height, Time: shown.Time, Signed: v.signed,
	}, nil
}

// boardCheck is a proof of a contract of the board while it is checked.
type boardCheck struct {
	check
	doc      boardDocument
	contract torg.Forward
}

func (v *boardCheck) complete() error {
	expected := []string{fileContract, fileText, fileProof}
	for _, s := range sides {
		expected = append(expected, s.file(fileKey), s.file(fileOrderSig), s.file(fileOwner))
		if v.doc.party(s).ByAgent {
			expected = append(expected, s.file(fileMandate), s.file(fileMandateSig))
		}
	}
	return v.files.are(expected)
}

// chain checks the links from the trusted header down to the parties.
func (v *boardCheck) chain(trust abci.Trust) (abci.Proven, error) {
	state := abci.StateProof{Records: [][]byte{v.doc.LogRecord}}
	keys := [][]byte{ledger.LogKey()}
	for _, s := range sides {
		p, _ := v.contract.Party(s.board())
		state.Records = append(state.Records, v.doc.party(s).OwnerRecord)
		keys = append(keys, ledger.OwnerKey(p))
	}
	for _, b := range v.doc.LightBlocks {
		state.Blocks = append(state.Blocks, b)
	}
	shown, err := state.Verify(v.doc.ChainID, trust, keys...)
	if err == nil {
		err = v.doc.inLog(v.doc.Slot, shown.Records[0])
	}
	if err != nil {
		return abci.Proven{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	c := ledger.BoardContract{Contract: v.contract, Fee: v.doc.Fee, Path: v.doc.Path}
	for i, s := range sides {
		key, err := v.party(s, shown.Records[i+1])
		if err != nil {
			return abci.Proven{}, err
		}
		if s.buyer {
			c.BuyerKey = sign.Fingerprint(key)
		} else {
			c.SellerKey = sign.Fingerprint(key)
		}
	}
	switch {
	case len(v.doc.BoardRoot) != len(sign.Hash{}):
		err = errors.New("board_root: no hash")
	case climb(c.Leaf(), v.doc.ContractToBoard) != sign.Hash(v.doc.BoardRoot):
		err = errors.New("contract_to_board: does not lead from the contract, its fee, path and keys to the board's root")
	case climb(ledger.BoardLeaf(sign.Hash(v.doc.BoardRoot)), v.doc.BoardToSession) != sign.Hash(v.doc.SessionRoot):
		err = errors.New("board_to_session: does not lead from the board's root to the session's")
	case v.doc.Fee < 0 || v.doc.Fee > v.contract.MaxFee:
		err = fmt.Errorf("fee: %s, and the contract pays %s at most", v.doc.Fee, v.contract.MaxFee)
	}
	if err != nil {
		return abci.Proven{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	return shown, nil
}

// party checks one side's signature, and returns the key that made it.
func (v *boardCheck) party(s side, record []byte) ([]byte, error) {
	owner, err := ledger.ParseOwner(record)
	if err != nil {
		return nil, fmt.Errorf("%s: %s.owner_record: %w", fileProof, s.name, err)
	}
	v.made[s.file(fileOwner)] = sign.PublicPEM(owner)
	key := owner
	if v.doc.party(s).ByAgent {
		if key, err = v.agent(s, owner); err != nil {
			return nil, err
		}
	}
	v.made[s.file(fileKey)] = sign.PublicPEM(key)
	if err := v.signature(s, fileContract, fileOrderSig, key); err != nil {
		return nil, err
	}
	return key, nil
}

// signature checks a side's signature of a file that was made anew.
func (v *boardCheck) signature(s side, message, signature string, key []byte) error {
	public, err := sign.ParsePublic(key)
	if err == nil {
		err = sign.Verify(public, v.made[message], v.files[s.file(signature)])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.file(signature), err)
	}
	v.made[s.file(signature)] = v.files[s.file(signature)]
	if !slices.Contains(v.signed, message) {
		v.signed = append(v.signed, message)
	}
	return nil
}

// agent checks the mandate that a side's agent signed under, and returns its key.
func (v *boardCheck) agent(s side, owner []byte) ([]byte, error) {
	name := s.file(fileMandate)
	body, err := sign.OpenMessage(v.files[name], sign.DomainMandate, v.doc.ChainID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m, err := canon.Decode(body, canon.ReadMandate)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	v.made[name] = ledger.MandateMessage(v.doc.ChainID, m)
	if err := v.signature(s, name, fileMandateSig, owner); err != nil {
		return nil, err
	}
	p, site := v.contract.Party(s.board())
	fee := torg.Price(0)
	if s.buyer {
		fee = v.doc.Fee
	}
	if m.Participant != p || m.Site != site {
		err = torg.ErrNotYours
	} else {
		err = m.AllowsAhead(s.board(), v.contract.Profile, fee)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: does not cover the contract: %w", name, err)
	}
	block, _ := pem.Decode(v.files[s.file(fileKey)])
	if block == nil || sign.Fingerprint(block.Bytes) != m.AgentKey {
		return nil, fmt.Errorf("%s: not the key that the mandate names", s.file(fileKey))
	}
	return block.Bytes, nil
}
