package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// sample is a line of Prometheus' text format.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

// samples reads Prometheus' text format as far as our own metrics use it: no label
// value has a quote, brace or comma in it.
func samples(text string) ([]sample, error) {
	var all []sample
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		space := strings.LastIndexByte(line, ' ')
		if space < 0 {
			return nil, fmt.Errorf("metrics, line %d: no value", n+1)
		}
		v, err := strconv.ParseFloat(line[space+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics, line %d: %w", n+1, err)
		}
		s := sample{name: line[:space], labels: map[string]string{}, value: v}
		if name, rest, ok := strings.Cut(s.name, "{"); ok {
			s.name = name
			for _, pair := range strings.Split(strings.TrimSuffix(rest, "}"), ",") {
				key, value, _ := strings.Cut(pair, "=")
				s.labels[key] = strings.Trim(value, `"`)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// value sums the samples of a name.
func value(all []sample, name string) (sum float64, found bool) {
	for _, s := range all {
		if s.name == name {
			sum, found = sum+s.value, true
		}
	}
	return sum, found
}

// quantile is the q-quantile of a histogram with a label, taken linearly inside its
// bucket as Prometheus does; the largest finite bound where it is beyond it, and NaN
// without observations.
func quantile(all []sample, name, label, of string, q float64) float64 {
	type bucket struct{ bound, count float64 }
	var buckets []bucket
	for _, s := range all {
		if s.name == name+"_bucket" && s.labels[label] == of {
			bound, err := strconv.ParseFloat(s.labels["le"], 64)
			if err == nil {
				buckets = append(buckets, bucket{bound, s.value})
			}
		}
	}
	slices.SortFunc(buckets, func(a, b bucket) int { return cmp.Compare(a.bound, b.bound) })
	if len(buckets) == 0 || buckets[len(buckets)-1].count == 0 {
		return math.NaN()
	}
	rank := q * buckets[len(buckets)-1].count
	below := bucket{}
	for _, b := range buckets {
		if b.count >= rank && b.count > below.count {
			if math.IsInf(b.bound, 1) {
				return below.bound
			}
			return below.bound + (b.bound-below.bound)*(rank-below.count)/(b.count-below.count)
		}
		below = b
	}
	return below.bound
}
