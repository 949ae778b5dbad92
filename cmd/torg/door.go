package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"torg"
	"torg/account"
	"torg/account/gate"
	"torg/certs"
	"torg/config"
	"torg/internal/guard"
)

// door is how people and programs come in: over TLS or in plain on loopback, with a
// login where there are accounts.
type door struct {
	loopback bool
	gate     *gate.Gate
	tls      *certs.Server // nil: plain HTTP
	hosts    []string      // that may be asked for
}

// tlsFolder is where torg tls init puts certificates, in the data folder.
const tlsFolder = "tls"

// openCertificates finds certificates, before anything is written. Beyond loopback it
// refuses to go on without.
func (m *market) openCertificates(context.Context) error {
	m.door.loopback = config.Loopback(m.config.Listen) == nil
	return usage(m.door.certificates(m.config))
}

// openDoor finds accounts. Beyond loopback it refuses to go on without an operator's.
func (m *market) openDoor(ctx context.Context) error {
	d := &m.door
	desk := account.NewDesk(m.store.Accounts(), account.NewHasher(account.Strength, max(1, runtime.GOMAXPROCS(0)/2)), time.Now)
	people, err := desk.Accounts(ctx)
	if err != nil {
		return err
	}
	operated := slices.ContainsFunc(people, func(a account.Account) bool { return a.Role == account.Operator && !a.Disabled })
	if !d.loopback && !operated {
		return usage(fmt.Errorf("%s can be reached from other machines, and nobody could operate the market: run torg account admit NAME --role operator%s first", m.config.Listen, m.officeFlags()))
	}
	for _, a := range people {
		if a.Role == account.Owner && !m.takesPart(a.Participant) {
			say("Account %s owns %s, who does not take part in this scenario", a.Name, a.Participant)
		}
	}
	d.gate = gate.New(gate.Config{Desk: desk, Required: !d.loopback, TLS: d.tls != nil, Log: m.log})
	d.hosts = d.names(m.config)
	if len(people) > 0 {
		say("Login is required: %d accounts", len(people))
	}
	return nil
}

// names are the hosts that may be asked for: loopback's, the configured ones, the
// certificate's, and on loopback the one that is listened on, such as 127.0.0.2.
func (d *door) names(c config.Config) []string {
	all := append(slices.Clone(guard.Loopback), list(c.Hosts)...)
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && d.loopback {
		all = append(all, host)
	}
	if d.tls != nil {
		all = append(all, certs.Hosts(d.tls.Leaf())...)
	}
	return all
}

// officeFlags are the flags with which the account command finds this market's tables.
func (m *market) officeFlags() string {
	if m.config.Database != "" {
		return " --database ..."
	}
	return " --data " + m.config.Data
}

func (m *market) takesPart(id torg.ParticipantID) bool {
	for _, p := range m.scenario.Participants {
		if p.ID == id {
			return true
		}
	}
	return false
}

// certificates opens the configured ones, or beyond loopback the data folder's.
func (d *door) certificates(c config.Config) error {
	cert, key := c.TLSCert, c.TLSKey
	if cert == "" && d.loopback {
		return nil
	}
	if cert == "" {
		folder := filepath.Join(c.Data, tlsFolder)
		cert, key = filepath.Join(folder, certs.CertFile), filepath.Join(folder, certs.KeyFile)
		if _, err := os.Stat(cert); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s can be reached from other machines, and passwords must not go over the network in plain: run torg tls init --host NAME --data %s first, or give tls_cert and tls_key", c.Listen, c.Data)
		}
	}
	s, err := certs.Open(cert, key, time.Now)
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	d.tls = s
	if left := time.Until(s.Leaf().NotAfter); left < 30*24*time.Hour {
		say("The certificate %s ends in %d days: torg tls renew", cert, int(left.Hours()/24))
	}
	return nil
}

// serve answers on a listener until the server is shut down.
func (d *door) serve(s *http.Server, l net.Listener) error {
	if d.tls == nil {
		return s.Serve(l)
	}
	s.TLSConfig = d.tls.TLS()
	return s.ServeTLS(l, "", "")
}

// address is what people type to reach the site.
func (d *door) address(at net.Addr) string {
	if d.tls == nil {
		return "http://" + at.String()
	}
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return "https://" + at.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		if names := certs.Hosts(d.tls.Leaf()); len(names) > 0 {
			host = names[0]
		}
	}
	return "https://" + net.JoinHostPort(host, port)
}

// list reads words separated by commas.
func list(s string) []string {
	var all []string
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	return all
}
