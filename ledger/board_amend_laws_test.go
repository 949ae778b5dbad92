package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
)

// drawAmended is drawBoard with rules that change: capacities that fall and rise, also of
// slots whose announcement an outage covers, closings inside intervals and withdrawals.
func drawAmended(t *rapid.T) (ledger.Genesis, []ledger.Block) {
	g := genesis()
	g.Deadline = time.Hour
	share, days := rapid.SampledFrom([]int{50, 100}).Draw(t, "share"), rapid.IntRange(1, 3).Draw(t, "days")
	g.ForwardShare, g.EscrowDays = &share, days
	g.Settlement = rapid.SampledFrom([]time.Duration{time.Hour, 4 * time.Hour}).Draw(t, "settlement")
	zonesOf(t, &g)
	w := &world{t: t, g: g, first: g.Calendar.At(start)}
	w.at = g.Calendar.Opens(w.first)
	w.admitAll()
	d := &deals{world: w, number: map[torg.SiteID]uint64{}}
	sequence := uint32(0)
	for range rapid.IntRange(3, 9).Draw(t, "slots") {
		w.at = w.at.Add(time.Minute)
		d.block()
		for range rapid.IntRange(0, 3).Draw(t, "amendments") {
			sequence++
			w.block(amendment(t, g, sequence, g.Calendar.At(w.at)+torg.Slot(rapid.IntRange(2, 50).Draw(t, "from"))))
		}
		w.block(ledger.Withdraw{Participant: "c", Amount: torg.Money(rapid.IntRange(1, 2000_00).Draw(t, "out")), Reference: fmt.Sprint(len(w.blocks))})
		w.session()
		switch rapid.IntRange(0, 9).Draw(t, "jump") {
		case 0, 1:
			w.at = w.at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
		case 2:
			w.at = w.at.Truncate(24 * time.Hour).Add(24 * time.Hour)
		case 3, 4:
			w.block(ledger.Close{Slot: g.Calendar.At(w.at) - torg.Slot(rapid.IntRange(1, 5).Draw(t, "close"))})
		}
		d.block()
	}
	w.at = w.at.Add(5 * 24 * time.Hour)
	w.block()
	for range 40 {
		w.block()
	}
	return g, w.blocks
}

func amendment(t *rapid.T, g ledger.Genesis, sequence uint32, from torg.Slot) ledger.Amend {
	a := ledger.Amend{Sequence: sequence, From: from, Complex: g.Complex, PriceCap: g.PriceCap}
	a.Complex.Lines = slices.Clone(a.Complex.Lines)
	for i := range a.Complex.Lines {
		l := &a.Complex.Lines[i]
		if l.Capacity > 0 {
			l.Capacity = rapid.SampledFrom([]torg.Energy{torg.Unlimited, 1, 301, 2 * kWh, 20 * kWh}).Draw(t, "new capacity")
		}
	}
	return a
}

// overCut finds a line of which forward contracts hold more than their share by the rules
// that have begun.
func overCut(t *rapid.T, g ledger.Genesis, v ledger.View, running torg.Slot) {
	held := map[string]torg.Energy{}
	for _, f := range v.Forwards() {
		for k := max(running+1, f.Open.First); k <= f.Open.Last() && len(f.Open.Steps) > 0; k++ {
			rules := v.Rules(k)
			if rules.From > running {
				break
			}
			e, _ := f.Open.At(k)
			for i := range len(f.Path) - 1 {
				for _, l := range rules.Complex.Lines {
					if l.From == f.Path[i] && l.To == f.Path[i+1] || l.To == f.Path[i] && l.From == f.Path[i+1] {
						key := fmt.Sprintf("%d: %s to %s", k, f.Path[i], f.Path[i+1])
						if held[key] += e; l.Capacity != torg.Unlimited && held[key] > l.Capacity*torg.Energy(*g.ForwardShare)/100 {
							t.Fatalf("block %d: slot %s: %d Wh of %d", v.Height(), key, held[key], l.Capacity)
						}
					}
				}
			}
		}
	}
}

// Rules that change under contracts lose no money, oversell nothing that has begun, and
// give the same after a restart.
func TestBoardLawsUnderAmendments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, blocks := drawAmended(t)
		last := ledger.New(&kvmem.KV{})
		want := run(t, g, blocks, func(t *rapid.T, l *ledger.Ledger, kv *kvmem.KV, b ledger.Block) *ledger.Ledger {
			if b.Height > 1 {
				overCut(t, g, l.View(), g.Calendar.At(blocks[b.Height-2].Time)+1)
			}
			last = l
			return l
		})
		v := last.View()
		if n := len(v.Forwards()); n > 0 {
			t.Fatalf("%d contracts are left: %+v", n, v.Forwards()[0])
		}
		for i, got := range run(t, g, blocks, between["a restart"]) {
			if got != want[i] {
				t.Fatalf("after a restart block %d differs:\n%s\n%s", i+1, got, want[i])
			}
		}
	})
}
