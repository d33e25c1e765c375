package kitproof

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr/cidrtest"
)

var errFull = errors.New("none is free")

// subnets returns the ranges of length bits in cluster. Sizes are checked as the models' originals do: hardly.
func subnets(cluster netip.Prefix, bits int) ([]netip.Prefix, error) {
	if !cluster.IsValid() || bits < cluster.Bits() || bits > cluster.Addr().BitLen() || bits-cluster.Bits() > 16 {
		return nil, errRefused
	}
	out := make([]netip.Prefix, 1<<(bits-cluster.Bits()))
	for i := range out {
		out[i] = netip.PrefixFrom(add(cluster.Masked().Addr(), i, cluster.Addr().BitLen()-bits), bits)
	}
	return out, nil
}

// add returns a + n * 2^shift.
func add(a netip.Addr, n, shift int) netip.Addr {
	b := a.AsSlice()
	for i, carry := len(b)-1, uint64(0); i >= 0; i-- {
		at := 8 * (len(b) - 1 - i) // bit of the byte's last one
		v := uint64(b[i]) + carry
		switch d := at - shift; {
		case d >= 0 && d < 63:
			v += uint64(n) >> d & 0xff
		case d < 0 && d > -8:
			v += uint64(n) << -d & 0xff
		}
		b[i] = byte(v)
		carry = v >> 8
	}
	a, _ = netip.AddrFromSlice(b)
	return a
}

// A stack hands out the range that was released last. Nobody asks whether it is free already, so that it holds a range
// twice: the fault of allocators that keep a list of what is free.
type stack struct{ free []netip.Prefix }

func newStack(cluster netip.Prefix, bits int) (cidrtest.Allocator, error) {
	ps, err := subnets(cluster, bits)
	slices.Reverse(ps)
	return &stack{ps}, err
}

func (s *stack) Next() (netip.Prefix, error) {
	n := len(s.free)
	if n == 0 {
		return netip.Prefix{}, errFull
	}
	p := s.free[n-1]
	s.free = s.free[:n-1]
	return p, nil
}

func (s *stack) Occupy(q netip.Prefix) error {
	s.free = slices.DeleteFunc(s.free, q.Overlaps)
	return nil
}

func (s *stack) Release(p netip.Prefix) error {
	s.free = append(s.free, p)
	return nil
}

// A joiner keeps runs of free addresses and cuts ranges from the start of the first run that is long enough. Released
// runs are joined with their neighbours, and nobody asks whether a start is aligned: what remains beside a small block
// is not.
type joiner struct {
	bits int
	runs []run // sorted
}

type run struct{ first, last netip.Addr }

func newJoiner(cluster netip.Prefix, bits int) (cidrtest.Allocator, error) {
	if _, err := subnets(cluster, bits); err != nil {
		return nil, err
	}
	cluster = cluster.Masked()
	return &joiner{bits, []run{{cluster.Addr(), lastOf(cluster.Addr(), cluster.Bits())}}}, nil
}

// lastOf returns the address 2^n-1 behind a, with n the bits of an address less the given ones, as Prefix arithmetic
// does for an aligned a.
func lastOf(a netip.Addr, bits int) netip.Addr {
	end := add(a, 1, a.BitLen()-bits)
	if prev := end.Prev(); prev.IsValid() && !end.Less(a) {
		return prev
	}
	b := a.AsSlice() // the end of the address space
	for i := range b {
		b[i] = 0xff
	}
	a, _ = netip.AddrFromSlice(b)
	return a
}

func (j *joiner) Next() (netip.Prefix, error) {
	for i, r := range j.runs {
		if last := lastOf(r.first, j.bits); !r.last.Less(last) {
			j.cut(i, r.first, last)
			return netip.PrefixFrom(r.first, j.bits), nil
		}
	}
	return netip.Prefix{}, errFull
}

// cut takes first to last out of run i, as far as they meet.
func (j *joiner) cut(i int, first, last netip.Addr) {
	r := j.runs[i]
	var rest []run
	if r.first.Less(first) {
		rest = append(rest, run{r.first, first.Prev()})
	}
	if last.Less(r.last) {
		rest = append(rest, run{last.Next(), r.last})
	}
	j.runs = slices.Replace(j.runs, i, i+1, rest...)
}

func (j *joiner) Occupy(q netip.Prefix) error {
	if !q.IsValid() {
		return errRefused
	}
	first, last := q.Masked().Addr(), lastOf(q.Masked().Addr(), q.Bits())
	for i := len(j.runs) - 1; i >= 0; i-- {
		if r := j.runs[i]; r.first.BitLen() == first.BitLen() && !r.last.Less(first) && !last.Less(r.first) {
			j.cut(i, first, last)
		}
	}
	return nil
}

