package nodeipam

import (
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ServiceRanges are the service ranges that a kube-apiserver works with. The zero value has no ranges and no addresses.
type ServiceRanges struct {
	Ranges []netip.Prefix // primary family first, without host bits; one or two
	// Kubernetes is the address of the Service kubernetes in namespace default: the second of the first range.
	Kubernetes netip.Addr
	Default    bool // the flag is empty, and Ranges is kube-apiserver's default
}

// ServiceRanges returns the ranges that a kube-apiserver of release v takes from f, its default where the flag is
// empty. The error is a *[RefusedError] where that release does not start with f. The zero Version is the newest
// release.
func (f APIServerFlags) ServiceRanges(v fact.Version) (ServiceRanges, error) {
	if rs := f.Refusals(v); len(rs) > 0 {
		return ServiceRanges{}, &RefusedError{Refusals: rs, Status: 1}
	}
	var s ServiceRanges
	if f.ServiceClusterIPRange == "" {
		s.Default, s.Ranges = true, []netip.Prefix{defaultServiceRange()}
	} else {
		list := []string{strings.TrimSpace(f.ServiceClusterIPRange)} // pflag's IPNet until 1.15
		if !v.Or(fact.NewestKubernetes()).Before(v1(16)) {
			list = strings.Split(f.ServiceClusterIPRange, ",")
		}
		s.Ranges, _ = ipnet.ParseCIDRs(list) // Refusals read them all
	}
	for i, p := range s.Ranges {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			s.Ranges[i] = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
	}
	// k8s.io/kubernetes v1.37.2 pkg/controlplane/apiserver/options/options.go ServiceIPRange: GetIndexedIP(range, 1).
	s.Kubernetes = s.Ranges[0].Addr().Next()
	return s, nil
}
