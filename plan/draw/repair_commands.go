package draw

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

const (
	managerManifest = "/etc/kubernetes/manifests/kube-controller-manager.yaml"
	// hostReset is what is left of the old subnet on a host, with kubelet stopped: flannel's file, the bridge and the
	// tunnels, whose routes go with them.
	hostReset = "rm -f /run/flannel/subnet.env; for l in cni0 flannel.1 flannel-v6.1; do ip link delete $l 2>/dev/null || true; done"
)

// managerRestart ends the program; kubelet starts it again.
const managerRestart = "kill $(pidof kube-controller-manager)"

// A commander writes the commands of steps for one cluster.
type commander struct {
	inv        nodeipam.Inventory
	in         repair.Installer // its row; zero for kubeadm
	network    repair.Network   // its row; zero where kube-controller-manager hands out subnets
	hosts      []string         // control-plane hosts, none if unknown
	hasFlannel bool             // gives the pods their network, or may do so
	v          fact.Version
}

func newCommander(r *repair.Repair) *commander {
	in, _ := repair.InstallerOf(r.Inventory)
	network, _ := repair.NetworkOf(r.Inventory)
	return &commander{inv: r.Inventory, in: in, network: network, hosts: managerHosts(r), hasFlannel: mayHaveFlannel(r.Inventory), v: r.Inventory.Kubernetes.Or(fact.NewestKubernetes())}
}

// commands returns the commands that do s by hand, none for what is for people to do and for nodes that cannot be.
func (c *commander) commands(s repair.Step) []string {
	node := gate.Word(s.Node)
	if s.Node != "" && !gate.IsSubdomain(s.Node) {
		return nil
	}
	switch s.Kind {
	case repair.KindPatch:
		return []string{c.patch(s)}
	case repair.KindRecreate, repair.KindDelete:
		out := []string{}
		if c.frozen(s) {
			out = append(out, "# "+s.Node+" cannot be cordoned: the API server refuses every change of a Node whose podCIDR is not in canonical form")
		} else {
			out = append(out, "kubectl drain "+node+" "+c.drainFlags()+" --timeout=10m")
		}
		out = append(out, "kubectl get node "+node+" -o yaml > "+s.Node+".node.yaml",
			"ssh -n "+node+" 'systemctl stop "+c.unit(s.Node)+"'",
			"kubectl delete node "+node,
			"ssh -n "+node+" "+gate.Word(hostReset+"; systemctl start "+c.unit(s.Node)),
			"kubectl cordon "+node)
		out = c.reregister(s, out)
		if s.Kind == repair.KindRecreate {
			out = append(out, c.settle(s)...)
		}
		return out
	case repair.KindCreate:
		return c.settle(s)
	case repair.KindRestartFlannel:
		return c.flannel(s)
	}
	return c.settingCommands(s)
}

// unit is the systemd unit that runs kubelet on a node.
func (c *commander) unit(node string) string { return c.in.Unit(c.inv.IsControlPlane(node)) }

// reregister returns the commands that let a node register anew in the installer's way, out where that is kubeadm's. A
// server that is the API server as well is not stopped before its Node is deleted.
func (c *commander) reregister(s repair.Step, out []string) []string {
	node := gate.Word(s.Node)
	switch {
	case c.in.Name == "talos":
		return append(out[:2], "talosctl -n "+node+" service kubelet stop", "kubectl delete node "+node, "talosctl -n "+node+" reboot", "kubectl cordon "+node)
	case c.in.Name == "cluster-api":
		return append(out[:2], "kubectl delete machine MACHINE # that of "+s.Node+", in the management cluster: another is made for it, with a subnet of its own")
	case c.in.Within && c.inv.IsControlPlane(s.Node):
		return append(out[:2], "# "+s.Node+" is a server: take a snapshot of its datastore first; with etcd within, a server whose Node is deleted leaves the cluster and has to join anew",
			"kubectl delete node "+node, "ssh -n "+node+" "+gate.Word(hostReset+"; systemctl restart "+c.unit(s.Node)), "kubectl cordon "+node)
	}
	return out
}

