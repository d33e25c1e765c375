package repair

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// On says where a [Command] is given. The zero value is [OnHere].
type On string

const (
	OnHere    On = ""        // wherever kubectl works
	OnServers On = "servers" // on every host of the control plane, one after the other
	OnAgents  On = "agents"  // on every other node
)

// A Command is one line for a shell. The zero value is no command.
type Command struct {
	On On
	// Text is the command; the word HOST in it stands for the host where it is not given on the host itself.
	Text   string
	Remote bool // it is given elsewhere, with HOST for each host of On
}

// An Installer says how to change the settings of a living cluster that an installer other than kubeadm made: one row
// for each. The zero value has no name.
type Installer struct {
	Name  string // as [nodeipam.Inventory] has it: "k3s"
	Title string
	// Server and Agent are the systemd units that run kubelet on hosts of the control plane and on others; "" for kubelet's own.
	Server, Agent string
	// Within says that Server is the control plane as well: where it is stopped, the API server is.
	Within bool
	// FlannelWithin says that flannel runs within the units, and takes its range from the server.
	FlannelWithin bool
	// Data is the folder that is there on every host of the control plane, for a script that looks before it acts.
	Data string
	// Probe prints the flags of the kube-controller-manager that runs on a host, one on a line, and the word running; "" where a static pod shows them.
	Probe string
	// Script says that hosts have a shell, so that the script of a repair can go its ways.
	Script bool
	// Fixed is what the installer says of changing ranges later, and the way round, in a sentence; "" where it says nothing.
	Fixed string
	// New says that nothing of the settings can be changed in place.
	New bool

	// Anew are the steps that make the cluster anew, for people; nil: those of kubeadm.
	Anew func(pods, services string) []string

	what    string // where the flags stand, for people
	steps   []Kind // settings that there are to change, in order; nil: those of kubeadm
	flags   func(f nodeipam.ControllerFlags) []Command
	restart []Command // of kube-controller-manager
	network func(list []netip.Prefix) []Command
	proxy   func(ranges string) []Command
	config  func(f nodeipam.ControllerFlags) []Command
	check   []Command // that show the flags
}

// InstallerOf returns the row of the cluster of inv; ok is false for clusters of kubeadm, and of nobody known.
func InstallerOf(inv nodeipam.Inventory) (row Installer, ok bool) {
	for _, in := range installers() {
		if in.Name == inv.Installer {
			return in, true
		}
	}
	return Installer{}, false
}

// Unit returns the systemd unit that runs kubelet, on a host of the control plane or another.
func (in Installer) Unit(server bool) string {
	switch {
	case server && in.Server != "":
		return in.Server
	case !server && in.Agent != "":
		return in.Agent
	}
	return "kubelet"
}

// restarts names what restarts where the flags of kube-controller-manager change.
func restarts(inv nodeipam.Inventory) []string {
	if in, ok := InstallerOf(inv); ok && in.Within {
		return []string{"kube-controller-manager, with " + in.Server + " and the API server on each server, one after the other; pods go on"}
	}
	return []string{"kube-controller-manager"}
}

// installers returns the table. Sources stand at the rows of package distro, which reads the same files.
func installers() []Installer {
	return slices.Concat([]Installer{
		servers("k3s", "k3s", "k3s", "k3s-agent", "/etc/rancher/k3s"),
		servers("rke2", "RKE2", "rke2-server", "rke2-agent", "/etc/rancher/rke2"),
		kubespray(), talos(), clusterAPI(), k0s(),
	}, unchangeable())
}

