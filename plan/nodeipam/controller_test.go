package nodeipam

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// run applies a script to a controller: one step a word group, "+n1" creates, "+n1=10.0.0.0/24,fd00::/64" with podCIDRs,
// "-n1" deletes, "n1=..." patches, "~n1" updates, "*a,b" bursts, "stop", "start", "wait".
func script(t *testing.T, c *Controller, f ControllerFlags, words string) Step {
	t.Helper()
	var last Step
	for _, w := range strings.Fields(words) {
		name, value, patch := strings.Cut(strings.TrimLeft(w, "+-~*"), "=")
		var list []string
		if value != "" {
			list = strings.Split(value, ",")
		}
		switch {
		case w == "stop":
			last = c.Stop()
		case w == "start":
			last = c.Start(f)
		case w == "wait":
			last = c.Wait()
		case w[0] == '+':
			last = c.Create(name, list...)
		case w[0] == '-':
			last = c.Delete(name)
		case w[0] == '~':
			last = c.Update(name)
		case w[0] == '*':
			last = c.Burst(strings.Split(name, ",")...)
		case patch:
			last = c.Patch(name, list...)
		default:
			t.Fatalf("word %q", w)
		}
	}
	return last
}

// TestTerminate: a node that a finalizer holds keeps its subnet, but in 1.31.0 to 1.31.3.
func TestTerminate(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}
	for _, tt := range []struct {
		version fact.Version
		restart bool
		after   string // a third node comes while the first is being deleted
		gone    string // and a fourth when it is gone
	}{
		{fact.V(1, 37, 2), false, "a=10.244.0.0/24 b=10.244.1.0/24 c=", "b=10.244.1.0/24 c=10.244.0.0/24 d="},
		{fact.V(1, 31, 4), true, "a=10.244.0.0/24 b=10.244.1.0/24 c=", "b=10.244.1.0/24 c=10.244.0.0/24 d="},
		{fact.V(1, 30, 0), true, "a=10.244.0.0/24 b=10.244.1.0/24 c=", "b=10.244.1.0/24 c= d=10.244.0.0/24"},
		// Freed twice: with the deletion of a the subnet of c is free as well.
		{fact.V(1, 31, 0), false, "a=10.244.0.0/24 b=10.244.1.0/24 c=10.244.0.0/24", "b=10.244.1.0/24 c=10.244.0.0/24 d=10.244.0.0/24"},
		{fact.V(1, 31, 3), true, "a=10.244.0.0/24 b=10.244.1.0/24 c=10.244.0.0/24", "b=10.244.1.0/24 c=10.244.0.0/24 d=10.244.0.0/24"},
	} {
		c, err := NewController(f, tt.version)
		if err != nil {
			t.Fatal(err)
		}
		c.Create("a")
		c.Create("b")
		before := c.Clone()
		if tt.restart {
			c.Stop()
			c.Terminate("a")
			c.Start(f)
		} else {
			c.Terminate("a")
		}
		if c.Equal(before) {
			t.Errorf("%v: a deletion timestamp makes no difference to Equal", tt.version)
		}
		if c.Create("c"); nodeList(c) != tt.after {
			t.Errorf("%v: %s, want %s", tt.version, nodeList(c), tt.after)
		}
		c.Delete("a")
		if c.Create("d"); nodeList(c) != tt.gone {
			t.Errorf("%v: %s, want %s", tt.version, nodeList(c), tt.gone)
		}
	}
	// One that waits and is deleted is served no more, whatever changes about it.
	for minor, want := range map[int]string{30: "b=10.244.1.0/24 c=10.244.0.0/24", 31: "b=10.244.1.0/24 c=", 37: "b=10.244.1.0/24 c="} {
		c, err := NewController(f, fact.V(1, minor, 9))
		if err != nil {
			t.Fatal(err)
		}
		c.Burst("a", "b")
		c.Create("c")
		c.Terminate("c")
		c.Terminate("c")
		c.Delete("a")
		if s := c.Update("c"); s.Err != nil {
			t.Fatal(s.Err)
		}
		if nodeList(c) != want {
			t.Errorf("1.%d: %s, want %s", minor, nodeList(c), want)
		}
		if s := c.Terminate("x"); s.Err == nil {
			t.Error("a node that is not there is deleted")
		}
	}
}

// nodeList prints the nodes of c, short.
func nodeList(c *Controller) string {
	var out []string
	for _, n := range c.Nodes() {
		out = append(out, n.Node+"="+strings.Join(n.PodCIDRs, ","))
	}
	return strings.Join(out, " ")
}

