package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"torg"
	"torg/account/accounttest"
	"torg/account/gate"
	"torg/internal/require"
	"torg/record/recordtest"
	"torg/web"
)

// viewers are the columns of the table below: nobody, the owners of the foundry and of
// the factory, the operator, the approver, and somebody with a one-time password.
var viewers = []string{"nobody", "anna", "vera", "oleg", "pavel", "one-time"}

// ours is a contract between the foundry and the supplier.
const ours = "20261122T113000Z-1-00099"

// market is the fixture with that contract and a message of the factory's.
func market() *recordtest.Market {
	m := recordtest.New()
	d := m.Deals[len(m.Deals)-1]
	d.ID, d.Session, d.Seller, d.SellerSite, d.Buyer, d.BuyerSite = ours, "20261122T113000Z", "foundry", "foundry-1", "supplier", ""
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

// route says who gets which answer. What others must not read is in none of anna's
// and pavel's answers, and in the operator's.
type route struct {
	pattern string // as registered
	target  string // an example about the foundry
	form    url.Values
	answers string // status by viewer
	secret  string
}

const (
	published = "303 200 200 200 200 303"
	unmanned  = "401 403 403 403 403 303" // nothing is concluded where no market runs
	foundrys  = "303 200 404 200 404 303"
)

var table = []route{
	{"GET /{$}", "/", nil, published, "factory-1"},
	{"GET /sessions", "/sessions", nil, published, ""},
	{"GET /sessions", "/sessions?format=csv", nil, published, ""},
	{"GET /sessions/{id}", "/sessions/20261122T113000Z", nil, published, "Самокаты"},
	{"GET /contracts", "/contracts", nil, published, "Самокаты"},
	{"GET /contracts", "/contracts?format=csv", nil, published, "scooter"},
	{"GET /contracts/{id}", "/contracts/" + ours, nil, foundrys, ""},
	{"GET /sites/{id}", "/sites/foundry-1", nil, foundrys, ""},
	{"GET /sites/{id}", "/sites/foundry-1?format=csv", nil, foundrys, ""},
	{"GET /log", "/log", nil, published, "Механический завод"},
	{"GET /log", "/log?format=csv", nil, published, "factory-1"},
	{"GET /log", "/log?site=foundry-1", nil, "303 200 404 200 200 303", ""},
	{"GET /board", "/board", nil, published, ""},
	{"GET /board", "/board?format=csv", nil, published, ""},
	{"GET /board/offers/{id}", "/board/offers/foundry-1.o1", nil, published, ""},
	{"GET /board/contracts", "/board/contracts", nil, published, "factory-1.f8"},
	{"GET /board/contracts", "/board/contracts?format=csv", nil, published, "factory-1.f8"},
	{"GET /board/contracts/{id}", "/board/contracts/foundry-1.f9", nil, foundrys, ""},
	{"POST /board/offers", "/board/offers", url.Values{"site": {"foundry-1"}}, unmanned, ""},
	{"POST /board/offers/{id}/take", "/board/offers/foundry-1.o1/take", url.Values{"site": {"foundry-1"}}, unmanned, ""},
	{"POST /board/offers/{id}/withdraw", "/board/offers/foundry-1.o1/withdraw", url.Values{}, unmanned, ""},
	{"POST /board/contracts/{id}/sign", "/board/contracts/foundry-1.f9/sign", url.Values{}, "401 403 404 403 404 303", ""},
	{"POST /board/contracts/{id}/decline", "/board/contracts/foundry-1.f9/decline", url.Values{}, "401 403 404 403 404 303", ""},
	{"GET /money", "/money", nil, published, ""},
	{"GET /money", "/money?format=csv", nil, published, ""},
	{"GET /help", "/help", nil, published, ""},
	{"GET /search", "/search?q=" + url.QueryEscape("Механический"), nil, published, "/sites/factory-1"},
	{"GET /search", "/search?q=" + ours, nil, "303 303 200 303 200 303", ""},
	{"GET /live", "/live", nil, "401 200 200 200 200 303", "available.factory-1"},
	{"GET /static/{name}", "/static/torg.css", nil, "200 200 200 200 200 200", ""},
	{"POST /stop", "/stop", url.Values{}, "401 303 303 303 403 303", ""},
	{"POST /start", "/start", url.Values{}, "401 303 303 303 403 303", ""},
	{"POST /sites/{id}/stop", "/sites/foundry-1/stop", url.Values{}, "401 303 404 303 404 303", ""},
	{"POST /sites/{id}/start", "/sites/foundry-1/start", url.Values{}, "401 303 404 403 404 303", ""},
	{"POST /sites/{id}/settings", "/sites/foundry-1/settings", url.Values{"mode": {"manual"}, "goal": {"cheapest"}, "strategy": {"median"}, "sure": {"yes"}}, "401 303 404 403 404 303", ""},
	{"GET /login", "/login", nil, "200 303 303 303 303 303", ""},
	{"POST /login", "/login", url.Values{"name": {"anna"}, "password": {"wrong"}}, "403 403 403 403 403 403", ""},
	{"POST /logout", "/logout", url.Values{}, "401 303 303 303 303 303", ""},
	{"GET /account", "/account", nil, "303 200 200 200 200 200", ""},
	{"POST /account/password", "/account/password", url.Values{"new": {"a"}, "again": {"b"}}, "401 400 400 400 400 400", ""},
	{"POST /account/signout", "/account/signout", url.Values{}, "401 303 303 303 303 303", ""},
	{"POST /account/keys", "/account/keys", url.Values{"scope": {"root"}}, "401 400 400 400 400 303", ""},
	{"POST /account/keys/revoke", "/account/keys/revoke", url.Values{"key": {"none"}}, "401 404 404 404 404 303", ""},
	{"/", "/nothing", nil, "303 404 404 404 404 303", ""},
}

func guarded(m *recordtest.Market, o accounttest.Office) http.Handler {
	c := config(m)
	c.Gate = gate.New(gate.Config{Desk: o.Desk})
	return web.New(c)
}

// enter asks in a viewer's name. A stream ends after its first event.
func enter(t *testing.T, h http.Handler, o accounttest.Office, x route, viewer string) *httptest.ResponseRecorder {
	t.Helper()
	method, _, ok := strings.Cut(x.pattern, " ")
	if !ok {
		method = "GET"
	}
	r := httptest.NewRequest(method, x.target, strings.NewReader(x.form.Encode()))
	r.Host = "localhost:8080"
	if x.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://localhost:8080")
	}
	switch viewer {
	case "nobody":
	case "one-time":
		r.AddCookie(&http.Cookie{Name: "torg_session", Value: o.OneTime(t, "nina")})
	default:
		r.AddCookie(&http.Cookie{Name: "torg_session", Value: o.Token(t, viewer)})
	}
	if x.target == "/live" {
		ctx, cancel := context.WithCancel(r.Context())
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
			h.ServeHTTP(w, r.WithContext(in.Context()))
		}))
		defer s.Close()
		defer cancel()
		return first(t, ctx, s.URL)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// first takes the first event of a stream, or all of another answer.
