package flannel

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Mode is where flannel keeps subnets.
type Mode uint8

const (
	// Kube is flannel with --kube-subnet-mgr: a node's subnet is the podCIDR of its Node object. It is how flannel runs
	// in a Kubernetes cluster, so it is the zero Mode.
	Kube Mode = iota
	// Etcd is flannel that hands out subnets itself and keeps them in etcd.
	Etcd
)

// String returns "kube" or "etcd".
func (m Mode) String() string {
	if m == Etcd {
		return "etcd"
	}
	return "kube"
}

// Options say as what something is read. The zero Options mean the newest flannel in Kubernetes, a file without a name.
type Options struct {
	Name    string       // of the file, for positions. Default: the kind of file, such as "net-conf.json".
	Host    string       // host that the file was taken from, or ""
	Version fact.Version // release of flannel. Default [fact.NewestFlannel].
	Mode    Mode         // Default [Kube].
	Limits  Limits       // what is read at most
}

// Limits bound what is read from one file. Zero fields stand for the defaults, negative ones for no limit.
type Limits struct {
	Bytes int // size of the file. Default 64 MiB, of a net-conf.json and of a subnet.env 1 MiB, which is what a ConfigMap can hold.
	Depth int // nesting of sequences and mappings. Default 100, of a bare net-conf.json 10,000 as encoding/json has it.
	Nodes int // values in the file, aliases resolved. Default 500,000, in larger files one for each 20 bytes.
}

func (l Limits) source() source.Limits {
	return source.Limits{Bytes: l.Bytes, Depth: l.Depth, Nodes: l.Nodes}
}

// small returns l with the limit on bytes of a file that is small by nature.
func (l Limits) small() source.Limits {
	l.Bytes = cmp.Or(l.Bytes, 1<<20)
	return l.source()
}

// Releases in which flannel's reading of its configuration changed.
var (
	v0_10   = fact.Version{Minor: 10}           // sizes and boundaries are checked
	v0_13   = fact.Version{Minor: 13}           // pkg/ip: an IPv6 range as Network panics with a message
	v0_15   = fact.Version{Minor: 15}           // IPv6
	v0_18   = fact.Version{Minor: 18}           // podCIDR is compared with Network
	v0_18_1 = fact.Version{Minor: 18, Patch: 1} // an IPv6 podCIDR needs an IPv6Network
	v0_19_2 = fact.Version{Minor: 19, Patch: 2} // an empty Network is refused
	v0_20   = fact.Version{Minor: 20}           // checks apply to etcd mode alone
	v0_20_2 = fact.Version{Minor: 20, Patch: 2} // at most two podCIDRs
	v0_21   = fact.Version{Minor: 21}           // ClusterCIDR objects
	v0_21_3 = fact.Version{Minor: 21, Patch: 3} // MTU key
	v0_25   = fact.Version{Minor: 25}           // EnableNFTables, no ClusterCIDR
	v0_26   = fact.Version{Minor: 26}           // a lease without the family is noticed
	v0_28   = fact.Version{Minor: 28}           // an IPv6 podCIDR without EnableIPv6 is passed over
	v0_28_9 = fact.Version{Minor: 28, Patch: 9} // an IPv6 range as Network is refused
)

// A NetConf is flannel's configuration, net-conf.json, as flannel understands it after reading.
// The zero NetConf has both families disabled; the one that flannel starts from is that of the document {}, with
// IPv4 enabled.
//
// Prefixes are masked, as flannel masks them; [NetConf.Keys] has what is written. IPv6 values may be IPv4-mapped where the
// file holds IPv4 text in an IPv6 key, which flannel takes.
type NetConf struct {
	EnableIPv4     bool         // IPv4 is on; default true
	EnableIPv6     bool         // IPv6 is on; never inferred from IPv6Network
	EnableNFTables bool         // since v0.25.0
	Network        netip.Prefix // IPv4 range of all pods; the zero Prefix where it is not written
	IPv6Network    netip.Prefix // IPv6 range of all pods; the zero Prefix where it is not written

	// What flannel hands out with etcd: length of a node's subnet in bits, 0 where not written, and the first and last
	// subnet, the zero Addr where not written or written as zero. Without effect in [Kube] mode since v0.10.0.
	SubnetLen, IPv6SubnetLen     uint
	SubnetMin, SubnetMax         netip.Addr
	IPv6SubnetMin, IPv6SubnetMax netip.Addr

	// BackendType is Backend's Type as it is written. It is "udp" where there is no Backend, "" where Backend has no Type.
	BackendType string
	Backend     string // JSON text of Backend, "" where there is none

	Keys []Key // what is written, in file order
	File string
}

