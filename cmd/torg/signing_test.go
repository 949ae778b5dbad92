package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/httpapi"
	"torg/ledger"
	"torg/proof/prooftest"
	"torg/record/recordtest"
	"torg/sign"
)

// keyFile writes an owner's private key as its owner would keep it.
func ownerFile(t *testing.T, m *prooftest.Market, dir string, name torg.ParticipantID) string {
	t.Helper()
	key, err := m.Keys.Owner(name)
	if err != nil {
		t.Fatal(err)
	}
	return privateFile(t, dir, string(name), key)
}

func privateFile(t *testing.T, dir, name string, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const mandateText = `participant: factory
site: factory
agent_key: agent.pem
buy: true
max_energy_wh: 2000
max_buy_price: "6.5"
daily_spend: "100"
partners: [foundry]
expires: 2036-01-01T00:00:00Z
`

// An owner signs offline with a key of its own: what is signed is carried by file, sent
// over HTTP or committed in a folder, and openssl checks it.
func TestSignedOffline(t *testing.T) {
	dir := t.TempDir()
	m, _ := traded(t, filepath.Join(dir, "data"))
	api := httptest.NewServer(httpapi.New(httpapi.Config{Reader: recordtest.New(), Live: recordtest.New(), Transactions: m.Chain, Calendar: m.Cal}))
	defer api.Close()
	owner := ownerFile(t, m, dir, "factory")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := func(args ...string) string {
		t.Helper()
		status, out, errs := command(t, args...)
		if status != 0 {
			t.Fatalf("torg %s: %d, %s%s", strings.Join(args, " "), status, out, errs)
		}
		return out
	}
	view := func(holds func(v ledger.View) bool) func() bool {
		return func() (ok bool) {
			m.Chain.View(func(v ledger.View) { ok = holds(v) })
			return ok
		}
	}
	signs := []string{"--key", owner, "--chain-id", prooftest.ChainID}

	good(append([]string{"money", "withdraw", "--participant", "factory", "--amount", "1500.50", "--reference", "w1", "--url", api.URL}, signs...)...)
	m.Until("a withdrawal", view(func(v ledger.View) bool { w := v.Withdrawals("factory"); return len(w) == 1 && w[0].Amount == 1500_50 }))

	write("agent.pem", string(sign.PublicPEM(m.Agent("factory"))))
	in, signed, tx := write("mandate.yaml", mandateText), filepath.Join(dir, "signed"), filepath.Join(dir, "tx")
	out := good(append([]string{"mandate", "sign", "--in", in, "--out", signed}, signs...)...)
	for _, words := range []string{"at most 2000 Wh", "buy for at most 6.5", "not sell", "the supplier and foundry only", "factory.owner.pem"} {
		if !strings.Contains(out, words) {
			t.Errorf("the limits in words have no %q:\n%s", words, out)
		}
	}
	check := exec.Command("openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
		"-verify", "factory.owner.pem", "-signature", "mandate.sig", "mandate.bin")
	check.Dir = signed
	if text, err := check.CombinedOutput(); err != nil || !strings.Contains(string(text), "Verified OK") {
		t.Errorf("openssl: %s %v", text, err)
	}
	good("mandate", "submit", signed, "--out", tx)
	good("submit", tx, "--url", api.URL)
	m.Until("the mandate", view(func(v ledger.View) bool { g, _ := v.Mandate("factory"); return len(g.Limits.Partners) == 1 }))

	// Another byte in any file of it, and it is not handed over.
	for _, name := range []string{"mandate.bin", "mandate.sig", "agent.pem", "factory.owner.pem"} {
		path := filepath.Join(signed, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := append([]byte{}, data...)
		changed[len(changed)/2] ^= 1
		write(filepath.Join("signed", name), string(changed))
		if status, _, errs := command(t, "mandate", "submit", signed, "--url", api.URL); status != 2 || errs == "" {
			t.Errorf("%s changed: %d %s", name, status, errs)
		}
		write(filepath.Join("signed", name), string(data))
	}

	operator, err := m.Keys.Operator()
	if err != nil {
		t.Fatal(err)
	}
	write("complex.yaml", "interval: 30s\ncurrency: RUB\nzones: [z1]\nsupplier: {participant: supplier, zone: z1, sell_price: \"7.2\", buy_price: \"1.1\", import_capacity_wh: 5000, export_capacity_wh: 0}\n")
	later := m.Cal.Start(m.Slot + 1000).Truncate(time.Hour).Add(time.Hour) // an interval's start
	good("rules", "amend", "--key", privateFile(t, dir, "operator", operator), "--chain-id", prooftest.ChainID, "--sequence", "1",
		"--from", m.Cal.Session(m.Cal.At(later)), "--complex", filepath.Join(dir, "complex.yaml"), "--price-cap", "21.6",
		"--tariff", "base,"+later.Format(time.RFC3339)+",7.4,1.1", "--url", api.URL)
	m.Until("the amendment", view(func(v ledger.View) bool {
		r := v.Rules(m.Cal.At(later))
		return r.Complex.Supplier.Import == 5000 && len(r.Tariffs) == 1 && v.Complex().Supplier.Import == torg.Unlimited
	}))

	// Refused by the ledger: exit status 2 and its word.
	for word, args := range map[string][]string{
		"duplicate":     append([]string{"money", "withdraw", "--participant", "factory", "--amount", "1", "--reference", "w1", "--url", api.URL}, signs...),
		"funds":         append([]string{"money", "withdraw", "--participant", "factory", "--amount", "999999", "--reference", "w2", "--url", api.URL}, signs...),
		"bad_signature": append([]string{"money", "withdraw", "--participant", "foundry", "--amount", "1", "--reference", "w3", "--url", api.URL}, signs...),
		"not_operator":  append([]string{"money", "pay", "--participant", "factory", "--reference", "w1", "--bank-reference", "b", "--url", api.URL}, signs...),
		"not_approver":  append([]string{"money", "approve", "--participant", "factory", "--reference", "w1", "--url", api.URL}, signs...),
	} {
		if status, _, errs := command(t, args...); status != 2 || !strings.Contains(errs, word) {
			t.Errorf("%s: %d %s", word, status, errs)
		}
	}

	// The market stops; what is signed for it is committed in its folder.
	if err := m.Chain.Stop(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	out = good(append([]string{"keys", "add", "--participant", "factory", "--sequence", "1", "--new", ownerFile(t, m, dir, "second"), "--data", data}, signs...)...)
	if !strings.Contains(out, "Committed in block") {
		t.Errorf("keys add: %s", out)
	}
	status, _, errs := command(t, append([]string{"keys", "add", "--participant", "factory", "--sequence", "1", "--new", ownerFile(t, m, dir, "second"), "--data", data}, signs...)...)
	if status != 2 || !strings.Contains(errs, "duplicate") {
		t.Errorf("the same change of keys again: %d %s", status, errs)
	}
}

// Bad input is named, with exit status 2, and nothing is written.
func TestBadSigning(t *testing.T) {
	dir := t.TempDir()
	keys := sign.NewPooledKeys(1)
	m := &prooftest.Market{Keys: keys}
	owner, out := ownerFile(t, m, dir, "factory"), filepath.Join(dir, "out")
	agent, err := keys.Agent("factory")
	if err != nil {
		t.Fatal(err)
	}
	der, err := sign.PublicDER(agent.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "agent.pem"), sign.PublicPEM(der), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ change, to, says string }{
		{"site: factory", "site: ''", "site"},
		{"site: factory", "place: factory", "place"},
		{"agent_key: agent.pem", "agent_key: none.pem", "none.pem"},
		{"agent_key: agent.pem", "agent_key: mandate.yaml", "not one public key"},
		{"buy: true", "buy: false", "one of them must be true"},
		{"max_energy_wh: 2000", "max_energy_wh: 0", "max_energy_wh"},
		{"max_energy_wh: 2000", "max_energy_wh: much", "cannot unmarshal"},
		{`max_buy_price: "6.5"`, `max_buy_price: "6.123456"`, "max_buy_price"},
		{`daily_spend: "100"`, `daily_spend: "-1"`, "daily_spend"},
		{"partners: [foundry]", "partners: [foundry, foundry]", "partners"},
		{"partners: [foundry]", "partners: ['@bank']", "partners"},
		{"expires: 2036-01-01T00:00:00Z", "expires: 2036-01-01T00:00:00.5Z", "expires"},
		{"expires: 2036-01-01T00:00:00Z", "", "expires"},
	} {
		in := filepath.Join(dir, "mandate.yaml")
		if err := os.WriteFile(in, []byte(strings.Replace(mandateText, c.change, c.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		status, _, errs := command(t, "mandate", "sign", "--key", owner, "--chain-id", "c", "--in", in, "--out", out)
		if status != 2 || !strings.Contains(errs, c.says) {
			t.Errorf("%s: %d %s, want %q", c.to, status, errs, c.says)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "complex.yaml"), []byte("interval: 30s\ncurrency: RUB\nzones: [z1]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	withdraw := func(change ...string) []string {
		args := map[string]string{"--key": owner, "--chain-id": "c", "--participant": "factory", "--amount": "1", "--reference": "r", "--out": out}
		for i := 0; i < len(change); i += 2 {
			args[change[i]] = change[i+1]
		}
		list := []string{"money", "withdraw"}
		for name, value := range args {
			list = append(list, name+"="+value)
		}
		return list
	}
	for says, args := range map[string][]string{
		"--key":         withdraw("--key", filepath.Join(dir, "none")),
		"agent.pem":     withdraw("--key", filepath.Join(dir, "agent.pem")),
		"--chain-id":    withdraw("--chain-id", strings.Repeat("x", 51)),
		"--participant": withdraw("--participant", "@bank"),
		"--amount":      withdraw("--amount", "0"),
		"-1":            withdraw("--amount", "-1"),
		"1.005":         withdraw("--amount", "1.005"),
		"reference":     withdraw("--reference", strings.Repeat("x", ledger.MaxReference+1)),
		"--password":    withdraw("--password", filepath.Join(dir, "none")),
		"no such file":  {"submit", filepath.Join(dir, "none"), "--url", "http://127.0.0.1:1"},
		"malformed":     {"submit", owner, "--url", "http://127.0.0.1:1"},
		"--fingerprint": {"keys", "remove", "--key", owner, "--chain-id", "c", "--participant", "p", "--sequence", "1", "--fingerprint", "abc", "--out", out},
		"--url":         {"money", "cancel", "--key", owner, "--chain-id", "c", "--participant", "p", "--reference", "r", "--url", "nowhere"},
		"ID,FROM":       {"rules", "amend", "--key", owner, "--chain-id", "c", "--sequence", "1", "--from", "20261122T150000Z", "--complex", filepath.Join(dir, "complex.yaml"), "--price-cap", "1", "--tariff", "base", "--out", out},
		"--from":        {"rules", "amend", "--key", owner, "--chain-id", "c", "--sequence", "1", "--from", "soon", "--complex", filepath.Join(dir, "complex.yaml"), "--price-cap", "1", "--out", out},
		"--price-cap":   {"rules", "amend", "--key", owner, "--chain-id", "c", "--sequence", "1", "--from", "20261122T150000Z", "--complex", filepath.Join(dir, "complex.yaml"), "--price-cap", "x", "--out", out},
		"missing":       {"money", "cancel", "--key", owner, "--chain-id", "c", "--participant", "p", "--reference", "r"},
	} {
		if status, _, errs := command(t, args...); status != 2 || !strings.Contains(errs, says) {
			t.Errorf("%v: %d %s, want %q", args, status, errs, says)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
	if status, _, errs := command(t, withdraw()...); status != 0 {
		t.Fatalf("a good one: %d %s", status, errs)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if tx, err := ledger.Decode(raw); err != nil || tx.Body != (ledger.Withdraw{Participant: "factory", Amount: 1_00, Reference: "r"}) {
		t.Errorf("written %+v, %v", tx, err)
	}
	if status, _, _ := command(t, withdraw()...); status != 2 {
		t.Error("a file that is there is written over")
	}
	if httpapi.MaxTransaction != ledger.MaxTxBytes {
		t.Errorf("the API takes %d bytes, the ledger %d", httpapi.MaxTransaction, ledger.MaxTxBytes)
	}
}
