package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// allRounds is how long the first contracts of all three rounds may take from the
// start of the process.
const allRounds = 150 * time.Second

// smoke does what a newcomer does: runs the README's first command, looks, and
// presses Ctrl-C.
func smoke(ctx context.Context, r *rig) error {
	data := filepath.Join(r.tmp, "smoke")
	args := []string{"run", "./cmd/torg", "up", "--data", data}
	if l, err := net.Listen("tcp", "127.0.0.1:8080"); err != nil {
		r.note("port 8080 is taken here: a free one is used")
		args = append(args, "--listen", "127.0.0.1:0")
	} else {
		l.Close()
	}
	p, err := start(r.root, nil, "go", args...)
	if err != nil {
		return err
	}
	defer p.kill()
	url, err := p.site(ctx, allRounds)
	if err != nil {
		return err
	}
	r.note("go run ./cmd/torg up serves %s after %.0f s", url, time.Since(p.began).Seconds())
	s := site{url}
	if err := awaitRounds(ctx, r, p, s); err != nil {
		return fmt.Errorf("%w\n%s", err, p.said())
	}
	for path, want := range map[string]string{
		"/": `lang="ru"`, "/?lang=en": `lang="en"`, "/healthz": "ok", "/readyz": "ready",
		"/metrics": "torg_ledger_height", "/api/v1/openapi.json": `"openapi":"3.1`, "/api/v1/openapi-3.0.json": `"openapi":"3.0`,
	} {
		body, err := s.get(ctx, path)
		if !r.check(err == nil && strings.Contains(body, want), "%s answers with %q in it", path, want) && err != nil {
			r.note("%v", err)
		}
	}
	confirmed := memory{}
	all, err := s.contracts(ctx)
	if err != nil {
		return err
	}
	confirmed.compare(all)
	if _, err := p.interrupt(); err != nil { // go run itself always ends with 1 then
		return err
	}
	r.check(strings.Contains(p.said(), "Stopped.") && len(p.complaint()) == 0, "Ctrl-C stops it, without a complaint %s", strings.Join(p.complaint(), " | "))
	return again(ctx, r, data, confirmed)
}

// again runs the built program on the folder of before.
func again(ctx context.Context, r *rig, data string, confirmed memory) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	p, _, err := up(ctx, r, data, confirmed, "started again")
	if err != nil {
		return err
	}
	defer p.kill()
	status, err := p.interrupt()
	if err != nil {
		return err
	}
	r.check(status == 0, "Ctrl-C ends it with exit status 0 (it was %d)", status)
	return nil
}

// awaitRounds waits until contracts of rounds 1, 2 and 3 are confirmed.
func awaitRounds(ctx context.Context, r *rig, p *process, s site) error {
	ctx, cancel := context.WithDeadline(ctx, p.began.Add(allRounds))
	defer cancel()
	seen := map[int]bool{}
	for {
		all, err := s.contracts(ctx)
		if err != nil {
			return err
		}
		if len(all) > 0 && len(seen) == 0 {
			r.note("first contract after %.0f s", time.Since(p.began).Seconds())
		}
		for _, c := range all {
			seen[c.Round] = true
		}
		if seen[1] && seen[2] && seen[3] {
			r.check(true, "contracts of rounds 1, 2 and 3 after %.0f s", time.Since(p.began).Seconds())
			return nil
		}
		if err := pause(ctx, time.Second/2); err != nil {
			return fmt.Errorf("no contracts of all three rounds within %s: %v", allRounds, seen)
		}
	}
}

// pause waits, or returns the reason why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
