package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// wantedPods is the pod range to propose where none is set: flannel's Network, else what nodes hold in subnet.env, "" where no file
// says any.
func (c *checker) wantedPods() (text string, from *fact.Statement) {
	if len(c.networks) > 0 {
		return joinHeld(c.networks), c.networks[0].s
	}
	for _, e := range c.envs {
		if hs := e.podPrefixes(); len(hs) > 0 {
			return joinHeld(hs), hs[0].s
		}
	}
	return "", nil
}

// rangeOf names a range in a step: want, or RANGE where it is not known, and then the step that shows what RANGE is.
func (c *checker) rangeOf(want string) (text, note string) {
	switch {
	case want != "":
		return want, ""
	case c.usesFlannel():
		return "RANGE", "find out RANGE, flannel's Network: " + networkCommands["flannel"]
	}
	return "RANGE", "RANGE is that of the pod network where one is installed, else one that nothing uses, such as " + c.freeRange(fact.RolePods, fact.IPv4)
}

// givePods tells how kube-controller-manager is given a pod range to hand out, where it has none.
func (c *checker) givePods(want string) []string {
	text, note := c.rangeOf(want)
	if c.fresh() {
		return steps(note, "in kubeadm's configuration set networking.podSubnet: "+text+", or kubeadm init --pod-network-cidr="+text)
	}
	fix := steps(
		note,
		c.setFlags(fact.ControllerManager, "add", flag{"allocate-node-cidrs", "true"}, flag{"cluster-cidr", text}),
		c.editKubeadm("networking.podSubnet: "+text),
	)
	if c.installation() == byKubeadm && c.withSubnet() == 0 {
		fix = append(fix, "on a cluster that is still empty instead: kubeadm reset, then kubeadm init --pod-network-cidr="+text)
	}
	return fix
}

// sawUnassigned reports whether somebody saw a program miss its pod subnet.
func (c *checker) sawUnassigned() bool {
	for _, s := range c.view.symptoms {
		if takesSubnets(s) && len(s.Symptom.Rules) > 0 && s.Symptom.Rules[0] == fact.RulePodCIDRUnset {
			return true
		}
	}
	return false
}

// takesSubnets reports whether a symptom is of a network, whose agents take the subnets of nodes: what they say of a missing one is
// that nobody handed it out.
func takesSubnets(s *fact.Statement) bool {
	return s.Component == fact.Flannel || s.Symptom != nil && (s.Symptom.ID == networkRefuses || s.Symptom.ID == networkWaits)
}

