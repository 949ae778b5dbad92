package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"torg"
	"torg/httpapi"
	"torg/record"
	"torg/record/recordtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func config(m *recordtest.Market) httpapi.Config {
	return httpapi.Config{Reader: m, Live: m, Control: m, Version: "test", Calendar: torg.Calendar{Interval: recordtest.Interval}}
}

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "localhost:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestGolden(t *testing.T) {
	golden(t, recordtest.New(), map[string]string{
		"sessions.json":     "/api/v1/sessions?limit=3",
		"session.json":      "/api/v1/sessions/20261122T113000Z",
		"contracts.json":    "/api/v1/contracts?session=20261122T113000Z&participant=foundry&limit=3",
		"contract.json":     "/api/v1/contracts/20261122T113000Z-1-00002",
		"orders.json":       "/api/v1/orders?limit=11",
		"participants.json": "/api/v1/participants",
		"sites.json":        "/api/v1/sites?limit=2",
		"readings.json":     "/api/v1/readings?site=foundry-1&limit=3",
		"decisions.json":    "/api/v1/decisions?site=factory-1&limit=2",
		"messages.json":     "/api/v1/messages?kind=financial&limit=2",
		"savings.json":      "/api/v1/savings?limit=2",
		"now.json":          "/api/v1/now",
		"sessions.csv":      "/api/v1/sessions?limit=3&format=csv",
		"contracts.csv":     "/api/v1/contracts?limit=3&format=csv",
		"orders.csv":        "/api/v1/orders?limit=12&format=csv",
		"participants.csv":  "/api/v1/participants?format=csv",
		"sites.csv":         "/api/v1/sites?format=csv",
		"readings.csv":      "/api/v1/readings?site=foundry-1&limit=3&format=csv",
		"decisions.csv":     "/api/v1/decisions?limit=12&format=csv",
		"messages.csv":      "/api/v1/messages?limit=8&format=csv",
		"savings.csv":       "/api/v1/savings?limit=3&format=csv",
		"transfers.json":    "/api/v1/transfers?participant=foundry",
		"transfers.csv":     "/api/v1/transfers?open=true&format=csv",
		"keys.json":         "/api/v1/participants/foundry/keys",
		"keys.csv":          "/api/v1/participants/foundry/keys?format=csv",
		"openapi.json":      "/api/v1/openapi.json",
	})
	golden(t, recordtest.NewZoned(), map[string]string{
		"zoned_session.json":  "/api/v1/sessions/20261122T113000Z",
		"zoned_contract.json": "/api/v1/contracts/20261122T113000Z-1-00005",
		"zoned_orders.json":   "/api/v1/orders?session=20261122T113000Z&limit=2",
		"zoned_now.json":      "/api/v1/now",
	})
}

// golden holds answers against files.
func golden(t *testing.T, m *recordtest.Market, paths map[string]string) {
	t.Helper()
	h := httpapi.New(config(m))
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			w := ask(h, "GET", path, "")
			if w.Code != 200 {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			got := w.Body.Bytes()
			if strings.HasSuffix(name, ".json") {
				var b bytes.Buffer
				if err := json.Indent(&b, got, "", "  "); err != nil {
					t.Fatal(err)
				}
				got = append(bytes.TrimSpace(b.Bytes()), '\n')
			} else if rows, err := csv.NewReader(bytes.NewReader(got)).ReadAll(); err != nil || len(rows) < 2 {
				t.Fatalf("not CSV with rows: %v", err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				os.WriteFile(file, got, 0o644)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs from %s:\n%s", path, file, got)
			}
		})
	}
}

// Every page of every list together is the list, each item once.
func TestPages(t *testing.T) {
	h := httpapi.New(config(recordtest.New()))
	for _, list := range []string{"sessions?limit=50", "contracts?limit=333", "participants?limit=5", "sites?limit=4", "messages?limit=200", "readings?site=wind-1&limit=25"} {
		seen, pages, cursor := map[string]bool{}, 0, ""
		for {
			var body struct {
				Items []json.RawMessage
				Next  string
			}
			w := ask(h, "GET", "/api/v1/"+list+"&cursor="+url.QueryEscape(cursor), "")
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 200 {
				t.Fatalf("%s: %d %s", list, w.Code, w.Body)
			}
			for _, raw := range body.Items {
				if seen[string(raw)] {
					t.Fatalf("%s: an item comes twice: %s", list, raw)
				}
				seen[string(raw)] = true
			}
			pages++
			if cursor = body.Next; cursor == "" {
				break
			}
		}
		if pages < 3 || len(seen) < 10 {
			t.Errorf("%s: %d items in %d pages", list, len(seen), pages)
		}
	}
}

