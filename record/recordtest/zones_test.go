package recordtest

import (
	"testing"

	"torg"
	"torg/record"
)

// The zoned complex keeps the rules that its readers rely on: each zone's energy
// balances with its lines, and the network account is fees and congestion rent.
func TestZonedCloses(t *testing.T) {
	m := NewZoned()
	full, calm := 0, 0
	for _, s := range m.SessionRows {
		if len(s.Prices) == 0 {
			continue
		}
		net, at := map[torg.ZoneID]torg.Energy{}, map[torg.ZoneID]torg.Price{}
		for _, d := range m.Deals {
			if d.Session == s.ID {
				net[d.BuyerZone] += d.Energy
				net[d.SellerZone] -= d.Energy
			}
		}
		for _, x := range s.Prices[:3] {
			at[x.Zone] = x.Price
		}
		account := s.Network
		for _, f := range s.Flows {
			net[f.To] -= f.Energy
			net[f.From] += f.Energy
			account = account.Sub(f.Energy.At(at[f.To] - at[f.From]))
			if f.Energy == 5000 {
				full++
			} else {
				calm++
			}
			if f.Energy > 5000 && f.From == "z3" {
				t.Errorf("%s: %d Wh over a line of 5000", s.ID, f.Energy)
			}
		}
		for _, z := range Zones {
			if net[z] != 0 {
				t.Errorf("%s: %d Wh too much in %s", s.ID, net[z], z)
			}
		}
		if account.Sign() != 0 {
			t.Errorf("%s: the network account is %s off", s.ID, account)
		}
	}
	if full < 20 || calm < 20 {
		t.Errorf("%d full flows, %d others: too few to look at", full, calm)
	}
	left := 0
	for _, o := range m.OrderRows {
		if o.Reason == torg.ReasonLine && o.Origin == record.OnLedger {
			left++
		}
	}
	if left == 0 {
		t.Error("no order stays behind a full line")
	}
}
