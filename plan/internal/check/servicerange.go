package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleServiceRangeMismatch = rule{
	rank:    70,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleServiceRangeMismatch, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "--service-cluster-ip-range of kube-apiserver differs from that of kube-controller-manager on its host, or from the network's",
		Cause:  "One of two manifests was edited, or the network was installed with its default.",
		Effect: "Node subnets may be cut out of the service range, services get addresses that the controller manager does not keep free, or that the network does not know.",
		Mend:   "set --service-cluster-ip-range of kube-controller-manager, and the service range of the network, to the value of kube-apiserver",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange, v1.37.2",
	},
	find:  func(c *checker) { c.serviceMismatch(); c.networkMismatch() },
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer},
}

// serviceMismatch: kube-apiserver and kube-controller-manager of one host disagree about the service range.
func (c *checker) serviceMismatch() {
	for _, a := range c.servers {
		if a.services == nil {
			continue
		}
		as := a.services
		if !isStated(as) {
			as = apiServerServices(as)
		}
		for _, m := range c.managers {
			if !isStated(m.services) || !c.together(a, m) {
				continue
			}
			x, y := heldBy(as), heldBy(m.services)
			if len(x) == 0 || len(y) == 0 || equalRanges(x, y) {
				continue
			}
			sev := fact.Error
			if len(y) == 1 && len(x) == 2 && x[0].p == y[0].p {
				sev = fact.Warning // the second family is only not kept away from
			}
			host := cmp.Or(a.host, m.host)
			what := "kube-controller-manager keeps node subnets away from a service range that the API server does not use"
			if sev == fact.Warning {
				what = "kube-controller-manager is not told the second service range, and does not keep node subnets away from it"
			}
			f := fact.Finding{
				Rule: fact.RuleServiceRangeMismatch, Severity: sev, Args: args("services", x, "controllers", y, argHost, host),
				Message: fmt.Sprintf("the service range is %s and %s: %s", says(as), says(m.services), what),
				Where:   []fact.Place{placeOf(as, "services "+writes(as)), placeOf(m.services, "services "+writes(m.services))},
				Fix: []string{
					c.setFlags(fact.ControllerManager, "set", flag{"service-cluster-ip-range", joinHeld(x)}),
					"the API server's range is the one that services live in: leave it as it is",
				},
				Changes: c.changed(fact.ControllerManager),
			}
			if host != "" {
				f.Subjects = []string{host}
				f.Message = "on " + host + ": " + f.Message
			}
			if cause := c.cause(fact.RuleControlPlaneFlagsDiffer); cause != nil && len(c.servers) > 1 {
				// Hosts that differ from each other and inside themselves: one finding is enough where the odd host is named.
				f.Severity = fact.Error
			}
			c.add(f)
		}
	}
}

// together reports whether two control-plane sources stand for one host, or may.
func (c *checker) together(a, b *sourceView) bool {
	return sameName(a.host, b.host) || len(c.servers) == 1 && len(c.managers) == 1
}

var ruleServiceRangeTooLarge = rule{
	rank:    100,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleServiceRangeTooLarge, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsCluster,
		Title:  "The service range has more addresses than kube-apiserver or kubeadm takes",
		Cause:  "A /8, or an IPv6 range longer than needed: /64 instead of /112.",
		Effect: "kube-apiserver before 1.34 and every kubeadm refuse more than 20 host bits: /12 for IPv4, /108 for IPv6.",
		Mend:   "use /12 or longer for IPv4, /108 or longer for IPv6",
		Source: "k8s.io/kubernetes cmd/kube-apiserver/app/options/validation.go validateMaxCIDRRange; cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateIPNetFromString, v1.37.2",
	},
	find: (*checker).serviceSize,
}

var ruleServiceRangeTooSmall = rule{
	rank:    110,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleServiceRangeTooSmall, Severity: fact.Error, Disturbs: fact.DisturbsCluster,
		Title:  "The service range has fewer addresses than kubeadm needs",
		Cause:  "A /29 or longer.",
		Effect: "kubeadm asks for 10 addresses, since DNS takes the 10th; kube-apiserver for 8.",
		Mend:   "use /28 or shorter (/124 for IPv6); it cannot be widened later without much work",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateIPNetFromString, v1.37.2",
	},
	by: fact.RuleServiceRangeTooLarge,
}

