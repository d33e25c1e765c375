package cidr_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"pgregory.net/rapid"
)

// slowPool is Pool as one writes it down: a flag for each subnet, found by going through all of them.
type slowPool struct {
	split cidr.Split
	used  []bool
	next  int
}

func (p *slowPool) Next() (netip.Prefix, error) {
	for j := range p.used {
		if i := (p.next + j) % len(p.used); !p.used[i] {
			p.used[i] = true
			p.next = (i + 1) % len(p.used)
			return p.split.At(uint64(i)), nil
		}
	}
	return netip.Prefix{}, cidr.ErrExhausted
}

func (p *slowPool) mark(q netip.Prefix, used bool) error {
	err := cidr.ErrOutside
	for i := range p.used {
		if p.split.At(uint64(i)).Overlaps(q) {
			p.used[i] = used
			err = nil
		}
	}
	return err
}

func (p *slowPool) count(q netip.Prefix) (n uint64) {
	for i, u := range p.used {
		if u && p.split.At(uint64(i)).Overlaps(q) {
			n++
		}
	}
	return n
}

func (p *slowPool) list(used bool) (ps []netip.Prefix) {
	for i, u := range p.used {
		if u == used {
			ps = append(ps, p.split.At(uint64(i)))
		}
	}
	return ps
}

