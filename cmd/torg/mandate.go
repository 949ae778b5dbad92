package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/sign"
)

type mandateCmd struct {
	Sign   mandateSignCmd   `cmd:"" help:"Sign a mandate for an agent, offline."`
	Submit mandateSubmitCmd `cmd:"" help:"Hand a signed mandate to the ledger."`
}

// The files of a signed mandate; the owner's key is P.owner.pem.
const (
	fileMandate    = "mandate.bin"
	fileMandateSig = "mandate.sig"
	fileAgentKey   = "agent.pem"
	ownerSuffix    = ".owner.pem"
)

// mandateFile is what an owner writes: who may trade for which site, and how far.
type mandateFile struct {
	Participant  string    `yaml:"participant"`
	Site         string    `yaml:"site"`
	AgentKey     string    `yaml:"agent_key"` // the agent's public key in PEM, relative to the file
	Buy          bool      `yaml:"buy"`
	Sell         bool      `yaml:"sell"`
	MaxEnergy    int64     `yaml:"max_energy_wh"`  // per order
	MaxBuyPrice  string    `yaml:"max_buy_price"`  // RUB/kWh
	MinSellPrice string    `yaml:"min_sell_price"` // RUB/kWh
	DailySpend   string    `yaml:"daily_spend"`    // RUB per ledger day (UTC)
	Partners     []string  `yaml:"partners"`       // empty: anybody
	Expires      time.Time `yaml:"expires"`
}

// maxMandateFile bounds the file in bytes.
const maxMandateFile = 64 << 10

// readMandate reads a mandate and its agent's public key.
func readMandate(path string) (m torg.Mandate, agent []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() > maxMandateFile {
		return m, nil, fmt.Errorf("%s: not a file of at most %d bytes", path, maxMandateFile)
	}
	var in mandateFile
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&in); err != nil {
		return m, nil, fmt.Errorf("%s: %w", path, err)
	}
	key := in.AgentKey
	if !filepath.IsAbs(key) {
		key = filepath.Join(filepath.Dir(path), key)
	}
	if agent, err = readPublic(key); err != nil {
		return m, nil, fmt.Errorf("%s: agent_key: %w", path, err)
	}
	if m, err = in.mandate(sign.Fingerprint(agent)); err != nil {
		return m, nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, agent, nil
}

// readPublic reads an RSA public key in PEM.
func readPublic(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
		return nil, fmt.Errorf("%s: not one public key in PEM", path)
	}
	if _, err := sign.ParsePublic(block.Bytes); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return block.Bytes, nil
}

// mandate checks what the file says.
func (in mandateFile) mandate(agent torg.Fingerprint) (torg.Mandate, error) {
	var errs []error
	check := func(field string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", field, err))
		}
	}
	check("participant", torg.ValidID(in.Participant))
	check("site", torg.ValidID(in.Site))
	m := torg.Mandate{
		Participant: torg.ParticipantID(in.Participant), Site: torg.SiteID(in.Site), AgentKey: agent,
		Limits:  torg.Limits{Buy: in.Buy, Sell: in.Sell, MaxEnergy: torg.Energy(in.MaxEnergy), MinSell: torg.MaxPrice, MaxBuy: torg.MinPrice},
		Expires: in.Expires.UTC(),
	}
	if !in.Buy && !in.Sell {
		errs = append(errs, errors.New("buy, sell: one of them must be true"))
	}
	if m.Limits.MaxEnergy < 1 || m.Limits.MaxEnergy > torg.MaxOrderEnergy {
		errs = append(errs, fmt.Errorf("max_energy_wh: %d is outside 1 to %d", in.MaxEnergy, torg.MaxOrderEnergy))
	}
	var err error
	if in.Buy {
		m.Limits.MaxBuy, err = torg.ParsePrice(in.MaxBuyPrice)
		check("max_buy_price", err)
		m.Limits.DailySpend, err = torg.ParseMoney(in.DailySpend)
		check("daily_spend", err)
	}
	if in.Sell {
		m.Limits.MinSell, err = torg.ParsePrice(in.MinSellPrice)
		check("min_sell_price", err)
	}
	if m.Limits.DailySpend < 0 {
		errs = append(errs, errors.New("daily_spend: must not be negative"))
	}
	for _, p := range in.Partners {
		m.Limits.Partners = append(m.Limits.Partners, torg.ParticipantID(p))
	}
	check("partners", torg.ValidPartners(m.Limits.Partners))
	if in.Expires.IsZero() || in.Expires.Nanosecond() != 0 {
		errs = append(errs, errors.New("expires: must be a time in whole seconds, such as 2027-01-01T00:00:00Z"))
	}
	return m, errors.Join(errs...)
}

