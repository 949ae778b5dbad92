package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"torg"
	"torg/access"
	"torg/account"
	"torg/record"
)

// page is one request: who looks, in which language, and the market as it is now.
type page struct {
	site *site
	w    http.ResponseWriter
	r    *http.Request

	Lang   string
	Theme  string // light, dark or empty: as the browser prefers
	Now    record.Now
	Viewer viewer
	Nav    string // the part of the site that is shown
	Title  string

	writer
	people map[torg.ParticipantID]record.Participant
	places []record.Site
}

// viewer is who looks: the operator, who sees everything, an owner, or neither.
type viewer struct {
	Operator bool
	Chosen   bool // false: nobody logged in, and in an open market nobody chose yet
	ID       torg.ParticipantID
	Sites    []record.Site // the owner's
}

// Owns says whether a participant's affairs are the viewer's business.
func (v viewer) Owns(ids ...torg.ParticipantID) bool {
	for _, id := range ids {
		if v.Operator || id != "" && id == v.ID {
			return true
		}
	}
	return false
}

func (s *site) page(handle func(*page) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := &page{site: s, w: w, r: r, Now: s.Live.Now()}
		p.Lang = p.choose("lang", "torg_lang", func(v string) bool { return v == "ru" || v == "en" })
		if p.Lang == "" {
			p.Lang = Languages[0]
		}
		p.writer = newWriter(p.Lang)
		p.Theme = p.choose("theme", "torg_theme", func(v string) bool { return v == "light" || v == "dark" })
		err := p.load(r.Context())
		if err == nil {
			err = handle(p)
		}
		if err != nil {
			p.fail(err)
		}
	}
}

// choose takes a setting from the address, where it is kept in a cookie, or else
// from the cookie. An empty value in the address forgets it.
func (p *page) choose(param, cookie string, valid func(string) bool) string {
	if q := p.r.URL.Query(); q.Has(param) && (q.Get(param) == "" || valid(q.Get(param))) {
		c := &http.Cookie{Name: cookie, Value: q.Get(param), Path: "/", MaxAge: 365 * 86400, HttpOnly: true, SameSite: http.SameSiteLaxMode}
		if c.Value == "" {
			c.MaxAge = -1
		}
		http.SetCookie(p.w, c)
		return q.Get(param)
	}
	if c, err := p.r.Cookie(cookie); err == nil && valid(c.Value) {
		return c.Value
	}
	return ""
}

// load reads who there is, and finds out who looks.
func (p *page) load(ctx context.Context) error {
	p.people = map[torg.ParticipantID]record.Participant{}
	who := p.who()
	if !who.May(account.Read) { // the login's page, or that of a one-time password
		p.Now = record.Now{Time: p.Now.Time}
		return nil
	}
	people, err := p.site.Reader.Participants(ctx)
	if err != nil {
		return err
	}
	for _, x := range people {
		p.people[x.ID] = x
	}
	if p.Now.Halted {
		p.Now.Problems = append(slices.Clone(p.Now.Problems), "problem.halted")
	}
	if p.places, err = p.site.Reader.Sites(ctx); err != nil {
		return err
	}
	p.Viewer.Chosen = true
	if who.Open() {
		as := p.choose("as", "torg_as", func(v string) bool { return v == "operator" || len(p.sitesOf(torg.ParticipantID(v))) > 0 })
		p.Viewer.Chosen = as != ""
		if as != "operator" {
			who = who.As(torg.ParticipantID(as))
			p.places = slices.DeleteFunc(p.places, func(s record.Site) bool { return !who.Sees(s.Participant) })
			p.r = p.r.WithContext(account.With(ctx, who))
		}
	}
	p.Viewer.Operator, p.Viewer.ID = who.Operator(), who.Participant
	if p.Viewer.ID != "" {
		p.Viewer.Sites = p.sitesOf(p.Viewer.ID)
	}
	p.Now = access.Now(who, p.Now, p.places)
	return nil
}

// who is the account that asks; in an open market, whom the visitor chose to be.
func (p *page) who() account.Viewer { return account.From(p.r.Context()) }

func (p *page) sitesOf(id torg.ParticipantID) (own []record.Site) {
	for _, s := range p.places {
		if s.Participant == id {
			own = append(own, s)
		}
	}
	return own
}

