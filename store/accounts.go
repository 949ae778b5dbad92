package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"torg"
	"torg/ledger"
	"torg/record"
)

// Balance returns what an account holds after the last block: the sum of its
// postings. It is record.ErrNotFound for a participant that nobody admitted.
func (s *Store) Balance(ctx context.Context, account torg.Account) (c torg.Cost, err error) {
	err = s.view(ctx, "balance", func(q *sql.Tx) error {
		var known bool
		c, known, err = balance(ctx, q, account)
		if err != nil || known || strings.HasPrefix(string(account), "@") {
			return err
		}
		var admitted int
		err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM participants WHERE id = $1`, text(account)).Scan(&admitted)
		if err == nil && admitted == 0 {
			return fmt.Errorf("account %q: %w", account, record.ErrNotFound)
		}
		return err
	})
	return c, err
}

func balance(ctx context.Context, q querier, a torg.Account) (c torg.Cost, known bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT balance FROM accounts WHERE account = $1`, text(a)).Scan(scanCost{&c})
	if errors.Is(err, sql.ErrNoRows) {
		return torg.Cost{}, false, nil
	}
	return c, err == nil, err
}

// Posting is a posting and the block that made it.
type Posting struct {
	torg.Posting
	Height int64
}

// Postings returns all postings of an account, "" for all accounts, newest first.
func (s *Store) Postings(ctx context.Context, account torg.Account, p record.Page) (rows []Posting, next string, err error) {
	pg, err := readPage(p, 2)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "height, n")
	if account != "" {
		w.and("(from_account = ? OR to_account = ?)", text(account), text(account))
	}
	var all []keyed[Posting]
	err = s.view(ctx, "postings", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (k keyed[Posting], err error) {
			r := &k.row
			err = row(&r.Height, &k.n, &r.Slot, str(&r.Kind), str(&r.From), str(&r.To), scanCost{&r.Amount}, str(&r.Contract))
			return k, err
		}, `SELECT height, n, slot, kind, from_account, to_account, amount, contract FROM postings WHERE `+w.String()+
			` ORDER BY height DESC, n DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next = cut(all, pg, func(k keyed[Posting]) []int64 { return []int64{k.row.Height, k.n} })
	return rowsOf(all), next, err
}

// Months returns closed months, newest first, balances by participant.
func (s *Store) Months(ctx context.Context) (all []ledger.MonthClosed, err error) {
	type closed struct {
		height, n int64
		ledger.MonthClosed
	}
	err = s.view(ctx, "months", func(q *sql.Tx) error {
		months, err := list(ctx, q, func(row func(...any) error) (m closed, err error) {
			err = row(&m.height, &m.n, str(&m.Month), &m.Partial)
			return m, err
		}, `SELECT height, n, month, partial FROM months ORDER BY height DESC, n DESC`)
		if err != nil {
			return err
		}
		for _, m := range months {
			m.Balances, err = list(ctx, q, func(row func(...any) error) (b ledger.MonthBalance, err error) {
				err = row(str(&b.Participant), scanCost{&b.Paid}, scanCost{&b.Baseline}, scanCost{&b.Eligible}, scanCost{&b.TopUp})
				return b, err
			}, `SELECT participant, paid, baseline, eligible, top_up FROM month_balances WHERE height = $1 AND n = $2`, m.height, m.n)
			if err != nil {
				return err
			}
			sortBy(m.Balances, func(b ledger.MonthBalance) string { return string(b.Participant) })
			all = append(all, m.MonthClosed)
		}
		return nil
	})
	return all, err
}

// Interval is a settled interval of the whole complex.
type Interval struct {
	First, Last torg.Slot
	Connection  torg.Energy // net import
	Invoice     torg.Cost   // the supplier's
	Residual    torg.Cost   // shared out (plus) or borne by the loss account (minus)
	Height      int64
}

// Intervals returns the settled intervals that begin in the slots first to before
// last, newest first.
func (s *Store) Intervals(ctx context.Context, first, last torg.Slot) (all []Interval, err error) {
	err = s.view(ctx, "intervals", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (i Interval, err error) {
			err = row(&i.First, &i.Last, &i.Connection, scanCost{&i.Invoice}, scanCost{&i.Residual}, &i.Height)
			return i, err
		}, `SELECT first_slot, last_slot, connection, invoice, residual, height FROM intervals
			WHERE first_slot >= $1 AND first_slot < $2 ORDER BY first_slot DESC`, int64(first), int64(last))
		return err
	})
	return all, err
}