func TestController(t *testing.T) {
	v4 := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	dual := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00:10:244::/63"}
	with := func(f ControllerFlags, change func(*ControllerFlags)) ControllerFlags { change(&f); return f }
	service := func(s string) ControllerFlags {
		return with(v4, func(f *ControllerFlags) { f.ServiceClusterIPRange = s })
	}
	tests := []struct {
		name    string
		flags   ControllerFlags
		version int
		script  string
		want    string
		err     string // of the last step
		log     string // of the last step, a part
	}{
		{"rotation", v4, 0, "start +a +b -a +c", "b=10.244.1.0/24 c=10.244.2.0/24", "", ""},
		{"a restart forgets it", v4, 0, "start +a +b -a start +c", "b=10.244.1.0/24 c=10.244.0.0/24", "", ""},
		{"wrap-around", v4, 0, "start +a +b +c -a +d +e", "b=10.244.1.0/24 c=10.244.2.0/24 d=10.244.3.0/24 e=10.244.0.0/24", "", ""},
		{"full", v4, 0, "start +a +b +c +d +e", "a=10.244.0.0/24 b=10.244.1.0/24 c=10.244.2.0/24 d=10.244.3.0/24 e=", "", "failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed"},
		{"one waits, one is freed", v4, 0, "start +a +b +c +d +e -b", "a=10.244.0.0/24 c=10.244.2.0/24 d=10.244.3.0/24 e=10.244.1.0/24", "", ""},
		{"1.30 does not try again by itself", v4, 30, "start +a +b +c +d +e -b", "a=10.244.0.0/24 c=10.244.2.0/24 d=10.244.3.0/24 e=", "", ""},
		{"but when something about the node changes", v4, 30, "start +a +b +c +d +e -b ~e", "a=10.244.0.0/24 c=10.244.2.0/24 d=10.244.3.0/24 e=10.244.1.0/24", "", ""},
		{"duplicates", v4, 0, "start +a=10.244.1.0/24 +b=10.244.1.0/24 +c +d +e -a +f", "b=10.244.1.0/24 c=10.244.0.0/24 d=10.244.2.0/24 e=10.244.3.0/24 f=10.244.1.0/24", "", ""},
		{"an update of the other holder takes it again", v4, 0, "start +a=10.244.1.0/24 +b=10.244.1.0/24 +c +d +e -a ~b +f", "b=10.244.1.0/24 c=10.244.0.0/24 d=10.244.2.0/24 e=10.244.3.0/24 f=", "", "idx:0"},
		{"which 1.30 does not see", v4, 30, "start +a=10.244.1.0/24 +b=10.244.1.0/24 +c +d +e -a ~b +f", "b=10.244.1.0/24 c=10.244.0.0/24 d=10.244.2.0/24 e=10.244.3.0/24 f=10.244.1.0/24", "", ""},
		{"wider than the mask", v4, 0, "start +w=10.244.0.0/23 +a +b +c", "a=10.244.2.0/24 b=10.244.3.0/24 c= w=10.244.0.0/23", "", "idx:0"},
		{"narrower than the mask", v4, 0, "start +w=10.244.0.128/25 +a", "a=10.244.1.0/24 w=10.244.0.128/25", "", ""},
		{"deleting one narrow owner frees the whole", v4, 0, "start +v=10.244.0.0/25 +w=10.244.0.128/25 +a +b +c -v +d", "a=10.244.1.0/24 b=10.244.2.0/24 c=10.244.3.0/24 d=10.244.0.0/24 w=10.244.0.128/25", "", ""},
		{"host bits are masked up to 1.35", v4, 35, "start +w=10.244.1.77/24 +a +b", "a=10.244.0.0/24 b=10.244.2.0/24 w=10.244.1.77/24", "", ""},
		{"and refused since 1.36", v4, 36, "start +w=10.244.1.77/24", "", `Node "w" is invalid: spec.podCIDRs[0]: Invalid value: "10.244.1.77/24": must not have bits set beyond the prefix length`, ""},
		{"outside while running", v4, 0, "start +x=10.99.0.0/24", "x=10.99.0.0/24", "", "error syncing 'x': failed to mark cidr[10.99.0.0/24] at idx [0] as occupied for node: x: cidr 10.99.0.0/24 is out the range of cluster cidr 10.244.0.0/22, requeuing"},
		{"outside at start", v4, 0, "+x=10.99.0.0/24 start", "x=10.99.0.0/24", "kube-controller-manager exits at start: failed to mark cidr[10.99.0.0/24] at idx [0] as occupied for node: x: cidr 10.99.0.0/24 is out the range of cluster cidr 10.244.0.0/22", ""},
		{"outside at start, old text", v4, 15, "+x=10.99.0.0/24 start", "x=10.99.0.0/24", "kube-controller-manager exits at start: failed to mark cidr as occupied: cidr 10.99.0.0/24 is out the range of cluster cidr 10.244.0.0/22", ""},
		{"the supernet of the range", v4, 0, "+x=10.0.0.0/8 start +a", "a= x=10.0.0.0/8", "", "idx:0"},
		{"dual-stack nodes and a single-stack range", v4, 0, "+x=10.244.0.0/24,fd00::/64 start", "x=10.244.0.0/24,fd00::/64", "kube-controller-manager exits at start: node:x has an allocated cidr: fd00::/64 at index:1 that does not exist in cluster cidrs configuration", ""},
		{"which made 1.16 panic", v4, 16, "+x=10.244.0.0/24,fd00::/64 start", "x=10.244.0.0/24,fd00::/64", "kube-controller-manager exits at start: panic: runtime error: index out of range [1] with length 1", ""},
		{"position, not family", dual, 0, "+x=fd00:10:244::/64,10.244.0.0/24 start", "x=fd00:10:244::/64,10.244.0.0/24", "kube-controller-manager exits at start: failed to mark cidr[fd00:10:244::/64] at idx [0] as occupied for node: x: cidr fd00:10:244::/64 is out the range of cluster cidr 10.244.0.0/21", ""},
		{"one family stays one family", dual, 0, "+x=10.244.0.0/24 start +a", "a=10.244.1.0/24,fd00:10:244::/64 x=10.244.0.0/24", "", ""},
		{"IPv6 first", with(dual, func(f *ControllerFlags) { f.ClusterCIDR = "fd00:10:244::/63,10.244.0.0/21" }), 0, "start +a", "a=fd00:10:244::/64,10.244.0.0/24", "", ""},
		{"the leak drains the first range", dual, 0, "start +a +b +c -a", "b=10.244.1.0/24,fd00:10:244:1::/64 c=10.244.0.0/24,fd00:10:244::/64", "", ""},
		{"1.30 loses one for each try", dual, 30, "start +a +b +c +d -a ~c", "b=10.244.1.0/24,fd00:10:244:1::/64 c=10.244.4.0/24,fd00:10:244::/64 d=", "", ""},
		{"a restart gives the leaked ones back", dual, 0, "start +a +b +c stop -a start", "b=10.244.1.0/24,fd00:10:244:1::/64 c=10.244.0.0/24,fd00:10:244::/64", "", ""},
		{"service range inside", service("10.244.1.0/24"), 0, "start +a +b", "a=10.244.0.0/24 b=10.244.2.0/24", "", ""},
		{"service range narrower than the mask", service("10.244.0.128/26"), 0, "start +a", "a=10.244.1.0/24", "", ""},
		{"service range around", service("10.240.0.0/12"), 0, "start +a", "a=", "", "idx:0"},
		{"service range of the other family", service("fd00::/112"), 0, "start +a", "a=10.244.0.0/24", "", ""},
		{"second service range", service("fd00::/112,10.244.0.0/24"), 0, "start +a", "a=10.244.1.0/24", "", ""},
		{"a node in the service range, deleted, makes it free", service("10.244.0.0/23"), 0, "start +x=10.244.1.0/24 +a +b +c -x +d", "a=10.244.2.0/24 b=10.244.3.0/24 c=10.244.1.0/24 d=", "", "idx:0"},
		{"allocation off", ControllerFlags{ClusterCIDR: "10.244.0.0/22"}, 0, "start +a +x=10.99.0.0/24", "a= x=10.99.0.0/24", "", ""},
		{"stopped", v4, 0, "start stop +a", "a=", "", ""},
		{"and served at start", v4, 0, "+a start", "a=10.244.0.0/24", "", ""},
		{"patch of none", v4, 0, "+a a=10.244.3.0/24 start +b", "a=10.244.3.0/24 b=10.244.0.0/24", "", ""},
		{"patch of one that waits", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/24" }), 0, "start +a +b b=10.99.0.0/24", "a=10.244.0.0/24 b=10.99.0.0/24", "", "out the range"},
		{"a set podCIDR stays", v4, 0, "start +a a=10.244.3.0/24", "a=10.244.0.0/24", `Node "a" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`, ""},
		{"the same again is no change", v4, 0, "start +a a=10.244.0.0/24", "a=10.244.0.0/24", "", ""},
		{"and cannot be cleared", v4, 0, "start +a a=", "a=10.244.0.0/24", `Node "a" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`, ""},
		{"a wrong patch of a set one has two faults", v4, 0, "start +a a=x", "a=10.244.0.0/24", `Node "a" is invalid: [spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64), spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid]`, ""},
		{"a patch up to 1.30 is not seen", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/23" }), 30, "start +a +b +c -b c=10.244.1.0/24 +d", "a=10.244.0.0/24 c=10.244.1.0/24 d=10.244.1.0/24", "", ""},
		{"a name twice", v4, 0, "start +a +a", "a=10.244.0.0/24", `nodes "a" already exists`, ""},
		{"no such node", v4, 0, "start -a", "", `nodes "a" not found`, ""},
		{"mask beyond the address", with(v4, func(f *ControllerFlags) { f.NodeCIDRMaskSize = 33 }), 0, "start +a", "a=", "", `error syncing 'a': failed to patch node CIDR: Node "a" is invalid: spec.podCIDRs[0]: Invalid value: "<nil>": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64), requeuing`},
		{"which no preset survives", with(v4, func(f *ControllerFlags) { f.NodeCIDRMaskSize = 33 }), 0, "+a=10.244.0.0/24 start", "a=10.244.0.0/24", "kube-controller-manager exits at start: failed to mark cidr[10.244.0.0/24] at idx [0] as occupied for node: a: invalid IP: <nil>", ""},
		{"mask 64 bits beyond", with(v4, func(f *ControllerFlags) { f.NodeCIDRMaskSize = 99 }), 0, "start +a", "a=", "", "idx:0: CIDR allocation failed"},
		{"mapped range", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "::ffff:10.244.0.0/112"; f.NodeCIDRMaskSize = 120 }), 0, "start +a", "a=0.0.0.0/24", "", "error syncing 'a': failed to mark cidr[0.0.0.0/24] at idx [0] as occupied for node: a: cidr 0.0.0.0/24 is out the range of cluster cidr 10.244.0.0/16, requeuing"},
		{"dies at the next start", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "::ffff:10.244.0.0/112"; f.NodeCIDRMaskSize = 120 }), 0, "start +a start", "a=0.0.0.0/24", "kube-controller-manager exits at start: failed to mark cidr[0.0.0.0/24] at idx [0] as occupied for node: a: cidr 0.0.0.0/24 is out the range of cluster cidr 10.244.0.0/16", ""},
		{"mapped podCIDR up to 1.35", v4, 35, "+a=::ffff:10.244.1.0/120 start", "a=::ffff:10.244.1.0/120", "kube-controller-manager exits at start: failed to mark cidr[10.244.1.0/24] at idx [0] as occupied for node: a: CIDR: 0.0.0.0/24 is out of the range of CIDR allocator", ""},
		{"which 1.30 does not look at again", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "::ffff:10.244.0.0/112"; f.NodeCIDRMaskSize = 120 }), 30, "start +a", "a=0.0.0.0/24", "", ""},
		{"mask beyond the address in one family", with(dual, func(f *ControllerFlags) { f.NodeCIDRMaskSizeIPv4 = 33 }), 0, "start +a", "a=", "", `failed to patch node CIDR: Node "a" is invalid: [spec.podCIDRs[0]: Invalid value: "<nil>"`},
		{"a family too many is no matter until it is deleted", v4, 0, "start +x=10.244.0.0/24,fd00::/64 -x", "", "", "node:x has an allocated cidr: fd00::/64 at index:1 that does not exist in cluster cidrs configuration"},
		{"and what came before it is free then", v4, 0, "start +x=10.244.0.0/24,fd00::/64 -x +a", "a=10.244.0.0/24", "", ""},
		{"1.15 has no podCIDRs, only the first", dual, 15, "+a=10.244.0.0/24,fd00:10:244::/64 +b b=10.244.1.0/24,fd00:10:244:1::/64 +c c=", "a=10.244.0.0/24 b=10.244.1.0/24 c=", "", ""},
		{"a patch with nothing leaves a node waiting", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/24" }), 0, "start +a +b b= -a", "b=10.244.0.0/24", "", ""},
		{"flags that do not start", with(v4, func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/25" }), 0, "+a start", "a=", "kube-controller-manager refuses to start: Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v fact.Version
			if tt.version > 0 {
				v = v1(tt.version)
			}
			c := NewStopped(v)
			step := script(t, c, tt.flags, tt.script)
			if got := nodeList(c); got != tt.want {
				t.Errorf("nodes %s\nwant  %s", got, tt.want)
			}
			switch {
			case step.Err == nil && tt.err != "", step.Err != nil && step.Err.Error() != tt.err:
				t.Errorf("error %v\nwant  %s", step.Err, tt.err)
			}
			if log := strings.Join(step.Log, "\n"); tt.log == "" && log != "" || !strings.Contains(log, tt.log) {
				t.Errorf("log %q, want %q in it", log, tt.log)
			}
		})
	}
}

