package distro

import (
	"slices"
	"strings"
	"testing"
)

// The heads of documents in the table below.
const (
	k0sHead     = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec: {network: "
	kindHead    = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnetworking: "
	kopsHead    = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nspec: "
	kubeoneHead = "apiVersion: kubeone.k8c.io/v1beta3\nkind: KubeOneCluster\n"
	eksaHead    = "apiVersion: anywhere.eks.amazonaws.com/v1alpha1\nkind: Cluster\nspec: "
	talosHead   = "apiVersion: v1alpha1\nkind: KubeNetworkConfig\n"
	installHead = "apiVersion: v1\nbaseDomain: example.com\nplatform: {none: {}}\nnetworking: "
	capiHead    = "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nspec: {clusterNetwork: "
	kopsRanges  = "networkCIDR: 10.10.0.0/16, nonMasqueradeCIDR: 100.64.0.0/10, "
)

// What installers refuse, and what they take, in the rules of their own validation. want holds the refusals; - before a rule is one that
// the installer takes although it breaks.
var refusals = []struct{ name, text, want string }{
	{"one range", kindHead + "{podSubnet: 10.1.0.0/16, serviceSubnet: 10.2.0.0/16}", ""},
	{"pods over services", kindHead + "{podSubnet: 10.1.0.0/16, serviceSubnet: 10.1.0.0/16}", ""},
	{"two for one family", kindHead + "{podSubnet: '10.1.0.0/16,fd00::/56'}", "kind-one-range"},
	{"IPv6 for IPv4", kindHead + "{podSubnet: 'fd00::/56'}", "kind-family"},
	{"IPv4 for IPv6", kindHead + "{ipFamily: ipv6, serviceSubnet: 10.1.0.0/16}", "kind-family"},
	{"dual, one of each", kindHead + "{ipFamily: dual, podSubnet: 'fd00::/56,10.1.0.0/16'}", ""},
	{"dual, two of one", kindHead + "{ipFamily: dual, podSubnet: '10.2.0.0/16,10.1.0.0/16'}", "kind-dual"},
	{"dual, three", kindHead + "{ipFamily: dual, podSubnet: '10.2.0.0/16,fd00::/56,10.1.0.0/16'}", "kind-dual"},
	{"dual, one", kindHead + "{ipFamily: dual, serviceSubnet: 10.1.0.0/16}", "-kind-dual-with-one"},
	{"no range", kindHead + "{podSubnet: aa}", "kind-malformed"},
	{"no family", kindHead + "{ipFamily: ipv8}", "kind-ip-family"},

	{"k0s IPv4", k0sHead + "{provider: kuberouter, podCIDR: 10.1.0.0/16, serviceCIDR: 10.2.0.0/16}}", ""},
	{"k0s provider", k0sHead + "{provider: weave-ng, podCIDR: 10.1.0.0/16, serviceCIDR: 10.2.0.0/16}}", "k0s-provider"},
	{"k0s no range", k0sHead + "{podCIDR: foobar}}", "k0s-malformed"},
	{"k0s families", k0sHead + "{podCIDR: 10.1.0.0/16, serviceCIDR: 'fd00::/112'}}", "k0s-families"},
	{"k0s dual", k0sHead + "{dualStack: {enabled: true, IPv6podCIDR: 'fd00::/108', IPv6serviceCIDR: 'fd01::/108'}}}", ""},
	{"k0s dual, IPv4 there", k0sHead + "{dualStack: {enabled: true, IPv6podCIDR: 10.9.0.0/16, IPv6serviceCIDR: 'fd01::/108'}}}",
		"k0s-dual-ipv6"},
	{"k0s dual, nothing there", k0sHead + "{dualStack: {enabled: true}}}", "k0s-dual-ipv6 k0s-dual-ipv6"},
	{"k0s dual, IPv6 first", k0sHead + "{podCIDR: 'fd00::/64', serviceCIDR: 'fd01::/112', dualStack: {enabled: true, " +
		"IPv6podCIDR: 'fd02::/64', IPv6serviceCIDR: 'fd03::/112'}}}", "k0s-dual-ipv4 k0s-dual-ipv4"},
	{"k0s dual, Calico by VXLAN", k0sHead + "{provider: calico, dualStack: {enabled: true, IPv6podCIDR: 'fd00::/108', " +
		"IPv6serviceCIDR: 'fd01::/108'}}}", "k0s-dual-calico"},
	{"k0s dual, Calico by BIRD", k0sHead + "{provider: calico, calico: {mode: bird}, dualStack: {enabled: true, " +
		"IPv6podCIDR: 'fd00::/108', IPv6serviceCIDR: 'fd01::/108'}}}", ""},
	{"k0s dual, services too large", k0sHead + "{dualStack: {enabled: true, IPv6podCIDR: 'fd00::/108', " +
		"IPv6serviceCIDR: 'fd01::/64'}}}", "k0s-dual-services-too-large"},
	{"k0s IPv6, services too large", k0sHead + "{podCIDR: 'fd00::/108', serviceCIDR: 'fd01::/64'}}", "-k0s-ipv6-services-too-large"},
	{"k0s IPv6", k0sHead + "{podCIDR: 'fd00::/108', serviceCIDR: 'fd01::/112'}}", ""},

	{"kops", kopsHead + "{" + kopsRanges + "subnets: [{cidr: 10.10.1.0/24}]}", ""},
	{"kops subnet elsewhere", kopsHead + "{" + kopsRanges + "subnets: [{cidr: 10.11.1.0/24}]}", "kops-subnet-outside"},
	{"kops another network", kopsHead + "{" + kopsRanges + "additionalNetworkCIDRs: [10.11.0.0/16], subnets: [{cidr: 10.11.1.0/24}]}",
		""},
	{"kops overlap", kopsHead + "{networkCIDR: 100.64.0.0/16, nonMasqueradeCIDR: 100.64.0.0/10}", "kops-non-masquerade-hosts"},
	{"kops overlap of another", kopsHead + "{" + kopsRanges + "additionalNetworkCIDRs: [100.80.0.0/16]}", "kops-non-masquerade-hosts"},
	{"kops with the VPC's addresses", kopsHead + "{networkCIDR: 10.10.0.0/16, nonMasqueradeCIDR: 10.10.0.0/16, " +
		"networking: {amazonvpc: {}}}", ""},
	{"kops pods elsewhere", kopsHead + "{" + kopsRanges + "podCIDR: 10.96.0.0/11}", "kops-pods-outside"},
	{"kops pods over services", kopsHead + "{" + kopsRanges + "podCIDR: 100.64.0.0/11, serviceClusterIPRange: 100.64.0.0/13}", ""},
	{"kops IPv6 that is not all", kopsHead + "{networkCIDR: 10.10.0.0/16, nonMasqueradeCIDR: 'fd00::/8'}", "kops-non-masquerade-ipv6"},
	{"kops two service ranges", kopsHead + "{" + kopsRanges + "serviceClusterIPRange: 100.64.0.0/13, " +
		"kubeAPIServer: {serviceClusterIPRange: 100.72.0.0/13}}", "kops-services-differ"},

	{"KubeOne", kubeoneHead + "clusterNetwork: {podSubnet: 10.1.0.0/16, serviceSubnet: 10.2.0.0/16}", ""},
	{"KubeOne equal masks", kubeoneHead + "clusterNetwork: {podSubnet: 10.1.0.0/24}", "kubeone-mask-not-longer"},
	{"KubeOne far masks", kubeoneHead + "clusterNetwork: {podSubnet: 10.0.0.0/7}", ""},
	{"KubeOne IPv6", kubeoneHead + "clusterNetwork: {ipFamily: IPv6}", "kubeone-family"},
	{"KubeOne IPv6 in the key of IPv4", kubeoneHead + "clusterNetwork: {serviceSubnet: 'fd00::/112'}", "kubeone-subnet-family"},
	{"KubeOne dual on another cloud", kubeoneHead + "cloudProvider: {gce: {}}\nclusterNetwork: {ipFamily: IPv4+IPv6}", "kubeone-dual-cloud"},
	{"KubeOne dual on AWS", kubeoneHead + "cloudProvider: {aws: {}}\nclusterNetwork: {ipFamily: IPv4+IPv6}", ""},

	{"EKS Anywhere", eksaHead + "{clusterNetwork: {pods: {cidrBlocks: [10.1.0.0/16]}, services: {cidrBlocks: [10.1.0.0/16]}}}", ""},
	{"EKS Anywhere no pods", eksaHead + "{clusterNetwork: {services: {cidrBlocks: [10.1.0.0/16]}}}", "eks-anywhere-empty"},
	{"EKS Anywhere two", eksaHead + "{clusterNetwork: {pods: {cidrBlocks: [10.1.0.0/16, 10.2.0.0/16]}, services: " +
		"{cidrBlocks: [10.3.0.0/16]}}}", "eks-anywhere-one-block"},
	{"EKS Anywhere kindnetd in an excerpt", eksaHead + "{clusterNetwork: {pods: {cidrBlocks: [10.1.0.0/16]}, services: " +
		"{cidrBlocks: [10.2.0.0/16]}, cniConfig: {kindnetd: {}}}}", ""},
	{"EKS Anywhere kindnetd on vSphere", eksaHead + "{datacenterRef: {kind: VSphereDatacenterConfig}, clusterNetwork: {pods: " +
		"{cidrBlocks: [10.1.0.0/16]}, services: {cidrBlocks: [10.2.0.0/16]}, cniConfig: {kindnetd: {}}}}", "eks-anywhere-kindnetd"},
	{"EKS Anywhere equal masks", eksaHead + "{clusterNetwork: {pods: {cidrBlocks: [10.1.0.0/24]}, services: " +
		"{cidrBlocks: [10.3.0.0/16]}}}", "eks-anywhere-mask-not-longer"},
	{"EKS Anywhere far masks", eksaHead + "{clusterNetwork: {pods: {cidrBlocks: [10.0.0.0/8]}, services: " +
		"{cidrBlocks: [172.16.0.0/16]}, nodes: {cidrMaskSize: 25}}}", "eks-anywhere-mask-too-far"},
	{"EKS Anywhere endpoint on Snow", eksaHead + "{datacenterRef: {kind: SnowDatacenterConfig}, controlPlaneConfiguration: " +
		"{endpoint: {host: 10.1.0.9}}, clusterNetwork: {pods: {cidrBlocks: [10.1.0.0/16]}, services: {cidrBlocks: " +
		"[10.3.0.0/16]}}}", "eks-anywhere-endpoint"},

	{"Talos", talosHead + "podSubnets: [10.1.0.0/16]\nserviceSubnets: [10.2.0.0/16]", ""},
	{"Talos no services", talosHead + "podSubnets: [10.1.0.0/16]", "talos-no-subnet"},
	{"Talos too small", talosHead + "podSubnets: [10.1.0.0/16]\nserviceSubnets: [10.2.0.0/29]", "talos-too-small"},
	{"Talos two of one", talosHead + "podSubnets: [10.1.0.0/16, 10.3.0.0/16]\nserviceSubnets: [10.2.0.0/16, 'fd00::/112']",
		"talos-one-each"},
	{"Talos pods IPv4, services IPv6", talosHead + "podSubnets: [10.1.0.0/16]\nserviceSubnets: ['fd00::/112']", "-talos-families"},

	{"OpenShift", installHead + "{machineNetwork: [{cidr: 192.168.0.0/24}]}", ""},
	{"OpenShift services among hosts", installHead + "{machineNetwork: [{cidr: 172.30.0.0/24}]}", "openshift-services-hosts"},
	{"OpenShift join range", installHead + "{machineNetwork: [{cidr: 100.64.0.0/24}]}", "openshift-internal-subnet"},
	{"OpenShift transit range", installHead + "{serviceNetwork: [100.88.0.0/16]}", "openshift-internal-subnet"},

	{"Cluster API", capiHead + "{pods: {cidrBlocks: [10.1.0.0/16]}, services: {cidrBlocks: [10.1.0.0/16]}}}", ""},
	{"Cluster API no range", capiHead + "{pods: {cidrBlocks: [bogus]}}}", "cluster-api-malformed"},
	{"Cluster API two of one", capiHead + "{pods: {cidrBlocks: [10.1.0.0/16, 10.2.0.0/16]}}}", "-cluster-api-two-of-a-family"},

	{"k3s", "cluster-cidr: 10.1.0.0/16\nservice-cidr: 10.1.0.0/16", ""},
	{"k3s families", "cluster-cidr: 10.1.0.0/16,fd00::/56\nservice-cidr: 10.2.0.0/16", "k3s-families"},
	{"k3s order", "cluster-cidr: fd00::/56,10.1.0.0/16\nservice-cidr: 10.2.0.0/16,fd01::/112", "k3s-family-order"},
	{"kubespray host bits", "kube_pods_subnet: 10.1.2.0/16\nkube_service_addresses: 10.2.0.0/16", "kubespray-host-bits"},
	{"kubespray services in pods", "kube_pods_subnet: 10.0.0.0/8\nkube_service_addresses: 10.2.0.0/16", ""},
	{"kubespray 110 pods in /26", "kube_pods_subnet: 10.0.0.0/16\nkube_network_node_prefix: 26\nkube_network_plugin: flannel",
		"kubespray-max-pods"},
}

func TestRefusals(t *testing.T) {
	for _, r := range refusals {
		var got []string
		for _, c := range Read(newFile(t, "config.yaml", []byte(r.text+"\n"))) {
			for _, p := range c.Problems {
				switch {
				case p.Refused:
					got = append(got, p.ID)
				case p.Harmful:
					got = append(got, "-"+p.ID)
				}
				if len(p.Where) == 0 || p.Message == "" {
					t.Errorf("%s: a problem without place or message: %+v", r.name, p)
				}
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != r.want {
			t.Errorf("%s: %q, want %q", r.name, got, r.want)
		}
	}
}
