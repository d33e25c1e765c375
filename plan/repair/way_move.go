package repair

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// requestOf returns what a cluster with the nodes of inv needs, with what stays where it is.
func requestOf(inv nodeipam.Inventory) plan.Request {
	r := plan.Request{Nodes: max(2*len(inv.Nodes), 10), Kubernetes: inv.Kubernetes, PodsPerNode: inv.MaxPods}
	f, _ := inv.Flags()
	for _, s := range strings.Split(strings.TrimSpace(f.ClusterCIDR), ",") {
		if p, ok := nodeipam.ParsePodCIDR(s); ok && !slices.Contains(r.Families, fact.FamilyOf(p)) {
			r.Families = append(r.Families, fact.FamilyOf(p))
		}
	}
	if len(r.Families) == 0 {
		r.Families = []fact.Family{fact.IPv4}
	}
	for _, t := range inv.Taken {
		if slices.ContainsFunc(inv.Services, t.Prefix.Overlaps) {
			continue // the service range is there already
		}
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: t.Prefix, Name: cmp.Or(t.Name, "taken"), Source: t.Source})
	}
	return r
}

// proposed returns the plan of r with the pod ranges that check proposes, of each family the first one that goes, or those that plan finds.
func proposed(r plan.Request) (*plan.Plan, error) {
	for _, f := range r.Families {
		for _, p := range check.Familiar(fact.RolePods, f) {
			try := r
			try.Pins = append(slices.Clone(r.Pins), plan.Pin{Role: fact.RolePods, Prefix: p})
			if _, err := plan.New(try); err == nil {
				r = try
				break
			}
		}
	}
	return plan.New(r)
}

// wayServices adds a service range that does not overlap the pods', where ServiceCIDR objects exist.
func wayServices(inv nodeipam.Inventory, base nodeipam.Inventory, faults []RangeFault) (Way, nodeipam.Inventory, bool) {
	v := inv.Kubernetes.Or(fact.NewestKubernetes())
	overlap := slices.ContainsFunc(faults, func(f RangeFault) bool { return f.Rule == fact.RulePodServiceOverlap })
	if !overlap || v.Before(fact.V(1, 33, 0)) {
		return Way{}, inv, false
	}
	if in, ok := InstallerOf(inv); ok && in.Name != "kubespray" && in.Name != "cluster-api" {
		return Way{}, inv, false // its steps are kubeadm's, and these write the flag and the certificates themselves
	}
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	r := requestOf(base)
	for _, p := range rules.ranges {
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: "pods"})
	}
	for _, s := range rules.services {
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: s, Name: "the old service range"})
	}
	p, err := plan.New(r)
	if err != nil {
		return Way{}, inv, false
	}
	ranges := words.Texts(p.Services())
	f, _ := base.Flags()
	f.ServiceClusterIPRange = strings.Join(ranges, ",")
	base = withFlags(base, f)
	base.Services = p.Services()
	w := Way{Kind: WayServices, Title: "add a service range beside the pods' (ServiceCIDR, v1.33 and later), and leave the old one: " + f.ServiceClusterIPRange}
	cidrs := `"` + strings.Join(ranges, `","`) + `"`
	// In the order of kubernetes.io/docs/tasks/network/reconfigure-default-service-ip-ranges: a ServiceCIDR that is
	// being deleted gives no more addresses, and is gone when the last Service has left it, that named kubernetes,
	// which the API server makes, included.
	for _, what := range []string{
		fmt.Sprintf(`echo '{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"services-2"},"spec":{"cidrs":[%s]}}' | kubectl apply -f -`, cidrs),
		"kubectl delete servicecidr kubernetes --wait=false: from now on new Services get addresses of the new range alone",
		"delete the Services whose ClusterIP lies in the old range and create them again, cluster DNS included (kubectl get services -A)",
		"change kubelet's clusterDNS on every node to the new address of cluster DNS, and restart kubelet and the pods",
		"on every control-plane host: --service-cluster-ip-range=" + f.ServiceClusterIPRange + " for kube-apiserver and kube-controller-manager; renew the certificate of kube-apiserver, whose first service address changes: move apiserver.crt and apiserver.key away from /etc/kubernetes/pki, then kubeadm init phase certs apiserver",
		"kubectl -n default delete service kubernetes: kube-apiserver makes it anew with the first address of the new range, and the old ServiceCIDR goes",
		"kubectl -n kube-system edit configmap kubeadm-config: networking.serviceSubnet: " + f.ServiceClusterIPRange,
	} {
		w.Steps = append(w.Steps, byHand("%s", what))
	}
	w.Steps = append(w.Steps, settingsOf(inv, withFlags(base, f))...)
	return w, base, true
}

