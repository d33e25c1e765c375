package check

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleFlannelIPv6Disabled = rule{
	rank: 360,
	about: fact.Rule{
		ID: fact.RuleFlannelIPv6Disabled, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "IPv6 podCIDRs, but net-conf.json lacks EnableIPv6 or IPv6Network",
		Cause:  "A dual-stack cluster with the manifest for IPv4.",
		Effect: "flannel does not start on such a node (0.18 to 0.27), or pods get no IPv6 address.",
		Mend:   "set EnableIPv6 and IPv6Network in net-conf.json and restart flannel",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	find: (*checker).flannelFamilies,
}

var ruleDualStackIPv6First = rule{
	rank:    370,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleDualStackIPv6First, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "Lists put IPv6 first and flannel of that release reads the first podCIDR as IPv4",
		Cause:  "podSubnet and serviceSubnet with IPv6 in front.",
		Effect: "flannel panics: \"Address is not an IPv4 address\".",
		Mend:   "use flannel v0.20.2 or newer, or put IPv4 first",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, before v0.20.2",
	},
	find: (*checker).ipv6First,
}

// flannelFamilies: IPv6 that flannel does not carry.
func (c *checker) flannelFamilies() {
	if kube, _ := c.kubeMode(); len(c.flannels) == 0 || !kube {
		return
	}
	conf := c.withoutIPv6()
	if conf == nil {
		return
	}
	x := lostIPv6{
		conf: conf, version: c.flannel, pods: ofFamily(c.pods, fact.IPv6), on: conf.bool(fact.SettingEnableIPv6, false),
		only: len(c.pods) > 0 && len(ofFamily(c.pods, fact.IPv4)) == 0,
	}
	for _, n := range c.nodes {
		if len(ofFamily(n.subs, fact.IPv6)) > 0 {
			x.nodes = append(x.nodes, n)
		}
	}
	for _, h := range ofFamily(conf.podPrefixes(), fact.IPv6) {
		if h.p.Bits() > 0 {
			x.network = append(x.network, h)
		}
	}
	f := fact.Finding{
		Rule: fact.RuleFlannelIPv6Disabled, Args: args(argPods, x.pods, "network", x.network, argNode, x.nodes), Severity: fact.Error,
		Subjects: nodeNames(x.nodes), Where: x.places(), Disturbs: fact.DisturbsComponent,
	}
	switch {
	case len(x.pods) > 0 || len(x.nodes) > 0:
		f.Message = x.unserved()
		if x.refuses() {
			f.RefusedBy = []fact.Component{fact.Flannel}
		}
	case x.on && len(x.network) == 0:
		f.Variant, f.Message = enabledAlone, "net-conf.json sets EnableIPv6 and has no IPv6Network: flannel finds no IPv6 network and does not start"
		f.RefusedBy = []fact.Component{fact.Flannel}
	case len(x.network) > 0:
		f.Variant, f.Severity = networkAlone, fact.Warning
		f.Message = fmt.Sprintf("net-conf.json has IPv6Network %s but EnableIPv6 is not true: IPv6Network has no effect", x.network[0].text())
	default:
		return
	}
	f.Fix = []string{c.setNetwork(x.settings(len(ofFamily(c.pods, fact.IPv4)) > 0)), c.restartFlannel()}
	c.add(f)
}

// Variants of [fact.RuleFlannelIPv6Disabled]; without one the cluster has IPv6, and flannel carries none.
const (
	enabledAlone fact.Variant = "no-network"  // EnableIPv6 without IPv6Network
	networkAlone fact.Variant = "not-enabled" // IPv6Network without EnableIPv6, in a cluster of IPv4
)

// withoutIPv6 returns flannel's configuration where it carries no IPv6, nil where it does. It may be spread over several files; one that
// carries IPv6 is enough.
func (c *checker) withoutIPv6() *sourceView {
	var conf *sourceView
	for _, f := range c.flannels {
		if len(f.pods) == 0 && f.set[fact.SettingEnableIPv6] == nil {
			continue
		}
		conf = f
		if len(ofFamily(f.podPrefixes(), fact.IPv6)) > 0 && f.bool(fact.SettingEnableIPv6, false) {
			return nil
		}
	}
	return conf
}

// A lostIPv6 is what is known of the IPv6 that flannel does not carry.
type lostIPv6 struct {
	conf    *sourceView
	version fact.Version
	pods    []held      // the cluster's IPv6 ranges
	nodes   []*nodeView // that hold an IPv6 subnet
	network []held      // IPv6Network
	on      bool        // EnableIPv6
	only    bool        // the cluster has no IPv4
}

// lacks names what flannel's configuration lacks.
func (x lostIPv6) lacks() string {
	switch {
	case x.on:
		return "IPv6Network"
	case len(x.network) > 0:
		return "EnableIPv6"
	}
	return "EnableIPv6 and IPv6Network"
}

// refuses reports whether flannel does not start: since 0.28 it gives pods IPv4 alone.
func (x lostIPv6) refuses() bool {
	return x.version.IsZero() || x.version.Before(fact.V(0, 28, 0)) || x.only
}

