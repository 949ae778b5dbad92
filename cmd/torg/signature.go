package main

import "encoding/base64"

// signature is written as base64.
type signature []byte

// MarshalText writes it.
//
//nolint:unparam // encoding.TextMarshaler says how it looks
func (s signature) MarshalText() ([]byte, error) {
	return []byte(base64.StdEncoding.EncodeToString(s)), nil
}

// UnmarshalText reads it.
func (s *signature) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.DecodeString(string(text))
	*s = b
	return err
}
