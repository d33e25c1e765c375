package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleClusterDNSOutside = rule{
	rank:    420,
	changes: []fact.Component{fact.Kubelet},
	about: fact.Rule{
		ID: fact.RuleClusterDNSOutside, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "The DNS address of the kubelets is not inside the service range",
		Cause:  "A service range other than the default, with clusterDNS left at 10.96.0.10.",
		Effect: "Names do not resolve in pods: the address belongs to no service.",
		Mend:   "set clusterDNS to the address of the service kube-dns and restart the kubelets",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/constants/constants.go GetDNSIP, v1.37.2",
	},
	find: (*checker).clusterDNS,
}

// clusterDNS: the address that kubelets give to pods for DNS is no service address.
func (c *checker) clusterDNS() {
	if c.assumed || len(c.services) == 0 {
		return
	}
	type bad struct {
		a  netip.Addr
		at []*fact.Statement
	}
	var bads []*bad
	for _, s := range c.all {
		if s.Role != fact.RoleDNS || s.Overridden {
			continue
		}
		for _, a := range s.Addrs {
			a = a.Unmap().WithZone("")
			if !a.IsValid() || a.IsLinkLocalUnicast() || a.IsLoopback() {
				continue // a cache on the node itself
			}
			if slices.ContainsFunc(c.services, func(h held) bool { return h.p.Contains(a) }) {
				continue
			}
			i := slices.IndexFunc(bads, func(b *bad) bool { return b.a == a })
			if i < 0 {
				bads = append(bads, &bad{a: a})
				i = len(bads) - 1
			}
			bads[i].at = append(bads[i].at, s)
		}
	}
	dns := c.dnsService()
	for _, b := range bads {
		// Where the Service has that address, too, it is the Service that lies outside, and not what points at it.
		if !c.isClusterIP(b.a) && (dns == nil || !slices.Contains(dns.Addrs, b.a)) {
			c.dnsOutside(b.a, b.at)
		}
	}
}

// dnsService returns the statement about the Service of cluster DNS, nil where no file shows it.
func (c *checker) dnsService() *fact.Statement {
	for _, s := range c.all {
		if s.Role == fact.RoleDNS && s.Component == fact.Service && len(s.Addrs) > 0 && !s.Overridden {
			return s
		}
	}
	return nil
}

// isClusterIP reports whether a is the address of a Service that a file shows.
func (c *checker) isClusterIP(a netip.Addr) bool {
	return slices.ContainsFunc(c.clusterIPs, func(s *fact.Statement) bool { return slices.Contains(s.Addrs, a) })
}

// dnsOutside is the finding about one address that kubelets give to pods.
func (c *checker) dnsOutside(a netip.Addr, at []*fact.Statement) {
	s, near := at[0], c.nearestServices(a)
	f := fact.Finding{Rule: fact.RuleClusterDNSOutside, Severity: fact.Error, Args: args("dns", a, "services", near, argHost, s.Host)}
	for _, x := range at {
		f.Where = append(f.Where, placeOf(x, "DNS "+a.String()))
		f.Subjects = append(f.Subjects, subjectsOf(x.Host)...)
	}
	f.Where = append(cutPlaces(f.Where), near.place("services "+near.text()))
	f.Message = fmt.Sprintf("the DNS address %v (%s) is not inside the service range %s, which runs from %v to %v: no DNS service can have it",
		a, who(s), near.says(), near.p.Addr(), cidr.Last(near.p))
	f.Fix = c.setClusterDNS(a, near)
	f.Disturbs = fact.DisturbsComponent
	if c.fresh() {
		f.Disturbs = fact.DisturbsNothing
	}
	c.add(f)
}

// nearestServices returns the service range that an address may have been meant for.
func (c *checker) nearestServices(a netip.Addr) held {
	for _, h := range c.services {
		if h.p.Addr().Is4() == a.Is4() {
			return h
		}
	}
	return c.services[0]
}

// setClusterDNS tells how kubelets get the address of cluster DNS in place of a: that of the Service, which has to be there.
func (c *checker) setClusterDNS(a netip.Addr, r held) []string {
	if c.fresh() {
		return []string{"leave clusterDNS out: kubeadm gives kubelets the 10th address of the service range, here " + nth(r.p, 10)}
	}
	if dns := c.dnsService(); dns != nil {
		return []string{c.kubeletDNS(dns.Addrs[0].String(), a)}
	}
	return []string{
		"kubectl -n kube-system get service kube-dns shows the address that DNS has (kubeadm gives it the 10th of the service range, here " + nth(r.p, 10) + ")",
		fmt.Sprintf("if that is %v as well, leave the kubelets as they are: the Service is what lies outside of the range, or the range is what changed", a),
		"if it lies inside: " + c.kubeletDNS("that address", a),
	}
}

