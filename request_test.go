package kubecidr_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestReadRequest(t *testing.T) {
	p := cidr.MustParse
	given := func(name, prefix string) fact.Reservation {
		return fact.Reservation{Prefix: p(prefix), Name: name, Source: "given"}
	}
	for _, tt := range []struct {
		text string
		want plan.Request
		why  string
	}{
		{"nodes: 40", plan.Request{Nodes: 40}, "one key"},
		{`{"nodes": 40, "name": "north"}`, plan.Request{Nodes: 40, Name: "north"}, "JSON is YAML"},
		{"podsPerNode: 60\nnode_mask_ipv4: 25", plan.Request{PodsPerNode: 60, NodeMaskIPv4: 25}, "other ways to join words"},
		{"name: 0010", plan.Request{Name: "0010"}, "text as it is written, whatever YAML takes it for"},
		{"kubernetes: 1.30", plan.Request{Kubernetes: fact.Version{Major: 1, Minor: 30}}, "1.30 is not 1.3"},
		{"hosts: 40", plan.Request{HostCount: 40}, "a count"},
		{"hosts: 10.0.0.0/24,10.1.0.0/24", plan.Request{Hosts: []netip.Prefix{p("10.0.0.0/24"), p("10.1.0.0/24")}}, "one text with commas"},
		{"hosts:\n- 10.0.0.0/24\n- 10.1.0.0/24", plan.Request{Hosts: []netip.Prefix{p("10.0.0.0/24"), p("10.1.0.0/24")}}, "a list"},
		{"hosts: [[10.0.0.0/24], [10.1.0.0/24]]", plan.Request{Hosts: []netip.Prefix{p("10.0.0.0/24"), p("10.1.0.0/24")}}, "lists of a template"},
		{"pin: {pods: 10.244.0.0/16, services: [10.96.0.0/12]}", plan.Request{Pins: []plan.Pin{{Role: fact.RolePods, Prefix: p("10.244.0.0/16")},
			{Role: fact.RoleServices, Prefix: p("10.96.0.0/12")}}}, "a mapping"},
		{"pin: pods=10.244.0.0/16", plan.Request{Pins: []plan.Pin{{Role: fact.RolePods, Prefix: p("10.244.0.0/16")}}}, "as the flag has it"},
		{"avoid:\n  vpn: 10.8.0.0/16\n  sites: [10.9.0.0/16, 10.10.0.0/16]", plan.Request{Avoid: []fact.Reservation{given("vpn", "10.8.0.0/16"),
			given("sites", "10.9.0.0/16"), given("sites", "10.10.0.0/16")}}, "a mapping from names"},
		{"avoid:\n- vpn: 10.8.0.0/16\n- 10.9.0.0/16", plan.Request{Avoid: []fact.Reservation{given("vpn", "10.8.0.0/16"), given("10.9.0.0/16", "10.9.0.0/16")}}, "a list of both"},
		{"---\n# comment\n---\nnodes: 3\n---\n", plan.Request{Nodes: 3}, "empty documents around"},
		{"\ufeffnodes: 3\r\nname: x\r\n", plan.Request{Nodes: 3, Name: "x"}, "from Windows"},
	} {
		got, err := kubecidr.ReadRequest("request.yaml", strings.NewReader(tt.text))
		if err != nil {
			t.Errorf("ReadRequest(%q) = %v: %s", tt.text, err, tt.why)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("ReadRequest(%q): %s (-want +got):\n%s", tt.text, tt.why, diff)
		}
	}
}

