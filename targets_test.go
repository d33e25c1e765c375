package kubecidr_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func targets() []target.Target { return append(distro.Targets(), netdist.Targets()...) }

// stacks are the families of a plan.
var stacks = map[string][]fact.Family{
	target.IPv4: {fact.IPv4}, target.IPv6: {fact.IPv6}, target.Dual: {fact.IPv4, fact.IPv6}, target.DualIPv6: {fact.IPv6, fact.IPv4},
}

// written is what a file says, as its reader has it.
type written struct {
	Pods, Services []netip.Prefix
	Mask4, Mask6   int
	DNS            []netip.Addr
}

// readTarget reads a file that was written for t. Masks that it leaves out are those of t by default.
func readTarget(t target.Target, text []byte) (written, error) {
	f, err := source.New("plan", text, source.Limits{})
	if err != nil {
		return written{}, err
	}
	r := written{}
	for _, c := range distro.Read(f) {
		if c.Installer != t.Name {
			return r, fmt.Errorf("read as a file of %s", c.Installer)
		}
		for _, v := range c.Values {
			switch {
			case v.Err != nil:
				return r, v.Err
			case v.Default || v.Overridden || v.Ignored:
			case v.Role == distro.Pods:
				r.Pods = append(r.Pods, v.Prefixes...)
			case v.Role == distro.Services:
				r.Services = append(r.Services, v.Prefixes...)
			case v.Role == distro.DNS:
				r.DNS = append(r.DNS, v.Addrs...)
			case v.Role == distro.NodeMaskIPv4:
				r.Mask4 = v.Int
			case v.Role == distro.NodeMaskIPv6:
				r.Mask6 = v.Int
			case v.Role == distro.NodeMask && len(r.Pods) > 0 && !r.Pods[0].Addr().Is4():
				r.Mask6 = v.Int
			case v.Role == distro.NodeMask:
				r.Mask4 = v.Int
			}
		}
	}
	for _, n := range netdist.Read(f) {
		for _, g := range n.Ranges {
			if n.Name != t.Name || g.Use != netdist.Pods || g.Default {
				continue
			}
			r.Pods = append(r.Pods, g.Prefixes...)
			if g.IPv6() {
				r.Mask6 = g.BlockSize
			} else {
				r.Mask4 = g.BlockSize
			}
		}
	}
	for _, p := range r.Pods {
		if p.Addr().Is4() && r.Mask4 == 0 {
			r.Mask4 = t.Mask4
		} else if !p.Addr().Is4() && r.Mask6 == 0 {
			r.Mask6 = t.Mask6
		}
	}
	return r, nil
}

// decided is what p decides, as far as files of t can say it.
func decided(t target.Target, p *plan.Plan, got written) written {
	want := written{Pods: p.Pods(), Services: p.Services(), Mask4: p.NodeMaskIPv4, Mask6: p.NodeMaskIPv6}
	if t.NoMasks {
		want.Mask4, want.Mask6 = got.Mask4, got.Mask6
	}
	if slices.ContainsFunc(netdist.Targets(), func(n target.Target) bool { return n.Name == t.Name }) {
		want.Services = nil // and networks have no order of families
		slices.SortFunc(want.Pods, cidrorder.Compare)
		slices.SortFunc(got.Pods, cidrorder.Compare)
	}
	if len(got.DNS) > 0 {
		want.DNS = p.DNSServiceIPs[:1]
	}
	return want
}

