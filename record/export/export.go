// Package export writes recorded rows as CSV, the same columns for the API and the
// pages: UTF-8, a header row, comma, RFC 4180; energy in whole Wh, prices in RUB/kWh
// and amounts in RUB with a point, times RFC 3339 in UTC.
package export

import (
	"encoding/csv"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"torg"
	"torg/record"
)

// Sessions writes one row per session; round columns sum over both discoveries.
func Sessions(w io.Writer, rows []record.Session) error {
	head := []string{"id", "slot_start", "state", "origin", "contracts", "round1_wh", "round2_wh", "round3_wh", "ledger_height"}
	return write(w, head, rows, func(s record.Session) []string {
		n, wh := 0, [4]torg.Energy{}
		for _, r := range s.Rounds {
			n += r.Contracts
			if r.Round >= 1 && r.Round <= 3 {
				wh[r.Round] += r.Energy
			}
		}
		return []string{s.ID, utc(s.SlotStart), string(s.State), string(s.Origin), strconv.Itoa(n),
			energy(wh[1]), energy(wh[2]), energy(wh[3]), strconv.FormatInt(s.LedgerHeight, 10)}
	})
}

// Contracts writes one row per contract.
func Contracts(w io.Writer, rows []record.Contract) error {
	head := []string{"id", "session", "discovery", "round", "buyer", "seller", "energy_wh", "buyer_price", "seller_price", "state", "origin", "ledger_height"}
	return write(w, head, rows, func(c record.Contract) []string {
		return []string{string(c.ID), c.Session, strconv.Itoa(c.Discovery), strconv.Itoa(c.Round), string(c.Buyer), string(c.Seller),
			energy(c.Energy), c.BuyerPrice.String(), c.SellerPrice.String(), c.State, string(c.Origin), strconv.FormatInt(c.Height, 10)}
	})
}

// Orders writes one row per order with what became of it.
func Orders(w io.Writer, rows []record.Order) error {
	head := []string{"id", "session", "discovery", "participant", "site", "side", "energy_wh", "limit", "refused", "cut_wh", "unmatched_wh", "reason", "origin"}
	return write(w, head, rows, func(o record.Order) []string {
		return []string{string(o.ID), o.Session, strconv.Itoa(o.Discovery), string(o.Participant), string(o.Site), o.Side.String(),
			energy(o.Energy), o.Limit.String(), string(o.Refused), energy(o.Cut), energy(o.Unmatched), string(o.Reason), string(o.Origin)}
	})
}

// Readings writes one row per slot; a missing value is an empty cell.
func Readings(w io.Writer, rows []record.Reading) error {
	head := []string{"site", "start", "energy_wh", "quality", "q10_wh", "q50_wh", "q90_wh", "contracted_wh", "origin"}
	return write(w, head, rows, func(r record.Reading) []string {
		return []string{string(r.Site), utc(r.Start), perhaps(r.Energy), string(r.Quality),
			perhaps(r.Q10), perhaps(r.Q50), perhaps(r.Q90), energy(r.Contracted), string(r.Origin)}
	})
}

// Messages writes one row per logged message.
func Messages(w io.Writer, rows []record.Message) error {
	head := []string{"time", "session", "kind", "performative", "from", "to", "text", "args", "ref", "ledger_height"}
	return write(w, head, rows, func(m record.Message) []string {
		return []string{utc(m.Time), m.Session, string(m.Kind), m.Performative, m.From, m.To, plain(m.Text),
			args(m.Args), m.Ref, strconv.FormatInt(m.Height, 10)}
	})
}

// Decisions writes one row per entry of the journal.
func Decisions(w io.Writer, rows []record.Decision) error {
	head := []string{"time", "session", "site", "discovery", "strategy", "fallback", "side", "energy_wh", "limit", "quantile", "reason", "args", "origin"}
	return write(w, head, rows, func(d record.Decision) []string {
		side, wh, limit := "", "", ""
		if d.Ordered {
			side, wh, limit = d.Side.String(), energy(d.Energy), d.Limit.String()
		}
		return []string{utc(d.Time), d.Session, string(d.Site), strconv.Itoa(d.Discovery), plain(d.Strategy), strconv.FormatBool(d.Fallback),
			side, wh, limit, strconv.FormatFloat(d.Quantile, 'f', -1, 64), plain(d.Reason), args(d.Args), string(d.Origin)}
	})
}

// Participants writes one row per participant.
func Participants(w io.Writer, rows []record.Participant) error {
	return write(w, []string{"id", "name", "name_en", "public_key_fingerprint"}, rows, func(p record.Participant) []string {
		print := ""
		if p.KeyFingerprint != nil {
			print = hex.EncodeToString(p.KeyFingerprint[:])
		}
		return []string{string(p.ID), plain(p.Name), plain(p.NameEN), print}
	})
}

// Sites writes one row per site with its settings.
func Sites(w io.Writer, rows []record.Site) error {
	head := []string{"id", "participant", "name", "name_en", "zone", "role", "mode", "goal", "strategy", "tariff", "capacity_w", "running"}
	return write(w, head, rows, func(s record.Site) []string {
		return []string{string(s.ID), string(s.Participant), plain(s.Name), plain(s.NameEN), string(s.Zone), string(s.Role), string(s.Mode), s.Goal, s.Strategy,
			string(s.Tariff), strconv.FormatInt(s.CapacityW, 10), strconv.FormatBool(s.Running)}
	})
}

// Savings writes one row per participant and span.
func Savings(w io.Writer, rows []record.Saving) error {
	head := []string{"participant", "from", "to", "paid", "baseline", "saved", "provisional", "simulated", "metered_wh", "inside_wh"}
	return write(w, head, rows, func(s record.Saving) []string {
		return []string{string(s.Participant), utc(s.From), utc(s.To), s.Paid.String(), s.Baseline.String(), s.Saved().String(),
			strconv.FormatBool(s.Provisional), strconv.FormatBool(s.Simulated), energy(s.Metered), energy(s.Inside)}
	})
}

func write[T any](w io.Writer, head []string, rows []T, cells func(T) []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for _, r := range rows {
		if err := out.Write(cells(r)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plain keeps a spreadsheet from running what people and programs wrote as a
// formula: a text that starts like one gets an apostrophe.
func plain(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	return "'" + cell
}

func args(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return plain(strings.Join(parts, " "))
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func energy(e torg.Energy) string { return strconv.FormatInt(int64(e), 10) }

func perhaps(e *torg.Energy) string {
	if e == nil {
		return ""
	}
	return energy(*e)
}
