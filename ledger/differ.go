package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"torg"
)

// codes tells which transactions' fates differ.
func (c *Checker) codes(made, said []torg.Refusal) []Problem {
	var list []Problem
	if len(made) != len(said) {
		return []Problem{{Height: c.height, What: fmt.Sprintf("results of %d transactions, it has %d", len(said), len(made))}}
	}
	for i := range made {
		if made[i] != said[i] {
			list = append(list, Problem{Height: c.height, What: fmt.Sprintf("transaction %d is %s, the rules say %s", i, fate(said[i]), fate(made[i]))})
		}
	}
	return list
}

func fate(r torg.Refusal) string {
	if r == "" {
		return "accepted"
	}
	return "refused as " + string(r)
}

// events tells which events of sessions in the range differ. Where one is too many
// or missing, only the first difference is told: the rest would only be moved.
func (c *Checker) events(made, said []Event) []Problem {
	var list []Problem
	for i := range min(len(made), len(said)) {
		d := unlike(said[i], made[i])
		if d == "" {
			continue
		}
		if p, in := c.about(made[i], fmt.Sprintf("event %d: %s", i, d)); in {
			list = append(list, p)
		}
		if len(made) != len(said) {
			break
		}
	}
	if len(made) == len(said) {
		return list
	}
	odd := made
	if len(said) > len(made) {
		odd = said
	}
	what := fmt.Sprintf("%d events, the rules make %d", len(said), len(made))
	if p, in := c.about(odd[min(len(made), len(said))], what); in {
		list = append(list, p)
	}
	return list
}

// about makes a problem of an event's session, and says whether that is in the range.
func (c *Checker) about(e Event, what string) (Problem, bool) {
	first, last, of := span(e)
	if !of {
		return Problem{Height: c.height, What: what}, true
	}
	p := c.problem(first, "%s", what)
	if last > first {
		p.Session += " to " + c.genesis.Calendar.Session(last)
	}
	return p, c.in(first, last)
}

// span returns the slots that an event is about, if it is about any.
func span(e Event) (first, last torg.Slot, ok bool) {
	switch {
	case e.Order != nil:
		first = e.Order.Order.Slot
	case e.Cleared != nil:
		first = e.Cleared.Slot
	case e.Missed != nil:
		first = e.Missed.Slot
	case e.Statement != nil:
		first = e.Statement.Slot
	case e.Reading != nil:
		first = e.Reading.Slot
	case e.Delivered != nil:
		first = e.Delivered.Slot
	case e.Posting != nil:
		first = e.Posting.Slot
	case e.Settled != nil:
		return e.Settled.First, e.Settled.Last, true
	default:
		return 0, 0, false
	}
	return first, first, true
}

// unlike names the first place where what is said is not what is made, as a path in
// JSON; empty: there is none.
func unlike(said, made any) string {
	a, b := plain(said), plain(made)
	return difference("", a, b)
}

// plain is a value as JSON has it.
func plain(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic("ledger: event: " + err.Error())
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var p any
	if err := d.Decode(&p); err != nil {
		panic("ledger: event: " + err.Error())
	}
	return p
}

func difference(path string, said, made any) string {
	switch m := made.(type) {
	case map[string]any:
		s, ok := said.(map[string]any)
		if !ok {
			break
		}
		for _, name := range names(s, m) {
			if d := difference(join(path, name), s[name], m[name]); d != "" {
				return d
			}
		}
		return ""
	case []any:
		s, ok := said.([]any)
		if !ok {
			break
		}
		for i := range min(len(s), len(m)) {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), s[i], m[i]); d != "" {
				return d
			}
		}
		if len(s) == len(m) {
			return ""
		}
		return fmt.Sprintf("%s has %d, the rules give %d", path, len(s), len(m))
	}
	if said == made {
		return ""
	}
	return fmt.Sprintf("%s is %s, the rules give %s", path, short(said), short(made))
}

// names are the fields of either, sorted.
func names(a, b map[string]any) []string {
	var list []string
	for name := range a {
		list = append(list, name)
	}
	for name := range b {
		list = append(list, name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// shown is how many bytes of a value a problem shows.
const shown = 120

func short(v any) string {
	if v == nil {
		return "absent"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "unreadable"
	}
	if len(text) > shown {
		return string(text[:shown]) + "…"
	}
	return string(text)
}

// untold returns what the rules make without the deposits that were credited, where the
// chain says of no deposit: its postings say the same, and a chain of before deposits
// were told had nothing else.
func untold(made, said []Event) []Event {
	told := func(e Event) bool { return e.Deposit != nil }
	if slices.ContainsFunc(said, told) || !slices.ContainsFunc(made, told) {
		return made
	}
	return slices.DeleteFunc(slices.Clone(made), func(e Event) bool { return told(e) && e.Deposit.State == MoneyCredited })
}
