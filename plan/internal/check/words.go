package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A distribution is a way to install Kubernetes in which mends go by other commands than in a cluster of kubeadm.
type distribution struct {
	name    string
	server  string // systemd unit of a server, which holds the control plane
	agent   string // systemd unit of an agent
	config  string // file of every server that says the ranges
	flannel string // what runs flannel, "" where it is within the units
	note    string // where the flags of the control plane stand, and where not
}

// The units and files are those of docs.k3s.io/installation/configuration and docs.rke2.io/install/configuration.
func distributions() []distribution {
	const keys = "cluster-cidr, service-cidr and cluster-dns are keys of it, flags of kube-controller-manager go under kube-controller-manager-arg"
	return []distribution{
		{
			name: "k3s", server: "k3s", agent: "k3s-agent", config: "/etc/rancher/k3s/config.yaml",
			note: "this is k3s, without kubeadm and without manifests of the control plane: what is said above of flags and of kubeadm belongs into /etc/rancher/k3s/config.yaml of every server, or the arguments of its unit: " + keys + "; then systemctl restart k3s",
		},
		{
			name: "RKE2", server: "rke2-server", agent: "rke2-agent", config: "/etc/rancher/rke2/config.yaml", flannel: "rke2-canal",
			note: "this is RKE2, without kubeadm, and it writes the manifests of the control plane anew when it starts: what is said above of flags and of kubeadm belongs into /etc/rancher/rke2/config.yaml of every server: " + keys + "; then systemctl restart rke2-server",
		},
	}
}

// distribution tells how the cluster was installed, nil where nothing shows another way than kubeadm's: the release of a
// kubelet is v1.30.3+k3s1 or v1.26.10+rke2r1 then, the ConfigMap of RKE2's flannel has the name of its chart, or their own files say it.
func (v *view) distribution() *distribution {
	for _, d := range distributions() {
		if v.installer == strings.ToLower(d.name) {
			return &d
		}
		mark := "+" + strings.ToLower(d.name)
		for _, s := range v.all {
			if s.Role != fact.RoleSetting || s.Component == fact.Flannel && s.Setting != fact.SettingConfigMap {
				continue
			}
			if s.Setting == fact.SettingVersion && strings.Contains(s.Text, mark) || s.Setting == fact.SettingConfigMap && d.flannel != "" && strings.HasSuffix(s.Text, "/"+d.flannel+"-config") {
				return &d
			}
		}
		if strings.EqualFold(v.installer, d.name) {
			return &d
		}
	}
	return nil
}

// restartKubelet is the command that makes a node register again.
func (c *checker) restartKubelet() string {
	if d := c.dist; d != nil {
		return "systemctl restart " + d.server + " (" + d.agent + " on an agent)"
	}
	if away := c.restartFromAway(); away != "" {
		return away
	}
	switch c.installation() {
	case byK0s:
		return "systemctl restart k0sworker (k0scontroller on a controller)"
	case byMicroK8s:
		return "snap restart microk8s"
	}
	return "systemctl restart kubelet"
}

// restartFromAway is that command where it is not given on the node itself, "" elsewhere.
func (c *checker) restartFromAway() string {
	switch c.view.installer {
	case "talos":
		return "talosctl -n NODE reboot"
	case "kind":
		return "docker exec NODE systemctl restart kubelet"
	case "k3d":
		return "docker restart NODE"
	case "minikube":
		return "minikube ssh -n NODE -- sudo systemctl restart kubelet"
	}
	return ""
}

// restartOnNode is that command with the place where it is given.
func (c *checker) restartOnNode() string {
	if away := c.restartFromAway(); away != "" {
		return away
	}
	return c.restartKubelet() + " on it"
}

// rejoin tells how a node is made to register again, which is the only way to another podCIDR.
func (c *checker) rejoin() string {
	return "kubectl drain NODE --ignore-daemonsets --delete-emptydir-data, kubectl delete node NODE, " + c.restartOnNode()
}

