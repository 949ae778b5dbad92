package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"torg"
	"torg/account"
	"torg/account/accounttest"
	"torg/account/gate"
	"torg/httpapi"
	"torg/internal/require"
	"torg/record/recordtest"
)

// everyProof proves what it is asked for.
type everyProof struct{}

func (everyProof) Proof(context.Context, torg.ContractID, int64) ([]byte, error) {
	return []byte("zip"), nil
}

// viewers are the columns of the table below: nobody, the owners of the foundry and of
// the factory, the operator, the approver, somebody with a one-time password, and keys.
var viewers = []string{"nobody", "anna", "vera", "oleg", "pavel", "one-time", "anna's read", "anna's trade", "oleg's read", "oleg's operate"}

// route says who gets which answer. What others must not read is in none of anna's
// answers, and in the operator's.
type route struct {
	pattern string // as registered
	target  string // an example about the foundry
	body    string
	answers string // status by viewer
	secret  string
}

const (
	published = "401 200 200 200 200 403 200 200 200 200"
	// trading needs the scope to trade; no market runs in this test.
	trading  = "401 503 503 403 403 403 403 503 403 403"
	foundrys = "401 200 404 200 404 403 200 200 200 200"
)

// ours is a contract between the foundry and the supplier.
const ours = "20261122T113000Z-1-00099"

func market() *recordtest.Market {
	m := recordtest.New()
	d := m.Deals[len(m.Deals)-1]
	d.ID, d.Seller, d.SellerSite, d.Buyer, d.BuyerSite = ours, "foundry", "foundry-1", "supplier", ""
	m.Deals = append(m.Deals, d)
	last := m.Log[len(m.Log)-1]
	last.Session, last.From, last.To = d.Session, "factory-1", "exchange"
	m.Log = append(m.Log, last)
	foundrys, another := m.ForwardRows[0], m.ForwardRows[0]
	foundrys.Proposer, foundrys.Number, foundrys.Buyer, foundrys.BuyerSite = torg.Sell, 9, "teplo", "teplo-1"
	another.Proposer, another.Number, another.Seller, another.SellerSite = torg.Buy, 8, "teplo", "teplo-1"
	m.ForwardRows = append(m.ForwardRows, foundrys, another)
	return m
}

