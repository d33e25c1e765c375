package cidr_test

import (
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
)

// A prefix with host bits is refused, and the error offers what was probably meant.
func ExampleParse() {
	p, err := cidr.Parse("10.244.0.0/16")
	fmt.Println(p, err)

	_, err = cidr.Parse("10.0.2.0/8")
	fmt.Println(err)
	var e *cidr.ParseError
	if errors.As(err, &e) {
		fmt.Println("did you mean", e.Masked)
	}
	// Output:
	// 10.244.0.0/16 <nil>
	// prefix "10.0.2.0/8": host bits are set; use 10.0.0.0/8
	// did you mean 10.0.0.0/8
}

func ExampleParseList() {
	ps, err := cidr.ParseList("10.244.0.0/16, fd00:10:244::/56")
	fmt.Println(ps, err)
	_, err = cidr.ParseList("10.244.0.0/16,010.96.0.0/12")
	fmt.Println(errors.Is(err, cidr.ErrLeadingZeros))
	// Output:
	// [10.244.0.0/16 fd00:10:244::/56] <nil>
	// true
}

// What Kubernetes makes of a range in one of its flags.
func ExampleParseLenient() {
	p, err := cidr.ParseLenient("010.244.7.0/16")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p, "means", p.Masked())
	// Output: 10.244.7.0/16 means 10.244.0.0/16
}

// Which subnet does a pod's address belong to?
func ExampleSplit() {
	nodes, err := cidr.NewSplit(netip.MustParsePrefix("10.244.0.0/16"), 24)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(nodes.Len(), "subnets, the last is", nodes.At(nodes.Len()-1))
	i, ok := nodes.Index(netip.MustParseAddr("10.244.3.77"))
	fmt.Println(i, ok, nodes.At(i))
	// Output:
	// 256 subnets, the last is 10.244.255.0/24
	// 3 true 10.244.3.0/24
}

func ExampleSplit_All() {
	halves, err := cidr.NewSplit(netip.MustParsePrefix("::/0"), 1)
	if err != nil {
		log.Fatal(err)
	}
	for p := range halves.All() {
		fmt.Println(p)
	}
	// Output:
	// ::/1
	// 8000::/1
}

// Why does a new node not get the subnet that was just given back?
func ExamplePool() {
	s, err := cidr.NewSplit(netip.MustParsePrefix("10.244.0.0/22"), 24)
	if err != nil {
		log.Fatal(err)
	}
	pool := cidr.NewPool(s)
	next := func() {
		p, err := pool.Next()
		fmt.Println(p, err)
	}
	next()
	next()
	if err := pool.Release(netip.MustParsePrefix("10.244.0.0/24")); err != nil {
		log.Fatal(err)
	}
	next() // the search goes on behind the last one
	next()
	next() // and comes round
	next()
	// Output:
	// 10.244.0.0/24 <nil>
	// 10.244.1.0/24 <nil>
	// 10.244.2.0/24 <nil>
	// 10.244.3.0/24 <nil>
	// 10.244.0.0/24 <nil>
	// invalid Prefix every subnet is in use
}

// Which subnets do the next three nodes get, with and without a restart of the controller?
func ExamplePool_Upcoming() {
	s, err := cidr.NewSplit(netip.MustParsePrefix("10.244.0.0/16"), 24)
	if err != nil {
		log.Fatal(err)
	}
	pool := cidr.NewPool(s)
	for range 3 {
		if _, err := pool.Next(); err != nil {
			log.Fatal(err)
		}
	}
	if err := pool.Release(s.At(1)); err != nil {
		log.Fatal(err)
	}
	show := func(p *cidr.Pool) {
		var qs []netip.Prefix
		for q := range p.Upcoming() {
			if qs = append(qs, q); len(qs) == 3 {
				break
			}
		}
		fmt.Println(qs)
	}
	show(pool)
	restarted := pool.Clone()
	restarted.Rewind()
	show(restarted)
	// Output:
	// [10.244.3.0/24 10.244.4.0/24 10.244.5.0/24]
	// [10.244.1.0/24 10.244.3.0/24 10.244.4.0/24]
}

// Will 40 nodes fit?
func ExampleSpace_Fits() {
	space, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/19"))
	if err != nil {
		log.Fatal(err)
	}
	want := make([]int, 40)
	for i := range want {
		want[i] = 24
	}
	fmt.Println(space.Fits(want...))
	fmt.Println(space.Fits(want[:32]...))
	// Output:
	// no room: blocks of /24: 40 needed, 32 free, 8 missing; free that many, or ask for fewer or smaller ones
	// <nil>
}