func TestBadRequests(t *testing.T) {
	h := httpapi.New(config(recordtest.New()))
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/api/v1/sessions?limit=0", "", 422, "malformed"},
		{"GET", "/api/v1/sessions?limit=1001", "", 422, "malformed"},
		{"GET", "/api/v1/sessions?limit=ten", "", 422, "malformed"},
		{"GET", "/api/v1/sessions?limit=-5", "", 422, "malformed"},
		{"GET", "/api/v1/sessions?cursor=%00%ff", "", 400, "malformed"},
		{"GET", "/api/v1/sessions?cursor=x", "", 400, "malformed"},
		{"GET", "/api/v1/sessions?format=xml", "", 422, "malformed"},
		{"GET", "/api/v1/sessions/nothing", "", 404, "unknown"},
		{"GET", "/api/v1/sessions/" + strings.Repeat("a", 65), "", 422, "malformed"},
		{"GET", "/api/v1/contracts/nothing", "", 404, "unknown"},
		{"GET", "/api/v1/messages?kind=gossip", "", 422, "malformed"},
		{"GET", "/api/v1/readings", "", 422, "malformed"},
		{"GET", "/api/v1/readings?site=nobody", "", 404, "unknown"},
		{"GET", "/api/v1/readings?site=foundry-1&from=yesterday", "", 422, "malformed"},
		{"GET", "/api/v1/readings?site=foundry-1&from=1990-01-01T00:00:00Z", "", 400, "malformed"},
		{"GET", "/api/v1/readings?site=foundry-1&cursor=-1", "", 400, "malformed"},
		{"GET", "/api/v1/readings?site=foundry-1&cursor=9223372036854775807", "", 400, "malformed"},
		{"GET", "/api/v1/savings?from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "", 400, "malformed"},
		{"GET", "/api/v1/none", "", 404, "unknown"},
		{"PUT", "/api/v1/sessions", "", 404, "unknown"},
		{"POST", "/api/v1/agents/nobody/stop", "", 404, "unknown"},
		{"POST", "/api/v1/halt", "{", 400, "malformed"},
		{"POST", "/api/v1/halt", "{}", 422, "malformed"},
		{"POST", "/api/v1/halt", `{"halted":"yes"}`, 422, "malformed"},
		{"POST", "/api/v1/halt", `{"halted":true,"force":1}`, 422, "malformed"},
	} {
		w := ask(h, c.method, c.path, c.body)
		var p httpapi.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Errorf("%s %s: %d is not JSON: %s", c.method, c.path, w.Code, w.Body)
			continue
		}
		if w.Code != c.status || p.Code != c.code || p.Status != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s %+v, want %d %s", c.method, c.path, w.Code, w.Header().Get("Content-Type"), p, c.status, c.code)
		}
	}
}

