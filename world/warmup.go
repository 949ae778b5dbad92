package world

import (
	"fmt"
	"time"

	"torg"
	"torg/exchange"
	"torg/forecast"
	"torg/meter"
	"torg/scenario"
)

// The past that forecasters learn from before a market starts: how long, and in
// what slots where the market's own are shorter.
const (
	warmUpDays     = 28
	warmUpInterval = 15 * time.Minute
)

// WarmUp lets the naive forecaster learn from what meters recorded before a slot.
func (w *World) WarmUp(before torg.Slot) error {
	if w.Naive == nil {
		return nil
	}
	cal := w.cfg.Scenario.Calendar
	interval := max(cal.Interval, warmUpInterval)
	ratio := torg.Slot(interval / cal.Interval)
	meters, err := w.coarse(interval, ratio)
	if err != nil {
		return err
	}
	end := torg.Calendar{Interval: interval}.At(cal.Start(before))
	slots := torg.Slot(warmUpDays * 24 * time.Hour / interval)
	for _, s := range w.cfg.Scenario.Sites {
		past := forecast.Series{Start: end - slots}
		for slot := end - slots; slot < end; slot++ {
			e, _, ok := meters[s.ID].Net(slot)
			if !ok {
				e = forecast.Missing
			}
			past.Energy = append(past.Energy, e)
		}
		if err := w.Naive.Seed(s.ID, interval, past); err != nil {
			return fmt.Errorf("history of site %s: %w", s.ID, err)
		}
	}
	return nil
}

// coarse returns the meters with slots of interval, ratio times as long as the
// market's.
func (w *World) coarse(interval time.Duration, ratio torg.Slot) (map[torg.SiteID]exchange.Meter, error) {
	if ratio == 1 {
		return w.Meters, nil
	}
	sc, err := WithInterval(w.cfg.Scenario, interval)
	if err != nil {
		return nil, err
	}
	meters := make(map[torg.SiteID]exchange.Meter, len(sc.Sites))
	for _, s := range sc.Sites {
		source, err := meter.Open(sc, s.ID)
		if err != nil {
			return nil, err
		}
		meters[s.ID] = source
		if r := w.cfg.Replay; r != nil {
			meters[s.ID] = replayed{source, Replay{Offset: r.Offset / ratio, From: r.From / ratio, To: r.To / ratio}}
		}
	}
	return meters, nil
}

// CheckMeters reads every meter of a scenario, so that bad files are told before
// anything is written.
func CheckMeters(sc *scenario.Scenario) error {
	for _, s := range sc.Sites {
		if _, err := meter.Open(sc, s.ID); err != nil {
			return err
		}
	}
	if len(sc.Connection) > 0 {
		if _, err := meter.OpenConnection(sc, nil); err != nil {
			return err
		}
	}
	return nil
}
