package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// certificates: the certificate of kube-apiserver does not name the address of the Service kubernetes. A client that met it proves it;
// what is read of the certificate alone may be of another host, or of before.
func (c *checker) certificates() {
	wanted := c.kubernetesAddrs()
	found := map[netip.Addr]*fact.Finding{}
	all := c.ofRole(fact.RoleCertified)
	named := func(a netip.Addr) bool { // by a certificate that is there: what a client met may be gone, or that of another host
		return slices.ContainsFunc(all, func(s *fact.Statement) bool { return len(s.Prefixes) == 0 && slices.Contains(s.Addrs, a) })
	}
	for _, s := range all {
		asked := netip.Addr{}
		if len(s.Prefixes) == 1 {
			asked = s.Prefixes[0].Addr()
		}
		for _, w := range wanted {
			a := w.p.Addr()
			if asked.IsValid() && asked != a || slices.Contains(s.Addrs, a) {
				continue
			}
			f := found[a]
			if f == nil {
				f = &fact.Finding{Rule: fact.RuleCertificateServiceIP, Severity: fact.Warning, Args: args("address", a, "certificate", s)}
				f.Message = fmt.Sprintf("the certificate of kube-apiserver names %s, and not %v, the first address of the service range (%s): pods that ask the Service kubernetes do not trust it", shortAddrs(s.Addrs), a, who(w.s))
				f.Fix = []string{
					"on each control-plane host with kubeadm: mv /etc/kubernetes/pki/apiserver.{crt,key} to a safe place, kubeadm init phase certs apiserver --config with the configuration in force, then restart kube-apiserver",
					"elsewhere: make the certificate anew with " + a.String() + " among its addresses; then restart the pods that wait",
				}
				f.Where = []fact.Place{w.place("services " + w.text())}
				found[a] = f
			}
			if asked.IsValid() && !named(a) {
				f.Severity = fact.Error
			}
			f.Where = cutPlaces(append([]fact.Place{placeOf(s, "certificate for "+shortAddrs(s.Addrs))}, f.Where...))
		}
	}
	for _, w := range wanted {
		if f := found[w.p.Addr()]; f != nil {
			c.add(*f)
			delete(found, w.p.Addr())
		}
	}
}

// kubernetesAddrs returns the addresses of the Service kubernetes, as a list of Services or the range in force has them.
func (c *checker) kubernetesAddrs() []held {
	var out []held
	add := func(s *fact.Statement, a netip.Addr) {
		p := netip.PrefixFrom(a, a.BitLen())
		if a.IsValid() && !slices.ContainsFunc(out, func(h held) bool { return h.p == p }) {
			out = append(out, held{s, p, p})
		}
	}
	for _, s := range c.view.clusterIPs {
		if s.Key == kubernetesService {
			for _, a := range s.Addrs {
				add(s, a.Unmap())
			}
		}
	}
	if len(out) == 0 && !c.assumed && len(c.services) > 0 && !c.services[0].s.Default {
		add(c.services[0].s, c.services[0].p.Addr().Next())
	}
	return out
}

// shortAddrs names a few of many addresses.
func shortAddrs(list []netip.Addr) string {
	var names []string
	for _, a := range list {
		names = append(names, a.String())
	}
	return shortList(names)
}
