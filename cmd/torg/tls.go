package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"torg/certs"
	"torg/datadir"
)

type tlsCmd struct {
	Init  tlsInitCmd  `cmd:"" help:"Make an authority of one's own and the server's certificate."`
	Renew tlsRenewCmd `cmd:"" help:"Make a new certificate for the server; a running market takes it within seconds."`
}

type tlsInitCmd struct {
	Data string   `help:"Data folder." default:"torg-data" env:"TORG_DATA" type:"path"`
	Host []string `help:"Name or address under which clients reach this server; may be given several times." required:"" placeholder:"NAME"`
}

// Run makes certificates, and never writes over any.
func (t tlsInitCmd) Run() error {
	if err := datadir.Prepare(t.Data); err != nil {
		return usage(err)
	}
	folder := filepath.Join(t.Data, tlsFolder)
	if err := certs.Init(folder, t.Host, time.Now()); err != nil {
		return usage(err)
	}
	ca := filepath.Join(folder, certs.CAFile)
	body, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(body)
	if block == nil {
		return errors.New(ca + ": no certificate in PEM")
	}
	sum := sha256.Sum256(block.Bytes)
	say("Certificate for %s, until %s: %s", strings.Join(t.Host, ", "), time.Now().Add(certs.ServerLife).Format(time.DateOnly), filepath.Join(folder, certs.CertFile))
	say("Install on every client, as an authority for web sites: %s", ca)
	say("Its SHA-256, to be compared over another way: %s", strings.ToUpper(hex.EncodeToString(sum[:])))
	say("It can vouch for these hosts and what is under them alone. Keep %s to yourself: torg tls renew needs it, the running market does not.", filepath.Join(folder, certs.CAKeyFile))
	return nil
}

type tlsRenewCmd struct {
	Data string   `help:"Data folder." default:"torg-data" env:"TORG_DATA" type:"path"`
	Host []string `help:"Hosts in place of those of the old certificate." placeholder:"NAME"`
}

// Run renews the server's certificate.
func (t tlsRenewCmd) Run() error {
	folder := filepath.Join(t.Data, tlsFolder)
	if _, err := os.Stat(filepath.Join(folder, certs.CAFile)); err != nil {
		return usage(errors.New(folder + " holds no authority: torg tls init makes one"))
	}
	if err := certs.Renew(folder, t.Host, time.Now()); err != nil {
		return usage(err)
	}
	say("New certificate until %s: %s", time.Now().Add(certs.ServerLife).Format(time.DateOnly), filepath.Join(folder, certs.CertFile))
	return nil
}
