package main

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"torg"
	"torg/datadir"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/sign"
)

// signing says with which key and for which chain something is signed. The key does not
// leave this machine.
type signing struct {
	Key      string `help:"File with the private key that signs: PKCS#8 PEM, or PKCS#12 (mode 0600)." required:"" type:"path"`
	Password string `help:"File with the password of a PKCS#12 key." type:"path"`
	ChainID  string `help:"Id of the chain that the signature is for, as in the data folder's torg.json." required:"" name:"chain-id"`
}

func (s signing) signer() (crypto.Signer, error) {
	password := ""
	if s.Password != "" {
		text, err := os.ReadFile(s.Password)
		if err != nil {
			return nil, usage(fmt.Errorf("--password: %w", err))
		}
		password = strings.TrimRight(string(text), "\r\n")
	}
	if s.ChainID == "" || len(s.ChainID) > 50 {
		return nil, usage(fmt.Errorf("--chain-id %q: must have 1 to 50 characters", s.ChainID))
	}
	key, err := sign.ReadSigner(s.Key, password)
	if err != nil {
		return nil, usage(fmt.Errorf("--key: %w", err))
	}
	return key, nil
}

// encode signs a transaction.
func (s signing) encode(b ledger.Body) ([]byte, error) {
	key, err := s.signer()
	if err != nil {
		return nil, err
	}
	return encode(s.ChainID, b, key)
}

func encode(chainID string, b ledger.Body, key crypto.Signer) ([]byte, error) {
	tx, err := ledger.Encode(chainID, b, key)
	if torg.RefusalOf(err) != "" {
		err = usage(err)
	}
	return tx, err
}

// delivery says where a transaction goes: exactly one of the three.
type delivery struct {
	caller
	Data string `help:"Data folder of a market that does not run: the transaction is committed on its chain." xor:"to" required:"" type:"path"`
	URL  string `help:"Address of a running market, such as http://127.0.0.1:8080." name:"url" xor:"to" required:""`
	Out  string `help:"File to write the signed transaction to, for torg submit." xor:"to" required:"" type:"path"`
}

func (d delivery) deliver(ctx context.Context, tx []byte) error {
	switch {
	case d.Out != "":
		if err := writeNew(d.Out, tx); err != nil {
			return err
		}
		say("%d bytes in %s. Hand them over with: torg submit %s --url URL", len(tx), d.Out, d.Out)
		return nil
	case d.URL != "":
		return post(ctx, d.remote(), d.URL, tx)
	}
	return commit(ctx, d.Data, tx)
}

// writeNew writes a file that is not there yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return usage(err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// submitWait bounds how long a market may take to answer, and a block to come.
const submitWait = time.Minute

// post hands a transaction to a market that runs.
func post(ctx context.Context, from remote, to string, tx []byte) error {
	base, err := url.Parse(to)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return usage(fmt.Errorf("--url %q is not an address such as http://127.0.0.1:8080", to))
	}
	ctx, cancel := context.WithTimeout(ctx, submitWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base.JoinPath("api/v1/transactions").String(), bytes.NewReader(tx))
	if err != nil {
		return usage(err)
	}
	request.Header.Set("Content-Type", "application/octet-stream")
	answer, err := from.do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	if answer.StatusCode != http.StatusAccepted {
		return refused(to, answer.StatusCode, body)
	}
	say("The ledger took it; it counts from the next block.")
	return nil
}

// commit runs the chain of a market that does not run until a block has the transaction.
func commit(ctx context.Context, data string, tx []byte) (err error) {
	meta, err := datadir.Read(data)
	if err != nil {
		return usage(err)
	}
	place, err := datadir.Reopen(data, meta)
	if err != nil {
		return usage(fmt.Errorf("%w; a running market is asked with --url", err))
	}
	defer place.Close()
	chain, err := abci.Open(abci.Config{Dir: place.Join("chain"), Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, chain.Stop()) }()
	type fate struct {
		height int64
		code   torg.Refusal
	}
	found := make(chan fate, 1)
	chain.Watch(func(c ledger.Committed) {
		for i, other := range c.Txs {
			if bytes.Equal(other, tx) {
				select {
				case found <- fate{c.Height, c.Codes[i]}:
				default:
				}
			}
		}
	})
	ctx, cancel := context.WithTimeout(ctx, submitWait)
	defer cancel()
	if err := chain.Start(ctx); err != nil {
		return err
	}
	if err := chain.Submit(ctx, tx); err != nil {
		if torg.RefusalOf(err) != "" {
			err = usage(err)
		}
		return err
	}
	select {
	case f := <-found:
		if f.code != "" {
			return usage(fmt.Errorf("block %d refuses it: %w", f.height, f.code))
		}
		say("Committed in block %d.", f.height)
		return nil
	case <-chain.Done():
		return fmt.Errorf("chain: %w", chain.Err())
	case <-ctx.Done():
		return fmt.Errorf("no block has it: %w", ctx.Err())
	}
}

type submitCmd struct {
	caller
	File string `arg:"" help:"Signed transaction that --out wrote." type:"path"`
	Data string `help:"Data folder of a market that does not run." xor:"to" required:"" type:"path"`
	URL  string `help:"Address of a running market." name:"url" xor:"to" required:""`
}

// Run hands a transaction over that was signed elsewhere.
func (s submitCmd) Run(ctx context.Context) error {
	tx, err := os.ReadFile(s.File)
	if err != nil {
		return usage(err)
	}
	if _, err := ledger.Decode(tx); err != nil {
		return usage(fmt.Errorf("%s: %w", s.File, err))
	}
	return delivery{caller: s.caller, Data: s.Data, URL: s.URL}.deliver(ctx, tx)
}
