package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"time"
)

// slot is the demonstration's delivery interval.
const slot = 30 * time.Second

// soak lets the demonstration trade for a long time and counts.
func soak(ctx context.Context, r *rig) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	confirmed := memory{}
	p, s, err := up(ctx, r, filepath.Join(r.tmp, "soak"), confirmed, "start")
	if err != nil {
		return err
	}
	defer p.kill()
	end := time.Now().Add(r.soak)
	for time.Now().Before(end) {
		if err := pause(ctx, min(10*time.Second, time.Until(end))); err != nil {
			return err
		}
		if !p.running() {
			return fmt.Errorf("it ended by itself after %s, with %s: %s", time.Since(p.began).Round(time.Second), p.cmd.ProcessState, p.said())
		}
	}
	all, err := s.contracts(ctx)
	if err != nil {
		return err
	}
	confirmed.compare(all)
	sessions, err := s.sessions(ctx)
	if err != nil {
		return err
	}
	text, err := s.get(ctx, "/metrics")
	if err != nil {
		return err
	}
	metrics, err := samples(text)
	if err != nil {
		return err
	}
	missed, holes := gaps(sessions)
	counted, found := value(metrics, "torg_sessions_missed_total")
	least := int(r.soak/slot) - 2
	r.check(len(sessions) >= least, "%d sessions in %s, at least %d", len(sessions), r.soak, least)
	r.check(missed == 0 && holes == 0 && found && counted == 0, "no session missed: %d in the list, %d holes, %.0f counted", missed, holes, counted)
	r.note("%d contracts", len(confirmed))
	for _, discovery := range []string{"1", "2"} {
		of := func(q float64) float64 {
			return quantile(metrics, "torg_gate_to_active_seconds", "discovery", discovery, q)
		}
		r.note("gate %s to active: p50 %.2f s, p99 %.2f s", discovery, of(0.5), of(0.99))
	}
	memory, _ := value(metrics, "process_resident_memory_bytes")
	cpu, _ := value(metrics, "process_cpu_seconds_total")
	r.note("%.0f MiB resident, %.1f %% of one core of %d", memory/(1<<20), 100*cpu/time.Since(p.began).Seconds(), runtime.NumCPU())
	status, err := p.interrupt()
	if err != nil {
		return err
	}
	r.check(status == 0, "Ctrl-C ends it with exit status 0 (it was %d)", status)
	return nil
}

// gaps counts missed sessions in a list, newest first, and slots without one.
func gaps(sessions []session) (missed, holes int) {
	for i, s := range sessions {
		if s.State == "missed" {
			missed++
		}
		if i > 0 {
			holes += int(sessions[i-1].SlotStart.Sub(s.SlotStart)/slot) - 1
		}
	}
	return missed, holes
}
