package draw

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// play starts, creates ("+a", "+a=10.244.0.0/24") and deletes ("-a").
func play(c *nodeipam.Controller, f nodeipam.ControllerFlags, words string) {
	for _, w := range strings.Fields(words) {
		name, podCIDR, _ := strings.Cut(w[1:], "=")
		switch {
		case w == "start":
			c.Start(f)
		case w == "stop":
			c.Stop()
		case w[0] == '-':
			c.Delete(name)
		case podCIDR != "":
			c.Create(name, strings.Split(podCIDR, ",")...)
		default:
			c.Create(name)
		}
	}
}

// TestPredictionText: the whole text where it is short.
func TestPredictionText(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	dual := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00::/63"}
	run := func(f nodeipam.ControllerFlags, words string, k int) nodeipam.Prediction {
		c := nodeipam.NewStopped(fact.Version{})
		play(c, f, words)
		return c.Predict(k)
	}
	unknown, err := plantest.Inventory(v4, "a=10.244.1.0/24").Predict(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		p     nodeipam.Prediction
		surge *nodeipam.SurgeNeed
		want  string
	}{
		{"two more than there are", run(v4, "start +a +b -a", 4), nil, `
1 node, 1 with a subnet of each range. 3 more get one, node 5 gets none.

Node subnets
  RANGE                 SUBNETS  NODES  SERVICES  OTHER SIZES  LEAKED  FREE  TWICE  ENDS AT
  10.244.0.0/22 in /24        4      1         0            0       0     3      0  4 nodes

Next nodes
     WITHOUT A RESTART  AFTER A RESTART
  1  10.244.2.0/24      10.244.0.0/24
  2  10.244.3.0/24      10.244.2.0/24
  3  10.244.0.0/24      10.244.3.0/24
`},
		{"it does not come back", run(v4, "start +a +x=10.99.0.0/24", 1), &nodeipam.SurgeNeed{Surge: 1, Fits: 1}, `
kube-controller-manager does not come back from a restart: kube-controller-manager exits at start:
failed to mark cidr[10.99.0.0/24] at idx [0] as occupied for node: x: cidr 10.99.0.0/24 is out the
range of cluster cidr 10.244.0.0/22
2 nodes, 1 with a subnet of each range. 3 more get one, node 5 gets none.

Node subnets
  RANGE                 SUBNETS  NODES  SERVICES  OTHER SIZES  LEAKED  FREE  TWICE  ENDS AT
  10.244.0.0/22 in /24        4      1         0            0       0     3      0  4 nodes

Next nodes
     WITHOUT A RESTART  AFTER A RESTART
  1  10.244.1.0/24      none

A surge of 1 node fits.
`},
		{"nor does one that is stopped", run(v4, "start +a +x=10.99.0.0/24 stop", 1), nil, `
kube-controller-manager does not come back from a restart: kube-controller-manager exits at start:
failed to mark cidr[10.99.0.0/24] at idx [0] as occupied for node: x: cidr 10.99.0.0/24 is out the
range of cluster cidr 10.244.0.0/22
`},
		{"nothing is handed out", run(nodeipam.ControllerFlags{}, "start +a", 1), nil, `
kube-controller-manager hands out nothing.
`},
		{"stopped: a restart serves who waits", run(v4, "start stop +a", 1), nil, `
kube-controller-manager hands out nothing.

A restart serves a, which waits: 10.244.0.0/24

Next nodes
     WITHOUT A RESTART  AFTER A RESTART
  1  none               10.244.1.0/24
`},
		{"retries have used up what there was", run(dual, "start +a +b +c -c -a", 1), nil, `
1 node, 1 with a subnet of each range. 1 more get one, node 3 gets none.

Node subnets
  RANGE                 SUBNETS  NODES  SERVICES  OTHER SIZES  LEAKED  FREE  TWICE  ENDS AT
  10.244.0.0/21 in /24        8      1         0            0       6     1      0  2 nodes
  fd00::/63 in /64            2      1         0            0       0     1      0  2 nodes

Next nodes
     WITHOUT A RESTART         AFTER A RESTART
  1  10.244.0.0/24, fd00::/64  10.244.0.0/24, fd00::/64
  Without a restart this is what comes if retries have used up every subnet of the first range that
  they can.
`},
		{"full", run(v4, "start +w=10.244.0.0/22", 0), nil, `
1 node, 1 with a subnet of each range. The next node gets no subnet.

Node subnets
  RANGE                 SUBNETS  NODES  SERVICES  OTHER SIZES  LEAKED  FREE  TWICE  ENDS AT
  10.244.0.0/22 in /24        4      0         0            4       0     0      0   1 node
`},
		{"made from files", unknown, nil, `
1 node, 1 with a subnet of each range. 3 more get one, node 5 gets none.

Node subnets
  RANGE                 SUBNETS  NODES  SERVICES  OTHER SIZES  LEAKED  FREE  TWICE  ENDS AT
  10.244.0.0/22 in /24        4      1         0            0       0     3      0  4 nodes

Next nodes
     WITHOUT A RESTART  AFTER A RESTART
  1  10.244.2.0/24      10.244.0.0/24
  Without a restart this is what comes if the highest subnet that is held was handed out last; the
  files do not say.
`},
	} {
		var b strings.Builder
		if err := PredictionText(&b, tt.p, tt.surge, Options{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), b.String()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\n%s", tt.name, diff, b.String())
		}
	}
}