// A script is a list of steps such as "next 10.0.0.0/24", "next full", "occupy 10.0.0.0/23", "release 10.0.0.0/25", "occupy fd00::/64 outside".
func runScript(t *testing.T, p *cidr.Pool, script string) {
	t.Helper()
	for line := range strings.SplitSeq(script, ";") {
		f := strings.Fields(line)
		var err error
		switch f[0] {
		case "next":
			var q netip.Prefix
			if q, err = p.Next(); err == nil && q.String() != f[1] {
				t.Errorf("next = %v, want %s", q, f[1])
			} else if (err != nil) != (f[1] == "full") || err != nil && err != cidr.ErrExhausted {
				t.Errorf("next = %v, %v; want %s", q, err, f[1])
			}
			continue
		case "occupy":
			err = p.Occupy(pfx(f[1]))
		case "release":
			err = p.Release(pfx(f[1]))
		case "cursor":
			if fmt.Sprint(p.Cursor()) != f[1] {
				t.Errorf("cursor = %d, want %s", p.Cursor(), f[1])
			}
		case "rewind":
			p.Rewind()
		default:
			t.Fatalf("step %q", line)
		}
		if outside := len(f) > 2; errors.Is(err, cidr.ErrOutside) != outside || err != nil && !outside {
			t.Errorf("%s: %v", line, err)
		}
		if err := p.Invariant(); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

func TestPool(t *testing.T) {
	for _, tt := range []struct {
		prefix string
		bits   int
		why    string
		script string
	}{
		{"10.9.0.0/22", 24, "a released subnet comes again only when the cursor has come round",
			"next 10.9.0.0/24; next 10.9.1.0/24; next 10.9.2.0/24; cursor 3; release 10.9.0.0/24; cursor 3; next 10.9.3.0/24; cursor 0; next 10.9.0.0/24; cursor 1; next full; cursor 1"},
		{"10.9.0.0/22", 24, "the cursor decides, not the order of release",
			"next 10.9.0.0/24; next 10.9.1.0/24; next 10.9.2.0/24; next 10.9.3.0/24; occupy 10.9.0.0/24; release 10.9.2.0/24; release 10.9.0.0/24; rewind; next 10.9.0.0/24; cursor 1; next 10.9.2.0/24; cursor 3; next full"},
		{"10.9.0.0/22", 24, "a restart loses the cursor",
			"next 10.9.0.0/24; next 10.9.1.0/24; release 10.9.0.0/24; rewind; next 10.9.0.0/24; next 10.9.2.0/24"},
		{"10.9.0.0/22", 24, "occupying leaves the cursor alone",
			"occupy 10.9.0.0/24; occupy 10.9.2.0/24; cursor 0; next 10.9.1.0/24; next 10.9.3.0/24; next full"},
		{"10.9.0.0/22", 24, "a block shorter than a subnet is all subnets in it",
			"occupy 10.9.0.0/23; next 10.9.2.0/24; release 10.9.0.0/23; next 10.9.3.0/24; next 10.9.0.0/24; next 10.9.1.0/24; next full"},
		{"10.9.0.0/22", 24, "a block longer than a subnet is the whole subnet",
			"occupy 10.9.1.128/25; next 10.9.0.0/24; next 10.9.2.0/24; next 10.9.3.0/24; next full; release 10.9.1.0/26; next 10.9.1.0/24"},
		{"10.9.0.0/22", 24, "one owner of a half frees the other's, as in Kubernetes",
			"occupy 10.9.0.0/25; occupy 10.9.0.128/25; release 10.9.0.0/25; next 10.9.0.0/24"},
		{"10.9.0.0/22", 24, "a block that contains the range is the range",
			"occupy 10.0.0.0/8; next full; release 10.9.0.0/22; next 10.9.0.0/24; release 0.0.0.0/0; next 10.9.1.0/24"},
		{"10.9.0.0/22", 24, "outside changes nothing",
			"occupy 10.10.0.0/24 outside; occupy fd00::/64 outside; release 192.168.0.0/24 outside; next 10.9.0.0/24"},
		{"10.9.0.0/22", 24, "what is free stays free",
			"release 10.9.3.0/24; next 10.9.0.0/24"},
		{"10.9.0.0/22", 24, "host bits are ignored",
			"occupy 10.9.0.77/24; next 10.9.1.0/24; release 10.9.1.1/23; rewind; next 10.9.0.0/24"},
		{"10.9.0.0/24", 24, "one subnet", "next 10.9.0.0/24; cursor 0; next full; release 10.9.0.0/32; next 10.9.0.0/24"},
		{"255.255.255.0/24", 26, "the last block of the address space",
			"next 255.255.255.0/26; next 255.255.255.64/26; next 255.255.255.128/26; next 255.255.255.192/26; cursor 0; next full; release 255.255.255.255/32; next 255.255.255.192/26"},
		{"0.0.0.0/0", 1, "all of IPv4", "next 0.0.0.0/1; next 128.0.0.0/1; next full"},
		{"fd00:9::/62", 64, "IPv6", "next fd00:9::/64; next fd00:9:0:1::/64; release fd00:9::/64; next fd00:9:0:2::/64; next fd00:9:0:3::/64; next fd00:9::/64; next full"},
		{"fd00:9::/60", 72, "across bit 64", "next fd00:9::/72; next fd00:9:0:0:100::/72; occupy fd00:9::/64; next fd00:9:0:1::/72; next fd00:9:0:1:100::/72"},
		{"fd00::/24", 64, "2^40 subnets: the first, half of all, and the last",
			"next fd00::/64; occupy fd00::/25; next fd00:80::/64; occupy fd00:80::/25; release fd00:ff:ffff:ffff::/64; next fd00:ff:ffff:ffff::/64; cursor 0; next full"},
		{"::/0", 63, "2^63 subnets", "occupy ::/0; release ffff:ffff:ffff:fffe::/63; next ffff:ffff:ffff:fffe::/63; cursor 0; next full; release ::/1; next ::/63; next 0:0:0:2::/63"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			runScript(t, cidr.NewPool(mustSplit(t, tt.prefix, tt.bits)), tt.script)
		})
	}
}

func TestZeroPool(t *testing.T) {
	for _, p := range []*cidr.Pool{new(cidr.Pool), cidr.NewPool(cidr.Split{})} {
		if q, err := p.Next(); err != cidr.ErrExhausted || q.IsValid() {
			t.Errorf("Next = %v, %v", q, err)
		}
		if err := p.Occupy(pfx("10.0.0.0/8")); !errors.Is(err, cidr.ErrOutside) {
			t.Errorf("Occupy: %v", err)
		}
		if err := p.Release(pfx("::/0")); !errors.Is(err, cidr.ErrOutside) {
			t.Errorf("Release: %v", err)
		}
		if p.Len() != 0 || p.Used() != 0 || p.Free() != 0 || p.Cursor() != 0 || p.IsFree(pfx("10.0.0.0/8")) || p.IsUsed(pfx("10.0.0.0/8")) {
			t.Errorf("%+v", p)
		}
		for range p.FreeSubnets() {
			t.Error("a free subnet")
		}
		for range p.UsedBlocks() {
			t.Error("a used block")
		}
		for range p.Upcoming() {
			t.Error("an upcoming subnet")
		}
		p.Rewind()
		if !p.Equal(p.Clone()) {
			t.Error("is not equal to its clone")
		}
	}
}

// Pools are equal only if range, length, use and cursor are.
func TestPoolEqual(t *testing.T) {
	pool := func(s cidr.Split, cursor int, used ...uint64) *cidr.Pool {
		p := cidr.NewPool(s)
		for range cursor {
			_, err := p.Next()
			must(t, err)
		}
		must(t, p.Release(s.Prefix()))
		for _, i := range used {
			must(t, p.Occupy(s.At(i)))
		}
		return p
	}
	s := mustSplit(t, "fd00::/48", 64) // three levels: 4,096 subnets in a leaf
	pools := []*cidr.Pool{
		new(cidr.Pool),
		pool(s, 0), pool(s, 1), pool(s, 0, 0), pool(s, 0, 1), pool(s, 1, 0), pool(s, 0, 4096), pool(s, 0, 0, 4096), pool(s, 0, 0, 8192),
		pool(mustSplit(t, "fd00:0:1::/48", 64), 0), pool(mustSplit(t, "fd00::/48", 63), 0),
	}
	for k := range 16 { // each word of bits, and each subtree
		pools = append(pools, pool(s, 0, uint64(2+64*k)), pool(s, 0, uint64(3+4096*k)))
	}
	for i, p := range pools {
		for j, q := range pools {
			if p.Equal(q) != (i == j) {
				t.Errorf("pools %d and %d: Equal = %v", i, j, p.Equal(q))
			}
		}
	}
}

// The leaf that was used last is not taken for one whose number has the same digits.
func TestPoolNearLeaf(t *testing.T) {
	s := mustSplit(t, "fd00::/32", 64)
	far := uint64(1) << 24
	p := cidr.NewPool(s)
	must(t, p.Occupy(s.At(far)))
	must(t, p.Occupy(s.At(1)))
	must(t, p.Invariant())
	if got, want := slices.Collect(p.UsedSubnets()), []netip.Prefix{s.At(1), s.At(far)}; !slices.Equal(got, want) {
		t.Errorf("used %v, want %v", got, want)
	}
}

func TestPoolErrors(t *testing.T) {
	p := cidr.NewPool(mustSplit(t, "10.9.0.0/22", 24))
	for _, tt := range []struct {
		q    netip.Prefix
		err  error
		text string
	}{
		{pfx("10.10.0.0/24"), cidr.ErrOutside, "prefix 10.10.0.0/24: outside of 10.9.0.0/22"},
		{pfx("fd00::/64"), cidr.ErrOutside, "prefix fd00::/64: outside of 10.9.0.0/22"},
		{pfx("::ffff:10.9.0.0/120"), cidr.ErrOutside, "prefix ::ffff:10.9.0.0/120: outside of 10.9.0.0/22, as IPv4-mapped IPv6 is no IPv4; use 10.9.0.0/24"},
		{netip.Prefix{}, cidr.ErrInvalid, "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)"},
		{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 9}), 33), cidr.ErrInvalid, "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)"},
	} {
		_, err3 := p.UsedIn(tt.q)
		for name, err := range map[string]error{"Occupy": p.Occupy(tt.q), "Release": p.Release(tt.q), "UsedIn": err3} {
			var e *cidr.PrefixError
			if !errors.As(err, &e) || !errors.Is(err, tt.err) || e.Prefix != tt.q || e.Within != pfx("10.9.0.0/22") || err.Error() != tt.text {
				t.Errorf("%s(%v): %v, want %s", name, tt.q, err, tt.text)
			}
		}
		if p.IsFree(tt.q) || p.IsUsed(tt.q) || p.Used() != 0 {
			t.Errorf("%v changed or is in the pool", tt.q)
		}
	}
	six := cidr.NewPool(mustSplit(t, "::/0", 8))
	if err := six.Occupy(pfx("::ffff:10.0.0.0/104")); err != nil {
		t.Errorf("a mapped block lies in ::/0: %v", err)
	}
	if err := six.Occupy(pfx("10.0.0.0/8")); !errors.Is(err, cidr.ErrOutside) {
		t.Errorf("an IPv4 block in ::/0: %v", err)
	}
}

