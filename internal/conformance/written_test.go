package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	"github.com/google/go-cmp/cmp"
	kubeadmconfig "k8s.io/kubernetes/cmd/kubeadm/app/util/config"

	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
)

// TestWrittenPlans gives the configuration files that are written for plans to kubeadm: it takes them, reads the ranges and maxPods that
// were planned, and kube-controller-manager and kube-apiserver start with the flags that it makes of them.
func TestWrittenPlans(t *testing.T) {
	type sizes struct{ nodes, pods, services, grow int }
	n, none := 0, 0
	for _, families := range [][]fact.Family{{fact.IPv4}, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}} {
		for _, s := range []sizes{{}, {1, 110, 16, 0}, {1, 1000, 20, 4}, {3, 16, 100, 0}, {40, 30, 200, 2}, {500, 250, 5000, 1}, {5000, 60, 60000, 0}} {
			for _, within := range [][]string{nil, {"10.64.0.0/10", "fd00::/48"}, {"192.168.0.0/16", "fd12:3456:789a:1::/64"}} {
				r := plan.Request{Name: "north", Nodes: s.nodes, PodsPerNode: s.pods, Services: s.services, Grow: s.grow, Families: families}
				for _, w := range within {
					if p := netip.MustParsePrefix(w); slices.Contains(families, fact.FamilyOf(p)) {
						r.Within = append(r.Within, p)
					}
				}
				p, err := plan.New(r)
				if _, ok := errors.AsType[*plan.InfeasibleError](err); ok {
					none++
					continue
				}
				if err != nil {
					t.Fatalf("%v %+v within %v: %v", families, s, within, err)
				}
				n++
				t.Run(fmt.Sprintf("%v %v within %v", families, s, within), func(t *testing.T) { checkWritten(t, p) })
			}
		}
	}
	if n < 40 || none > n {
		t.Errorf("%d plans, %d infeasible: the grid shows too little", n, none)
	}
}

// checkWritten gives the file of p to the programs.
func checkWritten(t *testing.T, p *plan.Plan) {
	var b bytes.Buffer
	if err := kubeadm.WriteClusterConfiguration(&b, p, kubeadm.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	// kubeadm asks the network for the newest release where the file names none.
	doc := initDocument + strings.Replace(b.String(), "kind: ClusterConfiguration\n", "kind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n", 1)
	cfg, err := kubeadmconfig.BytesToInitConfiguration([]byte(doc), true)
	if err != nil {
		t.Fatalf("kubeadm refuses the file: %v\n%s", err, doc)
	}
	if got, want := cfg.Networking.PodSubnet, joined(p.Pods()); got != want {
		t.Errorf("podSubnet %q, want %q", got, want)
	}
	if got, want := cfg.Networking.ServiceSubnet, joined(p.Services()); got != want {
		t.Errorf("serviceSubnet %q, want %q", got, want)
	}
	kubelet, err := cfg.ComponentConfigs["kubelet.config.k8s.io"].Marshal()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("maxPods: %d\n", p.Request.PodsPerNode)
	if p.Request.PodsPerNode == 110 || p.Request.PodsPerNode == 0 {
		want = "" // kubelet's own choice, which kubeadm leaves to it
	}
	if has := strings.Contains(string(kubelet), "maxPods:"); has != (want != "") || !strings.Contains(string(kubelet), want) {
		t.Errorf("kubelet's configuration does not say %q:\n%s", want, kubelet)
	}

	kcm, api, err := realManifests(doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := kubeadm.ParseConfig("kubeadm.yaml", append([]byte(initDocument), b.Bytes()...))
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.Generate(fact.Version{}) // the file names no release
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	if diff := cmp.Diff([][]string{kcm, api}, [][]string{g.ControllerManager, g.APIServer}); diff != "" {
		t.Errorf("flags of kube-controller-manager and kube-apiserver (-kubeadm +ours):\n%s", diff)
	}
	flags, _, err := realFlags(kcm)
	if err != nil {
		t.Fatalf("kube-controller-manager refuses %q: %v", kcm, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := realStart(ctx, flags); err != nil {
		t.Errorf("kube-controller-manager does not start with %q: %v", kcm, err)
	}
	address := "192.168.10.11"
	if p.Families[0] == fact.IPv6 {
		address = "fd00:10::11"
	}
	if c := realServices(nodeipam.APIServerFlags{ServiceClusterIPRange: cfg.Networking.ServiceSubnet, AdvertiseAddress: address}); c != nil {
		t.Errorf("kube-apiserver does not start with %q: %q", cfg.Networking.ServiceSubnet, c)
	}
}

func joined(ps []netip.Prefix) string {
	var texts []string
	for _, p := range ps {
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ",")
}
