package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A defect is a known defect of upstream releases around address ranges.
//
// It either stands for itself, as a finding of [fact.RuleUpstreamBug], where the statements show the situation that it is about; or it
// belongs to a finding of another rule, with, whose message it ends: the defect then makes worse what that finding is about.
type defect struct {
	program      fact.Component // Flannel, or a program of Kubernetes
	since, until fact.Version   // first release that has it, zero for the oldest; first that has it no longer, zero for none
	source       string
	with         fact.RuleID

	// tell returns nil where the situation is another one. A defect that stands for itself returns its finding, of which rule and
	// place are filled in; one that belongs to f returns what to say of it in Message, and in Fix what is to be done instead.
	tell func(c *checker, f *fact.Finding, v fact.Version) *fact.Finding
}

// defects are the defects that Check knows. Paths are those of k8s.io/kubernetes and github.com/flannel-io/flannel.
var defects = []defect{
	{ // Released when a deletion timestamp appears: a finalizer holds the node back, its subnet is given away.
		program: fact.ControllerManager, since: fact.V(1, 31, 0), until: fact.V(1, 31, 4), source: "kubernetes/kubernetes#127792",
		tell: func(c *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			serves := slices.ContainsFunc(c.controllers, func(k *managerView) bool { return k.serves() }) || len(c.controllers) == 0 && c.withSubnet() > 0
			if !serves || c.ownIPAM() {
				return nil
			}
			return &fact.Finding{
				Message: fmt.Sprintf("Kubernetes %v releases a node's podCIDR when deletion of the node begins, not when it ends (kubernetes/kubernetes#127792): a new node can get it while the old one still runs", v),
				Effect:  "two nodes with one podCIDR, where something holds nodes back from deletion by a finalizer",
				Fix:     []string{"upgrade to v1.31.4 or newer"},
			}
		},
	},
	{
		program: fact.ControllerManager, since: fact.V(1, 31, 0), until: fact.V(1, 31, 4), source: "kubernetes/kubernetes#127792", with: fact.RuleNodeSubnetDuplicate,
		tell: func(_ *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			return &fact.Finding{Message: fmt.Sprintf("Kubernetes %v gives out subnets of nodes that are still being deleted (kubernetes/kubernetes#127792, fixed in v1.31.4)", v)}
		},
	},
	{ // The subnet goes back to the set, and the work item keeps it: another node may have got it in between.
		program: fact.ControllerManager, until: fact.V(1, 31, 0), source: "pkg/controller/nodeipam/ipam/range_allocator.go updateCIDRsAllocation", with: fact.RuleNodeSubnetDuplicate,
		tell: func(c *checker, f *fact.Finding, v fact.Version) *fact.Finding {
			if c.ownIPAM() || f.Variant != sameSubnet {
				return nil
			}
			return &fact.Finding{Message: fmt.Sprintf("Kubernetes %v releases a subnet after a failed update of a Node and tries the same one again later, when another node may hold it (fixed in v1.31.0)", v)}
		},
	},
	{
		program: fact.ControllerManager, until: fact.V(1, 31, 0), source: "pkg/controller/nodeipam/ipam/range_allocator.go worker", with: fact.RuleClusterCIDRExhausted,
		tell: func(_ *checker, f *fact.Finding, v fact.Version) *fact.Finding {
			if len(f.Subjects) == 0 {
				return nil
			}
			return &fact.Finding{Message: fmt.Sprintf("Kubernetes %v does not try such a node again by itself (fixed in v1.31.0): after the fix it gets its subnet with the next event about it, up to 5 minutes later, or when kube-controller-manager is restarted", v)}
		},
	},
	{ // The value that is stored is checked like a new one: pkg/apis/core/validation/validation.go ValidateNodeUpdate.
		program: fact.APIServer, since: fact.V(1, 36, 0), source: "pkg/apis/core/validation/validation.go ValidateNodeUpdate, StrictIPCIDRValidation", with: fact.RuleCIDRHostBitsSet,
		tell: func(c *checker, f *fact.Finding, v fact.Version) *fact.Finding {
			if !slices.ContainsFunc(f.Subjects, func(n string) bool { x := c.byName[n]; return x != nil && len(x.subs) > 0 }) {
				return nil
			}
			return &fact.Finding{
				Message: fmt.Sprintf("Kubernetes %v refuses every update of such a Node but that of its status: it can no longer be labelled, tainted or cordoned", v),
				Fix:     []string{"a podCIDR that is set cannot be changed: move the pods away, kubectl delete node NODE, " + c.restartOnNode() + ", one node after the other"},
			}
		},
	},
	{ // kubeadm reads the masks of a family alone since 1.21, kube-controller-manager takes them in dual-stack clusters alone until 1.22.
		program: fact.Kubeadm, since: fact.V(1, 21, 0), until: fact.V(1, 23, 0), source: "cmd/kubeadm/app/apis/kubeadm/validation/validation.go", with: fact.RuleNodeMaskFlagIgnored,
		tell: func(c *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			for _, k := range c.controllers {
				if !k.predicted || k.dual() || len(k.pods) == 0 {
					continue
				}
				def := 24
				if fact.FamilyOf(k.pods[0].p) == fact.IPv6 {
					def = 64
				}
				if d := def - k.pods[0].p.Bits(); d >= 0 && d <= 16 {
					continue
				}
				return &fact.Finding{
					Message: fmt.Sprintf("Kubernetes %v has no way to say it: kubeadm looks at the mask of one family alone, and kube-controller-manager takes that in dual-stack clusters alone (fixed in v1.23.0)", v),
					Fix:     []string{fmt.Sprintf("choose a podSubnet of /%d to /%d, for node subnets of /%d, or use v1.23.0 or newer with the mask of the family", def-16, def, def)},
				}
			}
			return nil
		},
	},
	{
		program: fact.Kubeadm, since: fact.V(1, 29, 0), until: fact.V(1, 36, 0), source: "cmd/kubeadm/app/util/arguments.go ArgumentsToCommand",
		tell: func(c *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			return c.repeatedArgs(func(sorted, last *fact.Statement) string {
				return fmt.Sprintf("kubeadm %v writes repeated arguments sorted by their text, so %s is in force; since v1.36.0 the order of the file counts, and the same file means %s", v, quoted(sorted), quoted(last))
			})
		},
	},
	{
		program: fact.Kubeadm, since: fact.V(1, 36, 0), source: "cmd/kubeadm/app/util/arguments.go ArgumentsToCommand",
		tell: func(c *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			f := c.repeatedArgs(func(sorted, last *fact.Statement) string {
				return fmt.Sprintf("kubeadm %v keeps the order of repeated arguments, so %s is in force; up to v1.35 they were sorted by their text, and the same file meant %s", v, quoted(last), quoted(sorted))
			})
			if f != nil {
				f.Severity = fact.Info
			}
			return f
		},
	},
	{ // cmd/kubeadm/app/phases/controlplane/manifests.go calcNodeCidrSize, gone in 1.20.
		program: fact.Kubeadm, until: fact.V(1, 20, 0), source: "cmd/kubeadm/app/phases/controlplane/manifests.go calcNodeCidrSize",
		tell: func(c *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			for _, k := range c.controllers {
				if !k.predicted || k.dual() || len(k.pods) == 0 || fact.FamilyOf(k.pods[0].p) != fact.IPv6 {
					continue
				}
				h := k.pods[0]
				m, ms := k.mask(fact.IPv6)
				if ms != nil || m == 64 || m < h.p.Bits() {
					continue
				}
				later := "which kube-controller-manager does not take"
				if h.p.Bits() <= 64 {
					later = fmt.Sprintf("of which the range holds %s", blockSum(h.p, 64))
				}
				return &fact.Finding{
					Severity: fact.Info,
					Message:  fmt.Sprintf("kubeadm %v gives the pod range %s node subnets of /%d, %s of them; since v1.20.0 it writes no mask, and node subnets are /64, %s", v, h.says(), m, blockSum(h.p, m), later),
					Effect:   "after an upgrade new nodes get subnets of another size, or none",
					Fix:      []string{fmt.Sprintf("before the upgrade write the mask: node-cidr-mask-size: %q under controllerManager.extraArgs", fmt.Sprint(m))},
					Where:    []fact.Place{h.place("pods " + h.text())},
				}
			}
			return nil
		},
	},
	{
		program: fact.Flannel, since: fact.V(0, 25, 0), until: fact.V(0, 28, 0), source: "pkg/ip/ip6net.go IP6.ToIP", with: fact.RuleFlannelIPv6Disabled,
		tell: func(_ *checker, f *fact.Finding, v fact.Version) *fact.Finding {
			if f.Severity != fact.Error {
				return nil
			}
			return &fact.Finding{Message: fmt.Sprintf("flannel %v ends there with a nil pointer, not with a message (fixed in v0.28.0, which gives pods IPv4 alone)", v)}
		},
	},
	{
		program: fact.Flannel, source: "pkg/ip/ip6net.go IP6Net.IncrementIP", with: fact.RulePodCIDRFamilyMissing,
		tell: func(c *checker, _ *fact.Finding, _ fact.Version) *fact.Finding {
			if !c.lacksIPv6On("host-gw") {
				return nil
			}
			return &fact.Finding{Message: "flannel's host-gw backend with EnableIPv6 ends with a nil pointer on a node without an IPv6 podCIDR, in every release up to " + fact.NewestFlannel().String()}
		},
	},
	{
		program: fact.Flannel, until: fact.V(0, 26, 0), source: "pkg/backend/vxlan/vxlan.go RegisterNetwork", with: fact.RulePodCIDRFamilyMissing,
		tell: func(c *checker, _ *fact.Finding, v fact.Version) *fact.Finding {
			if !c.lacksIPv6On("vxlan") {
				return nil
			}
			return &fact.Finding{Message: fmt.Sprintf("flannel %v with EnableIPv6 ends with a nil pointer on a node without an IPv6 podCIDR; since v0.26.0 it says \"IPv6 is enabled but the lease has no IPv6\"", v)}
		},
	},
}

