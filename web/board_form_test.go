package web_test

import (
	"strings"
	"testing"

	"torg/board"
	"torg/record/recordtest"
	"torg/web"
)

// A plant whose generator makes more than it needs is offered to sell, by its readings.
func TestOfferFormKnowsTheSide(t *testing.T) {
	c := config(recordtest.New())
	c.Board = &board.Desk{}
	h := web.New(c)
	for who, side := range map[string]string{"foundry": "sell", "factory": "buy", "wind": "sell", "teplo": "buy"} {
		if page := get(h, "/board?as="+who).Body.String(); !strings.Contains(page, `<option value="`+side+`" selected>`) {
			t.Errorf("%s does not find %s chosen", who, side)
		}
	}
}
