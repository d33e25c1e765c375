package nodeipam

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// recorded reads the JSON lines of a recording of the real programs of Kubernetes 1.37.2: one row for each kind of answer. What is
// empty or false is left out.
func recorded[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "recorded", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	for line := range bytes.Lines(data) {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return out
}

func messages(rs []Refusal) []string {
	var out []string
	for _, r := range rs {
		out = append(out, r.Message)
	}
	return out
}

// controllerFlagsOf reads a recorded command line. Package kubeadm has the real reader; this one knows just enough.
func controllerFlagsOf(t *testing.T, args []string) ControllerFlags {
	t.Helper()
	var f ControllerFlags
	for i := 0; i < len(args); i++ {
		name, value, ok := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		name = strings.ReplaceAll(name, "_", "-")
		if !ok && name == "allocate-node-cidrs" {
			value = "true"
		} else if !ok {
			i++
			value = args[i]
		}
		number := func() int {
			n, err := strconv.ParseInt(value, 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		switch name {
		case "allocate-node-cidrs":
			b, err := strconv.ParseBool(value)
			if err != nil {
				t.Fatal(err)
			}
			f.AllocateNodeCIDRs = b
		case "cluster-cidr":
			f.ClusterCIDR = value
		case "node-cidr-mask-size":
			f.NodeCIDRMaskSize = number()
		case "node-cidr-mask-size-ipv4":
			f.NodeCIDRMaskSizeIPv4 = number()
		case "node-cidr-mask-size-ipv6":
			f.NodeCIDRMaskSizeIPv6 = number()
		case "service-cluster-ip-range":
			f.ServiceClusterIPRange = value
		case "cidr-allocator-type":
			f.CIDRAllocatorType, f.CIDRAllocatorEmpty = value, value == ""
		case "controllers":
			f.Controllers = append(f.Controllers, strings.Split(value, ",")...)
		default:
			t.Fatalf("flag %q", args[i])
		}
	}
	return f
}

// recordedStart is a start of kube-controller-manager: what it prints where it does not start, or the first node's subnets.
type recordedStart struct {
	ID        string
	Flags     []string
	Message   []string
	Allocator bool
	FirstNode []string
	Log       []string // errors about the node
}

func TestControllerRefusalsRecorded(t *testing.T) {
	for _, c := range recorded[recordedStart](t, "controller.jsonl") {
		got := messages(controllerFlagsOf(t, c.Flags).Refusals(fact.V(1, 37, 2)))
		if d := cmp.Diff(c.Message, got); d != "" {
			t.Errorf("%s %q: (-recorded +got)\n%s", c.ID, c.Flags, d)
		}
	}
}

func TestAPIServerRefusalsRecorded(t *testing.T) {
	for _, c := range recorded[struct {
		ID, Range, Advertise string
		Message              []string
	}](t, "apiserver.jsonl") {
		f := APIServerFlags{ServiceClusterIPRange: c.Range, AdvertiseAddress: c.Advertise}
		if d := cmp.Diff(c.Message, messages(f.Refusals(fact.V(1, 37, 2)))); d != "" {
			t.Errorf("%s %q: (-recorded +got)\n%s", c.ID, c.Range, d)
		}
	}
}

func TestKubeadmRefusalsRecorded(t *testing.T) {
	for _, c := range recorded[struct {
		ID, PodSubnet, ServiceSubnet, DNSDomain string
		Args                                    [][2]string // of kube-controller-manager
		Errors                                  [][4]string // type, field, value, detail
	}](t, "kubeadm.jsonl") {
		k := KubeadmNetworking{PodSubnet: c.PodSubnet, ServiceSubnet: c.ServiceSubnet, DNSDomain: c.DNSDomain}
		for _, a := range c.Args {
			k.ControllerManagerArgs = append(k.ControllerManagerArgs, Arg{a[0], a[1]})
		}
		var got [][4]string
		for _, r := range k.Refusals(fact.Version{}) {
			got = append(got, [4]string{string(r.Type), r.Field, r.BadValue, r.Detail})
		}
		if d := cmp.Diff(c.Errors, got); d != "" {
			t.Errorf("%s: (-recorded +got)\n%s", c.ID, d)
		}
	}
}

func TestControllerRefusals(t *testing.T) {
	alloc := func(cluster string, change func(*ControllerFlags)) ControllerFlags {
		f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: cluster}
		if change != nil {
			change(&f)
		}
		return f
	}
	services := func(s string) func(*ControllerFlags) {
		return func(f *ControllerFlags) { f.ServiceClusterIPRange = s }
	}
	masks := func(plain, v4, v6 int) func(*ControllerFlags) {
		return func(f *ControllerFlags) {
			f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = plain, v4, v6
		}
	}
	allocator := func(s string) func(*ControllerFlags) {
		return func(f *ControllerFlags) { f.CIDRAllocatorType, f.CIDRAllocatorEmpty = s, s == "" }
	}
	gate := func(on bool) func(*ControllerFlags) {
		return func(f *ControllerFlags) { f.FeatureGates = Gates{"IPv6DualStack": on} }
	}
	const dual = "10.244.0.0/16,fd00::/56"
	tests := []struct {
		flags   ControllerFlags
		version int // minor, 0 is the newest
		want    string
		why     string
	}{
		{ControllerFlags{}, 0, "", "the zero flags start and hand out nothing"},
		{ControllerFlags{ClusterCIDR: "abc"}, 0, "", "without allocation the range is not read"},
		{ControllerFlags{ServiceClusterIPRange: "a,b,c"}, 0, "kcm-service-count", "options are validated with allocation off as well"},
		{ControllerFlags{ServiceClusterIPRange: "a,b,c"}, 15, "", "lists came with 1.16"},
		{alloc(" 10.244.0.0/16 ", nil), 0, "", "outer blanks are trimmed"},
		{alloc("10.244.0.0/16, fd00::/56", nil), 0, "kcm-cluster-parse", "inner ones are not"},
		{alloc("10.244.0.0/16,", nil), 0, "kcm-cluster-parse", "trailing comma"},
		{alloc("10.244.0.5/16", nil), 0, "", "host bits"},
		{alloc("", nil), 0, "kcm-cluster-parse", "empty"},
		{alloc("", nil), 15, "kcm-cluster-missing", "empty, old text"},
		{alloc("10.244.0.0/16,fd00::/56", nil), 15, "kcm-cluster-missing", "a list does not parse up to 1.15"},
		{alloc(dual, nil), 0, "", "dual-stack"},
		{alloc(dual, nil), 16, "kcm-cluster-gate", "gate off by default"},
		{alloc(dual, nil), 20, "kcm-cluster-gate-slice", "gate off by default, text of 1.17"},
		{alloc(dual, gate(true)), 17, "", "gate on"},
		{alloc(dual, nil), 21, "", "gate on by default"},
		{alloc(dual, gate(false)), 22, "kcm-cluster-gate-slice", "gate off"},
		{alloc(dual, gate(false)), 23, "", "dual-stack is GA"},
		{alloc("10.1.0.0/16,10.2.0.0/16", nil), 0, "kcm-cluster-families", "one family"},
		{alloc("10.1.0.0/16,::ffff:10.2.0.0/112", nil), 0, "kcm-cluster-families", "a mapped range is IPv4"},
		{alloc("10.1.0.0/16,10.2.0.0/16,10.3.0.0/16", nil), 0, "kcm-cluster-families", "families are looked at before the count"},
		{alloc(dual+",10.2.0.0/16", nil), 0, "kcm-cluster-count", "three"},
		{alloc(dual+",10.2.0.0/16", nil), 25, "kcm-cluster-count-old", "three, old text"},
		{alloc("10.244.0.0/16", services("10.96.0.0/12,10.128.0.0/16")), 0, "kcm-service-families", "one family"},
		{alloc("10.244.0.0/16", services("10.96.0.0/12,10.128.0.0/16")), 16, "kcm-service-gate", "gate off"},
		{alloc("10.244.0.0/16", services("10.96.0.0/12, 10.128.0.0/16")), 0, "", "what does not parse is ignored"},
		{alloc("10.244.0.0/16", masks(25, 0, 0)), 0, "", "plain"},
		{alloc("10.244.0.0/16", masks(25, 26, 0)), 0, "kcm-mask-both", "both"},
		{alloc("10.244.0.0/16", masks(25, 26, 0)), 22, "kcm-mask-single-old", "both, old"},
		{alloc("10.244.0.0/16", masks(0, 26, 0)), 0, "", "family flag on single-stack since 1.23"},
		{alloc("10.244.0.0/16", masks(0, 26, 0)), 22, "kcm-mask-single-old", "family flag on single-stack before"},
		{alloc("10.244.0.0/16", masks(0, 26, 80)), 0, "kcm-mask-ipv6", "other family"},
		{alloc("fd00::/56", masks(0, 26, 80)), 0, "kcm-mask-ipv4", "other family"},
		{alloc(dual, masks(24, 0, 0)), 0, "kcm-mask-dual", "plain with two ranges"},
		{alloc("10.244.0.0/16", func(f *ControllerFlags) { f.NodeCIDRMaskSize = 24; f.FeatureGates = Gates{"IPv6DualStack": true} }), 18, "kcm-mask-dual", "1.17 to 1.19 ask the gate, not the ranges"},
		{alloc("10.244.0.0/16", func(f *ControllerFlags) { f.NodeCIDRMaskSize = 24; f.FeatureGates = Gates{"IPv6DualStack": true} }), 20, "", "1.20 asks the ranges"},
		{alloc("fd00::/56", nil), 15, "kcm-mask-short-old", "node mask 24 for IPv6 as well up to 1.16"},
		{alloc("10.244.0.0/25", nil), 0, "kcm-mask-short", "range smaller than a node subnet"},
		{alloc("10.244.0.0/24", nil), 0, "", "one node subnet"},
		{alloc("10.244.0.0/16", masks(-1, 0, 0)), 0, "kcm-mask-short", "negative"},
		{alloc("fd00::/47", nil), 0, "kcm-mask-far", "17 bits"},
		{alloc("fd00::/48", nil), 0, "", "16 bits"},
		{alloc("10.0.0.0/8", masks(28, 0, 0)), 0, "", "20 bits, not checked for IPv4"},
		{alloc("::ffff:10.244.0.0/112", nil), 0, "kcm-mask-short", "the length of a mapped range counts 96 more"},
		{alloc("10.244.0.0/16", allocator("CloudAllocator")), 0, "kcm-allocator-unavailable", "since 1.32"},
		{alloc("10.244.0.0/16", allocator("CloudAllocator")), 31, "kcm-allocator-cloud", "no in-tree cloud since 1.31"},
		{alloc("10.244.0.0/16", allocator("CloudAllocator")), 30, "", "may be right, with a cloud"},
		{alloc("x", allocator("CloudAllocator")), 31, "kcm-allocator-cloud", "before the ranges are read"},
		{alloc("x", allocator("CloudAllocator")), 30, "kcm-cluster-parse", "a cloud does not mend them"},
		{alloc("10.244.0.0/16", allocator("MultiCIDRRangeAllocator")), 24, "kcm-allocator-type", "not yet"},
		{alloc("10.244.0.0/16", allocator("x")), 28, "kcm-allocator-type", "unknown, where there are two"},
		{alloc("10.244.0.0/16", allocator("")), 0, "kcm-allocator-type", "empty passes options, not the constructor"},
		{alloc("10.244.0.0/16", allocator("x")), 31, "kcm-allocator-type", "unknown"},
		{alloc("10.244.0.0/16", allocator("MultiCIDRRangeAllocator")), 28, "", "alpha"},
		{alloc("10.244.0.0/16", allocator("MultiCIDRRangeAllocator")), 29, "kcm-allocator-type", "gone"},
		{alloc("abc", func(f *ControllerFlags) { f.Controllers = []string{"*", "-nodeipam"} }), 0, "", "node IPAM is off"},
		{alloc("abc", func(f *ControllerFlags) { f.Controllers = []string{"*", "-node-ipam-controller"} }), 0, "", "by its long name"},
		{alloc("abc", func(f *ControllerFlags) { f.Controllers = []string{"*", "-node-ipam-controller"} }), 27, "kcm-cluster-parse", "which 1.27 does not know"},
		{alloc("abc", func(f *ControllerFlags) { f.Controllers = []string{"nodeipam", "-nodeipam"} }), 0, "kcm-cluster-parse", "the first entry decides"},
		{alloc("abc", func(f *ControllerFlags) { f.Controllers = []string{"endpoint"} }), 0, "", "not named and no star"},
	}
	for _, tt := range tests {
		v := fact.Version{}
		if tt.version > 0 {
			v = v1(tt.version)
		}
		var got []string
		for _, r := range tt.flags.Refusals(v) {
			got = append(got, r.ID)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v.Refusals(%v) = %q, want %q: %s", tt.flags, v, got, tt.want, tt.why)
		}
	}
	// Two options errors are reported together.
	f := ControllerFlags{ServiceClusterIPRange: "a,b,c", CIDRAllocatorType: "x"}
	if got := f.Refusals(fact.Version{}); len(got) != 2 {
		t.Errorf("%+v: %v", f, got)
	}
}

func TestAPIServerRefusals(t *testing.T) {
	tests := []struct {
		flags   APIServerFlags
		version int
		want    string
		why     string
	}{
		{APIServerFlags{}, 0, "", "default range, unknown address"},
		{APIServerFlags{AdvertiseAddress: "fd00::1"}, 0, "api-advertise-family", "default range is IPv4"},
		{APIServerFlags{AdvertiseAddress: "fd00::1"}, 23, "", "checked since 1.24"},
		{APIServerFlags{AdvertiseAddress: "010.0.0.1"}, 0, "api-advertise", "leading zero"},
		{APIServerFlags{AdvertiseAddress: " 10.0.0.1 "}, 0, "", "blanks"},
		{APIServerFlags{AdvertiseAddress: "::ffff:10.0.0.1"}, 0, "", "mapped is IPv4"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/29"}, 0, "", "8 addresses"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/30"}, 0, "api-service-small", "4 addresses"},
		{APIServerFlags{ServiceClusterIPRange: "fd00::/126"}, 0, "api-service-small", "4 addresses"},
		{APIServerFlags{ServiceClusterIPRange: "0.0.0.0/1"}, 0, "api-service-small", "counted as none"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/24,fd00::/127"}, 0, "", "no minimum for the second"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/24, fd00::/112"}, 0, "api-service-second", "blank"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/24,"}, 0, "api-service-second", "trailing comma"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/24,fd00::/112,x"}, 0, "api-service-count", "three"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/24,10.1.0.0/24,x"}, 0, "api-service-count api-service-families", "both are reported"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8"}, 0, "", "no maximum since 1.34"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8"}, 33, "api-service-large", "24 bits"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8"}, 18, "api-service-large-old", "24 bits"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/12,fd00::/107"}, 33, "api-service-second-large", "21 bits"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8", FeatureGates: Gates{"MultiCIDRServiceAllocator": true}}, 30, "", "64 bits"},
		{APIServerFlags{ServiceClusterIPRange: "fd00::/63", FeatureGates: Gates{"MultiCIDRServiceAllocator": true}}, 30, "api-service-large", "65 bits"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8", FeatureGates: Gates{"MultiCIDRServiceAllocator": true}}, 31, "api-service-large", "needs both gates"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8", FeatureGates: Gates{"DisableAllocatorDualWrite": true}}, 33, "", "the other is on by default"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8", FeatureGates: Gates{"DisableAllocatorDualWrite": false}}, 34, "api-service-large", "not yet locked"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/24,fd00::/112"}, 15, "api-service-flag", "one range up to 1.15"},
		{APIServerFlags{ServiceClusterIPRange: "010.0.0.0/024"}, 0, "", "leading zeros"},
	}
	for _, tt := range tests {
		v := fact.Version{}
		if tt.version > 0 {
			v = v1(tt.version)
		}
		var got []string
		for _, r := range tt.flags.Refusals(v) {
			got = append(got, r.ID)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v.Refusals(%v) = %q, want %q: %s", tt.flags, v, got, tt.want, tt.why)
		}
	}
}

