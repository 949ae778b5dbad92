package abci

import (
	"encoding/hex"
	"encoding/json"
)

// logProof is a day's log.json: what shows the log of session roots in the state after
// the day.
type logProof struct {
	Record hexText `json:"log_record"`  // ICS 23, of the IAVL tree
	Light  hexText `json:"light_block"` // whose header has the state's hash
}

// encode returns the one form of log.json.
func (p logProof) encode() []byte {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic("abci: " + err.Error()) // two strings
	}
	return append(text, '\n')
}

// hexText are bytes in lower-case hexadecimal digits.
type hexText []byte

// MarshalText returns the digits.
func (h hexText) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads the digits.
func (h *hexText) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}
