package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleCIDRMalformed = rule{
	rank: 50,
	about: fact.Rule{
		ID: fact.RuleCIDRMalformed, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "A range or address that does not parse",
		Cause:  "A missing mask, a mask beyond 32 or 128, a blank after the comma, quotes inside a manifest's value.",
		Effect: "The component that reads it does not start, or ignores the entry.",
		Mend:   "write the range as network/length, two families separated by a comma without blanks",
		Source: "k8s.io/utils net/parse.go ParseCIDRs; k8s.io/kubernetes cmd/kube-controller-manager/app/core.go processCIDRs, v1.37.2",
	},
	find: (*checker).values,
}

var ruleCIDRHostBitsSet = rule{
	rank: 630,
	about: fact.Rule{
		ID: fact.RuleCIDRHostBitsSet, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "The address has bits below the mask; components use the masked network",
		Cause:  "A host's address, or the gateway's, written with a mask.",
		Effect: "The range is another one than it seems; since 1.36 the API server refuses such a podCIDR.",
		Mend:   "write the masked network",
		Source: "k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidateNode, v1.37.2",
	},
	by: fact.RuleCIDRMalformed,
}

// values reports what single values are wrong about, once for all places that repeat one: text that is no prefix, and bits
// that are set below the mask.
func (c *checker) values() {
	type key struct {
		role fact.Role
		text string
	}
	bad, bits := map[key][]*fact.Statement{}, map[key][]*fact.Statement{}
	var badOrder, bitsOrder []key
	for _, s := range c.all {
		if s.Overridden {
			continue
		}
		switch s.Role {
		case fact.RolePods, fact.RoleServices, fact.RoleNodePods, fact.RoleHosts, fact.RoleReserved, fact.RoleLoadBalancer:
		case fact.RoleAddress, fact.RoleDNS:
			if s.Err == nil {
				continue
			}
		default:
			continue
		}
		k := key{s.Role, strings.TrimSpace(s.Text)}
		if s.Err != nil {
			if c.alreadyAt(fact.RuleCIDRMalformed, s.Pos) || c.alreadyAt(fact.RuleNetConfMalformed, s.Pos) || c.alreadyAt(fact.RuleAdvertiseAddressWrong, s.Pos) {
				continue
			}
			if bad[k] == nil {
				badOrder = append(badOrder, k)
			}
			bad[k] = append(bad[k], s)
			continue
		}
		if s.Role == fact.RoleNodePods && (s.Component == fact.Flannel || s.Component == fact.Host) || s.Role == fact.RoleHosts {
			continue // FLANNEL_SUBNET names the bridge's address, and so do links
		}
		for _, w := range s.Prefixes {
			if p := masked(w); p.IsValid() && p != w {
				if c.alreadyAt(fact.RuleCIDRHostBitsSet, s.Pos) {
					break
				}
				if bits[k] == nil {
					bitsOrder = append(bitsOrder, k)
				}
				bits[k] = append(bits[k], s)
				break
			}
		}
	}
	for _, k := range badOrder {
		ss := bad[k]
		f := fact.Finding{Rule: fact.RuleCIDRMalformed, Severity: fact.Error, Args: args("role", string(k.role), "value", k.text, argHost, ss[0].Host)}
		what, isRange := string(k.role)+" range", true
		switch k.role {
		case fact.RoleAddress:
			what, isRange = "address", false
		case fact.RoleDNS:
			what, isRange = "dns address", false
		}
		f.Message = fmt.Sprintf("%s: the %s %q cannot be read: %s", who(ss[0]), what, k.text, ss[0].Err)
		for _, s := range ss {
			f.Where = append(f.Where, placeOf(s, who(s)+" "+k.text))
			if s.Host != "" {
				f.Subjects = append(f.Subjects, s.Host)
			}
			if p := refuser(s); p != "" && !slices.Contains(f.RefusedBy, p) {
				f.RefusedBy = append(f.RefusedBy, p)
			}
		}
		c.passedOver(&f, ss)
		f.Fix = []string{"write the range as network/length, such as 10.244.0.0/16 or fd00:10:244::/56, in every place listed; separate two families by a comma without a blank"}
		if !isRange {
			f.Fix = []string{"write one IP address, such as 10.96.0.10 or fd00::a"}
		}
		c.add(f)
	}
	for _, k := range bitsOrder {
		c.hostBits(k.text, bits[k])
	}
}

// refuser returns the program that does not take the value of s, which cannot be read; "" for none. Whether kube-controller-manager looks
// at it at all depends on its other flags: the start-up rules name it.
func refuser(s *fact.Statement) fact.Component {
	switch prog := programOf(s); prog {
	case fact.Kubeadm, fact.APIServer, fact.Flannel:
		return prog
	}
	return ""
}

// programOf returns the program that reads the value of s: extra arguments in a configuration of kubeadm are passed on as they are.
func programOf(s *fact.Statement) fact.Component {
	switch s.Name {
	case fact.NameControllerManagerArg:
		return fact.ControllerManager
	case fact.NameAPIServerArg:
		return fact.APIServer
	}
	return s.Component
}

// passedOver says what becomes of values that kube-controller-manager starts with though it cannot read them: ranges are read where node
// IPAM runs alone, and a service range that cannot be is logged ("unsuccessful parsing of service CIDR").
// k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go newNodeIpamController.
func (c *checker) passedOver(f *fact.Finding, ss []*fact.Statement) {
	read := func(s *fact.Statement) bool {
		return programOf(s) != fact.ControllerManager || s.Name == fact.NameInstallerKey || s.Role == fact.RolePods && slices.ContainsFunc(c.controllers, func(k *managerView) bool { return k.podsAt == s && k.allocate && k.ipam })
	}
	if slices.ContainsFunc(ss, read) {
		return
	}
	if ss[0].Role == fact.RoleServices {
		f.Effect = "kube-controller-manager starts, logs that it could not read the range, and does not keep node subnets away from the services"
		return
	}
	if c.needsPodCIDR() || len(c.withoutSubnet()) > 0 {
		return // the program starts, and nobody hands out the subnets that are missed
	}
	f.Severity = fact.Warning
	f.Effect = "none while --allocate-node-cidrs is off: kube-controller-manager does not look at the range then"
}

