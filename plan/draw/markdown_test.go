package draw

import (
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plangen"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
)

// TestMarkdownSays: lines that stand in a document only where there is something to say.
func TestMarkdownSays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		req     plan.Request
		nodes   int
		has     string // parts with a line break between
		without string
	}{
		{"by default", plan.Request{}, 0, `| Range | Prefix | Addresses | Holds | Origin |
|---|---|---:|---|---|
| Host addresses to find room for | 10 |
| chosen |
No range was named as used by something else.
| Nothing was named as to be avoided |
| node subnets, IPv4: /24 | the default of kube-controller-manager; no flag needed |
the default of kubelet's ` + "`maxPods`; no setting needed" + `
(pkg/apis/networking/validation ValidateServiceCIDRUpdate v1.37.2) |
| ` + "`10.96.0.10`" + ` | cluster DNS: the tenth
name: kubernetes
kubernetes: "v1.37.2"
nodes: 10
hosts: 10
node_ipam_controller_cidrset_usage_cidrs{clusterCIDR="10.244.0.0/16"}
| 0.8: 204 of 256 nodes |
| nothing |
cluster DNS ` + "`10.96.0.10`", `Networks of the hosts, given
Room to grow
Fixed:
Order counts
are left |
Subnets of the nodes
Appendix
what is kept for growth
| given |`},
		{"as asked for", plan.Request{Nodes: 250, PodsPerNode: 60, NodeMaskIPv4: 25, Grow: 1, Hosts: prefixtest.List("198.51.100.0/24"), Avoid: plantest.Avoid("10.8.0.0/16"),
			Pins: plangen.Pins("services=10.96.0.0/16")}, 2, `| Networks of the hosts, given | ` + "`198.51.100.0/24`" + ` |
| Room to grow | each range can double in place once |
| Fixed: services | ` + "`10.96.0.0/16`" + ` |
| ` + "`10.8.0.0/16`" + ` | vpn | given |
| given |
` + "`--node-cidr-mask-size-ipv4=25`" + ` of kube-controller-manager on every control-plane host
` + "`maxPods`" + ` of every kubelet
; also what is kept for growth: 
### Subnets of the nodes
| node-0002 |
hosts:
- 198.51.100.0/24`, `Host addresses to find room for
Nothing was named as to be avoided
No range was named
node-0003
hosts: `},
		{"both families", plan.Request{Families: []fact.Family{fact.IPv6, fact.IPv4}, Hosts: prefixtest.List("198.51.100.0/24")}, 1, `Order counts: IPv6 comes first in every list.
| node subnets, IPv6: /64 | the default of kube-controller-manager; no flag needed |
| node subnets, IPv4: /24 | the default of kube-controller-manager; no flag needed |
| Host addresses to find room for | 10 |
| Node | IPv6 | IPv4 |
- 198.51.100.0/24`, `hosts: 10`},
		{"another mask for IPv6", plan.Request{Families: []fact.Family{fact.IPv6}, NodeMaskIPv6: 80}, 0, "`--node-cidr-mask-size-ipv6=80` of kube-controller-manager", "Order counts"},
		{"less than a tenth left", plan.Request{Nodes: 231}, 0, "| Of 256 node subnets 25 are left |", ""},
		{"enough left", plan.Request{Nodes: 230}, 0, "| chosen |", "are left |"},
	} {
		p, err := plan.New(tt.req)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var b strings.Builder
		if err := Markdown(&b, p, Options{Nodes: tt.nodes}); err != nil {
			t.Fatal(err)
		}
		for _, s := range strings.Split(tt.has, "\n") {
			if !strings.Contains(b.String(), s) {
				t.Errorf("%s: no %q in the document", tt.name, s)
			}
		}
		for _, s := range strings.Split(tt.without, "\n") {
			if s != "" && strings.Contains(b.String(), s) {
				t.Errorf("%s: %q in the document", tt.name, s)
			}
		}
	}
}

// TestMarkdownEmpty: the empty plan has no address and no risk of its own.
func TestMarkdownEmpty(t *testing.T) {
	var b strings.Builder
	if err := Markdown(&b, new(plan.Plan), Options{}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "| none | cluster DNS: ") || strings.Contains(got, "are left |") {
		t.Error(got)
	}
}

// TestMarkdownGrowth: how far each range can grow in place, what is kept for it, and how.
func TestMarkdownGrowth(t *testing.T) {
	p := plangen.New(t, plan.Request{Grow: 1, Within: prefixtest.List("10.0.0.0/8"), Pins: plangen.Pins("hosts=10.0.0.0/24 services=10.1.0.0/20 pods=10.2.0.0/16"), Avoid: plantest.Avoid("10.3.0.0/16 10.0.2.0/24")})
	var b strings.Builder
	if err := Markdown(&b, p, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Range | Prefix | Addresses | Holds | Origin |\n|---|---|---:|---|---|\n| hosts | ",
		"within:\n- 10.0.0.0/8\n",
		"\n1. Enter the ranges",
		"| hosts | `10.0.0.0/24` | `10.0.0.0/23`, 2 times the size | `10.0.0.0/23` | ",
		"| services | `10.1.0.0/20` | `10.1.0.0/16`, 16 times the size | `10.1.0.0/19` | ",
		"| pods | `10.2.0.0/16` | cannot grow | nothing | 10.3.0.0/16 (vpn)",
		"- hosts `10.0.0.0/24` can become `10.0.0.0/23` in place.\n",
		"- services `10.1.0.0/20` stays as it is; `10.1.16.0/20` next to it can be added, up to `10.1.0.0/16` in all.\n",
		"- pods `10.2.0.0/16` cannot grow in place: 10.3.0.0/16 (vpn)",
		"; also what is kept for growth: `10.0.0.0/23` for hosts, `10.1.0.0/19` for services.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
