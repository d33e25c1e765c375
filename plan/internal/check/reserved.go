package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleReservedOverlap = rule{
	rank: 650,
	about: fact.Rule{
		ID: fact.RuleReservedOverlap, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "Pod or service range overlaps a range that something else uses",
		Cause:  "A VPN, another site, another cluster.",
		Effect: "One of the two cannot be reached from the other.",
		Mend:   "choose another range",
		Source: "the statement that names the range",
	},
	find: (*checker).reservedOverlap,
}

var ruleDockerBridgeOverlap = rule{
	rank: 640,
	about: fact.Rule{
		ID: fact.RuleDockerBridgeOverlap, Severity: fact.Warning, Also: []fact.Severity{fact.Error}, Disturbs: fact.DisturbsNodes,
		Title:  "Pod or service range overlaps docker0, 172.17.0.0/16 by default",
		Cause:  "A range from 172.16.0.0/12 taken without looking.",
		Effect: "On hosts with Docker the bridge takes the traffic for those addresses.",
		Mend:   "choose another range, or set \"bip\" in /etc/docker/daemon.json",
		Source: "github.com/moby/moby, default bridge network",
	},
	by: fact.RuleReservedOverlap,
}

// reservedOverlap: pods or services lie where something else lives.
func (c *checker) reservedOverlap() {
	docker := &fact.Statement{Component: "docker", Role: fact.RoleReserved, Name: fact.NameDocker, Key: "docker0", Text: "docker0", Default: true, Prefixes: []netip.Prefix{Docker0()}}
	reserved := slices.Clone(c.view.reserved)
	if !slices.ContainsFunc(reserved, func(s *fact.Statement) bool {
		return s.Name == fact.NameDocker0 || s.Name == fact.NameDocker && s.Component != fact.Host
	}) && !c.noDocker() {
		reserved = append(reserved, docker)
	}
	reserved, more := sameOnHosts(reserved)
	ranges := c.podsInUse()
	roles := make([]string, len(ranges))
	for i := range roles {
		roles[i] = "pod"
	}
	if !c.assumed {
		for _, s := range c.services {
			ranges, roles = append(ranges, s), append(roles, "service")
		}
	}
	for _, r := range reserved {
		if r.Overridden {
			continue
		}
		for _, rp := range maskedPrefixes(r) {
			for i, h := range ranges {
				if !h.p.Overlaps(rp) || h.s == r {
					continue
				}
				f := fact.Finding{Rule: fact.RuleReservedOverlap, Args: args(roles[i]+"s", h, "reserved", rp, argHost, h.s.Host, argHost, r.Host), Where: []fact.Place{h.place(roles[i] + "s " + h.text()), placeOf(r, "reserved "+rp.String())}}
				name := cmp.Or(strings.TrimSpace(strings.Replace(r.Text, rp.String(), "", 1)), r.Key, string(r.Component))
				from := " (" + name + ")"
				if isDocker(r) {
					f.Rule = fact.RuleDockerBridgeOverlap
					if roles[i] == "pod" && c.bridgeInUse(r, rp, h) {
						f.Severity = fact.Error
					}
					from = " (docker0)"
					if r.Default {
						from = " (docker0, Docker's default bridge, since no file says otherwise)"
					}
					f.Fix = []string{
						fmt.Sprintf("choose a %s range outside %v, or give docker0 another range on every host that runs Docker: \"bip\" in /etc/docker/daemon.json", roles[i], rp),
					}
				} else {
					f.Fix = []string{fmt.Sprintf("choose a %s range outside %v, or free that range", roles[i], rp)}
				}
				f.Message = fmt.Sprintf("the %s range %s overlaps %v%s", roles[i], h.says(), rp, from)
				f.Where = append(f.Where, cutPlaces(more[r])...)
				c.add(f)
			}
		}
	}
}

var ruleKnownRangeOverlap = rule{
	rank: 660,
	about: fact.Rule{
		ID: fact.RuleKnownRangeOverlap, Severity: fact.Info, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsNothing,
		Title:  "Pod or service range overlaps a range that popular software takes by default",
		Cause:  "libvirt, Podman or further networks of Docker on the hosts, with their defaults.",
		Effect: "On a host where it runs, traffic for those addresses stays on that host.",
		Mend:   "choose another range, or move that software",
		Source: "the atlas of package cidr, each entry with its own source",
	},
	find: (*checker).knownOverlap,
}

