package plan

import (
	"crypto/sha256"
	"net/netip"
)

// ULA returns the IPv6 unique local /48 of a cluster: fd00::/8, then as global ID the last 40 bits of the SHA-256 of
// the name's bytes. It is the scheme of RFC 4193 section 3.2.2 (a hash, its least significant 40 bits), with the name
// alone in place of a time and an interface identifier and with SHA-256 for SHA-1, so that the same name gives the same
// plan on every machine. Two names collide with a chance of 2^-40; clusters of one name that are to reach each other
// need ranges of their own in [Request.Within]. In a shell:
//
//	printf %s kubernetes | sha256sum | cut -c55-64
func ULA(name string) netip.Prefix {
	sum := sha256.Sum256([]byte(name))
	var a [16]byte
	a[0] = 0xfd
	copy(a[1:6], sum[len(sum)-5:])
	return netip.PrefixFrom(netip.AddrFrom16(a), 48)
}
