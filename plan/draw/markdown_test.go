package draw

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

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

// mdTables returns the cells of all tables of a document that stand outside of code blocks, with the line of each row.
func mdTables(doc string) (rows [][]string) {
	fence := ""
	for line := range strings.SplitSeq(doc, "\n") {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && line == fence:
			fence = ""
		case fence == "" && strings.HasPrefix(line, "|"):
			line = strings.ReplaceAll(line, `\|`, "I") // a bar in a cell
			rows = append(rows, strings.Split(strings.Trim(line, "|"), "|"))
		}
	}
	return rows
}

// TestMarkdownCells: no cell of any table is empty, and the rows of a table have equally many.
func TestMarkdownCells(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, p *plan.Plan) {
		var b strings.Builder
		if err := Markdown(&b, p, Options{Nodes: 3}); err != nil {
			t.Fatalf("Markdown: %v", err)
		}
		rows := mdTables(b.String())
		if len(rows) < 40 {
			t.Fatalf("%d rows only", len(rows))
		}
		for i, r := range rows {
			for _, c := range r {
				if strings.TrimSpace(c) == "" {
					t.Fatalf("an empty cell in %q", r)
				}
			}
			if i > 0 && strings.HasPrefix(r[0], "---") && len(r) != len(rows[i-1]) || i > 1 && strings.HasPrefix(rows[i-1][0], "---") && len(r) != len(rows[i-1]) {
				t.Fatalf("%d cells in %q, %d in the row before", len(r), r, len(rows[i-1]))
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		p, err := plan.New(plangen.Draw(rt))
		if err != nil {
			rt.Skip("no plan:", err)
		}
		check(rt, p)
	})
	check(t, new(plan.Plan))
	// A plan made by hand, with empty texts.
	check(t, &plan.Plan{Families: []fact.Family{fact.IPv4}, Ranges: []plan.Range{{Role: fact.RolePods, Prefix: netip.MustParsePrefix("10.0.0.0/8")}},
		Warnings: []fact.Finding{{}}, Request: plan.Request{Avoid: []fact.Reservation{{}, {Prefix: netip.MustParsePrefix("10.0.0.0/8")}}}})
}

// TestMarkdownDrawing: the drawing has no letter of the input in it but names of ranges, and each line has a form that mermaid 11 was seen to parse.
func TestMarkdownDrawing(t *testing.T) {
	form := regexp.MustCompile(`^(flowchart TB|  subgraph hosts\["[a-z0-9.:/<> ]+"\]|  end|  (  )?[a-z]+[0-9]*\["[A-Za-z0-9,.:/<> -]+"\]|  [a-z]+ (-->|---)\|"[A-Za-z0-9, -]+"\| [a-z]+)$`)
	rapid.Check(t, func(rt *rapid.T) {
		p, err := plan.New(plangen.Draw(rt))
		if err != nil {
			rt.Skip("no plan:", err)
		}
		v, err := viewOf(p)
		if err != nil {
			rt.Fatal(err)
		}
		for line := range strings.SplitSeq(mdDrawing(v), "\n") {
			if !form.MatchString(line) {
				rt.Fatalf("%q", line)
			}
		}
	})
}

// TestMarkdownReview: what a reviewer looks for in the sections about alternatives, network, cost and components.
func TestMarkdownReview(t *testing.T) {
	for _, tt := range []struct {
		name      string
		req       plan.Request
		has, lack string // parts with a line break between
	}{
		{"by default", plan.Request{}, `## 4. Alternatives that were considered
| draw from ` + "`172.16.0.0/12`" + ` alone | hosts
less room: pods could become a /
| node subnets of a /25 |
| enough for 64 pods on a node with 2 addresses each, 110 are planned |
| node subnets of a /23 |
| half as many nodes fit: 128 |
| IPv6 was not asked for;
` + "```mermaid\nflowchart TB" + `
| TCP and UDP 30000-32767 |
| 1500 | 1450 | 1420 | 1500 |
| 9000 | 8950 | 8920 | 9000 |
| one ServiceCIDR object | none |
| v1.37.2 | Apache-2.0 |
| v0.28.10, and
kubeadm config images list --kubernetes-version v1.37.2
| network | no range is in use elsewhere, and all are in the address register | pending |`, "kubeadm's default |\nflannel's default |\n1430"},
		{"IPv6", plan.Request{Name: "lab", Families: []fact.Family{fact.IPv4, fact.IPv6}}, "| 1500 | 1430 | 1420 | 1500 |\n1480\n| IPv4 alone | hosts\n| both families were asked for |\n| node subnets of a /65, IPv6 |", "was not asked for"},
		{"defaults taken", plan.Request{Avoid: plantest.Avoid("10.100.0.0/16"), Within: prefixtest.List("10.0.0.0/8")},
			"| services `10.96.0.0/12`, kubeadm's default | none exist | ", "draw from `10.0.0.0/8`"},
		{"defaults outside", plan.Request{Within: prefixtest.List("172.16.0.0/12")},
			"| pods `10.244.0.0/16`, flannel's default | hosts `172.\n| outside of what is to be drawn from |\n| no better, and later in the order in which blocks are tried |", "less room"},
		{"default that cannot grow", plan.Request{Grow: 1}, "it can double not even once in place, 1 asked for: /12 is the largest service range that kubeadm takes |", ""},
		{"too small", plan.Request{Nodes: 2000}, "| draw from `192.168.0.0/16` alone | none exist | no room: ", ""},
		{"fixed", plan.Request{Kubernetes: fact.V(1, 30, 0), Hosts: prefixtest.List("198.51.100.0/24"), Pins: plangen.Pins("services=10.96.0.0/12 pods=10.244.0.0/16")},
			"| IPv4 and IPv6 | hosts \n| a new cluster, or a release from v1.33 on |\n| v1.30.0 | Apache-2.0 |", "draw from `\none ServiceCIDR object"},
	} {
		var b strings.Builder
		if err := Markdown(&b, plangen.New(t, tt.req), Options{}); err != nil {
			t.Fatal(err)
		}
		for _, s := range strings.Split(tt.has, "\n") {
			if !strings.Contains(b.String(), s) {
				t.Errorf("%s: no %q in the document", tt.name, s)
			}
		}
		for _, s := range strings.Split(tt.lack, "\n") {
			if s != "" && strings.Contains(b.String(), s) {
				t.Errorf("%s: %q in the document", tt.name, s)
			}
		}
	}
}
