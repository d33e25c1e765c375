package draw

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"
	"pgregory.net/rapid"
)

// TestMapProperties: the segments of an area lie end to end, and each address is what the plan says it is.
func TestMapProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, err := plan.New(plangen.Draw(rt))
		if err != nil {
			return
		}
		for _, f := range []fact.Family{fact.IPv4, fact.IPv6} {
			areas := Map(p, f)
			if slices.Contains(p.Families, f) != (len(areas) > 0) {
				rt.Fatalf("%d areas of %v in a plan for %v", len(areas), f, p.Families)
			}
			for _, a := range areas {
				next := a.Prefix.Addr()
				for _, s := range a.Segments {
					if s.First != next || s.Last.Less(s.First) {
						rt.Fatalf("area %v: segment %v-%v, the one before ends before %v", a.Prefix, s.First, s.Last, next)
					}
					if s.Prefix.IsValid() && (s.Prefix.Addr() != s.First || cidr.Last(s.Prefix) != s.Last) {
						rt.Fatalf("segment %v-%v is not %v", s.First, s.Last, s.Prefix)
					}
					for _, at := range []netip.Addr{s.First, s.Last} {
						if want := kindAt(p, at); want != s.Kind {
							rt.Fatalf("%v is %s in the map, and %s by the plan", at, s.Kind, want)
						}
					}
					next = s.Last.Next()
				}
				if next != cidr.Last(a.Prefix).Next() {
					rt.Fatalf("area %v: the last segment ends before %v", a.Prefix, next)
				}
			}
		}
	})
}

func kindAt(p *plan.Plan, a netip.Addr) SegmentKind {
	switch {
	case slices.ContainsFunc(p.Ranges, func(r plan.Range) bool { return r.Prefix.Contains(a) }):
		return SegmentUsed
	case slices.ContainsFunc(p.Request.Avoid, func(r fact.Reservation) bool { return r.Prefix.Contains(a) }):
		return SegmentReserved
	case slices.ContainsFunc(p.Ranges, func(r plan.Range) bool { return r.Grow.Contains(a) }):
		return SegmentGrowth
	}
	return SegmentFree
}

// TestManyInTheWayText: thousands of ranges in the way leave a text that can be read.
func TestManyInTheWayText(t *testing.T) {
	r := plan.Request{Pins: plangen.Pins("pods=10.0.0.0/9 services=10.128.0.0/12")}
	for i := range 15000 {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: fmt.Sprintf("site-%d", i)})
	}
	_, err := plan.New(r)
	e, ok := errtype.As[*plan.InfeasibleError](err)
	if !ok {
		t.Fatalf("New: %v, want an *InfeasibleError", err)
	}
	var text strings.Builder
	if err := InfeasibleText(&text, e, Options{}); err != nil {
		t.Fatal(err)
	}
	if s := text.String(); len(s) > 3000 || !strings.Contains(s, " more") {
		t.Errorf("a text of %d bytes: %.500s", len(s), s)
	}
}
