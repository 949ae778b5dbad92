package ledger

import (
	"bytes"
	"fmt"
	"slices"

	"torg"
	"torg/canon"
	"torg/sign"
)

// How many keys an owner may have.
const (
	MaxLiveKeys  = 8  // at a time
	MaxOwnerKeys = 64 // in all, those that have ended included: what they signed stays provable
)

// ownerKey is one of a participant's public keys.
type ownerKey struct {
	key   []byte // PKIX DER; empty on an unsigned chain
	ended int64  // the height that removed it; 0: live
}

func (k ownerKey) live() bool { return k.ended == 0 }

// appendParticipant writes a participant. One with nothing but the key of its admission
// has the form that it had before there could be more.
func appendParticipant(w *canon.Writer, p participant) {
	w.Blob(p.keys[0].key)
	canon.AppendList(w, p.sites, appendID)
	if p.sequence == 0 {
		return
	}
	w.U32(p.sequence)
	w.I64(p.keys[0].ended)
	canon.AppendList(w, p.keys[1:], func(w *canon.Writer, k ownerKey) {
		w.Blob(k.key)
		w.I64(k.ended)
	})
}

func readParticipant(r *canon.Reader) participant {
	p := participant{keys: []ownerKey{{key: r.Blob(maxKey)}}, sites: canon.ReadList(r, stateLimit, canon.ID[torg.SiteID])}
	if r.Len() == 0 {
		return p
	}
	if p.sequence = r.U32(); p.sequence == 0 {
		r.Failf("a participant's keys without a change of them")
	}
	p.keys[0].ended = r.I64()
	p.keys = append(p.keys, canon.ReadList(r, MaxOwnerKeys-1, func(r *canon.Reader) ownerKey {
		return ownerKey{key: r.Blob(maxKey), ended: r.I64()}
	})...)
	return p
}

// holds says whether a key is one of the participant's live ones.
func (p participant) holds(key []byte) bool {
	return slices.ContainsFunc(p.keys, func(k ownerKey) bool { return k.live() && bytes.Equal(k.key, key) })
}

func (p participant) live() int {
	n := 0
	for _, k := range p.keys {
		if k.live() {
			n++
		}
	}
	return n
}

// ownerKey says which of a participant's live keys made a signature over a message:
// torg.ErrUnknown where nobody admitted the participant, torg.ErrBadSignature where
// none did. On an unsigned chain it answers with no key and asks for no signature.
func (s *state) ownerKey(p torg.ParticipantID, message, signature []byte) (torg.Fingerprint, error) {
	rec, ok := s.participants.get(p)
	switch {
	case !ok:
		return torg.Fingerprint{}, fmt.Errorf("participant %q: %w", p, torg.ErrUnknown)
	case s.Unsigned:
		return torg.Fingerprint{}, nil
	}
	for _, k := range rec.keys {
		if k.live() && s.verifier.Verify(sign.Check{Key: k.key, Message: message, Signature: signature}) == nil {
			return sign.Fingerprint(k.key), nil
		}
	}
	return torg.Fingerprint{}, fmt.Errorf("none of the keys of %s signed this: %w", p, torg.ErrBadSignature)
}

// byOwner checks the signature of a transaction that one of its participant's owners
// has to sign.
func (s *state) byOwner(tx Tx) error {
	var p torg.ParticipantID
	switch b := tx.Body.(type) {
	case Grant:
		p = b.Mandate.Participant
	case Revoke:
		p = b.Participant
	case Keys:
		p = b.Participant
	case Withdraw:
		p = b.Participant
	case Cancel:
		p = b.Participant
	}
	if _, err := s.ownerKey(p, TxMessage(s.ChainID, tx.Body), tx.Signature); err != nil {
		return fmt.Errorf("%T not signed by an owner: %w", tx.Body, err)
	}
	return nil
}

// KeyOfOwner is one of a participant's public keys.
type KeyOfOwner struct {
	Key   []byte // PKIX DER
	Ended int64  // the height of the block that removed it; 0: it may sign
}

// OwnerKeys returns all of a participant's keys, that of its admission first.
func (v View) OwnerKeys(p torg.ParticipantID) []KeyOfOwner {
	rec, _ := v.s.participants.get(p)
	var list []KeyOfOwner
	for _, k := range rec.keys {
		list = append(list, KeyOfOwner{Key: slices.Clone(k.key), Ended: k.ended})
	}
	return list
}

// OwnerKey returns the oldest live one of a participant's public keys as PKIX DER; nil
// where there is none.
func (v View) OwnerKey(p torg.ParticipantID) []byte {
	rec, _ := v.s.participants.get(p)
	for _, k := range rec.keys {
		if k.live() {
			return slices.Clone(k.key)
		}
	}
	return nil
}