// The smallest free block that is large enough is cut, so that large blocks survive.
func ExampleSpace_Alloc() {
	space, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
	if err != nil {
		log.Fatal(err)
	}
	if err := space.Occupy(netip.MustParsePrefix("10.0.0.0/20")); err != nil {
		log.Fatal(err)
	}
	for _, bits := range []int{20, 16, 12} {
		p, err := space.Alloc(bits)
		fmt.Println(p, err)
	}
	// Output:
	// 10.0.16.0/20 <nil>
	// 10.1.0.0/16 <nil>
	// 10.16.0.0/12 <nil>
}

func ExampleSpace_Capacity() {
	space, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/24"))
	if err != nil {
		log.Fatal(err)
	}
	if err := space.Occupy(netip.MustParsePrefix("10.0.0.64/27")); err != nil {
		log.Fatal(err)
	}
	for bits, n := range space.Capacity() {
		fmt.Printf("free /%d: %v\n", bits, n)
		if bits == 28 {
			break
		}
	}
	// Output:
	// free /25: 1
	// free /26: 3
	// free /27: 7
	// free /28: 14
}

// Do these ranges collide?
func ExampleOverlaps() {
	ranges := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/16"),
		netip.MustParsePrefix("10.244.0.0/16"),
		netip.MustParsePrefix("10.0.96.0/20"),
		netip.MustParsePrefix("fd00::/48"),
	}
	for i, j := range cidr.Overlaps(ranges) {
		fmt.Println(ranges[i], ranges[j])
	}
	// Output: 10.0.0.0/16 10.0.96.0/20
}

func ExampleSpecial() {
	for _, s := range []string{"10.244.0.0/16", "100.64.0.0/16", "198.18.0.0/16", "8.8.8.0/24"} {
		if r, ok := cidr.Special(netip.MustParsePrefix(s)); ok {
			fmt.Printf("%s: %s (%s)\n", s, r.Name, r.RFC)
		} else {
			fmt.Printf("%s: public\n", s)
		}
	}
	// Output:
	// 10.244.0.0/16: Private-Use (RFC 1918)
	// 100.64.0.0/16: Shared Address Space (RFC 6598)
	// 198.18.0.0/16: Benchmarking (RFC 2544)
	// 8.8.8.0/24: public
}

// What else takes the range that is planned for pods?
func ExampleAtlas() {
	pods := netip.MustParsePrefix("10.43.0.0/16")
	for u := range cidr.Atlas() {
		if cidr.Contains(pods, u.Prefix) {
			fmt.Printf("%s: %s\n", u.Name, u.What)
		}
	}
	// Output:
	// k3s: default of --service-cidr
	// rke2: default of service-cidr
}

// Which ranges does Docker take?
func ExampleAtlasByName() {
	uses, ok := cidr.AtlasByName("docker")
	fmt.Println(ok)
	for _, u := range uses[:2] {
		fmt.Println(u.Prefix, u.What)
	}
	// Output:
	// true
	// 172.17.0.0/16 docker0: the first default address pool
	// 172.18.0.0/16 default address pool for networks
}

func ExampleNth() {
	services := netip.MustParsePrefix("10.96.0.0/12")
	api, _ := cidr.Nth(services, 1)
	dns, _ := cidr.Nth(services, 10)
	fmt.Println(api, dns, cidr.Last(services), cidr.FormatPow2(cidr.HostBits(services)))
	// Output: 10.96.0.1 10.96.0.10 10.111.255.255 1,048,576
}

// A pool is written down as its split, what is used, and its cursor.
func ExamplePool_SetCursor() {
	split, err := cidr.NewSplit(netip.MustParsePrefix("10.244.0.0/21"), 24)
	if err != nil {
		fmt.Println(err)
		return
	}
	old := cidr.NewPool(split)
	for range 3 {
		if _, err := old.Next(); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := old.Release(netip.MustParsePrefix("10.244.0.0/24")); err != nil {
		fmt.Println(err)
		return
	}

	restored := cidr.NewPool(split)
	for p := range old.UsedBlocks() {
		if err := restored.Occupy(p); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := restored.SetCursor(old.Cursor()); err != nil {
		fmt.Println(err)
		return
	}
	next, err := restored.Next()
	fmt.Println(next, err)
	// Output:
	// 10.244.3.0/24 <nil>
}

// What others use is taken out at once, wherever it lies.
func ExampleSpace_Exclude() {
	space, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = space.Exclude(
		netip.MustParsePrefix("10.0.0.0/16"),
		netip.MustParsePrefix("10.64.0.0/10"),
		netip.MustParsePrefix("192.168.0.0/16"), // not of the space: passed over
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := space.Alloc(16)
	fmt.Println(p, err)
	// Output:
	// 10.1.0.0/16 <nil>
}
