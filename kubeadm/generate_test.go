package kubeadm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestOldNodeMask holds the node masks that kubeadm up to 1.19 computed: the values of the facts about calcNodeCidrSize.
func TestOldNodeMask(t *testing.T) {
	for _, tt := range []struct {
		pods string
		want int
		six  bool
		why  string
	}{
		{"10.244.0.0/16", 24, false, "IPv4 is always 24"},
		{"10.244.0.0/25", 24, false, "even where it cannot work"},
		{"garbage", 24, false, "what cannot be read counts as IPv4"},
		{"10.244.0.0/16,fd00::/56", 24, false, "so does a list"}, {"fd00::/56,10.244.0.0/16", 24, false, "in any order"},
		{"fd00::/40", 56, true, ""}, {"fd00::/48", 64, true, ""}, {"fd00::/56", 72, true, ""}, {"fd00::/60", 72, true, "steps of eight"},
		{"fd00::/64", 80, true, "65536 subnets, where 1.20 has one"}, {"fd00::/80", 96, true, ""}, {"fd00::/96", 112, true, ""},
		{"fd00::/108", 120, true, ""}, {"fd00::/112", 120, true, "a case of its own"}, {"fd00::/113", 113, true, "beyond it the range itself"},
	} {
		if got, six := oldNodeMask(tt.pods); got != tt.want || six != tt.six {
			t.Errorf("oldNodeMask(%q) = %d, %t, want %d, %t: %s", tt.pods, got, six, tt.want, tt.six, tt.why)
		}
	}
}

func extra(pairs ...string) []ExtraArg {
	var out []ExtraArg
	for i := 0; i+2 < len(pairs)+1; i += 3 {
		out = append(out, ExtraArg{Name: fact.Value[string]{V: pairs[i]}, Value: fact.Value[string]{V: pairs[i+1]}, MergeMethod: pairs[i+2]})
	}
	return out
}