// A Key is one key of net-conf.json as it is written.
type Key struct {
	Name    string // as flannel knows it, "" if it does not know it; options of Backend as "Backend.MTU"
	Written string // as it is written: keys match without regard to case
	Pos     fact.Position
	Text    string        // the value: strings without quotes, everything else as JSON text; "" for a secret of Backend
	Prefix  netip.Prefix  // of Network and IPv6Network: as written, host bits kept; zero if it cannot be read
	Value   fact.Position // where the value stands
	Loses   bool          // a later key of the same name wins
}

// Key returns what is written under a name of flannel's, such as "Network" or "Backend.MTU", the one that counts; ok is
// false if it is not written.
func (c NetConf) Key(name string) (k Key, ok bool) {
	for _, k := range c.Keys {
		if k.Name == name && !k.Loses {
			return k, true
		}
	}
	return Key{}, false
}

// Pos returns where a value of that name is written, or the start of the file if it is not.
func (c NetConf) Pos(name string) fact.Position {
	if k, ok := c.Key(name); ok {
		return k.Value
	}
	return fact.Position{File: c.File}
}

// Enabled reports whether flannel serves family f.
func (c NetConf) Enabled(f fact.Family) bool {
	return f == fact.IPv4 && c.EnableIPv4 || f == fact.IPv6 && c.EnableIPv6
}

// NetworkOf returns the range of family f: Network or IPv6Network. It is the zero Prefix where none is written, where the
// family is disabled, and where it is written as 0.0.0.0/0 or ::/0, which flannel takes for empty and k3s writes for a
// disabled family.
func (c NetConf) NetworkOf(f fact.Family) netip.Prefix {
	p := c.Network
	if f == fact.IPv6 {
		p = c.IPv6Network
	}
	if !c.Enabled(f) || isEmpty(p) {
		return netip.Prefix{}
	}
	return p
}

// Ineffective returns the keys that are written and change nothing in flannel of that release and mode, in file order: those that
// a later one overrides, those that it does not know, with [Kube] what says which subnets to hand out, and the
// values of a family that is disabled. The zero version means the newest.
func (c NetConf) Ineffective(mode Mode, version fact.Version) []Key {
	version = version.Or(fact.NewestFlannel())
	var out []Key
	for _, k := range c.Keys {
		name, ipv6 := strings.CutPrefix(k.Name, "IPv6")
		switch {
		case k.Loses, k.Name == "", canonicalKey(k.Written, version) == "" && !strings.HasPrefix(k.Name, "Backend."):
		case mode == Kube && strings.HasPrefix(name, "Subnet"):
		case ipv6 && !c.EnableIPv6, !ipv6 && !c.EnableIPv4 && (name == "Network" || strings.HasPrefix(name, "Subnet")):
		default:
			continue
		}
		out = append(out, k)
	}
	return out
}

// isEmpty reports whether flannel takes a range for none: ip.IP4Net.Empty, ip.IP6Net.Empty.
func isEmpty(p netip.Prefix) bool {
	return !p.IsValid() || p.Bits() == 0 && p.Addr().IsUnspecified()
}

// String returns the configuration in one line.
func (c NetConf) String() string {
	var parts []string
	if c.EnableIPv4 {
		parts = append(parts, "Network "+orNone(c.Network))
	}
	if c.EnableIPv6 {
		parts = append(parts, "IPv6Network "+orNone(c.IPv6Network))
	}
	if len(parts) == 0 {
		parts = append(parts, "both families disabled")
	}
	t := c.BackendType
	if t == "" {
		t = "without Type"
	}
	return strings.Join(parts, ", ") + ", Backend " + t
}

