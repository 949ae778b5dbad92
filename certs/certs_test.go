package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func made(t *testing.T, hosts ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tls")
	if err := Init(dir, hosts, now); err != nil {
		t.Fatal(err)
	}
	return dir
}

func roots(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, CAFile))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(body) {
		t.Fatal("no authority")
	}
	return pool
}

func TestInit(t *testing.T) {
	for _, hosts := range [][]string{{"torg.example"}, {"torg.example", "localhost", "192.0.2.1", "2001:db8::1"}, {"192.0.2.1"}, {"[2001:db8::1]"}, {"TORG.example"}} {
		dir := made(t, hosts...)
		for _, name := range []string{CAFile, CAKeyFile, CertFile, KeyFile} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v %v", name, info.Mode(), err)
			}
		}
		leaf, err := readCert(filepath.Join(dir, CertFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hosts {
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots(t, dir), DNSName: strings.ToLower(h), CurrentTime: now})
			if err != nil {
				t.Errorf("%v for %s: %v", hosts, h, err)
			}
		}
		for _, h := range []string{"evil.example", "192.0.2.9"} {
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots(t, dir), DNSName: h, CurrentTime: now}); err == nil {
				t.Errorf("%v is good for %s", hosts, h)
			}
		}
		if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 398*24*time.Hour {
			t.Errorf("it lives %s, longer than browsers take", life)
		}
		if openssl, err := exec.LookPath("openssl"); err == nil {
			out, err := exec.Command(openssl, "verify", "-attime", "1795348800", "-x509_strict", "-CAfile", filepath.Join(dir, CAFile), filepath.Join(dir, CertFile)).CombinedOutput()
			if err != nil {
				t.Errorf("openssl on %v: %s", hosts, out)
			}
		}
	}
}

// The authority's key, if it were stolen, makes no certificate that a client takes for
// another host.
func TestAuthorityIsHeldToItsHosts(t *testing.T) {
	for hosts, foreign := range map[string][]string{"torg.example": {"bank.example", "192.0.2.1", "orgtorg.example"}, "192.0.2.1": {"192.0.2.2", "torg.example", "2001:db8::1"}} {
		dir := made(t, hosts)
		for _, f := range foreign {
			before := read(t, dir)
			if err := Renew(dir, []string{f}, now); err == nil || !strings.Contains(err.Error(), f) {
				t.Errorf("an authority for %s signs for %s: %v", hosts, f, err)
			}
			if read(t, dir) != before {
				t.Errorf("a refused renewal changed files")
			}
		}
	}
}

func read(t *testing.T, dir string) (all string) {
	t.Helper()
	for _, name := range []string{CAFile, CAKeyFile, CertFile, KeyFile} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	return all
}

func TestInitNeverWritesOver(t *testing.T) {
	dir := made(t, "torg.example")
	before := read(t, dir)
	if err := Init(dir, []string{"torg.example"}, now); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v", err)
	}
	if read(t, dir) != before {
		t.Error("files changed")
	}
	for _, left := range []string{CAFile, CAKeyFile, CertFile, KeyFile} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, left), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Init(dir, []string{"torg.example"}, now); !errors.Is(err, ErrExists) {
			t.Errorf("over %s: %v", left, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("over %s: %d files", left, len(entries))
		}
	}
}

func TestBadHosts(t *testing.T) {
	for _, hosts := range [][]string{nil, {""}, {"a b"}, {"https://torg.example"}, {"torg.example:8443"}, {"-torg"}, {"torg-"}, {"a..b"}, {"*.example"}, {"0.0.0.0"}, {"::"},
		{"224.0.0.1"}, {"300.1.1.1"}, {strings.Repeat("a", 64)}, {strings.Repeat("a.", 127) + "a"}, {"торг.рф"}, {"a/b"}, {"a\x00b"}, slices.Repeat([]string{"a.example"}, MaxHosts+1)} {
		dir := filepath.Join(t.TempDir(), "tls")
		if err := Init(dir, hosts, now); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v", hosts, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%.60q: a folder is made", hosts)
		}
	}
}