// unchangeable are those whose clusters are made anew.
func unchangeable() []Installer {
	var out []Installer
	for _, r := range []struct{ name, title, way string }{
		{"k3d", "k3d", "k3d cluster delete, then k3d cluster create with the other ranges"},
		{"kind", "kind", "kind delete cluster, then kind create cluster --config with the other ranges"},
		{"minikube", "minikube", "minikube delete, then minikube start with the other ranges"},
		{"eks-anywhere", "EKS Anywhere", "its webhook refuses the change (field is immutable): create another cluster and move what runs"},
		{"rancher", "Rancher", "ranges cannot be edited after creation: create another cluster and move what runs"},
		{"kubekey", "KubeKey", "kk add nodes and kk upgrade keep the ranges: create another cluster and move what runs"},
		{"kubeone", "KubeOne", "clusterNetwork is fixed: create another cluster and move what runs"},
		{"sealos", "sealos", "sealos reset, then sealos run with the other ranges"},
		{"openshift", "OpenShift", "with OVN-Kubernetes the clusterNetwork can be widened in place and nothing else changed: oc patch Network.config.openshift.io cluster --type=merge"},
		{"microk8s", "MicroK8s", "supported for a cluster of one node alone: microk8s stop, edit /var/snap/microk8s/current/args/* and cni-network/cni.yaml, microk8s start, and make the IPPool anew"},
		{"kops", "kOps", "kops edit cluster takes it, and it is not safe: create another cluster and move what runs"},
		{"eksctl", "eksctl", "the service range of EKS is fixed; pods take addresses of the VPC: add subnets to it"},
	} {
		anew := func(pods, services string) []string {
			return []string{r.way, "pods " + pods + ", services " + services}
		}
		out = append(out, Installer{Name: r.name, Title: r.title, New: true, Fixed: r.title + ": " + r.way, Anew: anew})
	}
	return out
}

// servers is the row of k3s and of RKE2: docs.k3s.io/installation/configuration, docs.rke2.io/install/configuration. A file of config.yaml.d
// overrides config.yaml; a key with + appends to the list.
func servers(name, title, server, agent, folder string) Installer {
	in := Installer{
		Name: name, Title: title, Server: server, Agent: agent, Within: true, FlannelWithin: name == "k3s", Script: true,
		Data: "/var/lib/rancher/" + name + "/server",
		what: "on every server, in " + folder + "/config.yaml or a file of " + folder + "/config.yaml.d",
		Fixed: title + " documents its ranges as fixed after installation; a shorter prefix around the same addresses, and another node mask for nodes to come, are taken all the same. " +
			"Flags among the arguments of the unit win over every file: remove them there",
		steps:   []Kind{KindFlags, KindNetwork},
		restart: []Command{{On: OnServers, Text: "systemctl restart " + server}},
	}
	in.Anew = func(pods, services string) []string {
		script := name + "-uninstall.sh on every host"
		if name == "k3s" {
			script = "k3s-agent-uninstall.sh on every agent and k3s-uninstall.sh on every server"
		}
		return []string{script, "install " + title + " anew, with cluster-cidr: " + pods + " and service-cidr: " + services + " in " + folder + "/config.yaml of every server"}
	}
	file := folder + "/config.yaml.d/90-kubecidr.yaml"
	in.flags = func(f nodeipam.ControllerFlags) []Command {
		text := "cluster-cidr: " + argOf(f.ClusterCIDR) + `\nkube-controller-manager-arg+:\n`
		for _, a := range strings.Fields(managerArgs(f)) {
			text += "- " + strings.TrimPrefix(a, "--") + `\n`
		}
		return []Command{{On: OnServers, Text: "set -e; f=" + file + "; mkdir -p " + folder + "/config.yaml.d; printf '" + text + "' >$f.new; if cmp -s $f.new $f; then rm $f.new; else mv $f.new $f; systemctl restart " + server + "; fi"}}
	}
	in.check = []Command{{Text: "kubectl -n kube-system get pods -l component=kube-controller-manager -o yaml | grep -e --allocate-node-cidrs -e --cluster-cidr -e --node-cidr-mask-size"}}
	restart := "systemctl restart " + agent
	in.network = func([]netip.Prefix) []Command {
		return []Command{{On: OnAgents, Text: restart}}
	}
	if name == "k3s" { // its controller manager is no pod
		log := "journalctl -u k3s -o cat --no-pager | grep 'Running kube-controller-manager' | tail -n 1"
		in.check = []Command{{On: OnServers, Text: log}}
		in.Probe = "systemctl is-active --quiet k3s && " + log + ` | tr ' ' '\n' && echo running`
		return in
	}
	in.network = func(list []netip.Prefix) []Command {
		return []Command{
			{Text: "kubectl -n kube-system get configmap rke2-canal-config -o yaml | sed " + netConfEdit(list) + " | kubectl replace -f -"},
			{Text: "kubectl -n kube-system rollout restart daemonset rke2-canal"},
			{On: OnAgents, Text: restart},
		}
	}
	return in
}

