package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// create writes a new file; one that is there stays as it is.
func create(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

// replacePair puts a new certificate and its key in the place of the old ones. The
// certificate goes last: it is what a running server looks at, and then its key is
// there.
func replacePair(dir string, cert, key []byte) error {
	for _, f := range []struct {
		name string
		body []byte
	}{{KeyFile, key}, {CertFile, cert}} {
		next := filepath.Join(dir, f.name+".new")
		if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := create(next, f.body); err != nil {
			return err
		}
	}
	for _, name := range []string{KeyFile, CertFile} {
		if err := os.Rename(filepath.Join(dir, name+".new"), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func readCert(path string) (*x509.Certificate, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(body)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s: no certificate in PEM", path)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// authority reads the authority and its key.
func authority(dir string) (*x509.Certificate, crypto.Signer, error) {
	ca, err := readCert(filepath.Join(dir, CAFile))
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, CAKeyFile)
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(body)
	if block == nil {
		return nil, nil, fmt.Errorf("%s: no key in PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(ca.PublicKey) {
		return nil, nil, fmt.Errorf("%s is not the key of %s", path, CAFile)
	}
	return ca, key, nil
}

// Server is a server's certificate that follows its files: after a renewal new
// connections get the new one, without a restart.
type Server struct {
	cert, key string
	now       func() time.Time

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed time.Time // of the certificate's file, as loaded
	looked  time.Time
}

// lookEvery is how often the files are looked at.
const lookEvery = 10 * time.Second

// Open loads a server's certificate and key from PEM files, whoever signed it. It
// refuses one that has ended or does not fit the key.
func Open(cert, key string, now func() time.Time) (*Server, error) {
	s := &Server{cert: cert, key: key, now: now}
	if err := s.load(); err != nil {
		return nil, err
	}
	if end := s.loaded.Leaf.NotAfter; now().After(end) {
		return nil, fmt.Errorf("%s ended on %s: renew it with torg tls renew", cert, end.Format(time.DateOnly))
	}
	return s, nil
}

func (s *Server) load() error {
	info, err := os.Stat(s.cert)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return fmt.Errorf("%s with %s: %w", s.cert, s.key, err)
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return err
		}
	}
	s.loaded, s.changed, s.looked = &pair, info.ModTime(), s.now()
	return nil
}

// Leaf is the certificate that is served.
func (s *Server) Leaf() *x509.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded.Leaf
}

// get returns the certificate, loaded again where its file has changed. Files that do
// not load leave the old one in use.
func (s *Server) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.looked) >= lookEvery {
		s.looked = now
		if info, err := os.Stat(s.cert); err == nil && !info.ModTime().Equal(s.changed) {
			old, changed := s.loaded, s.changed
			if err := s.load(); err != nil {
				s.loaded, s.changed = old, changed
			}
		}
	}
	return s.loaded, nil
}

// TLS returns the server's side: version 1.2 at least, 1.3 where the client knows it.
func (s *Server) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.get, NextProtos: []string{"h2", "http/1.1"}}
}