func orNone(p netip.Prefix) string {
	if isEmpty(p) {
		return "none"
	}
	return p.String()
}

// A NetConfError says why flannel does not take a net-conf.json.
type NetConfError struct {
	Pos     fact.Position
	Rule    fact.RuleID // [fact.RuleNetConfMalformed], [fact.RuleCIDRMalformed] or [fact.RuleNetConfSubnetRangeInvalid]
	Key     string      // as flannel knows it, "" where it is the whole text
	Text    string      // value as written, "" where there is none
	Flannel string      // what flannel prints, without what it puts before it
	Panic   bool        // flannel does not print it, it crashes with it
	Mend    string      // what to do
}

// Error returns where, what, flannel's words, and what to do.
func (e *NetConfError) Error() string {
	var b strings.Builder
	if s := e.Pos.String(); s != "" {
		b.WriteString(s + ": ")
	}
	switch {
	case e.Key != "" && e.Text != "":
		fmt.Fprintf(&b, "%s %q: ", e.Key, clip(e.Text))
	case e.Key != "":
		b.WriteString(e.Key + ": ")
	}
	if e.Panic {
		b.WriteString("flannel crashes: ")
	}
	b.WriteString(clip(e.Flannel))
	if e.Mend != "" {
		b.WriteString("; " + e.Mend)
	}
	return b.String()
}

// clip shortens what a file holds for a message.
func clip(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// ParseNetConf reads net-conf.json as the newest flannel does in Kubernetes: keys match without regard to case, the last
// of several counts, unknown ones are passed over, host bits are dropped. It is ReadNetConf with the zero [Options].
// The error is a *[NetConfError].
func ParseNetConf(data []byte) (NetConf, error) {
	return ReadNetConf(data, Options{})
}

// ReadNetConf reads net-conf.json as flannel of opt.Version does in opt.Mode: what it parses (subnet.ParseConfig of
// pkg/subnet/config.go) and, in the modes and releases that do so before they use it, what it checks ([NetConf.Check]).
//
// The error is a *[NetConfError]; the keys that can be told are returned with it.
func ReadNetConf(data []byte, opt Options) (NetConf, error) {
	opt.Name = nameOr(opt.Name, "net-conf.json")
	lim := opt.Limits
	if lim.Depth == 0 {
		lim.Depth = 10_000 // encoding/json's own
	}
	f, err := source.New(opt.Name, data, lim.small())
	if err != nil {
		return NetConf{}, sourceError(err)
	}
	return readNetConf(f, data, opt)
}

func nameOr(name, def string) string {
	if name == "" {
		return def
	}
	return name
}

// sourceError returns an error of package source as a NetConfError.
func sourceError(err error) error {
	var e *source.Error
	if errors.As(err, &e) {
		return &NetConfError{Pos: e.Pos, Rule: fact.RuleNetConfMalformed, Flannel: e.Msg}
	}
	return err
}

// readNetConf reads the text of f; raw is the same text as flannel is given it, encoding and all.
func readNetConf(f *source.File, raw []byte, opt Options) (NetConf, error) {
	version := opt.Version.Or(fact.NewestFlannel())
	c := NetConf{EnableIPv4: true, File: f.Name}
	if most := opt.Limits.small().Bytes; most > 0 && len(raw) > most {
		msg := fmt.Sprintf("%d bytes, at most %d are read; give a smaller file or raise the limit (Limits.Bytes)", len(raw), most)
		return c, &NetConfError{Pos: f.Position(0), Rule: fact.RuleNetConfMalformed, Flannel: msg}
	}
	root, treeErr := f.JSON()
	if treeErr == nil {
		c.Keys = netConfKeys(root, version)
	}
	w, err := decodeNetConf(raw, version)
	if err != nil {
		return c, netConfError(f, root, treeErr, raw, version, err)
	}
	if treeErr != nil { // flannel takes it, but it is larger than what is read here
		return c, sourceError(treeErr)
	}
	w.into(&c)
	if c.BackendType, err = backendType(w.Backend); err != nil {
		k, _ := c.Key("Backend")
		return c, &NetConfError{
			Pos: posOr(k.Value, f.Position(0)), Rule: fact.RuleNetConfMalformed, Key: "Backend", Flannel: err.Error(),
			Mend: `write an object with a string as Type: "Backend": {"Type": "vxlan"}`,
		}
	}
	if opt.Mode == Etcd || version.Before(v0_20) {
		checked, err := c.Check(version)
		if err != nil {
			return c, err
		}
		return checked, nil
	}
	return c, nil
}

func posOr(p, q fact.Position) fact.Position {
	if p.IsValid() {
		return p
	}
	return q
}

// backendType reads Type out of Backend (pkg/subnet/config.go parseBackendType).
func backendType(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "udp", nil
	}
	var b struct{ Type string }
	if err := json.Unmarshal(raw, &b); err != nil {
		return "", fmt.Errorf("error decoding Backend property of config: %w", err)
	}
	return b.Type, nil
}

