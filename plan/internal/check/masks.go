package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleNodeMaskImmutable = rule{
	rank:    540,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskImmutable, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "The node mask was changed, but registered nodes keep subnets of the old size",
		Cause:  "--node-cidr-mask-size was changed on a running cluster.",
		Effect: "Nodes have subnets of different sizes; after a deletion a larger subnet may be handed out over a smaller one that is in use.",
		Mend:   "keep the old mask, or register every node again",
		Source: "kubernetes/kubernetes#70957, #90922",
	},
	find: (*checker).nodeMaskImmutable,
}

// nodeMaskImmutable: registered nodes hold subnets of another size than the mask says.
func (c *checker) nodeMaskImmutable() {
	if c.ownIPAM() {
		return
	}
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, h := range k.pods {
			fam := fact.FamilyOf(h.p)
			m, ms := k.mask(fam)
			var other []*nodeView
			var sizes []string
			for _, n := range c.nodes {
				for _, s := range n.subs {
					if cidr.Contains(h.p, s.p) && s.p.Bits() != m && !(s.p == h.p) {
						other = append(other, n)
						sizes = append(sizes, fmt.Sprintf("%s %s", n.name, s.text()))
						break
					}
				}
			}
			if len(other) == 0 || m < h.p.Bits() || m > fam.Bits() {
				continue
			}
			f := fact.Finding{Rule: fact.RuleNodeMaskImmutable, Args: args(argPods, h, "mask", m, argNode, other), Subjects: nodeNames(other)}
			f.Message = fmt.Sprintf("the node mask is /%d (%s), but %s of %d registered nodes %s a subnet of another size: %s; a podCIDR that is set keeps its size",
				m, maskNote(fam, ms), fmt.Sprint(len(other)), len(c.nodes), choose(len(other), "holds", "hold"), words.NameList(sizes))
			f.Where = nodePlaces(other)
			if ms != nil {
				f.Where = append([]fact.Place{placeOf(ms, fmt.Sprintf("node mask /%d", m))}, f.Where...)
			} else {
				f.Where = append([]fact.Place{h.place("pods " + h.text())}, f.Where...)
			}
			first := other[0].subs[0]
			f.Fix = []string{
				fmt.Sprintf("keep the old mask (%s) for this cluster", maskFlag(fam, k, first.p.Bits())),
				fmt.Sprintf("or, for each node listed, so that it gets a /%d: %s; mixed sizes are not supported upstream", m, c.rejoin()),
				c.rejoinLoses(),
			}
			f.Disturbs = fact.DisturbsNodes
			c.add(f)
			break
		}
		break
	}
}

var ruleNodeMaskTooShort = rule{
	rank:    130,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskTooShort, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "A node's subnet is larger than the whole pod range",
		Cause:  "A pod range of /25 or longer with the default mask of /24, or of /65 and longer for IPv6.",
		Effect: "kube-controller-manager exits with \"mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size\"; kubeadm since 1.20 refuses it.",
		Mend:   "use a shorter pod range, or a longer node mask",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController, v1.37.2",
	},
	find: (*checker).maskLimits,
}

var ruleNodeMaskTooFar = rule{
	rank:    140,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskTooFar, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "The node mask is more than 16 bits longer than the pod range",
		Cause:  "An IPv6 range of /47 or shorter with the default mask of /64; an IPv4 range of /7.",
		Effect: "kube-controller-manager exits with \"New CIDR set failed; the node CIDR size is too big\" (IPv6); kubeadm since 1.20 refuses both families.",
		Mend:   "use a longer pod range, or a shorter node mask",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go NewCIDRSet clusterSubnetMaxDiff, v1.37.2",
	},
	by: fact.RuleNodeMaskTooShort,
}