func TestInternalErrorsAreNotShown(t *testing.T) {
	m := recordtest.New()
	m.Fail = errors.New("disk /secret/path is on fire")
	w := ask(httpapi.New(config(m)), "GET", "/api/v1/sessions", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestControl(t *testing.T) {
	m := recordtest.New()
	h := httpapi.New(config(m))
	if w := ask(h, "POST", "/api/v1/agents/foundry-1/stop", ""); w.Code != 204 || m.Now().Agents[0].Running {
		t.Errorf("stop: %d %s, running %v", w.Code, w.Body, m.Now().Agents[0].Running)
	}
	if w := ask(h, "POST", "/api/v1/agents/foundry-1/start", ""); w.Code != 204 || !m.Now().Agents[0].Running {
		t.Errorf("start: %d %s", w.Code, w.Body)
	}
	if w := ask(h, "POST", "/api/v1/halt", `{"halted":true}`); w.Code != 204 || !m.Now().Halted {
		t.Errorf("halt: %d %s", w.Code, w.Body)
	}
	c := config(m)
	c.Control = nil
	if w := ask(httpapi.New(c), "POST", "/api/v1/halt", `{"halted":false}`); w.Code != 503 || !m.Now().Halted {
		t.Errorf("without control: %d %s", w.Code, w.Body)
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	m := recordtest.New()
	h := httpapi.New(config(m))
	for name, set := range map[string]func(*http.Request){
		"origin": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"host":   func(r *http.Request) { r.Host = "evil.example" },
	} {
		r := httptest.NewRequest("POST", "/api/v1/agents/foundry-1/stop", nil)
		r.Host = "localhost"
		set(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 403 || !strings.Contains(w.Body.String(), "wrong_"+name) || !m.Now().Agents[0].Running {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// Orders are sealed until the gates close.
func TestSealedOrders(t *testing.T) {
	m := recordtest.New()
	h := httpapi.New(config(m))
	open := m.Now().Session
	for _, list := range []string{"orders", "decisions", "messages"} {
		if w := ask(h, "GET", "/api/v1/"+list+"?session="+open, ""); strings.Contains(w.Body.String(), open) {
			t.Errorf("%s of the open session are told: %s", list, w.Body)
		}
	}
	m.Set(func(n *record.Now) { n.State = record.Active })
	if w := ask(h, "GET", "/api/v1/orders?session="+open, ""); !strings.Contains(w.Body.String(), open) {
		t.Errorf("orders stay sealed after the gates: %s", w.Body)
	}
}

func TestLive(t *testing.T) {
	m := recordtest.New()
	s := httptest.NewServer(httpapi.New(config(m)))
	defer s.Close()
	resp, err := http.Get(s.URL + "/api/v1/live")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	frame := func() (n httpapi.Now) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &n); err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		t.Fatal("the stream ended:", lines.Err())
		return n
	}
	if n := frame(); n.State != "open" || n.LedgerHeight != 48_211 {
		t.Errorf("first frame: %+v", n)
	}
	m.Set(func(n *record.Now) { n.State, n.Height = record.Active, 48_212 })
	if n := frame(); n.State != "active" || n.LedgerHeight != 48_212 {
		t.Errorf("second frame: %+v", n)
	}
}

func TestHealth(t *testing.T) {
	c := config(recordtest.New())
	reg := prometheus.NewRegistry()
	n := prometheus.NewCounter(prometheus.CounterOpts{Name: "torg_test_total"})
	reg.MustRegister(n)
	n.Add(3)
	c.Metrics = reg
	c.Ready = func(context.Context) error { return errors.New("the ledger is 12 blocks behind") }
	h := httpapi.New(c)
	for path, want := range map[string]struct {
		status int
		body   string
	}{"/healthz": {200, "ok"}, "/readyz": {503, "12 blocks behind"}, "/metrics": {200, "torg_test_total 3"}} {
		if w := ask(h, "GET", path, ""); w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// The description names every route, in both versions, and our shape of errors.
func TestOpenAPI(t *testing.T) {
	h := httpapi.New(config(recordtest.New()))
	for path, version := range map[string]string{"/api/v1/openapi.json": "3.1.0", "/api/v1/openapi-3.0.json": "3.0.3"} {
		var doc struct {
			OpenAPI    string
			Paths      map[string]any
			Components struct {
				Schemas map[string]struct{ Properties map[string]any }
			}
		}
		if err := json.Unmarshal(ask(h, "GET", path, "").Body.Bytes(), &doc); err != nil || doc.OpenAPI != version {
			t.Errorf("%s: version %q, %v", path, doc.OpenAPI, err)
		}
		for _, route := range []string{"sessions", "contracts", "participants", "sites", "readings", "decisions", "messages", "orders", "now", "live", "halt", "agents/{site}/stop"} {
			if doc.Paths["/api/v1/"+route] == nil {
				t.Errorf("%s does not describe %s", path, route)
			}
		}
		if doc.Components.Schemas["ErrorModel"].Properties["code"] == nil {
			t.Errorf("%s: errors have no code: %v", path, doc.Components.Schemas["ErrorModel"])
		}
	}
}

func FuzzQuery(f *testing.F) {
	for _, q := range []string{"limit=5", "cursor=12&format=csv", "site=foundry-1&from=2026-11-22T00:00:00Z", "participant=%3Cscript%3E", "kind=energy&limit=99999999999999999999"} {
		f.Add(q)
	}
	h := httpapi.New(config(recordtest.New()))
	f.Fuzz(func(t *testing.T, q string) {
		for _, list := range []string{"sessions", "contracts", "orders", "participants", "sites", "readings", "decisions", "messages", "savings"} {
			r := httptest.NewRequest("GET", "/api/v1/"+list, nil)
			r.Host, r.URL.RawQuery = "localhost", q
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if body, _ := io.ReadAll(w.Body); w.Code >= 500 || len(body) == 0 {
				t.Errorf("%s?%q: %d %s", list, q, w.Code, body)
			}
		}
	})
}
