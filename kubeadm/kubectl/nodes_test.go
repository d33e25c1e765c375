package kubectl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var equateAddrs = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

// small is the judge's view of a node list.
type small struct {
	Kind  string
	Items []struct {
		Metadata struct{ Name string }
		Spec     struct {
			PodCIDR  string
			PodCIDRs []string
		}
		Status struct {
			Addresses []struct{ Type, Address string }
			NodeInfo  struct{ KubeletVersion string }
		}
	}
}

// fullNode writes one Node as kubectl does, with all that a kubelet fills in: images, conditions, managed capacity.
func fullNode(w *bytes.Buffer, i, images int) {
	cidr := fmt.Sprintf("10.%d.%d.0/24", 64+i>>8, i&255)
	ip := fmt.Sprintf("172.16.%d.%d", i>>8, i&255)
	fmt.Fprintf(w, `        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "annotations": {
                    "flannel.alpha.coreos.com/backend-data": "{\"VNI\":1,\"VtepMAC\":\"6e:52:0a:00:%02x:%02x\"}",
                    "flannel.alpha.coreos.com/backend-type": "vxlan",
                    "flannel.alpha.coreos.com/kube-subnet-manager": "true",
                    "flannel.alpha.coreos.com/public-ip": "%s",
                    "node.alpha.kubernetes.io/ttl": "300",
                    "volumes.kubernetes.io/controller-managed-attach-detach": "true"
                },
                "creationTimestamp": "2026-01-02T03:%02d:%02dZ",
                "labels": {
                    "beta.kubernetes.io/arch": "amd64",
                    "kubernetes.io/hostname": "worker-%05d",
                    "topology.kubernetes.io/zone": "zone-%d"
                },
                "name": "worker-%05d",
                "resourceVersion": "%d",
                "uid": "0f2d4c1a-0000-4000-8000-%012d"
            },
            "spec": {
                "podCIDR": "%s",
                "podCIDRs": [
                    "%s"
                ]
            },
            "status": {
                "addresses": [
                    {
                        "address": "%s",
                        "type": "InternalIP"
                    },
                    {
                        "address": "worker-%05d",
                        "type": "Hostname"
                    }
                ],
                "allocatable": {
                    "cpu": "8",
                    "pods": "110"
                },
                "capacity": {
                    "cpu": "8",
                    "pods": "110"
                },
                "conditions": [
                    {
                        "lastHeartbeatTime": "2026-01-02T03:04:05Z",
                        "message": "Flannel is running on this node",
                        "reason": "FlannelIsUp",
                        "status": "False",
                        "type": "NetworkUnavailable"
                    },
                    {
                        "lastHeartbeatTime": "2026-01-02T03:04:05Z",
                        "message": "kubelet is posting ready status",
                        "reason": "KubeletReady",
                        "status": "True",
                        "type": "Ready"
                    }
                ],
                "images": [
`, i>>8, i&255, ip, i/60%60, i%60, i, i%3, i, 1000+i, i, cidr, cidr, ip, i)
	for k := range images {
		sep := ","
		if k == images-1 {
			sep = ""
		}
		fmt.Fprintf(w, `                    {
                        "names": [
                            "registry.example/team/service-%02d@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                            "registry.example/team/service-%02d:v1.%d.0"
                        ],
                        "sizeBytes": %d
                    }%s
`, k, k, k, 10000000+k, sep)
	}
	w.WriteString(`                ],
                "nodeInfo": {
                    "architecture": "amd64",
                    "containerRuntimeVersion": "containerd://2.1.4",
                    "kubeletVersion": "v1.37.2",
                    "osImage": "Example Linux 1"
                }
            }
        }`)
}

