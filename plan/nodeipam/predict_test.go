package nodeipam

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestPredict(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21", ServiceClusterIPRange: "10.244.2.0/24"}
	c := NewStopped(fact.Version{})
	// a .0, b .1, w is wide: .4 and .5, h is half of .6
	script(t, c, f, "start +a +b +w=10.244.4.0/23 +h=10.244.6.0/25 -a")
	p := c.Predict(3)
	if got, want := fmt.Sprint(p.Next), "[[10.244.3.0/24] [10.244.7.0/24] [10.244.0.0/24]]"; got != want {
		t.Errorf("next %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(p.AfterRestart), "[[10.244.0.0/24] [10.244.3.0/24] [10.244.7.0/24]]"; got != want {
		t.Errorf("after a restart %s, want %s", got, want)
	}
	want := RangeUse{Range: netip.MustParsePrefix("10.244.0.0/21"), NodeMask: 24, Subnets: 8, Services: 1, Foreign: 3, Nodes: 1, Free: 3, ForeignNodes: 2, Ends: 6}
	if d := cmp.Diff([]RangeUse{want}, p.Ranges, cmpopts.EquateComparable(netip.Prefix{})); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if p.Nodes != 3 || p.More != 3 || p.Ends != 6 || p.RestartMore != 3 || !slices.Equal(p.Limits, []int{0}) {
		t.Errorf("%+v", p)
	}
	if got := c.Predict(9); len(got.Next) != 3 {
		t.Errorf("%d of 9 predicted, 3 are free", len(got.Next))
	}
}

func TestPredictLeakAndReuse(t *testing.T) {
	dual := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00:10:244::/63"}
	c := NewStopped(fact.Version{})
	script(t, c, dual, "start +a +b +c")
	p := c.Predict(1)
	if p.Ranges[0].Leaked != 6 || p.More != 0 || p.Ends != 2 || !p.NextOpen || !slices.Equal(p.Limits, []int{0, 1}) || p.RestartMore != 0 {
		t.Errorf("%+v", p)
	}
	// A duplicate is deleted: its subnet is handed out again although b still holds it.
	v4 := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	c = NewStopped(fact.Version{})
	script(t, c, v4, "start +a=10.244.0.0/24 +b=10.244.0.0/24 -a")
	p = c.Predict(1)
	if u := p.Ranges[0]; u.Reused != 1 || u.Nodes != 1 || u.Free != 4 || p.Next[0][0].String() != "10.244.0.0/24" {
		t.Errorf("%+v", p)
	}
	if p.AfterRestart[0][0].String() != "10.244.1.0/24" || p.RestartMore != 3 {
		t.Errorf("after a restart it is known again: %+v", p)
	}
	// A node outside kills it at the next start; one that waits is served by it.
	script(t, c, v4, "+x=10.99.0.0/24")
	var exit *ExitError
	if p = c.Predict(1); !errors.As(p.RestartErr, &exit) || exit.Node != "x" || len(p.Next) != 1 {
		t.Errorf("%+v", p)
	}
	c = NewStopped(fact.Version{})
	script(t, c, v4, "+a start stop +b")
	if p = c.Predict(1); len(p.Next) != 0 || len(p.RestartServes) != 1 || p.AfterRestart[0][0].String() != "10.244.2.0/24" {
		t.Errorf("stopped: %+v", p)
	}
	if p = NewStopped(fact.Version{}).Predict(1); p.RestartErr != nil || len(p.AfterRestart) != 0 {
		t.Errorf("nothing is handed out: %+v", p)
	}
}

func TestSurge(t *testing.T) {
	c := NewStopped(fact.Version{})
	script(t, c, ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00:10:244::/62"}, "start +a +b +c")
	for _, tt := range []struct {
		surge   int
		fits    uint64
		missing []uint64
		bits    []int
		leaks   bool
	}{
		{-1, 0, []uint64{0, 0}, []int{21, 62}, false},
		{0, 0, []uint64{0, 0}, []int{21, 62}, false},
		{1, 1, []uint64{0, 0}, []int{21, 62}, false},
		{2, 1, []uint64{0, 1}, []int{21, 61}, true},
		{6, 1, []uint64{1, 5}, []int{20, 60}, true},
		{14, 1, []uint64{9, 13}, []int{19, 59}, true},
	} {
		got := c.Surge(tt.surge)
		want := SurgeNeed{max(tt.surge, 0), tt.fits, tt.missing, tt.bits, tt.leaks, nil}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d: (-want +got)\n%s", tt.surge, d)
		}
		if got.OK() != (tt.surge <= 1) {
			t.Errorf("%d: OK %v", tt.surge, got.OK())
		}
	}
}

// TestSurgeBits: how long the prefix may be at the most, at the ends: the whole of IPv4, and 16 bits to an IPv6 node mask.
func TestSurgeBits(t *testing.T) {
	for _, tt := range []struct {
		flags   ControllerFlags
		script  string
		surge   int
		missing uint64
		bits    int
	}{
		{ControllerFlags{ClusterCIDR: "10.244.0.0/24"}, "start", 1, 0, 24},
		{ControllerFlags{ClusterCIDR: "10.244.0.0/24"}, "start", 2, 1, 23},
		{ControllerFlags{ClusterCIDR: "10.244.0.0/23"}, "start +a +b +c", 0, 1, 22}, // c waits
		{ControllerFlags{ClusterCIDR: "10.244.0.0/23"}, "start +a +b +c", 1, 2, 22},
		{ControllerFlags{ClusterCIDR: "10.244.0.0/23"}, "start +a +b +c", 2, 3, 21},
		{ControllerFlags{ClusterCIDR: "10.244.0.0/16"}, "start", 1 << 17, 1<<17 - 1<<8, 7},
		{ControllerFlags{ClusterCIDR: "0.0.0.0/1", NodeCIDRMaskSize: 1}, "start", 2, 1, 0},
		{ControllerFlags{ClusterCIDR: "0.0.0.0/1", NodeCIDRMaskSize: 1}, "start", 3, 2, -1},
		{ControllerFlags{ClusterCIDR: "0.0.0.0/1", NodeCIDRMaskSize: 1}, "start", 5, 4, -1},
		{ControllerFlags{ClusterCIDR: "fd00::/49"}, "start", 1 << 16, 1 << 15, 48},
		{ControllerFlags{ClusterCIDR: "fd00::/49"}, "start", 1<<16 + 1, 1<<15 + 1, -1},
	} {
		c := NewStopped(fact.Version{})
		tt.flags.AllocateNodeCIDRs = true
		script(t, c, tt.flags, tt.script)
		if n := c.Surge(tt.surge); n.Missing[0] != tt.missing || n.Bits[0] != tt.bits || n.Leaks {
			t.Errorf("%s, %d more: %+v, want %d missing, /%d", tt.flags.ClusterCIDR, tt.surge, n, tt.missing, tt.bits)
		}
	}
}

// TestPredictEdges: nodes that hold less than others, or nothing that counts.
func TestPredictEdges(t *testing.T) {
	v4 := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	dual := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23,fd00::/60"}
	// One family of two counts for that one alone; the shorter list ends the prediction.
	p, err := stated(dual, "a=10.244.0.0/24").Predict(4)
	if err != nil || fmt.Sprint(p.Next) != "[[10.244.1.0/24 fd00::/64]]" || p.Holding != 0 || p.Ends != 1 || p.Ranges[0].Ends != 2 || p.Ranges[1].Ends != 16 {
		t.Errorf("%+v, %v", p, err)
	}
	// The highest is what comes last by address, whatever the names are.
	var nodes []string
	for i := range 16 {
		nodes = append(nodes, fmt.Sprintf("n%02d=10.244.%d.0/24", i, 2*(i*7%16)))
	}
	p, err = stated(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/19"}, strings.Join(nodes, " ")).Predict(1)
	if err != nil || fmt.Sprint(p.Next) != "[[10.244.31.0/24]]" {
		t.Errorf("%v, %v", p.Next, err)
	}
	// Where nothing is handed out, nothing comes next.
	p, err = stated(ControllerFlags{ClusterCIDR: "10.244.0.0/22"}, "a=10.244.0.0/24").Predict(1)
	if err != nil || p.CursorUnknown || len(p.Next) != 0 || len(p.Ranges) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	run := func(minor int, f ControllerFlags, words string) Prediction {
		c := NewStopped(v1(minor))
		script(t, c, f, words)
		return c.Predict(1)
	}
	// A mask beyond the address: what is handed out is no subnet.
	f := v4
	f.NodeCIDRMaskSize = 33
	if p := run(37, f, "start"); len(p.Next) != 0 || p.More != 0 || len(p.Limits) != 1 {
		t.Errorf("%+v", p)
	}
	// The lengths of a mapped range are those of IPv4.
	f = ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "::ffff:10.244.0.0/112", NodeCIDRMaskSize: 120}
	if p := run(37, f, "start"); p.Ranges[0].Range.String() != "10.244.0.0/16" || p.Ranges[0].NodeMask != 24 || p.Ranges[0].Subnets != 256 {
		t.Errorf("%+v", p.Ranges)
	}
	// A mapped podCIDR takes nothing of the range, whatever it looks like.
	if p := run(35, v4, "start +a=::ffff:10.244.1.0/120"); p.Ranges[0].ForeignNodes != 0 || p.Ranges[0].Foreign != 0 || p.Ranges[0].Free != 4 {
		t.Errorf("%+v", p.Ranges)
	}
}

// TestSurgeHolds widens the ranges as a surge needs, no more, on the twin: then all of it fits, and with a prefix one bit longer not.
func TestSurgeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ranges := strings.Split(rapid.SampledFrom([]string{"10.244.4.0/22", "10.244.0.0/23", "10.244.8.0/22,fd00:10:244:4::/62", "fd00:10:244::/63,10.244.0.0/22", "10.96.0.0/17"}).Draw(t, "ranges"), ",")
		f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: strings.Join(ranges, ","), ServiceClusterIPRange: rapid.SampledFrom([]string{"", "10.96.0.0/12", "10.244.0.0/22", "10.244.2.128/25", "fd00:10:244::/112,10.244.1.0/24"}).Draw(t, "services")}
		c, err := NewController(f, fact.Version{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rapid.IntRange(0, 6).Draw(t, "nodes") {
			c.Create(fmt.Sprintf("n%d", i))
		}
		if n := rapid.IntRange(0, 6).Draw(t, "deleted"); c.Len() > n {
			c.Delete(fmt.Sprintf("n%d", n))
		}
		surge := rapid.IntRange(0, 12).Draw(t, "surge")
		need := c.Surge(surge)
		fits := func(bits []int) bool {
			wide := f
			var list []string
			for i, b := range bits {
				list = append(list, netip.PrefixFrom(netip.MustParsePrefix(ranges[i]).Addr(), b).Masked().String())
			}
			wide.ClusterCIDR = strings.Join(list, ",")
			d := c.Clone()
			if s := d.Start(wide); s.Err != nil {
				t.Fatalf("%s: %v", wide.ClusterCIDR, s.Err)
			}
			var names []string
			for i := range surge {
				names = append(names, fmt.Sprintf("s%d", i))
			}
			d.Burst(names...)
			return len(d.Waiting()) == 0
		}
		if slices.Contains(need.Bits, -1) {
			for i, b := range need.Bits {
				if b == -1 && need.Missing[i] == 0 {
					t.Fatalf("%+v", need)
				}
			}
			return
		}
		if !fits(need.Bits) {
			t.Fatalf("%+v does not do for %d more in %s", need, surge, f.ClusterCIDR)
		}
		for i, missing := range need.Missing {
			longer := slices.Clone(need.Bits)
			if longer[i]++; missing > 0 && fits(longer) {
				t.Fatalf("%+v: %v does as well for %d more", need, longer, surge)
			}
		}
	})
}

