package distro

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
)

// refused adds something at which the installer stops.
func (c *Cluster) refused(id, says, src, message string, at ...*Value) {
	c.problem(Problem{ID: id, Refused: true, Says: says, Source: src, Message: message}, at)
}

// breaks adds something that the installer takes and that does not work.
func (c *Cluster) breaks(id, src, message, fix string, at ...*Value) {
	c.problem(Problem{ID: id, Harmful: true, Source: src, Message: message, Fix: fix}, at)
}

// notes adds something that is worth knowing.
func (c *Cluster) notes(id, src, message string, at ...*Value) {
	c.problem(Problem{ID: id, Source: src, Message: message}, at)
}

// sameRules are the rules of package plan that find the same fault from the values, by what follows the name of the
// installer in the ID of a problem.
var sameRules = []struct{ id, rule string }{
	{"two-of-a-family", "too-many-ranges"}, {"one-range", "too-many-ranges"}, {"one-block", "too-many-ranges"},
	{"one-each", "too-many-ranges"}, {"two-families", "too-many-ranges"}, {"dual", "too-many-ranges"},
	{"families", "ip-family-mismatch"}, {"family-order", "ip-families-differ"}, {"ipv4-first", "ip-families-differ"},
	{"mask-too-far", "node-mask-too-far"}, {"mask-shorter", "node-mask-too-short"}, {"host-bits", "cidr-host-bits-set"},
	{"services-too-large", "service-range-too-large"}, {"ipv6-services-too-large", "service-range-too-large"},
	{"dual-services-too-large", "service-range-too-large"}, {"pods-in-services", "pod-service-overlap"},
	{"pods-services", "pod-service-overlap"}, {"pods-hosts", "host-pod-overlap"},
	{"services-hosts", "host-service-overlap"}, {"services-vpc", "host-service-overlap"},
	{"services-differ", "service-range-mismatch"}, {"malformed", "cidr-malformed"},
	{"internal-subnet", "reserved-range-overlap"}, {"endpoint", "host-pod-overlap"},
}

// sameRule returns the rule of package plan that finds the same, "" for none.
func (c *Cluster) sameRule(id string) string {
	for _, name := range []string{c.Installer + "-", "k0s-"} { // k0sctl has the rules of k0s
		rest, ok := strings.CutPrefix(id, name)
		for _, r := range sameRules {
			if ok && r.id == rest {
				return r.rule
			}
		}
	}
	return ""
}

func (c *Cluster) problem(p Problem, at []*Value) {
	p.Rule = c.sameRule(p.ID)
	for _, v := range at {
		if v != nil {
			p.Where = append(p.Where, v.Pos)
		}
	}
	if len(p.Where) == 0 {
		p.Where = []Position{c.Pos}
	}
	c.Problems = append(c.Problems, p)
}

// refuseText notes values that are neither ranges nor addresses nor numbers. That the text cannot be read is told by
// Value.Err; this
// says whether the installer itself stops at it.
func (c *Cluster) refuseText() {
	if !c.checks(ChecksText) {
		return
	}
	for i := range c.Values {
		v := &c.Values[i]
		if v.Err != nil && !v.Ignored && !v.Overridden && v.Program == "" && (v.Role == Pods || v.Role == Services) {
			c.problem(Problem{ID: c.Installer + "-malformed", Refused: true, Told: true,
				Message: fmt.Sprintf("%s: %v", v.Key, v.Err)}, []*Value{v})
		}
	}
}