// has reports whether release v, zero for unknown, has d.
func (d *defect) has(v fact.Version) bool {
	if d.since.IsZero() && d.until.IsZero() {
		return true
	}
	return !v.IsZero() && !v.Before(d.since) && (d.until.IsZero() || v.Before(d.until))
}

var ruleUpstreamBug = rule{
	rank: 690,
	about: fact.Rule{
		ID: fact.RuleUpstreamBug, Severity: fact.Warning, Also: []fact.Severity{fact.Info}, Disturbs: fact.DisturbsComponent,
		Title:  "The release in use has a known defect around address ranges",
		Cause:  "See the message.",
		Effect: "See the message.",
		Mend:   "upgrade to the release that is named",
		Source: "the issue that the message names",
	},
	find:  (*checker).upstreamBugs,
	after: []fact.RuleID{fact.RuleNodeSubnetDuplicate, fact.RuleClusterCIDRExhausted, fact.RuleCIDRHostBitsSet, fact.RuleNodeMaskFlagIgnored, fact.RuleFlannelIPv6Disabled, fact.RulePodCIDRFamilyMissing, "startup"},
}

// upstreamBugs tells of known defects around address ranges in the releases in use.
func (c *checker) upstreamBugs() {
	for i := range defects {
		d := &defects[i]
		v, at := c.kube, c.kubeFrom
		if d.program == fact.Flannel {
			v, at = c.flannel, nil
		}
		if !d.has(v) {
			continue
		}
		if d.with != "" {
			for _, f := range c.found {
				if f.Rule != d.with || f.Severity == fact.Info {
					continue
				}
				if t := d.tell(c, f, v); t != nil {
					f.Message += "; " + t.Message
					if t.Fix != nil {
						f.Fix = t.Fix
					}
				}
			}
			continue
		}
		f := d.tell(c, nil, v)
		if f == nil {
			continue
		}
		f.Rule = fact.RuleUpstreamBug
		if at != nil {
			f.Where = append([]fact.Place{placeOf(at, "Kubernetes "+v.String())}, f.Where...)
		}
		c.add(*f)
	}
}

