// Command torg runs an electricity market for an active energy complex: agents
// conclude signed contracts for every slot in three rounds, on a ledger that anyone
// admitted can check.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // months and days end in the complex's time zone, wherever this runs

	"github.com/alecthomas/kong"
)

type cli struct {
	Up       upCmd       `cmd:"" help:"Run a market: everything in one process, with its site on loopback."`
	Clear    clearCmd    `cmd:"" help:"Clear one session of orders from a file."`
	Sim      simCmd      `cmd:"" help:"Run a scenario on virtual time and write its files and report."`
	Audit    auditCmd    `cmd:"" help:"Recompute a simulation's invariants from its files alone."`
	Contract contractCmd `cmd:"" help:"Contracts: their proofs, and signing them offline."`
	Mandate  mandateCmd  `cmd:"" help:"Mandates of agents, signed offline."`
	Money    moneyCmd    `cmd:"" help:"Deposits, withdrawals and approvals, signed offline."`
	Keys     keysCmd     `cmd:"" help:"Owners' keys."`
	Rules    rulesCmd    `cmd:"" help:"Rules that change between sessions."`
	Submit   submitCmd   `cmd:"" help:"Hand a signed transaction to the ledger."`
	Board    boardCmd    `cmd:"" help:"Offers and forward contracts between people."`
	Decide   decideCmd   `cmd:"" help:"The decision program."`
	Ledger   ledgerCmd   `cmd:"" help:"The chain."`
	Account  accountCmd  `cmd:"" help:"Who may log in, and with which keys."`
	TLS      tlsCmd      `cmd:"" name:"tls" help:"Certificates for other machines."`
	Store    storeCmd    `cmd:"" help:"The tables."`
	Config   configCmd   `cmd:"" help:"The configuration."`
	Reset    resetCmd    `cmd:"" help:"Delete a data folder."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// errUsage marks errors in what the user gave: exit status 2.
var errUsage = errors.New("usage")

// usage marks err as the user's.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w%w", hidden{errUsage}, err)
}

// hidden wraps an error without showing it.
type hidden struct{ error }

func (hidden) Error() string   { return "" }
func (h hidden) Unwrap() error { return h.error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run returns the exit status: 0 success, 1 an internal failure, 2 wrong usage or
// input.
func run(ctx context.Context, args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("torg"), kong.Description("An electricity market for an active energy complex (АЭК)."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "torg:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torg:", err)
		return 2
	}
	switch err := command.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "torg:", oneLine(err))
		return 2
	default:
		fmt.Fprintln(os.Stderr, "torg:", oneLine(err))
		return 1
	}
}

// oneLine is what an error says, on one line: a scenario with several faults names
// all of them.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// version is the module's version and the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	_, err := fmt.Println("torg", version())
	return err
}
