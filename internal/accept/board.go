package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// boardScenario is two owners with slots of half a minute that are settled by the
// quarter of an hour, the shortest interval that generated history has.
func boardScenario() string {
	return strings.Replace(small, "days:", "settlement_interval: 15m\ndays:", 1)
}

// person is somebody with a key of their own, on a machine of their own: all that leaves
// it is what torg board sends.
type person struct {
	rig   *rig
	on    machine
	dir   string // with key.pem, which nobody else has
	url   string // of the market
	name  string // of the participant
	login string // API key; empty: the market asks for none
}

// torg runs a command as this person.
func (p person) torg(ctx context.Context, args ...string) (said string, status int, err error) {
	cmd := p.on.command(ctx, p.rig.torg, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "TORG_URL="+p.url)
	if p.login != "" {
		cmd.Env = append(cmd.Env, "TORG_KEY="+p.login, "TORG_CA=ca.pem")
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitCode(), nil
	}
	return string(out), 0, err
}

// does runs a command that has to succeed.
func (p person) does(ctx context.Context, args ...string) (string, error) {
	said, status, err := p.torg(ctx, args...)
	if err == nil && status != 0 {
		err = fmt.Errorf("torg %s: exit status %d: %s", strings.Join(args, " "), status, said)
	}
	return said, err
}

// boarding shows that two people conclude a contract with their own keys: the market that
// carries it holds neither.
func boarding(ctx context.Context, r *rig) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	dir := filepath.Join(r.tmp, "board")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := write(dir, "small.yaml", boardScenario()); err != nil {
		return err
	}
	seller := person{rig: r, dir: filepath.Join(dir, "one"), name: "foundry"}
	buyer := person{rig: r, dir: filepath.Join(dir, "two"), name: "factory"}
	p, err := serves(ctx, r, dir, &seller, &buyer)
	if err != nil {
		return err
	}
	defer p.stop()
	id, err := concludes(ctx, r, seller, buyer)
	if err != nil {
		return err
	}
	if err := lives(ctx, r, buyer, id); err != nil {
		return err
	}
	if err := proves(ctx, r, buyer, id); err != nil {
		return err
	}
	status, err := p.interrupt()
	r.check(err == nil && status == 0, "the market ends with exit status %d", status)
	return err
}

// serving is a running market, with the machines that it and its people have.
type serving struct {
	*process
	*machines
}

func (s serving) stop() {
	s.kill()
	if s.machines != nil {
		s.machines.close()
	}
}

// serves starts the market once, so that it knows the owners' keys, takes the private
// ones out of its folder to their owners, and starts it again: on a machine of its own,
// over TLS, where everybody logs in, or where there can be no other machines, on this one.
func serves(ctx context.Context, r *rig, dir string, people ...*person) (serving, error) {
	here := []string{"up", "--scenario", "small.yaml", "--data", "data", "--listen", "127.0.0.1:0"}
	p, err := start(dir, nil, r.torg, here...)
	if err != nil {
		return serving{}, err
	}
	defer p.kill()
	if _, err := p.site(ctx, 2*time.Minute); err != nil {
		return serving{}, err
	}
	if _, err := p.interrupt(); err != nil {
		return serving{}, err
	}
	for _, x := range people {
		if err := os.Mkdir(x.dir, 0o700); err != nil {
			return serving{}, err
		}
		if err := os.Rename(filepath.Join(dir, "data", "keys", "owner-"+x.name+".pem"), filepath.Join(x.dir, "key.pem")); err != nil {
			return serving{}, err
		}
	}
	m, err := newMachines(ctx)
	if err != nil {
		r.note("no machines of their own here (%v): all on this one, over loopback", err)
		return servesHere(ctx, r, dir, here, people)
	}
	r.note("three machines: network namespaces, each person with a user and a cable to the market alone")
	s, err := servesThere(ctx, r, dir, m, people)
	if err != nil {
		m.close()
	}
	return s, err
}

