package kubeadm

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// kubeadm exits with a status where it refuses a file; up to 1.20 with another one for what its validation refuses.
func TestGenerateStatus(t *testing.T) {
	for _, tt := range []struct {
		minor  int
		config string
		want   int
	}{
		{37, "networking: {podSubnet: 10.244.0.0/33}\n", 1},
		{20, "networking: {podSubnet: 10.244.0.0/33}\n", 3},
	} {
		c, err := ParseConfig("f", []byte("apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n"+tt.config))
		if err != nil {
			t.Fatal(err)
		}
		if tt.minor > 26 {
			c.Documents = nil // of an API version that it reads
		}
		_, err = c.Generate(fact.V(1, tt.minor, 0))
		var refused *nodeipam.RefusedError
		if !errors.As(err, &refused) || refused.Status != tt.want {
			t.Errorf("1.%d, %q: %v with %+v, want status %d", tt.minor, tt.config, err, refused, tt.want)
		}
	}
}

// A flag that the program cannot read keeps the twin from starting, as it keeps the program.
func TestMalformedFlag(t *testing.T) {
	p := Process{CommandLine: line(fact.Version{}, fact.ControllerManager, "--allocate-node-cidrs=true", "--cluster-cidr=10.244.0.0/16", "--node-cidr-mask-size=a")}
	flags := p.ControllerFlags()
	if r := flags.Refusals(fact.Version{}); len(r) != 1 || r[0].ID != nodeipam.FlagRefused ||
		!strings.HasSuffix(r[0].Message, `strconv.ParseInt: parsing "a": invalid syntax`) {
		t.Errorf("Refusals = %+v, want that of the flag", r)
	}
	_, err := nodeipam.NewController(flags, fact.V(1, 20, 0))
	var refused *nodeipam.RefusedError
	if !errors.As(err, &refused) || refused.Status != 1 {
		t.Errorf("NewController: %v, want it refused with status 1", err)
	}
}

// Of equal keys in a map the last counts, in every release.
func TestExtraArgsTwice(t *testing.T) {
	c, err := ParseConfig("f", []byte(`apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
controllerManager:
  extraArgs:
    node-cidr-mask-size: "25"
    cluster-cidr: 10.0.0.0/8
    node-cidr-mask-size: "26"
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, minor := range []int{28, 29, 35} {
		g, err := c.Generate(fact.V(1, minor, 0))
		if err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(g.ControllerManager, " "); strings.Contains(s, "=25") || !strings.Contains(s, "--node-cidr-mask-size=26") {
			t.Errorf("1.%d writes %s, want the last alone", minor, s)
		}
	}
}

// The gate of kubeadm 1.20 counts on the command line, too.
func TestFeatureGatesOfInit(t *testing.T) {
	cs, err := ParseCommands("f", []byte("kubeadm init --kubernetes-version=v1.20.15 --feature-gates=IPv6DualStack=true --pod-network-cidr=10.244.0.0/16,fd00:10:244::/56 --service-cidr=10.96.0.0/12,fd00:10:96::/112"))
	if err != nil || len(cs.Kubeadm) != 1 {
		t.Fatalf("ParseCommands = %+v, %v", cs, err)
	}
	if r := cs.Kubeadm[0].Refusals(fact.Version{}); len(r) > 0 {
		t.Errorf("refused: %v", r[0].Message)
	}
}

// Writers answer to what is no plan with an error, and write nothing.
func TestWriteNoPlan(t *testing.T) {
	bad := &plan.Plan{Ranges: []plan.Range{{Role: fact.RolePods, Prefix: netip.MustParsePrefix("10.0.0.5/24")}}}
	var b bytes.Buffer
	for _, p := range []*plan.Plan{nil, bad} {
		if err := WriteClusterConfiguration(&b, p, WriteOptions{}); err == nil || b.Len() > 0 {
			t.Errorf("WriteClusterConfiguration(%v) wrote %q, %v", p, b.String(), err)
		}
		if err := WriteInitCommand(&b, p); err == nil || b.Len() > 0 {
			t.Errorf("WriteInitCommand(%v) wrote %q, %v", p, b.String(), err)
		}
	}
}
