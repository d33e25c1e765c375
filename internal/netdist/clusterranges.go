package netdist

import (
	"bytes"
	"net/netip"
	"strings"
)

// gardenerRow is Gardener: its Shoot states all ranges of a cluster.
func gardenerRow() Row {
	const constants = "gardener/gardener pkg/apis/core/v1beta1/constants"
	return Row{
		Name: "gardener", Title: "Gardener", Purpose: ClusterRanges, Allocator: AllocatorNode,
		Names: Names{Groups: []string{"core.gardener.cloud"}},
		Defaults: []Default{
			{
				Use: Hidden, Name: "VPN to the seed", Prefix: "fd8f:6d53:b97a:1::/96",
				Source: constants + " DefaultVPNRangeV6",
			},
			{
				Use: Hidden, Name: "kube-apiserver proxy", Prefix: "240.0.0.0/8",
				Source: constants + " ReservedKubeApiServerMappingRange",
			},
			{
				Use: Hidden, Name: "pods of the seed, mapped", Prefix: "241.0.0.0/8",
				Source: constants + " ReservedSeedPodNetworkMappedRange",
			},
			{
				Use: Hidden, Name: "nodes of the shoot, mapped", Prefix: "242.0.0.0/8",
				Source: constants + " ReservedShootNodeNetworkMappedRange",
			},
			{
				Use: Hidden, Name: "services of the shoot, mapped", Prefix: "243.0.0.0/8",
				Source: constants + " ReservedShootServiceNetworkMappedRange",
			},
			{
				Use: Hidden, Name: "pods of the shoot, mapped", Prefix: "244.0.0.0/8",
				Source: constants + " ReservedShootPodNetworkMappedRange",
			},
			{
				Use: Hidden, Name: "VPN to the seed, IPv4", Prefix: "192.168.123.0/24",
				When: "releases that have an IPv4 VPN range", Source: constants + " DefaultVPNRange",
			},
		},
		Later: []Change{
			{
				What: "networks of a Shoot", Use: Pods, Source: "gardener/gardener docs/usage/networking",
				Steps: []string{"pods, services and nodes cannot be changed: a new Shoot"},
			},
		},
		object: func(r *reader, o *object) {
			if !o.is("Shoot", "core.gardener.cloud") {
				return
			}
			n := r.see("gardener", o.kind, o.Get("kind"))
			net := o.Get("spec", "networking")
			mask := o.Get("spec", "kubernetes", "kubeControllerManager", "nodeCIDRMaskSize")
			blockFor(n.add(Range{Use: Pods, Key: "spec.networking.pods"}, net.Get("pods"), form{}, ""), mask, 24, 64)
			n.add(Range{Use: Services, Key: "spec.networking.services"}, net.Get("services"), form{}, "")
			n.add(Range{Use: Hosts, Key: "spec.networking.nodes"}, net.Get("nodes"), form{}, "")
		},
		words: []string{"gardener"},
	}
}

// clusterCIDRRow is the ClusterCIDR object that kube-controller-manager's MultiCIDRRangeAllocator took from 1.25 to
// 1.28, and that the controller outside of Kubernetes takes since.
func clusterCIDRRow() Row {
	return Row{
		Name: "clustercidr", Title: "ClusterCIDR", Purpose: ClusterRanges, Allocator: AllocatorNode,
		Names: Names{},
		Later: []Change{{What: "range", Use: Pods, Possible: true,
			Source: "kubernetes v1.28 pkg/apis/networking ClusterCIDRSpec", Steps: []string{
				"spec cannot be changed: create a second ClusterCIDR, then drain and register the nodes " +
					"anew; it goes once no node holds a part of it",
			}}},
		object: func(r *reader, o *object) {
			if o.kind != "ClusterCIDR" || o.group != "networking.k8s.io" && o.group != "networking.x-k8s.io" {
				return
			}
			n := r.see("clustercidr", o.kind, o.Get("kind"))
			spec := o.Get("spec")
			hostBits := number(spec.Get("perNodeHostBits"))
			sel := spec.Get("nodeSelector")
			for _, fam := range []string{"ipv4", "ipv6"} {
				rg := Range{Use: Pods, Name: o.name, Key: "spec." + fam, OnDemand: sel != nil && len(sel.Entries) > 0}
				bits := 32
				if fam == "ipv6" {
					bits = 128
				}
				if hostBits > 0 && hostBits <= bits {
					rg.BlockSize, rg.BlockPos = bits-hostBits, Position(spec.Get("perNodeHostBits").Pos)
				}
				n.add(rg, spec.Get(fam), form{}, "")
			}
		},
		words: []string{"ClusterCIDR"},
	}
}

