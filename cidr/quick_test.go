package cidr

import (
	"bufio"
	"encoding/json"
	"errors"
	"math/rand"
	"net/netip"
	"os"
	"testing"
)

func TestGoldenQuick(t *testing.T) {
	f, err := os.Open("../../shared/golden/cidrset/ops.jsonl")
	if err != nil {
		t.Skip("no ../shared/golden")
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var r struct {
			ID, Cluster, NewErr string
			Mask                int
			Slots               uint64
			Ops                 [][]string
		}
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.NewErr != "" {
			continue
		}
		s, err := NewSplit(netip.MustParsePrefix(r.Cluster).Masked(), r.Mask)
		if err != nil || s.Len() != r.Slots {
			t.Fatal(r.ID, err)
		}
		p := NewPool(s)
		for i, op := range r.Ops {
			switch op[0] {
			case "alloc":
				q, err := p.Next()
				if got := q.String(); err == nil && got != op[1] || err != nil && op[1] != "ERR_FULL" {
					t.Fatalf("%s op %d: %v %v want %v", r.ID, i, q, err, op)
				}
			default:
				fn := p.Occupy
				if op[0] == "release" {
					fn = p.Release
				}
				err := fn(netip.MustParsePrefix(op[1]))
				if (err == nil) != (op[2] == "") || err != nil && !errors.Is(err, ErrOutside) {
					t.Fatalf("%s op %d: %v want %v", r.ID, i, err, op)
				}
			}
		}
	}
}

func TestPoolQuick(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, k := range []int{0, 1, 4, 6, 7, 11, 12, 13, 14} {
		for round := 0; round < 20; round++ {
			s, _ := NewSplit(netip.MustParsePrefix("10.0.0.0/12"), 12+k)
			p := NewPool(s)
			n := 1 << k
			m := make([]bool, n)
			next := 0
			for step := 0; step < 300; step++ {
				j := r.Intn(k + 1)
				i := r.Intn(n) >> j << j
				q := netip.PrefixFrom(s.At(uint64(i)).Addr(), 12+k-j)
				switch r.Intn(4) {
				case 0:
					p.Occupy(q)
					for x := i; x < i+1<<j; x++ {
						m[x] = true
					}
				case 1:
					p.Release(q)
					for x := i; x < i+1<<j; x++ {
						m[x] = false
					}
				default:
					got, err := p.Next()
					x := 0
					for ; x < n && m[(next+x)%n]; x++ {
					}
					if x == n {
						if err != ErrExhausted {
							t.Fatal("want exhausted")
						}
					} else {
						x = (next + x) % n
						m[x] = true
						next = (x + 1) % n
						if got != s.At(uint64(x)) {
							t.Fatalf("k %d got %v want %v", k, got, s.At(uint64(x)))
						}
					}
				}
				used := uint64(0)
				for _, b := range m {
					if b {
						used++
					}
				}
				if p.Used() != used {
					t.Fatalf("used %d want %d", p.Used(), used)
				}
				if c, _ := p.UsedIn(q); func() bool {
					w := uint64(0)
					for x := i; x < i+1<<j; x++ {
						if m[x] {
							w++
						}
					}
					return w != c
				}() {
					t.Fatal("UsedIn")
				}
			}
			i := 0
			for q := range p.UsedSubnets() {
				for !m[i] {
					i++
				}
				if q != s.At(uint64(i)) {
					t.Fatal("UsedSubnets")
				}
				i++
			}
			i = 0
			for q := range p.FreeSubnets() {
				for m[i] {
					i++
				}
				if q != s.At(uint64(i)) {
					t.Fatal("FreeSubnets")
				}
				i++
			}
		}
	}
}

func TestSpaceQuick(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	u := netip.MustParsePrefix("10.0.0.0/26")
	for round := 0; round < 300; round++ {
		s, err := NewSpace(u)
		if err != nil {
			t.Fatal(err)
		}
		var m [64]bool // used
		for step := 0; step < 60; step++ {
			j := r.Intn(7)
			i := r.Intn(64) >> j << j
			a, _ := Nth(u, uint64(i))
			q := netip.PrefixFrom(a, 32-j)
			switch r.Intn(3) {
			case 0:
				s.Occupy(q)
				for x := i; x < i+1<<j; x++ {
					m[x] = true
				}
			case 1:
				s.Release(q)
				for x := i; x < i+1<<j; x++ {
					m[x] = false
				}
			case 2:
				p, err := s.Alloc(32 - j)
				fits := 0
				for x := 0; x < 64; x += 1 << j {
					ok := true
					for y := x; y < x+1<<j; y++ {
						ok = ok && !m[y]
					}
					if ok {
						fits++
					}
				}
				if (err == nil) != (fits > 0) {
					t.Fatal(err, fits)
				}
				if err == nil {
					x := int(p.Addr().As4()[3])
					for y := x; y < x+1<<j; y++ {
						if m[y] {
							t.Fatal("double")
						}
						m[y] = true
					}
				}
			}
			var got [64]bool
			for x := range got {
				got[x] = true
			}
			for b := range s.Blocks() {
				x := int(b.Addr().As4()[3])
				for y := x; y < x+1<<(32-b.Bits()); y++ {
					got[y] = false
				}
			}
			if got != m {
				t.Fatal("blocks differ")
			}
		}
	}
}

func TestOverlapsQuick(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := 0; round < 300; round++ {
		var ps []netip.Prefix
		for i := 0; i < 30; i++ {
			ps = append(ps, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.Intn(64))}), 24+r.Intn(9)))
		}
		got := map[[2]int]bool{}
		for i, j := range Overlaps(ps) {
			if got[[2]int{i, j}] || i >= j {
				t.Fatal("twice")
			}
			got[[2]int{i, j}] = true
		}
		for i := range ps {
			for j := i + 1; j < len(ps); j++ {
				if ps[i].Overlaps(ps[j]) != got[[2]int{i, j}] {
					t.Fatal(ps[i], ps[j])
				}
			}
		}
	}
}

func TestParseQuick(t *testing.T) {
	for _, s := range []string{"10.0.2.0/8", "010.244.0.0/16", "10.0.0.0/33", "::ffff:10.0.0.0/104", "fe80::1%eth0/64", "10.0.0.1", "x", "", " 10.0.0.0/8", "10.0.0.0/08", "10.0.0.0/", "000fd00::/8"} {
		_, err := Parse(s)
		t.Logf("%q: %v", s, err)
		if err == nil {
			t.Error(s)
		}
	}
	_, err := ParseUses("docker,libvirt,10.8.0.0/16")
	if err != nil {
		t.Error(err)
	}
	_, err = ParseUses("dockr")
	t.Log(err)
}
