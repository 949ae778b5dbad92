package web_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"torg/account"
	"torg/account/accounttest"
)

// member serves a guarded market and returns a fresh tab and the address.
func member(t *testing.T, chrome context.Context) (accounttest.Office, context.Context, string) {
	t.Helper()
	o := accounttest.NewOffice(t)
	s := httptest.NewServer(guarded(market(), o))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	ctx, end := chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return o, ctx, s.URL
}

func logIn(name, password string) []chromedp.Action[chromedp.Void] {
	return []chromedp.Action[chromedp.Void]{
		chromedp.WaitVisible("input[name=password]"), chromedp.SetValue("input[name=name]", name), chromedp.SetValue("input[name=password]", password),
		chromedp.Click("main button.main"),
	}
}

// A person logs in, looks, makes a key, logs out; no page is wider than a phone.
func loginInBrowser(t *testing.T, c context.Context) {
	o, ctx, base := member(t, c)
	do(t, ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), chromedp.Navigate(base+"/contracts?lang=ru"))
	fits := func(what string) {
		t.Helper()
		if w := eval[int](t, ctx, "document.documentElement.scrollWidth"); w > 390 {
			t.Errorf("%s is %d wide", what, w)
		}
	}
	do(t, ctx, chromedp.WaitVisible("input[name=password]"))
	fits("the login")
	do(t, ctx, logIn("anna", accounttest.Password)...)
	do(t, ctx, chromedp.WaitVisible("#live.fresh"))
	wait(t, ctx, `location.pathname === "/contracts"`)
	do(t, ctx, chromedp.Click("a.who"), chromedp.WaitVisible("#keys"))
	do(t, ctx, chromedp.SetValue("#keys input[name=name]", "учёт"), chromedp.SetValue("#keys input[name=password]", accounttest.Password), chromedp.Click("#keys button.main"), chromedp.WaitVisible(".secret"))
	fits("the account")
	if v, err := o.Desk.Key(t.Context(), eval[string](t, ctx, `document.querySelector(".secret").textContent`)); err != nil || v.Account != "anna" {
		t.Errorf("%+v %v", v, err)
	}
	do(t, ctx, chromedp.Navigate(base+"/"), chromedp.WaitVisible("#live.fresh"))
	if err := o.SignOut(t.Context(), "anna", account.Place{}); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.Navigate(base+"/"), chromedp.WaitVisible("input[name=password]"))
}

// TestAccountScreens writes pictures of the login and the account into the folder that
// TORG_SCREENS names.
func TestAccountScreens(t *testing.T) {
	dir := os.Getenv("TORG_SCREENS")
	if dir == "" {
		t.Skip("TORG_SCREENS names no folder for pictures")
	}
	o, ctx, base := member(t, chrome(t))
	shot := func(name string) {
		t.Helper()
		for _, width := range []int64{1440, 390} {
			do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.WaitReady("footer"))
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+map[int64]string{1440: "-wide", 390: "-phone"}[width]+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, look := range []string{"lang=ru&theme=light", "lang=en&theme=dark"} {
		name := look[5:7]
		do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/login?"+look))
		shot("login-" + name)
		do(t, ctx, logIn("anna", "wrong")...)
		do(t, ctx, chromedp.WaitVisible(".note.bad"))
		shot("login-wrong-" + name)
		do(t, ctx, logIn("anna", accounttest.Password)...)
		do(t, ctx, chromedp.WaitVisible("a.who"))
		o.Key(t, "anna", account.Read)
		do(t, ctx, chromedp.Navigate(base+"/account"), chromedp.SetValue("#keys input[name=name]", "accounting"), chromedp.SetValue("#keys input[name=password]", accounttest.Password), chromedp.Click("#keys button.main"), chromedp.WaitVisible(".secret"))
		shot("account-" + name)
		do(t, ctx, chromedp.Navigate(base+"/"))
		shot("home-" + name)
		do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/sessions/20261122T113000Z"))
		shot("session-" + name)
		do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Click("form[action='/logout'] button"), chromedp.WaitVisible("input[name=password]"))
	}
}
