package abci

import (
	"bytes"
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	"torg"
	"torg/ledger"
)

func TestEventsTravel(t *testing.T) {
	for _, n := range []int{0, 1, 500} {
		var events []ledger.Event
		for i := range n {
			events = append(events,
				ledger.Event{Admitted: &ledger.Admit{Participant: torg.ParticipantID(fmt.Sprint("p", i)), OwnerKey: []byte{1, 2, 255}}},
				ledger.Event{Statement: &ledger.StatementTaken{Site: "s", Root: [32]byte{31: 9}, Differs: true}},
				ledger.Event{Posting: &torg.Posting{Amount: torg.CostFromBits(^uint64(0), uint64(i)), To: "ы"}})
		}
		list, err := encodeEvents(events, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readEvents(list)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(asJSON(t, got), asJSON(t, events)) {
			t.Errorf("%d events came as %d others", len(events), len(got))
		}
		if n == 500 {
			if size, plain := len(list[0].Attributes[0].Value), len(asJSON(t, events)); size > plain/5 {
				t.Errorf("%d bytes of events travel in %d", plain, size)
			}
		}
	}
}

func TestBadEvents(t *testing.T) {
	attr := func(key, value string) []abci.Event {
		return []abci.Event{{Type: eventsType, Attributes: []abci.EventAttribute{{Key: key, Value: value}}}}
	}
	for name, list := range map[string][]abci.Event{
		"of another type": {{Type: "tx"}},
		"two":             append(attr(eventsPlain, "[]"), attr(eventsPlain, "[]")...),
		"unknown form":    attr("xml", "<a/>"),
		"no JSON":         attr(eventsPlain, "[{"),
		"no base64":       attr(eventsSmall, "!"),
		"no deflate":      attr(eventsSmall, "AAAA"),
	} {
		if _, err := readEvents(list); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzDecodeEvents(f *testing.F) {
	f.Add(eventsPlain, "[]")
	f.Add(eventsPlain, `[{"Missed":{"Slot":1,"Discovery":2}}]`)
	f.Add(eventsSmall, "AAAA")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, key, value string) {
		events, err := readEvents([]abci.Event{{Type: eventsType, Attributes: []abci.EventAttribute{{Key: key, Value: value}}}})
		if err != nil {
			return
		}
		list, err := encodeEvents(events, nil)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := readEvents(list); err != nil || !bytes.Equal(asJSON(t, again), asJSON(t, events)) && len(events) > 0 {
			t.Fatalf("%d events came again as %d: %v", len(events), len(again), err)
		}
	})
}

// readEvents is how encodeEvents' events are read where no transaction holds a signature.
func readEvents(list []abci.Event) ([]ledger.Event, error) {
	text, err := eventsText(list)
	if err != nil {
		return nil, err
	}
	return parseEvents(text, nil)
}
