package orderbook

import (
	"encoding/json"
	"io"
	"strconv"

	"torg"
	"torg/market"
)

// contracts writes contracts.csv. A contract's id is its place in the file.
func contracts(w io.Writer, supplier torg.ParticipantID, s *market.Sheet, r *market.Result) error {
	if _, err := io.WriteString(w, "contract,round,buyer_order,seller_order,buyer,seller,energy_wh,buyer_price,seller_price\n"); err != nil {
		return err
	}
	before := 0
	for k, deals := range r.Rounds {
		err := inOrder(w, len(deals), func(b []byte, i int) []byte {
			d := deals[i]
			buyerPrice, sellerPrice := r.DealPrices(k+1, d)
			b = strconv.AppendInt(b, int64(before+i+1), 10)
			b = append(b, ',', byte('1'+k), ',')
			b = append(appendOrder(b, s, d.Buy), ',')
			b = append(appendOrder(b, s, d.Sell), ',')
			b = append(appendParty(b, s, d.Buy, supplier), ',')
			b = append(appendParty(b, s, d.Sell, supplier), ',')
			b = append(appendEnergy(b, d.Energy), ',')
			b = append(appendPrice(b, buyerPrice), ',')
			return append(appendPrice(b, sellerPrice), '\n')
		})
		if err != nil {
			return err
		}
		before += len(deals)
	}
	return nil
}

// appendOrder appends the id of an order; the supplier has none.
func appendOrder(b []byte, s *market.Sheet, i int32) []byte {
	if i < 0 {
		return b
	}
	return appendField(b, s.ID(i))
}

func appendParty(b []byte, s *market.Sheet, i int32, supplier torg.ParticipantID) []byte {
	if i < 0 {
		return appendField(b, string(supplier))
	}
	return appendField(b, string(s.Participant(i)))
}

// prices writes prices.csv.
func prices(w io.Writer, r *market.Result) error {
	b := []byte("zone,price\n")
	for _, p := range r.Prices {
		b = append(appendField(b, string(p.Zone)), ',')
		b = append(appendPrice(b, p.Price), '\n')
	}
	_, err := w.Write(b)
	return err
}

// flows writes flows.csv.
func flows(w io.Writer, r *market.Result) error {
	b := []byte("from,to,energy_wh\n")
	for _, f := range r.Flows {
		b = append(appendField(b, string(f.From)), ',')
		b = append(appendField(b, string(f.To)), ',')
		b = append(appendEnergy(b, f.Energy), '\n')
	}
	_, err := w.Write(b)
	return err
}

// unmatched writes unmatched.csv, by order id.
func unmatched(w io.Writer, s *market.Sheet, r *market.Result) error {
	if _, err := io.WriteString(w, "order,energy_wh,reason\n"); err != nil {
		return err
	}
	return inOrder(w, s.Len(), func(b []byte, i int) []byte {
		rest, why := r.Left(int32(i))
		if rest == 0 {
			return b
		}
		b = append(appendField(b, s.ID(int32(i))), ',')
		b = append(appendEnergy(b, rest), ',')
		b = append(b, why...)
		return append(b, '\n')
	})
}

// Summary is what summary.json says.
type Summary struct {
	Orders    int       `json:"orders"`
	Contracts int       `json:"contracts"`
	Welfare   torg.Cost `json:"welfare"` // RUB
	Network   torg.Cost `json:"network"` // RUB: what buyers pay minus what sellers get
	Rounds    [3]Round  `json:"rounds"`
}

// Round is what one round contracted.
type Round struct {
	Round     int         `json:"round"`
	Contracts int         `json:"contracts"`
	Energy    torg.Energy `json:"energy_wh"`
}

// Summarize counts what clearing a sheet made.
func Summarize(s *market.Sheet, r *market.Result) Summary {
	sum := Summary{Orders: s.Len(), Welfare: r.Welfare, Network: r.Network}
	for k, deals := range r.Rounds {
		round := Round{Round: k + 1, Contracts: len(deals)}
		for _, d := range deals {
			round.Energy += d.Energy
		}
		sum.Rounds[k] = round
		sum.Contracts += len(deals)
	}
	return sum
}

func summary(w io.Writer, s Summary) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(s)
}
