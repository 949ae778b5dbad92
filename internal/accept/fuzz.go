package main

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// fuzzing gives the readers of the market ten minutes of wild input.
func fuzzing(ctx context.Context, r *rig) error {
	return r.fuzz(ctx, 150, 4, `^(orderbook|market|scenario)/.*:Fuzz(Orders|Zones|Clear|Parse)$`)
}

// fuzzingLedger gives half an hour of wild input to what a stranger's bytes reach on
// the ledger: every decoder, checks of transactions, proposals and blocks.
func fuzzingLedger(ctx context.Context, r *rig) error {
	return r.fuzz(ctx, 180, 10, `^(ledger|canon|sign|proof)/.*:Fuzz`)
}

// fuzz runs the fuzz targets that match for some seconds each, at least so many of
// them. Each line of the run is one target with its inputs.
func (r *rig) fuzz(ctx context.Context, seconds, least int, which string) error {
	cmd := exec.CommandContext(ctx, ".ci/fuzz", strconv.Itoa(seconds), "3400", which)
	cmd.Dir = r.root
	text, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		r.note("%s", line)
	}
	if r.check(err == nil, "%d s of fuzzing for each target: no crash", seconds) {
		r.check(len(lines) >= least && !strings.Contains(string(text), "left out"), "at least %d targets, none left out", least)
	}
	return ctx.Err()
}