func TestReadRequestErrors(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string // position and message, as far as they are this package's
	}{
		{"", "r.yaml: empty"},
		{"null", "r.yaml: empty"},
		{"40", "r.yaml:1:1: not a mapping"},
		{"nodes: 4\n\nnode: 5", `r.yaml:3:1: "node": unknown key; did you mean "nodes"?`},
		{"serviceSubnet: 10.96.0.0/12", `r.yaml:1:1: "serviceSubnet": unknown key; `},
		{"nodes: 4\nNodes: 5", `r.yaml:2:1: "Nodes" stands already in line 1`},
		{"nodes: 4\nnodes: 5", `r.yaml:2:1: "nodes" stands already in line 1`},
		{"nodes: [4, 5]", `r.yaml:1:12: nodes "5": given 2 times`},
		{"hosts:\n- 10.0.0.0/24\n- 10.0.2.0/8", `r.yaml:3:3: hosts: prefix "10.0.2.0/8": host bits are set; use 10.0.0.0/8, or was 10.0.2.0/24 meant?`},
		{"pin:\n  services: 10.96.0.0/12\n  pods: 10.244.0.1/16", `r.yaml:3:3: pin "pods=10.244.0.1/16": prefix "10.244.0.1/16": host bits`},
		{"nodes:", "r.yaml:1:1: nodes: needs a value"},
		{"pin: {pods: }", "r.yaml:1:1: pin: needs a value"},
		{"within: {a: 10.0.0.0/8}", "r.yaml:1:1: within: a mapping"},
		{"nodes: 4\n---\nnodes: 5", "r.yaml:3:1: a second document"},
		{"nodes: 4\n  name: x", "r.yaml:2:"},
		{strings.Repeat("#", 16<<20) + "\nnodes: 4", "r.yaml: larger than 16777216 bytes"},
	} {
		got, err := kubecidr.ReadRequest("r.yaml", strings.NewReader(tt.text))
		fe, ok := errtype.As[*kubecidr.RequestFileError](err)
		if !ok || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("ReadRequest(%.60q) = %v, want %s", tt.text, err, tt.want)
			continue
		}
		if fe.Pos.File != "r.yaml" || !cmp.Equal(got, plan.Request{}, cmpopts.EquateComparable(netip.Prefix{})) {
			t.Errorf("ReadRequest(%.60q) = %+v at %v, want the zero Request", tt.text, got, fe.Pos)
		}
	}
	_, err := kubecidr.ReadRequest("r.yaml", iotest.ErrReader(io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ReadRequest of a broken reader = %v, want its error", err)
	}
	_, err = kubecidr.ReadRequest("r.yaml", strings.NewReader("hosts: 10.0.2.0/8"))
	if pe, ok := errtype.As[*cidr.ParseError](err); !ok || pe.Masked != cidr.MustParse("10.0.0.0/8") {
		t.Errorf("ReadRequest with host bits = %v, want a *cidr.ParseError that offers 10.0.0.0/8", err)
	}
}

// Every key of a request can stand in a file, under its flag's name.
func TestReadRequestKeys(t *testing.T) {
	for _, k := range plan.RequestKeys() {
		_, err := kubecidr.ReadRequest("r.yaml", strings.NewReader(k.Name+": '?'"))
		if errors.Is(err, plan.ErrUnknownKey) {
			t.Errorf("ReadRequest does not know %q: %v", k.Name, err)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	for _, s := range []string{"nodes: 4", "pin: {pods: 10.244.0.0/16}", "avoid: [docker, vpn=10.8.0.0/16]", "&a [*a]", "hosts:\n- &h 10.0.0.0/8\n- *h", "{", "? x\n: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := kubecidr.ReadRequest("r.yaml", strings.NewReader(text))
		if err == nil {
			return
		}
		if _, ok := errtype.As[*kubecidr.RequestFileError](err); !ok {
			t.Errorf("ReadRequest(%q) = %T %v, want a *RequestFileError", text, err, err)
		}
		if !cmp.Equal(r, plan.Request{}, cmpopts.EquateComparable(netip.Prefix{})) {
			t.Errorf("ReadRequest(%q) = %+v with %v, want the zero Request", text, r, err)
		}
	})
}

// Which ranges does the cluster of this file get?
func ExampleReadRequest() {
	const file = `
name: north
nodes: 400
hosts: [10.20.0.0/22]
avoid: [docker, vpn=10.8.0.0/13]
`
	r, err := kubecidr.ReadRequest("north.yaml", strings.NewReader(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := plan.New(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Services(), p.Pods())

	_, err = kubecidr.ReadRequest("north.yaml", strings.NewReader("nodes: 400\nhost: 10.20.0.0/22\n"))
	fmt.Println(err)
	// Output:
	// [10.96.0.0/12] [10.244.0.0/15]
	// north.yaml:2:1: "host": unknown key; did you mean "hosts"?
}
