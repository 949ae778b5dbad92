package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"

	"torg"
)

// Keys for all tests of this package: making one takes long.
var (
	agentKey = sync.OnceValue(func() *rsa.PrivateKey { return generate(AgentBits) })
	ownerKey = sync.OnceValue(func() *rsa.PrivateKey { return generate(OwnerBits) })
)

func generate(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

var message = Message(DomainOrder, "torg-demo", []byte("body"))

func mustSign(t testing.TB, s crypto.Signer, msg []byte) []byte {
	t.Helper()
	sig, err := Sign(s, msg)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func mustDER(t testing.TB, pub crypto.PublicKey) []byte {
	t.Helper()
	der, err := PublicDER(pub)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSignAndVerify(t *testing.T) {
	for _, key := range []*rsa.PrivateKey{agentKey(), ownerKey()} {
		sig := mustSign(t, key, message)
		if err := Verify(&key.PublicKey, message, sig); err != nil {
			t.Errorf("%d bits: %v", key.N.BitLen(), err)
		}
		if again := mustSign(t, key, message); bytes.Equal(again, sig) {
			t.Errorf("%d bits: two signatures are the same, so the salt is", key.N.BitLen())
		}
	}
}

// Whatever is not exactly the signature that was made for this message is refused.
func TestVerifyRefuses(t *testing.T) {
	key := agentKey()
	sig := mustSign(t, key, message)
	digest := sha256.Sum256(message)
	salted := func(n int) []byte {
		s, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: n})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	other := func(hash crypto.Hash, digest []byte) []byte {
		s, err := rsa.SignPSS(rand.Reader, key, hash, digest, &rsa.PSSOptions{SaltLength: 32})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	pkcs1, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sig)
	flipped[100] ^= 1
	d1, d512 := sha1.Sum(message), sha512.Sum512(message)

	for name, c := range map[string]struct{ msg, sig []byte }{
		"another body":            {Message(DomainOrder, "torg-demo", []byte("bodz")), sig},
		"another chain":           {Message(DomainOrder, "torg-dem0", []byte("body")), sig},
		"another purpose":         {Message(DomainMandate, "torg-demo", []byte("body")), sig},
		"a flipped bit":           {message, flipped},
		"a byte less":             {message, sig[:len(sig)-1]},
		"a byte more":             {message, append(bytes.Clone(sig), 0)},
		"a zero in front":         {message, append([]byte{0}, sig...)},
		"nothing":                 {message, nil},
		"zeros":                   {message, make([]byte, 256)},
		"the modulus":             {message, key.N.Bytes()},
		"no salt":                 {message, salted(0)},
		"20 bytes of salt":        {message, salted(20)},
		"31 bytes of salt":        {message, salted(31)},
		"33 bytes of salt":        {message, salted(33)},
		"as much salt as fits":    {message, salted(rsa.PSSSaltLengthAuto)},
		"PKCS #1 v1.5":            {message, pkcs1},
		"SHA-1":                   {message, other(crypto.SHA1, d1[:])},
		"SHA-512":                 {message, other(crypto.SHA512, d512[:])},
		"a signature by another":  {message, mustSign(t, ownerKey(), message)},
		"an equal number, longer": {message, plusModulus(t, key)},
	} {
		if err := Verify(&key.PublicKey, c.msg, c.sig); !errors.Is(err, torg.ErrBadSignature) {
			t.Errorf("%s: got %v, want %v", name, err, torg.ErrBadSignature)
		}
	}
}

// plusModulus returns s+n for a signature s: equal modulo n, and where it still fits
// into 256 bytes, a second form that must not count.
func plusModulus(t *testing.T, key *rsa.PrivateKey) []byte {
	limit := new(big.Int).Lsh(big.NewInt(1), AgentBits)
	for range 10_000 {
		s := new(big.Int).SetBytes(mustSign(t, key, message))
		if s.Add(s, key.N); s.Cmp(limit) < 0 {
			return s.FillBytes(make([]byte, AgentBits/8))
		}
		if new(big.Int).Sub(limit, key.N).BitLen() < AgentBits-5 {
			break // a modulus so large that hardly any sum fits
		}
	}
	return nil
}

func public(n *big.Int, e int) *rsa.PublicKey { return &rsa.PublicKey{N: n, E: e} }

func odd(bits int) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.Add(n, big.NewInt(12345))
}

// Keys that are weak, costly or not RSA get no further than their numbers.
func TestStrangeKeys(t *testing.T) {
	even := new(big.Int).Sub(odd(AgentBits), big.NewInt(1))
	for name, c := range map[string]struct {
		key  *rsa.PublicKey
		want string
	}{
		"1024 bits":   {public(odd(1024), exponent), "1024 bits"},
		"2047 bits":   {public(odd(2047), exponent), "2047 bits"},
		"2049 bits":   {public(odd(2049), exponent), "2049 bits"},
		"4096 bits":   {public(odd(4096), exponent), "4096 bits"},
		"16384 bits":  {public(odd(16384), exponent), "16384 bits"},
		"even":        {public(even, exponent), "even"},
		"exponent 1":  {public(odd(AgentBits), 1), "exponent 1,"},
		"exponent 3":  {public(odd(AgentBits), 3), "exponent 3,"},
		"exponent 17": {public(odd(OwnerBits), 17), "exponent 17,"},
		"a huge one":  {public(odd(AgentBits), 1<<31-1), "exponent 2147483647,"},
	} {
		if err := Verify(c.key, message, make([]byte, 256)); !errors.Is(err, torg.ErrBadKey) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("verify, %s: got %v", name, err)
		}
		if _, err := PublicDER(c.key); !errors.Is(err, torg.ErrBadKey) {
			t.Errorf("encode, %s: got %v", name, err)
		}
		der, err := x509.MarshalPKIXPublicKey(c.key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePublic(der); !errors.Is(err, torg.ErrBadKey) {
			t.Errorf("parse, %s: got %v", name, err)
		}
	}
	if err := Verify(nil, message, nil); !errors.Is(err, torg.ErrBadKey) {
		t.Errorf("verify with no key: got %v", err)
	}
	if err := Verify(&rsa.PublicKey{}, message, nil); !errors.Is(err, torg.ErrBadKey) {
		t.Errorf("verify with an empty key: got %v", err)
	}
}

// A key has one encoding, whatever else a lenient parser would take for it.
func TestStrangeEncodings(t *testing.T) {
	der := mustDER(t, &agentKey().PublicKey)
	for name, b := range strangeEncodings(t, der) {
		if key, err := ParsePublic(b); key != nil || !errors.Is(err, torg.ErrBadKey) {
			t.Errorf("%s: got %v, %v", name, key, err)
		}
	}
	if _, err := ParsePublic(make([]byte, maxDER+1)); err == nil || !strings.Contains(err.Error(), "513 bytes, over 512") {
		t.Errorf("a large document was parsed: %v", err)
	}
	key, err := ParsePublic(der)
	if err != nil || !key.Equal(&agentKey().PublicKey) {
		t.Errorf("the key's own DER: got %v, %v", key, err)
	}
	if got := Fingerprint(der); got != sha256.Sum256(der) {
		t.Errorf("fingerprint %x", got)
	}
}

func strangeEncodings(t testing.TB, der []byte) map[string][]byte {
	pkix := func(pub any) []byte {
		b, err := x509.MarshalPKIXPublicKey(pub)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// The outer length in one byte more than it needs, which is BER and not DER.
	ber := append([]byte{0x30, 0x83, 0}, der[2:]...)
	// An exponent of 2^64 + 65537, which is 65537 in 64 bits.
	type number struct{ N, E *big.Int }
	type spki struct {
		Algorithm struct {
			OID  asn1.ObjectIdentifier
			Null asn1.RawValue
		}
		Key asn1.BitString
	}
	var huge spki
	if _, err := asn1.Unmarshal(der, &huge); err != nil {
		t.Fatal(err)
	}
	e := new(big.Int).Lsh(big.NewInt(1), 64)
	inner, err := asn1.Marshal(number{agentKey().N, e.Add(e, big.NewInt(exponent))})
	if err != nil {
		t.Fatal(err)
	}
	huge.Key = asn1.BitString{Bytes: inner, BitLength: 8 * len(inner)}
	wide, err := asn1.Marshal(huge)
	if err != nil {
		t.Fatal(err)
	}
	// The right key two bits further left, which a parser that aligns it would take.
	var shifted spki
	if _, err := asn1.Unmarshal(der, &shifted); err != nil {
		t.Fatal(err)
	}
	bits := new(big.Int).SetBytes(shifted.Key.Bytes)
	shifted.Key = asn1.BitString{Bytes: bits.Lsh(bits, 2).Bytes(), BitLength: shifted.Key.BitLength - 2}
	aligned, err := asn1.Marshal(shifted)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"nothing":          nil,
		"shifted bits":     aligned,
		"text":             []byte("a key"),
		"PEM":              PublicPEM(der),
		"a byte more":      append(bytes.Clone(der), 0),
		"a byte less":      der[:len(der)-1],
		"PKCS #1":          x509.MarshalPKCS1PublicKey(&agentKey().PublicKey),
		"P-256":            pkix(&ec.PublicKey),
		"Ed25519":          pkix(ed),
		"a private key":    x509.MarshalPKCS1PrivateKey(agentKey()),
		"BER":              ber,
		"a wide exponent":  wide,
		"a large document": make([]byte, 1<<20),
	}
}

// A signer that holds another key than we accept is refused before it signs.
func TestSignRefusesForeignSigners(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]crypto.Signer{"P-256": ec, "1024 bits": publicOnly{odd(1024)}} {
		if sig, err := Sign(s, message); sig != nil || !errors.Is(err, torg.ErrBadKey) {
			t.Errorf("%s: got %x, %v", name, sig, err)
		}
	}
	if sig, err := Sign(publicOnly{odd(AgentBits)}, message); sig != nil || !errors.Is(err, errLocked) {
		t.Errorf("a locked token: got %x, %v", sig, err)
	}
}

