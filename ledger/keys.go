package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/canon"
	"torg/sign"
)

// KeyMessage returns the bytes that a key signs to be added to a participant's: who has
// it, by which change of keys it comes, and the key itself.
func KeyMessage(chainID string, p torg.ParticipantID, sequence uint32, key []byte) []byte {
	var w canon.Writer
	w.String(string(p))
	w.U32(sequence)
	w.Blob(key)
	return sign.Message(sign.DomainKey, chainID, w.Bytes())
}

// KeysChanged says what became of a participant's owner keys.
type KeysChanged struct {
	Participant torg.ParticipantID
	Sequence    uint32
	Added       [][]byte // PKIX DER
	Removed     []torg.Fingerprint
}

// changeKeys adds and removes owner keys, all or nothing. Mandates that a removed key
// signed stay in force: they end by revocation or expiry.
func (s *state) changeKeys(b Keys) error {
	p, known := s.participants.get(b.Participant)
	switch {
	case !known:
		return fmt.Errorf("keys of participant %q: %w", b.Participant, torg.ErrUnknown)
	case s.Unsigned:
		return fmt.Errorf("keys of %s: nothing is signed on this chain: %w", b.Participant, torg.ErrMalformed)
	case len(b.Add)+len(b.Remove) == 0:
		return fmt.Errorf("keys of %s: no key is added or removed: %w", b.Participant, torg.ErrMalformed)
	case b.Sequence != p.sequence+1:
		return fmt.Errorf("keys of %s: change %d, the next one is %d: %w", b.Participant, b.Sequence, p.sequence+1, torg.ErrDuplicate)
	}
	keys := slices.Clone(p.keys)
	e := KeysChanged{Participant: b.Participant, Sequence: b.Sequence, Removed: b.Remove}
	for i, add := range b.Add {
		if err := s.newKey(b, add, keys); err != nil {
			return fmt.Errorf("keys of %s: added[%d]: %w", b.Participant, i, err)
		}
		keys = append(keys, ownerKey{key: add.Key})
		e.Added = append(e.Added, add.Key)
	}
	for i, f := range b.Remove {
		at := slices.IndexFunc(keys, func(k ownerKey) bool { return k.live() && sign.Fingerprint(k.key) == f })
		if at < 0 {
			return fmt.Errorf("keys of %s: removed[%d]: not one of its live keys: %w", b.Participant, i, torg.ErrUnknown)
		}
		keys[at].ended = s.endsAt()
	}
	p.keys, p.sequence = keys, b.Sequence
	switch live := p.live(); {
	case live == 0:
		return fmt.Errorf("keys of %s: none would be left: %w", b.Participant, torg.ErrLastKey)
	case live > MaxLiveKeys:
		return fmt.Errorf("keys of %s: %d live ones, more than %d: %w", b.Participant, live, MaxLiveKeys, torg.ErrTooLarge)
	case len(keys) > MaxOwnerKeys:
		return fmt.Errorf("keys of %s: %d with those that ended, more than %d: %w", b.Participant, len(keys), MaxOwnerKeys, torg.ErrTooLarge)
	}
	s.participants.put(b.Participant, p)
	s.event(Event{Keys: &e})
	return nil
}

// endsAt is the height that a key removed now ends at; before a block, that of the next.
func (s *state) endsAt() int64 {
	if s.check {
		return s.head.height + 1
	}
	return s.head.height
}

// newKey refuses a key that is none, that the participant has or had, or that did not
// sign that it is added.
func (s *state) newKey(b Keys, add NewKey, have []ownerKey) error {
	if _, err := sign.ParsePublic(add.Key); err != nil {
		return fmt.Errorf("%w: %w", err, torg.ErrBadKey)
	}
	if slices.ContainsFunc(have, func(k ownerKey) bool { return slices.Equal(k.key, add.Key) }) {
		return fmt.Errorf("the participant has or had it: %w", torg.ErrExists)
	}
	message := KeyMessage(s.ChainID, b.Participant, b.Sequence, add.Key)
	if err := s.verifier.Verify(sign.Check{Key: add.Key, Message: message, Signature: add.Proof}); err != nil {
		return fmt.Errorf("it did not sign this itself: %w", torg.ErrBadSignature)
	}
	return nil
}

// KeySequence returns the sequence of the last change of a participant's keys; the next
// one is one more.
func (v View) KeySequence(p torg.ParticipantID) uint32 {
	rec, _ := v.s.participants.get(p)
	return rec.sequence
}