// hostBits is the finding about a range with bits set below its mask, at all its places.
func (c *checker) hostBits(text string, ss []*fact.Statement) {
	f := fact.Finding{Rule: fact.RuleCIDRHostBitsSet, Args: args("network", heldBy(ss[0]), "value", text, argNode, ss[0].Host)}
	var parts []string
	for _, h := range heldBy(ss[0]) {
		if h.written == h.p {
			continue
		}
		parts = append(parts, fmt.Sprintf("%v has bits set below its mask; the network is %v (%v to %v), and that is what the components use",
			h.written, h.p, h.p.Addr(), cidr.Last(h.p)))
		f.Fix = append(f.Fix, c.withoutHostBits(ss[0], h))
	}
	f.Message = who(ss[0]) + ": " + strings.Join(parts, "; ")
	for _, s := range ss {
		for _, h := range heldBy(s) {
			if h.written != h.p {
				f.Where = append(f.Where, h.place(who(s)+" "+text))
			}
		}
		if s.Role == fact.RoleNodePods {
			f.Subjects = append(f.Subjects, s.Host)
			// k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go ValidateNode, StrictIPCIDRValidation since 1.36.
			if r := c.view.release(nil); !r.Before(fact.V(1, 36, 0)) {
				f.Effect = "since Kubernetes 1.36 the API server refuses such a podCIDR, and updates of a Node that already has it (labels, cordon)"
			}
		}
	}
	f.Where = cutPlaces(allPlaces(f.Where...))
	c.add(f)
}

// withoutHostBits tells how a range gets rid of the bits below its mask. The podCIDR of a Node keeps them for good.
func (c *checker) withoutHostBits(s *fact.Statement, h held) string {
	if s.Component == fact.Node {
		return fmt.Sprintf("leave it as it is: what counts is %v, and a podCIDR that is set cannot be changed; before an upgrade to Kubernetes 1.36, which does not take it: %s", h.p, c.rejoin())
	}
	return fmt.Sprintf("write %v instead of %v, or the prefix length that was meant, in every place listed", h.p, h.written)
}

var ruleFlagGivenTwice = rule{
	rank:    620,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleFlagGivenTwice, Severity: fact.Warning, Also: []fact.Severity{fact.Info}, Disturbs: fact.DisturbsComponent,
		Title:  "A range or mask flag is repeated; the last one wins",
		Cause:  "Dual-stack written as two flags, or a flag added below an older one.",
		Effect: "The first value has no effect.",
		Mend:   "keep one flag; for dual-stack write one list",
		Source: "github.com/spf13/pflag v1.0.10 flag.go Set",
	},
	find: (*checker).repeatedFlags,
}

// repeatedFlags tells of flags that stand twice in one place: the last one counts.
func (c *checker) repeatedFlags() {
	type name struct {
		comp       fact.Component
		host, file string
		role       fact.Role
		setting    fact.Setting
		key        string
	}
	nameOf := func(s *fact.Statement) name {
		n := name{s.Component, s.Host, s.Pos.File, s.Role, s.Setting, s.Key}
		if s.Role != fact.RoleSetting {
			n.key = "" // --cluster-cidr and --cluster_cidr are one flag
		}
		return n
	}
	var lost []*fact.Statement
	winners := map[name]*fact.Statement{}
	for _, s := range c.all {
		if s.Overridden {
			lost = append(lost, s)
			winners[nameOf(s)] = nil
		}
	}
	for _, s := range c.all {
		if len(lost) == 0 {
			return
		}
		if w, ok := winners[nameOf(s)]; ok && w == nil && !s.Overridden && !s.Default {
			winners[nameOf(s)] = s
		}
	}
	for _, s := range lost {
		winner := winners[nameOf(s)]
		if winner == nil || c.alreadyAt(fact.RuleFlagGivenTwice, s.Pos) {
			continue
		}
		f := fact.Finding{Rule: fact.RuleFlagGivenTwice, Args: args("lost", s, "wins", winner, "program", s.Component, argHost, s.Host)}
		if s.Text == winner.Text {
			f.Severity = fact.Info
		}
		why := "because it stands later"
		if fromKubeadm(s) && s.Text != winner.Text && winner.Pos.File == s.Pos.File && winner.Pos.Compare(s.Pos) < 0 {
			why = "although it stands earlier: this release of kubeadm sorts repeated arguments by their text"
		}
		f.Message = fmt.Sprintf("%s is given more than once: %s has no effect, %s wins %s", who(s), quoted(s), quoted(winner), why)
		f.Where = []fact.Place{placeOf(s, quoted(s)+", without effect"), placeOf(winner, quoted(winner)+", in force")}
		f.Fix = []string{fmt.Sprintf("remove %s %s, or write both families as one comma-separated list if dual-stack was meant", s.Key, quoted(s))}
		if s.Host != "" {
			f.Subjects = []string{s.Host}
		}
		c.add(f)
	}
}

// quoted tells the value of a statement as it is written.
func quoted(s *fact.Statement) string {
	switch {
	case s.Text != "":
		return s.Text
	case s.Role == fact.RoleSetting && s.Int != 0:
		return fmt.Sprint(s.Int)
	case s.Role == fact.RoleSetting:
		return fmt.Sprint(s.Bool)
	}
	return writes(s)
}
