package proof

import (
	"bytes"
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

// Shown is what a proof that holds shows.
type Shown struct {
	Contract torg.Contract // of a session; for one of the board only its id
	Forward  *torg.Forward // of the board; nil: of a session
	ChainID  string
	Height   int64     // of the header whose state has the log
	Time     time.Time // of that header
	Signed   []string  // the files that are signed, such as buyer.order.bin
}

// Verify checks a proof offline against a header of the chain that its reader trusts.
// It makes every file anew from what is signed or hashed and compares the bytes, so that
// a proof with a changed byte, a file more or one less does not hold. An error says which
// file does not, and why.
func Verify(files Files, trust abci.Trust) (Shown, error) {
	for _, name := range []string{fileProof, fileContract} {
		if _, there := files[name]; !there {
			return Shown{}, fmt.Errorf("%s: missing", name)
		}
	}
	if isBoard(files[fileProof]) {
		return verifyBoard(files, trust)
	}
	d, err := parseDocument(files[fileProof])
	if err != nil {
		return Shown{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	c, err := canon.Decode(files[fileContract], canon.ReadContract)
	if err != nil {
		return Shown{}, fmt.Errorf("%s: %w", fileContract, err)
	}
	v := &check{files: files, doc: d, contract: c, made: Files{
		fileProof: encodeJSON(d), fileContract: canon.Encode(canon.AppendContract, c), fileText: contractText(c),
	}}
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
	return Shown{Contract: c, ChainID: d.ChainID, Height: shown.Height, Time: shown.Time, Signed: v.signed}, nil
}

// check is a proof while it is checked.
type check struct {
	files    Files
	doc      document
	contract torg.Contract
	made     Files // what the files must be
	signed   []string
}

// chain checks the links from the trusted header down to the parties.
func (v *check) chain(trust abci.Trust) (abci.Proven, error) {
	state := abci.StateProof{Records: [][]byte{v.doc.LogRecord}}
	keys := [][]byte{ledger.LogKey()}
	for _, s := range sides {
		_, order := s.of(v.contract)
		l := v.doc.party(s)
		if (l == nil) != (order == "") {
			return abci.Proven{}, fmt.Errorf("%s: the contract has %q as the %s's order, and the proof another", fileProof, order, s.name)
		}
		if l != nil {
			state.Records = append(state.Records, l.OwnerRecord)
			keys = append(keys, ledger.OwnerKey(s.order(v.contract).Participant))
		}
	}
	if len(keys) == 1 {
		return abci.Proven{}, fmt.Errorf("%s: nobody has an order", fileContract)
	}
	for _, b := range v.doc.LightBlocks {
		state.Blocks = append(state.Blocks, b)
	}
	shown, err := state.Verify(v.doc.ChainID, trust, keys...)
	if err != nil {
		return abci.Proven{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	if err := v.doc.inLog(v.contract.Slot, shown.Records[0]); err != nil {
		return abci.Proven{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	owners := shown.Records[1:]
	for _, s := range sides {
		if v.doc.party(s) == nil {
			continue
		}
		if err := v.party(s, owners[0]); err != nil {
			return abci.Proven{}, err
		}
		owners = owners[1:]
	}
	return shown, nil
}

// inLog checks that the session's root is in the log of the state's record.
func (c chained) inLog(slot torg.Slot, record []byte) error {
	log, err := ledger.ParseLog(record)
	if err != nil {
		return err
	}
	if len(c.SessionRoot) != len(sign.Hash{}) {
		return errors.New("session_root: no hash")
	}
	leaf := ledger.SessionLeaf(slot, sign.Hash(c.SessionRoot))
	if climb(leaf, c.SessionToLog) != log.Root() {
		return errors.New("session_to_log: does not lead from the session's root to the log's")
	}
	return nil
}

// party checks one side from the session's root down to its signatures.
func (v *check) party(s side, owner []byte) error {
	o, m, err := v.order(s)
	if err != nil {
		return err
	}
	if err := v.links(s, o); err != nil {
		return fmt.Errorf("%s: %s.%w", fileProof, s.name, err)
	}
	ownerKey, err := ledger.ParseOwner(owner)
	if err != nil {
		return fmt.Errorf("%s: %s.owner_record: %w", fileProof, s.name, err)
	}
	v.made[s.file(fileOwner)] = sign.PublicPEM(ownerKey)
	if err := v.signature(s, fileMandate, fileMandateSig, ownerKey); err != nil {
		return err
	}
	agentKey, err := v.agent(s, m)
	if err != nil {
		return err
	}
	if err := v.signature(s, fileOrder, fileOrderSig, agentKey); err != nil {
		return err
	}
	if l := v.doc.party(s); l.StatementSigned {
		v.made[s.file(fileStatement)] = ledger.StatementMessage(v.doc.ChainID, o.Slot, o.Site, sign.Hash(l.StatementRoot))
		return v.signature(s, fileStatement, fileStatementSig, agentKey)
	}
	return nil
}

// order reads a side's order and mandate and holds the contract against the one, and
// the order against the other.
func (v *check) order(s side) (o torg.Order, m torg.Mandate, err error) {
	if o, err = open(v, s.file(fileOrder), sign.DomainOrder, canon.ReadOrder); err != nil {
		return o, m, err
	}
	if m, err = open(v, s.file(fileMandate), sign.DomainMandate, canon.ReadMandate); err != nil {
		return o, m, err
	}
	v.made[s.file(fileOrder)] = ledger.OrderMessage(v.doc.ChainID, o)
	v.made[s.file(fileMandate)] = ledger.MandateMessage(v.doc.ChainID, m)
	need := s.order(v.contract)
	switch {
	case o.Valid() != nil:
		err = o.Valid()
	case o.ID != need.ID || o.Participant != need.Participant || o.Site != need.Site || o.Zone != need.Zone ||
		o.Slot != need.Slot || o.Discovery != need.Discovery || o.Side != need.Side:
		err = errors.New("not the order that the contract names")
	case o.Energy < need.Energy:
		err = fmt.Errorf("%d Wh, and the contract is of %d", o.Energy, need.Energy)
	case s.buyer && o.Limit < need.Limit || !s.buyer && o.Limit > need.Limit:
		err = fmt.Errorf("limit %s, and the contract's price is %s", o.Limit, need.Limit)
	}
	if err != nil {
		return o, m, fmt.Errorf("%s: %w", s.file(fileOrder), err)
	}
	// When the order came is not in the proof; the ledger held that against the expiry.
	if err := m.Allows(o, m.Expires.Add(-time.Second)); err != nil {
		return o, m, fmt.Errorf("%s: does not cover the order: %w", s.file(fileMandate), err)
	}
	return o, m, nil
}

// open reads the body of a signed file.
func open[T any](v *check, name string, domain sign.Domain, read func(*canon.Reader) T) (T, error) {
	var none T
	body, err := sign.OpenMessage(v.files[name], domain, v.doc.ChainID)
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	out, err := canon.Decode(body, read)
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// links checks the paths from the contract to the session's root.
func (v *check) links(s side, o torg.Order) error {
	l := v.doc.party(s)
	if len(l.StatementRoot) != len(sign.Hash{}) {
		return errors.New("statement_root: no hash")
	}
	if climb(canon.Encode(canon.AppendContract, v.contract), l.ContractToStatement) != sign.Hash(l.StatementRoot) {
		return errors.New("contract_to_statement: does not lead from the contract to the statement's root")
	}
	m, err := canon.Decode(l.SessionMandate, canon.ReadMandate)
	if err != nil {
		return fmt.Errorf("session_mandate: %w", err)
	}
	if !bytes.Equal(mandateBytes(m), l.SessionMandate) {
		return errors.New("session_mandate: not in the form in which mandates are written")
	}
	p := ledger.SessionParty{Participant: o.Participant, Site: o.Site, Mandate: m, Root: sign.Hash(l.StatementRoot)}
	if climb(p.Leaf(), l.StatementToSession) != sign.Hash(v.doc.SessionRoot) {
		return errors.New("statement_to_session: does not lead from the party to the session's root")
	}
	return nil
}

// agent reads the agent's key, which must be the mandate's.
func (v *check) agent(s side, m torg.Mandate) ([]byte, error) {
	name := s.file(fileKey)
	block, _ := pem.Decode(v.files[name])
	if block == nil {
		return nil, fmt.Errorf("%s: no public key in PEM", name)
	}
	if sign.Fingerprint(block.Bytes) != m.AgentKey {
		return nil, fmt.Errorf("%s: not the key that the mandate names", name)
	}
	v.made[name] = sign.PublicPEM(block.Bytes)
	return block.Bytes, nil
}

// signature checks the signature of a file that was made anew.
func (v *check) signature(s side, message, signature string, key []byte) error {
	public, err := sign.ParsePublic(key)
	if err == nil {
		err = sign.Verify(public, v.made[s.file(message)], v.files[s.file(signature)])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.file(signature), err)
	}
	v.made[s.file(signature)] = v.files[s.file(signature)]
	v.signed = append(v.signed, s.file(message))
	return nil
}

// complete refuses a proof that has other files than it says.
func (v *check) complete() error {
	expected := []string{fileContract, fileText, fileProof}
	for _, s := range sides {
		l := v.doc.party(s)
		if l == nil {
			continue
		}
		list := []string{fileKey, fileOrder, fileOrderSig, fileMandate, fileMandateSig, fileOwner}
		if l.StatementSigned {
			list = append(list, fileStatement, fileStatementSig)
		}
		for _, name := range list {
			expected = append(expected, s.file(name))
		}
	}
	return v.files.are(expected)
}

// are refuses a proof without some of its files, or with others.
func (f Files) are(expected []string) error {
	for _, name := range expected {
		if _, there := f[name]; !there {
			return fmt.Errorf("%s: missing", name)
		}
	}
	for _, name := range f.sorted() {
		if !slices.Contains(expected, name) {
			return fmt.Errorf("%s: no file of this proof", name)
		}
	}
	return nil
}

// compare holds the files against those that were made anew.
func (v *check) compare() error {
	for _, name := range v.files.sorted() {
		if !bytes.Equal(v.files[name], v.made[name]) {
			return fmt.Errorf("%s: not what the rest of the proof says", name)
		}
	}
	slices.Sort(v.signed)
	return nil
}

// Begins returns the header that a proof begins at. Whether that is one of the chain's
// is for the reader to know.
func Begins(files Files) (abci.Trust, error) {
	chainID, way, err := chainOf(files[fileProof])
	if err != nil {
		return abci.Trust{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	var p abci.StateProof
	for _, b := range way.LightBlocks {
		p.Blocks = append(p.Blocks, b)
	}
	trust, err := p.Begins(chainID)
	if err != nil {
		return abci.Trust{}, fmt.Errorf("%s: %w", fileProof, err)
	}
	return trust, nil
}
