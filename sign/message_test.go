package sign

import (
	"bytes"
	"encoding/hex"
	"testing"

	"torg"
)

// The signed form is published: browsers and other programs build it themselves.
func TestMessageBytes(t *testing.T) {
	want := "0000000c" + "746f72672f6f726465722f31" + // torg/order/1
		"00000009" + "746f72672d64656d6f" + // torg-demo
		"626f6479" // body
	if got := hex.EncodeToString(Message(DomainOrder, "torg-demo", []byte("body"))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMessageComesApart(t *testing.T) {
	domain, chain, body, err := ParseMessage(message)
	if domain != DomainOrder || chain != "torg-demo" || string(body) != "body" || err != nil {
		t.Errorf("got %q, %q, %q, %v", domain, chain, body, err)
	}
	if body, err := OpenMessage(message, DomainOrder, "torg-demo"); string(body) != "body" || err != nil {
		t.Errorf("opened: %q, %v", body, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"for another purpose": func() ([]byte, error) { return OpenMessage(message, DomainMandate, "torg-demo") },
		"on another chain":    func() ([]byte, error) { return OpenMessage(message, DomainOrder, "torg") },
		"cut":                 func() ([]byte, error) { return OpenMessage(message[:20], DomainOrder, "torg-demo") },
		"without a chain":     func() ([]byte, error) { return OpenMessage(Message(DomainOrder, "", nil), DomainOrder, "") },
		"without a purpose":   func() ([]byte, error) { return OpenMessage(Message("", "torg", nil), "", "torg") },
		"empty":               func() ([]byte, error) { return OpenMessage(nil, DomainOrder, "torg") },
	} {
		if body, err := open(); body != nil || torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("%s: got %q, %v", name, body, err)
		}
	}
}

// No two purposes are one, or a signature for the one would count for the other.
func TestDomainsDiffer(t *testing.T) {
	seen := map[Domain]bool{}
	all := []Domain{DomainOrder, DomainMandate, DomainRevocation, DomainStatement, DomainOffer, DomainContract, DomainTx}
	for _, d := range all {
		if seen[d] || d == "" || len(d) > maxTag {
			t.Errorf("domain %q", d)
		}
		seen[d] = true
	}
	// Nor do the parts of a message run into each other.
	if bytes.Equal(Message("torg/a", "bc", nil), Message("torg/ab", "c", nil)) ||
		bytes.Equal(Message("torg/a", "b", []byte("c")), Message("torg/a", "bc", nil)) {
		t.Error("two messages with the same bytes")
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add(message)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		domain, chain, body, err := ParseMessage(b)
		if err == nil && !bytes.Equal(Message(domain, chain, body), b) {
			t.Fatalf("%q, %q, %x is not %x", domain, chain, body, b)
		}
	})
}