// maskLimits: a node's subnet that is larger than the whole range, or too small a part of it.
func (c *checker) maskLimits() {
	done := map[string]bool{}
	for _, k := range c.controllers {
		if !k.allocate {
			continue // kubeadm and the controller manager look at masks only where subnets are handed out
		}
		for _, h := range k.pods {
			f := fact.FamilyOf(h.p)
			m, ms := k.mask(f)
			key := fmt.Sprint(h.p, m, ms == nil)
			if done[key] {
				continue
			}
			bits := h.p.Bits()
			where := []fact.Place{h.place("pods " + h.text())}
			if ms != nil {
				where = append(where, placeOf(ms, fmt.Sprintf("node mask /%d", m)))
			}
			switch {
			case m < bits:
				done[key] = true
				fd := fact.Finding{Rule: fact.RuleNodeMaskTooShort, Severity: fact.Error, Where: where, RefusedBy: []fact.Component{fact.ControllerManager}}
				fd.Args = args(argPods, h, "mask", m, argHost, h.s.Host)
				if k.predicted && !k.release.Before(fact.V(1, 20, 0)) {
					fd.RefusedBy = []fact.Component{fact.Kubeadm, fact.ControllerManager}
				}
				fd.Message = fmt.Sprintf("a node's subnet of /%d (%s) is larger than the whole pod range %s: not one fits, since /%d must be equal to or longer than /%d",
					m, maskNote(f, ms), h.says(), m, bits)
				fd.Fix = []string{
					fmt.Sprintf("use a pod range of /%d or shorter, 2^(%d-length) nodes fit into it", m, m),
					fmt.Sprintf("or make the nodes' subnets smaller: %s or more; in kubeadm under controllerManager.extraArgs", maskFlag(f, k, bits)),
				}
				if leave := defaultMask(h, f, ms); leave != nil {
					fd.Fix = append(leave, fd.Fix[1])
				}
				c.add(fd)
			case m-bits > 16:
				done[key] = true
				fd := fact.Finding{Rule: fact.RuleNodeMaskTooFar, Severity: fact.Error, Where: where, Args: args(argPods, h, "mask", m, argHost, h.s.Host)}
				if f == fact.IPv6 {
					fd.RefusedBy = append(fd.RefusedBy, fact.ControllerManager)
				}
				if k.predicted && !k.release.Before(fact.V(1, 20, 0)) {
					fd.RefusedBy = append(fd.RefusedBy, fact.Kubeadm)
				}
				if len(fd.RefusedBy) == 0 && m <= f.Bits() {
					fd.Severity = fact.Warning // k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset NewCIDRSet checks IPv6 alone
				}
				fd.Message = fmt.Sprintf("a node's subnet of /%d (%s) is %d bits longer than the pod range %s; at most 16 bits are allowed between the two, so /%d is the longest mask for this range and /%d the shortest range for this mask",
					m, maskNote(f, ms), m-bits, h.says(), bits+16, m-16)
				if fd.Severity == fact.Warning {
					fd.Message += "; for IPv4 kube-controller-manager takes it, kubeadm refuses it"
				}
				fd.Fix = []string{
					fmt.Sprintf("use a pod range of /%d or longer, such as %v", m-16, netip.PrefixFrom(h.p.Addr(), min(m-16, f.Bits())).Masked()),
					fmt.Sprintf("or larger node subnets: %s or less", maskFlag(f, k, bits+16)),
				}
				fd.Fix = append(defaultMask(h, f, ms), fd.Fix...)
				if m > f.Bits() {
					c.noSuchMask(&fd, k, h, m, ms)
				}
				c.add(fd)
			}
		}
	}
}

// defaultMask tells to leave out a mask, where the default goes with the range h; none where it does not, or no mask is written.
func defaultMask(h held, f fact.Family, ms *fact.Statement) []string {
	m, bits := 24, h.p.Bits()
	if f == fact.IPv6 {
		m = 64
	}
	if ms == nil || ms.Default || m <= bits || m-bits > 16 {
		return nil
	}
	return []string{fmt.Sprintf("leave %s out: the default is /%d (%s node subnets)", ms.Key, m, blockSum(h.p, m))}
}

// insteadOfPlain is the mend for a mask of no family beside a dual-stack range.
func insteadOfPlain(plain, four, six *fact.Statement) string {
	var miss []string
	if four == nil {
		miss = append(miss, fmt.Sprintf("--node-cidr-mask-size-ipv4=%d", min(plain.Int, 32)))
	}
	if six == nil {
		miss = append(miss, "--node-cidr-mask-size-ipv6=64")
	}
	if len(miss) == 0 {
		return fmt.Sprintf("remove it: --node-cidr-mask-size-ipv4=%d and --node-cidr-mask-size-ipv6=%d say it for each family", four.Int, six.Int)
	}
	return "replace it by " + strings.Join(miss, " and ")
}

