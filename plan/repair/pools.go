package repair

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A Network says how to change the ranges of a network that keeps its own book: one row for each. The zero value has no
// name.
type Network struct {
	Name, Title string
	Fixed       string           // what cannot be changed, and the way round, in a sentence
	Moves       fact.Disturbance // what it interrupts to leave a range

	add   func(add, all []netip.Prefix) []Command
	check []Command
	drop  func(old []netip.Prefix) []string // how pods leave a range, for people
}

// NetworkOf returns the row of the network of inv; ok is false where kube-controller-manager hands out its subnets, or no row knows it.
func NetworkOf(inv nodeipam.Inventory) (row Network, ok bool) {
	if inv.Allocator != fact.AllocatorOwn {
		return Network{}, false
	}
	for _, n := range networks() {
		if n.Name == inv.CNI {
			return n, true
		}
	}
	return Network{}, false
}

// networks returns the table. Sources stand at the rows of package netdist, which reads the same objects.
func networks() []Network {
	return []Network{calico(), cilium()}
}

// calico: docs.tigera.io/calico/latest/networking/ipam/migrate-pools; cidr and blockSize of an IPPool are immutable.
func calico() Network {
	return Network{
		Name: "calico", Title: "Calico", Moves: fact.DisturbsComponent, // pods start anew, where they are
		Fixed: "cidr and blockSize of an IPPool cannot be changed: another pool beside it adds addresses. Where the tigera operator runs Calico, the entry belongs under spec.calicoNetwork.ipPools of Installation default",
		add: func(add, _ []netip.Prefix) []Command {
			var out []Command
			for i, p := range add {
				of := "default-ipv4-ippool"
				if fact.FamilyOf(p) == fact.IPv6 {
					of = "default-ipv6-ippool"
				}
				edit := fmt.Sprintf("-e '/creationTimestamp:/d' -e '/resourceVersion:/d' -e '/uid:/d' -e 's|name: .*|name: pods-%d|' -e 's|cidr: .*|cidr: %v|'", i+2, p)
				out = append(out, Command{Text: "calicoctl get ippool " + of + " -o yaml | sed " + edit + " | calicoctl create -f - # with block size, encapsulation and NAT of the pool that is there"})
			}
			return out
		},
		check: []Command{{Text: "calicoctl get ippools -o wide"}},
		drop: func(old []netip.Prefix) []string {
			return []string{
				"set disabled: true in the IPPools of " + strings.Join(words.Texts(old), ", ") + " (calicoctl patch ippool NAME -p '{\"spec\":{\"disabled\":true}}'): new pods take the other pool",
				"let the pods be made anew, one workload at a time: kubectl rollout restart",
				"when calicoctl ipam show --show-blocks has nothing in use there: calicoctl delete ippool NAME",
			}
		},
	}
}

// cilium: docs.cilium.io, cluster-pool: entries are added to the list, none is changed, and the mask size stays.
func cilium() Network {
	return Network{
		Name: "cilium", Title: "Cilium", Moves: fact.DisturbsNodes,
		Fixed: "an entry of Cilium's cluster-pool cannot be changed, nor its mask size: another entry in the list adds node subnets",
		add: func(_, all []netip.Prefix) []Command {
			lists := map[fact.Family][]string{}
			for _, p := range all {
				lists[fact.FamilyOf(p)] = append(lists[fact.FamilyOf(p)], p.String())
			}
			set := ""
			for _, f := range []fact.Family{fact.IPv4, fact.IPv6} {
				if list := lists[f]; len(list) > 0 {
					set += fmt.Sprintf(" --set %s", gate.Word(fmt.Sprintf("ipam.operator.cluster%vPodCIDRList={%s}", poolKey(f), strings.Join(list, ","))))
				}
			}
			return []Command{
				{Text: "helm upgrade cilium cilium/cilium -n kube-system --reuse-values" + set},
				{Text: "kubectl -n kube-system rollout restart deployment cilium-operator"},
				{Text: "kubectl -n kube-system rollout status deployment cilium-operator --timeout=10m"},
			}
		},
		check: []Command{{Text: "kubectl -n kube-system get configmap cilium-config -o yaml | grep cluster-pool"}, {Text: "kubectl get ciliumnodes"}},
		drop: func([]netip.Prefix) []string {
			return []string{
				"one node at a time: kubectl drain NODE --ignore-daemonsets --delete-emptydir-data, kubectl delete ciliumnode NODE, delete the Pod of cilium on NODE, kubectl uncordon NODE: it gets a subnet of the other range",
				"take the old range out of ipam.operator.clusterPoolIPv4PodCIDRList when no CiliumNode holds a part of it",
			}
		},
	}
}

// poolKey is the part of the name of a Helm value that says the family.
func poolKey(f fact.Family) string {
	if f == fact.IPv6 {
		return "PoolIPv6"
	}
	return "PoolIPv4"
}

// Commands returns what does a step of kind [KindPool], and what shows that it worked.
func (n Network) Commands(s Step) (do, check []Command) {
	if s.Kind != KindPool || n.add == nil {
		return nil, nil
	}
	return n.add(s.Networks, slices.Concat(s.Before, s.Networks)), n.check
}

// poolStep adds ranges to those of the network.
func poolStep(inv nodeipam.Inventory, n Network, add []netip.Prefix) []Step {
	return []Step{
		byHand("%s", n.Fixed),
		{Kind: KindPool, What: n.Title + ": " + strings.Join(words.Texts(add), ", ") + " beside " + cmp.Or(strings.Join(words.Texts(inv.Pools), ", "), "what it has"),
			Networks: add, Before: inv.Pools, Why: "pods take addresses of the network's own ranges, and podCIDRs of nodes decide nothing"},
	}
}

