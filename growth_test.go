package kubecidr_test

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/scenario"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// A growth is one kind of input that somebody could make as large as he likes. A row of the table is a new kind.
type growth struct {
	name string
	n    int // things in the smallest input; the others have twice and four times as many
	// Either files, which are read, checked, written in every format and repaired, or work done with n things.
	files func(n int) map[string]string
	work  func(n int)
}

// fill returns head, then a text for each of n, then tail.
func fill(n int, head, tail string, each func(i int) string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		b.WriteString(each(i))
	}
	b.WriteString(tail)
	return b.String()
}

// address returns the i-th of 2^20 disjoint /28 of 10.0.0.0/8.
func address(i int) string {
	i &= 1<<20 - 1
	return fmt.Sprintf("10.%d.%d.%d", i>>12, i>>4&0xff, i<<4&0xf0)
}

func prefixOf(i, bits int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf("%s/%d", address(i), bits))
}

const manager = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-controller-manager\nspec:\n  containers:\n  - command:\n    - kube-controller-manager\n    - --allocate-node-cidrs=true\n    - --cluster-cidr=10.244.0.0/16\n    - --service-cluster-ip-range=10.96.0.0/12\n"

// one returns a maker of a single file.
func one(name, head, tail string, each func(i int) string) func(int) map[string]string {
	return func(n int) map[string]string { return map[string]string{name: fill(n, head, tail, each)} }
}

// with adds a kube-controller-manager to the files.
func with(files func(int) map[string]string) func(int) map[string]string {
	return func(n int) map[string]string {
		m := files(n)
		m["cp1/kube-controller-manager.yaml"] = manager
		return m
	}
}

// sep returns a comma in front of all but the first.
func sep(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// items returns a list of objects in one line of JSON.
func items(each func(i int) string) func(int) map[string]string {
	return one("list.json", `{"apiVersion":"v1","kind":"List","items":[`, `]}`, func(i int) string { return sep(i) + each(i) })
}

func node(name, podCIDR string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"spec":{"podCIDR":"%s","podCIDRs":["%s"]},"status":{"addresses":[{"type":"InternalIP","address":"192.168.1.1"}]}}`, name, podCIDR, podCIDR)
}

const notAssigned = "E0611 08:15:02.000001       1 main.go:326] Error registering network: failed to acquire lease: node \"n%d\" pod cidr not assigned\n"

// list returns a document with a comma-separated list of n ranges under a key.
func list(name, head, tail string, bits int) func(int) map[string]string {
	return with(one(name, head, tail, func(i int) string { return fmt.Sprintf("%s%s/%d", sep(i), address(i), bits) }))
}

func growths() []growth {
	return append(append(readGrowths(), objectGrowths()...), workGrowths()...)
}

// objectGrowths are lists of objects, each in one line of JSON.
func objectGrowths() []growth {
	rows := []struct {
		name string
		each func(i int) string
	}{
		{"events", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"v1","kind":"Event","metadata":{"name":"e%d"},"involvedObject":{"kind":"Node","name":"n%d"},"reason":"CIDRNotAvailable","message":"Node n%d status is now: CIDRNotAvailable","type":"Normal"}`, i, i, i)
		}},
		{"nodes-sound", func(i int) string { return node(fmt.Sprint("n", i), fmt.Sprintf("10.244.%d.0/24", i%256)) }},
		{"nodes-outside", func(i int) string { return node(fmt.Sprint("n", i), fmt.Sprintf("%s/28", address(i))) }},
		{"nodes-host-bits", func(i int) string { return node(fmt.Sprint("n", i), fmt.Sprintf("10.244.%d.7/24", i%256)) }},
		{"nodes-malformed", func(i int) string { return node(fmt.Sprint("n", i), fmt.Sprintf("10.244.%d/24", i)) }},
		{"nodes-of-one-name", func(i int) string { return node("n", fmt.Sprintf("10.244.%d.0/24", i%256)) }},
		{"nodes-without", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"n%d"},"spec":{}}`, i)
		}},
		{"nodes-addresses", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"n%d"},"spec":{},"status":{"addresses":[{"type":"InternalIP","address":"10.244.%d.%d"}]}}`, i, i>>8&255, i&255)
		}},
		{"services-outside", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"s%d","namespace":"d"},"spec":{"clusterIP":"%s"}}`, i, address(i))
		}},
		{"servicecidrs", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"s%d"},"spec":{"cidrs":["%s/28"]}}`, i, address(i))
		}},
		{"kubeadm-configs", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","networking":{"podSubnet":"%s/28"}}`, address(i))
		}},
		{"config-maps", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-flannel-cfg","namespace":"kube-flannel"},"data":{"net-conf.json":"{\"Network\":\"%s/28\"}"}}`, address(i))
		}},
		{"manifests", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"kube-controller-manager-%d"},"spec":{"nodeName":"cp%d","containers":[{"name":"c","command":["kube-controller-manager","--cluster-cidr=%s/28","--allocate-node-cidrs=true"]}]}}`, i, i, address(i))
		}},
		{"kube-proxies", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"kubeproxy.config.k8s.io/v1alpha1","kind":"KubeProxyConfiguration","clusterCIDR":"%s/28"}`, address(i))
		}},
		{"kubelets", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","clusterDNS":["%s"],"maxPods":%d}`, address(i), i)
		}},
		{"unknown", func(i int) string {
			return fmt.Sprintf(`{"apiVersion":"a/v1","kind":"K%d","spec":{"cidr":"%s/28"}}`, i, address(i))
		}},
	}
	var out []growth
	for _, r := range rows {
		out = append(out, growth{name: "list/" + r.name, n: 500, files: with(items(r.each))})
	}
	return out
}

