package kitproof

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr/cidrtest"
	"go4.org/netipx"
)

func TestAllocators(t *testing.T) {
	for _, tt := range []struct {
		name  string
		new   func(netip.Prefix, int) (cidrtest.Allocator, error)
		opts  []cidrtest.Option
		want  rules
		cases []string
	}{
		{"a stack of free ranges", newStack, []cidrtest.Option{cidrtest.Generated(0)},
			rules{cidrtest.RuleReleasedTwice, cidrtest.RuleLarger, cidrtest.RuleOutside},
			[]string{"released twice", "released before anything was taken", "two released twice"}},
		{"runs of free addresses", newJoiner, []cidrtest.Option{cidrtest.Generated(0)},
			rules{cidrtest.RuleReleasedTwice, cidrtest.RuleSmaller, cidrtest.RuleOutside},
			[]string{"an address occupied", "a quarter of a range occupied", "released twice"}},
		{"blocks joined with any neighbour", newJoiningList, []cidrtest.Option{cidrtest.Generated(0)}, rules{cidrtest.RuleReleased},
			[]string{"neighbours released that are no halves"}},
		{"a bitmap", newBitmap, nil, rules{cidrtest.RuleNew}, []string{"a cluster range with host bits"}},
		{"netipx.IPSet", newIPSet, nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var fs cidrtest.Failures
			if err := cidrtest.CheckAllocator(tt.new, tt.opts...); err != nil && !errors.As(err, &fs) {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(tt.want))
			if got := fs.Rules(); !slices.Equal(got, want) {
				t.Errorf("found %v, want %v", got, want)
				for _, f := range fs {
					t.Log(f)
				}
			}
			for _, name := range tt.cases {
				if !slices.ContainsFunc(fs, func(f *cidrtest.Failure) bool { return f.Case == name }) {
					t.Errorf("did not find %q", name)
				}
			}
		})
	}
}

// An ipSet is what is free of a cluster range as a set of package netipx. It keeps to its cluster and to whole ranges,
// which the set itself does not ask for.
type ipSet struct {
	cluster netip.Prefix
	bits    int
	free    *netipx.IPSet
}

func newIPSet(cluster netip.Prefix, bits int) (cidrtest.Allocator, error) {
	if !cluster.IsValid() || bits < cluster.Bits() || bits > cluster.Addr().BitLen() || cluster.Addr().Is4In6() {
		return nil, errRefused
	}
	a := &ipSet{cluster: cluster.Masked(), bits: bits, free: new(netipx.IPSet)}
	return a, a.change(func(b *netipx.IPSetBuilder) { b.AddPrefix(a.cluster) })
}

func (a *ipSet) change(f func(*netipx.IPSetBuilder)) (err error) {
	var b netipx.IPSetBuilder
	b.AddSet(a.free)
	f(&b)
	a.free, err = b.IPSet()
	return err
}

func (a *ipSet) Next() (netip.Prefix, error) {
	p, free, ok := a.free.RemoveFreePrefix(uint8(a.bits))
	if !ok {
		return netip.Prefix{}, errFull
	}
	a.free = free
	return p, nil
}

func (a *ipSet) Occupy(q netip.Prefix) error {
	if !q.IsValid() {
		return errRefused
	}
	return a.change(func(b *netipx.IPSetBuilder) {
		b.RemovePrefix(netip.PrefixFrom(q.Addr(), min(q.Bits(), a.bits)).Masked())
	})
}

func (a *ipSet) Release(q netip.Prefix) error {
	if !q.IsValid() || !q.Overlaps(a.cluster) {
		return errRefused
	}
	return a.change(func(b *netipx.IPSetBuilder) { b.AddPrefix(q.Masked()) })
}
