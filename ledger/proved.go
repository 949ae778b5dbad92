package ledger

import (
	"fmt"

	"torg"
	"torg/canon"
	"torg/sign"
)

// SessionParty is what a session's root says of one party. Mandate is that in force
// when the session's trading ended; the zero value where the owner had revoked it.
type SessionParty struct {
	Participant torg.ParticipantID
	Site        torg.SiteID
	Mandate     torg.Mandate
	Root        [32]byte // of its statement
}

// Leaf returns the party's leaf. A session's root is the RFC 6962 root of all its
// parties' leaves in the order of their sites.
func (p SessionParty) Leaf() []byte {
	var w canon.Writer
	w.String(string(p.Participant))
	w.String(string(p.Site))
	canon.AppendMandate(&w, p.Mandate)
	w.Fixed(p.Root[:])
	return w.Bytes()
}

// SessionLeaf returns what the log of session roots holds of a session: one leaf for
// each that made contracts, in the order in which their trading ended.
func SessionLeaf(slot torg.Slot, root [32]byte) []byte {
	var w canon.Writer
	w.Slot(slot)
	w.Fixed(root[:])
	return w.Bytes()
}

// LogKey is the key of the state's record with the log of session roots.
func LogKey() []byte { return []byte{prefixHead} }

// ParseLog reads the log of session roots out of the record under LogKey.
func ParseLog(record []byte) (sign.Log, error) {
	h, err := canon.Decode(record, readHead)
	if err != nil {
		return sign.Log{}, fmt.Errorf("log of sessions: %w", err)
	}
	return h.log, nil
}

// HeadHeight returns the height in the record under LogKey; false where it is none.
func HeadHeight(record []byte) (int64, bool) {
	h, err := canon.Decode(record, readHead)
	return h.height, err == nil
}

// OwnerKey is the key of the state's record with a participant's public keys.
func OwnerKey(p torg.ParticipantID) []byte { return append([]byte{prefixParticipant}, p...) }

// ParseOwners reads a participant's owner keys, PKIX DER, out of the record under
// OwnerKey: that of its admission first, and those that have ended too, because what
// they signed before is still signed.
func ParseOwners(record []byte) ([][]byte, error) {
	p, err := canon.Decode(record, readParticipant)
	if err != nil {
		return nil, fmt.Errorf("participant's record: %w", err)
	}
	keys := make([][]byte, len(p.keys))
	for i, k := range p.keys {
		keys[i] = k.key
	}
	return keys, nil
}
