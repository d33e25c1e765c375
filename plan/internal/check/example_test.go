package check_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// Which of the ranges that an installer is about to write overlap?
func ExampleCheck() {
	pods := netip.MustParsePrefix("10.100.0.0/16")
	services := netip.MustParsePrefix("10.96.0.0/12")
	report := check.Run(
		fact.Statement{Component: fact.Kubeadm, Role: fact.RolePods, Key: "networking.podSubnet", Prefixes: []netip.Prefix{pods}},
		fact.Statement{Component: fact.Kubeadm, Role: fact.RoleServices, Key: "networking.serviceSubnet", Prefixes: []netip.Prefix{services}},
	)
	for _, f := range report.Findings {
		fmt.Println(f.Severity, f.Rule)
	}
	// Output:
	// error pod-service-overlap
}

// Another CNI plugin is no reason to do without the rules: say what it says. Its pool is checked against services and hosts, and
// nodes without a podCIDR are no fault.
func ExampleCheck_anotherCNI() {
	report := check.Run(
		fact.Statement{Component: "calico", Role: fact.RoleSetting, Setting: fact.SettingCNI, Text: "calico"},
		fact.Statement{
			Component: "calico", Role: fact.RolePods, Key: "IPPool default-ipv4-ippool", Pos: fact.Position{File: "ippool.yaml", Line: 6, Column: 9},
			Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")},
		},
		fact.Statement{
			Component: fact.Node, Host: "worker-1", Role: fact.RoleAddress, Key: "InternalIP", Pos: fact.Position{File: "nodes.json", Line: 40, Column: 11},
			Addrs: []netip.Addr{netip.MustParseAddr("192.168.4.7")},
		},
		fact.Statement{Component: fact.Node, Host: "worker-1", Role: fact.RoleNodePods, Key: "spec.podCIDR", Pos: fact.Position{File: "nodes.json", Line: 21, Column: 5}},
	)
	fmt.Println(report.Findings[0].Message)
	for _, p := range report.Findings[0].Where {
		fmt.Println(p.Position, p.Note)
	}
	// Output:
	// 192.168.4.7 (InternalIP of worker-1) lies inside the pod range 192.168.0.0/16 (calico IPPool default-ipv4-ippool), which runs from 192.168.0.0 to 192.168.255.255
	// ippool.yaml:6:9 pods 192.168.0.0/16
	// nodes.json:40:11 InternalIP 192.168.4.7
}

// An installer's unit test in three lines: if err := plan.Check(statements...).Err(); err != nil { t.Fatal(err) }.
func ExampleReport_Err() {
	err := check.Run(
		fact.Statement{Component: fact.Flannel, Role: fact.RolePods, Key: "Network", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}},
		fact.Statement{Component: fact.Kubeadm, Role: fact.RolePods, Key: "podSubnet", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.224.0.0/16")}},
	).Err()
	var f *fact.Finding
	if errors.As(err, &f) {
		fmt.Println(f.Rule)
		fmt.Println(f.Fix[0])
	}
	// Output:
	// flannel-network-mismatch
	// kubectl -n kube-flannel edit configmap kube-flannel-cfg (kube-system before flannel 0.19), and in net-conf.json set "Network": "10.224.0.0/16"
}

// What is accepted stays in the report and no longer counts.
func ExampleReport_Waive() {
	report := check.Run(fact.Statement{
		Component: fact.Kubeadm, Role: fact.RolePods, Key: "networking.podSubnet", Pos: fact.Position{File: "kubeadm.yaml", Line: 5, Column: 14},
		Text: "172.17.0.0/16", Prefixes: []netip.Prefix{netip.MustParsePrefix("172.17.0.0/16")},
	})
	w, err := check.ParseWaiver("docker-bridge-overlap=our hosts run containerd alone")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := draw.ReportText(os.Stdout, report.Waive(w), draw.ReportOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// NO ERROR in what was seen; 1 finding accepted
	//   not seen: the addresses of the hosts, the service range of kube-apiserver, the pod range of
	//   kube-controller-manager, the pod subnets of the nodes and the ranges of the pod network; ...
	//
	// Accepted
	//   docker-bridge-overlap (warning), because: our hosts run containerd alone
	//     the pod range 172.17.0.0/16 (kubeadm networking.podSubnet) overlaps 172.17.0.0/16 (docker0,
	//     Docker's default bridge, since no file says otherwise)
	//
	// Not seen
	//   the addresses of the hosts                kubectl get nodes -o json
	//   the service range of kube-apiserver       kubectl -n kube-system get pods -l tier=control-plane -o yaml
	//   the pod range of kube-controller-manager  kubectl -n kube-system get pods -l tier=control-plane -o yaml
	//   the pod subnets of the nodes              kubectl get nodes -o json
	//   the ranges of the pod network             kubectl get daemonsets -A -o yaml
}

// The catalogue says of each rule how clusters come to it and what mends it.
func ExampleRules() {
	for _, r := range check.Rules() {
		if r.ID == fact.RuleNodeMaskTooShort {
			if err := draw.RuleText(os.Stdout, r); err != nil {
				fmt.Println(err)
			}
		}
	}
	// Output:
	// node-mask-too-short (error)
	//   A node's subnet is larger than the whole pod range
	//
	// Cause
	//   A pod range of /25 or longer with the default mask of /24, or of /65 and longer for IPv6.
	//
	// Effect
	//   kube-controller-manager exits with "mask size of cluster CIDR must be less than or equal to
	//   --node-cidr-mask-size"; kubeadm since 1.20 refuses it.
	//
	// Fix
	//   use a shorter pod range, or a longer node mask
	//
	// Interrupts
	//   a restart of a component
	//
	// Source
	//   k8s.io/kubernetes pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController, v1.37.2
}
