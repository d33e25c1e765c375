package distro

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// minikube: k8s.io/minikube pkg/minikube/config/types.go, cmd/minikube/cmd/start_flags.go, pkg/minikube/cni.
func minikube() Installer {
	return Installer{
		Name:       "minikube",
		Recognised: "a profile: KubernetesConfig and Driver at the top; a command line of minikube start",
		Marks:      []string{"KubernetesConfig", "minikube"},
		Through:    ThroughKubeadm,
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.244.0.0/16", Rendered: true},
			{Role: Services, IPv4: "10.96.0.0/12", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kubeadm"},
		},
		Changes: []Change{{
			Roles: []Role{Pods, Services, Hosts, DNS, NodeMask}, File: "~/.minikube/profiles/NAME/config.json",
			Key: "KubernetesConfig", Immutable: true,
			Way: "minikube delete -p NAME, then minikube start -p NAME with the other ranges",
		}},
		match: func(f *source.File, n *source.Node) bool {
			return isMap(n, "KubernetesConfig") && has(n, "Driver")
		},
		read:   readMinikube,
		text:   minikubeCommands,
		refuse: refuseMinikube,
	}
}

func readMinikube(c *Cluster, n *source.Node) {
	c.Name = word(n.Get("Name"))
	config := n.Get("KubernetesConfig")
	c.Release = word(config.Get("KubernetesVersion"))
	c.take(Services, "KubernetesConfig.ServiceCIDR")
	c.take(Hosts, "Subnet")
	c.take(Address, "StaticIP", "Nodes[].IP")
	c.put(Value{Role: Address}, config.Get("APIServerHAVIP"), "KubernetesConfig.APIServerHAVIP")
	for _, p := range find(n, "KubernetesConfig.ExtraOptions[]") {
		value := p.node.Get("Value")
		component, name := word(p.node.Get("Component")), word(p.node.Get("Key"))
		key := p.key + " " + component + "." + name
		switch {
		case component == "kubeadm" && name == "pod-network-cidr":
			c.put(Value{Role: Pods}, value, key)
		case component == "apiserver":
			c.flag(APIServer, name, value, key)
		case component == "controller-manager":
			c.flag(ControllerManager, name, value, key)
		case component == "kubelet":
			c.flag(Kubelet, name, value, key)
		}
	}
	cni := strings.ToLower(word(config.Get("CNI")))
	switch cni {
	case "", "auto", "true":
		runtime := word(config.Get("ContainerRuntime"))
		driver := word(n.Get("Driver"))
		c.CNI = "bridge"
		if len(items(n.Get("Nodes"))) > 1 || (driver == "docker" || driver == "podman") &&
			(runtime == "containerd" || strings.HasPrefix(runtime, "cri-o") || runtime == "crio") {
			c.CNI = "kindnet"
		}
	case "false", "disabled", "none":
		c.CNI = "none"
	default:
		if strings.ContainsAny(cni, "/.") { // a manifest of one's own
			c.CNI = "none"
			break
		}
		c.CNI, c.CNIStated, c.CNIPos = cni, true, c.at(config.Get("CNI"))
	}
}

// minikubeCommands reads minikube start with the flags that name ranges.
func minikubeCommands(in *Installer, f *source.File) []Cluster {
	var out []Cluster
	eachCommand(f, [][]byte{[]byte("minikube start")}, func(words []shellWord, at int, _ []byte) {
		c := toolCluster(in, f, words, at, "minikube", "start")
		if c == nil {
			return
		}
		for _, o := range options(words) {
			c.minikubeFlag(f, o)
		}
		if len(c.Values) > 0 {
			out = append(out, *c)
		}
	})
	return out
}

func (c *Cluster) minikubeFlag(f *source.File, o option) {
	at := func(i int) Position { return f.Position(o.offset + i) }
	role, program, value, skip := Role(""), Program(""), o.value, 0
	switch o.name {
	case "service-cluster-ip-range":
		role = Services
	case "subnet":
		role = Hosts
	case "static-ip":
		role = Address
	case "kubernetes-version":
		c.Release = value
	case "cni":
		if name := strings.ToLower(value); allocatorOf(name) != UnknownAllocator {
			c.CNI, c.CNIStated, c.CNIPos = name, true, at(0)
		}
	case "extra-config":
		name, rest, _ := strings.Cut(value, "=")
		skip = len(name) + 1
		value = rest
		for _, k := range []struct {
			prefix  string
			program Program
		}{{"apiserver.", APIServer}, {"controller-manager.", ControllerManager}, {"kubelet.", Kubelet}} {
			if flag, ok := strings.CutPrefix(name, k.prefix); ok {
				role, program = flagRole(k.program, flag), k.program
			}
		}
		if name == "kubeadm.pod-network-cidr" {
			role = Pods
		}
	}
	if role != "" && value != "" {
		v := Value{Role: role, Program: program, Key: "--" + o.name, Pos: at(skip)}
		c.plain(&v, value, func(i int) Position { return at(skip + i) })
	}
}

func refuseMinikube(c *Cluster) {
	pods := c.first(Pods)
	if pods != nil && pods.IsRange() && !pods.Default && pods.Prefixes[0].Masked().String() != "10.244.0.0/16" {
		c.breaks("minikube-cni-constant", "pkg/minikube/cni; kubernetes/minikube#7936, #12077, #18139",
			fmt.Sprintf("kubeadm.pod-network-cidr %s reaches kubeadm alone: the networks that minikube installs have "+
				"10.244.0.0/16 in their manifests", pods.Text),
			"leave the pod range at 10.244.0.0/16, or start with --cni=FILE and the range in it", pods)
	}
	c.refuseArgAlone(APIServer, Services, "kubeadm asks for the DNS address in the other range, and kube-dns cannot "+
		"be created")
}
