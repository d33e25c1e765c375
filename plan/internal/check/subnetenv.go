package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleSubnetEnvMismatch = rule{
	rank: 400,
	about: fact.Rule{
		ID: fact.RuleSubnetEnvMismatch, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "subnet.env of a node names another subnet or network than its podCIDR or net-conf.json",
		Cause:  "The node was registered again, or the range changed, and flannel was not restarted; flannel 0.17 and older with a wrong Network.",
		Effect: "Pods get addresses of an old subnet; other nodes have no route to them.",
		Mend:   "restart flannel on that node and remove cni0",
		Source: "github.com/flannel-io/flannel pkg/subnet/subnet.go WriteSubnetFile, v0.28.10",
	},
	find:  (*checker).subnetEnv,
	after: []fact.RuleID{fact.RuleFlannelNetworkMismatch},
}

// subnetEnv: subnet.env of a node disagrees with the node's podCIDR, with flannel's configuration, or within itself.
func (c *checker) subnetEnv() {
	for _, e := range c.envs {
		c.oneSubnetEnv(e)
	}
}

func (c *checker) oneSubnetEnv(e *sourceView) {
	name := cmp.Or(e.host, e.file)
	nets := e.podPrefixes()
	var subs []held
	for _, s := range e.subnet {
		subs = append(subs, heldBy(s)...)
	}
	n := c.nodeOf(e.host)
	if e.host == "" && len(c.nodes) == 1 && len(c.envs) == 1 {
		n = c.nodes[0]
	}
	var parts []string
	var where []fact.Place
	sev := fact.Warning
	for _, sub := range subs {
		fam := fact.FamilyOf(sub.p)
		where = append(where, sub.place(envKey(fam, "SUBNET")+" "+sub.s.Text))
		written := cmp.Or(sub.s.Text, sub.text())
		if n != nil {
			own := ofFamily(n.subs, fam)
			if len(own) > 0 && !slices.ContainsFunc(own, func(h held) bool { return h.p == sub.p }) {
				parts = append(parts, fmt.Sprintf("%s is %s, but node %s holds the podCIDR %s", envKey(fam, "SUBNET"), written, n.name, own[0].text()))
				where = append(where, nodePlaces([]*nodeView{n})...)
				sev = fact.Error
			}
		}
		for _, net := range ofFamily(nets, fam) {
			if !cidr.Contains(net.p, sub.p) {
				parts = append(parts, fmt.Sprintf("%s %s lies outside %s %s", envKey(fam, "SUBNET"), written, envKey(fam, "NETWORK"), net.text()))
				where = append(where, net.place(envKey(fam, "NETWORK")+" "+net.text()))
				sev = fact.Error
			}
		}
	}
	for _, fam := range []fact.Family{fact.IPv4, fact.IPv6} {
		conf := ofFamily(c.networks, fam)
		for _, net := range ofFamily(nets, fam) {
			if len(conf) == 0 || slices.ContainsFunc(conf, func(h held) bool { return h.p == net.p }) {
				continue
			}
			parts = append(parts, fmt.Sprintf("%s is %s, but flannel's configuration says %s", envKey(fam, "NETWORK"), net.text(), conf[0].text()))
			where = append(where, net.place(envKey(fam, "NETWORK")+" "+net.text()), conf[0].place("Network "+conf[0].text()))
			sub := ofFamily(subs, fam)
			if len(sub) == 0 || !cidr.Contains(conf[0].p, sub[0].p) {
				sev = fact.Error
			}
		}
		if len(conf) == 0 && (n == nil || len(n.subs) == 0) && len(parts) == 0 {
			// Nothing but the cluster's range to compare with.
			pods := ofFamily(c.pods, fam)
			for _, sub := range ofFamily(subs, fam) {
				if len(pods) > 0 && !withinAny(pods, sub.p) {
					parts = append(parts, fmt.Sprintf("%s %s lies outside the pod range %s", envKey(fam, "SUBNET"), cmp.Or(sub.s.Text, sub.text()), pods[0].says()))
					where = append(where, pods[0].place("pods "+pods[0].text()))
					sev = fact.Error
				}
			}
		}
	}
	if len(parts) == 0 {
		return
	}
	f := fact.Finding{Rule: fact.RuleSubnetEnvMismatch, Args: args(argHost, e.host, argNode, n, "subnet", subs, "network", nets), Severity: sev, Where: where}
	if e.host != "" {
		f.Subjects = []string{e.host}
	}
	f.Message = fmt.Sprintf("subnet.env of %s: %s", name, strings.Join(parts, "; "))
	if sev == fact.Error {
		f.Message += "; the file is left over from an earlier range, or written by a flannel of v0.17 or older"
	} else {
		f.Message += "; flannel writes the file when it starts, and has not been restarted since"
	}
	f.Fix = []string{
		c.restartFlannelOn(cmp.Or(e.host, "NODE")) + " (it writes /run/flannel/subnet.env when it starts); never write the file by hand",
		"if flannel does not start, fix first what its log says; the old file stays until then",
		"then on that host: ip link delete cni0; ip link delete flannel.1; rm -rf /var/lib/cni/networks/cbr0; and restart its pods",
	}
	f.Disturbs = fact.DisturbsComponent
	if cause := c.cause(fact.RuleFlannelNetworkMismatch); cause != nil {
		c.explain(cause, "subnet-env-mismatch: "+f.Message, f)
		return
	}
	c.add(f)
}

func envKey(f fact.Family, what string) string {
	if f == fact.IPv6 {
		return "FLANNEL_IPV6_" + what
	}
	return "FLANNEL_" + what
}