func table() []route {
	const deal = "/api/v1/contracts/" + ours
	return []route{
		{"GET /api/v1/sessions", "/api/v1/sessions", "", published, ""},
		{"GET /api/v1/sessions/{id}", "/api/v1/sessions/20261122T113000Z", "", published, ""},
		{"GET /api/v1/contracts", "/api/v1/contracts?limit=1000", "", published, ""},
		{"GET /api/v1/contracts", "/api/v1/contracts?participant=factory", "", published, `"buyer":"factory"`},
		{"GET /api/v1/contracts", "/api/v1/contracts?participant=factory&format=csv", "", published, "factory"},
		{"GET /api/v1/transfers", "/api/v1/transfers?limit=1000", "", published, ""},
		{"GET /api/v1/transfers", "/api/v1/transfers?participant=factory", "", published, ""},
		{"GET /api/v1/transfers", "/api/v1/transfers?open=true&format=csv", "", published, ""},
		{"GET /api/v1/participants/{id}/keys", "/api/v1/participants/factory/keys", "", published, ""},
		{"GET /api/v1/contracts/{id}", deal, "", foundrys, ""},
		{"GET /api/v1/contracts/{id}/proof", deal + "/proof", "", foundrys, ""},
		{"GET /api/v1/orders", "/api/v1/orders?limit=1000", "", published, "factory-1"},
		{"GET /api/v1/orders", "/api/v1/orders?site=factory-1", "", published, "factory-1"},
		{"GET /api/v1/orders", "/api/v1/orders?limit=1000&format=csv", "", published, "factory-1"},
		{"GET /api/v1/decisions", "/api/v1/decisions?limit=1000", "", published, "factory-1"},
		{"GET /api/v1/decisions", "/api/v1/decisions?site=factory-1&format=csv", "", published, "factory-1"},
		{"GET /api/v1/messages", "/api/v1/messages?limit=1000", "", published, "factory-1"},
		{"GET /api/v1/messages", "/api/v1/messages?site=factory-1", "", published, "factory-1"},
		{"GET /api/v1/messages", "/api/v1/messages?limit=1000&format=csv", "", published, "factory-1"},
		{"GET /api/v1/participants", "/api/v1/participants", "", published, ""},
		{"GET /api/v1/sites", "/api/v1/sites", "", published, "factory-1"},
		{"GET /api/v1/sites", "/api/v1/sites?format=csv", "", published, "factory-1"},
		{"GET /api/v1/readings", "/api/v1/readings?site=foundry-1", "", foundrys, ""},
		{"GET /api/v1/readings", "/api/v1/readings?site=foundry-1&format=csv", "", foundrys, ""},
		{"GET /api/v1/savings", "/api/v1/savings", "", published, "factory"},
		{"GET /api/v1/now", "/api/v1/now", "", published, "factory-1"},
		{"GET /api/v1/live", "/api/v1/live", "", published, "factory-1"},
		{"POST /api/v1/agents/{site}/start", "/api/v1/agents/foundry-1/start", "{}", "401 204 404 403 404 403 403 204 403 403", ""},
		{"POST /api/v1/agents/{site}/stop", "/api/v1/agents/foundry-1/stop", "{}", "401 204 404 204 404 403 403 204 403 204", ""},
		{"POST /api/v1/halt", "/api/v1/halt", `{"halted":true}`, "401 403 403 204 403 403 403 403 403 204", ""},
		{"GET /api/v1/board", "/api/v1/board", "", "401 503 503 503 503 403 503 503 503 503", ""},
		{"GET /api/v1/board/offers", "/api/v1/board/offers", "", published, ""},
		{"GET /api/v1/board/offers", "/api/v1/board/offers?participant=factory&format=csv", "", published, ""},
		{"GET /api/v1/board/contracts", "/api/v1/board/contracts", "", published, "factory-1.f8"},
		{"GET /api/v1/board/contracts", "/api/v1/board/contracts?participant=factory&format=csv", "", published, "factory-1.f8"},
		{"GET /api/v1/board/contracts/{id}", "/api/v1/board/contracts/foundry-1.f9", "", foundrys, ""},
		{"POST /api/v1/board/draft", "/api/v1/board/draft", `{"kind":"offer","site":"foundry-1"}`, trading, ""},
		{"POST /api/v1/board/offers", "/api/v1/board/offers", `{"ask":{"kind":"offer","site":"foundry-1"}}`, trading, ""},
		{"POST /api/v1/board/take", "/api/v1/board/take", `{"ask":{"kind":"take","site":"foundry-1"}}`, trading, ""},
		{"POST /api/v1/board/sign", "/api/v1/board/sign", `{"id":"factory-1.f1"}`, trading, ""},
		{"POST /api/v1/board/withdraw", "/api/v1/board/withdraw", `{"offer":"foundry-1.o1"}`, trading, ""},
		{"POST /api/v1/board/decline", "/api/v1/board/decline", `{"contract":"factory-1.f1"}`, trading, ""},
		{"POST /api/v1/transactions", "/api/v1/transactions", "x", "401 503 503 503 503 403 403 503 403 503", ""},
		{`"GET "+path`, "/api/v1/openapi.json", "", published, ""},
		{"GET /api/v1/board", "/api/v1/board", "", "401 503 503 503 503 403 503 503 503 503", ""},
		{"GET /api/v1/board/offers", "/api/v1/board/offers", "", published, ""},
		{"GET /api/v1/board/offers", "/api/v1/board/offers?participant=factory&format=csv", "", published, ""},
		{"GET /api/v1/board/contracts", "/api/v1/board/contracts", "", published, "factory-1.f8"},
		{"GET /api/v1/board/contracts", "/api/v1/board/contracts?participant=factory&format=csv", "", published, "factory-1.f8"},
		{"GET /api/v1/board/contracts/{id}", "/api/v1/board/contracts/foundry-1.f9", "", foundrys, ""},
		{"POST /api/v1/board/draft", "/api/v1/board/draft", `{"kind":"offer","site":"foundry-1"}`, trading, ""},
		{"POST /api/v1/board/offers", "/api/v1/board/offers", `{"ask":{"kind":"offer","site":"foundry-1"}}`, trading, ""},
		{"POST /api/v1/board/take", "/api/v1/board/take", `{"ask":{"kind":"take","site":"foundry-1"}}`, trading, ""},
		{"POST /api/v1/board/sign", "/api/v1/board/sign", `{"id":"factory-1.f1"}`, trading, ""},
		{"POST /api/v1/board/withdraw", "/api/v1/board/withdraw", `{"offer":"foundry-1.o1"}`, trading, ""},
		{"POST /api/v1/board/decline", "/api/v1/board/decline", `{"contract":"factory-1.f1"}`, trading, ""},
		{"POST /api/v1/transactions", "/api/v1/transactions", "x", "401 503 503 503 503 403 403 503 403 503", ""},
		{`"GET "+path`, "/api/v1/openapi-3.0.json", "", published, ""},
		{"/api/", "/api/v1/nothing", "", "401 404 404 404 404 403 404 404 404 404", ""},
		{"GET /healthz", "/healthz", "", "200 200 200 200 200 200 200 200 200 200", ""},
		{"GET /readyz", "/readyz", "", "200 200 200 200 200 200 200 200 200 200", ""},
		{"GET /metrics", "/metrics", "", "401 403 403 200 403 403 403 403 200 200", ""},
	}
}