// netConfKeys returns the keys of the document.
func netConfKeys(root *source.Node, version fact.Version) []Key {
	if root == nil {
		return nil
	}
	var keys []Key
	last := map[string]int{}
	backend := 0 // where the options of the Backend that counts so far begin
	for _, e := range root.Entries {
		k := Key{Name: canonicalKey(e.Key, version), Written: e.Key, Pos: e.KeyPos, Value: e.Value.Pos, Text: rawText(e.Value)}
		if k.Name == "Network" || k.Name == "IPv6Network" {
			k.Prefix = writtenPrefix(k.Text)
		}
		if i, ok := last[k.Name]; ok && k.Name != "" {
			keys[i].Loses = true
		}
		last[k.Name] = len(keys)
		keys = append(keys, k)
		if k.Name == "Backend" {
			for i := backend; i < len(keys); i++ {
				keys[i].Loses = keys[i].Loses || strings.HasPrefix(keys[i].Name, "Backend.")
			}
			backend = len(keys)
			keys = append(keys, backendKeys(e.Value)...)
		}
	}
	return keys
}

// backendOptions are the options of all types of backend (pkg/backend).
var backendOptions = []string{
	"Type", "VNI", "Port", "MTU", "GBP", "Learning", "DirectRouting", "MacPrefix", "Name", "DNSServerList", "ListenPort", "ListenPortV6", "PSK",
	"PersistentKeepaliveInterval", "Mode", "UDPEncap", "ESPProposal", "PreStartupCommand", "PostStartupCommand", "SubnetAddCommand",
	"SubnetRemoveCommand", "RouteTableID", "AccessKeyID", "AccessKeySecret",
}

// backendKeys returns the options in a Backend object. What is secret has no Text.
func backendKeys(n *source.Node) []Key {
	var keys []Key
	last := map[string]int{}
	for _, e := range n.Entries {
		i := slices.IndexFunc(backendOptions, func(o string) bool { return strings.EqualFold(o, e.Key) })
		if i < 0 {
			continue
		}
		k := Key{Name: "Backend." + backendOptions[i], Written: e.Key, Pos: e.KeyPos, Value: e.Value.Pos}
		if o := backendOptions[i]; o != "PSK" && o != "AccessKeySecret" {
			k.Text = rawText(e.Value)
		}
		if j, ok := last[k.Name]; ok {
			keys[j].Loses = true
		}
		last[k.Name] = len(keys)
		keys = append(keys, k)
	}
	return keys
}

// rawText returns a value as flannel's own types see it: JSON text without the quotes around it, escapes as they are
// (pkg/ip/ipnet.go UnmarshalJSON).
func rawText(n *source.Node) string {
	raw := string(n.Raw())
	if n.Kind == source.String {
		return strings.Trim(raw, `"`)
	}
	return raw
}

