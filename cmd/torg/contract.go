package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"torg"
	"torg/datadir"
	"torg/ledger/abci"
	"torg/proof"
)

type contractCmd struct {
	Export contractExportCmd `cmd:"" help:"Write everything that proves a contract."`
	Verify contractVerifyCmd `cmd:"" help:"Check an exported contract offline."`
	Sign   contractSignCmd   `cmd:"" help:"Sign a contract of the board offline."`
}

type contractExportCmd struct {
	remote
	ID   string `arg:"" help:"The contract, such as 20261122T143030Z-1-00007."`
	Out  string `help:"Folder to write to; it is made, or must be empty." required:"" type:"path"`
	Data string `help:"Data folder; its market must not run." default:"torg-data" env:"TORG_DATA" type:"path"`
	URL  string `help:"Address of a running market, such as http://127.0.0.1:8080, in place of a data folder." name:"url"`
	From int64  `help:"Height of the header that the reader trusts." default:"1"`
}

// Run exports a contract from the chain in a data folder, or over HTTP from the market
// that runs on it.
func (e contractExportCmd) Run(ctx context.Context) error {
	if e.From < 1 {
		return usage(fmt.Errorf("--from %d: heights begin at 1", e.From))
	}
	if err := empty(e.Out); err != nil {
		return usage(err)
	}
	get := e.fromData
	if e.URL != "" {
		get = e.fromURL
	}
	files, err := get(ctx)
	if err != nil {
		return err
	}
	trust, err := proof.Begins(files)
	if err != nil {
		return err
	}
	shown, err := proof.Verify(files, trust)
	if err == nil && string(shown.Contract.ID) != e.ID {
		err = fmt.Errorf("the proof is of contract %s", shown.Contract.ID)
	}
	if err != nil {
		return err
	}
	if err := files.WriteDir(e.Out); err != nil {
		return err
	}
	say("%d files in %s. Whoever trusts that header %d of this chain is %x checks them with", len(files), e.Out, trust.Height, trust.Hash)
	say("    torg contract verify %s --trust %s", e.Out, trust)
	return nil
}

// empty refuses a folder that has something in it, before anything is asked for.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("--out %s is not empty", dir)
	}
	return err
}

// fromData reads the chain of a market that does not run.
func (e contractExportCmd) fromData(context.Context) (proof.Files, error) {
	meta, err := datadir.Read(e.Data)
	if err != nil {
		return nil, usage(err)
	}
	place, err := datadir.Reopen(e.Data, meta)
	if err != nil {
		return nil, usage(fmt.Errorf("%w; a running market is asked with --url", err))
	}
	defer place.Close()
	chain, err := abci.OpenFolder(place.Join("chain"), place.Join("archive"))
	if err != nil {
		return nil, err
	}
	defer chain.Close()
	files, _, err := proof.NewIndex(chain).Export(torg.ContractID(e.ID), e.From)
	if torg.RefusalOf(err) != "" {
		err = usage(err)
	}
	return files, err
}

// The most that is taken from a server, and how long it may take: it may have to read
// its whole chain first.
const (
	maxArchive  = 64 << 20
	archiveWait = 10 * time.Minute
)

// fromURL asks a market that runs.
func (e contractExportCmd) fromURL(ctx context.Context) (proof.Files, error) {
	base, err := url.Parse(e.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, usage(fmt.Errorf("--url %q is not an address such as http://127.0.0.1:8080", e.URL))
	}
	at := base.JoinPath("api/v1/contracts", url.PathEscape(e.ID), "proof")
	at.RawQuery = fmt.Sprintf("from=%d", e.From)
	ctx, cancel := context.WithTimeout(ctx, archiveWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, usage(err)
	}
	answer, err := e.do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxArchive+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", e.URL, err)
	case answer.StatusCode != http.StatusOK:
		return nil, refused(e.URL, answer.StatusCode, body)
	case len(body) > maxArchive:
		return nil, fmt.Errorf("%s: an archive of more than %d bytes", e.URL, maxArchive)
	}
	files, err := proof.ReadZip(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.URL, err)
	}
	return files, nil
}

// refused says what a server answered. What it blames on the request is the user's.
func refused(from string, status int, body []byte) error {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		problem.Detail = http.StatusText(status)
	}
	err := fmt.Errorf("%s: %s", from, problem.Detail)
	if status >= 400 && status < 500 {
		return usage(err)
	}
	return err
}

type contractVerifyCmd struct {
	Dir   string `arg:"" help:"Folder that torg contract export wrote." type:"path"`
	Trust string `help:"HEIGHT:HASH of a header of the chain that you trust." required:""`
}

// Run checks a proof and says what it shows. A proof that does not hold is exit status 1.
func (v contractVerifyCmd) Run() error {
	trust, err := abci.ParseTrust(v.Trust)
	if err != nil {
		return usage(fmt.Errorf("--trust %w", err))
	}
	if info, err := os.Stat(v.Dir); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("%s is no folder", v.Dir))
	}
	files, err := proof.ReadDir(v.Dir)
	var shown proof.Shown
	if err == nil {
		shown, err = proof.Verify(files, trust)
	}
	if err != nil {
		return fmt.Errorf("%s does not hold: %w", v.Dir, err)
	}
	if c, f := shown.Contract, shown.Forward; f != nil {
		say("Contract %s of chain %s holds: %s buys %d Wh in %d slots ahead of %s.", c.ID, shown.ChainID, f.Buyer,
			f.Profile.Energy(f.Profile.First, f.Profile.Last()+1), f.Profile.Slots(), f.Seller)
	} else {
		say("Contract %s of chain %s holds: %s buys %d Wh for %s RUB/kWh, %s sells them for %s.",
			c.ID, shown.ChainID, c.Buyer, c.Energy, c.BuyerPrice, c.Seller, c.SellerPrice)
	}
	say("Signed: %s.", strings.Join(shown.Signed, ", "))
	say("Its session is in the log that header %d of %s commits to.", shown.Height, shown.Time.Format(time.RFC3339))
	return nil
}

// proofs are the proofs of a running chain's contracts, for the API.
type proofs struct{ index *proof.Index }

// Proof returns a proof as an archive.
func (p proofs) Proof(_ context.Context, id torg.ContractID, from int64) ([]byte, error) {
	files, _, err := p.index.Export(id, from)
	if err != nil {
		return nil, err
	}
	return files.Zip()
}