// The recordings of Kubernetes' own cidrset.
func TestPoolGolden(t *testing.T) {
	const name = "../../shared/golden/cidrset/ops.jsonl"
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("%s is not here", name)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	n := 0
	for sc.Scan() {
		var rec struct {
			ID, Cluster, NewErr string
			Mask                int
			Slots               uint64
			Ops                 [][]string
		}
		must(t, json.Unmarshal(sc.Bytes(), &rec))
		if rec.NewErr == "ERR_TOO_BIG" {
			continue // more than 2^16 IPv6 subnets: a limit of the original's bitmap
		}
		p := cidr.NewPool(mustSplit(t, rec.Cluster, rec.Mask))
		if p.Len() != rec.Slots {
			t.Errorf("%s: %d subnets, want %d", rec.ID, p.Len(), rec.Slots)
		}
		for i, op := range rec.Ops {
			n++
			var got, want string
			switch op[0] {
			case "alloc":
				want = op[1]
				if q, err := p.Next(); err == cidr.ErrExhausted {
					got = "ERR_FULL"
				} else {
					got = q.String()
				}
			case "occupy", "release":
				want = op[2]
				q, perr := cidr.ParseLenient(op[1])
				mark := p.Occupy
				if op[0] == "release" {
					mark = p.Release
				}
				if err := mark(q); perr != nil {
					got = "ERR_PARSE"
				} else if errors.Is(err, cidr.ErrOutside) {
					got = "ERR_RANGE"
				} else if err != nil {
					got = err.Error()
				}
			}
			if got != want {
				t.Fatalf("%s: operation %d %v: got %q, want %q", rec.ID, i, op, got, want)
			}
		}
		must(t, p.Invariant())
	}
	must(t, sc.Err())
	if n == 0 {
		t.Errorf("no operation in %s", name)
	}
}