// argOf returns a list of ranges as it stands in a command; "" where it is none, since flags of a file can hold anything.
func argOf(s string) string {
	if gate.Arg(s) != s {
		return ""
	}
	return s
}

// managerArgs returns the flags of f that k3s does not set from keys of its own.
func managerArgs(f nodeipam.ControllerFlags) string {
	return strings.TrimSpace(fmt.Sprintf("--allocate-node-cidrs=%v ", f.AllocateNodeCIDRs) + maskFlagsText(f))
}

// netConfEdit is the sed script that changes flannel's ranges in its ConfigMap.
func netConfEdit(list []netip.Prefix) string {
	var out []string
	for _, p := range list {
		key := `"Network"`
		if fact.FamilyOf(p) == fact.IPv6 {
			key = `"IPv6Network"`
		}
		out = append(out, "-e "+gate.Word(`s|`+key+`: *"[^"]*"|`+key+`: "`+p.String()+`"|`))
	}
	return strings.Join(out, " ")
}

// kubespray runs kubeadm, so that its settings are where kubeadm has them; the inventory has them, too.
func kubespray() Installer {
	return Installer{
		Name: "kubespray", Title: "kubespray", Script: true, Data: "/etc/kubernetes/manifests",
		Fixed: "kubespray's playbooks write flags anew from the inventory and leave nodes and pools as they are: the inventory is changed with the cluster, or the next run undoes it",
		steps: []Kind{KindNetwork, KindFlags, KindPodSubnet, KindProxy, KindKubeadmMask, KindConfig},
		Anew: func(pods, services string) []string {
			return []string{"ansible-playbook -i inventory/NAME/hosts.yaml reset.yml", "kube_pods_subnet: " + pods + " and kube_service_addresses: " + services + " in the inventory, then cluster.yml"}
		},
		config: func(f nodeipam.ControllerFlags) []Command {
			var keys []string
			for i, s := range strings.Split(argOf(f.ClusterCIDR), ",") {
				key, mask := "kube_pods_subnet", "kube_network_node_prefix"
				if strings.Contains(s, ":") {
					key, mask = "kube_pods_subnet_ipv6", "kube_network_node_prefix_ipv6"
				}
				keys = append(keys, key+": "+s)
				if m := maskAt(f, i, s); m > 0 {
					keys = append(keys, fmt.Sprintf("%s: %d", mask, m))
				}
			}
			return []Command{{Text: "# in inventory/NAME/group_vars/k8s_cluster/k8s-cluster.yml: " + strings.Join(keys, ", ")}}
		},
	}
}

// maskAt returns the node mask that f sets for range i, 0 for the default.
func maskAt(f nodeipam.ControllerFlags, i int, text string) int {
	switch {
	case f.NodeCIDRMaskSize > 0 && i == 0:
		return f.NodeCIDRMaskSize
	case strings.Contains(text, ":"):
		return f.NodeCIDRMaskSizeIPv6
	}
	return f.NodeCIDRMaskSizeIPv4
}

