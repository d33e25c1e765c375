package netdist

import (
	"net/netip"
	"strings"
	"testing"
)

// TestTable holds what every row has to have.
func TestTable(t *testing.T) {
	seen := map[string]string{}
	for _, r := range Networks() {
		for _, name := range append([]string{r.Name}, r.Names.Aliases...) {
			if other := seen[name]; other != "" || name != strings.ToLower(name) {
				t.Errorf("%s: the name %q is that of %s, or not lower case", r.Name, name, other)
			}
			seen[name] = r.Name
			if got, ok := ByName(strings.ToUpper(name)); !ok || got.Name != r.Name {
				t.Errorf("ByName(%q) = %q", name, got.Name)
			}
		}
		if r.Title == "" || r.Purpose == "" {
			t.Errorf("%s has no title or purpose", r.Name)
		}
		if r.object != nil && len(r.words) == 0 {
			t.Errorf("%s has a reader, and no words by which files are chosen for it", r.Name)
		}
		if len(r.Modes) > 0 && r.Modes[0].Allocator != r.Allocator {
			t.Errorf("%s: the first mode is not the default", r.Name)
		}
		for _, d := range r.Defaults {
			if p, err := netip.ParsePrefix(d.Prefix); err != nil || p != p.Masked() || d.Source == "" || d.Use == "" ||
				d.Block > 0 && d.Block < p.Bits() {
				t.Errorf("%s: default %+v", r.Name, d)
			}
			if d.Mode != "" && !hasMode(r, d.Mode) {
				t.Errorf("%s: default of the unknown mode %q", r.Name, d.Mode)
			}
		}
		for _, c := range r.Later {
			if c.What == "" || len(c.Steps) == 0 || c.Use == "" || c.Source == "" {
				t.Errorf("%s: change %+v", r.Name, c)
			}
		}
		if r.Purpose == PodNetwork && r.Allocator == AllocatorUnknown {
			t.Errorf("%s: nobody allocates", r.Name)
		}
	}
}

func hasMode(r Row, name string) bool {
	for _, m := range r.Modes {
		if m.Name == name {
			return true
		}
	}
	return false
}

// TestNames finds rows by the names in files, commands and logs.
func TestNames(t *testing.T) {
	image := func(s string) (Row, bool) { r, _, ok := ByImage(s); return r, ok }
	for _, tt := range []struct {
		kind string
		by   func(string) (Row, bool)
		name string
		want string // "" for none
	}{
		{"image", image, "docker.io/calico/node:v3.26.1", "calico"},
		{"image", image, "quay.io/calico/node@sha256:00", "calico"},
		{"image", image, "registry:5000/rancher/mirrored-calico-node:v3", "calico"},
		{"image", image, "Calico/Node", "calico"},
		{"image", image, "example/notcalico/node", ""},
		{"image", image, "calico/node-driver-registrar:v3", ""},
		{"image", image, "quay.io/cilium/cilium:v1.15.1", "cilium"},
		{"image", image, "rancher/mirrored-cilium-cilium:v1.15.1", "cilium"},
		{"image", image, "quay.io/cilium/hubble-relay:v1", ""},
		{"image", image, "quay.io/cilium/operator-generic:v1", "cilium"},
		{"image", image, "rancher/mirrored-flannelcni-flannel:v0.20.2", "flannel"},
		{"image", image, "docker.io/flannel/flannel-cni-plugin:v1.4", ""},
		{"image", image, "weaveworks/weave-npc:2.8.1", ""},
		{"image", image, "{{ image }}", ""},
		{"image", image, "", ""},
		{"pod", ByWorkload, "calico-node-x7k2p", "calico"},
		{"pod", ByWorkload, "kube-flannel-ds-amd64-abcde", "flannel"},
		{"pod", ByWorkload, "rke2-canal-zzz", "canal"},
		{"pod", ByWorkload, "ovnkube-node-4kz7d", "ovn-kubernetes"},
		{"pod", ByWorkload, "aws-node-1", "aws-vpc-cni"},
		{"pod", ByWorkload, "coredns-1", ""},
		{"type", ByType, "calico", "calico"},
		{"type", ByType, "aws-cni", "aws-vpc-cni"},
		{"type", ByType, "ovn-k8s-cni-overlay", "ovn-kubernetes"},
		{"type", ByType, "portmap", ""},
		{"file", ByFile, "/etc/cni/net.d/10-calico.conflist", "calico"},
		{"file", ByFile, "10-crio-bridge.conflist", "bridge"},
		{"file", ByFile, "100-crio-bridge.conflist", "bridge"},
		{"file", ByFile, "87-podman-bridge.conflist", "bridge"},
		{"link", ByLink, "cali0123456789a", "calico"},
		{"link", ByLink, "cilium_host", "cilium"},
		{"link", ByLink, "antrea-gw0", "antrea"},
		{"link", ByLink, "ovn-k8s-mp0", "ovn-kubernetes"},
		{"link", ByLink, "eth0", ""},
		{"annotation", ByAnnotation, "k8s.ovn.org/node-subnets", "ovn-kubernetes"},
		{"annotation", ByAnnotation, "ovn.kubernetes.io/cidr", "kube-ovn"},
		{"annotation", ByAnnotation, "io.cilium.network.ipv4-pod-cidr", "cilium"},
		{"annotation", ByAnnotation, "node.alpha.kubernetes.io/ttl", ""},
		{"reason", ByReason, "WeaveIsUp", "weave"},
		{"reason", ByReason, "RouteCreated", "routes"},
		{"group", ByGroup, "crd.antrea.io", "antrea"},
		{"group", ByGroup, "whereabouts.cni.cncf.io", "whereabouts"},
		{"group", ByGroup, "", ""},
	} {
		got, ok := tt.by(tt.name)
		if got.Name != tt.want || ok != (tt.want != "") {
			t.Errorf("by %s %q: %q, %v, want %q", tt.kind, tt.name, got.Name, ok, tt.want)
		}
	}
}

