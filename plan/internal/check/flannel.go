package check

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// kubeMode reports whether flannel takes subnets from Node objects: said by its arguments, else likely because something
// shows Node objects or a controller manager. known is false where nothing tells.
func (c *checker) kubeMode() (kube, known bool) {
	for _, f := range c.flannels {
		if s := f.set[fact.SettingKubeSubnetMgr]; s != nil && !s.Default {
			return s.Bool, true
		}
	}
	return true, c.withSubnet() > 0 || len(c.controllers) > 0 || len(c.kubeadms) > 0
}

// subnetsFromEtcd reports whether flannel manages the subnets in etcd, so that Node objects hold none and nobody need fill them.
// Where a ConfigMap holds its configuration that is meant otherwise.
func (c *checker) subnetsFromEtcd() bool {
	kube, known := c.kubeMode()
	_, _, config := c.flannelObjects()
	return known && !kube && !config
}

var ruleFlannelNetworkMismatch = rule{
	rank: 300,
	about: fact.Rule{
		ID: fact.RuleFlannelNetworkMismatch, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "flannel's Network or IPv6Network does not hold the cluster range or a node's podCIDR",
		Cause:  "kube-flannel.yml applied with its default 10.244.0.0/16 to a cluster of another range, or a typo (10.224 for 10.244).",
		Effect: "flannel exits with \"subnet specified in the flannel net config doesn't contain PodCIDR\"; before 0.18 it ran, and pods of other nodes could not be reached.",
		Mend:   "set Network in net-conf.json to the cluster's pod range and restart flannel",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go containsCIDR, v0.28.10",
	},
	find:  (*checker).flannelNetwork,
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer, fact.RulePodCIDROutsideClusterCIDR, fact.RuleNodeSubnetDuplicate},
}

// flannelNetwork: flannel's Network does not hold the cluster's range, or a node's subnet.
func (c *checker) flannelNetwork() {
	if kube, _ := c.kubeMode(); !kube {
		return
	}
	for _, fam := range []fact.Family{fact.IPv4, fact.IPv6} {
		for _, net := range ofFamily(c.networks, fam) {
			c.networkAgainst(net, fam)
		}
	}
}

func (c *checker) networkAgainst(net held, fam fact.Family) {
	key := "Network"
	if fam == fact.IPv6 {
		key = "IPv6Network"
	}
	var wrong []held
	inside := false
	for _, p := range ofFamily(c.pods, fam) {
		if cidr.Contains(net.p, p.p) {
			inside = true
		} else {
			wrong = append(wrong, p)
		}
	}
	var out []*nodeView
	var subs []string
	for _, n := range c.nodes {
		for _, h := range ofFamily(n.subs, fam) {
			if !cidr.Contains(net.p, h.p) {
				out = append(out, n)
				subs = append(subs, n.name+" "+h.text())
				break
			}
		}
	}
	if inside && c.has(fact.RuleControlPlaneFlagsDiffer) {
		wrong = nil // control planes differ, and one of them agrees with flannel
	}
	if len(wrong) == 0 && len(out) == 0 {
		return
	}
	f := fact.Finding{Rule: fact.RuleFlannelNetworkMismatch, Args: args("network", net, argPods, wrong, argNode, out), Severity: fact.Error, Subjects: nodeNames(out), RefusedBy: []fact.Component{fact.Flannel}}
	if c.flannel != (fact.Version{}) && c.flannel.Before(fact.V(0, 18, 0)) {
		f.RefusedBy = nil // until 0.17 it ran with a subnet.env that disagrees in itself
	}
	var b strings.Builder
	fmt.Fprintf(&b, "flannel's %s is %s", key, net.text())
	f.Where = append(f.Where, net.place(key+" "+net.text()))
	switch {
	case len(wrong) > 0:
		p := wrong[0]
		fmt.Fprintf(&b, ", but the cluster's pod range is %s: ", p.says())
		f.Where = append(f.Where, p.place("pods "+p.text()))
		switch {
		case cidr.Contains(p.p, net.p) && f.RefusedBy == nil:
			fmt.Fprintf(&b, "flannel %v routes only the part from %v to %v, so pods with addresses beyond it are cut off", c.flannel, net.p.Addr(), cidr.Last(net.p))
		case cidr.Contains(p.p, net.p):
			fmt.Fprintf(&b, "flannel takes only the part from %v to %v, so nodes with subnets beyond it fail", net.p.Addr(), cidr.Last(net.p))
		case f.RefusedBy == nil:
			fmt.Fprintf(&b, "the two have no address in common; flannel %v starts all the same, and pods of other nodes cannot be reached", c.flannel)
		default:
			b.WriteString("the two have no address in common, so flannel refuses the subnet of every node")
		}
		if net.p.String() == "10.244.0.0/16" && net.s.Pos.IsValid() {
			b.WriteString("; 10.244.0.0/16 is what kube-flannel.yml comes with")
		}
		if len(out) > 0 {
			fmt.Fprintf(&b, " (%s)", words.NameList(subs))
		}
		if d := nearMiss(net.p, p.p); d != "" {
			b.WriteString("; " + d)
		}
	default:
		fmt.Fprintf(&b, ", but %s %s outside of it: %s", words.NameList(nodeNames(out)), choose(len(out), "holds a podCIDR", "hold podCIDRs"), words.NameList(subs))
		if len(ofFamily(c.pods, fam)) > 0 {
			if cause := c.cause(fact.RulePodCIDROutsideClusterCIDR, fact.RuleNodeSubnetDuplicate); cause != nil {
				f.Message = b.String()
				f.Where = append(f.Where, nodePlaces(out)...)
				c.explain(cause, "flannel-network-mismatch: "+f.Message, f)
				return
			}
		}
	}
	f.Where = append(f.Where, nodePlaces(out)...)
	f.Message = b.String()
	want := ""
	if len(wrong) > 0 {
		want = wrong[0].p.String()
	}
	f.Fix = []string{}
	if want != "" {
		f.Fix = append(f.Fix,
			c.setNetwork(fmt.Sprintf("%q: %q", key, want)),
			c.restartFlannel()+", then delete the link cni0 on nodes that had another subnet",
			fmt.Sprintf("or, if %v is what was meant and the cluster is still empty: %s", net.p, c.installAnew(net.p)),
		)
	} else {
		f.Changes = []fact.Component{fact.Flannel, fact.ControllerManager}
		f.Fix = append(f.Fix,
			fmt.Sprintf("set flannel's %s to a range that holds every node's podCIDR (%s) and restart flannel (%s)", key, c.editFlannel(), c.restartFlannel()),
			fmt.Sprintf("or, if %v is right: set --cluster-cidr of kube-controller-manager to it, then for each node listed: %s", net.p, c.rejoin()),
			c.rejoinLoses(),
		)
	}
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}

