package proof_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"torg"
	"torg/ledger"
	"torg/proof"
	"torg/proof/prooftest"
	"torg/sign"
)

// A proof has the key that signed the mandate, also after that key has ended and
// another one signs for the owner; and no other of the owner's keys passes for it.
func TestProofAfterKeysWereRotated(t *testing.T) {
	m := prooftest.New(t, filepath.Join(t.TempDir(), "chain"))
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	m.Admit("factory")
	m.Admit("foundry")
	m.Commit(m.Order("factory", torg.Buy, 5000, 8_00000, 1), m.Order("foundry", torg.Sell, 5000, 3_00000, 1))
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	der := func(name torg.ParticipantID) []byte {
		key, err := m.Keys.Owner(name)
		if err != nil {
			t.Fatal(err)
		}
		der, err := sign.PublicDER(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	second, err := m.Keys.Owner("second")
	if err != nil {
		t.Fatal(err)
	}
	possession, err := sign.Sign(second, ledger.KeyMessage(prooftest.ChainID, "factory", 1, der("second")))
	if err != nil {
		t.Fatal(err)
	}
	id := m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}].ID
	m.Commit(ledger.Keys{
		Participant: "factory", Sequence: 1, Add: []ledger.NewKey{{Key: der("second"), Proof: possession}},
		Remove: []torg.Fingerprint{sign.Fingerprint(der("factory"))},
	})
	m.Pass(m.Cal.Start(m.Slot).Add(-1))
	files, trust, err := proof.NewIndex(m.Chain).Export(id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(files["buyer.owner.pem"], sign.PublicPEM(der("factory"))) {
		t.Error("the proof has another key than the one that signed")
	}
	if _, err := proof.Verify(files, trust); err != nil {
		t.Errorf("it does not hold: %v", err)
	}
	for what, key := range map[string][]byte{"the new key": der("second"), "a stranger's key": der("foundry")} {
		changed := proof.Files{}
		for name, data := range files {
			changed[name] = data
		}
		changed["buyer.owner.pem"] = sign.PublicPEM(key)
		if _, err := proof.Verify(changed, trust); err == nil {
			t.Errorf("%s passes for the one that signed", what)
		}
	}
}
