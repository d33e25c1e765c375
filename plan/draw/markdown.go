package draw

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An Attachment is a file that a Markdown document ends with, such as the configuration that applies a plan. The zero
// value is a file without a title or text.
type Attachment struct {
	Title    string // of its section
	Language string // of the code block: "yaml", "sh"; "" for plain text
	Text     string
}

// Markdown writes p as a document for an architecture review: purpose, requirements, the ranges with a drawing and a map, alternatives,
// capacity and growth, what was avoided, dependencies and the order of application, operations, risks, what is permanent and what a change
// costs, the way back, components, and a table to sign, then the attachments. No cell of a table is empty.
func Markdown(w io.Writer, p *plan.Plan, o Options) error {
	v, err := viewOf(p)
	if err != nil {
		return err
	}
	b := new(printer)
	b.printf("# Address plan for the cluster %s\n\n", cmp.Or(gate.Markdown(p.Request.Name), "without a name"))
	for i, s := range mdSections() {
		b.printf("## %d. %s\n\n", i+1, s.title)
		s.write(v, b, o)
	}
	if o.From != nil {
		t := new(printer)
		textFrom(t, o.From)
		b.printf("## From the living cluster\n\n")
		b.code("", strings.TrimLeft(t.String(), "\n"))
	}
	for i, a := range o.Attachments {
		if i == 0 {
			b.printf("## Appendix: files\n\n")
		}
		b.printf("### %s\n\n", gate.Markdown(a.Title))
		b.code(a.Language, a.Text)
	}
	return b.flushTo(w)
}

// An mdSection is a section of the document.
type mdSection struct {
	title string
	write func(*view, *printer, Options)
}

// mdSections returns the sections in their order.
func mdSections() []mdSection {
	return []mdSection{
		{"Purpose", mdPurpose},
		{"Requirements", mdRequirements},
		{"Address architecture", mdArchitecture},
		{"Alternatives that were considered", mdAlternatives},
		{"Capacity and growth", mdCapacity},
		{mdAvoidedTitle, mdAvoided},
		{"Dependencies and order of application", mdDependencies},
		{"Operations", mdOperations},
		{"Risks", mdRisks},
		{"What is permanent", mdPermanent},
		{"Cost of a change", mdCost},
		{"The way back", mdRollback},
		{"Components", mdComponents},
		{"How to make this plan again", mdRequest},
		{"Sign-off", mdSignOff},
	}
}

// mdAvoidedTitle is what the section is called where others refer to it.
const mdAvoidedTitle = "What was avoided, and why"

// mdPrefixes returns prefixes as code, in a row.
func mdPrefixes(ps []netip.Prefix) string {
	var s []string
	for _, p := range ps {
		s = append(s, gate.Code(p.String()))
	}
	return strings.Join(s, ", ")
}

// mdTable writes a table with its head. right says which columns are aligned to the right. Of a plan made by hand that leaves out what a
// cell is to say, the cell says "none", and so does a table without rows.
func (b *printer) mdTable(right string, rows ...[]string) {
	if len(rows) < 2 {
		b.printf("None.\n\n")
		return
	}
	for i, r := range rows {
		for j := range r {
			r[j] = cmp.Or(strings.TrimSpace(r[j]), "none")
		}
		b.printf("| %s |\n", strings.Join(r, " | "))
		if i > 0 {
			continue
		}
		for j := range r {
			if j < len(right) && right[j] == 'r' {
				b.WriteString("|---:")
			} else {
				b.WriteString("|---")
			}
		}
		b.WriteString("|\n")
	}
	b.WriteByte('\n')
}

// code writes text as a block, fenced by more backticks than it has in a row.
func (b *printer) code(language, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	b.printf("%s%s\n%s\n%s\n\n", fence, language, strings.TrimRight(text, "\n"), fence)
}

func mdPurpose(_ *view, b *printer, _ Options) {
	b.printf("A Kubernetes cluster needs three kinds of addresses: for its hosts, for services and for pods. If two of these ranges overlap, or one overlaps\n" +
		"a network that hosts or pods must reach, traffic is lost in ways that are hard to trace, and most of what is chosen here cannot be changed after\n" +
		"installation. This document fixes the ranges, says why they were chosen and how far they carry, and what follows for installation and operation.\n\n")
}

