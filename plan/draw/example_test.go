package draw_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A lab in one /22: what goes where?
func ExampleText() {
	p, err := plan.New(plan.Request{
		Name: "lab", Nodes: 3, PodsPerNode: 30, Services: 50,
		Within: []netip.Prefix{cidr.MustParse("10.20.0.0/22")},
		Avoid:  []plan.Reservation{{Prefix: cidr.MustParse("10.20.1.0/25"), Name: "vpn"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := draw.Text(&b, p, draw.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	head, _, _ := bytes.Cut(b.Bytes(), []byte("\nNumbers\n"))
	fmt.Printf("%s", head)
	// Output:
	// Plan for "lab": 3 nodes, 30 pods on each, 50 services, IPv4, Kubernetes v1.37.2
	//
	// Ranges
	//             RANGE           ADDRESSES  HOLDS                    ROOM TO GROW
	//   hosts     10.20.2.0/24          256  253 hosts                10.20.2.0/23
	//   services  10.20.1.128/26         64  62 services              10.20.1.128/25
	//   pods      10.20.0.0/24          256  4 nodes with a /26 each  -
	//
	// Address space
	//   10.20.0.0/22, each cell a /26
	//                +0      +0.0.2.0
	//     10.20.0.0  PPPPXXS.HHHH....
	//
	//     10.20.0.0/24    256  pods
	//     10.20.1.0/25    128  reserved: vpn
	//     10.20.1.128/26   64  services
	//     10.20.1.192/26   64  free
	//     10.20.2.0/24    256  hosts
	//     10.20.3.0/24    256  free
	//
	//   H hosts  S services  P pods  + kept for growth  X reserved  . free
	//   small letters: a part of the cell; *: several in one cell
}

// What an installer in another language reads.
func ExampleYAML() {
	p, err := plan.New(plan.Request{Families: []fact.Family{fact.IPv4, fact.IPv6}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := draw.YAML(&b, p, draw.Options{Nodes: 1}); err != nil {
		fmt.Println(err)
		return
	}
	head, _, _ := bytes.Cut(b.Bytes(), []byte("capacity:"))
	fmt.Printf("%s", head)
	// Output:
	// name: kubernetes
	// kubernetes: "v1.37.2"
	// families:
	// - IPv4
	// - IPv6
	// hosts:
	// - 10.0.0.0/24
	// - fd01:6d86:e7ae::/64
	// services:
	// - 10.96.0.0/12
	// - fd01:6d86:e7ae:4000::/112
	// pods:
	// - 10.244.0.0/16
	// - fd01:6d86:e7ae:8000::/56
	// nodeMask:
	//   ipv4: 24
	//   ipv6: 64
	// apiServerServiceIPs:
	// - 10.96.0.1
	// - "fd01:6d86:e7ae:4000::1"
	// dnsServiceIPs:
	// - 10.96.0.10
	// - "fd01:6d86:e7ae:4000::a"
}

// Which node gets which subnet, for a program that sets routes?
func ExampleJSON() {
	p, err := plan.New(plan.Request{Nodes: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := draw.JSON(&b, p, draw.Options{Nodes: 3}); err != nil {
		fmt.Println(err)
		return
	}
	var doc struct {
		Nodes []struct {
			Name     string
			PodCIDRs []netip.Prefix
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range doc.Nodes {
		fmt.Println(n.Name, n.PodCIDRs[0])
	}
	// Output:
	// node-0001 10.244.0.0/24
	// node-0002 10.244.1.0/24
	// node-0003 10.244.2.0/24
}

// What does the document for the architecture review cover?
func ExampleMarkdown() {
	p, err := plan.New(plan.Request{Name: "north"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := draw.Markdown(&b, p, draw.Options{Nodes: 3}); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "#") {
			fmt.Print(line)
		}
	}
	// Output:
	// # Address plan for the cluster north
	// ## 1. Purpose
	// ## 2. Requirements
	// ## 3. Address architecture
	// ### Ranges
	// ### Why these
	// ### Drawing
	// ### Map
	// ### Subnets of the nodes
	// ## 4. Alternatives that were considered
	// ## 5. Capacity and growth
	// ## 6. What was avoided, and why
	// ## 7. Dependencies and order of application
	// ## 8. Operations
	// ### Firewall
	// ### Routes
	// ### MTU
	// ### Monitoring of exhaustion
	// ### How to extend
	// ## 9. Risks
	// ## 10. What is permanent
	// ## 11. Cost of a change
	// ## 12. The way back
	// ## 13. Components
	// ## 14. How to make this plan again
	// ## 15. Sign-off
}

// A picture for the wiki.
func ExampleSVG() {
	p, err := plan.New(plan.Request{Name: "north"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := draw.SVG(&b, p, draw.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	_, title, _ := strings.Cut(b.String(), "<title id=\"title\">")
	title, _, _ = strings.Cut(title, "</title>")
	fmt.Println(html.UnescapeString(title))
	// Output:
	// Plan for "north": 10 nodes, 110 pods on each, 1,000 services, IPv4, Kubernetes v1.37.2
}

// How much is still free around a cluster?
func ExampleMap() {
	p, err := plan.New(plan.Request{Within: []netip.Prefix{cidr.MustParse("10.0.0.0/8")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, area := range draw.Map(p, fact.IPv4) {
		for _, s := range area.Segments {
			if s.Kind == draw.SegmentFree {
				fmt.Println(s.First, "to", s.Last)
			}
		}
	}
	// Output:
	// 10.0.1.0 to 10.95.255.255
	// 10.112.0.0 to 10.243.255.255
	// 10.245.0.0 to 10.255.255.255
}