// installAnew tells how a cluster that is still empty gets p for its pods.
func (c *checker) installAnew(p netip.Prefix) string {
	if d := c.dist; d != nil {
		return fmt.Sprintf("uninstall %s and install it anew with cluster-cidr: %v", d.name, p)
	}
	return fmt.Sprintf("kubeadm reset, then kubeadm init --pod-network-cidr=%v", p)
}

// rejoinLoses tells what that costs. k8s.io/kubernetes v1.37.2 pkg/kubelet/kubelet_node_status.go initialNode: the kubelet
// sets its own labels and those of --node-labels, not the role of the control plane, which kubeadm writes after.
func (c *checker) rejoinLoses() string {
	s := "what that loses: the contents of emptyDir volumes, and labels, annotations and taints that were set on the Node object by hand"
	if how := c.installation(); c.dist == nil && how != byTalos && how != byK0s && how != byMicroK8s {
		s += " or by kubeadm, such as the role and the taint of a control-plane node (kubeadm init phase mark-control-plane sets them anew)"
	}
	s += "; keep a copy first: kubectl get node NODE -o yaml"
	if c.dist != nil {
		s += "; take an etcd snapshot before a server is deleted, and take one server after the other"
	}
	return s
}

// objectName returns "namespace/name" if an API server takes both, else "": no command is made of anything else.
func objectName(s string) string {
	ns, name, ok := strings.Cut(s, "/")
	if !ok || !gate.IsSubdomain(ns) || !gate.IsSubdomain(name) {
		return ""
	}
	return s
}

// flannelObjects names the ConfigMap that holds flannel's configuration and the DaemonSet that runs it, as "namespace/name", and
// reports whether a file says so.
func (c *checker) flannelObjects() (config, daemon string, known bool) {
	for _, f := range c.flannels {
		if s := f.set[fact.SettingConfigMap]; s != nil && config == "" {
			config = objectName(s.Text)
		}
		if s := f.set[fact.SettingWorkload]; s != nil && daemon == "" {
			daemon = objectName(s.Text)
		}
	}
	known = config != ""
	ns, name, _ := strings.Cut(config, "/")
	if !known && daemon != "" {
		ns, _, _ = strings.Cut(daemon, "/")
	}
	if s := c.cniFrom; ns == "" && s != nil && (c.cni == "flannel" || c.cni == "canal") {
		ns, _, _ = strings.Cut(objectName(s.Key), "/") // a pod of it
		if c.cni == "canal" && ns != "" {
			name = "canal-config"
		}
	}
	if ns == "" {
		ns = "kube-flannel"
		if !c.flannel.IsZero() && c.flannel.Before(fact.V(0, 19, 0)) {
			ns = "kube-system"
		}
	}
	config = ns + "/" + cmp.Or(name, "kube-flannel-cfg")
	if daemon == "" {
		daemon = ns + "/kube-flannel-ds"
		if n, ok := strings.CutSuffix(name, "canal-config"); ok {
			daemon = ns + "/" + n + "canal"
		}
	}
	return config, daemon, known
}

// editFlannel is the command that opens flannel's configuration.
func (c *checker) editFlannel() string {
	config, _, known := c.flannelObjects()
	ns, name, _ := strings.Cut(config, "/")
	s := "kubectl -n " + ns + " edit configmap " + name
	if !known && c.flannel.IsZero() {
		s += " (kube-system before flannel 0.19)"
	}
	return s
}

// restartFlannel is the command that makes flannel read its configuration again on all nodes.
func (c *checker) restartFlannel() string {
	if d := c.dist; d != nil && d.flannel == "" {
		return "systemctl restart " + d.server + " (" + d.agent + " on an agent) on every node, since flannel runs within it"
	}
	_, daemon, _ := c.flannelObjects()
	ns, name, _ := strings.Cut(daemon, "/")
	return "kubectl -n " + ns + " rollout restart daemonset " + name
}

