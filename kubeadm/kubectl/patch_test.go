package kubectl

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func nodeWith(name string, cidrs ...string) Node {
	n := Node{Name: fact.Value[string]{V: name, Text: name}}
	for _, c := range cidrs {
		n.PodCIDRs = append(n.PodCIDRs, scalar.Prefix(fact.Value[string]{Text: c}))
	}
	return n
}

func TestNewNodePatch(t *testing.T) {
	p := func(ss ...string) (ps []netip.Prefix) {
		for _, s := range ss {
			ps = append(ps, netip.MustParsePrefix(s))
		}
		return ps
	}
	for _, tt := range []struct {
		name    string
		node    Node
		subnets []netip.Prefix
		want    string // the command, or the error
		is      error
	}{
		{"one", nodeWith("w1"), p("10.244.1.0/24"), `kubectl patch node w1 --type=merge -p '{"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]}}'`, nil},
		{"dual-stack", nodeWith("w1.example.org"), p("fd00:0:0:1::/64", "10.244.1.0/24"), `kubectl patch node w1.example.org --type=merge -p '{"spec":{"podCIDR":"fd00:0:0:1::/64","podCIDRs":["fd00:0:0:1::/64","10.244.1.0/24"]}}'`, nil},
		{"it holds one", nodeWith("w1", "10.244.1.0/24", "fd00::/64"), p("10.244.2.0/24"), `node "w1": it holds 10.244.1.0/24 and fd00::/64, and a podCIDR cannot be changed; drain it, delete the Node object and restart its kubelet`, ErrHoldsSubnet},
		{"it holds the same", nodeWith("w1", "10.244.1.0/24"), p("10.244.1.0/24"), `node "w1": it holds 10.244.1.0/24, and a podCIDR cannot be changed; drain it, delete the Node object and restart its kubelet`, ErrHoldsSubnet},
		{"it holds what is no CIDR", nodeWith("w1", "x"), p("10.244.1.0/24"), `node "w1": it holds x, and a podCIDR cannot be changed; drain it, delete the Node object and restart its kubelet`, ErrHoldsSubnet},
		{"nothing to give", nodeWith("w1"), nil, `node "w1": no subnet to give`, nil},
		{"two of one family", nodeWith("w1"), p("10.244.1.0/24", "10.244.2.0/24"), `node "w1": subnet 10.244.2.0/24: a node holds one subnet of each family at most`, nil},
		{"three", nodeWith("w1"), p("10.244.1.0/24", "fd00::/64", "10.244.2.0/24"), `node "w1": subnet 10.244.2.0/24: a node holds one subnet of each family at most`, nil},
		{"a name for the shell", nodeWith("w1; reboot"), p("10.244.1.0/24"), `node "w1; reboot": no node can have that name`, nil},
		{"a long name", nodeWith(strings.Repeat("w", 253)), p("10.244.1.0/24"), `kubectl patch node ` + strings.Repeat("w", 253) + ` --type=merge -p '{"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]}}'`, nil},
		{"a name that is too long", nodeWith(strings.Repeat("w", 254)), p("10.244.1.0/24"), `node "` + strings.Repeat("w", 254) + `": no node can have that name`, nil},
		{"no name", Node{}, p("10.244.1.0/24"), `node "": no node can have that name`, nil},
	} {
		got, err := NewNodePatch(tt.node, tt.subnets...)
		text := got.String()
		if err != nil {
			text = err.Error()
			var pe *PatchError
			if !errors.As(err, &pe) {
				t.Errorf("%s: %T", tt.name, err)
			}
		}
		if text != tt.want || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, text, tt.want)
		}
	}
	for _, q := range []netip.Prefix{{}, netip.MustParsePrefix("10.244.1.7/24"), netip.MustParsePrefix("::ffff:10.244.1.0/120")} {
		if got, err := NewNodePatch(nodeWith("w1"), q); err == nil || got.Node != "" {
			t.Errorf("NewNodePatch with %v = %v, %v", q, got, err)
		}
		if err := cidr.Check(q); err == nil {
			t.Errorf("cidr.Check takes %v", q)
		}
	}
	if s := (NodePatch{}).String() + (NodePatch{}).JSON(); s != "{}" {
		t.Errorf("the zero NodePatch says %q", s)
	}
	var b bytes.Buffer
	one, _ := NewNodePatch(nodeWith("w1"), p("10.244.1.0/24")...)
	if err := WriteNodePatches(&b, one, NodePatch{}, one); err != nil || strings.Count(b.String(), "kubectl patch node w1 ") != 2 || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("WriteNodePatches wrote %q, %v", b.String(), err)
	}
}
