package netdist

import (
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// calicoBlock4 and calicoBlock6 are the sizes of a node's blocks by default:
// projectcalico/calico libcalico-go/lib/clientv3/ippool.go defaultIPv4BlockSize, defaultIPv6BlockSize.
const (
	calicoBlock4 = 26
	calicoBlock6 = 122
)

func calicoRow() Row {
	return Row{
		Name: "calico", Title: "Calico", Purpose: PodNetwork, Allocator: AllocatorOwn,
		Names: Names{
			Aliases: []string{"calico-ipam", "tigera", "calico-bpf", "projectcalico"},
			Images: []string{
				"calico/node", "*calico-node", "calico/node-windows", "tigera/cnx-node", "rancher/hardened-calico",
			},
			Controllers: []string{
				"tigera/operator", "*calico-operator", "calico/kube-controllers", "*calico-kube-controllers", "calico/typha",
				"*calico-typha",
				"calico/apiserver", "calico/cni", "*calico-cni",
			},
			Workloads:  []string{"calico-node", "tigera-operator", "calico-kube-controllers", "calico-typha"},
			ConfigMaps: []string{"calico-config"},
			Types:      []string{"calico", "calico-ipam"},
			Files:      []string{"10-calico.conflist", "10-calico.conf"},
			Links: []string{
				"cali*", "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "bpfin.cali", "bpfout.cali",
			},
			Annotations: []string{"projectcalico.org/*", "cni.projectcalico.org/*", "csi.tigera.io/*"},
			Reasons:     []string{"CalicoIsUp"},
			Groups:      []string{"crd.projectcalico.org", "projectcalico.org", "operator.tigera.io"},
		},
		Modes: []Mode{
			{
				Name: "calico-ipam", Allocator: AllocatorOwn, Key: "ipam.type",
				Note: "blocks of its pools; a node takes further ones when it is full",
			},
			{
				Name: "host-local", Allocator: AllocatorNode, Key: "ipam.type",
				Note: `with "subnet": "usePodCidr" and USE_POD_CIDR=true`,
			},
			{Name: "AmazonVPC", Allocator: AllocatorCloud, Key: "spec.cni.type", Note: "Calico does policy alone"},
			{Name: "AzureVNET", Allocator: AllocatorCloud, Key: "spec.cni.type", Note: "Calico does policy alone"},
			{Name: "GKE", Allocator: AllocatorNode, Key: "spec.cni.type", Note: "Calico does policy alone"},
		},
		Defaults: calicoDefaults(),
		Limits: Limits{
			MinBlock4: 20, MaxBlock4: 32, MinBlock6: 116, MaxBlock6: 128, By: "calico", Overlap: "CIDR overlaps with IPPool",
			Source: "projectcalico/calico libcalico-go/lib/clientv3/ippool.go validateAndSetDefaults",
		},
		Later: calicoLater(),
		Takes: target.Terms{Doc: "the Installation of Calico's operator, with one pool for each family",
			IPv4: target.Mask{Min: 20, Max: 32, Why: calicoBlocks}, IPv6: target.Mask{Min: 116, Max: 128, Why: calicoBlocks},
			Write: writeCalico},
		object: readCalico,
		values: calicoValues,
		tables: []textTable{
			{[]string{"NAME", "CIDR", "SELECTOR"}, calicoPoolRow},
			{[]string{"NAME", "CIDR", "NAT", "IPIPMODE"}, calicoPoolRow},
			{[]string{"NAME", "CIDR", "VXLAN", "IPIP"}, calicoPoolRow},
			{[]string{"GROUPING", "CIDR", "IPS TOTAL"}, calicoIPAMRow},
		},
		lines: []textLine{
			{mark: "CALICO_IPV4POOL_CIDR:", read: calicoEnvLine},
			{mark: "CALICO_IPV6POOL_CIDR:", read: calicoEnvLine},
		},
		words: []string{"calico", "ipPool", "CALICO_", "tigera", "IPIPMODE", "IPS TOTAL", "NAME  ", "VXLAN"},
	}
}

// calicoDefaults are the ranges that it takes if nobody says others.
func calicoDefaults() []Default {
	const startup = "projectcalico/calico node/pkg/lifecycle/startup/startup.go configureIPPools"
	return []Default{
		{Use: Pods, Name: "default-ipv4-ippool", Prefix: "192.168.0.0/16", Block: calicoBlock4,
			Moves: "CALICO_IPV4POOL_CIDR", Source: startup,
			When: "no CALICO_IPV4POOL_CIDR, no podSubnet in the ConfigMap kubeadm-config, no address of the host in it; " +
				"of the operator: no ipPools, no kubeadm-config"},
		{Use: Pods, Name: "default-ipv4-ippool", Prefix: "172.16.0.0/16", Block: calicoBlock4,
			Moves:  "spec.calicoNetwork.ipPools",
			When:   "the operator on EKS with Calico's own CNI; of the manifest where a host's address lies in 192.168.0.0/16",
			Source: "tigera/operator pkg/controller/ippool/defaults.go fillDefaults"},
	}
}

// calicoLater says what can be changed in a living cluster.
func calicoLater() []Change {
	return []Change{
		{What: "CIDR of a pool", Use: Pods, Possible: true,
			Source: "libcalico-go/lib/clientv3/ippool.go validateAndSetDefaults", Steps: []string{
				"create a second IPPool with the new spec.cidr: a pool's own cannot be modified",
				`kubectl patch ippool OLD --type merge -p '{"spec":{"disabled":true}}'`,
				"recreate the pods: kubectl rollout restart of each workload",
				"kubectl delete ippool OLD, once calicoctl ipam show counts no address in it",
				"CALICO_IPV4POOL_CIDR of calico-node counts only while no pool exists; write it anew for a later installation",
			}},
		{What: "CIDR of a pool, with the operator", Use: Pods, Possible: true,
			Source: "tigera/operator pkg/controller/ippool/pool_controller.go", Steps: []string{
				"kubectl edit installation default: add the new entry to spec.calicoNetwork.ipPools, " +
					"inside the cluster's pod range",
				"set disableNewAllocations: true on the old entry, recreate the pods, then remove the entry",
			}},
		{What: "block size of a pool", Use: NodeBlock, Possible: true, Source: "libcalico-go/lib/clientv3/ippool.go",
			Steps: []string{
				"as for the CIDR: blockSize cannot be modified; a new pool has the new size",
			}},
	}
}

func readCalico(r *reader, o *object) {
	if o.group == "crd.projectcalico.org" || o.group == "projectcalico.org" || o.group == "" && o.version == "v1" &&
		o.kind == "ipPool" {
		calicoObject(r, o)
		return
	}
	switch {
	case o.is("Installation", "operator.tigera.io"):
		n := r.see("calico", "Installation", o.Get("kind"))
		calicoInstallation(r, n, o.Get("spec"), "spec.")
	case o.kind == "ConfigMap" && o.configMap("calico_backend") && o.configMap("cni_network_config"):
		n := r.see("calico", "ConfigMap calico-config", o.Get("metadata", "name"))
		n.ipamOfTemplate(o.data.Get("cni_network_config"))
	case len(o.containers) > 0:
		for _, c := range o.run("calico") { // in Canal nobody takes an address of the pool
			calicoEnv(r, c)
		}
	}
}

// ipamOfTemplate looks for the ipam type in a CNI file that calico-node fills in: it is no JSON before that.
func (n *found) ipamOfTemplate(at *source.Node) {
	text := at.Str()
	switch {
	case strings.Contains(text, "calico-ipam"):
		n.mode("calico-ipam", false)
	case strings.Contains(text, "host-local") && strings.Contains(strings.ToLower(text), "usepodcidr"):
		n.mode("host-local", false)
	}
}

// calicoObject reads Calico's own objects.
func calicoObject(r *reader, o *object) {
	spec := o.Get("spec")
	switch o.kind {
	case "IPPool":
		calicoPool(r, o)
	case "ipPool": // of Calico 2: the CIDR is metadata
		n := r.see("calico", "ipPool", o.Get("kind"))
		rg := Range{Use: Pods, Key: "metadata.cidr", Disabled: spec.Get("disabled").Str() == "true"}
		blockFor(n.add(rg, o.Get("metadata", "cidr"), form{}, ""), nil, calicoBlock4, calicoBlock6)
	case "IPAMBlock":
		if spec.Get("deleted").Str() == "true" {
			return
		}
		n := r.see("calico", o.kind, o.Get("kind"))
		host, _ := strings.CutPrefix(spec.Get("affinity").Str(), "host:")
		n.add(Range{Use: NodeBlock, Name: o.name, Key: "spec.cidr", Node: host}, spec.Get("cidr"), form{}, "")
	case "BlockAffinity":
		if spec.Get("deleted").Str() == "true" || spec.Get("state").Str() == "pendingDeletion" {
			return
		}
		n := r.see("calico", o.kind, o.Get("kind"))
		n.add(Range{Use: NodeBlock, Name: o.name, Key: "spec.cidr", Node: spec.Get("node").Str()}, spec.Get("cidr"), form{},
			"")
	case "BGPConfiguration":
		n := r.see("calico", o.kind, o.Get("kind"))
		for _, l := range []struct {
			key string
			use Use
		}{
			{"serviceClusterIPs", Services}, {"serviceExternalIPs", LoadBalancers},
			{"serviceLoadBalancerIPs", LoadBalancers},
		} {
			if list := spec.Get(l.key); list != nil {
				for _, it := range list.Items {
					n.add(Range{Use: l.use, Name: l.key, Key: "spec." + l.key}, it.Get("cidr"), form{}, "")
				}
			}
		}
	case "FelixConfiguration", "ClusterInformation", "KubeControllersConfiguration", "IPAMConfig", "IPAMHandle":
		n := r.see("calico", o.kind, o.Get("kind"))
		if v := release(spec.Get("calicoVersion").Str()); v != "" {
			n.Release = v
		}
	}
}

// calicoPool reads an IPPool. One for load balancers holds no pods, and one that is switched off does not show that
// Calico is in use: it may be left over from before another network came.
func calicoPool(r *reader, o *object) {
	spec := o.Get("spec")
	rg := Range{Use: Pods, Name: o.name, Key: "spec.cidr", Disabled: spec.Get("disabled").Str() == "true"}
	rg.OnDemand = onDemand(spec)
	rg.Use = poolUse(spec.Get("allowedUses"))
	n := r.network("calico")
	n.evidence("IPPool", o.Get("kind"))
	if !rg.Disabled && rg.Use == Pods {
		n.active = true
	}
	added := n.add(rg, spec.Get("cidr"), form{}, "")
	blockFor(added, spec.Get("blockSize"), calicoBlock4, calicoBlock6)
	checkUses(added, spec.Get("allowedUses"))
}

// onDemand reports whether a pool serves chosen nodes, namespaces or pods alone.
func onDemand(spec *source.Node) bool {
	sel := strings.TrimSpace(spec.Get("nodeSelector").Str())
	return sel != "" && sel != "all()" || spec.Get("namespaceSelector").Str() != "" ||
		spec.Get("assignmentMode").Str() == "Manual"
}

// poolUse tells from allowedUses what a pool is for: pods where nothing is said.
// projectcalico/calico api/pkg/apis/projectcalico/v3/ippool.go IPPoolAllowedUse.
func poolUse(uses *source.Node) Use {
	if uses == nil || len(uses.Items) == 0 {
		return Pods
	}
	has := func(s string) bool {
		return slices.ContainsFunc(uses.Items, func(n *source.Node) bool { return n.Str() == s })
	}
	switch {
	case has("Workload"):
		return Pods
	case has("LoadBalancer"):
		return LoadBalancers
	}
	return Hidden // addresses of tunnels
}

// calicoInstallation reads the spec of the operator's Installation, or the same in the chart's values.
func calicoInstallation(r *reader, n *found, spec *source.Node, key string) {
	cni := spec.Get("cni")
	switch t := cni.Get("type").Str(); t {
	case "", "Calico":
		switch cni.Get("ipam", "type").Str() {
		case "HostLocal":
			n.mode("host-local", false)
		case "Calico":
			n.mode("calico-ipam", false)
		default:
			n.mode("calico-ipam", true)
		}
	default:
		n.mode(t, false)
		n.passive = true
		if name := map[string]string{"AmazonVPC": "aws-vpc-cni", "AzureVNET": "azure-cni", "GKE": "gke"}[t]; name != "" {
			r.see(name, key+"cni.type", cni.Get("type"))
		}
	}
	if pools := spec.Get("calicoNetwork", "ipPools"); pools != nil {
		for _, p := range pools.Items {
			rg := Range{
				Use: poolUse(p.Get("allowedUses")), Name: p.Get("name").Str(), Key: key + "calicoNetwork.ipPools",
				OnDemand: onDemand(p),
				Disabled: p.Get("disableNewAllocations").Str() == "true",
			}
			added := n.add(rg, p.Get("cidr"), form{}, "")
			blockFor(added, p.Get("blockSize"), calicoBlock4, calicoBlock6)
			checkUses(added, p.Get("allowedUses"))
		}
	}
	n.addList(Range{Use: Services, Key: key + "serviceCIDRs"}, spec.Get("serviceCIDRs"), form{}, ",")
}

// calicoEnv reads the environment of calico-node.
func calicoEnv(r *reader, c container) {
	if !c.agent {
		return
	}
	n := r.network("calico")
	switch {
	case c.env("CALICO_NETWORKING_BACKEND").Str() == "none":
		n.passive = true // policy beside another network
	case c.env("USE_POD_CIDR").Str() == "true":
		n.mode("host-local", false)
	default:
		n.mode("calico-ipam", true)
	}
	if c.env("NO_DEFAULT_POOLS").Str() == "true" {
		return
	}
	for _, e := range []struct {
		cidr, size string
		def        int
	}{
		{"CALICO_IPV4POOL_CIDR", "CALICO_IPV4POOL_BLOCK_SIZE", calicoBlock4}, {
			"CALICO_IPV6POOL_CIDR", "CALICO_IPV6POOL_BLOCK_SIZE", calicoBlock6,
		},
	} {
		if v := c.env(e.cidr); v.Str() != "none" {
			rg := Range{Use: Pods, Key: e.cidr}
			n.add(rg.block(c.env(e.size), e.def), v, form{}, "")
		}
	}
}

// calicoValues reads values of the chart tigera-operator: what stands under installation is the Installation's spec.
func calicoValues(r *reader, v *source.Node, chart string) bool {
	in := v.Get("installation")
	switch {
	case in == nil || in.Kind != source.Mapping:
		return false
	case in.Get("calicoNetwork") != nil, in.Get("kubernetesProvider") != nil && v.Get("tigeraOperator") != nil,
		isChart(chart, "tigera-operator", "rke2-calico", "calico"):
	default:
		return false
	}
	if in.Get("enabled").Str() == "false" {
		return true
	}
	n := r.see("calico", "installation", in)
	if n.Release == "" {
		n.Release = release(v.Get("calicoctl", "tag").Str())
	}
	calicoInstallation(r, n, in, "installation.")
	return true
}

// isChart reports whether chart, which may begin with a repository or an OCI address, is one of names.
func isChart(chart string, names ...string) bool {
	if i := strings.LastIndexByte(chart, '/'); i >= 0 {
		chart = chart[i+1:]
	}
	return chart != "" && slices.Contains(names, chart)
}

// calicoPoolRow reads a row of calicoctl get ippool or kubectl get ippools.
func calicoPoolRow(r *reader, cells map[string]cell) {
	c := cells["CIDR"]
	if !looksLikeRange(c.text) {
		return
	}
	rg := Range{Use: Pods, Name: cells["NAME"].text, Key: "CIDR", Disabled: cells["DISABLED"].text == "true"}
	sel := cells["SELECTOR"].text
	rg.OnDemand = sel != "" && sel != "all()" || cells["ASSIGNMENTMODE"].text == "Manual"
	n := r.network("calico")
	if n.Key == "" {
		n.Key, n.Pos = "IPPool", c.pos
	}
	n.active = n.active || !rg.Disabled
	n.addText(rg, c.text, c.pos, form{})
}

// calicoIPAMRow reads a row of calicoctl ipam show.
func calicoIPAMRow(r *reader, cells map[string]cell) {
	c := cells["CIDR"]
	if !looksLikeRange(c.text) {
		return
	}
	switch cells["GROUPING"].text {
	case "IP Pool":
		r.seeAt("calico", "calicoctl ipam show", c.pos).addText(Range{Use: Pods, Key: "IP Pool"}, c.text, c.pos, form{})
	case "Block":
		r.seeAt("calico", "calicoctl ipam show", c.pos).addText(Range{Use: NodeBlock, Key: "Block"}, c.text, c.pos, form{})
	}
}

// calicoEnvLine reads a line of the environment that kubectl describe prints.
func calicoEnvLine(r *reader, line string, pos Position) {
	key, _, _ := strings.Cut(line, ":")
	text, off := afterColon(line, key)
	if !looksLikeRange(text) {
		return
	}
	pos.Column += off
	def := calicoBlock4
	if strings.Contains(text, ":") {
		def = calicoBlock6
	}
	r.seeAt("calico", key, pos).addText(Range{Use: Pods, Key: key, BlockSize: def, BlockDefault: true}, text, pos, form{})
}

// looksLikeRange reports whether a cell of a table can be a CIDR: digits or colons, and a length.
func looksLikeRange(s string) bool {
	addr, bits, ok := strings.Cut(s, "/")
	return ok && len(addr) >= 2 && strings.Trim(addr, "0123456789abcdefABCDEF.:") == "" && strings.ContainsAny(addr,
		".:") &&
		bits != "" && strings.Trim(bits, "0123456789") == ""
}

const calicoBlocks = "its blocks have that length, and a node takes a further one when it is full"

// writeCalico writes an Installation. A node's blocks are as large as the plan's node subnets.
func writeCalico(f *target.File) {
	f.Line("apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata:\n  name: default\nspec:")
	f.Line("  calicoNetwork:\n    ipPools:")
	for _, p := range f.Plan.Pods() {
		f.Line("      - cidr: %s\n        blockSize: %d", target.Text(p.String()), f.Plan.NodeMask(fact.FamilyOf(p)))
	}
}