// restartFlannelOn is the command that makes flannel of one host read the host's subnet again. The labels are those of
// flannel's Documentation/kube-flannel.yml and of canal's manifests.
func (c *checker) restartFlannelOn(host string) string {
	host = gate.Name(host, "NODE")
	if d := c.dist; d != nil && d.flannel == "" {
		return "systemctl restart " + d.server + " (" + d.agent + " on an agent) on " + host + ", since flannel runs within it"
	}
	_, daemon, _ := c.flannelObjects()
	ns, name, _ := strings.Cut(daemon, "/")
	label := "app=flannel"
	if strings.HasSuffix(name, "canal") {
		label = "k8s-app=canal"
	}
	return "kubectl -n " + ns + " delete pod -l " + label + " --field-selector spec.nodeName=" + host
}

// setNetwork tells how a range gets into flannel's configuration.
func (c *checker) setNetwork(what string) string {
	switch d := c.dist; {
	case d != nil && d.flannel == "":
		return "set cluster-cidr in " + d.config + " of every server: k3s writes net-conf.json from it when it starts (" + what + ")"
	case d != nil:
		return c.editFlannel() + ", and in net-conf.json set " + what + "; it lasts only as values of a HelmChartConfig " + d.flannel + ", since the chart writes the ConfigMap"
	}
	return c.editFlannel() + ", and in net-conf.json set " + what
}

// adapt ends a fix that changes flags, or what kubeadm writes, with where they stand in a distribution that has neither.
func (c *checker) adapt(f *fact.Finding) {
	d := c.dist
	switch {
	case f.Severity == fact.Info:
		return
	case d == nil:
		f.Fix = append(slices.Clip(f.Fix), c.installerWords(f)...)
		return
	case f.Disturbs == fact.DisturbsNothing:
		return
	}
	if slices.ContainsFunc(f.Changes, func(p fact.Component) bool {
		return p == fact.ControllerManager || p == fact.APIServer || p == fact.Kubeadm || p == fact.Kubelet
	}) {
		f.Fix = append(f.Fix, d.note)
	}
}

// isChange reports whether a setting says how a value of an installer is changed.
func isChange(s fact.Setting) bool {
	return s == fact.SettingChangePods || s == fact.SettingChangeServices || s == fact.SettingChangeDNS ||
		s == fact.SettingChangeNodeMask || s == fact.SettingChangeMaxPods
}

// changeOf returns the setting that says how what s states is changed, "" for none.
func changeOf(s *fact.Statement) fact.Setting {
	switch s.Role {
	case fact.RolePods:
		return fact.SettingChangePods
	case fact.RoleServices:
		return fact.SettingChangeServices
	case fact.RoleDNS:
		return fact.SettingChangeDNS
	}
	switch s.Setting {
	case fact.SettingNodeMask, fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6:
		return fact.SettingChangeNodeMask
	case fact.SettingMaxPods:
		return fact.SettingChangeMaxPods
	}
	return ""
}

// installerWords tells how what is at fault is changed where it stands in the file of an installer: a sentence for each of its
// keys, in the order of the places.
func (c *checker) installerWords(f *fact.Finding) []string {
	if len(c.changes) > 0 && c.changeAt == nil {
		c.changeAt = c.changesByPlace()
	}
	var out []string
	for _, w := range f.Where {
		if text := c.changeAt[w.Position]; text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// changesByPlace returns for each value in files of installers how it is changed.
func (c *checker) changesByPlace() map[fact.Position]string {
	type key struct {
		file string
		set  fact.Setting
	}
	words := map[key]string{}
	for _, s := range c.changes {
		words[key{s.Pos.File, s.Setting}] = s.Text
	}
	at := map[fact.Position]string{}
	for _, s := range c.all {
		if text := words[key{s.Pos.File, changeOf(s)}]; text != "" {
			at[s.Pos] = text
			for _, p := range s.PrefixPos {
				at[p] = text
			}
		}
	}
	return at
}
