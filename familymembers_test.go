package kubecidr_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/txtar"
	"github.com/kubecidr/kubecidr/plan"
)

// A member is a healthy cluster of a row's family: files of its installer or network, and what else shows the cluster.
type member struct {
	row, name      string
	files          fstest.MapFS
	values         []familyValue
	pods, services []netip.Prefix
	hosts          []netip.Prefix
	byNode         bool // pods take the subnets of nodes
	network        bool // it is that of a network
	proxy          bool // there is a kube-proxy
	agrees         bool // the network's range has to agree with kube-controller-manager's
	host           netip.Addr
}

// A familyValue is a value that stands in a file as one word.
type familyValue struct {
	role       distro.Role
	file       string
	start, end int
	prefixes   []netip.Prefix
	single     bool // one program alone gets it
}

// with returns the files with another text in the place of the value.
func (m member) with(v familyValue, text string) fstest.MapFS {
	out := maps.Clone(m.files)
	data := out[v.file].Data
	data = append(append(bytes.Clone(data[:v.start]), text...), data[v.end:]...)
	out[v.file] = &fstest.MapFile{Data: data}
	return out
}

// lastPart returns the last part of p that is n bits longer.
func lastPart(p netip.Prefix, n int) netip.Prefix {
	bits := min(p.Bits()+n, p.Addr().BitLen())
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < bits; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(a, bits)
}

