package scenario

import (
	"math/big"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A sighting is what is known of the podCIDRs of a node after a step, from when it is next seen.
type sighting struct {
	podCIDRs []string // those it held; it was given them in the step, or later
	seen     bool     // false: it is deleted before anybody looks
	byHand   bool     // a patch gave it podCIDRs, or found just these there
}

// sighting returns what is seen of a node from operation i on.
func (p *player) sighting(i int, name string) sighting {
	for j := i; j < len(p.seen); j++ {
		o := p.seen[j]
		switch {
		case j > i && o.Node == name && (o.Op == "delete" || o.Op == "create"):
			return sighting{}
		case j > i && o.Node == name && o.Op == "patch":
			if o.Code == 200 {
				return sighting{o.PodCIDRs, true, true} // the API server took it, so there were none, or these
			}
			continue
		case o.Result == nil:
			continue
		case o.Op == "create" && o.Node == name:
			return sighting{podCIDRs: o.Result.One, seen: true}
		}
		if list, ok := o.Result.Many[name]; ok {
			return sighting{podCIDRs: list, seen: true}
		}
	}
	return sighting{}
}

// observed returns the outcomes of t that fit what is seen from operation i on, the likeliest first. nil stands for the one
// that the twin has taken.
func (p *player) observed(i int, t *nodeipam.Timing) []nodeipam.Outcome {
	o := observation{t: t, known: nodeipam.Outcome{}, likeliest: nodeipam.Outcome{}, failed: p.failed}
	var byHand []string
	for _, n := range t.Nodes {
		if list, _ := p.c.Node(n); len(list) > 0 {
			o.likeliest[n], _ = fits(t, list)
		}
		s := p.sighting(i, n)
		if !s.seen {
			o.unseen = append(o.unseen, n)
			if p.failed != nil && !p.failed[n] {
				o.never++
			}
			continue
		}
		if got, ok := fits(t, s.podCIDRs); ok {
			o.known[n] = got // now or later
			if s.byHand {
				byHand = append(byHand, n)
			} else {
				o.served = append(o.served, n)
			}
		}
	}
	o.byHand = byHand
	few := t.Count().Cmp(big.NewInt(mostFitting)) <= 0 && !slices.ContainsFunc(t.Beyond, func(n uint64) bool { return n > 0 })
	var fitting []nodeipam.Outcome
	if few {
		for got := range t.Outcomes() {
			if o.fits(got) {
				fitting = append(fitting, got)
			}
		}
	} else {
		var whole bool
		fitting, whole = o.some()
		*p.partial = *p.partial || !whole
	}
	slices.SortStableFunc(fitting, o.compare)
	for k, got := range fitting {
		if o.isLikeliest(got) {
			fitting[k] = nil
		}
	}
	return fitting
}

// An observation is what is known of the outcome of a step.
type observation struct {
	t         *nodeipam.Timing
	known     nodeipam.Outcome // of nodes that are seen with subnets that can be had now
	served    []string         // these nodes, those that were given them by hand aside
	byHand    []string
	unseen    []string         // nodes of which nothing is known
	never     int              // how many of unseen never failed: they are served at the first try
	likeliest nodeipam.Outcome // what the twin has taken
	failed    map[string]bool  // see [player]
}

// fits reports whether got can be what happened: a node that is seen later holds what it holds then, or nothing yet.
func (o *observation) fits(got nodeipam.Outcome) bool {
	for _, n := range o.t.Nodes {
		if len(got[n]) > 0 && !slices.Contains(o.unseen, n) && !slices.Equal(got[n], o.known[n]) {
			return false
		}
	}
	return true
}

// compare orders outcomes that fit by how likely they are: those first that leave out the fewest nodes of which no failure was
// observed, then those that serve now rather than later what is seen with a subnet that can be had now, then those that serve as
// few as possible of the nodes that are never seen.
func (o *observation) compare(a, b nodeipam.Outcome) int {
	return slices.Compare(o.rank(a), o.rank(b))
}

func (o *observation) rank(got nodeipam.Outcome) []int {
	count := func(list []string) (n int) {
		for _, name := range list {
			if len(got[name]) > 0 {
				n++
			}
		}
		return n
	}
	against := 0
	if o.failed != nil {
		for _, name := range o.t.Nodes {
			if len(got[name]) == 0 && !o.failed[name] {
				against++
			}
		}
	}
	likeliest := 1
	if o.isLikeliest(got) {
		likeliest = 0
	}
	unseen := count(o.unseen)
	more := unseen - o.never
	if more < 0 {
		more = len(o.unseen) - unseen
	}
	if likeliest == 0 && len(o.unseen) == len(o.t.Nodes) {
		more = -1 // nothing speaks against it
	}
	return []int{against, len(o.served) - count(o.served), count(o.byHand), more, likeliest}
}

// isLikeliest reports whether got is what the twin has taken.
func (o *observation) isLikeliest(got nodeipam.Outcome) bool {
	for _, n := range o.t.Nodes {
		if !slices.Equal(got[n], o.likeliest[n]) {
			return false
		}
	}
	return true
}

// some returns outcomes that fit, where there are too many to look at all. whole is false if it leaves any out.
func (o *observation) some() (out []nodeipam.Outcome, whole bool) {
	whole = len(o.unseen) == 0 && len(o.byHand) == 0
	unseen := slices.Clone(o.unseen)
	slices.SortStableFunc(unseen, func(a, b string) int { return compareBool(o.failed[a], o.failed[b]) })
	if len(unseen) == len(o.t.Nodes) {
		out = append(out, o.likeliest)
	}
	for missing := range len(o.served) + 1 {
		for i := range len(unseen) + 1 {
			more := o.never + i // those that never failed and more of them, then fewer
			if more > len(unseen) {
				more = len(unseen) - i
			}
			if k := len(o.served) - missing + more; k < o.t.Min || k > o.t.Max {
				continue
			}
			parts := choose(o.served, len(o.served)-missing)
			whole = whole && len(parts) < mostFitting
			for _, now := range parts {
				for _, others := range choose(unseen, more) {
					got := nodeipam.Outcome{}
					for _, n := range now {
						got[n] = o.known[n]
					}
					if !fill(o.t, got, others) || !o.t.Allows(got) || len(out) > 0 && o.isLikeliest(got) {
						continue
					}
					if out = append(out, got); len(out) == mostFitting {
						return out, false
					}
				}
			}
		}
	}
	return out, whole
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// fits returns podCIDRs as subnets that t has to give, if they are.
func fits(t *nodeipam.Timing, list []string) ([]netip.Prefix, bool) {
	if len(list) != len(t.Subnets) {
		return nil, false
	}
	var out []netip.Prefix
	for f, s := range list {
		q, err := netip.ParsePrefix(s)
		if err != nil || !slices.Contains(t.Subnets[f], q) {
			return nil, false
		}
		out = append(out, q)
	}
	return out, true
}

// choose returns the parts of list that hold k elements, at most some hundreds.
func choose(list []string, k int) [][]string {
	var out [][]string
	var pick func(from int, part []string)
	pick = func(from int, part []string) {
		if len(part) == k {
			out = append(out, slices.Clone(part))
			return
		}
		for i := from; len(list)-i >= k-len(part) && len(out) < mostFitting; i++ {
			pick(i+1, append(part, list[i]))
		}
	}
	pick(0, make([]string, 0, k))
	return out
}

// fill gives nodes that nobody sees the first subnets that are left.
func fill(t *nodeipam.Timing, got nodeipam.Outcome, nodes []string) bool {
	used := map[netip.Prefix]bool{}
	for _, list := range got {
		for _, q := range list {
			used[q] = true
		}
	}
	next := make([]int, len(t.Subnets)) // all in front of it are used
	for _, n := range nodes {
		for f, subnets := range t.Subnets {
			for next[f] < len(subnets) && used[subnets[next[f]]] {
				next[f]++
			}
			if next[f] == len(subnets) {
				return false
			}
			used[subnets[next[f]]] = true
			got[n] = append(got[n], subnets[next[f]])
		}
	}
	return true
}
