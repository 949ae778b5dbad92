package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// trial is a command that cannot succeed, in a folder of its own that holds small.yaml
// and, where it is about one, a market's data folder "data".
type trial struct {
	name   string
	args   string             // of torg, separated by spaces
	env    []string           // added to the environment
	data   bool               // a market's data folder is there
	damage func(string) error // done to the folder before
	status int                // expected exit status
	says   string             // part of what it says in its one line

	// opened names the damaged file where the chain's databases are opened before
	// the damage shows. They tidy their logs then, so their files are not compared,
	// but with that file restored the market must start again.
	opened string
}

// upSmall are the arguments that run the small market of the working folder.
func upSmall() []string {
	return strings.Fields("up --scenario small.yaml --data data --listen 127.0.0.1:0")
}

// wrongInput runs every trial.
func wrongInput(ctx context.Context, r *rig) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	base := filepath.Join(r.tmp, "input")
	if err := makeMarket(ctx, r, base); err != nil {
		return err
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer taken.Close()
	for i, t := range append(commandTrials(taken.Addr().String()), folderTrials()...) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.run(ctx, r, base, filepath.Join(r.tmp, fmt.Sprintf("trial-%d", i))); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if err := inUse(ctx, r, base); err != nil {
		return err
	}
	return gap(r)
}

// makeMarket lets a small market come to life in a folder and stops it.
func makeMarket(ctx context.Context, r *rig, dir string) error {
	if err := write(dir, "small.yaml", small); err != nil {
		return err
	}
	p, err := start(dir, nil, r.torg, upSmall()...)
	if err != nil {
		return err
	}
	defer p.kill()
	if _, err := p.site(ctx, time.Minute); err != nil {
		return err
	}
	status, err := p.interrupt()
	if err == nil && status != 0 {
		err = fmt.Errorf("exit status %d: %s", status, p.said())
	}
	return err
}

// run prepares a folder, runs the command in it and checks what it did.
func (t trial) run(ctx context.Context, r *rig, base, dir string) error {
	if err := write(dir, "small.yaml", small); err != nil {
		return err
	}
	if t.data {
		if out, err := exec.CommandContext(ctx, "cp", "-a", filepath.Join(base, "data"), dir).CombinedOutput(); err != nil { // with modes
			return fmt.Errorf("cp: %w: %s", err, out)
		}
	}
	if t.damage != nil {
		if err := t.damage(dir); err != nil {
			return err
		}
	}
	before, err := checksums(dir)
	if err != nil {
		return err
	}
	p, err := start(dir, t.env, r.torg, strings.Fields(t.args)...)
	if err != nil {
		return err
	}
	defer p.kill()
	status, err := p.status(time.Minute)
	if err != nil {
		r.check(false, "%s: %v", t.name, err)
		return nil
	}
	after, err := checksums(dir)
	if err != nil {
		return err
	}
	said, altered := p.complaint(), changed(before, after)
	if t.opened != "" {
		altered = slices.DeleteFunc(altered, func(name string) bool {
			return name == "data/bus.url" || strings.HasPrefix(name, "data/chain/data/")
		})
	}
	ok := status == t.status && len(said) == 1 && strings.Contains(said[0], t.says) && len(altered) == 0
	if r.check(ok, "%s: %d, %s", t.name, status, strings.Join(said, " | ")); !ok {
		r.note("wanted exit status %d, one line with %q, and no changed file; changed: %v", t.status, t.says, altered)
	}
	if t.opened != "" {
		return restored(ctx, r, base, dir, t.opened)
	}
	return nil
}

// restored puts a damaged file back and starts the market again.
func restored(ctx context.Context, r *rig, base, dir, file string) error {
	b, err := os.ReadFile(filepath.Join(base, "data", file))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "data", file), b, 0o600); err != nil {
		return err
	}
	p, err := start(dir, nil, r.torg, upSmall()...)
	if err != nil {
		return err
	}
	defer p.kill()
	_, err = p.site(ctx, time.Minute)
	r.check(err == nil, "%s restored: the market starts again", file)
	return nil
}

// inUse starts a second market on the folder of a running one.
func inUse(ctx context.Context, r *rig, base string) error {
	p, err := start(base, nil, r.torg, upSmall()...)
	if err != nil {
		return err
	}
	defer p.kill()
	if _, err := p.site(ctx, time.Minute); err != nil {
		return err
	}
	second, err := start(base, nil, r.torg, upSmall()...)
	if err != nil {
		return err
	}
	defer second.kill()
	status, err := second.status(time.Minute)
	if err != nil {
		return err
	}
	said := second.complaint()
	r.check(status == 2 && len(said) == 1 && strings.Contains(said[0], "used by another torg") && p.running(),
		"folder of a running market: %d, %s", status, strings.Join(said, " | "))
	if status, err = p.interrupt(); err == nil {
		r.check(status == 0, "the first one runs on until Ctrl-C")
	}
	return err
}

// gap simulates on a meter with a hole: it is told, and it does not stop anything.
func gap(r *rig) error {
	dir := filepath.Join(r.tmp, "gap")
	if err := write(dir, "meter.yaml", metered()); err != nil {
		return err
	}
	if err := write(dir, "load.csv", readings(func(row int) (string, bool) {
		return "120", row < 96+60 || row >= 96+64 // an hour of the simulated day
	})); err != nil {
		return err
	}
	p, err := start(dir, nil, r.torg, strings.Fields("sim --scenario meter.yaml --out out --unsigned")...)
	if err != nil {
		return err
	}
	defer p.kill()
	status, err := p.status(time.Minute)
	if err != nil {
		return err
	}
	said := p.complaint()
	r.check(status == 0 && len(said) == 1 && strings.Contains(said[0], "load.csv:"), "a gap in a series: %d, %s", status, strings.Join(said, " | "))
	return nil
}

func write(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
