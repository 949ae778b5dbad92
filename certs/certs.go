// Package certs makes and loads the certificates that Torg serves pages and API with:
// an authority of the installation's own, kept in the data folder, and a server's
// certificate that it signs. Browsers trust it once the authority's certificate is
// installed in them. Certificates from elsewhere are taken as they are.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The files of a folder of certificates. Keys may be read by their owner only.
const (
	CAFile     = "ca.pem"
	CAKeyFile  = "ca-key.pem"
	CertFile   = "server.pem"
	KeyFile    = "server-key.pem"
	filePerm   = 0o600
	folderPerm = 0o700
)

// How long certificates live. Browsers take no server's that lives longer than 398
// days; the authority's is installed by hand, and should be rarely.
const (
	CALife     = 10 * 365 * 24 * time.Hour
	ServerLife = 397 * 24 * time.Hour
	backdated  = time.Hour // for clients whose clocks are behind
)

// MaxHosts is how many names a certificate may have.
const MaxHosts = 100

// ErrExists says that a folder has certificates already.
var ErrExists = errors.New("certificates are there already")

// Init makes an authority and a server's certificate for hosts in a new folder. It
// never writes over a file. The authority may sign for these hosts and what is under
// them alone, so that its key, if stolen, makes no certificate for somebody else's
// site.
func Init(dir string, hosts []string, now time.Time) error {
	names, ips, err := split(hosts)
	if err != nil {
		return err
	}
	for _, name := range []string{CAFile, CAKeyFile, CertFile, KeyFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, name), ErrExists)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.MkdirAll(dir, folderPerm); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Torg " + hosts[0], Organization: []string{"Torg"}},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(CALife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: names, PermittedIPRanges: ranges(ips),
	}
	if len(names) == 0 { // no name at all, which an empty list would not say
		ca.ExcludedDNSDomains = []string{""}
	}
	if len(ips) == 0 {
		ca.ExcludedIPRanges = []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	server, serverKey, err := sign(ca, key, names, ips, now)
	if err != nil {
		return err
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		body []byte
	}{{CAKeyFile, keyPEM}, {CAFile, encodeCert(der)}, {KeyFile, serverKey}, {CertFile, server}} {
		if err := create(filepath.Join(dir, f.name), f.body); err != nil {
			return err
		}
	}
	return nil
}

// Renew makes a new server's certificate with a new key, for the same hosts, or for
// those given where the authority may sign for them. It is in place whole or not at
// all.
func Renew(dir string, hosts []string, now time.Time) error {
	ca, key, err := authority(dir)
	if err != nil {
		return err
	}
	if now.After(ca.NotAfter.Add(-ServerLife)) {
		return fmt.Errorf("the authority in %s ends on %s, before a new certificate would: make a new one in another folder", dir, ca.NotAfter.Format(time.DateOnly))
	}
	if len(hosts) == 0 {
		old, err := readCert(filepath.Join(dir, CertFile))
		if err != nil {
			return err
		}
		hosts = Hosts(old)
	}
	names, ips, err := split(hosts)
	if err != nil {
		return err
	}
	server, serverKey, err := sign(ca, key, names, ips, now)
	if err != nil {
		return err
	}
	return replacePair(dir, server, serverKey)
}

// sign makes a server's certificate, and holds it against the authority's own limits.
func sign(ca *x509.Certificate, caKey crypto.Signer, names []string, ips []net.IP, now time.Time) (cert, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Torg"}}, NotBefore: now.Add(-backdated), NotAfter: now.Add(ServerLife),
		DNSNames: names, IPAddresses: ips, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return nil, nil, fmt.Errorf("server's certificate: %w", err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	if _, err := signed.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now}); err != nil {
		return nil, nil, fmt.Errorf("the authority may not sign for %s, only for what it was made for and what is under it: %w", strings.Join(Hosts(signed), ", "), err)
	}
	if keyPEM, err = encodeKey(key); err != nil {
		return nil, nil, err
	}
	return append(encodeCert(der), encodeCert(ca.Raw)...), keyPEM, nil
}

func serial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b)
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

// Hosts lists the names and addresses that a certificate is for.
func Hosts(c *x509.Certificate) []string {
	hosts := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		hosts = append(hosts, ip.String())
	}
	return hosts
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
