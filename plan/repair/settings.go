package repair

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// mostTried is how many different settings of kube-controller-manager are tried on all nodes. No cluster has that many hosts for it.
const mostTried = 32

// agreedFlags returns inv with the settings that cost fewest changes on all control-plane hosts, allocation on, and a
// Network of flannel that contains the pod ranges. Where none start, fitted ones are tried. ok is false if no flags
// start.
func agreedFlags(inv nodeipam.Inventory) (best nodeipam.Inventory, ok, fitted bool) {
	cost := -1
	var tried []nodeipam.ControllerFlags
	for _, m := range inv.Managers {
		tried = append(tried, m.Flags)
	}
	for _, m := range inv.Managers {
		// Masks that do not fit the ranges are left out: the defaults count then.
		f := m.Flags
		f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = 0, 0, 0
		tried = append(tried, f)
	}
	for _, text := range inv.Stated {
		f, _ := inv.Flags()
		if f.ClusterCIDR = text; inv.Managers[0].Flags.ClusterCIDR == "" {
			tried = append(tried, f)
		}
	}
	seen := map[string]bool{}
	try := func(tried []nodeipam.ControllerFlags) {
		for _, f := range tried {
			f.AllocateNodeCIDRs, f.Controllers = true, nil
			text := FlagsText(f)
			if seen[text] || len(seen) == mostTried {
				continue
			}
			seen[text] = true
			after := withFlags(inv, f)
			rules, err := rulesOf(after)
			if err != nil {
				continue
			}
			_, right, _ := rules.faults(after.Nodes)
			// Of equal ones the first: rather the flags that are there.
			if c := len(after.Nodes) - len(right); cost < 0 || c < cost {
				best, cost = after, c
			}
		}
	}
	if try(tried); cost >= 0 {
		return best, true, false
	}
	tried = nil
	for _, m := range inv.Managers {
		tried = append(tried, fittedFlags(inv, m.Flags)...)
	}
	clear(seen)
	try(tried)
	return best, cost >= 0, true
}

// fittedFlags returns f with the default node masks, made longer where the range is no larger than a node's subnet,
// and with ranges cut off behind the 2^16 subnets that kube-controller-manager hands out of an IPv6 range. It returns
// none where no mask fits, and flags that do not start where ranges cannot be read.
func fittedFlags(inv nodeipam.Inventory, f nodeipam.ControllerFlags) []nodeipam.ControllerFlags {
	written := strings.Split(strings.TrimSpace(f.ClusterCIDR), ",")
	ranges, _ := ipnet.ParseCIDRs(written)
	need := 1 // bits for the nodes and one more
	for 1<<need < len(inv.Nodes)+1 {
		need++
	}
	f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = 0, 0, 0
	for i, p := range ranges {
		mask, flag := 24, &f.NodeCIDRMaskSizeIPv4
		if p.Addr().Is6() {
			mask, flag = 64, &f.NodeCIDRMaskSizeIPv6
		}
		if len(ranges) == 1 {
			flag = &f.NodeCIDRMaskSize
		}
		switch {
		case p.Bits() >= mask:
			// The network, the bridge and the broadcast address leave room for 13 pods in a /28.
			if *flag = p.Bits() + need; *flag > p.Addr().BitLen()-4 {
				return nil
			}
		case p.Addr().Is6() && mask-p.Bits() > 16:
			if w, err := netip.ParsePrefix(written[i]); err == nil {
				p = w // the part that the bits below its mask tell
			}
			ranges[i] = netip.PrefixFrom(p.Addr(), mask-16).Masked()
		}
	}
	f.ClusterCIDR = strings.Join(words.Texts(ranges), ",")
	return []nodeipam.ControllerFlags{f}
}

