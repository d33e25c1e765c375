package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// passVirtualServers compares what IPVS serves with the service range.
var passVirtualServers = rule{
	about: fact.Rule{ID: "virtual-servers"},
	find:  (*checker).virtualServers,
	after: []fact.RuleID{fact.RuleClusterIPOutside},
}

// virtualServers: addresses that IPVS of a host serves. Those of node ports are the host's own, and others may be a load balancer's; where
// not one lies in the service range, and some lie nowhere else, the Services have addresses of another range.
func (c *checker) virtualServers() {
	written := slices.DeleteFunc(slices.Clone(c.services), func(h held) bool { return h.s.Default })
	if c.assumed || len(written) == 0 || c.has(fact.RuleClusterIPOutside) {
		return
	}
	strange := c.strangers(written[0])
	if len(strange) == 0 {
		return
	}
	r := written[0]
	var names []string
	f := fact.Finding{Rule: fact.RuleClusterIPOutside, Severity: fact.Warning, Disturbs: fact.DisturbsComponent}
	for _, s := range strange {
		if a := s.Addrs[0].Unmap().String(); !slices.Contains(names, a) {
			names = append(names, a)
		}
		f.Where = append(f.Where, placeOf(s, "served "+s.Text))
		f.Subjects = append(f.Subjects, subjectsOf(s.Host)...)
	}
	f.Args = args("services", r, "address", names)
	f.Message = fmt.Sprintf("IPVS of %s serves %s, and no address of the service range %s, which runs from %v to %v: the Services have addresses of another range",
		hostOr(strange[0].Host, "a host"), shortList(names), r.says(), r.p.Addr(), cidr.Last(r.p))
	f.Where = append(cutPlaces(f.Where), r.place("services "+r.text()))
	f.Fix = []string{"kubectl get services -A shows which Services have " + words.NameList(names[:min(len(names), 3)]) + ": give --service-cluster-ip-range of kube-apiserver back the range that holds them, or make those Services anew"}
	c.add(f)
}

// strangers returns the virtual servers that lie in no range that is known, none where one lies in the services.
func (c *checker) strangers(r held) []*fact.Statement {
	known := slices.Concat(c.claimedPods(), c.networks)
	hosts := map[netip.Addr]bool{}
	for _, h := range c.hostAddrs() {
		hosts[h.a] = true
	}
	for _, s := range slices.Concat(c.links, c.ofRole(fact.RoleLoadBalancer)) {
		if s.Role == fact.RoleHosts || s.Role == fact.RoleLoadBalancer {
			for _, h := range heldBy(s) {
				known = append(known, held{s, h.p.Masked(), h.p})
			}
		}
	}
	var out []*fact.Statement
	for _, s := range c.ofRole(fact.RoleVirtualServer) {
		for _, a := range s.Addrs {
			a = a.Unmap()
			in := func(h held) bool { return h.p.Contains(a) }
			if slices.ContainsFunc(c.services, in) {
				return nil
			}
			if a.IsPrivate() && a.Is4() == r.p.Addr().Is4() && !hosts[a] && !slices.ContainsFunc(known, in) {
				out = append(out, s)
			}
		}
	}
	return out
}