// noSuchMask: the mask is longer than an address. The controller manager starts with it and hands out what is no prefix at all:
// k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset indexToCIDRBlock over net.CIDRMask.
func (c *checker) noSuchMask(f *fact.Finding, k *managerView, h held, m int, ms *fact.Statement) {
	fam := fact.FamilyOf(h.p)
	f.Message = fmt.Sprintf("a node's subnet of /%d (%s) cannot be: a prefix of %v ends at /%d, and the pod range is %s, %d bits shorter, where at most 16 are allowed",
		m, maskNote(fam, ms), fam, fam.Bits(), h.says(), m-h.p.Bits())
	f.Effect = "kube-controller-manager gives nodes the text <nil> for a podCIDR, which the API server refuses; no node gets a subnet"
	def := 24
	if fam == fact.IPv6 {
		def = 64
	}
	def = max(def, h.p.Bits())
	text := "the default"
	for _, n := range c.nodes {
		if subs := ofFamily(n.subs, fam); len(subs) > 0 && cidr.Contains(h.p, subs[0].p) {
			def, text = subs[0].p.Bits(), "which is what "+n.name+" holds"
			break
		}
	}
	f.Fix = []string{fmt.Sprintf("set %s, %s; the mask of IPv6 is --node-cidr-mask-size-ipv6, and belongs to a cluster that has an IPv6 range", maskFlag(fam, k, def), text)}
	if fam == fact.IPv6 {
		f.Fix[0] = fmt.Sprintf("set %s, %s", maskFlag(fam, k, def), text)
	}
	f.Disturbs = fact.DisturbsComponent
}

// maskFlag tells how k is given node subnets of /bits in family f: with the flag that it has already, since flags for one
// family and for both are refused together, and otherwise with the one that its release takes.
func maskFlag(f fact.Family, k *managerView, bits int) string {
	given := func(s fact.Setting) bool { st := k.masks[s]; return st != nil && st.Int != 0 }
	own := fact.SettingNodeMaskIPv4
	if f == fact.IPv6 {
		own = fact.SettingNodeMaskIPv6
	}
	set := fmt.Sprintf("--node-cidr-mask-size-%s=%d", strings.ToLower(f.String()), bits)
	switch {
	case k.dual() || given(own):
		return set
	case k.predicted && !k.release.Before(fact.V(1, 23, 0)):
		// kubeadm checks the pod range against the flags of a family alone.
		if given(fact.SettingNodeMask) {
			set += " in place of node-cidr-mask-size"
		}
		return set
	}
	return fmt.Sprintf("--node-cidr-mask-size=%d", bits)
}

var ruleNodeMaskFlagIgnored = rule{
	rank:    150,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "A node mask stands where it has no effect",
		Cause:  "node-cidr-mask-size in a dual-stack cluster, the flag of the other family, or among the arguments of another component.",
		Effect: "The mask is not used, and where the controller manager has the flag it does not start.",
		Mend:   "use --node-cidr-mask-size-ipv4 and -ipv6 in kube-controller-manager (kubeadm: controllerManager.extraArgs)",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes, v1.37.2",
	},
	find: (*checker).maskFlags,
}

