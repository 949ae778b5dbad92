package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a running program and all it starts.
type process struct {
	cmd   *exec.Cmd
	began time.Time
	url   chan string   // gets the site's address once it is printed
	ended chan struct{} // closed when the process has ended
	err   error         // of its end; read after ended

	mu     sync.Mutex
	stdout []string
	stderr []string
}

// siteLine is what Torg prints when it serves.
const siteLine = "The site: "

// start starts a program in a process group of its own. Who starts it kills it.
func start(dir string, env []string, name string, args ...string) (*process, error) {
	cmd := exec.Command(name, args...) //nolint:noctx // a context would kill the process alone and leave its children
	p := &process{cmd: cmd, url: make(chan string, 1), ended: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.read(stdout, &p.stdout) })
	readers.Go(func() { p.read(stderr, &p.stderr) })
	go func() {
		readers.Wait()
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) read(from io.Reader, to *[]string) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		*to = append(*to, lines.Text())
		p.mu.Unlock()
		if rest, ok := strings.CutPrefix(lines.Text(), siteLine); ok {
			address, _, _ := strings.Cut(rest, " ")
			select {
			case p.url <- address:
			default:
			}
		}
	}
	_, _ = io.Copy(io.Discard, from) // after a line that is too long
}

// site waits until the process serves, and returns the address it prints.
func (p *process) site(ctx context.Context, patience time.Duration) (string, error) {
	select {
	case url := <-p.url:
		return url, nil
	case <-p.ended:
		return "", fmt.Errorf("it ended before it served, with %s: %s", p.cmd.ProcessState, p.said())
	case <-time.After(patience):
		return "", fmt.Errorf("it does not serve after %s: %s", patience, p.said())
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// said is what the process has printed, on both streams.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(append(append([]string{}, p.stdout...), p.stderr...), "\n")
}

// complaint is what it has printed on stderr, line by line.
func (p *process) complaint() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.stderr...)
}

// kill ends the process and its children at once, as a power cut would.
func (p *process) kill() {
	if !p.running() {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// interrupt does what Ctrl-C in a terminal does, and returns the exit status.
func (p *process) interrupt() (int, error) {
	const patience = 20 * time.Second
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil {
		return 0, err
	}
	return p.status(patience)
}

// status waits for the end and returns the exit status.
func (p *process) status(patience time.Duration) (int, error) {
	select {
	case <-p.ended:
	case <-time.After(patience):
		return 0, fmt.Errorf("it runs on after %s: %s", patience, p.said())
	}
	var exit *exec.ExitError
	switch {
	case p.err == nil:
		return 0, nil
	case errors.As(p.err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	}
	return 0, p.err
}
