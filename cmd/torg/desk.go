package main

import (
	"bytes"
	"crypto"
	"slices"

	"torg"
	"torg/board"
	"torg/ledger"
	"torg/sign"
)

// openDesk makes the desk through which people conclude contracts. The chain must not
// run yet.
func (m *market) openDesk() {
	m.desk = board.New(board.Config{Chain: m.chain, Genesis: m.genesis, Book: m.store, Now: m.clock.Now, Held: m.held})
}

// held is the key of a participant of the scenario, where the ledger knows it as a live
// one of the owner's: nobody signs here for who has a key of their own.
func (m *market) held(p torg.ParticipantID) crypto.Signer {
	for _, x := range m.scenario.Participants {
		if x.ID != p {
			continue
		}
		key, err := m.keys.Owner(p)
		if err != nil {
			m.log.Error("an owner's key", "participant", p, "error", err)
			return nil
		}
		der, err := sign.PublicDER(key.Public())
		if err != nil {
			return nil
		}
		live := false
		m.chain.View(func(v ledger.View) {
			live = slices.ContainsFunc(v.OwnerKeys(p), func(k ledger.KeyOfOwner) bool { return k.Ended == 0 && bytes.Equal(k.Key, der) })
		})
		if !live {
			return nil
		}
		return key
	}
	return nil
}