// nodeList streams a list of n Nodes without holding it.
func nodeList(n, images int) io.Reader {
	i := 0
	var b bytes.Buffer
	b.WriteString("{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n")
	return readerFunc(func(p []byte) (int, error) {
		for b.Len() < len(p) && i <= n {
			switch {
			case i == n:
				b.WriteString("\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n")
			default:
				if i > 0 {
					b.WriteString(",\n")
				}
				fullNode(&b, i, images)
			}
			i++
		}
		return b.Read(p)
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// judgeNodes compares what ReadNodes finds in a list with what encoding/json finds.
func judgeNodes(t *testing.T, data []byte) {
	t.Helper()
	var want small
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadNodes("nodes.json", iotest.HalfReader(bytes.NewReader(data)))
	if err != nil {
		t.Fatal(err)
	}
	var have small
	have.Kind = want.Kind
	for _, n := range got {
		item := want.Items[0]
		item.Metadata.Name = n.Name.V
		item.Spec.PodCIDR, item.Spec.PodCIDRs = n.PodCIDR.Text, nil
		for _, p := range n.PodCIDRs {
			item.Spec.PodCIDRs = append(item.Spec.PodCIDRs, p.Text)
		}
		item.Status.Addresses = nil
		for _, a := range n.Addresses {
			item.Status.Addresses = append(item.Status.Addresses, struct{ Type, Address string }{a.Type, a.Addr.Text})
		}
		item.Status.NodeInfo.KubeletVersion = n.KubeletVersion.V
		have.Items = append(have.Items, item)
	}
	if d := cmp.Diff(want, have, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("(-encoding/json +ReadNodes)\n%s", d)
	}
	// Each value stands where its position says.
	lines := strings.Split(string(data), "\n")
	at := func(what, text string, pos fact.Position) {
		if pos.Line < 1 || pos.Line > len(lines) || pos.Column < 1 || !strings.HasPrefix(lines[pos.Line-1][min(pos.Column-1, len(lines[pos.Line-1])):], text) {
			t.Errorf("%s %q is not at %v", what, text, pos)
		}
	}
	for _, n := range got {
		at("name", `"`+n.Name.Text+`"`, n.Name.Pos)
		at("spec", "{", n.Spec)
		if n.PodCIDR.IsSet() {
			at("podCIDR", `"`+n.PodCIDR.Text+`"`, n.PodCIDR.Pos)
		}
		for _, p := range n.PodCIDRs {
			at("podCIDRs", `"`+p.Text+`"`, p.Pos)
		}
		for _, a := range n.Addresses {
			at("address", `"`+a.Addr.Text+`"`, a.Addr.Pos)
		}
	}
}

func TestReadNodesStream(t *testing.T) {
	data, err := io.ReadAll(nodeList(300, 20))
	if err != nil {
		t.Fatal(err)
	}
	judgeNodes(t, data)
	nodes, err := ReadNodes("nodes.json", bytes.NewReader(data))
	if err != nil || len(nodes) != 300 {
		t.Fatalf("%d nodes, %v", len(nodes), err)
	}
	n := nodes[299]
	if n.CNI() != "flannel" || n.MaxPods.V != 110 || n.Ready.Status != "True" || n.Created.V != "2026-01-02T03:04:59Z" {
		t.Errorf("node 299: %+v", n)
	}
	if got, want := n.String(), "worker-00299 10.65.43.0/24 (172.16.1.43)"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

func TestReadNodesForms(t *testing.T) {
	node := func(name, cidr string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q},"spec":{"podCIDR":%q,"podCIDRs":[%q]}}`, name, cidr, cidr)
	}
	for _, tt := range []struct{ name, in, want string }{
		{"single", node("a", "10.0.1.0/24"), "a 10.0.1.0/24"},
		{"kubectl List", `{"apiVersion":"v1","items":[` + node("a", "10.0.1.0/24") + `,` + node("b", "10.0.2.0/24") + `],"kind":"List"}`, "a 10.0.1.0/24; b 10.0.2.0/24"},
		{"NodeList of the API, items without kind", `{"kind":"NodeList","apiVersion":"v1","items":[{"metadata":{"name":"a"},"spec":{"podCIDR":"10.0.1.0/24"}}]}`, "a 10.0.1.0/24"},
		{"one after another", node("a", "10.0.1.0/24") + "\n" + node("b", "10.0.2.0/24"), "a 10.0.1.0/24; b 10.0.2.0/24"},
		{"items alone, as jq prints them", `[` + node("a", "10.0.1.0/24") + `]`, "a 10.0.1.0/24"},
		{"kind last", `{"items":[{"metadata":{"name":"a"},"status":{},"spec":{"podCIDRs":["10.0.1.0/24","fd00::/64"]},"kind":"Node"}]}`, "a 10.0.1.0/24 fd00::/64"},
		{"among other objects", `{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"p"},"spec":{"podCIDR":"1.1.1.0/24"}},` + node("a", "10.0.1.0/24") + `,5,null,[1]]}`, "a 10.0.1.0/24"},
		{"no subnet", `{"kind":"Node","metadata":{"name":"a"},"spec":{}}`, "a without podCIDR"},
		{"empty subnet", `{"kind":"Node","metadata":{"name":"a"},"spec":{"podCIDR":"","podCIDRs":[]}}`, "a without podCIDR"},
		{"no spec", `{"kind":"Node","metadata":{"name":"a"}}`, "a without podCIDR"},
		{"wrong types", `{"kind":"Node","metadata":{"name":"a"},"spec":{"podCIDR":{"x":1},"podCIDRs":"10.0.1.0/24"},"status":[]}`, "a without podCIDR"},
		{"the conflict: podCIDR wins", `{"kind":"Node","metadata":{"name":"a"},"spec":{"podCIDR":"10.0.1.0/24","podCIDRs":["10.0.2.0/24","fd00::/64"]}}`, "a 10.0.1.0/24"},
		{"a prompt above", "$ kubectl get node a -o json\n" + node("a", "10.0.1.0/24"), "a 10.0.1.0/24"},
		{"root's prompt above, a blank line", "[root@cp1 ~]# kubectl get node a -o json\r\n\r\n" + node("a", "10.0.1.0/24"), "a 10.0.1.0/24"},
		{"a warning above", "Warning: v1 ComponentStatus is deprecated in v1.19+\n" + node("a", "10.0.1.0/24"), "a 10.0.1.0/24"},
		{"byte order mark", "\ufeff" + node("a", "10.0.1.0/24"), "a 10.0.1.0/24"},
		{"UTF-16", "\xff\xfe" + strings.Join(strings.Split(node("a", "10.0.1.0/24"), ""), "\x00") + "\x00", "a 10.0.1.0/24"},
		{"no Node", `{"kind":"ConfigMap"}`, ""},
		{"an empty list", `{"kind":"List","items":[]}`, ""},
		{"null", `{"kind":"NodeList","items":null}`, ""},
		{"an empty file", "", ""},
		{"YAML", "apiVersion: v1\nkind: List\nitems:\n- kind: Node\n  metadata: {name: a}\n  spec:\n    podCIDR: 10.0.1.0/24\n", "a 10.0.1.0/24"},
		{"YAML documents", "kind: Node\nmetadata: {name: a}\nspec: {podCIDR: 10.0.1.0/24}\n---\nspec: {podCIDRs: [10.0.2.0/24]}\nmetadata: {name: b}\nkind: Node\n", "a 10.0.1.0/24; b 10.0.2.0/24"},
		{"YAML of the API", "kind: NodeList\nitems:\n- metadata: {name: a}\n  spec: {podCIDR: 10.0.1.0/24}\n", "a 10.0.1.0/24"},
		{"YAML flow", "{kind: Node, metadata: {name: a}, spec: {podCIDR: 10.0.1.0/24}}", "a 10.0.1.0/24"},
	} {
		nodes, err := ReadNodes("f", strings.NewReader(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var got []string
		for _, n := range nodes {
			got = append(got, n.String())
		}
		if g := strings.Join(got, "; "); g != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, g, tt.want)
		}
	}
}

func TestReadNodesBroken(t *testing.T) {
	const two = "{\"kind\":\"List\",\"items\":[\n{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"podCIDR\":\"10.0.1.0/24\"}},\n{\"kind\":\"Node\",\"metadata\":{\"name\":\"b\"},\"spec\":{"
	for _, tt := range []struct {
		name, in string
		nodes    int
		err      string
	}{
		{"cut off", two, 1, "f:3:48: the JSON text ends too early: 4 objects or lists are still open; the file is cut off"},
		{"cut off in a word", two + `"podCIDR":"10.0.`, 1, "f:3:64: the JSON text ends too early: 4 objects or lists are still open; the file is cut off"},
		{"a missing comma", strings.Replace(two, "}},\n", "}}\n", 1), 1, `f:3:1: unexpected '{' in JSON, want "," or "]" after a value of a list`},
		{"text behind", `{"kind":"List","items":[]}` + "\n$ exit\n", 0, "f:2:1: unexpected '$' in JSON, want nothing more after the end of the JSON text"},
		{"an error of kubectl behind", `{"kind":"Node","metadata":{"name":"a"}}` + "\nError from server", 1, "f:2:1: unexpected 'E' in JSON, want nothing more after the end of the JSON text"},
	} {
		nodes, err := ReadNodes("f", strings.NewReader(tt.in))
		var e *source.Error
		if !errors.As(err, &e) || err.Error() != tt.err {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.err)
		}
		if len(nodes) != tt.nodes {
			t.Errorf("%s: %d nodes, want %d", tt.name, len(nodes), tt.nodes)
		}
	}
}

