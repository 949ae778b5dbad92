package main

import (
	"context"
	"errors"
	"testing"
)

func TestZeroIsRefused(t *testing.T) {
	for _, flag := range []string{"--speed=0", "--interval=0s", "--decide-timeout=0s"} {
		if status := run(context.Background(), []string{"config", "check", flag}); status != 2 {
			t.Errorf("%s: exit status %d, want 2", flag, status)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine(errors.Join(errors.New("a:1: x"), errors.New("a:2: y"))); got != "a:1: x; a:2: y" {
		t.Error(got)
	}
}
