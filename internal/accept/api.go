package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// site is a running market's HTTP side.
type site struct{ url string }

// contract is a row of /api/v1/contracts.
type contract struct {
	ID          string `json:"id"`
	Session     string `json:"session"`
	Discovery   int    `json:"discovery"`
	Round       int    `json:"round"`
	Buyer       string `json:"buyer"`
	Seller      string `json:"seller"`
	EnergyWh    int64  `json:"energy_wh"`
	BuyerPrice  string `json:"buyer_price"`
	SellerPrice string `json:"seller_price"`
	State       string `json:"state"`
	BuyerOrder  string `json:"buyer_order"`
	SellerOrder string `json:"seller_order"`
	Height      int64  `json:"ledger_height"`
	Origin      string `json:"origin"`
}

func (c contract) onLedger() bool { return c.Origin == "ledger" }

// session is a row of /api/v1/sessions.
type session struct {
	ID        string    `json:"id"`
	SlotStart time.Time `json:"slot_start"`
	State     string    `json:"state"`
	Origin    string    `json:"origin"`
}

func (s session) onLedger() bool { return s.Origin == "ledger" }

// get returns the body of an answer with status 200.
func (s site) get(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %s", path, answer.Status, strings.TrimSpace(string(body)))
	}
	return string(body), nil
}

// contracts returns every contract on the ledger, newest first.
func (s site) contracts(ctx context.Context) ([]contract, error) {
	return onLedger[contract](ctx, s, "/api/v1/contracts")
}

// sessions returns every session that has come on the ledger's watch, newest first.
func (s site) sessions(ctx context.Context) ([]session, error) {
	return onLedger[session](ctx, s, "/api/v1/sessions")
}

// onLedger reads a list page by page, as far as anything on the ledger comes: behind
// it is generated history.
func onLedger[T interface{ onLedger() bool }](ctx context.Context, s site, path string) ([]T, error) {
	var all []T
	for cursor := ""; ; {
		body, err := s.get(ctx, path+"?limit=1000&cursor="+url.QueryEscape(cursor))
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		before := len(all)
		for _, item := range page.Items {
			if item.onLedger() {
				all = append(all, item)
			}
		}
		if page.Next == "" || len(all) == before {
			return all, nil
		}
		cursor = page.Next
	}
}