// Every set of used subnets among 8, with every place of the cursor: what each operation does is what slowPool does.
func TestPoolSmall(t *testing.T) {
	s := mustSplit(t, "10.0.0.0/29", 32)
	var blocks []netip.Prefix
	for bits := 28; bits <= 32; bits++ {
		for q := range mustSplit(t, "10.0.0.0/28", bits).All() {
			blocks = append(blocks, q)
		}
	}
	type state struct {
		fast *cidr.Pool
		slow slowPool
	}
	check := func(what string, st state) {
		if err := st.fast.Invariant(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got, want := slices.Collect(st.fast.UsedSubnets()), st.slow.list(true); !slices.Equal(got, want) || st.fast.Cursor() != uint64(st.slow.next) {
			t.Fatalf("%s: used %v, cursor %d; want %v, %d", what, got, st.fast.Cursor(), want, st.slow.next)
		}
	}
	for set := range 1 << 8 {
		for cursor := range 8 {
			make := func() state {
				st := state{cidr.NewPool(s), slowPool{split: s, used: make([]bool, 8), next: cursor}}
				for range cursor { // move the cursor
					if _, err := st.fast.Next(); err != nil {
						t.Fatal(err)
					}
				}
				must(t, st.fast.Release(s.Prefix()))
				for i := range 8 {
					if st.slow.used[i] = set>>i&1 != 0; st.slow.used[i] {
						must(t, st.fast.Occupy(s.At(uint64(i))))
					}
				}
				check("made", st)
				return st
			}
			st := make()
			gotQ, gotErr := st.fast.Next()
			wantQ, wantErr := st.slow.Next()
			if gotQ != wantQ || gotErr != wantErr {
				t.Fatalf("set %08b, cursor %d: Next = %v, %v; want %v, %v", set, cursor, gotQ, gotErr, wantQ, wantErr)
			}
			check("next", st)
			if cursor > 0 {
				continue
			}
			for _, q := range blocks {
				st := make()
				if n, _ := st.fast.UsedIn(q); n != st.slow.count(q) {
					t.Fatalf("set %08b: UsedIn(%v) = %d", set, q, n)
				}
				if got, want := st.fast.IsFree(q), st.slow.count(q) == 0 && s.Prefix().Contains(q.Addr()) && q.Bits() >= 29; got != want {
					t.Fatalf("set %08b: IsFree(%v) = %v", set, q, got)
				}
				if got, want := st.fast.Occupy(q), st.slow.mark(q, true); !errors.Is(got, want) {
					t.Fatalf("set %08b: Occupy(%v) = %v, want %v", set, q, got, want)
				}
				check("occupy", st)
				st = make()
				if got, want := st.fast.Release(q), st.slow.mark(q, false); !errors.Is(got, want) {
					t.Fatalf("set %08b: Release(%v) = %v, want %v", set, q, got, want)
				}
				check("release", st)
			}
			var up []netip.Prefix
			for c := make(); ; {
				q, err := c.fast.Next()
				if err != nil {
					break
				}
				up = append(up, q)
			}
			st = make()
			if got := slices.Collect(st.fast.Upcoming()); !slices.Equal(got, up) {
				t.Fatalf("set %08b: Upcoming %v, Next gives %v", set, got, up)
			}
			if got, want := slices.Collect(st.fast.FreeBlocks()), cidr.Merge(st.slow.list(false)...); !slices.Equal(got, want) {
				t.Fatalf("set %08b: FreeBlocks %v, want %v", set, got, want)
			}
			if got, want := slices.Collect(st.fast.UsedBlocks()), cidr.Merge(st.slow.list(true)...); !slices.Equal(got, want) {
				t.Fatalf("set %08b: UsedBlocks %v, want %v", set, got, want)
			}
		}
	}
}

// poolMachine is the state machine for a pool of any size. Its model is the set of numbers in use; the operations
// are about the numbers in window, so that they meet in a large pool too.
func poolMachine(t *rapid.T, s cidr.Split, window []uint64) {
	fast := cidr.NewPool(s)
	used := map[uint64]bool{}
	var next uint64
	at := rapid.SampledFrom(window)
	t.Repeat(map[string]func(*rapid.T){
		"next": func(t *rapid.T) {
			q, err := fast.Next()
			if uint64(len(used)) == s.Len() {
				if err != cidr.ErrExhausted {
					t.Fatalf("Next of a full pool = %v, %v", q, err)
				}
				return
			}
			for used[next] {
				next = (next + 1) % s.Len()
			}
			if err != nil || q != s.At(next) {
				t.Fatalf("Next = %v, %v; want %v", q, err, s.At(next))
			}
			used[next] = true
			next = (next + 1) % s.Len()
		},
		"occupy": func(t *rapid.T) {
			i := at.Draw(t, "i")
			j := rapid.IntRange(0, min(7, s.Bits()-s.Prefix().Bits())).Draw(t, "j")
			q := netip.PrefixFrom(s.At(i).Addr(), s.Bits()-j)
			if err := fast.Occupy(q); err != nil {
				t.Fatal(err)
			}
			for k := range uint64(1) << j {
				used[i>>j<<j+k] = true
			}
		},
		"release": func(t *rapid.T) {
			i := at.Draw(t, "i")
			j := rapid.IntRange(0, min(7, s.Bits()-s.Prefix().Bits())).Draw(t, "j")
			q := netip.PrefixFrom(s.At(i).Addr(), s.Bits()-j)
			if err := fast.Release(q); err != nil {
				t.Fatal(err)
			}
			for k := range uint64(1) << j {
				delete(used, i>>j<<j+k)
			}
		},
		"one": func(t *rapid.T) {
			i := at.Draw(t, "i")
			q := netip.PrefixFrom(cidr.Last(s.At(i)), s.Bits()) // with host bits
			if used[i] != fast.IsUsed(q) || used[i] == fast.IsFree(q) {
				t.Fatalf("%v: used %v, IsUsed %v, IsFree %v", q, used[i], fast.IsUsed(q), fast.IsFree(q))
			}
			if used[i] = !used[i]; used[i] {
				_ = fast.Occupy(q)
			} else {
				delete(used, i)
				_ = fast.Release(q)
			}
		},
		"rewind": func(*rapid.T) { fast.Rewind(); next = 0 },
		"clone": func(t *rapid.T) {
			c := fast.Clone()
			if !c.Equal(fast) || !fast.Equal(c) {
				t.Fatal("a clone is not equal")
			}
			i := at.Draw(t, "i")
			q := s.At(i)
			if used[i] {
				_ = c.Release(q)
			} else {
				_ = c.Occupy(q)
			}
			if c.Equal(fast) || fast.IsUsed(q) != used[i] {
				t.Fatal("a clone shares its state")
			}
			if used[i] {
				_ = c.Occupy(q)
			} else {
				_ = c.Release(q)
			}
			if !c.Equal(fast) {
				t.Fatal("changed and changed back is not equal")
			}
			fast = c
		},
		"": func(t *rapid.T) {
			if err := fast.Invariant(); err != nil {
				t.Fatal(err)
			}
			if fast.Used() != uint64(len(used)) || fast.Used()+fast.Free() != s.Len() {
				t.Fatalf("used %d, free %d of %d; want %d", fast.Used(), fast.Free(), s.Len(), len(used))
			}
			i := uint64(0)
			n := 0
			for q := range fast.UsedSubnets() {
				j, _ := s.Index(q.Addr())
				if !used[j] || n > 0 && j <= i {
					t.Fatalf("UsedSubnets gives %v behind %d, used %v", q, i, used[j])
				}
				i = j
				n++
			}
			if n != len(used) {
				t.Fatalf("UsedSubnets gives %d, want %d", n, len(used))
			}
		},
	})
}

// poolSplits are pools of all depths of the tree.
var poolSplits = []struct {
	prefix string
	bits   int
}{
	{"10.0.0.0/24", 24}, {"10.0.0.0/24", 25}, {"10.0.0.0/24", 28}, {"10.0.0.0/24", 30}, {"10.0.0.0/24", 31}, {"10.0.0.0/20", 32}, {"10.0.0.0/19", 32},
	{"fd00::/48", 64}, {"fd00::/40", 64}, {"fd00::/39", 64}, {"fd00::/24", 64}, {"::/0", 62}, {"::/0", 63}, {"fd00::/65", 128},
}

// poolWindow returns the ends of s, and both sides of every boundary of the tree.
func poolWindow(s cidr.Split) []uint64 {
	var window []uint64
	for _, k := range []uint{0, 6, 12, 18, 24, 30, 36, 42, 48, 54, 60} {
		for d := range uint64(3) {
			window = append(window, 1<<k+d-1)
		}
	}
	for d := range uint64(200) {
		window = append(window, d, s.Len()-1-d, 4000+d)
	}
	return slices.DeleteFunc(window, func(i uint64) bool { return i >= s.Len() })
}

func TestPoolMachine(t *testing.T) {
	for _, tt := range poolSplits {
		s := mustSplit(t, tt.prefix, tt.bits)
		t.Run(s.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { poolMachine(t, s, poolWindow(s)) })
		})
	}
}

