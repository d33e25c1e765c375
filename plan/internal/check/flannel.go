package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
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
		Cause:  "kube-flannel.yml applied with its default 10.244.0.0/16 to a cluster of another range, or a slip of the pen (10.224 for 10.244).",
		Effect: "flannel ends with \"subnet specified in the flannel net config doesn't contain PodCIDR\"; before 0.18 it ran, and pods of other nodes could not be reached.",
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

// nearMiss tells two prefixes of one length that differ in a single octet: most likely a slip of the pen.
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
	return fmt.Sprintf("they differ in one digit alone, %s and %s, most likely a slip of the pen", s, t)
}

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
		"if flannel does not start, mend first what its log says; the old file stays until then",
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

var ruleMTUTooLarge = rule{
	rank: 680,
	about: fact.Rule{
		ID: fact.RuleMTUTooLarge, Severity: fact.Warning, Also: []fact.Severity{fact.Error}, Disturbs: fact.DisturbsComponent,
		Title:  "flannel's MTU is more than the link carries",
		Cause:  "The MTU key is taken for that of the pods; it is that of the hosts' link.",
		Effect: "Large packets are lost, small ones pass.",
		Mend:   "set MTU to the link's, or remove it",
		Source: "github.com/flannel-io/flannel pkg/backend/vxlan, v0.28.10",
	},
	find: (*checker).mtu,
}

// mtu: what flannel writes for pods against the hosts' link.
func (c *checker) mtu() {
	overhead := map[string]int{"vxlan": 50, "wireguard": 80, "udp": 28, "ipip": 20, "ipsec": 77}
	link := 0
	if c.linkMTU != nil {
		link = c.linkMTU.Int
	}
	for _, src := range c.flannels {
		key := src.set[fact.SettingBackendMTU]
		if key == nil {
			continue
		}
		backend := "vxlan"
		if b := src.set[fact.SettingBackend]; b != nil {
			backend = strings.ToLower(b.Text)
		}
		over := overhead[backend]
		switch {
		case key.Int <= over:
			c.add(fact.Finding{
				Rule: fact.RuleMTUTooLarge, Severity: fact.Error, Where: []fact.Place{placeOf(key, fmt.Sprintf("MTU %d", key.Int))},
				Message: fmt.Sprintf("MTU %d of the %s backend is not more than its overhead of %d bytes: flannel writes FLANNEL_MTU=%d, and the CNI plugin then fails for every pod", key.Int, backend, over, key.Int-over),
				Fix:     []string{"remove MTU from net-conf.json, or set it to the MTU of the hosts' link, such as 1500; then restart flannel"},
			})
		case link > 0 && key.Int > link:
			c.add(fact.Finding{
				Rule: fact.RuleMTUTooLarge, Where: []fact.Place{placeOf(key, fmt.Sprintf("MTU %d", key.Int)), placeOf(c.linkMTU, fmt.Sprintf("link MTU %d", link))},
				Message: fmt.Sprintf("MTU %d of the %s backend is larger than the hosts' link of %d bytes: pods are told %d, and %d-%d = %d is what fits", key.Int, backend, link, key.Int-over, link, over, link-over),
				Fix:     []string{fmt.Sprintf("set \"MTU\": %d in net-conf.json, or remove it, and restart flannel and the pods", link)},
			})
		}
	}
	for _, e := range c.envs {
		s := e.set[fact.SettingSubnetMTU]
		if s == nil {
			continue
		}
		backend, under := "", link
		for _, src := range c.flannels {
			if b := src.set[fact.SettingBackend]; b != nil {
				backend = strings.ToLower(b.Text)
			}
			if k := src.set[fact.SettingBackendMTU]; k != nil {
				under = k.Int
			}
		}
		if under == 0 || backend == "" {
			continue
		}
		if want := under - overhead[backend]; s.Int > want {
			c.add(fact.Finding{
				Rule: fact.RuleMTUTooLarge, Where: []fact.Place{placeOf(s, fmt.Sprintf("FLANNEL_MTU %d", s.Int))},
				Message: fmt.Sprintf("FLANNEL_MTU is %d in subnet.env of %s, more than %d-%d = %d, which the %s backend leaves of a link of %d bytes", s.Int, cmp.Or(e.host, e.file), under, overhead[backend], want, backend, under),
			})
		}
	}
}
