package cidr_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

func TestAtlas(t *testing.T) {
	uses := slices.Collect(cidr.Atlas())
	if !slices.IsSortedFunc(uses, func(a, b cidr.Use) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the names are not in order")
	}
	type row struct {
		name   string
		prefix netip.Prefix
	}
	seen := map[row]bool{}
	var names []string
	for _, u := range uses {
		if err := cidr.Check(u.Prefix); err != nil {
			t.Errorf("%s: %v", u.Name, err)
		}
		if u.Name == "" || u.Name != strings.ToLower(u.Name) || strings.ContainsAny(u.Name, ",./: ") {
			t.Errorf("name %q cannot be selected", u.Name)
		}
		if u.What == "" || u.Source == "" || strings.TrimSpace(u.Source) != u.Source {
			t.Errorf("%s %v: what %q, source %q", u.Name, u.Prefix, u.What, u.Source)
		}
		if seen[row{u.Name, u.Prefix}] {
			t.Errorf("%s %v stands twice", u.Name, u.Prefix)
		}
		seen[row{u.Name, u.Prefix}] = true
		names = append(names, u.Name)
	}
	if got, want := cidr.AtlasNames(), slices.Compact(names); !slices.Equal(got, want) {
		t.Errorf("AtlasNames() = %v, want %v", got, want)
	}
	for _, want := range []string{"docker", "libvirt", "kind", "minikube", "k3s", "rke2", "microk8s", "kubeadm", "flannel", "gke", "eks", "aks", "ovn-kubernetes", "link-local", "tailscale", "lxd", "podman", "virtualbox", "wsl"} {
		if _, ok := cidr.AtlasByName(want); !ok {
			t.Errorf("%s is not in the atlas", want)
		}
	}
}

func TestAtlasStops(t *testing.T) {
	n := 0
	for range cidr.Atlas() {
		n++
		break
	}
	for range cidr.SpecialRanges() {
		n++
		break
	}
	if n != 2 {
		t.Error(n)
	}
}

func TestAtlasByName(t *testing.T) {
	for _, name := range []string{"docker", "Docker"} {
		uses, ok := cidr.AtlasByName(name)
		if !ok || uses[0].Prefix != pfx("172.17.0.0/16") || uses[0].Name != "docker" {
			t.Errorf("AtlasByName(%q) = %v, %v", name, uses, ok)
		}
		var ps []netip.Prefix
		for _, u := range uses {
			ps = append(ps, u.Prefix)
		}
		// The pools of moby, as far as they are next to each other.
		if got, want := cidr.Merge(ps...), []netip.Prefix{pfx("172.17.0.0/16"), pfx("172.18.0.0/15"), pfx("172.20.0.0/14"), pfx("172.24.0.0/13"), pfx("192.168.0.0/16")}; !slices.Equal(got, want) {
			t.Errorf("docker takes %v, want %v", got, want)
		}
	}
	for _, name := range []string{"", "dockr", "10.0.0.0/8"} {
		if uses, ok := cidr.AtlasByName(name); ok || uses != nil {
			t.Errorf("AtlasByName(%q) = %v, %v", name, uses, ok)
		}
	}
}
