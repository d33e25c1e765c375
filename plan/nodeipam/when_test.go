package nodeipam

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// growing is a cluster of so many nodes in a /16, of which founders joined on the first day and the others one every so many days.
func growingBy(founders, later, days int, ages bool) Inventory {
	inv := Inventory{Managers: []HostFlags{{Flags: ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/18"}}}}
	start := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for i := range founders + later {
		n := InventoryNode{Name: fmt.Sprintf("n%03d", i), PodCIDRs: []string{fmt.Sprintf("10.244.%d.0/24", i)}}
		after := time.Duration(max(0, i-founders+1)*days) * 24 * time.Hour
		if ages {
			n.Age = time.Duration(later*days)*24*time.Hour - after + time.Hour
		} else {
			n.Created = start.Add(after)
		}
		inv.Nodes = append(inv.Nodes, n)
	}
	return inv
}

func TestForecast(t *testing.T) {
	for _, tc := range []struct {
		name                     string
		inv                      Inventory
		known                    bool
		likely                   float64
		perMonth, perMonthLately float64
	}{
		{"a node a week after twenty at once", growingBy(20, 30, 7, false), true, 15 * 7, 30.0 / 7, 30.0 / 7},
		{"the same, by ages", growingBy(20, 30, 7, true), true, 15 * 7, 30.0 / 7, 30.0 / 7},
		{"all on one day", growingBy(20, 0, 7, false), false, 0, 0, 0},
		{"one node", growingBy(1, 0, 7, false), false, 0, 0, 0},
		{"no times", Inventory{Managers: growingBy(1, 0, 1, false).Managers, Nodes: []InventoryNode{{Name: "a"}, {Name: "b"}}}, false, 0, 0, 0},
	} {
		p, err := tc.inv.Predict(0)
		if err != nil {
			t.Fatal(err)
		}
		f := p.Forecast
		if (f != nil) != tc.known {
			t.Errorf("%s: forecast %+v", tc.name, f)
			continue
		}
		if f == nil {
			continue
		}
		if math.Abs(f.Full.Likely-tc.likely) > 1e-6 || math.Abs(f.PerMonth-tc.perMonth) > 1e-6 || math.Abs(f.PerMonthLately-tc.perMonthLately) > 1e-6 {
			t.Errorf("%s: %+v, want day %v at %v and %v a month", tc.name, f, tc.likely, tc.perMonth, tc.perMonthLately)
		}
		if _, ok := f.Date(1); ok == f.From.IsZero() {
			t.Errorf("%s: a date %v, from %v", tc.name, ok, f.From)
		}
	}
}

// TestForecastDates: dates are whole days after the newest node, and none is made of what lies too far away.
func TestForecastDates(t *testing.T) {
	f := &Forecast{From: time.Date(2026, 8, 3, 23, 59, 0, 0, time.UTC)}
	for _, tc := range []struct {
		days float64
		want string
	}{{0, "2026-08-03"}, {0.99, "2026-08-03"}, {28, "2026-08-31"}, {105.2, "2026-11-16"}, {-1, ""}, {math.NaN(), ""}, {math.Inf(1), ""}, {1e12, ""}, {2.9e6, "9966-07-09"}} {
		d, ok := f.Date(tc.days)
		if got := d.Format(time.DateOnly); ok != (tc.want != "") || ok && got != tc.want {
			t.Errorf("%v: %s, %v, want %q", tc.days, got, ok, tc.want)
		}
	}
}

// TestForecastProperties: bounds enclose what is likely, more nodes take longer, and the order of nodes does not matter.
func TestForecastProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := growingBy(2, 0, 1, false)
		n := rapid.IntRange(2, 60).Draw(t, "nodes")
		inv.Nodes = nil
		for i := range n {
			node := InventoryNode{Name: fmt.Sprintf("n%d", i), PodCIDRs: []string{fmt.Sprintf("10.244.%d.0/24", i)}}
			if rapid.IntRange(0, 9).Draw(t, "known") > 0 {
				node.Created = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), 0)
			}
			inv.Nodes = append(inv.Nodes, node)
		}
		p, err := inv.Predict(0)
		if err != nil {
			t.Fatal(err)
		}
		f := p.Forecast
		if f == nil {
			return
		}
		if f.Founders+f.Grown != f.Known || f.Lately > f.Grown || f.PerMonth <= 0 {
			t.Fatalf("%+v", f)
		}
		var last Span
		for k := range uint64(40) {
			s := f.After(k)
			if s.Early < 0 || s.Early > s.Likely || s.Likely > s.Late || math.IsInf(s.Late, 0) || math.IsNaN(s.Late) || s.Likely < last.Likely {
				t.Fatalf("%d more: %+v after %+v", k, s, last)
			}
			last = s
		}
		if f.Full != f.After(p.More+1) {
			t.Fatalf("full %+v, want %+v", f.Full, f.After(p.More+1))
		}
		slices.Reverse(inv.Nodes)
		again, err := inv.Predict(0)
		if err != nil || *again.Forecast != *f {
			t.Fatalf("in another order %+v, %v, want %+v", again.Forecast, err, f)
		}
	})
}
