package netdist

// The networks of clouds take the addresses of pods from the cloud's own subnets, or have it hand out podCIDRs. Their
// ranges stand with the cloud; here are their names and who allocates.

func awsRow() Row {
	return Row{
		Name: "aws-vpc-cni", Title: "Amazon VPC CNI", Purpose: PodNetwork, Allocator: AllocatorCloud,
		Names: Names{
			Aliases: []string{
				"aws", "aws-cni", "aws-node", "amazon-vpc-cni", "amazon-vpc-cni-k8s", "amazonvpc", "vpc-cni",
			},
			Images: []string{"amazon-k8s-cni", "*amazon-k8s-cni"}, Workloads: []string{"aws-node"}, Types: []string{"aws-cni"},
			Files: []string{"10-aws.conflist"}, Links: []string{"eni*"}, Annotations: []string{"vpc.amazonaws.com/*"},
			Groups: []string{
				"crd.k8s.amazonaws.com", "vpcresources.k8s.aws",
			},
		},
		Defaults: []Default{
			{
				Use: Hidden, Name: "IPv4 egress of IPv6 pods", Prefix: "169.254.172.0/22", When: "an IPv6 cluster",
				Source: "amazon-vpc-cni-k8s cmd/aws-vpc-cni/main.go egressPluginIpamSubnetV4",
			},
			{
				Use: Hidden, Name: "IPv6 egress of IPv4 pods", Prefix: "fd00::ac:0/118", When: "ENABLE_V6_EGRESS",
				Source: "amazon-vpc-cni-k8s cmd/aws-vpc-cni/main.go egressPluginIpamSubnetV6",
			},
		},
		Later: []Change{{What: "pods", Use: Pods, Possible: true, Source: "amazon-vpc-cni-k8s README.md", Steps: []string{
			"add a CIDR and subnets to the VPC; for pods alone: " +
				"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG=true and an ENIConfig for each zone, then new nodes",
		}}},
		words: []string{"amazon-k8s-cni", "aws-node", "vpc-cni"},
	}
}

func azureRow() Row {
	return Row{
		Name: "azure-cni", Title: "Azure CNI", Purpose: PodNetwork, Allocator: AllocatorCloud,
		Names: Names{
			Aliases: []string{"azure", "azure-vnet"}, Images: []string{
				"containernetworking/azure-cns", "*azure-cns", "*azure-cni", "*azure-ipam",
			},
			Workloads: []string{"azure-cns", "azure-cni"}, Types: []string{"azure-vnet", "azure-ipam"}, Files: []string{
				"10-azure.conflist", "15-azure-swift-overlay.conflist",
			},
			Links: []string{"azure0", "azv*"}, Annotations: []string{"kubernetes.azure.com/azure-cni*"},
			Groups: []string{"acn.azure.com"},
		},
		Modes: []Mode{
			{Name: "vnet", Allocator: AllocatorCloud},
			{
				Name: "overlay", Allocator: AllocatorOwn, Key: "networkPluginMode",
				Note: "a /24 per node of podCidr, by the cloud",
			},
		},
		words: []string{"azure-cns", "azure-vnet", "azure-cni"},
	}
}

func gkeRow() Row {
	return Row{
		Name: "gke", Title: "GKE", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Workloads: []string{"anetd", "netd"}, Images: []string{"*netd-amd64", "*gke-release/netd", "*anetd"},
			Files: []string{"10-gke-ptp.conflist"}, Links: []string{"gke*"},
			Annotations: []string{"networking.gke.io/*"},
			Groups:      []string{"networking.gke.io"},
		},
		words: []string{"anetd", "netd"},
	}
}

func terwayRow() Row {
	return Row{
		Name: "terway", Title: "Terway", Purpose: PodNetwork, Allocator: AllocatorCloud,
		Names: Names{
			Images: []string{"acs/terway", "*terway"}, Workloads: []string{"terway", "terway-eniip"},
			Types: []string{"terway"}, Files: []string{"10-terway.conf", "10-terway.conflist"},
		},
		words: []string{"terway"},
	}
}

func kiloRow() Row {
	return Row{
		Name: "kilo", Title: "Kilo", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Images: []string{"squat/kilo"}, Workloads: []string{"kilo"}, Files: []string{"10-kilo.conflist"},
			Links: []string{"kilo0", "kube-bridge"}, Annotations: []string{"kilo.squat.ai/*"},
		},
		words: []string{"squat/kilo"},
	}
}

func romanaRow() Row {
	return Row{
		Name: "romana", Title: "Romana", Purpose: PodNetwork, Allocator: AllocatorOwn,
		Names: Names{
			Images: []string{"romana/agent", "*romana-agent"}, Workloads: []string{"romana-agent"},
			Types: []string{"romana"}, Annotations: []string{"alpha.kubernetes.io/romana*"},
		},
		words: []string{"romana"},
	}
}

// bridgeRow is a bridge or point-to-point links by hand or by kubenet: host-local ranges in files of /etc/cni/net.d,
// or Node.spec.podCIDR.
func bridgeRow() Row {
	return Row{
		Name: "bridge", Title: "a bridge set up by hand", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Aliases: []string{"kubenet", "host-local", "ptp"}, Types: []string{"bridge", "ptp"}, Links: []string{"cbr0"},
			Files: []string{
				"10-bridge.conf", "10-mynet.conf", "1-k8s.conflist", "10-containerd-net.conflist",
				"*-crio-bridge.conflist", "*-crio-bridge.conf", "*-crio-ipv4-bridge.conflist", "87-podman*",
				"nerdctl-*",
			},
		},
	}
}

// routesRow is a cloud whose route controller makes a route to each Node's podCIDR.
func routesRow() Row {
	return Row{
		Name: "routes", Title: "routes of a cloud", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{Reasons: []string{"RouteCreated", "NoRouteCreated"}},
	}
}
