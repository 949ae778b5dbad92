package scenario

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"torg/meter/physics"
)

// meters reads the meters of a site or of the connection.
func (o object) meters() []Meter {
	var meters []Meter
	for _, n := range o.list("meters", MaxMeters) {
		f := o.r.object(n, o.of("meters"), "flow", "csv", "value", "unit", "factor", "timezone", "shift", "model")
		f.require("flow")
		m := Meter{Flow: choice(f, "flow", FlowLoad, FlowGeneration)}
		switch {
		case f.has("csv") == f.has("model"):
			o.r.fail(f.node, "%s: one of csv and model is needed", f.path)
		case f.has("model"):
			m.Model = f.model()
		default:
			m.CSV = f.csv()
		}
		meters = append(meters, m)
	}
	if o.has("meters") && len(meters) == 0 {
		o.fail("meters", "at least one is needed")
	}
	return meters
}

func (o object) csv() *CSV {
	o.require("unit")
	return &CSV{
		Path:     parse(o, "csv", "", label),
		Value:    parse(o, "value", "value", label),
		Unit:     choice(o, "unit", KW, KWh, Wh),
		Factor:   parse(o, "factor", 1, factor),
		Timezone: parse(o, "timezone", nil, zone),
		Shift:    parse(o, "shift", 0, span),
		Shifted:  o.text("shift"),
	}
}

func factor(s string) (float64, error) {
	v, err := decimal(0, 1e9)(s)
	if err == nil && v == 0 {
		err = fmt.Errorf("%s is not above 0", s)
	}
	return v, err
}

// model reads a meter's model; what belongs to a file is a problem.
func (o object) model() *physics.Spec {
	for _, key := range []string{"value", "unit", "factor", "timezone", "shift"} {
		if o.has(key) {
			o.fail(key, "belongs to a csv, not to a model")
		}
	}
	n := o.at("model")
	keys := []string{"kind"}
	kind := physics.Kind("")
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "kind" {
				kind = physics.Kind(target(n.Content[i+1]).Value)
			}
		}
	}
	if n.Kind == yaml.MappingNode && !slices.Contains(physics.Kinds, kind) {
		o.fail("model", "kind %q is none of %s", kind, strings.Trim(fmt.Sprint(physics.Kinds), "[]"))
		return nil
	}
	spec := o.r.spec(n, o.of("model"), kind, keys...)
	return &spec
}

// spec reads the parameters of a kind under a key; absent, all are defaults.
func (o object) spec(key string, kind physics.Kind) physics.Spec {
	if !o.has(key) {
		spec, _ := physics.Spec{Kind: kind}.Complete()
		return spec
	}
	return o.r.spec(o.at(key), o.of(key), kind)
}

func (r *reader) spec(n *yaml.Node, path string, kind physics.Kind, keys ...string) physics.Spec {
	spec := physics.Spec{Kind: kind, Values: map[string]float64{}}
	for _, p := range physics.Params(kind) {
		keys = append(keys, p.Name)
	}
	o := r.object(n, path, keys...)
	before := len(r.problems)
	for _, p := range physics.Params(kind) {
		if !o.has(p.Name) {
			if p.Required {
				o.require(p.Name)
			}
			continue
		}
		spec.Values[p.Name] = parse(o, p.Name, p.Default, func(s string) (float64, error) {
			v, err := decimal(-1e12, 1e12)(s)
			if err == nil {
				err = p.Check(v)
			}
			return v, err
		})
	}
	if len(r.problems) > before {
		return spec
	}
	full, err := spec.Complete()
	if err != nil {
		r.fail(o.node, "%s: %v", path, err)
	}
	return full
}
