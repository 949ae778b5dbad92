package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"torg"
	"torg/internal/require"
	"torg/record"
	"torg/record/recordtest"
	"torg/web"
)

// checked is a verifier that finds what it is told.
type checked struct{ proof web.Proof }

func (c checked) Verify(context.Context, record.Contract) (web.Proof, error) { return c.proof, nil }

func config(m *recordtest.Market) web.Config {
	print := torg.Fingerprint{0xa3, 0x5f, 0x11, 0x07, 0x9c}
	good := web.PartyProof{Order: web.Valid, Statement: web.Valid, Fingerprint: &print}
	late := web.PartyProof{Order: web.Valid, Statement: web.Unsigned, Fingerprint: &print}
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		moscow = time.FixedZone("MSK", 3*3600)
	}
	return web.Config{
		Reader: m, Live: m, Control: m, Verifier: checked{web.Proof{Buyer: good, Seller: late, Height: 48_210}},
		Name: "Север", NameEN: "Sever", Location: moscow, Calendar: torg.Calendar{Interval: recordtest.Interval}, HistoryStep: recordtest.History,
		Strategies: []string{"newsvendor", "cautious", "median"}, Version: "0.1", Demo: true, Surplus: "foundry", Buyer: "factory",
	}
}

// chrome starts a Chromium for a test and its subtests.
func chrome(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is not short")
	}
	path := require.Chromium(t)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("headless", true), chromedp.Flag("hide-scrollbars", true), chromedp.WindowSize(1440, 900))
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	do(t, ctx, chromedp.Navigate("about:blank"))
	return ctx
}

// visitor serves a market and returns a fresh tab, without cookies, and the address.
func visitor(t *testing.T, chrome context.Context, m *recordtest.Market) (context.Context, string) {
	t.Helper()
	s := httptest.NewServer(web.New(config(m)))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	ctx, end := chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx, s.URL
}

