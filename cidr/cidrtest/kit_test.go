package cidrtest_test

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/cidr/cidrtest"
)

var every = cidrtest.With(cidrtest.RuleHostBits, cidrtest.RuleNodeCountIPv4, cidrtest.RuleOneNode)

// validate refuses what breaks a rule, apart from those in lax.
func validate(lax ...cidrtest.Rule) func(cidrtest.Case) error {
	return func(c cidrtest.Case) error {
		for _, r := range brokenRules(c) {
			if !slices.Contains(lax, r) {
				return errors.New(string(r))
			}
		}
		return nil
	}
}

func TestTestValidator(t *testing.T) { cidrtest.TestValidator(t, validate(), every) }

// A validator without one rule is found out by the cases of that rule, and of no other.
func TestCheckValidator(t *testing.T) {
	if err := cidrtest.CheckValidator(validate(), every); err != nil {
		t.Errorf("a validator of all rules: %v", err)
	}
	lax := map[cidrtest.Rule]bool{}
	for c := range cidrtest.Cases() {
		if !c.Valid {
			lax[c.Rule] = true
		}
	}
	for rule := range lax {
		var fs cidrtest.Failures
		if err := cidrtest.CheckValidator(validate(rule), every); !errors.As(err, &fs) || !slices.Equal(fs.Rules(), []cidrtest.Rule{rule}) {
			t.Errorf("without %s: %v", rule, err)
		}
		if err := cidrtest.CheckValidator(validate(rule), every, cidrtest.Without(rule)); err != nil {
			t.Errorf("without %s, and told so: %v", rule, err)
		}
	}
}