func TestNodesStops(t *testing.T) {
	read, list := 0, nodeList(1000, 20)
	r := readerFunc(func(p []byte) (int, error) { read += len(p); return list.Read(p) })
	for n, err := range Nodes("f", r) {
		if err != nil || n.Name.V != "worker-00000" {
			t.Fatalf("%v, %v", n, err)
		}
		break
	}
	if read > 1<<20 {
		t.Errorf("%d bytes read for one node", read)
	}
}

func TestNodeStatements(t *testing.T) {
	const in = `{"kind":"List","items":[
{"kind":"Node","metadata":{"name":"a","annotations":{"flannel.alpha.coreos.com/public-ip":"203.0.113.7","flannel.alpha.coreos.com/backend-type":"vxlan"}},
 "spec":{"podCIDR":"10.0.1.0/24","podCIDRs":["10.0.1.0/24","fd00:0:0:1::/64"]},
 "status":{"addresses":[{"type":"InternalIP","address":"192.168.0.1"},{"type":"Hostname","address":"a"}],"capacity":{"pods":"110"},"nodeInfo":{"kubeletVersion":"v1.37.2"}}},
{"kind":"Node","metadata":{"name":"b"},"spec":{},"status":{"addresses":[{"type":"InternalIP","address":"192.168.0.x"}],"capacity":{"pods":"110"},"nodeInfo":{"kubeletVersion":"v1.36.0"}}},
{"kind":"Node","metadata":{"name":"c"},"spec":{"podCIDR":"010.0.3.5/24"},"status":{"capacity":{"pods":"120"},"allocatable":{"pods":"110"}}},
{"kind":"Node","metadata":{"name":"d"},"spec":{"podCIDR":"10.0.4.0/33","podCIDRs":["10.0.5.0/24"]},"status":{"capacity":{"pods":"110"}}}
]}`
	nodes, err := ReadNodes("n", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range NodeStatements(nodes) {
		got = append(got, fmt.Sprintf("%v %s %s %s %s %q %v %v %d %v err=%v", s.Pos, s.Component, s.Host, formtest.What(s), s.Key, s.Text, s.Prefixes, s.Addrs, s.Int, s.Overridden, s.Err != nil))
	}
	want := []string{
		`n:3:46 node a node-pods spec.podCIDRs "10.0.1.0/24,fd00:0:0:1::/64" [10.0.1.0/24 fd00:0:0:1::/64] [] 0 false err=false`,
		`n:4:56 node a address InternalIP "192.168.0.1" [] [192.168.0.1] 0 false err=false`,
		`n:2:91 flannel a address flannel.alpha.coreos.com/public-ip "203.0.113.7" [] [203.0.113.7] 0 false err=false`,
		`n:5:47 node b node-pods spec.podCIDR "" [] [] 0 false err=false`,
		`n:5:104 node b address InternalIP "192.168.0.x" [] [] 0 false err=true`,
		`n:6:58 node c node-pods spec.podCIDR "010.0.3.5/24" [10.0.3.5/24] [] 0 false err=false`,
		`n:7:58 node d node-pods spec.podCIDR "10.0.4.0/33" [] [] 0 false err=true`,
		`n:7:84 node d node-pods spec.podCIDRs "10.0.5.0/24" [10.0.5.0/24] [] 0 true err=false`,
		// The same on all nodes: stated once, for the cluster.
		`n:4:125 kubelet  max-pods status.allocatable.pods "110" [] [] 110 false err=false`,
		`n:4:161 kubelet a version status.nodeInfo.kubeletVersion "v1.37.2" [] [] 0 false err=false`,
		`n:2:91 node  cni metadata.annotations "flannel" [] [] 0 false err=false`,
		`n:2:145 flannel a backend flannel.alpha.coreos.com/backend-type "vxlan" [] [] 0 false err=false`,
		`n:5:175 kubelet b version status.nodeInfo.kubeletVersion "v1.36.0" [] [] 0 false err=false`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// 15,000 nodes of 10 KB each, 150 MB, are read with less than 64 MiB.
func TestReadNodesMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 150 MB")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	var before, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var size, peak uint64
	src := nodeList(15000, 24)
	r := readerFunc(func(p []byte) (int, error) {
		n, err := src.Read(p)
		if size>>23 != (size+uint64(n))>>23 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse+m.StackInuse-min(before.HeapInuse, m.HeapInuse))
		}
		size += uint64(n)
		return n, err
	})
	nodes, err := ReadNodes("nodes.json", r)
	if err != nil || len(nodes) != 15000 {
		t.Fatalf("%d nodes, %v", len(nodes), err)
	}
	t.Logf("%d MB read, at most %.1f MiB in use", size/1e6, float64(peak)/(1<<20))
	if size < 145e6 || peak > 64<<20 {
		t.Errorf("%d bytes read with %d bytes of memory, want 150 MB with at most 64 MiB", size, peak)
	}
}

