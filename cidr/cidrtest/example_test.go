package cidrtest_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/cidr/cidrtest"
)

// A validator of an installer, which tests the overlap in one direction alone. In a test one calls
// cidrtest.TestValidator(t, ...).
func ExampleCheckValidator() {
	validate := func(pods, services netip.Prefix) error {
		if services.Contains(pods.Addr()) {
			return errors.New("pods lie in services")
		}
		return nil
	}

	err := cidrtest.CheckValidator(func(c cidrtest.Case) error {
		return validate(c.Pods[0], c.Services[0])
	},
		cidrtest.Only(cidrtest.IPv4),
		cidrtest.Without(cidrtest.RuleHostsPods, cidrtest.RuleHostsServices, cidrtest.RuleNodeBits, cidrtest.RuleServiceSize,
			cidrtest.RuleUnusable, cidrtest.RuleInvalid, cidrtest.RuleSameRole, cidrtest.RuleFamilies),
		cidrtest.Generated(0),
	)
	fmt.Println(err)
	// Output:
	// services inside pods [services-in-pods], pods 10.0.0.0/8, services 10.96.0.0/12, node bits [24]: accepted, want it refused: the range allocator leaves out the node ranges that services touch, other allocators do not know of them (k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange)
	// services inside pods, at the end [services-in-pods], pods 10.244.0.0/16, services 10.244.240.0/20, node bits [24]: accepted, want it refused: the range allocator leaves out the node ranges that services touch, other allocators do not know of them (k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange)
}

// A stack of free ranges hands out a range twice when it is released twice. In a test one calls
// cidrtest.TestAllocator(t, ...).
func ExampleCheckAllocator() {
	err := cidrtest.CheckAllocator(func(cluster netip.Prefix, nodeBits int) (cidrtest.Allocator, error) {
		split, err := cidr.NewSplit(cluster, nodeBits)
		a := new(freeList)
		if err == nil && split.Len() <= 1<<16 {
			for p := range split.All() {
				a.free = append(a.free, p)
			}
		}
		return a, err
	}, cidrtest.Generated(0))

	var f *cidrtest.Failure
	if errors.As(err, &f) {
		fmt.Println(f.Rule)
		fmt.Println(f.Input)
		fmt.Println(f.Problem)
	}
	// Output:
	// released-twice
	// released twice [released-twice], 10.244.0.0/20 into /24, next all, release 10.244.7.0/24, release 10.244.7.0/24, next 1, then all that is free
	// hands out 10.244.7.0/24 when all 16 are in use
}

type freeList struct{ free []netip.Prefix }

func (a *freeList) Next() (netip.Prefix, error) {
	n := len(a.free)
	if n == 0 {
		return netip.Prefix{}, errors.New("none is free")
	}
	p := a.free[n-1]
	a.free = a.free[:n-1]
	return p, nil
}

func (a *freeList) Release(p netip.Prefix) error {
	a.free = append(a.free, p)
	return nil
}

func (*freeList) Occupy(netip.Prefix) error { return errors.ErrUnsupported }

// Cases are data: these are the clusters of one rule that work although they are close to its limit.
func ExampleCases() {
	for c := range cidrtest.Cases() {
		if c.Rule == cidrtest.RuleNodeCount && c.Valid {
			fmt.Println(c.Pods[0], c.NodeBits[0], c.Reason)
		}
	}
	// Output:
	// fd00:10::/48 64 the most there can be
	// fd00:10::/64 80 the most there can be
}
