package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"torg"
	"torg/httpapi"
	"torg/record"
	"torg/record/recordtest"
)

// archives answers for one contract only.
type archives struct{}

func (archives) Proof(_ context.Context, id torg.ContractID, from int64) ([]byte, error) {
	switch id {
	case "good":
		return fmt.Appendf(nil, "archive from %d", from), nil
	case "early":
		return nil, fmt.Errorf("its session still trades: %w", torg.ErrNotOpen)
	case "broken":
		return nil, errors.New("disk on fire")
	}
	return nil, fmt.Errorf("not a contract of this chain: %w", torg.ErrUnknown)
}

func TestProof(t *testing.T) {
	m := recordtest.New()
	for _, id := range []torg.ContractID{"good", "early", "broken"} {
		m.Deals = append(m.Deals, record.Contract{Contract: torg.Contract{ID: id}})
	}
	c := config(m)
	without := httpapi.New(c)
	c.Proofs = archives{}
	with := httpapi.New(c)
	for what, want := range map[string]struct {
		path, body string
		code       int
	}{
		"a proof":             {"good/proof", "archive from 1", 200},
		"from a header":       {"good/proof?from=77", "archive from 77", 200},
		"from header 0":       {"good/proof?from=0", "malformed", 422},
		"from nowhere":        {"good/proof?from=x", "malformed", 422},
		"a stranger's":        {"other/proof", "unknown", 404},
		"too early":           {"early/proof", "still trades", 409},
		"a failure of ours":   {"broken/proof", "internal", 500},
		"an endless id":       {strings.Repeat("x", 200) + "/proof", "malformed", 422},
		"an id with a header": {"good%0d%0aX-Evil:1/proof", "unknown", 404},
	} {
		w := ask(with, "GET", "/api/v1/contracts/"+want.path, "")
		if w.Code != want.code || !strings.Contains(w.Body.String(), want.body) || strings.Contains(w.Body.String(), "on fire") {
			t.Errorf("%s: %d %s, want %d and %q", what, w.Code, w.Body, want.code, want.body)
		}
		if kind := w.Header().Get("Content-Type"); w.Code == 200 && (kind != "application/zip" || !strings.Contains(w.Header().Get("Content-Disposition"), `"contract-good.zip"`)) {
			t.Errorf("%s: %s, %s", what, kind, w.Header().Get("Content-Disposition"))
		}
	}
	if w := ask(without, "GET", "/api/v1/contracts/good/proof", ""); w.Code != 409 || !strings.Contains(w.Body.String(), "without consensus") {
		t.Errorf("without consensus: %d %s", w.Code, w.Body)
	}
}