// TestMergeArgs holds how each release puts kubeadm's arguments and extraArgs together.
func TestMergeArgs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		minor int
		extra []ExtraArg
		want  []string
	}{
		{"1.13: overrides first", 13, extra("z", "1", "", "a", "2", ""), []string{"--a=2", "--z=1", "--b=base", "--m=base"}},
		{"1.14: one sorted list", 14, extra("z", "1", "", "a", "2", ""), []string{"--a=2", "--b=base", "--m=base", "--z=1"}},
		{"1.28: of a repeated name the last", 28, extra("m", "9", "", "m", "1", ""), []string{"--b=base", "--m=1"}},
		{"1.29: repeated names sorted by value", 29, extra("m", "9", "", "m", "1", ""), []string{"--b=base", "--m=1", "--m=9"}},
		{"1.35: the same", 35, extra("m", "9", "", "c", "x", "", "m", "1", ""), []string{"--b=base", "--c=x", "--m=1", "--m=9"}},
		{"1.36: user order behind the defaults", 36, extra("m", "9", "", "c", "x", "", "m", "1", ""), []string{"--b=base", "--m=9", "--c=x", "--m=1"}},
		{"1.37: append", 37, extra("m", ",x", "append"), []string{"--b=base", "--m=base,x"}},
		{"1.37: prepend", 37, extra("m", "x,", "prepend"), []string{"--b=base", "--m=x,base"}},
		{"1.37: append to what is not there", 37, extra("n", "x", "append"), []string{"--b=base", "--m=base"}},
		{"1.37: the last decides, plain ones stay", 37, extra("m", "1", "", "m", "2", "append"), []string{"--b=base", "--m=base2", "--m=1"}},
		{"a name with underscore displaces nothing", 37, extra("m_", "1", ""), []string{"--b=base", "--m=base", "--m_=1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base := []nodeipam.Arg{{Name: "m", Value: "base"}, {Name: "b", Value: "base"}}
			got := mergeArgs(fact.Version{Major: 1, Minor: tt.minor}, base, tt.extra)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAPIVersions holds which releases read which version of the API.
func TestAPIVersions(t *testing.T) {
	want := map[string][2]int{ // first and last release, 1.13 to 1.37
		"v1alpha3": {13, 14}, "v1beta1": {13, 21}, "v1beta2": {15, 26}, "v1beta3": {22, 36}, "v1beta4": {28, 37},
	}
	for name, minors := range want {
		for minor := 13; minor <= 37; minor++ {
			state, _ := refuseAPIVersion(name, "ClusterConfiguration", fact.Version{Major: 1, Minor: minor})
			refused := state != apiRead
			if inside := minor >= minors[0] && minor <= minors[1]; refused == inside {
				t.Errorf("release 1.%d refuses %s: %t, want %t", minor, name, refused, !inside)
			}
		}
	}
	if state, got := refuseAPIVersion("v1alpha1", "MasterConfiguration", release(13)); state != apiOld || !strings.Contains(got, "old API spec") || !strings.Contains(got, "use kubeadm v1.11 instead") {
		t.Errorf("1.13 says of v1alpha1: %s", got)
	}
	for _, name := range []string{"v1", "v1beta5", "v2", ""} {
		if state, msg := refuseAPIVersion(name, "ClusterConfiguration", fact.NewestKubernetes()); state == apiRead || msg == "" {
			t.Errorf("the newest release does not refuse %q", name)
		}
	}
}

// TestConfigRelease holds which release is assumed where none is given.
func TestConfigRelease(t *testing.T) {
	for _, tt := range []struct {
		api, version string
		want         fact.Version
	}{
		{"v1beta4", "", fact.NewestKubernetes()},
		{"v1beta3", "", fact.Version{Major: 1, Minor: 36}},
		{"v1beta2", "", fact.Version{Major: 1, Minor: 26}},
		{"v1beta2", "kubernetesVersion: v1.20.2\n", fact.Version{Major: 1, Minor: 20, Patch: 2}},
		{"v1beta2", "kubernetesVersion: stable-1\n", fact.Version{Major: 1, Minor: 26}},
	} {
		c, err := ParseConfig("f", []byte("apiVersion: kubeadm.k8s.io/"+tt.api+"\nkind: ClusterConfiguration\n"+tt.version))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.release(fact.Version{}); got != tt.want {
			t.Errorf("release of a file of %s with %q = %v, want %v", tt.api, tt.version, got, tt.want)
		}
	}
}

// TestOldNodeMasks holds which node mask flags kubeadm wrote by itself, by release and feature gate.
func TestOldNodeMasks(t *testing.T) {
	on, off := nodeipam.Gates{"IPv6DualStack": true}, nodeipam.Gates{"IPv6DualStack": false}
	for _, tt := range []struct {
		name  string
		minor int
		pods  string
		gates nodeipam.Gates
		want  []nodeipam.Arg
	}{
		{"1.16: whatever the gate", 16, "10.244.0.0/16", on, []nodeipam.Arg{{Name: "node-cidr-mask-size", Value: "24"}}},
		{"1.17: not where the gate is named", 17, "10.244.0.0/16", off, nil},
		{"1.17: without the gate", 17, "10.244.0.0/16", nil, []nodeipam.Arg{{Name: "node-cidr-mask-size", Value: "24"}}},
		{"1.18: off is as absent", 18, "10.244.0.0/16", off, []nodeipam.Arg{{Name: "node-cidr-mask-size", Value: "24"}}},
		{"1.19: on, by family", 19, "fd00::/48,10.244.0.0/16", on, []nodeipam.Arg{{Name: "node-cidr-mask-size-ipv4", Value: "24"}, {Name: "node-cidr-mask-size-ipv6", Value: "64"}}},
		{"1.19: on, one family", 19, "10.244.0.0/16", on, []nodeipam.Arg{{Name: "node-cidr-mask-size-ipv4", Value: "24"}}},
		{"1.20: none any more", 20, "10.244.0.0/16", nil, nil},
	} {
		got := oldNodeMasks(fact.Version{Major: 1, Minor: tt.minor}, tt.pods, tt.gates)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestYAMLText holds which texts need quotes to stay texts.
func TestYAMLText(t *testing.T) {
	for text, want := range map[string]string{
		"prod-1": "prod-1", "a.b": "a.b", "": `""`, "yes": `"yes"`, "Null": `"Null"`, "1prod": `"1prod"`, "a b": `"a b"`, "a: b": `"a: b"`, "n": `"n"`, "é": `"é"`,
		"azAZ-09": "azAZ-09", "Z": "Z", "a@": `"a@"`, "[a": `"[a"`, "a/b": `"a/b"`, "a{": `"a{"`, "-a": `"-a"`, ".a": `".a"`, "a\n": `"a\n"`,
	} {
		if got := yamlText(text); got != want {
			t.Errorf("yamlText(%q) = %s, want %s", text, got, want)
		}
	}
}

// TestGenerateAdvertiseAddress holds in which form kubeadm writes the address of a host.
func TestGenerateAdvertiseAddress(t *testing.T) {
	for _, tt := range []struct {
		address, want, why string
	}{
		{"192.168.10.11", "192.168.10.11", ""},
		{"192.168.010.011", "192.168.10.11", "leading zeros are dropped"},
		{"::ffff:192.168.10.11", "192.168.10.11", "an IPv4-mapped address is IPv4"},
		{"FD00:0::0011", "fd00::11", "the shortest form"},
		{"fe80::1", "fe80::1", "link-local addresses are taken"},
		{"0.0.0.0", "", "kubeadm looks for an address itself"},
		{"::ffff:0.0.0.0", "", "here as well"},
		{"127.0.0.1", "", "it looks on the loopback interface for another one"},
	} {
		c := Config{Init: InitConfiguration{AdvertiseAddress: fact.Value[string]{V: tt.address}}}
		g, err := c.Generate(fact.NewestKubernetes())
		if err != nil {
			t.Errorf("%s: %v", tt.address, err)
			continue
		}
		want := []string{"--service-cluster-ip-range=10.96.0.0/12"}
		if tt.want != "" {
			want = append([]string{"--advertise-address=" + tt.want}, want...)
		}
		if diff := cmp.Diff(want, g.APIServer); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", tt.address, tt.why, diff)
		}
	}
}
