package check

import (
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A need is one row of the coverage table: a fact that decides whether the ranges of a cluster agree.
type need struct {
	role    fact.Role
	source  fact.Component
	what    string                    // "the service range of kube-apiserver"
	applies func(*checker) bool       // nil: to every cluster
	missing func(*checker) []string   // hosts of which it was not seen, "" for the whole cluster; nil where it was seen
	command map[installation]string   // what shows it; that of "" counts for all others
	network func(*checker) (c string) // the command where it depends on the network, "" for command
}

// An installation is a way to run a control plane, as far as commands that show its flags differ.
type installation string

const (
	byKubeadm   installation = ""
	byK3s       installation = "k3s"
	byRKE2      installation = "RKE2"
	byUnits     installation = "units"
	byMicroK8s  installation = "microk8s"
	byTalos     installation = "talos"
	byK0s       installation = "k0s"
	byOpenShift installation = "openshift"
	byEKS       installation = "eks"
	byAKS       installation = "aks"
	byGKE       installation = "gke"
)

const (
	showNodes  = "kubectl get nodes -o json"
	showPlanes = "kubectl -n kube-system get pods -l tier=control-plane -o yaml"
)

// controlPlaneCommands show the flags of every control plane at once where that can be had.
var controlPlaneCommands = map[installation]string{
	byKubeadm:   showPlanes,
	byK3s:       "journalctl -u k3s --no-pager | grep 'Running kube-' on every server",
	byRKE2:      showPlanes,
	byUnits:     "ps -ww -o args= -C kube-apiserver,kube-controller-manager on every control-plane host",
	byMicroK8s:  "cat /var/snap/microk8s/current/args/kube-apiserver /var/snap/microk8s/current/args/kube-controller-manager on every node",
	byTalos:     showPlanes,
	byK0s:       "ps -ww -o args= -C kube-apiserver,kube-controller-manager on every controller",
	byOpenShift: "oc get network.config.openshift.io cluster -o yaml",
	byEKS:       "aws eks describe-cluster --name NAME --query cluster.kubernetesNetworkConfig",
	byAKS:       "az aks show --name NAME --resource-group GROUP --query networkProfile",
	byGKE:       "gcloud container clusters describe NAME --format 'yaml(ipAllocationPolicy,clusterIpv4Cidr,servicesIpv4Cidr)'",
}

// needs is the coverage table: what decides, by role and source. It is never changed.
func needs() []need {
	return []need{
		{
			role: fact.RoleHosts, source: fact.Node, what: "the addresses of the hosts",
			missing: (*checker).unseenHosts, command: map[installation]string{byKubeadm: showNodes},
		},
		{
			role: fact.RoleServices, source: fact.APIServer, what: "the service range of kube-apiserver",
			missing: func(c *checker) []string {
				return c.unseenPlanes(c.servers, func(s *sourceView) bool { return s.services != nil })
			},
			command: controlPlaneCommands,
		},
		{
			role: fact.RolePods, source: fact.ControllerManager, what: "the pod range of kube-controller-manager",
			applies: func(c *checker) bool { return c.allocator() == fact.AllocatorNode },
			missing: func(c *checker) []string {
				return c.unseenPlanes(c.managers, func(s *sourceView) bool { return len(s.pods) > 0 })
			},
			command: controlPlaneCommands,
		},
		{
			role: fact.RoleNodePods, source: fact.Node, what: "the pod subnets of the nodes",
			applies: func(c *checker) bool {
				a := c.allocator()
				return a == fact.AllocatorNode || a == fact.AllocatorOwnNode
			},
			missing: (*checker).unseenSubnets, command: map[installation]string{byKubeadm: showNodes},
		},
		{
			role: fact.RolePods, source: "network", what: "the ranges of the pod network",
			applies: func(c *checker) bool { return c.allocator() != fact.AllocatorCloud },
			missing: (*checker).unseenNetwork, network: (*checker).showNetwork,
		},
	}
}

// networkCommands show the ranges of a network.
var networkCommands = map[string]string{
	"flannel":        "kubectl get configmap -A -l app=flannel -o yaml",
	"canal":          "kubectl -n kube-system get configmap canal-config -o yaml",
	"calico":         "kubectl get ippools.crd.projectcalico.org -o yaml",
	"cilium":         "kubectl -n kube-system get configmap cilium-config -o yaml",
	"antrea":         "kubectl -n kube-system get configmap antrea-config -o yaml",
	"weave":          "kubectl -n kube-system get daemonset weave-net -o yaml",
	"kube-ovn":       "kubectl get subnets.kubeovn.io -o yaml",
	"ovn-kubernetes": "kubectl get network.config.openshift.io cluster -o yaml, or the ConfigMap ovn-config",
	"kube-router":    "kubectl -n kube-system get daemonset kube-router -o yaml",
	"kindnet":        "kubectl -n kube-system get daemonset kindnet -o yaml",
}

// unseenNetworkCommand shows which network there is.
const unseenNetworkCommand = "kubectl get daemonsets -A -o yaml"

// coverage returns what decides and was not seen, in the order of the table.
func (c *checker) coverage() []fact.NotSeen {
	var out []fact.NotSeen
	how := c.installation()
	for _, n := range needs() {
		if n.applies != nil && !n.applies(c) {
			continue
		}
		hosts := n.missing(c)
		if hosts == nil {
			continue
		}
		g := fact.NotSeen{What: n.what, Command: n.command[how]}
		if g.Command == "" {
			g.Command = n.command[byKubeadm]
		}
		if n.network != nil {
			g.Command = n.network(c)
		}
		if named := slices.DeleteFunc(hosts, func(h string) bool { return h == "" }); len(named) > 0 {
			g.What += " on " + words.NameList(named)
		}
		out = append(out, g)
	}
	return out
}

// allocator returns who hands out node subnets: as a file says it, else as the network does.
func (v *view) allocator() string {
	for _, s := range v.all {
		if s.Role == fact.RoleSetting && s.Setting == fact.SettingAllocator && !s.Overridden && (v.cni == "" || string(s.Component) == v.cni) {
			return s.Text
		}
	}
	switch {
	case v.vpcCNI():
		return fact.AllocatorCloud
	case v.ownIPAM():
		return fact.AllocatorOwn
	}
	return fact.AllocatorNode
}

// installation tells how the control plane runs, as far as the files show.
func (c *checker) installation() installation {
	if c.dist != nil {
		return installation(c.dist.name)
	}
	switch how := installation(c.view.installer); how {
	case byMicroK8s, byTalos, byK0s:
		return how
	}
	switch c.cni {
	case "aws", "aws-cni", "aws-node", "aws-vpc-cni", "amazon-vpc-cni", "amazon-vpc-cni-k8s":
		return byEKS
	case "azure", "azure-vnet", "azure-cni":
		return byAKS
	case "gke":
		return byGKE
	case "ovn-kubernetes", "openshift-sdn":
		return byOpenShift
	}
	for _, src := range slices.Concat(c.managers, c.servers) {
		switch {
		case strings.HasSuffix(src.file, ".service"), strings.HasSuffix(src.file, ".conf"):
			return byUnits
		case strings.Contains(src.file, "microk8s"):
			return byMicroK8s
		}
	}
	return byKubeadm
}

// unseenHosts reports nodes without an address, or that no address of any host is known.
func (c *checker) unseenHosts() []string {
	if len(c.view.hosts) > 0 {
		return nil
	}
	if len(c.nodes) == 0 {
		if len(c.hostAddrs()) > 0 {
			return nil
		}
		return []string{""}
	}
	known := map[string]bool{}
	for _, s := range slices.Concat(c.addrs, c.links) {
		if s.Role == fact.RoleAddress || s.Role == fact.RoleHosts {
			known[shortHost(s.Host)] = true
		}
	}
	var out []string
	for _, n := range c.nodes {
		if len(n.addrs) == 0 && !known[shortHost(n.name)] {
			out = append(out, n.name)
		}
	}
	if len(out) == len(c.nodes) {
		return []string{""}
	}
	return out
}

// unseenPlanes returns the control planes of which srcs has no source that says it.
func (c *checker) unseenPlanes(srcs []*sourceView, says func(*sourceView) bool) []string {
	seen := map[string]bool{}
	for _, s := range srcs {
		if says(s) {
			seen[shortHost(s.host)] = true
		}
	}
	if len(seen) == 0 {
		return []string{""}
	}
	if seen[""] {
		return nil // one that is named by no host may be any
	}
	var out []string
	for _, s := range slices.Concat(c.managers, c.servers) {
		if s.host != "" && !seen[shortHost(s.host)] {
			out = append(out, s.host)
		}
	}
	return mergeNames(nil, out)
}

// unseenSubnets returns the nodes of which no file says whether they hold a subnet.
func (c *checker) unseenSubnets() []string {
	if len(c.nodes) == 0 {
		if c.subnetsFromEtcd() && len(c.envs) > 0 {
			return nil
		}
		return []string{""}
	}
	var out []string
	for _, n := range c.nodes {
		if len(n.places) == 0 {
			out = append(out, n.name)
		}
	}
	if len(out) == len(c.nodes) || UnseenPage(c.all, len(c.nodes)) != nil {
		return []string{""}
	}
	return out
}

// UnseenPage returns the statement of a list of nodes that goes on in another one, which is not there: the cluster has more than so many nodes. It is
// nil where there is none.
func UnseenPage(statements []*fact.Statement, nodes int) *fact.Statement {
	for _, s := range statements {
		if s.Role == fact.RoleSetting && s.Setting == fact.SettingNodes && (s.Int == 0 || s.Int > nodes) {
			return s
		}
	}
	return nil
}

// unseenNetwork reports that no file shows the network's own ranges.
func (c *checker) unseenNetwork() []string {
	for _, f := range c.flannels {
		if f.saysPods() {
			return nil
		}
	}
	for _, o := range c.others {
		if o.saysPods() && (c.cni == "" || string(o.comp) == c.cni) {
			return nil
		}
	}
	switch {
	case c.cni == "flannel" && c.dist != nil && len(c.managers) > 0: // it takes the range of the server
		return nil
	case c.cni == "kubenet", c.cni == "bridge", c.cni == "host-local", c.cni == "routes", c.cni == "kindnet", c.cni == "kube-router":
		return nil // pods take the node's subnet, and there is no other range
	case c.allocator() == fact.AllocatorNode && slices.ContainsFunc(c.all, func(s *fact.Statement) bool {
		return s.Setting == fact.SettingAllocator && s.Text == fact.AllocatorNode
	}):
		return nil
	}
	return []string{""}
}

// showNetwork is the command that shows the network's ranges, or which network there is.
func (c *checker) showNetwork() string {
	name := c.cni
	if name == "" && c.usesFlannel() {
		name = "flannel"
	}
	if cmd := networkCommands[name]; cmd != "" {
		return cmd
	}
	return unseenNetworkCommand
}
