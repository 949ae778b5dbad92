package settle

import "torg"

// Party is one participant's sites of one zone and tariff class in one settlement
// interval; the three ids together name it and occur once. Its deviation is netted
// over sites, slots and contracts, never per contract. Energies are at most
// torg.MaxSessionEnergy in size.
type Party struct {
	Participant         torg.ParticipantID
	Zone                torg.ZoneID
	Tariff              torg.TariffID
	Metered, Contracted torg.Energy // net, consumption plus, sums over the interval's slots
	Bought, Sold        torg.Energy // contracted with other participants in the interval, not negative
	Tight               []Tight     // sessions with a full way to the zone, in order of slots
	Sell, Buy           torg.Price  // the class's two prices in that zone, Sell >= Buy
}

// Tight is a session in whose outcome the connection or a line to the party's zone
// was full.
type Tight struct {
	Inside torg.Energy // what the party contracted inside in it, both sides, not negative
	Price  torg.Price  // the zone's price in it
}

// Input is everything that the settlement of one interval depends on.
type Input struct {
	Parties        []Party     // any order; results come in the same order
	PriceCap       torg.Price  // most that a tight session's price counts; a class's own price may be higher
	SupplierSell   torg.Price  // the supplier's quote for import, per kWh, at least SupplierBuy
	SupplierBuy    torg.Price  // its quote for export
	HasSupplier    bool        // false: an islanded complex, where nobody sends an invoice
	Connection     torg.Energy // metered net import of the complex: sites plus losses
	Import, Export torg.Energy // round 3, sums over the interval's sessions, not negative
	Network        torg.Cost   // what the network account got from the interval's contracts
	Fees           torg.Cost   // owed to lines' owners for the interval, not negative
	LossDebt       torg.Cost   // what the loss account has borne and not been repaid; negative: credit it holds
}

// Result is the settlement of one interval.
type Result struct {
	Parties  []PartyResult // in the order of Input.Parties
	Invoice  torg.Cost     // for the connection's net energy at the supplier's quotes
	Extra    torg.Cost     // Invoice minus what round 3 has paid the supplier already
	Residual torg.Cost     // imbalance + network - extra - fees
	Repaid   torg.Cost     // of a positive residual: to the loss account first, up to its debt
	Credit   torg.Cost     // of a positive residual: to the loss account because nobody traded inside
	ToLoss   torg.Cost     // of a negative residual: what the loss account bears, not negative
}

// PartyResult is what an interval means to one party.
type PartyResult struct {
	Deviation torg.Energy // metered minus contracted
	Imbalance torg.Cost   // what the deviation costs; negative: what it earns
	Baseline  torg.Cost   // what the metered energy would cost without any market; negative: income
	Residual  torg.Cost   // given back, not negative
}

// LossDebt is the Input.LossDebt of the interval that follows one settled with the
// given debt: a credit stays with the loss account and bears later losses first.
func (r Result) LossDebt(before torg.Cost) torg.Cost {
	return before.Add(r.ToLoss).Sub(r.Repaid).Sub(r.Credit)
}

// Interval settles one interval. It panics where Party.Deviation does.
func Interval(in Input) Result {
	r := Result{Parties: make([]PartyResult, len(in.Parties))}
	var imbalance torg.Cost
	for i, p := range in.Parties {
		r.Parties[i] = PartyResult{Deviation: p.Deviation(), Imbalance: p.Imbalance(in.PriceCap), Baseline: p.Baseline()}
		imbalance = imbalance.Add(r.Parties[i].Imbalance)
	}
	if in.HasSupplier {
		paid := in.Import.At(in.SupplierSell).Sub(in.Export.At(in.SupplierBuy))
		r.Invoice = twoPrices(in.Connection, in.SupplierSell, in.SupplierBuy)
		r.Extra = r.Invoice.Sub(paid)
	}
	r.Residual = imbalance.Add(in.Network).Sub(r.Extra).Sub(in.Fees)
	r.share(in)
	return r
}

// twoPrices is the cost of net energy at one price in and another out.
func twoPrices(net torg.Energy, sell, buy torg.Price) torg.Cost {
	if net > 0 {
		return net.At(sell)
	}
	return net.At(buy)
}
