package flannel

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A fault is what flannel has against a value.
type fault uint8

const (
	wrongType   fault = iota + 1 // JSON of another type than the field
	notCIDR                      // net.ParseCIDR
	notIPv4CIDR                  // pkg/ip/ipnet.go, pkg/ip/ip6net.go; what follows, too
	badIPv4
	notIP
)

// A decodeError is a value that flannel does not take, as encoding/json of the Go that flannel is built with says it.
type decodeError struct {
	fault fault
	msg   string
	key   string // as flannel knows it, "" where it is the whole value
	at    *source.Node
}

func (e *decodeError) Error() string { return e.msg }

// typeError is encoding/json's error for a value of another type than that of the field. into is the name of the struct
// where one field is concerned.
func typeError(n *source.Node, into, field, typ string) *decodeError {
	e := &decodeError{fault: wrongType, key: field, at: n}
	what := jsonType(n)
	if n.Kind == source.Number && (typ == "uint" || typ == "int") {
		what += " " + n.Text
	}
	e.msg = "json: cannot unmarshal " + what
	if field == "" {
		e.msg += " into Go value of type " + typ
	} else {
		e.msg += " into Go struct field " + into + "." + field + " of type " + typ
	}
	return e
}

// jsonType is encoding/json's word for the type of a value.
func jsonType(n *source.Node) string {
	switch n.Kind {
	case source.Mapping:
		return "object"
	case source.Sequence:
		return "array"
	case source.String:
		return "string"
	case source.Number:
		return "number"
	case source.Bool:
		return "bool"
	}
	return "null"
}

// A field is a field of a struct into which a JSON object is decoded.
type field struct {
	name string
	dst  any // *bool, *int, *uint, *string; **int for one that keeps whether it is written; func(*source.Node) *decodeError
}

// decodeObject decodes n as encoding/json does: keys match without regard to case, the last of several counts, unknown
// ones are passed over. A value of the wrong type does not stop it, and the first of them is the error; what a field
// itself refuses does, and is. into is the name of the struct, typ that of its type.
func decodeObject(n *source.Node, into, typ string, fields []field) *decodeError {
	var wrong *decodeError
	switch n.Kind {
	case source.Null:
		return nil
	case source.Mapping:
	default:
		return typeError(n, "", "", typ)
	}
	for _, e := range n.Entries {
		for _, f := range fields {
			if !strings.EqualFold(f.name, e.Key) {
				continue
			}
			if own, ok := f.dst.(func(*source.Node) *decodeError); ok {
				if err := own(e.Value); err != nil {
					err.key, err.at = f.name, e.Value
					return err
				}
			} else if t := decodeScalar(e.Value, f.dst); t != "" && wrong == nil {
				wrong = typeError(e.Value, into, f.name, t)
			}
			break
		}
	}
	return wrong
}

// decodeScalar decodes n into dst; the result is the name of dst's type where n does not fit. null changes nothing, and
// makes a pointer nil.
func decodeScalar(n *source.Node, dst any) (wrong string) {
	isNull := n.Kind == source.Null
	switch dst := dst.(type) {
	case *bool:
		if n.Kind == source.Bool {
			*dst = n.Text == "true"
		} else if !isNull {
			return "bool"
		}
	case *string:
		if n.Kind == source.String {
			*dst = n.Text
		} else if !isNull {
			return "string"
		}
	case *uint:
		if u, err := strconv.ParseUint(n.Text, 10, 64); n.Kind == source.Number && err == nil {
			*dst = uint(u)
		} else if !isNull {
			return "uint"
		}
	case *int:
		if i, err := strconv.ParseInt(n.Text, 10, 64); n.Kind == source.Number && err == nil {
			*dst = int(i)
		} else if !isNull {
			return "int"
		}
	case **int:
		if isNull {
			*dst = nil
			return ""
		}
		if *dst == nil {
			*dst = new(int)
		}
		return decodeScalar(n, *dst)
	}
	return ""
}

// A wireConfig is what flannel decodes.
type wireConfig struct {
	EnableIPv4, EnableIPv6, EnableNFTables bool
	Network, IPv6Network                   netip.Prefix
	SubnetMin, SubnetMax                   netip.Addr
	IPv6SubnetMin, IPv6SubnetMax           netip.Addr
	SubnetLen, IPv6SubnetLen               uint
	Backend                                *source.Node
}

