package draw

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// mdDrawing returns who talks to whom as a flowchart of mermaid, which GitHub and GitLab draw. Its labels hold prefixes and numbers alone.
func mdDrawing(p *view) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	list := func(role fact.Role) string {
		var s []string
		for _, r := range p.Ranges {
			if r.Role == role {
				s = append(s, r.Prefix.String())
			}
		}
		if len(s) > 4 {
			s = append(s[:3], fmt.Sprintf("and %d more", len(s)-3))
		}
		if len(s) == 0 {
			return "none"
		}
		return strings.Join(s, "<br>")
	}
	var masks []string
	for _, f := range p.Families {
		masks = append(masks, fmt.Sprintf("/%d", p.NodeMask(f)))
	}
	line("flowchart TB")
	line(`  outside["clients and load balancers"]`)
	line(`  subgraph hosts["hosts<br>%s"]`, list(fact.RoleHosts))
	line(`    control["control plane"]`)
	line(`    nodes["%s"]`, words.Plural(p.Request.Nodes, "node"))
	line("  end")
	line(`  services["services<br>%s"]`, list(fact.RoleServices))
	line(`  pods["pods<br>%s<br>of these %s for each node"]`, list(fact.RolePods), strings.Join(append(masks, "none")[:max(1, len(masks))], " and "))
	seen := map[fact.Role]bool{}
	for i, r := range p.Named() {
		if !seen[r.Role] {
			line(`  named%d["%s<br>%s"]`, i, r.Role, list(r.Role))
		}
		seen[r.Role] = true
	}
	line(`  outside -->|"TCP 6443"| control`)
	line(`  outside -->|"node ports 30000-32767"| nodes`)
	line(`  control -->|"TCP 10250"| nodes`)
	line(`  nodes ---|"flannel, UDP 8472 between hosts"| pods`)
	line(`  pods -->|"use"| services`)
	b.WriteString(`  services -->|"kube-proxy, on each node"| pods`)
	return b.String()
}

// mdFirewall says what has to pass between whom. Ports: cmd/kubeadm/app/constants and pkg/cluster/ports of v1.37.2; node ports are the default of
// kube-apiserver's --service-node-port-range; flannel's are those of its backends, v0.28.10.
func mdFirewall(p *view, b *printer) {
	pods, services, hosts := orNone(mdPrefixes(p.Pods())), orNone(mdPrefixes(p.Services())), orNone(mdPrefixes(p.Hosts()))
	b.printf("### Firewall\n\n")
	b.mdTable("",
		[]string{"From", "To", "Port", "Why"},
		[]string{"hosts, clients", "control-plane hosts", "TCP 6443", "API server; pods reach it at the same port by the hosts' addresses"},
		[]string{"control-plane hosts", "each other", "TCP 2379-2380", "etcd"},
		[]string{"control-plane hosts", "hosts", "TCP 10250", "kubelet; metrics-server, a pod, asks there too"},
		[]string{"hosts " + hosts, "hosts", "UDP 8472", "flannel's VXLAN, which carries all traffic between pods of different hosts; with `host-gw` allow " + pods + " between hosts instead, with `wireguard` UDP 51820 and, for IPv6, 51821"},
		[]string{"clients, load balancers", "hosts", "TCP and UDP 30000-32767", "node ports of services, where services of type NodePort or LoadBalancer are used; the range is `--service-node-port-range` of kube-apiserver"},
		[]string{"load balancers", "hosts", "TCP 10256; with `externalTrafficPolicy: Local` the service's `healthCheckNodePort`", "whether a host takes traffic: kube-proxy answers"},
		[]string{"clients", "addresses of load balancers", "those of the services", "no pool is part of this plan; take one outside of " + pods + ", " + services + " and all that is avoided, and route it as the load balancer asks"},
		[]string{"pods " + pods, "hosts and what they reach", "as needed", "outside of the cluster, traffic of pods carries the address of their host"},
		[]string{"hosts", "name servers, time, image registries", "TCP and UDP 53, UDP 123, TCP 443", "installation and images; cluster DNS passes on what it does not know"},
		[]string{"anywhere outside", "services " + services, "none", "service addresses exist on the nodes alone; drop them at the edge, so that mistakes show"},
		[]string{"anywhere outside", "control-plane hosts", "none but TCP 6443", "kube-controller-manager (10257) and kube-scheduler (10259) listen on the loopback as kubeadm sets them up"})
}

func mdRoutes(p *view, b *printer) {
	b.printf("### Routes\n\n")
	b.mdTable("",
		[]string{"Network", "Route"},
		[]string{"hosts " + orNone(mdPrefixes(p.Hosts())), "as every network of hosts"},
		[]string{"pods " + orNone(mdPrefixes(p.Pods())), "none with VXLAN. With `host-gw` each host routes every node's subnet to that node, all in one layer-2 network; other routers need none as long as pods leave with the address of their host"},
		[]string{"services " + orNone(mdPrefixes(p.Services())), "none, anywhere"},
		[]string{"addresses of load balancers", "to the load balancer, or by its own announcements; none is part of this plan"})
}

// orNone says "none" of an empty list.
func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Bytes that flannel's backends take from the MTU of the hosts: VXLAN over IPv4 and over IPv6 (outer Ethernet 14, IP 20 or 40, UDP 8, VXLAN
// 8), WireGuard for either (IP 40, UDP 8, WireGuard 32). pkg/backend/vxlan and pkg/backend/wireguard, v0.28.10.
const (
	mtuVXLAN     = 50
	mtuVXLANIPv6 = 70
	mtuWireGuard = 80
)

// mdMTU says how large the packets of pods can be.
func mdMTU(p *view, b *printer) {
	b.printf("### MTU\n\n")
	ipv6 := slices.Contains(p.Families, fact.IPv6)
	vxlan := mtuVXLAN
	if ipv6 {
		vxlan = mtuVXLANIPv6
	}
	rows := [][]string{{"MTU of the hosts' links", "Pods with VXLAN", "Pods with WireGuard", "Pods with `host-gw`"}}
	for _, link := range []int{1500, 9000} {
		rows = append(rows, []string{fmt.Sprint(link), fmt.Sprint(link - vxlan), fmt.Sprint(link - mtuWireGuard), fmt.Sprint(link)})
	}
	b.mdTable("rrrr", rows...)
	b.printf("flannel takes the MTU from the hosts' interface and writes what is left for pods to `/run/flannel/subnet.env`. All links between hosts must carry the\n" +
		"hosts' MTU; a tunnel, a VPN or a cloud network of less shows as connections that hang once they carry much. Let ICMP \"fragmentation needed\" and\n" +
		"ICMPv6 \"packet too big\" pass.")
	if ipv6 {
		b.printf(" VXLAN over IPv6 takes %d bytes, and flannel reckons with %d: set `MTU` in its backend to the links' MTU less %d, 1480\n"+
			"for 1500, so that pods get what fits.", mtuVXLANIPv6, mtuVXLAN, mtuVXLANIPv6-mtuVXLAN)
	}
	b.printf("\n\n")
}
