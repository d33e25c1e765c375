package netdist

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/source"
)

// inputs returns all inputs of testdata.
func inputs(t testing.TB) []txtar.File {
	t.Helper()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(err, "no archives")
	}
	var out []txtar.File
	for _, name := range append(archives, "testdata/pasted/pasted.txtar") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(data).Files {
			if ext := filepath.Ext(f.Name); ext != ".want" && ext != ".is" {
				out = append(out, f)
			}
		}
	}
	return out
}

// TestPlaces: the text of every range that is written stands at its place.
func TestPlaces(t *testing.T) {
	n := 0
	for _, f := range inputs(t) {
		lines := strings.Split(string(f.Data), "\n")
		for _, net := range read(t, f.Name, f.Data) {
			if net.Pos.Line < 1 || net.Pos.Column < 1 {
				t.Errorf("%s: %s has no place", f.Name, net.Name)
			}
			for _, r := range net.Ranges {
				n++
				text := r.Text
				if strings.HasSuffix(r.Key, "blocks") || strings.HasSuffix(r.Key, "ipRanges") {
					text, _, _ = strings.Cut(text, "-") // start and stop are two values
				}
				if r.Default {
					text = ""
				}
				if r.Pos.Line < 1 || r.Pos.Line > len(lines) ||
					!strings.HasPrefix(strings.TrimLeft(lines[r.Pos.Line-1][r.Pos.Column-1:], `"'`), text) {
					t.Errorf("%s:%d:%d: %s %q does not stand there", f.Name, r.Pos.Line, r.Pos.Column, r.Key, r.Text)
				}
				if b := r.BlockPos; b.Line > 0 && !strings.Contains(lines[b.Line-1][b.Column-1:], fmt.Sprint(r.BlockSize)) &&
					r.Key != "spec.ipv4" && r.Key != "spec.ipv6" {
					t.Errorf("%s:%d:%d: block size %d of %s does not stand there", f.Name, b.Line, b.Column, r.BlockSize, r.Text)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("%d ranges were looked at", n)
	}
}

// TestSameAgain: reading does not depend on what was read before, and changes nothing.
func TestSameAgain(t *testing.T) {
	for _, f := range inputs(t) {
		a, b := text(read(t, f.Name, f.Data)), text(read(t, f.Name, f.Data))
		if a != b {
			t.Errorf("%s: (-first +second)\n%s", f.Name, cmp.Diff(a, b))
		}
	}
}

// Files of one cluster for TestJoin.
const (
	joinAgent = "apiVersion: apps/v1\nkind: DaemonSet\n" +
		"spec: {template: {spec: {containers: [{image: \"cilium/cilium:v1.15.1\"}]}}}\n"
	joinConfig = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {ipam: kubernetes}\n"
	joinEmpty  = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {enable-ipv4: \"true\"}\n"
	joinValues = "kubeProxyReplacement: true\nipam: {operator: {clusterPoolIPv4PodCIDRList: [10.9.0.0/16]}}\n"
	joinNode   = "apiVersion: v1\nkind: Node\n" +
		"metadata: {name: a, annotations: {k8s.ovn.org/node-subnets: '{\"default\":\"10.1.0.0/23\"}'}}\n"
	joinOcp = "apiVersion: operator.openshift.io/v1\nkind: Network\n" +
		"spec: {defaultNetwork: {type: OVNKubernetes, ovnKubernetesConfig: {ipv4: {internalJoinSubnet: 100.99.0.0/16}}}}\n"
	joinOff = "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\n" +
		"spec: {cidr: 10.1.0.0/16, disabled: true}\n"
	joinOn = "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: b}\nspec: {cidr: 10.2.0.0/16}\n"
)

// TestJoin brings together files of one cluster.
func TestJoin(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files []string
		want  []string // as short, defaults with "default"
		why   string
	}{
		{
			"mode from another file", []string{joinAgent, joinConfig}, []string{"cilium node"},
			"the ConfigMap says who hands out",
		},
		{
			"written pools replace the default", []string{joinEmpty, joinValues},
			[]string{"cilium own", "pods 10.9.0.0/16 2 /24"}, "nobody keeps 10.0.0.0/8 beside its own",
		},
		{"written join replaces the default", []string{joinNode, joinOcp}, []string{
			"default hidden 100.88.0.0/16", "default hidden 169.254.169.0/29", "default hidden fd69::/125",
			"default hidden fd97::/64", "default hidden fd98::/64",
			"hidden 100.99.0.0/16 3", "node-block 10.1.0.0/23 3", "ovn-kubernetes own",
		}, "each default once, none for the IPv4 join"},
		{
			"a pool that is off beside one that is on", []string{joinOff, joinOn},
			[]string{"calico own", "pods 10.1.0.0/16 4 /26", "pods 10.2.0.0/16 4 /26"}, "Calico is in use",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ns []Network
			for i, f := range tt.files {
				ns = append(ns, read(t, fmt.Sprint(i), []byte(f))...)
			}
			joined := Join(ns...)
			got := short(joined)
			for _, n := range joined {
				if n.Passive {
					t.Errorf("%s is passive", n.Name)
				}
				for _, r := range n.Ranges {
					if r.Default {
						got = append(got, fmt.Sprintf("default %s %s", r.Use, r.Text))
					}
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%s (-want +got)\n%s", tt.why, d)
			}
		})
	}
}

// TestForms reads the ways in which networks write a range.
func TestForms(t *testing.T) {
	for _, tt := range []struct {
		form  form
		text  string
		want  string
		block int
		why   string
	}{
		{form{}, "10.0.0.0/8", "[10.0.0.0/8]", 0, "plain"},
		{form{}, "10.0.0.1/8", "[10.0.0.1/8]", 0, "host bits are kept"},
		{form{}, "10.0.0.1", "error", 0, "no length"},
		{form{}, "10.0.0.1-10.0.0.2", "error", 0, "no dash allowed"},
		{form{bare: true}, "10.0.0.1", "[10.0.0.1/32]", 0, "an address is a range of one"},
		{form{bare: true}, "fe80::1%eth0", "[fe80::1/128]", 0, "zones are dropped"},
		{form{dash: true}, "10.0.0.1-10.0.0.2", "[10.0.0.1/32 10.0.0.2/32]", 0, "first and last"},
		{form{dash: true}, "10.0.0.0 - 10.0.0.255", "[10.0.0.0/24]", 0, "MetalLB takes blanks"},
		{form{dash: true}, "10.0.0.2-10.0.0.1", "error", 0, "backwards"},
		{form{dash: true}, "10.0.0.2-fd00::1", "error", 0, "two families"},
		{form{dash: true}, "10.0.0.0-10.0.0.3/28", "[10.0.0.0/30]", 0, "whereabouts"},
		{form{dash: true}, "0.0.0.0-255.255.255.255", "[0.0.0.0/0]", 0, "everything"},
		{form{dash: true}, "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "[::/0]", 0, "everything"},
		{form{dots: true}, "10.0.0.0..10.0.0.1", "[10.0.0.0/31]", 0, "Kube-OVN"},
		{form{hostLen: true}, "10.128.0.0/14/23", "[10.128.0.0/14]", 23, "OVN-Kubernetes"},
		{form{hostLen: true}, "10.128.0.0/14", "[10.128.0.0/14]", 0, "no host length"},
		{form{hostLen: true}, "10.128.0.0/14/x", "error", 0, "no number"},
		{form{hostLen: true}, "fd01::/48/64", "[fd01::/48]", 64, "IPv6"},
		{form{}, "", "error", 0, "nothing"},
		{form{dash: true, dots: true, hostLen: true, bare: true}, "-", "error", 0, "no address"},
	} {
		ps, block, err := tt.form.parse(tt.text)
		got := fmt.Sprint(ps)
		if err != nil {
			got = "error"
		}
		if got != tt.want || block != tt.block {
			t.Errorf("%+v.parse(%q) = %s, %d, want %s, %d: %s", tt.form, tt.text, got, block, tt.want, tt.block, tt.why)
		}
	}
}

// TestTemplates: what is filled in later is no value.
func TestTemplates(t *testing.T) {
	for text, want := range map[string]bool{
		"10.0.0.0/8": false, "": false, "fd00::/8": false, "[fd00::]:1": false, "a@b": false, "50%": false, "@": false,
		"%":                     false,
		"{{ .Values.podCidr }}": true, "${POD_CIDR}": true, "$(POD_CIDR)": true, "$POD": true, "<your-cidr>": true,
		"__NODE__": true, "@POD@": true,
		"%POD%": true, "[[ pod ]]": true, "{% x %}": true,
	} {
		if got := isTemplate(text); got != want {
			t.Errorf("isTemplate(%q) = %v, want %v", text, got, want)
		}
	}
}

// TestLinear: many objects, and many texts inside texts, cost no more than their size.
func TestLinear(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: List\nitems:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "- apiVersion: crd.projectcalico.org/v1\n  kind: IPPool\n"+
			"  metadata: {name: p%d}\n  spec: {cidr: 10.0.0.0/8, blockSize: 26}\n", i)
	}
	ns := read(t, "many.yaml", []byte(b.String()))
	if len(ns) != 1 || len(ns[0].Ranges) != 2000 || len(ns[0].Problems) != mostProblems {
		t.Fatalf("read %d networks", len(ns))
	}
	deep := strings.Repeat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: calico}\ndata: {a: {b: ",
		1) + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "}}\n"
	read(t, "deep.yaml", []byte(deep))
}

func FuzzRead(f *testing.F) {
	for _, in := range inputs(f) {
		f.Add(in.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := source.New("f", data, source.Limits{})
		if err != nil {
			return
		}
		ns := Read(file)
		for _, n := range ns {
			if _, ok := ByName(n.Name); !ok {
				t.Errorf("network %q is not in the table", n.Name)
			}
			for _, r := range n.Ranges {
				if r.Text == "" || (r.Err == nil) != (len(r.Prefixes) > 0) {
					t.Errorf("%s: range %+v", n.Name, r)
				}
				if slices.ContainsFunc(r.Prefixes, func(p netip.Prefix) bool { return !p.IsValid() }) {
					t.Errorf("%s: invalid prefix in %+v", n.Name, r)
				}
			}
			for _, p := range n.Problems {
				if p.Message() == "" || p.Fix() == "" {
					t.Errorf("%s: problem %s says nothing", n.Name, p.ID)
				}
			}
			n.Statements()
		}
		Join(append(ns, ns...)...)
	})
}