func mdRequirements(p *view, b *printer, _ Options) {
	r := p.Request
	rows := [][]string{{"Requirement", "Value"},
		{"Kubernetes", r.Kubernetes.String()},
		{"IP families, primary first", familyWords(p)},
		{"Nodes", withSurge(r)},
		{"Pods on one node", words.Commas(r.PodsPerNode)},
		{"Addresses of a node's subnet for each pod", fmt.Sprintf("%g, so that those of ended pods are not needed again at once", r.Churn)},
		{"Services", words.Commas(r.Services)},
	}
	if len(r.Hosts) > 0 {
		rows = append(rows, []string{"Networks of the hosts, given", mdPrefixes(r.Hosts)})
	}
	if r.Cloud != "" {
		rows = append(rows, []string{"Cloud of the hosts, which keeps addresses of each subnet", gate.Markdown(r.Cloud)})
	}
	if r.HostCount > 0 {
		rows = append(rows, []string{"Host addresses to find room for", words.Commas(r.HostCount)})
	}
	rows = append(rows, []string{"To be drawn from", mdPrefixes(r.Within)})
	if r.Grow > 0 {
		rows = append(rows, []string{"Room to grow", "each range can double in place " + words.Times(r.Grow)})
	}
	for _, n := range r.Named {
		asked := "given"
		if n.Addresses > 0 {
			asked = words.Commas(n.Addresses) + " addresses"
		}
		rows = append(rows, []string{"Range of its own: " + gate.Markdown(n.Name), asked})
	}
	for _, x := range r.Pins {
		rows = append(rows, []string{"Fixed: " + string(x.Role), gate.Code(x.Prefix.String())})
	}
	b.mdTable("", rows...)
}

func mdArchitecture(p *view, b *printer, o Options) {
	b.printf("### Ranges\n\n")
	rows := [][]string{{"Range", "Prefix", "Addresses", "Holds", "Origin"}}
	for _, r := range p.Ranges {
		origin := "chosen"
		if r.Given {
			origin = "given"
		}
		rows = append(rows, []string{string(r.Role), gate.Code(r.Prefix.String()), size(r.Prefix), holds(p, r), origin})
	}
	b.mdTable("llr", rows...)
	b.printf("No range overlaps another. Addresses with a fixed meaning:\n\n")
	b.mdTable("", []string{"Address", "Meaning"},
		[]string{mdAddrs(p.APIServerServiceIPs), "service `kubernetes`, the API server as pods see it: the first of each service range, part of the API server's certificate"},
		[]string{mdAddrs(p.DNSServiceIPs), "cluster DNS: the tenth of each service range, in the configuration of every kubelet"})
	b.printf("### Why these\n\n")
	rows = [][]string{{"Range", "Size", "Place"}}
	for _, r := range p.Ranges {
		rows = append(rows, []string{string(r.Role) + " " + gate.Code(r.Prefix.String()), cmp.Or(gate.Markdown(r.Sizing), "as it is"), gate.Markdown(r.Why)})
	}
	b.mdTable("", rows...)
	b.printf("### Drawing\n\n")
	b.code("mermaid", mdDrawing(p))
	b.printf("### Map\n\n")
	m := new(printer)
	textMap(p, m)
	b.code("text", unindent(m.String()))
	if nodes := nodesOf(p, o.Nodes); len(nodes) > 0 {
		b.printf("### Subnets of the nodes\n\nThe controller manager gives each node the next free subnet when it registers. If none is deleted in between, these are:\n\n")
		rows = [][]string{{"Node"}}
		for _, f := range p.Families {
			rows[0] = append(rows[0], f.String())
		}
		for _, n := range nodes {
			row := []string{n.Name}
			for _, q := range n.PodCIDRs {
				row = append(row, gate.Code(q.String()))
			}
			rows = append(rows, row)
		}
		b.mdTable("", rows...)
	}
}

