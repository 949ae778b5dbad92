package board

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"torg"
)

// ReadCSV reads a profile from a table with the columns slot_start, energy_wh and
// price, a row for each slot with energy, in the order of time. Slots between them have
// none. Other columns are skipped and named. Errors name line and column.
func ReadCSV(r io.Reader, cal torg.Calendar, in *time.Location) (p torg.Profile, skipped []string, err error) {
	rows := csv.NewReader(r)
	rows.TrimLeadingSpace = true
	head, err := rows.Read()
	if err != nil {
		return p, nil, fmt.Errorf("line 1: %w: %w", csvCause(err), torg.ErrMalformed)
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")
		switch _, twice := at[name]; {
		case name != "slot_start" && name != "energy_wh" && name != "price":
			skipped = append(skipped, name)
		case twice:
			return p, nil, fmt.Errorf("line 1: column %s is there twice: %w", name, torg.ErrMalformed)
		default:
			at[name] = i
		}
	}
	for _, name := range []string{"slot_start", "energy_wh", "price"} {
		if _, ok := at[name]; !ok {
			return p, nil, fmt.Errorf("line 1: no column %s: %w", name, torg.ErrMalformed)
		}
	}
	var steps []torg.Step
	first, next := torg.Slot(0), torg.Slot(0)
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := rows.FieldPos(0)
		if err != nil {
			return p, nil, fmt.Errorf("line %d: %w: %w", line, csvCause(err), torg.ErrMalformed)
		}
		wrong := func(column string, err error) error {
			return fmt.Errorf("line %d, column %s: %w: %w", line, column, err, torg.ErrMalformed)
		}
		slot, _, err := Span(cal, row[at["slot_start"]], farFuture, in)
		if err != nil {
			return p, nil, wrong("slot_start", err)
		}
		energy, err := strconv.ParseInt(row[at["energy_wh"]], 10, 64)
		if err != nil || energy < 0 || torg.Energy(energy) > torg.MaxOrderEnergy {
			return p, nil, wrong("energy_wh", fmt.Errorf("%q: must be whole Wh, 0 to %d", row[at["energy_wh"]], torg.MaxOrderEnergy))
		}
		price, err := torg.ParsePrice(row[at["price"]])
		if err != nil {
			return p, nil, wrong("price", err)
		}
		if len(steps) == 0 {
			first, next = slot, slot
		}
		if slot < next {
			return p, nil, wrong("slot_start", fmt.Errorf("%q: twice, or before the row above", row[at["slot_start"]]))
		}
		if slot-first >= torg.MaxForwardSlots {
			return p, nil, wrong("slot_start", fmt.Errorf("%q: more than %d slots after the first", row[at["slot_start"]], torg.MaxForwardSlots))
		}
		steps = append(steps, torg.Step{Slots: uint32(slot - next)}, torg.Step{Slots: 1, Energy: torg.Energy(energy), Price: price})
		next = slot + 1
	}
	p = NewProfile(first, steps)
	if err := p.Valid(); err != nil {
		return p, nil, err
	}
	return p, skipped, nil
}

// farFuture closes the span of one row's start; no market is older.
const farFuture = "9999-01-01T00:00:00Z"

func csvCause(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return parse.Err
	}
	return err
}