// readGrowths are other files.
func readGrowths() []growth {
	const cluster = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  "
	word := func(s string) func(int) string { return func(int) string { return s } }
	return []growth{
		{name: "pod-subnet", n: 1000, files: list("k.yaml", cluster+"podSubnet: ", "\n", 28)},
		{name: "service-subnet", n: 1000, files: list("k.yaml", cluster+"serviceSubnet: ", "\n", 28)},
		{name: "pod-subnet-overlapping", n: 1000, files: list("k.yaml", cluster+"podSubnet: ", "\n", 8)},
		{name: "cluster-cidr", n: 1000, files: list("m.txt", "kube-controller-manager --cluster-cidr=", "\n", 28)},
		{name: "cluster-cidr-argument", n: 1000, files: list("m.yaml", strings.TrimSuffix(manager, "\n")+"\n    - --cluster-cidr=", "\n", 28)},
		{name: "kube-proxy", n: 1000, files: list("p.yaml", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: ", "\n", 28)},
		{name: "pod-cidrs-of-a-node", n: 1000, files: with(one("n.json", `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{"podCIDRs":[`, `]}}`, func(i int) string { return fmt.Sprintf(`%s"%s/28"`, sep(i), address(i)) }))},
		{name: "addresses-of-a-node", n: 1000, files: with(one("n.json", `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{},"status":{"addresses":[`, `]}}`, func(i int) string { return fmt.Sprintf(`%s{"type":"InternalIP","address":"%s"}`, sep(i), address(i)) }))},
		{name: "cluster-dns", n: 1000, files: with(one("k.yaml", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS:\n", "", func(i int) string { return "- " + address(i) + "\n" }))},
		{name: "symptoms", n: 1000, files: with(one("flannel.log", "", "", func(i int) string { return fmt.Sprintf(notAssigned, i) }))},
		{name: "symptoms-of-one-node", n: 1000, files: with(one("flannel.log", "", "", word(fmt.Sprintf(notAssigned, 1))))},
		{name: "symptoms-in-one-line", n: 1000, files: with(one("flannel.log", "", "\n", func(i int) string { return strings.TrimSpace(fmt.Sprintf(notAssigned, i)) + " " }))},
		{name: "line", n: 20_000, files: one("x.log", "", "", word("cluster-cidr 10.0.0.0/8 "))},
		{name: "line-of-commas", n: 20_000, files: one("x.json", "[", "1]", word("1,"))},
		{name: "manifests", n: 250, files: func(n int) map[string]string {
			m := map[string]string{}
			for i := range n {
				m[fmt.Sprintf("h%d/kube-controller-manager.yaml", i)] = strings.Replace(manager, "10.244.0.0/16", fmt.Sprintf("%s/28", address(i)), 1)
			}
			return m
		}},
		{name: "subnet-envs", n: 250, files: func(n int) map[string]string {
			m := map[string]string{"cm.yaml": manager}
			for i := range n {
				m[fmt.Sprintf("h%d/subnet.env", i)] = fmt.Sprintf("FLANNEL_NETWORK=%s/28\nFLANNEL_SUBNET=10.244.%d.1/24\nFLANNEL_MTU=%d\nFLANNEL_IPMASQ=true\n", address(i), i%256, 1000+i)
			}
			return m
		}},
		{name: "unreadable", n: 250, files: func(n int) map[string]string {
			m := map[string]string{}
			for i := range n {
				m[fmt.Sprintf("f%d.yaml", i)] = "kind: ClusterConfiguration\n a: [" + fmt.Sprint(i)
			}
			return m
		}},
		{name: "documents", n: 1000, files: one("d.yaml", "", "", func(i int) string {
			return fmt.Sprintf("---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  podSubnet: %s/28\n  unknown%d: x\n", address(i), i)
		})},
		{name: "prompts", n: 1000, files: one("t.txt", "", "", func(i int) string {
			return fmt.Sprintf("[root@h%d ~]# kubeadm init --pod-network-cidr=%s/28\n", i, address(i))
		})},
		{name: "prompts-with-output", n: 500, files: one("t.txt", "", "", func(i int) string {
			return fmt.Sprintf("root@h%d:~# cat /run/flannel/subnet.env\nFLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=%s/28\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", i, address(i))
		})},
		{name: "fences", n: 500, files: one("t.md", "", "", func(i int) string {
			return fmt.Sprintf("host h%d\n```\n$ kubectl get node n%d -o yaml\napiVersion: v1\nkind: Node\nmetadata:\n  name: n%d\nspec:\n  podCIDR: %s/28\n```\n", i, i, i, address(i))
		})},
		{name: "flags-repeated", n: 1000, files: one("c.txt", "kube-controller-manager", "\n", func(i int) string { return fmt.Sprintf(" --cluster-cidr=%s/28", address(i)) })},
		{name: "flags-unknown", n: 1000, files: one("c.txt", "kubeadm init", "\n", func(i int) string { return fmt.Sprintf(" --unknown%d=1", i) })},
		{name: "keys-twice", n: 1000, files: one("k.yaml", cluster, "", func(i int) string { return fmt.Sprintf("  k%d: 1\n    k%d: 2\n", i, i)[2:] })},
		{name: "keys-misplaced", n: 1000, files: one("k.yaml", cluster+"dnsDomain: x\n", "", func(i int) string { return fmt.Sprintf("x%d: {podSubnet: %s/28}\n", i, address(i)) })},
		{name: "links", n: 500, files: with(one("h1/ip-addr.txt", "", "", func(i int) string {
			return fmt.Sprintf("%d: veth%d: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default\n    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff\n    inet %s/28 scope global veth%d\n       valid_lft forever preferred_lft forever\n", i+1, i, address(i), i)
		}))},
		{name: "routes", n: 1000, files: with(one("h1/ip-route.txt", "default via 192.168.1.1 dev eth0\n", "", func(i int) string { return fmt.Sprintf("%s/28 via 192.168.1.2 dev eth0\n", address(i)) }))},
		{name: "iptables", n: 1000, files: with(one("h1/iptables-save.txt", "*nat\n:KUBE-SERVICES - [0:0]\n", "COMMIT\n", func(i int) string {
			return fmt.Sprintf("-A KUBE-SERVICES -d %s/32 -p tcp -m comment --comment \"d/s%d cluster IP\" -m tcp --dport 80 -j KUBE-SVC-A%d\n", address(i), i, i)
		}))},
		{name: "ip-pools", n: 500, files: with(one("pools.yaml", "", "", func(i int) string {
			return fmt.Sprintf("---\napiVersion: crd.projectcalico.org/v1\nkind: IPPool\nmetadata:\n  name: p%d\nspec:\n  cidr: %s/28\n  blockSize: 29\n", i, address(i))
		}))},
		{name: "k3s-configs", n: 250, files: func(n int) map[string]string {
			m := map[string]string{}
			for i := range n {
				m[fmt.Sprintf("h%d/etc/rancher/k3s/config.yaml", i)] = fmt.Sprintf("cluster-cidr: %s/28\nservice-cidr: 10.43.0.0/16\n", address(i))
			}
			return m
		}},
		{name: "k3s-drop-ins", n: 250, files: func(n int) map[string]string {
			m := map[string]string{}
			for i := range n {
				m[fmt.Sprintf("h1/etc/rancher/k3s/config.yaml.d/%d.yaml", i)] = fmt.Sprintf("cluster-cidr+: %s/28\n", address(i))
			}
			return m
		}},
		{name: "units", n: 250, files: func(n int) map[string]string {
			m := map[string]string{}
			for i := range n {
				m[fmt.Sprintf("h%d/kube-controller-manager.service", i)] = fmt.Sprintf("[Service]\nEnvironmentFile=/etc/kubernetes/kcm%d\nExecStart=/usr/bin/kube-controller-manager $OPTS\n", i)
				m[fmt.Sprintf("h%d/etc/kubernetes/kcm%d", i, i)] = fmt.Sprintf("OPTS=\"--cluster-cidr=%s/28 --allocate-node-cidrs=true\"\n", address(i))
			}
			return m
		}},
		{name: "docker-networks", n: 500, files: with(one("h1/networks.json", "[", "]", func(i int) string {
			return fmt.Sprintf(`%s{"Name":"n%d","Driver":"bridge","IPAM":{"Config":[{"Subnet":"%s/28"}]}}`, sep(i), i, address(i))
		}))},
		{name: "etcd-leases", n: 1000, files: with(one("h1/leases.txt", "", "", func(i int) string {
			return fmt.Sprintf("/coreos.com/network/subnets/%s-28\n{\"PublicIP\":\"192.168.%d.%d\",\"BackendType\":\"vxlan\"}\n", address(i), i>>8&255, i&255)
		}))},
		{name: "here-documents", n: 500, files: one("setup.sh", "", "", func(i int) string {
			return fmt.Sprintf("ssh h%d 'cat > /run/flannel/subnet.env' <<EOF\nFLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=%s/28\nEOF\n", i, address(i))
		})},
		{name: "table", n: 1000, files: with(one("t.txt", "NAME   PODCIDR\n", "", func(i int) string { return fmt.Sprintf("n%d     %s/28\n", i, address(i)) }))},
	}
}

// workGrowths are requests, scenarios and repairs.
func workGrowths() []growth {
	request := func(set func(r *plan.Request, n int)) func(int) {
		return func(n int) {
			r := plan.Request{Nodes: 10}
			set(&r, n)
			p, err := plan.New(r)
			if err != nil {
				var b strings.Builder
				fmt.Fprint(&b, err)
				return
			}
			for _, write := range []func(io.Writer, *plan.Plan, draw.Options) error{draw.Text, draw.JSON, draw.YAML, draw.Markdown, draw.SVG} {
				_ = write(io.Discard, p, draw.Options{})
			}
		}
	}
	each := func(n, bits int) (ps []netip.Prefix) {
		for i := range n {
			ps = append(ps, prefixOf(2*i, bits))
		}
		return ps
	}
	return []growth{
		{name: "request/avoid", n: 250, work: request(func(r *plan.Request, n int) {
			for _, p := range each(n, 28) {
				r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: p.String()})
			}
		})},
		{name: "request/within", n: 250, work: request(func(r *plan.Request, n int) { r.Within = append(each(n, 28), netip.MustParsePrefix("172.16.0.0/12")) })},
		{name: "request/within-infeasible", n: 250, work: request(func(r *plan.Request, n int) { r.Within = each(n, 28) })},
		{name: "request/hosts", n: 250, work: request(func(r *plan.Request, n int) { r.Hosts = each(n, 28) })},
		{name: "request/hosts-where-nothing-is-left", n: 250, work: request(func(r *plan.Request, n int) {
			r.Hosts, r.Within = each(n, 28), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/20")}
		})},
		{name: "request/pins-of-hosts", n: 250, work: request(func(r *plan.Request, n int) {
			for _, p := range each(n, 28) {
				r.Pins = append(r.Pins, plan.Pin{Role: fact.RoleHosts, Prefix: p})
			}
		})},
		{name: "request/held", n: 500, work: request(func(r *plan.Request, n int) {
			r.Keep, r.Nodes = []plan.Pin{{Role: fact.RolePods, Prefix: netip.MustParsePrefix("10.0.0.0/9")}}, n+5
			for i := range n {
				r.Held = append(r.Held, prefixOf(i, 28))
			}
		})},
		{name: "request/nodes", n: 1000, work: request(func(r *plan.Request, n int) { r.Nodes = n })},
		{name: "scenario/burst", n: 1000, work: func(n int) {
			text := fill(n, `{"flags":{"cluster-cidr":"10.0.0.0/8","allocate-node-cidrs":"true","node-cidr-mask-size":"28"},"ops":[{"op":"start"},{"op":"burst","nodes":[`, `]},{"op":"wait"},{"op":"list"}]}`, func(i int) string { return fmt.Sprintf(`%s"n%d"`, sep(i), i) })
			replay(text)
		}},
		{name: "scenario/burst-of-too-many", n: 1000, work: func(n int) {
			text := fill(n, `{"flags":{"cluster-cidr":"10.0.0.0/16","allocate-node-cidrs":"true"},"ops":[{"op":"start"},{"op":"burst","nodes":[`, `]},{"op":"wait"},{"op":"list"}]}`, func(i int) string { return fmt.Sprintf(`%s"n%d"`, sep(i), i) })
			replay(text)
		}},
		{name: "scenario/ops", n: 500, work: func(n int) {
			text := fill(n, `{"flags":{"cluster-cidr":"10.0.0.0/8","allocate-node-cidrs":"true","node-cidr-mask-size":"28"},"ops":[{"op":"start"}`, `]}`, func(i int) string {
				return fmt.Sprintf(`,{"op":"create","node":"n%d"},{"op":"wait","node":"n%d"}`, i, i)
			})
			replay(text)
		}},
	}
}

func replay(text string) {
	s, err := scenario.Read("s", []byte(text))
	if err != nil {
		panic(err)
	}
	got := s.Replay(fact.Version{}, nil)
	_ = got.Write(io.Discard)
	_ = got.WriteText(io.Discard)
}

// run does everything that the programs do with a set of files.
func (g growth) run(n int) func() {
	if g.work != nil {
		return func() { g.work(n) }
	}
	fsys := fstest.MapFS{}
	for name, text := range g.files(n) {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return func() {
		files, err := kubecidr.Read(fsys, kubecidr.Options{})
		if err != nil {
			return
		}
		r, o := files.Check(), files.ReportOptions()
		_ = draw.ReportText(io.Discard, r, o)
		_ = draw.ReportJSON(io.Discard, r, o)
		_ = draw.ReportSARIF(io.Discard, r, o)
		if rep, err := repair.New(repair.InventoryOf(files.Statements()...)); err == nil {
			_ = draw.RepairText(io.Discard, rep, draw.Options{})
			_ = draw.RepairJSON(io.Discard, rep)
			_ = draw.RepairCommands(io.Discard, rep)
		}
	}
}

// bytesOf returns what f allocates.
func bytesOf(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// growing is the exponent at which an input counts as one whose cost grows faster than its size: between n log n and n^2.
const growing = 1.3

// TestGrowth holds every reader, rule, planner, replay and writer to its promise: cost follows the bytes given. Cost is told in
// bytes allocated, which a busy machine does not change; BenchmarkGrowth shows the same of time, which no test asserts.
func TestGrowth(t *testing.T) {
	for _, g := range growths() {
		t.Run(g.name, func(t *testing.T) {
			n := g.n
			if testing.Short() || underRace {
				n /= 4
			}
			g.run(n)() // tables that are made once
			one, two, four := bytesOf(g.run(n)), bytesOf(g.run(2*n)), bytesOf(g.run(4*n))
			// What begins at some size (a range is used up, an answer gets long) shows in one of the steps, what grows in both.
			if e := min(math.Log2(two/one), math.Log2(four/two)); e > growing && four > 16<<20 {
				t.Errorf("%d things allocate %.1f MB, %d %.1f MB, %d %.1f MB: n^%.2f", n, one/1e6, 2*n, two/1e6, 4*n, four/1e6, e)
			}
		})
	}
}

// BenchmarkGrowth shows the time of each kind at n, 2n and 4n.
func BenchmarkGrowth(b *testing.B) {
	for _, g := range growths() {
		for _, k := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/%d", g.name, k*g.n), func(b *testing.B) {
				b.ReportAllocs()
				run := g.run(k * g.n)
				for b.Loop() {
					run()
				}
			})
		}
	}
}
