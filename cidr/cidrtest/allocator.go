package cidrtest

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"testing"
)

// An Allocator hands out the node ranges of one cluster range, all of one length. A *cidr.Pool is one; so is what a few
// lines make of most allocators.
type Allocator interface {
	// Next hands out a range that is not in use, any of them, and marks it as used. It returns an error if all are in
	// use.
	Next() (netip.Prefix, error)
	// Occupy marks what a block touches as used: what other programs have, or what was handed out before a restart.
	Occupy(netip.Prefix) error
	// Release marks the ranges of a block as free.
	Release(netip.Prefix) error
}

// TestAllocator tests an allocator. newAllocator returns one of the ranges of length nodeBits in cluster, all free; it
// is called for each case. Each case is a subtest of its name. A panic counts as a failure of the case.
//
// An allocator without one of the methods returns [errors.ErrUnsupported] from it: the rest of that case is left out.
func TestAllocator(t *testing.T, newAllocator func(cluster netip.Prefix, nodeBits int) (Allocator, error), opts ...Option) {
	t.Helper()
	n := 0
	for c := range makeOptions(opts).allocatorCases() {
		n++
		t.Run(c.Name, func(t *testing.T) {
			if f := drive(c, newAllocator); f != nil {
				t.Error(f)
			}
		})
	}
	if n == 0 {
		t.Error("the options leave no case")
	}
}

// CheckAllocator does what [TestAllocator] does and returns what it found: nil if there is nothing, a [Failures]
// otherwise.
func CheckAllocator(newAllocator func(cluster netip.Prefix, nodeBits int) (Allocator, error), opts ...Option) error {
	var fs Failures
	for c := range makeOptions(opts).allocatorCases() {
		if f := drive(c, newAllocator); f != nil {
			fs = append(fs, f)
		}
	}
	return fs.err()
}

func (o *options) allocatorCases() iter.Seq[AllocatorCase] {
	return func(yield func(AllocatorCase) bool) {
		for _, seq := range [...]iter.Seq[AllocatorCase]{AllocatorCases(), GenerateAllocator(1, o.generated)} {
			for c := range seq {
				if o.takes(c.Name, c.Rule, Case{Pods: []netip.Prefix{c.Cluster}}.Stack()) && !yield(c) {
					return
				}
			}
		}
	}
}

// An AllocatorCase is a cluster range and what is done with its allocator. When the steps are done everything that is
// still free is handed out. The zero AllocatorCase has an invalid range.
type AllocatorCase struct {
	Name     string // tells the case from all others and does not change
	Rule     Rule   // what it is about
	Cluster  netip.Prefix
	NodeBits int // length of the ranges
	// Refused says that there cannot be such an allocator: the constructor has to return an error. MayRefuse says that
	// it may.
	Refused, MayRefuse bool
	Steps              []Step
	Reason             string // why, in a sentence
	Source             string // where that is known from
}

// A Step is one call of an [Allocator], or several. The zero Step does nothing.
type Step struct {
	Op     Op
	Prefix netip.Prefix // of Occupy and Release
	Count  int          // of Next: how many times, as far as there is something free. Negative is until it is full
}

// An Op is a method of [Allocator]. The zero Op, "", does nothing.
type Op string

// The operations.
const (
	Next    Op = "next"
	Occupy  Op = "occupy"
	Release Op = "release"
)

// String returns "next 3", "next all", "occupy 10.0.0.0/24".
func (s Step) String() string {
	switch {
	case s.Op != Next:
		return fmt.Sprintf("%s %v", s.Op, s.Prefix)
	case s.Count < 0:
		return "next all"
	}
	return fmt.Sprintf("next %d", s.Count)
}

// mostDrained is how many ranges are handed out at most when the steps are done.
const mostDrained = 1 << 16

// drive runs c, and returns nil if the allocator did nothing wrong.
func drive(c AllocatorCase, newAllocator func(netip.Prefix, int) (Allocator, error)) *Failure {
	d := &driver{c: c, used: map[netip.Prefix]bool{}}
	err, _ := guard(func() error { return d.run(newAllocator) })
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return &Failure{c.Name, c.Rule, d.input(), err.Error(), c.Reason, c.Source, d.err}
}

// A driver runs one case beside a map of what is in use.
type driver struct {
	c     AllocatorCase
	a     Allocator
	used  map[netip.Prefix]bool
	steps []string // done so far
	err   error    // what the allocator returned last
}

func (d *driver) input() string {
	text := fmt.Sprintf("%s [%s], %v into /%d", d.c.Name, d.c.Rule, d.c.Cluster, d.c.NodeBits)
	if len(d.steps) > 0 {
		text += ", " + strings.Join(d.steps, ", ")
	}
	return text
}