// decodeNetConf decodes as flannel of that release does: a key that it does not know is passed over whatever it holds.
func decodeNetConf(root *source.Node, version fact.Version) (wireConfig, *decodeError) {
	w := wireConfig{EnableIPv4: true}
	dst := map[string]any{
		"EnableIPv4": &w.EnableIPv4, "EnableIPv6": &w.EnableIPv6, "EnableNFTables": &w.EnableNFTables,
		"Network": net4(&w.Network), "IPv6Network": net6(&w.IPv6Network),
		"SubnetMin": addr(&w.SubnetMin, true), "SubnetMax": addr(&w.SubnetMax, true), "SubnetLen": &w.SubnetLen,
		"IPv6SubnetMin": addr(&w.IPv6SubnetMin, false), "IPv6SubnetMax": addr(&w.IPv6SubnetMax, false),
		"IPv6SubnetLen": &w.IPv6SubnetLen,
		"Backend":       func(n *source.Node) *decodeError { w.Backend = n; return nil },
	}
	var fields []field
	for _, k := range knownKeys {
		if !version.Before(k.since) {
			fields = append(fields, field{k.name, dst[k.name]})
		}
	}
	return w, decodeObject(root, "Config", "subnet.Config", fields)
}

// into copies what was decoded.
func (w *wireConfig) into(c *NetConf) {
	c.EnableIPv4, c.EnableIPv6, c.EnableNFTables = w.EnableIPv4, w.EnableIPv6, w.EnableNFTables
	c.Network, c.IPv6Network = w.Network, w.IPv6Network
	c.SubnetLen, c.IPv6SubnetLen = w.SubnetLen, w.IPv6SubnetLen
	c.SubnetMin, c.SubnetMax = unlessZero(w.SubnetMin), unlessZero(w.SubnetMax)
	c.IPv6SubnetMin, c.IPv6SubnetMax = unlessZero(w.IPv6SubnetMin), unlessZero(w.IPv6SubnetMax)
	if w.Backend != nil {
		c.Backend = string(w.Backend.Raw())
	}
}

func unlessZero(a netip.Addr) netip.Addr {
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// parseCIDR is net.ParseCIDR with an error of our own.
func parseCIDR(s string) (*net.IPNet, *decodeError) {
	_, ipnet, err := net.ParseCIDR(s)
	if err != nil {
		e := notACIDR(s)
		return nil, &e
	}
	return ipnet, nil
}

// notACIDR is the error of net.ParseCIDR, in the words that no release of Go changes.
func notACIDR(s string) decodeError {
	return decodeError{fault: notCIDR, msg: "invalid CIDR address: " + s}
}

// net4 reads what flannel's ip.IP4Net reads.
//
// IPv4-mapped text such as ::ffff:10.244.0.0/112 is IPv4 for flannel, with a prefix length of 112. No netip.Prefix says
// that, so *p stays IPv4-mapped then.
func net4(p *netip.Prefix) func(*source.Node) *decodeError {
	return func(n *source.Node) *decodeError {
		ipnet, err := parseCIDR(rawText(n))
		if err != nil {
			return err
		}
		v4 := ipnet.IP.To4()
		if v4 == nil {
			return &decodeError{fault: notIPv4CIDR, msg: "invalid IPv4 CIDR format"}
		}
		a, _ := netip.AddrFromSlice(v4)
		bits, _ := ipnet.Mask.Size()
		if len(ipnet.Mask) == net.IPv6len {
			a = netip.AddrFrom16(a.As16())
		}
		*p = netip.PrefixFrom(a, bits)
		return nil
	}
}

// net6 reads what flannel's ip.IP6Net reads: IPv4 text becomes an IPv4-mapped address with IPv4's prefix length.
func net6(p *netip.Prefix) func(*source.Node) *decodeError {
	return func(n *source.Node) *decodeError {
		ipnet, err := parseCIDR(rawText(n))
		if err != nil {
			return err
		}
		a, _ := netip.AddrFromSlice(ipnet.IP.To16())
		bits, _ := ipnet.Mask.Size()
		*p = netip.PrefixFrom(a, bits)
		return nil
	}
}

// addr reads what flannel's ip.IP4 reads, or *ip.IP6, which null leaves unset.
func addr(dst *netip.Addr, four bool) func(*source.Node) *decodeError {
	return func(n *source.Node) *decodeError {
		if n.Kind == source.Null && !four {
			*dst = netip.Addr{}
			return nil
		}
		ip := net.ParseIP(rawText(n))
		switch {
		case ip == nil:
			return &decodeError{fault: notIP, msg: "invalid IP address format"}
		case four && ip.To4() == nil:
			return &decodeError{fault: badIPv4, msg: "invalid IPv4 address format"}
		case four:
			ip = ip.To4()
		default:
			ip = ip.To16()
		}
		*dst, _ = netip.AddrFromSlice(ip)
		return nil
	}
}

// backendType reads Type out of Backend (pkg/subnet/config.go parseBackendType).
func backendType(n *source.Node) (string, error) {
	if n == nil {
		return "udp", nil
	}
	t := ""
	if err := decodeObject(n, "", "struct { Type string }", []field{{"Type", &t}}); err != nil {
		return "", fmt.Errorf("error decoding Backend property of config: %w", err)
	}
	return t, nil
}