func TestKubeadmRefusals(t *testing.T) {
	args := func(kv ...string) (out []Arg) {
		for i := 0; i < len(kv); i += 2 {
			out = append(out, Arg{kv[i], kv[i+1]})
		}
		return out
	}
	tests := []struct {
		n       KubeadmNetworking
		version int
		want    string // field and id of each
		why     string
	}{
		{KubeadmNetworking{}, 0, "", "defaults"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/24,fd00::/64"}, 15, "podSubnet:adm-pod-parse", "one range up to 1.15"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/24,fd00::/64"}, 20, "podSubnet:adm-pod-single", "gate off"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/24,fd00::/64", FeatureGates: Gates{"IPv6DualStack": true}}, 20, "", "gate on"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/24,fd00::/64"}, 21, "", "gate on by default"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/24,10.1.0.0/24"}, 25, "podSubnet:adm-pod-families", "bare path"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/24,10.1.0.0/24"}, 26, "networking.podSubnet:adm-pod-families", "whole path"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/28"}, 19, "", "no look at node masks up to 1.19"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/29"}, 19, "podSubnet:adm-pod-small-old", "8 of 10"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("node-cidr-mask-size", "26")}, 20, "", "the plain flag counts in 1.20"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("node-cidr-mask-size", "26"), FeatureGates: Gates{"IPv6DualStack": true}}, 20, "podSubnet:adm-mask-short-old", "but with the gate on"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("node-cidr-mask-size", "26"), FeatureGates: Gates{"IPv6DualStack": false}}, 22, "podSubnet:adm-mask-short", "whatever the gate is"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("node-cidr-mask-size", "26")}, 0, "networking.podSubnet:adm-mask-short", "and not since"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("node-cidr-mask-size-ipv4", "26", "node-cidr-mask-size-ipv4", "27")}, 0, "", "the last counts"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/16", ControllerManagerArgs: args("node-cidr-mask-size-ipv4", "x")}, 0, "networking.podSubnet:adm-mask-number", "no number"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("allocate-node-cidrs", "false")}, 0, "", "masks are not looked at"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/25", ControllerManagerArgs: args("allocate-node-cidrs", "False")}, 0, "networking.podSubnet:adm-mask-short", "only for exactly false"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/7"}, 20, "podSubnet:adm-mask-far-old", "17 bits"},
		{KubeadmNetworking{PodSubnet: "::ffff:10.0.0.0/112"}, 0, "networking.podSubnet:adm-mask-short", "a mapped range has IPv4's node mask"},
		{KubeadmNetworking{DNSDomain: "Cluster.local"}, 0, "networking.dnsDomain:adm-dns", "upper case"},
		{KubeadmNetworking{DNSDomain: "a..b"}, 19, "dnsDomain:adm-dns-old", "empty label"},
		{KubeadmNetworking{DNSDomain: "az-09.za"}, 0, "", "first and last letter and digit"},
		{KubeadmNetworking{DNSDomain: strings.Repeat("a", 253)}, 0, "", "as long as it may be"},
		{KubeadmNetworking{DNSDomain: strings.Repeat("a", 254)}, 0, "networking.dnsDomain:adm-dns-length", "too long"},
		{KubeadmNetworking{AdvertiseAddress: "host", PodSubnet: "x"}, 0, "localAPIEndpoint.advertiseAddress:adm-advertise", "alone and first"},
		{KubeadmNetworking{AdvertiseAddress: "010.0.0.1"}, 0, "", "leading zeros"},
		{KubeadmNetworking{ControllerManagerArgs: args("", "x"), APIServerArgs: args("a", "b", "", "x")}, 0, "apiServer.extraArgs:adm-apiserver-args controllerManager.extraArgs:adm-controller-args", "no name"},
		{KubeadmNetworking{ServiceSubnet: "0.0.0.0/0"}, 0, "networking.serviceSubnet:adm-service-small networking.serviceSubnet:adm-service-large", "too small and too large"},
	}
	for _, tt := range tests {
		v := fact.Version{}
		if tt.version > 0 {
			v = v1(tt.version)
		}
		var got []string
		for _, r := range tt.n.Refusals(v) {
			got = append(got, r.Field+":"+r.ID)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v.Refusals(%v) = %q, want %q: %s", tt.n, v, got, tt.want, tt.why)
		}
	}
	got := KubeadmNetworking{PodSubnet: "10.244.0.0/26"}.Refusals(fact.Version{})
	want := `networking.podSubnet: Invalid value: "10.244.0.0/26": the size of pod subnet with mask 26 is smaller than the size of node subnet with mask 24`
	if len(got) != 1 || got[0].Message != want {
		t.Errorf("message %q, want %q", messages(got), want)
	}
}