var rulePodCIDRUnset = rule{
	rank:    30,
	changes: []fact.Component{fact.ControllerManager, fact.Kubeadm},
	about: fact.Rule{
		ID: fact.RulePodCIDRUnset, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "No cluster pod range reaches kube-controller-manager",
		Cause:  "kubeadm init without --pod-network-cidr or networking.podSubnet (their default is empty), or a manifest without --cluster-cidr.",
		Effect: "No Node gets a podCIDR. flannel exits with \"pod cidr not assigned\", its pods crash-loop, nodes stay NotReady.",
		Mend:   "give kube-controller-manager --allocate-node-cidrs=true and --cluster-cidr on every control-plane host, and networking.podSubnet in the kubeadm-config ConfigMap",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand, v1.37.2; flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	find: (*checker).podCIDRUnset,
}

// podCIDRUnset: no cluster pod range reaches the controller manager.
func (c *checker) podCIDRUnset() {
	if len(c.pods) > 0 {
		return
	}
	var denied []*fact.Statement
	refused := false
	for _, k := range c.managerViews() {
		denied = append(denied, k.denied...)
		if len(k.denied) > 0 && k.allocate {
			refused = true
		}
	}
	if !refused && (c.ownIPAM() || c.subnetsFromEtcd() && !c.sawUnassigned()) {
		return
	}
	missing := c.withoutSubnet()
	if len(denied) == 0 && len(c.controllers) == 0 && c.usesFlannel() && (len(missing) > 0 || c.sawUnassigned()) && c.withSubnet() == 0 {
		// kubeadm writes the pod range into kube-proxy's configuration: an empty one shows that there is none.
		for _, p := range c.proxies {
			if p.deniesPods() {
				denied = append(denied, p.pods...)
			}
		}
	}
	if len(denied) == 0 {
		return
	}
	want, from := c.wantedPods()
	f := fact.Finding{Rule: fact.RulePodCIDRUnset, Severity: fact.Warning, Subjects: nodeNames(missing), Args: args(argNode, missing, "wanted", want)}
	needed := c.usesFlannel() || c.sawUnassigned()
	switch {
	case refused, needed && (len(missing) > 0 || c.withSubnet() == 0):
		f.Severity = fact.Error
	case c.withSubnet() > 0 && len(missing) == 0 && denied[0].Component == fact.Kubeadm:
		return // the nodes have their subnets from elsewhere
	}
	first := denied[0]
	f.Args = append(f.Args, args("program", first.Component, argHost, first.Host)...)
	var b strings.Builder
	if first.Component == fact.Kubeadm {
		flags := "without --cluster-cidr and --allocate-node-cidrs"
		if refused {
			flags = "with --allocate-node-cidrs, which it does not take without --cluster-cidr"
		}
		fmt.Fprintf(&b, "no pod range is given to kubeadm: neither --pod-network-cidr nor networking.podSubnet, whose default is empty; kube-controller-manager is started %s, so nobody fills spec.podCIDR", flags)
	} else if first.Component == fact.KubeProxy {
		b.WriteString("clusterCIDR of kube-proxy is empty, and kubeadm fills it from the pod range: so kubeadm was given none (--pod-network-cidr, networking.podSubnet), and kube-controller-manager runs without --cluster-cidr and --allocate-node-cidrs")
	} else {
		b.WriteString(string(first.Component))
		if first.Host != "" {
			b.WriteString(" of " + first.Host)
		}
		b.WriteString(": --cluster-cidr is not set")
		if s := kubeadmPods(c.view); s != nil {
			fmt.Fprintf(&b, ", although %s says %s", who(s), writes(s))
			f.Where = append(f.Where, placeOf(s, "podSubnet "+writes(s)+" does not reach the controller manager"))
			if from == nil {
				want = joinHeld(heldBy(s))
			}
		}
		switch {
		case c.anyAllocates():
		case c.allocationIsOff():
			b.WriteString(", and --allocate-node-cidrs is false")
		default:
			b.WriteString(", and --allocate-node-cidrs is not set either")
		}
		b.WriteString(": nobody fills spec.podCIDR of the nodes")
	}
	if from != nil {
		fmt.Fprintf(&b, "; %s is %s, and every node's subnet has to come out of that range", who(from), want)
		f.Where = append(f.Where, placeOf(from, "pods "+want))
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, "; %s %s no podCIDR", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
	}
	if f.Severity == fact.Warning {
		b.WriteString("; a network that does its own address management can live with that, flannel cannot")
	}
	f.Message = b.String()
	var where []fact.Place
	for _, s := range denied {
		where = append(where, placeOf(s, "no pod range here"))
	}
	f.Where = append(where, f.Where...)
	if refused {
		f.RefusedBy = []fact.Component{fact.ControllerManager}
	}
	f.Fix = c.givePods(want)
	f.Disturbs = fact.DisturbsComponent
	if c.ownIPAM() {
		f.Effect = "kube-controller-manager does not start"
		f.Fix = []string{c.noAllocation()}
	}
	if c.fresh() {
		f.Disturbs = fact.DisturbsNothing
	}
	f.Changes = c.changed(fact.ControllerManager, fact.Kubeadm)
	c.add(f)
}

// nodeIPAMOn tells how the controller that hands out subnets is switched on, as --controllers leaves it out.
func (c *checker) nodeIPAMOn(k *managerView) string {
	list := strings.Split(k.ipamAt.Text, ",")
	drop := slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n != "-nodeipam" && n != "-node-ipam-controller" })
	what := "add nodeipam to --controllers"
	if len(drop) > 0 {
		what = "remove " + strings.Join(drop, " and ") + " from --controllers"
	}
	return what + " of kube-controller-manager on every control-plane host, with --allocate-node-cidrs=true"
}

// noAllocation tells how kube-controller-manager is kept from handing out subnets that the network does not ask for.
func (c *checker) noAllocation() string {
	return c.setFlags(fact.ControllerManager, "set", flag{"allocate-node-cidrs", "false"}) + "; " + c.cni + " hands out addresses by itself and has its ranges in its own configuration"
}

// managerViews returns the controllers, and where there are none because nothing is known of one, nil.
func (c *checker) managerViews() []*managerView { return c.controllers }

