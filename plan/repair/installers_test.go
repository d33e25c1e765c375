package repair

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestInstallers: every way of every installer is one that the twin goes to its end, each step on settings has commands or is for people, and
// agents take flannel's range after the server has it where they take it from the server.
func TestInstallers(t *testing.T) {
	rows := installers()
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t)
		in := rapid.SampledFrom(rows).Draw(t, "installer")
		inv.Installer = in.Name
		r, err := New(inv)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range r.Ways {
			steps, flags := 0, -1
			for range w.States(inv) {
				steps++
			}
			if steps != len(w.Steps) {
				t.Fatalf("%s, %s: %d of %d steps", in.Name, w.Kind, steps, len(w.Steps))
			}
			for i, s := range w.Steps {
				if s.Kind == KindFlags {
					flags = i
				}
				if s.Kind == KindNetwork && in.Within && flags < 0 && w.Kind != WayRecreate {
					t.Fatalf("%s, %s: agents take what no server has: %v", in.Name, w.Kind, w.Steps)
				}
				list, own := in.Commands(s)
				if own && (len(list) == 0 || slices.ContainsFunc(list, func(c Command) bool { return c.Text == "" })) {
					t.Fatalf("%s: %s without commands", in.Name, s.Kind)
				}
				if in.New && (s.Kind == KindFlags || s.Kind == KindPodSubnet || s.Kind == KindProxy) {
					t.Fatalf("%s has nothing that can be changed: %s", in.Name, s.Kind)
				}
			}
		}
	})
}

// TestInstallerWords: the words are those of the installer, and kubeadm's do not show.
func TestInstallerWords(t *testing.T) {
	for _, tc := range []struct {
		installer string
		want      []string
		never     []string
	}{
		{"k3s", []string{"config.yaml", "cluster-cidr: 10.244.0.0/21", "systemctl restart k3s-agent", "printf 'cluster-cidr: 10.244.0.0/21"}, []string{"kubeadm", "manifests"}},
		{"rke2", []string{"/etc/rancher/rke2/config.yaml", "systemctl restart rke2-server", "rke2-canal"}, []string{"kubeadm", "manifests"}},
		{"kubespray", []string{"kube_pods_subnet: 10.244.0.0/21", "kubeadm-config"}, nil},
		{"talos", []string{`talosctl -n HOST patch machineconfig --patch '{"cluster":{"network":{"podSubnets":["10.244.0.0/21"]}`, "upgrade-k8s"}, []string{"kubeadm-config", "manifests/"}},
		{"cluster-api", []string{"kubectl edit kubeadmcontrolplane", "cluster-cidr=10.244.0.0/21"}, []string{"kubeadm-config", "manifests/"}},
		{"k0s", []string{"/etc/k0s/k0s.yaml", "k0s stop && k0s start"}, []string{"kubeadm"}},
		{"kind", []string{"kind delete cluster"}, []string{"kubeadm"}},
	} {
		inv := nodeipam.Inventory{
			Installer: tc.installer, Networks: prefixtest.List("10.244.0.0/22"),
			Managers: []nodeipam.HostFlags{{Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}}},
			Nodes:    []nodeipam.InventoryNode{{Name: "w1", PodCIDRs: []string{"10.244.1.0/24"}}},
		}
		r, err := Toward(inv, Target{Pods: prefixtest.List("10.244.0.0/21")})
		if err != nil {
			t.Errorf("%s: %v", tc.installer, err)
			continue
		}
		w, ok := r.Best()
		if !ok {
			t.Errorf("%s: no way", tc.installer)
			continue
		}
		in, _ := InstallerOf(inv)
		var b strings.Builder
		for _, s := range w.Steps {
			b.WriteString(s.What + "\n")
			list, _ := in.Commands(s)
			for _, c := range list {
				b.WriteString(c.Text + "\n")
			}
		}
		for _, want := range tc.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q is not in\n%s", tc.installer, want, b.String())
			}
		}
		for _, never := range tc.never {
			if strings.Contains(b.String(), never) {
				t.Errorf("%s: %q is in\n%s", tc.installer, never, b.String())
			}
		}
	}
}

// TestInstallerFlagsQuoted: what a file claims to be a pod range and is none gets into no command.
func TestInstallerFlagsQuoted(t *testing.T) {
	for _, in := range installers() {
		list, _ := in.Commands(Step{Kind: KindFlags, Flags: nodeipam.ControllerFlags{ClusterCIDR: "'; touch /tmp/x #"}})
		for _, c := range list {
			if strings.Contains(c.Text, "touch") {
				t.Errorf("%s: %s", in.Name, c.Text)
			}
		}
	}
}

