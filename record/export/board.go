package export

import (
	"io"
	"strconv"
	"strings"

	"torg"
	"torg/record"
)

// Offers writes one row per step of an offer, as it was posted; a step without energy
// has none.
func Offers(cal torg.Calendar) func(io.Writer, []record.Offer) error {
	head := []string{"id", "state", "participant", "site", "side", "first", "end", "slots", "energy_wh", "price", "whole", "max_fee", "source", "expires", "ledger_height"}
	return func(w io.Writer, rows []record.Offer) error {
		return write(w, head, steps(rows, func(o record.Offer) torg.Profile { return o.Profile }), func(x stepOf[record.Offer]) []string {
			o := x.row
			return []string{string(o.ID()), string(o.State), string(o.Participant), string(o.Site), o.Side.String(), utc(cal.Start(x.first)), utc(cal.Start(x.end)),
				strconv.FormatUint(uint64(x.step.Slots), 10), energy(x.step.Energy), x.step.Price.String(), strconv.FormatBool(o.Whole), o.MaxFee.String(),
				plain(o.Source), utc(o.Expires), strconv.FormatInt(o.Height, 10)}
		})
	}
}

// Forwards writes one row per step of a forward contract, as it was signed; a step
// without energy has none.
func Forwards(cal torg.Calendar) func(io.Writer, []record.Forward) error {
	head := []string{"id", "state", "buyer", "seller", "buyer_site", "seller_site", "first", "end", "slots", "energy_wh", "price", "fee", "path",
		"closed_out", "corrected", "disputed", "offer", "sign_by", "ledger_height"}
	return func(w io.Writer, rows []record.Forward) error {
		return write(w, head, steps(rows, func(f record.Forward) torg.Profile { return f.Profile }), func(x stepOf[record.Forward]) []string {
			f := x.row
			path := make([]string, len(f.Path))
			for i, z := range f.Path {
				path[i] = string(z)
			}
			return []string{string(f.ID()), f.State, string(f.Buyer), string(f.Seller), string(f.BuyerSite), string(f.SellerSite), utc(cal.Start(x.first)), utc(cal.Start(x.end)),
				strconv.FormatUint(uint64(x.step.Slots), 10), energy(x.step.Energy), x.step.Price.String(), f.Fee.String(), strings.Join(path, " "),
				string(f.ClosedOut), strconv.FormatBool(f.Corrected), strconv.FormatBool(f.Disputed), string(f.Offer), utc(f.SignBy), strconv.FormatInt(f.Height, 10)}
		})
	}
}

type stepOf[T any] struct {
	row        T
	first, end torg.Slot
	step       torg.Step
}

// steps lists the steps of each row's profile that have energy.
func steps[T any](rows []T, of func(T) torg.Profile) []stepOf[T] {
	var out []stepOf[T]
	for _, r := range rows {
		p := of(r)
		at := p.First
		for _, s := range p.Steps {
			end := at + torg.Slot(s.Slots)
			if s.Energy > 0 {
				out = append(out, stepOf[T]{r, at, end, s})
			}
			at = end
		}
	}
	return out
}