// lacksIPv6On reports whether flannel has EnableIPv6 and the backend, and a node of the cluster holds an IPv4 subnet alone, or gets
// no other.
func (c *checker) lacksIPv6On(backend string) bool {
	if !slices.ContainsFunc(c.flannels, func(f *sourceView) bool { return f.bool(fact.SettingEnableIPv6, false) }) {
		return false
	}
	return slices.ContainsFunc(c.flannels, func(f *sourceView) bool {
		b := f.set[fact.SettingBackend]
		return b != nil && strings.EqualFold(b.Text, backend)
	}) && (len(c.pods) > 0 && len(ofFamily(c.pods, fact.IPv6)) == 0 || slices.ContainsFunc(c.nodes, func(n *nodeView) bool {
		return len(n.subs) > 0 && len(ofFamily(n.subs, fact.IPv6)) == 0
	}))
}

// repeatedArgs looks for an argument that extraArgs of a kubeadm configuration name more than once with different values, where the
// last in sorted order is not the last in the file, and returns a finding with what say makes of both, nil for none.
func (c *checker) repeatedArgs(say func(sorted, last *fact.Statement) string) *fact.Finding {
	type name struct {
		file string
		of   fact.Name
		flag string
	}
	first := map[name]*fact.Statement{}
	sorted := map[name]*fact.Statement{}
	last := map[name]*fact.Statement{}
	var order []name
	for _, s := range c.all { // sorted by place
		if s.Component != fact.Kubeadm || !fromKubeadm(s) || !s.Pos.IsValid() || s.Text == "" {
			continue
		}
		n := name{s.Pos.File, s.Name, flagOf(s)}
		if first[n] == nil {
			first[n], sorted[n], last[n] = s, s, s
			order = append(order, n)
			continue
		}
		last[n] = s
		if s.Text > sorted[n].Text {
			sorted[n] = s
		}
	}
	for _, n := range order {
		s, l := sorted[n], last[n]
		if s.Text == l.Text {
			continue
		}
		return &fact.Finding{
			Message: fmt.Sprintf("%s is given more than once with different values: %s", who(s), say(s, l)),
			Effect:  "another range or mask after an upgrade, while nobody changed the file",
			Fix:     []string{fmt.Sprintf("keep one entry named %s, the value that is meant", n.flag)},
			Where:   []fact.Place{placeOf(s, quoted(s)+", last in sorted order"), placeOf(l, quoted(l)+", last in the file")},
		}
	}
	return nil
}
