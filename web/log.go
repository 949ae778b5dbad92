package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"torg"
	"torg/record"
	"torg/record/export"
)

// Kinds are the three kinds of messages, in the order pages show them.
var Kinds = []record.MessageKind{record.Information, record.EnergyMsg, record.Financial}

// logView is a page of the log of messages.
type logView struct {
	Rows []record.Message
	Next string
	Kind record.MessageKind
	Site torg.SiteID
}

// log shows messages by kind. An owner sees those of one own site at a time.
func (s *site) log(p *page) error {
	p.Nav, p.Title = "log", p.T("log.title")
	q := p.r.URL.Query()
	v := logView{Kind: record.MessageKind(q.Get("kind")), Site: torg.SiteID(q.Get("site"))}
	if v.Kind != "" && !slices.Contains(Kinds, v.Kind) {
		return fmt.Errorf("kind %q: %w", v.Kind, torg.ErrMalformed)
	}
	if !p.Viewer.Operator {
		if len(p.Viewer.Sites) == 0 {
			return p.show(http.StatusOK, logPage(p, v))
		}
		if v.Site == "" {
			v.Site = p.Viewer.Sites[0].ID
		}
		if at, ok := p.place(v.Site); !ok || !p.Viewer.Owns(at.Participant) {
			return fmt.Errorf("site %q: %w", v.Site, record.ErrNotFound)
		}
	}
	rows, next, err := s.Reader.Messages(p.r.Context(), record.Filter{Kind: v.Kind, Site: v.Site}, p.asked())
	if err != nil {
		return err
	}
	if v.Rows, v.Next = rows, next; p.Viewer.Operator {
		v.Rows = p.unsealed(rows)
	}
	if p.wantsCSV() {
		return csv(p, "log", v.Rows, export.Messages)
	}
	return p.show(http.StatusOK, logPage(p, v))
}

// unsealed leaves out what tells of orders in the session whose gates are open.
func (p *page) unsealed(rows []record.Message) []record.Message {
	if !sealed(p.Now.State) {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(m record.Message) bool {
		return m.Session == p.Now.Session && m.Kind == record.EnergyMsg && m.Performative == "propose"
	})
}

func (s *site) help(p *page) error {
	p.Nav, p.Title = "help", p.T("help.title")
	return p.show(http.StatusOK, helpPage(p))
}

// found is one answer of the search.
type found struct{ Text, Href string }

// search goes straight to what an id names, or lists sites and participants whose
// names contain the words.
func (s *site) search(p *page) error {
	ctx := p.r.Context()
	p.Nav, p.Title = "search", p.T("search.title")
	q := strings.TrimSpace(p.r.URL.Query().Get("q"))
	if len(q) > 200 {
		return fmt.Errorf("search: %w", torg.ErrMalformed)
	}
	if _, err := s.Reader.Session(ctx, q); err == nil {
		return p.redirect("/sessions/" + q)
	}
	if _, err := s.Reader.Contract(ctx, torg.ContractID(q)); err == nil {
		return p.redirect("/contracts/" + q)
	}
	var hits []found
	for _, at := range p.places {
		name := p.Place(at.ID)
		if q != "" && p.Viewer.Owns(at.Participant) && contains(q, name, string(at.ID), p.Who(at.Participant)) {
			hits = append(hits, found{name, "/sites/" + string(at.ID)})
		}
	}
	return p.show(http.StatusOK, searchPage(p, q, hits))
}

func contains(q string, in ...string) bool {
	return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(q)) })
}