func TestCheckValidatorWrong(t *testing.T) {
	for _, tt := range []struct {
		name     string
		validate func(cidrtest.Case) error
		opts     []cidrtest.Option
		want     string // in the text of the first failure; "" is none
	}{
		{"takes all", func(cidrtest.Case) error { return nil }, nil, "accepted, want it refused: an address would belong to a pod"},
		{"refuses all", func(cidrtest.Case) error { return errors.New("no") }, nil, "refused (no), want it accepted: pods end at"},
		{"panics", func(c cidrtest.Case) error { return errors.New(c.Pods[9].String()) }, nil, "panic: runtime error: index out of range"},
		{"is nil", nil, nil, "panic: "},
		{"takes all, and no case is left", func(cidrtest.Case) error { return nil }, []cidrtest.Option{
			cidrtest.Only("none"), cidrtest.Without(cidrtest.RuleInvalid)}, ""},
		{"refuses IPv6, and says so", func(c cidrtest.Case) error {
			if slices.ContainsFunc(c.Pods, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
				return errors.New("no")
			}
			return validate()(c)
		}, []cidrtest.Option{cidrtest.Only(cidrtest.IPv4), every, nil}, ""},
		{"changes its case", func(c cidrtest.Case) error {
			defer func() {
				for i := range c.Pods {
					c.Pods[i] = netip.Prefix{}
				}
			}()
			return validate()(c)
		}, []cidrtest.Option{every}, ""},
		{"has a case of its own", validate(), []cidrtest.Option{every, cidrtest.Generated(0), cidrtest.Add(cidrtest.Case{
			Name: "mine", Rule: "my-rule", Reason: "ours"})}, "mine [my-rule]: accepted, want it refused: ours"},
		{"has a case of its own and skips it", validate(), []cidrtest.Option{every, cidrtest.Skip("mine"), cidrtest.Add(cidrtest.Case{
			Name: "mine", Rule: "my-rule", Reason: "ours"})}, ""},
	} {
		err := cidrtest.CheckValidator(tt.validate, tt.opts...)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		var f *cidrtest.Failure
		if !errors.As(err, &f) || !strings.Contains(f.Error(), tt.want) || f.Case == "" || f.Rule == "" {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func newPool(cluster netip.Prefix, nodeBits int) (cidrtest.Allocator, error) {
	s, err := cidr.NewSplit(cluster, nodeBits)
	if err != nil {
		return nil, err
	}
	return cidr.NewPool(s), nil
}

func TestTestAllocator(t *testing.T) { cidrtest.TestAllocator(t, newPool, cidrtest.Generated(2000)) }

// spaceAllocator is a Space of which blocks of one length are taken.
type spaceAllocator struct {
	*cidr.Space
	bits int
}

func (a spaceAllocator) Next() (netip.Prefix, error) { return a.Alloc(a.bits) }

func (a spaceAllocator) Occupy(p netip.Prefix) error {
	return a.Space.Occupy(netip.PrefixFrom(p.Addr(), min(p.Bits(), a.bits)))
}

func TestTestAllocatorOfSpace(t *testing.T) {
	cidrtest.TestAllocator(t, func(cluster netip.Prefix, nodeBits int) (cidrtest.Allocator, error) {
		s, err := cidr.NewSpace(cluster)
		if err == nil {
			_, err = cidr.NewSplit(cluster, nodeBits)
		}
		return spaceAllocator{s, nodeBits}, err
	})
}

// faulty is a Pool with one fault.
type faulty struct {
	*cidr.Pool
	next    func(*cidr.Pool) (netip.Prefix, error)
	occupy  func(*cidr.Pool, netip.Prefix) error
	release func(*cidr.Pool, netip.Prefix) error
}

func (f *faulty) Next() (netip.Prefix, error) {
	if f.next != nil {
		return f.next(f.Pool)
	}
	return f.Pool.Next()
}

func (f *faulty) Occupy(p netip.Prefix) error {
	if f.occupy != nil {
		return f.occupy(f.Pool, p)
	}
	return f.Pool.Occupy(p)
}

func (f *faulty) Release(p netip.Prefix) error {
	if f.release != nil {
		return f.release(f.Pool, p)
	}
	return f.Pool.Release(p)
}

var wrongAllocators = []struct {
	name string
	a    func(s cidr.Split) cidrtest.Allocator
	rule cidrtest.Rule // that finds it
	want string        // in the text of the first failure
}{
	{"never full", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), next: func(p *cidr.Pool) (netip.Prefix, error) {
			if q, err := p.Next(); err == nil {
				return q, nil
			}
			return s.At(0), nil
		}}
	}, cidrtest.RuleFull, "hands out 10.244.0.0/24 when all 16 are in use"},
	{"one is never handed out", func(s cidr.Split) cidrtest.Allocator {
		p := cidr.NewPool(s)
		_, _ = p.Next()
		return p
	}, cidrtest.RuleFull, "hands out nothing (every subnet is in use), want one of the 1 that are free"},
	{"not aligned", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), next: func(p *cidr.Pool) (netip.Prefix, error) {
			q, err := p.Next()
			return netip.PrefixFrom(q.Addr().Next(), q.Bits()), err
		}}
	}, cidrtest.RuleBlocks, "which is not aligned"},
	{"invalid, and no error", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), next: func(*cidr.Pool) (netip.Prefix, error) { return netip.Prefix{}, nil }}
	}, cidrtest.RuleFull, "an invalid prefix, and no error"},
	{"the parent", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), next: func(p *cidr.Pool) (netip.Prefix, error) {
			q, err := p.Next()
			return netip.PrefixFrom(q.Addr(), q.Bits()-1).Masked(), err
		}}
	}, cidrtest.RuleFull, "want a /24"},
	{"outside", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), next: func(p *cidr.Pool) (netip.Prefix, error) {
			q, err := p.Next()
			return netip.PrefixFrom(netip.MustParseAddr("172.16.0.0"), q.Bits()), err
		}}
	}, cidrtest.RuleFull, "which lies outside"},
	{"forgets what is occupied", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), occupy: func(*cidr.Pool, netip.Prefix) error { return nil }}
	}, cidrtest.RuleOccupied, "which is in use"},
	{"does not occupy", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), occupy: func(*cidr.Pool, netip.Prefix) error { return errors.New("busy") }}
	}, cidrtest.RuleOccupied, "does not occupy 10.244.0.0/24 (busy), of which nothing is in use"},
	{"occupies the first of a block", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), occupy: func(p *cidr.Pool, q netip.Prefix) error {
			return p.Occupy(netip.PrefixFrom(q.Addr(), max(q.Bits(), s.Bits())))
		}}
	}, cidrtest.RuleLarger, "which is in use"},
	{"keeps what is released", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), release: func(*cidr.Pool, netip.Prefix) error { return nil }}
	}, cidrtest.RuleReleased, "hands out nothing"},
	{"does not release", func(s cidr.Split) cidrtest.Allocator {
		return &faulty{Pool: cidr.NewPool(s), release: func(*cidr.Pool, netip.Prefix) error { return errors.New("unknown") }}
	}, cidrtest.RuleReleased, "does not release 10.244.7.0/24 (unknown), all of which is in use"},
	{"panics", func(cidr.Split) cidrtest.Allocator { return &faulty{} }, cidrtest.RuleFull, "panic: "},
	{"is nil", func(cidr.Split) cidrtest.Allocator { return nil }, cidrtest.RuleFull, "neither an allocator nor an error"},
}