// nearMiss tells two prefixes of one length that differ in a single octet: most likely a typo.
func nearMiss(a, b netip.Prefix) string {
	if a.Bits() != b.Bits() || !a.Addr().Is4() || !b.Addr().Is4() {
		return ""
	}
	x, y := a.Addr().As4(), b.Addr().As4()
	diff := -1
	for i := range x {
		if x[i] != y[i] {
			if diff >= 0 {
				return ""
			}
			diff = i
		}
	}
	if diff < 0 {
		return ""
	}
	// One digit typed wrong: 224 for 244. Numbers that differ in more were meant.
	s, t := fmt.Sprint(x[diff]), fmt.Sprint(y[diff])
	if len(s) != len(t) || len(s) == 1 {
		return ""
	}
	wrong := 0
	for i := range s {
		if s[i] != t[i] {
			wrong++
		}
	}
	if wrong > 1 {
		return ""
	}
	return fmt.Sprintf("they differ in one digit alone, %s and %s, most likely a typo", s, t)
}

var ruleNetConfSubnetLenIgnored = rule{
	rank: 560,
	about: fact.Rule{
		ID: fact.RuleNetConfSubnetLenIgnored, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "SubnetLen, SubnetMin and SubnetMax have no effect with --kube-subnet-mgr",
		Cause:  "Keys for flannel with etcd in the ConfigMap of a Kubernetes cluster.",
		Effect: "Nodes get subnets of the size that kube-controller-manager cuts.",
		Mend:   "remove them; set --node-cidr-mask-size of kube-controller-manager for another size",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go, v0.20.0 and later",
	},
	find: (*checker).subnetLen,
}

// subnetLen: SubnetLen, SubnetMin and SubnetMax do nothing where flannel takes subnets from Node objects.
func (c *checker) subnetLen() {
	kube, known := c.kubeMode()
	if !kube || !known {
		return
	}
	for _, src := range c.flannels {
		var keys []string
		var values []fact.Arg
		var where []fact.Place
		for _, s := range src.lens {
			if c.alreadyAt(fact.RuleNetConfSubnetLenIgnored, s.Pos) || c.alreadyAt(fact.RuleNetConfSubnetRangeInvalid, s.Pos) {
				continue
			}
			keys = append(keys, s.Key+" "+quoted(s))
			values = append(values, argsOf("value", s)...)
			where = append(where, placeOf(s, s.Key+" "+quoted(s)+" has no effect"))
		}
		if len(keys) == 0 {
			continue
		}
		size := "24"
		for _, k := range c.controllers {
			if k.serves() {
				m, _ := k.mask(fact.FamilyOf(k.pods[0].p))
				size = fmt.Sprint(m)
			}
		}
		c.add(fact.Finding{
			Rule: fact.RuleNetConfSubnetLenIgnored, Args: values, Where: where,
			Message: fmt.Sprintf("%s in net-conf.json %s no effect with --kube-subnet-mgr: the size of a node's subnet comes from kube-controller-manager (--node-cidr-mask-size, here /%s)",
				words.NameList(keys), choose(len(keys), "has", "have"), size),
		})
	}
}
