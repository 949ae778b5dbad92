package abci

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"io"

	abci "github.com/cometbft/cometbft/abci/types"

	"torg"
	"torg/ledger"
)

// A block's result travels in CometBFT's: the refusals in the transactions'
// results, which the next header commits to, and the ledger's events as JSON in one
// attribute, which are kept with the block.
const (
	codespace   = "torg"
	codeRefused = 1 // of a transaction; its data is the word
	codeFailed  = 2 // of a check that could not be made

	eventsType  = "torg"
	eventsPlain = "json"         // the attribute's key
	eventsSmall = "json.deflate" // when it is compressed, and in base64

	// compressFrom is from how many bytes on events are compressed.
	compressFrom = 1 << 10
	// maxEvents bounds what a block's events may unfold to, in bytes.
	maxEvents = 1 << 30
)

func txResults(codes []torg.Refusal) []*abci.ExecTxResult {
	list := make([]*abci.ExecTxResult, len(codes))
	for i, c := range codes {
		list[i] = &abci.ExecTxResult{}
		if c != "" {
			list[i] = &abci.ExecTxResult{Code: codeRefused, Codespace: codespace, Data: []byte(c)}
		}
	}
	return list
}

func refusals(list []*abci.ExecTxResult) []torg.Refusal {
	codes := make([]torg.Refusal, len(list))
	for i, r := range list {
		codes[i] = torg.Refusal(r.Data)
	}
	return codes
}

func encodeEvents(events []ledger.Event, txs [][]byte) ([]abci.Event, error) {
	text, err := ledger.EventText(events, txs)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if len(text) == 0 {
		return nil, nil
	}
	a := abci.EventAttribute{Key: eventsPlain, Value: string(text)}
	if len(text) >= compressFrom {
		var small bytes.Buffer
		w, err := flate.NewWriter(&small, flate.BestSpeed)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		if _, err := w.Write(text); err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		if err := w.Close(); err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		a = abci.EventAttribute{Key: eventsSmall, Value: base64.StdEncoding.EncodeToString(small.Bytes())}
	}
	return []abci.Event{{Type: eventsType, Attributes: []abci.EventAttribute{a}}}, nil
}

// parseEvents reads a block's events; nil: there are none.
func parseEvents(text []byte, txs [][]byte) ([]ledger.Event, error) {
	events, err := ledger.ReadEventText(text, txs)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

// eventsText returns a block's events as the JSON that was stored; nil: there are
// none.
func eventsText(list []abci.Event) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if len(list) != 1 || list[0].Type != eventsType || len(list[0].Attributes) != 1 {
		return nil, fmt.Errorf("events: not written by this program")
	}
	a := list[0].Attributes[0]
	switch a.Key {
	case eventsPlain:
		return []byte(a.Value), nil
	case eventsSmall:
		small, err := base64.StdEncoding.DecodeString(a.Value)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(small)), maxEvents+1))
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		if len(text) > maxEvents {
			return nil, fmt.Errorf("events: more than %d bytes", maxEvents)
		}
		return text, nil
	}
	return nil, fmt.Errorf("events: unknown form %q", a.Key)
}
