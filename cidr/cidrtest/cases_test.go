package cidrtest_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr/cidrtest"
)

// brokenRules is the judge of the cases: a validator as one writes it down, rule by rule, that returns all that c
// breaks.
func brokenRules(c cidrtest.Case) []cidrtest.Rule {
	var out []cidrtest.Rule
	add := func(r cidrtest.Rule, broken bool) {
		if broken {
			out = append(out, r)
		}
	}
	invalid := func(p netip.Prefix) bool { return !p.IsValid() }
	all := slices.Concat(c.Hosts, c.Pods, c.Services)
	add(cidrtest.RuleInvalid, slices.ContainsFunc(all, invalid))
	add(cidrtest.RuleMapped, slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Addr().Is4In6() }))
	add(cidrtest.RuleHostBits, slices.ContainsFunc(all, func(p netip.Prefix) bool { return p != p.Masked() }))
	add(cidrtest.RuleUnusable, slices.ContainsFunc(slices.Concat(c.Pods, c.Services), func(p netip.Prefix) bool {
		for _, q := range []string{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8"} {
			if p.Overlaps(netip.MustParsePrefix(q)) {
				return true
			}
		}
		return false
	}))
	same := overlapRules(c, add)
	count := map[bool]int{}
	for _, s := range c.Services {
		count[s.Addr().Is4()]++
	}
	alone := slices.ContainsFunc(c.Services, func(s netip.Prefix) bool {
		return s.IsValid() && !slices.ContainsFunc(c.Pods, func(p netip.Prefix) bool { return p.Addr().Is4() == s.Addr().Is4() || !p.IsValid() })
	})
	add(cidrtest.RuleFamilies, (alone || count[true] > 1 || count[false] > 1) && !same)
	var larger, many, many4, small bool
	for i, bits := range c.NodeBits {
		if i >= len(c.Pods) || !c.Pods[i].IsValid() {
			continue
		}
		p := c.Pods[i]
		larger = larger || bits < p.Bits() || bits > p.Addr().BitLen()
		d := bits - p.Bits()
		many = many || d > 16 && bits <= 128 && !p.Addr().Is4()
		many4 = many4 || d > 16 && bits <= 32 && p.Addr().Is4()
	}
	for _, s := range c.Services {
		h := s.Addr().BitLen() - s.Bits()
		small = small || s.IsValid() && (h > 20 || h < 4)
	}
	add(cidrtest.RuleNodeBits, larger)
	add(cidrtest.RuleNodeCount, many)
	add(cidrtest.RuleNodeCountIPv4, many4)
	add(cidrtest.RuleServiceSize, small)
	return out
}

// overlapRules is the part of brokenRules about what overlaps. It reports whether ranges of one role do.
func overlapRules(c cidrtest.Case, add func(r cidrtest.Rule, broken bool)) bool {
	var inServices, inPods, hostPods, hostServices, same bool
	for i, p := range c.Pods {
		for _, s := range c.Services {
			inServices = inServices || p.Overlaps(s) && p.Bits() >= s.Bits()
			inPods = inPods || p.Overlaps(s) && p.Bits() < s.Bits()
		}
		for _, h := range c.Hosts {
			hostPods = hostPods || p.Overlaps(h)
		}
		same = same || slices.ContainsFunc(c.Pods[:i], p.Overlaps)
	}
	for i, s := range c.Services {
		for _, h := range c.Hosts {
			hostServices = hostServices || s.Overlaps(h)
		}
		same = same || slices.ContainsFunc(c.Services[:i], s.Overlaps)
	}
	add(cidrtest.RulePodsServices, inServices)
	add(cidrtest.RuleServicesInPods, inPods)
	add(cidrtest.RuleHostsPods, hostPods)
	add(cidrtest.RuleHostsServices, hostServices)
	add(cidrtest.RuleSameRole, same)
	return same
}

// more are cases that break more than the rule that they are about, and cannot do otherwise.
var more = map[string][]cidrtest.Rule{
	"all of IPv6 for pods": {cidrtest.RuleServicesInPods},
	"all of IPv4 for pods": {cidrtest.RuleServicesInPods},
}

func TestCases(t *testing.T) {
	names := map[string]bool{}
	valid, refused := map[cidrtest.Rule]int{}, map[cidrtest.Rule]int{}
	for c := range cidrtest.Cases() {
		if names[c.Name] {
			t.Errorf("two cases are named %q", c.Name)
		}
		names[c.Name] = true
		if c.Reason == "" || c.Source == "" || c.Rule == "" {
			t.Errorf("%v: reason %q, source %q", c, c.Reason, c.Source)
		}
		check(t, c)
		if c.Valid {
			valid[c.Rule]++
		} else {
			refused[c.Rule]++
		}
	}
	for rule, n := range refused {
		if n < 2 {
			t.Errorf("%s: %d cases that are refused", rule, n)
		}
	}
	for _, rule := range []cidrtest.Rule{
		cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleHostsPods, cidrtest.RuleHostsServices, cidrtest.RuleFamilies,
		cidrtest.RuleNodeBits, cidrtest.RuleNodeCount, cidrtest.RuleServiceSize, cidrtest.RuleCommon, cidrtest.RuleNodeCountIPv4,
	} {
		if valid[rule] == 0 {
			t.Errorf("%s: no case on the side that is taken", rule)
		}
	}
	for name := range more {
		if !names[name] {
			t.Errorf("%q is no case", name)
		}
	}
}

// check compares the verdict of c with the judge's.
func check(t *testing.T, c cidrtest.Case) {
	t.Helper()
	want := []cidrtest.Rule{}
	if !c.Valid {
		want = append(want, c.Rule)
		want = append(want, more[c.Name]...)
	}
	got := slices.DeleteFunc(brokenRules(c), func(r cidrtest.Rule) bool {
		return r == cidrtest.RuleNodeCountIPv4 && c.Rule != r
	})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%v: valid %v, breaks %v, want %v", c, c.Valid, got, want)
	}
}

func TestGenerate(t *testing.T) {
	seen := map[cidrtest.Rule]int{}
	stacks := map[cidrtest.Stack]int{}
	names := map[string]bool{}
	for seed := range uint64(20) {
		var first []string
		for c := range cidrtest.Generate(seed, 200) {
			check(t, c)
			seen[c.Rule]++
			stacks[c.Stack()]++
			first = append(first, c.String())
			if names[c.Name] {
				t.Errorf("two cases are named %q", c.Name)
			}
			names[c.Name] = true
		}
		i := 0
		for c := range cidrtest.Generate(seed, 200) {
			if c.String() != first[i] {
				t.Fatalf("seed %d, case %d: %v, then %v", seed, i, first[i], c)
			}
			i++
		}
		if i != 200 {
			t.Errorf("seed %d: %d cases", seed, i)
		}
	}
	if len(seen) != 8 || len(stacks) != 4 {
		t.Errorf("rules %v, stacks %v", seen, stacks)
	}
	for range cidrtest.Generate(1, -1) {
		t.Error("a negative number of cases")
	}
}
