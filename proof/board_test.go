package proof_test

import (
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/proof"
	"torg/proof/prooftest"
	"torg/sign"
)

// TestBoardContractsAreProven concludes contracts of the board, by owners and by an agent,
// in a session with trades and in one without, and looks at their proofs.
func TestBoardContractsAreProven(t *testing.T) {
	m := prooftest.New(t, t.TempDir())
	index := proof.NewIndex(m.Chain)
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	for _, p := range []torg.ParticipantID{"factory", "foundry"} {
		m.Admit(p)
	}
	m.Open()
	m.Commit(m.Order("foundry", torg.Sell, 5000, 3_00000, 1), m.Order("factory", torg.Buy, 5000, 8_00000, 1))
	first, byAgent := forward(m, 1), forward(m, 2)
	m.Commit(conclude(t, m, first, false))
	m.Commit(conclude(t, m, byAgent, true))
	if _, _, err := index.Export(first.ID(), 1); torg.RefusalOf(err) != torg.ErrNotOpen {
		t.Errorf("no root has it yet: %v", err)
	}
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	traded := m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}]
	last := forward(m, 3)
	m.Commit(conclude(t, m, last, false)) // after trading, in a root of the next session, which has no trades
	m.Pass(m.Cal.Opens(m.Slot + 3))       // one session is missed without a block
	m.Slot += 3
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	m.Open()
	m.Pass(m.Now().Add(time.Second))

	files := map[torg.ContractID]proof.Files{}
	var trust abci.Trust
	for _, id := range []torg.ContractID{first.ID(), byAgent.ID(), last.ID(), traded.ID} {
		f, begins, err := index.Export(id, 1)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := proof.Verify(f, begins)
		if err != nil || shown.Contract.ID != id || (shown.Forward == nil) != (id == traded.ID) {
			t.Fatalf("contract %s: %+v, %v", id, shown, err)
		}
		files[id], trust = f, begins
	}
	if _, _, err := index.Export("factory.f99", 1); torg.RefusalOf(err) != torg.ErrUnknown {
		t.Errorf("a contract that is not there: %v", err)
	}
	changeBytes(t, files[first.ID()], trust)
	changeBytes(t, files[byAgent.ID()], trust)
	for name := range files[byAgent.ID()] {
		less, mixed := maps.Clone(files[byAgent.ID()]), maps.Clone(files[byAgent.ID()])
		delete(less, name)
		if _, err := proof.Verify(less, trust); err == nil {
			t.Errorf("holds without %s", name)
		}
		other, there := files[first.ID()][name]
		if mixed[name] = other; !there || strings.HasSuffix(name, "owner.pem") || name == "seller.pem" {
			continue
		}
		if _, err := proof.Verify(mixed, trust); err == nil {
			t.Errorf("holds with another contract's %s", name)
		}
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl on the PATH")
	}
	dir := t.TempDir()
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := files[byAgent.ID()].WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"buyer", "seller"} {
		cmd := exec.Command("openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
			"-verify", p+".pem", "-signature", p+".order.sig", "contract.bin")
		cmd.Dir = dir
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: openssl refuses the signature: %v", p, err)
		}
	}
}

// forward is the factory's n-th contract, for two slots an hour ahead.
func forward(m *prooftest.Market, n uint64) torg.Forward {
	return torg.Forward{
		Proposer: torg.Buy, Number: n, Buyer: "factory", Seller: "foundry", BuyerSite: "factory", SellerSite: "foundry",
		Profile: torg.NewProfile(m.Slot+120, torg.Step{Slots: 2, Energy: 100, Price: 3_00000}), SignBy: m.Now().Add(time.Hour).Truncate(time.Second).UTC(),
	}
}

// conclude has both parties sign: the owners, or for the buyer its agent.
func conclude(t *testing.T, m *prooftest.Market, f torg.Forward, agent bool) ledger.Conclude {
	t.Helper()
	message := ledger.ForwardMessage(prooftest.ChainID, f)
	signed := func(p torg.ParticipantID) []byte {
		owner, err := m.Keys.Owner(p)
		if err != nil {
			t.Fatal(err)
		}
		s, err := sign.Sign(owner, message)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c := ledger.Conclude{Contract: f, BuyerSigned: signed("factory"), SellerSigned: signed("foundry")}
	if agent {
		c.BuyerSigned = m.Sign("factory", message)
	}
	return c
}