// writtenPrefix returns a CIDR with its host bits, the zero Prefix if it cannot be read.
func writtenPrefix(s string) netip.Prefix {
	ip, ipnet, err := net.ParseCIDR(s)
	if err != nil {
		return netip.Prefix{}
	}
	a, ok := netip.AddrFromSlice(ip)
	bits, size := ipnet.Mask.Size()
	if !ok {
		return netip.Prefix{}
	}
	if size == 32 {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, bits)
}

// The keys of net-conf.json, each with the release that first knew it.
var knownKeys = []struct {
	name  string
	since fact.Version
}{
	{"EnableIPv4", v0_15}, {"EnableIPv6", v0_15}, {"EnableNFTables", v0_25},
	{"Network", fact.Version{}}, {"IPv6Network", v0_15},
	{"SubnetMin", fact.Version{}}, {"SubnetMax", fact.Version{}}, {"SubnetLen", fact.Version{}},
	{"IPv6SubnetMin", v0_15}, {"IPv6SubnetMax", v0_15}, {"IPv6SubnetLen", v0_15},
	{"Backend", fact.Version{}},
}

// canonicalKey returns flannel's name for a key, "" if flannel of that release does not know it. encoding/json matches
// without regard to case.
func canonicalKey(key string, version fact.Version) string {
	for _, k := range knownKeys {
		if strings.EqualFold(k.name, key) && !version.Before(k.since) {
			return k.name
		}
	}
	return ""
}

// The texts of flannel's address types (pkg/ip/ipnet.go, pkg/ip/ip6net.go); they differ by release, see flannelWords.
var (
	errNotIPv4CIDR = errors.New("invalid IPv4 CIDR format")
	errNotIPv4     = errors.New("invalid IPv4 address format")
	errNotIP       = errors.New("invalid IP address format")
)

// wireNet4 reads what flannel's ip.IP4Net reads.
//
// IPv4-mapped text such as ::ffff:10.244.0.0/112 is IPv4 for flannel, with a prefix length of 112. No netip.Prefix says
// that, so p stays IPv4-mapped then.
type wireNet4 struct{ p netip.Prefix }

func (n *wireNet4) UnmarshalJSON(j []byte) error {
	_, ipnet, err := net.ParseCIDR(string(bytes.Trim(j, `"`)))
	if err != nil {
		return err
	}
	v4 := ipnet.IP.To4()
	if v4 == nil {
		return errNotIPv4CIDR
	}
	a, _ := netip.AddrFromSlice(v4)
	bits, _ := ipnet.Mask.Size()
	if len(ipnet.Mask) == net.IPv6len {
		a = netip.AddrFrom16(a.As16())
	}
	n.p = netip.PrefixFrom(a, bits)
	return nil
}

// wireNet6 reads what flannel's ip.IP6Net reads: IPv4 text becomes an IPv4-mapped address with IPv4's prefix length.
type wireNet6 struct{ p netip.Prefix }

func (n *wireNet6) UnmarshalJSON(j []byte) error {
	_, ipnet, err := net.ParseCIDR(string(bytes.Trim(j, `"`)))
	if err != nil {
		return err
	}
	a, _ := netip.AddrFromSlice(ipnet.IP.To16())
	bits, _ := ipnet.Mask.Size()
	n.p = netip.PrefixFrom(a, bits)
	return nil
}

// wireAddr4 reads what flannel's ip.IP4 reads.
type wireAddr4 struct{ a netip.Addr }

func (n *wireAddr4) UnmarshalJSON(j []byte) error {
	ip := net.ParseIP(string(bytes.Trim(j, `"`)))
	if ip == nil {
		return errNotIP
	}
	v4 := ip.To4()
	if v4 == nil {
		return errNotIPv4
	}
	n.a, _ = netip.AddrFromSlice(v4)
	return nil
}

// wireAddr6 reads what flannel's ip.IP6 reads.
type wireAddr6 struct{ a netip.Addr }

func (n *wireAddr6) UnmarshalJSON(j []byte) error {
	ip := net.ParseIP(string(bytes.Trim(j, `"`)))
	if ip == nil {
		return errNotIP
	}
	n.a, _ = netip.AddrFromSlice(ip.To16())
	return nil
}