func FuzzPool(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		tt := rapid.SampledFrom(poolSplits).Draw(t, "split")
		s, err := cidr.NewSplit(pfx(tt.prefix), tt.bits)
		if err != nil {
			t.Fatal(err)
		}
		poolMachine(t, s, poolWindow(s))
	}))
}

// Any number of goroutines may read a pool.
func TestPoolReaders(t *testing.T) {
	p := fillPool(t, mustSplit(t, "fd00::/24", 64), 50)
	want := p.Clone()
	readers(func() {
		if !p.Equal(want) || p.Used()+p.Free() != p.Len() {
			t.Error("a reader changed the pool")
		}
		n := 0
		for q := range p.Upcoming() {
			if p.IsUsed(q) || !p.IsFree(q) {
				t.Errorf("%v is upcoming and used", q)
			}
			if n++; n == 1000 {
				break
			}
		}
		n = 0
		for range p.UsedBlocks() {
			n++
		}
		if c := p.Clone(); !c.Equal(p) || n == 0 {
			t.Error("a clone differs")
		}
	})
}

// readers calls f from four goroutines at once.
func readers(f func()) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(f)
	}
	wg.Wait()
}

// The same with large blocks: pools of up to 2^14 subnets against slowPool, blocks of any length.
func TestPoolBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	for _, k := range []int{0, 1, 5, 6, 7, 11, 12, 13, 14} {
		s := mustSplit(t, "10.0.0.0/12", 12+k)
		for range rounds {
			fast, slow := cidr.NewPool(s), slowPool{split: s, used: make([]bool, 1<<k)}
			for range 40 {
				j := r.IntN(k + 1)
				i := r.Uint64N(1<<k) >> j << j
				q := netip.PrefixFrom(s.At(i).Addr(), s.Bits()-j)
				switch r.IntN(5) {
				case 0:
					must(t, fast.Occupy(q))
					for x := range uint64(1) << j {
						slow.used[i+x] = true
					}
				case 1:
					must(t, fast.Release(q))
					for x := range uint64(1) << j {
						slow.used[i+x] = false
					}
				case 2:
					n := uint64(0)
					for x := range uint64(1) << j {
						if slow.used[i+x] {
							n++
						}
					}
					if got, err := fast.UsedIn(q); err != nil || got != n {
						t.Fatalf("%v: UsedIn(%v) = %d, %v; want %d", s, q, got, err, n)
					}
				default:
					got, gotErr := fast.Next()
					if want, wantErr := slow.Next(); got != want || gotErr != wantErr {
						t.Fatalf("%v: Next = %v, %v; want %v, %v", s, got, gotErr, want, wantErr)
					}
				}
				must(t, fast.Invariant())
				j = r.IntN(k + 1)
				i = r.Uint64N(1<<k) >> j << j
				q = netip.PrefixFrom(s.At(i).Addr(), s.Bits()-j)
				some := slices.Contains(slow.used[i:i+1<<j], true)
				if fast.IsUsed(q) != some || fast.IsFree(q) == some {
					t.Fatalf("%v: IsUsed(%v) = %v, IsFree = %v, want %v, %v", s, q, fast.IsUsed(q), fast.IsFree(q), some, !some)
				}
			}
			if got, want := slices.Collect(fast.UsedSubnets()), slow.list(true); !slices.Equal(got, want) {
				t.Fatalf("%v: used %v, want %v", s, got, want)
			}
			if got, want := slices.Collect(fast.FreeSubnets()), slow.list(false); !slices.Equal(got, want) {
				t.Fatalf("%v: free %v, want %v", s, got, want)
			}
			if got, want := slices.Collect(fast.FreeBlocks()), cidr.Merge(slow.list(false)...); !slices.Equal(got, want) {
				t.Fatalf("%v: free blocks %v, want %v", s, got, want)
			}
		}
	}
}

