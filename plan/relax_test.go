package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// crowd returns n /24s of 10.0.0.0/8, evenly spread.
func crowd(n int) []Reservation {
	var out []Reservation
	for i := range n {
		at := i * (1 << 16 / n)
		a := netip.AddrFrom4([4]byte{10, byte(at >> 8), byte(at)})
		out = append(out, Reservation{Prefix: netip.PrefixFrom(a, 24), Name: fmt.Sprint("site ", i)})
	}
	return out
}

// TestSpaceShared: requests that differ in numbers alone are judged in one space. With thousands of ranges to be avoided it is
// the making of spaces that takes time, and relaxations are found by judging a hundred requests.
func TestSpaceShared(t *testing.T) {
	c := spaceCache{}
	r := Request{Families: []Family{IPv4, IPv6}, Within: prefixes("10.0.0.0/8 fd00::/48"), Nodes: 5000, PodsPerNode: 250, Avoid: crowd(5000)}
	if c.feasible(r) {
		t.Fatal("feasible, wanted a request that is not")
	}
	first := c[IPv4]
	fewer := r.clone()
	fewer.Nodes, fewer.PodsPerNode, fewer.Services = 5, 30, 100
	if !c.feasible(fewer) || c[IPv4] != first || c[IPv6] == nil {
		t.Error("fewer nodes: not feasible, or in another space")
	}
	if p, err := c.solve(fewer); err != nil || p.Validate() != nil || c[IPv4] != first {
		t.Errorf("a plan: %v, or made in another space", err)
	}
	if !c.feasible(fewer) {
		t.Error("planning took from the shared space")
	}
	for name, change := range map[string]func(*Request){
		"other blocks to draw from": func(r *Request) { r.Within = prefixes("10.0.0.0/9 fd00::/48") },
		"one range less to avoid":   func(r *Request) { r.Avoid = r.Avoid[1:] },
		"a pin":                     func(r *Request) { r.Pins = pins("hosts=10.0.0.0/24") },
	} {
		other := fewer.clone()
		change(&other)
		if c.feasible(other); c[IPv4] == first {
			t.Errorf("%s: judged in the same space", name)
		}
		c[IPv4] = first
	}
}

// TestManyInTheWay: thousands of ranges in the way of two pins leave a message that can be read, and the pins are what is given up.
func TestManyInTheWay(t *testing.T) {
	r := Request{Pins: pins("pods=10.0.0.0/9 services=10.128.0.0/12"), Avoid: crowd(15000)}
	_, err := New(r)
	e, ok := errors.AsType[*InfeasibleError](err)
	if !ok {
		t.Fatalf("New: %v, want an *InfeasibleError", err)
	}
	if n := len(e.Conflicts); n < 9000 {
		t.Errorf("%d conflicts, want one for each site in a pin", n)
	}
	var text strings.Builder
	if err := e.WriteText(&text, RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]string{"message": err.Error(), "text": text.String()} {
		if len(s) > 3000 || !strings.Contains(s, " more") {
			t.Errorf("%s of %d bytes: %.500s", what, len(s), s)
		}
	}
	want := "pods not pinned to 10.0.0.0/9 and services not pinned to 10.128.0.0/12"
	if len(e.Relaxations) == 0 || e.Relaxations[0].Change != want {
		t.Errorf("relaxations %v, want %q first", e.Relaxations, want)
	}
	checkRelaxations(t, e)
}
