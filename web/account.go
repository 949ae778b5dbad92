package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"torg"
	"torg/account"
	"torg/account/gate"
	"torg/record"
)

// accounts registers what people do with their accounts. In an open market there are
// none of these pages.
func (s *site) accounts(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", s.page(s.loginForm))
	mux.HandleFunc("POST /login", s.page(s.login))
	mux.HandleFunc("POST /logout", s.page(s.logout))
	mux.HandleFunc("GET /account", s.page(s.account))
	mux.HandleFunc("POST /account/password", s.page(s.changePassword))
	mux.HandleFunc("POST /account/signout", s.page(s.signOut))
	mux.HandleFunc("POST /account/keys", s.page(s.makeKey))
	mux.HandleFunc("POST /account/keys/revoke", s.page(s.revokeKey))
}

// maxForm is the largest form about accounts in bytes.
const maxForm = 16 << 10

// form reads a form that is not too large.
func (p *page) form() error {
	p.r.Body = http.MaxBytesReader(p.w, p.r.Body, maxForm)
	if err := p.r.ParseForm(); err != nil {
		return torg.ErrMalformed
	}
	return nil
}

type loginView struct {
	Name, Next string
	Refused    string // a refusal; empty: nothing was tried yet
}

// loginForm asks for name and password. Who has logged in already goes on.
func (s *site) loginForm(p *page) error {
	next := p.r.URL.Query().Get("next")
	if p.who().Known() {
		return p.redirect(next)
	}
	p.Title = p.T("login.title")
	return p.show(http.StatusOK, loginPage(p, loginView{Next: next}))
}

// login opens a session with a token of its own, whatever cookie came along.
func (s *site) login(p *page) error {
	if s.Gate.Desk() == nil || p.who().Open() {
		return record.ErrNotFound
	}
	if err := p.form(); err != nil {
		return err
	}
	ctx, from := p.r.Context(), gate.PlaceOf(p.r)
	v := loginView{Name: p.r.PostForm.Get("name"), Next: p.r.PostForm.Get("next")}
	token, a, err := s.Gate.Desk().Login(ctx, v.Name, p.r.PostForm.Get("password"), from)
	switch refusal := torg.RefusalOf(err); {
	case refusal == account.ErrLogin || refusal == account.ErrSlow:
		p.Title, v.Refused = p.T("login.title"), string(refusal)
		return p.show(p.refusedStatus(refusal), loginPage(p, v))
	case err != nil:
		return err
	}
	if err := s.Gate.Desk().Logout(ctx, s.Gate.Token(p.r), from); err != nil {
		return err
	}
	s.Gate.Keep(p.w, token)
	if a.MustChange {
		return p.redirect("/account")
	}
	return p.redirect(v.Next)
}