// knownOverlap: pods or services lie where popular software lives by default, on hosts that run it. Nothing shows that they do.
func (c *checker) knownOverlap() {
	type pair struct {
		h    held
		role string
	}
	var ranges []pair
	for _, h := range c.claimedPods() {
		ranges = append(ranges, pair{h, "pod"})
	}
	if !c.assumed {
		for _, h := range c.services {
			ranges = append(ranges, pair{h, "service"})
		}
	}
	for _, r := range ranges {
		var uses []string
		for _, u := range LocalDefaults() {
			if u.Prefix != Docker0() && u.Prefix.Overlaps(r.h.p) {
				uses = append(uses, fmt.Sprintf("%v of %s", u.Prefix, u.Name))
			}
		}
		if len(uses) == 0 || r.h.s.Default {
			continue
		}
		c.add(fact.Finding{
			Rule: fact.RuleKnownRangeOverlap, Args: args(r.role+"s", r.h), Severity: fact.Info, Where: []fact.Place{r.h.place(r.role + "s " + r.h.text())},
			Message: fmt.Sprintf("the %s range %s overlaps what other software takes by default where it runs: %s", r.role, r.h.says(), words.NameList(uses)),
		})
	}
}

// bridgeInUse reports whether docker0 was seen on a host of the cluster with more than a node's subnet of the pods: its containers, and
// the bridge itself, have addresses that pods of some node get. As a pods' bridge it has no more than its node's subnet.
func (c *checker) bridgeInUse(s *fact.Statement, p netip.Prefix, pods held) bool {
	return s.Component == fact.Host && !s.Default && p.Bits() < c.nodeMaskIn(target{pods, "pod"}) && !c.holdsOwn(s.Host, p)
}

func isDocker(s *fact.Statement) bool {
	return s.Name == fact.NameDocker || s.Name == fact.NameDocker0
}

var ruleSpecialRange = rule{
	rank: 460,
	about: fact.Rule{
		ID: fact.RuleSpecialRange, Severity: fact.Error, Disturbs: fact.DisturbsCluster,
		Title:  "A range that no pod or service can use: loopback, link-local, multicast",
		Cause:  "A typo, or a range taken from elsewhere.",
		Effect: "Hosts do not forward such addresses.",
		Mend:   "use a private range",
		Source: "RFC 6890 and the IANA special-purpose address registries",
	},
	find: (*checker).specialRanges,
}

var rulePublicRange = rule{
	rank: 670,
	about: fact.Rule{
		ID: fact.RulePublicRange, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "A cluster range is not private address space",
		Cause:  "A typo (172.32, 192.169), or a range taken from an example.",
		Effect: "The owners of those addresses cannot be reached from the cluster.",
		Mend:   "use 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8",
		Source: "RFC 1918, RFC 4193, RFC 6598",
	},
	by: fact.RuleSpecialRange,
}

// specialRanges: ranges that are public, or that no address of a pod or service can come from.
func (c *checker) specialRanges() {
	pods := c.claimedPods()
	check := func(h held, role string) {
		if h.p.Bits() == 0 {
			return
		}
		if kind := Special(h.p); kind != "" {
			c.add(fact.Finding{
				Rule: fact.RuleSpecialRange, Args: args(role+"s", h), Severity: fact.Error, Where: []fact.Place{h.place(role + "s " + h.text())},
				Message: fmt.Sprintf("the %s range %s overlaps addresses for another purpose: %s", role, h.says(), kind),
			})
			return
		}
		if IsPrivate(h.p) {
			return
		}
		f := fact.Finding{Rule: fact.RulePublicRange, Args: args(role+"s", h, argHost, h.s.Host), Where: []fact.Place{h.place(role + "s " + h.text())}}
		f.Fix = []string{"use a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"}
		if fact.FamilyOf(h.p) == fact.IPv6 {
			f.Fix = []string{"use a range of fd00::/8, or of a prefix that is routed to you"}
		}
		if r, ok := cidr.Special(h.p); ok {
			switch r.Kind {
			case cidr.KindShared, cidr.KindBenchmarking, cidr.KindReserved:
				return // not private by name, and nobody's on the Internet
			case cidr.KindDocumentation:
				f.Message = fmt.Sprintf("the %s range %s is not private address space: %v is set aside for documentation (%s) and may be left over from an example", role, h.says(), r.Prefix, r.RFC)
				f.Effect = "it works inside the cluster; filters elsewhere drop such addresses"
				c.add(f)
				return
			}
		}
		space := "RFC 1918: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"
		if fact.FamilyOf(h.p) == fact.IPv6 {
			space = "RFC 4193: fc00::/7"
		}
		f.Message = fmt.Sprintf("the %s range %s is not private address space (%s); %v to %v may belong to somebody on the Internet", role, h.says(), space, h.p.Addr(), cidr.Last(h.p))
		if fact.FamilyOf(h.p) == fact.IPv6 {
			f.Effect = "fine where this is your own prefix, routed to the cluster; otherwise its real owner cannot be reached"
		}
		c.add(f)
	}
	for _, h := range pods {
		check(h, "pod")
	}
	for _, h := range c.services {
		if !h.s.Default {
			check(h, "service")
		}
	}
}
