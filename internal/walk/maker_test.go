package walk

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr/cidrtest"
	"github.com/kubecidr/kubecidr/internal/txtar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A maker makes values of any type. It draws at random, and gives the same ones each time.
type maker struct {
	rand      *rand.Rand
	documents []string // files of the incidents
	texts     []string // short texts: ranges, names, flags, keys
	kept      map[reflect.Type][]reflect.Value
	small     bool // numbers are small
}

func newMaker(t *testing.T) *maker {
	t.Helper()
	m := &maker{rand: rand.New(rand.NewPCG(21, 22)), kept: map[reflect.Type][]reflect.Value{}}
	m.texts = []string{
		"", "/", "10.0.0.0/8", "10.244.0.0/16", "10.244.1.0/24", "10.0.2.0/8", "::/0", "fd00::/64", "fd00:1::/48,10.244.0.0/16", "::ffff:1.2.3.4/97", "010.1.1.1/08", ",", "\x00/\xff\x1b[2J",
		strings.Repeat("1", 1<<12), strings.Repeat(",", 1<<8), "10.0.0.0/99999999999999999999", "-1", "0", "18446744073709551616", "24", "1e9",
		"hosts", "services", "pods", "nodes", "pin", "pods=10.244.0.0/16", "docker", "vxlan", "Network", "cluster-cidr", "node-cidr-mask-size", "IPv4", "dual", "worker-1",
		"kube-controller-manager", "--cluster-cidr=10.244.0.0/16", "host-pod-overlap", "1", "2", "nodes", "v1.30.0", "kubectl", "get", "-A", "k3s", "calico",
	}
	bundles, err := filepath.Glob("../../testdata/incidents/*.txtar")
	if err != nil || len(bundles) == 0 {
		t.Fatalf("no incidents: %v", err)
	}
	for i := 0; i < len(bundles); i += 7 {
		a, err := txtar.ParseFile(bundles[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if len(f.Data) < 8<<10 {
				m.documents = append(m.documents, string(f.Data))
			}
		}
	}
	return m
}

// keep remembers a result, as an argument of later calls.
func (m *maker) keep(v reflect.Value) {
	if isNil(v) {
		return
	}
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch list := m.kept[v.Type()]; {
	case len(list) < 12:
		m.kept[v.Type()] = append(list, v)
	default:
		list[m.rand.IntN(len(list))] = v
	}
}

func pick[T any](m *maker, list []T) T { return list[m.rand.IntN(len(list))] }

// document returns a file of an incident, often a damaged one, or a short text.
func (m *maker) document() string {
	d := pick(m, m.documents)
	switch m.rand.IntN(4) {
	case 0:
		d = pick(m, m.texts)
	case 1: // a part is left out
		i := m.rand.IntN(len(d) + 1)
		d = d[:i] + d[min(len(d), i+1+m.rand.IntN(40)):]
	case 2: // cut off
		d = d[:m.rand.IntN(len(d)+1)]
	}
	return d
}

var (
	prefixes = slices.Concat([]netip.Prefix{
		{}, netip.PrefixFrom(netip.Addr{}, 8), netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 64),
		netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), -1), netip.PrefixFrom(netip.MustParseAddr("fe80::1%eth0"), 64),
	}, parsed("10.0.0.0/8", "10.244.0.0/16", "10.244.1.0/24", "10.96.0.0/12", "192.0.2.0/24", "0.0.0.0/0", "0.0.0.0/32", "255.255.255.255/32", "255.255.255.254/31",
		"128.0.0.0/1", "10.1.2.3/8", "::/0", "::/128", "8000::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "fd00::/48", "fd00::1/64",
		"::ffff:10.0.0.0/104", "::ffff:10.0.0.1/100", "::ffff:0.0.0.0/96", "::ffff:1.2.3.4/90"))
	addrs = []netip.Addr{{}, netip.IPv4Unspecified(), netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("10.96.0.10"),
		netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("::ffff:10.0.0.1"), netip.IPv6Unspecified()}
	ints  = []int64{math.MinInt64, math.MinInt32, -129, -1, 0, 1, 2, 16, 24, 31, 32, 33, 64, 110, 127, 128, 129, 1450, 5000, 1 << 20, math.MaxInt32, math.MaxInt64}
	uints = []uint64{0, 1, 4, 6, 24, 32, 64, 128, 255, 256, math.MaxUint32, 1 << 32, 1 << 63, math.MaxUint64}
)