// kubeletDNS tells how kubelets are given the address of cluster DNS in place of old.
func (c *checker) kubeletDNS(address string, old netip.Addr) string {
	key, file := "clusterDNS", "the kubelet-config ConfigMap and in /var/lib/kubelet/config.yaml of every node"
	if c.dist != nil {
		key, file = "cluster-dns", c.dist.config+" of every server"
	}
	return fmt.Sprintf("set %s to %s in %s, and restart the kubelets (%s); pods started before keep %v until they are restarted", key, address, file, c.restartKubelet(), old)
}

var ruleClusterIPOutside = rule{
	rank:    430,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleClusterIPOutside, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "Services hold addresses outside of the service range",
		Cause:  "The service range was changed after installation, or differs between control planes.",
		Effect: "The API server reports that the address is not within the service range, and asks to recreate the service.",
		Mend:   "give --service-cluster-ip-range back the old range, or save, delete and apply again each service; kube-apiserver itself makes kubernetes again",
		Source: "k8s.io/kubernetes pkg/registry/core/service/ipallocator/controller/repairip.go, v1.37.2",
	},
	find:  (*checker).serviceAddresses,
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer, fact.RuleServiceRangeMismatch, fact.RuleClusterDNSOutside},
}

var ruleClusterDNSOther = rule{
	rank:    440,
	changes: []fact.Component{fact.Kubelet},
	about: fact.Rule{
		ID: fact.RuleClusterDNSOther, Severity: fact.Warning, Disturbs: fact.DisturbsComponent,
		Title:  "The DNS address of the kubelets is not that of the service of cluster DNS",
		Cause:  "The service was created again with another address, or clusterDNS was written by hand.",
		Effect: "Names do not resolve in pods, unless something else answers at that address.",
		Mend:   "set clusterDNS to the address of the service kube-dns and restart the kubelets",
		Source: "k8s.io/kubelet config/v1beta1/types.go ClusterDNS, v0.37.2",
	},
	by: fact.RuleClusterIPOutside,
}

// serviceAddresses: Services hold addresses outside of the service range, and the kubelets' DNS address is not that of the service.
func (c *checker) serviceAddresses() {
	if !c.assumed && len(c.services) > 0 {
		c.servicesOutside()
		c.serviceObject()
	}
	c.otherDNS()
}

// serviceObject: the ServiceCIDR kubernetes against the flag of the API servers.
func (c *checker) serviceObject() {
	for _, src := range c.others {
		if src.comp != fact.ServiceCIDR || src.services == nil || src.services.Name != fact.NameDefaultServiceCIDR {
			continue
		}
		for _, api := range c.servers {
			if x, y := heldBy(api.services), heldBy(src.services); len(x) > 0 && len(y) > 0 && !equalRanges(x, y) && !api.services.Default {
				c.add(fact.Finding{
					Rule: fact.RuleServiceRangeMismatch, Severity: fact.Warning, Args: args("services", x, "object", y, argHost, api.host),
					Where: []fact.Place{placeOf(api.services, "services "+writes(api.services)), placeOf(src.services, "ServiceCIDR kubernetes "+writes(src.services))},
					Message: fmt.Sprintf("%s is %s, but the ServiceCIDR kubernetes says %s: the object keeps the range of the installation, and changing the flag alone changes nothing",
						who(api.services), writes(api.services), writes(src.services)),
					Fix: []string{"give the flag back the object's range, on every control-plane host; a further range is added as a ServiceCIDR of its own"},
				})
				return
			}
		}
	}
}

