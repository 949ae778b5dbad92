package archive

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"torg"
	"torg/ledger"
)

// tables writes what people read of a day: a row for each order that came, for each
// contract of a session and for each step of a contract of the board, in the order of
// the chain.
type tables struct {
	calendar          torg.Calendar
	orders, contracts *csv.Writer
}

var (
	orderColumns = strings.Fields("height time session discovery order participant site zone side energy_wh price source prefer avoid sequence " +
		"reserved cut_wh refused")
	contractColumns = strings.Fields("height time session discovery contract round buyer_order seller_order buyer seller energy_wh " +
		"buyer_price seller_price buyer_site seller_site buyer_zone seller_zone slots")
)

func newTables(c torg.Calendar, orders, contracts io.Writer) *tables {
	t := &tables{c, csv.NewWriter(orders), csv.NewWriter(contracts)}
	// A csv.Writer keeps its error until Flush.
	_ = t.orders.Write(orderColumns)
	_ = t.contracts.Write(contractColumns)
	return t
}

func (t *tables) add(c ledger.Committed) {
	height, at := strconv.FormatInt(c.Height, 10), c.Time.Format(time.RFC3339Nano)
	for _, e := range c.Events {
		if e.Order != nil {
			t.order(height, at, *e.Order)
		}
		if e.Cleared != nil {
			for _, k := range e.Cleared.Contracts {
				t.contract(height, at, k, 1)
			}
		}
		if e.Forward != nil && e.Forward.State == ledger.ForwardActive && concludes(c, e.Forward.Contract.ID()) {
			t.forward(height, at, *e.Forward)
		}
	}
}

func (t *tables) order(height, at string, e ledger.OrderTaken) {
	o := e.Order
	_ = t.orders.Write([]string{
		height, at, t.calendar.Session(o.Slot), strconv.Itoa(o.Discovery), string(o.ID), string(o.Participant), string(o.Site), string(o.Zone),
		o.Side.String(), strconv.FormatInt(int64(o.Energy), 10), o.Limit.String(), o.Source,
		strings.Join(o.Prefer, " "), strings.Join(o.Avoid, " "), strconv.FormatUint(uint64(o.Sequence), 10),
		e.Reserved.String(), strconv.FormatInt(int64(e.Cut), 10), string(e.Refused),
	})
}

// concludes says whether a block brought a signature of a contract of the board: in
// others it only covers another day of it, or closes part of it out.
func concludes(c ledger.Committed, id torg.ContractID) bool {
	for i, raw := range c.Txs {
		if c.Codes[i] != "" {
			continue
		}
		if tx, err := ledger.Decode(raw); err == nil {
			if b, ok := tx.Body.(ledger.Conclude); ok && b.Contract.ID() == id {
				return true
			}
		}
	}
	return false
}

// forward writes a contract of the board as both parties signed it: a row for each step,
// with the energy of each of its slots, of discovery and round 0.
func (t *tables) forward(height, at string, f ledger.ForwardChanged) {
	slot := f.Contract.Profile.First
	for _, s := range f.Contract.Profile.Steps {
		if s.Energy > 0 {
			t.contract(height, at, torg.Contract{ID: f.Contract.ID(), Slot: slot, Trade: torg.Trade{
				Buyer: f.Contract.Buyer, Seller: f.Contract.Seller, BuyerSite: f.Contract.BuyerSite, SellerSite: f.Contract.SellerSite,
				BuyerZone: f.Path[len(f.Path)-1], SellerZone: f.Path[0], Energy: s.Energy, BuyerPrice: s.Price + f.Fee, SellerPrice: s.Price,
			}}, s.Slots)
		}
		slot += torg.Slot(s.Slots)
	}
}

func (t *tables) contract(height, at string, k torg.Contract, slots uint32) {
	_ = t.contracts.Write([]string{
		height, at, t.calendar.Session(k.Slot), strconv.Itoa(k.Discovery), string(k.ID), strconv.Itoa(k.Round),
		string(k.BuyOrder), string(k.SellOrder), string(k.Buyer), string(k.Seller), strconv.FormatInt(int64(k.Energy), 10),
		k.BuyerPrice.String(), k.SellerPrice.String(), string(k.BuyerSite), string(k.SellerSite), string(k.BuyerZone), string(k.SellerZone),
		strconv.FormatUint(uint64(slots), 10),
	})
}

// flush writes what is left, and says whether all could be written.
func (t *tables) flush() error {
	t.orders.Flush()
	t.contracts.Flush()
	if err := t.orders.Error(); err != nil {
		return err
	}
	return t.contracts.Error()
}
