package torg

import (
	"math"
	"slices"
	"sort"
)

// NewProfile puts steps that follow each other from a slot into a profile's one form,
// without steps where none has energy. None has a negative one, or no slots.
func NewProfile(first Slot, steps ...Step) Profile {
	var out profiler
	for _, s := range steps {
		end := first + Slot(s.Slots)
		out.run(first, end, s.Energy, s.Price)
		first = end
	}
	return out.done()
}

// At returns what a profile delivers in a slot and at which price; outside of it
// nothing, at price 0.
func (p Profile) At(k Slot) (Energy, Price) {
	if k < p.First {
		return 0, 0
	}
	for _, s := range p.Steps {
		if k -= Slot(s.Slots); k < p.First {
			return s.Energy, s.Price
		}
	}
	return 0, 0
}

// Equal says whether two profiles in their one form are the same.
func (p Profile) Equal(q Profile) bool {
	return slices.Equal(p.Steps, q.Steps) && (p.First == q.First || len(p.Steps) == 0)
}

// Within says whether p is wholly inside q: in every slot no more energy, and where it
// has any, at the same price.
func (p Profile) Within(q Profile) bool {
	within := true
	walk(p, q, func(_, _ Slot, a, b Step) {
		within = within && (a.Energy == 0 || a.Energy <= b.Energy && a.Price == b.Price)
	})
	return within
}

// Sub returns what q leaves of p, at p's prices. It panics where q is not within p.
func (p Profile) Sub(q Profile) Profile {
	var out profiler
	walk(p, q, func(from, to Slot, a, b Step) {
		if b.Energy > a.Energy || b.Energy > 0 && b.Price != a.Price {
			panic("torg: a profile less one that is not within it")
		}
		out.run(from, to, a.Energy-b.Energy, a.Price)
	})
	return out.done()
}

// Add returns p and q together. It panics where they differ in price in a slot that
// both have energy in.
func (p Profile) Add(q Profile) Profile {
	var out profiler
	walk(p, q, func(from, to Slot, a, b Step) {
		price := a.Price
		switch {
		case a.Energy == 0:
			price = b.Price
		case b.Energy > 0 && b.Price != a.Price:
			panic("torg: profiles of different prices together")
		}
		out.run(from, to, a.Energy+b.Energy, price)
	})
	return out.done()
}

// Cut returns the part of a profile from slot from to the one before slot to; without
// steps where it has none there.
func (p Profile) Cut(from, to Slot) Profile {
	var out profiler
	p.runs(from, to, func(from, to Slot, s Step) { out.run(from, to, s.Energy, s.Price) })
	return out.done()
}

// Energy sums up what a profile delivers from slot from to the one before slot to.
func (p Profile) Energy(from, to Slot) Energy {
	sum := Energy(0)
	p.runs(from, to, func(from, to Slot, s Step) { sum += Energy(to-from) * s.Energy })
	return sum
}

// Cost sums up exactly what the energy from slot from to the one before slot to costs,
// each slot's at what each makes of its price.
func (p Profile) Cost(from, to Slot, each func(Price) Price) Cost {
	var sum Cost
	p.runs(from, to, func(from, to Slot, s Step) {
		if s.Energy > 0 {
			sum = sum.Add((Energy(to-from) * s.Energy).At(each(s.Price)))
		}
	})
	return sum
}

// Most returns the most energy that a profile has in any slot.
func (p Profile) Most() Energy {
	most := Energy(0)
	for _, s := range p.Steps {
		most = max(most, s.Energy)
	}
	return most
}

// runs calls f for each step as far as it lies from slot from to the one before to.
func (p Profile) runs(from, to Slot, f func(from, to Slot, s Step)) {
	at := p.First
	for _, s := range p.Steps {
		end := at + Slot(s.Slots)
		if a, b := max(at, from), min(end, to); a < b {
			f(a, b, s)
		}
		if at = end; at >= to {
			return
		}
	}
}

// walk calls f for each run of slots in which neither p nor q changes, in order, from
// the first slot of either to the last. Outside of a profile its step is the zero value.
func walk(p, q Profile, f func(from, to Slot, a, b Step)) {
	a, b := reader{steps: p.Steps, end: p.First}, reader{steps: q.Steps, end: q.First}
	at := min(a.start(), b.start())
	for at != never {
		a.move(at)
		b.move(at)
		to := min(a.next(), b.next())
		if to == never {
			return
		}
		f(at, to, a.step, b.step)
		at = to
	}
}

const never = Slot(math.MaxInt64)

// reader stands on one step of a profile, or before the first or after the last.
type reader struct {
	steps []Step // still to come
	step  Step   // that it stands on
	end   Slot   // where that step ends; before the first: where that one starts
	over  bool
}

func (r *reader) start() Slot {
	if len(r.steps) == 0 {
		return never
	}
	return r.end
}

// next is where the next change is.
func (r *reader) next() Slot {
	if r.over || len(r.steps) == 0 && r.step == (Step{}) {
		return never
	}
	return r.end
}

func (r *reader) move(to Slot) {
	for !r.over && r.end <= to {
		if len(r.steps) == 0 {
			r.step, r.over = Step{}, true
			return
		}
		r.step, r.steps = r.steps[0], r.steps[1:]
		r.end += Slot(r.step.Slots)
	}
}

