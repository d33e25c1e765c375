package plan_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestRequestSet(t *testing.T) {
	p := cidr.MustParse
	given := func(name, prefix string) fact.Reservation {
		return fact.Reservation{Prefix: p(prefix), Name: name, Source: "given"}
	}
	for _, tt := range []struct {
		key    string
		values []string
		want   plan.Request
		why    string
	}{
		{"name", []string{"north"}, plan.Request{Name: "north"}, "text"},
		{"name", []string{" a,b "}, plan.Request{Name: "a,b"}, "no list: a comma is part of it"},
		{"nodes", []string{"40"}, plan.Request{Nodes: 40}, "number"},
		{"nodes", []string{" 536870912 "}, plan.Request{Nodes: 1 << 29}, "the largest"},
		{"nodes", []string{"010"}, plan.Request{Nodes: 10}, "decimal, as everywhere in Kubernetes"},
		{"grow", []string{"0"}, plan.Request{Nodes: 7}, "zero is a value here"},
		{"churn", []string{"1.5"}, plan.Request{Churn: 1.5}, "fraction"},
		{"churn", []string{"1"}, plan.Request{Churn: 1}, "the smallest"},
		{"churn", []string{"16"}, plan.Request{Churn: 16}, "the largest"},
		{"family", []string{"dual"}, plan.Request{Families: []fact.Family{fact.IPv4, fact.IPv6}}, "primary first"},
		{"family", []string{"Dual-IPv6"}, plan.Request{Families: []fact.Family{fact.IPv6, fact.IPv4}}, "case does not count"},
		{"kubernetes", []string{"1.33"}, plan.Request{Kubernetes: fact.Version{Major: 1, Minor: 33}}, "version"},
		{"node-mask-ipv4", []string{"/25"}, plan.Request{NodeMaskIPv4: 25}, "as people write a length"},
		{"hosts", []string{"300"}, plan.Request{HostCount: 300}, "a count"},
		{"hosts", []string{"10.0.0.0/24, fd00::/64"}, plan.Request{Hosts: []netip.Prefix{p("10.0.0.0/24"), p("fd00::/64")}}, "a list"},
		{"hosts", []string{"10.0.0.0/24", "10.1.0.0/24"}, plan.Request{Hosts: []netip.Prefix{p("10.0.0.0/24"), p("10.1.0.0/24")}}, "several values"},
		{"within", []string{"10.0.0.0/14"}, plan.Request{Within: []netip.Prefix{p("10.0.0.0/14")}}, "a list of one"},
		{"avoid", []string{"10.8.0.0/16,vpn = 10.9.0.0/16"}, plan.Request{Avoid: []fact.Reservation{given("10.8.0.0/16", "10.8.0.0/16"), given("vpn", "10.9.0.0/16")}}, "with and without a name"},
		{"pin", []string{"pods=10.244.0.0/16", "services=10.96.0.0/12,hosts=10.0.0.0/24"}, plan.Request{Pins: []plan.Pin{{Role: fact.RolePods, Prefix: p("10.244.0.0/16")},
			{Role: fact.RoleServices, Prefix: p("10.96.0.0/12")}, {Role: fact.RoleHosts, Prefix: p("10.0.0.0/24")}}}, "repeated, and as a list"},
		{"within", []string{"10.0.0.0-10.2.255.255,fd00::-fd00::ff"}, plan.Request{Within: []netip.Prefix{p("10.0.0.0/15"), p("10.2.0.0/16"), p("fd00::/120")}}, "ends of ranges"},
		{"hosts", []string{"10.0.0.10 - 10.0.0.15"}, plan.Request{Hosts: []netip.Prefix{p("10.0.0.10/31"), p("10.0.0.12/30")}}, "ends of a range"},
		{"held", []string{"10.244.0.0-10.244.1.255"}, plan.Request{Held: []netip.Prefix{p("10.244.0.0/23")}}, "ends of a range"},
		{"avoid", []string{"dhcp=10.0.0.10-10.0.0.13,10.9.0.1-10.9.0.2,10.8.0.0-10.8.255.255"}, plan.Request{Avoid: []fact.Reservation{given("dhcp", "10.0.0.10/31"), given("dhcp", "10.0.0.12/31"),
			given("10.9.0.1-10.9.0.2", "10.9.0.1/32"), given("10.9.0.1-10.9.0.2", "10.9.0.2/32"), given("10.8.0.0/16", "10.8.0.0/16")}}, "ends of ranges, with and without a name"},
		{"pin", []string{"services=10.96.0.0-10.111.255.255"}, plan.Request{Pins: []plan.Pin{{Role: fact.RoleServices, Prefix: p("10.96.0.0/12")}}}, "the ends of one prefix"},
		{"keep", []string{"pods=fd00::-fd00::ffff"}, plan.Request{Keep: []plan.Pin{{Role: fact.RolePods, Prefix: p("fd00::/112")}}}, "the ends of one prefix"},
	} {
		// What was there before is replaced, other fields stay.
		got := tt.want
		got.Grow = 3
		if err := got.Set(tt.key, tt.values...); err != nil {
			t.Errorf("Set(%q, %q) = %v: %s", tt.key, tt.values, err, tt.why)
			continue
		}
		want := tt.want
		if tt.key != "grow" {
			want.Grow = 3
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("Set(%q, %q) over the same (-want +got): %s\n%s", tt.key, tt.values, tt.why, diff)
		}
		if tt.key == "grow" {
			continue
		}
		var fresh plan.Request
		if err := fresh.Set(tt.key, tt.values...); err != nil {
			t.Errorf("Set(%q, %q) = %v: %s", tt.key, tt.values, err, tt.why)
		}
		if diff := cmp.Diff(tt.want, fresh, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("Set(%q, %q) (-want +got): %s\n%s", tt.key, tt.values, tt.why, diff)
		}
	}
}