func parsed(texts ...string) (out []netip.Prefix) {
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// special makes values of types whose fields cannot be set, and of interfaces.
func (m *maker) special(typ reflect.Type) (v any, ok bool) {
	switch typ {
	case reflect.TypeFor[netip.Prefix]():
		return pick(m, prefixes), true
	case reflect.TypeFor[netip.Addr]():
		return pick(m, addrs), true
	case reflect.TypeFor[[]byte]():
		return []byte(m.document()), true
	case reflect.TypeFor[*big.Int]():
		return new(big.Int).Lsh(big.NewInt(pick(m, []int64{-1, 0, 1})), uint(m.rand.IntN(200))), true
	case reflect.TypeFor[*net.IPNet]():
		return pick(m, []*net.IPNet{nil, {}, {IP: net.IP{10}, Mask: net.IPMask{255, 0, 255, 0}}, {IP: net.IPv6zero, Mask: net.CIDRMask(8, 32)}}), true
	case reflect.TypeFor[*netipx.IPSet]():
		return new(netipx.IPSet), true
	case reflect.TypeFor[error]():
		return pick(m, []error{nil, errMade, fs.ErrNotExist}), true
	case reflect.TypeFor[io.Reader]():
		return pick(m, []io.Reader{strings.NewReader(m.document()), failing{}}), true
	case reflect.TypeFor[io.Writer]():
		return pick(m, []io.Writer{io.Discard, failing{}}), true
	case reflect.TypeFor[fs.FS]():
		return fstest.MapFS{"a": {Data: []byte(m.document())}, "b/c.yaml": {Data: []byte(m.document())}, "d": {Mode: fs.ModeSymlink, Data: []byte("d")}}, true
	case reflect.TypeFor[fact.Source]():
		return source{m.document()}, true
	case reflect.TypeFor[cidrtest.Allocator]():
		return nil, true
	case reflect.TypeFor[any]():
		return pick(m, []any{nil, 1, new(fact.Finding), new(*fact.Finding), new(error)}), true
	}
	return nil, false
}

// value returns a value for an argument or a field.
func (m *maker) value(typ reflect.Type, depth int) reflect.Value {
	v := reflect.New(typ).Elem()
	if x, ok := m.special(typ); ok {
		if x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return v
	}
	if kept := m.kept[typ]; len(kept) > 0 && m.rand.IntN(2) == 0 {
		return pick(m, kept)
	}
	if depth > 4 || m.rand.IntN(6) == 0 {
		return v
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return m.pointer(typ.Elem(), depth+1)
	case reflect.Struct:
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() && m.rand.IntN(3) > 0 {
				v.Field(i).Set(m.value(typ.Field(i).Type, depth+1))
			}
		}
	case reflect.Slice:
		for range m.rand.IntN(4) {
			v.Set(reflect.Append(v, m.value(typ.Elem(), depth+1)))
		}
	case reflect.Array:
		for i := range typ.Len() {
			v.Index(i).Set(m.value(typ.Elem(), depth+1))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(typ))
		for range m.rand.IntN(3) {
			v.SetMapIndex(m.value(typ.Key(), depth+1), m.value(typ.Elem(), depth+1))
		}
	case reflect.Func:
		v.Set(m.function(typ, depth))
	default:
		m.basic(v)
	}
	return v
}

// function returns a function whose results are the same at each call: several goroutines may call it.
func (m *maker) function(typ reflect.Type, depth int) reflect.Value {
	seed := m.rand.Uint64()
	return reflect.MakeFunc(typ, func([]reflect.Value) (out []reflect.Value) {
		own := *m
		own.rand = rand.New(rand.NewPCG(seed, 0))
		for i := range typ.NumOut() {
			out = append(out, own.value(typ.Out(i), depth+1))
		}
		return out
	})
}

// basic sets a number, a text or a truth value.
func (m *maker) basic(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(m.rand.IntN(2) == 0)
	case v.Kind() == reflect.String && v.Type() != reflect.TypeFor[string](): // an enumeration: mostly one of its names
		v.SetString(pick(m, append(m.texts[:10:10], "hosts", "services", "pods", "error", "warning", "kubeadm", "flannel", "setting", "symptom")))
	case v.Kind() == reflect.String:
		v.SetString(pick(m, m.texts))
	case v.CanInt():
		n := pick(m, ints)
		if m.small {
			n = max(-1, min(n, 3))
		}
		v.SetInt(n)
	case v.CanUint():
		v.SetUint(pick(m, uints))
	case v.CanFloat():
		v.SetFloat(pick(m, []float64{math.Inf(-1), -1, 0, 1, 1.5, 1e300, math.NaN()}))
	}
}

// pointer returns a pointer to a value of typ.
func (m *maker) pointer(typ reflect.Type, depth int) reflect.Value {
	if kept := m.kept[reflect.PointerTo(typ)]; len(kept) > 0 && m.rand.IntN(2) == 0 {
		return pick(m, kept)
	}
	p := reflect.New(typ)
	p.Elem().Set(m.value(typ, depth))
	return p
}

// failing neither reads nor writes.
type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, errMade }
func (failing) Write([]byte) (int, error) { return 0, errMade }

// source is a fact.Source of the caller's own.
type source struct{ text string }

func (s source) FileName() string { return "made" }
func (s source) Text() []byte     { return []byte(s.text) }

// describe writes arguments, long ones cut.
func describe(args []reflect.Value) string {
	var b bytes.Buffer
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		s := func() (s string) {
			defer func() {
				if recover() != nil {
					s = a.Type().String()
				}
			}()
			return fmt.Sprintf("%#v", a.Interface())
		}()
		b.WriteString(s[:min(len(s), 600)])
	}
	return b.String()
}