func BenchmarkReadNodes(b *testing.B) {
	data, err := io.ReadAll(nodeList(1500, 24))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ReadNodes", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if nodes, err := ReadNodes("nodes.json", bytes.NewReader(data)); err != nil || len(nodes) != 1500 {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			var l small
			if err := json.NewDecoder(bytes.NewReader(data)).Decode(&l); err != nil || len(l.Items) != 1500 {
				b.Fatal(err)
			}
		}
	})
}

func TestNodeFields(t *testing.T) {
	node := func(rest string) string { return `{"kind":"Node","metadata":{"name":"a"},` + "\n" + rest + "}" }
	checkObjects(t, []textRow{
		{"the label of a control plane", `{"kind":"Node","metadata":{"name":"a","labels":{"node-role.kubernetes.io/control-plane":""}}}`, []string{"node a@1:35 control-plane spec=@1:1", `"Node":1`}},
		{"the label of a master", `{"kind":"Node","metadata":{"name":"a","labels":{"x":"y","node-role.kubernetes.io/master":""}}}`, []string{"node a@1:35 control-plane spec=@1:1", `"Node":1`}},
		{"the taint of a control plane", node(`"spec":{"taints":[{"effect":"NoSchedule","key":"node-role.kubernetes.io/control-plane"}]}`), []string{"node a@1:35 control-plane spec=@2:8", `"Node":1`}},
		{"the taint of a master", node(`"spec":{"taints":[{"key":"x"},{"key":"node-role.kubernetes.io/master"}]}`), []string{"node a@1:35 control-plane spec=@2:8", `"Node":1`}},
		{"another taint", node(`"spec":{"taints":[{"effect":"node-role.kubernetes.io/master","key":"node.kubernetes.io/unschedulable"}]}`), []string{"node a@1:35 spec=@2:8", `"Node":1`}},
		{"subnets that are not there", node(`"spec":{"podCIDR":"","podCIDRs":["",null,"10.244.1.0/24"]}`), []string{"node a@1:35 spec=@2:8 podCIDRs=10.244.1.0/24@2:42", `"Node":1`}},
		{"addresses", node(`"status":{"addresses":[{"type":"InternalIP"},{"type":"Hostname","address":"a"},{"address":null},{"address":"192.168.0.1","type":"InternalIP"}]}`), []string{"node a@1:35 spec=@1:1 Hostname=a@2:75 InternalIP=192.168.0.1@2:108", `"Node":1`}},
		{"pods: allocatable first", node(`"status":{"allocatable":{"pods":"110","cpu":"8"},"capacity":{"cpu":"8","pods":"250"}}`), []string{"node a@1:35 spec=@1:1 pods=110@2:33", `"Node":1`}},
		{"pods: allocatable last", node(`"status":{"capacity":{"pods":"250"},"allocatable":{"pods":"110"}}`), []string{"node a@1:35 spec=@1:1 pods=110@2:59", `"Node":1`}},
		{"pods: capacity alone", node(`"status":{"allocatable":{"pods":"many"},"capacity":{"pods":"250"}}`), []string{"node a@1:35 spec=@1:1 pods=250@2:60", `"Node":1`}},
		{"pods: neither", node(`"status":{"allocatable":{"pods":-1},"capacity":{"pods":null}}`), []string{"node a@1:35 spec=@1:1", `"Node":1`}},
		{"conditions", node(`"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"NetworkUnavailable","status":"False"},{"type":"MemoryPressure","status":"x"}],"nodeInfo":{"x":"y","kubeletVersion":"v1.37.2"}}`), []string{"node a@1:35 spec=@1:1 version=v1.37.2@2:182 Ready=True@2:25 NetworkUnavailable=False@2:58", `"Node":1`}},
	})
}

