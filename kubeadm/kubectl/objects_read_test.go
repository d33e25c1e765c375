package kubectl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkObjects reads objects in JSON as a stream and as a tree, and compares what they hold with what is wanted.
func checkObjects(t *testing.T, rows []textRow) {
	t.Helper()
	for _, tt := range rows {
		o, err := ReadObjects("f", strings.NewReader(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if d := cmp.Diff(tt.want, shown(o)); d != "" {
			t.Errorf("%s: (-want +got)\n%s\n%s", tt.name, tt.in, d)
		}
		if o, err = fromTree([]byte(tt.in)); err != nil {
			t.Errorf("%s as a tree: %v", tt.name, err)
		}
		if d := cmp.Diff(tt.want, shown(o)); d != "" {
			t.Errorf("%s as a tree: (-want +got)\n%s\n%s", tt.name, tt.in, d)
		}
	}
}

// What a pod's containers do. The reason is why one waits now, the message what it said when it ended.
func TestContainerStates(t *testing.T) {
	pod := func(status string) string {
		return `{"kind":"Pod","metadata":{"name":"p","namespace":"n"},"status":{"containerStatuses":[` + "\n" + `{"name":"c","restartCount":3,` + status + "}\n]}}"
	}
	const (
		ended   = `"lastState":{"terminated":{"reason":"Error","message":"open /run/flannel/subnet.env: no such file or directory"}}`
		silent  = `"lastState":{"terminated":{"reason":"Error","exitCode":255}}`
		waiting = `"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}}`
	)
	checkObjects(t, []textRow{
		{"it waits after it ended", pod(ended + "," + waiting), []string{
			"pod n/p@1:34 node= phase=; c CrashLoopBackOff@2:163 3 open /run/flannel/subnet.env: no such file or directory",
			`"Pod":1`,
		}},
		{"the other order", pod(waiting + "," + ended), []string{
			"pod n/p@1:34 node= phase=; c CrashLoopBackOff@2:49 3 open /run/flannel/subnet.env: no such file or directory",
			`"Pod":1`,
		}},
		{"it ended without a word", pod(silent + "," + waiting), []string{
			"pod n/p@1:34 node= phase=; c CrashLoopBackOff@2:110 3 back-off",
			`"Pod":1`,
		}},
		{"it waits without a reason", pod(silent + `,"state":{"waiting":{}}`), []string{"pod n/p@1:34 node= phase=; c Error@2:56 3", `"Pod":1`}},
		{"no state", pod(silent), []string{"pod n/p@1:34 node= phase=; c Error@2:56 3", `"Pod":1`}},
		{"it has ended twice", pod(ended + `,"state":{"terminated":{"reason":"OOMKilled","message":"killed"}}`), []string{
			"pod n/p@1:34 node= phase=; c OOMKilled@2:166 3 killed",
			`"Pod":1`,
		}},
		{"the second time without a word", pod(ended + `,"state":{"terminated":{"reason":"OOMKilled"}}`), []string{
			"pod n/p@1:34 node= phase=; c OOMKilled@2:166 3 open /run/flannel/subnet.env: no such file or directory",
			`"Pod":1`,
		}},
		{"it runs after a restart", pod(silent + `,"state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}}`), []string{`"Pod":1`}},
		{"it runs after it said what kept it from running", pod(ended + `,"state":{"running":{}}`), []string{
			"pod n/p@1:34 node= phase=; c @2:163 3 open /run/flannel/subnet.env: no such file or directory",
			`"Pod":1`,
		}},
		{"it ended well after it failed", pod(ended + `,"state":{"terminated":{"reason":"Completed"}}`), []string{`"Pod":1`}},
		{"it ended without a reason", pod(silent + `,"state":{"terminated":{"exitCode":0}}`), []string{`"Pod":1`}},
		{"wrong types", pod(`"lastState":[1],"state":{"waiting":"x","running":5}`), []string{`"Pod":1`}},
		{"one of the first containers", `{"kind":"Pod","status":{"initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"x"}}}]}}`, []string{"pod /@0:0 node= phase=; i x@1:81 0", `"Pod":1`}},
	})
}

func TestObjectFields(t *testing.T) {
	checkObjects(t, []textRow{
		{"a pod", `{"kind":"Pod","metadata":{"name":"p","namespace":"n","x":1},"spec":{"nodeName":"w1","hostNetwork":true,"x":1},
"status":{"phase":"Pending","podIP":"10.244.1.2","podIPs":[{"ip":"10.244.1.2","x":"10.244.1.9"},{"ip":"fd00:1::2"},{"ip":""},{"ip":null}],"hostIP":"192.168.0.1","containerStatuses":[{"state":{"waiting":{"reason":"x"}}}]}}`, []string{
			"pod n/p@1:34 node=w1 phase=Pending hostNetwork 10.244.1.2@2:37 fd00:1::2@2:103;  x@2:203 0",
			`"Pod":1`,
		}},
		{"not in the network of the host", `{"kind":"Pod","spec":{"hostNetwork":false},"status":{"containerStatuses":[{"state":{"waiting":{"reason":"x"}}}]}}`, []string{"pod /@0:0 node= phase=;  x@1:95 0", `"Pod":1`}},
		{"services", `{"items":[{"kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1","fd00:10:96::1","",null],"externalIPs":["203.0.113.7"]},"status":{"clusterIP":"10.96.0.9"}},
{"kind":"Service","metadata":{"name":"b"},"spec":{"clusterIP":"None","clusterIPs":["None"]}}]}`, []string{
			"service /a@1:48 10.96.0.1@1:73 fd00:10:96::1@1:111",
			"service /b@2:38",
			`"Service":2`,
		}},
		{"service ranges", `{"items":[{"kind":"ServiceCIDR","metadata":{"name":"a"},"spec":{"cidrs":["10.96.0.0/12",null,"","fd00:10:96::/112"]},"status":{"conditions":[{"type":"Ready","status":"False"},{"type":"Other","status":"True"}]}},
{"kind":"ServiceCIDR","metadata":{"name":"b"}}]}`, []string{
			"servicecidr a@1:52 10.96.0.0/12@1:74 fd00:10:96::/112@1:97 Ready=False@1:142",
			"servicecidr b@2:42",
			`"ServiceCIDR":2`,
		}},
		{"addresses", `{"items":[{"kind":"IPAddress","metadata":{"name":"10.96.0.1"},"spec":{"other":{"name":"y"},"parentRef":{"group":"","resource":"services","namespace":"default","name":"kubernetes"}}},
{"kind":"IPAddress","metadata":{"name":"10.96.0.2"},"spec":{"other":{"name":"y"}}},
{"kind":"IPAddress","metadata":{"name":"10.96.0.3"},"spec":{"parentRef":{"namespace":"default"}}}]}`, []string{
			"ipaddress 10.96.0.1@1:50 default/kubernetes",
			"ipaddress 10.96.0.2@2:40 ",
			"ipaddress 10.96.0.3@3:40 ",
			`"IPAddress":3`,
		}},
		{"events", `{"items":[{"kind":"Event","involvedObject":{"kind":"Node","name":"w1","namespace":"n"},"count":5,"message":"range is full, failed to allocate IP: range is full","reason":"R","type":"Warning","source":{"component":"c","host":"h"},"reportingComponent":"r"},
{"kind":"Event","regarding":{"kind":"Pod","name":"p"},"deprecatedCount":2,"series":{"count":7,"other":9},"note":"failed to allocate IP: range is full","reportingComponent":"r","deprecatedSource":{"host":"h"}},
{"kind":"Event","count":99999999999,"message":"failed to allocate IP: range is full"},
{"kind":"Event","count":"many","message":"failed to allocate IP: range is full"},
{"kind":"Event","count":{"x":5},"message":"failed to allocate IP: range is full"}]}`, []string{
			"event@1:11 type=Warning reason=R of=Node n/w1 from=c,h count=5 message=range is full, failed to allocate IP: range is full@1:108",
			"event@2:1 type= reason= of=Pod /p from=r,h count=7 message=failed to allocate IP: range is full@2:113",
			"event@3:1 type= reason= of= / from=, count=0 message=failed to allocate IP: range is full@3:47",
			"event@4:1 type= reason= of= / from=, count=0 message=failed to allocate IP: range is full@4:42",
			"event@5:1 type= reason= of= / from=, count=0 message=failed to allocate IP: range is full@5:43",
			`"Event":5`,
		}},
		{"items that are no objects", `{"kind":"NodeList","items":[5,null,"x",[],{"metadata":{"name":"a"}}]}`, []string{"node a@1:63 spec=@1:43", `"Node":1`}},
		{"annotations", `{"kind":"Node","metadata":{"name":"a","annotations":{"flannel.alpha.coreos.com/a":"b","flannel.alpha.coreos.com/c":null,"flannel.alpha.coreos.com/":"d","flannel.alpha.coreos.com":"e","note":"f"}}}`, []string{
			"node a@1:35 spec=@1:1 flannel.alpha.coreos.com/a=b@1:83 flannel.alpha.coreos.com/=d@1:149",
			`"Node":1`,
		}},
	})
}

// Of what no cluster has so many of, the first ones are kept.
func TestObjectLimits(t *testing.T) {
	object := func(kind, before string, n int, one func(i int) string, after string) string {
		var s []string
		for i := range n {
			s = append(s, one(i))
		}
		return `{"kind":"` + kind + `",` + before + strings.Join(s, ",") + after + "}"
	}
	addr := func(i int) string { return fmt.Sprintf(`"10.0.0.%d"`, i) }
	for _, tt := range []struct {
		name string
		want int
		in   func(n int) string
		got  func(o Objects) int
	}{
		{"annotations", 64, func(n int) string {
			return object("Node", `"metadata":{"annotations":{`, n, func(i int) string { return fmt.Sprintf(`"k3s.io/%d":"x"`, i) }, "}}")
		}, func(o Objects) int { return len(o.Nodes[0].Annotations) }},
		{"podCIDRs", 64, func(n int) string {
			return object("Node", `"spec":{"podCIDRs":[`, n, addr, "]}")
		}, func(o Objects) int { return len(o.Nodes[0].PodCIDRs) }},
		{"addresses", 256, func(n int) string {
			return object("Node", `"status":{"addresses":[`, n, func(i int) string { return `{"address":` + addr(i) + `}` }, "]}")
		}, func(o Objects) int { return len(o.Nodes[0].Addresses) }},
		{"clusterIPs", 8, func(n int) string {
			return object("Service", `"spec":{"clusterIPs":[`, n, addr, "]}")
		}, func(o Objects) int { return len(o.Services[0].ClusterIPs) }},
		{"cidrs", 8, func(n int) string {
			return object("ServiceCIDR", `"spec":{"cidrs":[`, n, addr, "]}")
		}, func(o Objects) int { return len(o.ServiceCIDRs[0].CIDRs) }},
		{"podIPs", 8, func(n int) string {
			return object("Pod", `"status":{"podIPs":[`, n, func(i int) string { return `{"ip":` + addr(i) + `}` }, `],"containerStatuses":[{"state":{"waiting":{"reason":"x"}}}]}`)
		}, func(o Objects) int { return len(o.Pods[0].IPs) }},
		{"containers", 32, func(n int) string {
			return object("Pod", `"status":{"containerStatuses":[`, n, func(int) string { return `{"state":{"waiting":{"reason":"x"}}}` }, "]}")
		}, func(o Objects) int { return len(o.Pods[0].States) }},
	} {
		for _, n := range []int{tt.want, tt.want + 1} {
			o, err := ReadObjects("f", strings.NewReader(tt.in(n)))
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if got := tt.got(o); got != tt.want {
				t.Errorf("%s: %d of %d kept, want %d", tt.name, got, n, tt.want)
			}
		}
	}
}

// Equal texts are held once, if they are short and not too many.
func TestSharedTexts(t *testing.T) {
	d := newDecoder(nil)
	for i := range 1500 {
		s := fmt.Sprint(i)
		if i%2 == 1 {
			s += strings.Repeat("x", 200-len(s))
		}
		if got := d.share(s); got != s {
			t.Fatalf("share(%q) = %q", s, got)
		}
		if want := i/2 + 1; len(d.intern) != want {
			t.Fatalf("after %d texts, one half of them of 200 bytes, %d are held, want %d", i+1, len(d.intern), want)
		}
	}
	for i := range 1500 {
		d.share(fmt.Sprint("more", i))
	}
	if len(d.intern) != 1000 {
		t.Errorf("%d texts are held, want 1000", len(d.intern))
	}
}

// An object whose kind comes so late that its beginning is no longer at hand says only what stands behind the kind.
func TestKindTooLate(t *testing.T) {
	in := func(n int) string {
		return `{"items":[{"metadata":{"name":"a"},"spec":{"podCIDR":"10.244.1.0/24"},"x":"` + strings.Repeat("x", n) + `","kind":"Node","status":{"capacity":{"pods":"7"}}}]}`
	}
	for _, tt := range []struct {
		size int
		want string
	}{{10, "node a@1:31 spec=@1:43 podCIDR=10.244.1.0/24@1:54 pods=7@1:131"}, {maxItem, "node a@1:31 pods=7@1:4194425"}} {
		o, err := ReadObjects("f", strings.NewReader(in(tt.size)))
		if err != nil || len(o.Nodes) != 1 || shown(o)[0] != tt.want {
			t.Errorf("with %d bytes before the kind: %q, %v, want %s", tt.size, shown(o), err, tt.want)
		}
	}
}