// otherDNS: the address of the service kube-dns against the one that pods are given.
func (c *checker) otherDNS() {
	dns := c.dnsService()
	if dns == nil || c.has(fact.RuleClusterDNSOutside) {
		return
	}
	for _, s := range c.all {
		if s.Role != fact.RoleDNS || s.Component != fact.Kubelet || s.Overridden || len(s.Addrs) == 0 {
			continue
		}
		node := slices.ContainsFunc(s.Addrs, func(a netip.Addr) bool { return a.IsLinkLocalUnicast() || a.IsLoopback() })
		if node || slices.ContainsFunc(s.Addrs, func(a netip.Addr) bool { return slices.Contains(dns.Addrs, a) }) {
			continue
		}
		c.add(fact.Finding{
			Rule: fact.RuleClusterDNSOther, Args: args("dns", s, "service", dns, argHost, s.Host), Where: []fact.Place{placeOf(s, "DNS "+s.Text), placeOf(dns, dns.Key+" "+dns.Text)}, Subjects: subjectsOf(s.Host),
			Message: fmt.Sprintf("pods are told the DNS address %s (%s), but the service %s has %s", s.Text, who(s), dns.Key, dns.Text),
			Fix:     []string{c.kubeletDNS(dns.Text, s.Addrs[0])},
		})
		return
	}
}

// nth returns address n of a masked prefix as text, "" where there is none.
func nth(p netip.Prefix, n int) string {
	a := p.Addr()
	for range n {
		a = a.Next()
	}
	if !p.Contains(a) {
		return "(the range is too small for one)"
	}
	return a.String()
}

var ruleKubeProxyMismatch = rule{
	rank: 450,
	about: fact.Rule{
		ID: fact.RuleKubeProxyMismatch, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "kube-proxy's clusterCIDR is the service range or differs from the pod range",
		Cause:  "The range was changed, and the ConfigMap of kube-proxy was not.",
		Effect: "Traffic from pods is masqueraded or not, the wrong way round: network policies and source addresses fail.",
		Mend:   "set clusterCIDR in the kube-proxy ConfigMap to the pod range and restart kube-proxy",
		Source: "k8s.io/kubernetes pkg/proxy/apis/config/validation/validation.go, v1.37.2",
	},
	find: (*checker).kubeProxy,
}

// kubeProxy: clusterCIDR of kube-proxy is not the pod range.
func (c *checker) kubeProxy() {
	for _, src := range c.proxies {
		mode := ""
		if s := src.set[fact.SettingDetectLocal]; s != nil {
			mode = s.Text
		}
		if mode != "" && mode != "ClusterCIDR" {
			continue // clusterCIDR is not looked at
		}
		have := src.podPrefixes()
		if len(have) == 0 {
			continue
		}
		s := src.pods[0]
		f := fact.Finding{Rule: fact.RuleKubeProxyMismatch, Args: args("clusterCIDR", have, argHost, src.host), Severity: fact.Error, Where: []fact.Place{placeOf(s, "clusterCIDR "+writes(s))}, RefusedBy: nil}
		if src.host != "" {
			f.Subjects = []string{src.host}
		}
		pods := c.pods
		if len(pods) == 0 {
			pods = c.networks
		}
		want := joinHeld(pods)
		f.Args = append(f.Args, args(argPods, pods)...)
		var part string
		for _, h := range have {
			for _, sv := range c.services {
				if h.p == sv.p && !slices.ContainsFunc(pods, func(p held) bool { return p.p == h.p }) {
					part = fmt.Sprintf("clusterCIDR of kube-proxy is %s, and that is the service range %s", h.text(), sv.says())
					f.Where = append(f.Where, sv.place("services "+sv.text()))
				}
			}
		}
		if part != "" && len(pods) > 0 {
			part += "; the pod range is " + pods[0].says()
			f.Where = append(f.Where, placeOf(pods[0].s, "pods "+joinHeld(pods)))
		}
		if part == "" && len(pods) > 0 {
			for _, fam := range []fact.Family{fact.IPv4, fact.IPv6} {
				ps, hs := ofFamily(pods, fam), ofFamily(have, fam)
				switch {
				case len(ps) == 0 && len(hs) > 0:
					part = fmt.Sprintf("clusterCIDR of kube-proxy is %s, but the pod range is %s and has no %v", writes(s), pods[0].says(), fam)
					f.Severity = fact.Warning
				case len(ps) > 0 && len(hs) == 0:
					part = fmt.Sprintf("clusterCIDR of kube-proxy is %s and has no %v, but the pod range has %s", writes(s), fam, ps[0].says())
					f.Severity = fact.Warning
					if !slices.ContainsFunc(have, func(h held) bool { return withinAny(pods, h.p) }) {
						f.Severity = fact.Error
					}
				case len(ps) > 0:
					equal := slices.ContainsFunc(ps, func(p held) bool { return p.p == hs[0].p })
					if equal {
						continue
					}
					p := ps[0]
					part = fmt.Sprintf("clusterCIDR of kube-proxy is %s, but the pod range is %s", hs[0].text(), p.says())
					f.Severity = fact.Error
					if cidr.Contains(hs[0].p, p.p) {
						part += ": the wider one takes traffic of its other addresses for traffic of pods"
						f.Severity = fact.Warning
						// In IPVS mode every service address is bound to kube-ipvs0 of every node, so a program on the host that calls a
						// service does so from that service's own address: seen in projectcalico/calico#2617.
						if i := slices.IndexFunc(c.services, func(sv held) bool { return cidr.Contains(hs[0].p, sv.p) }); i >= 0 && src.set[fact.SettingProxyMode] != nil && src.set[fact.SettingProxyMode].Text == "ipvs" {
							sv := c.services[i]
							part += fmt.Sprintf(", and the services %s are among them: in IPVS mode the host calls a service from that service's own address, which then is not masqueraded, and no answer comes back", sv.says())
							f.Severity = fact.Error
							f.Where = append(f.Where, sv.place("services "+sv.text()))
						}
					}
					f.Where = append(f.Where, p.place("pods "+p.text()))
				}
				if part != "" && f.Severity == fact.Error {
					break
				}
			}
			if part != "" && len(f.Where) == 1 {
				f.Where = append(f.Where, placeOf(pods[0].s, "pods "+joinHeld(pods)))
			}
		}
		if part == "" {
			continue
		}
		f.Message = part + "; kube-proxy tells by it which traffic comes from pods, and masquerades the rest"
		f.Fix = []string{
			fmt.Sprintf("kubectl -n kube-system edit configmap kube-proxy, and in config.conf set clusterCIDR: %q", cmp.Or(want, "the pod range")),
			"kubectl -n kube-system rollout restart daemonset kube-proxy",
		}
		f.Disturbs = fact.DisturbsComponent
		c.add(f)
	}
}