// TestPools: a network that keeps its own book gets what its pools lack, exactly, and podCIDRs of nodes are no fault there.
func TestPools(t *testing.T) {
	inv := nodeipam.Inventory{
		CNI: "calico", Allocator: fact.AllocatorOwn, Pools: prefixtest.List("10.233.64.0/18"), Services: prefixtest.List("10.96.0.0/16"),
		Managers: []nodeipam.HostFlags{{Flags: nodeipam.ControllerFlags{ClusterCIDR: "10.233.64.0/18"}}},
		Nodes:    []nodeipam.InventoryNode{{Name: "w1"}, {Name: "w2", PodCIDRs: []string{"10.233.64.0/24"}}, {Name: "w3", PodCIDRs: []string{"10.233.64.0/24"}}},
	}
	r, err := New(inv)
	if err != nil || !r.Healthy() {
		t.Errorf("%v, %+v", err, r)
	}
	r, err = Toward(inv, Target{Pods: prefixtest.List("10.233.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	w, _ := r.Best()
	i := slices.IndexFunc(w.Steps, func(s Step) bool { return s.Kind == KindPool })
	if i < 0 || !slices.Equal(w.Steps[i].Networks, prefixtest.List("10.233.0.0/18 10.233.128.0/17")) {
		t.Errorf("steps %+v", w.Steps)
	}
	if r, err = Toward(inv, Target{Pods: prefixtest.List("10.233.64.0/18")}); err != nil || len(r.Ways) > 0 {
		t.Errorf("to where it is: %v, %+v", err, r)
	}
	if _, err = Toward(inv, Target{Pods: prefixtest.List("10.96.0.0/15")}); err == nil {
		t.Error("over the services")
	}
	for _, n := range networks() {
		inv.CNI, inv.Pools = n.Name, prefixtest.List("10.96.0.0/14 fd00:10::/64")
		r, err = New(inv)
		if err != nil || len(r.RangeFaults) == 0 || len(r.Ways) != 1 || r.Ways[0].Disturbs != n.Moves {
			t.Errorf("%s over the services: %v, %+v", n.Name, err, r)
			continue
		}
		for _, s := range r.Ways[0].Steps {
			if do, check := n.Commands(s); s.Kind == KindPool && (len(do) == 0 || len(check) == 0) {
				t.Errorf("%s: a pool without commands", n.Name)
			}
			if s.Kind == KindPool && len(s.Networks) != 1 {
				t.Errorf("%s: the innocent family moves, too: %v", n.Name, s.Networks)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	r := &Repair{Ways: []Way{{Kind: WayWiden}, {Kind: WayMovePods}}}
	for want, kind := range map[string]WayKind{"1": WayWiden, "2": WayMovePods, "move-pods": WayMovePods} {
		if one, err := r.Choose(want); err != nil || len(one.Ways) != 1 || one.Ways[0].Kind != kind {
			t.Errorf("%s: %v, %+v", want, err, one)
		}
	}
	for _, want := range []string{"", "0", "3", "recreate"} {
		if _, err := r.Choose(want); err == nil || !errors.As(err, new(*WayError)) || !strings.Contains(err.Error(), "2 or move-pods") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if len(r.Ways) != 2 {
		t.Error("the others are gone")
	}
	if (&WayError{Want: "1"}).Error() == "" {
		t.Error("an error without words")
	}
}

// TestInstallerRestarts: a node that registers anew restarts the unit that kubelet runs within, and steps of kubeadm for
// services are none of others.
func TestInstallerRestarts(t *testing.T) {
	for _, tc := range []struct {
		installer, want string
		services        bool
	}{
		{"", "kubelet and flannel on w1", true},
		{"kubespray", "kubelet and flannel on w1", true},
		{"k3s", "k3s-agent on w1, with kubelet and flannel within it", false},
		{"rke2", "rke2-agent on w1, with kubelet within it, and flannel", false},
		{"talos", "kubelet and flannel on w1", false},
	} {
		inv := nodeipam.Inventory{
			Installer: tc.installer, Networks: prefixtest.List("10.244.0.0/16"), Services: prefixtest.List("10.244.0.0/20"),
			Kubernetes: fact.V(1, 34, 0),
			Managers: []nodeipam.HostFlags{{Flags: nodeipam.ControllerFlags{
				AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "10.244.0.0/20"}}},
			Nodes: []nodeipam.InventoryNode{{Name: "w1", PodCIDRs: []string{"10.99.1.0/24"}}},
		}
		r, err := New(inv)
		if err != nil {
			t.Errorf("%s: %v", tc.installer, err)
			continue
		}
		restarts, services := "", false
		for _, w := range r.Ways {
			services = services || w.Kind == WayServices
			for _, s := range w.Steps {
				if s.Kind == KindRecreate && restarts == "" {
					restarts = s.Restarts[0]
				}
			}
		}
		if restarts != tc.want || services != tc.services {
			t.Errorf("%s: %q, services %v, want %q, %v", tc.installer, restarts, services, tc.want, tc.services)
		}
	}
}
