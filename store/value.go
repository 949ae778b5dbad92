package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"torg"
)

// text makes a string that a stranger may have chosen storable: PostgreSQL takes
// neither the zero byte nor invalid UTF-8, and a block that holds one must not stop
// the projection. Such strings are stored quoted, as is anything that begins with a
// quote, so that untext can tell.
func text[T ~string](v T) string {
	s := string(v)
	if s == "" || s[0] != '"' && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strconv.QuoteToASCII(s)
}

func untext(s string) (string, error) {
	if s == "" || s[0] != '"' {
		return s, nil
	}
	return strconv.Unquote(s)
}

// scanText reads what text wrote.
type scanText[T ~string] struct{ to *T }

func str[T ~string](to *T) scanText[T] { return scanText[T]{to} }

func (t scanText[T]) Scan(src any) error {
	s, err := asString(src)
	if err != nil {
		return err
	}
	s, err = untext(s)
	*t.to = T(s)
	return err
}

// scanCost reads an exact amount.
type scanCost struct{ to *torg.Cost }

func (c scanCost) Scan(src any) error {
	s, err := asString(src)
	if err != nil {
		return err
	}
	return c.to.UnmarshalText([]byte(s))
}

// scanTime reads microseconds since 1970.
type scanTime struct{ to *time.Time }

func (t scanTime) Scan(src any) error {
	us, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	*t.to = time.UnixMicro(us).UTC()
	return nil
}

// scanJSON reads a list or a table of words.
type scanJSON[T any] struct{ to *T }

func (j scanJSON[T]) Scan(src any) error {
	s, err := asString(src)
	if err != nil || s == "" {
		return err
	}
	return json.Unmarshal([]byte(s), j.to)
}

// scan32 reads a digest.
type scan32 struct{ to *[32]byte }

func (d scan32) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != 32 {
		return fmt.Errorf("a digest is stored as %T of %d bytes", src, len(b))
	}
	copy(d.to[:], b)
	return nil
}

func asString(src any) (string, error) {
	switch s := src.(type) {
	case string:
		return s, nil
	case []byte:
		return string(s), nil
	}
	return "", fmt.Errorf("text is stored as %T", src)
}

// words writes a list; an empty one is empty text.
func words[T ~string](list []T) string {
	if len(list) == 0 {
		return ""
	}
	safe := make([]string, len(list))
	for i, w := range list {
		safe[i] = text(w)
	}
	b, _ := json.Marshal(safe) // strings always marshal
	return string(b)
}

func scanWords[T ~string](to *[]T) wordScanner[T] { return wordScanner[T]{to} }

type wordScanner[T ~string] scanJSON[[]T]

func (w wordScanner[T]) Scan(src any) error {
	if err := scanJSON[[]T](w).Scan(src); err != nil {
		return err
	}
	for i, s := range *w.to {
		plain, err := untext(string(s))
		if err != nil {
			return err
		}
		(*w.to)[i] = T(plain)
	}
	return nil
}

// table writes named words; JSON cannot hold invalid UTF-8, which becomes U+FFFD.
func table(args map[string]string) string {
	if len(args) == 0 {
		return ""
	}
	b, _ := json.Marshal(args) // keys are sorted, strings always marshal
	return strings.ReplaceAll(string(b), `\u0000`, `\ufffd`)
}

// blob stands an empty value in for none: columns of bytes are never null.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
