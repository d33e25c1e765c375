package kubecidr_test

import (
	"fmt"
	"net/netip"
	"os"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// files is what an installer renders, or an operator has collected. The pod range says 10.224 in one place and 10.244 in the other.
var files = fstest.MapFS{
	"kubeadm-config.yaml": {Data: []byte(`apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.224.0.0/16
`)},
	"net-conf.json": {Data: []byte(`{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`)},
}

// Do all files of a cluster agree?
func ExampleCheck() {
	report, err := kubecidr.Check(files)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Findings {
		fmt.Println(f.Severity, f.Rule)
		for _, place := range f.Where {
			fmt.Println(" ", place.Position, place.Note)
		}
	}
	// Output:
	// error flannel-network-mismatch
	//   net-conf.json:1:13 Network 10.244.0.0/16
	//   kubeadm-config.yaml:4:14 pods 10.224.0.0/16
}

// An installer's unit test: what is rendered has to be consistent.
func ExampleCheck_test() {
	report, err := kubecidr.Check(files)
	if err == nil {
		err = report.Err()
	}
	fmt.Println(err != nil) // t.Fatal(err)
	// Output: true
}

// The file of an installer, with its own default ranges where they are free.
func ExampleWriteTarget() {
	r, err := kubecidr.TargetRequest("k3s", plan.Request{Nodes: 40, PodsPerNode: 60})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := plan.New(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := kubecidr.WriteTarget(os.Stdout, "k3s", p); err != nil {
		fmt.Println(err)
	}
	// Output:
	// # /etc/rancher/k3s/config.yaml, the same on every server
	// cluster-cidr: 10.42.0.0/16
	// service-cidr: 10.43.0.0/16
	// kube-controller-manager-arg:
	//   - node-cidr-mask-size-ipv4=25
	// # of agents as well
	// kubelet-arg:
	//   - max-pods=60
}

// A source that this module does not read states what it says itself: here, the routes of another site.
func ExampleFiles_Statements() {
	f, err := kubecidr.Read(files, kubecidr.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	vpn := fact.Statement{
		Component: "vpn", Role: fact.RoleReserved, Key: "route", Text: "site north",
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.96.128.0/17")},
		Pos:      fact.Position{File: "routes.txt", Line: 7, Column: 1},
	}
	for _, finding := range plan.Check(append(f.Statements(), vpn)...).Findings {
		for _, place := range finding.Where {
			if place.File == "routes.txt" {
				fmt.Println(finding.Severity, finding.Rule, place.Position)
			}
		}
	}
	// Output:
	// warning reserved-range-overlap routes.txt:7:1
}
