package kitproof

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	gocidr "github.com/apparentlymart/go-cidr/cidr"
	"github.com/kubecidr/kubecidr/cidr/cidrtest"
	"go4.org/netipx"
	utilnet "k8s.io/utils/net"
)

type rules = []cidrtest.Rule

// What a validator is not given, or what is not known of a project.
var (
	noHosts  = cidrtest.Without(cidrtest.RuleHostsPods, cidrtest.RuleHostsServices)
	noBits   = cidrtest.Without(cidrtest.RuleNodeBits, cidrtest.RuleNodeCount)
	noMapped = cidrtest.Without(cidrtest.RuleMapped)
)

// only leaves out the cases of all rules but some.
func only(keep ...cidrtest.Rule) cidrtest.Option {
	var drop rules
	for c := range cidrtest.Cases() {
		if !slices.Contains(keep, c.Rule) && c.Rule != cidrtest.RuleCommon {
			drop = append(drop, c.Rule)
		}
	}
	return cidrtest.Without(drop...)
}

func options(opts ...cidrtest.Option) []cidrtest.Option { return opts }

var validators = []struct {
	name     string
	validate func(cidrtest.Case) error
	opts     []cidrtest.Option
	want     rules    // that it does not hold, and no other
	cases    []string // that are among those found
}{
	{"Cluster API", clusterAPI, options(noHosts, noBits, noMapped),
		rules{cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleSameRole, cidrtest.RuleFamilies,
			cidrtest.RuleServiceSize, cidrtest.RuleUnusable},
		[]string{"pods equal services", "pods twice", "three service ranges"}},
	{"kind", kind, options(noHosts, noBits, noMapped),
		rules{cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleFamilies, cidrtest.RuleServiceSize,
			cidrtest.RuleUnusable},
		[]string{"pods equal services", "IPv4 pods, IPv6 services"}},
	{"KubeOne", kubeOne, options(noHosts, noMapped, cidrtest.Only(cidrtest.IPv4, cidrtest.IPv4IPv6), cidrtest.With(cidrtest.RuleOneNode)),
		rules{cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleFamilies, cidrtest.RuleNodeCount,
			cidrtest.RuleOneNode, cidrtest.RuleServiceSize, cidrtest.RuleUnusable},
		[]string{"pods equal services", "one node range", "2^17 node ranges, second family"}},
	{"EKS Anywhere", eksAnywhere, options(noHosts, noMapped, cidrtest.Only(cidrtest.IPv4), cidrtest.With(cidrtest.RuleOneNode)),
		rules{cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleOneNode, cidrtest.RuleServiceSize,
			cidrtest.RuleUnusable},
		[]string{"pods equal services", "one node range"}},
	{"k0s", k0s, options(noHosts, noBits, noMapped),
		rules{cidrtest.RuleCommon, cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleServiceSize,
			cidrtest.RuleUnusable},
		[]string{"services of a /64, IPv6", "services of 2^16 addresses, IPv6", "defaults of kind with IPv6"}},
	{"Talos", talos, options(noHosts, noMapped, cidrtest.With(cidrtest.RuleOneNode, cidrtest.RuleNodeCountIPv4, cidrtest.RuleHostBits)),
		rules{cidrtest.RulePodsServices, cidrtest.RuleServicesInPods, cidrtest.RuleFamilies, cidrtest.RuleUnusable},
		[]string{"half of IPv4 for pods", "IPv4 pods, IPv6 services"}},
	{"kubespray", kubespray, options(noHosts, noBits, noMapped, only(cidrtest.RulePodsServices, cidrtest.RuleServicesInPods)),
		rules{cidrtest.RuleServicesInPods},
		[]string{"services inside pods", "services inside pods, second family"}},
	{"kops", kops, options(noBits, noMapped, cidrtest.Only(cidrtest.IPv4),
		only(cidrtest.RuleHostsPods, cidrtest.RuleHostsServices, cidrtest.RulePodsServices, cidrtest.RuleServicesInPods)),
		rules{cidrtest.RulePodsServices, cidrtest.RuleServicesInPods},
		[]string{"pods equal services"}},
	{"OpenShift", openShift, options(noMapped, cidrtest.Without(cidrtest.RuleNodeCount, cidrtest.RuleServiceSize, cidrtest.RuleUnusable,
		cidrtest.RuleFamilies), cidrtest.With(cidrtest.RuleHostBits, cidrtest.RuleOneNode)),
		nil, nil},
	{"k8s.io/utils/net, as kube-apiserver asks it about services", dualStackServices, options(only(cidrtest.RuleFamilies),
		cidrtest.Skip("IPv4 pods, IPv6 services", "IPv6 pods, IPv4 services")),
		nil, nil},
	{"k8s.io/utils/net, pods not looked at", dualStackServices, options(only(cidrtest.RuleFamilies)),
		rules{cidrtest.RuleFamilies}, []string{"IPv4 pods, IPv6 services", "IPv6 pods, IPv4 services"}},
	{"go-cidr", noOverlap, options(only(cidrtest.RuleHostsPods, cidrtest.RuleHostsServices, cidrtest.RulePodsServices,
		cidrtest.RuleServicesInPods, cidrtest.RuleSameRole), cidrtest.Only(cidrtest.IPv4)),
		nil, nil},
}

func TestValidators(t *testing.T) {
	for _, tt := range validators {
		t.Run(tt.name, func(t *testing.T) {
			var fs cidrtest.Failures
			if err := cidrtest.CheckValidator(tt.validate, tt.opts...); err != nil && !errors.As(err, &fs) {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(tt.want))
			if got := fs.Rules(); !slices.Equal(got, want) {
				t.Errorf("found %v, want %v", got, want)
				for _, f := range fs {
					if !slices.Contains(want, f.Rule) {
						t.Log(f)
					}
				}
			}
			for _, name := range tt.cases {
				if !slices.ContainsFunc(fs, func(f *cidrtest.Failure) bool { return f.Case == name }) {
					t.Errorf("did not find %q", name)
				}
			}
		})
	}
}

// dualStackServices asks for two service ranges what kube-apiserver asks.
func dualStackServices(c cidrtest.Case) error {
	switch dual, err := utilnet.IsDualStackCIDRs(ipNets(c.Services)); {
	case err != nil:
		return err
	case len(c.Services) > 2 || len(c.Services) == 2 && !dual:
		return errRefused
	}
	return nil
}

// noOverlap asks go-cidr whether all ranges of IPv4 are apart.
func noOverlap(c cidrtest.Case) error {
	_, all, _ := net.ParseCIDR("0.0.0.0/0")
	var hosts []netip.Prefix // may lie in each other: an address, and its network
	for _, h := range c.Hosts {
		if !slices.ContainsFunc(c.Hosts, func(o netip.Prefix) bool { return o != h && o.Overlaps(h) && o.Bits() < h.Bits() }) {
			hosts = append(hosts, h)
		}
	}
	return gocidr.VerifyNoOverlap(ipNets(slices.Concat(hosts, c.Pods, c.Services)), all)
}

func ipNets(ps []netip.Prefix) []*net.IPNet {
	var out []*net.IPNet
	for _, p := range ps {
		out = append(out, netipx.PrefixIPNet(p))
	}
	return out
}
