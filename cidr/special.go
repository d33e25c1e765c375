package cidr

import (
	"iter"
	"net/netip"
	"slices"
	"sync"
)

// A Kind says in one word what a [SpecialRange] is for. The zero Kind, "", is that of the zero SpecialRange alone.
type Kind string

// The kinds of special ranges.
const (
	KindThisNetwork   Kind = "this-network"  // this host, or this network: 0.0.0.0/8, ::/128
	KindPrivate       Kind = "private"       // for anybody's own networks: RFC 1918, and unique local IPv6 addresses
	KindShared        Kind = "shared"        // between a provider and its customers, carrier-grade NAT
	KindLoopback      Kind = "loopback"      // within one host
	KindLinkLocal     Kind = "link-local"    // within one link
	KindDocumentation Kind = "documentation" // for examples
	KindBenchmarking  Kind = "benchmarking"  // for laboratories
	KindProtocol      Kind = "protocol"      // assigned to a protocol
	KindTranslation   Kind = "translation"   // IPv4 inside of IPv6, and tunnels
	KindMulticast     Kind = "multicast"     // groups
	KindBroadcast     Kind = "broadcast"     // all hosts of a link
	KindReserved      Kind = "reserved"      // not to be used, or for the future
)

// An Answer is a yes or a no, or neither. The zero Answer is [NotApplicable].
type Answer uint8

// The answers that the registries give.
const (
	NotApplicable Answer = iota
	No
	Yes
)

