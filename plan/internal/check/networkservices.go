package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A toldNetwork is a network that is told the service range and goes by it.
type toldNetwork struct {
	network fact.Component
	level   fact.Severity
	why     string
}

// toldOfServices is the table of such networks. Antrea's proxy reads Services from the API, and is on by default.
// ovn-org/ovn-kubernetes go-controller/pkg/config KubernetesConfig.ServiceCIDRs; kubeovn/kube-ovn pkg/controller/config.go
// ServiceClusterIPRange; antrea-io/antrea docs/configuration.md serviceCIDR.
func toldOfServices() []toldNetwork {
	return []toldNetwork{
		{"ovn-kubernetes", fact.Error, "it sends traffic for that range, and no other, to its load balancers"},
		{"kube-ovn", fact.Error, "it sends traffic for that range, and no other, to its load balancers"},
		{"antrea", fact.Warning, "it goes by that range where its own proxy is off"},
	}
}

// toldOf returns the row of a network that is told the service range, false where it is none.
func toldOf(network fact.Component) (toldNetwork, bool) {
	for _, t := range toldOfServices() {
		if t.network == network {
			return t, true
		}
	}
	return toldNetwork{}, false
}

// networkMismatch: a network was told another service range than kube-apiserver.
func (c *checker) networkMismatch() {
	ref := c.servicesOf(c.servers)
	if ref == nil {
		ref = c.servicesOf(c.kubeadms)
	}
	if ref == nil {
		return
	}
	known := heldBy(ref)
	for _, s := range c.ofRole(fact.RoleServices) {
		t, ok := toldOf(s.Component)
		if !ok || s.Err != nil || s.Default {
			continue
		}
		for _, h := range heldBy(s) {
			of := ofFamily(known, fact.FamilyOf(h.p))
			if len(of) == 0 || slices.ContainsFunc(of, func(k held) bool { return k.p == h.p }) {
				continue
			}
			c.add(fact.Finding{
				Rule: fact.RuleServiceRangeMismatch, Severity: t.level,
				Args:    args("services", []netip.Prefix{of[0].p}, "network", []netip.Prefix{h.p}),
				Message: fmt.Sprintf("%s takes %s for the service range, the cluster has %s: %s", s.Component, h.says(), of[0].says(), t.why),
				Where:   []fact.Place{h.place("services " + h.text()), of[0].place("services " + of[0].text())},
				Fix:     []string{fmt.Sprintf("write %v as %s of %s, and restart what reads it", of[0].p, s.Key, s.Component)},
			})
		}
	}
}

// servicesOf returns the service range that the first of some sources states, nil where none does.
func (c *checker) servicesOf(from []*sourceView) *fact.Statement {
	for _, src := range from {
		if isStated(src.services) {
			return src.services
		}
	}
	return nil
}
