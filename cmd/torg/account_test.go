package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"torg/account"
	"torg/account/accounttest"
	"torg/account/gate"
	"torg/certs"
	"torg/datadir"
	"torg/httpapi"
	"torg/record/recordtest"
	"torg/store"
)

// The accounts of a folder that no market ever used, and then of one that is in use.
func TestAccountCommands(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	ok := func(want string, args ...string) string {
		t.Helper()
		status, out, errs := command(t, append(args, "--data", data)...)
		if status != 0 || !strings.Contains(out+errs, want) {
			t.Fatalf("%v: %d %s%s", args, status, out, errs)
		}
		return out
	}
	out := ok("owner of foundry", "account", "admit", "Anna", "--role", "owner", "--participant", "foundry")
	once := regexp.MustCompile(`One-time password: (\S+)`).FindStringSubmatch(out)
	if once == nil {
		t.Fatalf("no password in %q", out)
	}
	place, err := datadir.Open(data, "test", []byte("test"), 0) // as torg up does, while the commands below work
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	s, err := store.Open(t.Context(), "sqlite:"+place.Join("torg.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	desk := account.NewDesk(s.Accounts(), account.NewHasher(account.Strength, 1), time.Now)
	token, _, err := desk.Login(t.Context(), "anna", once[1], account.Place{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _, err := desk.Session(t.Context(), token); err != nil || !v.MustChange() {
		t.Errorf("%+v %v", v, err)
	}
	ok("one-time password", "account", "list")
	secret := strings.TrimSpace(ok("read,trade until", "account", "key", "anna", "--scope", "trade", "--expires", "90d", "--label", "accounting"))
	if v, err := desk.Key(t.Context(), secret); err != nil || !v.May(account.Trade) || v.Participant != "foundry" {
		t.Errorf("%q: %+v %v", secret, v, err)
	}
	handle := regexp.MustCompile(`(?m)^([0-9a-f]{12}) +accounting`).FindStringSubmatch(ok("accounting", "account", "keys", "anna"))
	if handle == nil {
		t.Fatal("the key is not listed")
	}
	ok("revoked", "account", "revoke", "anna", handle[1])
	if _, err := desk.Key(t.Context(), secret); err == nil {
		t.Error("a revoked key opens the door")
	}
	ok("One-time password", "account", "password", "anna")
	if _, _, err := desk.Session(t.Context(), token); err == nil {
		t.Error("a session outlives a new password")
	}
	ok("There is no operator left", "account", "disable", "anna")
	ok("disabled", "account", "list")
	ok("is enabled", "account", "enable", "anna")
	log := ok("key_revoked", "account", "log", "anna")
	for _, deed := range []string{"admitted", "login", "key_made", "password_reset", "disabled", "enabled", "console"} {
		if !strings.Contains(log, deed) {
			t.Errorf("the log does not tell of %s:\n%s", deed, log)
		}
	}
	if strings.Contains(log, secret) || strings.Contains(log, once[1]) {
		t.Error("the log tells a secret")
	}
}

func TestAccountRefuses(t *testing.T) {
	dir := t.TempDir()
	data, foreign := filepath.Join(dir, "data"), filepath.Join(dir, "foreign")
	if status, _, errs := command(t, "account", "admit", "anna", "--role", "owner", "--participant", "foundry", "--data", data); status != 0 {
		t.Fatal(errs)
	}
	if err := os.MkdirAll(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		args string
		say  string
	}{
		"no command":                {"", "expected one of"},
		"no name":                   {"admit --role operator", "name"},
		"no role":                   {"admit oleg", "--role"},
		"a role that is none":       {"admit oleg --role root", "role"},
		"an owner of nobody":        {"admit oleg --role owner", "participant"},
		"an operator who owns":      {"admit oleg --role operator --participant foundry", "only an owner"},
		"a participant that is odd": {"admit oleg --role owner --participant a,b", "participant"},
		"a name that is odd":        {"admit ../x --role operator", "login name"},
		"an endless name":           {"admit " + strings.Repeat("x", 65) + " --role operator", "64"},
		"a name twice":              {"admit ANNA --role operator", "there already"},
		"another's folder":          {"admit oleg --role operator --data " + foreign, "not empty"},
		"a database that is none":   {"list --database mysql://x", "postgres"},
		"nobody's password":         {"password boris", "no such account"},
		"nobody disabled":           {"disable boris", "no such account"},
		"nobody enabled":            {"enable boris", "no such account"},
		"nobody's key":              {"key boris", "no such account"},
		"nobody's keys":             {"keys boris", "no such account"},
		"a key that is none":        {"revoke anna 123456", "no such account or key"},
		"a wide key":                {"key anna --scope operate", "cannot have the scope operate"},
		"a scope that is none":      {"key anna --scope root", "scope"},
		"no scope":                  {"key anna --scope=", "scope"},
		"a life that is none":       {"key anna --expires soon", "--expires"},
		"a negative life":           {"key anna --expires=-5d", "--expires"},
		"no life":                   {"key anna --expires 0d", "lives up to"},
		"a life for ever":           {"key anna --expires 9999d", "lives up to"},
		"an endless life":           {"key anna --expires 99999999999d", "--expires"},
		"no lines of the log":       {"log --limit 0", "--limit"},
		"a folder without accounts": {"list --data " + filepath.Join(dir, "none"), "holds no accounts"},
	} {
		args := append([]string{"account"}, strings.Fields(c.args)...)
		if !strings.Contains(c.args, "--data") && c.args != "" {
			args = append(args, "--data", data)
		}
		status, out, errs := command(t, args...)
		last := errs[strings.LastIndex(strings.TrimSuffix(errs, "\n"), "\n")+1:]
		if status != 2 || !strings.Contains(last, c.say) || strings.Contains(out, "password:") {
			t.Errorf("%s: %d %q", what, status, last)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("a question made a folder")
	}
}

func TestTLSCommands(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for what, c := range map[string]struct{ args, say string }{
		"no host":               {"init", "--host"},
		"an address with port":  {"init --host torg.example:80", "host"},
		"renewing nothing":      {"renew", "holds no authority"},
		"a host that is no one": {"init --host 0.0.0.0", "host"},
	} {
		status, _, errs := command(t, append(strings.Fields("tls "+c.args), "--data", data)...)
		if status != 2 || !strings.Contains(errs, c.say) {
			t.Errorf("%s: %d %q", what, status, errs)
		}
	}
	status, out, errs := command(t, "tls", "init", "--data", data, "--host", "torg.example", "--host", "192.0.2.1")
	if status != 0 || !regexp.MustCompile(`SHA-256.*: [0-9A-F]{64}\n`).MatchString(out) {
		t.Fatalf("%d %s%s", status, out, errs)
	}
	if status, _, errs := command(t, "tls", "init", "--data", data, "--host", "torg.example"); status != 2 || !strings.Contains(errs, "already") {
		t.Errorf("again: %d %q", status, errs)
	}
	if status, _, errs := command(t, "tls", "renew", "--data", data); status != 0 {
		t.Errorf("renew: %d %q", status, errs)
	}
	if status, _, errs := command(t, "tls", "renew", "--data", data, "--host", "other.example"); status != 2 || !strings.Contains(errs, "other.example") {
		t.Errorf("renew for another: %d %q", status, errs)
	}
}

// Beyond loopback the market starts with certificates and an operator only, and says
// what to do.
func TestUpBeyondLoopback(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	refuses := func(want string) {
		t.Helper()
		status, _, errs := command(t, "up", "--data", data, "--listen", "0.0.0.0:0")
		if status != 2 || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%d %q, want one line with %q", status, errs, want)
		}
	}
	refuses("torg tls init")
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused start left %s: %v", data, err)
	}
	if status, _, errs := command(t, "tls", "init", "--data", data, "--host", "torg.example"); status != 0 {
		t.Fatal(errs)
	}
	refuses("torg account admit NAME --role operator --data " + data)
	for _, args := range [][]string{{"admit", "anna", "--role", "owner", "--participant", "foundry"}, {"admit", "pavel", "--role", "approver"}, {"admit", "oleg", "--role", "operator"}, {"disable", "oleg"}} {
		if status, _, errs := command(t, append(append([]string{"account"}, args...), "--data", data)...); status != 0 {
			t.Fatal(errs)
		}
	}
	refuses("nobody could operate")
	if err := os.WriteFile(filepath.Join(data, tlsFolder, certs.KeyFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses("certificates:")
}

// A command asks a market that requires a login, over TLS with an authority of its own.
func TestRemote(t *testing.T) {
	dir, o := t.TempDir(), accounttest.NewOffice(t)
	if err := certs.Init(dir, []string{"127.0.0.1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	server, err := certs.Open(filepath.Join(dir, certs.CertFile), filepath.Join(dir, certs.KeyFile), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	m := recordtest.New()
	api := httptest.NewUnstartedServer(httpapi.New(httpapi.Config{Reader: m, Live: m, Gate: gate.New(gate.Config{Desk: o.Desk, TLS: true})}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := door{tls: server}
	web := &http.Server{Handler: api.Config.Handler}
	ended := make(chan error, 1)
	go func() { ended <- d.serve(web, l) }()
	defer func() { web.Close(); <-ended }()
	key, ca, base := o.Key(t, "anna", account.Read), filepath.Join(dir, certs.CAFile), "https://"+l.Addr().String()
	for what, c := range map[string]struct {
		r    remote
		url  string
		want string
	}{
		"all that it needs":     {remote{key, ca}, base, "200"},
		"no key":                {remote{"", ca}, base, "401"},
		"a wrong key":           {remote{key + "x", ca}, base, "401"},
		"no authority":          {remote{key, ""}, base, "name it with --ca"},
		"no file":               {remote{key, ca + "x"}, base, "--ca"},
		"a key as authority":    {remote{key, filepath.Join(dir, certs.CAKeyFile)}, base, "no certificate"},
		"a key in plain":        {remote{key, ""}, "http://192.0.2.1", "in plain"},
		"a key in plain, named": {remote{key, ""}, "http://torg.example:8080", "in plain"},
	} {
		request, err := http.NewRequestWithContext(context.Background(), "GET", c.url+"/api/v1/sites", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.r.do(request)
		var got string
		if err != nil {
			got = err.Error()
		} else {
			got = answer.Status
			answer.Body.Close()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
