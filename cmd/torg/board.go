package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"torg"
	"torg/board"
	"torg/httpapi"
)

type boardCmd struct {
	List      boardListCmd      `cmd:"" help:"What is on offer."`
	Post      boardPostCmd      `cmd:"" help:"Put an offer on the board."`
	Take      boardTakeCmd      `cmd:"" help:"Take an offer, or part of it."`
	Sign      boardSignCmd      `cmd:"" help:"Sign a contract that the other party proposed."`
	Withdraw  boardWithdrawCmd  `cmd:"" help:"Take an offer off the board."`
	Decline   boardDeclineCmd   `cmd:"" help:"Refuse a proposed contract, or take the proposal back."`
	Contracts boardContractsCmd `cmd:"" help:"Forward contracts and where they stand."`
	Draft     boardDraftCmd     `cmd:"" help:"Write a contract that was agreed elsewhere, to be signed offline by both parties."`
	Submit    boardSubmitCmd    `cmd:"" help:"Bring a contract that was signed offline to the ledger."`
}

// boardEnergy is energy over slots ahead, from flags or from a table.
type boardEnergy struct {
	From  string `help:"Start of the first slot: local time of the complex (2026-12-01T08:00), RFC 3339, or a session's id."`
	To    string `help:"End of the last slot."`
	Power string `help:"Constant power, such as 400kW."`
	Price string `help:"RUB/kWh, point or comma."`
	CSV   string `name:"csv" help:"Table with the columns slot_start, energy_wh and price, in place of the flags above." type:"path"`
}

// profile reads the energy, and says what was rounded.
func (e boardEnergy) profile(r rules) (torg.Profile, error) {
	if e.CSV != "" {
		if e.From+e.To+e.Power+e.Price != "" {
			return torg.Profile{}, usage(fmt.Errorf("--csv stands in place of --from, --to, --power and --price"))
		}
		f, err := os.Open(e.CSV)
		if err != nil {
			return torg.Profile{}, usage(err)
		}
		defer f.Close()
		p, skipped, err := board.ReadCSV(f, r.calendar, r.location)
		if err != nil {
			return p, usage(fmt.Errorf("%s: %w", e.CSV, err))
		}
		if len(skipped) > 0 {
			fmt.Fprintf(os.Stderr, "torg: %s: columns that nobody reads: %s\n", e.CSV, strings.Join(skipped, ", "))
		}
		return p, nil
	}
	for flag, v := range map[string]string{"--from": e.From, "--to": e.To, "--power": e.Power, "--price": e.Price} {
		if v == "" {
			return torg.Profile{}, usage(fmt.Errorf("%s is missing (or a table with --csv)", flag))
		}
	}
	first, last, err := board.Span(r.calendar, e.From, e.To, r.location)
	if err != nil {
		return torg.Profile{}, usage(err)
	}
	watts, err := board.ParsePower(e.Power)
	if err != nil {
		return torg.Profile{}, usage(fmt.Errorf("--power: %w", err))
	}
	price, err := torg.ParsePrice(e.Price)
	if err != nil {
		return torg.Profile{}, usage(fmt.Errorf("--price: %w", err))
	}
	p, rounding, err := board.Constant(r.calendar.Interval, first, last, watts, price)
	if err == nil {
		err = p.Valid()
	}
	if err == nil && !rounding.Exact() {
		fmt.Fprintf(os.Stderr, "torg: %s: %s\n", e.Power, rounding)
	}
	return p, usage(err)
}

// printJSON writes what programs read.
func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// table writes rows in columns.
func table(head string, rows [][]string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	return w.Flush()
}

// receipt says what became of a request.
func (c boardClient) receipt(r httpapi.BoardReceipt) error {
	if c.JSON {
		return printJSON(r)
	}
	if r.Pending {
		say("%s waits for a block. The same command again says what became of it: %s", r.ID, r.Ask)
		return nil
	}
	say("%s is %s, in block %d.", r.ID, r.State, r.LedgerHeight)
	return nil
}

// describe says what is signed, before it is.
func (c boardClient) describe(r rules, d httpapi.BoardDraft) {
	out := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	switch {
	case d.Kind == board.KindUnpost || d.Kind == board.KindDecline:
		out("%s: %s for %s", d.ID, d.Kind, d.Participant)
	case d.Offer != nil:
		out("Offer %s: %s of %s %s", d.ID, d.Offer.Side, d.Offer.Site, r.energy(d.Offer.First, d.Offer.Steps))
	case d.Contract != nil:
		k := d.Contract
		out("Contract %s: %s buys from %s %s, to be signed by %s", d.ID, k.BuyerSite, k.SellerSite, r.energy(k.First, k.Steps), r.local(k.SignBy))
	}
	if k := d.Cost; k != nil {
		if k.Refused != "" {
			out("The ledger would refuse it now: %s", k.Why)
		}
		out("The buyer pays %s RUB: %s to the seller and %s for lines (%s RUB/kWh over %s).", k.Total, k.Price, k.Fees, k.Fee, strings.Join(k.Path, " - "))
		out("Held for the days covered: %s RUB of the buyer, %s RUB of the seller.", k.Escrow, k.Guarantee)
		out("With the supplier the buyer would pay %s RUB and the seller would get %s RUB: this side gains %s RUB.", k.Supplier, k.Feeding, k.Saving)
	}
}

// energy describes a profile on one line.
func (r rules) energy(first time.Time, steps []board.Step) string {
	sum, slots := int64(0), int64(0)
	low, high := "", ""
	for _, s := range steps {
		sum += s.EnergyWh * int64(s.Slots)
		slots += int64(s.Slots)
		if s.EnergyWh > 0 {
			if low == "" {
				low = s.Price
			}
			high = s.Price
		}
	}
	price := low
	if high != low {
		price = low + " ... " + high
	}
	end := first.Add(time.Duration(slots) * r.calendar.Interval)
	return fmt.Sprintf("%s from %s to %s at %s RUB/kWh", torg.Energy(sum), r.local(first), r.local(end), price)
}

func (r rules) local(t time.Time) string {
	return t.In(r.location).Format("2006-01-02 15:04:05 -07:00")
}