// A number of pods is a quantity.
func TestPodCount(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int
		ok   bool
	}{{"110", 110, true}, {"2k", 2000, true}, {"0", 0, true}, {"2147483k", 2147483000, true}, {"2147484k", 0, false}, {"k", 0, false}, {"2kk", 0, false}, {"-2k", 0, false}, {"2M", 0, false}, {"", 0, false}} {
		if n, ok := podCount(fact.Value[string]{Text: tt.in}); ok != tt.ok || ok && (n.V != tt.want || n.Text != tt.in) {
			t.Errorf("podCount(%q) = %+v, %t, want %d, %t", tt.in, n, ok, tt.want, tt.ok)
		}
	}
}

func TestNodeInternalIPs(t *testing.T) {
	addr := func(typ, text string) NodeAddress {
		return NodeAddress{typ, scalar.Addr(fact.Value[string]{Text: text})}
	}
	n := Node{Addresses: []NodeAddress{addr("ExternalIP", "203.0.113.7"), addr("InternalIP", "192.168.0.1"), addr("Hostname", "a"), addr("InternalIP", "a.example.org"), addr("InternalIP", "fd00::1")}}
	if got, want := fmt.Sprint(n.InternalIPs()), "[192.168.0.1 fd00::1]"; got != want {
		t.Errorf("InternalIPs = %s, want %s", got, want)
	}
}

