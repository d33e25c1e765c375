package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Services that other programs find by their address.
const (
	kubernetesService = "default/kubernetes" // kube-apiserver makes it, and makes it again: pkg/controlplane/controller/kubernetesservice
	dnsService        = "kube-system/kube-dns"
)

// servicesOutside: Services that hold addresses outside of the service range.
func (c *checker) servicesOutside() {
	var out []*fact.Statement
	var names []string
	dns := false
	for _, s := range slices.Concat(c.view.clusterIPs, c.saidOutside()) {
		for _, a := range s.Addrs {
			a = a.Unmap()
			if !slices.ContainsFunc(c.services, func(h held) bool { return h.p.Contains(a) }) {
				out = append(out, s)
				names = append(names, strings.TrimSpace(fmt.Sprintf("%s %v", s.Key, a)))
				dns = dns || s.Key == dnsService
			}
		}
	}
	known := dns || len(c.servers) > 0 || len(c.managers) > 0 || slices.ContainsFunc(c.services, func(h held) bool { return !h.s.Default })
	if len(out) == 0 || !known {
		return
	}
	f := fact.Finding{Rule: fact.RuleClusterIPOutside, Args: args("services", c.services[0]), Disturbs: fact.DisturbsComponent}
	for _, s := range out {
		f.Args = append(f.Args, args("service", s.Key, "address", s)...)
	}
	f.Message = fmt.Sprintf("%s: not inside the service range %s, which runs from %v to %v; the range was changed after the services were made, or another control plane has another one",
		words.NameList(names), c.services[0].says(), c.services[0].p.Addr(), cidr.Last(c.services[0].p))
	for _, s := range out[:min(len(out), maxPlaces)] {
		f.Where = append(f.Where, placeOf(s, strings.TrimSpace(s.Key+" "+s.Text)))
	}
	f.Where = append(f.Where, c.services[0].place("services "+c.services[0].text()))
	if by := c.kubeletsWith(out); len(by) > 0 {
		f.Message += "; kubelets give pods that address for DNS, which is right as long as the Service has it"
		for _, s := range by {
			f.Where = append(f.Where, placeOf(s, "DNS "+s.Text))
		}
		f.Where = cutPlaces(f.Where)
	}
	f.Fix = c.remakeServices(out)
	// That the address of cluster DNS lies outside is what the other Services show as well.
	if cause := c.cause(fact.RuleControlPlaneFlagsDiffer, fact.RuleServiceRangeMismatch, fact.RuleClusterDNSOutside); cause != nil {
		c.explain(cause, string(f.Rule)+": "+f.Message, f)
		return
	}
	c.add(f)
}

// saidOutside returns the addresses of Services of which kube-apiserver says that they are outside of the range that a file gives it, and
// of which no list of Services says otherwise.
func (c *checker) saidOutside() []*fact.Statement {
	var out []*fact.Statement
	for _, s := range c.view.symptoms {
		y := s.Symptom
		if y.ID != serviceOutside || !y.Subnet.IsValid() {
			continue
		}
		a := y.Subnet.Addr().Unmap()
		has := func(o *fact.Statement) bool { return slices.Contains(o.Addrs, a) }
		stated := func(h held) bool { return !h.s.Default && h.p == y.Network.Masked() }
		if slices.ContainsFunc(out, has) || len(c.view.clusterIPs) > 0 && !slices.ContainsFunc(c.view.clusterIPs, has) || !slices.ContainsFunc(c.services, stated) {
			continue
		}
		if !slices.ContainsFunc(c.view.clusterIPs, has) {
			out = append(out, &fact.Statement{Component: fact.APIServer, Role: fact.RoleClusterIP, Pos: s.Pos, Text: a.String(), Addrs: []netip.Addr{a}})
		}
	}
	return out
}

// kubeletsWith returns what gives pods the address of one of these Services for DNS.
func (c *checker) kubeletsWith(services []*fact.Statement) []*fact.Statement {
	var out []*fact.Statement
	for _, s := range c.ofRole(fact.RoleDNS) {
		if s.Component != fact.Service && slices.ContainsFunc(services, func(o *fact.Statement) bool {
			return slices.ContainsFunc(s.Addrs, func(a netip.Addr) bool { return slices.Contains(o.Addrs, a) })
		}) {
			out = append(out, s)
		}
	}
	return out
}

// remakeServices tells how Services come back into the range: by the range, or by new Services. One that is deleted is gone, but for
// the API server's own.
func (c *checker) remakeServices(out []*fact.Statement) []string {
	r := joinHeld(c.services)
	var others []string
	api, dns := false, false
	for _, s := range out {
		switch s.Key {
		case kubernetesService:
			api = true
		case dnsService:
			dns = true
			others = append(others, s.Key)
		case "":
			others = append(others, "the Service with "+s.Text)
		default:
			others = append(others, s.Key)
		}
	}
	addresses := "the addresses"
	if len(out) == 1 {
		addresses = "the address"
	}
	fix := []string{"if the range was changed by mistake: give --service-cluster-ip-range of kube-apiserver and kube-controller-manager back the one that holds " + addresses + ", on every control-plane host; no Service has to be touched then"}
	if n := len(others); n > 0 {
		fix = append(fix, fmt.Sprintf("if %s is what is wanted: save %s (kubectl -n NAMESPACE get service NAME -o yaml), take clusterIP and clusterIPs out of the copy, delete the Service and apply the copy; nothing else makes it again, and clients with the old address lose it",
			r, words.NameList(mergeNames(nil, others))))
	}
	if dns {
		fix = append(fix, fmt.Sprintf("give the copy of kube-dns an address of the range, such as clusterIP: %s, and then the same as clusterDNS to the kubelets: not before the Service has it, since no name resolves in between", nth(c.services[0].p, 10)))
	}
	if api {
		s := fmt.Sprintf("kubectl -n default delete service kubernetes: kube-apiserver makes it again, as %s; its certificate has to name that address (openssl x509 -noout -text -in /etc/kubernetes/pki/apiserver.crt), and pods that use the old one are restarted", nth(c.services[0].p, 1))
		if len(others) == 0 {
			s = "if " + r + " is what is wanted: " + s
		}
		fix = append(fix, s)
	}
	return fix
}
