package check

import (
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

func mergeNames(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// withoutSubnet returns the nodes that are registered and hold no subnet.
func (c *checker) withoutSubnet() []*nodeView {
	var ns []*nodeView
	for _, n := range c.nodes {
		if n.missing() {
			ns = append(ns, n)
		}
	}
	return ns
}

// withSubnet counts the nodes that hold a subnet.
func (c *checker) withSubnet() int {
	n := 0
	for _, x := range c.nodes {
		if len(x.pods) > 0 {
			n++
		}
	}
	return n
}

func nodeNames(ns []*nodeView) []string {
	var out []string
	for _, n := range ns {
		out = append(out, n.name)
	}
	return out
}

func nodePlaces(ns []*nodeView) []fact.Place {
	var out []fact.Place
	for _, n := range ns {
		s := n.place()
		if s == nil {
			continue
		}
		note := "node " + n.name + " holds no pod subnet"
		if len(n.pods) > 0 {
			note = "node " + n.name + " holds " + writes(s)
		}
		out = append(out, placeOf(s, note))
		if len(out) == maxPlaces {
			break
		}
	}
	return out
}