func TestRenew(t *testing.T) {
	dir := made(t, "torg.example", "192.0.2.1")
	old, _ := readCert(filepath.Join(dir, CertFile))
	later := now.Add(300 * 24 * time.Hour)
	if err := Renew(dir, nil, later); err != nil {
		t.Fatal(err)
	}
	fresh, err := readCert(filepath.Join(dir, CertFile))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(Hosts(fresh), Hosts(old)) || !fresh.NotAfter.After(old.NotAfter) || old.SerialNumber.Cmp(fresh.SerialNumber) == 0 {
		t.Errorf("%v until %s", Hosts(fresh), fresh.NotAfter)
	}
	if _, err := fresh.Verify(x509.VerifyOptions{Roots: roots(t, dir), DNSName: "torg.example", CurrentTime: later}); err != nil {
		t.Error(err)
	}
	if err := Renew(dir, []string{"two.torg.example"}, later); err != nil {
		t.Errorf("a name under the authority's: %v", err)
	}
	if err := Renew(dir, nil, now.Add(CALife)); err == nil || !strings.Contains(err.Error(), "ends on") {
		t.Errorf("beyond the authority's life: %v", err)
	}
	for _, spoilt := range []string{CAFile, CAKeyFile} {
		dir := made(t, "torg.example")
		other := made(t, "torg.example")
		for _, body := range [][]byte{nil, []byte("nonsense"), bytesOf(t, filepath.Join(other, spoilt))} {
			if err := os.WriteFile(filepath.Join(dir, spoilt), body, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Renew(dir, nil, now); err == nil {
				t.Errorf("renewed with another's %s", spoilt)
			}
		}
	}
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A running server takes the renewed certificate; files that do not load leave the old
// one in use; TLS 1.1 is refused.
func TestServer(t *testing.T) {
	dir := made(t, "127.0.0.1")
	at := now
	s, err := Open(filepath.Join(dir, CertFile), filepath.Join(dir, KeyFile), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	server.TLS = s.TLS()
	listener := tls.NewListener(server.Listener, server.TLS)
	web := &http.Server{Handler: server.Config.Handler}
	go web.Serve(listener)
	t.Cleanup(func() { web.Close() })
	serial := func(c *tls.Config) (string, error) {
		c.RootCAs, c.Time = roots(t, dir), func() time.Time { return at }
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", server.Listener.Addr().String(), c)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		state := conn.ConnectionState()
		if c.MaxVersion == 0 && state.Version != tls.VersionTLS13 {
			t.Errorf("spoken: %s", tls.VersionName(state.Version))
		}
		return state.PeerCertificates[0].SerialNumber.String(), nil
	}
	first, err := serial(&tls.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := serial(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, err := serial(&tls.Config{MaxVersion: tls.VersionTLS12}); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
	at = at.Add(time.Hour)
	if err := Renew(dir, nil, at); err != nil {
		t.Fatal(err)
	}
	touch(t, filepath.Join(dir, CertFile), at)
	second, err := serial(&tls.Config{})
	if err != nil || second == first {
		t.Errorf("after a renewal: %s, before %s, %v", second, first, err)
	}
	at = at.Add(time.Hour)
	if err := os.WriteFile(filepath.Join(dir, CertFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	touch(t, filepath.Join(dir, CertFile), at)
	if third, err := serial(&tls.Config{}); err != nil || third != second {
		t.Errorf("with a spoilt file: %s, before %s, %v", third, second, err)
	}
}

func touch(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir, other := made(t, "torg.example"), made(t, "torg.example")
	cert, key := filepath.Join(dir, CertFile), filepath.Join(dir, KeyFile)
	clock := func() time.Time { return now }
	for what, f := range map[string]func() (*Server, error){
		"no file":              func() (*Server, error) { return Open(filepath.Join(dir, "none"), key, clock) },
		"another's key":        func() (*Server, error) { return Open(cert, filepath.Join(other, KeyFile), clock) },
		"a key as certificate": func() (*Server, error) { return Open(key, key, clock) },
		"one that ended": func() (*Server, error) {
			return Open(cert, key, func() time.Time { return now.Add(ServerLife + time.Hour) })
		},
	} {
		if s, err := f(); err == nil || s != nil {
			t.Errorf("%s: %v %v", what, s, err)
		}
	}
}
