package abci

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The chain opens no port but the one for peers, on loopback.
func TestListeners(t *testing.T) {
	before, err := listeners()
	if err != nil {
		t.Skipf("needs Linux's /proc: %v", err)
	}
	c := open(t, testConfig(t, t.TempDir()))
	start(t, c)
	after, err := listeners()
	if err != nil {
		t.Fatal(err)
	}
	if len(after)-len(before) > 1 {
		t.Errorf("listening at %v", after)
	}
	for inode, addr := range after {
		if _, ok := before[inode]; !ok && !strings.HasPrefix(addr, "0100007F:") {
			t.Errorf("listening at %s, which is not 127.0.0.1", addr)
		}
	}
}

// listeners returns the addresses at which this process listens, as the kernel
// writes them, by inode.
func listeners() (map[string]string, error) {
	mine := map[string]bool{}
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil {
			mine[to] = true
		}
	}
	list := map[string]string{}
	for _, name := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			word := strings.Fields(lines.Text())
			if len(word) > 9 && word[3] == "0A" && mine[fmt.Sprintf("socket:[%s]", word[9])] {
				list[word[9]] = word[1]
			}
		}
	}
	return list, nil
}