// describe says a mandate in words.
func describe(m torg.Mandate, chainID string) string {
	l := m.Limits
	var b strings.Builder
	fmt.Fprintf(&b, "On chain %s the key %x may trade for site %s of %s until %s:\n", chainID, m.AgentKey, m.Site, m.Participant, m.Expires.Format(time.RFC3339))
	fmt.Fprintf(&b, "  at most %d Wh in an order\n", l.MaxEnergy)
	if l.Buy {
		fmt.Fprintf(&b, "  buy for at most %s RUB/kWh, for at most %s RUB a day (UTC)\n", l.MaxBuy, l.DailySpend)
	} else {
		b.WriteString("  not buy\n")
	}
	if l.Sell {
		fmt.Fprintf(&b, "  sell for at least %s RUB/kWh\n", l.MinSell)
	} else {
		b.WriteString("  not sell\n")
	}
	if len(l.Partners) == 0 {
		b.WriteString("  with anybody")
	} else {
		fmt.Fprintf(&b, "  with the supplier and %s only", strings.Join(texts(l.Partners), ", "))
	}
	return b.String()
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

type mandateSignCmd struct {
	signing
	In  string `help:"The mandate (YAML): participant, site, agent_key, buy, sell, max_energy_wh, max_buy_price, min_sell_price, daily_spend, partners, expires." required:"" type:"path"`
	Out string `help:"Folder to write to; it is made, or must be empty." required:"" type:"path"`
}

// Run says the limits in words, signs the mandate and writes what openssl verifies.
func (c mandateSignCmd) Run() error {
	m, agent, err := readMandate(c.In)
	if err != nil {
		return usage(err)
	}
	if err := empty(c.Out); err != nil {
		return usage(err)
	}
	key, err := c.signer()
	if err != nil {
		return err
	}
	owner, err := sign.PublicDER(key.Public())
	if err != nil {
		return usage(err)
	}
	say("%s", describe(m, c.ChainID))
	message := ledger.MandateMessage(c.ChainID, m)
	signature, err := sign.Sign(key, message)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		fileMandate: message, fileMandateSig: signature, fileAgentKey: sign.PublicPEM(agent),
		string(m.Participant) + ownerSuffix: sign.PublicPEM(owner),
	} {
		if err := os.WriteFile(filepath.Join(c.Out, name), data, 0o644); err != nil {
			return err
		}
	}
	say("Signed. openssl checks it in %s with", c.Out)
	say("    openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify %s%s -signature %s %s",
		m.Participant, ownerSuffix, fileMandateSig, fileMandate)
	return nil
}

type mandateSubmitCmd struct {
	delivery
	Dir string `arg:"" help:"Folder that torg mandate sign wrote." type:"path"`
}

// Run hands a signed mandate over, after the checks that need no ledger.
func (c mandateSubmitCmd) Run(ctx context.Context) error {
	g, chainID, signature, err := readSigned(c.Dir)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", c.Dir, err))
	}
	say("%s", describe(g.Mandate, chainID))
	tx, err := ledger.Assemble(g, signature)
	if err != nil {
		return err
	}
	return c.deliver(ctx, tx)
}

// readSigned reads a signed mandate and checks its signature and its agent's key.
func readSigned(dir string) (g ledger.Grant, chainID string, signature []byte, err error) {
	message, err := os.ReadFile(filepath.Join(dir, fileMandate))
	if err != nil {
		return g, "", nil, err
	}
	domain, chainID, body, err := sign.ParseMessage(message)
	if err == nil && domain != sign.DomainMandate {
		err = fmt.Errorf("signed for %q, not a mandate", domain)
	}
	if err == nil {
		g.Mandate, err = canon.Decode(body, canon.ReadMandate)
	}
	if err != nil {
		return g, "", nil, fmt.Errorf("%s: %w", fileMandate, err)
	}
	if signature, err = os.ReadFile(filepath.Join(dir, fileMandateSig)); err != nil {
		return g, "", nil, err
	}
	if err := torg.ValidID(string(g.Mandate.Participant)); err != nil {
		return g, "", nil, fmt.Errorf("%s: participant: %w", fileMandate, err)
	}
	ownerFile := string(g.Mandate.Participant) + ownerSuffix
	owner, err := readPublic(filepath.Join(dir, ownerFile))
	if err != nil {
		return g, "", nil, err
	}
	public, err := sign.ParsePublic(owner)
	if err == nil {
		err = sign.Verify(public, message, signature)
	}
	if err != nil {
		return g, "", nil, fmt.Errorf("%s: not a signature of %s over %s: %w", fileMandateSig, ownerFile, fileMandate, err)
	}
	if g.AgentKey, err = readPublic(filepath.Join(dir, fileAgentKey)); err != nil {
		return g, "", nil, err
	}
	if sign.Fingerprint(g.AgentKey) != g.Mandate.AgentKey {
		return g, "", nil, fmt.Errorf("%s: not the key that the mandate names", fileAgentKey)
	}
	return g, chainID, signature, nil
}