// A wireConfig is what flannel decodes.
type wireConfig struct {
	EnableIPv4, EnableIPv6, EnableNFTables bool
	Network                                wireNet4
	IPv6Network                            wireNet6
	SubnetMin, SubnetMax                   wireAddr4
	IPv6SubnetMin, IPv6SubnetMax           *wireAddr6
	SubnetLen, IPv6SubnetLen               uint
	Backend                                json.RawMessage `json:",omitempty"`
}

// into copies what was decoded.
func (w *wireConfig) into(c *NetConf) {
	c.EnableIPv4, c.EnableIPv6, c.EnableNFTables = w.EnableIPv4, w.EnableIPv6, w.EnableNFTables
	c.Network, c.IPv6Network = w.Network.p, w.IPv6Network.p
	c.SubnetLen, c.IPv6SubnetLen = w.SubnetLen, w.IPv6SubnetLen
	c.SubnetMin, c.SubnetMax = unlessZero(w.SubnetMin.a), unlessZero(w.SubnetMax.a)
	if w.IPv6SubnetMin != nil {
		c.IPv6SubnetMin = unlessZero(w.IPv6SubnetMin.a)
	}
	if w.IPv6SubnetMax != nil {
		c.IPv6SubnetMax = unlessZero(w.IPv6SubnetMax.a)
	}
	c.Backend = string(w.Backend)
}

func unlessZero(a netip.Addr) netip.Addr {
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// decodeNetConf decodes as flannel of that release does: a key that it does not know is passed over whatever it holds.
// The local types are named as flannel's own, since encoding/json names them ("Go struct field Config.SubnetLen").
func decodeNetConf(raw []byte, version fact.Version) (wireConfig, error) {
	if !version.Before(v0_25) {
		type Config wireConfig
		c := Config{EnableIPv4: true}
		err := json.Unmarshal(raw, &c)
		return wireConfig(c), err
	}
	if !version.Before(v0_15) {
		type Config struct {
			EnableIPv4, EnableIPv6       bool
			Network                      wireNet4
			IPv6Network                  wireNet6
			SubnetMin, SubnetMax         wireAddr4
			IPv6SubnetMin, IPv6SubnetMax *wireAddr6
			SubnetLen, IPv6SubnetLen     uint
			Backend                      json.RawMessage `json:",omitempty"`
		}
		c := Config{EnableIPv4: true}
		err := json.Unmarshal(raw, &c)
		return wireConfig{
			EnableIPv4: c.EnableIPv4, EnableIPv6: c.EnableIPv6, Network: c.Network, IPv6Network: c.IPv6Network,
			SubnetMin: c.SubnetMin, SubnetMax: c.SubnetMax, IPv6SubnetMin: c.IPv6SubnetMin, IPv6SubnetMax: c.IPv6SubnetMax,
			SubnetLen: c.SubnetLen, IPv6SubnetLen: c.IPv6SubnetLen, Backend: c.Backend,
		}, err
	}
	type Config struct {
		Network              wireNet4
		SubnetMin, SubnetMax wireAddr4
		SubnetLen            uint
		Backend              json.RawMessage `json:",omitempty"`
	}
	var c Config
	err := json.Unmarshal(raw, &c)
	return wireConfig{
		EnableIPv4: true, Network: c.Network, SubnetMin: c.SubnetMin, SubnetMax: c.SubnetMax, SubnetLen: c.SubnetLen, Backend: c.Backend,
	}, err
}

// netConfError makes an error of encoding/json, or of the types above, one with a place and advice.
func netConfError(f *source.File, root *source.Node, treeErr error, raw []byte, version fact.Version, err error) *NetConfError {
	e := &NetConfError{Pos: f.Position(0), Rule: fact.RuleNetConfMalformed, Flannel: strings.ReplaceAll(err.Error(), "flannel.Config", "subnet.Config")}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		var se *source.Error
		if errors.As(treeErr, &se) {
			e.Pos = se.Pos
		}
		e.Mend = syntaxAdvice(f, raw, e.Pos)
		return e
	}
	// The first key that is refused for this reason is the one: flannel's types stop at their first error, and of wrong
	// JSON types encoding/json tells the first.
	if root != nil {
		for _, entry := range root.Entries {
			name := canonicalKey(entry.Key, version)
			if name == "" {
				continue
			}
			one := append([]byte("{\""+name+"\":"), entry.Value.Raw()...)
			if _, oneErr := decodeNetConf(append(one, '}'), version); oneErr == nil || oneErr.Error() != err.Error() {
				continue
			}
			e.Pos, e.Key, e.Text = entry.Value.Pos, name, rawText(entry.Value)
			break
		}
	}
	var typeErr *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typeErr):
		e.Mend = typeAdvice(e.Key)
		if e.Key == "" {
			e.Mend = `write one object: {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`
		}
	case errors.Is(err, errNotIPv4CIDR):
		e.Rule = fact.RuleCIDRMalformed
		e.Mend = `an IPv6 range goes under IPv6Network, with "EnableIPv6": true`
		e.Panic, e.Flannel = oldIPv4Panic(version, e.Flannel)
	case errors.Is(err, errNotIPv4):
		e.Mend = "an IPv6 address goes under IPv6" + e.Key
		e.Panic, e.Flannel = oldIPv4Panic(version, e.Flannel)
	case errors.Is(err, errNotIP):
		e.Mend = "write one address, without a prefix length"
		if version.Before(v0_28) {
			e.Flannel = "I" + e.Flannel[1:]
		}
	default: // net.ParseCIDR
		e.Rule = fact.RuleCIDRMalformed
		e.Mend = cidrAdvice(e.Key, e.Text)
	}
	return e
}

