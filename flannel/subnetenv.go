package flannel

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// The keys of subnet.env, in the order in which flannel writes them.
const (
	keyNetwork     = "FLANNEL_NETWORK"
	keySubnet      = "FLANNEL_SUBNET"
	keyIPv6Network = "FLANNEL_IPV6_NETWORK"
	keyIPv6Subnet  = "FLANNEL_IPV6_SUBNET"
	keyMTU         = "FLANNEL_MTU"
	keyIPMasq      = "FLANNEL_IPMASQ"
)

// A SubnetEnv is what flannel leaves for the CNI plugin of its node, /run/flannel/subnet.env.
// The zero SubnetEnv is a file without ranges.
type SubnetEnv struct {
	// Networks is FLANNEL_NETWORK: one range, or several from flannel v0.21 to v0.23 with ClusterCIDR objects. None
	// where the key is not written. Host bits are kept.
	Networks []netip.Prefix
	// Subnet is FLANNEL_SUBNET: the address of the bridge, which is the first of the node's range, with the range's
	// length. The zero Prefix where it is not written.
	Subnet       netip.Prefix
	IPv6Networks []netip.Prefix // FLANNEL_IPV6_NETWORK
	IPv6Subnet   netip.Prefix   // FLANNEL_IPV6_SUBNET
	MTU          int            // FLANNEL_MTU, bytes; flannel can write a negative one; 0 where it is not written
	IPMasq       bool           // FLANNEL_IPMASQ: flannel masquerades, so the CNI plugin does not

	// Refused is true where flannel cannot read the file: it then takes nothing of it, whatever the fields hold.
	Refused bool

	// Lines holds every variable in file order, those that flannel does not know as well; none for a SubnetEnv that was
	// not read from a file.
	Lines []EnvLine
	File  string
}

// An EnvLine is one variable of subnet.env. The zero value has neither name nor value.
type EnvLine struct {
	Key   string
	Value fact.Value[string]
	Loses bool // a later line of the same key wins
}

// An EnvError says what is wrong in a subnet.env. The zero value gives no reason.
type EnvError struct {
	Pos     fact.Position
	Key     string   // "" where it is a line without one
	Text    string   // value as written
	Reader  string   // "flannel" or "the CNI plugin", the one that does not take it
	Message string   // its words
	Panic   bool     // it crashes with them
	CIDR    bool     // the value is no range
	Missing []string // keys that are not there
	Encoded bool     // the file is not plain UTF-8, which the program that saved the copy may have done
	Mend    string
}

// Error returns where, what, the reader's words, and what to do.
func (e *EnvError) Error() string {
	var b strings.Builder
	if s := e.Pos.String(); s != "" {
		b.WriteString(s + ": ")
	}
	if e.Key != "" {
		fmt.Fprintf(&b, "%s %q: ", e.Key, clip(e.Text))
	}
	b.WriteString(e.Reader + ": ")
	if e.Panic {
		b.WriteString("panic: ")
	}
	b.WriteString(clip(e.Message))
	if e.Mend != "" {
		b.WriteString("; " + e.Mend)
	}
	return b.String()
}

// EnvErrors are all that is wrong in a subnet.env, in file order. The zero value is the empty list.
type EnvErrors []*EnvError