// nodeLocalDNSRow is NodeLocal DNSCache: kubelets that give pods its address are healthy, although it lies in no
// service range.
func nodeLocalDNSRow() Row {
	const addon = "kubernetes cluster/addons/dns/nodelocaldns/nodelocaldns.yaml"
	return Row{
		Name: "nodelocaldns", Title: "NodeLocal DNSCache", Purpose: NodeLocal, Allocator: AllocatorNone,
		Names: Names{
			Aliases: []string{"node-local-dns"}, Images: []string{"dns/k8s-dns-node-cache", "*k8s-dns-node-cache"},
			Workloads:  []string{"node-local-dns", "nodelocaldns"},
			ConfigMaps: []string{"node-local-dns", "nodelocaldns"}, Links: []string{"nodelocaldns"},
		},
		Defaults: []Default{
			{
				Use: Hidden, Name: "node-local DNS", Prefix: "169.254.20.10/32", Moves: "bind",
				If: "the addon's own file", Source: addon + " __PILLAR__LOCAL__DNS__",
			},
		},
		Later: []Change{{What: "address", Use: Hidden, Possible: true, Source: addon, Steps: []string{
			"bind and health in the ConfigMap node-local-dns, -localip of its DaemonSet, then clusterDNS of the kubelets",
		}}},
		object: readNodeLocalDNS,
		words:  []string{"node-local-dns", "nodelocaldns", "k8s-dns-node-cache"},
	}
}

// readNodeLocalDNS reads the address from -localip or the bind lines of its Corefile. It also listens on the address
// of the DNS Service, which is none of its own.
func readNodeLocalDNS(r *reader, o *object) {
	rg := Range{Use: Hidden, Name: "node-local DNS"}
	for _, c := range o.run("nodelocaldns") {
		n := r.network("nodelocaldns")
		if fl := c.flags("localip"); fl["localip"].text != "" {
			rg.Key = "-localip"
			n.addLinkLocal(rg, fl["localip"].text, fl["localip"].pos)
		}
	}
	if o.kind != "ConfigMap" || o.name != "node-local-dns" && o.name != "nodelocaldns" {
		return
	}
	at := o.data.Get("Corefile")
	if at.Str() == "" {
		return
	}
	n := r.see("nodelocaldns", "ConfigMap "+o.name, o.Get("metadata", "name"))
	file := at.File()
	rg.Key = "bind"
	if strings.Contains(at.Str(), "__PILLAR__LOCAL__DNS__") {
		n.mark("the addon's own file")
	}
	for off := 0; off < len(file.Data); {
		end := off + bytes.IndexByte(file.Data[off:], '\n')
		if end < off {
			end = len(file.Data)
		}
		line := string(file.Data[off:end])
		if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), "bind "); ok {
			n.addLinkLocal(rg, rest, Position(file.Position(off+len(line)-len(rest))))
		}
		off = end + 1
	}
}

// addLinkLocal adds the link-local addresses of a list, each once.
func (n *found) addLinkLocal(rg Range, text string, pos Position) {
	for _, e := range elements(text, " ,\t") {
		a, err := netip.ParseAddr(e.text)
		if err != nil || !a.IsLinkLocalUnicast() && !strings.HasPrefix(e.text, "fd") {
			continue
		}
		known := false
		for _, o := range n.Ranges {
			known = known || o.Text == e.text && o.Key == rg.Key
		}
		if known {
			continue
		}
		p := pos
		p.Column += e.off
		n.addText(rg, e.text, p, form{bare: true})
	}
}
