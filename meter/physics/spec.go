// Package physics models what sites consume and produce where there is no meter's
// file: plants, combined heat and power, sun, wind, sharing and heating stations, and
// the weather that they share. A model is a pure function of its seed and of time, so
// history, live slots and a restart agree, and any slot can be asked for at any time.
package physics

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Kind names a model.
type Kind string

// The kinds of models, and the weather that they share.
const (
	Plant   Kind = "plant"
	CHP     Kind = "chp"
	PV      Kind = "pv"
	Wind    Kind = "wind"
	Sharing Kind = "sharing"
	Heating Kind = "heating"
	Weather Kind = "weather"
)

// Kinds lists the models that a meter may have.
var Kinds = []Kind{Plant, CHP, PV, Wind, Sharing, Heating}

// Param is a parameter of a kind. Its name ends in its unit.
type Param struct {
	Name              string
	Default, Min, Max float64
	Required          bool // it has no default
	Whole             bool // it counts something
}

// Spec is a model with all its parameters, as Params of its kind names them.
type Spec struct {
	Kind   Kind
	Values map[string]float64
}

// Check refuses a value outside of the parameter's range.
func (p Param) Check(v float64) error {
	switch {
	case math.IsNaN(v) || v < p.Min || v > p.Max:
		return fmt.Errorf("%g is outside %g to %g", v, p.Min, p.Max)
	case p.Whole && v != math.Trunc(v):
		return fmt.Errorf("%g is not a whole number", v)
	}
	return nil
}

// complete returns the values with defaults filled in, or what is wrong with them.
func (s Spec) complete(kind Kind) (map[string]float64, error) {
	if s.Kind != kind {
		return nil, fmt.Errorf("model %q: %q is needed here", s.Kind, kind)
	}
	params := Params(kind)
	if params == nil {
		return nil, fmt.Errorf("model %q: there is no such kind", kind)
	}
	values := make(map[string]float64, len(params))
	for _, p := range params {
		v, given := s.Values[p.Name]
		switch {
		case !given && p.Required:
			return nil, fmt.Errorf("model %s: %s is missing", kind, p.Name)
		case !given:
			v = p.Default
		}
		if err := p.Check(v); err != nil {
			return nil, fmt.Errorf("model %s: %s: %w", kind, p.Name, err)
		}
		values[p.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(s.Values)) {
		if _, known := values[name]; !known {
			return nil, fmt.Errorf("model %s: unknown parameter %s", kind, name)
		}
	}
	return values, together(kind, values)
}

// together refuses values that are fine one by one and not together.
func together(kind Kind, v map[string]float64) error {
	switch {
	case kind == Plant && v["shifts"]*v["shift_h"] > 24:
		return fmt.Errorf("model plant: shifts x shift_h is %g, more than a day", v["shifts"]*v["shift_h"])
	case kind == Sharing && v["session_kwh"] > 48*v["post_kw"]:
		return fmt.Errorf("model sharing: session_kwh needs more than 48 hours at post_kw")
	case kind == Wind && !(v["cut_in_ms"] < v["rated_ms"] && v["rated_ms"] < v["cut_out_ms"]):
		return fmt.Errorf("model wind: cut_in_ms, rated_ms and cut_out_ms must ascend")
	case (kind == CHP || kind == Heating) && v["design_c"] >= v["balance_c"]:
		return fmt.Errorf("model %s: design_c must be below balance_c", kind)
	case kind == Heating && v["supply_c"] < v["balance_c"]+5:
		return fmt.Errorf("model heating: supply_c must be at least 5 above balance_c")
	}
	return nil
}

// Complete returns the specification with every default filled in, or what is wrong
// with it.
func (s Spec) Complete() (Spec, error) {
	v, err := s.complete(s.Kind)
	return Spec{s.Kind, v}, err
}
