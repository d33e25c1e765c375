package nodeipam_test

import (
	"fmt"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// Will kube-controller-manager start with these flags?
func ExampleControllerFlags_Refusals() {
	flags := nodeipam.ControllerFlags{
		AllocateNodeCIDRs: true,
		ClusterCIDR:       "10.244.0.0/25",
	}
	for _, r := range flags.Refusals(fact.Version{Major: 1, Minor: 34}) {
		fmt.Printf("%s %s: %s\n", r.Field, r.BadValue, r.Message)
	}
	// Output:
	// --cluster-cidr 10.244.0.0/25: Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family
}

// kubeadm names the field.
func ExampleKubeadmNetworking_Refusals() {
	n := nodeipam.KubeadmNetworking{PodSubnet: "10.244.0.0/16", ServiceSubnet: "10.0.0.0/8"}
	for _, r := range n.Refusals(fact.Version{}) {
		fmt.Println(r.Message)
	}
	// Output:
	// networking.serviceSubnet: Invalid value: "10.0.0.0/8": specified service subnet is too large; for 32-bit addresses, the mask must be >= 12
}
