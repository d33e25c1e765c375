package flannel

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Backend is how flannel carries packets between nodes, with the options that matter to addresses and sizes, defaults
// filled in. The zero value names no backend type.
type Backend struct {
	Type string // lower case, as flannel looks it up

	MTUKey        int  // option MTU: size of the underlay in bytes, which the overhead is taken from; 0 where it is not given
	MTUSet        bool // it is given, be it 0
	VNI           int  // vxlan: network identifier. Default 1
	Port          int  // vxlan, udp, wireguard (ListenPort): UDP port. Defaults 8472, 8285, 51820
	DirectRouting bool // vxlan, ipip: nodes of one subnet are reached without encapsulation
	UDPEncap      bool // ipsec
}

// A BackendError says why flannel does not take a Backend. The zero value gives no reason.
type BackendError struct {
	Pos     fact.Position
	Type    string
	Message string // flannel's words, as it logs them
	Unknown bool   // this release has no backend of that Type
	Mend    string
}

// Error returns where, flannel's words, and what to do.
func (e *BackendError) Error() string {
	s := e.Message
	if p := e.Pos.String(); p != "" {
		s = p + ": " + s
	}
	if e.Mend != "" {
		s += "; " + e.Mend
	}
	return s
}

// A backendRow describes a type of backend (pkg/backend/NAME/NAME.go of v0.28.10 and earlier).
type backendRow struct {
	name     string
	overhead int // bytes taken from the underlay's MTU
	port     int
	mtuKey   fact.Version // first release that reads MTU; zero for none
	hasMTU   bool
	ipv6     bool         // it carries IPv6
	since    fact.Version // first release; zero for the oldest that matters
	until    fact.Version // first release without it; zero where it is still there
}

// The backends. Overheads: VXLAN over IPv4 50 bytes (outer Ethernet 14, IP 20, UDP 8, VXLAN 8); WireGuard 80, its cost
// over IPv6 (IP 40, UDP 8, WireGuard 32); IPIP 20; IPsec 77 (pkg/backend/ipsec/ipsec_network.go); UDP 28 (IP 20, UDP
// 8).
var backendRows = []backendRow{
	{name: "vxlan", overhead: 50, port: 8472, hasMTU: true, mtuKey: v0_21_3, ipv6: true},
	{name: "host-gw", ipv6: true},
	{name: "wireguard", overhead: 80, port: 51820, hasMTU: true, mtuKey: v0_21_3, ipv6: true, since: fact.Version{Minor: 16}},
	{name: "udp", overhead: 28, port: 8285},
	{name: "ipip", overhead: 20, since: v0_10},
	{name: "ipsec", overhead: 77, since: fact.Version{Minor: 11}},
	{name: "extension", ipv6: true, since: fact.Version{Minor: 8}},
	{name: "alloc"},
	{name: "tencent-vpc", since: fact.Version{Minor: 14}},
	{name: "ali-vpc", since: fact.Version{Minor: 8}, until: v0_20},
	{name: "aws-vpc", until: v0_20},
	{name: "gce", until: v0_20},
}

func backendByName(name string) (backendRow, bool) {
	for _, r := range backendRows {
		if r.name == name {
			return r, true
		}
	}
	return backendRow{}, false
}

// backendNames returns the types of backend that flannel of that release knows, in a fixed order. The zero version
// means the newest.
func backendNames(version fact.Version) []string {
	version = version.Or(fact.NewestFlannel())
	var out []string
	for _, r := range backendRows {
		if r.in(version) {
			out = append(out, r.name)
		}
	}
	return out
}

func (r backendRow) in(version fact.Version) bool {
	return !version.Before(r.since) && (r.until.IsZero() || version.Before(r.until))
}