// withFlags returns inv with f on every control-plane host, and flannel's Network widened to what f hands out.
func withFlags(inv nodeipam.Inventory, f nodeipam.ControllerFlags) nodeipam.Inventory {
	inv.Managers = slices.Clone(inv.Managers)
	for i := range inv.Managers {
		inv.Managers[i].Flags = f
	}
	c, refused := f.Resolve(inv.Kubernetes.Or(fact.NewestKubernetes()))
	if len(refused) > 0 || len(inv.Networks) == 0 {
		return inv
	}
	var networks []netip.Prefix
	for _, p := range c.Cluster {
		if n, ok := networkOf(inv, fact.FamilyOf(p)); ok && cidr.Contains(n, p) {
			p = n
		}
		networks = append(networks, p)
	}
	inv.Networks = networks
	return inv
}

// kubeadmSettings are the settings of a cluster of kubeadm, in order: flannel first, which has to take what is handed out
// then.
func kubeadmSettings() []Kind {
	return []Kind{KindNetwork, KindFlags, KindPodSubnet, KindProxy, KindKubeadmMask}
}

// settingsOf returns the steps that bring about the settings of after, in the order and the words of the installer.
func settingsOf(inv nodeipam.Inventory, after nodeipam.Inventory) []Step {
	f, _ := after.Flags()
	in, known := InstallerOf(inv)
	kinds := kubeadmSettings()
	if known && in.steps != nil {
		kinds = in.steps
	}
	var out []Step
	if known && in.New {
		kinds = nil
	}
	for _, kind := range kinds {
		if step, ok := settingStep(kind, in, inv, after); ok {
			if what := in.words(kind, f, step.Networks); what != "" {
				step.What = what
			}
			out = append(out, step)
		}
	}
	if known && in.Fixed != "" && (len(out) > 0 || in.New && !sameSettings(inv, f)) {
		out = append([]Step{byHand("%s", in.Fixed)}, out...)
	}
	return out
}

// sameSettings reports whether every controller manager has the flags f already.
func sameSettings(inv nodeipam.Inventory, f nodeipam.ControllerFlags) bool {
	_, differ := flagsStep(inv, f)
	return !differ
}

// settingStep returns the step of a kind that leads from inv to after in the words of kubeadm; ok is false where nothing changes.
func settingStep(kind Kind, in Installer, inv, after nodeipam.Inventory) (s Step, ok bool) {
	f, _ := after.Flags()
	differ := func(field func(nodeipam.ControllerFlags) string) bool {
		return slices.ContainsFunc(inv.Managers, func(m nodeipam.HostFlags) bool { return field(m.Flags) != field(f) })
	}
	ranges := differ(func(f nodeipam.ControllerFlags) string { return f.ClusterCIDR })
	s = Step{Kind: kind, Flags: f, Networks: after.Networks}
	switch kind {
	case KindNetwork:
		config, workload := FlannelNames(inv)
		s.What = fmt.Sprintf("kubectl -n %s edit configmap %s: net-conf.json: %s; then kubectl -n %s rollout restart daemonset %s",
			config[0], config[1], networkKeys(after.Networks), workload[0], workload[1])
		s.Before = inv.Networks
		ok = !slices.Equal(inv.Networks, after.Networks)
		if in.Within && ranges { // units of agents take the range from the server
			ok = true
			if len(s.Networks) == 0 && in.FlannelWithin {
				for p := range strings.SplitSeq(f.ClusterCIDR, ",") {
					if q, valid := nodeipam.ParsePodCIDR(strings.TrimSpace(p)); valid {
						s.Networks = append(s.Networks, q)
					}
				}
			}
			ok = len(s.Networks) > 0
		}
	case KindFlags:
		return flagsStep(inv, f)
	case KindPodSubnet:
		s.What = "kubectl -n kube-system edit configmap kubeadm-config: networking.podSubnet: " + f.ClusterCIDR + ", so that the next upgrade does not undo it"
		ok = ranges
	case KindProxy:
		s.What = "kubectl -n kube-system edit configmap kube-proxy: clusterCIDR: " + f.ClusterCIDR + "; then kubectl -n kube-system rollout restart daemonset kube-proxy"
		ok = ranges
	case KindKubeadmMask:
		s.What = "kubectl -n kube-system edit configmap kubeadm-config: controllerManager.extraArgs: " + cmp.Or(maskFlagsText(f), "without node-cidr-mask-size") + ", so that the next upgrade does not undo it"
		ok = differ(maskFlagsText)
	case KindConfig:
		ok = ranges || differ(maskFlagsText)
	}
	return s, ok
}

