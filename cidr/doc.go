// Package cidr is arithmetic on address ranges: it reads and divides prefixes, hands out subnets, finds free blocks and
// finds overlaps, for IPv4 and IPv6 alike. It knows addresses, and nothing of what they are used for.
//
// # Where to start
//
//   - [Parse] and [ParseList] read what a person types: canonical prefixes alone, and an error that offers the
//     prefix that was probably meant. [ParseLenient] reads what Kubernetes reads.
//   - [Split] is a prefix divided into equal subnets. It is a value and holds no memory per subnet.
//   - [Pool] hands out the subnets of a Split in the order of kube-controller-manager.
//   - [Space] is a set of free blocks from which prefixes of any length are cut; [Space.Fits] says beforehand whether a
//     list of lengths fits, and what is missing if it does not. [Space.Exclude] takes out many ranges at once.
//   - [Overlaps] finds all overlapping pairs among many prefixes.
//   - [Special] looks a prefix up in the IANA special-purpose registries; [Atlas] is a list of ranges that popular
//     software takes for itself, each with its source.
//
// # Prefixes that are not canonical
//
// A [net/netip.Prefix] can be invalid, can have host bits set (10.0.2.0/8) and can be IPv4-mapped
// (::ffff:10.0.0.0/104). Each function says what it does with each. As a rule:
//
//   - Constructors ([Parse], [NewSplit], [NewSpace]) refuse all three, with an error that names the canonical form.
//   - Methods that take a prefix found elsewhere ([Pool.Occupy], [Space.Release]) ignore host bits, as Kubernetes does,
//     and refuse an invalid one.
//   - IPv4 and IPv6 are never compared with each other: a prefix of the other family lies outside, and overlaps
//     nothing. An IPv4-mapped prefix is an IPv6 prefix, as in net/netip.
//
// # Sizes
//
// ::/0 holds 2^128 addresses, which no integer type of Go can say. Sizes are given exactly ([Size]), or as an exponent
// ([HostBits]), or refused ([NewSplit] beyond 2^63 subnets); no function answers with the nearest number that it can
// say.
//
// # Promises
//
// No function panics, apart from [MustParse], whatever value it is given: zero values, invalid prefixes, errors made by
// hand. The one exception is a nil *[Pool] or *[Space], whose methods cannot be called; NewSpace returns one beside its
// error. The same input gives the same result. There is no state outside of Pool and Space; these two can be read by
// several goroutines at once, but not while one of them changes it.
package cidr
