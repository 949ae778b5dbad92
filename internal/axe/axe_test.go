// Package axe holds the pages to WCAG 2.2 AA with axe-core in a real browser.
package axe

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
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

// violation is a rule that a page breaks, as axe tells it.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"` // where, and what is wrong there
}

// ask runs the rules of WCAG 2.0, 2.1 and 2.2, levels A and AA, on the page.
const ask = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
	rules: {"label-content-name-mismatch": {enabled: true}},
}).then(found => found.violations.map(v => ({
	id: v.id, help: v.help,
	nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary.replace(/\s+/g, " ")),
})))`

func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser is not short")
	}
	market, zoned := recordtest.New(), recordtest.NewZoned()
	t.Run("one zone", func(t *testing.T) { hold(t, market, pages(t, market)) })
	t.Run("accounts", holdAccounts)
	t.Run("three zones", func(t *testing.T) { hold(t, zoned, gridPages(t, zoned)) })
}

// hold fails where some page breaks a rule in some language, theme or width.
func hold(t *testing.T, market *recordtest.Market, pages []string) {
	script := require.Axe(t)
	ctx, base := browse(t, market)
	broken := map[string][]string{} // rule, and where it is broken
	for l, lang := range web.Languages {
		for c, theme := range []string{"light", "dark"} {
			width := []int64{1440, 390}[(l+c)%2] // each language and theme on both
			for _, path := range pages {
				name := fmt.Sprintf("%s in %s, %s, %d wide", path, lang, theme, width)
				address := base + path + "&" + url.Values{"lang": {lang}, "theme": {theme}}.Encode()
				found, err := check(ctx, address, script, width)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, v := range found {
					rule := v.ID + ": " + v.Help
					broken[rule] = append(broken[rule], name+"\n  "+strings.Join(v.Nodes, "\n  "))
				}
			}
		}
	}
	for rule, places := range broken {
		t.Errorf("%s: on %d pages, the first: %s", rule, len(places), places[0])
	}
}

// gridPages are the pages that look different with several zones.
func gridPages(t *testing.T, m *recordtest.Market) []string {
	t.Helper()
	contracts, _, err := m.Contracts(t.Context(), record.Filter{}, record.Page{Limit: 7})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{"/?as=operator", "/?as=foundry", "/sessions?as=operator", "/sessions/" + contracts[0].Session + "?as=operator"}
	for _, c := range contracts {
		if c.SellerZone != c.BuyerZone {
			return append(out, "/contracts/"+string(c.ID)+"?as=operator")
		}
	}
	t.Fatal("no contract crosses zones")
	return nil
}

// TestAxeNotices breaks a page to see that the check would tell.
func TestAxeNotices(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser is not short")
	}
	script := require.Axe(t)
	ctx, base := browse(t, recordtest.New())
	if _, err := check(ctx, base+"/?as=foundry", script, 1440); err != nil {
		t.Fatal(err)
	}
	const spoil = `document.documentElement.removeAttribute("lang"); document.body.append(document.createElement("input"));`
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](spoil)); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](ask, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, v := range found {
		ids[v.ID] = true
	}
	if !ids["html-has-lang"] || !ids["label"] {
		t.Errorf("a page without a language and with an input without a label: axe found only %v", ids)
	}
}

// check opens a page and returns what axe finds on it.
func check(ctx context.Context, address, script string, width int64) ([]violation, error) {
	err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address), chromedp.WaitReady("footer"),
		chromedp.Evaluate[chromedp.Void](script+"; undefined"))
	if err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]violation](ask, chromedp.EvalAwaitPromise))
}

// pages are the kinds of pages there are, for an owner and for the operator.
func pages(t *testing.T, m *recordtest.Market) []string {
	t.Helper()
	sessions, _, err := m.Sessions(t.Context(), record.Page{Limit: 20})
	if err != nil || len(sessions) == 0 {
		t.Fatalf("no session to look at: %v", err)
	}
	contracts, _, err := m.Contracts(t.Context(), record.Filter{}, record.Page{Limit: 1})
	if err != nil || len(contracts) == 0 {
		t.Fatalf("no contract to look at: %v", err)
	}
	cleared := "/sessions/" + contracts[0].Session + "?as=operator"
	return []string{
		"/?as=", "/?as=operator", "/?as=foundry", "/?as=factory", "/sessions?as=operator", cleared,
		"/contracts?as=foundry", "/contracts/" + string(contracts[0].ID) + "?as=operator",
		"/sites/foundry-1?as=foundry", "/board?as=foundry", "/board/offers/foundry-1.o1?as=factory", "/board/contracts?as=factory", "/board/contracts/factory-1.f1?as=foundry", "/log?as=operator", "/help?as=operator", "/nothing?as=operator",
	}
}

// browse serves a market and opens a browser beside it.
func browse(t *testing.T, m *recordtest.Market) (context.Context, string) {
	t.Helper()
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(require.Chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("headless", true), chromedp.Flag("force-prefers-reduced-motion", true))
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	s := httptest.NewServer(web.New(web.Config{
		Reader: m, Live: m, Control: m, Verifier: signed{}, Name: "Север", NameEN: "Sever", Location: time.UTC,
		Calendar: torg.Calendar{Interval: recordtest.Interval}, HistoryStep: recordtest.History,
		Strategies: []string{"newsvendor", "cautious"}, Version: "test", Demo: true, Surplus: "foundry", Buyer: "factory",
	}))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return ctx, s.URL
}

// signed is what the pages show for a contract whose seller has not signed its
// statement yet.
type signed struct{}

func (signed) Verify(context.Context, record.Contract) (web.Proof, error) {
	fingerprint := torg.Fingerprint{0xa3, 0x5f}
	return web.Proof{
		Buyer:  web.PartyProof{Order: web.Valid, Statement: web.Valid, Fingerprint: &fingerprint},
		Seller: web.PartyProof{Order: web.Valid, Statement: web.Unsigned, Fingerprint: &fingerprint},
		Height: 48_210,
	}, nil
}
