package nodeipam

import (
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// defaultServiceRange returns the service range of a kube-apiserver that is given none
// (pkg/kubeapiserver/options/options.go DefaultServiceIPCIDR, v1.37.2). kubeadm has a default of its own.
func defaultServiceRange() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, 0}), 24)
}

// serviceBits returns how many host bits a service range of kube-apiserver may have, -1 for any number: the allocator
// of the release that stores them, by its gates (cmd/kube-apiserver/app/options/validation.go validateClusterIPFlags
// of v1.26, v1.30, v1.33 and v1.37.2).
func serviceBits(v fact.Version, g Gates) int {
	on := func(name string, byDefault fact.Version) bool {
		if b, ok := g[name]; ok {
			return b
		}
		return !v.Before(byDefault)
	}
	switch {
	case v.Before(v1(27)):
		return 20
	case v.Before(v1(31)):
		if g["MultiCIDRServiceAllocator"] {
			return 64
		}
		return 20
	case v.Before(v1(34)):
		if on("MultiCIDRServiceAllocator", v1(33)) && on("DisableAllocatorDualWrite", v1(34)) {
			return -1
		}
		return 20
	case v.Before(v1(35)) && !on("DisableAllocatorDualWrite", v1(34)):
		return 20
	}
	return -1
}

// Refusals returns why a kube-apiserver of release v does not start with f, in its words; none where it starts.
// The zero Version is the newest release.
func (f APIServerFlags) Refusals(v fact.Version) []Refusal {
	r := newRefuser(v)
	v = r.version

	// The flag parser comes first. It trims blanks and takes no leading zeros (pflag v1.0.10 ip.go).
	var advertise netip.Addr
	if s := strings.TrimSpace(f.AdvertiseAddress); s != "" {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			r.add(f.AdvertiseAddress, []string{"api-advertise"}, f.AdvertiseAddress, f.AdvertiseAddress)
			return r.out
		}
		advertise = a.Unmap()
	}

	list := []string{defaultServiceRange().String()}
	if f.ServiceClusterIPRange != "" {
		list = strings.Split(f.ServiceClusterIPRange, ",")
		if v.Before(v1(16)) {
			list = []string{strings.TrimSpace(f.ServiceClusterIPRange)}
		}
	}
	_, first, ok := ipnet.ParseCIDR(list[0])
	if !ok {
		r.add(list[0], []string{"api-service-parse", "api-service-flag"}, f.ServiceClusterIPRange, list[0])
		return r.out
	}
	if ipnet.Size(first) < 8 {
		r.add(list[0], []string{"api-service-small"})
		return r.out
	}
	var second netip.Prefix
	if len(list) > 1 {
		if _, second, ok = ipnet.ParseCIDR(list[1]); !ok {
			r.add(list[1], []string{"api-service-second"})
			return r.out
		}
	}

	f.reportAll(r, list, first, second, advertise)
	return r.out
}

// reportAll does what is reported together, once both ranges could be read.
func (f APIServerFlags) reportAll(r *refuser, list []string, first, second netip.Prefix, advertise netip.Addr) {
	if len(list) > 2 {
		r.add(f.ServiceClusterIPRange, []string{"api-service-count"})
	}
	limit := serviceBits(r.version, f.FeatureGates)
	large := func(p netip.Prefix, ids ...string) {
		if size := p.Addr().BitLen(); limit >= 0 && size-p.Bits() > limit {
			r.addAny(ipnet.String(p), ids, size, size-limit)
		}
	}
	large(first, "api-service-large-old", "api-service-large")
	if second.IsValid() {
		if !ipnet.DualStack([]netip.Prefix{first, second}) {
			r.add(f.ServiceClusterIPRange, []string{"api-service-families"})
		}
		large(second, "api-service-second-large-old", "api-service-second-large")
	}
	if advertise.IsValid() && ipnet.Is4(first) != advertise.Is4() {
		r.add(advertise.String(), []string{"api-advertise-family"}, ipnet.String(first), advertise.String())
	}
}

// addAny is add for a rule that a feature gate keeps beyond its last release.
func (r *refuser) addAny(bad string, ids []string, args ...any) {
	n := len(r.out)
	if r.add(bad, ids, args...); len(r.out) > n {
		return
	}
	v := r.version
	r.version = v1(33)
	r.add(bad, ids, args...)
	r.version = v
}
