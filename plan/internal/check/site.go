package check

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A flag is one that a program of the control plane is to be given.
type flag struct{ name, value string }

func (f flag) String() string { return "--" + f.name + "=" + f.value }

// joinFlags tells several flags: "--a=1 and --b=2".
func joinFlags(fs []flag) string {
	var ss []string
	for _, f := range fs {
		ss = append(ss, f.String())
	}
	return strings.Join(ss, " and ")
}

// firstKubeadmConfig is the release since which kubeadm keeps its configuration in the cluster:
// k8s.io/kubernetes v1.8.0 cmd/kubeadm/app/phases/uploadconfig/uploadconfig.go.
var firstKubeadmConfig = fact.V(1, 8, 0)

// steps returns those that are not empty.
func steps(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// fresh reports whether the files show no more than a configuration of kubeadm: nothing says that the cluster runs.
func (c *checker) fresh() bool {
	return len(c.kubeadms)+len(c.extraArgs) > 0 && len(c.managers)+len(c.servers)+len(c.nodes)+len(c.envs)+len(c.symptoms)+len(c.clusterIPs) == 0 &&
		!slices.ContainsFunc(c.all, func(s *fact.Statement) bool { return s.Role == fact.RolePodAddress })
}

// planeFile is where the flags of a program of the control plane stand, as far as the files show.
func (c *checker) planeFile(prog fact.Component) string {
	srcs := c.managers
	if prog == fact.APIServer {
		srcs = c.servers
	}
	switch c.installation() {
	case byK3s, byRKE2:
		return c.dist.config
	case byMicroK8s:
		return "/var/snap/microk8s/current/args/" + string(prog)
	case byTalos:
		return "the machine configuration"
	case byK0s:
		return "/etc/k0s/k0s.yaml"
	case byUnits:
		for _, src := range slices.Concat(srcs, c.managers, c.servers) {
			if src.comp == prog && isUnit(src.file) {
				return path.Base(src.file)
			}
		}
		return string(prog) + ".service"
	}
	return "/etc/kubernetes/manifests/" + string(prog) + ".yaml"
}

// isUnit reports whether a file is a unit of systemd, or what one reads its environment from.
func isUnit(file string) bool {
	return strings.HasSuffix(file, ".service") || strings.HasSuffix(file, ".conf")
}

// setFlags tells how a program of the control plane gets flags, in the words of the installation at hand. verb is "set" or "add".
func (c *checker) setFlags(prog fact.Component, verb string, fs ...flag) string {
	file := c.planeFile(prog)
	switch how := c.installation(); how {
	case byK3s, byRKE2:
		return c.setKeys(prog, file, fs)
	case byMicroK8s:
		return fmt.Sprintf("in %s of every node %s %s, then microk8s stop and microk8s start", file, verb, joinFlags(fs))
	case byTalos:
		return fmt.Sprintf("in %s of every control-plane node %s %s under cluster.%s.extraArgs: talosctl -n NODE patch machineconfig --patch @FILE", file, verb, joinFlags(fs), extraArgsOf(prog))
	case byK0s:
		return fmt.Sprintf("in %s of every controller %s %s under spec.%s.extraArgs, then k0s stop and k0s start", file, verb, joinFlags(fs), strings.Replace(extraArgsOf(prog), "apiServer", "api", 1))
	case byUnits:
		return fmt.Sprintf("in %s of every control-plane host %s %s, then systemctl daemon-reload and systemctl restart %s", file, verb, joinFlags(fs), prog)
	}
	return fmt.Sprintf("in %s of every control-plane host %s %s; the kubelet restarts the pod by itself", file, verb, joinFlags(fs))
}

// extraArgsOf is the key under which files of installers have further flags of a program.
func extraArgsOf(prog fact.Component) string {
	if prog == fact.APIServer {
		return "apiServer"
	}
	return "controllerManager"
}

// setKeys tells how k3s and RKE2 are given flags: some have keys of their own.
func (c *checker) setKeys(prog fact.Component, file string, fs []flag) string {
	var keys, args []string
	for _, f := range fs {
		switch f.name {
		case "cluster-cidr":
			keys = append(keys, "cluster-cidr: "+f.value)
		case "service-cluster-ip-range":
			keys = append(keys, "service-cidr: "+f.value)
		default:
			args = append(args, f.name+"="+f.value)
		}
	}
	if len(args) > 0 {
		keys = append(keys, string(prog)+"-arg: ["+strings.Join(args, ", ")+"]")
	}
	return fmt.Sprintf("in %s of every server set %s, then systemctl restart %s", file, strings.Join(keys, " and "), c.dist.server)
}

// editKubeadm tells how kubeadm is made to keep a value at the next upgrade, "" where the cluster has no such object: it was not
// installed by kubeadm, by one before 1.8, or is not there yet.
func (c *checker) editKubeadm(what string) string {
	if !c.hasKubeadmConfig() {
		return ""
	}
	return "for the next upgrade to keep it: kubectl -n kube-system edit configmap kubeadm-config, and set " + what
}

// hasKubeadmConfig reports whether the cluster may have the object that kubeadm upgrade and join write manifests from.
func (c *checker) hasKubeadmConfig() bool {
	return c.installation() == byKubeadm && !c.fresh() && (c.kube.IsZero() || !c.kube.Before(firstKubeadmConfig))
}

// alsoKubeadm is the end of a step that changes a flag of kube-controller-manager, where kubeadm has the value as well.
func (c *checker) alsoKubeadm() string {
	if !c.hasKubeadmConfig() {
		return ""
	}
	return ", and networking.podSubnet in the kubeadm-config ConfigMap"
}

// spread tells where a range of pods has to be written.
func (c *checker) spread() string {
	if c.fresh() {
		s := "write it as networking.podSubnet (--pod-network-cidr)"
		if len(c.flannels) > 0 {
			s += " and as flannel's Network"
		}
		return s + " before kubeadm init"
	}
	var places []string
	switch c.installation() {
	case byKubeadm:
		if c.hasKubeadmConfig() {
			places = append(places, "networking.podSubnet (kubeadm-config ConfigMap)")
		}
		places = append(places, "--cluster-cidr of kube-controller-manager on every control-plane host")
	case byK3s, byRKE2:
		return "write it as cluster-cidr in " + c.dist.config + " of every server, then systemctl restart " + c.dist.server
	case byTalos:
		return "write it as cluster.network.podSubnets of every machine configuration, then talosctl upgrade-k8s to the release that runs, which applies kube-proxy and flannel anew"
	case byK0s:
		return "write it as spec.network.podCIDR in /etc/k0s/k0s.yaml of every controller, then k0s stop and k0s start"
	default:
		places = append(places, "--cluster-cidr of kube-controller-manager ("+c.planeFile(fact.ControllerManager)+") on every control-plane host")
	}
	if n := c.networkPlace(); n != "" {
		places = append(places, n)
	}
	return "write it everywhere it stands: " + strings.Join(append(places, "clusterCIDR of kube-proxy"), ", ")
}

// networkPlace is where the network has its range.
func (c *checker) networkPlace() string {
	switch {
	case c.usesFlannel() || c.cni == "":
		return "flannel's Network"
	case c.ownIPAM():
		return "the pool of " + c.cni
	}
	return ""
}

// reregister tells what nodes need for a subnet of another range, none where there are no nodes yet.
func (c *checker) reregister(before string) []string {
	if c.fresh() {
		return []string{"where the cluster runs already, its nodes have to be registered again: add kubectl get nodes -o yaml to the files, and the steps are named for each"}
	}
	return []string{before + c.rejoin(), c.rejoinLoses()}
}

// disturbsNodes is what another pod range disturbs: the nodes that are there.
func (c *checker) disturbsNodes() fact.Disturbance {
	if c.fresh() {
		return fact.DisturbsNothing
	}
	return fact.DisturbsNodes
}

// changed names what a fix restarts: these programs, or the one unit that they run in.
func (c *checker) changed(programs ...fact.Component) []fact.Component {
	if c.dist != nil {
		return []fact.Component{fact.Component(c.dist.server)}
	}
	return programs
}
