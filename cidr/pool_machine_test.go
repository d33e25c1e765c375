package cidr_test

import (
	"errors"
	"net/netip"
	"slices"
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

// poolMachine is the state machine for a pool of any size.
func poolMachine(t *rapid.T, s cidr.Split, window []uint64) {
	m := &poolModel{s, cidr.NewPool(s), map[uint64]bool{}, 0, rapid.SampledFrom(window)}
	t.Repeat(map[string]func(*rapid.T){
		"next": m.take, "occupy": m.occupy, "release": m.release, "one": m.one, "cursor": m.cursor, "clone": m.clone, "": m.check,
		"rewind": func(*rapid.T) { m.fast.Rewind(); m.next = 0 },
	})
}

// A poolModel is a Pool beside the set of numbers in use. Its operations are about the numbers that at draws, so that they
// meet in a large pool too.
type poolModel struct {
	s    cidr.Split
	fast *cidr.Pool
	used map[uint64]bool
	next uint64
	at   *rapid.Generator[uint64]
}

func (m *poolModel) take(t *rapid.T) {
	q, err := m.fast.Next()
	if uint64(len(m.used)) == m.s.Len() {
		if err != cidr.ErrExhausted {
			t.Fatalf("Next of a full pool = %v, %v", q, err)
		}
		return
	}
	for m.used[m.next] {
		m.next = (m.next + 1) % m.s.Len()
	}
	if err != nil || q != m.s.At(m.next) {
		t.Fatalf("Next = %v, %v; want %v", q, err, m.s.At(m.next))
	}
	m.used[m.next] = true
	m.next = (m.next + 1) % m.s.Len()
}

func (m *poolModel) occupy(t *rapid.T) {
	i := m.at.Draw(t, "i")
	j := rapid.IntRange(0, min(7, m.s.Bits()-m.s.Prefix().Bits())).Draw(t, "j")
	q := netip.PrefixFrom(m.s.At(i).Addr(), m.s.Bits()-j)
	if err := m.fast.Occupy(q); err != nil {
		t.Fatal(err)
	}
	for k := range uint64(1) << j {
		m.used[i>>j<<j+k] = true
	}
}

func (m *poolModel) release(t *rapid.T) {
	i := m.at.Draw(t, "i")
	j := rapid.IntRange(0, min(7, m.s.Bits()-m.s.Prefix().Bits())).Draw(t, "j")
	q := netip.PrefixFrom(m.s.At(i).Addr(), m.s.Bits()-j)
	if err := m.fast.Release(q); err != nil {
		t.Fatal(err)
	}
	for k := range uint64(1) << j {
		delete(m.used, i>>j<<j+k)
	}
}

func (m *poolModel) one(t *rapid.T) {
	i := m.at.Draw(t, "i")
	q := netip.PrefixFrom(cidr.Last(m.s.At(i)), m.s.Bits()) // with host bits
	if m.used[i] != m.fast.IsUsed(q) || m.used[i] == m.fast.IsFree(q) {
		t.Fatalf("%v: used %v, IsUsed %v, IsFree %v", q, m.used[i], m.fast.IsUsed(q), m.fast.IsFree(q))
	}
	if m.used[i] = !m.used[i]; m.used[i] {
		_ = m.fast.Occupy(q)
	} else {
		delete(m.used, i)
		_ = m.fast.Release(q)
	}
}

func (m *poolModel) cursor(t *rapid.T) {
	m.next = m.at.Draw(t, "cursor")
	if err := m.fast.SetCursor(m.next); err != nil || m.fast.Cursor() != m.next {
		t.Fatalf("SetCursor(%d) = %v, cursor %d", m.next, err, m.fast.Cursor())
	}
}

func (m *poolModel) clone(t *rapid.T) {
	c := m.fast.Clone()
	if !c.Equal(m.fast) || !m.fast.Equal(c) {
		t.Fatal("a clone is not equal")
	}
	i := m.at.Draw(t, "i")
	q := m.s.At(i)
	if m.used[i] {
		_ = c.Release(q)
	} else {
		_ = c.Occupy(q)
	}
	if c.Equal(m.fast) || m.fast.IsUsed(q) != m.used[i] {
		t.Fatal("a clone shares its state")
	}
	if m.used[i] {
		_ = c.Occupy(q)
	} else {
		_ = c.Release(q)
	}
	if !c.Equal(m.fast) {
		t.Fatal("changed and changed back is not equal")
	}
	m.fast = c
}

func (m *poolModel) check(t *rapid.T) {
	if err := m.fast.Invariant(); err != nil {
		t.Fatal(err)
	}
	if m.fast.Used() != uint64(len(m.used)) || m.fast.Used()+m.fast.Free() != m.s.Len() {
		t.Fatalf("used %d, free %d of %d; want %d", m.fast.Used(), m.fast.Free(), m.s.Len(), len(m.used))
	}
	i := uint64(0)
	n := 0
	for q := range m.fast.UsedSubnets() {
		j, _ := m.s.Index(q.Addr())
		if !m.used[j] || n > 0 && j <= i {
			t.Fatalf("UsedSubnets gives %v behind %d, used %v", q, i, m.used[j])
		}
		i = j
		n++
	}
	if n != len(m.used) {
		t.Fatalf("UsedSubnets gives %d, want %d", n, len(m.used))
	}
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
