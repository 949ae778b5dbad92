package main

import (
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"torg"
	"torg/datadir"
	"torg/httpapi"
	"torg/ledger/abci"
	"torg/proof"
	"torg/proof/prooftest"
	"torg/record"
	"torg/record/recordtest"
)

// traded trades a session on a chain in a data folder and returns a contract of it.
func traded(t *testing.T, data string) (*prooftest.Market, torg.ContractID) {
	t.Helper()
	place, err := datadir.Open(data, "test", []byte("test"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	m := prooftest.New(t, place.Join("chain"))
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	m.Admit("factory")
	m.Admit("foundry")
	m.Commit(m.Order("factory", torg.Buy, 5000, 8_00000, 1), m.Order("foundry", torg.Sell, 5000, 3_00000, 1))
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	m.Commit(m.States("factory", false))
	m.Pass(m.Cal.Start(m.Slot).Add(-1))
	return m, m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}].ID
}

// A contract is exported from a market that runs and from one that does not, and both
// proofs hold for who trusts the chain's header.
func TestContract(t *testing.T) {
	dir := t.TempDir()
	data, a, b := filepath.Join(dir, "data"), filepath.Join(dir, "a"), filepath.Join(dir, "b")
	m, id := traded(t, data)
	rows := recordtest.New()
	rows.Deals = append(rows.Deals, record.Contract{Contract: torg.Contract{ID: id}})
	api := httptest.NewServer(httpapi.New(httpapi.Config{
		Reader: rows, Live: rows, Proofs: proofs{proof.NewIndex(m.Chain)}, Calendar: m.Cal,
	}))
	defer api.Close()
	status, out, errs := command(t, "contract", "export", string(id), "--out", a, "--url", api.URL)
	_, trust, _ := strings.Cut(out, "--trust ")
	trust = strings.TrimSpace(trust)
	if status != 0 || !strings.HasPrefix(trust, "1:") {
		t.Fatalf("export over HTTP: %d, %s%s", status, out, errs)
	}
	for what, args := range map[string][]string{
		"a stranger's contract": {"20200101T000000Z-1-00001", "--url", api.URL},
		"an id with a slash":    {"../sessions", "--url", api.URL},
		"a header to come":      {string(id), "--url", api.URL, "--from", "1000000"},
	} {
		args = append([]string{"contract", "export", "--out", filepath.Join(dir, "none")}, args...)
		if status, _, errs := command(t, args...); status != 2 || errs == "" {
			t.Errorf("%s: status %d, %q", what, status, errs)
		}
	}
	if err := m.Chain.Stop(); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := command(t, "contract", "export", string(id), "--out", b, "--data", data, "--from", "2"); status != 0 {
		t.Fatalf("export from a folder: %d, %s%s", status, out, errs)
	}
	if status, out, errs := command(t, "contract", "verify", a, "--trust", trust); status != 0 || !strings.Contains(out, string(id)) || !strings.Contains(out, "buyer.statement.bin") {
		t.Errorf("verify: %d, %s%s", status, out, errs)
	}
	if status, _, errs := command(t, "contract", "verify", b, "--trust", trust); status != 1 || !strings.Contains(errs, "the proof begins at header 2") {
		t.Errorf("a proof from another header: %d, %s", status, errs)
	}
	for name := range listing(t, a) {
		path := filepath.Join(a, name)
		if err := os.Rename(path, path+"x"); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := command(t, "contract", "verify", a, "--trust", trust); status != 1 || !strings.Contains(errs, name) {
			t.Errorf("%s has another name: %d, %s", name, status, errs)
		}
		if err := os.Rename(path+"x", path); err != nil {
			t.Fatal(err)
		}
	}
	before := listing(t, a)
	if status, _, _ := command(t, "contract", "export", string(id), "--out", a, "--data", data); status != 2 || !maps.Equal(before, listing(t, a)) {
		t.Errorf("a proof is written over another: %d", status)
	}
}

func TestContractRefuses(t *testing.T) {
	dir := t.TempDir()
	out, data := filepath.Join(dir, "out"), filepath.Join(dir, "data")
	place, err := datadir.Open(data, "test", []byte("test"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close() // in use until then
	hash := strings.Repeat("ab", 32)
	for what, c := range map[string]struct {
		args []string
		want int
		say  string
	}{
		"no id":               {[]string{"export", "--out", out}, 2, "id"},
		"no folder to go to":  {[]string{"export", "x"}, 2, "--out"},
		"no data folder":      {[]string{"export", "x", "--out", out, "--data", filepath.Join(dir, "none")}, 2, "no data folder"},
		"a running market":    {[]string{"export", "x", "--out", out, "--data", data}, 2, "--url"},
		"a header 0":          {[]string{"export", "x", "--out", out, "--data", data, "--from", "0"}, 2, "--from"},
		"no address":          {[]string{"export", "x", "--out", out, "--url", "localhost"}, 2, "--url"},
		"a file's address":    {[]string{"export", "x", "--out", out, "--url", "file:///etc"}, 2, "--url"},
		"nobody there":        {[]string{"export", "x", "--out", out, "--url", "http://127.0.0.1:1"}, 1, "no market answers"},
		"no trust":            {[]string{"verify", dir}, 2, "--trust"},
		"trust in nothing":    {[]string{"verify", dir, "--trust", ""}, 2, "HEIGHT:HASH"},
		"trust without hash":  {[]string{"verify", dir, "--trust", "7"}, 2, "HEIGHT:HASH"},
		"trust in height 0":   {[]string{"verify", dir, "--trust", "0:" + hash}, 2, "HEIGHT:HASH"},
		"trust in half":       {[]string{"verify", dir, "--trust", "1:" + hash[:40]}, 2, "HEIGHT:HASH"},
		"trust in words":      {[]string{"verify", dir, "--trust", "1:" + strings.Repeat("z", 64)}, 2, "HEIGHT:HASH"},
		"no folder to verify": {[]string{"verify", out, "--trust", "1:" + hash}, 2, "no folder"},
		"not a proof":         {[]string{"verify", data, "--trust", "1:" + hash}, 1, "no file of a proof"},
	} {
		status, _, errs := command(t, append([]string{"contract"}, c.args...)...)
		if status != c.want || !strings.Contains(strings.ToLower(errs), strings.ToLower(c.say)) {
			t.Errorf("%s: status %d, want %d; %q, want %q in it", what, status, c.want, errs, c.say)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
	if got, err := abci.ParseTrust("12:" + hash); err != nil || got.String() != "12:"+hash {
		t.Errorf("%v, %v", got, err)
	}
}
