// Package plangen makes plans and requests for tests.
package plangen

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"pgregory.net/rapid"
)

// Pins reads a list of role=prefix.
func Pins(list string) []plan.Pin {
	var out []plan.Pin
	for _, s := range strings.Fields(list) {
		role, p, _ := strings.Cut(s, "=")
		out = append(out, plan.Pin{Role: fact.Role(role), Prefix: netip.MustParsePrefix(p)})
	}
	return out
}

// New returns the plan of r, which has to exist.
func New(t testing.TB, r plan.Request) *plan.Plan {
	t.Helper()
	p, err := plan.New(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Draw draws a request with up to 60 reservations, any family and names of any letters.
func Draw(t *rapid.T) plan.Request {
	r := plan.Request{
		Name:     rapid.String().Draw(t, "name"),
		Nodes:    rapid.IntRange(1, 3000).Draw(t, "nodes"),
		Grow:     rapid.IntRange(0, 3).Draw(t, "grow"),
		Families: rapid.SampledFrom([][]fact.Family{nil, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}}).Draw(t, "families"),
	}
	if rapid.Bool().Draw(t, "hosts") {
		r.Hosts = []netip.Prefix{cidr.MustParse("198.51.100.0/26"), cidr.MustParse("2001:db8::/64")}
	}
	for i := range rapid.IntRange(-3, 3).Draw(t, "named") {
		n := plan.Named{Name: fmt.Sprintf("net-%d", i), Addresses: rapid.IntRange(0, 600).Draw(t, "addresses")}
		if n.Addresses == 0 || rapid.IntRange(0, 3).Draw(t, "fixed") == 0 {
			n.Prefixes = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, byte(16 * i)}), rapid.IntRange(20, 24).Draw(t, "length")), cidr.MustParse(fmt.Sprintf("2001:db8:%d::/64", i+1))}
		}
		r.Named = append(r.Named, n)
	}
	for i := range rapid.IntRange(0, 60).Draw(t, "avoid") {
		bits := rapid.IntRange(14, 32).Draw(t, "bits")
		a := rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, "address")
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, a[0], a[1], a[2]}), bits).Masked()
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: fmt.Sprint(i, rapid.String().Draw(t, "who"))})
	}
	return r
}