func TestExitStatus(t *testing.T) {
	bad := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "abc"}
	for _, tt := range []struct {
		flags   ControllerFlags
		version int
		preset  string
		want    int
	}{
		{bad, 37, "", 1}, {bad, 26, "", 255},
		{ControllerFlags{ServiceClusterIPRange: "a,b,c"}, 26, "", 1},
		{ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.0.0.0/16"}, 37, "10.1.0.0/24", 1},
		{ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.0.0.0/16"}, 26, "10.1.0.0/24", 255},
	} {
		c := NewStopped(v1(tt.version))
		if tt.preset != "" {
			c.Create("n", tt.preset)
		}
		if got := c.Start(tt.flags).ExitStatus(); got != tt.want {
			t.Errorf("%+v on 1.%d: status %d, want %d", tt.flags, tt.version, got, tt.want)
		}
		if c.Running() {
			t.Errorf("%+v on 1.%d: runs", tt.flags, tt.version)
		}
	}
}

func TestControllerEvents(t *testing.T) {
	c, err := NewController(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/24"}, fact.Version{})
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Create("a"); s.Events != nil || s.Timing != nil {
		t.Errorf("a: %+v", s)
	}
	want := []NodeEvent{{"b", "CIDRNotAvailable", "Node b status is now: CIDRNotAvailable"}}
	if s := c.Create("b"); !slices.Equal(s.Events, want) || s.Timing != nil {
		t.Errorf("b: %+v", s)
	}
}

func TestTiming(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	c := NewStopped(fact.Version{})
	s := script(t, c, f, "start *a,b,c")
	if s.Timing == nil || s.Timing.Min != 3 || s.Timing.Max != 3 || s.Timing.Count().Int64() != 6 {
		t.Fatalf("burst of 3: %+v", s.Timing)
	}
	n := 0
	for o := range s.Timing.Outcomes() {
		n++
		if !s.Timing.Allows(o) {
			t.Errorf("outcome %v is not allowed", o)
		}
		d := c.Clone()
		if !d.Resolve(o) {
			t.Errorf("cannot resolve %v", o)
		}
		for name, want := range o {
			if got, _ := d.Node(name); !slices.Equal(got, words.Texts(want)) {
				t.Errorf("%s = %v, want %v", name, got, want)
			}
		}
		if s := d.Create("d"); s.Timing != nil || s.Assigned[0].PodCIDRs[0] != "10.244.3.0/24" {
			t.Errorf("after %v: %+v", o, s)
		}
	}
	if n != 6 {
		t.Errorf("%d outcomes, want 6", n)
	}
	p := netip.MustParsePrefix
	for _, o := range []Outcome{
		{},
		{"a": {p("10.244.0.0/24")}, "b": {p("10.244.1.0/24")}},
		{"a": {p("10.244.0.0/24")}, "b": {p("10.244.1.0/24")}, "c": {p("10.244.3.0/24")}},
		{"a": {p("10.244.0.0/24")}, "b": {p("10.244.1.0/24")}, "c": {p("10.244.1.0/24")}},
		{"a": {p("10.244.0.0/24")}, "b": {p("10.244.1.0/24")}, "c": {p("10.244.2.0/24"), p("10.244.2.0/24")}},
	} {
		if c.Resolve(o) {
			t.Errorf("%v is possible", o)
		}
	}

	// Two wait and there is room for both in both ranges: nobody fails at the second, so that none of the first is passed over.
	c = NewStopped(fact.Version{})
	s = script(t, c, ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23,fd00::/63"}, "start +w=10.244.0.0/23,fd00::/63 +a +b -w")
	if s.Timing == nil || s.Timing.Min != 0 || s.Timing.Max != 2 || s.Timing.Skips[0] || s.Timing.Skips[1] {
		t.Errorf("room for both: %+v", s.Timing)
	}

	// Two wait, one subnet comes free: either gets it, or none yet.
	c = NewStopped(fact.Version{})
	s = script(t, c, f, "start +a +b +c +d +e +f -b")
	if s.Timing == nil || s.Timing.Count().Int64() != 3 {
		t.Fatalf("deletion: %+v", s.Timing)
	}
	if got, _ := c.Node("f"); len(got) == 0 {
		t.Error("the one that waited the shortest is the likeliest")
	}
	d := c.Clone()
	if !d.Resolve(Outcome{"e": {p("10.244.1.0/24")}}) || !strings.HasSuffix(nodeList(d), "e=10.244.1.0/24 f=") {
		t.Errorf("e: %s", nodeList(d))
	}
	if !c.Resolve(Outcome{}) || !strings.HasSuffix(nodeList(c), "e= f=") {
		t.Errorf("none: %s", nodeList(c))
	}
	if s.Timing.Why != "nodes that wait are tried again after a pause that doubles up to 1000 s; whose ends first is not known" {
		t.Error(s.Timing.Why)
	}
	// A new node comes before those that wait, or after.
	s = c.Create("g")
	if s.Timing.Why != "others wait already" || len(s.Events) > 0 {
		t.Errorf("%+v: that the others fail again is no news", s)
	}
	if s.Timing == nil || s.Timing.Min != 1 || s.Timing.Max != 1 || s.Timing.Count().Int64() != 3 {
		t.Errorf("new node: %+v", s.Timing)
	}
}

// TestLeakTiming checks what is open after retries have burned an unknown number of IPv4 subnets.
func TestLeakTiming(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00:10:244::/63"}
	c := NewStopped(fact.Version{})
	s := script(t, c, f, "start +a +b +c -a")
	tm := s.Timing
	if tm == nil || tm.Min != 0 || tm.Max != 1 || !tm.Skips[0] || tm.Skips[1] {
		t.Fatalf("%+v", tm)
	}
	// .2 is burned for certain, by the first try of c; .0 was freed by the deletion.
	want := "10.244.3.0/24 10.244.4.0/24 10.244.5.0/24 10.244.6.0/24 10.244.7.0/24 10.244.0.0/24"
	if got := strings.Join(words.Texts(tm.Subnets[0]), " "); got != want {
		t.Errorf("candidates %s, want %s", got, want)
	}
	p := netip.MustParsePrefix
	if !c.Resolve(Outcome{"c": {p("10.244.5.0/24"), p("fd00:10:244::/64")}}) {
		t.Fatal("not possible")
	}
	// Nobody waits any more, so that it is known now how many are left: .6, .7 and .0.
	s = script(t, c, f, "-b +d")
	if s.Timing != nil || nodeList(c) != "c=10.244.5.0/24,fd00:10:244::/64 d=10.244.6.0/24,fd00:10:244:1::/64" {
		t.Errorf("%s %+v", nodeList(c), s.Timing)
	}
	if c.Open() {
		t.Error("nothing is open any more")
	}
	// That nobody has been served yet says nothing about the retries: nothing is burned while there is room in both ranges.
	c = NewStopped(fact.Version{})
	script(t, c, f, "start +a +b +c -a")
	if !c.Open() || !c.Resolve(Outcome{}) {
		t.Error("c may still wait")
	}
	if s = c.Create("d"); s.Timing == nil || s.Timing.Min != 1 || s.Timing.Max != 1 {
		t.Errorf("%+v", s.Timing)
	}
	for _, tt := range []struct{ script, want string }{
		// The first try of a second node burns one more for certain.
		{"start +a +b +c +d -a", "10.244.4.0/24 10.244.5.0/24 10.244.6.0/24 10.244.7.0/24 10.244.0.0/24"},
		// One that gets a subnet of the first range before it fails has burned that one, and no other.
		{"start +x=10.244.5.0/24 +a +b +c -c -x +d -d -a +e", "10.244.6.0/24 10.244.7.0/24 10.244.0.0/24"},
	} {
		c = NewStopped(fact.Version{})
		tm := script(t, c, f, tt.script).Timing
		if tm == nil || strings.Join(words.Texts(tm.Subnets[0]), " ") != tt.want {
			t.Errorf("%s: %+v, want %s", tt.script, tm, tt.want)
		}
	}
	// A single subnet that may be burned or not: either is possible.
	four := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22,fd00:10:244::/63"}
	c = NewStopped(fact.Version{})
	s = script(t, c, four, "start +a +b +c -c -a +x=10.244.0.0/24 +d")
	if tm := s.Timing; tm == nil || tm.Min != 0 || tm.Max != 1 || strings.Join(words.Texts(tm.Subnets[0]), " ") != "10.244.3.0/24" || tm.Why != "retries of nodes that wait have used up an unknown number of subnets" {
		t.Fatalf("%+v", s)
	}
	for _, o := range []Outcome{{}, {"d": {p("10.244.3.0/24"), p("fd00:10:244::/64")}}} {
		if d := c.Clone(); !d.Resolve(o) {
			t.Errorf("%v is not possible", o)
		}
	}
	// And one that is free in any case: whoever got .0 has passed by .3, if that was not burned before.
	c = NewStopped(fact.Version{})
	s = script(t, c, four, "start +a +b +c -c -a +d")
	if s.Timing == nil || !c.Resolve(Outcome{"d": {p("10.244.0.0/24"), p("fd00:10:244::/64")}}) {
		t.Errorf("%+v", s.Timing)
	}
	if s = script(t, c, four, "-d +e"); s.Timing != nil || nodeList(c) != "b=10.244.1.0/24,fd00:10:244:1::/64 e=10.244.0.0/24,fd00:10:244::/64" {
		t.Errorf("%s %+v", nodeList(c), s.Timing)
	}
	// Left alone, the number stays unknown.
	c = NewStopped(fact.Version{})
	s = script(t, c, f, "start +a +b +c -c -a +d")
	if s.Timing == nil || s.Timing.Min != 1 || len(s.Timing.Subnets[0]) != 6 {
		t.Errorf("%s %+v", nodeList(c), s.Timing)
	}
	if got, want := nodeList(c), "b=10.244.1.0/24,fd00:10:244:1::/64 d=10.244.0.0/24,fd00:10:244::/64"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestWhy: what is said to be open.
func TestWhy(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}
	for _, tt := range []struct {
		version      int
		script, want string
	}{
		{37, "start *a,b", "they are registered at the same moment"},
		{37, "+a +b start", "they are registered already when it starts, and its workers take them in any order"},
		{30, "start +a +b +c +d -a ~c", "nodes that wait are tried again when something about them changes, within about five minutes"},
		{30, "start +a +b +c +d -a", "nodes that wait are tried again when something about them changes, within about five minutes"},
	} {
		c := NewStopped(v1(tt.version))
		if tm := script(t, c, f, tt.script).Timing; tm == nil || tm.Why != tt.want {
			t.Errorf("1.%d %s: %+v, want %s", tt.version, tt.script, tm, tt.want)
		}
	}
}

// TestResolve: what a resolved outcome leaves behind.
func TestResolve(t *testing.T) {
	p := netip.MustParsePrefix
	// Those that still wait do so in the order of their registration.
	c := NewStopped(fact.Version{})
	script(t, c, ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}, "start *a,b,c,d")
	if !c.Resolve(Outcome{"a": {p("10.244.0.0/24")}, "c": {p("10.244.1.0/24")}}) || !slices.Equal(c.Waiting(), []string{"b", "d"}) {
		t.Errorf("%s waiting %v", nodeList(c), c.Waiting())
	}
	// Those of an inventory are registered in its order.
	c = stated(ControllerFlags{}, "b c d a").Stopped()
	c.Start(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"})
	if !c.Resolve(Outcome{"a": {p("10.244.0.0/24")}, "c": {p("10.244.1.0/24")}}) || !slices.Equal(c.Waiting(), []string{"b", "d"}) {
		t.Errorf("%s waiting %v", nodeList(c), c.Waiting())
	}
	// A node that fails at the second range has used up a subnet of the first. 1.30 does not try again, so that these are counted.
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00:10:244::/63"}
	c = NewStopped(v1(30))
	script(t, c, f, "start *a,b,c,d,e")
	if !c.Resolve(Outcome{"a": {p("10.244.0.0/24"), p("fd00:10:244::/64")}, "c": {p("10.244.1.0/24"), p("fd00:10:244:1::/64")}}) {
		t.Fatal("not possible")
	}
	script(t, c, f, "-a ~b")
	if got, want := nodeList(c), "b=10.244.5.0/24,fd00:10:244::/64 c=10.244.1.0/24,fd00:10:244:1::/64 d= e="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Subnets are handed out from the cursor on, around the end of the range, whoever gets which: what lies between is used up. Of a range
	// this large not all are written out.
	huge := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "0.0.0.0/0,fd00::/63", NodeCIDRMaskSizeIPv4: 32}
	for _, tt := range []struct{ c, d, next string }{
		{"200.1.2.3/32", "100.1.2.3/32", "200.1.2.4/32"},
		{"100.1.2.3/32", "200.1.2.3/32", "200.1.2.4/32"},
		{"0.0.0.0/32", "200.1.2.3/32", ""},
		{"200.1.2.3/32", "0.0.0.0/32", ""},
	} {
		c = NewStopped(fact.Version{})
		script(t, c, huge, "start +w=0.0.0.0/32,fd00::/63 +c +d -w")
		if !c.Resolve(Outcome{"c": {p(tt.c), p("fd00::/64")}, "d": {p(tt.d), p("fd00:0:0:1::/64")}}) {
			t.Errorf("%s and %s: not possible", tt.c, tt.d)
			continue
		}
		next := ""
		for q := range c.sets[0].widest().Upcoming() {
			next = q.String()
			break
		}
		if next != tt.next {
			t.Errorf("%s and %s: %q comes next, want %q", tt.c, tt.d, next, tt.next)
		}
	}
}

// TestEqual: states that differ in one respect alone.
func TestEqual(t *testing.T) {
	single := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	off := ControllerFlags{ClusterCIDR: "10.244.0.0/22"}
	made := func(minor int, f ControllerFlags, words string) *Controller {
		c := NewStopped(v1(minor))
		script(t, c, f, words)
		return c
	}
	for name, other := range map[string]*Controller{
		"release":     made(36, off, "start +a"),
		"it runs":     made(37, off, "+a"),
		"a node more": made(37, off, "start +a +b=10.244.0.0/24"),
		"the podCIDR": made(37, off, "start +a=10.244.0.0/24"),
		"the name":    made(37, off, "start +b"),
	} {
		c := made(37, off, "start +a")
		if !c.Equal(c.Clone()) || c.Equal(other) || other.Equal(c) {
			t.Errorf("%s: %s and %s are equal", name, nodeList(c), nodeList(other))
		}
	}
	// Nothing but the ranges.
	c, d := made(37, off, "start"), made(37, single, "start")
	if c.Equal(d) || d.Equal(c) {
		t.Error("whether subnets are handed out makes no difference")
	}
	// Nothing but the order in which they wait.
	c, d = made(37, off, "start +a +b"), made(37, off, "start +b +a")
	if c.Equal(d) {
		t.Error("the order of those that wait makes no difference")
	}
}

func TestCloneEqual(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00:10:244::/63"}
	c := NewStopped(fact.Version{})
	script(t, c, f, "start +a +b +c -a")
	d := c.Clone()
	if !c.Equal(d) {
		t.Fatal("a clone differs")
	}
	before := nodeList(c)
	script(t, d, f, "+x +y -b")
	if nodeList(c) != before || c.Equal(d) {
		t.Error("a clone shares state")
	}
	// The cursor counts.
	c, d = NewStopped(fact.Version{}), NewStopped(fact.Version{})
	script(t, c, f, "start +a +b -b")
	script(t, d, f, "start +a")
	if c.Equal(d) {
		t.Error("states with different cursors are equal")
	}
	script(t, c, f, "start")
	script(t, d, f, "start")
	if !c.Equal(d) {
		t.Error("states differ after a restart")
	}
	var none *Controller
	if none.Equal(c) || !none.Equal(nil) {
		t.Error("nil")
	}
}

func TestAPIServerPodCIDRsRecorded(t *testing.T) {
	for _, c := range recorded[struct {
		PodCIDR          string
		PodCIDRs, Stored []string
		Code             int
		Message          string
	}](t, "node.jsonl") {
		k := NewStopped(fact.V(1, 37, 2))
		step := k.Create("n", storedPodCIDRs(c.PodCIDR, c.PodCIDRs)...)
		if c.Code == 201 {
			if got, _ := k.Node("n"); step.Err != nil || !slices.Equal(got, c.Stored) {
				t.Errorf("%+v: %v, %v", c, got, step.Err)
			}
			continue
		}
		if step.Err == nil || step.Err.Error() != c.Message || step.Err.(*APIError).Code != c.Code {
			t.Errorf("%+v: %v", c, step.Err)
		}
	}
}

// TestFirstNodeRecorded checks the first subnet of every start that was recorded, and the errors about the node.
func TestFirstNodeRecorded(t *testing.T) {
	for _, r := range recorded[recordedStart](t, "controller.jsonl") {
		c := NewStopped(fact.V(1, 37, 2))
		s := c.Start(controllerFlagsOf(t, r.Flags))
		if (len(r.Message) == 0) != (s.Err == nil) || c.Allocating() != r.Allocator {
			t.Errorf("%s: %v, allocating %v", r.ID, s.Err, c.Allocating())
		}
		if s.Err != nil {
			continue
		}
		s = c.Create("n1")
		if got, _ := c.Node("n1"); !slices.Equal(got, r.FirstNode) {
			t.Errorf("%s: %v, want %v", r.ID, got, r.FirstNode)
		}
		for _, text := range r.Log {
			if !slices.Contains(s.Log, text) {
				t.Errorf("%s: log %q, want %q", r.ID, s.Log, text)
			}
		}
	}
}

// TestRegisterMany keeps the promise that the twin is cheap.
func TestRegisterMany(t *testing.T) {
	c, err := NewController(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.0.0.0/8"}, fact.Version{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		c.Create(fmt.Sprintf("node-%04d", i))
	}
	if got, _ := c.Node("node-4999"); len(got) != 1 || got[0] != "10.19.135.0/24" {
		t.Errorf("node 5000 holds %v", got)
	}
}

func BenchmarkRegister5000(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, err := NewController(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.0.0.0/8"}, fact.Version{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 5000 {
			c.Create(fmt.Sprintf("node-%04d", i))
		}
	}
}

// TestHugeRanges: what retries burn is not counted one by one, whatever the size of a range.
func TestHugeRanges(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "0.0.0.0/0,fd00::/63", NodeCIDRMaskSizeIPv4: 32}
	c := NewStopped(fact.Version{})
	s := script(t, c, f, "start +a +b +c -a")
	if got, want := nodeList(c), "b=0.0.0.1/32,fd00:0:0:1::/64 c=0.0.0.0/32,fd00::/64"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	tm := s.Timing
	if tm == nil || len(tm.Subnets[0]) != mostListed || tm.Beyond[0] != 1<<32-3+1-mostListed || !tm.Skips[0] {
		t.Fatalf("%d listed, %v beyond", len(tm.Subnets[0]), tm.Beyond)
	}
	if got, want := tm.Count().Int64(), int64(1<<32-3+1+1); got != want {
		t.Errorf("%d outcomes, want %d", got, want)
	}
	p := netip.MustParsePrefix
	far := Outcome{"c": {p("200.1.2.3/32"), p("fd00::/64")}}
	if !tm.Allows(far) || tm.Allows(Outcome{"c": {p("0.0.0.1/32"), p("fd00::/64")}}) || tm.Allows(Outcome{"c": {p("200.1.2.0/24"), p("fd00::/64")}}) {
		t.Error("allowed")
	}
	if !c.Resolve(far) {
		t.Fatal("cannot be resolved")
	}
	s = script(t, c, f, "-b +d")
	if got, want := nodeList(c), "c=200.1.2.3/32,fd00::/64 d=200.1.2.4/32,fd00:0:0:1::/64"; got != want || s.Timing != nil {
		t.Errorf("%s, want %s", got, want)
	}
	inv := stated(f, "a=0.0.0.0/32,fd00::/64 b=255.255.255.255/32,fd00:0:0:1::/64")
	if pr, err := inv.Predict(2); err != nil || pr.More != 0 || pr.Ranges[0].Free != 1<<32-2 {
		t.Errorf("%+v %v", pr, err)
	}
}