func first(t *testing.T, ctx context.Context, url string) *httptest.ResponseRecorder {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	w := httptest.NewRecorder()
	w.WriteHeader(resp.StatusCode)
	buf := make([]byte, 1<<20)
	n, _ := resp.Body.Read(buf)
	w.Write(buf[:n])
	return w
}

func TestWhoMaySeeWhat(t *testing.T) {
	for _, x := range table {
		want, m := strings.Fields(x.answers), market()
		for i, viewer := range viewers {
			o := accounttest.NewOffice(t)
			w := enter(t, guarded(m, o), o, x, viewer)
			if fmt.Sprint(w.Code) != want[i] {
				t.Errorf("%s as %s: %d, want %s: %.300s", x.target, viewer, w.Code, want[i], w.Body)
			}
			if x.secret == "" || w.Code != 200 || viewer == "vera" {
				continue
			}
			if there := strings.Contains(w.Body.String(), x.secret); there != (viewer == "oleg") {
				t.Errorf("%s as %s: holds %q: %v", x.target, viewer, x.secret, there)
			}
		}
	}
}

// A new route is in the table, or this fails.
func TestEveryRouteIsInTheTable(t *testing.T) {
	known := map[string]bool{}
	for _, x := range table {
		known[x.pattern] = true
		if n := len(strings.Fields(x.answers)); n != len(viewers) {
			t.Errorf("%s has %d answers for %d viewers", x.target, n, len(viewers))
		}
	}
	routes := require.Routes(t)
	if len(routes) < 25 {
		t.Errorf("only %d routes found", len(routes))
	}
	for _, r := range routes {
		if !known[r] {
			t.Errorf("%s is registered and in no row of the table", r)
		}
	}
}

// Pages tell what is another's from what is not there in nothing.
func TestOthersLookAbsent(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(market(), o)
	for _, x := range [][3]string{{"/contracts/%s", ours, "20261122T113000Z-9-00001"}, {"/sites/%s", "foundry-1", "nowhere-1"}, {"/log?site=%s", "foundry-1", "nowhere-1"}} {
		get := func(id string) string {
			w := enter(t, h, o, route{pattern: "GET ", target: fmt.Sprintf(x[0], id)}, "vera")
			return fmt.Sprint(w.Code, strings.ReplaceAll(w.Body.String(), id, "ID"))
		}
		if theirs, none := get(x[1]), get(x[2]); theirs != none || !strings.HasPrefix(none, "404") {
			t.Errorf("%s differ", x[0])
		}
	}
}

// Somebody who has logged in is not another by a word in the address or a cookie.
func TestNobodyBecomesAnother(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(market(), o)
	r := httptest.NewRequest("GET", "/?as=operator", nil)
	r.Host = "localhost:8080"
	r.AddCookie(&http.Cookie{Name: "torg_session", Value: o.Token(t, "anna")})
	r.AddCookie(&http.Cookie{Name: "torg_as", Value: "factory"})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, "Литейный завод") || strings.Contains(body, "factory-1") {
		t.Errorf("%d", w.Code)
	}
}

// An owner whose participant has no site here sees an empty market, not a fault.
func TestOwnerOfNothing(t *testing.T) {
	o := accounttest.NewOffice(t)
	o.Admit(t, "boris", "owner", "elsewhere")
	h := guarded(market(), o)
	for _, path := range []string{"/", "/log", "/sessions/20261122T113000Z", "/contracts", "/account", "/search?q=x", "/live"} {
		if w := enter(t, h, o, route{pattern: "GET ", target: path}, "boris"); w.Code != 200 || strings.Contains(w.Body.String(), "factory-1") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