// anyAllocates reports whether one controller has --allocate-node-cidrs.
func (c *checker) anyAllocates() bool {
	return slices.ContainsFunc(c.controllers, func(k *managerView) bool { return k.allocate })
}

// allocationIsOff reports whether a file of kube-controller-manager says so.
func (c *checker) allocationIsOff() bool {
	return slices.ContainsFunc(c.managers, func(m *sourceView) bool {
		s := m.set[fact.SettingAllocate]
		return s != nil && !s.Bool && !s.Default
	})
}

// kubeadmPods returns the pod range that kubeadm is given, nil for none.
func kubeadmPods(v *view) *fact.Statement {
	for _, src := range v.kubeadms {
		for _, s := range src.pods {
			if len(maskedPrefixes(s)) > 0 {
				return s
			}
		}
	}
	return nil
}

var ruleAllocateNodeCIDRsOff = rule{
	rank:    40,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleAllocateNodeCIDRsOff, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "A cluster range is there, but --allocate-node-cidrs is absent or false, or node IPAM is switched off",
		Cause:  "The flag was removed, was never written, or stands as two list items with \"false\".",
		Effect: "kube-controller-manager ignores --cluster-cidr; no Node gets a podCIDR.",
		Mend:   "set --allocate-node-cidrs=true in kube-controller-manager.yaml on every control-plane host",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go newNodeIpamController, v1.37.2",
	},
	find: (*checker).allocationOff,
}

// allocationOff: a range is there, and nobody is told to hand it out.
func (c *checker) allocationOff() {
	if c.ownIPAM() || c.subnetsFromEtcd() && !c.sawUnassigned() {
		return
	}
	var off []*managerView
	for _, k := range c.controllers {
		if len(k.pods) == 0 {
			continue
		}
		if k.serves() {
			return // one of several: the controllers differ
		}
		off = append(off, k)
	}
	if len(off) == 0 {
		return
	}
	missing := c.withoutSubnet()
	f := fact.Finding{Rule: fact.RuleAllocateNodeCIDRsOff, Severity: fact.Error, Subjects: nodeNames(missing), Args: args(argNode, missing, argPods, off[0].pods, argHost, off[0].host)}
	others := len(missing) == 0 && c.withSubnet() > 0
	if others {
		f.Severity = fact.Info
		f.Effect = "none, while something else hands out node subnets, such as a cloud controller manager"
	}
	k := off[0]
	if !others && len(missing) == 0 && !c.needsPodCIDR() {
		f.Severity = fact.Warning // an own address management, or routes by hand, can do without
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s has the pod range %s, but ", k.label(), joinHeld(k.pods))
	switch {
	case !k.ipam:
		b.WriteString("--controllers switches the node IPAM controller off")
		if k.ipamAt.Text != "" {
			fmt.Fprintf(&b, " (%s)", k.ipamAt.Text)
		}
	case k.allocAt == nil || k.allocAt.Default:
		b.WriteString("--allocate-node-cidrs is not given, and its default is false")
	default:
		fmt.Fprintf(&b, "--allocate-node-cidrs is %s", quoted(k.allocAt))
	}
	if others {
		b.WriteString("; the registered nodes have a subnet all the same, so something else hands them out, or did")
	} else {
		b.WriteString(": nobody hands out node subnets and spec.podCIDR stays empty")
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, "; %s %s none", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
	}
	f.Message = b.String()
	for _, k := range off {
		if !k.ipam {
			f.Where = append(f.Where, placeOf(k.ipamAt, "node IPAM is off"))
		}
		if k.allocAt != nil {
			f.Where = append(f.Where, placeOf(k.allocAt, "--allocate-node-cidrs is off"))
		}
		f.Where = append(f.Where, placeOf(k.podsAt, "pods "+joinHeld(k.pods)))
		if k.host != "" {
			f.Subjects = append(f.Subjects, k.host)
		}
	}
	switch {
	case !k.ipam:
		f.Fix = []string{c.nodeIPAMOn(k)}
	case c.fresh():
		f.Fix = []string{"remove allocate-node-cidrs from controllerManager.extraArgs of kubeadm's configuration: kubeadm sets it to true beside podSubnet"}
	default:
		f.Fix = []string{c.setFlags(fact.ControllerManager, "set", flag{"allocate-node-cidrs", "true"})}
		f.Changes = c.changed(fact.ControllerManager)
	}
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}
