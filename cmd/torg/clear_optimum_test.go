package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"torg"
	"torg/internal/require"
	"torg/scenario"
)

// The optimum found here is the one that a solver found.
func TestOptimum(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(require.Shared(t), "cases", "clear", "*"))
	if err != nil || len(cases) < 6 {
		t.Fatal(cases, err)
	}
	for _, dir := range cases {
		var want struct {
			Welfare float64 `json:"welfare_micro"`
		}
		text, err := os.ReadFile(filepath.Join(dir, "optimum.json"))
		if err == nil {
			err = json.Unmarshal(text, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := optimum(readCase(t, dir)).RUB() * 1e6; math.Abs(got-want.Welfare) > 1e-9*want.Welfare {
			t.Errorf("%s: %f, the solver found %f", filepath.Base(dir), got, want.Welfare)
		}
	}
}

// readCase reads a shared case without the program's own reader of orders.
func readCase(t *testing.T, dir string) session {
	grid, err := scenario.LoadComplex(filepath.Join(dir, "complex.json"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "orders.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := session{complex: grid.Complex}
	for _, r := range rows[1:] {
		side, err := torg.ParseSide(r[2])
		energy, err2 := strconv.Atoi(r[4])
		limit, err3 := torg.ParsePrice(r[5])
		if err != nil || err2 != nil || err3 != nil {
			t.Fatal(r, err, err2, err3)
		}
		s.orders = append(s.orders, torg.Order{ID: torg.OrderID(r[0]), Participant: torg.ParticipantID(r[1]),
			Side: side, Zone: torg.ZoneID(r[3]), Energy: torg.Energy(energy), Limit: limit})
	}
	return s
}

// optimum is the largest welfare of a session: a flow of least cost from all sellers
// and the supplier to all buyers and the supplier, sent along shortest paths (Bellman
// and Ford) for as long as one gains. It shares nothing with the market's own clearing
// and is for small books.
func optimum(s session) torg.Cost {
	n := network{}
	at := func(z torg.ZoneID) int { return 2 + slices.Index(s.complex.Zones, z) }
	for _, o := range s.orders {
		if o.Side == torg.Sell {
			n.arc(0, at(o.Zone), o.Energy, o.Limit)
		} else {
			n.arc(at(o.Zone), 1, o.Energy, -o.Limit)
		}
	}
	for _, l := range s.complex.Lines {
		n.arc(at(l.From), at(l.To), l.Capacity, l.Fee)
		n.arc(at(l.To), at(l.From), l.Capacity, l.Fee)
	}
	if q := s.complex.Supplier; q != nil {
		n.arc(0, at(q.Zone), q.Import, q.Sell)
		n.arc(at(q.Zone), 1, q.Export, -q.Buy)
	}
	var welfare torg.Cost
	for {
		path, cost := n.shortest(2 + len(s.complex.Zones))
		if path == nil || cost >= 0 {
			return welfare
		}
		sent := n[path[0]].left
		for _, a := range path {
			sent = min(sent, n[a].left)
		}
		for _, a := range path {
			n[a].left -= sent
			n[a^1].left += sent
		}
		welfare = welfare.Sub(sent.At(cost))
	}
}

// network is arcs in pairs: an arc and the way back along it.
type network []struct {
	from, to int
	left     torg.Energy
	cost     torg.Price
}

func (n *network) arc(from, to int, room torg.Energy, cost torg.Price) {
	if room == torg.Unlimited {
		room = torg.MaxSessionEnergy
	}
	*n = append(*n, network{{from, to, room, cost}, {to, from, 0, -cost}}...)
}

// shortest returns the arcs of the cheapest path with room from node 0 to node 1.
func (n network) shortest(nodes int) (path []int, cost torg.Price) {
	const far = 1 << 60
	cheapest, by := make([]torg.Price, nodes), make([]int, nodes)
	for i := range cheapest {
		cheapest[i], by[i] = far, -1
	}
	cheapest[0] = 0
	for range nodes {
		for i, a := range n {
			if c := cheapest[a.from] + a.cost; a.left > 0 && cheapest[a.from] < far && c < cheapest[a.to] {
				cheapest[a.to], by[a.to] = c, i
			}
		}
	}
	if by[1] < 0 {
		return nil, 0
	}
	for v := 1; v != 0; v = n[by[v]].from {
		path = append(path, by[v])
	}
	return path, cheapest[1]
}