// refuseMasks tells of masks that are no length of the family, and of those that are shorter than a pod range in
// another
// file: the checker compares what stands in one.
func (c *Cluster) refuseMasks() {
	if c.Allocator == OwnIPAM || c.Allocator == CloudIPAM || c.in.Through == ThroughNothing {
		return
	}
	for _, pods := range c.of(Pods, ControllerManager) {
		for _, p := range pods.Prefixes[:min(len(pods.Prefixes), 2)] {
			m := c.maskFor(p)
			switch {
			case m == nil || m.Default:
			case m.Int > p.Addr().BitLen():
				c.breaks(c.Installer+"-mask-no-length", "pkg/controller/nodeipam/ipam/cidrset",
					fmt.Sprintf("%s %d: a subnet of %v has a length of at most %d", m.Key, m.Int, p, p.Addr().BitLen()),
					"take a mask between the two", m, pods)
			case m.Int < p.Bits() && m.Pos.File != pods.Pos.File:
				c.breaks(c.Installer+"-mask-of-another-file", "pkg/controller/nodeipam/ipam/cidrset",
					fmt.Sprintf("%s %d: a node's subnet is larger than the whole pod range %v", m.Key, m.Int, p),
					"take a mask that is longer than the range", m, pods)
			}
		}
		if len(pods.Prefixes) > 0 {
			return
		}
	}
}

// checks reports whether the installer looks at something itself.
func (c *Cluster) checks(what Check) bool {
	for _, k := range c.in.Checks {
		if k == what {
			return true
		}
	}
	return false
}

// refuseFamilies refuses pods and services of different families, for installers that compare them.
func (c *Cluster) refuseFamilies(id, says, src string) bool {
	pods, services := c.prefixes(Pods), c.prefixes(Services)
	if len(pods) == 0 || len(services) == 0 {
		return false
	}
	p4, p6 := families(pods)
	s4, s6 := families(services)
	if p4 == s4 && p6 == s6 {
		return false
	}
	p, s := c.first(Pods), c.first(Services)
	c.refused(id, says, src, fmt.Sprintf("pods %s are %s, and services %s are %s", p.Text, familyWords(p4, p6), s.Text,
		familyWords(s4, s6)), p, s)
	return true
}

func familyWords(v4, v6 bool) string {
	switch {
	case v4 && v6:
		return "dual-stack"
	case v6:
		return "IPv6"
	}
	return "IPv4"
}

// twoOfOne returns a value with two ranges of one family, nil where each has one at most.
func (c *Cluster) twoOfOne(role Role) *Value {
	for _, v := range c.of(role, "") {
		n4, n6 := 0, 0
		for _, p := range v.Prefixes {
			if ipnet.Is4(p) {
				n4++
			} else {
				n6++
			}
		}
		if n4 > 1 || n6 > 1 {
			return v
		}
	}
	return nil
}

// hostBits returns the first range of a value that has host bits set.
func hostBits(v *Value) (netip.Prefix, bool) {
	for _, p := range v.Prefixes {
		if p.Masked() != p {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// most is how many ranges of a value are compared with others: no program takes more than two, and lists of hosts are
// short.
const most = 64

// inside reports whether p lies in one of ps.
func inside(p netip.Prefix, ps []netip.Prefix) bool {
	for _, o := range ps[:min(len(ps), most)] {
		if cidr.Contains(o.Masked(), p.Masked()) {
			return true
		}
	}
	return false
}

// overlapping returns a range of each list that overlap.
func overlapping(as, bs []netip.Prefix) (a, b netip.Prefix, ok bool) {
	for _, a := range as[:min(len(as), most)] {
		for _, b := range bs[:min(len(bs), most)] {
			if a.Overlaps(b) {
				return a, b, true
			}
		}
	}
	return netip.Prefix{}, netip.Prefix{}, false
}

// maskFor returns the node mask that is written for a family, nil where none is.
func (c *Cluster) maskFor(p netip.Prefix) *Value {
	own := NodeMaskIPv4
	if !ipnet.Is4(p) {
		own = NodeMaskIPv6
	}
	for _, role := range []Role{own, NodeMask} {
		for _, v := range c.of(role, ControllerManager) {
			if v.Err == nil && !v.Template && v.Int > 0 {
				return v
			}
		}
	}
	return nil
}