// nodePart returns the subnet of p that the node gets: the second, as some bundles show a node with the first.
func nodePart(p netip.Prefix) netip.Prefix {
	bits := 24
	if p.Addr().Is6() {
		bits = 64
	}
	bits = max(bits, p.Bits())
	b := p.Masked().Addr().AsSlice()
	if bits > p.Bits() {
		b[(bits-1)/8] |= 0x80 >> ((bits - 1) % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(a, bits)
}

// nodes shows the one node that a member has.
func (m member) nodes(host netip.Addr, subnets []netip.Prefix) *fstest.MapFile {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: NodeList\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n1\n")
	if len(subnets) > 0 {
		fmt.Fprintf(&b, "  spec:\n    podCIDR: %s\n    podCIDRs:\n", subnets[0])
		for _, p := range subnets {
			fmt.Fprintf(&b, "    - %s\n", p)
		}
	}
	fmt.Fprintf(&b, "  status:\n    addresses:\n    - type: InternalIP\n      address: %s\n", host)
	return &fstest.MapFile{Data: []byte(b.String())}
}

// subnets returns what the node of a healthy member has.
func (m member) subnets() []netip.Prefix {
	if !m.byNode {
		return nil
	}
	var out []netip.Prefix
	for _, p := range m.pods {
		out = append(out, nodePart(p))
	}
	return out
}

const nodesFile = "cluster/nodes.yaml"

func familyJoin(ps []netip.Prefix) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return strings.Join(out, ",")
}

// distroMembers returns a member for each healthy cluster of the archives of internal/distro that says its ranges.
func distroMembers(t *testing.T) []member {
	names, err := filepath.Glob("internal/distro/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(err, "no archives")
	}
	var out []member
	for _, n := range names {
		if strings.Contains(n, "broken") {
			continue
		}
		a, err := txtar.ParseFile(n)
		if err != nil {
			t.Fatal(err)
		}
		all := fstest.MapFS{}
		var read []*source.File
		for _, f := range a.Files {
			if f.Name == "want" {
				continue
			}
			all[f.Name] = &fstest.MapFile{Data: f.Data}
			sf, err := source.New(f.Name, f.Data, source.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, sf)
		}
		for i, c := range distro.ReadFiles(read) {
			if m, ok := memberOf(c, all); ok {
				m.name = fmt.Sprintf("%s %d", filepath.Base(n), i+1)
				out = append(out, m)
			}
		}
	}
	for _, x := range distro.Targets() {
		for _, r := range []plan.Request{{Nodes: 20}, {Nodes: 20, Families: stacks["dual"]}} {
			r, err := x.Request(r)
			if err != nil {
				continue
			}
			p, err := plan.New(r)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := x.Write(&b, p); err != nil {
				continue
			}
			all := fstest.MapFS{"plan.yaml": {Data: b.Bytes()}}
			sf, err := source.New("plan.yaml", b.Bytes(), source.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range distro.Read(sf) {
				if m, ok := memberOf(c, all); ok {
					m.name = "written"
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// memberOf returns the member that a cluster is.
func memberOf(c distro.Cluster, all fstest.MapFS) (member, bool) {
	m := member{row: c.Installer, files: fstest.MapFS{}, byNode: c.Allocator == distro.NodeIPAM}
	var hosts []netip.Prefix
	for _, v := range c.Values {
		if v.Overridden || v.Ignored || v.Template || v.Err != nil || v.Default && !v.Rendered {
			continue
		}
		if v.Program == "" || v.Program == distro.ControllerManager && v.Role == distro.Pods || v.Program == distro.APIServer && v.Role == distro.Services {
			switch {
			case v.Role == distro.Pods && !(v.Default && len(m.pods) > 0):
				m.pods = append(m.pods, v.Prefixes...)
			case v.Role == distro.Services && !(v.Default && len(m.services) > 0):
				m.services = append(m.services, v.Prefixes...)
			}
		}
		if v.Role == distro.Hosts {
			hosts = append(hosts, v.Prefixes...)
		}
		if v.Default || v.Text == "" || all[v.Pos.File] == nil {
			continue
		}
		m.files[v.Pos.File] = all[v.Pos.File]
		if x, ok := familyValueAt(all[v.Pos.File].Data, v.Pos.File, v.Pos.Line, v.Pos.Column, v.Text); ok {
			x.role, x.prefixes, x.single = v.Role, v.Prefixes, v.Program != ""
			m.values = append(m.values, x)
		}
	}
	if len(m.pods)+len(m.services) == 0 || len(m.values) == 0 {
		return m, false
	}
	row, _ := c.Row()
	m.hosts, m.proxy = hosts, row.Through != distro.ThroughNothing && c.CNI != "ovn-kubernetes" && c.CNI != "openshift-sdn"
	m.place(hosts)
	return m, true
}

// place gives the member its node.
func (m *member) place(hosts []netip.Prefix) {
	for _, a := range []string{"192.168.250.11", "172.31.250.11", "10.254.250.11"} {
		m.host = netip.MustParseAddr(a)
		if !slices.ContainsFunc(append(slices.Clone(m.pods), m.services...), func(p netip.Prefix) bool { return p.Contains(m.host) }) {
			break
		}
	}
	if p, ok := first4(hosts); ok && len(m.pods)+len(m.services) > 0 {
		m.host = p.Masked().Addr().Next().Next().Next().Next().Next()
	}
	m.files[nodesFile] = m.nodes(m.host, m.subnets())
}

func familyValueAt(data []byte, file string, line, column int, text string) (familyValue, bool) {
	at := 0
	for range line - 1 {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			return familyValue{}, false
		}
		at += i + 1
	}
	at += column - 1
	if at < len(data) && (data[at] == '"' || data[at] == '\'') {
		at++
	}
	if at >= len(data) || !bytes.HasPrefix(data[at:], []byte(text)) {
		return familyValue{}, false
	}
	return familyValue{file: file, start: at, end: at + len(text)}, true
}

// noRanges are networks for which nobody writes ranges in a file of theirs.
var noRanges = map[string]string{
	"canal": "flannel's net-conf.json, read by package flannel", "kube-router": "podCIDRs of the nodes",
	"gke": "the cloud's own", "kilo": "podCIDRs of the nodes", "romana": "its own API", "routes": "podCIDRs of the nodes",
	"bridge": "files of /etc/cni/net.d, read elsewhere", "servicelb": "addresses of the nodes",
}

// takesRanges reports whether a network has ranges that somebody writes.
func takesRanges(n netdist.Row) bool {
	return noRanges[n.Name] == "" && (n.Purpose == netdist.PodNetwork && n.Allocator != netdist.AllocatorCloud ||
		n.Purpose == netdist.LoadBalancing)
}

// netdistMembers returns a member for each file of internal/netdist that shows a network with ranges, beside a control
// plane that agrees with it.
func netdistMembers(t *testing.T) []member {
	names, err := filepath.Glob("internal/netdist/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(err, "no archives")
	}
	var out []member
	for _, n := range names {
		a, err := txtar.ParseFile(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if strings.HasSuffix(f.Name, ".want") {
				continue
			}
			sf, err := source.New(f.Name, f.Data, source.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range netdist.Read(sf) {
				if row, _ := netdist.ByName(n.Name); !takesRanges(row) {
					continue
				}
				if m, ok := networkMember(n, f); ok && len(n.Problems) == 0 && !n.Passive {
					m.name = f.Name
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// poolRole is the role of ranges for load balancers.
const poolRole distro.Role = "load-balancers"

func networkMember(n netdist.Network, f txtar.File) (member, bool) {
	m := member{row: n.Name, network: true, files: fstest.MapFS{f.Name: {Data: f.Data}}, byNode: n.NodeSubnets == netdist.AllocatorNode}
	roles := map[netdist.Use]distro.Role{netdist.Pods: distro.Pods, netdist.LoadBalancers: poolRole, netdist.Services: distro.Services}
	seen := map[bool]bool{}
	for _, r := range n.Ranges {
		if roles[r.Use] == "" || r.Disabled || r.Err != nil {
			continue
		}
		if r.Use == netdist.Pods {
			for _, p := range r.Prefixes {
				if seen[p.Addr().Is4()] {
					return m, false // several pools: which is the cluster's is not said
				}
				seen[p.Addr().Is4()] = true
			}
			m.pods = append(m.pods, r.Prefixes...)
		}
		if r.Use == netdist.Services && n.Name != "antrea" { // whose own proxy reads them from the API
			m.services = append(m.services, r.Prefixes...)
		}
		x, ok := familyValueAt(f.Data, f.Name, r.Pos.Line, r.Pos.Column, r.Text)
		if r.Use == netdist.Services && n.Name == "antrea" {
			continue
		}
		if ok && !r.Default && (r.Use == netdist.LoadBalancers || len(r.Prefixes) == 1 && r.Text == r.Prefixes[0].String()) {
			x.role, x.prefixes = roles[r.Use], r.Prefixes[:1]
			m.values = append(m.values, x)
		}
	}
	row, _ := netdist.ByName(n.Name)
	if len(m.values) == 0 || row.Purpose == netdist.PodNetwork && len(m.pods) == 0 {
		return m, false
	}
	m.byNode = m.byNode || row.Purpose != netdist.PodNetwork
	m.agrees = row.Purpose == netdist.PodNetwork && slices.Contains([]netdist.Relation{netdist.Equal, netdist.Within},
		netdist.Agree(n.Name, n.Mode, netdist.Pods, netdist.SourceClusterCIDR).Relation)
	m.proxy = true
	m.defaultServices()
	m.place(nil)
	m.controlPlane()
	return m, true
}

// defaultServices gives the cluster ranges that the network does not say.
func (m *member) defaultServices() {
	if len(m.pods) == 0 {
		m.pods = []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}
	}
	if len(m.services) == 0 {
		for _, p := range m.pods {
			if p.Addr().Is6() {
				m.services = append(m.services, netip.MustParsePrefix("fd00:96::/112"))
				continue
			}
			q := netip.MustParsePrefix("10.96.0.0/16")
			if p.Overlaps(q) {
				q = netip.MustParsePrefix("172.27.0.0/16")
			}
			m.services = append(m.services, q)
		}
	}
}

// controlPlane adds flags that agree with the network.
func (m *member) controlPlane() {
	for name, flags := range map[string][]string{
		"kube-controller-manager": {"--cluster-cidr=" + familyJoin(m.pods), "--allocate-node-cidrs=" + fmt.Sprint(m.byNode)},
		"kube-apiserver":          {"--advertise-address=" + m.host.String()},
	} {
		text := "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: kube-system}\nspec:\n  containers:\n  - name: " + name +
			"\n    command:\n    - " + name + "\n    - --service-cluster-ip-range=" + familyJoin(m.services) + "\n"
		for _, f := range flags {
			text += "    - " + f + "\n"
		}
		m.files["manifests/"+name+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
}