// talos: docs.siderolabs.com, talosctl patch machineconfig; podSubnets are replaced by a patch, extraArgs merged.
func talos() Installer {
	return Installer{
		Name: "talos", Title: "Talos",
		Fixed: "talosctl takes other subnets and starts the control plane anew; nodes keep their podCIDR, flannel and kube-proxy are applied again by talosctl upgrade-k8s alone",
		what:  "in the machine configuration of every control-plane node, cluster.network.podSubnets and cluster.controllerManager.extraArgs",
		steps: []Kind{KindFlags, KindNetwork, KindProxy},
		flags: func(f nodeipam.ControllerFlags) []Command {
			var subnets, args []string
			for s := range strings.SplitSeq(argOf(f.ClusterCIDR), ",") {
				subnets = append(subnets, `"`+s+`"`)
			}
			for _, a := range strings.Fields(managerArgs(f)) {
				name, value, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
				args = append(args, fmt.Sprintf("%q:%q", name, value))
			}
			patch := fmt.Sprintf(`{"cluster":{"network":{"podSubnets":[%s]},"controllerManager":{"extraArgs":{%s}}}}`, strings.Join(subnets, ","), strings.Join(args, ","))
			return []Command{{On: OnServers, Remote: true, Text: "talosctl -n HOST patch machineconfig --patch " + gate.Word(patch)}}
		},
		Anew: func(pods, services string) []string {
			return []string{"talosctl -n HOST reset on every node, workers first", "talosctl gen config with podSubnets " + pods + " and serviceSubnets " + services + ", apply it to every node, and talosctl bootstrap"}
		},
		restart: []Command{{On: OnServers, Remote: true, Text: "talosctl -n HOST service kubelet restart"}},
		check:   []Command{{On: OnServers, Remote: true, Text: "talosctl -n HOST get staticpods kube-controller-manager -o yaml | grep -e cluster-cidr -e node-cidr-mask-size"}},
		network: func(list []netip.Prefix) []Command {
			return []Command{
				{Text: "kubectl -n kube-system get configmap kube-flannel-cfg -o yaml | sed " + netConfEdit(list) + " | kubectl replace -f -"},
				{Text: "kubectl -n kube-system rollout restart daemonset kube-flannel"},
			}
		},
		proxy: func(string) []Command {
			return []Command{{Text: "talosctl -n HOST upgrade-k8s # to the release that runs: it applies kube-proxy and flannel anew; HOST is one control-plane node"}}
		},
	}
}

// clusterAPI: the webhook of KubeadmControlPlane takes controllerManager and refuses networking.
func clusterAPI() Installer {
	return Installer{
		Name: "cluster-api", Title: "Cluster API",
		Fixed: "Cluster API takes other cidrBlocks and does not roll control planes for them; extraArgs of the KubeadmControlPlane do, machine by machine. Nodes are registered anew by new machines, not by hand",
		what:  "in the management cluster: Cluster.spec.clusterNetwork.pods.cidrBlocks, and KubeadmControlPlane.spec.kubeadmConfigSpec.clusterConfiguration.controllerManager.extraArgs, which rolls the control plane",
		steps: []Kind{KindNetwork, KindFlags, KindProxy},
		flags: func(f nodeipam.ControllerFlags) []Command {
			f.ClusterCIDR = argOf(f.ClusterCIDR)
			blocks := `"` + strings.Join(strings.Split(f.ClusterCIDR, ","), `","`) + `"`
			return []Command{
				{Text: "# NAME and NAME-control-plane are those of the Cluster and of its KubeadmControlPlane, in the management cluster"},
				{Text: "kubectl patch cluster NAME --type=merge -p " + gate.Word(`{"spec":{"clusterNetwork":{"pods":{"cidrBlocks":[`+blocks+`]}}}}`)},
				{Text: "kubectl edit kubeadmcontrolplane NAME-control-plane # controllerManager.extraArgs: " + strings.ReplaceAll("cluster-cidr="+f.ClusterCIDR+" "+strings.ReplaceAll(managerArgs(f), "--", ""), " ", ", ")},
			}
		},
		Anew: func(pods, services string) []string {
			return []string{"create another Cluster with pods.cidrBlocks " + pods + " and services.cidrBlocks " + services + ", move what runs, then kubectl delete cluster NAME"}
		},
		restart: []Command{{Text: "clusterctl alpha rollout restart kubeadmcontrolplane/NAME-control-plane"}},
	}
}

