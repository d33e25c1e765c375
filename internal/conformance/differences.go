package conformance

// Differences returns the deliberate differences, in a fixed order. TestDifferences holds exactly this list.
func Differences() []Difference {
	return []Difference{
		{
			ID:     "pool-mapped-base",
			What:   "cidr.NewSplit refuses an IPv4-mapped IPv6 range; the real set hands out 0.0.0.0 subnets for it",
			Real:   "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset CidrSet.indexToCIDRBlock",
			Reason: "an answer outside the range that was given is never useful",
		},
		{
			ID:     "pool-host-bits-base",
			What:   "cidr.NewSplit refuses a range with host bits; the real set hands out duplicates for it",
			Real:   "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset CidrSet.indexToCIDRBlock",
			Reason: "two nodes with one subnet is the fault that this project exists to prevent",
		},
		{
			ID:     "pool-mask-shorter",
			What:   "cidr.NewSplit refuses subnets larger than the range; the real set is made, holds none and says that it is full",
			Real:   "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset NewCIDRSet",
			Reason: "a mistake in the arguments is told at once, by its name",
		},
		{
			ID:     "pool-mask-beyond-address",
			What:   "cidr.NewSplit refuses IPv4 subnets longer than /32; the real set is made and answers with nil masks",
			Real:   "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset NewCIDRSet",
			Reason: "no subnet has that length",
		},
		{
			ID:     "pool-16-bits",
			What:   "cidr.NewSplit takes IPv6 splits by more than 16 bits; the real set refuses them",
			Real:   "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset clusterSubnetMaxDiff",
			Reason: "the limit is that of a bitmap, which cidr.Pool does not have; plan enforces it where it predicts kube-controller-manager",
		},
		{
			ID:     "kubeadm-other-fields",
			What:   "kubeadm.Config.Refusals does not look at ports, the name of a node, controlPlaneEndpoint and the names of feature gates",
			Real:   "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/validation ValidateInitConfiguration",
			Reason: "they say nothing about ranges, and the gates change with each release; kubeadm names them itself before it changes anything",
		},
		{
			ID:     "kubeadm-objects-beside",
			What:   "objects of a cluster beside the configuration are passed over; kubeadm refuses the file, as their API group is empty",
			Real:   "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/marshal.go SplitConfigDocuments",
			Reason: "who asks for help collects them in one file, which was never meant for kubeadm",
		},
		{
			ID:     "kubeadm-nothing-in-it",
			What:   "a file without any setting of kubeadm's is an empty configuration; kubeadm refuses it",
			Real:   "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go documentMapToInitConfiguration",
			Reason: "every file of a folder is read, and one that is not about kubeadm is no fault",
		},
		{
			ID:     "kubeadm-yaml-directive",
			What:   "a %YAML line is read; kubeadm takes it for a document of its own, which is no YAML",
			Real:   "k8s.io/apimachinery v0.37.2 pkg/util/yaml/decoder.go YAMLReader.Read",
			Reason: "it is YAML, kubectl prints no such line, and kubeadm's message leads to it",
		},
		{
			ID:     "kubeadm-json-escape",
			What:   `a JSON file with \/ in a text is read; kubeadm's YAML library knows no such escape`,
			Real:   "sigs.k8s.io/yaml v1.6 goyaml.v2 scannerc.go yaml_parser_scan_flow_scalar",
			Reason: "it is JSON by RFC 8259, section 7, and one reader serves the files of all programs",
		},
	}
}
