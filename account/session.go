package account

import "time"

// How long a session lives: without a request, and at all.
const (
	Idle     = 12 * time.Hour
	Absolute = 7 * 24 * time.Hour
)

// touchEvery is how exactly a session's last request is written down: not at each.
const touchEvery = time.Minute

// MaxSessions is how many sessions an account has at most; a further one ends the
// oldest.
const MaxSessions = 20

// Session is a browser that somebody logged in with.
type Session struct {
	ID      Digest // of the token in its cookie
	Account string
	Created time.Time
	Seen    time.Time // its last request, to a minute
	Address string    // where it logged in from
	Agent   string    // what the browser calls itself, shortened
}

// Over says that the session has ended by now.
func (s Session) Over(now time.Time) bool {
	return now.Sub(s.Seen) >= Idle || now.Sub(s.Created) >= Absolute
}

// Ends is when the session ends if nothing more is asked.
func (s Session) Ends() time.Time {
	if idle, last := s.Seen.Add(Idle), s.Created.Add(Absolute); idle.Before(last) {
		return idle
	}
	return s.Created.Add(Absolute)
}
