package flannel

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// What is said of a configuration in one line.
func TestConfigString(t *testing.T) {
	for _, tt := range []struct{ text, object, want string }{
		{`{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`, "", "net-conf.json: Network 10.244.0.0/16, Backend vxlan"},
		{`{"Network": "10.244.0.0/16", "Backend": {}}`, "ConfigMap a/b", "ConfigMap a/b: Network 10.244.0.0/16, Backend without Type"},
		{`{"EnableIPv6": true, "IPv6Network": "fd00::/56"}`, "x", "x: Network none, IPv6Network fd00::/56, Backend udp"},
		{`{"EnableIPv4": false}`, "x", "x: both families disabled, Backend udp"},
		{`{"EnableIPv4": "no"}`, "x", `x: net-conf.json:1:16: EnableIPv4 "no": json: cannot unmarshal string into Go struct field Config.EnableIPv4 of type bool; write true or false, without quotes`},
	} {
		c := configOf(tt.text, Options{Name: "net-conf.json"})
		c.Object = tt.object
		if got := c.String(); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

// What old releases say of ranges of the wrong family, and what is to be done about each value.
func TestNetConfErrorWords(t *testing.T) {
	for _, tt := range []struct {
		text    string
		version fact.Version
		want    string
	}{
		{`[]`, fact.Version{}, `net-conf.json:1:1: json: cannot unmarshal array into Go value of type subnet.Config; write one object: {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`},
		{`{"Network": "fd00::/48"}`, fact.Version{}, `net-conf.json:1:13: Network "fd00::/48": invalid IPv4 CIDR format; an IPv6 range goes under IPv6Network, with "EnableIPv6": true`},
		{`{"Network": "fd00::/48"}`, v(28, 8), `net-conf.json:1:13: Network "fd00::/48": flannel crashes: Address is not an IPv4 address; an IPv6 range goes under IPv6Network, with "EnableIPv6": true`},
		{`{"Network": "10.0.0.0/8", "SubnetMin": "fd00::"}`, fact.Version{}, `net-conf.json:1:40: SubnetMin "fd00::": invalid IPv4 address format; an IPv6 address goes under IPv6SubnetMin`},
		{`{"Network": "10.0.0.0/8", "SubnetMin": "fd00::"}`, v(12, 0), `net-conf.json:1:40: SubnetMin "fd00::": flannel crashes: runtime error: index out of range; an IPv6 address goes under IPv6SubnetMin`},
		{`{"Network": "10.0.0.0/8", "SubnetMin": "10.1.0.0/24"}`, fact.Version{}, `net-conf.json:1:40: SubnetMin "10.1.0.0/24": invalid IP address format; write one address, without a prefix length`},
	} {
		_, err := ReadNetConf([]byte(tt.text), Options{Version: tt.version})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s, flannel %v\n got %v\nwant %s", tt.text, tt.version, err, tt.want)
		}
		rule := fact.RuleNetConfMalformed
		if strings.Contains(tt.text, "fd00::/48") {
			rule = fact.RuleCIDRMalformed
		}
		if e, ok := err.(*NetConfError); !ok || e.Rule != rule {
			t.Errorf("%s: %+v, want %s", tt.text, err, rule)
		}
	}
}

// The words of what is found, where they depend on the release or on what else stands there.
func TestConfigFindingWords(t *testing.T) {
	for _, tt := range []struct {
		text    string
		opt     Options
		known   bool
		message []string
		effect  string
	}{
		{`{"Network": "fd00::/48"}`, Options{Version: v(28, 8)}, true, []string{"flannel crashes with net-conf.json: Address is not an IPv4 address"}, ""},
		{`{"Network": "10.0.0.0/8", "SubnetLength": 25, "Backend": {"Type": "vxlan"}}`, Options{}, true, []string{`passes over the key "SubnetLength"; SubnetLen was probably meant`}, ""},
		{`{"Network": "10.0.0.0/8", "EnableNFTables": true, "Backend": {"Type": "vxlan"}}`, Options{Version: v(20, 0)}, true, []string{`passes over the key "EnableNFTables"; flannel v0.20.0 does not know it yet`}, ""},
		{`{"Backend": {"Type": "vxlan"}}`, Options{Version: v(27, 4)}, true, []string{"has no Network while IPv4 is enabled", "flannel v0.27.4 runs with FLANNEL_NETWORK=0.0.0.0/0"}, ""},
		{`{"Network": "10.0.0.0/24", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}`, Options{}, true, []string{"asks for subnets that flannel cannot hand out"}, "flannel v0.10 to v0.19 does not start; newer releases take subnets of the size that kube-controller-manager cuts"},
		{`{"Network": "10.0.0.0/24", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}`, Options{}, false, []string{"with etcd, and in releases v0.10 to v0.19"}, effectNotStarting},
	} {
		tt.opt.Name = "net-conf.json"
		c := configOf(tt.text, tt.opt)
		c.ModeKnown = tt.known
		fs := c.Findings()
		if len(fs) != 1 {
			t.Errorf("%s: %+v", tt.text, fs)
			continue
		}
		for _, m := range tt.message {
			if !strings.Contains(fs[0].Message, m) {
				t.Errorf("%s\n got %s\nwant %s", tt.text, fs[0].Message, m)
			}
		}
		if tt.effect != "" && fs[0].Effect != tt.effect {
			t.Errorf("%s: effect %s, want %s", tt.text, fs[0].Effect, tt.effect)
		}
	}
}

// The lengths of subnets that are asked for are stated as numbers.
func TestConfigSubnetLengths(t *testing.T) {
	c := configOf(`{"Network": "10.0.0.0/8", "SubnetLen": 25, "SubnetMin": "10.0.1.0", "EnableIPv6": true, "IPv6Network": "fd00::/48", "IPv6SubnetLen": 66, "Backend": {"Type": "vxlan"}}`, Options{})
	want := map[string]int{"SubnetLen": 25, "SubnetMin": 0, "IPv6SubnetLen": 66}
	for _, s := range c.Statements() {
		if n, ok := want[s.Key]; ok {
			if s.Int != n {
				t.Errorf("%s = %d, want %d", s.Key, s.Int, n)
			}
			delete(want, s.Key)
		}
	}
	if len(want) > 0 {
		t.Errorf("nothing said of %v", want)
	}
}

// --ip-masq is told by the argument, or by the environment where there is none.
func TestDaemonIPMasq(t *testing.T) {
	for _, tt := range []struct {
		container string
		masq      bool
		text      string
	}{
		{`{image: flannel/flannel, args: [--ip-masq, --kube-subnet-mgr]}`, true, "--ip-masq"},
		{`{image: flannel/flannel, args: [--ip-masq=false]}`, false, "--ip-masq=false"},
		{`{image: flannel/flannel, args: [--kube-subnet-mgr], env: [{name: FLANNELD_IP_MASQ, value: "true"}]}`, true, "FLANNELD_IP_MASQ=true"},
		{`{image: flannel/flannel, args: [--ip-masq=0], env: [{name: FLANNELD_IP_MASQ, value: "true"}]}`, false, "--ip-masq=0"},
		{`{image: flannel/flannel, args: [--kube-subnet-mgr]}`, false, ""},
	} {
		d, err := Read([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: kube-flannel}\nspec: {containers: ["+tt.container+"]}\n"), Options{})
		if err != nil || len(d.Daemons) != 1 || d.Daemons[0].IPMasq.V != tt.masq || d.Daemons[0].IPMasq.Text != tt.text {
			t.Errorf("%s: %+v, %v", tt.container, d, err)
		}
	}
}

// A lease of a family without a range has the range of everything in subnet.env, and no subnet in IPv4.
func TestSubnetEnvWithoutRanges(t *testing.T) {
	p := netip.MustParsePrefix
	c := NetConf{EnableIPv4: true, EnableIPv6: true}
	e, err := Lease{IPv6Subnet: p("fd00:0:0:5::/64")}.SubnetEnv(c, 1450, true)
	if err != nil || len(e.Networks) != 1 || e.Networks[0] != p("0.0.0.0/0") || e.Subnet != p("0.0.0.1/0") ||
		len(e.IPv6Networks) != 1 || e.IPv6Networks[0] != p("::/0") || e.IPv6Subnet != p("fd00:0:0:5::1/64") {
		t.Errorf("%+v, %v", e, err)
	}
	c = NetConf{EnableIPv4: true, Network: p("10.0.0.0/8"), EnableIPv6: true, IPv6Network: p("ffff::/16"), Backend: `{"Type":"host-gw"}`, BackendType: "host-gw"}
	_, err = Predict(c, NodeSpec{Name: "n1", PodCIDR: "10.1.0.0/24", PodCIDRs: []string{"10.1.0.0/24", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}}, Underlay{}, Options{})
	if le, ok := err.(*LeaseError); !ok || le.Node != "n1" {
		t.Errorf("%+v, want a crash on n1", err)
	}
}

// Where the ranges are checked, one that is missing is that of everything.
func TestCheckWithoutRange(t *testing.T) {
	c := NetConf{EnableIPv4: true, EnableIPv6: true}
	for version, want := range map[fact.Version]string{
		v(19, 1): "", v(19, 2): "Please define a correct Network parameter in the flannel config", v(20, 0): "please define a correct Network parameter in the flannel config",
	} {
		if _, err := c.Check(version); words(err) != want {
			t.Errorf("flannel %v: %v, want %q", version, err, want)
		}
	}
	c = NetConf{EnableIPv6: true}
	for version, want := range map[fact.Version]string{
		v(19, 1): "", v(19, 2): "Please define a correct IPv6Network parameter in the flannel config", v(20, 0): "please define a correct IPv6Network parameter in the flannel config",
	} {
		if _, err := c.Check(version); words(err) != want {
			t.Errorf("IPv6, flannel %v: %v, want %q", version, err, want)
		}
	}
}

// From v0.18 to v0.27 a node's IPv6 subnet counts while IPv6 is off.
func TestLeaseIPv6Off(t *testing.T) {
	c := NetConf{EnableIPv4: true, Network: netip.MustParsePrefix("10.0.0.0/8"), IPv6Network: netip.MustParsePrefix("fd00::/48"), BackendType: "vxlan"}
	n := NodeSpec{Name: "n1", PodCIDR: "10.1.0.0/24", PodCIDRs: []string{"10.1.0.0/24", "fd00:0:0:5::/64"}}
	for version, want := range map[fact.Version]bool{v(17, 0): false, v(18, 0): true, v(27, 4): true, v(28, 10): false} {
		if l, err := AcquireLease(c, n, version); err != nil || l.IPv6Subnet.IsValid() != want {
			t.Errorf("flannel %v: %+v, %v", version, l, err)
		}
	}
}

// Places and modes that are seen in a document alone.
func TestReadPlaces(t *testing.T) {
	read := func(text string, opt Options) *Document {
		t.Helper()
		d, err := Read([]byte(text), opt)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := read("podCidr: 10.1.0.0/16\nflannel:\n  backend: vxlan\n  enableNFTables: true\n", Options{Name: "values.yaml"})
	if k, ok := d.Configs[0].NetConf.Key("EnableNFTables"); !ok || k.Pos.Line != 4 {
		t.Errorf("EnableNFTables at %v", k.Pos)
	}
	for _, mode := range []Mode{Kube, Etcd} {
		if d = read(`{"Network": "10.244.0.0/16"}`, Options{Mode: mode}); d.Configs[0].ModeKnown != (mode == Etcd) {
			t.Errorf("%v: known %t", mode, d.Configs[0].ModeKnown)
		}
	}
	d = read("data:\n  net-conf.json: |\n    {\"Network\": \"10.244.0.0/16\"}\n", Options{})
	if len(d.Configs) != 1 || d.Configs[0].NetConf.Network.String() != "10.244.0.0/16" {
		t.Errorf("a ConfigMap cut out of its frame: %+v", d)
	}
	d = read("kind: ConfigMap\nmetadata:\n  name: kube-flannel-cfg\n  net-conf.json: '{}'\ndata: {}\n", Options{})
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Message, "; the key stands below metadata") || d.Problems[0].Fix[0] != "move net-conf.json below data" || d.Statements()[0].Pos.Line != 4 {
		t.Errorf("the key below metadata: %+v", d.Problems)
	}
	g, err := ReadLog([]byte("Created subnet manager: Kubernetes Subnet Manager - a\nCreated subnet manager: Kubernetes Subnet Manager - b\n"), Options{})
	modes := 0
	for _, s := range g.Statements() {
		if s.Setting == fact.SettingKubeSubnetMgr {
			modes++
		}
	}
	if err != nil || modes != 1 {
		t.Errorf("the mode is told %d times, %v", modes, err)
	}
}

// What is not JSON is written as it is, and a type alone is a backend.
func TestJSONBackend(t *testing.T) {
	for c, want := range map[*NetConf]string{
		{Backend: "no JSON"}:     `"Backend": no JSON` + "\n}\n",
		{BackendType: "vxlan"}:   `"Backend": {` + "\n    \"Type\": \"vxlan\"\n  }\n}\n",
		{Backend: `{"VNI":  1}`}: `"Backend": {` + "\n    \"VNI\": 1\n  }\n}\n",
	} {
		if got := c.JSON(); !strings.HasSuffix(got, want) {
			t.Errorf("%+v\n got %s\nwant %s", c, got, want)
		}
	}
}
