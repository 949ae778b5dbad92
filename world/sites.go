package world

import (
	"fmt"

	"torg"
	"torg/scenario"
)

// WithSites returns the scenario with its first n sites, and where it has fewer with
// more of the same kind: each copy under an id of its own, of an owner of its own, so
// that its models draw other numbers. Capacities of lines and of the connection grow
// or shrink with the number of sites, rounded down.
func WithSites(sc *scenario.Scenario, n int) *scenario.Scenario {
	have := len(sc.Sites)
	scale := func(e torg.Energy) torg.Energy {
		if e == torg.Unlimited {
			return e
		}
		return min(e/torg.Energy(have)*torg.Energy(n)+e%torg.Energy(have)*torg.Energy(n)/torg.Energy(have), torg.MaxSessionEnergy)
	}
	out := *sc
	out.Complex.Lines = nil
	for _, l := range sc.Complex.Lines {
		l.Capacity = scale(l.Capacity)
		out.Complex.Lines = append(out.Complex.Lines, l)
	}
	if q := sc.Complex.Supplier; q != nil {
		supplier := *q
		supplier.Import, supplier.Export = scale(q.Import), scale(q.Export)
		out.Complex.Supplier = &supplier
	}
	owners := make(map[torg.ParticipantID]scenario.Participant, len(sc.Participants))
	for _, p := range sc.Participants {
		owners[p.ID] = p
	}
	out.Participants, out.Sites = nil, make([]scenario.Site, n)
	listed := map[torg.ParticipantID]bool{}
	for i := range out.Sites {
		s := sc.Sites[i%have]
		owner := owners[s.Participant]
		if again := i / have; again > 0 {
			s.ID = torg.SiteID(fmt.Sprintf("%s.%d", s.ID, again))
			owner.ID = torg.ParticipantID(fmt.Sprintf("%s.%d", owner.ID, again))
			s.Participant = owner.ID
		}
		out.Sites[i] = s
		if !listed[owner.ID] {
			listed[owner.ID] = true
			out.Participants = append(out.Participants, owner)
		}
	}
	return &out
}
