package axe

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"torg"
	"torg/account"
	"torg/account/accounttest"
	"torg/account/gate"
	"torg/internal/require"
	"torg/record/recordtest"
	"torg/web"
)

// holdAccounts holds the login and the account's page, before and after mistakes.
func holdAccounts(t *testing.T) {
	script := require.Axe(t)
	o, m := accounttest.NewOffice(t), recordtest.New()
	o.Key(t, "anna", account.Read)
	s := httptest.NewServer(web.New(web.Config{Reader: m, Live: m, Control: m, Location: time.UTC, Calendar: torg.Calendar{Interval: recordtest.Interval},
		Gate: gate.New(gate.Config{Desk: o.Desk})}))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	ctx, _ := browse(t, m)
	clean := func(what string) {
		t.Helper()
		err := chromedp.Do(ctx, chromedp.WaitReady("footer"), chromedp.Evaluate[chromedp.Void](script+"; undefined"))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](ask, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, v := range found {
			t.Errorf("%s: %s: %s: %q", what, v.ID, v.Help, v.Nodes)
		}
	}
	enter := func(password, then string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.SetValue("input[name=name]", "anna"), chromedp.SetValue("input[name=password]", password),
			chromedp.Click("main button.main"), chromedp.WaitVisible(then)); err != nil {
			t.Fatal(err)
		}
	}
	for look, width := range map[string]int64{"lang=ru&theme=light": 1440, "lang=en&theme=dark": 390} {
		open(t, ctx, s.URL+"/login?"+look, width)
		clean("the login with " + look)
		enter("wrong", ".note.bad")
		clean("a wrong login with " + look)
		enter(accounttest.Password, "a.who")
		open(t, ctx, s.URL+"/account?done=password", width)
		clean("the account with " + look)
		if err := chromedp.Do(ctx, chromedp.Click("form[action='/logout'] button"), chromedp.WaitVisible("input[name=password]")); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, ctx context.Context, address string, width int64) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
}
