package repair

import (
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A Kind is the kind of a [Step]. The zero value names no kind.
type Kind string

// Steps on nodes.
const (
	// KindPatch sets the podCIDRs of a node that has none. Nothing restarts but flannel on that node, by itself.
	KindPatch Kind = "patch"
	// KindRecreate drains a node and deletes its Node object, because podCIDRs that are set cannot be changed;
	// kubelet registers it anew, and it is given other ones. The pods of the node move, kubelet and flannel restart
	// on it.
	KindRecreate Kind = "recreate"
	// KindDelete is the first half of KindRecreate, where another node has to be given room first: the node is there
	// and cordoned, and holds nothing.
	KindDelete Kind = "delete"
	// KindCreate is its second half.
	KindCreate Kind = "create"
	// KindRestartFlannel restarts flannel on a node whose subnet.env says something else than its Node object.
	KindRestartFlannel Kind = "restart-flannel"
)

// Steps on settings.
const (
	// KindPause switches node IPAM off in kube-controller-manager on every control-plane host, so that it hands out
	// nothing meanwhile, and nodes outside of its range do not keep it from starting. Its other controllers run: pods
	// that are drained are made anew.
	KindPause Kind = "pause-node-ipam"
	// KindResume switches node IPAM on again. It counts afresh which subnets are in use.
	KindResume Kind = "resume-node-ipam"
	// KindRestartController restarts kube-controller-manager, so that it counts afresh and serves those that wait.
	KindRestartController Kind = "restart-controller-manager"
	// KindFlags sets the flags of kube-controller-manager on every control-plane host; it restarts.
	KindFlags Kind = "controller-manager-flags"
	// KindNetwork sets flannel's Network and IPv6Network and restarts flannel.
	KindNetwork Kind = "flannel-network"
	// KindPodSubnet sets networking.podSubnet of kubeadm-config.
	KindPodSubnet Kind = "kubeadm-pod-subnet"
	// KindKubeadmMask sets the node masks of kubeadm-config.
	KindKubeadmMask Kind = "kubeadm-node-mask"
	// KindProxy sets clusterCIDR of kube-proxy and restarts it.
	KindProxy Kind = "kube-proxy-cluster-cidr"
	// KindConfig writes the settings into the installer's own files, so that its next run does not undo them.
	KindConfig Kind = "installer-config"
	// KindPool gives a network that keeps its own book another range beside those it has.
	KindPool Kind = "network-pool"
	// KindByHand is for people to do.
	KindByHand Kind = "by-hand"
	// KindNewCluster makes the cluster anew: every node is registered again.
	KindNewCluster Kind = "new-cluster"
)

// A Step is one thing to do. The zero value does nothing.
type Step struct {
	Kind     Kind
	Node     string         // "" for steps that concern a setting
	Old      []string       // podCIDRs that the node has now
	New      []netip.Prefix // podCIDRs that it is to have
	Why      string
	Restarts []string // what restarts
	Bridge   bool     // cni0 of the node is deleted as well: it has an address of another subnet

	// What says what is to be done, for steps on settings.
	What string
	// Flags are those of the controller manager after KindPause, KindResume, KindRestartController, KindFlags and
	// KindNewCluster.
	Flags    nodeipam.ControllerFlags
	Was      nodeipam.ControllerFlags // flags before, of the host that leads
	Networks []netip.Prefix           // flannel's after KindNetwork
	Before   []netip.Prefix           // flannel's before KindNetwork
}

// setsFlags reports whether the controller manager starts with s.Flags in this step.
func (s Step) setsFlags() bool {
	switch s.Kind {
	case KindPause, KindResume, KindRestartController, KindFlags, KindNewCluster:
		return true
	}
	return false
}

// drains reports whether the pods of s.Node move.
func (s Step) drains() bool { return s.Kind == KindRecreate || s.Kind == KindDelete }

// restartsComponent reports whether something restarts, apart from what waits for it.
func (s Step) restartsComponent() bool {
	return s.setsFlags() || s.Kind == KindNetwork || s.Kind == KindProxy || s.Kind == KindRestartFlannel
}

// apply does the step to the twin.
func (s Step) apply(c *nodeipam.Controller) error {
	var step nodeipam.Step
	switch s.Kind {
	case KindPatch, KindCreate:
		step = c.Patch(s.Node, words.Texts(s.New)...)
	case KindRecreate:
		if step = c.Delete(s.Node); step.Err == nil {
			if step = c.Create(s.Node); step.Err == nil {
				step = c.Patch(s.Node, words.Texts(s.New)...)
			}
		}
	case KindDelete:
		if step = c.Delete(s.Node); step.Err == nil {
			step = c.Create(s.Node)
		}
	case KindPause, KindResume, KindRestartController, KindFlags:
		step = c.Start(s.Flags)
	case KindNewCluster:
		var names []string
		for _, n := range c.Nodes() {
			names = append(names, n.Node)
		}
		*c = *nodeipam.NewStopped(c.Version())
		if step = c.Start(s.Flags); step.Err == nil {
			step = c.Burst(names...)
		}
	}
	if step.Err != nil {
		return fmt.Errorf("%s %s: %w", s.Kind, s.Node, step.Err)
	}
	return nil
}