func (p *page) place(id torg.SiteID) (record.Site, bool) {
	for _, s := range p.places {
		if s.ID == id {
			return s, true
		}
	}
	return record.Site{}, false
}

// Who returns a participant's name.
func (p *page) Who(id torg.ParticipantID) string {
	x, ok := p.people[id]
	switch {
	case ok && p.Lang == "en" && x.NameEN != "":
		return x.NameEN
	case ok && x.Name != "":
		return x.Name
	case p.Now.Supplier != nil && id == p.Now.Supplier.ID:
		return p.T("supplier.name")
	}
	return string(id)
}

// Place returns a site's name, or its owner's where it has none.
func (p *page) Place(id torg.SiteID) string {
	s, ok := p.place(id)
	switch {
	case ok && p.Lang == "en" && s.NameEN != "":
		return s.NameEN
	case ok && s.Name != "":
		return s.Name
	case ok:
		return p.Who(s.Participant)
	}
	return string(id)
}

// PlaceOf names a site of a participant, also one whose affairs are not the viewer's: then
// by whose it is.
func (p *page) PlaceOf(id torg.SiteID, of torg.ParticipantID) string {
	if _, ok := p.place(id); ok {
		return p.Place(id)
	}
	return p.Who(of)
}

// Part names a sender or receiver of a message: a site, a participant or a part of
// the market.
func (p *page) Part(id string) string {
	if _, ok := p.place(torg.SiteID(id)); ok {
		return p.Place(torg.SiteID(id))
	}
	return p.known("part.", p.Who(torg.ParticipantID(id)))
}

// ComplexName is the name of the complex in the page's language.
func (p *page) ComplexName() string {
	if p.Lang == "en" && p.site.NameEN != "" {
		return p.site.NameEN
	}
	return p.site.Name
}

// With returns the address of this page with one parameter changed.
func (p *page) With(param, value string) templ.SafeURL {
	q := p.r.URL.Query()
	for _, chosen := range []string{"as", "lang", "theme"} {
		q.Del(chosen)
	}
	q.Set(param, value)
	u := url.URL{Path: p.path(), RawQuery: q.Encode()}
	return templ.SafeURL(u.String())
}

// path is where "back" leads: this page, or home from one that only takes posts.
func (p *page) path() string {
	if p.r.Method != http.MethodGet {
		return "/"
	}
	return p.r.URL.Path
}

// show renders a page whole before a byte of it is sent.
func (p *page) show(status int, c templ.Component) error {
	var b bytes.Buffer
	if err := layout(p, c).Render(p.r.Context(), &b); err != nil {
		return err
	}
	p.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	p.w.Header().Set("Content-Language", p.Lang)
	p.w.Header().Set("Cache-Control", "no-store")
	p.w.WriteHeader(status)
	p.w.Write(b.Bytes())
	return nil
}

// fail shows an error in words: what is refused or missing by its own name,
// anything else as a fault of ours, which is logged and not shown.
func (p *page) fail(err error) {
	refusal := torg.RefusalOf(err)
	status, key := http.StatusInternalServerError, "error.internal"
	switch {
	case p.r.Context().Err() != nil:
		return // nobody waits for the page any more
	case errors.Is(err, record.ErrNotFound) || refusal == torg.ErrUnknown:
		status, key = http.StatusNotFound, "error.not_found"
	case refusal == torg.ErrMalformed:
		status, key = http.StatusBadRequest, "error.malformed"
	case refusal == account.ErrNobody:
		status, key = http.StatusUnauthorized, "error.login"
	case refusal == account.ErrScope || refusal == torg.ErrNotYours || refusal == torg.ErrNotOperator:
		status, key = http.StatusForbidden, "error.not_yours"
	case refusal != "":
		status, key = http.StatusConflict, "refusal."+string(refusal)
	default:
		p.site.Log.Error("page failed", "path", p.r.URL.Path, "err", err)
	}
	p.Title = p.T("error.title", "Status", status)
	if err := p.show(status, errorPage(p, status, key)); err != nil {
		p.site.Log.Error("error page failed", "err", err)
		http.Error(p.w, http.StatusText(status), status)
	}
}

// redirect sends the browser to a page of this site with GET.
func (p *page) redirect(to string) error {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		to = "/"
	}
	http.Redirect(p.w, p.r, to, http.StatusSeeOther)
	return nil
}