func servesHere(ctx context.Context, r *rig, dir string, up []string, people []*person) (serving, error) {
	p, err := start(dir, nil, r.torg, up...)
	if err != nil {
		return serving{}, err
	}
	url, err := p.site(ctx, 2*time.Minute)
	if err != nil {
		p.kill()
		return serving{}, err
	}
	for _, x := range people {
		x.url = url
	}
	return serving{p, nil}, nil
}

// servesThere does what docs/accounts.md says: certificates, an operator, an account and a
// key of its own for each person, and the market beyond loopback.
func servesThere(ctx context.Context, r *rig, dir string, m *machines, people []*person) (serving, error) {
	for _, open := range []string{r.tmp, dir, filepath.Dir(r.torg)} { // to be passed through, not to be read
		if err := os.Chmod(open, 0o711); err != nil {
			return serving{}, err
		}
	}
	operator := person{rig: r, on: m.market, dir: dir}
	for _, words := range [][]string{
		{"tls", "init", "--host", m.addrs[0], "--host", m.addrs[1]},
		{"account", "admit", "oleg", "--role", "operator"},
	} {
		if _, err := operator.does(ctx, append(words, "--data", "data")...); err != nil {
			return serving{}, err
		}
	}
	ca, err := os.ReadFile(filepath.Join(dir, "data", "tls", "ca.pem"))
	if err != nil {
		return serving{}, err
	}
	for i, x := range people {
		if _, err := operator.does(ctx, "account", "admit", x.name+"-owner", "--role", "owner", "--participant", x.name, "--data", "data"); err != nil {
			return serving{}, err
		}
		said, err := operator.does(ctx, "account", "key", x.name+"-owner", "--scope", "read,trade", "--expires", "1d", "--label", "board", "--data", "data")
		if err != nil {
			return serving{}, err
		}
		for _, word := range strings.Fields(said) {
			if strings.HasPrefix(word, "torg_") {
				x.login = word
			}
		}
		x.on, x.url = m.people[i], "https://"+m.addrs[i]+":8443"
		if err := os.WriteFile(filepath.Join(x.dir, "ca.pem"), ca, 0o600); err != nil {
			return serving{}, err
		}
		if err := x.on.owns(x.dir); err != nil {
			return serving{}, err
		}
	}
	up := append(m.market.words(), r.torg, "up", "--scenario", "small.yaml", "--data", "data", "--listen", "0.0.0.0:8443")
	p, err := start(dir, nil, up[0], up[1:]...)
	if err != nil {
		return serving{}, err
	}
	if _, err := p.site(ctx, 2*time.Minute); err != nil {
		p.kill()
		return serving{}, err
	}
	return serving{p, m}, apart(ctx, r, people)
}

// apart shows that the two people have nothing but the market in common.
func apart(ctx context.Context, r *rig, people []*person) error {
	one, two := people[0], people[1]
	out, err := two.on.command(ctx, "cat", filepath.Join(one.dir, "key.pem")).CombinedOutput()
	r.check(err != nil && !strings.Contains(string(out), "PRIVATE"), "the one's key is not to be read by the other: %s", lastLine(string(out)))
	stranger := *two
	stranger.login = "torg_nobodys"
	said, status, err := stranger.torg(ctx, "board", "list")
	r.check(status != 0, "without a login nothing is listed: %s", lastLine(said))
	return err
}