// A count takes the place of a list, and a list that of a count.
func TestRequestSetHostsReplaces(t *testing.T) {
	var r plan.Request
	for _, v := range []string{"10.0.0.0/24", "40", "10.1.0.0/24"} {
		if err := r.Set("hosts", v); err != nil {
			t.Fatal(err)
		}
		if isCount := v == "40"; isCount != (r.HostCount == 40) || isCount != (len(r.Hosts) == 0) {
			t.Errorf("after hosts %s: %d hosts in %v", v, r.HostCount, r.Hosts)
		}
	}
}

func TestRequestSetAtlas(t *testing.T) {
	for _, name := range cidr.AtlasNames() {
		var r plan.Request
		if err := r.Set("avoid", strings.ToUpper(name)); err != nil {
			t.Errorf("Set(avoid, %q) = %v", name, err)
			continue
		}
		uses, _ := cidr.AtlasByName(name)
		if len(r.Avoid) != len(uses) {
			t.Errorf("Set(avoid, %q) gives %d ranges, want %d", name, len(r.Avoid), len(uses))
			continue
		}
		for i, u := range uses {
			if a := r.Avoid[i]; a.Prefix != u.Prefix || a.Name != name || !strings.Contains(a.Source, u.Source) {
				t.Errorf("Set(avoid, %q)[%d] = %+v, want %v of %s", name, i, a, u.Prefix, u.Source)
			}
		}
	}
}

