package flannel

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Mode is where flannel keeps subnets. The zero value is Kube.
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

// Limits bound what is read from one file. Zero fields stand for the defaults, negative ones for no limit. The zero
// Limits are the defaults.
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

// A Key is one key of net-conf.json as it is written. The zero value is a key that flannel does not know, without a
// place.
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

// ineffective returns the keys that are written and change nothing in flannel of that release and mode, in file order: those that
// a later one overrides, those that it does not know, with [Kube] what says which subnets to hand out, and the
// values of a family that is disabled. The zero version means the newest.
func (c NetConf) ineffective(mode Mode, version fact.Version) []Key {
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
		msg := fmt.Sprintf("%d bytes, at most %d are read; give the part of it that matters", len(raw), most)
		return c, &NetConfError{Pos: f.Position(0), Rule: fact.RuleNetConfMalformed, Flannel: msg}
	}
	if _, msg := source.JSONSyntax(raw); msg != "" {
		_, treeErr := f.JSON()
		return c, syntaxError(f, treeErr, msg)
	}
	root, treeErr := f.JSON()
	if treeErr != nil { // flannel takes it, but it is larger than what is read here
		return c, sourceError(treeErr)
	}
	c.Keys = netConfKeys(root, version)
	w, refused := decodeNetConf(root, version)
	if refused != nil {
		return c, netConfError(f, version, refused)
	}
	w.into(&c)
	var err error
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