// TestSurgeText: what is said of a surge that does not fit, range by range.
func TestSurgeText(t *testing.T) {
	p := nodeipam.Prediction{Ranges: []nodeipam.RangeUse{{Range: netip.MustParsePrefix("10.244.0.0/22")}, {Range: netip.MustParsePrefix("fd00::/63")}}}
	for _, tt := range []struct {
		n    nodeipam.SurgeNeed
		want string
	}{
		{nodeipam.SurgeNeed{Surge: 1, Fits: 1, Missing: []uint64{0}, Bits: []int{22}}, "A surge of 1 node fits."},
		{nodeipam.SurgeNeed{Surge: 2, Fits: 1, Missing: []uint64{1, 0}, Bits: []int{21, 63}}, "A surge of 2 nodes does not fit: 1 get subnets. 10.244.0.0/22 lacks 1; a /21 would do."},
		{nodeipam.SurgeNeed{Surge: 2, Missing: []uint64{2, 0}, Bits: []int{0, 63}}, "A surge of 2 nodes does not fit: 0 get subnets. 10.244.0.0/22 lacks 2; a /0 would do."},
		{nodeipam.SurgeNeed{Surge: 2, Missing: []uint64{3, 0}, Bits: []int{-1, 63}}, "A surge of 2 nodes does not fit: 0 get subnets. 10.244.0.0/22 lacks 3, those that wait already counted; no shorter prefix there would do."},
		{nodeipam.SurgeNeed{Surge: 2, Missing: []uint64{1, 2}, Bits: []int{21, 62}, Leaks: true}, "A surge of 2 nodes does not fit: 0 get subnets. 10.244.0.0/22 lacks 1; a /21 would do. fd00::/63 lacks 2; a /62 would do. " +
			"Each node that gets none uses up subnets of the ranges before, until kube-controller-manager restarts."},
		{nodeipam.SurgeNeed{Surge: 2, Missing: []uint64{0, 0}, Bits: []int{22, 63}}, "A surge of 2 nodes does not fit: 0 get subnets. Failed allocations have used up the rest: restart kube-controller-manager, and it fits."},
		{nodeipam.SurgeNeed{Surge: 2, Missing: []uint64{0, 0, 1}, Bits: []int{22, 63, 1}}, "A surge of 2 nodes does not fit: 0 get subnets. Failed allocations have used up the rest: restart kube-controller-manager, and it fits."},
	} {
		if got := surgeText(tt.n, p); got != tt.want {
			t.Errorf("%+v: %s\nwant %s", tt.n, got, tt.want)
		}
	}
}

// TestReplacementText: what is said of a rolling replacement.
func TestReplacementText(t *testing.T) {
	p := nodeipam.Prediction{Ranges: []nodeipam.RangeUse{{Range: netip.MustParsePrefix("10.244.0.0/22"), Subnets: 4, Services: 1}, {Range: netip.MustParsePrefix("fd00::/63"), Subnets: 2}}}
	const names = ". A new node never gets the subnet of the one that it replaces: routes and rules that name subnets of nodes change with them."
	for _, tt := range []struct {
		r    nodeipam.Replacement
		want string
	}{
		{nodeipam.Replacement{}, "There is no node to replace."},
		{nodeipam.Replacement{Nodes: 2, Peaks: []uint64{2}, Free: []uint64{0}}, "A rolling replacement has to delete each node before the one in its place is registered: no node more gets a subnet."},
		{nodeipam.Replacement{Nodes: 1, Surge: 1, Rounds: 1, Peaks: []uint64{2, 2}, Free: []uint64{1, 0}}, "A rolling replacement of 1 node with 1 more at a time takes 1 round; " +
			"of 10.244.0.0/22 it holds at most 2 of 4 subnets at a time, 1 free; of fd00::/63 it holds at most 2 of 2 subnets at a time, 0 free" + names},
		{nodeipam.Replacement{Nodes: 9, Surge: 2, Rounds: 3, Stuck: 3}, "A rolling replacement of 9 nodes with 2 more at a time gets stuck in round 3, in which a new node gets no subnet" + names},
	} {
		if got := replacementText(tt.r, p); got != tt.want {
			t.Errorf("%+v: %s\nwant %s", tt.r, got, tt.want)
		}
	}
}

// TestPredictionJSON: what is only there when there is something to say.
func TestPredictionJSON(t *testing.T) {
	for _, tt := range []struct {
		p     nodeipam.Prediction
		surge *nodeipam.SurgeNeed
		want  string // restartError and surge
	}{
		{nodeipam.Prediction{}, nil, `null null`},
		{nodeipam.Prediction{RestartErr: errors.New("why")}, nil, `"why" null`},
		{nodeipam.Prediction{}, &nodeipam.SurgeNeed{Surge: 2, Fits: 1, Missing: []uint64{1}, Bits: []int{21}, Leaks: true}, `null {"nodes":2,"fits":1,"missing":[1],"bits":[21],"leaks":true}`},
		{nodeipam.Prediction{}, &nodeipam.SurgeNeed{Surge: 1, Fits: 1, Replacement: &nodeipam.Replacement{Nodes: 3, Surge: 1, Rounds: 3, Peaks: []uint64{4}, Free: []uint64{2}}},
			`null {"nodes":1,"fits":1,"missing":[],"bits":[],"leaks":false,"replacement":{"nodes":3,"surge":1,"rounds":3,"peaks":[4],"free":[2]}}`},
	} {
		var b strings.Builder
		if err := PredictionJSON(&b, tt.p, tt.surge); err != nil {
			t.Fatal(err)
		}
		var got struct {
			RestartError, Surge any
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
			t.Fatal(err)
		}
		var want [2]any
		for i, s := range strings.SplitN(tt.want, " ", 2) {
			if err := json.Unmarshal([]byte(s), &want[i]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, [2]any{got.RestartError, got.Surge}); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