// maskFlags: mask flags that the controller manager does not take for these ranges, or that nobody reads where they stand.
func (c *checker) maskFlags() {
	get := func(k *managerView, s fact.Setting) *fact.Statement {
		if st := k.masks[s]; st != nil && st.Int != 0 {
			return st
		}
		return nil
	}
	for _, k := range c.controllers {
		if len(k.pods) == 0 || !k.allocate {
			continue
		}
		plain, four, six := get(k, fact.SettingNodeMask), get(k, fact.SettingNodeMaskIPv4), get(k, fact.SettingNodeMaskIPv6)
		note := c.view.releaseNote(k.src)
		add := func(s *fact.Statement, why, fix string) {
			if c.alreadyAt(fact.RuleNodeMaskFlagIgnored, s.Pos) {
				return
			}
			c.add(fact.Finding{
				Rule: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, RefusedBy: []fact.Component{fact.ControllerManager},
				Args:    args("mask", s.Int, argPods, k.pods, argHost, s.Host),
				Message: fmt.Sprintf("%s %d: %s%s", who(s), s.Int, why, note),
				Where:   []fact.Place{placeOf(s, fmt.Sprintf("mask /%d", s.Int)), placeOf(k.podsAt, "pods "+joinHeld(k.pods))},
				Fix:     []string{fix},
			})
		}
		// Legality since 1.20: k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes.
		fams := familiesOf(k.pods)
		switch {
		case k.dual() && plain != nil:
			add(plain, fmt.Sprintf("--node-cidr-mask-size has no effect with the dual-stack range %s, and kube-controller-manager does not start with it", joinHeld(k.pods)),
				insteadOfPlain(plain, four, six))
		case len(fams) == 1 && fams[0] == fact.IPv4 && six != nil:
			add(six, fmt.Sprintf("an IPv6 node mask is not allowed while the pod range %s has IPv4 alone", joinHeld(k.pods)), "remove it, or add an IPv6 range to --cluster-cidr")
		case len(fams) == 1 && fams[0] == fact.IPv6 && four != nil:
			add(four, fmt.Sprintf("an IPv4 node mask is not allowed while the pod range %s has IPv6 alone", joinHeld(k.pods)), "remove it, or add an IPv4 range to --cluster-cidr")
		case len(fams) == 1 && plain != nil && (four != nil || six != nil):
			add(plain, "--node-cidr-mask-size cannot stand beside --node-cidr-mask-size-ipv4 or -ipv6", "keep one of the two")
		case len(fams) == 1 && (four != nil || six != nil) && !k.release.Before(fact.V(1, 17, 0)) && k.release.Before(fact.V(1, 23, 0)):
			s := cmp.Or(four, six)
			add(s, fmt.Sprintf("Kubernetes %v takes the flag of one family with a dual-stack range alone, and %s is single-stack", k.release, joinHeld(k.pods)),
				fmt.Sprintf("use --node-cidr-mask-size=%d", s.Int))
		}
		// kubeadm looks at the family flags alone since 1.21: cmd/kubeadm/app/apis/kubeadm/validation/validation.go.
		if k.predicted && plain != nil && !k.dual() && !k.release.Before(fact.V(1, 21, 0)) {
			h := k.pods[0]
			fam := fact.FamilyOf(h.p)
			def := 24
			if fam == fact.IPv6 {
				def = 64
			}
			name := "node-cidr-mask-size-" + strings.ToLower(fam.String())
			if d := def - h.p.Bits(); (d < 0 || d > 16) && plain.Int >= h.p.Bits() && plain.Int-h.p.Bits() <= 16 {
				c.add(fact.Finding{
					Rule: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, RefusedBy: []fact.Component{fact.Kubeadm},
					Args:    args("mask", plain.Int, argPods, h),
					Message: fmt.Sprintf("%s %d: since 1.21 kubeadm does not look at node-cidr-mask-size when it checks the pod range %s, only at %s; it assumes /%d and refuses%s", who(plain), plain.Int, h.says(), name, def, note),
					Where:   []fact.Place{placeOf(plain, fmt.Sprintf("mask /%d", plain.Int)), h.place("pods " + h.text())},
					Fix:     []string{fmt.Sprintf("name the flag %s: %q under controllerManager.extraArgs", name, fmt.Sprint(plain.Int))}, // before 1.23 a defect
				})
			}
		}
	}
	for _, s := range c.all {
		if s.Role != fact.RoleSetting || s.Int == 0 || s.Setting != fact.SettingNodeMask && s.Setting != fact.SettingNodeMaskIPv4 && s.Setting != fact.SettingNodeMaskIPv6 {
			continue
		}
		switch s.Component {
		case fact.APIServer, fact.Kubelet, fact.KubeProxy, fact.Flannel:
			if c.alreadyAt(fact.RuleNodeMaskFlagIgnored, s.Pos) {
				continue
			}
			f := fact.Finding{
				Rule: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, Args: args("mask", s.Int, "program", s.Component, argHost, s.Host),
				Message: fmt.Sprintf("%s %d: %s does not set the size of node subnets, kube-controller-manager does", who(s), s.Int, s.Component),
				Where:   []fact.Place{placeOf(s, "no effect here")},
				Fix:     []string{"move it to kube-controller-manager (kubeadm: controllerManager.extraArgs)"},
			}
			if s.Component != fact.Flannel {
				f.RefusedBy = []fact.Component{s.Component}
			}
			c.add(f)
		}
	}
}