func (x lostIPv6) places() []fact.Place {
	at := x.conf.first
	if len(x.conf.pods) > 0 {
		at = x.conf.pods[0]
	}
	where := []fact.Place{placeOf(at, "no "+x.lacks())}
	if len(x.pods) > 0 {
		where = append(where, x.pods[0].place("pods "+x.pods[0].text()))
	}
	return append(where, nodePlaces(x.nodes)...)
}

// unserved tells of the cluster's IPv6 that flannel does not carry.
func (x lostIPv6) unserved() string {
	var b strings.Builder
	if len(x.pods) > 0 {
		fmt.Fprintf(&b, "the cluster has the IPv6 pod range %s", x.pods[0].says())
	} else {
		fmt.Fprintf(&b, "%s %s IPv6 podCIDRs (%s)", words.NameList(nodeNames(x.nodes)), choose(len(x.nodes), "has", "have"), nodeSubs(x.nodes))
	}
	fmt.Fprintf(&b, ", but flannel's net-conf.json has no %s", x.lacks())
	if hs := ofFamily(x.conf.podPrefixes(), fact.IPv4); len(hs) > 0 {
		fmt.Fprintf(&b, " (Network is %s)", hs[0].text())
	}
	if !x.on && len(x.network) > 0 {
		b.WriteString("; IPv6Network alone switches nothing on, the default of EnableIPv6 is false")
	}
	if x.refuses() {
		b.WriteString("; flannel does not start on such a node, or gives pods no IPv6")
	} else {
		fmt.Fprintf(&b, "; flannel %v runs and gives pods no IPv6", x.version)
	}
	return b.String()
}

// settings are those that make flannel carry IPv6; four says that the cluster has IPv4.
func (x lostIPv6) settings(four bool) string {
	example := "fd00:10:244::/56"
	if len(x.pods) > 0 {
		example = x.pods[0].p.String()
	} else if len(x.network) > 0 {
		example = x.network[0].p.String()
	}
	set := fmt.Sprintf("\"EnableIPv6\": true and \"IPv6Network\": %q", example)
	if len(ofFamily(x.conf.podPrefixes(), fact.IPv4)) == 0 && !four {
		set += ", and \"EnableIPv4\": false where the cluster has no IPv4"
	}
	return set
}

// ipv6First: lists that put IPv6 first before a flannel that reads the first entry as IPv4.
func (c *checker) ipv6First() {
	if kube, _ := c.kubeMode(); len(c.flannels) == 0 || !kube {
		return
	}
	var nodes []*nodeView
	for _, n := range c.nodes {
		if len(n.subs) > 1 && fact.FamilyOf(n.subs[0].p) == fact.IPv6 {
			nodes = append(nodes, n)
		}
	}
	var order *fact.Statement
	for _, k := range c.controllers {
		if len(k.pods) > 1 && fact.FamilyOf(k.pods[0].p) == fact.IPv6 {
			order = k.podsAt
		}
	}
	// Since 0.20.2 flannel takes the entry of each family, whatever the order: pkg/subnet/kube/kube.go AcquireLease.
	if order == nil && len(nodes) == 0 || !c.flannel.IsZero() && !c.flannel.Before(fact.V(0, 20, 2)) {
		return
	}
	f := fact.Finding{
		Rule: fact.RuleDualStackIPv6First, Args: args(argPods, order, argNode, nodes, "flannel", c.flannel), Severity: fact.Warning,
		Subjects: nodeNames(nodes), Disturbs: fact.DisturbsComponent,
	}
	if !c.flannel.IsZero() || !c.kube.IsZero() && c.kube.Before(fact.V(1, 25, 0)) {
		f.Severity, f.RefusedBy = fact.Error, []fact.Component{fact.Flannel}
	}
	f.Message = c.ipv6FirstText(order, nodes, f.Severity)
	if order != nil {
		f.Where = append(f.Where, placeOf(order, "IPv6 first"))
	}
	f.Where = append(f.Where, nodePlaces(nodes)...)
	for _, n := range c.flannels {
		if s := n.set[fact.SettingVersion]; s != nil {
			f.Where = append(f.Where, placeOf(s, "flannel "+s.Text))
		}
	}
	f.Fix = []string{
		"use flannel v0.20.2 or newer (the image in kube-flannel.yml)",
		"or put IPv4 first in podSubnet, serviceSubnet and --cluster-cidr before the first node is registered",
	}
	c.add(f)
}

func (c *checker) ipv6FirstText(order *fact.Statement, nodes []*nodeView, sev fact.Severity) string {
	var b strings.Builder
	if order != nil {
		fmt.Fprintf(&b, "the pod range puts IPv6 first: %s, and so do the nodes' podCIDRs", says(order))
	} else {
		fmt.Fprintf(&b, "podCIDRs put IPv6 first: %s", nodeSubs(nodes))
	}
	b.WriteString("; flannel before v0.20.2 reads the first podCIDR as IPv4 and ends with \"Address is not an IPv4 address\"")
	switch {
	case !c.flannel.IsZero():
		fmt.Fprintf(&b, "; this is flannel %v", c.flannel)
	case sev == fact.Error:
		fmt.Fprintf(&b, "; no file says flannel's release, those of the time of Kubernetes %v do so", c.kube)
	default:
		b.WriteString("; no file says flannel's release")
	}
	return b.String()
}