func TestRequestSetErrors(t *testing.T) {
	for _, tt := range []struct {
		key    string
		values []string
		index  int
		want   string
	}{
		{"node", []string{"4"}, 0, `"node": unknown key; did you mean "nodes"?`},
		{"nodes", nil, 0, `nodes "": needs a value`},
		{"nodes", []string{""}, 0, `nodes "": needs a value`},
		{"nodes", []string{"0"}, 0, `nodes "0": must be 1 or more`},
		{"nodes", []string{"-1"}, 0, `nodes "-1": must be 1 or more`},
		{"nodes", []string{"1e3"}, 0, `nodes "1e3": must be a whole number, 1 or more`},
		{"nodes", []string{"0x10"}, 0, `nodes "0x10": must be a whole number, 1 or more`},
		{"nodes", []string{"536870913"}, 0, `nodes "536870913": must be 536,870,912 or less`},
		{"nodes", []string{"4", "5"}, 1, `nodes "5": given 2 times, takes one value`},
		{"nodes", []string{strings.Repeat("9", 400)}, 0, `nodes "` + strings.Repeat("9", 400) + `": must be 536,870,912 or less`},
		{"nodes", []string{"-" + strings.Repeat("9", 400)}, 0, `nodes "-` + strings.Repeat("9", 400) + `": must be 1 or more`},
		{"grow", []string{"-1"}, 0, `grow "-1": must be 0 or more`},
		{"grow", []string{"17"}, 0, `grow "17": must be 16 or less`},
		{"node-mask-ipv4", []string{"31"}, 0, `node-mask-ipv4 "31": must be 30 or less`},
		{"pods-per-node", []string{"16777217"}, 0, `pods-per-node "16777217": must be 16777216 or less`},
		{"churn", []string{"NaN"}, 0, `churn "NaN": must be a number from 1 to 16; 2 is usual`},
		{"churn", []string{"0.99"}, 0, `churn "0.99": must be a number from 1 to 16; 2 is usual`},
		{"churn", []string{"16.01"}, 0, `churn "16.01": must be a number from 1 to 16; 2 is usual`},
		{"family", []string{"v4"}, 0, `family "v4": must be ipv4, ipv6, dual or dual-ipv6`},
		{"within", []string{" "}, 0, `within " ": the list is empty; leave it out, or name at least one`},
		{"within", []string{"10.0.0.0/8", "10.0.2.0/8"}, 1, `within: prefix "10.0.2.0/8": host bits are set; use 10.0.0.0/8, or was 10.0.2.0/24 meant?`},
		{"within", []string{"10.0.2.1/8"}, 0, `within: prefix "10.0.2.1/8": host bits are set; use 10.0.0.0/8`},
		{"within", []string{"fd00:1::/16"}, 0, `within: prefix "fd00:1::/16": host bits are set; use fd00::/16, or was fd00:1::/32 meant?`},
		{"hosts", []string{"40", "41"}, 0, `hosts "40": give either one number of addresses or a list of ranges`},
		{"hosts", []string{"010.0.0.0/8"}, 0, `hosts: prefix "010.0.0.0/8": leading zeros: Kubernetes reads them as decimal in the ranges of flags, newer API fields and most other programs refuse them; use 10.0.0.0/8`},
		{"avoid", []string{"dockr"}, 0, `avoid "dockr": neither a range nor a known name; did you mean "docker"?`},
		{"avoid", []string{"vpn=10.8.0.1/16"}, 0, `avoid "vpn=10.8.0.1/16": prefix "10.8.0.1/16": host bits are set; use 10.8.0.0/16`},
		{"pin", []string{"pods"}, 0, `pin "pods": want role=CIDR, such as services=10.96.0.0/12`},
		{"pin", []string{"pod=10.244.0.0/16"}, 0, `pin "pod=10.244.0.0/16": role "pod": must be hosts, services or pods`},
		{"pin", []string{"pods=10.0.0.1-10.0.0.4"}, 0, `pin "pods=10.0.0.1-10.0.0.4": is no single prefix but 3, 10.0.0.1/32 to 10.0.0.4/32: a cluster takes prefixes alone`},
		{"pin", []string{"pods=10.0.0.9-10.0.0.4"}, 0, `pin "pods=10.0.0.9-10.0.0.4": want two addresses of one family with a dash between them, the first not above the last, such as 10.0.0.10-10.0.0.99`},
		{"within", []string{"10.0.0.0-fd00::"}, 0, `within "10.0.0.0-fd00::": want two addresses of one family with a dash between them, the first not above the last, such as 10.0.0.10-10.0.0.99`},
		{"avoid", []string{"::ffff:10.0.0.1-::ffff:10.0.0.9"}, 0, `avoid "::ffff:10.0.0.1-::ffff:10.0.0.9": want two addresses of one family with a dash between them, the first not above the last, such as 10.0.0.10-10.0.0.99`},
		{"avoid", []string{"vpn=fe80::1%eth0-fe80::2%eth0"}, 0, `avoid "vpn=fe80::1%eth0-fe80::2%eth0": want two addresses of one family with a dash between them, the first not above the last, such as 10.0.0.10-10.0.0.99`},
	} {
		before := plan.Request{Nodes: 3, Hosts: []netip.Prefix{cidr.MustParse("192.0.2.0/24")}}
		r := before
		err := r.Set(tt.key, tt.values...)
		se, ok := errtype.As[*plan.SetError](err)
		if !ok {
			t.Errorf("Set(%q, %q) = %v, want a *SetError", tt.key, tt.values, err)
			continue
		}
		if se.Index != tt.index || err.Error() != tt.want {
			t.Errorf("Set(%q, %q) = %d: %v\nwant %d: %s", tt.key, tt.values, se.Index, err, tt.index, tt.want)
		}
		if diff := cmp.Diff(before, r, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("Set(%q, %q) failed and changed the request (-before +after):\n%s", tt.key, tt.values, diff)
		}
	}
	if err := new(plan.Request).Set("nodess", "1"); !errors.Is(err, plan.ErrUnknownKey) {
		t.Errorf("Set of an unknown key = %v, want ErrUnknownKey", err)
	}
	err := new(plan.Request).Set("within", "10.0.2.0/8")
	if pe, ok := errtype.As[*cidr.ParseError](err); !ok || pe.Masked != cidr.MustParse("10.0.0.0/8") {
		t.Errorf("Set(within, 10.0.2.0/8) = %v, want a *cidr.ParseError that offers 10.0.0.0/8", err)
	}
}

