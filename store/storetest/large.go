package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
	"torg/store"
)

// Story is one session from admission to settlement, in seven blocks.
func Story() []ledger.Committed { return story() }

// Everything reads all that a store tells, as text to compare.
func Everything(t testing.TB, s *store.Store) string { return everything(t, s) }

// History is generated history of days of 96 slots before First, with contracts a
// session between sites that each have a reading and a forecast in every slot.
func History(days, sites, contracts int) (h store.History) {
	from := First - torg.Slot(96*days)
	for slot := from; slot < First; slot++ {
		h.Sessions = append(h.Sessions, record.Session{Slot: slot, State: record.Settled, Prices: []record.Price{{Discovery: 1, Zone: "z1", Price: rub("4.2")}}})
		for i := range contracts {
			c := inside(slot, 1, i+1, i%3+1, torg.Energy(1000+i), "4.2", "4.1")
			c.BuyerSite, c.SellerSite = siteID(2*i, sites), siteID(2*i+1, sites)
			h.Contracts = append(h.Contracts, c)
		}
		for i := range sites {
			e := torg.Energy(i * 100)
			h.Readings = append(h.Readings, torg.Reading{Site: siteID(i, sites), Slot: slot, Energy: e, Quality: torg.Simulated})
			h.Forecasts = append(h.Forecasts, store.Forecast{Site: siteID(i, sites), Slot: slot, Q10: e - 10, Q50: e, Q90: e + 10})
			if slot%4 == 0 {
				h.Settlements = append(h.Settlements, record.Settlement{First: slot, Last: slot + 3, Zone: "z1",
					Participant: torg.ParticipantID(siteID(i, sites)), Paid: cost("12.34"), Baseline: cost("15")})
			}
		}
	}
	return h
}

func siteID(i, sites int) torg.SiteID { return torg.SiteID(fmt.Sprintf("site-%02d", i%sites)) }

// Benchmark measures the store on databases that fresh makes.
func Benchmark(b *testing.B, fresh func(testing.TB) string) {
	b.Run("apply 1000 contracts", func(b *testing.B) { benchmarkApply(b, fresh, 1000) })
	b.Run("apply 20 contracts", func(b *testing.B) { benchmarkApply(b, fresh, 20) })
	b.Run("apply an empty block", func(b *testing.B) { benchmarkApply(b, fresh, 0) })
	b.Run("history of 14 days of 20 sites", func(b *testing.B) {
		s, h := open(b, fresh(b)), History(14, 20, 15)
		for b.Loop() {
			must(b, s.PutHistory(context.Background(), h))
		}
	})
	b.Run("reads at 100000 contracts", func(b *testing.B) { benchmarkReads(b, fresh) })
}

func benchmarkApply(b *testing.B, fresh func(testing.TB) string, contracts int) {
	ctx := context.Background()
	s := open(b, fresh(b))
	height := int64(0)
	for b.Loop() {
		height++
		c := block(height)
		if contracts > 0 {
			c = sessionBlock(height, First+torg.Slot(height), contracts)
			for i := range contracts {
				c.Events = append(c.Events, post(First, torg.PostEscrow, "factory", torg.AccountEscrow, "1.25", torg.ContractID(fmt.Sprint(i))))
			}
		}
		must(b, s.Apply(ctx, c))
	}
	b.ReportMetric(float64(contracts)*float64(b.N)/b.Elapsed().Seconds(), "contracts/s")
}

func benchmarkReads(b *testing.B, fresh func(testing.TB) string) {
	ctx := context.Background()
	dsn := fresh(b)
	s := open(b, dsn)
	must(b, s.PutHistory(ctx, History(14, 20, 75)))
	apply(b, s, block(1, admit(foundry), admit(factory)))
	_, deep, err := s.Contracts(ctx, record.Filter{}, record.Page{Limit: 1000})
	must(b, err)
	end := Genesis().Calendar.Start(First)
	for name, ask := range map[string]func() error{
		"a page of contracts": func() error { _, _, err := s.Contracts(ctx, record.Filter{}, record.Page{Limit: 50}); return err },
		"a later page": func() error {
			_, _, err := s.Contracts(ctx, record.Filter{}, record.Page{Limit: 50, Cursor: deep})
			return err
		},
		"a page of one participant's": func() error {
			_, _, err := s.Contracts(ctx, record.Filter{Participant: "foundry"}, record.Page{Limit: 50})
			return err
		},
		"a page of sessions":              func() error { _, _, err := s.Sessions(ctx, record.Page{Limit: 50}); return err },
		"a day of readings":               func() error { _, err := s.Readings(ctx, "site-01", First-96, First); return err },
		"14 days of readings by the hour": func() error { _, err := s.ReadingsBucketed(ctx, "site-01", First-14*96, First, 4); return err },
		"savings of 14 days":              func() error { _, err := s.Savings(ctx, end.Add(-14*24*time.Hour), end); return err },
		"one contract":                    func() error { _, err := s.Contract(ctx, torg.NewContractID(session(-5), 1, 7)); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				must(b, ask())
			}
		})
	}
	b.Run("opening", func(b *testing.B) {
		for b.Loop() {
			again, err := store.Open(ctx, dsn)
			must(b, err)
			must(b, again.Close())
		}
	})
}
