package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/board"
	"torg/httpapi"
	"torg/ledger"
	"torg/ledger/seq"
	"torg/record/recordtest"
	"torg/sign"
	"torg/store"
)

// noon is the time at which the board's tests stand.
var noon = time.Date(2026, 12, 1, 9, 0, 10, 0, time.UTC)

// boardMarket is a chain with two owners whose keys are in files, and the API before it.
type boardMarket struct {
	url              string
	foundry, factory string // key files
	chain            *seq.Chain
	desk             *board.Desk
	now              time.Time
}

func keyFile(t *testing.T, path string) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	public, err := sign.PublicDER(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key, public
}

func newBoardMarket(t *testing.T) *boardMarket {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	m := &boardMarket{foundry: filepath.Join(dir, "foundry.pem"), factory: filepath.Join(dir, "factory.pem"), now: noon}
	operator, operatorDER := keyFile(t, filepath.Join(dir, "operator.pem"))
	g := ledger.Genesis{ChainID: "torg-test", Calendar: torg.Calendar{Interval: 30 * time.Second}, Settlement: time.Hour, Timezone: "Europe/Moscow", Operator: operatorDER,
		Complex: torg.Complex{Zones: []torg.ZoneID{"z1", "z2"}, Pricing: torg.Split, Lines: []torg.Line{{From: "z1", To: "z2", Capacity: 10_000, Fee: 20_000}},
			Supplier: &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited}}}
	tables, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "torg.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tables.Close() })
	if err := tables.Bind(ctx, g); err != nil {
		t.Fatal(err)
	}
	if m.chain, err = seq.New(g, func() time.Time { return m.now }); err != nil {
		t.Fatal(err)
	}
	m.chain.Watch(func(c ledger.Committed) {
		if err := tables.Apply(ctx, c); err != nil {
			t.Error(err)
		}
	})
	m.desk = board.New(board.Config{Chain: m.chain, Genesis: g, Book: tables, Now: func() time.Time { return m.now }})
	for site, file := range map[torg.Site]string{
		{ID: "foundry-1", Participant: "foundry", Zone: "z1", Role: torg.Plant, CapacityW: 1_000_000}: m.foundry,
		{ID: "factory-1", Participant: "factory", Zone: "z2", Role: torg.Plant, CapacityW: 1_000_000}: m.factory,
	} {
		_, der := keyFile(t, file)
		for _, b := range []ledger.Body{ledger.Admit{Participant: site.Participant, OwnerKey: der, Sites: []torg.Site{site}},
			ledger.Deposit{Participant: site.Participant, Amount: 10_000_00, Reference: "opening-" + string(site.Participant)}} {
			tx, err := ledger.Encode(g.ChainID, b, operator)
			if err == nil {
				err = m.chain.Submit(ctx, tx)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.New(httpapi.Config{Reader: tables, Live: recordtest.New(), Board: m.desk, Calendar: g.Calendar, Location: moscow}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

// TestBoardByCommand: two people with a key file each offer, take, sign, refuse and
// withdraw by torg board; the market holds no key.
func TestBoardByCommand(t *testing.T) {
	m := newBoardMarket(t)
	does := func(want string, args ...string) string {
		t.Helper()
		status, out, errs := command(t, append(args, "--url", m.url)...)
		if status != 0 || !strings.Contains(out, want) {
			t.Fatalf("%v: %d, %s%s, want %q", args, status, out, errs, want)
		}
		return out + errs
	}
	refused := func(word string, args ...string) {
		t.Helper()
		status, out, errs := command(t, append(args, "--url", m.url)...)
		lines := strings.Split(strings.TrimSpace(errs), "\n")
		if status != 2 || out != "" || !strings.HasPrefix(lines[len(lines)-1], "torg: "+word) {
			t.Fatalf("%v: %d, %s%s, want %q", args, status, out, errs, word)
		}
	}
	offer := []string{"board", "post", "--site", "foundry-1", "--side", "sell", "--from", "2026-12-01T13:00", "--to", "2026-12-01T14:00", "--power", "600kW", "--price", "4,80", "--number", "3"}
	refused("not_signed", offer...)
	refused("bad_signature", append(offer, "--key", m.factory)...)
	does("foundry-1.o3 is open", append(offer, "--key", m.foundry)...)
	does("foundry-1.o3 is open", append(offer, "--key", m.foundry)...) // the same counts once
	refused("already_exists", "board", "post", "--site", "foundry-1", "--side", "sell", "--from", "2026-12-01T13:00", "--to", "2026-12-01T14:00", "--power", "600kW", "--price", "5", "--number", "3", "--key", m.foundry)
	if out := does("foundry-1.o3", "board", "list"); !strings.Contains(out, "600 kWh") || strings.Count(out, "foundry-1.o3") != 1 {
		t.Errorf("the list: %s", out)
	}
	// 5,000 Wh a slot fill what forwards may hold of the line.
	take := []string{"board", "take", "foundry-1.o3", "--site", "factory-1", "--to", "2026-12-01T13:30", "--from", "2026-12-01T13:00", "--power", "600kW"}
	out := does("factory-1.f1 is proposed", append(take, "--key", m.factory)...)
	if !strings.Contains(out, "0.2 RUB/kWh over z1 - z2") || !strings.Contains(out, "With the supplier the buyer would pay 2220 RUB") {
		t.Errorf("what it costs: %s", out)
	}
	refused("offer_taken", append(take, "--number", "2", "--key", m.factory)...)
	refused("bad_signature", "board", "sign", "factory-1.f1", "--side", "sell", "--key", m.factory)
	does("factory-1.f1 is active", "board", "sign", "factory-1.f1", "--key", m.foundry)
	does("factory-1.f1 is active", "board", "sign", "factory-1.f1", "--side", "sell", "--key", m.foundry)
	refused("already_signed", "board", "decline", "factory-1.f1", "--side", "sell", "--key", m.foundry)
	does("factory-1.f2 is proposed", "board", "take", "foundry-1.o3", "--site", "factory-1", "--from", "2026-12-01T13:30", "--to", "2026-12-01T13:31", "--key", m.factory)
	does("factory-1.f2 is refused", "board", "decline", "factory-1.f2", "--side", "sell", "--key", m.foundry)
	does("factory-1.f2 is refused", "board", "decline", "factory-1.f2", "--side", "sell", "--key", m.foundry)
	does("foundry-1.o3 is withdrawn", "board", "withdraw", "foundry-1.o3", "--key", m.foundry)
	refused("offer_taken", append(take, "--number", "9", "--key", m.factory)...)
	if out := does("proposed", "board", "contracts", "factory-1.f1"); !strings.Contains(out, "active") {
		t.Errorf("its history: %s", out)
	}
	does(`"state": "refused"`, "board", "contracts", "--state", "refused", "--json")
}

// TestSignedOfflineOnTheBoard: a contract that was agreed elsewhere is written to a file,
// signed by both without a network, and brought to the ledger.
func TestSignedOfflineOnTheBoard(t *testing.T) {
	m, dir := newBoardMarket(t), t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"board", "draft", "--site", "foundry-1", "--side", "sell", "--with", "factory-1", "--from", "2026-12-01T13:00", "--to", "2026-12-01T13:05", "--power", "100kW", "--price", "4.5", "--max-fee", "0.2", "--out", file("a.yaml"), "--url", m.url},
		{"contract", "sign", "--key", m.foundry, "--in", file("a.yaml"), "--side", "sell", "--out", file("b.yaml")},
		{"contract", "sign", "--key", m.factory, "--in", file("b.yaml"), "--side", "buy", "--out", file("c.yaml")},
	} {
		if status, out, errs := command(t, args...); status != 0 {
			t.Fatalf("%v: %d, %s%s", args, status, out, errs)
		}
	}
	if status, _, errs := command(t, "board", "submit", "--in", file("a.yaml"), "--url", m.url); status != 2 || !strings.Contains(errs, "nobody has signed") {
		t.Errorf("without a signature: %d, %s", status, errs)
	}
	for range 2 { // the same again counts once
		if status, out, errs := command(t, "board", "submit", "--in", file("c.yaml"), "--url", m.url); status != 0 || !strings.Contains(out, "foundry-1.f1 is active") {
			t.Fatalf("submitted: %d, %s%s", status, out, errs)
		}
	}
}

// TestBoardBadInput: what the user got wrong is one line and exit status 2, and nothing
// is sent that would change anything.
func TestBoardBadInput(t *testing.T) {
	posts := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts++
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"chain_id":"torg-test","slot_seconds":30,"timezone":"Europe/Moscow"}`))
	}))
	defer server.Close()
	dir := t.TempDir()
	csv, yaml, bin, pem := filepath.Join(dir, "p.csv"), filepath.Join(dir, "c.yaml"), filepath.Join(dir, "c.bin"), filepath.Join(dir, "key.pem")
	for path, text := range map[string]string{csv: "slot_start,energy_wh,price\n2026-12-01T08:00,lots,1\n", yaml: "chain_id: x\ncolour: red\n", bin: "bytes", pem: "sesame"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := filepath.Join(dir, "good.pem")
	keyFile(t, key)
	post := func(args ...string) []string {
		return append([]string{"board", "post", "--site", "a-1", "--side", "sell", "--url", server.URL}, args...)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no energy":          {post(), "missing"},
		"no price":           {post("--from", "2026-12-01T08:00", "--to", "2026-12-01T09:00", "--power", "1kW"), "--price is missing"},
		"power of a horse":   {post("--from", "2026-12-01T08:00", "--to", "2026-12-01T09:00", "--power", "1hp", "--price", "1"), "1hp"},
		"price of gold":      {post("--from", "2026-12-01T08:00", "--to", "2026-12-01T09:00", "--power", "1kW", "--price", "gold"), "gold"},
		"between slots":      {post("--from", "2026-12-01T08:00:10", "--to", "2026-12-01T09:00", "--power", "1kW", "--price", "1"), "2026-12-01T08:00:10"},
		"backwards":          {post("--from", "2026-12-01T09:00", "--to", "2026-12-01T08:00", "--power", "1kW", "--price", "1"), "no slot in between"},
		"no time":            {post("--from", "noon", "--to", "2026-12-01T08:00", "--power", "1kW", "--price", "1"), "noon"},
		"too little":         {post("--from", "2026-12-01T08:00", "--to", "2026-12-01T08:01", "--power", "1W", "--price", "1"), "less than 1 Wh"},
		"table and flags":    {post("--csv", csv, "--power", "1kW"), "in place of"},
		"bad table":          {post("--csv", csv), "line 2, column energy_wh"},
		"no table":           {post("--csv", filepath.Join(dir, "none.csv")), "none.csv"},
		"no key":             {[]string{"board", "sign", "a.f1", "--key", filepath.Join(dir, "none.pem"), "--url", server.URL}, "none.pem"},
		"a key that is none": {[]string{"board", "sign", "a.f1", "--key", pem, "--url", server.URL}, "no PEM block"},
		"no address":         {[]string{"board", "list", "--url", "localhost"}, "localhost"},
		"no authority":       {[]string{"board", "list", "--url", server.URL, "--ca", pem}, "no certificate"},
		"no side":            {[]string{"board", "post", "--site", "a-1", "--side", "lend", "--url", server.URL}, "--side"},
		"no offer":           {[]string{"board", "take", "--site", "a-1", "--url", server.URL}, "offer"},
		"unknown key":        {[]string{"contract", "sign", "--key", key, "--in", yaml, "--side", "buy", "--out", filepath.Join(dir, "out")}, "colour"},
		"no contract":        {[]string{"contract", "sign", "--key", key, "--in", bin, "--out", filepath.Join(dir, "out")}, "c.bin"},
		"no signatures":      {[]string{"board", "submit", "--in", yaml, "--url", server.URL}, "colour"},
	} {
		status, out, errs := command(t, c.args...)
		last := strings.TrimSpace(errs[strings.LastIndex(strings.TrimSpace(errs), "\n")+1:])
		if status != 2 || !strings.HasPrefix(last, "torg: ") || !strings.Contains(last, c.says) {
			t.Errorf("%s: %d, %q, %q, want %q", name, status, out, errs, c.says)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			t.Fatalf("%s: something is written", name)
		}
	}
	if posts > 0 {
		t.Errorf("%d requests that could change something", posts)
	}
}
