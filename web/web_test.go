package web_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/record"
	"torg/record/recordtest"
	"torg/web"
)

func get(h http.Handler, target string, cookies ...string) *httptest.ResponseRecorder {
	return send(h, "GET", target, nil, cookies...)
}

func send(h http.Handler, method, target string, form url.Values, cookies ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Host = "localhost:8080"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		name, value, _ := strings.Cut(c, "=")
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const contractID = "20261122T113000Z-1-00002"

var pages = []string{"/", "/sessions", "/sessions/20261122T113000Z", "/sessions/20261122T113100Z", "/contracts", "/contracts/" + contractID, "/sites/factory-1", "/log", "/log?kind=financial", "/help", "/search?q=завод", "/nothing"}

// Every page answers for every kind of viewer in both languages, without a word
// missing from the catalogue.
func TestPages(t *testing.T) {
	for _, as := range []string{"", "operator", "foundry", "factory", "teplo", "ev", "solar"} {
		for _, lang := range web.Languages {
			for _, path := range pages {
				w := get(web.New(config(recordtest.New())), path, "torg_as="+as, "torg_lang="+lang)
				body := w.Body.String()
				if w.Code != 200 && w.Code != 404 && w.Code != 403 {
					t.Errorf("%s as %q: %d %s", path, as, w.Code, body)
				}
				if key := regexp.MustCompile(`>\s*[a-z_]+\.[a-z_.]+\s*<|&lt;no value&gt;`).FindString(body); key != "" {
					t.Errorf("%s as %q in %s shows a key: %s", path, as, lang, key)
				}
				if !strings.Contains(body, `<html lang="`+lang+`"`) || !strings.Contains(body, "<main") {
					t.Errorf("%s as %q: no page in %s", path, as, lang)
				}
			}
		}
	}
}

func TestFirstScreen(t *testing.T) {
	h := web.New(config(recordtest.New()))
	body := get(h, "/", "torg_as=factory").Body.String()
	for _, want := range []string{"Сэкономлено сегодня", "меньше, чем у одного поставщика", "Я покупаю сейчас по", "5,20", "поставщик берёт 7,20", "Всё в порядке", "СТОП", "по модели", "предварительно", "184\u00a0250,38\u00a0₽", "квантиль"} {
		if !strings.Contains(body, want) {
			t.Errorf("an owner's first screen does not say %q", want)
		}
	}
	if manual := get(h, "/", "torg_as=teplo").Body.String(); strings.Contains(manual, "СТОП") || !strings.Contains(manual, "как всегда, снабжает поставщик") {
		t.Error("an owner without an agent sees a stop button, or is not told that the supplier serves as always")
	}
	if landing := get(h, "/").Body.String(); strings.Index(landing, "У меня генератор больше завода") > strings.Index(landing, "Я покупаю каждый киловатт-час") || !strings.Contains(landing, "as=foundry") {
		t.Error("the welcome does not start with the two owners")
	}
}

func TestChoicesAreKept(t *testing.T) {
	h := web.New(config(recordtest.New()))
	w := get(h, "/?as=foundry&lang=en&theme=dark")
	got := map[string]string{}
	for _, c := range w.Result().Cookies() {
		got[c.Name] = c.Value
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %s can be read or sent too widely", c.Name)
		}
	}
	if got["torg_as"] != "foundry" || got["torg_lang"] != "en" || got["torg_theme"] != "dark" {
		t.Errorf("cookies %v", got)
	}
	if w := get(h, "/?as=nobody&lang=xx&theme=pink"); len(w.Result().Cookies()) != 0 {
		t.Errorf("nonsense is kept: %v", w.Result().Cookies())
	}
}

func TestHeaders(t *testing.T) {
	h := web.New(config(recordtest.New()))
	for _, path := range append(pages, "/static/torg.css", "/static/none") {
		w := get(h, path, "torg_as=operator")
		policy := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %s", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, w.Header())
		}
		if bad := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+="`).FindString(w.Body.String()); bad != "" && strings.Contains(w.Header().Get("Content-Type"), "html") {
			t.Errorf("%s has something inline: %s", path, bad)
		}
	}
}

