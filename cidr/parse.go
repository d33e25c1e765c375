package cidr

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
)

// A ParseError says why a text is not a canonical prefix, and which prefix was probably meant. The zero ParseError is
// about the empty text and gives no reason.
type ParseError struct {
	Text    string // what was read: one prefix, without the rest of its list
	Element int    // its place in the list given to [ParseList], counting from 1; 0 from [Parse]

	// Err is the reason: [ErrSyntax], [ErrNoLength], [ErrLength], [ErrZone], [ErrLeadingZeros], [ErrMapped] or
	// [ErrHostBits]. Where several apply it is the first of them in this order.
	Err error

	// Masked is the canonical prefix to offer instead: host bits cleared, leading zeros read as decimal, the IPv4 form
	// of an IPv4-mapped prefix. It is the zero Prefix where there is none to offer.
	Masked netip.Prefix

	// Lenient is what [ParseLenient], and so Kubernetes, reads, with its host bits.
	// It is the zero Prefix where that refuses the text too.
	Lenient netip.Prefix
}

// Error returns the text, what is wrong with it, and where there is one the prefix to use instead.
func (e *ParseError) Error() string {
	if e == nil {
		e = new(ParseError)
	}
	var b strings.Builder
	if e.Element > 0 {
		fmt.Fprintf(&b, "element %d: ", e.Element)
	}
	fmt.Fprintf(&b, "prefix %q: ", e.Text)
	switch {
	case e.Err == nil:
		b.WriteString("not taken")
	case e.Err == ErrSyntax && e.Masked.IsValid():
		b.WriteString("blanks around the prefix")
	case e.Err == ErrNoLength:
		b.WriteString(ErrNoLength.Error())
		if a, ok := ipnet.ParseAddr(e.Text); ok {
			fmt.Fprintf(&b, "; %v is the one address", netip.PrefixFrom(a, a.BitLen()))
		}
	case e.Err == ErrLength:
		b.WriteString("prefix length out of range, 0 to 32 for IPv4 and 0 to 128 for IPv6")
	case e.Err == ErrLeadingZeros:
		b.WriteString("leading zeros: Kubernetes reads them as decimal in the ranges of flags, newer API fields and most other programs refuse them")
	case e.Err == ErrMapped:
		b.WriteString("IPv4-mapped IPv6: programs disagree whether this is IPv4 or IPv6")
	default:
		fmt.Fprint(&b, e.Err)
	}
	if e.Masked.IsValid() {
		fmt.Fprintf(&b, "; use %v", e.Masked)
	}
	return b.String()
}

// Unwrap returns e.Err, and nil for a nil e.
func (e *ParseError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Parse reads a canonical prefix, such as "10.244.0.0/16" or "fd00:10:244::/56". Upper-case digits and unshortened IPv6
// addresses are taken. Any other text gives a *[ParseError], whose Masked is the prefix to offer:
//
//   - Host bits: "10.0.2.0/8" is refused, offering 10.0.0.0/8. Kubernetes, kubeadm and flannel clear them in silence,
//     and what runs is then not what is written.
//   - Leading zeros: "010.244.0.0/16" and "10.244.0.0/016" are refused, offering the decimal reading 10.244.0.0/16.
//     Kubernetes reads ranges in its flags like that (k8s.io/utils/net ParseCIDRSloppy, kubernetes/kubernetes#100895),
//     C libraries read octal, net/netip and the newer API fields of Kubernetes (ServiceCIDR; Node.spec.podCIDRs since
//     1.36) refuse.
//   - IPv4-mapped: "::ffff:10.0.0.0/104" is refused, offering 10.0.0.0/8, or nothing below 96 bits.
//   - Zones: "fe80::1%eth0/64" is refused, offering the prefix without zone.
//   - An address without length is refused, offering nothing: it could mean the one address or its old class.
//   - Blanks are not removed: " 10.0.0.0/8" is refused, offering 10.0.0.0/8.
func Parse(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err == nil && !p.Addr().Is4In6() && p == p.Masked() {
		return p, nil
	}
	return netip.Prefix{}, parseError(s)
}

// parseError returns why s is not canonical. It is only called if it is not.
func parseError(s string) *ParseError {
	e := &ParseError{Text: s}
	e.Lenient, _ = ParseLenient(s)

	read := strings.TrimSpace(s)
	addr, length, slash := strings.Cut(read, "/")
	zoneless, _, zone := strings.Cut(addr, "%")
	if zone && slash {
		read = zoneless + "/" + length
	}
	p, err := ParseLenient(read)
	switch {
	case err == nil:
		e.Masked = p.Masked()
		if p.Addr().Is4In6() {
			q, _ := Unmap(p)
			e.Masked = q.Masked()
		}
	case !slash:
		if _, ok := ipnet.ParseAddr(read); ok {
			e.Err = ErrNoLength
			return e
		}
	}
	switch {
	case err != nil:
		e.Err = ErrSyntax
		if _, ok := ipnet.ParseAddr(zoneless); ok && isDigits(length) {
			e.Err = ErrLength
		}
	case zone:
		e.Err = ErrZone
	case read != s:
		e.Err = ErrSyntax
	case hasLeadingZeros(s):
		e.Err = ErrLeadingZeros
	case p.Addr().Is4In6():
		e.Err = ErrMapped
	default:
		e.Err = ErrHostBits
	}
	return e
}

// hasLeadingZeros reports whether net/netip refuses s, which ParseLenient takes, for its leading zeros.
func hasLeadingZeros(s string) bool {
	_, err := netip.ParsePrefix(s)
	return err != nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// MustParse is [Parse] for constants and tests. It panics if s is not a canonical prefix.
func MustParse(s string) netip.Prefix {
	p, err := Parse(s)
	if err != nil {
		panic("cidr: " + err.Error())
	}
	return p
}

// ParseList reads canonical prefixes separated by commas: "10.244.0.0/16,fd00:10:244::/56". Blanks around an element
// are removed. The families may be mixed. An empty list is an error, and so is an empty element. The error is a
// *[ParseError] of the first element that [Parse] refuses; it says which one, counting from 1.
func ParseList(s string) ([]netip.Prefix, error) {
	var ps []netip.Prefix
	n := 0
	for t := range strings.SplitSeq(s, ",") {
		n++
		t = strings.TrimSpace(t)
		p, err := Parse(t)
		if err != nil {
			e := parseError(t)
			e.Element = n
			return nil, e
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// ParseLenient reads a prefix as the parser of Kubernetes does (k8s.io/utils/net ParseCIDRSloppy): leading zeros are
// decimal, host bits are taken. The result keeps the host bits, so that a caller can tell what is written, and its
// Masked is what Kubernetes works with. An IPv4-mapped prefix stays one. Blanks, zones and a missing length are
// refused.
//
// It is for text that other programs have to live with. For what a person types use [Parse]; for what
// Go's strict parser takes, as in flannel, use [net.ParseCIDR] or [netip.ParsePrefix].
//
// The error is a *[ParseError] with [ErrSyntax], [ErrNoLength] or [ErrLength].
func ParseLenient(s string) (netip.Prefix, error) {
	if a, p, ok := ipnet.ParseCIDR(s); ok {
		return netip.PrefixFrom(a, p.Bits()), nil
	}
	e := &ParseError{Text: s, Err: ErrSyntax}
	addr, length, slash := strings.Cut(s, "/")
	if _, ok := ipnet.ParseAddr(addr); ok && !slash {
		e.Err = ErrNoLength
	} else if ok && isDigits(length) {
		e.Err = ErrLength
	}
	return netip.Prefix{}, e
}
