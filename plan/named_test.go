package plan_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"
)

// named reads a request of values of the keys range, within, avoid, family and pin.
func named(t *testing.T, values ...string) plan.Request {
	t.Helper()
	var r plan.Request
	for i := 0; i < len(values); i += 2 {
		if err := r.Set(values[i], values[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestNamed(t *testing.T) {
	for _, tt := range []struct{ values, want, why string }{
		{"range lb=50", "lb=10.0.1.0/26", "as large as it has to be"},
		{"range lb=62", "lb=10.0.1.0/26", "base and broadcast address counted"},
		{"range lb=63", "lb=10.0.1.0/25", "one more"},
		{"range a=1", "a=10.0.1.0/30", "the smallest"},
		{"range vpn=10.8.0.0/24,lb=50,storage=200", "vpn=10.8.0.0/24 lb=10.8.1.0/26 storage=10.0.1.0/24", "in the order of the request"},
		{"family dual range lb=50 name x", "lb=10.0.1.0/26 lb=64", "an IPv6 range is a /64"},
		{"family dual range lb=50,lb=10.9.0.0/24 name x", "lb=10.9.0.0/24 lb=64", "fixed in one family alone"},
		{"family dual range vpn=10.9.0.0/24 name x", "vpn=10.9.0.0/24", "of one family alone"},
		{"range storage=203.0.113.0/24", "storage=203.0.113.0/24", "outside of the space"},
		{"range services-lb=5 hosts 10.0.0.0/24", "services-lb=10.0.1.0/29", "a name that begins as a role does"},
	} {
		p, err := plan.New(named(t, strings.Fields(tt.values)...))
		if err != nil {
			t.Errorf("%s: %v", tt.values, err)
			continue
		}
		var got []string
		for _, r := range p.Named() {
			if r.Family() == fact.IPv6 && r.Prefix.Bits() == 64 {
				got = append(got, string(r.Role)+"=64")
			} else {
				got = append(got, string(r.Role)+"="+r.Prefix.String())
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s: %s", tt.values, s, tt.want, tt.why)
		}
		if errs := p.Validate(); errs != nil {
			t.Errorf("%s: %v", tt.values, errs)
		}
		if slices.ContainsFunc(p.Pins(), func(x plan.Pin) bool {
			return !slices.Contains([]fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods}, x.Role)
		}) {
			t.Errorf("%s: pins %v", tt.values, p.Pins())
		}
		q, err := plan.New(p.Pinned())
		if err != nil || !slices.EqualFunc(p.Ranges, q.Ranges, func(a, b plan.Range) bool { return a.Role == b.Role && a.Prefix == b.Prefix }) {
			t.Errorf("%s: pinned %v, %v", tt.values, q, err)
		}
	}
}

// TestNamedInfeasible: what stands in the way, and remedies that give up as little as may be.
func TestNamedInfeasible(t *testing.T) {
	for _, tt := range []struct{ values, message, remedies string }{
		{"range lb=10.9.0.0/24 avoid 10.9.0.0/16", "range lb 10.9.0.0/24 overlaps 10.9.0.0/16", "lb elsewhere than in 10.9.0.0/24|give up 10.9.0.0/16|no range for lb"},
		{"range a=10.9.0.0/24,b=10.9.0.0/23", "range a 10.9.0.0/24 overlaps range b 10.9.0.0/23", "a elsewhere than in 10.9.0.0/24|b elsewhere than in 10.9.0.0/23"},
		{"range lb=10.9.0.0/24 pin pods=10.8.0.0/15", "pin pods 10.8.0.0/15 overlaps range lb 10.9.0.0/24", "lb elsewhere than in 10.9.0.0/24"},
		{"range lb=10.0.0.0/25 hosts 10.0.0.0/24", "range lb 10.0.0.0/25 overlaps hosts 10.0.0.0/24", "lb elsewhere than in 10.0.0.0/25"},
		{"range lb=500,lb=10.9.0.0/24", "/23 or larger is needed, it is a /24", "500 -> 254 addresses of lb|lb elsewhere than in 10.9.0.0/24"},
		{"range lb=2000 within 10.0.0.0/20 nodes 4", "", "2,000 -> 1,022 addresses of lb|no range for lb"},
	} {
		_, err := plan.New(named(t, strings.Fields(tt.values)...))
		var none *plan.InfeasibleError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%s: %v, want %s", tt.values, err, tt.message)
			continue
		}
		for want := range strings.SplitSeq(tt.remedies, "|") {
			i := slices.IndexFunc(none.Relaxations, func(r plan.Relaxation) bool { return strings.Contains(r.Change, want) })
			if i < 0 {
				t.Errorf("%s: no remedy %q in %v", tt.values, want, none.Relaxations)
				continue
			}
			if _, err := plan.New(none.Relaxations[i].Request); err != nil {
				t.Errorf("%s: %q does not help: %v", tt.values, want, err)
			}
		}
	}
}

func TestNamedErrors(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"lb", `range "lb": want name=addresses or name=CIDR, such as lb=50 or vpn=10.8.0.0/24`},
		{"pods=9", `range "pods=9": is a role that every cluster has; use hosts, services, nodes or pin`},
		{"reserved=9", `range "reserved=9": is what this program calls ranges of others; use another name`},
		{"Lb=9", `range "Lb=9": the name must be a letter, then up to 29 letters, digits and dashes, all in lower case`},
		{"=9", `range "=9": the name must be a letter, then up to 29 letters, digits and dashes, all in lower case`},
		{"lb=0", `range "lb=0": must be 1 or more`},
		{"lb=5,lb=6", `range "lb=6": a second number of addresses for lb`},
		{"lb=10.0.0.0/24,lb=10.1.0.0/24", `range "lb=10.1.0.0/24": a second IPv4 range; give it a name of its own`},
		{"lb=10.0.0.1/24", `range "lb=10.0.0.1/24": prefix "10.0.0.1/24": host bits are set; use 10.0.0.0/24`},
		{"lb=10.0.0.1-10.0.0.9", `range "lb=10.0.0.1-10.0.0.9": is no single prefix but 4, 10.0.0.1/32 to 10.0.0.8/31: a cluster takes prefixes alone`},
	} {
		var r plan.Request
		if err := r.Set("range", tt.value); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.value, err, tt.want)
		}
	}
	// What a field alone cannot say.
	six := []netip.Prefix{cidr.MustParse("fd00::/64")}
	for _, r := range []plan.Request{{Named: []plan.Named{{Name: "a", Prefixes: six}}}, {Named: []plan.Named{{Name: "a"}}}, {Named: []plan.Named{{Name: "a", Addresses: 1}, {Name: "a", Addresses: 1}}}} {
		var e *plan.RequestError
		if !errors.As(r.Check(), &e) {
			t.Errorf("%+v: %v", r.Named, r.Check())
		}
	}
}

// TestNamedProperties: whatever is asked for, a plan is sound, and what its text says brings it back.
func TestNamedProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := plangen.Draw(t)
		p, err := plan.New(r)
		if err != nil {
			return
		}
		if errs := p.Validate(); errs != nil {
			t.Fatal(errs)
		}
		for _, n := range r.Named {
			if n.Addresses == 0 {
				continue
			}
			for _, f := range p.Families {
				if _, ok := p.Range(n.Role(), f); !ok {
					t.Fatalf("no %v range for %s", f, n.Name)
				}
			}
		}
		var back plan.Request
		if values := p.Request.Values("range"); len(values) > 0 {
			if err := back.Set("range", values...); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.EqualFunc(back.Named, p.Request.Named, func(a, b plan.Named) bool {
			return a.Name == b.Name && a.Addresses == b.Addresses && slices.Equal(a.Prefixes, b.Prefixes)
		}) {
			t.Fatalf("read back %v, want %v", back.Named, p.Request.Named)
		}
	})
}
