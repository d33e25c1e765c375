package kubecidr_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestPlanReadBack: a plan that is written and read back has the same ranges, node masks and capacity, in JSON and YAML.
func TestPlanReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := plan.Request{
			Name:     rapid.StringN(0, 10, -1).Draw(rt, "name"),
			Nodes:    rapid.IntRange(0, 3000).Draw(rt, "nodes"),
			Grow:     rapid.IntRange(0, 2).Draw(rt, "grow"),
			Families: rapid.SampledFrom([][]fact.Family{nil, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}}).Draw(rt, "families"),
			Avoid:    []plan.Reservation{{Prefix: netip.MustParsePrefix("10.96.0.0/14"), Name: rapid.String().Draw(rt, "who")}},
		}
		if strings.TrimSpace(r.Name) == "" {
			r.Name = "north"
		}
		p, err := plan.New(r)
		if err != nil {
			return
		}
		for name, write := range map[string]func(*bytes.Buffer) error{
			"plan.json": func(b *bytes.Buffer) error { return draw.JSON(b, p, draw.Options{Nodes: 3}) },
			"plan.yaml": func(b *bytes.Buffer) error { return draw.YAML(b, p, draw.Options{Nodes: 3}) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				rt.Fatal(err)
			}
			req, err := kubecidr.ReadRequest(name, bytes.NewReader(b.Bytes()))
			if err != nil {
				rt.Fatalf("%s: %v\n%s", name, err, b.String())
			}
			q, err := plan.New(req)
			if err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
			opt := cmpopts.EquateComparable(netip.Prefix{})
			if diff := cmp.Diff(p.Pins(), q.Pins(), opt); diff != "" || p.NodeMaskIPv4 != q.NodeMaskIPv4 || p.NodeMaskIPv6 != q.NodeMaskIPv6 {
				rt.Fatalf("%s: another plan (-first +again):\n%s", name, diff)
			}
			if a, b := p.Capacity(), q.Capacity(); a.Nodes != b.Nodes || a.NodesLeft != b.NodesLeft {
				rt.Fatalf("%s: %d of %d nodes are left, read back %d of %d", name, a.NodesLeft, a.Nodes, b.NodesLeft, b.Nodes)
			}
		}
	})
}

func TestFilesRequest(t *testing.T) {
	fsys := fstest.MapFS{
		"kubeadm.yaml": {Data: []byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.32.1\nnetworking:\n  podSubnet: 10.20.64.0/22\n  serviceSubnet: 10.96.0.0/16\n")},
	}
	var nodes strings.Builder
	nodes.WriteString("apiVersion: v1\nkind: List\nitems:\n")
	for i := range 3 {
		fmt.Fprintf(&nodes, "- {apiVersion: v1, kind: Node, metadata: {name: w%d}, spec: {podCIDRs: [10.20.%d.0/24]}, status: {addresses: [{type: InternalIP, address: 192.0.2.%d}]}}\n", i, 64+i, i+9)
	}
	fsys["nodes.yaml"] = &fstest.MapFile{Data: []byte(nodes.String())}
	files, err := kubecidr.Read(fsys, kubecidr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := kubecidr.ClusterRequest(files)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(r.Keep, r.Held, r.HeldCount, r.Nodes, r.Hosts, r.Kubernetes)
	if want := "[pods=10.20.64.0/22 services=10.96.0.0/16] [10.20.64.0/24 10.20.65.0/24 10.20.66.0/24] 3 3 [192.0.2.8/29] v1.32.1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	r.Nodes = 7
	p, err := plan.New(r)
	if err != nil {
		t.Fatal(err)
	}
	list := kubecidr.Changes(files, p)
	if len(list) != 1 || list[0].From != "10.20.64.0/22" || list[0].To != "10.20.64.0/21" || list[0].Pos.String() != "kubeadm.yaml:5:14" {
		t.Errorf("changes %+v", list)
	}
	if !slices.Contains(p.Pods(), netip.MustParsePrefix("10.20.64.0/21")) {
		t.Errorf("pods %v", p.Pods())
	}
	empty, err := kubecidr.Read(fstest.MapFS{}, kubecidr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kubecidr.ClusterRequest(empty); !errors.Is(err, nodeipam.ErrNoControllerFlags) {
		t.Errorf("of nothing: %v", err)
	}
}
