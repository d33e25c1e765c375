package check_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestMendsReachTheLimit holds the numbers in mends: with the length that a mend names the finding is gone, and with one bit
// beyond it is there still. The text of the mend has the length in parentheses; VALUE in the bundle is what it replaces.
func TestMendsReachTheLimit(t *testing.T) {
	pods := func(base string) func(int) string {
		return func(n int) string { return netip.PrefixFrom(netip.MustParseAddr(base), n).Masked().String() }
	}
	for _, tt := range []struct {
		name   string
		rule   fact.RuleID
		bundle string
		value  func(length int) string
		broken int // a length that breaks the rule
		mend   string
		beyond int // from the length that is named to the next one that breaks it
	}{
		{"mask too far, IPv6 range", fact.RuleNodeMaskTooFar, "kcm pods=VALUE services=fd01::/112 alloc=true mask=64", pods("fd00::"), 40, `use a pod range of /(\d+) or longer`, -1},
		{"mask too far, the range shown", fact.RuleNodeMaskTooFar, "kcm pods=VALUE services=fd01::/112 alloc=true mask=64", pods("fd00::"), 47, `such as fd00::/(\d+)`, -1},
		{"mask too far, IPv6 mask", fact.RuleNodeMaskTooFar, "kcm pods=fd00::/48 services=fd01::/112 alloc=true mask=VALUE", strconv.Itoa, 72, `--node-cidr-mask-size=(\d+) or less`, 1},
		{"mask too far, IPv4 range", fact.RuleNodeMaskTooFar, "kcm pods=VALUE services=10.96.0.0/16 alloc=true mask=28", pods("172.16.0.0"), 11, `use a pod range of /(\d+) or longer`, -1},
		{"mask too far, IPv4 mask", fact.RuleNodeMaskTooFar, "kcm pods=10.128.0.0/10 services=10.96.0.0/16 alloc=true mask=VALUE", strconv.Itoa, 28, `--node-cidr-mask-size=(\d+) or less`, 1},
		{"mask too short, range", fact.RuleNodeMaskTooShort, "kcm pods=VALUE services=10.96.0.0/16 alloc=true mask=24", pods("10.244.0.0"), 26, `use a pod range of /(\d+) or shorter`, 1},
		{"mask too short, mask", fact.RuleNodeMaskTooShort, "kcm pods=10.244.0.0/20 services=10.96.0.0/16 alloc=true mask=VALUE", strconv.Itoa, 18, `--node-cidr-mask-size=(\d+) or more`, -1},
		{"services too small", fact.RuleServiceRangeTooSmall, "api services=VALUE", pods("10.96.0.0"), 29, `use a service range of /(\d+) or shorter`, 1},
		{"services too small, IPv6", fact.RuleServiceRangeTooSmall, "api services=VALUE", pods("fd00::"), 127, `use a service range of /(\d+) or shorter`, 1},
		{"services too large", fact.RuleServiceRangeTooLarge, "api services=VALUE version=v1.33.0", pods("10.0.0.0"), 9, `use a service range of /(\d+) or longer`, -1},
		{"services too large, IPv6", fact.RuleServiceRangeTooLarge, "api services=VALUE version=v1.33.0", pods("fd00::"), 64, `use a service range of /(\d+) or longer`, -1},
	} {
		find := func(length int) *fact.Finding {
			fs := check.Run(factbundle.Statements(t, strings.ReplaceAll(tt.bundle, "VALUE", tt.value(length)))...).Findings
			if i := slices.IndexFunc(fs, func(f fact.Finding) bool { return f.Rule == tt.rule }); i >= 0 {
				return &fs[i]
			}
			return nil
		}
		f := find(tt.broken)
		if f == nil {
			t.Errorf("%s: /%d has no finding %s", tt.name, tt.broken, tt.rule)
			continue
		}
		m := regexp.MustCompile(tt.mend).FindStringSubmatch(strings.Join(f.Fix, "\n"))
		if m == nil {
			t.Errorf("%s: the mend %q does not say %s", tt.name, f.Fix, tt.mend)
			continue
		}
		limit, _ := strconv.Atoi(m[1])
		if f := find(limit); f != nil {
			t.Errorf("%s: with /%d, which the mend names, it is still %s", tt.name, limit, f.Message)
		}
		if find(limit+tt.beyond) == nil {
			t.Errorf("%s: the mend names /%d, and /%d would do, too", tt.name, limit, limit+tt.beyond)
		}
	}
}

// What refuses a service range that is too small: kube-apiserver one of less than 8 addresses, kubeadm one of less than 10.
// k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go, cmd/kubeadm/app/constants MinimumAddressesInServiceSubnet.
func TestServiceRangeTooSmall(t *testing.T) {
	for _, tt := range []struct {
		in      string
		refused []fact.Component
		says    string
	}{
		{"api services=10.96.0.0/29", nil, "has 8 addresses"},
		{"api services=10.96.0.0/30", []fact.Component{fact.APIServer}, "has 4 addresses"},
		{"api services=10.96.0.0/32", []fact.Component{fact.APIServer}, "has 1 address;"},
		{"kubeadm pods=10.244.0.0/16 services=10.96.0.0/29", []fact.Component{fact.Kubeadm}, "has 8 addresses"},
		{"kubeadm pods=10.244.0.0/16 services=10.96.0.0/30", []fact.Component{fact.APIServer, fact.Kubeadm}, "has 4 addresses"},
	} {
		fs := check.Run(factbundle.Statements(t, tt.in)...).Findings
		i := slices.IndexFunc(fs, func(f fact.Finding) bool { return f.Rule == fact.RuleServiceRangeTooSmall })
		if i < 0 {
			t.Errorf("%s: not found too small", tt.in)
			continue
		}
		if !slices.Equal(fs[i].RefusedBy, tt.refused) || !strings.Contains(fs[i].Message, tt.says) {
			t.Errorf("%s: refused by %v, want %v; %q, want %q in it", tt.in, fs[i].RefusedBy, tt.refused, fs[i].Message, tt.says)
		}
	}
}

func TestReleasesOfARule(t *testing.T) {
	old, later := fact.Version{Major: 1, Minor: 20}, fact.Version{Major: 1, Minor: 33}
	for _, tt := range []struct {
		since, until fact.Version
		want         string
	}{
		{old, later, "v1.20.0 to v1.33.0"},
		{old, fact.Version{}, "since v1.20.0"},
		{fact.Version{}, later, "until v1.33.0"},
		{fact.Version{}, fact.Version{}, ""},
	} {
		var b strings.Builder
		if err := draw.RuleText(&b, (fact.Rule{ID: "x", Title: "x", Since: tt.since, Until: tt.until})); err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(b.String(), "\nReleases\n")
		if got = strings.TrimSpace(got); got != tt.want {
			t.Errorf("%v, %v: releases %q, want %q", tt.since, tt.until, got, tt.want)
		}
	}
}
