package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"
)

// How often the market is killed, and how long it serves before. From there to the
// first contract it takes 15 to 45 seconds: up to a slot until a session opens, and
// half a slot to its gate.
const (
	killTimes = 10
	leastLife = 15 * time.Second
	mostLife  = 65 * time.Second
)

// kills runs a market on one folder and ends it ten times at random moments without
// warning. What its API had confirmed before must be there after.
func kills(ctx context.Context, r *rig) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(r.seed, 0))
	data := filepath.Join(r.tmp, "kill")
	confirmed := memory{}
	traded := 0
	for i := range killTimes {
		life := leastLife + time.Duration(random.Int64N(int64(mostLife-leastLife)))
		before := len(confirmed)
		if err := oneLife(ctx, r, data, confirmed, i+1, life); err != nil {
			return err
		}
		if len(confirmed) > before {
			traded++
		}
	}
	r.check(traded >= killTimes/3, "%d contracts were confirmed, in %d of %d lives", len(confirmed), traded, killTimes)
	if err := goesOn(ctx, r, data, confirmed); err != nil {
		return err
	}
	return rebuilt(ctx, r, data, confirmed)
}

// up starts the market on a folder and compares what is there with what was
// confirmed before.
func up(ctx context.Context, r *rig, data string, confirmed memory, name string) (*process, site, error) {
	p, err := start(r.tmp, nil, r.torg, "up", "--data", data, "--listen", "127.0.0.1:0", "--interval", "30s")
	if err != nil {
		return nil, site{}, err
	}
	url, err := p.site(ctx, 2*time.Minute)
	if err != nil {
		p.kill()
		return nil, site{}, fmt.Errorf("%s: %w", name, err)
	}
	s, before := site{url}, len(confirmed)
	all, err := s.contracts(ctx)
	if err != nil {
		p.kill()
		return nil, site{}, fmt.Errorf("%s: %w", name, err)
	}
	wrong := confirmed.compare(all)
	r.check(len(wrong) == 0, "%s: serves after %.1f s; %d confirmed contracts are there, unchanged, once", name, time.Since(p.began).Seconds(), before)
	for _, w := range wrong {
		r.note("%s", w)
	}
	return p, s, nil
}

// oneLife starts the market, reads contracts as they are confirmed, and kills it.
func oneLife(ctx context.Context, r *rig, data string, confirmed memory, number int, life time.Duration) error {
	p, s, err := up(ctx, r, data, confirmed, fmt.Sprintf("start %d", number))
	if err != nil {
		return err
	}
	defer p.kill()
	alive, cancel := context.WithTimeout(ctx, life)
	defer cancel()
	before := len(confirmed)
	for alive.Err() == nil {
		all, err := s.contracts(alive)
		if err == nil {
			for _, w := range confirmed.compare(all) {
				r.check(false, "while it runs: %s", w)
			}
			err = pause(alive, time.Second/4)
		}
		if err != nil && alive.Err() == nil {
			return fmt.Errorf("%w\n%s", err, p.said())
		}
	}
	ended := !p.running()
	p.kill()
	if r.check(!ended, "kill %d: after %.1f s and %d new contracts", number, life.Seconds(), len(confirmed)-before); ended {
		r.note("it had ended by itself, with %s: %s", p.cmd.ProcessState, p.said())
	}
	return ctx.Err()
}

// goesOn waits for a contract that no earlier life had seen, then stops in peace.
func goesOn(ctx context.Context, r *rig, data string, confirmed memory) error {
	p, s, err := up(ctx, r, data, confirmed, "after the kills")
	if err != nil {
		return err
	}
	defer p.kill()
	before := len(confirmed)
	deadline := time.Now().Add(2 * time.Minute)
	for len(confirmed) == before && time.Now().Before(deadline) {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		all, err := s.contracts(ctx)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.said())
		}
		for _, w := range confirmed.compare(all) {
			r.check(false, "after the kills: %s", w)
		}
	}
	r.check(len(confirmed) > before, "sessions go on: %d new contracts", len(confirmed)-before)
	status, err := p.interrupt()
	if err != nil {
		return err
	}
	r.check(status == 0, "Ctrl-C ends it with exit status 0 (it was %d)", status)
	return nil
}

// rebuilt makes the tables anew from the chain and compares once more.
func rebuilt(ctx context.Context, r *rig, data string, confirmed memory) error {
	p, err := start(r.tmp, nil, r.torg, "store", "rebuild", "--data", data)
	if err != nil {
		return err
	}
	defer p.kill()
	status, err := p.status(2 * time.Minute)
	if err != nil {
		return err
	}
	if !r.check(status == 0, "torg store rebuild ends with exit status 0 (it was %d)", status) {
		r.note("%s", p.said())
		return nil
	}
	last, _, err := up(ctx, r, data, confirmed, "tables rebuilt from the chain")
	if err != nil {
		return err
	}
	last.kill()
	return nil
}
