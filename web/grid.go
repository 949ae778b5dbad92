package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"torg"
	"torg/record"
)

// gridView is what a session made of zones and lines, over both discoveries.
type gridView struct {
	Zones  []zoneRow
	Lines  []lineRow
	Second bool // the second discovery found prices too
	Split  bool // the flows are known, and with them what the network account is made of

	Network torg.Cost // what buyers pay minus what sellers get: the three below
	Fees    torg.Cost // owed to the lines' owners
	Rent    torg.Cost // of lines that are full
	Tie     torg.Cost // of a connection that is full
}

// zoneRow is a zone in a session.
type zoneRow struct {
	Zone   torg.ZoneID
	Prices [2]*torg.Price // by discovery; nil: no price there
	Net    torg.Energy    // that lines bring, minus: take away
	Own    bool           // a site of the viewer is there
}

// lineRow is a line in a session, in the direction of its flow, or as the complex
// lists it while it is idle.
type lineRow struct {
	From, To torg.ZoneID
	Energy   torg.Energy // not negative
	Capacity torg.Energy // torg.Unlimited or per slot
	Fee      torg.Price  // per kWh
	Rent     torg.Cost   // price gap beyond the fee, times the energy; positive: congested
}

// Load is the share of the capacity that is used; not ok for a line without limit.
func (l lineRow) Load() (share float64, ok bool) {
	if l.Capacity <= 0 {
		return 0, false
	}
	return float64(l.Energy) / float64(l.Capacity), true
}

// Full says that the line takes no more.
func (l lineRow) Full() bool { return l.Capacity >= 0 && l.Energy >= l.Capacity }

// Congested says that the line being full sets its two ends' prices apart.
func (l lineRow) Congested() bool { return l.Rent.Sign() > 0 }

// Beyond is the price gap beyond the fee, per kWh.
func (l lineRow) Beyond() torg.Price { return l.Rent.Per(l.Energy) }

// grid reads a session's prices and flows as zones and lines; nil in a complex of
// one zone.
func (p *page) grid(s record.Session) *gridView {
	if !p.Zoned() {
		return nil
	}
	v := &gridView{Network: s.Network, Split: len(s.Prices) > 0 && (s.Origin == record.OnLedger || len(s.Flows) > 0)}
	at := map[torg.ZoneID]int{}
	for i, z := range p.Now.Zones {
		at[z] = i
		v.Zones = append(v.Zones, zoneRow{Zone: z, Own: p.livesIn(z)})
	}
	for _, x := range s.Prices {
		if i, ok := at[x.Zone]; ok && (x.Discovery == 1 || x.Discovery == 2) {
			v.Zones[i].Prices[x.Discovery-1] = &x.Price
			v.Second = v.Second || x.Discovery == 2
		}
	}
	for _, l := range p.Now.Lines {
		if l.Capacity == 0 {
			continue
		}
		row := lineRow{From: l.From, To: l.To, Capacity: p.capacity(l, s.Origin), Fee: l.Fee}
		for _, f := range s.Flows {
			row.carry(f, v.gap(at, f))
		}
		v.Zones[at[row.To]].Net += row.Energy
		v.Zones[at[row.From]].Net -= row.Energy
		v.Fees, v.Rent = v.Fees.Add(row.Energy.At(row.Fee)), v.Rent.Add(row.Rent)
		v.Lines = append(v.Lines, row)
	}
	v.Tie = v.Network.Sub(v.Fees).Sub(v.Rent)
	return v
}

// capacity is what a line carries in a session, which is longer in generated history.
func (p *page) capacity(l torg.Line, o record.Origin) torg.Energy {
	if l.Capacity == torg.Unlimited || o != record.Simulated {
		return l.Capacity
	}
	return l.Capacity * torg.Energy(p.site.HistoryStep/time.Second) / torg.Energy(p.site.Calendar.Interval/time.Second)
}

