package cidr_test

import (
	"errors"
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

func TestParseUses(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string // names and prefixes
		err  string
		why  string
	}{
		{in: "libvirt,10.8.0.0/16", want: "libvirt 192.168.122.0/24 10.8.0.0/16 10.8.0.0/16", why: "a name and a prefix"},
		{in: " k3s , fd00::/64 ", want: "k3s 10.42.0.0/16 k3s 10.43.0.0/16 fd00::/64 fd00::/64", why: "blanks, both families"},
		{in: "10.8.2.0/16", err: `element 1: prefix "10.8.2.0/16": host bits are set; use 10.8.0.0/16`, why: "host bits"},
		{in: "libvirt,10.8.0.0", err: `element 2: prefix "10.8.0.0": the prefix length is missing; 10.8.0.0/32 is the one address`, why: "no length"},
		{in: "libvirt,", err: `element 2: prefix "": not an address, a slash and a prefix length, such as 10.0.0.0/8 or fd00::/48`, why: "empty element"},
		{in: "", err: `element 1: prefix "": not an address, a slash and a prefix length, such as 10.0.0.0/8 or fd00::/48`, why: "empty list"},
		{in: "libvirt,dockr", err: `element 2: "dockr" is neither a prefix nor a known name; use a prefix such as 10.8.0.0/16, or docker`, why: "a name with a fault"},
		{in: "zzzzzzzzzz", err: `element 1: "zzzzzzzzzz" is neither a prefix nor a known name; use a prefix such as 10.8.0.0/16, or one of ` + strings.Join(cidr.AtlasNames(), ", "), why: "nothing like a name"},
	} {
		uses, err := cidr.ParseUses(tt.in)
		var got []string
		for _, u := range uses {
			got = append(got, u.Name, u.Prefix.String())
		}
		if strings.Join(got, " ") != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("ParseUses(%q) = %v, %v; want %s %s (%s)", tt.in, got, err, tt.want, tt.err, tt.why)
		}
	}
	var e *cidr.NameError
	if _, err := cidr.ParseUses("docker, kin"); !errors.As(err, &e) || e.Text != "kin" || e.Element != 2 || e.Near != "kind" {
		t.Errorf("%#v", err)
	}
}
