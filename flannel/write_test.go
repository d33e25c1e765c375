package flannel

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestNetConfJSON(t *testing.T) {
	for _, tt := range []struct{ why, in, want string }{
		{"as in the manifest", `{"Backend":{"Type":"vxlan"},"Network":"10.244.0.0/16"}`, "{\n  \"Network\": \"10.244.0.0/16\",\n  \"EnableNFTables\": false,\n  \"Backend\": {\n    \"Type\": \"vxlan\"\n  }\n}\n"},
		{"all keys", `{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fd00::/48","IPv6SubnetLen":64,"IPv6SubnetMin":"fd00:0:0:5::","IPv6SubnetMax":"fd00:0:0:9::","EnableNFTables":true,"Backend":{"Type":"wireguard","MTU":1400}}`,
			"{\n  \"EnableIPv4\": false,\n  \"IPv6Network\": \"fd00::/48\",\n  \"EnableIPv6\": true,\n  \"IPv6SubnetLen\": 64,\n  \"IPv6SubnetMin\": \"fd00:0:0:5::\",\n  \"IPv6SubnetMax\": \"fd00:0:0:9::\",\n  \"EnableNFTables\": true,\n  \"Backend\": {\n    \"Type\": \"wireguard\",\n    \"MTU\": 1400\n  }\n}\n"},
		{"no Backend is written out", `{"Network":"10.0.0.0/8"}`, "{\n  \"Network\": \"10.0.0.0/8\",\n  \"EnableNFTables\": false,\n  \"Backend\": {\n    \"Type\": \"udp\"\n  }\n}\n"},
	} {
		c, err := ParseNetConf([]byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.JSON(); got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.why, got, tt.want)
		}
		again, err := ParseNetConf([]byte(c.JSON()))
		if d := cmp.Diff(c, again, equateNetip, cmpopts.IgnoreFields(NetConf{}, "Keys", "Backend")); err != nil || d != "" {
			t.Errorf("%s: read again (-want +got) %v\n%s", tt.why, err, d)
		}
	}
	var b bytes.Buffer
	if err := WriteNetConf(&b, NetConf{BackendType: `a"b`}); err != nil || !strings.Contains(b.String(), `"Type": "a\"b"`) {
		t.Errorf("WriteNetConf: %v\n%s", err, b.String())
	}
}

func planFor(t *testing.T, families ...fact.Family) *plan.Plan {
	t.Helper()
	p, err := plan.New(plan.Request{Name: "test", Families: families, Nodes: 20})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWriteConfigMap(t *testing.T) {
	c, err := NetConfFor(planFor(t, fact.IPv4, fact.IPv6))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteConfigMap(&b, c, ""); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/configmap.yaml"
	if *golden.Update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("ConfigMap (-want +got; -update writes it)\n%s", d)
	}
	// What is written is read back, without a finding.
	d, err := Read(b.Bytes(), Options{Name: "cm.yaml"})
	if err != nil || len(d.Configs) != 1 || d.Configs[0].Err != nil || len(d.Configs[0].Findings()) != 0 || d.Configs[0].Namespace != "kube-flannel" {
		t.Fatalf("read back: %v %+v", err, d)
	}
	if diff := cmp.Diff(c, d.Configs[0].NetConf, equateNetip, cmpopts.IgnoreFields(NetConf{}, "Keys", "File", "Backend")); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
	for _, bad := range []string{"a.b", "-a", "a-", "A", "ä", "a/b", strings.Repeat("a", 64)} {
		if err := WriteConfigMap(&b, c, bad); err == nil {
			t.Errorf("WriteConfigMap takes the namespace %q", bad)
		}
	}
	if err := WriteConfigMap(&b, c, "a: b"); err == nil {
		t.Error("a namespace that is no name was written")
	}
	if err := WriteConfigMap(failing{}, c, "x"); !errors.Is(err, errFull) {
		t.Errorf("error of the writer: %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestPlanToSubnetEnv(t *testing.T) {
	for _, families := range [][]fact.Family{{fact.IPv4}, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}} {
		p := planFor(t, families...)
		c, err := NetConfFor(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1, 19} {
			e, err := SubnetEnvFor(p, i, c, Underlay{}, Options{})
			if err != nil {
				t.Errorf("%v node %d: %v", families, i, err)
				continue
			}
			for _, f := range families {
				want, _ := p.NodeSubnet(i, f)
				if got, ok := e.Previous(f); !ok || got != want {
					t.Errorf("%v node %d: %v subnet %v, want %v", families, i, f, got, want)
				}
			}
			if _, err := parseSubnetEnvCNI([]byte(e.String())); err != nil {
				t.Errorf("%v node %d: the plugin does not take\n%s%v", families, i, e, err)
			}
		}
		if _, err := SubnetEnvFor(p, -1, c, Underlay{}, Options{}); err == nil {
			t.Error("node -1 has a subnet.env")
		}
		// Nothing to say against a plan's own configuration.
		s := Config{NetConf: c}.Statements()
		for _, x := range s {
			if x.Finding != nil {
				t.Errorf("%v: %s", families, x.Finding.Message)
			}
		}
	}
	if _, err := NetConfFor(nil); err == nil {
		t.Error("no plan has a configuration")
	}
	if _, err := NetConfFor(&plan.Plan{}); err == nil {
		t.Error("an empty plan has a configuration")
	}
	if _, err := SubnetEnvFor(nil, 0, NetConf{}, Underlay{}, Options{}); err == nil {
		t.Error("no plan has a node")
	}
}
