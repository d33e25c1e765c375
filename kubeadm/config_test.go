package kubeadm

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// parsed reads a configuration from lines.
func parsed(t *testing.T, lines ...string) Config {
	t.Helper()
	c, err := ParseConfig("f", []byte(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return c
}

// document begins a document of kubeadm's.
func document(version, kind string) string {
	return "apiVersion: kubeadm.k8s.io/" + version + "\nkind: " + kind
}

// TestParseConfigDocuments holds which documents are taken for kubeadm's, and what is read of them.
func TestParseConfigDocuments(t *testing.T) {
	const pods = "networking: {podSubnet: 10.1.0.0/16}"
	for _, tt := range []struct {
		name  string
		lines []string
		want  string // kinds of the documents, and the ranges; "zero" where the Config is
	}{
		{"cluster", []string{document("v1beta4", "ClusterConfiguration"), pods}, "ClusterConfiguration: podSubnet 10.1.0.0/16"},
		{"group forgotten", []string{"apiVersion: v1beta4\nkind: ClusterConfiguration", pods}, "ClusterConfiguration: podSubnet 10.1.0.0/16"},
		{"group empty", []string{"apiVersion: /v1beta4\nkind: ClusterConfiguration", pods}, "ClusterConfiguration: podSubnet 10.1.0.0/16"},
		{"group misspelt", []string{"apiVersion: kubeadm.k8.io/v1beta4\nkind: ClusterConfiguration", pods}, "ClusterConfiguration: podSubnet 10.1.0.0/16"},
		{"another group", []string{"apiVersion: example.org/v1\nkind: ClusterConfiguration", pods}, "zero"},
		{"of kubelet alone", []string{"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration"}, "KubeletConfiguration: no ranges"},
		{"part of a file", []string{pods}, ": podSubnet 10.1.0.0/16"},
		{"part with an address", []string{pods, "localAPIEndpoint: {advertiseAddress: 192.0.2.1}"}, ": podSubnet 10.1.0.0/16, advertiseAddress 192.0.2.1"},
		{"the first part counts", []string{pods, "localAPIEndpoint: {advertiseAddress: 192.0.2.1}", "---", "localAPIEndpoint: {advertiseAddress: 192.0.2.2}"},
			": podSubnet 10.1.0.0/16, advertiseAddress 192.0.2.1"},
		{"an address in the second part", []string{pods, "---", "localAPIEndpoint: {advertiseAddress: 192.0.2.2}"}, ": podSubnet 10.1.0.0/16, advertiseAddress 192.0.2.2"},
		{"part with a kind", []string{"kind: InstallConfig", pods}, "zero"},
		{"part with a group", []string{"apiVersion: example.org/v1", pods}, "zero"},
		{"a part of another file", []string{"networking: {clusterNetwork: 10.1.0.0/16}"}, "zero"},
		{"a text and a list", []string{"networking", "---", "[networking]"}, "zero"},
	} {
		c := parsed(t, tt.lines...)
		var kinds []string
		for _, d := range c.Documents {
			kinds = append(kinds, d.Kind.V)
		}
		got := strings.Join(kinds, " ") + ": " + c.String()
		if c.IsZero() {
			got = "zero"
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if c := parsed(t, pods); c.Init.Pos.IsValid() || len(c.Statements()) == 0 {
		t.Errorf("a part without an address has one at %v, and %d statements", c.Init.Pos, len(c.Statements()))
	}
}

// TestParseConfigOldVersions holds where v1alpha1 to v1alpha3 have what later versions have elsewhere.
func TestParseConfigOldVersions(t *testing.T) {
	c := parsed(t, document("v1alpha2", "MasterConfiguration"), "nodeName: cp-1", "api: {advertiseAddress: 192.0.2.1}", "controllerManagerExtraArgs: {cluster-cidr: 10.1.0.0/16}")
	if c.Init.NodeName.V != "cp-1" || c.Init.AdvertiseAddress.V != "192.0.2.1" || c.String() != "cluster-cidr 10.1.0.0/16, advertiseAddress 192.0.2.1" {
		t.Errorf("v1alpha2: %+v", c)
	}
	c = parsed(t, document("v1alpha2", "MasterConfiguration"), "nodeRegistration: {name: cp-2}")
	if c.Init.NodeName.V != "cp-2" {
		t.Errorf("v1alpha2: node name %q, want that of nodeRegistration", c.Init.NodeName.V)
	}
	for value, want := range map[string]bool{"true": true, "false": false} {
		c = parsed(t, document("v1alpha3", "JoinConfiguration"), "controlPlane: "+value, "apiEndpoint: {advertiseAddress: 192.0.2.1}")
		if c.Join.ControlPlane != want || c.Join.AdvertiseAddress.V != "192.0.2.1" {
			t.Errorf("v1alpha3 with controlPlane %s: %+v", value, c.Join)
		}
	}
	c = parsed(t, document("v1beta4", "JoinConfiguration"), "controlPlane: {localAPIEndpoint: {advertiseAddress: 192.0.2.1}}")
	if !c.Join.ControlPlane || c.Join.AdvertiseAddress.V != "192.0.2.1" {
		t.Errorf("v1beta4: %+v", c.Join)
	}
}

// TestExtraArgsShapes holds the two shapes of extraArgs, which release reads which, and what is refused in them.
func TestExtraArgsShapes(t *testing.T) {
	const into = "json: cannot unmarshal "
	for _, tt := range []struct {
		api, version string
		args         string
		want         string // NAME=VALUE of each
		refused      string // begins the first problem's message, "" for none
	}{
		{"v1beta3", "v1.30.0", "{a: b, c: d}", "a=b c=d", ""},
		{"v1beta3", "v1.30.0", "[{name: a, value: b}]", "a=b", into + "array into Go struct field ControlPlaneComponent.controllerManager.extraArgs of type map[string]string"},
		{"v1beta4", "v1.31.0", "[{name: a, value: b}, {name: c, value: d}]", "a=b c=d", ""},
		{"v1beta4", "v1.31.0", "{a: b}", "a=b", into + "object into Go struct field ControlPlaneComponent.controllerManager.extraArgs of type []v1beta4.Arg"},
		{"v1beta4", "v1.28.0", "{a: b}", "a=b", ""},
		{"v1beta4", "v1.28.0", "[{name: a, value: b}]", "a=b", into + "array into"},
		{"v1beta4", "v1.29.0", "[{name: a, value: b}]", "a=b", ""},
		{"v1beta3", "v1.28.0", "{a: b}", "a=b", ""},
		{"v1", "v1.28.0", "[{name: a, value: b}]", "a=b", ""},
		{"v1beta4", "v1.31.0", "[null, {name: a, value: b}]", "= a=b", ""},
		{"v1beta4", "v1.31.0", "[a=b, {name: c, value: d}]", "c=d", into + "string into Go struct field ControlPlaneComponent.controllerManager.extraArgs of type v1beta4.Arg"},
		{"v1beta4", "v1.31.0", "[{name: a, value: 25}]", "a=25", into + "number into Go struct field Arg.controllerManager.extraArgs.value of type string"},
		{"v1beta3", "v1.30.0", "{a: on}", "a=on", into + "bool into"},
		{"v1beta4", "v1.31.0", "null", "", ""},
		{"v1beta4", "v1.31.0", "a=b", "", into + "string into"},
	} {
		c := parsed(t, document(tt.api, "ClusterConfiguration"), "kubernetesVersion: "+tt.version, "controllerManager: {extraArgs: "+tt.args+"}")
		var got []string
		for _, a := range c.Cluster.ControllerManagerArgs {
			got = append(got, a.Name.V+"="+a.Value.V)
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s %s of %s: %q, want %q", tt.api, tt.args, tt.version, got, tt.want)
		}
		msg := ""
		if len(c.Problems) > 0 {
			msg = strings.TrimPrefix(c.Problems[0].Message, refusesFile)
		}
		if len(c.Problems) > 1 || (msg == "") != (tt.refused == "") || !strings.HasPrefix(msg, tt.refused) {
			t.Errorf("%s %s of %s: %q, want %q", tt.api, tt.args, tt.version, msg, tt.refused)
		}
	}
}

// TestGenerateServices holds the addresses that kubeadm derives from the service range: the first for the API server, the tenth for DNS.
func TestGenerateServices(t *testing.T) {
	dns := []fact.Value[string]{{V: "10.9.0.53"}}
	for _, tt := range []struct {
		services string
		dns      []fact.Value[string]
		ip, want string
	}{
		{"", nil, "10.96.0.1", "10.96.0.10"},
		{"10.9.0.0/28", nil, "10.9.0.1", "10.9.0.10"},
		{"10.9.0.64/26,fd00::/112", nil, "10.9.0.65", "10.9.0.74"},
		{"fd00::/112,10.9.0.0/16", nil, "fd00::1", "fd00::a"},
		{"10.9.255.255/16", nil, "10.9.0.1", "10.9.0.10"},
		{"10.9.0.0/16", dns, "10.9.0.1", "10.9.0.53"},
	} {
		c := Config{Cluster: ClusterConfiguration{ServiceSubnet: fact.Value[string]{V: tt.services}}, KubeletClusterDNS: tt.dns}
		g, err := c.Generate(fact.Version{})
		if err != nil || g.APIServerServiceIP != netip.MustParseAddr(tt.ip) || !slices.Equal(g.KubeletClusterDNS, []string{tt.want}) {
			t.Errorf("%q: %v, DNS %v, %v; want %s, %s", tt.services, g.APIServerServiceIP, g.KubeletClusterDNS, err, tt.ip, tt.want)
		}
	}
	// Nothing that kubeadm takes is too small for them.
	for _, minor := range []int{13, 20, 30, 37} {
		for bits := range 129 {
			for _, net := range []string{"10.9.0.0", "fd00::"} {
				c := Config{Cluster: ClusterConfiguration{ServiceSubnet: fact.Value[string]{V: fmt.Sprintf("%s/%d", net, bits)}}}
				g, err := c.Generate(release(minor))
				if err != nil {
					continue
				}
				p := netip.MustParsePrefix(c.Cluster.ServiceSubnet.V)
				if !p.Contains(g.APIServerServiceIP) || !p.Contains(netip.MustParseAddr(g.KubeletClusterDNS[0])) {
					t.Errorf("1.%d: %v and DNS %v do not lie in %v", minor, g.APIServerServiceIP, g.KubeletClusterDNS, p)
				}
			}
		}
	}
}

// TestAPIVersionForm holds which versions of an API a release to come might read.
func TestAPIVersionForm(t *testing.T) {
	for version, want := range map[string]bool{
		"v1": true, "v12": true, "v1alpha1": true, "v1beta12": true, "v0": true,
		"": false, "v": false, "1": false, "1beta1": false, "vbeta1": false, "v1alpha": false, "v1beta": false, "v1alpha1beta1": false, "v1gamma1": false, "v1beta1 ": false,
	} {
		if got := isAPIVersion(version); got != want {
			t.Errorf("isAPIVersion(%q) = %t", version, got)
		}
	}
}

// TestParsePrefixesHint holds what is said about a list with blanks or empty entries.
func TestParsePrefixesHint(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.0.0/16, fd00::/56": `; write 10.1.0.0/16,fd00::/56`,
		"10.1.0.0/16,":           `; write 10.1.0.0/16`,
		"\t10.1.0.0/16":          `; write 10.1.0.0/16`,
		" , ":                    "",
		"":                       "",
		" x/16":                  "",
	} {
		_, err := scalar.ParsePrefixes(text)
		if err == nil {
			t.Errorf("scalar.ParsePrefixes(%q): no error", text)
			continue
		}
		_, hint, ok := strings.Cut(err.Error(), "; write ")
		if ok {
			hint = "; write " + hint
		}
		if diff := cmp.Diff(want, hint); ok != (want != "") || ok && diff != "" {
			t.Errorf("scalar.ParsePrefixes(%q): %v, want a hint %q", text, err, want)
		}
	}
}