func TestHostileNames(t *testing.T) {
	m := recordtest.New()
	evil := `<script>alert(1)</script>"'&`
	for i := range m.People {
		m.People[i].Name, m.People[i].NameEN = evil, evil
	}
	for i := range m.Places {
		m.Places[i].Name, m.Places[i].NameEN = evil, evil
	}
	for i := range m.Journal {
		m.Journal[i].Reason, m.Journal[i].Args = evil, map[string]string{evil: evil}
	}
	for i := range m.Log {
		m.Log[i].Text, m.Log[i].From = evil, evil
	}
	h := web.New(config(m))
	for _, path := range append(pages, "/search?q="+url.QueryEscape(evil)) {
		for _, as := range []string{"operator", "factory"} {
			if body := get(h, path, "torg_as="+as).Body.String(); strings.Contains(body, "<script>alert") || strings.Contains(body, `"'&`) {
				t.Errorf("%s as %s lets a name be markup", path, as)
			}
		}
	}
}

func TestOwnersSeeTheirOwn(t *testing.T) {
	h := web.New(config(recordtest.New()))
	for path, want := range map[string]int{"/contracts/" + contractID: 404, "/sites/factory-1": 404, "/log?site=factory-1": 404, "/sites/solar-1": 200} {
		if w := get(h, path, "torg_as=solar"); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if body := get(h, "/contracts", "torg_as=solar").Body.String(); strings.Contains(body, "Прессовый цех") && !strings.Contains(body, "Гарантирующий поставщик") {
		t.Error("another owner's contracts are listed")
	}
	body := get(h, "/sessions/20261122T113100Z", "torg_as=operator").Body.String()
	if strings.Contains(body, "Спрос и предложение") || !strings.Contains(body, "запечатаны") {
		t.Error("the operator sees sealed orders")
	}
	if body := get(h, "/sessions/20261122T113000Z", "torg_as=operator").Body.String(); !strings.Contains(body, "Спрос и предложение") || !strings.Contains(body, "предел хуже цены") {
		t.Error("the operator does not see a cleared session's orders")
	}
}

func TestContractShowsItsSignatures(t *testing.T) {
	c := config(recordtest.New())
	body := get(web.New(c), "/contracts/"+contractID, "torg_as=operator").Body.String()
	for _, want := range []string{"верна", "ещё не подписана", "48\u00a0210", "a35f11079c", "Равновесная цена"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	c.Verifier = checked{web.Proof{Buyer: web.PartyProof{Order: web.Invalid}}}
	if body := get(web.New(c), "/contracts/"+contractID, "torg_as=operator").Body.String(); !strings.Contains(body, "НЕ ВЕРНА") {
		t.Error("a wrong signature is not shown as wrong")
	}
	c.Verifier = nil
	if body := get(web.New(c), "/contracts/"+contractID, "torg_as=operator").Body.String(); strings.Contains(body, "верна<") || !strings.Contains(body, "без подписей") {
		t.Error("an unsigned market pretends to have signatures")
	}
}

func TestStopAndStart(t *testing.T) {
	m := recordtest.New()
	h := web.New(config(m))
	back := url.Values{"back": {"/sessions"}}
	w := send(h, "POST", "/stop", back, "torg_as=foundry")
	if w.Code != 303 || w.Header().Get("Location") != "/sessions" || m.Now().Agents[0].Running || !m.Now().Agents[1].Running {
		t.Errorf("an owner's stop: %d to %q, agents %v", w.Code, w.Header().Get("Location"), m.Now().Agents[:2])
	}
	if body := get(h, "/", "torg_as=foundry").Body.String(); !strings.Contains(body, "Запустить снова") || !strings.Contains(body, "Агент остановлен.") {
		t.Error("a stopped owner is not told, or cannot start again")
	}
	send(h, "POST", "/start", back, "torg_as=foundry")
	if !m.Now().Agents[0].Running {
		t.Error("start does not undo stop")
	}
	send(h, "POST", "/stop", back, "torg_as=operator")
	if !m.Now().Halted {
		t.Error("the operator's stop does not halt the complex")
	}
	body := get(h, "/", "torg_as=foundry").Body.String()
	for _, want := range []string{"Торги во всём комплексе остановлены.", "1 неполадка", "СТОП"} {
		if !strings.Contains(body, want) {
			t.Errorf("an owner of a halted complex does not see %q", want)
		}
	}
	if strings.Contains(body, "Всё в порядке") || strings.Contains(body, "Запустить снова") {
		t.Error("a halt looks well to an owner, or as if the owner could end it")
	}
	send(h, "POST", "/start", back, "torg_as=operator")
	for _, c := range []struct {
		path, as string
		status   int
	}{{"/stop", "", 403}, {"/sites/factory-1/stop", "foundry", 404}, {"/sites/nobody/stop", "operator", 404}, {"/sites/factory-1/stop", "factory", 303}} {
		if w := send(h, "POST", c.path, back, "torg_as="+c.as); w.Code != c.status {
			t.Errorf("POST %s as %q: %d, want %d", c.path, c.as, w.Code, c.status)
		}
	}
	for _, to := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "", "/a\r\nSet-Cookie: x"} {
		if w := send(h, "POST", "/start", url.Values{"back": {to}}, "torg_as=foundry"); w.Header().Get("Location") != "/" {
			t.Errorf("back to %q leads to %q", to, w.Header().Get("Location"))
		}
	}
	r := httptest.NewRequest("POST", "/stop", nil)
	r.Host = "localhost"
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.AddCookie(&http.Cookie{Name: "torg_as", Value: "operator"})
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, r); rec.Code != 403 || m.Now().Halted {
		t.Errorf("another site's page can halt the market: %d", rec.Code)
	}
}