// String returns "n/a", "no" or "yes".
func (a Answer) String() string {
	switch a {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "n/a"
}

// A SpecialRange is a range of addresses with a purpose of its own, as it stands in a registry of IANA. The zero
// SpecialRange has an invalid prefix and says nothing; no registry holds it.
type SpecialRange struct {
	Prefix netip.Prefix
	Name   string // as in the registry
	Kind   Kind
	RFC    string // the documents that define it: "RFC 1918", "RFC 4193, RFC 8190"
	// What the registry says of addresses in the range (RFC 6890, section 2.2.1, and RFC 8190): whether they may be a
	// source or a destination, whether routers forward them, whether they are globally reachable, and whether the
	// protocol itself reserves them.
	Source, Destination, Forwardable, Global, Reserved Answer
	Registry                                           string // address of the registry
}

// The registries that [SpecialRanges] is made from.
const (
	registrySpecial4   = "https://www.iana.org/assignments/iana-ipv4-special-registry"
	registrySpecial6   = "https://www.iana.org/assignments/iana-ipv6-special-registry"
	registryMulticast4 = "https://www.iana.org/assignments/multicast-addresses"
	registryMulticast6 = "https://www.iana.org/assignments/ipv6-multicast-addresses"
	registrySpace6     = "https://www.iana.org/assignments/ipv6-address-space"
)

// SpecialRanges returns the IANA IPv4 and IPv6 special-purpose address registries (RFC 6890, RFC 8190) as of October
// 2025, and the multicast ranges and the former site-local range, which stand in registries of their own. They are in
// the order of [netip.Prefix.Compare], so that a range follows those that contain it.
func SpecialRanges() iter.Seq[SpecialRange] { return slices.Values(specialRanges()) }

// Special returns the most specific [SpecialRange] that contains all of p. ok is false if there is none: p is then
// public, reaches beyond a special range, or is invalid. Host bits are ignored. An IPv4-mapped prefix is IPv6, and
// found as ::ffff:0:0/96.
func Special(p netip.Prefix) (r SpecialRange, ok bool) {
	for _, r := range slices.Backward(specialRanges()) {
		if Contains(r.Prefix, p) {
			return r, true
		}
	}
	return SpecialRange{}, false
}

// IsPrivate reports whether all of p is for anybody's own networks: within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16
// (RFC 1918), or fc00::/7 (RFC 4193). Shared, documentation and benchmarking ranges are not. Host bits are ignored; it
// is false for an invalid or IPv4-mapped p.
func IsPrivate(p netip.Prefix) bool {
	r, ok := Special(p)
	return ok && r.Kind == KindPrivate
}

// specialRow is a row of the registry. Its flags are the five answers in the order of [SpecialRange], y, n or -.
type specialRow struct {
	text  string
	name  string
	kind  Kind
	rfc   string
	flags string
	reg   string
}

// specialRanges reads the rows, once.
var specialRanges = sync.OnceValue(func() []SpecialRange {
	var rs []SpecialRange
	for _, row := range specials {
		r := SpecialRange{Prefix: netip.MustParsePrefix(row.text), Name: row.name, Kind: row.kind, RFC: row.rfc, Registry: row.reg}
		for i, a := range []*Answer{&r.Source, &r.Destination, &r.Forwardable, &r.Global, &r.Reserved} {
			switch row.flags[i] {
			case 'y':
				*a = Yes
			case 'n':
				*a = No
			}
		}
		rs = append(rs, r)
	}
	return rs
})

// specials is never changed. In the order of netip.Prefix.Compare; the test holds it.
var specials = [...]specialRow{
	{"0.0.0.0/8", "This network", KindThisNetwork, "RFC 791 section 3.2", "ynnny", registrySpecial4},
	{"0.0.0.0/32", "This host on this network", KindThisNetwork, "RFC 1122 section 3.2.1.3", "ynnny", registrySpecial4},
	{"10.0.0.0/8", "Private-Use", KindPrivate, "RFC 1918", "yyynn", registrySpecial4},
	{"100.64.0.0/10", "Shared Address Space", KindShared, "RFC 6598", "yyynn", registrySpecial4},
	{"127.0.0.0/8", "Loopback", KindLoopback, "RFC 1122 section 3.2.1.3", "nnnny", registrySpecial4},
	{"169.254.0.0/16", "Link Local", KindLinkLocal, "RFC 3927", "yynny", registrySpecial4},
	{"172.16.0.0/12", "Private-Use", KindPrivate, "RFC 1918", "yyynn", registrySpecial4},
	{"192.0.0.0/24", "IETF Protocol Assignments", KindProtocol, "RFC 6890 section 2.1", "nnnnn", registrySpecial4},
	{"192.0.0.0/29", "IPv4 Service Continuity Prefix", KindProtocol, "RFC 7335", "yyynn", registrySpecial4},
	{"192.0.0.8/32", "IPv4 dummy address", KindProtocol, "RFC 7600", "ynnnn", registrySpecial4},
	{"192.0.0.9/32", "Port Control Protocol Anycast", KindProtocol, "RFC 7723", "yyyyn", registrySpecial4},
	{"192.0.0.10/32", "Traversal Using Relays around NAT Anycast", KindProtocol, "RFC 8155", "yyyyn", registrySpecial4},
	{"192.0.0.170/32", "NAT64/DNS64 Discovery", KindProtocol, "RFC 8880, RFC 7050 section 2.2", "nnnny", registrySpecial4},
	{"192.0.0.171/32", "NAT64/DNS64 Discovery", KindProtocol, "RFC 8880, RFC 7050 section 2.2", "nnnny", registrySpecial4},
	{"192.0.2.0/24", "Documentation (TEST-NET-1)", KindDocumentation, "RFC 5737", "nnnnn", registrySpecial4},
	{"192.31.196.0/24", "AS112-v4", KindProtocol, "RFC 7535", "yyyyn", registrySpecial4},
	{"192.52.193.0/24", "AMT", KindProtocol, "RFC 7450", "yyyyn", registrySpecial4},
	{"192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", KindReserved, "RFC 7526", "-----", registrySpecial4},
	{"192.88.99.2/32", "6a44-relay anycast address", KindProtocol, "RFC 6751", "yyynn", registrySpecial4},
	{"192.168.0.0/16", "Private-Use", KindPrivate, "RFC 1918", "yyynn", registrySpecial4},
	{"192.175.48.0/24", "Direct Delegation AS112 Service", KindProtocol, "RFC 7534", "yyyyn", registrySpecial4},
	{"198.18.0.0/15", "Benchmarking", KindBenchmarking, "RFC 2544", "yyynn", registrySpecial4},
	{"198.51.100.0/24", "Documentation (TEST-NET-2)", KindDocumentation, "RFC 5737", "nnnnn", registrySpecial4},
	{"203.0.113.0/24", "Documentation (TEST-NET-3)", KindDocumentation, "RFC 5737", "nnnnn", registrySpecial4},
	{"224.0.0.0/4", "Multicast", KindMulticast, "RFC 5771", "nyy-n", registryMulticast4},
	{"240.0.0.0/4", "Reserved", KindReserved, "RFC 1112 section 4", "nnnny", registrySpecial4},
	{"255.255.255.255/32", "Limited Broadcast", KindBroadcast, "RFC 8190, RFC 919 section 7", "nynny", registrySpecial4},

	{"::/128", "Unspecified Address", KindThisNetwork, "RFC 4291", "ynnny", registrySpecial6},
	{"::1/128", "Loopback Address", KindLoopback, "RFC 4291", "nnnny", registrySpecial6},
	{"::ffff:0:0/96", "IPv4-mapped Address", KindTranslation, "RFC 4291", "nnnny", registrySpecial6},
	{"64:ff9b::/96", "IPv4-IPv6 Translat.", KindTranslation, "RFC 6052", "yyyyn", registrySpecial6},
	{"64:ff9b:1::/48", "IPv4-IPv6 Translat.", KindTranslation, "RFC 8215", "yyynn", registrySpecial6},
	{"100::/64", "Discard-Only Address Block", KindReserved, "RFC 6666", "yyynn", registrySpecial6},
	{"100:0:0:1::/64", "Dummy IPv6 Prefix", KindReserved, "RFC 9780", "ynnnn", registrySpecial6},
	{"2001::/23", "IETF Protocol Assignments", KindProtocol, "RFC 2928", "nnnnn", registrySpecial6},
	{"2001::/32", "TEREDO", KindTranslation, "RFC 4380, RFC 8190", "yyy-n", registrySpecial6},
	{"2001:1::1/128", "Port Control Protocol Anycast", KindProtocol, "RFC 7723", "yyyyn", registrySpecial6},
	{"2001:1::2/128", "Traversal Using Relays around NAT Anycast", KindProtocol, "RFC 8155", "yyyyn", registrySpecial6},
	{"2001:1::3/128", "DNS-SD Service Registration Protocol Anycast", KindProtocol, "RFC 9665", "yyyyn", registrySpecial6},
	{"2001:2::/48", "Benchmarking", KindBenchmarking, "RFC 5180, RFC Errata 1752", "yyynn", registrySpecial6},
	{"2001:3::/32", "AMT", KindProtocol, "RFC 7450", "yyyyn", registrySpecial6},
	{"2001:4:112::/48", "AS112-v6", KindProtocol, "RFC 7535", "yyyyn", registrySpecial6},
	{"2001:10::/28", "Deprecated (previously ORCHID)", KindReserved, "RFC 4843", "-----", registrySpecial6},
	{"2001:20::/28", "ORCHIDv2", KindProtocol, "RFC 7343", "yyyyn", registrySpecial6},
	{"2001:30::/28", "Drone Remote ID Protocol Entity Tags (DETs) Prefix", KindProtocol, "RFC 9374", "yyyyn", registrySpecial6},
	{"2001:db8::/32", "Documentation", KindDocumentation, "RFC 3849", "nnnnn", registrySpecial6},
	{"2002::/16", "6to4", KindTranslation, "RFC 3056", "yyy-n", registrySpecial6},
	{"2620:4f:8000::/48", "Direct Delegation AS112 Service", KindProtocol, "RFC 7534", "yyyyn", registrySpecial6},
	{"3fff::/20", "Documentation", KindDocumentation, "RFC 9637", "nnnnn", registrySpecial6},
	{"5f00::/16", "Segment Routing (SRv6) SIDs", KindProtocol, "RFC 9602", "yyynn", registrySpecial6},
	{"fc00::/7", "Unique-Local", KindPrivate, "RFC 4193, RFC 8190", "yyynn", registrySpecial6},
	{"fe80::/10", "Link-Local Unicast", KindLinkLocal, "RFC 4291", "yynny", registrySpecial6},
	{"fec0::/10", "Site-Local Unicast (deprecated)", KindReserved, "RFC 3879", "-----", registrySpace6},
	{"ff00::/8", "Multicast", KindMulticast, "RFC 4291", "nyy-n", registryMulticast6},
}