var ruleIPFamilyMismatch = rule{
	rank:    80,
	changes: []fact.Component{fact.APIServer},
	about: fact.Rule{
		ID: fact.RuleIPFamilyMismatch, Severity: fact.Error, Disturbs: fact.DisturbsCluster,
		Title:  "Family of the first service range differs from the advertise address's or from that of all pods",
		Cause:  "An IPv6 cluster without --service-cidr (its default is IPv4), or lists in another order than the hosts' addresses.",
		Effect: "Since 1.24 kube-apiserver does not start: \"service IP family must match public address family\".",
		Mend:   "name the families in the same order in hosts, services and pods, that of the advertise address first",
		Source: "k8s.io/kubernetes cmd/kube-apiserver/app/options/validation.go validatePublicIPServiceClusterIPRangeIPFamilies, v1.37.2",
	},
	find:  (*checker).ipFamilies,
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer},
}

var ruleFamilyListsDiffer = rule{
	rank: 530,
	about: fact.Rule{
		ID: fact.RuleFamilyListsDiffer, Severity: fact.Warning, Also: []fact.Severity{fact.Info}, Disturbs: fact.DisturbsComponent,
		Title:  "Pods and services do not have the same families, or not in the same order",
		Cause:  "A second family was added on one side.",
		Effect: "Services of a family without pods have no endpoints; default families differ.",
		Mend:   "name the same families in the same order for pods and services",
		Source: "k8s.io/kubernetes pkg/registry/core/service/storage/alloc.go, v1.37.2",
	},
	by: fact.RuleIPFamilyMismatch,
}