// as makes a request in a viewer's name.
func as(t *testing.T, o accounttest.Office, viewer string, r *http.Request) *http.Request {
	t.Helper()
	cookie := func(token string) *http.Request {
		r.AddCookie(&http.Cookie{Name: "torg_session", Value: token})
		r.Header.Set("Origin", "http://localhost:8080")
		return r
	}
	who, scope, key := strings.Cut(viewer, "'s ")
	switch {
	case viewer == "nobody":
		return r
	case viewer == "one-time":
		return cookie(o.OneTime(t, "nina"))
	case key:
		r.Header.Set("Authorization", "Bearer "+o.Key(t, who, account.Read, account.Scope(scope)))
		return r
	}
	return cookie(o.Token(t, viewer))
}

func guarded(m *recordtest.Market, o accounttest.Office) http.Handler {
	c := config(m)
	c.Gate, c.Proofs = gate.New(gate.Config{Desk: o.Desk}), everyProof{}
	return httpapi.New(c)
}

// answer asks once. A stream ends after its first event.
func answer(t *testing.T, h http.Handler, o accounttest.Office, x route, viewer string) *httptest.ResponseRecorder {
	t.Helper()
	method, _, _ := strings.Cut(strings.TrimPrefix(x.pattern, `"`), " ")
	if strings.HasPrefix(method, "/") {
		method = "GET"
	}
	r := httptest.NewRequest(method, x.target, strings.NewReader(x.body))
	r.Host = "localhost:8080"
	r.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(x.target, "/live") {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, as(t, o, viewer, r))
	return w
}

func TestWhoMaySeeWhat(t *testing.T) {
	for _, x := range table() {
		want, m := strings.Fields(x.answers), market()
		for i, viewer := range viewers {
			o := accounttest.NewOffice(t)
			w := answer(t, guarded(m, o), o, x, viewer)
			if fmt.Sprint(w.Code) != want[i] {
				t.Errorf("%s as %s: %d, want %s: %.200s", x.target, viewer, w.Code, want[i], w.Body)
			}
			if x.secret == "" || w.Code != 200 {
				continue
			}
			if there := strings.Contains(w.Body.String(), x.secret); there != (strings.HasPrefix(viewer, "oleg") || viewer == "vera") {
				t.Errorf("%s as %s: holds %q: %v", x.target, viewer, x.secret, there)
			}
		}
	}
}