// unindent removes the first two blanks of each line, and the first line, which is a headline.
func unindent(s string) string {
	_, s, _ = strings.Cut(s, "\n")
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

func mdAddrs(as []netip.Addr) string {
	if len(as) == 0 {
		return "none"
	}
	var s []string
	for _, a := range as {
		s = append(s, gate.Code(a.String()))
	}
	return strings.Join(s, ", ")
}

func mdCapacity(p *view, b *printer, _ Options) {
	rows := [][]string{{"What", "How much"}}
	for _, f := range keyFigures(p) {
		rows = append(rows, []string{f.what, f.value})
	}
	b.mdTable("", rows...)
	b.printf("Growth in place, with everything else where it is:\n\n")
	rows = [][]string{{"Range", "Prefix", "Can become", "Kept free for it", "What stops it there"}}
	for _, r := range p.Ranges {
		g := p.RangeGrowth(r)
		into, kept := "cannot grow", "nothing"
		if g.Doublings > 0 {
			into = fmt.Sprintf("%s, %s times the size", gate.Code(g.Into.String()), cidr.FormatPow2(g.Doublings))
		}
		if g.Kept > 0 && r.Grow.IsValid() {
			kept = gate.Code(r.Grow.String())
		}
		rows = append(rows, []string{string(r.Role), gate.Code(r.Prefix.String()), into, kept, gate.Markdown(g.Limit)})
	}
	b.mdTable("", rows...)
}

func mdAvoided(p *view, b *printer, _ Options) {
	if len(p.Request.Avoid) == 0 {
		b.printf("No range was named as used by something else. Before this plan is accepted, ask the owners of VPNs, other sites, container runtimes on the\n" +
			"hosts and cloud services for their ranges, and plan again with those to be avoided.\n\n")
		return
	}
	rows := [][]string{{"Range", "Used by", "Known from"}}
	for _, r := range p.Request.Avoid {
		from := r.Source
		if from == "" {
			from = "given"
		}
		rows = append(rows, []string{gate.Code(r.Prefix.String()), gate.Markdown(r.Name), gate.Markdown(from)})
	}
	b.mdTable("", rows...)
}

func mdDependencies(p *view, b *printer, _ Options) {
	pods, services := words.JoinPrefixes(p.Pods()), words.JoinPrefixes(p.Services())
	b.printf("The same value stands in several places. Where they differ, some programs refuse to start and others fail later.\n\n")
	dns := "none"
	if len(p.DNSServiceIPs) > 0 {
		dns = p.DNSServiceIPs[0].String()
	}
	rows := [][]string{{"Value", "Must stand in"},
		{"pods " + gate.Code(pods), "`networking.podSubnet` of kubeadm, `--cluster-cidr` of kube-controller-manager on every control-plane host, `clusterCIDR` of kube-proxy, the network of flannel's `net-conf.json`"},
		{"services " + gate.Code(services), "`networking.serviceSubnet` of kubeadm, `--service-cluster-ip-range` of kube-apiserver and kube-controller-manager on every control-plane host"},
		{"cluster DNS " + gate.Code(dns), "`clusterDNS` of every kubelet, `clusterIP` of the service `kube-dns`"},
	}
	for _, f := range p.Families {
		rows = append(rows, []string{fmt.Sprintf("node subnets, %v: /%d", f, p.NodeMask(f)), maskFlagOf(p, f)})
	}
	where := "`maxPods` of every kubelet, in the KubeletConfiguration that kubeadm's file holds"
	if p.Request.PodsPerNode == plan.DefaultMaxPods {
		where = "the default of kubelet's `maxPods`; no setting needed"
	}
	rows = append(rows, []string{"pods on a node: " + words.Commas(p.Request.PodsPerNode), where})
	b.mdTable("", rows...)
	if len(p.Families) > 1 {
		b.printf("Order counts: %v comes first in every list. A node's first subnet belongs to the first pod range, and the API server's advertise address must be of the\nfirst family.\n\n", p.Families[0])
	}
	b.printf("Order of application:\n\n")
	for i, step := range []string{
		"Enter the ranges in the organisation's address register: hosts as routed, services and pods as used inside the cluster and not to be given to anybody else" + keptWords(p) + ".",
		"Set up the hosts' network " + mdPrefixes(p.Hosts()) + " with its gateway, DNS and firewall rules.",
		"Install the first control-plane host with the kubeadm configuration. Give the ranges in a file, not in part by flags: with `--config`, kubeadm takes no network flags.",
		"Apply flannel with the same pod range before the first node is expected to become ready.",
		"Join the other hosts, control plane first. All take the ranges from the cluster.",
		"Verify: each node's `spec.podCIDRs` is one of the subnets above, `/run/flannel/subnet.env` on each host names the same, and a pod resolves `kubernetes.default`.",
	} {
		b.printf("%d. %s\n", i+1, step)
	}
	b.WriteByte('\n')
}

// keptWords names what is kept free for growth, for a list of what to register.
func keptWords(p *view) string {
	var s []string
	for _, r := range p.Ranges {
		if r.Grow.IsValid() && r.Grow != r.Prefix {
			s = append(s, gate.Code(r.Grow.String())+" for "+string(r.Role))
		}
	}
	if len(s) == 0 {
		return ""
	}
	return "; also what is kept for growth: " + strings.Join(s, ", ")
}

// maskFlagOf says how a node mask is set.
func maskFlagOf(p *view, f fact.Family) string {
	mask, def := p.NodeMask(f), 24
	if f == fact.IPv6 {
		def = 64
	}
	if mask == def {
		return "the default of kube-controller-manager; no flag needed"
	}
	return fmt.Sprintf("`--node-cidr-mask-size-ipv%d=%d` of kube-controller-manager on every control-plane host", f, mask)
}

func mdOperations(p *view, b *printer, _ Options) {
	mdFirewall(p, b)
	mdRoutes(p, b)
	mdMTU(p, b)
	b.printf("### Monitoring of exhaustion\n\n")
	rows := [][]string{{"What", "Metric or sign", "Warn at"}}
	for _, f := range p.Capacity().Families {
		q, ok := p.Range(fact.RolePods, f.Family)
		if !ok {
			continue
		}
		rows = append(rows, []string{fmt.Sprintf("node subnets, %v", f.Family),
			gate.Code(fmt.Sprintf(`node_ipam_controller_cidrset_usage_cidrs{clusterCIDR="%v"}`, q.Prefix)) + " of kube-controller-manager, 0 to 1",
			fmt.Sprintf("0.8: %s of %s nodes", cidr.FormatCount(f.NodeSubnets*8/10), cidr.FormatCount(f.NodeSubnets))})
	}
	for _, q := range p.Services() {
		rows = append(rows, []string{fmt.Sprintf("services, %v", fact.FamilyOf(q)),
			gate.Code(fmt.Sprintf(`kube_apiserver_clusterip_allocator_available_ips{cidr="%v"}`, q)) + " of kube-apiserver",
			"a fifth of the range left"})
	}
	rows = append(rows,
		[]string{"a node without subnet", "event `CIDRNotAvailable`, which is of type `Normal`: filters for warnings miss it; flannel logs `pod cidr not assigned`", "the first one"},
		[]string{"addresses of a node", "pods that stay in `ContainerCreating` with `no IP addresses available in range`", "the first one"})
	b.mdTable("", rows...)
	b.printf("### How to extend\n\n")
	for _, r := range p.Ranges {
		g := p.RangeGrowth(r)
		switch {
		case g.Doublings == 0:
			b.printf("- %s %s cannot grow in place: %s.\n", r.Role, gate.Code(r.Prefix.String()), gate.Markdown(g.Limit))
		case r.Role == fact.RoleServices:
			b.printf("- %s %s stays as it is; %s next to it can be added, up to %s in all.\n",
				r.Role, gate.Code(r.Prefix.String()), gate.Code(buddy(r.Prefix)), gate.Code(g.Into.String()))
		default:
			b.printf("- %s %s can become %s in place.\n", r.Role, gate.Code(r.Prefix.String()), gate.Code(g.Into.String()))
		}
	}
	for _, x := range p.Permanence() {
		if !x.Permanent {
			b.printf("- %s: %s.\n", gate.Markdown(x.What), gate.Markdown(x.How))
		}
	}
	b.WriteByte('\n')
}

// buddy returns the neighbour with which p makes a prefix of twice its size.
func buddy(p netip.Prefix) string {
	q, _ := cidr.Buddy(p) // a range of /0 has no neighbour, and cannot grow
	return q.String()
}

func mdRisks(p *view, b *printer, _ Options) {
	rows := [][]string{{"Risk", "Consequence", "Measure"}}
	for _, f := range p.Warnings {
		var fix []string
		for _, x := range f.Fix {
			fix = append(fix, gate.Markdown(x))
		}
		rows = append(rows, []string{gate.Markdown(f.Message), cmp.Or(gate.Markdown(f.Effect), "none by itself"), cmp.Or(strings.Join(fix, "; "), "none needed")})
	}
	if len(p.Request.Avoid) == 0 {
		rows = append(rows, []string{"Nothing was named as to be avoided", "a range can be in use elsewhere, unknown to this plan", "ask the owners of the network, see \"" + mdAvoidedTitle + "\""})
	}
	c := p.Capacity()
	if c.NodesLeft*10 < c.Nodes {
		rows = append(rows, []string{fmt.Sprintf("Of %s node subnets %s are left", cidr.FormatCount(c.Nodes), cidr.FormatCount(c.NodesLeft)),
			"with growth beyond the request, nodes stay without pods", "monitor, and extend the pod range in time"})
	}
	rows = append(rows,
		[]string{"A host gets an address in a pod or service range, by DHCP or a new network", "it cannot be reached from pods, or pods not from it", "enter the ranges in the address register before anything else"},
		[]string{"Control-plane hosts are configured by hand and differ", "nodes get subnets of another range after a change of leader, or kube-controller-manager exits", "change settings on all control-plane hosts at the same time, and compare the files afterwards"})
	b.mdTable("", rows...)
}

func mdPermanent(p *view, b *printer, _ Options) {
	rows := [][]string{{"What", "Value", "After installation", "Why, or how"}}
	for _, x := range p.Permanence() {
		when := "can be changed"
		if x.Permanent {
			when = "**permanent**"
		}
		how := gate.Markdown(x.How)
		if x.Source != "" {
			how += " (" + gate.Markdown(x.Source) + ")"
		}
		rows = append(rows, []string{gate.Markdown(x.What), gate.Markdown(x.Value), when, how})
	}
	b.mdTable("", rows...)
}

// mdRequest writes the request in the form of a request file, so that the plan can be made again.
func mdRequest(p *view, b *printer, _ Options) {
	b.printf("The same request gives the same plan:\n\n")
	y := new(printer)
	for _, k := range plan.RequestKeys() {
		values := p.Request.Values(k.Name)
		switch {
		case len(values) == 0:
		case k.Name == "hosts" && len(p.Request.Hosts) == 0, k.Name == "held" && len(p.Request.Held) == 0, k.Arg == "N", k.Arg == "X", k.Arg == "BITS":
			y.printf("%s: %s\n", k.Name, values[0])
		case !k.List:
			y.printf("%s: %s\n", k.Name, yamlScalar(values[0]))
		default:
			y.printf("%s:\n", k.Name)
			for _, v := range values {
				y.printf("- %s\n", yamlScalar(v))
			}
		}
	}
	b.code("yaml", y.String())
	b.printf("If the request changes later, pins keep the ranges where they are, or say that it cannot be met with them:\n\n")
	y.Reset()
	y.WriteString("pin:\n")
	for _, x := range p.Pins() {
		y.printf("- %s\n", yamlScalar(x.String()))
	}
	for _, f := range p.Families {
		y.printf("%s: %d\n", maskKey(f), p.NodeMask(f))
	}
	b.code("yaml", y.String())
}