// lines returns the commands of an installer as lines to type.
func (c *commander) lines(list []repair.Command) (out []string) {
	for _, cmd := range list {
		switch {
		case cmd.On == repair.OnHere:
			out = append(out, cmd.Text)
		case cmd.On == repair.OnAgents:
			out = append(out, "# on every node that is no control-plane host:", cmd.Text)
		case len(c.hosts) == 0 && cmd.Remote:
			out = append(out, "# for each control-plane host in place of HOST:", cmd.Text)
		case len(c.hosts) == 0:
			out = append(out, "# on every control-plane host:", cmd.Text)
		}
		for _, h := range c.hosts {
			if cmd.On != repair.OnServers {
				break
			}
			if cmd.Remote {
				out = append(out, strings.ReplaceAll(cmd.Text, "HOST", gate.Arg(h)))
			} else {
				out = append(out, "ssh -n "+gate.Word(h)+" "+gate.Word(cmd.Text))
			}
		}
	}
	return out
}

// settle gives a node that is registered anew its subnets, and puts back what it had.
func (c *commander) settle(s repair.Step) []string {
	out := append([]string{c.patch(s)}, c.flannel(s)...)
	return append(out, "# put back the labels, taints and annotations of "+s.Node+".node.yaml that kubelet does not set", "kubectl uncordon "+gate.Word(s.Node))
}

func (c *commander) patch(s repair.Step) string {
	return "kubectl patch node " + gate.Word(s.Node) + " --type=merge -p " + gate.Word(c.nodePatch(s.New))
}

// flannel starts flannel anew on a node.
func (c *commander) flannel(s repair.Step) []string {
	if !c.hasFlannel {
		return nil
	}
	if c.in.FlannelWithin {
		return []string{"ssh -n " + gate.Word(s.Node) + " 'systemctl restart " + c.unit(s.Node) + "'"}
	}
	namespace := cmp.Or(strings.Split(c.inv.FlannelWorkload, "/")[0], "kube-flannel")
	out := []string{"kubectl -n " + gate.Word(namespace) + " delete pod -l app=flannel --field-selector " + gate.Word("spec.nodeName="+s.Node)}
	if s.Bridge {
		out = append(out, "ssh -n "+gate.Word(s.Node)+" 'ip link delete cni0'")
	}
	return out
}

func mayHaveFlannel(inv nodeipam.Inventory) bool {
	return len(inv.Networks) > 0 || inv.FlannelWorkload != "" || slices.ContainsFunc(inv.Nodes, func(n nodeipam.InventoryNode) bool { return len(n.SubnetEnv) > 0 })
}

func (c *commander) settingCommands(s repair.Step) (out []string) {
	host := func(command string) {
		for _, h := range c.hosts {
			out = append(out, "ssh -n "+gate.Word(h)+" "+gate.Word(command))
		}
		if len(c.hosts) == 0 {
			out = append(out, "# on every control-plane host:", command)
		}
	}
	if list, ok := c.in.Commands(s); ok {
		return c.lines(list)
	}
	config, workload := c.flannelNames()
	switch s.Kind {
	case repair.KindPool:
		do, _ := c.network.Commands(s)
		return c.lines(do)
	case repair.KindPause, repair.KindResume, repair.KindFlags:
		host(manifestEdit(s))
	case repair.KindRestartController:
		host(managerRestart)
	case repair.KindNetwork:
		out = append(out, "kubectl -n "+gate.Word(config[0])+" get configmap "+gate.Word(config[1])+" -o yaml | sed "+networkEdit(s)+" | kubectl replace -f -",
			"kubectl -n "+gate.Word(workload[0])+" rollout restart daemonset "+gate.Word(workload[1]),
			"kubectl -n "+gate.Word(workload[0])+" rollout status daemonset "+gate.Word(workload[1])+" --timeout=10m")
	case repair.KindPodSubnet:
		out = append(out, "kubectl -n kube-system get configmap kubeadm-config -o yaml | sed "+podSubnetEdit(s)+" | kubectl replace -f -")
	case repair.KindProxy:
		out = append(out, "kubectl -n kube-system get configmap kube-proxy -o yaml | sed "+proxyEdit(s)+" | kubectl replace -f -",
			"kubectl -n kube-system rollout restart daemonset kube-proxy",
			"kubectl -n kube-system rollout status daemonset kube-proxy --timeout=10m")
	case repair.KindKubeadmMask:
		out = append(out, "kubectl -n kube-system edit configmap kubeadm-config")
	}
	return out
}

