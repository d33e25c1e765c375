package nodeipam

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

// TestSubnetSetScripts: ranges and masks that no cluster should have, and podCIDRs that do not fit the range. Releases up to 1.35 take
// IPv4-mapped ones. What the real allocator does with each: k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go v1.37.2.
func TestSubnetSetScripts(t *testing.T) {
	v4 := func(cluster string, mask int) ControllerFlags {
		return ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: cluster, NodeCIDRMaskSize: mask}
	}
	const full = "failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed"
	for _, tt := range []struct {
		name   string
		flags  ControllerFlags
		script string
		want   string
		log    string // a part
	}{
		{"2^63 subnets beyond the address", v4("10.244.0.0/22", 85), "start +a", "a=", `Invalid value: "<nil>"`},
		{"2^64 are none", v4("10.244.0.0/22", 86), "start +a", "a=", full},
		{"beyond the address, a node that has the whole range fills it", v4("10.244.0.0/22", 33), "+x=10.244.0.0/22 start +a", "a= x=10.244.0.0/22", full},
		{"beyond the address, and its deletion empties it", v4("10.244.0.0/22", 33), "+x=10.244.0.0/22 start -x +a", "a=", `Invalid value: "<nil>"`},
		{"mapped, a node that has the whole range", v4("::ffff:10.244.0.0/112", 120), "+x=::ffff:10.244.0.0/112 start +a", "a= x=::ffff:10.244.0.0/112", full},
		{"mapped, a length of IPv4 is shorter", v4("::ffff:10.244.0.0/112", 120), "+x=10.244.1.0/24 start +a", "a= x=10.244.1.0/24", full},
		{"mapped, any other block is the first", v4("::ffff:10.244.0.0/119", 120), "+x=::ffff:10.244.1.0/120 start +a +b", "a=0.0.0.0/24 b= x=::ffff:10.244.1.0/120", full},
		{"a mapped block that begins the range", v4("0.0.0.0/22", 24), "+x=::ffff:0.0.0.0/120 start +a", "a=0.0.1.0/24 x=::ffff:0.0.0.0/120", ""},
		{"a mapped block further on ends before it begins", v4("0.0.0.0/22", 24), "+x=::ffff:0.0.1.0/120 start +a +b", "a=0.0.0.0/24 b=0.0.1.0/24 x=::ffff:0.0.1.0/120", ""},
	} {
		c := NewStopped(v1(35))
		step := script(t, c, tt.flags, tt.script)
		if got := nodeList(c); got != tt.want || step.Err != nil {
			t.Errorf("%s: nodes %s, %v, want %s", tt.name, got, step.Err, tt.want)
		}
		if log := strings.Join(step.Log, "\n"); tt.log == "" && log != "" || !strings.Contains(log, tt.log) {
			t.Errorf("%s: log %q, want %q in it", tt.name, log, tt.log)
		}
	}
	c := NewStopped(v1(35))
	step := script(t, c, v4("10.244.0.0/22", 24), "+x=::ffff:0.0.0.0/96 start")
	want := "kube-controller-manager exits at start: failed to mark cidr[0.0.0.0/0] at idx [0] as occupied for node: x: CIDR: 0.0.0.0/24 is out of the range of CIDR allocator"
	if step.Err == nil || step.Err.Error() != want {
		t.Errorf("all of IPv4, mapped: %v\nwant %s", step.Err, want)
	}
}

// TestSubnetSetEqual: sets that differ in one respect alone.
func TestSubnetSetEqual(t *testing.T) {
	set := func(cluster string, mask int, change func(*subnetSet)) *subnetSet {
		s, err := newSubnetSet(netip.MustParsePrefix(cluster), mask)
		if err != nil {
			t.Fatal(err)
		}
		change(&s)
		return &s
	}
	as := func(*subnetSet) {}
	sets := map[string]*subnetSet{
		"as it is":            set("10.0.0.0/28", 30, as),
		"another range":       set("10.0.0.16/28", 30, as),
		"a larger range":      set("10.0.0.0/27", 30, as),
		"another mask":        set("10.0.0.0/28", 31, as),
		"one taken":           set("10.0.0.0/28", 30, func(s *subnetSet) { s.pool.Next() }),
		"uncertain":           set("10.0.0.0/28", 30, func(s *subnetSet) { s.early = s.pool.Clone() }),
		"uncertain otherwise": set("10.0.0.0/28", 30, func(s *subnetSet) { s.early = s.pool.Clone(); s.early.Next() }),
		"hollow":              set("10.0.0.0/28", 33, as),
		"hollow without room": set("10.0.0.0/28", 92, as),
		"hollow and full":     set("10.0.0.0/28", 33, func(s *subnetSet) { s.full = true }),
		"hollow, another":     set("10.0.0.16/28", 33, as),
	}
	for name, s := range sets {
		if c := s.clone(); !s.equal(&c) {
			t.Errorf("%s: differs from its clone", name)
		}
		for other, o := range sets {
			if name != other && s.equal(o) {
				t.Errorf("%q is equal to %q", name, other)
			}
		}
	}
}

// TestAdvanceSmall is [TestAdvance] for all states of a range of four subnets: each cursor, each set of subnets in use.
func TestAdvanceSmall(t *testing.T) {
	const n = 4
	state := func(used, cursor int) subnetSet {
		s, err := newSubnetSet(netip.MustParsePrefix("10.0.0.0/30"), 32)
		if err != nil {
			t.Fatal(err)
		}
		for range cursor {
			s.pool.Next()
		}
		for i := range uint64(n) {
			f := s.pool.Release
			if used>>i&1 != 0 {
				f = s.pool.Occupy
			}
			if err := f(s.pool.Split().At(i)); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	until := func(pool *cidr.Pool, p netip.Prefix) {
		for {
			if q, err := pool.Next(); err != nil || q == p {
				return
			}
		}
	}
	for used := range 1 << n {
		for cursor := range n {
			fast, slow := state(used, cursor), state(used, cursor)
			fast.burn()
			until(slow.pool, netip.Prefix{})
			if !fast.pool.Equal(slow.pool) {
				t.Errorf("used %04b, cursor %d: all burned, cursor %d, want %d", used, cursor, fast.pool.Cursor(), slow.pool.Cursor())
			}
			for i := range uint64(n) {
				fast, slow := state(used, cursor), state(used, cursor)
				p := fast.pool.Split().At(i)
				if free := fast.pool.IsFree(p); free {
					until(slow.pool, p)
				}
				if got, want := advance(fast.pool, p), used>>i&1 == 0; got != want || !fast.pool.Equal(slow.pool) {
					t.Errorf("used %04b, cursor %d, to %v: %v, %d used, cursor %d, want %v, %d, %d", used, cursor, p,
						got, fast.pool.Used(), fast.pool.Cursor(), want, slow.pool.Used(), slow.pool.Cursor())
				}
			}
		}
	}
}