// TestAdvance compares handing out in blocks with handing out one by one.
func TestAdvance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slow, err := newSubnetSet(netip.MustParsePrefix("10.0.0.0/24"), 30)
		if err != nil {
			t.Fatal(err)
		}
		pool := slow.pool
		for range rapid.IntRange(0, 20).Draw(t, "used") {
			p := pool.Split().At(uint64(rapid.IntRange(0, 63).Draw(t, "subnet")))
			if err := pool.Occupy(p); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "handed out") {
			pool.Next()
		}
		for range rapid.IntRange(0, 20).Draw(t, "freed") {
			p := pool.Split().At(uint64(rapid.IntRange(0, 63).Draw(t, "subnet")))
			if err := pool.Release(p); err != nil {
				t.Fatal(err)
			}
		}
		fast := slow.clone()
		if rapid.Bool().Draw(t, "all") {
			fast.burn()
			for pool.Free() > 0 {
				pool.Next()
			}
		} else {
			p := pool.Split().At(uint64(rapid.IntRange(0, 63).Draw(t, "subnet")))
			free := pool.IsFree(p)
			if advance(fast.pool, p) != free {
				t.Fatalf("%v free %v", p, free)
			}
			for free {
				if q, err := pool.Next(); err != nil || q == p {
					break
				}
			}
		}
		if !fast.pool.Equal(pool) {
			t.Fatalf("used %v, cursor %d; want %v, %d", slices.Collect(fast.pool.UsedSubnets()), fast.pool.Cursor(), slices.Collect(pool.UsedSubnets()), pool.Cursor())
		}
	})
}
