package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	keys := []string{"name", "nodes", "pods-per-node", "services", "within", "avoid", "node-mask-ipv4", "node-mask-ipv6"}
	for _, tt := range []struct {
		word, want, why string
	}{
		{"nods", "nodes", "a letter is missing"},
		{"ndoes", "nodes", "two letters are swapped"},
		{"podsPerNode", "pods-per-node", "another way to join words"},
		{"pods_per_nodes", "pods-per-node", "and one letter more"},
		{"service", "services", "singular"},
		{"avoids", "avoid", "plural"},
		{"nodemask-ipv6", "node-mask-ipv6", "exact but for the hyphen, though the other is near too"},
		{"node-mask-ipv", "node-mask-ipv4", "the first of two that are as near"},
		{"serviceSubnet", "", "another name altogether"},
		{"", "", "nothing given"},
		{"x", "", "one letter is not like anything"},
		{strings.Repeat("nodes", 20), "", "too long to compare"},
	} {
		if got := Nearest(tt.word, keys); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q: %s", tt.word, got, tt.want, tt.why)
		}
	}
	if got := Nearest("a", []string{"b"}); got != "" {
		t.Errorf(`Nearest("a", "b") = %q, want none: no letter is common`, got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0},
		{"abc", "acb", 1}, {"abc", "abcd", 1}, {"abc", "ab", 1}, {"abc", "axc", 1},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, // optimal string alignment: no edit between swapped letters
	} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := distance(tt.b, tt.a); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d: it is symmetric", tt.b, tt.a, got, tt.want)
		}
	}
}
