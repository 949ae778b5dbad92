package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// machine is where somebody's processes run: in a network namespace of its own, whose
// one cable leads to the market, and under a user of its own, who can read nobody else's
// folder. The zero machine is this one.
type machine struct {
	ns   string // network namespace
	user int    // numeric user and group; 0: root
}

// command is a program to be run on the machine.
func (m machine) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	words := append(m.words(), append([]string{name}, args...)...)
	return exec.CommandContext(ctx, words[0], words[1:]...)
}

// words come before a program's name.
func (m machine) words() []string {
	var words []string
	if m.ns != "" {
		words = append(words, "ip", "netns", "exec", m.ns)
	}
	if m.user != 0 {
		id := strconv.Itoa(m.user)
		words = append(words, "setpriv", "--reuid="+id, "--regid="+id, "--clear-groups", "--no-new-privs")
	}
	return words
}

// owns makes a folder and all in it the machine's alone.
func (m machine) owns(dir string) error {
	if m.user == 0 {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, m.user, m.user)
		}
		return err
	})
}

// machines are the market's and those of two people, joined by two cables: the people
// reach the market and not each other.
type machines struct {
	market machine
	people [2]machine
	addrs  [2]string // of the market, as each of the two reaches it
}

// newMachines makes three machines. The error says why that cannot be done here.
func newMachines(ctx context.Context) (*machines, error) {
	if os.Getuid() != 0 {
		return nil, fmt.Errorf("it takes root")
	}
	name := fmt.Sprintf("torg%d", os.Getpid())
	m := &machines{market: machine{ns: name + "m"}}
	for i := range m.people {
		m.people[i] = machine{fmt.Sprintf("%sp%d", name, i+1), 60001 + i}
		m.addrs[i] = fmt.Sprintf("10.77.%d.1", i+1)
	}
	if err := m.build(ctx); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *machines) build(ctx context.Context) error {
	for _, x := range append(m.people[:], m.market) {
		if err := ip(ctx, "netns", "add", x.ns); err != nil {
			return err
		}
		if err := ip(ctx, "-n", x.ns, "link", "set", "lo", "up"); err != nil {
			return err
		}
	}
	for i, x := range m.people {
		cable, theirs := fmt.Sprintf("to%d", i+1), strings.TrimSuffix(m.addrs[i], "1")+"2"
		for _, words := range [][]string{
			{"link", "add", cable, "netns", m.market.ns, "type", "veth", "peer", "name", "eth0", "netns", x.ns},
			{"-n", m.market.ns, "addr", "add", m.addrs[i] + "/24", "dev", cable},
			{"-n", m.market.ns, "link", "set", cable, "up"},
			{"-n", x.ns, "addr", "add", theirs + "/24", "dev", "eth0"},
			{"-n", x.ns, "link", "set", "eth0", "up"},
		} {
			if err := ip(ctx, words...); err != nil {
				return err
			}
		}
	}
	return nil
}

// close takes the machines down; what runs on them has to be ended before.
func (m *machines) close() {
	for _, x := range append(m.people[:], m.market) {
		_ = ip(context.Background(), "netns", "delete", x.ns)
	}
}

func ip(ctx context.Context, words ...string) error {
	out, err := exec.CommandContext(ctx, "ip", words...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(words, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