// concludes has the seller offer, the buyer take a part and the seller sign, each in a
// process of their own; and what must be refused before.
func concludes(ctx context.Context, r *rig, seller, buyer person) (string, error) {
	from := time.Now().UTC().Truncate(time.Minute).Add(3 * time.Minute)
	stamp := func(d time.Duration) string { return from.Add(d).Format(time.RFC3339) }
	offer := []string{"board", "post", "--site", "foundry-1", "--side", "sell", "--from", stamp(0), "--to", stamp(2 * time.Minute), "--power", "100kW", "--price", "4,80", "--number", "1"}
	refused := func(p person, word string, args ...string) error {
		said, status, err := p.torg(ctx, args...)
		r.check(status == 2 && strings.Contains(said, word), "%s: exit status %d, %q", word, status, lastLine(said))
		return err
	}
	if err := refused(seller, "not_signed", offer...); err != nil {
		return "", err
	}
	strange := "bad_signature" // where nobody logs in, the signature alone tells
	if buyer.login != "" {
		strange = "not_yours"
	}
	if err := refused(buyer, strange, append(offer, "--key", "key.pem")...); err != nil {
		return "", err
	}
	for range 2 { // the same command again counts once
		said, err := seller.does(ctx, append(offer, "--key", "key.pem")...)
		if err != nil {
			return "", err
		}
		r.check(strings.Contains(said, "foundry-1.o1 is open"), "the seller offers: %s", lastLine(said))
	}
	listed, err := buyer.does(ctx, "board", "list")
	if err != nil {
		return "", err
	}
	r.check(strings.Count(listed, "foundry-1.o1") == 1, "the buyer sees it on the board, once")
	said, err := buyer.does(ctx, "board", "take", "foundry-1.o1", "--site", "factory-1", "--from", stamp(0), "--to", stamp(time.Minute), "--power", "60kW", "--key", "key.pem")
	if err != nil {
		return "", err
	}
	const id = "factory-1.f1"
	r.check(strings.Contains(said, id+" is proposed"), "the buyer takes a part: %s", lastLine(said))
	if err := refused(buyer, strange, "board", "sign", id, "--key", "key.pem"); err != nil {
		return "", err
	}
	if said, err = seller.does(ctx, "board", "sign", id, "--key", "key.pem"); err != nil {
		return "", err
	}
	r.check(strings.Contains(said, id+" is active"), "the seller signs: %s", lastLine(said))
	return id, nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// lives waits until the contract is settled.
func lives(ctx context.Context, r *rig, p person, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 22*time.Minute)
	defer cancel()
	for {
		body, err := p.does(ctx, "board", "contracts", id, "--json")
		if err != nil {
			return err
		}
		var c struct {
			State   string `json:"state"`
			Energy  int64  `json:"energy_wh"`
			History []struct {
				State string `json:"state"`
			} `json:"history"`
		}
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			return err
		}
		if c.State != "settled" {
			if err := pause(ctx, 5*time.Second); err != nil {
				return fmt.Errorf("contract %s is %s: %w", id, c.State, err)
			}
			continue
		}
		var states []string
		for _, h := range c.History {
			if len(states) == 0 || states[len(states)-1] != h.State {
				states = append(states, h.State)
			}
		}
		way := strings.Join(states, ", ")
		r.check(way == "proposed, active, delivered, settled", "the contract's life: %s", way)
		r.check(c.Energy == 1000, "it delivered 60 kW for a minute: %d Wh", c.Energy)
		return nil
	}
}

// proves exports the contract, verifies it offline, has openssl check both signatures,
// and changes a byte.
func proves(ctx context.Context, r *rig, p person, id string) error {
	said, err := p.does(ctx, "contract", "export", id, "--out", "proof", "--url", p.url)
	if err != nil {
		return err
	}
	_, trust, found := strings.Cut(said, "--trust ")
	r.check(found, "torg contract export writes a proof")
	trust = strings.TrimSpace(trust)
	said, err = p.does(ctx, "contract", "verify", "proof", "--trust", trust)
	r.check(err == nil, "torg contract verify: %s", lastLine(said))
	for _, party := range []string{"buyer", "seller"} {
		cmd := exec.CommandContext(ctx, "openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
			"-verify", party+".pem", "-signature", party+".order.sig", "contract.bin")
		cmd.Dir = filepath.Join(p.dir, "proof")
		out, err := cmd.CombinedOutput()
		r.check(err == nil && strings.Contains(string(out), "Verified OK"), "openssl checks the %s's signature: %s", party, strings.TrimSpace(string(out)))
	}
	path := filepath.Join(p.dir, "proof", "contract.bin")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return err
	}
	_, status, err := p.torg(ctx, "contract", "verify", "proof", "--trust", trust)
	r.check(status == 1, "with one byte changed it does not hold: exit status %d", status)
	return err
}
