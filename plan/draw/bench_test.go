package draw

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// many returns n prefixes of length bits that do not overlap, every other one from a on.
func many(a string, bits, n int) []netip.Prefix {
	at := netip.MustParseAddr(a).As4()
	base := uint32(at[0])<<24 | uint32(at[1])<<16 | uint32(at[2])<<8 | uint32(at[3])
	var out []netip.Prefix
	for i := range n {
		x := base + uint32(2*i)<<(32-bits)
		out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)}), bits))
	}
	return out
}

// BenchmarkManyRanges plans with, and draws, as many ranges as a request has.
func BenchmarkManyRanges(b *testing.B) {
	for _, n := range []int{400, 4000, 40000} {
		for name, r := range map[string]plan.Request{
			"hosts inside":  {Hosts: many("10.0.0.0", 28, n)},
			"hosts outside": {Hosts: many("100.64.0.0", 28, n)},
			"avoid":         {Avoid: reservations(many("10.0.0.0", 28, n))},
			"within":        {Within: append(many("172.16.0.0", 30, n), netip.MustParsePrefix("10.0.0.0/8"))},
		} {
			b.Run(fmt.Sprintf("%s %d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p, err := plan.New(r)
					if err != nil {
						b.Fatal(err)
					}
					for _, write := range []func(io.Writer, *plan.Plan, Options) error{Text, JSON, Markdown, SVG} {
						if err := write(io.Discard, p, Options{Nodes: 10}); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

func reservations(ps []netip.Prefix) []fact.Reservation {
	var out []fact.Reservation
	for i, p := range ps {
		out = append(out, fact.Reservation{Prefix: p, Name: fmt.Sprint("site ", i)})
	}
	return out
}

// TestManyRangesScale: four times the ranges take about four times the memory, and so the steps, to plan and to draw.
func TestManyRangesScale(t *testing.T) {
	draw := func(r plan.Request) float64 {
		return testing.AllocsPerRun(1, func() {
			p, err := plan.New(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, write := range []func(io.Writer, *plan.Plan, Options) error{Text, JSON, Markdown, SVG} {
				if err := write(io.Discard, p, Options{}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	few := draw(plan.Request{Hosts: many("10.0.0.0", 28, 200)})
	lots := draw(plan.Request{Hosts: many("10.0.0.0", 28, 800)})
	if lots > 5*few {
		t.Errorf("200 ranges of hosts take %.0f allocations, 800 take %.0f", few, lots)
	}
}

// TestNoPlan: writers say that there is nothing to write.
func TestNoPlan(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *plan.Plan, Options) error{"text": Text, "json": JSON, "yaml": YAML, "markdown": Markdown, "svg": SVG} {
		if err := write(io.Discard, nil, Options{}); !errors.Is(err, ErrNoPlan) {
			t.Errorf("%s of nil: %v", name, err)
		}
		if err := write(io.Discard, new(plan.Plan), Options{}); err != nil {
			t.Errorf("%s of the zero Plan: %v", name, err)
		}
	}
	if err := InfeasibleText(io.Discard, nil, Options{}); !errors.Is(err, ErrNoPlan) {
		t.Errorf("why of nil: %v", err)
	}
	e := &plan.InfeasibleError{Conflicts: []*plan.ConflictError{nil}, Limits: []*plan.LimitError{nil}, Shortages: []*plan.Shortage{nil, {}}, Relaxations: []plan.Relaxation{{}}}
	if err := InfeasibleText(io.Discard, e, Options{}); err != nil {
		t.Errorf("why of what is not there: %v", err)
	}
}
