package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// week is the scenario of the main claims.
const week = "examples/real-week.yaml"

// aWeek is how long a simulated week may take.
const aWeek = 10 * time.Minute

// simulations runs the week of measurements three times.
func simulations(ctx context.Context, r *rig) error {
	if !isFolder(filepath.Join(r.root, "..", "shared", "data")) {
		r.note("left out: the measurements, a folder ../shared/data, are not here")
		return nil
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	first, again, perfect := filepath.Join(r.tmp, "first"), filepath.Join(r.tmp, "again"), filepath.Join(r.tmp, "perfect")
	for _, args := range [][]string{
		{"sim", "--scenario", week, "--out", first},
		{"audit", first},
		{"sim", "--scenario", week, "--out", again},
		{"sim", "--scenario", week, "--out", perfect, "--perfect", "--unsigned"},
		{"audit", perfect},
	} {
		if err := command(r, args); err != nil {
			return err
		}
	}
	differing, files, err := differences(first, again)
	if err != nil {
		return err
	}
	r.check(len(differing) == 0 && files > 5, "the same seed gives the same bytes in %d files (all but report.html)", files)
	for _, d := range differing {
		r.note("differs: %s", d)
	}
	worse, of, err := losers(filepath.Join(first, "summary.json"), "saving_after_no_worse")
	if err != nil {
		return err
	}
	r.note("forecasts as they were: %d of %d participants pay more than with the supplier alone %v", len(worse), of, worse)
	worse, of, err = losers(filepath.Join(perfect, "summary.json"), "saving_before_no_worse")
	if err != nil {
		return err
	}
	r.check(len(worse) == 0 && of > 0, "forecasts that know the future: none of %d participants pays more than with the supplier alone %v", of, worse)
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// command runs torg in the module's folder, to its end.
func command(r *rig, args []string) error {
	p, err := start(r.root, nil, r.torg, args...)
	if err != nil {
		return err
	}
	defer p.kill()
	status, err := p.status(aWeek)
	if err != nil {
		return err
	}
	if !r.check(status == 0, "torg %s: %.0f s", strings.Join(args, " "), time.Since(p.began).Seconds()) {
		return fmt.Errorf("torg %s: exit status %d\n%s", args[0], status, p.said())
	}
	return nil
}

// differences returns the files that differ between two simulations, of how many.
func differences(a, b string) (differing []string, files int, err error) {
	one, err := checksums(a)
	if err != nil {
		return nil, 0, err
	}
	other, err := checksums(b)
	if err != nil {
		return nil, 0, err
	}
	delete(one, "report.html") // it says how long the run took
	delete(other, "report.html")
	return changed(one, other), len(one), nil
}

// losers returns the participants of a summary whose saving is below zero, of how
// many.
func losers(path, saving string) (worse []string, of int, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	var summary struct {
		Participants []map[string]any `json:"participants"`
	}
	if err := json.Unmarshal(b, &summary); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	for _, p := range summary.Participants {
		amount, ok := p[saving].(string)
		if !ok {
			return nil, 0, fmt.Errorf("%s: participant %v has no %s", path, p["participant"], saving)
		}
		if strings.HasPrefix(amount, "-") {
			worse = append(worse, fmt.Sprintf("%v: %s RUB", p["participant"], amount))
		}
	}
	return worse, len(summary.Participants), nil
}
