package distro

import (
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/source"
)

// eksctl: github.com/eksctl-io/eksctl pkg/apis/eksctl.io/v1alpha5; what EKS allows is in
// docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html. Pods have addresses of the VPC.
func eksctl() Installer {
	return Installer{
		Name:       "eksctl",
		Recognised: "apiVersion eksctl.io, kind ClusterConfig",
		Marks:      []string{"eksctl.io"},
		Groups:     []string{"eksctl.io"},
		Kinds:      []string{"ClusterConfig"},
		Through:    ThroughNothing,
		CNI:        "aws-vpc-cni",
		DNS:        10,
		Defaults: []Default{
			{Role: Hosts, IPv4: "192.168.0.0/16", Rendered: true},
			{Role: Services, IPv4: "10.100.0.0/16", Of: "EKS", Old: true,
				Releases: "or 172.20.0.0/16, whichever is not the VPC's"},
		},
		Checks: []Check{ChecksText, ChecksHosts, ChecksServiceSize},
		Changes: []Change{{
			Roles: []Role{Services, DNS}, Key: "kubernetesNetworkConfig.serviceIPv4CIDR", Immutable: true,
			Way: "create another cluster with eksctl create cluster -f FILE and move the workloads",
		}},
		read: func(c *Cluster, n *source.Node) {
			c.Release = word(n.Get("metadata", "version"))
			if word(n.Get("kubernetesNetworkConfig", "ipFamily")) == "IPv6" {
				c.Family = "ipv6"
			}
			c.take(Services, "kubernetesNetworkConfig.serviceIPv4CIDR")
			c.take(Hosts, "vpc.cidr", "vpc.extraCIDRs")
			c.take(Hosts, "vpc.subnets.private.*.cidr", "vpc.subnets.public.*.cidr")
			c.Partial = has(n.Get("vpc"), "id") && !c.says(Hosts) // a network that is there already
		},
		refuse: refuseEKS,
	}
}

// eksPrivate are the blocks in which services of EKS have to lie.
func eksPrivate() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
	}
}

func refuseEKS(c *Cluster) {
	const src = "API_KubernetesNetworkConfigRequest serviceIpv4Cidr"
	s := c.first(Services)
	if s == nil || !s.IsRange() || s.Default {
		return
	}
	p := s.Prefixes[0]
	switch {
	case !inside(p, eksPrivate()):
		c.refused("eksctl-services-not-private", "", src,
			fmt.Sprintf("%s %v does not lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", s.Key, p), s)
	case p.Bits() < 12 || p.Bits() > 24:
		c.refused("eksctl-services-size", "", src, fmt.Sprintf("%s %v: the length is from /12 to /24", s.Key, p), s)
	}
	if a, b, ok := overlapping(s.Prefixes, c.prefixes(Hosts)); ok {
		c.refused("eksctl-services-vpc", "", src, fmt.Sprintf("%s %v overlaps the network %v of the hosts", s.Key, a,
			b), s,
			c.first(Hosts))
	}
}
