package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"torg"
	"torg/access"
	"torg/account"
	"torg/record"
)

// Now is the market at this moment.
type Now struct {
	Time         time.Time `json:"time" doc:"of the market; virtual where it runs faster than time"`
	Speed        float64   `json:"speed" doc:"1: real time"`
	Session      string    `json:"session" doc:"the one that is open, for the next slot"`
	SlotStart    time.Time `json:"slot_start"`
	Opened       time.Time `json:"opened"`
	Gate1        time.Time `json:"gate1"`
	Gate2        time.Time `json:"gate2"`
	State        string    `json:"state" enum:"open,round1,round2,round3,active,settled,missed"`
	Rounds       []Round   `json:"rounds" nullable:"false"`
	Prices       []Price   `json:"prices" nullable:"false" doc:"of the last session that has any"`
	PriceOf      string    `json:"price_of,omitempty" doc:"that session"`
	Flows        []Flow    `json:"flows" nullable:"false" doc:"of that session, over lines that carry any"`
	Zones        []string  `json:"zones" nullable:"false" doc:"of the complex"`
	Lines        []Line    `json:"lines" nullable:"false" doc:"of the complex"`
	SupplierSell string    `json:"supplier_sell,omitempty" doc:"RUB/kWh; absent in an islanded complex"`
	SupplierBuy  string    `json:"supplier_buy,omitempty"`
	ImportWh     int64     `json:"import_wh" doc:"of the connection in the last active session"`
	ExportWh     int64     `json:"export_wh"`
	ImportMaxWh  *int64    `json:"import_max_wh" doc:"per slot; null: unlimited"`
	ExportMaxWh  *int64    `json:"export_max_wh"`
	LedgerHeight int64     `json:"ledger_height"`
	Missed       int       `json:"missed" doc:"sessions missed since start"`
	Problems     []string  `json:"problems" nullable:"false" doc:"keys of the message catalogue; none: all is well"`
	Halted       bool      `json:"halted"`
	Agents       []Agent   `json:"agents" nullable:"false"`
}

// Agent is a site's agent at this moment.
type Agent struct {
	Site      string `json:"site"`
	Running   bool   `json:"running"`
	Fallback  bool   `json:"fallback" doc:"its last decision came from the safe default"`
	Available string `json:"available" doc:"RUB"`
	Reserved  string `json:"reserved" doc:"RUB, for open orders and as sellers' guarantees"`
}

func present(n record.Now) Now {
	out := Now{Time: n.Time.UTC(), Speed: n.Speed, Session: n.Session, SlotStart: n.SlotStart.UTC(), Opened: n.Opened.UTC(), Gate1: n.Gate1.UTC(),
		Gate2: n.Gate2.UTC(), State: string(n.State), Rounds: rounds(n.Rounds), Prices: prices(n.Prices), PriceOf: n.PriceOf,
		Flows: flows(n.Flows), Zones: zones(n.Zones), Lines: lines(n.Lines),
		ImportWh: int64(n.Import), ExportWh: int64(n.Export), ImportMaxWh: limit(n.ImportMax), ExportMaxWh: limit(n.ExportMax),
		LedgerHeight: n.Height, Missed: n.Missed, Problems: append([]string{}, n.Problems...), Halted: n.Halted, Agents: []Agent{}}
	if n.Supplier != nil {
		out.SupplierSell, out.SupplierBuy = n.Supplier.Sell.String(), n.Supplier.Buy.String()
	}
	for _, a := range n.Agents {
		out.Agents = append(out.Agents, Agent{string(a.Site), a.Running, a.Fallback, a.Available.String(), a.Reserved.String()})
	}
	return out
}

func limit(e torg.Energy) *int64 {
	if e == torg.Unlimited {
		return nil
	}
	return wh(&e)
}

// present registers the present, once and as a stream.
func (a *api) present(h huma.API) {
	huma.Get(h, "/api/v1/now", func(ctx context.Context, _ *struct{}) (*struct{ Body Now }, error) {
		mine, err := a.Reader.Sites(ctx)
		if err != nil {
			return nil, a.problem(err)
		}
		return &struct{ Body Now }{present(access.Now(account.From(ctx), a.Live.Now(), mine))}, nil
	})
	op := huma.Operation{OperationID: "live", Method: http.MethodGet, Path: "/api/v1/live", Summary: "The present, again at every change"}
	sse.Register(h, op, map[string]any{"message": Now{}}, func(ctx context.Context, _ *struct{}, send sse.Sender) {
		mine, err := a.Reader.Sites(ctx)
		if err != nil {
			a.Log.Error("stream not begun", "err", err)
			return
		}
		for {
			changed := a.Live.Changed()
			if send.Data(present(access.Now(account.From(ctx), a.Live.Now(), mine))) != nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
		}
	})
}
