package bus

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func connect(t *testing.T, url string) *Conn {
	t.Helper()
	c, err := Connect(url, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestOneOfAQueueAnswers(t *testing.T) {
	s := start(t)
	var served [2]int
	for i := range served {
		c := connect(t, s.URL())
		if _, err := c.Serve("ask", "workers", func(b []byte) ([]byte, error) {
			served[i]++
			return append(b, '!'), nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	asker := connect(t, s.URL())
	for range 20 {
		answer, err := asker.Request(context.Background(), "ask", []byte("hi"))
		if err != nil || string(answer) != "hi!" {
			t.Fatalf("answer %q, %v", answer, err)
		}
	}
	if served[0]+served[1] != 20 {
		t.Errorf("20 requests were served %d times", served[0]+served[1])
	}
}

func TestNobodyAnswers(t *testing.T) {
	c := connect(t, start(t).URL())
	if _, err := c.Request(context.Background(), "ask", nil); !errors.Is(err, ErrNobody) {
		t.Fatalf("got %v, want ErrNobody", err)
	}
}

func TestLateAnswerIsAnError(t *testing.T) {
	s := start(t)
	c := connect(t, s.URL())
	release := make(chan struct{})
	defer close(release)
	if _, err := c.Serve("ask", "q", func([]byte) ([]byte, error) { <-release; return nil, nil }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := connect(t, s.URL()).Request(ctx, "ask", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want a deadline", err)
	}
}

func TestBadAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for listen, want := range map[string]string{
		"0.0.0.0:0":             "loopback",
		"192.0.2.1:4222":        "loopback",
		"127.0.0.1":             "missing port",
		"127.0.0.1:x":           "loopback address with a port",
		taken.Addr().String():   "taken",
		"localhost.invalid:422": "loopback",
	} {
		s, err := Start(listen)
		if err == nil {
			s.Stop()
			t.Errorf("%s: started", listen)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", listen, err, want)
		}
	}
}

func TestWithoutTokenNobodyConnects(t *testing.T) {
	s := start(t)
	_, address, _ := strings.Cut(s.URL(), "@")
	if c, err := Connect("nats://"+address, "stranger"); err == nil {
		c.Close()
		t.Fatal("a stranger is connected")
	}
}