func (d *driver) run(newAllocator func(netip.Prefix, int) (Allocator, error)) error {
	if d.a, d.err = newAllocator(d.c.Cluster, d.c.NodeBits); d.err != nil {
		if d.c.Refused || d.c.MayRefuse {
			return nil
		}
		return fmt.Errorf("is not made (%w), want an allocator", d.err)
	}
	if d.c.Refused {
		return errors.New("is made, want an error")
	}
	if d.a == nil {
		return errors.New("neither an allocator nor an error")
	}
	d.c.Cluster = d.c.Cluster.Masked()
	for _, s := range d.c.Steps {
		d.steps = append(d.steps, s.String())
		if err := d.step(s); err != nil {
			return err
		}
	}
	d.steps = append(d.steps, "then all that is free")
	if err := d.next(mostDrained); err != nil || d.free() > 0 {
		return err
	}
	for range 3 { // and stays full
		var p netip.Prefix
		if p, d.err = d.a.Next(); d.err == nil {
			return fmt.Errorf("hands out %v when all %d are in use", p, d.total())
		}
	}
	return nil
}

func (d *driver) step(s Step) error {
	switch s.Op {
	case Next:
		if s.Count < 0 {
			return d.next(mostDrained)
		}
		return d.next(s.Count)
	case Occupy:
		return d.occupy(s.Prefix)
	case Release:
		return d.release(s.Prefix)
	}
	return nil
}

// total returns the number of ranges, at most 2^63, of which a case uses but few where there are many.
func (d *driver) total() uint64 { return 1 << min(d.c.NodeBits-d.c.Cluster.Bits(), 63) }

func (d *driver) free() uint64 { return d.total() - uint64(len(d.used)) }

// next takes n ranges, or as many as are free.
func (d *driver) next(n int) error {
	for range min(uint64(n), d.free()) {
		var p netip.Prefix
		p, d.err = d.a.Next()
		switch {
		case errors.Is(d.err, errors.ErrUnsupported):
			return d.err
		case d.err != nil:
			return fmt.Errorf("hands out nothing (%w), want one of the %d that are free", d.err, d.free())
		case !p.IsValid():
			return errors.New("hands out an invalid prefix, and no error")
		case p.Bits() != d.c.NodeBits:
			return fmt.Errorf("hands out %v, want a /%d", p, d.c.NodeBits)
		case p != p.Masked():
			return fmt.Errorf("hands out %v, which is not aligned: host bits are set", p)
		case !d.c.Cluster.Overlaps(p):
			return fmt.Errorf("hands out %v, which lies outside", p)
		case d.used[p]:
			return fmt.Errorf("hands out %v, which is in use", p)
		}
		d.used[p] = true
	}
	return nil
}

func (d *driver) occupy(q netip.Prefix) error {
	ranges, used := d.touched(q)
	d.err = d.a.Occupy(q)
	switch {
	case errors.Is(d.err, errors.ErrUnsupported):
		return d.err
	case d.err == nil:
		for _, p := range ranges {
			d.used[p] = true
		}
	case len(ranges) > 0 && used == 0 && q.Bits() <= d.c.NodeBits:
		return fmt.Errorf("does not occupy %v (%w), of which nothing is in use", q, d.err)
	}
	return nil // what is refused has changed nothing: the next ranges will tell
}

func (d *driver) release(q netip.Prefix) error {
	ranges, used := d.touched(q)
	d.err = d.a.Release(q)
	switch {
	case errors.Is(d.err, errors.ErrUnsupported):
		return d.err
	case d.err == nil:
		for _, p := range ranges {
			delete(d.used, p)
		}
	case len(ranges) > 0 && used == len(ranges) && q.Bits() <= d.c.NodeBits:
		return fmt.Errorf("does not release %v (%w), all of which is in use", q, d.err)
	}
	return nil
}

// touched returns the ranges that q has addresses of, and how many of them are in use.
func (d *driver) touched(q netip.Prefix) (ranges []netip.Prefix, used int) {
	if !q.IsValid() || !q.Overlaps(d.c.Cluster) {
		return nil, 0
	}
	if q.Bits() < d.c.Cluster.Bits() {
		q = d.c.Cluster
	}
	q = netip.PrefixFrom(q.Addr(), min(q.Bits(), d.c.NodeBits)).Masked()
	last := uint64(1)<<(d.c.NodeBits-q.Bits()) - 1
	for i, a := uint64(0), q.Addr(); ; i++ {
		p := netip.PrefixFrom(a, d.c.NodeBits)
		ranges = append(ranges, p)
		if d.used[p] {
			used++
		}
		if i == last {
			return ranges, used
		}
		a = after(p)
	}
}

// after returns the first address behind p, which is not the last range of all.
func after(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	carry := 1 << (7 - (p.Bits()+7)%8)
	for i := (p.Bits() - 1) / 8; i >= 0 && carry > 0; i-- {
		carry += int(b[i])
		b[i] = byte(carry)
		carry >>= 8
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