// carry adds a discovery's flow, if it goes over the line. Both discoveries send
// energy the same way.
func (l *lineRow) carry(f record.Flow, gap torg.Price) {
	switch {
	case f.From == l.To && f.To == l.From:
		l.From, l.To = f.From, f.To
	case f.From != l.From || f.To != l.To:
		return
	}
	l.Energy += f.Energy
	l.Rent = l.Rent.Add(f.Energy.At(gap - l.Fee))
}

// gap is by how much a flow's end is dearer than its start, in its discovery.
func (v *gridView) gap(at map[torg.ZoneID]int, f record.Flow) torg.Price {
	if f.Discovery != 1 && f.Discovery != 2 {
		return 0
	}
	from, to := v.Zones[at[f.From]].Prices[f.Discovery-1], v.Zones[at[f.To]].Prices[f.Discovery-1]
	if from == nil || to == nil {
		return 0
	}
	return *to - *from
}

// Signed prints energy with its sign, plus too.
func (p *page) Signed(e torg.Energy) string {
	if e > 0 {
		return "+" + p.Energy(e)
	}
	return p.Energy(e)
}

// Of prints a part beside its whole, the unit once where both have the same.
func (p *page) Of(part, whole torg.Energy) string {
	a, b := p.Energy(part), p.Energy(whole)
	if cut := strings.LastIndex(b, nbsp); strings.HasSuffix(a, b[cut:]) {
		a = strings.TrimSuffix(a, b[cut:])
	}
	return p.T("grid.of", "Energy", a, "Capacity", b)
}

// Set lists the congested lines that end at the viewer's zone and so set its price
// apart from the next zone's.
func (p *page) Set(v *gridView) []lineRow {
	return slices.DeleteFunc(v.Congested(), func(l lineRow) bool { return !p.livesIn(l.From) && !p.livesIn(l.To) })
}

// zoneClass is the look of the i-th zone's line on a chart.
func zoneClass(i int) string { return "pz-" + strconv.Itoa(i%mostLines) }

// Congested lists the lines that set prices apart.
func (v *gridView) Congested() []lineRow {
	var out []lineRow
	for _, l := range v.Lines {
		if l.Congested() {
			out = append(out, l)
		}
	}
	return out
}

// Says tells in words which lines set which prices apart.
func (p *page) Says(v *gridView) []string {
	var out []string
	for _, l := range v.Congested() {
		out = append(out, p.Full(l))
	}
	if v.oneWay() {
		out = append(out, p.T("grid.one_way"))
	}
	if len(out) == 0 {
		out = append(out, p.T("grid.calm"))
	}
	return out
}

// oneWay says whether prices of the second discovery differ by more than the fee, and a
// kopeck/MWh of rounding, across a line that is not congested: it has room only the way
// that the first discovery used it.
func (v *gridView) oneWay() bool {
	at := map[torg.ZoneID]*torg.Price{}
	for _, z := range v.Zones {
		at[z.Zone] = z.Prices[1]
	}
	return slices.ContainsFunc(v.Lines, func(l lineRow) bool {
		from, to := at[l.From], at[l.To]
		return !l.Full() && l.Energy > 0 && from != nil && to != nil && max(*to-*from, *from-*to) > l.Fee+1
	})
}

// Full tells what a congested line does to prices.
func (p *page) Full(l lineRow) string {
	return p.T("grid.full", "From", p.ZoneName(l.From), "To", p.ZoneName(l.To), "Energy", p.Energy(l.Energy),
		"Gap", p.PriceUnit(l.Fee+l.Beyond()), "Fee", p.PriceUnit(l.Fee), "Rent", p.PriceUnit(l.Beyond()))
}

// between prints the way of a contract, or the one zone that it stays in.
func (p *page) between(c record.Contract) string {
	if c.SellerZone == c.BuyerZone {
		return p.ZoneName(c.BuyerZone)
	}
	return p.ZoneName(c.SellerZone) + " → " + p.ZoneName(c.BuyerZone)
}
