package main

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"torg"
	"torg/board"
	"torg/httpapi"
	"torg/ledger"
	"torg/sign"
)

// boardClient asks a market over HTTP. The key signs on this machine and never leaves
// it.
type boardClient struct {
	caller
	URL  string `name:"url" help:"Address of the market." default:"http://127.0.0.1:8080" env:"TORG_URL"`
	Key  string `help:"Your private key, PKCS#8 in PEM; without it a server that holds it signs." type:"path"`
	JSON bool   `name:"json" help:"Write JSON."`
	Dry  bool   `name:"dry-run" help:"Say what would be signed and what it would cost, and sign nothing."`
}

// rules are what the client has to know of the complex.
type rules struct {
	chainID  string
	calendar torg.Calendar
	location *time.Location
}

// The most that is taken from a server, and how long it may take.
const (
	maxAnswer  = 32 << 20
	answerWait = time.Minute
)

func (c boardClient) base() (*url.URL, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, usage(fmt.Errorf("--url %q is not an address such as http://127.0.0.1:8080", c.URL))
	}
	return base, nil
}

// do asks the market and reads its answer into v.
func (c boardClient) do(ctx context.Context, method, path string, query url.Values, body, v any) error {
	base, err := c.base()
	if err != nil {
		return err
	}
	at := base.JoinPath(path)
	at.RawQuery = query.Encode()
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, at.String(), send)
	if err != nil {
		return usage(err)
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.remote().do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", c.URL, err)
	case len(text) > maxAnswer:
		return fmt.Errorf("%s: an answer of more than %d bytes", c.URL, maxAnswer)
	case answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusAccepted:
		return c.refusal(answer.StatusCode, text)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", c.URL, err)
	}
	return nil
}

// refusal says what a market answered, its own word first.
func (c boardClient) refusal(status int, text []byte) error {
	var p httpapi.Problem
	if json.Unmarshal(text, &p) != nil || p.Code == "" {
		return refused(c.URL, status, text)
	}
	what := fmt.Sprintf("%s: %s", p.Code, p.Detail)
	for _, f := range p.Errors {
		what += fmt.Sprintf("; %s: %s", f.Location, f.Message)
	}
	err := fmt.Errorf("%s", what)
	if status >= 400 && status < 500 {
		return usage(err)
	}
	return err
}

// rules asks for what the client has to know.
func (c boardClient) rules(ctx context.Context) (rules, error) {
	var got httpapi.BoardRules
	if err := c.do(ctx, http.MethodGet, "/api/v1/board", nil, nil, &got); err != nil {
		return rules{}, err
	}
	r := rules{chainID: got.ChainID, calendar: torg.Calendar{Interval: time.Duration(got.SlotSeconds) * time.Second}}
	if err := r.calendar.Valid(); err != nil {
		return r, fmt.Errorf("%s: %w", c.URL, err)
	}
	var err error
	if r.location, err = time.LoadLocation(got.Timezone); err != nil {
		return r, fmt.Errorf("%s: %w", c.URL, err)
	}
	return r, nil
}

func (c boardClient) key() (crypto.Signer, error) {
	if c.Key == "" {
		return nil, nil
	}
	key, err := sign.ReadKey(c.Key)
	return key, usage(err)
}

// sign drafts what is asked for, says what it is, and signs it where there is a key: the
// bytes are made here of what the draft says, and have to be the server's. It returns no
// draft where nothing is to be sent.
func (c boardClient) sign(ctx context.Context, r rules, ask board.Ask) (*httpapi.BoardDraft, []byte, error) {
	key, err := c.key()
	if err != nil {
		return nil, nil, err
	}
	var d httpapi.BoardDraft
	if err := c.do(ctx, http.MethodPost, "/api/v1/board/draft", nil, ask, &d); err != nil {
		return nil, nil, err
	}
	message, err := r.message(ask, d)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.URL, err)
	}
	if !bytes.Equal(message, d.Message) {
		return nil, nil, fmt.Errorf("%s: the bytes to sign are not what the draft says: nothing is signed", c.URL)
	}
	if !c.JSON || c.Dry {
		c.describe(r, d)
	}
	if c.Dry {
		if c.JSON {
			return nil, nil, printJSON(d)
		}
		return nil, nil, nil
	}
	if key == nil {
		return &d, nil, nil
	}
	signature, err := sign.Sign(key, message)
	return &d, signature, err
}

// message makes the bytes that a draft's body has, and holds the draft against what was
// asked for.
func (r rules) message(ask board.Ask, d httpapi.BoardDraft) ([]byte, error) {
	differs := func(what string) error { return fmt.Errorf("the draft is of another %s: nothing is signed", what) }
	if d.ChainID != r.chainID || d.Kind != ask.Kind {
		return nil, differs("chain or kind")
	}
	switch {
	case d.Offer != nil:
		o, err := d.Offer.Read(r.calendar)
		if err != nil {
			return nil, err
		}
		if ask.Kind == board.KindUnpost {
			if string(o.ID()) != ask.Offer {
				return nil, differs("offer")
			}
			return ledger.TxMessage(r.chainID, ledger.Unpost{Site: o.Site, Number: o.Number}), nil
		}
		want, err := r.asked(ask)
		if err != nil || string(o.Site) != ask.Site || o.Side.String() != ask.Side || o.Whole != ask.Whole || o.Source != ask.Source || !o.Profile.Equal(want) {
			return nil, differs("offer")
		}
		return ledger.TxMessage(r.chainID, ledger.Post{Offer: o}), nil
	case d.Contract != nil:
		k, err := d.Contract.Read(r.calendar)
		if err != nil {
			return nil, err
		}
		side, err := board.ParseSide(d.Side)
		if err != nil {
			return nil, err
		}
		_, site := k.Party(side)
		switch {
		case ask.Kind == board.KindTake && (string(k.Offer) != ask.Offer || string(site) != ask.Site):
			return nil, differs("offer")
		case ask.Kind != board.KindTake && ask.Kind != board.KindContract && string(k.ID()) != ask.Contract:
			return nil, differs("contract")
		case ask.Kind == board.KindDecline:
			return ledger.TxMessage(r.chainID, ledger.Decline{Contract: k.ID(), Side: side}), nil
		}
		return ledger.ForwardMessage(r.chainID, k), nil
	}
	return nil, differs("kind")
}

// asked is the profile that an ask has in steps.
func (r rules) asked(ask board.Ask) (torg.Profile, error) {
	steps := make([]torg.Step, len(ask.Steps))
	for i, s := range ask.Steps {
		price, err := torg.ParsePrice(s.Price)
		if err != nil {
			return torg.Profile{}, err
		}
		steps[i] = torg.Step{Slots: s.Slots, Energy: torg.Energy(s.EnergyWh), Price: price}
	}
	return board.NewProfile(r.calendar.At(ask.First), steps), nil
}