// Error returns one line for each error.
func (e EnvErrors) Error() string {
	var lines []string
	for _, err := range e {
		if err != nil {
			lines = append(lines, err.Error())
		}
	}
	if lines == nil {
		return "no error"
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors.
func (e EnvErrors) Unwrap() []error {
	out := make([]error, 0, len(e))
	for _, err := range e {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// err returns e, or nil if it is empty.
func (e EnvErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// get returns the value of a variable that counts; the zero Value if it is not written.
func (e SubnetEnv) get(key string) fact.Value[string] {
	for _, l := range e.Lines {
		if l.Key == key && !l.Loses {
			return l.Value
		}
	}
	return fact.Value[string]{}
}

// ParseSubnetEnv reads subnet.env as flannel itself reads back what it wrote (main.go ReadCIDRsFromSubnetFile of
// v0.28.10, through godotenv): quotes, "export ", "KEY: value", comments and CRLF are understood, of equal keys the
// last counts, unknown ones are kept in Lines, missing ones are no error.
//
// The error is an [EnvErrors]: text that flannel cannot read, and values that it drops, FLANNEL_MTU and FLANNEL_IPMASQ
// included, which flannel writes and does not read. What can be read is returned with it. A range list with several
// entries is no error here, though flannel then starts as if it were empty.
func ParseSubnetEnv(data []byte) (SubnetEnv, error) {
	return ReadSubnetEnv(data, Options{})
}

// ReadSubnetEnv is [ParseSubnetEnv] with a name for positions, and limits. Version and Mode mean nothing here.
func ReadSubnetEnv(data []byte, opt Options) (SubnetEnv, error) {
	f, err := source.New(nameOr(opt.Name, "subnet.env"), data, opt.Limits.small())
	if err != nil {
		return SubnetEnv{}, err
	}
	return readSubnetEnv(f, data)
}

// readSubnetEnv reads the text of f; raw is the same text as flannel is given it, byte order mark and all.
func readSubnetEnv(f *source.File, raw []byte) (SubnetEnv, error) {
	e := SubnetEnv{File: f.Name}
	var errs EnvErrors
	if f.Encoding != "" && f.Encoding != source.UTF8 {
		if _, _, msg := dotenv(string(raw)); msg != "" {
			e.Refused = true
			errs = append(errs, &EnvError{Pos: f.Position(0), Reader: "flannel", Message: msg, Encoded: true,
				Mend: fmt.Sprintf("the file is %s; save it as UTF-8 without a byte order mark", f.Encoding)})
		}
	}
	lines, off, msg := dotenv(string(withoutPrompts(f.Data)))
	if msg != "" {
		e.Refused = true
		errs = append(errs, &EnvError{Pos: f.Position(off), Reader: "flannel", Message: msg, Mend: "each line is KEY=value"})
	}
	last := map[string]int{}
	for _, l := range lines {
		if i, ok := last[l.key]; ok {
			e.Lines[i].Loses = true
		}
		last[l.key] = len(e.Lines)
		e.Lines = append(e.Lines, EnvLine{Key: l.key, Value: fact.Value[string]{V: l.value, Text: l.value, Pos: f.Position(l.valueAt)}})
	}
	for _, l := range e.Lines {
		if !l.Loses {
			errs = append(errs, e.take(l)...)
		}
	}
	return e, errs.err()
}

// take reads the value of a variable, and returns what flannel says against it.
func (e *SubnetEnv) take(l EnvLine) EnvErrors {
	var errs EnvErrors
	bad := func(format string, args ...any) *EnvError {
		mend := "write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node"
		errs = append(errs, &EnvError{Pos: l.Value.Pos, Key: l.Key, Text: l.Value.V, Reader: "flannel", Message: fmt.Sprintf(format, args...), Mend: mend})
		return errs[len(errs)-1]
	}
	switch l.Key {
	case keyNetwork, keySubnet, keyIPv6Network, keyIPv6Subnet:
		list, failed := envPrefixes(l)
		switch failed.fault {
		case badIPv4:
			bad("%s", notIPv4).Panic = true
		case notCIDR:
			bad("Couldn't parse previous %s: %s", l.Key, failed.msg).CIDR = true
		}
		switch l.Key {
		case keyNetwork:
			e.Networks = list
		case keyIPv6Network:
			e.IPv6Networks = list
		case keySubnet:
			e.Subnet = first(list)
		case keyIPv6Subnet:
			e.IPv6Subnet = first(list)
		}
		if len(list) > 1 && (l.Key == keySubnet || l.Key == keyIPv6Subnet) {
			bad("error reading subnet: more than 1 entry found for key: %s", l.Key)
		}
	case keyMTU:
		n, err := strconv.Atoi(l.Value.V)
		if err != nil {
			bad("%q is no whole number", l.Value.V)
		}
		e.MTU = n
	case keyIPMasq:
		e.IPMasq = l.Value.V == "true"
		if l.Value.V != "true" && l.Value.V != "false" {
			bad("%q is neither true nor false", l.Value.V)
		}
	}
	return errs
}

func first(list []netip.Prefix) netip.Prefix {
	if len(list) == 0 {
		return netip.Prefix{}
	}
	return list[0]
}

// envPrefixes reads a comma list of ranges, host bits kept. failed is the last of those that flannel does not take:
// fault is zero for none, notCIDR, or badIPv4 where it crashes.
func envPrefixes(l EnvLine) (list []netip.Prefix, failed decodeError) {
	four := l.Key == keyNetwork || l.Key == keySubnet
	for s := range strings.SplitSeq(l.Value.V, ",") {
		p := writtenPrefix(s)
		switch {
		case !p.IsValid():
			failed = notACIDR(s)
		case four && p.Addr().Is4In6():
		case four && !p.Addr().Is4():
			failed = decodeError{fault: badIPv4}
		default:
			list = append(list, p)
		}
	}
	return list, failed
}

// String returns the file as flannel writes it (pkg/subnet/subnet.go WriteSubnetFile): ranges of a family only if there
// are any, each line KEY=value, a final line end.
func (e SubnetEnv) String() string { return string(e.appendTo(nil)) }

// appendTo appends the text of [SubnetEnv.String] to b.
func (e SubnetEnv) appendTo(b []byte) []byte {
	line := func(key, value string) { b = append(append(append(append(b, key...), '='), value...), '\n') }
	list := func(ps []netip.Prefix, f fact.Family) string {
		parts := make([]string, len(ps))
		for i, p := range ps {
			parts[i] = prefixText(p, f)
		}
		return strings.Join(parts, ",")
	}
	if len(e.Networks) > 0 {
		line(keyNetwork, list(e.Networks, fact.IPv4))
	}
	if e.Subnet.IsValid() {
		line(keySubnet, prefixText(e.Subnet, fact.IPv4))
	}
	if len(e.IPv6Networks) > 0 {
		line(keyIPv6Network, list(e.IPv6Networks, fact.IPv6))
	}
	if e.IPv6Subnet.IsValid() {
		line(keyIPv6Subnet, prefixText(e.IPv6Subnet, fact.IPv6))
	}
	line(keyMTU, strconv.Itoa(e.MTU))
	line(keyIPMasq, strconv.FormatBool(e.IPMasq))
	return b
}

// Previous returns the subnet that flannel takes from the file when it starts, to ask for it again (with etcd) and to
// see whether its firewall rules are still right: the masked range of family f. ok is false where it takes none: none
// is written, several are, it is 0.0.0.0/0 or ::/0, or flannel cannot read the file.
func (e SubnetEnv) Previous(f fact.Family) (p netip.Prefix, ok bool) {
	p, key := e.Subnet, keySubnet
	if f == fact.IPv6 {
		p, key = e.IPv6Subnet, keyIPv6Subnet
	}
	p = p.Masked()
	if e.Refused || isEmpty(p) || strings.Contains(e.get(key).V, ",") {
		return netip.Prefix{}, false
	}
	return p, true
}

// A cniEnv is a subnet.env as flannel's CNI plugin reads it, ranges masked.
type cniEnv struct {
	Networks     []netip.Prefix
	Subnet       netip.Prefix // the zero Prefix where it is not written
	IPv6Networks []netip.Prefix
	IPv6Subnet   netip.Prefix
	MTU          uint
	IPMasq       bool
}

// parseSubnetEnvCNI reads subnet.env as the CNI plugin does that gives pods their addresses (flannel-io/cni-plugin
// v1.9.1, flannel.go loadFlannelSubnetEnv): a line is split at its first "=", keys count only if they stand at the very
// start, there are no quotes and no comments, FLANNEL_IPMASQ is true for the exact text alone, and one range of a
// family, the MTU and IPMASQ have to be there. It is stricter than [ParseSubnetEnv], so what flannel wrote by
// hand-editing can stop all pods of a node.
//
// The error is an *[EnvError] with the plugin's words; Panic is true where the plugin crashes.
func parseSubnetEnvCNI(data []byte) (cniEnv, error) {
	var r cniReader
	line := 0
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		line++
		key, value, found := strings.Cut(lines.Text(), "=")
		if column, msg := r.take(key, value, found); msg != "" {
			return cniEnv{}, &EnvError{
				Pos: fact.Position{File: "subnet.env", Line: line, Column: column}, Key: key, Text: value, Reader: "the CNI plugin",
				Message: msg, Panic: !found, Mend: "write it as flannel does, KEY=value without quotes, or restart flannel on the node",
			}
		}
	}
	if err := lines.Err(); err != nil {
		return cniEnv{}, &EnvError{Pos: fact.Position{File: "subnet.env", Line: line + 1}, Reader: "the CNI plugin", Message: "bufio.Scanner: token too long"}
	}
	if missing := r.missing(); len(missing) > 0 {
		return cniEnv{}, &EnvError{
			Pos: fact.Position{File: "subnet.env"}, Reader: "the CNI plugin",
			Message: "/run/flannel/subnet.env is missing " + strings.Join(missing, ", "), Missing: missing,
			Mend: "see the log of flannel on this node; it writes the file when it is ready",
		}
	}
	return r.e, nil
}

// A cniReader is what the CNI plugin has read so far.
type cniReader struct {
	e         cniEnv
	mtu, masq bool
}

// take reads a line, and returns what the plugin says against it and where; "" where it takes it.
func (r *cniReader) take(key, value string, found bool) (column int, msg string) {
	switch key {
	case keyNetwork, keySubnet, keyIPv6Network, keyIPv6Subnet, keyMTU, keyIPMasq:
		if !found {
			return 1, "runtime error: index out of range [1] with length 1"
		}
	}
	column = len(key) + 2
	switch key {
	case keyNetwork, keyIPv6Network:
		to := &r.e.Networks
		if key == keyIPv6Network {
			to = &r.e.IPv6Networks
		}
		list, failed := cniNetworks(value)
		if failed != "" {
			return column, failed
		}
		*to = list
	case keySubnet, keyIPv6Subnet:
		p, ok := maskedCIDR(value)
		if !ok {
			return column, notACIDR(value).msg
		}
		if key == keySubnet {
			r.e.Subnet = p
		} else {
			r.e.IPv6Subnet = p
		}
	case keyMTU:
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return column, parseUintWords(value, errors.Is(err, strconv.ErrRange))
		}
		r.e.MTU, r.mtu = uint(n), true
	case keyIPMasq:
		r.e.IPMasq, r.masq = value == "true", true
	}
	return 0, ""
}

// cniNetworks reads a list of ranges, each once, or says why the plugin does not.
func cniNetworks(value string) (list []netip.Prefix, msg string) {
	seen := map[netip.Prefix]bool{}
	for s := range strings.SplitSeq(value, ",") {
		p, ok := maskedCIDR(s)
		if !ok {
			return nil, notACIDR(s).msg
		}
		if !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list, ""
}

// missing returns the variables that are not there.
func (r *cniReader) missing() []string {
	var missing []string
	if r.e.Networks == nil && r.e.IPv6Networks == nil {
		missing = append(missing, keyNetwork, keyIPv6Network)
	}
	if !r.e.Subnet.IsValid() && !r.e.IPv6Subnet.IsValid() {
		missing = append(missing, keySubnet, keyIPv6Subnet)
	}
	if !r.mtu {
		missing = append(missing, keyMTU)
	}
	if !r.masq {
		missing = append(missing, keyIPMasq)
	}
	return missing
}

// parseUintWords is what strconv.ParseUint of the Go that the plugin is built with says of a text.
func parseUintWords(text string, tooLarge bool) string {
	why := "invalid syntax"
	if tooLarge {
		why = "value out of range"
	}
	return "strconv.ParseUint: parsing " + strconv.Quote(text) + ": " + why
}

// maskedCIDR reads a range as net.ParseCIDR does; [notACIDR] is its error.
func maskedCIDR(s string) (netip.Prefix, bool) {
	_, n, err := net.ParseCIDR(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(n.IP)
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(a, bits), ok
}

// A hostLocal is the ipam section that the CNI plugin hands to the bridge plugin: one range set for each family, and a
// route to each network. Its JSON is what the plugin writes.
type hostLocal struct {
	Ranges [][]hostLocalRange `json:"ranges"`
	Routes []hostLocalRoute   `json:"routes"`
	Type   string             `json:"type"`
}

// A hostLocalRange is a range that host-local gives addresses of.
type hostLocalRange struct {
	Subnet netip.Prefix `json:"subnet"`
}

// A hostLocalRoute is a route that a pod gets.
type hostLocalRoute struct {
	Dst netip.Prefix `json:"dst"`
}

// ipam returns the ipam section for the bridge plugin on Linux (flannel_linux.go getDelegateIPAM of cni-plugin v1.9.1).
func (e cniEnv) ipam() hostLocal {
	ipam := hostLocal{Type: "host-local", Ranges: [][]hostLocalRange{}, Routes: []hostLocalRoute{}}
	for _, p := range []netip.Prefix{e.Subnet, e.IPv6Subnet} {
		if p.IsValid() {
			ipam.Ranges = append(ipam.Ranges, []hostLocalRange{{p}})
		}
	}
	for _, p := range append(append([]netip.Prefix{}, e.Networks...), e.IPv6Networks...) {
		ipam.Routes = append(ipam.Routes, hostLocalRoute{p})
	}
	return ipam
}
