package abci

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

// A child is this test binary again, running one chain until it is killed. It
// prints a line for every committed block and for every payment in one.
const (
	childDir = "TORG_TEST_CHILD_DIR"
	childRun = "TORG_TEST_CHILD_RUN" // makes the run's payments distinct
	crashAt  = "FAIL_TEST_INDEX"     // CometBFT: the crash point at which to exit

	childClock = "TORG_TEST_CHILD_CLOCK" // when a clock of its own began, Unix nanoseconds
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := runChild(dir, os.Getenv(childRun)); err != nil {
			fmt.Println("failed", err)
			os.Exit(2)
		}
		return
	}
	os.Exit(m.Run())
}

// runChild keeps paying into a participant's account, as fast as blocks come.
func runChild(dir, run string) error {
	cfg := Config{
		Dir: dir, Archive: filepath.Join(dir, "archive"), Genesis: testGenesis(), Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Pause: 5 * time.Millisecond, Idle: 50 * time.Millisecond,
	}
	if began, err := strconv.ParseInt(os.Getenv(childClock), 10, 64); err == nil {
		cfg = hurry(cfg, time.Unix(0, began))
	}
	c, err := Open(cfg)
	if err != nil {
		return err
	}
	c.Watch(func(b ledger.Committed) {
		fmt.Printf("block %d %x\n", b.Height, b.AppHash)
		for i, tx := range b.Txs {
			if t, err := ledger.Decode(tx); err == nil && b.Codes[i] == "" {
				if d, ok := t.Body.(ledger.Deposit); ok {
					fmt.Printf("paid %s\n", strings.ReplaceAll(d.Reference, " ", "_"))
				}
			}
		}
	})
	ctx := context.Background()
	if err := c.Start(ctx); err != nil {
		return err
	}
	admit, err := ledger.Encode("test", ledger.Admit{Participant: "foundry"}, nil)
	if err != nil {
		return err
	}
	c.Submit(ctx, admit) // refused from the second run on
	for n := 0; ; n++ {
		pay, err := ledger.Encode("test", ledger.Deposit{
			Participant: "foundry", Amount: torg.Money(1), Reference: fmt.Sprintf("run %s payment %d", run, n),
		}, nil)
		if err != nil {
			return err
		}
		if err := c.Submit(ctx, pay); err != nil {
			return err
		}
		if n%20 == 0 {
			if err := c.Pass(ctx, time.Now()); err != nil {
				return err
			}
		}
	}
}

// child is a running child and what it said.
type child struct {
	cmd   *exec.Cmd
	lines chan string
	said  []string
}

func startChild(t *testing.T, dir string, run int, env ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0]), lines: make(chan string, 1<<16)}
	c.cmd.Env = append(os.Environ(), append(env, childDir+"="+dir, fmt.Sprintf("%s=%d", childRun, run))...)
	c.cmd.Stderr = t.Output()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A chain that stands still is a failure to be seen, not one to be waited for.
	tooLong := time.AfterFunc(20*time.Second, func() { c.cmd.Process.Kill() })
	t.Cleanup(func() {
		tooLong.Stop()
		c.cmd.Process.Kill()
	})
	go func() {
		defer close(c.lines)
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if err == nil {
				c.lines <- strings.TrimSpace(line) // a line cut off by the kill was not said
			} else if err == io.EOF || line == "" {
				return
			}
		}
	}()
	return c
}

// until waits for a line, or for the child's end; it says which.
func (c *child) until(prefix string) bool {
	for line := range c.lines {
		c.said = append(c.said, line)
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// end waits for the child's end and returns all that it said.
func (c *child) end() []string {
	c.until("\x00")
	c.cmd.Wait()
	return c.said
}
