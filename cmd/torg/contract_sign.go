package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"torg"
	"torg/board"
	"torg/canon"
	"torg/httpapi"
	"torg/ledger"
	"torg/sign"
)

// paper is a forward contract in a file, with the signatures that it has so far. The
// signatures are base64.
type paper struct {
	ChainID      string              `yaml:"chain_id"`
	Interval     time.Duration       `yaml:"interval"` // of a slot
	Contract     board.ContractTerms `yaml:"contract"`
	BuyerSigned  signature           `yaml:"buyer_signed,omitempty"`
	SellerSigned signature           `yaml:"seller_signed,omitempty"`
}

// maxPaper bounds a contract's file in bytes.
const maxPaper = 1 << 20

// readPaper reads a contract's file. Unknown keys are errors.
func readPaper(path string) (p paper, c torg.Forward, err error) {
	text, err := readUpTo(path, maxPaper)
	if err != nil {
		return p, c, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		return p, c, fmt.Errorf("%s: %w", path, err)
	}
	cal := torg.Calendar{Interval: p.Interval}
	if err := cal.Valid(); err != nil {
		return p, c, fmt.Errorf("%s: %w", path, err)
	}
	if p.ChainID == "" {
		return p, c, fmt.Errorf("%s: no chain_id", path)
	}
	if c, err = p.Contract.Read(cal); err != nil {
		return p, c, fmt.Errorf("%s: contract: %w", path, err)
	}
	if c.Buyer == "" || c.Seller == "" || c.BuyerSite == "" || c.SellerSite == "" || c.Number == 0 {
		return p, c, fmt.Errorf("%s: contract: a party, a site or the number is missing", path)
	}
	return p, c, nil
}

func readUpTo(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: not a file of at most %d bytes", path, most)
	}
	return os.ReadFile(path)
}

func (p paper) write(path string) error {
	text, err := yaml.Marshal(p)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// contractSignCmd signs a forward contract where no network is.
type contractSignCmd struct {
	Key  string `help:"Your private key, PKCS#8 in PEM." required:"" type:"path"`
	In   string `help:"The contract: a file that torg board draft wrote, or the bytes to sign (.bin)." required:"" type:"path"`
	Out  string `help:"Where to write it with your signature; of bytes, the signature alone." required:"" type:"path"`
	Side string `help:"Whose signature it is: buy or sell. Not for bytes." enum:"buy,sell," default:""`
}

// Run signs.
func (s contractSignCmd) Run() error {
	key, err := sign.ReadKey(s.Key)
	if err != nil {
		return usage(err)
	}
	if strings.HasSuffix(s.In, ".bin") {
		message, err := readUpTo(s.In, maxPaper)
		if err != nil {
			return usage(err)
		}
		c, chain, err := readContract(message)
		if err != nil {
			return usage(fmt.Errorf("%s: %w", s.In, err))
		}
		signed, err := sign.Sign(key, message)
		if err != nil {
			return err
		}
		say("Contract %s of chain %s: %s buys from %s %s.", c.ID(), chain, c.BuyerSite, c.SellerSite, worth(c))
		return os.WriteFile(s.Out, signed, 0o644)
	}
	p, c, err := readPaper(s.In)
	if err != nil {
		return usage(err)
	}
	side, err := board.ParseSide(s.Side)
	if err != nil {
		return usage(errors.New("--side: whose signature it is, buy or sell"))
	}
	signed, err := sign.Sign(key, ledger.ForwardMessage(p.ChainID, c))
	if err != nil {
		return err
	}
	if side == torg.Buy {
		p.BuyerSigned = signed
	} else {
		p.SellerSigned = signed
	}
	if err := p.write(s.Out); err != nil {
		return err
	}
	party, _ := c.Party(side)
	say("Contract %s of chain %s: %s buys from %s %s. Signed for %s.", c.ID(), p.ChainID, c.BuyerSite, c.SellerSite, worth(c), party)
	return nil
}

// readContract reads the bytes that both parties of a forward contract sign.
func readContract(message []byte) (c torg.Forward, chain string, err error) {
	domain, chain, body, err := sign.ParseMessage(message)
	if err != nil {
		return c, chain, err
	}
	if domain != sign.DomainContract {
		return c, chain, fmt.Errorf("bytes of %q, not of a contract of the board", domain)
	}
	r := canon.NewReader(body)
	c = canon.ReadForward(r)
	if err := r.Done(); err != nil {
		return c, chain, err
	}
	return c, chain, c.Profile.Valid()
}

// worth says how much a contract is of, without a calendar.
func worth(c torg.Forward) string {
	energy, cost := board.Total(c.Profile)
	return fmt.Sprintf("%s in %d slots for %s RUB", energy, c.Profile.Slots(), cost)
}

type boardDraftCmd struct {
	boardClient `embed:""`
	boardEnergy `embed:""`
	Site        string `help:"Your site." required:""`
	Side        string `help:"What it does: buy or sell." required:"" enum:"buy,sell"`
	With        string `help:"The other party's site." required:""`
	MaxFee      string `help:"Most that the buyer pays for lines, RUB/kWh."`
	Source      string `help:"Of the energy, such as solar."`
	Until       string `help:"When both have to have signed; default: 12 hours, or when the first session opens."`
	Number      uint64 `help:"Makes the id; default: the next one."`
	Out         string `help:"File to write." required:"" type:"path"`
}

// Run writes a contract to be signed offline.
func (x boardDraftCmd) Run(ctx context.Context) error {
	r, err := x.rules(ctx)
	if err != nil {
		return err
	}
	energy, err := x.profile(r)
	if err != nil {
		return err
	}
	x.Key = "" // it is signed offline
	d, _, err := x.sign(ctx, r, board.Ask{Kind: board.KindContract, Site: x.Site, Side: x.Side, Partner: x.With, First: r.calendar.Start(energy.First),
		Steps: board.Steps(energy), MaxFee: x.MaxFee, Source: x.Source, Until: x.Until, Number: x.Number})
	if err != nil || d == nil {
		return err
	}
	return paper{ChainID: r.chainID, Interval: r.calendar.Interval, Contract: *d.Contract}.write(x.Out)
}

type boardSubmitCmd struct {
	boardClient `embed:""`
	In          string `help:"The contract with its signatures." required:"" type:"path"`
}

// Run brings a signed contract to the ledger.
func (s boardSubmitCmd) Run(ctx context.Context) error {
	p, c, err := readPaper(s.In)
	if err != nil {
		return usage(err)
	}
	if len(p.BuyerSigned) == 0 && len(p.SellerSigned) == 0 {
		return usage(fmt.Errorf("%s: nobody has signed contract %s", s.In, c.ID()))
	}
	var got httpapi.BoardReceipt
	body := map[string]any{"contract": p.Contract}
	if len(p.BuyerSigned) > 0 {
		body["buyer_signed"] = []byte(p.BuyerSigned)
	}
	if len(p.SellerSigned) > 0 {
		body["seller_signed"] = []byte(p.SellerSigned)
	}
	if err := s.do(ctx, http.MethodPost, "/api/v1/board/sign", nil, body, &got); err != nil {
		return err
	}
	return s.receipt(got)
}