// TestAgreements: the matrix says for every network of pods, in every mode and to every source, what is demanded or
// why nothing is.
func TestAgreements(t *testing.T) {
	for _, a := range Agreements() {
		if _, ok := ByName(a.Network); !ok && a.Network != "*" {
			t.Errorf("no network %q", a.Network)
		}
		if free := a.Relation == Independent; free != (a.Rule == "") || free != (a.Level == LevelNone) || a.Why == "" {
			t.Errorf("%s %s %s %s: rule %q, level %q, why %q", a.Network, a.Mode, a.Use, a.With, a.Rule, a.Level, a.Why)
		}
		if a.Mode != "" {
			if r, _ := ByName(a.Network); !hasMode(r, a.Mode) {
				t.Errorf("%s has no mode %q", a.Network, a.Mode)
			}
		}
	}
	for _, r := range Networks() {
		if r.object == nil || r.Purpose != PodNetwork {
			continue
		}
		for _, m := range append([]Mode{{}}, r.Modes...) {
			for _, s := range []Source{SourceClusterCIDR, SourceNode, SourceServices, SourceHosts, SourceProxy} {
				if a := Agree(r.Name, m.Name, Pods, s); a.Why == "" {
					t.Errorf("%s %s: nothing is said about pods and %s", r.Name, m.Name, s)
				}
			}
		}
	}
	for _, tt := range []struct {
		network, mode string
		use           Use
		with          Source
		want          Relation
		rule          string
	}{
		{"calico", "", Pods, SourceClusterCIDR, Within, ruleOutside},
		{"calico", "host-local", Pods, SourceClusterCIDR, Contains, ruleOutside},
		{"calico", "calico-ipam", Pods, SourceNode, Independent, ""},
		{"cilium", "cluster-pool", Pods, SourceClusterCIDR, Independent, ""},
		{"cilium", "kubernetes", Pods, SourceNode, Set, ruleMissing},
		{"ovn-kubernetes", "", Pods, SourcePodSubnet, Equal, ruleOutside},
		{"metallb", "", LoadBalancers, SourceHosts, Independent, ""},
		{"metallb", "", LoadBalancers, SourceServices, Clear, ruleLB},
		{"unheard-of", "", Pods, SourceServices, Clear, rulePodsSvc},
		{"unheard-of", "", Pods, SourceClusterCIDR, Independent, ""},
	} {
		if a := Agree(tt.network, tt.mode, tt.use, tt.with); a.Relation != tt.want || a.Rule != tt.rule {
			t.Errorf("Agree(%q, %q, %s, %s) = %s, %q, want %s, %q", tt.network, tt.mode, tt.use, tt.with, a.Relation, a.Rule,
				tt.want, tt.rule)
		}
	}
}