// refusedStatus is the answer to what the desk refused; who tried too often hears
// when to try again.
func (p *page) refusedStatus(r torg.Refusal) int {
	switch r {
	case account.ErrSlow:
		p.w.Header().Set("Retry-After", "60")
		return http.StatusTooManyRequests
	case account.ErrLogin:
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

func (s *site) logout(p *page) error {
	if s.Gate.Desk() == nil {
		return record.ErrNotFound
	}
	if err := s.Gate.Desk().Logout(p.r.Context(), s.Gate.Token(p.r), gate.PlaceOf(p.r)); err != nil {
		return err
	}
	s.Gate.Forget(p.w)
	return p.redirect("/login")
}

// keyDays are the lives that the page offers for keys.
var keyDays = []int{7, 30, 90, 365}

type accountView struct {
	Name            string
	Done            string // what was done, a key of account.done
	PasswordRefused string
	KeyRefused      string
	KeyName         string
	Secret          string // of a key that was made just now
	Keys            []account.Key
	Wider           []account.Scope // that keys of this role may have beside read
	Sessions        []account.Session
	This            account.Digest // the session of this browser
}

func (s *site) account(p *page) error {
	done := p.r.URL.Query().Get("done")
	if !slices.Contains([]string{"password", "revoked"}, done) {
		done = ""
	}
	return s.showAccount(p, http.StatusOK, accountView{Done: done})
}

// person is the account of who asks with a browser; there is none in an open market.
func (p *page) person() (string, error) {
	if p.who().Open() || p.who().Account == "" {
		return "", record.ErrNotFound
	}
	return p.who().Account, nil
}

func (s *site) showAccount(p *page, status int, v accountView) error {
	name, err := p.person()
	if err != nil {
		return err
	}
	p.Nav, p.Title, v.Name = "account", p.T("account.title"), name
	if p.who().MustChange() {
		return p.show(status, accountPage(p, v))
	}
	ctx := p.r.Context()
	if v.Keys, err = s.Gate.Desk().Keys(ctx, name); err != nil {
		return err
	}
	if v.Sessions, err = s.Gate.Desk().Sessions(ctx, name); err != nil {
		return err
	}
	this, _ := gate.SessionOf(ctx)
	v.This = this.ID
	for _, scope := range account.KeyScopes {
		if scope != account.Read && p.who().May(scope) {
			v.Wider = append(v.Wider, scope)
		}
	}
	return p.show(status, accountPage(p, v))
}

func (s *site) changePassword(p *page) error {
	name, err := p.person()
	if err == nil {
		err = p.form()
	}
	if err != nil {
		return err
	}
	f := p.r.PostForm
	if f.Get("new") != f.Get("again") {
		return s.showAccount(p, http.StatusBadRequest, accountView{PasswordRefused: "differ"})
	}
	token, err := s.Gate.Desk().ChangePassword(p.r.Context(), name, f.Get("old"), f.Get("new"), gate.PlaceOf(p.r))
	if r := torg.RefusalOf(err); r != "" {
		return s.showAccount(p, p.refusedStatus(r), accountView{PasswordRefused: string(r)})
	}
	if err != nil {
		return err
	}
	s.Gate.Keep(p.w, token)
	return p.redirect("/account?done=password")
}

func (s *site) signOut(p *page) error {
	name, err := p.person()
	if err != nil {
		return err
	}
	if err := s.Gate.Desk().SignOut(p.r.Context(), name, gate.PlaceOf(p.r)); err != nil {
		return err
	}
	s.Gate.Forget(p.w)
	return p.redirect("/login")
}

// makeKey makes a key after the password was given again: a browser that somebody
// left open must not become a key that lives on.
func (s *site) makeKey(p *page) error {
	name, err := p.person()
	if err == nil {
		err = p.form()
	}
	if err != nil {
		return err
	}
	f := p.r.PostForm
	v := accountView{KeyName: f.Get("name")}
	secret, err := s.newKey(p, name)
	if r := torg.RefusalOf(err); r != "" {
		v.KeyRefused = string(r)
		return s.showAccount(p, p.refusedStatus(r), v)
	}
	if err != nil {
		return err
	}
	return s.showAccount(p, http.StatusOK, accountView{Secret: secret})
}

func (s *site) newKey(p *page, name string) (secret string, err error) {
	f, desk, ctx := p.r.PostForm, s.Gate.Desk(), p.r.Context()
	scopes, err := account.ParseScopes(f.Get("scope"))
	if err != nil {
		return "", err
	}
	days, err := strconv.Atoi(f.Get("days"))
	if err != nil || !slices.Contains(keyDays, days) {
		return "", torg.ErrMalformed
	}
	if err := desk.Confirm(ctx, name, f.Get("password"), gate.PlaceOf(p.r)); err != nil {
		return "", err
	}
	secret, _, err = desk.MakeKey(ctx, name, name, f.Get("name"), scopes, time.Duration(days)*24*time.Hour)
	return secret, err
}

func (s *site) revokeKey(p *page) error {
	name, err := p.person()
	if err == nil {
		err = p.form()
	}
	if err == nil {
		err = s.Gate.Desk().Revoke(p.r.Context(), name, name, p.r.PostForm.Get("key"))
	}
	if err != nil {
		return err
	}
	return p.redirect("/account?done=revoked")
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// acts says whether the viewer may change a site of a participant.
func (p *page) acts(id torg.ParticipantID) bool {
	return p.who().May(account.Trade) && p.who().ActsFor(id)
}
