package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"torg"
	"torg/datadir"
	"torg/ledger"
	"torg/ledger/abci"
)

type ledgerCmd struct {
	Archive ledgerArchiveCmd `cmd:"" help:"The archive of the chain's blocks in plain files."`
	Replay  ledgerReplayCmd  `cmd:"" help:"Run the chain's blocks again from the first one and say where it is not what the rules make of them."`
}

type ledgerReplayCmd struct {
	Data string `help:"Data folder; its market must not run." default:"torg-data" env:"TORG_DATA" type:"path"`
	From string `help:"First session to report on, such as 20261122T143030Z; the chain's first by default." placeholder:"SESSION"`
	To   string `help:"Last session to report on; the chain's last by default." placeholder:"SESSION"`
}

// Run replays and prints a line for every problem and a summary. It changes nothing.
func (l ledgerReplayCmd) Run(ctx context.Context) error {
	meta, err := datadir.Read(l.Data)
	if err != nil {
		return usage(err)
	}
	place, err := datadir.Reopen(l.Data, meta)
	if err != nil {
		return usage(err)
	}
	defer place.Close()
	chain, err := abci.OpenFolder(place.Join("chain"), place.Join("archive"))
	if errors.Is(err, fs.ErrNotExist) {
		return usage(err) // a folder without a chain
	}
	if err != nil {
		return err
	}
	defer chain.Close()
	from, to, err := l.slots(chain.Genesis().Calendar, chain.Time())
	if err != nil {
		return usage(err)
	}
	blocks, err := chain.Replay()
	if err != nil {
		return err
	}
	began := time.Now()
	phase, done := clearProgress(began)
	defer done()
	r := replay{calendar: chain.Genesis().Calendar, check: ledger.NewChecker(chain.Genesis(), from, to), phase: phase, done: done}
	if err := r.run(ctx, blocks, chain.Height()); err != nil {
		return err
	}
	done()
	return r.report(blocks.View(), l, chain, time.Since(began))
}

// slots reads the range. newest is the newest block's time.
func (l ledgerReplayCmd) slots(c torg.Calendar, newest time.Time) (from, to torg.Slot, err error) {
	from, to = math.MinInt64, math.MaxInt64
	if l.From != "" {
		if from, err = c.SlotOf(l.From); err != nil {
			return 0, 0, fmt.Errorf("--from: %w", err)
		}
	}
	if l.To != "" {
		if to, err = c.SlotOf(l.To); err != nil {
			return 0, 0, fmt.Errorf("--to: %w", err)
		}
	}
	switch last := c.At(newest) + 1; {
	case from > to:
		return 0, 0, fmt.Errorf("--from %s is after --to %s", l.From, l.To)
	case l.From != "" && from > last:
		return 0, 0, fmt.Errorf("--from %s: the newest block is of session %s", l.From, c.Session(last))
	}
	return from, to, nil
}

// replay holds a chain against its rules, block by block.
type replay struct {
	calendar torg.Calendar
	check    *ledger.Checker
	phase    func(string)
	done     func()
	problems int
}

// run replays up to the newest block, or to the one that settles the last session of
// the range.
func (r *replay) run(ctx context.Context, blocks *abci.Replay, height int64) error {
	for readable := true; readable && blocks.Height() < height && !r.check.Over(blocks.View()); {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replayed %d of %d blocks: %w", blocks.Height(), height, err)
		}
		r.phase(fmt.Sprintf("block %d of %d", blocks.Height()+1, height))
		b, err := blocks.Next()
		if readable = err == nil; !readable {
			b.Faults = append(b.Faults, err.Error()+"; the replay ends here")
		}
		for _, f := range b.Faults {
			r.tell(ledger.Problem{Session: r.running(b.Time), Height: b.Height, What: f})
		}
		if readable {
			r.tell(r.check.Block(blocks.View(), b.Height, b.Made, b.Said)...)
			if err := blocks.Commit(); err != nil {
				return err
			}
			r.tell(r.check.Committed(blocks.View())...)
		}
	}
	return nil
}

// running is the session that runs at a block's time, if that is known.
func (r *replay) running(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return r.calendar.Session(r.calendar.At(t) + 1)
}

// tell prints problems.
func (r *replay) tell(list ...ledger.Problem) {
	for _, p := range list {
		r.done()
		say("%s", p)
	}
	r.problems += len(list)
}

// report says what was checked, and whether all is as the chain says.
func (r *replay) report(v ledger.View, l ledgerReplayCmd, chain *abci.Folder, took time.Duration) error {
	n, list := r.check.End(v)
	r.tell(list...)
	if n.Sessions == 0 && (l.From != "" || l.To != "") && r.problems == 0 {
		return usage(fmt.Errorf("no session of the chain is in the range"))
	}
	c, sessions := chain.Genesis().Calendar, ""
	if n.Sessions > 0 {
		sessions = fmt.Sprintf(" (%s to %s, %d missed)", c.Session(n.First), c.Session(n.Last), n.Missed)
	}
	say("%d of %d blocks replayed in %s: %d sessions%s, %d discoveries verified, %d contracts, all accounts sum to %s RUB",
		n.Blocks, chain.Height(), took.Round(time.Millisecond), n.Sessions, sessions, n.Discoveries, n.Contracts, n.Money)
	if r.problems > 0 {
		return fmt.Errorf("%s is not what its blocks make: %d problems", l.Data, r.problems)
	}
	say("Prices, contracts and balances are what the chain says.")
	return nil
}
