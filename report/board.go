package report

import (
	"torg"
	"torg/ledger"
)

// forward writes what a contract of the board delivered, a row for each slot with energy,
// when its last slot is settled: what was closed out is not in it.
func (c *Collector) forward(f *ledger.ForwardChanged) {
	if f.State != ledger.ForwardSettled {
		return
	}
	at := f.Open.First
	for _, s := range f.Open.Steps {
		end := at + torg.Slot(s.Slots)
		for ; at < end; at++ {
			if s.Energy > 0 && c.traded(at) {
				c.out.row("board.csv", string(f.Contract.ID()), string(f.Contract.Buyer), string(f.Contract.Seller), c.session(at),
					wh(s.Energy), (s.Price + f.Fee).String(), s.Price.String())
			}
		}
	}
}
