package accepted

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	yaml "go.yaml.in/yaml/v3"
	bootstrap "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta2"
	controlplane "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta2"
	clusterapi "sigs.k8s.io/cluster-api/api/core/v1beta2"
	kind "sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	strict "sigs.k8s.io/yaml"
)

// requests are clusters of one and two families, small and large, whose node masks are those by default and others.
func requests() map[string]plan.Request {
	four, six := []fact.Family{fact.IPv4}, []fact.Family{fact.IPv6}
	dual := []fact.Family{fact.IPv4, fact.IPv6}
	out := map[string]plan.Request{}
	for _, nodes := range []int{3, 40, 900} {
		for _, pods := range []int{30, 110, 250} {
			for name, fs := range map[string][]fact.Family{"ipv4": four, "ipv6": six, "dual": dual, "ipv6 first": {fact.IPv6, fact.IPv4}} {
				r := plan.Request{Name: "lab", Nodes: nodes, PodsPerNode: pods, Families: slices.Clone(fs)}
				out[fmt.Sprintf("%s, %d nodes of %d pods", name, nodes, pods)] = r
			}
		}
	}
	return out
}

// written calls yield for each request that the target takes, with its plan and the documents of its file.
func written(t *testing.T, target string, yield func(t *testing.T, p *plan.Plan, docs [][]byte)) {
	t.Helper()
	taken := 0
	for name, r := range requests() {
		var refused *kubecidr.RefusedError
		r, err := kubecidr.TargetRequest(target, r)
		if errors.As(err, &refused) {
			continue
		}
		if err != nil {
			t.Fatal(name, err)
		}
		p, err := plan.New(r)
		if err != nil {
			continue // no plan, within the limits of the installer
		}
		var b bytes.Buffer
		if err := kubecidr.WriteTarget(&b, target, p); errors.As(err, &refused) {
			continue
		} else if err != nil {
			t.Fatal(name, err)
		}
		taken++
		t.Run(name, func(t *testing.T) { yield(t, p, documents(t, b.Bytes())) })
	}
	if taken < 6 {
		t.Errorf("%s takes %d of the requests", target, taken)
	}
}

func documents(t *testing.T, data []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var n yaml.Node
		err := dec.Decode(&n)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		b, err := yaml.Marshal(&n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
}

func texts(ps []netip.Prefix) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// TestKind reads the file as kind does: pkg/internal/apis/config/encoding/load.go of v0.33.0.
func TestKind(t *testing.T) {
	written(t, "kind", func(t *testing.T, p *plan.Plan, docs [][]byte) {
		if len(docs) != 1 {
			t.Fatalf("%d documents, want 1", len(docs))
		}
		var c kind.Cluster
		dec := yaml.NewDecoder(bytes.NewReader(docs[0]))
		dec.KnownFields(true)
		if err := dec.Decode(&c); err != nil {
			t.Fatalf("%v\n%s", err, docs[0])
		}
		kind.SetDefaultsCluster(&c)
		if got, want := c.Networking.PodSubnet, strings.Join(texts(p.Pods()), ","); got != want {
			t.Errorf("pods %s, want %s", got, want)
		}
		if got, want := c.Networking.ServiceSubnet, strings.Join(texts(p.Services()), ","); got != want {
			t.Errorf("services %s, want %s", got, want)
		}
		families := map[kind.ClusterIPFamily]int{kind.IPv4Family: 1, kind.IPv6Family: 1, kind.DualStackFamily: 2}
		if families[c.Networking.IPFamily] != len(p.Families) {
			t.Errorf("ipFamily %q of %v", c.Networking.IPFamily, p.Families)
		}
	})
}

// TestClusterAPI reads the objects as an API server with the definitions of Cluster API does with strict validation of fields.
func TestClusterAPI(t *testing.T) {
	masks := 0
	written(t, "cluster-api", func(t *testing.T, p *plan.Plan, docs [][]byte) {
		var cluster clusterapi.Cluster
		if err := strict.UnmarshalStrict(docs[0], &cluster); err != nil {
			t.Fatalf("%v\n%s", err, docs[0])
		}
		network := cluster.Spec.ClusterNetwork
		if got, want := network.Pods.CIDRBlocks, texts(p.Pods()); !slices.Equal(got, want) {
			t.Errorf("pods %v, want %v", got, want)
		}
		if got, want := network.Services.CIDRBlocks, texts(p.Services()); !slices.Equal(got, want) {
			t.Errorf("services %v, want %v", got, want)
		}
		for _, d := range docs[1:] {
			var k controlplane.KubeadmControlPlane
			var into any = &k
			if bytes.Contains(d, []byte("kind: KubeadmConfigTemplate")) {
				into = &bootstrap.KubeadmConfigTemplate{}
			}
			if err := strict.UnmarshalStrict(d, into); err != nil {
				t.Fatalf("%v\n%s", err, d)
			}
			for _, a := range k.Spec.KubeadmConfigSpec.ClusterConfiguration.ControllerManager.ExtraArgs {
				if strings.HasPrefix(a.Name, "node-cidr-mask-size") {
					masks++
				}
			}
		}
	})
	if masks == 0 {
		t.Error("no plan needed a KubeadmControlPlane")
	}
}