func (j *joiner) Release(q netip.Prefix) error {
	if !q.IsValid() {
		return errRefused
	}
	first, last := q.Masked().Addr(), lastOf(q.Masked().Addr(), q.Bits())
	i := 0
	for i < len(j.runs) && j.runs[i].first.Less(first) {
		i++
	}
	j.runs = slices.Insert(j.runs, i, run{first, last})
	for k := len(j.runs) - 1; k > 0; k-- {
		if a, b := j.runs[k-1], j.runs[k]; a.last.Next() == b.first {
			j.runs = slices.Replace(j.runs, k-1, k+1, run{a.first, b.last})
		}
	}
	return nil
}

// A bitmap numbers the ranges from the address that it is given, as the set of kube-controller-manager does: host bits
// in it, which its callers clear, make it hand out a range twice (k8s.io/kubernetes
// pkg/controller/nodeipam/ipam/cidrset indexToCIDRBlock).
type bitmap struct {
	base netip.Addr
	bits int
	used []bool
	next int
}

func newBitmap(cluster netip.Prefix, bits int) (cidrtest.Allocator, error) {
	ps, err := subnets(cluster, bits)
	return &bitmap{cluster.Addr(), bits, make([]bool, len(ps)), 0}, err
}

func (b *bitmap) at(i int) netip.Prefix {
	base, _ := netip.AddrFromSlice(orIndex(b.base, i, b.base.BitLen()-b.bits))
	return netip.PrefixFrom(base, b.bits).Masked()
}

// orIndex returns a | n * 2^shift.
func orIndex(a netip.Addr, n, shift int) []byte {
	zero, _ := netip.AddrFromSlice(make([]byte, a.BitLen()/8))
	index := add(zero, n, shift).AsSlice()
	out := a.AsSlice()
	for i := range out {
		out[i] |= index[i]
	}
	return out
}

func (b *bitmap) Next() (netip.Prefix, error) {
	for k := range b.used {
		if i := (b.next + k) % len(b.used); !b.used[i] {
			b.used[i] = true
			b.next = (i + 1) % len(b.used)
			return b.at(i), nil
		}
	}
	return netip.Prefix{}, errFull
}

func (b *bitmap) mark(q netip.Prefix, used bool) error {
	err := errRefused
	for i := range b.used {
		if b.at(i).Overlaps(q) {
			b.used[i] = used
			err = nil
		}
	}
	return err
}

func (b *bitmap) Occupy(q netip.Prefix) error  { return b.mark(q, true) }
func (b *bitmap) Release(q netip.Prefix) error { return b.mark(q, false) }

// A joining list keeps free blocks and joins a released one with its neighbour of the same length, whether the two are
// halves of a longer prefix or not: 10.244.1.0/24 and 10.244.2.0/24 become 10.244.1.0/23, of which the first half is
// 10.244.0.0/24.
type joiningList struct {
	cluster netip.Prefix
	bits    int
	free    []netip.Prefix
}

func newJoiningList(cluster netip.Prefix, bits int) (cidrtest.Allocator, error) {
	_, err := subnets(cluster, bits)
	return &joiningList{cluster.Masked(), bits, []netip.Prefix{cluster.Masked()}}, err
}

func (l *joiningList) Next() (netip.Prefix, error) {
	n := len(l.free)
	if n == 0 {
		return netip.Prefix{}, errFull
	}
	p := l.free[n-1]
	l.free = l.free[:n-1]
	for p = p.Masked(); p.Bits() < l.bits; {
		half := netip.PrefixFrom(p.Addr(), p.Bits()+1)
		l.free = append(l.free, netip.PrefixFrom(add(p.Addr(), 1, p.Addr().BitLen()-half.Bits()), half.Bits()))
		p = half
	}
	return p, nil
}

func (l *joiningList) Occupy(netip.Prefix) error { return errors.ErrUnsupported }

func (l *joiningList) Release(p netip.Prefix) error {
	if !p.Overlaps(l.cluster) || slices.ContainsFunc(l.free, p.Overlaps) {
		return errRefused
	}
	for i := 0; i < len(l.free); i++ {
		a, b := p, l.free[i]
		if b.Addr().Less(a.Addr()) {
			a, b = b, a
		}
		if a.Bits() == b.Bits() && lastOf(a.Addr(), a.Bits()).Next() == b.Addr() {
			p = netip.PrefixFrom(a.Addr(), a.Bits()-1)
			l.free = slices.Delete(l.free, i, i+1)
			i = -1
		}
	}
	l.free = append(l.free, p)
	return nil
}