// oldIPv4Panic returns how releases before v0.28.9 answer to an IPv6 value in an IPv4 key: they crash (pkg/ip/ipnet.go
// FromIP; before v0.13.0 in FromBytes).
func oldIPv4Panic(version fact.Version, newer string) (bool, string) {
	switch {
	case !version.Before(v0_28_9):
		return false, newer
	case !version.Before(v0_13):
		return true, "Address is not an IPv4 address"
	}
	return true, "runtime error: index out of range"
}

// syntaxAdvice says what to do about text that is no JSON.
func syntaxAdvice(f *source.File, raw []byte, at fact.Position) string {
	data := bytes.TrimSpace(f.Data)
	switch {
	case f.Encoding != "" && f.Encoding != source.UTF8:
		return fmt.Sprintf("the file is %s; save it as UTF-8 without a byte order mark", f.Encoding)
	case len(data) == 0:
		return `the text is empty; write an object such as {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`
	case data[0] != '{':
		return "net-conf.json is JSON: one object in braces, names and strings in double quotes"
	case bytes.Contains(data, []byte("//")) || bytes.Contains(data, []byte("/*")):
		return "JSON has no comments; remove them"
	case bytes.HasPrefix(bytes.TrimLeft(data[1:], " \t\r\n"), []byte("'")):
		return "JSON strings stand in double quotes"
	}
	return "mend the JSON there: commas between entries and none behind the last, names and strings in double quotes"
}

// typeAdvice says what a key holds.
func typeAdvice(key string) string {
	switch key {
	case "EnableIPv4", "EnableIPv6", "EnableNFTables":
		return "write true or false, without quotes"
	case "SubnetLen", "IPv6SubnetLen":
		return "write a whole number, without quotes"
	}
	return ""
}

// cidrAdvice says what to do about text that is no CIDR.
func cidrAdvice(key, text string) string {
	if strings.Contains(text, ",") {
		return `one range here; an IPv6 range goes under IPv6Network, with "EnableIPv6": true`
	}
	if strings.Contains(text, `\`) {
		return "flannel does not decode JSON escapes in addresses; write the slash as it is"
	}
	example := "10.244.0.0/16"
	if key == "IPv6Network" {
		example = "fd00:10:244::/56"
	}
	if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil && a.Zone() == "" {
		return "add the length of the range, as in " + example
	}
	return "write address/length without blanks and without leading zeros, as in " + example
}