// TestRefusalValues: what a refusal quotes, and the number that it asks for.
func TestRefusalValues(t *testing.T) {
	flags := func(plain, v4, v6 int) ControllerFlags {
		return ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: plain, NodeCIDRMaskSizeIPv4: v4, NodeCIDRMaskSizeIPv6: v6}
	}
	for _, tt := range []struct {
		got            []Refusal
		value, message string // a part of the message
	}{
		{flags(24, 26, 0).Refusals(fact.Version{}), "26", "is not allowed if --node-cidr-mask-size is set"},
		{flags(24, 0, 80).Refusals(fact.Version{}), "80", "is not allowed if --node-cidr-mask-size is set"},
		{flags(24, 26, 80).Refusals(fact.Version{}), "26, 80", "is not allowed if --node-cidr-mask-size is set"},
		{APIServerFlags{ServiceClusterIPRange: "10.0.0.0/8"}.Refusals(v1(33)), "10.0.0.0/8", "for 32-bit addresses, the mask must be >= 12"},
		{APIServerFlags{ServiceClusterIPRange: "fd00::/64"}.Refusals(v1(30)), "fd00::/64", "for 128-bit addresses, the mask must be >= 108"},
		{KubeadmNetworking{ServiceSubnet: "fd00::/107"}.Refusals(fact.Version{}), "fd00::/107", "for 128-bit addresses, the mask must be >= 108"},
		{KubeadmNetworking{PodSubnet: "10.0.0.0/29"}.Refusals(v1(19)), "10.0.0.0/29", "subnet is too small"},
	} {
		if len(tt.got) != 1 || tt.got[0].BadValue != tt.value || !strings.Contains(tt.got[0].Message, tt.message) {
			t.Errorf("%+v, want %q and %q in the message", tt.got, tt.value, tt.message)
		}
	}
}

