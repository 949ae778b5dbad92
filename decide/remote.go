package decide

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"torg"
)

// Subject and Queue are where decision programs serve on the bus.
const (
	Subject = "torg.decide.v1"
	Queue   = "decide"
)

// Bus is what asking and serving need of a bus.
type Bus interface {
	Request(ctx context.Context, subject string, data []byte) ([]byte, error)
	Serve(subject, queue string, f func(data []byte) ([]byte, error)) (stop func(), err error)
}

// Remote asks the decision programs on a bus.
type Remote struct{ Bus Bus }

// batch is how many sites one request describes at most, so that several decision
// programs share a large complex.
const batch = 2000

// Decide asks in batches. What some batches answered is returned with the error of
// the others.
func (r Remote) Decide(ctx context.Context, q Request) ([]Decision, error) {
	parts := (len(q.Situations) + batch - 1) / batch
	answers := make([][]Decision, parts)
	errs := make([]error, parts)
	var all sync.WaitGroup
	for i := range parts {
		part := q
		part.Situations = q.Situations[i*batch : min((i+1)*batch, len(q.Situations))]
		all.Go(func() { answers[i], errs[i] = r.ask(ctx, part) })
	}
	all.Wait()
	return slices.Concat(answers...), errors.Join(errs...)
}

// ask asks one decision program. What it says of sites that it was not asked about
// is dropped.
func (r Remote) ask(ctx context.Context, q Request) ([]Decision, error) {
	b, err := EncodeRequest(q)
	if err != nil {
		return nil, fmt.Errorf("decision request: %w", err)
	}
	answer, err := r.Bus.Request(ctx, Subject, b)
	if err != nil {
		return nil, fmt.Errorf("decision program: %w", err)
	}
	decisions, err := DecodeAnswer(answer)
	if err != nil {
		return nil, err
	}
	asked := make(map[torg.SiteID]bool, len(q.Situations))
	for i := range q.Situations {
		asked[q.Situations[i].Site] = true
	}
	return slices.DeleteFunc(decisions, func(d Decision) bool { return !asked[d.Site] }), nil
}

// Serve answers requests on a bus with a decider until stop is called. A request
// that cannot be read gets no answer.
func Serve(b Bus, d Decider) (stop func(), err error) {
	return b.Serve(Subject, Queue, func(data []byte) ([]byte, error) {
		q, err := DecodeRequest(data)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), serveTimeout)
		defer cancel()
		decisions, err := d.Decide(ctx, q)
		if err != nil {
			return nil, err
		}
		return EncodeAnswer(decisions)
	})
}

// serveTimeout ends a decision that nobody waits for any more.
const serveTimeout = time.Minute
