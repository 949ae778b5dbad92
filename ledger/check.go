package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/market"
)

// Checker holds what a chain says of its blocks against what the rules make of them
// when the blocks are run again, and tells of every session in a range what differs.
// It keeps no more than one balance for each account.
type Checker struct {
	genesis  Genesis
	from, to torg.Slot
	used     market.Usage // by the first discovery of the session for slot usedBy
	usedBy   torg.Slot
	balances map[torg.Account]torg.Cost // what all postings so far add up to
	touched  []torg.Posting             // of the block that is not committed
	height   int64
	found    Checked
}

// Checked says how much was checked.
type Checked struct {
	Blocks      int
	Sessions    int // of the range, cleared or missed
	Missed      int // of these
	Discoveries int // whose outcome was verified on the orders that stood
	Contracts   int
	First, Last torg.Slot // the first and the last session of the range; with Sessions 0 neither
	Money       torg.Cost // the sum of all accounts in the end
}

// Problem is one place where a chain is not what the rules make of it.
type Problem struct {
	Session string // such as 20261122T143030Z; empty: of no session
	Height  int64
	What    string
}

// String is the problem on one line.
func (p Problem) String() string {
	if p.Session == "" {
		return fmt.Sprintf("block %d: %s", p.Height, p.What)
	}
	return fmt.Sprintf("session %s: block %d: %s", p.Session, p.Height, p.What)
}

// NewChecker checks the sessions for slots from to to, both included.
func NewChecker(g Genesis, from, to torg.Slot) *Checker {
	return &Checker{genesis: g, from: from, to: to, balances: map[torg.Account]torg.Cost{}}
}

// Block checks what a block did: before is the state before it, made what the rules
// make of it and said what the chain says; nil: the same.
func (c *Checker) Block(before View, height int64, made Result, said *Result) []Problem {
	c.height = height
	c.found.Blocks++
	var list []Problem
	if said != nil {
		list = append(c.codes(made.Codes, said.Codes), c.events(made.Events, said.Events)...)
	} else {
		said = &made
	}
	for _, e := range said.Events {
		if e.Cleared != nil {
			list = append(list, c.cleared(before, e.Cleared)...)
		}
	}
	for _, e := range made.Events {
		c.count(e)
	}
	return list
}

// count takes note of what the rules make.
func (c *Checker) count(e Event) {
	switch {
	case e.Posting != nil:
		c.touched = append(c.touched, *e.Posting)
		from, to := e.Posting.From, e.Posting.To
		c.balances[from] = c.balances[from].Sub(e.Posting.Amount)
		c.balances[to] = c.balances[to].Add(e.Posting.Amount)
	case e.Cleared != nil:
		if e.Cleared.Discovery == 1 {
			c.used, c.usedBy = e.Cleared.Outcome.Used, e.Cleared.Slot
			c.session(e.Cleared.Slot)
		}
		if c.in(e.Cleared.Slot, e.Cleared.Slot) {
			c.found.Contracts += len(e.Cleared.Contracts)
		}
	case e.Missed != nil && e.Missed.Discovery == 1 && c.session(e.Missed.Slot):
		c.found.Missed++
	}
}

// session counts one, if it is in the range.
func (c *Checker) session(k torg.Slot) bool {
	if !c.in(k, k) {
		return false
	}
	if c.found.Sessions == 0 {
		c.found.First = k
	}
	c.found.Sessions++
	c.found.Last = k
	return true
}

func (c *Checker) in(first, last torg.Slot) bool { return last >= c.from && first <= c.to }

// cleared verifies an outcome on the orders that stood, without the clearing that
// made it, and that the contracts are the outcome's trades.
func (c *Checker) cleared(before View, k *Cleared) []Problem {
	if !c.in(k.Slot, k.Slot) {
		return nil
	}
	c.found.Discoveries++
	book := market.Book{Complex: before.Grid(k.Slot), Orders: before.Standing(k.Slot, k.Discovery), Discovery: k.Discovery}
	if k.Discovery == 2 && c.usedBy == k.Slot {
		book.Used = c.used
	}
	if err := market.Verify(book, k.Outcome); err != nil {
		return []Problem{c.problem(k.Slot, "discovery %d does not hold on its %d orders: %v", k.Discovery, len(book.Orders), err)}
	}
	session := c.genesis.Calendar.Session(k.Slot)
	same := slices.EqualFunc(k.Contracts, k.Outcome.Trades, func(c torg.Contract, t torg.Trade) bool {
		return c.Trade == t && c.Slot == k.Slot && c.Discovery == k.Discovery
	})
	for i, contract := range k.Contracts {
		same = same && contract.ID == torg.NewContractID(session, k.Discovery, i+1)
	}
	if !same {
		return []Problem{c.problem(k.Slot, "discovery %d: its %d contracts are not its %d trades", k.Discovery, len(k.Contracts), len(k.Outcome.Trades))}
	}
	return nil
}

// Committed checks the balances after a block: they are what all postings add up to.
func (c *Checker) Committed(after View) []Problem {
	var list []Problem
	for _, p := range c.touched {
		for _, a := range []torg.Account{p.From, p.To} {
			if have := after.Account(a).Balance; have != c.balances[a] {
				if c.in(p.Slot, p.Slot) {
					list = append(list, c.problem(p.Slot, "account %s has %s RUB, its postings add up to %s", a, have, c.balances[a]))
				}
				c.balances[a] = have // said once
			}
		}
	}
	c.touched = c.touched[:0]
	return list
}

// End checks that the accounts sum to nothing, and returns how much was checked.
func (c *Checker) End(v View) (Checked, []Problem) {
	c.found.Money = torg.Cost{}
	for _, a := range v.Accounts() {
		c.found.Money = c.found.Money.Add(a.Balance)
	}
	if c.found.Money != (torg.Cost{}) {
		return c.found, []Problem{{Height: c.height, What: fmt.Sprintf("all accounts sum to %s RUB, not to 0", c.found.Money)}}
	}
	return c.found, nil
}

// Over says whether the last session of the range is settled: what comes after
// changes nothing in it but what is corrected.
func (c *Checker) Over(v View) bool { return v.Height() > 0 && v.NextToSettle() > c.to }

func (c *Checker) problem(k torg.Slot, format string, args ...any) Problem {
	return Problem{Session: c.genesis.Calendar.Session(k), Height: c.height, What: fmt.Sprintf(format, args...)}
}