// TestStartupRules checks the catalogue: every text is used by a release, ids are unique, and texts of one rule of one
// program and field never hold together where one replaced the other.
func TestStartupRules(t *testing.T) {
	seen := map[string]bool{}
	verb := regexp.MustCompile(`%[sqd]`)
	for _, r := range startupRules() {
		if seen[r.ID] {
			t.Errorf("%s stands twice", r.ID)
		}
		seen[r.ID] = true
		if r.Program == "" || r.Rule == "" || r.Field == "" || r.Source == "" || r.Text == "" {
			t.Errorf("%s: incomplete: %+v", r.ID, r)
		}
		if !r.Before.IsZero() && !r.Since.Before(r.Before) {
			t.Errorf("%s: since %v, before %v", r.ID, r.Since, r.Before)
		}
		if strings.Contains(verb.ReplaceAllString(r.Text, ""), "%") {
			t.Errorf("%s: verb in %q", r.ID, r.Text)
		}
	}
	held := map[string]int{}
	for minor := 13; minor <= 37; minor++ {
		for _, r := range startupRules() {
			if r.Holds(v1(minor)) {
				held[r.ID]++
			}
		}
	}
	for id := range seen {
		if held[id] == 0 {
			t.Errorf("%s holds in no release", id)
		}
		if old, ok := strings.CutSuffix(id, "-old"); ok {
			for minor := 13; minor <= 37; minor++ {
				n := 0
				for _, r := range startupRules() {
					if (r.ID == id || r.ID == old) && r.Holds(v1(minor)) {
						n++
					}
				}
				if n > 1 {
					t.Errorf("%s and %s both hold in 1.%d", id, old, minor)
				}
			}
		}
	}
}
