package export

import (
	"encoding/hex"
	"io"
	"strconv"

	"torg/record"
)

// Transfers writes one row per deposit or withdrawal; times that are not known are empty.
func Transfers(w io.Writer, rows []record.Transfer) error {
	head := []string{"kind", "participant", "amount_rub", "reference", "bank_reference", "state", "began", "changed", "ledger_height", "changed_height"}
	return write(w, head, rows, func(t record.Transfer) []string {
		began, changed := "", ""
		if !t.Began.IsZero() {
			began = utc(t.Began)
		}
		if !t.Changed.IsZero() {
			changed = utc(t.Changed)
		}
		return []string{string(t.Kind), string(t.Participant), t.Amount.String(), plain(t.Reference), plain(t.BankReference), t.State,
			began, changed, strconv.FormatInt(t.Height, 10), strconv.FormatInt(t.ChangedHeight, 10)}
	})
}

// OwnerKeys writes one row per key.
func OwnerKeys(w io.Writer, rows []record.OwnerKey) error {
	head := []string{"fingerprint", "ledger_height", "ended_height"}
	return write(w, head, rows, func(k record.OwnerKey) []string {
		return []string{hex.EncodeToString(k.Fingerprint[:]), strconv.FormatInt(k.Height, 10), strconv.FormatInt(k.Ended, 10)}
	})
}