// wayMovePods finds another range for the pods where theirs is at fault, and moves every node there. Ranges that
// nothing is wrong with stay.
func wayMovePods(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	r := requestOf(base)
	services := map[fact.Family]bool{}
	for _, s := range base.Services {
		if f := fact.FamilyOf(s); !services[f] && slices.Contains(r.Families, f) {
			services[f] = true
			r.Pins = append(r.Pins, plan.Pin{Role: fact.RoleServices, Prefix: s})
			continue
		}
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: s, Name: "services"})
	}
	rules, err := rulesOf(base)
	stay := map[fact.Family]netip.Prefix{}
	if err == nil {
		lacking := lackingOf(base, 1)
		for i, p := range rules.ranges {
			switch {
			case !rules.touched(p) && lacking[i] == 0:
				stay[fact.FamilyOf(p)] = p
				r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: "the pod range that stays"})
			case !slices.ContainsFunc(base.Services, p.Overlaps):
				r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: "the old pod range"})
			}
		}
		if len(stay) == len(rules.ranges) {
			stay = nil // it is something else, and all move
		}
		r.NodeMaskIPv4, r.NodeMaskIPv6 = maskOf(rules, fact.IPv4), maskOf(rules, fact.IPv6)
	}
	p, err := proposed(r)
	if err != nil {
		return Way{}, inv, false
	}
	ranges := slices.Clone(p.Pods())
	var masks []int
	for i, q := range ranges {
		masks = append(masks, p.NodeMask(fact.FamilyOf(q)))
		if old, ok := stay[fact.FamilyOf(q)]; ok {
			ranges[i], masks[i] = old, maskOf(rules, fact.FamilyOf(q))
		}
	}
	f, _ := base.Flags()
	f.AllocateNodeCIDRs, f.Controllers = true, nil
	f.ClusterCIDR = strings.Join(words.Texts(ranges), ",")
	f = needMasks(f, inv.Kubernetes, ranges, masks)
	after := withFlags(base, f)
	w := Way{Kind: WayMovePods, Title: "move the pods to another range: " + f.ClusterCIDR}
	if old, _ := inv.Flags(); strings.TrimSpace(old.ClusterCIDR) == "" {
		w.Title = "give the cluster a pod range: " + f.ClusterCIDR
	}
	w.Steps = settingsOf(inv, after)
	return w, after, true
}

// touched reports whether something else than nodes uses a part of p.
func (r *nodeRules) touched(p netip.Prefix) bool {
	_, _, ok := r.collision(p)
	return ok
}

// needMasks returns f with masks for ranges, unchanged where they are what f means already: a default that nobody
// wrote is not written.
func needMasks(f nodeipam.ControllerFlags, v fact.Version, ranges []netip.Prefix, masks []int) nodeipam.ControllerFlags {
	if c, refused := f.Resolve(v.Or(fact.NewestKubernetes())); len(refused) == 0 && slices.Equal(c.Masks, masks) {
		return f
	}
	return withMasks(f, ranges, masks)
}

func maskOf(r nodeRules, f fact.Family) int {
	for i, p := range r.ranges {
		if fact.FamilyOf(p) == f {
			return r.masks[i]
		}
	}
	return 0
}

// wayNewCluster plans a new cluster.
func wayNewCluster(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	p, err := proposed(requestOf(base))
	if err != nil {
		return Way{}, inv, false
	}
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: strings.Join(words.Texts(p.Pods()), ","), ServiceClusterIPRange: strings.Join(words.Texts(p.Services()), ",")}
	var masks []int
	for _, q := range p.Pods() {
		masks = append(masks, p.NodeMask(fact.FamilyOf(q)))
	}
	f = needMasks(f, inv.Kubernetes, p.Pods(), masks)
	after := withFlags(inv, f)
	after.Services = p.Services()
	if len(inv.Networks) > 0 {
		after.Networks = p.Pods()
	}
	after.Nodes = nil
	for _, n := range inv.Nodes {
		after.Nodes = append(after.Nodes, nodeipam.InventoryNode{Name: n.Name})
	}
	w := Way{Kind: WayRecreate, Title: fmt.Sprintf("create the cluster anew, with pods %s and services %s", f.ClusterCIDR, f.ServiceClusterIPRange)}
	if in, ok := InstallerOf(inv); ok && in.Anew != nil {
		w.Steps = []Step{byHand("save what runs (manifests, datastore, volumes)")}
		for _, s := range in.Anew(f.ClusterCIDR, f.ServiceClusterIPRange) {
			w.Steps = append(w.Steps, byHand("%s", s))
		}
		w.Steps = append(w.Steps, Step{Kind: KindNewCluster, What: "join the nodes", Flags: f, Networks: after.Networks})
		return w, after, true
	}
	w.Steps = []Step{
		byHand("save what runs (manifests, etcd, volumes)"),
		byHand("kubeadm reset on every host, and remove /run/flannel/subnet.env and the interfaces cni0 and flannel.1"),
		byHand("kubeadm init --pod-network-cidr=%s --service-cidr=%s", f.ClusterCIDR, f.ServiceClusterIPRange),
		{Kind: KindNewCluster, What: "apply flannel with " + networkKeys(p.Pods()) + ", then join the nodes", Flags: f, Networks: after.Networks},
	}
	return w, after, true
}