// Blocks of 1 to 32 subnets inside of each word of 64, taken out of a pool that is full and put into one that is empty.
func TestPoolWords(t *testing.T) {
	s := mustSplit(t, "10.0.0.0/12", 24)
	for j := range 6 {
		for word := range uint64(1 << (12 - 6)) {
			i := word<<6 + 64 - 1<<j // the last block of the word
			q := netip.PrefixFrom(s.At(i).Addr(), s.Bits()-j)
			p := cidr.NewPool(s)
			must(t, p.Occupy(q))
			must(t, p.Invariant())
			must(t, p.Release(q))
			must(t, p.Invariant())
			must(t, p.Occupy(s.Prefix()))
			must(t, p.Release(q))
			must(t, p.Invariant())
			for x := range uint64(1) << j {
				if got, err := p.Next(); err != nil || got != s.At(i+x) {
					t.Fatalf("after the release of %v: Next = %v, %v, want %v", q, got, err, s.At(i+x))
				}
			}
			must(t, p.Invariant())
		}
	}
}

// A pool of 2^40 subnets whose blocks are far larger than any list of flags, counted exactly.
func TestPoolLarge(t *testing.T) {
	s := mustSplit(t, "fd00::/24", 64)
	p := cidr.NewPool(s)
	step := func(err error, used uint64) {
		t.Helper()
		must(t, err)
		must(t, p.Invariant())
		if p.Used() != used || p.Free() != 1<<40-used {
			t.Fatalf("used %d, free %d; want %d used", p.Used(), p.Free(), used)
		}
	}
	step(p.Occupy(pfx("fd00::/25")), 1<<39)
	step(p.Release(pfx("fd00:40::/26")), 1<<38)
	step(p.Release(pfx("fd00:0:0:7::/64")), 1<<38-1)
	step(p.Occupy(pfx("fd00:0:0:7::/128")), 1<<38)
	step(p.Release(pfx("fd00:0:0:100::/56")), 1<<38-256)
	step(p.Occupy(pfx("fd00:c0::/26")), 1<<39-256)
	if n, err := p.UsedIn(pfx("fd00::/25")); err != nil || n != 1<<38-256 {
		t.Errorf("UsedIn = %d, %v", n, err)
	}
	if n, err := p.UsedIn(pfx("fd00:0:0:100::/55")); err != nil || n != 256 {
		t.Errorf("UsedIn = %d, %v", n, err)
	}
	var free []string
	for q := range p.FreeBlocks() {
		free = append(free, q.String())
	}
	if want := []string{"fd00:0:0:100::/56", "fd00:40::/26", "fd00:80::/26"}; !slices.Equal(free, want) {
		t.Errorf("free %v, want %v", free, want)
	}
	q, err := p.Next()
	if err != nil || q != pfx("fd00:0:0:100::/64") {
		t.Errorf("Next = %v, %v", q, err)
	}
	step(p.Release(pfx("::/0")), 0)
	step(p.Occupy(pfx("fd00::/16")), 1<<40)
}

// Among few free subnets in a full pool, and few used ones in an empty pool, the search finds the next one from everywhere.
func TestPoolSearch(t *testing.T) {
	for _, c := range []struct {
		prefix string
		bits   int
	}{{"10.0.0.0/19", 32}, {"10.0.0.0/16", 32}, {"10.0.0.0/8", 32}, {"fd00::/24", 64}, {"::/0", 63}} {
		s := mustSplit(t, c.prefix, c.bits)
		var window []uint64 // all digits of each level of the tree
		for shift := uint(0); shift < 63; shift += 6 {
			for d := range uint64(64) {
				window = append(window, d<<shift, d<<shift-1, d<<shift+63)
			}
		}
		window = slices.DeleteFunc(window, func(i uint64) bool { return i >= s.Len() })
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			picked := make([]uint64, 1+r.IntN(5))
			for i := range picked {
				picked[i] = window[r.IntN(len(window))]
			}
			slices.Sort(picked)
			picked = slices.Compact(picked)
			want := make([]netip.Prefix, len(picked))
			for i, n := range picked {
				want[i] = s.At(n)
			}
			p := cidr.NewPool(s)
			must(t, p.Occupy(s.Prefix()))
			start := window[r.IntN(len(window))]
			must(t, p.Release(s.At(start))) // moves the cursor behind start
			if q, err := p.Next(); err != nil || q != s.At(start) {
				t.Fatalf("%v: Next = %v, %v; want %v", s, q, err, s.At(start))
			}
			for _, q := range want {
				must(t, p.Release(q))
			}
			first := 0
			for first < len(picked) && picked[first] <= start {
				first++
			}
			order := slices.Concat(want[first:], want[:first])
			if got := slices.Collect(p.Upcoming()); !slices.Equal(got, order) {
				t.Fatalf("%v: upcoming from %d: %v, want %v", s, p.Cursor(), got, order)
			}
			if got := slices.Collect(p.FreeBlocks()); !slices.Equal(got, cidr.Merge(want...)) {
				t.Fatalf("%v: free %v, want %v", s, got, cidr.Merge(want...))
			}
			for _, q := range order {
				if got, err := p.Next(); err != nil || got != q {
					t.Fatalf("%v: Next = %v, %v; want %v", s, got, err, q)
				}
			}
			must(t, p.Invariant())
			must(t, p.Release(s.Prefix()))
			for _, q := range want {
				must(t, p.Occupy(q))
			}
			if got := slices.Collect(p.UsedSubnets()); !slices.Equal(got, want) {
				t.Fatalf("%v: used %v, want %v", s, got, want)
			}
		}
	}
}

