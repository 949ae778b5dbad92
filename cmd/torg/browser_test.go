package main

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"torg/config"
	"torg/internal/require"
	"torg/record"
	"torg/scenario"
	"torg/world"
)

// startFast runs a real market, a few hundred times as fast as time, and returns it
// with its address.
func startFast(t *testing.T) (*market, string) {
	t.Helper()
	sc, err := world.WithInterval(scenario.Demo(), fastInterval)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Speed, c.Interval = 300, fastInterval
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &market{config: c, scenario: sc, log: slog.New(slog.DiscardHandler), started: time.Now()}
	t.Cleanup(m.close)
	ctx, cancel := context.WithCancel(context.Background())
	if err := m.open(ctx); err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- m.run(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return m, "http://" + listener.Addr().String()
}

// until waits for changes of the market's present until ok.
func until(t *testing.T, m *market, what string, ok func(record.Now) bool) {
	t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	for {
		changed := m.world.Exchange.Changed()
		if ok(m.world.Exchange.Now()) {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("the market never %s", what)
		}
	}
}

// TestOwnerInTheBrowser is an owner's first minutes with a real market: what Torg
// saves, the stop button, starting again, and a contract with its signatures.
func TestOwnerInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a market and a browser are not short")
	}
	path := require.Chromium(t)
	m, base := startFast(t)
	until(t, m, "made contracts", func(n record.Now) bool { return n.InsideEnergy > 0 && n.Height > 0 })

	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("headless", true))
	defer stop()
	ctx, end := chromedp.NewContext(alloc)
	defer end()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	text := func(js string) string {
		t.Helper()
		v, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err != nil {
			t.Fatalf("%s: %v", js, err)
		}
		return v
	}

	do(chromedp.Navigate(base+"/?as=factory&lang=ru"), chromedp.WaitVisible("button.stop"))
	page := text("document.body.innerText")
	for _, want := range []string{"Сэкономлено", "меньше, чем у одного поставщика", "Механический завод", "торгует"} {
		if !strings.Contains(page, want) {
			t.Errorf("the factory's page does not say %q:\n%s", want, page)
		}
	}

	do(chromedp.Click("button.stop"), chromedp.WaitVisible("#button .go"))
	until(t, m, "stopped the factory's agent", func(n record.Now) bool { return !running(n) })
	do(chromedp.Click("#button .go"), chromedp.WaitVisible("button.stop"))
	until(t, m, "started the factory's agent again", running)

	id := signedContract(t, m)
	do(chromedp.Navigate(base+"/contracts/"+id+"?as=operator&lang=ru"), chromedp.WaitVisible("#sign-h"))
	if proof := text("document.body.innerText"); strings.Count(proof, "верна") < 4 || strings.Contains(proof, "неверна") {
		t.Errorf("contract %s does not show two parties' verified orders and statements:\n%s", id, proof)
	}
}

func running(n record.Now) bool {
	for _, a := range n.Agents {
		if a.Site == "factory-1" {
			return a.Running
		}
	}
	return false
}

// signedContract waits for a contract between participants whose statements both
// are in the tables.
func signedContract(t *testing.T, m *market) string {
	t.Helper()
	ctx := t.Context()
	var id string
	until(t, m, "signed a statement", func(record.Now) bool {
		contracts, _, err := m.store.Contracts(ctx, record.Filter{Origin: record.OnLedger}, record.Page{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range contracts {
			statements, err := m.store.Statements(ctx, c.Session)
			if err != nil {
				t.Fatal(err)
			}
			have := 0
			for _, s := range statements {
				if s.Site == c.BuyerSite || s.Site == c.SellerSite {
					have++
				}
			}
			if c.Round < 3 && have == 2 {
				id = string(c.ID)
				return true
			}
		}
		return false
	})
	return id
}
