package market

import (
	"fmt"
	"slices"
)

// Check recomputes the outcome of a book and says where o differs from it first.
// This is what validators and auditors do; a party that knows only its own orders
// uses OwnPart.
func Check(b Book, o Outcome) error {
	want, err := Clear(b)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what string
		err  error
	}{
		{"prices", firstDifference(o.Prices, want.Prices)},
		{"shares", firstDifference(o.Shares, want.Shares)},
		{"flows", firstDifference(o.Flows, want.Flows)},
		{"full zones", firstDifference(o.FullZones, want.FullZones)},
		{"trades", firstDifference(o.Trades, want.Trades)},
		{"unmatched", firstDifference(o.Unmatched, want.Unmatched)},
		{"lines used", firstDifference(o.Used.Lines, want.Used.Lines)},
		{"discovery", difference(o.Discovery, want.Discovery)},
		{"import", difference(o.Import, want.Import)},
		{"export", difference(o.Export, want.Export)},
		{"import used", difference(o.Used.Import, want.Used.Import)},
		{"export used", difference(o.Used.Export, want.Used.Export)},
		{"import full", difference(o.ImportFull, want.ImportFull)},
		{"export full", difference(o.ExportFull, want.ExportFull)},
		{"welfare", difference(o.Welfare, want.Welfare)},
		{"network", difference(o.Network, want.Network)},
	} {
		if c.err != nil {
			return fmt.Errorf("outcome: %s: %w", c.what, c.err)
		}
	}
	return nil
}

func difference[T comparable](got, want T) error {
	if got != want {
		return fmt.Errorf("%+v, the rules give %+v", got, want)
	}
	return nil
}

func firstDifference[T comparable](got, want []T) error {
	if slices.Equal(got, want) {
		return nil
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Errorf("[%d] is %+v, the rules give %+v", i, got[i], want[i])
		}
	}
	return fmt.Errorf("%d of them, the rules give %d", len(got), len(want))
}
