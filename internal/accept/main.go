// Command accept shows on real processes that what was promised holds. It knows Torg
// from outside only, its commands, files and HTTP API, but for the growth parts, which
// run a market in this process to look at its state.
//
// Every line it prints is a claim with "ok" or "FAILED" before it; the exit status
// is 1 where a claim failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// part is a group of claims.
type part struct {
	name  string
	what  string
	short bool // runs when no part is named
	run   func(context.Context, *rig) error
}

func parts() []part {
	return []part{
		{"sim", "a week of measurements: audited, same bytes twice, nobody worse off with perfect forecasts", true, simulations},
		{"input", "wrong input and damaged folders: one line, the right exit status, nothing changed", true, wrongInput},
		{"kill", "kill -9 in running sessions: nothing confirmed is lost, changed or doubled", true, kills},
		{"clear", "torg clear: the shared cases, a million orders against sort, three zones with a congested line", true, clearing},
		{"board", "two people with their own keys conclude a contract; it is delivered, settled, exported and verified", false, boarding},
		{"attacks", "every defence of docs/security.md, taken out of the source: its tests fail", false, attacks},
		{"fuzz", "ten minutes of wild input for the readers and the market: no crash", false, fuzzing},
		{"fuzz-ledger", "half an hour of wild input for the ledger's decoders, checks and blocks: no crash", false, fuzzingLedger},
		{"soak", "half an hour of 30 s slots: no missed session, and how long contracts take", false, soak},
		{"growth-signed", "10,000 signed sessions of 20 parties on a chain: time, state and disk a session stay flat", false, growthSigned},
		{"growth-unsigned", "100,000 unsigned sessions of 100 parties: time and state a session stay flat", false, growthUnsigned},
		{"smoke", "the README's first command: three rounds of contracts on the page within 150 s", false, smoke},
	}
}

// rig is what the parts share.
type rig struct {
	root   string        // folder of the module
	tmp    string        // folder that goes at the end
	torg   string        // the built program; empty until it is asked for
	seed   uint64        // of random moments
	soak   time.Duration // length of the soak
	keep   string        // folder of growth-signed; empty: one that goes at the end
	out    io.Writer
	failed int
}

// check prints a claim and counts it where it does not hold.
func (r *rig) check(ok bool, format string, args ...any) bool {
	verdict := "ok     "
	if !ok {
		verdict = "FAILED "
		r.failed++
	}
	fmt.Fprintf(r.out, "  %s %s\n", verdict, fmt.Sprintf(format, args...))
	return ok
}

// note prints a figure or a circumstance.
func (r *rig) note(format string, args ...any) {
	fmt.Fprintf(r.out, "          %s\n", fmt.Sprintf(format, args...))
}

// build makes the program once.
func (r *rig) build(ctx context.Context) error {
	if r.torg != "" {
		return nil
	}
	path := filepath.Join(r.tmp, "torg")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/torg")
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.root, r.out, r.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build ./cmd/torg: %w", err)
	}
	r.torg = path
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "accept:", err)
		stop()
		os.Exit(1)
	}
}

// run runs the named parts, or the short ones.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	r := &rig{out: out}
	flags := flag.NewFlagSet("accept", flag.ContinueOnError)
	flags.Uint64Var(&r.seed, "seed", 20261122, "seed of the random moments")
	flags.DurationVar(&r.soak, "for", 30*time.Minute, "length of the soak")
	flags.StringVar(&r.keep, "keep", "", "folder in which growth-signed leaves its chain, to go on with")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "accept [flags] [PART...]; without a part, the short ones:")
		for _, p := range parts() {
			fmt.Fprintf(flags.Output(), "  %-15s %s\n", p.name, p.what)
		}
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if r.root, err = moduleRoot(); err != nil {
		return err
	}
	if r.tmp, err = os.MkdirTemp("", "torg-accept-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.tmp)) }()
	fmt.Fprintf(out, "commit %s, seed %d\n", commit(ctx, r.root), r.seed)
	for _, p := range chosen {
		began := time.Now()
		fmt.Fprintf(out, "\n%s: %s\n", p.name, p.what)
		if err := p.run(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(out, "%s took %s\n", p.name, time.Since(began).Round(time.Second))
	}
	if r.failed > 0 {
		return fmt.Errorf("%d claims do not hold", r.failed)
	}
	return nil
}

// choose returns the parts that names name, or the short ones.
func choose(names []string) ([]part, error) {
	var chosen []part
	for _, p := range parts() {
		if slices.Contains(names, p.name) || len(names) == 0 && p.short {
			chosen = append(chosen, p)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(chosen, func(p part) bool { return p.name == n }) {
			return nil, fmt.Errorf("no part is called %q", n)
		}
	}
	return chosen, nil
}

// moduleRoot finds the folder of go.mod at or above the working folder.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod here or above: run it in the module")
		}
	}
}

// commit names the commit that is tried, and says where files differ from it.
func commit(ctx context.Context, root string) string {
	cmd := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
	cmd.Dir = root
	b, err := cmd.Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}