func TestCheckAllocatorWrong(t *testing.T) {
	for _, tt := range wrongAllocators {
		err := cidrtest.CheckAllocator(func(cluster netip.Prefix, nodeBits int) (cidrtest.Allocator, error) {
			s, err := cidr.NewSplit(cluster, nodeBits)
			if err != nil {
				return nil, err
			}
			return tt.a(s), nil
		})
		var fs cidrtest.Failures
		if !errors.As(err, &fs) || !slices.Contains(fs.Rules(), tt.rule) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		i := slices.IndexFunc(fs, func(f *cidrtest.Failure) bool { return f.Rule == tt.rule })
		if !strings.Contains(fs[i].Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, fs[i], tt.want)
		}
	}
}

// An allocator that cannot be told what others use, or cannot take back, is tested as far as it goes.
func TestCheckAllocatorUnsupported(t *testing.T) {
	for _, a := range []faulty{
		{occupy: func(*cidr.Pool, netip.Prefix) error { return errors.ErrUnsupported }},
		{release: func(*cidr.Pool, netip.Prefix) error { return fmt.Errorf("release: %w", errors.ErrUnsupported) }},
	} {
		if err := cidrtest.CheckAllocator(func(cluster netip.Prefix, nodeBits int) (cidrtest.Allocator, error) {
			s, err := cidr.NewSplit(cluster, nodeBits)
			b := a
			b.Pool = cidr.NewPool(s)
			return &b, err
		}); err != nil {
			t.Error(err)
		}
	}
}

func TestAllocatorCases(t *testing.T) {
	names := map[string]bool{}
	rules := map[cidrtest.Rule]int{}
	for c := range cidrtest.AllocatorCases() {
		if names[c.Name] || c.Reason == "" || c.Source == "" || c.Rule == "" {
			t.Errorf("%q: rule %q, reason %q, source %q, or the name is taken", c.Name, c.Rule, c.Reason, c.Source)
		}
		names[c.Name] = true
		rules[c.Rule]++
		if !c.Refused && (!c.Cluster.IsValid() || len(c.Steps) == 0) {
			t.Errorf("%q: cluster %v, steps %v", c.Name, c.Cluster, c.Steps)
		}
		for _, s := range c.Steps {
			if s.Op != cidrtest.Next && s.Op != cidrtest.Occupy && s.Op != cidrtest.Release || s.Op == cidrtest.Next && s.Count == 0 ||
				s.Op != cidrtest.Next && !s.Prefix.IsValid() && c.Name != "an invalid block occupied" {
				t.Errorf("%q: step %v", c.Name, s)
			}
		}
	}
	if len(rules) != 9 {
		t.Errorf("rules %v", rules)
	}
	// One case alone can be taken apart and put together: it is data.
	for c := range cidrtest.GenerateAllocator(7, 3) {
		for d := range cidrtest.GenerateAllocator(7, 3) {
			if c.Name == d.Name && !reflect.DeepEqual(c, d) {
				t.Errorf("%v, then %v", c, d)
			}
		}
	}
}

// Zero values say what little they know.
func TestZero(t *testing.T) {
	var f *cidrtest.Failure
	for _, err := range []error{f, &cidrtest.Failure{}, cidrtest.Failures{nil, {}}, cidrtest.Failures{}} {
		_ = err.Error()
		_ = errors.Is(err, errors.ErrUnsupported)
	}
	if err := cidrtest.CheckAllocator(nil); err == nil || !strings.Contains(err.Error(), "panic: ") {
		t.Errorf("no constructor: %v", err)
	}
	if got := (cidrtest.Failures{nil}).Rules(); len(got) != 0 {
		t.Error(got)
	}
	var c cidrtest.Case
	if c.Stack() != "" || c.NodeBitsIPv4() != 24 || c.NodeBitsIPv6() != 64 || c.String() != " []" {
		t.Errorf("%v: stack %q, node bits %d and %d", c, c.Stack(), c.NodeBitsIPv4(), c.NodeBitsIPv6())
	}
	if got := (cidrtest.Step{}).String(); got != " invalid Prefix" {
		t.Error(got)
	}
}