// Blocks that fill a subtree bit by bit leave the same pool as one block does.
func TestPoolFill(t *testing.T) {
	s := mustSplit(t, "fd00::/34", 64)
	whole := cidr.NewPool(s)
	must(t, whole.Occupy(pfx("fd00::/40")))
	for bits := 41; bits <= 64; bits++ {
		if bits > 52 && bits != 58 && bits != 64 {
			continue
		}
		p := cidr.NewPool(s)
		for q := range mustSplit(t, "fd00::/40", bits).All() {
			must(t, p.Occupy(q))
			if bits > 52 && q.Addr() == netip.MustParseAddr("fd00:0:10::") { // the rest in larger steps
				for q := range mustSplit(t, "fd00::/40", 44).All() {
					must(t, p.Occupy(q))
				}
				break
			}
		}
		must(t, p.Invariant())
		if !p.Equal(whole) || !whole.Equal(p) {
			t.Errorf("fd00::/40 in blocks of /%d is not fd00::/40", bits)
		}
		for q := range mustSplit(t, "fd00::/40", min(bits, 52)).All() {
			must(t, p.Release(q))
		}
		must(t, p.Invariant())
		if p.Used() != 0 {
			t.Errorf("released in blocks of /%d: %d in use", min(bits, 52), p.Used())
		}
	}
}

