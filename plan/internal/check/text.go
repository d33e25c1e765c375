package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// countOf returns "1 node", "2 nodes".
func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// choose returns singular for 1 and plural for any other n.
func choose(n int, singular, plural string) string {
	if n == 1 {
		return singular
	}
	return plural
}

// written returns a prefix as a person should read it: as the source has it, and masked where the two differ.
func (h held) text() string {
	if h.written != h.p {
		return fmt.Sprintf("%v (that is %v)", h.written, h.p)
	}
	return h.p.String()
}

// writes returns the value of s as it is written, with its masked form where the two differ.
func writes(s *fact.Statement) string {
	text := strings.TrimSpace(s.Text)
	ps := make([]string, 0, len(s.Prefixes))
	differ := false
	for _, w := range s.Prefixes {
		p := masked(w)
		if !p.IsValid() {
			p = w
		}
		differ = differ || p != w
		ps = append(ps, p.String())
	}
	clean := strings.Join(ps, ",")
	switch {
	case text == "" && clean == "":
		return "nothing"
	case text == "":
		return clean
	case clean != "" && differ:
		return text + " (that is " + clean + ")"
	}
	return text
}

// who names the program and key of s: "kube-controller-manager --cluster-cidr of cp-1".
func who(s *fact.Statement) string {
	if s == nil {
		return ""
	}
	var b strings.Builder
	switch {
	case s.Component == fact.Node:
		b.WriteString("node")
		if s.Host != "" {
			b.WriteString(" " + s.Host)
		}
		if s.Key != "" {
			b.WriteString(" " + s.Key)
		}
		return b.String()
	case s.Component == "":
		b.WriteString(string(s.Role))
	case s.Name.IsEnv():
		b.WriteString(s.Key)
	default:
		b.WriteString(string(s.Component))
		if s.Key != "" {
			b.WriteString(" " + s.Key)
		}
	}
	if s.Host != "" {
		b.WriteString(" of " + s.Host)
	}
	return b.String()
}

// says tells what s says and who says it, a default marked as one: "10.244.0.0/16 (kubeadm networking.podSubnet)".
func says(s *fact.Statement) string {
	if s.Default {
		return fmt.Sprintf("%s (%s's default, since no file says otherwise)", writes(s), s.Component)
	}
	return fmt.Sprintf("%s (%s)", writes(s), who(s))
}

// says tells one prefix of a statement and who says it.
func (h held) says() string {
	if h.s.Default {
		return fmt.Sprintf("%s (%s's default, since no file says otherwise)", h.text(), h.s.Component)
	}
	return fmt.Sprintf("%s (%s)", h.text(), who(h.s))
}

// placeOf returns the place of s with a note.
func placeOf(s *fact.Statement, note string) fact.Place {
	return fact.Place{Position: s.Pos, Host: s.Host, Note: note}
}

// place returns the place of one prefix of a statement with a note: of its own entry where the statement is a list.
func (h held) place(note string) fact.Place {
	p := placeOf(h.s, note)
	p.Position = entryPos(h.s, slices.Index(h.s.Prefixes, h.written))
	return p
}

// entryPos returns where the i-th of s.Prefixes stands, and s.Pos where that cannot be told: the text goes over several lines,
// or its entries are not the prefixes.
func entryPos(s *fact.Statement, i int) fact.Position {
	if i >= 0 && len(s.PrefixPos) == len(s.Prefixes) && i < len(s.PrefixPos) {
		return s.PrefixPos[i]
	}
	if i <= 0 || strings.Count(s.Text, ",")+1 != len(s.Prefixes) || i >= len(s.Prefixes) || s.Pos.Column == 0 || strings.ContainsAny(s.Text, "\r\n") {
		return s.Pos
	}
	p, rest := s.Pos, s.Text
	for ; i > 0; i-- {
		n := strings.IndexByte(rest, ',') + 1
		p.Column += n
		rest = rest[n:]
	}
	rest, _, _ = strings.Cut(rest, ",")
	p.Column += len(rest) - len(strings.TrimLeft(rest, " \t"))
	return p
}

// allPlaces returns the places of several statements, those in no file left out, each place once.
func allPlaces(ps ...fact.Place) []fact.Place {
	type key struct {
		fact.Position
		note string
	}
	var out []fact.Place
	var seen map[key]bool
	for _, p := range ps {
		k := key{p.Position, p.Note}
		switch {
		case !p.IsValid() || seen[k]:
			continue
		case seen != nil:
			seen[k] = true
		case slices.ContainsFunc(out, func(o fact.Place) bool { return o.Position == p.Position && o.Note == p.Note }):
			continue
		}
		if out = append(out, p); seen == nil && len(out) == maxPlaces {
			seen = make(map[key]bool, len(ps))
			for _, o := range out {
				seen[key{o.Position, o.Note}] = true
			}
		}
	}
	return out
}

// maxPlaces bounds the places of one finding of the same kind, such as the nodes of a large cluster.
const maxPlaces = 20

// cutPlaces returns at most maxPlaces of ps.
func cutPlaces(ps []fact.Place) []fact.Place {
	if len(ps) > maxPlaces {
		return ps[:maxPlaces:maxPlaces]
	}
	return ps
}

// spanOf tells a range with its last address: "10.96.0.0/12 (up to 10.111.255.255)".
func spanOf(p netip.Prefix) string { return fmt.Sprintf("%v (up to %v)", p, cidr.Last(p)) }

// powerOfTwo tells 2^n exactly, as a number where that is short enough to read.
func powerOfTwo(n int) string {
	if n <= 20 {
		return strconv.Itoa(1 << n)
	}
	return "2^" + strconv.Itoa(n)
}

// blockSum tells the arithmetic of a split: "2^(24-16) = 256".
func blockSum(p netip.Prefix, mask int) string {
	n := mask - p.Bits()
	if n > 20 {
		return fmt.Sprintf("2^(%d-%d) = 2^%d", mask, p.Bits(), n)
	}
	return fmt.Sprintf("2^(%d-%d) = %d", mask, p.Bits(), 1<<n)
}