// flagsStep returns the step that gives every controller manager the flags f; ok is false where all have them.
func flagsStep(inv nodeipam.Inventory, f nodeipam.ControllerFlags) (s Step, ok bool) {
	v := inv.Kubernetes.Or(fact.NewestKubernetes())
	var hosts []string
	on := ""
	for _, m := range inv.Managers {
		if flagDifferences(m.Flags, f) == "" && m.Flags.NodeIPAMEnabled(v) {
			continue
		}
		hosts = append(hosts, managerName(inv, m))
		if m.Flags.AllocateNodeCIDRs = true; !m.Flags.NodeIPAMEnabled(v) {
			on = "; --controllers has to leave nodeipam on"
		}
	}
	was, _ := inv.Flags()
	return Step{
		Kind: KindFlags, Flags: f, Was: was, Restarts: restarts(inv),
		What: fmt.Sprintf("on %s, in /etc/kubernetes/manifests/kube-controller-manager.yaml: %s%s", words.NameList(hosts), FlagsText(f), on),
	}, len(hosts) > 0
}

// FlannelNames returns namespace and name of flannel's ConfigMap and of its DaemonSet: those of the files, or of its
// own manifest.
func FlannelNames(inv nodeipam.Inventory) (config, workload [2]string) {
	cut := func(s, namespace, name string) [2]string {
		if a, b, ok := strings.Cut(s, "/"); ok && gate.IsSubdomain(a) && gate.IsSubdomain(b) {
			return [2]string{a, b}
		}
		return [2]string{namespace, name}
	}
	workload = cut(inv.FlannelWorkload, "kube-flannel", "kube-flannel-ds")
	return cut(inv.FlannelConfig, workload[0], "kube-flannel-cfg"), workload
}

// networkKeys names the keys of net-conf.json with their ranges.
func networkKeys(list []netip.Prefix) string {
	var out []string
	for _, p := range list {
		key := "Network "
		if fact.FamilyOf(p) == fact.IPv6 {
			key = "IPv6Network "
		}
		out = append(out, key+p.String())
	}
	return strings.Join(out, ", ")
}

// FlagsText returns f as arguments.
func FlagsText(f nodeipam.ControllerFlags) string {
	out := []string{fmt.Sprintf("--allocate-node-cidrs=%v", f.AllocateNodeCIDRs), "--cluster-cidr=" + f.ClusterCIDR}
	if f.ServiceClusterIPRange != "" {
		out = append(out, "--service-cluster-ip-range="+f.ServiceClusterIPRange)
	}
	if m := maskFlagsText(f); m != "" {
		out = append(out, m)
	}
	return strings.Join(out, " ")
}

// maskFlagsText returns the node mask flags of f as arguments, "" for none.
func maskFlagsText(f nodeipam.ControllerFlags) string {
	var out []string
	for _, m := range []struct {
		name string
		bits int
	}{{"node-cidr-mask-size", f.NodeCIDRMaskSize}, {"node-cidr-mask-size-ipv4", f.NodeCIDRMaskSizeIPv4}, {"node-cidr-mask-size-ipv6", f.NodeCIDRMaskSizeIPv6}} {
		if m.bits != 0 {
			out = append(out, fmt.Sprintf("--%s=%d", m.name, m.bits))
		}
	}
	return strings.Join(out, " ")
}