// profiler puts runs of slots, which follow each other, into a profile's one form.
type profiler struct {
	p   Profile
	end Slot // of the last step
}

func (b *profiler) run(from, to Slot, e Energy, price Price) {
	if e == 0 {
		return
	}
	if len(b.p.Steps) == 0 {
		b.p.First, b.end = from, from
	}
	if b.end < from {
		b.p.Steps = append(b.p.Steps, Step{Slots: uint32(from - b.end)})
	}
	b.end = to
	if last := len(b.p.Steps) - 1; last >= 0 && b.p.Steps[last].Energy == e && b.p.Steps[last].Price == price {
		b.p.Steps[last].Slots += uint32(to - from)
		return
	}
	b.p.Steps = append(b.p.Steps, Step{Slots: uint32(to - from), Energy: e, Price: price})
}

func (b *profiler) done() Profile { return b.p }

// Load is the summed energy of many profiles, slot by slot. The zero value is none. It
// is not changed once it is made.
type Load struct{ levels []level }

// level is the sum from a slot on, up to the next level. The last one is 0.
type level struct {
	from   Slot
	energy Energy
}

// SumLoad returns the load of profiles together.
func SumLoad(profiles ...Profile) Load {
	var deltas []level
	for _, p := range profiles {
		p.runs(math.MinInt64, math.MaxInt64, func(from, to Slot, s Step) {
			deltas = append(deltas, level{from, s.Energy}, level{to, -s.Energy})
		})
	}
	slices.SortFunc(deltas, func(a, b level) int {
		switch {
		case a.from < b.from:
			return -1
		case a.from > b.from:
			return 1
		}
		return 0
	})
	var l Load
	sum := Energy(0)
	for i, d := range deltas {
		sum += d.energy
		if i+1 == len(deltas) || deltas[i+1].from != d.from {
			l.push(d.from, sum)
		}
	}
	return l
}

func (l *Load) push(from Slot, e Energy) {
	last := Energy(0)
	if n := len(l.levels); n > 0 {
		last = l.levels[n-1].energy
	}
	if e != last {
		l.levels = append(l.levels, level{from, e})
	}
}

// Empty says whether there is no energy in any slot.
func (l Load) Empty() bool { return len(l.levels) == 0 }

// At returns the load in a slot.
func (l Load) At(k Slot) Energy {
	if i := l.index(k); i >= 0 {
		return l.levels[i].energy
	}
	return 0
}

// index is that of the level which a slot is on; -1: it is before all.
func (l Load) index(k Slot) int {
	return sort.Search(len(l.levels), func(i int) bool { return l.levels[i].from > k }) - 1
}

// Add returns the load with a profile on top of it; Sub takes one off that is in it.
func (l Load) Add(p Profile) Load { return l.with(p, 1) }

// Sub returns the load without a profile.
func (l Load) Sub(p Profile) Load { return l.with(p, -1) }

func (l Load) with(p Profile, sign Energy) Load {
	if len(p.Steps) == 0 {
		return l
	}
	out := Load{levels: make([]level, 0, len(l.levels)+len(p.Steps)+2)}
	r := reader{steps: p.Steps, end: p.First}
	i, below := 0, Energy(0)
	for i < len(l.levels) || r.next() != never {
		at := r.next()
		if i < len(l.levels) {
			at = min(at, l.levels[i].from)
		}
		r.move(at)
		if i < len(l.levels) && l.levels[i].from == at {
			below = l.levels[i].energy
			i++
		}
		out.push(at, below+sign*r.step.Energy)
	}
	return out
}

// From returns the load from a slot on.
func (l Load) From(k Slot) Load {
	i := l.index(k)
	if i < 0 {
		return l
	}
	out := Load{levels: slices.Clone(l.levels[i:])}
	if out.levels[0].from = k; out.levels[0].energy == 0 {
		out.levels = out.levels[1:]
	}
	return out
}

// MostWith returns the most that the load and a profile come to together in any slot in
// which the profile has energy.
func (l Load) MostWith(p Profile) Energy {
	most := Energy(0)
	p.runs(math.MinInt64, math.MaxInt64, func(from, to Slot, s Step) {
		if s.Energy == 0 {
			return
		}
		most = max(most, s.Energy+l.At(from))
		for i := l.index(from) + 1; i < len(l.levels) && l.levels[i].from < to; i++ {
			most = max(most, s.Energy+l.levels[i].energy)
		}
	})
	return most
}

// Over calls f for each run of slots, from one to the one before another, of those from
// slot from to slot last, in which the load is more than so much energy.
func (l Load) Over(most Energy, from, last Slot, f func(from, to Slot)) {
	for i := max(l.index(from), 0); i < len(l.levels) && l.levels[i].from <= last; i++ {
		if l.levels[i].energy <= most {
			continue
		}
		begin := l.levels[i].from
		for i+1 < len(l.levels) && l.levels[i+1].energy > most {
			i++
		}
		end := last + 1
		if i+1 < len(l.levels) {
			end = min(end, l.levels[i+1].from)
		}
		if begin = max(begin, from); begin < end {
			f(begin, end)
		}
	}
}
