package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"torg"
	"torg/httpapi"
	"torg/record/recordtest"
)

// relayed takes the transaction "good" and answers for some others.
type relayed struct{ got []byte }

func (r *relayed) Submit(_ context.Context, tx []byte) error {
	switch string(tx) {
	case "forged":
		return fmt.Errorf("not signed by an owner: %w", torg.ErrBadSignature)
	case "approved by nobody":
		return torg.ErrNotApprover
	case "again":
		return torg.ErrDuplicate
	case "nonsense":
		return torg.ErrMalformed
	case "broken":
		return errors.New("disk on fire")
	}
	r.got = tx
	return nil
}

func TestTransactionsAreRelayed(t *testing.T) {
	c := config(recordtest.New())
	without := httpapi.New(c)
	r := &relayed{}
	c.Transactions = r
	with := httpapi.New(c)
	send := func(h http.Handler, kind string, body []byte) *httptest.ResponseRecorder {
		q := httptest.NewRequest("POST", "/api/v1/transactions", bytes.NewReader(body))
		q.Host = "localhost"
		q.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, q)
		return w
	}
	const octets = "application/octet-stream"
	good := append([]byte{0, 1, 255}, "good"...)
	if w := send(with, octets, good); w.Code != 202 || !bytes.Equal(r.got, good) {
		t.Errorf("a good one: %d %s, relayed %x", w.Code, w.Body, r.got)
	}
	for body, want := range map[string]struct {
		code int
		word string
	}{
		"forged": {403, "bad_signature"}, "approved by nobody": {403, "not_approver"}, "again": {409, "duplicate"},
		"nonsense": {400, "malformed"}, "broken": {500, "internal"}, "": {400, "malformed"},
	} {
		w := send(with, octets, []byte(body))
		if w.Code != want.code || !strings.Contains(w.Body.String(), want.word) || strings.Contains(w.Body.String(), "on fire") {
			t.Errorf("%q: %d %s, want %d %s", body, w.Code, w.Body, want.code, want.word)
		}
	}
	r.got = nil
	if w := send(with, octets, make([]byte, httpapi.MaxTransaction+1)); w.Code != 413 || r.got != nil {
		t.Errorf("a body beyond all size: %d", w.Code)
	}
	if w := send(with, octets, make([]byte, httpapi.MaxTransaction)); w.Code != 202 || len(r.got) != httpapi.MaxTransaction {
		t.Errorf("the largest body: %d", w.Code)
	}
	if w := send(without, octets, good); w.Code != 503 {
		t.Errorf("no market: %d", w.Code)
	}
}
