package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"torg/ledger"
)

// Commands that ask a market with accounts log in with the key of the environment, and
// send it nowhere in plain.
func TestCommandsLogIn(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	dir := t.TempDir()
	key, _ := keyFile(t, filepath.Join(dir, "owner.pem"))
	tx, err := ledger.Encode("torg-test", ledger.Revoke{Participant: "foundry", Site: "foundry-1"}, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "tx")
	if err := os.WriteFile(file, tx, 0o600); err != nil {
		t.Fatal(err)
	}
	withdraw := []string{"money", "withdraw", "--key", filepath.Join(dir, "owner.pem"), "--chain-id", "torg-test", "--participant", "foundry", "--amount", "1", "--reference", "r", "--url"}
	for _, env := range []string{"TORG_KEY", "TORG_API_KEY"} {
		t.Setenv("TORG_KEY", "")
		os.Unsetenv("TORG_KEY")
		t.Setenv(env, "torg_secret")
		for _, args := range [][]string{withdraw, {"submit", file, "--url"}, {"board", "list", "--url"}} {
			got = nil
			status, out, errs := command(t, append(args, server.URL)...)
			if len(got) != 1 || !strings.HasSuffix(got[0], " Bearer torg_secret") {
				t.Errorf("%s, %v: the market got %q (%d, %s%s)", env, args[:2], got, status, out, errs)
			}
			if status, _, errs := command(t, append(args, "http://192.0.2.1")...); status != 2 || !strings.Contains(errs, "in plain") {
				t.Errorf("%s, %v: to another machine without TLS: %d, %s", env, args[:2], status, errs)
			}
		}
	}
}