// ipFamilies: families that do not fit together.
func (c *checker) ipFamilies() {
	// First service family against the address that the API server advertises.
	type api struct {
		host     string
		services []held
		addr     netip.Addr
		at       *fact.Statement
		rel      fact.Version
		kubeadm  bool
	}
	var apis []api
	for _, src := range c.servers {
		a := api{host: src.host, services: heldBy(src.services), rel: c.view.release(src)}
		if src.services != nil && !isStated(src.services) {
			a.services = heldBy(apiServerServices(src.services))
		}
		a.addr, a.at = advertised(src.addrs)
		apis = append(apis, a)
	}
	if len(c.servers) == 0 {
		a := api{services: c.services, rel: c.view.release(nil), kubeadm: true}
		if !c.assumed {
			for _, src := range c.kubeadms {
				if x, s := advertised(src.addrs); s != nil {
					a.addr, a.at, a.host = x, s, src.host
				}
			}
			apis = append(apis, a)
		}
	}
	for _, a := range apis {
		if len(a.services) == 0 {
			a.services = c.services
			if c.assumed {
				continue
			}
		}
		if len(a.services) == 0 || !a.addr.IsValid() || a.addr.IsUnspecified() {
			continue
		}
		s := a.services[0]
		if s.p.Addr().Is4() == a.addr.Is4() {
			continue
		}
		f := fact.Finding{Rule: fact.RuleIPFamilyMismatch, Args: args("address", a.addr, "services", s, argHost, a.host), Severity: fact.Error, Where: []fact.Place{placeOf(a.at, "address "+a.addr.String()), placeOf(s.s, "services "+writes(s.s))}}
		if a.host != "" {
			f.Subjects = []string{a.host}
		}
		// k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go validatePublicIPServiceClusterIPRangeIPFamilies, since 1.24.
		if !a.rel.Before(fact.V(1, 24, 0)) {
			f.RefusedBy = []fact.Component{fact.APIServer}
		}
		fam := fact.IPv4
		if a.addr.Is6() {
			fam = fact.IPv6
		}
		f.Message = fmt.Sprintf("the API server advertises the %v address %v (%s), but the first service range is %v: %s", fam, a.addr, who(a.at), fact.FamilyOf(s.p), s.says())
		f.Fix = []string{
			fmt.Sprintf("put the %v service range first in --service-cluster-ip-range (kubeadm: networking.serviceSubnet), or advertise an address of the other family", fam),
			"pods, services and addresses should name the families in the same order",
		}
		f.Disturbs = fact.DisturbsCluster
		c.add(f)
	}

	// Pods against services.
	if len(c.pods) == 0 || len(c.services) == 0 || c.assumed || c.has(fact.RuleControlPlaneFlagsDiffer) {
		return
	}
	pf, sf := familiesOf(c.pods), familiesOf(c.services)
	if c.has(fact.RuleIPFamilyMismatch) {
		return
	}
	where := []fact.Place{placeOf(c.services[0].s, "services "+joinHeld(c.services)), placeOf(c.pods[0].s, "pods "+joinHeld(c.pods))}
	switch {
	case !slices.Contains(pf, sf[0]):
		c.add(fact.Finding{
			Rule: fact.RuleIPFamilyMismatch, Severity: fact.Error, Where: where, Args: args(argPods, c.pods, "services", c.services),
			Message: fmt.Sprintf("pods have %s addresses alone (%s), but the first service range is %v: %s; no pod can reach a service",
				familyList(pf), c.pods[0].says(), sf[0], c.services[0].says()),
			Fix:      []string{fmt.Sprintf("give services a range of %v (--service-cidr, networking.serviceSubnet), or pods one of %v", pf[0], sf[0])},
			Disturbs: fact.DisturbsCluster,
		})
	case len(sf) == 2 && len(pf) == 1:
		c.add(fact.Finding{
			Rule: fact.RuleFamilyListsDiffer, Args: args(argPods, c.pods, "services", c.services), Where: where,
			Message: fmt.Sprintf("services have two families (%s), pods have %v alone (%s): services of the other family have no pods behind them", joinHeld(c.services), pf[0], c.pods[0].says()),
		})
	case len(sf) == 1 && len(pf) == 2:
		c.add(fact.Finding{
			Rule: fact.RuleFamilyListsDiffer, Args: args(argPods, c.pods, "services", c.services), Severity: fact.Info, Where: where,
			Message: fmt.Sprintf("pods have two families (%s), services have %v alone (%s): legal, but no service can be dual-stack", joinHeld(c.pods), sf[0], c.services[0].says()),
		})
	case sf[0] != pf[0]:
		c.add(fact.Finding{
			Rule: fact.RuleFamilyListsDiffer, Args: args(argPods, c.pods, "services", c.services), Where: where,
			Message: fmt.Sprintf("pods put %v first (%s), services put %v first (%s): pods' first address and services' default family differ", pf[0], joinHeld(c.pods), sf[0], joinHeld(c.services)),
		})
	}
}

// advertised returns the address that an API server advertises, and what says so.
func advertised(ss []*fact.Statement) (netip.Addr, *fact.Statement) {
	for _, s := range ss {
		if s.Name == fact.NameAdvertised && len(s.Addrs) > 0 {
			return s.Addrs[0].Unmap(), s
		}
	}
	return netip.Addr{}, nil
}
