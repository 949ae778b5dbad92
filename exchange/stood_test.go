package exchange_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"torg/decide"
	"torg/scenario"
	"torg/world"
)

// A market that starts again says once for how long it stood still, however many
// sessions that were, and counts none of them as missed by itself.
func TestStandingStillIsOneLine(t *testing.T) {
	m := open(t, decide.Local{})
	m.run(t, 1)
	cal := scenario.Demo().Calendar
	if err := m.clock.Until(context.Background(), cal.Opens(m.first+100)); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	again, err := world.New(world.Config{
		Scenario: scenario.Demo(), Genesis: m.genesis, Clock: m.clock, Chain: m.chain, Keys: m.keys, Decider: decide.Local{},
		Recorder: &kept{}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.SetUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := again.Exchange.Session(context.Background(), again.Exchange.Next(m.clock.Now())); err != nil {
		t.Fatal(err)
	}
	if n := again.Exchange.Now().Missed; n != 0 {
		t.Errorf("%d sessions count as missed", n)
	}
	if n := strings.Count(log.String(), "stood still"); n != 1 || strings.Contains(log.String(), "session missed") || !strings.Contains(log.String(), "sessions=100") {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}
