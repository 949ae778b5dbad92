package account

import (
	"sync"
	"time"
)

// bucket holds tokens that come back with time.
type bucket struct {
	tokens float64
	at     time.Time
}

// Limiter counts attempts by a word, such as a name or an address. Each word has a
// burst of attempts, and gets one back every so often. It remembers a bounded number
// of words: where more are tried at once, the rest share one count.
type Limiter struct {
	burst float64
	every time.Duration
	most  int

	mu   sync.Mutex
	seen map[string]*bucket
	rest bucket
}

// NewLimiter returns a limiter of burst attempts a word, one back every so often, for
// at most words at once.
func NewLimiter(burst int, every time.Duration, words int) *Limiter {
	return &Limiter{burst: float64(burst), every: every, most: words, seen: map[string]*bucket{}, rest: bucket{tokens: float64(burst)}}
}

// Take takes one attempt of a word, and says whether there was one.
func (l *Limiter) Take(word string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(word, now)
	l.fill(b, now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Back gives an attempt back: it was a good one.
func (l *Limiter) Back(word string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(word, now)
	b.tokens = min(l.burst, b.tokens+1)
}

func (l *Limiter) bucket(word string, now time.Time) *bucket {
	if b, ok := l.seen[word]; ok {
		return b
	}
	if len(l.seen) >= l.most {
		l.forget(now)
	}
	if len(l.seen) >= l.most {
		return &l.rest
	}
	b := &bucket{tokens: l.burst, at: now}
	l.seen[word] = b
	return b
}

// forget drops the words that have all their attempts again.
func (l *Limiter) forget(now time.Time) {
	for word, b := range l.seen {
		if l.fill(b, now); b.tokens >= l.burst {
			delete(l.seen, word)
		}
	}
}

func (l *Limiter) fill(b *bucket, now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(l.burst, b.tokens+float64(passed)/float64(l.every))
		b.at = now
	}
}
