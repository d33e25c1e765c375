package cidr_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

// A script is a list of steps such as "next 10.0.0.0/24", "next full", "occupy 10.0.0.0/23", "release 10.0.0.0/25",
// "occupy fd00::/64 outside".
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

// TestPoolGolden replays recordings of Kubernetes' own cidrset.
func TestPoolGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/cidrset.txt")
	must(t, err)
	var p *cidr.Pool
	n := 0
	for i, line := range strings.Split(string(data), "\n") {
		op := strings.Fields(line)
		if len(op) == 0 || op[0] == "#" {
			continue
		}
		n++
		var got, want string
		switch op[0] {
		default: // a set begins
			bits, err := strconv.Atoi(op[1])
			must(t, err)
			p = cidr.NewPool(mustSplit(t, op[0], bits))
			got, want = strconv.FormatUint(p.Len(), 10), op[2]
		case "alloc":
			q, err := p.Next()
			if got = q.String(); err == cidr.ErrExhausted {
				got = "full"
			}
			want = op[1]
		case "occupy", "release":
			mark := p.Occupy
			if op[0] == "release" {
				mark = p.Release
			}
			want = strings.Join(op[2:], " ")
			switch q, err := cidr.ParseLenient(op[1]); {
			case err != nil:
				got = "no range"
			default:
				if err := mark(q); errors.Is(err, cidr.ErrOutside) {
					got = "outside"
				} else if err != nil {
					got = err.Error()
				}
			}
		}
		if got != want {
			t.Fatalf("line %d: %s: got %q, want %q", i+1, line, got, want)
		}
		must(t, p.Invariant())
	}
	if n == 0 {
		t.Error("no operation")
	}
}

// poolSplits are pools of all depths of the tree.
var poolSplits = []struct {
	prefix string
	bits   int
}{
	{"10.0.0.0/24", 24}, {"10.0.0.0/24", 25}, {"10.0.0.0/24", 28}, {"10.0.0.0/24", 30}, {"10.0.0.0/24", 31}, {"10.0.0.0/20", 32}, {"10.0.0.0/19", 32},
	{"fd00::/48", 64}, {"fd00::/40", 64}, {"fd00::/39", 64}, {"fd00::/24", 64}, {"::/0", 62}, {"::/0", 63}, {"fd00::/65", 128},
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

// A pool that was written down, as its split, what is used and its cursor, is made again from that, wherever the cursor
// was.
func TestPoolRestored(t *testing.T) {
	s := mustSplit(t, "fd00::/56", 64)
	p := cidr.NewPool(s)
	for i := range 600 {
		q, err := p.Next()
		if err == nil && i%3 > 0 {
			must(t, p.Release(q))
		}
		r := cidr.NewPool(s)
		for q := range p.UsedBlocks() {
			must(t, r.Occupy(q))
		}
		must(t, r.SetCursor(p.Cursor()))
		if !r.Equal(p) {
			t.Fatalf("after %d: cursor %d, want %d", i, r.Cursor(), p.Cursor())
		}
		must(t, r.Invariant())
		if got, want := slices.Collect(r.Upcoming()), slices.Collect(p.Upcoming()); !slices.Equal(got, want) {
			t.Fatalf("after %d: %v, want %v", i, got, want)
		}
	}
}

func TestPoolSetCursor(t *testing.T) {
	for _, tt := range []struct {
		split  cidr.Split
		cursor uint64
		want   string // error
	}{
		{mustSplit(t, "10.0.0.0/22", 24), 0, ""},
		{mustSplit(t, "10.0.0.0/22", 24), 3, ""},
		{mustSplit(t, "10.0.0.0/22", 24), 4, "cursor 4: the pool has 4 subnets; use 0 to 3"},
		{mustSplit(t, "10.0.0.0/22", 24), 1<<64 - 1, "cursor 18446744073709551615: the pool has 4 subnets; use 0 to 3"},
		{mustSplit(t, "10.0.0.0/24", 24), 1, "cursor 1: the pool has 1 subnets; use 0 to 0"},
		{mustSplit(t, "::/0", 63), 1<<63 - 1, ""},
		{cidr.Split{}, 0, ""},
		{cidr.Split{}, 1, "cursor 1: the pool has no subnets; use 0"},
	} {
		p := cidr.NewPool(tt.split)
		before := p.Cursor()
		err := p.SetCursor(tt.cursor)
		switch e := (*cidr.CursorError)(nil); {
		case tt.want == "":
			if err != nil || p.Cursor() != tt.cursor {
				t.Errorf("%v: SetCursor(%d) = %v, cursor %d", tt.split, tt.cursor, err, p.Cursor())
			}
			if q, err := p.Next(); tt.split.Len() > 0 && (err != nil || q != tt.split.At(tt.cursor)) {
				t.Errorf("%v: Next = %v, %v; want %v", tt.split, q, err, tt.split.At(tt.cursor))
			}
		case err == nil || err.Error() != tt.want || p.Cursor() != before:
			t.Errorf("%v: SetCursor(%d) = %v, cursor %d; want %s", tt.split, tt.cursor, err, p.Cursor(), tt.want)
		case !errors.As(err, &e) || e.Cursor != tt.cursor || e.Len != tt.split.Len():
			t.Errorf("%v: SetCursor(%d) = %#v", tt.split, tt.cursor, err)
		}
	}
}