// ParseBackend returns the backend that c asks for, as flannel of that release looks it up: its type without regard to
// case (pkg/backend/manager.go GetBackend), its options decoded by the backend itself. The zero version means the
// newest.
// The error is a *[BackendError].
func (c NetConf) ParseBackend(version fact.Version) (Backend, error) {
	version = version.Or(fact.NewestFlannel())
	name := strings.ToLower(c.BackendType)
	row, ok := backendByName(name)
	if !ok || !row.in(version) {
		e := &BackendError{Pos: c.pos("Backend.Type", "Backend"), Type: name, Message: "Error fetching backend: unknown backend type: " + name, Unknown: true}
		switch {
		case name == "":
			e.Mend = `give Backend a Type: "Backend": {"Type": "vxlan"}`
		case ok && version.Before(row.since):
			e.Mend = fmt.Sprintf("%s came with flannel %v, this is %v; use another type, such as vxlan", name, row.since, version)
		case ok:
			e.Mend = fmt.Sprintf("%s was removed in flannel %v, this is %v; use another type, such as vxlan", name, row.until, version)
		default:
			e.Mend = "flannel knows " + strings.Join(backendNames(version), ", ")
			if s := suggest.Nearest(name, backendNames(version)); s != "" {
				e.Mend += "; " + s + " was probably meant"
			}
		}
		return Backend{Type: name}, e
	}
	b := Backend{Type: name, VNI: 1, Port: row.port}
	if name != "vxlan" {
		b.VNI = 0
	}
	if c.Backend == "" {
		return b, nil
	}
	if err := b.options(c, row, version); err != nil {
		e := &BackendError{Pos: c.Pos("Backend"), Type: name, Message: "Error registering network: " + err.Error()}
		var wrong *decodeError
		switch {
		case errors.Is(err, errMode):
			e.Pos = c.pos("Backend.Mode", "Backend")
		case errors.Is(err, errPSK):
			e.Pos = c.pos("Backend.PSK", "Backend")
		case errors.As(err, &wrong) && wrong.key != "":
			e.Pos = c.pos("Backend."+wrong.key, "Backend")
		}
		switch {
		case errors.Is(err, errMode):
			e.Mend = "Mode is separate, auto, ipv4 or ipv6"
		case errors.Is(err, errPSK):
			e.Mend = "PSK has at least 96 characters, such as dd if=/dev/urandom count=48 bs=1 status=none | xxd -p -c 48 gives"
		default:
			what := strings.ToUpper(name) + " "
			if name == "wireguard" {
				what = ""
			}
			e.Message = fmt.Sprintf("Error registering network: error decoding %sbackend config: %v", what, err)
			e.Mend = "numbers and true or false stand without quotes, names in quotes"
		}
		return b, e
	}
	return b, nil
}

// pos returns the place of the first of the names that is written.
func (c NetConf) pos(names ...string) fact.Position {
	for _, name := range names {
		if k, ok := c.Key(name); ok {
			return k.Value
		}
	}
	return fact.Position{File: c.File}
}

// What backends answer to options that they can decode (pkg/backend/wireguard/wireguard.go,
// pkg/backend/ipsec/ipsec.go).
var (
	errMode = errors.New("no valid Mode configured")
	errPSK  = errors.New("config error, password is too short")
)

// options decodes the options of the type; each backend decodes into its own struct, so that an option of another type
// is passed over whatever it holds.
func (b *Backend) options(c NetConf, row backendRow, version fact.Version) error {
	var o backendOptionValues
	fields := o.fields(row.name)
	if fields == nil {
		return nil
	}
	f, err := source.New(c.File, []byte(c.Backend), source.Limits{})
	if err != nil {
		return err
	}
	if _, msg := source.JSONSyntax(f.Data); msg != "" {
		return errors.New(msg)
	}
	root, err := f.JSON()
	if err != nil {
		return err
	}
	if wrong := decodeObject(root, "", "struct", fields); wrong != nil {
		return wrong
	}
	switch row.name {
	case "vxlan":
		set(&b.VNI, o.vni)
		if o.port != nil && *o.port != 0 {
			b.Port = *o.port
		}
		b.mtu(o.mtu, row, version)
		b.DirectRouting = o.directRouting
	case "wireguard":
		set(&b.Port, o.listenPort)
		b.mtu(o.mtu, row, version)
		switch o.mode {
		case "", "separate", "auto", "ipv4", "ipv6":
		default:
			return errMode
		}
	case "udp":
		set(&b.Port, o.port)
	case "ipip":
		b.DirectRouting = o.directRouting
	case "ipsec":
		b.UDPEncap = o.udpEncap
		if len(o.psk) < 96 {
			return errPSK
		}
	}
	return nil
}