// checkTarget writes p for t, reads the file and checks it. It reports whether t takes p.
func checkTarget(t *testing.T, target target.Target, p *plan.Plan) bool {
	t.Helper()
	var text bytes.Buffer
	err := target.Write(&text, p)
	if refused(err) {
		if text.Len() > 0 {
			t.Fatalf("%s: %v, and %q is written", target.Name, err, text.String())
		}
		return false
	}
	if err != nil {
		t.Fatalf("%s: %v", target.Name, err)
	}
	got, err := readTarget(target, text.Bytes())
	if err != nil {
		t.Fatalf("%s: %v\n%s", target.Name, err, text.String())
	}
	if diff := cmp.Diff(decided(target, p, got), got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s (-plan +file):\n%s%s", target.Name, diff, text.String())
	}
	report, err := kubecidr.Check(fstest.MapFS{"plan.yaml": {Data: text.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Severity == fact.Error && f.Rule != fact.RuleUpstreamBug {
			t.Fatalf("%s: %s: %s\n%s", target.Name, f.Rule, f.Message, text.String())
		}
	}
	return true
}

func refused(err error) bool {
	_, ok := errtype.As[*target.RefusedError](err)
	return ok
}

// TestTargets: what is written for an installer or a network reads back as what the plan decides, and nothing is found in it.
func TestTargets(t *testing.T) {
	if testing.Short() {
		t.Skip("many plans")
	}
	count := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		tt := targets()[rapid.IntRange(0, len(targets())-1).Draw(rt, "target")]
		all := []string{target.IPv4, target.IPv6, target.Dual, target.DualIPv6}
		if tt.Stacks != nil {
			all = tt.Stacks
		}
		r := plan.Request{
			Name:        rapid.SampledFrom([]string{"", "demo", "prod-1.example"}).Draw(rt, "name"),
			Nodes:       rapid.SampledFrom([]int{0, 1, 3, 60, 300, 2000}).Draw(rt, "nodes"),
			PodsPerNode: rapid.SampledFrom([]int{0, 0, 10, 50, 250, 500}).Draw(rt, "pods per node"),
			Services:    rapid.SampledFrom([]int{0, 10, 300, 20000}).Draw(rt, "services"),
			Grow:        rapid.IntRange(0, 2).Draw(rt, "grow"),
			Families:    stacks[rapid.SampledFrom(all).Draw(rt, "stack")],
		}
		if minor := rapid.SampledFrom([]int{0, 0, 22, 28, 33}).Draw(rt, "release"); minor > 0 {
			r.Kubernetes = fact.V(1, minor, 0)
		}
		if rapid.Bool().Draw(rt, "avoid") {
			taken := append([]plan.Preference{{Prefix: netip.MustParsePrefix("10.96.0.0/12")}}, tt.Prefer...)
			a := rapid.SampledFrom(taken).Draw(rt, "taken").Prefix
			r.Avoid = []fact.Reservation{{Prefix: a, Name: "taken"}}
		}
		if rapid.Bool().Draw(rt, "for") {
			var err error
			if r, err = tt.Request(r); err != nil {
				t.Fatalf("%s: %v", tt.Name, err)
			}
		}
		p, err := plan.New(r)
		if _, ok := errtype.As[*plan.InfeasibleError](err); ok {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if checkTarget(t, tt, p) {
			count[tt.Name]++
		}
	})
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() != "100" {
		return
	}
	n := 0
	for _, k := range count {
		n += k
	}
	if n < 50 {
		t.Errorf("%d files of %v: the draws show too little", n, count)
	}
}

// TestTargetDefaults: -for takes the default ranges of an installer where nothing else is asked for, in all families that it takes.
func TestTargetDefaults(t *testing.T) {
	for _, tt := range targets() {
		for name, families := range stacks {
			if tt.Stacks != nil && !slices.Contains(tt.Stacks, name) {
				if _, err := tt.Request(plan.Request{Families: families}); !refused(err) {
					t.Errorf("%s: -family %s: %v, want a refusal", tt.Name, name, err)
				}
				continue
			}
			r, err := tt.Request(plan.Request{Families: families})
			if err != nil {
				t.Fatalf("%s %s: %v", tt.Name, name, err)
			}
			p, err := plan.New(r)
			if err != nil {
				t.Fatalf("%s %s: %v", tt.Name, name, err)
			}
			if !checkTarget(t, tt, p) {
				t.Errorf("%s %s: not taken: %v", tt.Name, name, tt.Write(&bytes.Buffer{}, p))
			}
			for _, d := range tt.Prefer {
				if got, ok := p.Range(d.Role, fact.FamilyOf(d.Prefix)); ok && fact.FamilyOf(d.Prefix) == fact.IPv4 && got.Prefix != d.Prefix {
					t.Errorf("%s %s: %s %v, want %v by default: %s", tt.Name, name, d.Role, got.Prefix, d.Prefix, got.Why)
				}
			}
		}
	}
}

// TestTargetNames: a name that would be YAML of its own, or no name of an object, reaches no file.
func TestTargetNames(t *testing.T) {
	for _, name := range []string{"x y: z", "a\n- b", "\x1b[31m", "{{ evil }}", "Prod", "-x", "a#b", "\u202eabc", strings.Repeat("n", 64)} {
		for _, tt := range targets() {
			r, err := tt.Request(plan.Request{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.New(r)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := tt.Write(&b, p); tt.HasName != refused(err) || strings.Contains(b.String(), name) {
				t.Errorf("%s with -name %q: %v\n%s", tt.Name, name, err, b.String())
			}
		}
	}
}

// TestTargetWords: where a value in an installer's file is at fault, the fix names its file or key, and what it runs.
func TestTargetWords(t *testing.T) {
	rows := distro.Installers()
	for _, tt := range distro.Targets() {
		row := rows[slices.IndexFunc(rows, func(in distro.Installer) bool { return in.Name == tt.Name })]
		p, err := plan.New(plan.Request{})
		if err != nil {
			t.Fatal(err)
		}
		tt.Refusals, tt.Avoid = nil, nil
		for i := range p.Ranges { // pods inside the services
			switch p.Ranges[i].Role {
			case fact.RolePods:
				p.Ranges[i].Prefix = netip.MustParsePrefix("10.98.0.0/16")
			case fact.RoleHosts:
				p.Ranges[i].Prefix = netip.MustParsePrefix("192.168.1.0/24")
			}
		}
		var b bytes.Buffer
		if err := tt.Write(&b, p); err != nil {
			t.Fatal(err)
		}
		report, err := kubecidr.Check(fstest.MapFS{"plan.yaml": {Data: b.Bytes()}})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(report.Findings, func(f fact.Finding) bool { return f.Rule == fact.RulePodServiceOverlap })
		if i < 0 {
			t.Errorf("%s: no overlap found in\n%s", tt.Name, b.String())
			continue
		}
		ch := row.Changes[0]
		says := func(s string) bool {
			return strings.Contains(s, ch.Key) || ch.File != "" && strings.Contains(s, ch.File)
		}
		if fix := report.Findings[i].Fix; !slices.ContainsFunc(fix, says) {
			t.Errorf("%s: %q does not say %q", tt.Name, fix, ch.Key)
		}
	}
}

// TestTargetGolden: the files for plans of each kind stand in testdata/targets.
func TestTargetGolden(t *testing.T) {
	for _, tt := range targets() {
		var b bytes.Buffer
		for _, in := range []struct {
			name    string
			request plan.Request
		}{
			{"defaults", plan.Request{}},
			{"50 pods on a node, release 1.33", plan.Request{Name: "demo", PodsPerNode: 50, Kubernetes: fact.V(1, 33, 2)}},
			{"dual-stack", plan.Request{Name: "demo", Families: stacks[target.Dual]}},
			{"IPv6", plan.Request{Name: "demo", Families: stacks[target.IPv6]}},
			{"IPv6 first, 250 pods on a node", plan.Request{Name: "demo", Families: stacks[target.DualIPv6], PodsPerNode: 250}},
		} {
			fmt.Fprintf(&b, "-- %s --\n", in.name)
			r, err := tt.Request(in.request)
			if err != nil {
				fmt.Fprintln(&b, err)
				continue
			}
			p, err := plan.New(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.Write(&b, p); err != nil {
				fmt.Fprintln(&b, err)
			}
		}
		name := filepath.Join("testdata", "targets", tt.Name+".txt")
		if *golden.Update {
			if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