// serviceSize: more addresses than the API server takes, or fewer than kubeadm needs.
func (c *checker) serviceSize() {
	type sized struct {
		h    held
		more bool // the second of its list, everywhere: kube-apiserver asks for no size
		by   []fact.Component
		at   []fact.Place
		rel  fact.Version
		note string
	}
	var list []*sized
	add := func(src *sourceView, s *fact.Statement) {
		for n, h := range heldBy(s) {
			i := slices.IndexFunc(list, func(o *sized) bool { return o.h.p == h.p })
			if i < 0 {
				list = append(list, &sized{h: h, more: true, rel: c.view.release(src), note: c.view.releaseNote(src)})
				i = len(list) - 1
			}
			list[i].more = list[i].more && n > 0
			if !slices.Contains(list[i].by, s.Component) {
				list[i].by = append(list[i].by, s.Component)
			}
			list[i].at = append(list[i].at, placeOf(s, "services "+h.text()))
		}
	}
	for _, src := range slices.Concat(c.servers, c.kubeadms, c.managers, c.extraArgs) {
		if isStated(src.services) {
			add(src, src.services)
		}
	}
	for _, x := range list {
		bits := fact.FamilyOf(x.h.p).Bits()
		host := bits - x.h.p.Bits()
		kubeadm := slices.Contains(x.by, fact.Kubeadm)
		// k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go validateMaxCIDRRange; the cap fell in 1.34.
		capped := x.rel.Before(fact.V(1, 34, 0))
		switch {
		case host > 20 && (capped || kubeadm || bits == 128 && host > 64):
			f := fact.Finding{Rule: fact.RuleServiceRangeTooLarge, Severity: fact.Error, Where: x.at, Args: args("services", x.h, "release", x.rel, argHost, x.h.s.Host)}
			limit := bits - 20
			f.Message = fmt.Sprintf("%s: a service range of /%d has %d host bits, more than the 20 that are allowed: for %d-bit addresses the length must be /%d or longer%s",
				x.h.says(), x.h.p.Bits(), host, bits, limit, x.note)
			if capped {
				f.RefusedBy = append(f.RefusedBy, fact.APIServer)
			}
			if kubeadm && !x.rel.Before(fact.V(1, 20, 0)) {
				f.RefusedBy = append(f.RefusedBy, fact.Kubeadm)
			}
			if !capped && !kubeadm {
				f.Message = fmt.Sprintf("%s: the API server takes no IPv6 service range shorter than /64 and hands out no address of it", x.h.says())
				limit = 64
			}
			fit := netip.PrefixFrom(x.h.p.Addr(), limit)
			if bits == 128 {
				fit = netip.PrefixFrom(x.h.p.Addr(), 112)
			}
			f.Fix = []string{fmt.Sprintf("use a service range of /%d or longer, such as %v, in the API server, the controller manager and kubeadm's networking.serviceSubnet", limit, fit)}
			c.add(f)
		case host > 20 && c.kubeFrom == nil && x.rel == fact.NewestKubernetes():
			c.add(fact.Finding{
				Rule: fact.RuleServiceRangeTooLarge, Severity: fact.Warning, Where: x.at, Args: args("services", x.h, argHost, x.h.s.Host),
				Message: fmt.Sprintf("%s: %d host bits; the API server takes more than 20 only since Kubernetes 1.34, and kubeadm never%s", x.h.says(), host, x.note),
			})
		case host < 4:
			f := fact.Finding{Rule: fact.RuleServiceRangeTooSmall, Severity: fact.Error, Where: x.at, Args: args("services", x.h, argHost, x.h.s.Host)}
			needs := "kube-apiserver needs at least 8, and kubeadm 10"
			if x.more {
				needs = "kubeadm needs 10 of a second range as well, and kube-apiserver takes what there is"
			}
			f.Message = fmt.Sprintf("%s: a service range of /%d has %d %s; %s (the DNS service takes the 10th address), so /%d is the smallest",
				x.h.says(), x.h.p.Bits(), 1<<host, choose(1<<host, "address", "addresses"), needs, bits-4)
			if x.more && !kubeadm {
				f.Severity = fact.Warning
			}
			if slices.Contains(x.by, fact.APIServer) && host < 3 && !x.more {
				f.RefusedBy = append(f.RefusedBy, fact.APIServer)
			}
			if kubeadm {
				f.RefusedBy = append(f.RefusedBy, fact.Kubeadm)
				if host < 3 && !x.more && !slices.Contains(f.RefusedBy, fact.APIServer) {
					f.RefusedBy = append(f.RefusedBy, fact.APIServer)
				}
			}
			f.Fix = []string{fmt.Sprintf("use a service range of /%d or shorter; it cannot be changed later without touching certificates, kubelets and the DNS service, so leave room: /%d", bits-4, bits-16)}
			c.add(f)
		}
	}
}
