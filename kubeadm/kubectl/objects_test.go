package kubectl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func kindsOf(o Objects) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(o.Kinds)) {
		s = append(s, fmt.Sprintf("%q:%d", k, o.Kinds[k]))
	}
	return strings.Join(s, " ")
}

// TestObjectsGolden reads the files of testdata/objects; FILE.want holds the kinds and the statements that each one gives.
func TestObjectsGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives:", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range ar.Files {
			if n, ok := strings.CutSuffix(f.Name, ".want"); ok {
				want[n] = string(f.Data)
			}
		}
		out := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			if strings.HasSuffix(f.Name, ".want") {
				continue
			}
			var got string
			if strings.HasSuffix(f.Name, ".txt") {
				text, err := ReadText(f.Name, bytes.NewReader(f.Data))
				if err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				got = kindsOf(text.Objects) + "\n" + strings.Join(formtest.Lines(text.Statements()), "\n") + "\n"
			} else {
				o, err := ReadObjects(f.Name, bytes.NewReader(f.Data))
				if err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				got = kindsOf(o) + "\n" + strings.Join(formtest.Lines(o.Statements()), "\n") + "\n"
			}
			out.Files = append(out.Files, f, txtar.File{Name: f.Name + ".want", Data: []byte(got)})
			if d := cmp.Diff(want[f.Name], got); d != "" && !*golden.Update {
				t.Errorf("%s: (-want +got)\n%s", f.Name, d)
			}
		}
		if *golden.Update {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Pods and Events that say nothing about ranges are counted and not kept.
func TestObjectsKeepTrouble(t *testing.T) {
	const in = `{"kind":"List","items":[
{"kind":"Pod","metadata":{"name":"a"},"status":{"phase":"Running","containerStatuses":[{"name":"c","state":{"running":{}}}]}},
{"kind":"Pod","metadata":{"name":"b"},"status":{"containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ErrImagePull"}}}]}},
{"kind":"Pod","metadata":{"name":"d"},"status":{"initContainerStatuses":[{"name":"c","state":{"terminated":{"reason":"Completed"}}}]}},
{"kind":"Event","message":"Started container"},
{"kind":"Event","message":"Node a status is now: CIDRNotAvailable"}]}`
	o, err := ReadObjects("f", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Pods) != 1 || o.Pods[0].String() != "/b: c ErrImagePull" || len(o.Events) != 1 || kindsOf(o) != `"Event":2 "Pod":3` {
		t.Errorf("pods %v, events %v, kinds %s", o.Pods, o.Events, kindsOf(o))
	}
	if s := o.Statements(); len(s) != 1 {
		t.Errorf("statements %v, want that of the event alone", formtest.Lines(s))
	}
}

// fromTree reads a JSON text as a tree, the judge of the stream.
func fromTree(text []byte) (Objects, error) {
	var out Objects
	f, err := source.New("f", text, source.Limits{})
	if err != nil {
		return out, err
	}
	n, err := f.JSON()
	if err != nil || n == nil {
		return out, err
	}
	d := &decoder{intern: map[string]string{}, emit: out.add}
	return out, d.document(n)
}

// A JSON text says the same as a stream and as a tree, values and places.
func FuzzReadObjects(f *testing.F) {
	for _, file := range []string{"testdata/lists.txtar", "testdata/text.txtar"} {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, a := range ar.Files {
			f.Add(a.Data)
		}
	}
	list, _ := io.ReadAll(nodeList(2, 1))
	f.Add(list)
	f.Add([]byte(`{"items":[{"metadata":{"name":"a"},"status":{},"spec":{"podCIDRs":["10.0.1.0/24"]},"kind":"Node"}]}`))
	f.Add([]byte(`{"spec":{"clusterIP":"10.0.0.1"},"metadata":{"name":"kubernetes","name":"b"},"kind":"Pod","kind":"Service"}`))
	f.Add([]byte(`[{"kind":"Event","message":"Node a status is now: CIDRNotAvailable","count":-1}, 5, {}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ReadObjects("f", bytes.NewReader(text))
		got.Statements()
		if tx, err := ReadText("f", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		} else {
			tx.Statements()
		}
		trimmed := bytes.TrimSpace(text)
		if !json.Valid(text) || len(trimmed) == 0 || trimmed[0] != '{' || bytes.ContainsAny(text, "\r\x00") || !utf8.Valid(text) {
			return
		}
		want, terr := fromTree(text)
		if terr != nil || bytes.HasPrefix(text, []byte("\ufeff")) {
			return // beyond the limits of a tree
		}
		if err != nil {
			t.Fatalf("ReadObjects(%q): %v", text, err)
		}
		if d := cmp.Diff(want, got, equateAddrs); d != "" {
			t.Fatalf("%q: (-tree +stream)\n%s", text, d)
		}
	})
}

// More than 100,000 objects are an error; of those that are only counted there may be any number, of 1000 kinds.
func TestObjectsMost(t *testing.T) {
	const each = mostObjects/4 - 1
	out := Objects{Nodes: make([]Node, each), Services: make([]Service, each), ServiceCIDRs: make([]ServiceCIDR, each), IPAddresses: make([]IPAddress, each)}
	add := func(kind string) error {
		return out.add(&object{kind: kind, pos: fact.Position{File: "f", Line: 7, Column: 1}})
	}
	for i, kind := range []string{"Node", "Service", "ServiceCIDR", "IPAddress", "Node", "ConfigMap"} {
		err := add(kind)
		if past := i > 3; past != (err != nil) || past && err.Error() != "f:7:1: more than 100000 objects; split the list" {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if len(out.Nodes) != each+1 || len(out.Services) != each+1 || len(out.ServiceCIDRs) != each+1 || len(out.IPAddresses) != each+1 {
		t.Errorf("%d Nodes, %d Services, %d ServiceCIDRs, %d IPAddresses, want %d of each", len(out.Nodes), len(out.Services), len(out.ServiceCIDRs), len(out.IPAddresses), each+1)
	}

	out = Objects{}
	for i := range 1001 {
		_ = add(fmt.Sprint("kind ", i))
	}
	_ = add("kind 7")
	if len(out.Kinds) != 1000 || out.Kinds["kind 7"] != 2 || out.Kinds["kind 1000"] != 0 {
		t.Errorf("%d kinds; %d of kind 7, %d of kind 1000", len(out.Kinds), out.Kinds["kind 7"], out.Kinds["kind 1000"])
	}
}

// Of Events and Pods that tell of trouble 10,000 are kept, all are counted.
func TestObjectsMostTrouble(t *testing.T) {
	var out Objects
	for range mostTrouble + 1 {
		if err := out.add(&object{kind: "Event", event: Event{Message: fact.Value[string]{V: "range is full, failed to allocate IP: range is full"}}}); err != nil {
			t.Fatal(err)
		}
		if err := out.add(&object{kind: "Pod", pod: Pod{States: make([]ContainerState, 1)}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(out.Events) != mostTrouble || len(out.Pods) != mostTrouble || kindsOf(out) != `"Event":10001 "Pod":10001` {
		t.Errorf("%d events, %d pods, kinds %s", len(out.Events), len(out.Pods), kindsOf(out))
	}
}

// Which network plugin it is, by the names of pods: the first of its pods that was seen; flannel and canal before the others, since
// pods of calico run beside them.
func TestObjectsCNI(t *testing.T) {
	for _, tt := range []struct{ pods, want string }{
		{"web", ""},
		{"kube-flannel-ds-a kube-flannel-ds-b", "flannel kube-flannel-ds-a"},
		{"kube-flannel-ds-a calico-node-a", "flannel kube-flannel-ds-a"},
		{"calico-node-a kube-flannel-ds-a calico-node-b", "flannel kube-flannel-ds-a"},
		{"rke2-canal-a canal-a web", "canal rke2-canal-a"},
		{"canal-a rke2-canal-a", "canal canal-a"},
		{"kindnet-a weave-net-a cilium-a", "cilium cilium-a"},
	} {
		var o Objects
		for name := range strings.FieldsSeq(tt.pods) {
			o.sawPod(Pod{Name: fact.Value[string]{V: name, Text: name}})
		}
		if got := strings.TrimSpace(o.CNI.V + " " + o.CNI.Text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.pods, got, tt.want)
		}
	}
}

// Which Service is that of cluster DNS.
func TestServiceStatements(t *testing.T) {
	for _, tt := range []struct {
		namespace, name string
		dns             bool
	}{
		{"kube-system", "kube-dns", true},
		{"kube-system", "coredns", true},
		{"kube-system", "rke2-coredns-rke2-coredns", true},
		{"kube-system", "metrics-server", false},
		{"shop", "kube-dns", false},
		{"", "coredns", false},
	} {
		s := Service{tt.namespace, fact.Value[string]{V: tt.name}, []fact.Value[netip.Addr]{scalar.Addr(fact.Value[string]{Text: "10.96.0.10"})}}
		want := []string{` service cluster-ip ` + tt.namespace + `/` + tt.name + ` "10.96.0.10" 10.96.0.10`}
		if tt.dns {
			want = append(want, strings.Replace(want[0], "cluster-ip", "dns", 1))
		}
		if d := cmp.Diff(want, formtest.Lines(s.Statements())); d != "" {
			t.Errorf("%s/%s: (-want +got)\n%s", tt.namespace, tt.name, d)
		}
	}
}

// Objects that a program puts together itself: what says nothing about ranges is passed over, and an Event is stated once.
func TestObjectsStatements(t *testing.T) {
	event := func(node, message string) Event {
		return Event{Kind: "Node", Name: node, Message: fact.Value[string]{V: message}}
	}
	const full = "no IP addresses available in range set: 10.244.1.1-10.244.1.254"
	o := Objects{
		Events: []Event{event("w1", full), event("w1", "Starting kubelet."), event("w1", full), event("w2", full), event("w1", full)},
		Pods:   []Pod{{Name: fact.Value[string]{V: "web"}, States: []ContainerState{{Reason: "Error"}}}},
	}
	var got []string
	for _, s := range o.Statements() {
		got = append(got, s.Key+" on "+s.Host)
	}
	if d := cmp.Diff([]string{"node-subnet-full on w1", "node-subnet-full on w2"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// An Event whose message is not in the catalogue is known by its reason.
func TestEventStatement(t *testing.T) {
	const reason = "KubernetesDefaultServiceCIDRInconsistent"
	message := func(text string) fact.Value[string] {
		return fact.Value[string]{V: text, Text: text, Pos: fact.Position{File: "f", Line: 5, Column: 12}}
	}
	at := fact.Position{File: "f", Line: 3, Column: 1}
	for _, tt := range []struct {
		event Event
		want  string
	}{
		{Event{Pos: at, Reason: reason, Message: message("in other words")}, "f:5:12 kube-apiserver on  default-service-cidr-inconsistent: in other words, in other words"},
		{Event{Pos: at, Reason: reason, Kind: "Node", Name: "w1"}, "f:3:1 kube-apiserver on w1 default-service-cidr-inconsistent: " + reason + ", " + reason},
		{Event{Pos: at, Reason: reason, Host: "cp1", Message: message("range is full, failed to allocate IP: range is full")}, "f:5:12 kube-apiserver on cp1 service-range-full: range is full, failed to allocate IP: range is full, range is full, failed to allocate IP: range is full"},
		{Event{Pos: at, Reason: "Starting", Message: message("Starting kubelet.")}, ""},
	} {
		s, ok := tt.event.statement()
		got := ""
		if ok {
			got = fmt.Sprintf("%v %s on %s %s: %s, %s", s.Pos, s.Component, s.Host, s.Key, s.Text, s.Symptom.Message)
		}
		if got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.event, got, tt.want)
		}
	}
}
