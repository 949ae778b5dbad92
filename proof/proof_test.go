package proof_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/proof"
	"torg/proof/prooftest"
	"torg/sign"
)

// FuzzReadZip unpacks whatever a server may send: an archive is refused or has the
// files of a proof, which pack and unpack to the same.
func FuzzReadZip(f *testing.F) {
	good, err := proof.Files{"contract.bin": {1}, "proof.json": []byte("{}\n")}.Zip()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:30])
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := proof.ReadZip(b)
		if err != nil {
			return
		}
		again, err := files.Zip()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := proof.ReadZip(again); err != nil || !maps.EqualFunc(got, files, slices.Equal) {
			t.Errorf("packed again: %v", err)
		}
	})
}

// FuzzVerify checks whatever a folder may hold. Nothing that is made up holds.
func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"format": "torg contract proof 1", "buyer": {"contract_to_statement": ["left 00"]}}`), []byte{1}, []byte("-----BEGIN PUBLIC KEY-----"))
	f.Add([]byte("null\n"), []byte{}, []byte{})
	f.Add([]byte(`{"light_blocks": ["0a"], "log_record": "zz"}`), []byte{1, 0, 0, 0, 1, 'x'}, []byte{})
	f.Fuzz(func(t *testing.T, document, contract, key []byte) {
		files := proof.Files{"proof.json": document, "contract.bin": contract, "contract.json": {}}
		for _, name := range []string{"pem", "order.bin", "order.sig", "mandate.bin", "mandate.sig", "owner.pem"} {
			files["buyer."+name] = key
		}
		if _, err := proof.Verify(files, abci.Trust{Height: 1}); err == nil {
			t.Error("what was made up holds")
		}
		if _, err := proof.Begins(files); err == nil {
			t.Error("what was made up begins somewhere")
		}
	})
}

// TestContractsAreProven trades sessions on a chain and looks at their contracts'
// proofs from all sides: one chain serves all, because it takes a second to trade.
func TestContractsAreProven(t *testing.T) {
	m := prooftest.New(t, t.TempDir())
	index := proof.NewIndex(m.Chain)
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	for _, p := range []torg.ParticipantID{"factory", "foundry", "shop", "solar"} {
		m.Admit(p)
	}
	unknown := func(what string, id torg.ContractID, want torg.Refusal) {
		t.Helper()
		if _, _, err := index.Export(id, 1); torg.RefusalOf(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	unknown("no id", "gibberish", torg.ErrUnknown)
	unknown("a session without anything", torg.NewContractID(m.Cal.Session(m.Slot), 1, 1), torg.ErrUnknown)

	// A session with pairs, the supplier, a replaced order, a dispute and a silent party.
	m.Open()
	m.Commit(
		m.Order("foundry", torg.Sell, 9000, 2_00000, 1), m.Order("foundry", torg.Sell, 5000, 3_00000, 2),
		m.Order("solar", torg.Sell, 1000, 2_50000, 1),
		m.Order("factory", torg.Buy, 7000, 8_00000, 1), m.Order("shop", torg.Buy, 3000, 8_00000, 1),
	)
	m.Pass(m.Cal.GateClosure(m.Slot, 1))
	first := m.Contracts()
	pair := first[[2]torg.ParticipantID{"factory", "foundry"}]
	imported := importOf(t, first, "factory")
	others := importOf(t, first, "shop")
	unknown("a session that still trades", pair.ID, torg.ErrNotOpen)
	// The shop's owner ends its mandate, the factory's gets another, before the session's root is made.
	m.Commit(ledger.Revoke{Participant: "shop", Site: "shop", AgentKey: sign.Fingerprint(m.Agent("shop"))}, m.Mandate("factory", 900))
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	m.Commit(m.States("factory", false), m.States("foundry", true))
	m.Commit(m.Mandate("factory", 800)) // too late to be in the session's root
	unknown("a number without a contract", torg.NewContractID(m.Cal.Session(m.Slot), 1, 99), torg.ErrUnknown)
	unknown("an id with a tail", pair.ID+"0", torg.ErrUnknown)

	// Another session, whose contracts are few, so that the log has two leaves.
	m.Open()
	m.Commit(m.Order("foundry", torg.Sell, 5000, 3_00000, 1), m.Order("factory", torg.Buy, 5000, 8_00000, 1))
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	whole := m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}]
	m.Commit(m.States("factory", false), m.States("foundry", false))

	// One whose second gate no block passed in time: its trading ends with the next slot.
	m.Open()
	m.Commit(m.Order("foundry", torg.Sell, 5000, 3_00000, 1), m.Order("factory", torg.Buy, 4000, 8_00000, 1))
	m.Pass(m.Cal.GateClosure(m.Slot, 1))
	cut := m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}]
	m.Open()
	m.Pass(m.Now().Add(time.Second)) // a header has the root

	files := map[torg.ContractID]proof.Files{}
	var trust abci.Trust
	for _, c := range []torg.Contract{pair, imported, others, whole, cut} {
		f, begins, err := index.Export(c.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := proof.Verify(f, begins)
		if err != nil || shown.Contract != c || shown.ChainID != prooftest.ChainID || shown.Height < 2 || begins.Height != 1 {
			t.Fatalf("contract %s: %+v, %v", c.ID, shown, err)
		}
		files[c.ID], trust = f, begins
	}
	for id, want := range map[torg.ContractID]string{
		pair.ID:     "buyer.mandate.bin buyer.order.bin buyer.statement.bin seller.mandate.bin seller.order.bin", // the seller's is disputed
		imported.ID: "buyer.mandate.bin buyer.order.bin buyer.statement.bin",
		others.ID:   "buyer.mandate.bin buyer.order.bin", // the shop is silent
		cut.ID:      "buyer.mandate.bin buyer.order.bin seller.mandate.bin seller.order.bin",
		whole.ID:    "buyer.mandate.bin buyer.order.bin buyer.statement.bin seller.mandate.bin seller.order.bin seller.statement.bin",
	} {
		shown, err := proof.Verify(files[id], trust)
		if got := strings.Join(shown.Signed, " "); got != want || err != nil {
			t.Errorf("contract %s: signed are %q, want %q: %v", id, got, want, err)
		}
	}
	t.Run("openssl", func(t *testing.T) { checkWithOpenSSL(t, files[whole.ID]) })
	t.Run("bytes", func(t *testing.T) {
		changeBytes(t, files[pair.ID], trust)
		changeBytes(t, files[imported.ID], trust)
	})
	t.Run("files", func(t *testing.T) { changeFiles(t, files[whole.ID], files[pair.ID], trust) })
	t.Run("trust", func(t *testing.T) { checkTrust(t, m, index, pair.ID, files[pair.ID], trust) })
	t.Run("forged", func(t *testing.T) { forge(t, m, files[whole.ID], trust) })
	t.Run("folder", func(t *testing.T) { checkFolder(t, files[whole.ID]) })
	t.Run("archive", func(t *testing.T) { checkArchive(t, m, files, trust) })
}

func importOf(t *testing.T, all map[[2]torg.ParticipantID]torg.Contract, buyer torg.ParticipantID) torg.Contract {
	t.Helper()
	c, ok := all[[2]torg.ParticipantID{buyer, prooftest.Supplied.Participant}]
	if !ok || c.Round != 3 || c.SellOrder != "" {
		t.Fatalf("%s imports nothing: %+v", buyer, all)
	}
	return c
}

// checkWithOpenSSL runs the documented command on every signed file.
func checkWithOpenSSL(t *testing.T, f proof.Files) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl on the PATH")
	}
	dir := t.TempDir()
	if err := f.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	verify := func(key, name string) error {
		cmd := exec.Command("openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
			"-verify", key, "-signature", strings.TrimSuffix(name, ".bin")+".sig", name)
		cmd.Dir = dir
		return cmd.Run()
	}
	for _, p := range []string{"buyer", "seller"} {
		for name, key := range map[string]string{p + ".order.bin": p + ".pem", p + ".statement.bin": p + ".pem", p + ".mandate.bin": p + ".owner.pem"} {
			if err := verify(key, name); err != nil {
				t.Errorf("%s: openssl refuses it: %v", name, err)
			}
		}
		if err := verify(p+".owner.pem", p+".order.bin"); err == nil {
			t.Errorf("%s.order.bin: openssl takes the owner's key for the agent's", p)
		}
	}
}

// changeBytes changes one bit of each byte of each file; of long files, of every third.
func changeBytes(t *testing.T, f proof.Files, trust abci.Trust) {
	for name, b := range f {
		step := 1
		if len(b) > 2000 {
			step = 3
		}
		for i := 0; i < len(b); i += step {
			b[i] ^= 1 << (i % 8)
			if _, err := proof.Verify(f, trust); err == nil {
				t.Errorf("%s holds with byte %d changed", name, i)
			}
			b[i] ^= 1 << (i % 8)
		}
		for _, other := range [][]byte{nil, b[:len(b)-1], append(slices.Clone(b), 0), append(slices.Clone(b), '\n')} {
			f[name] = other
			if _, err := proof.Verify(f, trust); err == nil {
				t.Errorf("%s holds with %d bytes in place of %d", name, len(other), len(b))
			}
		}
		f[name] = b
	}
	if _, err := proof.Verify(f, trust); err != nil {
		t.Errorf("unchanged again: %v", err)
	}
}

// changeFiles leaves each file out, and adds and exchanges some.
func changeFiles(t *testing.T, f, other proof.Files, trust abci.Trust) {
	refused := func(what, file string, f proof.Files) {
		t.Helper()
		if _, err := proof.Verify(f, trust); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, want an error about %s", what, err, file)
		}
	}
	for name := range f {
		less := maps.Clone(f)
		delete(less, name)
		refused("without "+name, name, less)
	}
	more := maps.Clone(f)
	more["readme.txt"] = []byte("hello")
	refused("a file more", "readme.txt", more)
	more = maps.Clone(other)
	more["seller.statement.bin"], more["seller.statement.sig"] = f["seller.statement.bin"], f["seller.statement.sig"]
	refused("another session's statement", "seller.statement", more)
	for _, name := range []string{"contract.bin", "contract.json", "buyer.order.bin", "buyer.order.sig", "buyer.mandate.sig", "seller.pem"} {
		mixed := maps.Clone(f)
		if mixed[name] = other[name]; name == "seller.pem" {
			mixed[name] = f["buyer.pem"]
		}
		about := name
		if name == "contract.bin" {
			about = "session_to_log" // it is of another slot
		}
		refused("another contract's "+name, about, mixed)
	}
	less := maps.Clone(f)
	less["proof.json"] = []byte(strings.Replace(string(f["proof.json"]), `"statement_signed": true`, `"statement_signed": false`, 1))
	refused("a statement that is there and not said to be", "buyer.statement.bin", less)
	for what, swap := range map[string][2]string{
		"another chain":       {`"chain_id": "`, `"chain_id": "x`},
		"another format":      {"proof 1", "proof 2"},
		"a party less":        {`"seller": {`, `"sellers": {`},
		"an unknown key":      {`"buyer": {`, `"note": 1, "buyer": {`},
		"a step of no side":   {`"left `, `"up `},
		"a root of no length": {`"session_root": "`, `"session_root": "00`},
		"no root":             {`"statement_root": "`, `"statement_root": "", "x": "`},
	} {
		changed := maps.Clone(f)
		changed["proof.json"] = []byte(strings.Replace(string(f["proof.json"]), swap[0], swap[1], 1))
		if string(changed["proof.json"]) == string(f["proof.json"]) {
			t.Fatalf("%s: nothing changed", what)
		}
		refused(what, "", changed)
	}
}

// checkTrust begins proofs at other headers, and holds one against others' headers.
func checkTrust(t *testing.T, m *prooftest.Market, index *proof.Index, id torg.ContractID, f proof.Files, trust abci.Trust) {
	other := trust
	other.Hash[5] ^= 1
	if _, err := proof.Verify(f, other); err == nil || !strings.Contains(err.Error(), trust.String()) {
		t.Errorf("another chain's header: %v, want both headers named", err)
	}
	other = trust
	other.Height = 2
	if _, err := proof.Verify(f, other); err == nil {
		t.Error("the right hash at another height is trusted")
	}
	for _, from := range []int64{2, m.Chain.Height() - 1} {
		later, begins, err := index.Export(id, from)
		if err != nil || begins.Height != from {
			t.Fatalf("from header %d: %v, %v", from, begins, err)
		}
		if _, err := proof.Verify(later, begins); err != nil {
			t.Errorf("from header %d: %v", from, err)
		}
		if _, err := proof.Verify(later, trust); err == nil {
			t.Errorf("a proof from header %d holds for who trusts header 1", from)
		}
	}
	for _, from := range []int64{-1, 0, m.Chain.Height() + 1000} {
		if _, _, err := index.Export(id, from); torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("from header %d: %v, want malformed", from, err)
		}
	}
}

// forge signs other orders and mandates with the parties' own keys: what is signed is
// not enough, it must also fit together.
func forge(t *testing.T, m *prooftest.Market, f proof.Files, trust abci.Trust) {
	c := mustContract(t, f)
	m.Slot = c.Slot
	good := m.Order("factory", torg.Buy, 5000, 8_00000, 1).Orders[0].Order
	grant := m.Mandate("factory", 900).Mandate
	for what, change := range map[string]func(o *torg.Order, g *torg.Mandate){
		"less energy":       func(o *torg.Order, _ *torg.Mandate) { o.Energy = c.Energy - 1 },
		"a limit below":     func(o *torg.Order, _ *torg.Mandate) { o.Limit = c.BuyerPrice - 1 },
		"the other side":    func(o *torg.Order, _ *torg.Mandate) { o.Side = torg.Sell },
		"another slot":      func(o *torg.Order, _ *torg.Mandate) { o.Slot++ },
		"another id":        func(o *torg.Order, _ *torg.Mandate) { o.ID += "1" },
		"another zone":      func(o *torg.Order, _ *torg.Mandate) { o.Zone = "z2" },
		"another discovery": func(o *torg.Order, _ *torg.Mandate) { o.Discovery = 2 },
		"a small mandate":   func(_ *torg.Order, g *torg.Mandate) { g.Limits.MaxEnergy = 10 },
		"a mandate to sell": func(_ *torg.Order, g *torg.Mandate) { g.Limits.Buy = false },
		"another site's":    func(_ *torg.Order, g *torg.Mandate) { g.Site = "shop" },
		"another agent's":   func(_ *torg.Order, g *torg.Mandate) { g.AgentKey[0] ^= 1 },
		"a cheaper mandate": func(_ *torg.Order, g *torg.Mandate) { g.Limits.MaxBuy = 1 },
	} {
		o, g := good, grant
		change(&o, &g)
		if _, err := proof.Verify(forged(t, m, f, o, g), trust); err == nil {
			t.Errorf("a forged proof holds: %s", what)
		}
	}
	// Nothing but the log of a replay could tell this one: it is signed and fits.
	if _, err := proof.Verify(forged(t, m, f, good, grant), trust); err != nil {
		t.Errorf("signed again: %v", err)
	}
}

func forged(t *testing.T, m *prooftest.Market, f proof.Files, o torg.Order, g torg.Mandate) proof.Files {
	t.Helper()
	owner, err := m.Keys.Owner("factory")
	if err != nil {
		t.Fatal(err)
	}
	f = maps.Clone(f)
	f["buyer.order.bin"] = ledger.OrderMessage(prooftest.ChainID, o)
	f["buyer.order.sig"] = m.Sign("factory", f["buyer.order.bin"])
	f["buyer.mandate.bin"] = ledger.MandateMessage(prooftest.ChainID, g)
	if f["buyer.mandate.sig"], err = sign.Sign(owner, f["buyer.mandate.bin"]); err != nil {
		t.Fatal(err)
	}
	return f
}

// checkFolder writes and reads proofs as folders and as archives.
func checkFolder(t *testing.T, f proof.Files) {
	dir := filepath.Join(t.TempDir(), "a", "proof")
	if err := f.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := proof.ReadDir(dir); err != nil || !maps.EqualFunc(got, f, slices.Equal) {
		t.Errorf("read again: %v", err)
	}
	if err := f.WriteDir(dir); err == nil {
		t.Error("written over another proof")
	}
	for name, make := range map[string]func(path string) error{
		"notes.txt":  func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"seller.pem": func(path string) error { return os.Remove(path) },
		"buyer.pem":  func(path string) error { os.Remove(path); return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(dir, name)
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		if _, err := proof.ReadDir(dir); name != "seller.pem" && (err == nil || !strings.Contains(err.Error(), name)) {
			t.Errorf("%s: %v", name, err)
		}
		os.Remove(path)
	}
	packed, err := f.Zip()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := proof.ReadZip(packed); err != nil || !maps.EqualFunc(got, f, slices.Equal) {
		t.Errorf("unpacked: %v", err)
	}
	strange, err := proof.Files{"../escape": {1}}.Zip()
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{"nothing": nil, "no archive": []byte("hello"), "cut": packed[:len(packed)-5], "a file outside": strange} {
		if _, err := proof.ReadZip(b); err == nil {
			t.Errorf("%s is unpacked", what)
		}
	}
}

// checkArchive proves the same from a chain that does not run.
func checkArchive(t *testing.T, m *prooftest.Market, files map[torg.ContractID]proof.Files, trust abci.Trust) {
	if err := m.Chain.Stop(); err != nil {
		t.Fatal(err)
	}
	a, err := abci.OpenFolder(m.Dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	index := proof.NewIndex(a)
	for id, before := range files {
		f, begins, err := index.Export(id, 1)
		if err != nil || begins != trust {
			t.Fatalf("contract %s: %v", id, err)
		}
		for name, b := range before {
			if name != "proof.json" && !slices.Equal(f[name], b) {
				t.Errorf("contract %s: %s is another than while the chain ran", id, name)
			}
		}
	}
}

// mustContract reads the contract of a proof.
func mustContract(t *testing.T, f proof.Files) torg.Contract {
	t.Helper()
	c, err := canon.Decode(f["contract.bin"], canon.ReadContract)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
