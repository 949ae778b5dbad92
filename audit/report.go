package audit

import (
	"fmt"
	"strings"
)

// shownFailures is how many failures of a check are told in words.
const shownFailures = 5

// Report is what an audit found.
type Report struct {
	Checks []Check
}

// Check is one rule and how often it was put to the test.
type Check struct {
	Name     string
	Done     int      // how many things were checked
	Failed   int      // how many of them break the rule
	Failures []string // the first of them, with file and line
}

// OK says whether every rule held.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if c.Failed > 0 {
			return false
		}
	}
	return true
}

// String is one line a check, and under it the first failures.
func (r Report) String() string {
	var b strings.Builder
	for _, c := range r.Checks {
		verdict := "ok"
		if c.Failed > 0 {
			verdict = fmt.Sprintf("FAILED %d", c.Failed)
		}
		fmt.Fprintf(&b, "%-66s %9d  %s\n", c.Name, c.Done, verdict)
		for _, f := range c.Failures {
			fmt.Fprintf(&b, "    %s\n", f)
		}
	}
	return b.String()
}

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d", p.file, p.line)
}

// that counts a test of the rule, and tells where and why it failed.
func (c *Check) that(ok bool, at place, format string, args ...any) bool {
	c.Done++
	if !ok {
		c.Failed++
		if len(c.Failures) < shownFailures {
			c.Failures = append(c.Failures, fmt.Sprintf("%s: %s", at, fmt.Sprintf(format, args...)))
		}
	}
	return ok
}
