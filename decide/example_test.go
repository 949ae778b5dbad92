package decide_test

import (
	"context"
	"fmt"

	"torg"
	"torg/bus"
	"torg/decide"
)

// flat buys and sells the median of the forecast at one price, whatever the market
// does.
type flat struct{ price torg.Price }

// Decide answers every situation with an order, if the median is not zero.
func (f flat) Decide(_ context.Context, r decide.Request) ([]decide.Decision, error) {
	var out []decide.Decision
	for _, s := range r.Situations {
		d := decide.Decision{Site: s.Site, Strategy: "flat", Reason: "flat_price", Quantile: 0.5}
		if need := s.Quantiles[3]; need != 0 && r.Discovery == 1 {
			d.Order, d.Side, d.Energy, d.Limit = true, torg.Buy, need, f.price
			if need < 0 {
				d.Side, d.Energy = torg.Sell, -need
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// A decision program connects to the market's bus and serves. Here the bus and the
// agents' question are in the same process.
func ExampleServe() {
	server, err := bus.Start("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Stop()

	program, err := bus.Connect(server.URL(), "flat")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Close()
	stop, err := decide.Serve(program, flat{price: 480_000}) // 4.80 RUB/kWh
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	agents, err := bus.Connect(server.URL(), "agents")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer agents.Close()
	decisions, err := decide.Remote{Bus: agents}.Decide(context.Background(), decide.Request{
		Session: "20260112T090000Z", Discovery: 1,
		Situations: []decide.Situation{
			{Site: "foundry-1", Quantiles: [7]torg.Energy{2000, 2400, 2900, 3400, 3900, 4400, 4800}},
			{Site: "solar-1", Quantiles: [7]torg.Energy{-1900, -1700, -1500, -1200, -900, -700, -500}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range decisions {
		fmt.Println(d.Site, d.Side, d.Energy, "at", d.Limit)
	}
	// Output:
	// foundry-1 buy 3.4 kWh at 4.8
	// solar-1 sell 1.2 kWh at 4.8
}
