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
	by: fact.RuleFlannelIPv6Disabled,
}

// flannelFamilies: IPv6 that flannel does not carry, and lists that put IPv6 first before a flannel that reads the first
// entry as IPv4.
func (c *checker) flannelFamilies() {
	if len(c.flannels) == 0 {
		return
	}
	kube, _ := c.kubeMode()
	if !kube {
		return
	}
	var six []held
	six = append(six, ofFamily(c.pods, fact.IPv6)...)
	var nodes6 []*nodeView
	var first6 []*nodeView
	for _, n := range c.nodes {
		if len(ofFamily(n.subs, fact.IPv6)) > 0 {
			nodes6 = append(nodes6, n)
		}
		if len(n.subs) > 1 && fact.FamilyOf(n.subs[0].p) == fact.IPv6 {
			first6 = append(first6, n)
		}
	}
	// The configuration may be spread over several files; one that carries IPv6 is enough.
	var conf *sourceView
	for _, f := range c.flannels {
		if len(f.pods) > 0 || f.set[fact.SettingEnableIPv6] != nil {
			conf = f
			has6 := len(ofFamily(f.podPrefixes(), fact.IPv6)) > 0
			on := f.bool(fact.SettingEnableIPv6, false)
			if has6 && on {
				conf = nil
				break
			}
		}
	}
	if conf != nil {
		var six6 []held
		for _, h := range ofFamily(conf.podPrefixes(), fact.IPv6) {
			if h.p.Bits() > 0 {
				six6 = append(six6, h)
			}
		}
		on := conf.bool(fact.SettingEnableIPv6, false)
		lacks := "EnableIPv6 and IPv6Network"
		switch {
		case on:
			lacks = "IPv6Network"
		case len(six6) > 0:
			lacks = "EnableIPv6"
		}
		where := []fact.Place{placeOf(conf.first, "no "+lacks)}
		if len(conf.pods) > 0 {
			where = []fact.Place{placeOf(conf.pods[0], "no "+lacks)}
		}
		f := fact.Finding{Rule: fact.RuleFlannelIPv6Disabled, Args: args(argPods, six, "network", six6, argNode, nodes6), Severity: fact.Error, Subjects: nodeNames(nodes6)}
		example := "fd00:10:244::/56"
		if len(six) > 0 {
			example = six[0].p.String()
		} else if len(six6) > 0 {
			example = six6[0].p.String()
		}
		set := fmt.Sprintf("\"EnableIPv6\": true and \"IPv6Network\": %q", example)
		if len(ofFamily(conf.podPrefixes(), fact.IPv4)) == 0 && len(ofFamily(c.pods, fact.IPv4)) == 0 {
			set += ", and \"EnableIPv4\": false where the cluster has no IPv4"
		}
		f.Fix = []string{c.setNetwork(set), c.restartFlannel()}
		f.Disturbs = fact.DisturbsComponent
		refuses := c.flannel.IsZero() || c.flannel.Before(fact.V(0, 28, 0))
		v4only := len(c.pods) > 0 && len(ofFamily(c.pods, fact.IPv4)) == 0
		switch {
		case len(six) > 0 || len(nodes6) > 0:
			var b strings.Builder
			if len(six) > 0 {
				fmt.Fprintf(&b, "the cluster has the IPv6 pod range %s", six[0].says())
				where = append(where, six[0].place("pods "+six[0].text()))
			} else {
				fmt.Fprintf(&b, "%s %s IPv6 podCIDRs (%s)", words.NameList(nodeNames(nodes6)), choose(len(nodes6), "has", "have"), nodeSubs(nodes6))
			}
			where = append(where, nodePlaces(nodes6)...)
			fmt.Fprintf(&b, ", but flannel's net-conf.json has no %s", lacks)
			if hs := ofFamily(conf.podPrefixes(), fact.IPv4); len(hs) > 0 {
				fmt.Fprintf(&b, " (Network is %s)", hs[0].text())
			}
			if lacks == "EnableIPv6" {
				b.WriteString("; IPv6Network alone switches nothing on, the default of EnableIPv6 is false")
			}
			switch {
			case refuses || v4only:
				b.WriteString("; flannel does not start on such a node, or gives pods no IPv6")
				f.RefusedBy = []fact.Component{fact.Flannel}
			default:
				fmt.Fprintf(&b, "; flannel %v runs and gives pods no IPv6", c.flannel)
			}
			f.Message = b.String()
			f.Where = where
			c.add(f)
		case on && len(six6) == 0:
			f.Message = "net-conf.json sets EnableIPv6 and has no IPv6Network: flannel finds no IPv6 network and does not start"
			f.RefusedBy = []fact.Component{fact.Flannel}
			f.Where = where
			c.add(f)
		case len(six6) > 0:
			f.Severity = fact.Warning
			f.Message = fmt.Sprintf("net-conf.json has IPv6Network %s but EnableIPv6 is not true: IPv6Network has no effect", six6[0].text())
			f.Where = where
			c.add(f)
		}
	}

	var order *fact.Statement
	for _, k := range c.controllers {
		if len(k.pods) > 1 && fact.FamilyOf(k.pods[0].p) == fact.IPv6 {
			order = k.podsAt
		}
	}
	if order == nil && len(first6) == 0 {
		return
	}
	// Since 0.20.2 flannel takes the entry of each family, whatever the order: pkg/subnet/kube/kube.go AcquireLease.
	fixed := fact.V(0, 20, 2)
	f := fact.Finding{Rule: fact.RuleDualStackIPv6First, Args: args(argPods, order, argNode, first6, "flannel", c.flannel), Subjects: nodeNames(first6)}
	switch {
	case !c.flannel.IsZero() && !c.flannel.Before(fixed):
		return
	case !c.flannel.IsZero():
		f.Severity = fact.Error
		f.RefusedBy = []fact.Component{fact.Flannel}
	case !c.kube.IsZero() && c.kube.Before(fact.V(1, 25, 0)):
		f.Severity = fact.Error
		f.RefusedBy = []fact.Component{fact.Flannel}
	default:
		f.Severity = fact.Warning
	}
	var b strings.Builder
	switch {
	case order != nil:
		fmt.Fprintf(&b, "the pod range puts IPv6 first: %s, and so do the nodes' podCIDRs", says(order))
		f.Where = append(f.Where, placeOf(order, "IPv6 first"))
	default:
		fmt.Fprintf(&b, "podCIDRs put IPv6 first: %s", nodeSubs(first6))
	}
	f.Where = append(f.Where, nodePlaces(first6)...)
	b.WriteString("; flannel before v0.20.2 reads the first podCIDR as IPv4 and ends with \"Address is not an IPv4 address\"")
	switch {
	case !c.flannel.IsZero():
		fmt.Fprintf(&b, "; this is flannel %v", c.flannel)
	case f.Severity == fact.Error:
		fmt.Fprintf(&b, "; no file says flannel's release, those of the time of Kubernetes %v do so", c.kube)
	default:
		b.WriteString("; no file says flannel's release")
	}
	f.Message = b.String()
	for _, n := range c.flannels {
		if s := n.set[fact.SettingVersion]; s != nil {
			f.Where = append(f.Where, placeOf(s, "flannel "+s.Text))
		}
	}
	f.Fix = []string{
		"use flannel v0.20.2 or newer (the image in kube-flannel.yml)",
		"or put IPv4 first in podSubnet, serviceSubnet and --cluster-cidr before the first node is registered",
	}
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}
