package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/sign"
)

// maxCapacityW bounds a site's connected capacity: a terawatt.
const maxCapacityW = 1_000_000_000_000

// admit makes a participant known, or adds sites to one.
func (s *state) admit(b Admit) error {
	if err := torg.ValidID(string(b.Participant)); err != nil {
		return fmt.Errorf("admission: participant: %w: %w", err, torg.ErrMalformed)
	}
	if q := s.Complex.Supplier; q != nil && b.Participant == q.Participant {
		return fmt.Errorf("admission: %s is the supplier: %w", b.Participant, torg.ErrExists)
	}
	if !s.Unsigned {
		if _, err := sign.ParsePublic(b.OwnerKey); err != nil {
			return fmt.Errorf("admission of %s: owner's key: %w", b.Participant, torg.ErrBadKey)
		}
	}
	p, known := s.participants.get(b.Participant)
	if known && (!p.holds(b.OwnerKey) || len(b.Sites) == 0) {
		return fmt.Errorf("admission of %s: %w", b.Participant, torg.ErrExists)
	}
	for i, site := range b.Sites {
		if err := s.newSite(b.Participant, site); err != nil {
			return fmt.Errorf("admission of %s: sites[%d]: %w", b.Participant, i, err)
		}
		if slices.ContainsFunc(b.Sites[:i], func(o torg.Site) bool { return o.ID == site.ID }) {
			return fmt.Errorf("admission of %s: site %s is there twice: %w", b.Participant, site.ID, torg.ErrMalformed)
		}
	}
	if !known {
		p.keys = []ownerKey{{key: b.OwnerKey}}
	}
	p.sites = slices.Clone(p.sites)
	if len(b.Sites) > 0 && s.head.session.state == SessionNone {
		s.begin()
	}
	from := s.Calendar.At(s.now) + 1
	for _, t := range b.Sites {
		p.sites = append(p.sites, t.ID)
		s.sites.put(t.ID, site{Site: t, from: from})
	}
	s.participants.put(b.Participant, p)
	s.event(Event{Admitted: &b})
	return nil
}

func (s *state) newSite(p torg.ParticipantID, t torg.Site) error {
	if err := torg.ValidID(string(t.ID)); err != nil {
		return fmt.Errorf("%w: %w", err, torg.ErrMalformed)
	}
	if _, known := s.sites.get(t.ID); known {
		return fmt.Errorf("site %s: %w", t.ID, torg.ErrExists)
	}
	switch {
	case t.Participant != p:
		return fmt.Errorf("site %s belongs to %q: %w", t.ID, t.Participant, torg.ErrNotYours)
	case !slices.Contains(s.Complex.Zones, t.Zone):
		return fmt.Errorf("site %s: zone %q: %w", t.ID, t.Zone, torg.ErrUnknown)
	case t.Tariff != "" && !slices.ContainsFunc(s.rulesNow().Tariffs, func(f torg.Tariff) bool { return f.ID == t.Tariff }):
		return fmt.Errorf("site %s: tariff %q: %w", t.ID, t.Tariff, torg.ErrUnknown)
	case !slices.Contains(torg.Roles, t.Role):
		return fmt.Errorf("site %s: role %q: %w", t.ID, t.Role, torg.ErrMalformed)
	case t.CapacityW < 1 || t.CapacityW > maxCapacityW:
		return fmt.Errorf("site %s: capacity %d W is outside 1 to %d: %w", t.ID, t.CapacityW, int64(maxCapacityW), torg.ErrMalformed)
	}
	return nil
}

// capacity is the most energy that a site's connection carries in a slot.
func (s *state) capacity(t torg.Site) torg.Energy {
	return torg.Energy(t.CapacityW * s.Calendar.Interval.Milliseconds() / 3_600_000)
}