// TestRequestValuesText: what a request file or a command line would say.
func TestRequestValuesText(t *testing.T) {
	p := cidr.MustParse
	vpn := func(name string) plan.Request {
		return plan.Request{Avoid: []fact.Reservation{{Prefix: p("10.8.0.0/16"), Name: name}}}
	}
	for _, tt := range []struct {
		key  string
		req  plan.Request
		want []string
	}{
		{"name", plan.Request{Name: " north "}, []string{"north"}},
		{"name", plan.Request{Name: " "}, nil},
		{"nodes", plan.Request{Nodes: 40}, []string{"40"}},
		{"churn", plan.Request{Churn: 1.25}, []string{"1.25"}},
		{"family", plan.Request{Families: []fact.Family{fact.IPv6, fact.IPv4}}, []string{"dual-ipv6"}},
		{"hosts", plan.Request{HostCount: 5}, []string{"5"}},
		{"hosts", plan.Request{HostCount: 5, Hosts: []netip.Prefix{p("10.0.0.0/24")}}, []string{"10.0.0.0/24"}},
		{"avoid", vpn("vpn"), []string{"vpn=10.8.0.0/16"}},
		{"avoid", vpn(""), []string{"10.8.0.0/16"}},
		{"avoid", vpn("10.8.0.0/16"), []string{"10.8.0.0/16"}},
		{"avoid", vpn("a,b"), []string{"10.8.0.0/16"}},
		{"avoid", vpn("a=b"), []string{"10.8.0.0/16"}},
		{"avoid", vpn(" vpn"), []string{"10.8.0.0/16"}},
		{"pin", plan.Request{Pins: []plan.Pin{{Role: fact.RolePods, Prefix: p("10.244.0.0/16")}}}, []string{"pods=10.244.0.0/16"}},
		{"node", plan.Request{Nodes: 40}, nil},
	} {
		if got := tt.req.Values(tt.key); !slices.Equal(got, tt.want) {
			t.Errorf("Values(%q) of %+v = %q, want %q", tt.key, tt.req, got, tt.want)
		}
	}
	for _, k := range plan.RequestKeys() {
		if got := (plan.Request{}).Values(k.Name); len(got) > 0 {
			t.Errorf("Values(%q) of the zero Request = %q, want none", k.Name, got)
		}
	}
}

