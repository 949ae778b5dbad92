package decide

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"torg"
	"torg/bus"
)

func startBus(t testing.TB) string {
	t.Helper()
	s, err := bus.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s.URL()
}

func connect(t testing.TB, url string) *bus.Conn {
	t.Helper()
	c, err := bus.Connect(url, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// decider is a decision program in a test.
type decider func(ctx context.Context, r Request) ([]Decision, error)

func (d decider) Decide(ctx context.Context, r Request) ([]Decision, error) { return d(ctx, r) }

// serve runs a decision program until stop, which returns when the bus knows.
func serve(t testing.TB, url string, d Decider) (stop func()) {
	t.Helper()
	conn := connect(t, url)
	end, err := Serve(conn, d)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		end()
		_, _ = conn.Request(context.Background(), "nobody", nil) // comes back after what was sent before it
	}
}

// many asks about n consumers, the i-th with a need of its own.
func many(n int) Request {
	q := Request{Session: "20260112T090000Z", Slot: 1, Interval: 30 * time.Second, Discovery: 1, Situations: make([]Situation, n)}
	for i := range q.Situations {
		s := consumer()
		s.Site, s.Carry = torg.SiteID(fmt.Sprintf("site-%05d", i)), torg.Energy(i)
		q.Situations[i] = s
	}
	return q
}

func right(t *testing.T, decisions []Decision) map[torg.SiteID]bool {
	t.Helper()
	seen := map[torg.SiteID]bool{}
	for _, d := range decisions {
		var i torg.Energy
		if _, err := fmt.Sscanf(string(d.Site), "site-%d", &i); err != nil || seen[d.Site] || d.Energy != 400+i {
			t.Fatalf("%+v", d)
		}
		seen[d.Site] = true
	}
	return seen
}

func TestRemoteIsLocal(t *testing.T) {
	url := startBus(t)
	var requests atomic.Int32
	count := decider(func(ctx context.Context, r Request) ([]Decision, error) {
		if len(r.Situations) > batch {
			t.Errorf("%d sites in one request", len(r.Situations))
		}
		requests.Add(1)
		return Local{}.Decide(ctx, r)
	})
	serve(t, url, count)
	serve(t, url, count)
	asker := Remote{connect(t, url)}
	for n, parts := range map[int]int32{0: 0, 1: 1, batch: 1, batch + 1: 2, 2*batch + 500: 3} {
		requests.Store(0)
		decisions, err := asker.Decide(t.Context(), many(n))
		if err != nil || len(right(t, decisions)) != n || requests.Load() != parts {
			t.Errorf("%d sites: %d decisions by %d requests, want %d: %v", n, len(decisions), requests.Load(), parts, err)
		}
	}
}

// Every request goes to one of the deciders, and when one leaves, the other goes on.
func TestDecidersShareAndReplaceEachOther(t *testing.T) {
	url := startBus(t)
	var mu sync.Mutex
	served := map[string]int{}
	program := func(name string) Decider {
		return decider(func(ctx context.Context, r Request) ([]Decision, error) {
			mu.Lock()
			served[name]++
			mu.Unlock()
			return Local{}.Decide(ctx, r)
		})
	}
	stop := serve(t, url, program("first"))
	serve(t, url, program("second"))
	asker := Remote{connect(t, url)}
	const n = 40
	for i := range 2 * n {
		if i == n {
			stop()
		}
		if decisions, err := asker.Decide(t.Context(), many(3)); err != nil || len(right(t, decisions)) != 3 {
			t.Fatalf("request %d: %d decisions, %v", i, len(decisions), err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if served["first"] == 0 || served["second"] < n || served["first"]+served["second"] != 2*n {
		t.Errorf("%d requests were served as %v", 2*n, served)
	}
}

func TestNobodyDecides(t *testing.T) {
	asker := Remote{connect(t, startBus(t))}
	decisions, err := asker.Decide(t.Context(), many(batch+1)) // would hang without an answer: there is no deadline
	if len(decisions) != 0 || !errors.Is(err, bus.ErrNobody) {
		t.Errorf("%d decisions, %v", len(decisions), err)
	}
}

// A decider dies over a request: that one gets no answer before the deadline, the
// others do.
func TestDeciderDiesInBetween(t *testing.T) {
	url := startBus(t)
	died := make(chan struct{})
	stop := serve(t, url, decider(func(ctx context.Context, r Request) ([]Decision, error) {
		defer close(died)
		return nil, errors.New("killed")
	}))
	asker := Remote{connect(t, url)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-died
		stop()
		cancel() // the deadline
	}()
	if decisions, err := asker.Decide(ctx, many(3)); len(decisions) != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d decisions, %v", len(decisions), err)
	}
	serve(t, url, Local{})
	if decisions, err := asker.Decide(t.Context(), many(3)); err != nil || len(right(t, decisions)) != 3 {
		t.Errorf("after a new one came: %d decisions, %v", len(decisions), err)
	}
}

// What some batches answered counts, although others got no answer.
func TestPartOfTheAnswers(t *testing.T) {
	url := startBus(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	serve(t, url, decider(func(c context.Context, r Request) ([]Decision, error) {
		if len(r.Situations) == batch {
			return Local{}.Decide(c, r)
		}
		return nil, errors.New("cannot")
	}))
	decisions, err := Remote{waiting{connect(t, url), cancel}}.Decide(ctx, many(batch+7))
	if !errors.Is(err, context.Canceled) || len(right(t, decisions)) != batch {
		t.Errorf("%d decisions, %v", len(decisions), err)
	}
}

// waiting ends the wait for all answers with the first one.
type waiting struct {
	*bus.Conn
	first func()
}

func (w waiting) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	answer, err := w.Conn.Request(ctx, subject, data)
	w.first()
	return answer, err
}

func TestForeignDecisionsAreDropped(t *testing.T) {
	url := startBus(t)
	serve(t, url, decider(func(ctx context.Context, r Request) ([]Decision, error) {
		d, err := Local{}.Decide(ctx, r)
		return append(d, Decision{Site: "site-00000"}, Decision{Site: "somebody-else"}), err
	}))
	q := many(4)
	q.Situations = q.Situations[1:]
	decisions, err := Remote{connect(t, url)}.Decide(t.Context(), q)
	if err != nil || len(right(t, decisions)) != 3 {
		t.Errorf("%+v, %v", decisions, err)
	}
}

// Noise on the subject gets no answer and ends no decider.
func TestServeSurvivesNoise(t *testing.T) {
	url := startBus(t)
	serve(t, url, Local{})
	conn := connect(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if b, err := conn.Request(ctx, Subject, []byte("no protobuf")); err == nil {
		t.Errorf("noise is answered with %q", b)
	}
	if decisions, err := (Remote{conn}).Decide(t.Context(), many(1)); err != nil || len(decisions) != 1 {
		t.Errorf("%+v, %v", decisions, err)
	}
}