func TestHiringStartsTheAgent(t *testing.T) {
	m := recordtest.New()
	h := web.New(config(m))
	form := url.Values{"mode": {"auto"}, "goal": {"cheapest"}, "strategy": {"median"}, "sure": {"yes"}}
	send(h, "POST", "/sites/factory-1/stop", url.Values{}, "torg_as=factory")
	if body := send(h, "POST", "/sites/factory-1/settings", url.Values{"mode": {"auto"}, "goal": {"greener"}, "strategy": {"median"}}, "torg_as=factory").Body.String(); !strings.Contains(body, "останется остановленным") {
		t.Error("a stopped agent's settings promise trade")
	}
	if send(h, "POST", "/sites/factory-1/settings", form, "torg_as=factory"); m.Places[1].Running {
		t.Error("a new goal starts an agent that its owner stopped")
	}
	for _, mode := range []string{"manual", "auto"} {
		form.Set("mode", mode)
		send(h, "POST", "/sites/factory-1/settings", form, "torg_as=factory")
	}
	if !m.Places[1].Running {
		t.Error("a hired agent does not trade")
	}
}

func TestSettingsSayWhatWillHappen(t *testing.T) {
	m := recordtest.New()
	h := web.New(config(m))
	form := url.Values{"mode": {"manual"}, "goal": {"greener"}, "strategy": {"median"}}
	w := send(h, "POST", "/sites/factory-1/settings", form, "torg_as=factory")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Агент перестанет подавать заявки") || m.Places[1].Mode != torg.Auto {
		t.Errorf("asked nothing: %d", w.Code)
	}
	form.Set("sure", "yes")
	if w := send(h, "POST", "/sites/factory-1/settings", form, "torg_as=factory"); w.Code != 303 || m.Places[1].Mode != torg.Manual || m.Places[1].Goal != "greener" {
		t.Errorf("not applied: %d %+v", w.Code, m.Places[1])
	}
	for _, bad := range []url.Values{{"mode": {"turbo"}, "goal": {"greener"}, "strategy": {"median"}}, {"mode": {"auto"}, "goal": {""}, "strategy": {"median"}}, {"mode": {"auto"}, "goal": {"greener"}, "strategy": {"magic"}}, {}} {
		if w := send(h, "POST", "/sites/factory-1/settings", bad, "torg_as=factory"); w.Code != 400 {
			t.Errorf("%v: %d", bad, w.Code)
		}
	}
}