// Values is the other direction of Set: a plan can be made again from what it says about its request.
func TestRequestValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		var again plan.Request
		for _, k := range plan.RequestKeys() {
			values := p.Request.Values(k.Name)
			if len(values) == 0 {
				continue
			}
			if err := again.Set(k.Name, values...); err != nil {
				t.Fatalf("Set(%q, %q...) = %v", k.Name, values, err)
			}
			if got := again.Values(k.Name); !slices.Equal(got, values) {
				t.Fatalf("Values(%q) after Set(%q) = %q", k.Name, values, got)
			}
		}
		q, err := plan.New(again)
		if err != nil {
			t.Fatalf("the same request gives no plan: %v", err)
		}
		if diff := cmp.Diff(p.Pins(), q.Pins(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Fatalf("another plan (-first +again):\n%s", diff)
		}
	})
}

// The keys are documented once and all work: a key without a case in Set would be silently ignored.
func TestRequestKeys(t *testing.T) {
	values := map[string]string{"family": "ipv6", "cloud": "aws", "hosts": "10.0.0.0/24", "within": "10.0.0.0/8", "avoid": "docker", "range": "lb=50", "pin": "pods=10.244.0.0/16", "keep": "pods=10.244.0.0/16",
		"kubernetes": "v1.30.0"}
	seen := make(map[string]bool)
	for _, k := range plan.RequestKeys() {
		if seen[k.Name] || k.Doc == "" || k.Arg == "" {
			t.Errorf("key %+v: named twice, or without its text", k)
		}
		seen[k.Name] = true
		v := values[k.Name]
		if v == "" {
			v = "9"
		}
		var r plan.Request
		if err := r.Set(k.Name, v); err != nil {
			t.Errorf("Set(%q, %q) = %v", k.Name, v, err)
		}
		if cmp.Equal(r, plan.Request{}, cmpopts.EquateComparable(netip.Prefix{})) {
			t.Errorf("Set(%q, %q) sets nothing", k.Name, v)
		}
	}
}

func FuzzRequestSet(f *testing.F) {
	for _, k := range plan.RequestKeys() {
		f.Add(k.Name, "10.0.2.0/8,docker,vpn=::/0")
		f.Add(k.Name, "17")
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		var r plan.Request
		if err := r.Set(key, value); err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("Set(%q, %q): an error of several lines: %v", key, value, err)
			}
			return
		}
		var again plan.Request
		if err := again.Set(key, value); err != nil || fmt.Sprint(r) != fmt.Sprint(again) {
			t.Errorf("Set(%q, %q) differs the second time: %v, %v, %v", key, value, r, again, err)
		}
	})
}

// Will three sites' worth of nodes fit beside what the company uses already?
func ExampleRequest_Set() {
	var r plan.Request
	for _, s := range [][2]string{{"nodes", "300"}, {"hosts", "10.20.0.0/22"}, {"avoid", "docker,vpn=10.8.0.0/13"}} {
		if err := r.Set(s[0], s[1]); err != nil {
			fmt.Println(err)
			return
		}
	}
	p, err := plan.New(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Pods()[0], "holds", p.Capacity().Nodes, "nodes")

	fmt.Println(r.Set("within", "10.0.2.0/8"))
	// Output:
	// 10.244.0.0/15 holds 512 nodes
	// within: prefix "10.0.2.0/8": host bits are set; use 10.0.0.0/8, or was 10.0.2.0/24 meant?
}