// k0s: docs.k0sproject.io; the control plane is processes of the unit k0scontroller.
func k0s() Installer {
	return Installer{
		Name: "k0s", Title: "k0s", Server: "k0scontroller", Agent: "k0sworker", Within: true,
		Fixed: "k0s documents podCIDR, serviceCIDR and the provider as not changeable; a shorter prefix around the same addresses is taken by kube-controller-manager, once every controller has it",
		what:  "on every controller, in /etc/k0s/k0s.yaml: spec.network.podCIDR and spec.controllerManager.extraArgs, or k0s config edit where the configuration is dynamic",
		steps: []Kind{KindFlags},
		flags: func(f nodeipam.ControllerFlags) []Command {
			return []Command{
				{On: OnServers, Text: "vi /etc/k0s/k0s.yaml # spec.network.podCIDR: " + argOf(f.ClusterCIDR) + "; spec.controllerManager.extraArgs: " + strings.ReplaceAll(managerArgs(f), "--", "")},
				{On: OnServers, Text: "k0s stop && k0s start"},
			}
		},
		Anew: func(pods, services string) []string {
			return []string{"k0s stop and k0s reset on every host", "install k0s anew with spec.network.podCIDR " + pods + " and serviceCIDR " + services}
		},
		restart: []Command{{On: OnServers, Text: "k0s stop && k0s start"}},
		check:   []Command{{On: OnServers, Text: "ps -ww -o args= -C kube-controller-manager"}},
	}
}

// Commands returns what does a step on settings in the installer's way; ok is false where it is as with kubeadm.
func (in Installer) Commands(s Step) (list []Command, ok bool) {
	switch s.Kind {
	case KindPause, KindResume, KindFlags:
		if in.flags != nil {
			return in.flags(s.Flags), true
		}
	case KindRestartController:
		return in.restart, in.restart != nil
	case KindNetwork:
		if in.network != nil {
			return in.network(s.Networks), true
		}
	case KindProxy:
		if in.proxy != nil {
			return in.proxy(s.Flags.ClusterCIDR), true
		}
	case KindConfig:
		if in.config != nil {
			return in.config(s.Flags), true
		}
	}
	return nil, false
}

// Check returns what shows that a step on the flags worked; ok is false where it is as with kubeadm.
func (in Installer) Check(s Step) (list []Command, ok bool) {
	return in.check, s.setsFlags() && in.check != nil
}

// words says what a step on settings does, "" where it is as with kubeadm.
func (in Installer) words(kind Kind, f nodeipam.ControllerFlags, networks []netip.Prefix) string {
	switch kind {
	case KindFlags:
		if in.what != "" {
			return in.what + ": " + strings.Join(in.keys(f), ", ")
		}
	case KindNetwork:
		switch {
		case in.FlannelWithin:
			return "restart " + in.Agent + " on every agent: flannel and kube-proxy run within it and take the range from the server (" + strings.Join(words.Texts(networks), ", ") + ")"
		case in.network != nil:
			return in.Title + "'s flannel: net-conf.json with " + networkKeys(networks) + ", then its pods and the units of agents start anew"
		}
	case KindProxy:
		if in.proxy != nil {
			return in.Title + "'s kube-proxy: --cluster-cidr=" + f.ClusterCIDR
		}
	case KindConfig:
		return "write the same into " + in.Title + "'s own files, so that its next run does not undo it: pods " + f.ClusterCIDR
	}
	return ""
}

// keys names the settings in the installer's words.
func (in Installer) keys(f nodeipam.ControllerFlags) []string {
	out := []string{"cluster-cidr: " + f.ClusterCIDR}
	for _, a := range strings.Fields(managerArgs(f)) {
		if in.Within && in.FlannelWithin || in.Name == "rke2" {
			out = append(out, "kube-controller-manager-arg: "+strings.TrimPrefix(a, "--"))
			continue
		}
		out = append(out, strings.TrimPrefix(a, "--"))
	}
	return out
}
