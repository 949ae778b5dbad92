package market

import (
	"slices"

	"torg"
)

// avoidPasses is how often what avoids left unplaced is taken out of its orders
// before every order with an avoid leaves.
const avoidPasses = 3

// Clear decides one discovery of a session. It refuses, with an error that wraps a
// torg.Refusal, a complex that is not valid or has more than one zone, orders that
// are not valid or the same twice, of an unknown zone, of the supplier, of one
// participant on both sides, or of more than torg.MaxSessionEnergy in all. Time is
// O(n log n) in the number of orders, while few names are avoided.
func Clear(b Book) (Outcome, error) {
	s, err := newSheet(b)
	if err != nil {
		return Outcome{}, err
	}
	f, p := s.settleAvoids()
	return s.outcome(f, p), nil
}

// settleAvoids discovers, shares and pairs until everything that is accepted is
// placed. Preferences choose partners only then, so that they cannot change what an
// avoid takes out.
func (s *sheet) settleAvoids() (found, *pairing) {
	for pass := 0; ; pass++ {
		f := s.discover()
		s.share(f)
		p := s.pair(false)
		if p != nil && !s.avoidedParts(p) {
			if s.prefers {
				if preferred := s.pair(true); preferred != nil {
					p = preferred
				}
			}
			return f, p
		}
		if p == nil || pass == avoidPasses {
			s.leave()
		}
	}
}

func (s *sheet) outcome(f found, p *pairing) Outcome {
	o := Outcome{
		Discovery: s.discovery,
		Prices:    f.prices, Shares: f.shares, Flows: f.flows,
		Import: f.imports, Export: f.exports,
		Used: Usage{
			Lines:  slices.Clone(s.used.Lines),
			Import: s.used.Import + f.imports, Export: s.used.Export + f.exports,
		},
	}
	if q := s.complex.Supplier; q != nil {
		o.ImportFull = q.Import > 0 && o.Used.Import >= q.Import
		o.ExportFull = q.Export > 0 && o.Used.Export >= q.Export
		if o.ImportFull || o.ExportFull {
			o.FullZones = []FullZone{{q.Zone, o.ImportFull, o.ExportFull}}
		}
	}
	if len(f.prices) > 0 {
		o.Trades = s.trades(p, f.prices[0].Price)
	}
	o.Unmatched = s.unmatched(f)
	o.Welfare, o.Network = s.welfare(f), network(o.Trades)
	return o
}

func (s *sheet) welfare(f found) torg.Cost {
	var w torg.Cost
	for i := range s.entries {
		switch e := &s.entries[i]; e.Side {
		case torg.Buy:
			w = w.Add(e.accepted.At(e.Limit))
		case torg.Sell:
			w = w.Sub(e.accepted.At(e.Limit))
		}
	}
	if q := s.complex.Supplier; q != nil {
		w = w.Add(f.exports.At(q.Buy)).Sub(f.imports.At(q.Sell))
	}
	return w
}

// network is what is left between buyers and sellers: nobody's but the network's.
func network(trades []torg.Trade) torg.Cost {
	var n torg.Cost
	for _, t := range trades {
		n = n.Add(t.Energy.At(t.BuyerPrice)).Sub(t.Energy.At(t.SellerPrice))
	}
	return n
}
