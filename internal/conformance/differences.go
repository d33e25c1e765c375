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
	}
}
