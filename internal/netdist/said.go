package netdist

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/logline"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// saidStems are parts of words, one of which stands in every text that holds one of LogLines.
var saidStems = [][]byte{[]byte("CIDR"), []byte("cidr"), []byte("ool"), []byte("overlaps"), []byte("affine blocks"),
	[]byte("is already in use"), []byte("IP in range"), []byte("the end IP")}

// saidMost is how many messages of one file are kept.
const saidMost = 200

// Said returns what programs of networks say in f of ranges that they do not take: in lines of a log, and in the
// conditions and messages of objects. Messages that say the same of the same ranges are given once.
func Said(f *source.File) []fact.Statement {
	if f == nil || f.HoldsSecret() {
		return nil
	}
	if !slices.ContainsFunc(saidStems, func(stem []byte) bool { return bytes.Contains(f.Data, stem) }) {
		return nil
	}
	s := &sayings{seen: map[saidKey]bool{}}
	for _, l := range logLines {
		if bytes.Contains(f.Data, []byte(l.Text)) {
			s.lines = append(s.lines, l)
		}
	}
	if bytes.Contains(f.Data, []byte("kind")) { // in an object, a long text may be folded
		docs, _ := f.YAML()
		for _, d := range docs {
			s.object(d, 0)
		}
	}
	if s.objects == 0 && len(s.lines) > 0 {
		s.text(f)
	}
	return s.out
}

// A saidKey is what two messages have to agree in to be one.
type saidKey struct {
	network, text, node string
	a, b                string
}

// sayings gathers messages.
type sayings struct {
	lines   []LogLine // those that stand in one line somewhere
	seen    map[saidKey]bool
	out     []fact.Statement
	objects int
}

// object reads the conditions of an object, and the message of an Event.
func (s *sayings) object(n *source.Node, depth int) {
	if n == nil || n.Kind != source.Mapping || depth > deepest || n.IsSecret() {
		return
	}
	if items := n.Get("items"); items != nil && items.Kind == source.Sequence {
		for _, it := range items.Items {
			s.object(it, depth+1)
		}
		s.objects++
		return
	}
	if n.Get("kind").Str() == "" {
		return
	}
	s.objects++
	if m := n.Get("message"); m != nil {
		s.add(m.Str(), Position(m.Pos), "")
	}
	if list := n.Get("status", "conditions"); list != nil {
		for _, c := range list.Items {
			if m := c.Get("message"); m != nil {
				s.add(m.Str(), Position(m.Pos), "")
			}
		}
	}
}

// text reads lines.
func (s *sayings) text(f *source.File) {
	off := 0
	for line := range bytes.Lines(f.Data) {
		at := off
		off += len(line)
		if len(line) > 64<<10 || !s.worth(line) {
			continue
		}
		l := logline.Split(strings.TrimRight(string(line), "\r\n"))
		s.add(l.Text, Position(f.Position(at+l.Offset)), l.Host)
	}
}

func (s *sayings) worth(line []byte) bool {
	for _, l := range s.lines {
		if bytes.Contains(line, []byte(l.Text)) {
			return true
		}
	}
	return false
}

var (
	saidCIDR = regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/[0-9]+|[0-9a-fA-F]*:[0-9a-fA-F:]+/[0-9]+`)
	saidNode = regexp.MustCompile(`(?i)\bnode(?: name)? ?[:=]? ?['"]?([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)`)
)

// notNodes are words behind "node" that are no name of one.
func notNodes(name string) bool {
	switch strings.ToLower(name) {
	case "information", "or", "and", "spec", "resource", "is", "has", "cidr", "cidrs", "with", "for", "from":
		return true
	}
	return false
}

func (s *sayings) add(text string, pos Position, host string) {
	text = strings.ReplaceAll(text, `\"`, `"`)
	l, ok := ByLog(text)
	if !ok || len(s.out) >= saidMost {
		return
	}
	y := &fact.Symptom{ID: "network-refuses", Message: strings.Join(strings.Fields(text), " "), Cause: l.Means, Rules: l.explained()}
	found := saidCIDR.FindAllString(text, 2)
	k := saidKey{network: l.Network, text: l.Text}
	for i, t := range found {
		ps, _, err := form{}.parse(t)
		if err != nil {
			continue
		}
		if i == 0 {
			k.a, y.Subnet = t, ps[0].Masked()
		} else {
			k.b, y.Network = t, ps[0].Masked()
		}
	}
	if l.Rule == ruleMissing {
		if m := saidNode.FindStringSubmatch(text); m != nil && !notNodes(m[1]) {
			y.Node = m[1]
		}
	}
	if l.Waits() {
		y.ID = "network-waits"
	}
	k.node = y.Node
	if s.seen[k] {
		return
	}
	s.seen[k] = true
	s.out = append(s.out, fact.Statement{
		Component: fact.Component(l.Network), Host: host, Pos: fact.Position(pos), Role: fact.RoleSymptom, Key: y.ID, Text: y.Message,
		Symptom: y,
	})
}

// explained returns the rules whose findings explain a line, most likely first.
func (l LogLine) explained() []fact.RuleID {
	switch l.Rule {
	case ruleMissing:
		return []fact.RuleID{
			fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed,
			fact.RuleClusterCIDRExhausted, fact.RulePodServiceOverlap, fact.RulePodCIDRFamilyMissing, fact.RulePodCIDRMissing,
		}
	case ruleHidden:
		return []fact.RuleID{fact.RuleHiddenRangeOverlap, fact.RuleReservedOverlap, fact.RulePoolOverlap}
	case ruleHostPods:
		return []fact.RuleID{fact.RuleHostPodOverlap, fact.RuleHostRouteOverlap}
	case ruleOutside:
		return []fact.RuleID{fact.RulePluginRangeOutside}
	case "podsubnet-missing":
		return []fact.RuleID{fact.RulePodSubnetMissing, fact.RulePodCIDRUnset}
	case "cidr-malformed":
		return []fact.RuleID{fact.RuleCIDRMalformed}
	case "cidr-host-bits-set":
		return []fact.RuleID{fact.RuleCIDRHostBitsSet}
	case string(PoolOverlap):
		return []fact.RuleID{fact.RulePoolOverlap}
	case string(PoolBlockLimit):
		return []fact.RuleID{fact.RulePoolBlockRefused}
	case string(PoolTooSmall):
		return []fact.RuleID{fact.RulePoolSmallerThanBlock}
	case string(RangeTooSmall):
		return []fact.RuleID{fact.RuleHiddenRangeTooSmall}
	}
	return nil // what no rule of the catalogue says
}