// TestBrowser looks at the pages with a real browser.
func TestBrowser(t *testing.T) {
	c := chrome(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"numbers": numbersAreTheSame, "live": liveChange, "stop": stopButton, "looks": languageAndAppearance, "keys": keys, "phone": phone, "login": loginInBrowser,
	} {
		t.Run(name, func(t *testing.T) { test(t, c) })
	}
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// TestScreens writes pictures of every page into the folder that TORG_SCREENS
// names, for people to look at.
func TestScreens(t *testing.T) {
	dir := os.Getenv("TORG_SCREENS")
	if dir == "" {
		t.Skip("TORG_SCREENS names no folder for pictures")
	}
	c := chrome(t)
	screens(t, c, dir, "", recordtest.New(), map[string]string{
		"welcome": "/?as=", "foundry": "/?as=foundry", "factory": "/?as=factory", "manual": "/?as=teplo", "operator": "/?as=operator",
		"sessions": "/sessions?as=operator", "session": "/sessions/20261122T113000Z?as=operator", "contract": "/contracts/20261122T113000Z-1-00002?as=operator",
		"contracts": "/contracts?as=foundry", "site": "/sites/foundry-1?as=foundry", "log": "/log?as=operator", "board": "/board?as=foundry", "offer": "/board/offers/foundry-1.o1?as=factory", "forward": "/board/contracts/factory-1.f1?as=foundry", "help": "/help?as=operator", "missing": "/nothing?as=operator",
	})
	m := recordtest.NewZoned()
	screens(t, c, dir, "zones-", m, map[string]string{
		"foundry": "/?as=foundry", "factory": "/?as=factory", "operator": "/?as=operator", "sessions": "/sessions?as=operator",
		"session": "/sessions/20261122T113000Z?as=operator", "own-session": "/sessions/20261122T113000Z?as=foundry",
		"contract": "/contracts/" + acrossZones(t, m) + "?as=operator", "own-contract": "/contracts/" + acrossZones(t, m) + "?as=foundry",
		"contracts": "/contracts?as=foundry",
	})
}

func screens(t *testing.T, c context.Context, dir, prefix string, m *recordtest.Market, pages map[string]string) {
	t.Helper()
	ctx, base := visitor(t, c, m)
	for name, path := range pages {
		name = prefix + name
		if want := os.Getenv("TORG_SCREEN"); want != "" && want != name {
			continue
		}
		for _, width := range []int64{1440, 390} {
			for _, look := range []string{"ru", "en", "dark"} {
				q := "&lang=" + look + "&theme=light"
				if look == "dark" {
					q = "&lang=ru&theme=dark"
				}
				do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(base+path+q), chromedp.WaitReady("footer"))
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, name+"-"+look+"-"+map[int64]string{1440: "wide", 390: "phone"}[width]+".png")
				if err := os.WriteFile(file, picture, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// What the script writes with Intl is what the server writes for the same amount.
func numbersAreTheSame(t *testing.T, c context.Context) {
	m := recordtest.New()
	ctx, base := visitor(t, c, m)
	for _, lang := range web.Languages {
		do(t, ctx, chromedp.Navigate(base+"/sites/foundry-1?as=operator&lang="+lang), chromedp.WaitVisible("#live.fresh"))
		for _, rub := range []string{"0", "0.5", "4.825", "12.5", "999.995", "1000", "1234567.5", "-0.004", "-0.005", "-17", "-98765.432", "1000000000000"} {
			c, err := torg.ParseCost(rub)
			if err != nil {
				t.Fatal(err)
			}
			m.Set(func(n *record.Now) { n.Agents[0].Available = c })
			want := web.Digits(lang, c.RUB(), 2)
			wait(t, ctx, fmt.Sprintf("document.querySelector(\"[data-value='available.foundry-1']\").textContent === %q", want))
		}
	}
}

// A change of the market shows without a reload, in the number and in the page.
func liveChange(t *testing.T, c context.Context) {
	m := recordtest.New()
	ctx, base := visitor(t, c, m)
	do(t, ctx, chromedp.Navigate(base+"/?as=operator&lang=ru"), chromedp.WaitVisible("#live.fresh"))
	do(t, ctx, chromedp.Evaluate[chromedp.Void]("window.kept = true"))
	m.Set(func(n *record.Now) {
		n.Height, n.State = 1_048_212, record.Active
		n.Rounds = []record.Round{{Round: 1, Contracts: 7, Energy: 9100}}
		n.Problems = []string{"problem.ledger"}
	})
	wait(t, ctx, `document.querySelector("footer [data-value=height]").textContent === "1\u00a0048\u00a0212"`)
	wait(t, ctx, `document.querySelector("[data-value='round1.contracts']").textContent === "7"`)
	wait(t, ctx, `document.querySelector("#health").textContent.includes("1 неполадка")`)
	wait(t, ctx, `document.querySelector("#stages .on").textContent.includes("Действует")`)
	if !eval[bool](t, ctx, "window.kept === true") {
		t.Error("the page was loaded again")
	}
	do(t, ctx, chromedp.Click("#pause"))
	wait(t, ctx, `document.querySelector("#live").className === "live paused"`)
	m.Set(func(n *record.Now) { n.Height = 2_000_000 })
	do(t, ctx, chromedp.Click("#pause"))
	wait(t, ctx, `document.querySelector("footer [data-value=height]").textContent === "2\u00a0000\u00a0000"`)
}

func stopButton(t *testing.T, c context.Context) {
	m := recordtest.New()
	ctx, base := visitor(t, c, m)
	do(t, ctx, chromedp.Navigate(base+"/?as=foundry&lang=ru"), chromedp.WaitVisible("button.stop"), chromedp.Click("button.stop"), chromedp.WaitVisible(".note"))
	if m.Now().Agents[0].Running {
		t.Error("the agent still runs")
	}
	do(t, ctx, chromedp.Click("#button .go"), chromedp.WaitVisible("button.stop"))
	if !m.Now().Agents[0].Running {
		t.Error("the agent was not started again")
	}
}

func languageAndAppearance(t *testing.T, c context.Context) {
	ctx, base := visitor(t, c, recordtest.New())
	do(t, ctx, chromedp.Navigate(base+"/?as=foundry&lang=ru&theme=light"), chromedp.WaitVisible("#live.fresh"))
	light := eval[string](t, ctx, "getComputedStyle(document.body).backgroundColor")
	do(t, ctx, chromedp.Click("#theme"))
	wait(t, ctx, `document.documentElement.dataset.theme === "dark"`)
	if dark := eval[string](t, ctx, "getComputedStyle(document.body).backgroundColor"); dark == light {
		t.Error("dark looks like light")
	}
	do(t, ctx, chromedp.Click("a[hreflang=en]"), chromedp.WaitVisible("html[lang=en] #live"))
	if h := eval[string](t, ctx, `document.querySelector("#saved-h").textContent`); h != "Saved today" {
		t.Errorf("in English the page says %q", h)
	}
}

func keys(t *testing.T, c context.Context) {
	ctx, base := visitor(t, c, recordtest.New())
	do(t, ctx, chromedp.Navigate(base+"/?as=operator"), chromedp.WaitVisible("#live.fresh"), chromedp.KeyEvent("gs"), chromedp.WaitVisible("#list"))
	wait(t, ctx, `location.pathname === "/sessions" && document.querySelector("#live.fresh") !== null`)
	do(t, ctx, chromedp.KeyEvent("/"))
	wait(t, ctx, `document.activeElement.id === "q"`)
}

// No page is wider than a phone.
func phone(t *testing.T, c context.Context) {
	m := recordtest.NewZoned()
	zoned := []string{"/", "/sessions", "/sessions/20261122T113000Z", "/contracts", "/contracts/" + acrossZones(t, m)}
	narrow(t, c, recordtest.New(), map[string]string{"operator": "ru", "foundry": "en", "teplo": "ru"}, pages)
	narrow(t, c, m, map[string]string{"operator": "ru", "foundry": "en"}, zoned)
}

func narrow(t *testing.T, c context.Context, m *recordtest.Market, viewers map[string]string, pages []string) {
	t.Helper()
	ctx, base := visitor(t, c, m)
	do(t, ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for as, lang := range viewers {
		for _, path := range pages {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			do(t, ctx, chromedp.Navigate(base+path+sep+"as="+as+"&lang="+lang), chromedp.WaitReady("footer"))
			if w := eval[int](t, ctx, "document.documentElement.scrollWidth"); w > 390 {
				t.Errorf("%s as %s in %s is %d wide", path, as, lang, w)
			}
		}
	}
}

func wait(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](js)); err != nil {
		t.Fatalf("never came true: %s: %v", js, err)
	}
}
