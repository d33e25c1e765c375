package cidr_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

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

// Among few free subnets in a full pool, and few used ones in an empty pool, the search finds the next one from
// everywhere.
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

// Next, Occupy and Release of one subnet do not allocate once the pool has grown. Memory follows what is used: what is
// wholly used takes none, whoever takes parts of it again, and what was released is used for the next.
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

// Looking into a subtree that is wholly used, or wholly free, leaves nothing behind for the leaf that was looked at
// before.
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
