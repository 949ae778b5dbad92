package decide

import (
	"context"
	"strconv"
	"testing"
)

// BenchmarkDecide encodes a request, decodes it, decides, encodes the answer and
// decodes it: all but the bus.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		q := many(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				request, err := EncodeRequest(q)
				if err != nil {
					b.Fatal(err)
				}
				asked, err := DecodeRequest(request)
				if err != nil {
					b.Fatal(err)
				}
				decisions, err := Local{}.Decide(context.Background(), asked)
				if err != nil {
					b.Fatal(err)
				}
				answer, err := EncodeAnswer(decisions)
				if err != nil {
					b.Fatal(err)
				}
				if got, err := DecodeAnswer(answer); err != nil || len(got) != n {
					b.Fatal(len(got), err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}

// BenchmarkRemote asks over an embedded bus with one decider on it.
func BenchmarkRemote(b *testing.B) {
	url := startBus(b)
	serve(b, url, Local{})
	asker := Remote{connect(b, url)}
	q := many(10_000)
	for b.Loop() {
		if got, err := asker.Decide(context.Background(), q); err != nil || len(got) != len(q.Situations) {
			b.Fatal(len(got), err)
		}
	}
}
