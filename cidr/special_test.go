package cidr_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
)

func TestSpecial(t *testing.T) {
	for _, tt := range []struct {
		in   string
		kind cidr.Kind
		rfc  string
		why  string
	}{
		{"10.0.0.0/8", cidr.KindPrivate, "RFC 1918", "all of it"},
		{"10.244.0.0/16", cidr.KindPrivate, "RFC 1918", "inside"},
		{"172.31.255.0/24", cidr.KindPrivate, "RFC 1918", "the end of 172.16.0.0/12"},
		{"172.32.0.0/16", "", "", "behind it"},
		{"192.168.3.77/16", cidr.KindPrivate, "RFC 1918", "host bits"},
		{"100.64.0.0/10", cidr.KindShared, "RFC 6598", "CGNAT"},
		{"100.128.0.0/10", "", "", "behind it"},
		{"8.0.0.0/5", "", "", "contains 10.0.0.0/8, is not in it"},
		{"0.0.0.0/0", "", "", "everything"},
		{"127.0.0.1/32", cidr.KindLoopback, "RFC 1122 section 3.2.1.3", "loopback"},
		{"169.254.169.254/32", cidr.KindLinkLocal, "RFC 3927", "metadata"},
		{"192.0.0.0/24", cidr.KindProtocol, "RFC 6890 section 2.1", "the outer one"},
		{"192.0.0.0/29", cidr.KindProtocol, "RFC 7335", "the inner one"},
		{"192.0.0.9/32", cidr.KindProtocol, "RFC 7723", "one address in it"},
		{"192.0.0.11/32", cidr.KindProtocol, "RFC 6890 section 2.1", "none of the inner ones"},
		{"198.19.0.0/16", cidr.KindBenchmarking, "RFC 2544", "benchmarking"},
		{"203.0.113.0/24", cidr.KindDocumentation, "RFC 5737", "documentation"},
		{"239.0.0.0/8", cidr.KindMulticast, "RFC 5771", "multicast"},
		{"240.0.0.0/4", cidr.KindReserved, "RFC 1112 section 4", "class E"},
		{"255.255.255.255/32", cidr.KindBroadcast, "RFC 8190, RFC 919 section 7", "the last address"},
		{"0.0.0.0/32", cidr.KindThisNetwork, "RFC 1122 section 3.2.1.3", "the first address"},
		{"8.8.8.0/24", "", "", "public"},
		{"fd00:10:244::/56", cidr.KindPrivate, "RFC 4193, RFC 8190", "ULA"},
		{"fc00::/7", cidr.KindPrivate, "RFC 4193, RFC 8190", "all of it"},
		{"fc00::/6", "", "", "more than it"},
		{"fe80::/64", cidr.KindLinkLocal, "RFC 4291", "link-local"},
		{"fec0::/10", cidr.KindReserved, "RFC 3879", "the former site-local addresses"},
		{"ff02::1/128", cidr.KindMulticast, "RFC 4291", "multicast"},
		{"2001:db8::/32", cidr.KindDocumentation, "RFC 3849", "documentation"},
		{"3fff::/20", cidr.KindDocumentation, "RFC 9637", "the newer one"},
		{"2001::/32", cidr.KindTranslation, "RFC 4380, RFC 8190", "Teredo, inside of 2001::/23"},
		{"2001:1::3/128", cidr.KindProtocol, "RFC 9665", "anycast"},
		{"2001:4860::/32", "", "", "public"},
		{"::ffff:10.0.0.0/104", cidr.KindTranslation, "RFC 4291", "IPv4-mapped is not private"},
		{"::1/128", cidr.KindLoopback, "RFC 4291", "loopback"},
		{"::/128", cidr.KindThisNetwork, "RFC 4291", "unspecified"},
		{"::/0", "", "", "everything"},
		{"", "", "", "invalid"},
	} {
		r, ok := cidr.Special(pfx(tt.in))
		if r.Kind != tt.kind || r.RFC != tt.rfc || ok != (tt.kind != "") {
			t.Errorf("Special(%s) = %+v, %v; want %s, %s (%s)", tt.in, r, ok, tt.kind, tt.rfc, tt.why)
		}
		if got := cidr.IsPrivate(pfx(tt.in)); got != (tt.kind == cidr.KindPrivate) {
			t.Errorf("IsPrivate(%s) = %v (%s)", tt.in, got, tt.why)
		}
	}
}

// IsPrivate agrees with net/netip on single addresses.
func TestIsPrivateAddr(t *testing.T) {
	for r := range cidr.SpecialRanges() {
		for _, a := range []netip.Addr{cidr.First(r.Prefix), cidr.Last(r.Prefix), cidr.First(r.Prefix).Prev(), cidr.Last(r.Prefix).Next()} {
			if !a.IsValid() || a.Is4In6() {
				continue
			}
			if got := cidr.IsPrivate(netip.PrefixFrom(a, a.BitLen())); got != a.IsPrivate() {
				t.Errorf("IsPrivate(%v) = %v", a, got)
			}
		}
	}
}

func TestSpecialRanges(t *testing.T) {
	ranges := slices.Collect(cidr.SpecialRanges())
	if !slices.IsSortedFunc(ranges, func(a, b cidr.SpecialRange) int { return cidrorder.Compare(a.Prefix, b.Prefix) }) {
		t.Error("not in order")
	}
	rfc := regexp.MustCompile(`^RFC (Errata )?\d+( section [\d.]+)?(, RFC (Errata )?\d+( section [\d.]+)?)*$`)
	perRegistry := map[string]int{}
	for i, r := range ranges {
		if err := cidr.Check(r.Prefix); err != nil && !r.Prefix.Addr().Is4In6() {
			t.Error(err)
		}
		if i > 0 && ranges[i-1].Prefix == r.Prefix {
			t.Errorf("%v stands twice", r.Prefix)
		}
		if !rfc.MatchString(r.RFC) || r.Name == "" || r.Kind == "" || !strings.HasPrefix(r.Registry, "https://www.iana.org/assignments/") {
			t.Errorf("%+v", r)
		}
		if got, ok := cidr.Special(r.Prefix); !ok || got != r {
			t.Errorf("Special(%v) = %+v", r.Prefix, got)
		}
		// RFC 6890, section 2.2.1: not a destination is neither forwardable nor globally reachable.
		if r.Destination == cidr.No && (r.Forwardable == cidr.Yes || r.Global == cidr.Yes) {
			t.Errorf("%v: no destination, but forwardable %v, global %v", r.Prefix, r.Forwardable, r.Global)
		}
		if r.Global == cidr.Yes && r.Forwardable != cidr.Yes {
			t.Errorf("%v: global, but not forwardable", r.Prefix)
		}
		perRegistry[r.Registry]++
	}
	for reg, want := range map[string]int{
		"https://www.iana.org/assignments/iana-ipv4-special-registry": 26,
		"https://www.iana.org/assignments/iana-ipv6-special-registry": 25,
	} {
		if perRegistry[reg] != want {
			t.Errorf("%s: %d entries, want %d", reg, perRegistry[reg], want)
		}
	}
	for a, want := range map[cidr.Answer]string{cidr.Yes: "yes", cidr.No: "no", cidr.NotApplicable: "n/a", 9: "n/a"} {
		if a.String() != want {
			t.Errorf("Answer %d: %s, want %s", a, a, want)
		}
	}
	ula, _ := cidr.Special(pfx("fd00::/8"))
	if ula.Source != cidr.Yes || ula.Destination != cidr.Yes || ula.Forwardable != cidr.Yes || ula.Global != cidr.No || ula.Reserved != cidr.No {
		t.Errorf("%+v", ula)
	}
}