// beside returns the parts of ranges that none of pools covers, as few prefixes as possible.
func beside(ranges, pools []netip.Prefix) []netip.Prefix {
	var b netipx.IPSetBuilder
	for _, p := range ranges {
		b.AddPrefix(p)
	}
	for _, p := range pools {
		b.RemovePrefix(p)
	}
	set, err := b.IPSet()
	if err != nil {
		return nil
	}
	return set.Prefixes()
}

// towardPools is [Toward] for a network that keeps its own book.
func towardPools(inv nodeipam.Inventory, n Network, t Target) (*Repair, error) {
	r := &Repair{Inventory: inv}
	if faults := poolFaults(inv, t.Pods); len(faults) > 0 {
		return r, &UnreachableError{t, faults}
	}
	add := beside(t.Pods, inv.Pools)
	if len(add) == 0 {
		r.Goal = n.Title + " has the ranges of the plan"
		return r, nil
	}
	w := Way{Kind: WayTarget, Title: fmt.Sprintf("%s gets %s beside %s", n.Title, strings.Join(words.Texts(add), ", "), strings.Join(words.Texts(inv.Pools), ", "))}
	w.Steps = poolStep(inv, n, add)
	f, known := inv.Flags()
	before := f.ClusterCIDR
	f.ClusterCIDR = strings.Join(words.Texts(t.Pods), ",")
	if _, err := rulesOf(withFlags(inv, f)); known && err == nil && !contained(f.ClusterCIDR, prefixesOf(before)) {
		// What masquerades, and what the operator of a network looks at.
		w.Steps = append(w.Steps, settingsOf(inv, withFlags(inv, f))...)
	}
	w = provePools(inv, w)
	r.Goal, r.Ways = w.Title, []Way{w}
	return r, nil
}

// prefixesOf returns the prefixes of a list, those that can be read.
func prefixesOf(list string) []netip.Prefix {
	var out []netip.Prefix
	for s := range strings.SplitSeq(list, ",") {
		if p, ok := nodeipam.ParsePodCIDR(strings.TrimSpace(s)); ok {
			out = append(out, p)
		}
	}
	return out
}

// provePools says what can be said without a twin of the network.
func provePools(inv nodeipam.Inventory, w Way) Way {
	w.Flags, _ = inv.Flags()
	for _, s := range w.Steps {
		if s.setsFlags() {
			w.Flags = s.Flags
		}
	}
	w.Disturbs, w.Drained = disturbs(w)
	w.Minimal = true
	w.Proof = Proof{Nodes: len(inv.Nodes), Text: "the new ranges touch no service range, no host and nothing else that the files name; " + inv.CNI + " hands out addresses itself, and no twin follows that"}
	return w
}

// poolFaults returns what ranges of a network collide with.
func poolFaults(inv nodeipam.Inventory, ranges []netip.Prefix) []RangeFault {
	var out []RangeFault
	for _, p := range ranges {
		for _, s := range inv.Services {
			if p.Overlaps(s) {
				out = append(out, RangeFault{Rule: fact.RulePodServiceOverlap, Text: fmt.Sprintf("pod range %s overlaps service range %s", p, s)})
			}
		}
		for _, t := range inv.Taken {
			if p.Overlaps(t.Prefix) {
				out = append(out, RangeFault{Rule: fact.RuleHostPodOverlap, Text: fmt.Sprintf("pod range %s overlaps %s (%s)", p, t.Prefix, cmp.Or(t.Name, t.Source))})
			}
		}
	}
	return out
}

// newPools is [New] for a network that keeps its own book: podCIDRs of nodes decide nothing there, and a range that something else uses is left for
// another one.
func newPools(inv nodeipam.Inventory, n Network) *Repair {
	r := &Repair{Inventory: inv}
	r.RangeFaults = poolFaults(inv, inv.Pools)
	if len(r.RangeFaults) == 0 {
		return r
	}
	req := requestOf(inv)
	req.Families = nil
	var old []netip.Prefix
	for _, p := range inv.Pools {
		if f := fact.FamilyOf(p); !slices.Contains(req.Families, f) {
			req.Families = append(req.Families, f)
		}
		if len(poolFaults(inv, []netip.Prefix{p})) > 0 {
			old = append(old, p)
		}
		req.Avoid = append(req.Avoid, fact.Reservation{Prefix: p, Name: "pods"})
	}
	for _, s := range inv.Services {
		req.Avoid = append(req.Avoid, fact.Reservation{Prefix: s, Name: "services"})
	}
	p, err := proposed(req)
	if err != nil {
		return r
	}
	add := slices.DeleteFunc(p.Pods(), func(q netip.Prefix) bool {
		return !slices.ContainsFunc(old, func(o netip.Prefix) bool { return fact.FamilyOf(o) == fact.FamilyOf(q) })
	})
	w := Way{Kind: WayMovePods, Title: fmt.Sprintf("move the pods of %s to %s", n.Title, strings.Join(words.Texts(add), ", "))}
	w.Steps = poolStep(inv, n, add)
	for _, s := range n.drop(old) {
		w.Steps = append(w.Steps, byHand("%s", s))
	}
	w = provePools(inv, w)
	w.Disturbs = n.Moves
	r.Ways = []Way{w}
	return r
}

// ends reports whether kube-controller-manager does not start with the nodes that there are, whoever hands out addresses.
func ends(inv nodeipam.Inventory) bool {
	f, ok := inv.Flags()
	if !ok || !f.NodeIPAMEnabled(inv.Kubernetes.Or(fact.NewestKubernetes())) {
		return false
	}
	_, err := inv.Controller()
	return err != nil && !errors.Is(err, nodeipam.ErrNoControllerFlags)
}
