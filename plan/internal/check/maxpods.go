package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleMaxPodsOverNodeRange = rule{
	rank:    550,
	changes: []fact.Component{fact.Kubelet, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleMaxPodsOverNodeRange, Severity: fact.Warning, Disturbs: fact.DisturbsComponent,
		Title:  "maxPods of the kubelet exceeds the addresses of a node's subnet",
		Cause:  "A longer node mask, or a raised maxPods.",
		Effect: "Pods beyond the addresses stay in ContainerCreating: \"no IP addresses available in range set\".",
		Mend:   "lower maxPods, or use a shorter node mask",
		Source: "github.com/containernetworking/plugins plugins/ipam/host-local/backend/allocator/range.go",
	},
	find: (*checker).maxPods,
}

// A podRoom is the IPv4 subnet of a node that limits its pods, and who says so.
type podRoom struct {
	bits int
	at   *fact.Statement
	node string // that holds it, "" for what a node would get
	text string // "node a holds 10.244.0.0/25"
}

// maxPods: a kubelet takes more pods than its node's subnet has addresses.
func (c *checker) maxPods() {
	if c.ownIPAM() {
		return
	}
	room := c.smallestRoom()
	if room.bits == 0 {
		return
	}
	type group struct {
		s     *fact.Statement
		hosts []string
		room  podRoom
	}
	var groups []*group
	said := false
	for _, k := range c.kubelets {
		s := k.set[fact.SettingMaxPods]
		if s == nil || s.Err != nil || s.Int <= 0 {
			continue
		}
		said = true
		own := room
		if n := c.byName[k.host]; n != nil {
			own = n.room()
		}
		if own.bits == 0 || s.Int <= Usable(fact.IPv4, own.bits) {
			continue
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return g.s.Int == s.Int && g.room.bits == own.bits })
		if i < 0 {
			groups = append(groups, &group{s: s, room: own})
			i = len(groups) - 1
		}
		if k.host != "" {
			groups[i].hosts = append(groups[i].hosts, k.host)
			continue
		}
		for _, n := range c.nodes { // what all nodes say, or one configuration for all
			if slices.ContainsFunc(n.subs, func(h held) bool { return h.p.Addr().Is4() && Usable(fact.IPv4, h.p.Bits()) < s.Int }) {
				groups[i].hosts = append(groups[i].hosts, n.name)
			}
		}
	}
	for _, g := range groups {
		c.tooManyPods(g.s, g.room, g.hosts)
	}
	if !said && Usable(fact.IPv4, room.bits) < 110 {
		c.tooManyPods(&fact.Statement{Component: fact.Kubelet, Role: fact.RoleSetting, Setting: fact.SettingMaxPods, Key: "maxPods", Int: 110, Default: true}, room, nil)
	}
}

// smallestRoom returns the smallest IPv4 subnet that a node has or would get, the zero podRoom where there is none.
func (c *checker) smallestRoom() podRoom {
	var least podRoom
	consider := func(f fact.Family, r podRoom) {
		if f == fact.IPv4 && r.bits > least.bits {
			least = r
		}
	}
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, h := range k.pods {
			f := fact.FamilyOf(h.p)
			m, ms := k.mask(f)
			if m >= h.p.Bits() && m <= 32 {
				consider(f, podRoom{bits: m, at: cmp.Or(ms, h.s), text: fmt.Sprintf("node subnets are /%d (%s)", m, maskNote(f, ms))})
			}
		}
	}
	for _, n := range c.nodes {
		for _, h := range n.subs {
			consider(fact.FamilyOf(h.p), n.roomOf(h))
		}
	}
	return least
}

func (n *nodeView) roomOf(h held) podRoom {
	return podRoom{bits: h.p.Bits(), at: h.s, node: n.name, text: fmt.Sprintf("node %s holds %s", n.name, h.text())}
}

// room returns the node's own IPv4 subnet, the last of several, the zero podRoom where it holds none.
func (n *nodeView) room() podRoom {
	var r podRoom
	for _, h := range ofFamily(n.subs, fact.IPv4) {
		r = n.roomOf(h)
	}
	return r
}

func (c *checker) tooManyPods(s *fact.Statement, room podRoom, hosts []string) {
	f := fact.Finding{Rule: fact.RuleMaxPodsOverNodeRange, Subjects: hosts}
	bits := room.bits
	f.Args = args("maxPods", s.Int, "bits", bits, "room", Usable(fact.IPv4, bits), argNode, room.node)
	def := ""
	if s.Default {
		def = " (the kubelet's default, since no file says otherwise)"
	}
	f.Message = fmt.Sprintf("maxPods is %d%s, but %s, and a /%d has room for %d pods: 2^(32-%d) = %d addresses, %d without network and broadcast, and one of those is the gateway's",
		s.Int, def, room.text, bits, Usable(fact.IPv4, bits), bits, 1<<(32-bits), max(0, 1<<(32-bits)-2))
	if hosts = mergeNames(nil, hosts); len(hosts) > 1 || len(hosts) == 1 && hosts[0] != room.node {
		f.Message += " (" + words.NameList(hosts) + ")"
		f.Args = append(f.Args, args(argHost, hosts)...)
	}
	f.Where = []fact.Place{placeOf(s, fmt.Sprintf("maxPods %d", s.Int))}
	if room.at != nil {
		f.Where = append(f.Where, placeOf(room.at, room.text))
	}
	need := bits
	for need > 8 && Usable(fact.IPv4, need) < s.Int {
		need--
	}
	flag := fmt.Sprintf("--node-cidr-mask-size=%d", need)
	for _, k := range c.controllers {
		flag = maskFlag(fact.IPv4, k, need)
	}
	f.Fix = []string{
		fmt.Sprintf("set maxPods: %d or less in the kubelet configuration (/var/lib/kubelet/config.yaml, and the kubelet-config ConfigMap), and restart the kubelets", Usable(fact.IPv4, bits)),
		fmt.Sprintf("or give nodes that are registered from now on a /%d: %s", need, flag),
	}
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}

// Usable returns how many pods a subnet of length bits can hold behind a bridge with a gateway: the network address, the
// gateway and, for IPv4, the broadcast address are none. containernetworking/plugins host-local range.go.
func Usable(f fact.Family, bits int) int {
	n := f.Bits() - bits
	if n > 30 {
		return 1 << 30
	}
	if n < 2 {
		return 0
	}
	if f == fact.IPv4 {
		return 1<<n - 3
	}
	return 1<<n - 2
}