// publicOnly is a token that shows its key and does not sign.
type publicOnly struct{ n *big.Int }

var errLocked = errors.New("token is locked")

func (p publicOnly) Public() crypto.PublicKey { return public(p.n, exponent) }
func (p publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errLocked
}

func FuzzParsePublic(f *testing.F) {
	der := mustDER(f, &agentKey().PublicKey)
	f.Add(der)
	f.Add(mustDER(f, &ownerKey().PublicKey))
	for _, b := range strangeEncodings(f, der) {
		if len(b) < 4096 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := ParsePublic(b)
		if err != nil {
			if key != nil || torg.RefusalOf(err) != torg.ErrBadKey {
				t.Fatalf("got %v, %v", key, err)
			}
			return
		}
		if again := mustDER(t, key); !bytes.Equal(again, b) {
			t.Fatalf("a key with two encodings:\n%x\n%x", b, again)
		}
		if err := Verify(key, message, make([]byte, key.Size())); !errors.Is(err, torg.ErrBadSignature) {
			t.Fatalf("zeros as a signature: %v", err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	for name, key := range map[string]*rsa.PrivateKey{"2048": agentKey(), "3072": ownerKey()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				mustSign(b, key, message)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for name, key := range map[string]*rsa.PrivateKey{"2048": agentKey(), "3072": ownerKey()} {
		sig := mustSign(b, key, message)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := Verify(&key.PublicKey, message, sig); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParsePublic(b *testing.B) {
	der := mustDER(b, &agentKey().PublicKey)
	for b.Loop() {
		if _, err := ParsePublic(der); err != nil {
			b.Fatal(err)
		}
	}
}