// check returns the commands that show whether s has worked.
func (c *commander) check(s repair.Step) []string {
	if s.Node != "" && !gate.IsSubdomain(s.Node) {
		return nil
	}
	if list, ok := c.in.Check(s); ok {
		return c.lines(list)
	}
	node := gate.Word(s.Node)
	holds := "kubectl get node " + node + " -o " + gate.Word("jsonpath="+c.podCIDRsPath())
	config, _ := c.flannelNames()
	switch s.Kind {
	case repair.KindPool:
		_, check := c.network.Commands(s)
		return c.lines(check)
	case repair.KindPatch, repair.KindDelete:
		return []string{holds}
	case repair.KindRecreate, repair.KindCreate, repair.KindRestartFlannel:
		out := []string{holds}
		if c.hasFlannel {
			out = append(out, "ssh -n "+node+" 'cat /run/flannel/subnet.env'")
		}
		return append(out, "kubectl wait --for=condition=Ready node/"+node+" --timeout=10m")
	case repair.KindPause, repair.KindResume, repair.KindFlags, repair.KindRestartController:
		return []string{"kubectl -n kube-system get pods -l component=kube-controller-manager -o yaml | grep -e --allocate-node-cidrs -e --cluster-cidr -e --node-cidr-mask-size -e running:"}
	case repair.KindNetwork:
		return []string{"kubectl -n " + gate.Word(config[0]) + " get configmap " + gate.Word(config[1]) + " -o yaml | grep Network"}
	case repair.KindPodSubnet, repair.KindKubeadmMask:
		return []string{"kubectl -n kube-system get configmap kubeadm-config -o yaml | grep -e podSubnet -e node-cidr-mask-size"}
	case repair.KindProxy:
		return []string{"kubectl -n kube-system get configmap kube-proxy -o yaml | grep clusterCIDR"}
	case repair.KindNewCluster:
		return []string{"kubectl get nodes -o " + gate.Word("custom-columns=NAME:.metadata.name,PODCIDRS:"+c.podCIDRsColumn())}
	}
	return nil
}

// podCIDRs exists since 1.16: pkg/apis/core/types.go NodeSpec.
func (c *commander) oldNodes() bool { return c.v.Before(fact.V(1, 16, 0)) }

func (c *commander) podCIDRsPath() string {
	if c.oldNodes() {
		return "{.spec.podCIDR}"
	}
	return "{.spec.podCIDRs[*]}"
}

func (c *commander) podCIDRsColumn() string {
	if c.oldNodes() {
		return ".spec.podCIDR"
	}
	return ".spec.podCIDRs"
}

// drainFlags returns the flags of kubectl drain, one of which has another name since 1.20.
func (c *commander) drainFlags() string {
	if c.v.Before(fact.V(1, 20, 0)) {
		return "--ignore-daemonsets --delete-local-data"
	}
	return "--ignore-daemonsets --delete-emptydir-data"
}

// frozen reports whether the API server refuses every change of the Node, cordoning included (StrictIPCIDRValidation,
// 1.36).
func (c *commander) frozen(s repair.Step) bool {
	return len(nodeipam.ValidatePodCIDRs(s.Old, c.inv.Kubernetes)) > 0
}

func (c *commander) flannelNames() (config, workload [2]string) { return repair.FlannelNames(c.inv) }

// nodePatch returns the merge patch that sets podCIDRs.
func (c *commander) nodePatch(subnets []netip.Prefix) string {
	if len(subnets) == 0 {
		return "{}"
	}
	spec := map[string]any{"podCIDR": subnets[0].String(), "podCIDRs": words.Texts(subnets)}
	if c.oldNodes() {
		delete(spec, "podCIDRs")
	}
	data, err := json.Marshal(map[string]any{"spec": spec})
	if err != nil {
		return "{}" // strings always marshal
	}
	return string(data)
}