// Where each of several subnets stands is stated; one stands where its statement does.
func TestNodeSubnetPlaces(t *testing.T) {
	at := func(column int, text string) fact.Value[netip.Prefix] {
		return scalar.Prefix(fact.Value[string]{Text: text, Pos: fact.Position{File: "f", Line: 1, Column: column}})
	}
	for _, tt := range []struct {
		subnets []fact.Value[netip.Prefix]
		want    string
	}{
		{[]fact.Value[netip.Prefix]{at(3, "10.244.1.0/24")}, "f:1:3 spec.podCIDR [10.244.1.0/24] []"},
		{[]fact.Value[netip.Prefix]{at(3, "10.244.1.0/24"), at(30, "fd00:1::/64")}, "f:1:3 spec.podCIDRs [10.244.1.0/24 fd00:1::/64] [f:1:3 f:1:30]"},
		{[]fact.Value[netip.Prefix]{at(3, "10.244.1.0/24"), at(30, "fd00")}, "f:1:30 spec.podCIDRs [] []"},
	} {
		s := Node{PodCIDRs: tt.subnets}.Statements()[0]
		if got := fmt.Sprint(s.Pos, " ", s.Key, " ", s.Prefixes, " ", s.PrefixPos); got != tt.want || s.PrefixPos != nil && len(tt.subnets) == 1 {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// Whether flannel keeps its leases in Node objects.
func TestNodeSubnetManager(t *testing.T) {
	for text, want := range map[string]bool{"true": true, "false": false} {
		n := Node{Annotations: []Annotation{{"flannel.alpha.coreos.com/kube-subnet-manager", fact.Value[string]{V: text, Text: text, Pos: fact.Position{File: "f", Line: 1, Column: 1}}}}}
		ss := n.Statements()
		if s := ss[len(ss)-1]; s.Setting != fact.SettingKubeSubnetMgr || s.Bool != want || s.Text != text {
			t.Errorf("%s: %+v", text, s)
		}
	}
}
