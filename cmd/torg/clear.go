package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"torg"
	"torg/orderbook"
	"torg/scenario"
)

type clearCmd struct {
	Complex string `required:"" help:"Complex file (YAML or JSON)."`
	Orders  string `required:"" help:"Orders (CSV): order,participant,side,zone,energy_wh,price[,source,prefer,avoid]."`
	Out     string `required:"" help:"Folder to write; made if absent."`
	Verify  bool   `help:"Check the outcome against the rules before writing it."`
}

// Run clears one session and writes its contracts, prices, flows, what is left of orders
// and a summary. Nothing is written where the input is bad.
func (c clearCmd) Run(ctx context.Context) error {
	began := time.Now()
	phase, done := clearProgress(began)
	defer done()
	grid, err := scenario.LoadComplex(c.Complex)
	if err != nil {
		return usage(err)
	}
	sheet, ignored, err := orderbook.Load(ctx, c.Orders, grid.Complex, func(n int) { phase(fmt.Sprintf("%d orders read", n)) })
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return usage(err)
	}
	phase(fmt.Sprintf("clearing %d orders", sheet.Len()))
	result := sheet.Clear()
	if c.Verify {
		phase("checking the outcome")
		if err := sheet.Verify(result); err != nil {
			return fmt.Errorf("the outcome breaks the rules: %w", err)
		}
	}
	phase("writing")
	switch err := orderbook.Write(ctx, c.Out, grid.Complex, sheet, result); {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EROFS):
		return usage(err) // no place to write to
	case err != nil:
		return err
	}
	done()
	if len(ignored) > 0 {
		fmt.Fprintf(os.Stderr, "torg: %s: ignored columns: %s\n", c.Orders, strings.Join(ignored, ", "))
	}
	c.report(orderbook.Summarize(sheet, result), time.Since(began))
	return nil
}

// report says in one line what was cleared.
func (c clearCmd) report(s orderbook.Summary, took time.Duration) {
	verified := ""
	if c.Verify {
		verified = ", verified"
	}
	var energy torg.Energy
	for _, r := range s.Rounds {
		energy += r.Energy
	}
	say("%d orders: %d contracts of %s, welfare %s RUB, network %s RUB%s; %s is written in %s",
		s.Orders, s.Contracts, energy, s.Welfare, s.Network, verified, c.Out, took.Round(time.Millisecond))
}

// clearProgress shows what a clearing is at, on a terminal only and when it takes long.
func clearProgress(began time.Time) (phase func(string), done func()) {
	info, err := os.Stderr.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func(string) {}, func() {}
	}
	var mu sync.Mutex
	at, shown := "", false
	tick, stop, stopped := time.NewTicker(quiet/10), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case now := <-tick.C:
				if now.Sub(began) > quiet {
					mu.Lock()
					fmt.Fprintf(os.Stderr, "\r\033[K%s", at)
					mu.Unlock()
					shown = true
				}
			}
		}
	}()
	phase = func(s string) {
		mu.Lock()
		defer mu.Unlock()
		at = s
	}
	return phase, sync.OnceFunc(func() {
		tick.Stop()
		close(stop)
		<-stopped
		if shown {
			fmt.Fprint(os.Stderr, "\r\033[K")
		}
	})
}