// Memory follows what is used.
func TestPoolMemory(t *testing.T) {
	drained := cidr.NewPool(mustSplit(t, "10.0.0.0/8", 24))
	for range 65536 {
		if _, err := drained.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if n := drained.Bytes(); n > 32<<10 {
		t.Errorf("65,536 subnets in use take %d bytes", n)
	}
	p := cidr.NewPool(mustSplit(t, "::/0", 63))
	if n := p.Bytes(); n > 1<<10 {
		t.Errorf("an empty pool takes %d bytes", n)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var qs []netip.Prefix
	for range 1000 {
		qs = append(qs, p.Split().At(r.Uint64N(1<<63)))
		must(t, p.Occupy(qs[len(qs)-1]))
	}
	if n := p.Bytes(); n > 1000*8<<10 {
		t.Errorf("1,000 subnets far from each other take %d bytes", n)
	}
	before := p.Bytes()
	for range 3 { // room is used again
		for _, q := range qs {
			must(t, p.Release(q))
		}
		for range 1000 {
			must(t, p.Occupy(p.Split().At(r.Uint64N(1<<63))))
		}
		for q := range p.Clone().UsedSubnets() {
			must(t, p.Release(q))
		}
		for _, q := range qs {
			must(t, p.Occupy(q))
		}
	}
	if n := p.Bytes(); n > 2*before {
		t.Errorf("released and occupied again: %d bytes, before %d", n, before)
	}
	must(t, p.Invariant())
	must(t, p.Occupy(pfx("::/0")))
	for range 3 { // what changes nothing takes nothing
		for i := range uint64(10_000) {
			must(t, p.Occupy(p.Split().At(i*i<<30)))
		}
		if n := p.Bytes(); n > before {
			t.Errorf("occupied what is used: %d bytes, before %d", n, before)
		}
		must(t, p.Release(pfx("::/0")))
		for i := range uint64(10_000) {
			must(t, p.Release(p.Split().At(i*i<<30)))
		}
		if n := p.Bytes(); n > before {
			t.Errorf("released what is free: %d bytes, before %d", n, before)
		}
		must(t, p.Occupy(pfx("::/0")))
	}
	must(t, p.Release(pfx("::/0")))
	for range 100 { // a walk through the range leaves nothing behind
		for i := range uint64(1000) {
			must(t, p.Occupy(p.Split().At(i<<40)))
			must(t, p.Release(p.Split().At(i<<40)))
		}
	}
	if n := p.Bytes(); n > 2*before {
		t.Errorf("after a walk: %d bytes, before %d", n, before)
	}
}

// Next, Occupy and Release of one subnet do not allocate once the pool has grown.
// Memory follows what is used: what is wholly used takes none, whoever takes parts of it again, and what was released is used for the next.
func TestPoolMemoryReused(t *testing.T) {
	s := mustSplit(t, "fd00::/40", 64)
	p := cidr.NewPool(s)
	empty := p.Bytes()
	block := func(i uint64, j int) netip.Prefix { return netip.PrefixFrom(s.At(i).Addr(), s.Bits()-j) }
	for k := range uint64(64) {
		must(t, p.Occupy(block(k<<12, 12))) // one leaf
	}
	must(t, p.Occupy(s.Prefix()))
	for k := range uint64(200) {
		must(t, p.Occupy(s.At(k<<12|k)))
		must(t, p.Occupy(block(k<<12|k<<4, 4)))
	}
	must(t, p.Invariant())
	if got := p.Bytes(); got >= empty+512 { // the bits of one leaf
		t.Errorf("%d bytes for a pool that is full, %d for one that is empty", got, empty)
	}

	for _, in := range []uint64{0, 1, 2, 4093, 4094, 4095} { // places in a leaf
		p := cidr.NewPool(s)
		for k := range uint64(500) {
			must(t, p.Occupy(s.At(k<<12|in)))
			must(t, p.Release(s.At(k<<12|in)))
			must(t, p.Invariant())
		}
		if got := p.Bytes(); got >= empty+8*512 {
			t.Errorf("place %d: %d bytes after 500 subnets that were released, %d before", in, got, empty)
		}
	}

	// A subtree that became empty, and then was given back by the release of a block, is not given back again.
	p = cidr.NewPool(s)
	for _, q := range []netip.Prefix{s.At(0), s.At(7 << 12), s.At(9 << 12)} {
		must(t, p.Occupy(q))
	}
	must(t, p.Release(s.At(7<<12)))
	must(t, p.Release(block(7<<12, 12)))
	must(t, p.Release(s.At(9<<12)))
	must(t, p.Invariant())
	for _, q := range []netip.Prefix{s.At(11 << 12), s.At(13 << 12)} {
		must(t, p.Occupy(q))
	}
	must(t, p.Invariant())
	if got, want := slices.Collect(p.UsedSubnets()), []netip.Prefix{s.At(0), s.At(11 << 12), s.At(13 << 12)}; !slices.Equal(got, want) {
		t.Errorf("used %v, want %v", got, want)
	}
}

func TestPoolNoAllocs(t *testing.T) {
	for _, c := range benchPools {
		s := mustSplit(t, c.prefix, c.bits)
		for _, fill := range []int{0, 50, 99} {
			p := fillPool(t, s, fill)
			far := s.At(s.Len() - 2)
			_ = p.Occupy(far)
			_ = p.Release(far)
			n := testing.AllocsPerRun(5000, func() {
				q, _ := p.Next()
				_ = p.Release(q)
				_ = p.Occupy(far)
				_ = p.Release(far)
			})
			if n != 0 {
				t.Errorf("%s, %d%% used: %v allocations", c.name, fill, n)
			}
		}
		p := cidr.NewPool(s)
		must(t, p.Occupy(s.Prefix()))
		must(t, p.Release(s.At(s.Len()/3)))
		n := testing.AllocsPerRun(1000, func() {
			q, _ := p.Next()
			if _, err := p.Next(); err == nil {
				t.Fatal("more than one is free")
			}
			_ = p.Release(q)
		})
		if n != 0 {
			t.Errorf("%s, one free: %v allocations", c.name, n)
		}
	}
}

// What is changed while a sequence is ranged over does no harm, and is seen further on.
func TestPoolChangeWhileRanging(t *testing.T) {
	p := cidr.NewPool(mustSplit(t, "10.0.0.0/16", 24))
	n := 0
	for q := range p.FreeSubnets() {
		must(t, p.Occupy(q))
		must(t, p.Occupy(netip.PrefixFrom(q.Addr(), 23)))
		n++
	}
	if n != 128 || p.Free() != 0 {
		t.Errorf("%d rounds, %d free", n, p.Free())
	}
	for q := range p.UsedSubnets() {
		must(t, p.Release(q))
	}
	if p.Used() != 0 {
		t.Errorf("%d used", p.Used())
	}
}

// Every sequence can be stopped, and used again.
func TestPoolSequencesStop(t *testing.T) {
	p := cidr.NewPool(mustSplit(t, "10.0.0.0/16", 24))
	must(t, p.Occupy(pfx("10.0.3.0/24")))
	must(t, p.Occupy(pfx("10.0.5.0/24")))
	p.Rewind()
	for range 5 {
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		seq  iter.Seq[netip.Prefix]
		want string // of the first
	}{
		{"UsedSubnets", p.UsedSubnets(), "10.0.0.0/24"},
		{"FreeSubnets", p.FreeSubnets(), "10.0.7.0/24"},
		{"UsedBlocks", p.UsedBlocks(), "10.0.0.0/22"},
		{"FreeBlocks", p.FreeBlocks(), "10.0.7.0/24"},
		{"Upcoming", p.Upcoming(), "10.0.7.0/24"},
	} {
		for range 2 {
			for q := range tt.seq {
				if q != pfx(tt.want) {
					t.Errorf("%s begins with %v, want %s", tt.name, q, tt.want)
				}
				break
			}
		}
	}
	must(t, p.Occupy(pfx("10.0.128.0/17"))) // nothing is left behind the cursor once it has come there
	must(t, p.Release(pfx("10.0.255.0/24")))
	for p.Cursor() != 0 {
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
	}
	must(t, p.Release(pfx("10.0.1.0/24")))
	must(t, p.Release(pfx("10.0.9.0/24")))
	for q := range p.Upcoming() {
		if q != pfx("10.0.1.0/24") {
			t.Errorf("Upcoming begins with %v", q)
		}
		break
	}
}

// Looking into a subtree that is wholly used, or wholly free, leaves nothing behind for the leaf that was looked at before.
func TestPoolReachesNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		look func(p *cidr.Pool) error
	}{
		{"used", func(p *cidr.Pool) error { return p.Occupy(pfx("10.4.16.7/32")) }},
		{"free", func(p *cidr.Pool) error { return p.Release(pfx("10.4.32.7/32")) }},
	} {
		s, err := cidr.NewSplit(pfx("10.0.0.0/8"), 32)
		must(t, err)
		p := cidr.NewPool(s)
		must(t, p.Occupy(pfx("10.4.16.0/20"))) // a leaf that is full, beside free ones
		for bits := 21; bits <= 32; bits++ {   // all of the first leaf but its last
			last, _ := cidr.Nth(pfx("10.0.0.0/20"), 4096-1<<(33-bits))
			must(t, p.Occupy(netip.PrefixFrom(last, bits)))
		}
		must(t, tt.look(p))
		must(t, p.Occupy(pfx("10.0.15.255/32")))
		must(t, p.Invariant())
		if q, err := p.Next(); err != nil || q != pfx("10.0.16.0/32") {
			t.Errorf("%s: %v, %v comes next", tt.name, q, err)
		}
		must(t, tt.look(p))
		must(t, p.Release(pfx("10.0.0.5/32")))
		must(t, p.Invariant())
	}
}
