package distro

import (
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// A place is a value with the path at which it stands.
type place struct {
	node *source.Node
	key  string
}

// find returns the values under path in n. A path has names separated by dots; [] behind a name stands for each item of
// its list, and *
// for each key of a mapping. The key of each result has the real index or name in their place.
func find(n *source.Node, path string) []place {
	at := []place{{n, ""}}
	for step := range strings.SplitSeq(path, ".") {
		name, each := strings.CutSuffix(step, "[]")
		var next []place
		for _, p := range at {
			next = appendStep(next, p, name, each)
		}
		at = next
	}
	return at
}

func appendStep(next []place, p place, name string, each bool) []place {
	if p.node == nil || p.node.Kind != source.Mapping {
		return next
	}
	if name == "*" {
		for _, e := range p.node.Entries {
			next = append(next, place{e.Value, join(p.key, e.Key)})
		}
		return next
	}
	v := p.node.Get(name)
	switch {
	case v == nil:
	case !each:
		next = append(next, place{v, join(p.key, name)})
	case v.Kind == source.Sequence:
		for i, it := range v.Items {
			next = append(next, place{it, join(p.key, name) + "[" + strconv.Itoa(i) + "]"})
		}
	}
	return next
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// items returns the items of a list, none for anything else.
func items(n *source.Node) []*source.Node {
	if n == nil || n.Kind != source.Sequence {
		return nil
	}
	return n.Items
}

// entries returns the entries of a mapping, none for anything else.
func entries(n *source.Node) []source.Entry {
	if n == nil || n.Kind != source.Mapping {
		return nil
	}
	return n.Entries
}

// has reports whether n is a mapping with that key.
func has(n *source.Node, key string) bool {
	return n != nil && n.Kind == source.Mapping && n.Get(key) != nil
}

// isMap reports whether there is a mapping under the keys.
func isMap(n *source.Node, keys ...string) bool {
	if n == nil || n.Kind != source.Mapping {
		return false
	}
	v := n.Get(keys...)
	return v != nil && v.Kind == source.Mapping
}

// word returns the text of a scalar without outer blanks, "" for null and for anything else.
func word(n *source.Node) string {
	if n == nil || n.Kind == source.Null {
		return ""
	}
	return strings.TrimSpace(n.Str())
}

// truth returns what a YAML boolean says. Programs that read YAML 1.1 take yes, no, on and off as well.
func truth(n *source.Node) (value, ok bool) {
	switch strings.ToLower(word(n)) {
	case "true", "yes", "on", "1", "t":
		return true, true
	case "false", "no", "off", "0", "f":
		return false, true
	}
	return false, false
}