// manifestFlags returns the flags that a step sets in the manifest, and the names of those that it takes out. A pause
// touches one alone.
func manifestFlags(s repair.Step) (set, drop []string) {
	if s.Kind == repair.KindPause || s.Kind == repair.KindResume {
		return []string{fmt.Sprintf("--allocate-node-cidrs=%v", s.Flags.AllocateNodeCIDRs)}, nil
	}
	for _, arg := range strings.Fields(repair.FlagsText(s.Flags)) {
		// A service range that cannot be read does not keep the program from starting, so that it may hold anything:
		// it stays as it is.
		if gate.Arg(arg) == arg {
			set = append(set, arg)
		}
	}
	for _, name := range []string{"--node-cidr-mask-size", "--node-cidr-mask-size-ipv4", "--node-cidr-mask-size-ipv6"} {
		if !slices.ContainsFunc(set, func(arg string) bool { return strings.HasPrefix(arg, name+"=") }) {
			drop = append(drop, name)
		}
	}
	return set, drop
}

// manifestEdit returns the command that sets flags in the manifest on a host. It changes the file in one go, and not
// at all where it is so already or is not of the form that kubeadm writes. kubelet runs every file in the folder of
// the manifest, so the work is done beside it.
func manifestEdit(s repair.Step) string {
	set, drop := manifestFlags(s)
	var b strings.Builder
	b.WriteString("set -e; m=" + managerManifest + "; t=/etc/kubernetes/kube-controller-manager.new; sed")
	names := slices.Clone(drop)
	for _, arg := range set {
		name, _, _ := strings.Cut(arg, "=")
		names = append(names, name)
	}
	for _, name := range names {
		b.WriteString(` -e "/^ *- *[\"']*` + name + `\([=\"' ].*\)*$/d"`)
	}
	if s.Flags.AllocateNodeCIDRs {
		b.WriteString(` -e "/--controllers/s/,*-nodeipam//" -e "/--controllers/s/,*-node-ipam-controller//"`)
	}
	b.WriteString(` -e "s|^\( *\)- kube-controller-manager$|&\n\1- ` + strings.Join(set, `\n\1- `) + `|"`)
	b.WriteString(" $m > $t")
	for _, arg := range set {
		b.WriteString("; grep -q -e '- " + arg + "$' $t")
	}
	b.WriteString("; cmp -s $t $m || mv $t $m")
	return b.String()
}

// networkEdit returns the sed script that changes flannel's ranges in its ConfigMap.
func networkEdit(s repair.Step) string {
	var out []string
	for _, p := range s.Networks {
		key := `"Network"`
		if fact.FamilyOf(p) == fact.IPv6 {
			key = `"IPv6Network"`
		}
		out = append(out, "-e "+gate.Word(`s|`+key+`: *"[^"]*"|`+key+`: "`+p.String()+`"|`))
	}
	return strings.Join(out, " ")
}

func podSubnetEdit(s repair.Step) string {
	return "-e " + gate.Word(`s|podSubnet: .*|podSubnet: `+s.Flags.ClusterCIDR+`|`)
}

func proxyEdit(s repair.Step) string {
	return "-e " + gate.Word(`s|clusterCIDR: .*|clusterCIDR: `+s.Flags.ClusterCIDR+`|`)
}

// envLines returns the lines of subnet.env that say subnets: the address that the bridge has, the first of the subnet
// after that of the network.
func envLines(subnets []netip.Prefix) []string {
	var out []string
	for _, p := range subnets {
		key := "FLANNEL_SUBNET="
		if fact.FamilyOf(p) == fact.IPv6 {
			key = "FLANNEL_IPV6_SUBNET="
		}
		out = append(out, key+netip.PrefixFrom(p.Masked().Addr().Next(), p.Bits()).String())
	}
	return out
}