// backendOptionValues are the options that backends decode.
type backendOptionValues struct {
	vni, port, mtu, listenPort, listenPortV6 *int
	keepalive                                int
	gbp, learning, directRouting, udpEncap   bool
	psk, mode, espProposal                   string
}

// fields returns the options that a type of backend decodes.
func (o *backendOptionValues) fields(backend string) []field {
	switch backend {
	case "vxlan":
		return []field{{"VNI", &o.vni}, {"Port", &o.port}, {"MTU", &o.mtu}, {"GBP", &o.gbp}, {"Learning", &o.learning},
			{"DirectRouting", &o.directRouting}}
	case "wireguard":
		return []field{{"ListenPort", &o.listenPort}, {"ListenPortV6", &o.listenPortV6}, {"MTU", &o.mtu}, {"PSK", &o.psk},
			{"PersistentKeepaliveInterval", &o.keepalive}, {"Mode", &o.mode}}
	case "udp":
		return []field{{"Port", &o.port}}
	case "ipip":
		return []field{{"DirectRouting", &o.directRouting}}
	case "ipsec":
		return []field{{"UDPEncap", &o.udpEncap}, {"ESPProposal", &o.espProposal}, {"PSK", &o.psk}}
	}
	return nil
}

func set(dst *int, v *int) {
	if v != nil {
		*dst = *v
	}
}

func (b *Backend) mtu(v *int, row backendRow, version fact.Version) {
	if v != nil && row.hasMTU && !version.Before(row.mtuKey) {
		b.MTUKey, b.MTUSet = *v, true
	}
}

// overhead returns the bytes that the backend takes from the underlay's MTU, whatever the family of the underlay; for
// VXLAN over IPv6 the true cost is 20 bytes more, see [Backend.DeviceMTU].
func (b Backend) overhead() int {
	row, _ := backendByName(b.Type)
	if b.UDPEncap {
		return row.overhead + 8
	}
	return row.overhead
}

// MTUOver returns the MTU that flannel writes to subnet.env on an interface of uplink bytes, 1500 if uplink is 0. The
// MTU option counts in place of the interface's; what is too small for the overhead, MTU 0 among it, gives a negative
// number, which flannel writes and its CNI plugin refuses.
func (b Backend) MTUOver(uplink int) int {
	if uplink == 0 {
		uplink = 1500
	}
	if b.MTUSet {
		uplink = b.MTUKey
	}
	return uplink - b.overhead()
}

// DeviceMTU returns the MTU that flannel's own device gets over an underlay of family f on an interface of uplink
// bytes, 1500 if uplink is 0: no more than the kernel allows. It is less than [Backend.MTUOver] where packets of the
// size in subnet.env do not fit: for VXLAN over IPv6, which costs 70 bytes and not 50, and for an MTU option above the
// interface's MTU. For backends without a device it is the interface's MTU.
func (b Backend) DeviceMTU(uplink int, f fact.Family) int {
	if uplink == 0 {
		uplink = 1500
	}
	want := b.MTUOver(uplink)
	switch b.Type {
	case "vxlan":
		most := uplink - 50
		if f == fact.IPv6 {
			most = uplink - 70
		}
		return min(want, most)
	case "wireguard":
		return want
	}
	return want
}

// carriesIPv6 reports whether the backend carries IPv6 packets; the others hand out IPv6 subnets all the same and
// move nothing.
func (b Backend) carriesIPv6() bool {
	row, _ := backendByName(b.Type)
	return row.ipv6
}

// MTU returns the MTU that flannel of that release writes to subnet.env on an interface of uplink bytes, 1500 if uplink
// is 0. The error is a *[BackendError] for a backend that flannel does not take.
func (c NetConf) MTU(uplink int, version fact.Version) (int, error) {
	b, err := c.ParseBackend(version)
	if err != nil {
		return 0, err
	}
	return b.MTUOver(uplink), nil
}