// A new route is in the table, or this fails.
func TestEveryRouteIsInTheTable(t *testing.T) {
	known := map[string]bool{}
	m := recordtest.New()
	for _, x := range table() {
		known[x.pattern] = true
		if n := len(strings.Fields(x.answers)); n != len(viewers) {
			t.Errorf("%s has %d answers for %d viewers", x.target, n, len(viewers))
		}
	}
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(ask(httpapi.New(config(m)), "GET", "/api/v1/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	routes := require.Routes(t)
	for path, methods := range doc.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	if len(routes) < 20 {
		t.Errorf("only %d routes found", len(routes))
	}
	for _, r := range routes {
		if !known[r] && !known[`"`+r] {
			t.Errorf("%s is registered and in no row of the table", r)
		}
	}
}

// What is another's answers as what is not there, to the byte.
func TestOthersLookAbsent(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(market(), o)
	for _, x := range []struct{ method, path, theirs, none string }{
		{"GET", "/api/v1/contracts/%s", ours, "20261122T113000Z-9-00001"},
		{"GET", "/api/v1/contracts/%s/proof", ours, "20261122T113000Z-9-00001"},
		{"GET", "/api/v1/readings?site=%s", "foundry-1", "nowhere-1"},
		{"POST", "/api/v1/agents/%s/stop", "foundry-1", "nowhere-1"},
		{"POST", "/api/v1/agents/%s/start", "foundry-1", "nowhere-1"},
	} {
		get := func(id string) string {
			w := answer(t, h, o, route{pattern: x.method + " ", target: fmt.Sprintf(x.path, id), body: "{}"}, "vera")
			return fmt.Sprint(w.Code, strings.ReplaceAll(w.Body.String(), id, "ID"))
		}
		if theirs, none := get(x.theirs), get(x.none); theirs != none || !strings.HasPrefix(none, "404") {
			t.Errorf("%s: %s\n%s", x.path, theirs, none)
		}
	}
}

// Anna's lists hold nothing that she is no part of.
func TestListsHoldOnlyTheirOwn(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(recordtest.New(), o)
	for path, own := range map[string]func(map[string]any) bool{
		"contracts": func(c map[string]any) bool { return c["buyer"] == "foundry" || c["seller"] == "foundry" },
		"orders":    func(c map[string]any) bool { return c["participant"] == "foundry" },
		"decisions": func(c map[string]any) bool { return c["site"] == "foundry-1" },
		"messages": func(c map[string]any) bool {
			return c["from"] == "foundry-1" || c["to"] == "foundry-1" || c["from"] == "foundry" || c["to"] == "foundry"
		},
		"sites":   func(c map[string]any) bool { return c["participant"] == "foundry" },
		"savings": func(c map[string]any) bool { return c["participant"] == "foundry" },
	} {
		w := answer(t, h, o, route{pattern: "GET ", target: "/api/v1/" + path + "?limit=1000"}, "anna's read")
		var body struct{ Items []map[string]any }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body.Items) == 0 {
			t.Fatalf("%s: %v, %d items", path, err, len(body.Items))
		}
		for _, item := range body.Items {
			if !own(item) {
				t.Errorf("%s: %v", path, item)
			}
		}
	}
}

// Metrics are free on loopback, and nothing else is.
func TestFreeMetrics(t *testing.T) {
	o := accounttest.NewOffice(t)
	c := config(recordtest.New())
	c.Gate, c.FreeMetrics = gate.New(gate.Config{Desk: o.Desk}), true
	h := httpapi.New(c)
	for path, want := range map[string]int{"/metrics": 200, "/api/v1/now": 401} {
		if w := ask(h, "GET", path, ""); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// Money on its way is its owner's business, and that of those who act on it.
func TestWhoseTransfers(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(market(), o)
	for viewer, all := range map[string]bool{"anna": false, "anna's read": false, "oleg": true, "oleg's read": true, "pavel": true} {
		body := answer(t, h, o, route{pattern: "GET ", target: "/api/v1/transfers?limit=1000"}, viewer).Body.String()
		if got := strings.Contains(body, `"participant":"factory"`); got != all || !strings.Contains(body, `"participant":"foundry"`) {
			t.Errorf("as %s: the factory's are there: %v; %s", viewer, got, body)
		}
	}
}
