package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// object is a mapping whose keys are known.
type object struct {
	r      *reader
	node   *yaml.Node
	path   string
	fields map[string]*yaml.Node
}

// object reads a mapping; other keys than these, and keys that come twice, are
// problems. Null is the same as absent.
func (r *reader) object(n *yaml.Node, path string, keys ...string) object {
	n = target(n)
	o := object{r, n, path, map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be a mapping of keys", cmp.Or(path, "the file"))
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], target(n.Content[i+1])
		switch name := key.Value; {
		case key.Kind != yaml.ScalarNode || !slices.Contains(keys, name):
			r.fail(key, "unknown key %q; known here: %s", name, strings.Join(keys, ", "))
		case o.fields[name] != nil:
			r.fail(key, "key %q is there twice", name)
		default:
			o.fields[name] = value
		}
	}
	for name, value := range o.fields {
		if value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
			delete(o.fields, name)
		}
	}
	return o
}

// target is the node itself, or what an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// of names a key with its path.
func (o object) of(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// at returns the node of a key, or of the mapping where the key is absent.
func (o object) at(key string) *yaml.Node {
	if n := o.fields[key]; n != nil {
		return n
	}
	return o.node
}

func (o object) has(key string) bool { return o.fields[key] != nil }

// fail notes a problem with a key.
func (o object) fail(key, format string, args ...any) {
	o.r.fail(o.at(key), "%s: %s", o.of(key), fmt.Sprintf(format, args...))
}

// require notes a problem when a key is absent.
func (o object) require(keys ...string) {
	for _, key := range keys {
		if !o.has(key) && o.node.Kind == yaml.MappingNode {
			o.r.fail(o.node, "%s is missing", o.of(key))
		}
	}
}

// list returns the elements of a list, none where it is absent.
func (o object) list(key string, most int) []*yaml.Node {
	n := o.fields[key]
	switch {
	case n == nil:
		return nil
	case n.Kind != yaml.SequenceNode:
		o.fail(key, "must be a list")
		return nil
	case len(n.Content) > most:
		o.fail(key, "has %d elements, more than %d", len(n.Content), most)
		return nil
	}
	return n.Content
}

// text returns a scalar as it is written, empty where it is absent.
func (o object) text(key string) string {
	n := o.fields[key]
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		o.fail(key, "must be a single value")
		return ""
	}
	return n.Value
}

// parse reads a scalar with a function that knows what it may be, and notes its
// error. Where the key is absent or wrong, it returns the default.
func parse[T any](o object, key string, def T, read func(string) (T, error)) T {
	if !o.has(key) {
		return def
	}
	if o.fields[key].Kind != yaml.ScalarNode {
		o.fail(key, "must be a single value")
		return def
	}
	v, err := read(o.fields[key].Value)
	if err != nil {
		o.fail(key, "%v", err)
		return def
	}
	return v
}

// choice reads one of a few words; the first is the default.
func choice[T ~string](o object, key string, words ...T) T {
	return parse(o, key, words[0], func(s string) (T, error) {
		if !slices.Contains(words, T(s)) {
			return "", fmt.Errorf("%q is none of %s", s, strings.Trim(fmt.Sprint(words), "[]"))
		}
		return T(s), nil
	})
}