func TestCSV(t *testing.T) {
	h := web.New(config(recordtest.New()))
	for _, path := range []string{"/sessions?format=csv", "/contracts?format=csv", "/log?format=csv", "/sites/foundry-1?format=csv"} {
		w := get(h, path, "torg_as=foundry")
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) < 10 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
			t.Errorf("%s: %d rows, %v", path, len(rows), err)
		}
	}
}

func TestBadRequests(t *testing.T) {
	h := web.New(config(recordtest.New()))
	for path, want := range map[string]int{
		"/sessions?cursor=x": 400, "/contracts?cursor=-1": 400, "/log?kind=gossip": 400, "/sessions/none": 404, "/contracts/none": 404, "/sites/none": 404,
		"/search?q=" + strings.Repeat("a", 300): 400, "/sessions?cursor=%ff": 400, "/?span=forever": 200, "/static/../web.go": 404,
	} {
		if w := get(h, path, "torg_as=operator"); w.Code != want && !(want == 404 && w.Code == 307) {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	m := recordtest.New()
	m.Fail = errors.New("secret disk trouble")
	if w := get(web.New(config(m)), "/"); w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), "Что-то сломалось у нас") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Both languages have the same words, and every key in the sources has some.
func TestCatalogue(t *testing.T) {
	ru, en := web.Keys("ru"), web.Keys("en")
	slices.Sort(ru)
	slices.Sort(en)
	if !slices.Equal(ru, en) {
		t.Errorf("keys differ between languages")
	}
	used := regexp.MustCompile(`(?:\.T|say|add)\("([a-z_]+[a-z_0-9.]*)"[,)]`)
	prefix := regexp.MustCompile(`(?:\.T|known)\("([a-z_.]+)"(?: \+|, [a-z])`)
	files, _ := filepath.Glob("*.go")
	templs, _ := filepath.Glob("*.templ")
	seen := 0
	for _, f := range append(files, templs...) {
		if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(f, "_templ.go") {
			continue
		}
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(body), -1) {
			seen++
			if !slices.Contains(ru, m[1]) {
				t.Errorf("%s uses %q, which has no words", f, m[1])
			}
		}
		for _, m := range prefix.FindAllStringSubmatch(string(body), -1) {
			if !slices.ContainsFunc(ru, func(k string) bool { return strings.HasPrefix(k, m[1]) }) {
				t.Errorf("%s uses keys like %q, and there is none", f, m[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d keys found in the sources", seen)
	}
	words := append(record.Said(), "supplier.sells.there", "supplier.buys.there", "why.instead_buy.there", "why.instead_sell.there")
	for _, r := range []torg.Reason{torg.ReasonFunds, torg.ReasonAvoided, torg.ReasonRationed, torg.ReasonLine, torg.ReasonConnection, torg.ReasonNoOtherSide, torg.ReasonPrice} {
		words = append(words, "reason."+string(r))
	}
	for _, r := range []torg.Refusal{torg.ErrFunds, torg.ErrMandatePrice, torg.ErrMandateMoney, torg.ErrStatementDiffer, torg.ErrRevision, torg.ErrGateClosed} {
		words = append(words, "refusal."+string(r))
	}
	for _, role := range torg.Roles {
		words = append(words, "role."+string(role), "card."+string(role), "card."+string(role)+".text")
	}
	for _, s := range []record.State{record.Open, record.Round1, record.Round2, record.Round3, record.Active, record.Settled, record.Missed} {
		words = append(words, "state."+string(s))
	}
	for _, key := range words {
		if !slices.Contains(ru, key) {
			t.Errorf("%q has no words", key)
		}
	}
}

func TestPlurals(t *testing.T) {
	for n, want := range map[int]string{1: "1 неполадка", 3: "3 неполадки", 11: "11 неполадок", 22: "22 неполадки"} {
		m := recordtest.New()
		m.Set(func(now *record.Now) { now.Problems = slices.Repeat([]string{"problem.decide"}, n) })
		if body := get(web.New(config(m)), "/help", "torg_as=operator").Body.String(); !strings.Contains(body, want) {
			t.Errorf("%d: no %q", n, want)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, c := range []struct {
		lang string
		v    float64
		n    int
		want string
	}{
		{"ru", 1234567.5, 2, "1\u00a0234\u00a0567,50"}, {"ru", -17, 0, "−17"}, {"ru", 1000, 0, "1\u00a0000"}, {"ru", -0.004, 2, "0,00"},
		{"en", 1234567.5, 2, "1,234,567.50"}, {"en", -0.5, 1, "−0.5"}, {"ru", 2.5, 0, "3"},
	} {
		if got := web.Digits(c.lang, c.v, c.n); got != c.want {
			t.Errorf("%v in %s: %q, want %q", c.v, c.lang, got, c.want)
		}
	}
}

func TestLiveStream(t *testing.T) {
	m := recordtest.New()
	s := httptest.NewServer(web.New(config(m)))
	defer s.Close()
	r, _ := http.NewRequest("GET", s.URL+"/live", nil)
	r.AddCookie(&http.Cookie{Name: "torg_as", Value: "foundry"})
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	type frame struct {
		Version string
		Values  map[string]float64
	}
	next := func() (f frame) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &f); err != nil {
					t.Fatal(err)
				}
				return f
			}
		}
		t.Fatal("the stream ended")
		return f
	}
	a := next()
	if a.Values["height"] != 48_211 || a.Values["available.foundry-1"] != 184250.375 {
		t.Errorf("%+v", a)
	}
	if _, leak := a.Values["available.factory-1"]; leak {
		t.Error("an owner hears of another's balance")
	}
	m.Set(func(n *record.Now) { n.Height++ })
	if b := next(); b.Values["height"] != 48_212 || b.Version != a.Version {
		t.Errorf("a new block alone: %+v", b)
	}
	m.Set(func(n *record.Now) { n.State = record.Round2 })
	if c := next(); c.Version == a.Version {
		t.Error("a new state does not tell pages to look again")
	}
}

func TestAssetsAreCachedByContent(t *testing.T) {
	h := web.New(config(recordtest.New()))
	link := regexp.MustCompile(`/static/torg\.css\?v=[0-9a-f]+`).FindString(get(h, "/").Body.String())
	if w := get(h, link); w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", link, w.Code, w.Header())
	}
	if w := get(h, "/static/torg.css?v=old"); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Error("an old address is cached for ever")
	}
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"as=foundry&span=6h", "lang=en&cursor=5", "kind=energy&site=foundry-1", "q=%3Cscript%3E&format=csv", "span=7d&theme=dark&as="} {
		f.Add(seed)
	}
	h := web.New(config(recordtest.New()))
	f.Fuzz(func(t *testing.T, q string) {
		for _, path := range []string{"/", "/sessions", "/log", "/search", "/sites/factory-1"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host, r.URL.RawQuery = "localhost", q
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			body, _ := io.ReadAll(w.Body)
			if w.Code >= 500 || strings.Contains(string(body), "<script>") {
				t.Errorf("%s?%q: %d", path, q, w.Code)
			}
		}
	})
}

func BenchmarkOwnersFirstScreen(b *testing.B) {
	h := web.New(config(recordtest.New()))
	for b.Loop() {
		if w := get(h, "/", "torg_as=factory"); w.Code != 200 {
			b.Fatal(fmt.Sprint(w.Code))
		}
	}
}
