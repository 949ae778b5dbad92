package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Params are argon2id's. They stand in every encoded hash, so that they can be raised
// later: an older hash is made anew at the next login.
type Params struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// Strength is what new hashes are made with: 64 MiB, 3 passes, 1 thread, which is
// about a quarter of a second on one core.
var Strength = Params{Memory: 64 << 10, Passes: 3, Threads: 1}

// The bounds of what a stored hash may ask for, and its lengths in bytes.
const (
	maxMemory = 1 << 20 // KiB
	maxPasses = 64
	saltSize  = 16
	hashSize  = 32
)

// MinPassword and MaxPassword are a password's lengths: characters at least, bytes at
// most.
const (
	MinPassword = 12
	MaxPassword = 256
)

// Acceptable refuses a password that is short, long, no text, or the login name.
func Acceptable(name, password string) error {
	switch {
	case !utf8.ValidString(password) || utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("a password has at least %d characters: %w", MinPassword, ErrWeak)
	case len(password) > MaxPassword:
		return fmt.Errorf("a password has at most %d bytes: %w", MaxPassword, ErrWeak)
	case strings.EqualFold(password, name) || strings.Count(password, password[:1]) == len(password):
		return fmt.Errorf("a password that anybody would try first: %w", ErrWeak)
	}
	return nil
}

// Hasher makes and checks hashes, a few at a time: a flood of logins waits, and does
// not eat the machine's memory.
type Hasher struct {
	Params  Params
	running chan struct{}
	waiting chan struct{}
	derive  func(password, salt []byte, p Params) []byte
	decoy   string
}

// NewHasher returns a hasher that computes at most n hashes at once and lets at most
// 16 callers for each of them wait; n is at least 1.
func NewHasher(p Params, n int) *Hasher {
	n = max(n, 1)
	h := &Hasher{Params: p, running: make(chan struct{}, n), waiting: make(chan struct{}, 17*n), derive: argon}
	h.decoy = encode(p, make([]byte, saltSize), make([]byte, hashSize))
	return h
}

func argon(password, salt []byte, p Params) []byte {
	return argon2.IDKey(password, salt, p.Passes, p.Memory, p.Threads, hashSize)
}

// Hash returns the encoded hash of a password under a new salt.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum, err := h.work(ctx, password, salt, h.Params)
	if err != nil {
		return "", err
	}
	return encode(h.Params, salt, sum), nil
}

// Verify says whether a password has an encoded hash, and whether the hash should be
// made anew with today's parameters. An empty hash is that of nobody: the same work
// is done, and the answer is no.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (ok, old bool, err error) {
	if encoded == "" {
		encoded = h.decoy
	}
	p, salt, want, err := decode(encoded)
	if err != nil {
		return false, false, err
	}
	got, err := h.work(ctx, password, salt, p)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare(got, want) == 1
	return same && encoded != h.decoy, p != h.Params, nil
}

// work waits for its turn. Where too many wait already it refuses.
func (h *Hasher) work(ctx context.Context, password string, salt []byte, p Params) ([]byte, error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return nil, ErrSlow
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if len(password) > MaxPassword { // it fits no hash, and costs what any other does
		password = password[:MaxPassword] + "\x00"
	}
	return h.derive([]byte(password), salt, p), nil
}

var b64 = base64.RawStdEncoding.Strict()

func encode(p Params, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Passes, p.Threads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

var errHash = errors.New("account: a stored password hash is damaged")

// decode reads what encode wrote, and nothing else.
func decode(s string) (p Params, salt, sum []byte, err error) {
	part := strings.Split(s, "$")
	if len(s) > 256 || len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errHash
	}
	numbers := strings.Split(part[3], ",")
	if len(numbers) != 3 {
		return p, nil, nil, errHash
	}
	var value [3]uint64
	for i, key := range []string{"m=", "t=", "p="} {
		text, ok := strings.CutPrefix(numbers[i], key)
		n, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || strconv.FormatUint(n, 10) != text {
			return p, nil, nil, errHash
		}
		value[i] = n
	}
	if value[0] < 8*value[2] || value[0] > maxMemory || value[1] < 1 || value[1] > maxPasses || value[2] < 1 || value[2] > 255 {
		return p, nil, nil, errHash
	}
	p = Params{Memory: uint32(value[0]), Passes: uint32(value[1]), Threads: uint8(value[2])}
	salt, err1 := b64.DecodeString(part[4])
	sum, err2 := b64.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(salt) != saltSize || len(sum) != hashSize {
		return p, nil, nil, errHash
	}
	if encode(p, salt, sum) != s { // such as lines in the middle, which base64 skips
		return p, nil, nil, errHash
	}
	return p, salt, sum, nil
}