// TestPredictHolds checks that what is predicted comes: the twin registers the nodes, and the counts add up.
func TestPredictHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := ControllerFlags{AllocateNodeCIDRs: true}
		f.ClusterCIDR = rapid.SampledFrom([]string{"10.244.0.0/21", "10.244.0.0/21,fd00::/62", "fd00::/60,10.244.0.0/22"}).Draw(t, "ranges")
		f.ServiceClusterIPRange = rapid.SampledFrom([]string{"", "10.244.1.0/25", "10.244.0.0/23", "10.96.0.0/12"}).Draw(t, "services")
		c := NewStopped(fact.Version{})
		preset := rapid.SliceOfN(rapid.SampledFrom([]string{"10.244.3.0/24", "10.244.3.0/24", "10.244.4.0/26", "10.244.6.0/23"}), 0, 3).Draw(t, "presets")
		if f.ClusterCIDR[0] == 'f' {
			preset = nil
		}
		for i, p := range preset {
			c.Create(fmt.Sprintf("p%d", i), p)
		}
		if s := c.Start(f); s.Err != nil {
			return // 10.244.6.0/23 reaches out of no range here, but a service range may fill it
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "nodes") {
			c.Create(fmt.Sprintf("n%d", i))
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "deleted") {
			c.Delete(fmt.Sprintf("n%d", i))
		}
		for i := range rapid.IntRange(0, len(preset)).Draw(t, "presets deleted") {
			c.Delete(fmt.Sprintf("p%d", i))
		}
		if len(c.Waiting()) > 0 {
			return
		}
		k := rapid.IntRange(0, 12).Draw(t, "k")
		p := c.Predict(k)
		for _, u := range p.Ranges {
			if u.Subnets != u.Services+u.Foreign+u.Nodes+u.Leaked+u.Free-u.Reused {
				t.Fatalf("counts do not add up: %+v", u)
			}
		}
		check := func(c *Controller, next [][]netip.Prefix, more uint64) {
			for i := range k {
				s := c.Create(fmt.Sprintf("new%d", i))
				if uint64(i) >= more {
					if len(s.Assigned) != 0 || len(next) != int(more) {
						t.Fatalf("node %d is given %v, %d more were predicted", i, s.Assigned, more)
					}
					return
				}
				if !slices.Equal(s.Assigned[0].PodCIDRs, words.Texts(next[i])) {
					t.Fatalf("node %d is given %v, want %v", i, s.Assigned, next[i])
				}
			}
		}
		d := c.Clone()
		check(d, p.Next, p.More)
		d = c.Clone()
		d.Start(d.Flags())
		check(d, p.AfterRestart, p.RestartMore)
	})
}
