package cidr_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
)

// walkFuncs are the functions of the package. MustParse is not among them: to panic is what it is for.
var walkFuncs = map[string]any{
	"Atlas": cidr.Atlas, "AtlasByName": cidr.AtlasByName, "AtlasNames": cidr.AtlasNames, "Buddy": cidr.Buddy, "Check": cidr.Check,
	"Common": cidr.Common, "Contains": cidr.Contains, "First": cidr.First, "FormatCount": cidr.FormatCount,
	"FormatPow2": cidr.FormatPow2, "FromIPNet": cidr.FromIPNet, "HostBits": cidr.HostBits, "IsPrivate": cidr.IsPrivate, "Last": cidr.Last, "Merge": cidr.Merge,
	"NewPool": cidr.NewPool, "NewSpace": cidr.NewSpace, "NewSplit": cidr.NewSplit, "Nth": cidr.Nth, "Overlaps": cidr.Overlaps,
	"Parent": cidr.Parent, "Parse": cidr.Parse, "ParseLenient": cidr.ParseLenient, "ParseList": cidr.ParseList, "Size": cidr.Size,
	"SpacesFrom": cidr.SpacesFrom, "Special": cidr.Special, "SpecialRanges": cidr.SpecialRanges, "ToIPNet": cidr.ToIPNet,
	"Unmap": cidr.Unmap,
}

// walkTypes are the types of the package, and the error types among them, which can be nil.
var walkTypes = map[string]struct {
	reflect.Type
	isError bool
}{
	"Answer":        {reflect.TypeFor[cidr.Answer](), false},
	"CursorError":   {reflect.TypeFor[*cidr.CursorError](), true},
	"Kind":          {reflect.TypeFor[cidr.Kind](), false},
	"LengthError":   {reflect.TypeFor[*cidr.LengthError](), true},
	"ParseError":    {reflect.TypeFor[*cidr.ParseError](), true},
	"Pool":          {reflect.TypeFor[*cidr.Pool](), false},
	"PrefixError":   {reflect.TypeFor[*cidr.PrefixError](), true},
	"ShortageError": {reflect.TypeFor[*cidr.ShortageError](), true},
	"Space":         {reflect.TypeFor[*cidr.Space](), false},
	"SpecialRange":  {reflect.TypeFor[cidr.SpecialRange](), false},
	"Split":         {reflect.TypeFor[cidr.Split](), false},
	"SplitError":    {reflect.TypeFor[*cidr.SplitError](), true},
	"Use":           {reflect.TypeFor[cidr.Use](), false},
}

// TestWalkIsWhole holds the two lists above to the source.
func TestWalkIsWhole(t *testing.T) {
	funcs, types := map[string]bool{}, map[string]bool{}
	files, err := os.ReadDir(".")
	must(t, err)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ParseComments|parser.SkipObjectResolution)
		must(t, err)
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() && d.Name.Name != "MustParse" {
					funcs[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					s, ok := spec.(*ast.TypeSpec)
					if !ok || !s.Name.IsExported() {
						continue
					}
					types[s.Name.Name] = true
					if text := strings.ReplaceAll(d.Doc.Text(), "\n", " "); !strings.Contains(text, "zero "+s.Name.Name) {
						t.Errorf("%s: the comment of %s does not say what its zero value is", f.Name(), s.Name.Name)
					}
				}
			}
		}
	}
	for _, tt := range []struct{ got, want []string }{
		{slices.Sorted(maps.Keys(walkFuncs)), slices.Sorted(maps.Keys(funcs))},
		{slices.Sorted(maps.Keys(walkTypes)), slices.Sorted(maps.Keys(types))},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("walked %v\nthere are %v", tt.got, tt.want)
		}
	}
}

// TestWalk calls every exported function and every exported method with values that callers can make. Nothing panics
// and all of it ends. Sequences are ranged over to their end or for some steps: those of a Split of 2^63 subnets are as
// long as they say.
func TestWalk(t *testing.T) {
	w := newWalker()
	for _, name := range slices.Sorted(maps.Keys(walkFuncs)) {
		w.call(t, name, reflect.ValueOf(walkFuncs[name]), nil)
	}
	methods := 0
	for _, name := range slices.Sorted(maps.Keys(walkTypes)) {
		typ := walkTypes[name]
		for i := range typ.NumMethod() {
			if m := typ.Method(i); !walkHelper[m.Name] {
				w.call(t, name+"."+m.Name, m.Func, w.receivers(typ.Type, typ.isError))
				methods++
			}
		}
	}
	if methods < 55 {
		t.Errorf("%d methods were found", methods)
	}
}

// walkHelper are methods of export_test.go.
var walkHelper = map[string]bool{"Bytes": true, "InRow": true, "Invariant": true}

// A walker makes arguments. It draws at random, and gives the same ones each time.
type walker struct {
	rand   *rand.Rand
	values map[reflect.Type][]reflect.Value
}

func newWalker() *walker {
	w := &walker{rand.New(rand.NewPCG(11, 12)), map[reflect.Type][]reflect.Value{}}
	prefixes := walkPrefixes()
	add(w, prefixes...)
	var addrs []netip.Addr
	for _, p := range prefixes {
		addrs = append(addrs, p.Addr(), cidr.Last(p))
	}
	add(w, append(addrs, netip.MustParseAddr("fe80::1%eth0"))...)
	add(w, nil, []netip.Prefix{{}}, prefixes, slices.Repeat(prefixes[5:6], 40))
	add(w, -1<<63, -129, -1, 0, 1, 24, 31, 32, 33, 63, 64, 65, 127, 128, 129, math.MaxInt)
	add(w, uint64(0), 1, 255, 256, 1<<32-1, 1<<32, 1<<63-1, 1<<63, math.MaxUint64)
	add(w, nil, []int{-1}, []int{0, 0}, []int{128, 128, 1}, slices.Repeat([]int{32}, 1000), []int{math.MinInt, math.MaxInt})
	add(w, "", "/", "10.0.0.0/8", "10.0.2.0/8", "::/0,10.0.0.0/8", "fe80::1%e/64", "::ffff:1.2.3.4/97", "010.1.1.1/08", ",", "\x00/\xff",
		strings.Repeat("1", 1<<16), strings.Repeat(",", 1<<12), "docker", "10.0.0.0/99999999999999999999")
	add(w, cidr.Kind(""), cidr.KindPrivate, "none of them")
	add(w, cidr.NotApplicable, cidr.Yes, 255)
	add[error](w, nil, errors.New("mine"), &cidr.PrefixError{}, cidr.ErrInvalid, cidr.ErrHostBits, cidr.ErrMapped, cidr.ErrOutside,
		cidr.ErrFamily, cidr.ErrLength, cidr.ErrTooMany, cidr.ErrFree, cidr.ErrSyntax, cidr.ErrNoLength, cidr.ErrZone, cidr.ErrLeadingZeros)
	add(w, nil, new(big.Int), big.NewInt(-1), new(big.Int).Lsh(big.NewInt(1), 200))
	var b netipx.IPSetBuilder
	b.AddPrefix(prefixes[5])
	b.AddRange(netipx.MustParseIPRange("::1-ffff::1"))
	set, _ := b.IPSet()
	add(w, nil, new(netipx.IPSet), set)
	add(w, nil, new(net.IPNet), &net.IPNet{IP: net.IP{10}, Mask: net.IPMask{255, 0, 255, 0}}, &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(8, 32)})
	add(w, true, false)
	for _, p := range prefixes {
		for _, bits := range []int{p.Bits(), p.Bits() + 1, p.Bits() + 20, p.Bits() + 63} {
			s, _ := cidr.NewSplit(p, bits)
			add(w, s)
			add(w, cidr.NewPool(s))
		}
		s, err := cidr.NewSpace(p)
		if err != nil {
			s = new(cidr.Space)
		}
		add(w, s)
	}
	add(w, new(cidr.Pool), nil)
	add(w, new(cidr.Space), nil)
	return w
}

// walkPrefixes are the ends of both families, and what is invalid, has host bits or is IPv4-mapped.
func walkPrefixes() []netip.Prefix {
	ps := []netip.Prefix{
		{}, netip.PrefixFrom(netip.Addr{}, 8), netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 64),
		netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), -1), netip.PrefixFrom(netip.MustParseAddr("fe80::1%eth0"), 64),
	}
	for _, s := range []string{
		"10.0.0.0/8", "0.0.0.0/0", "0.0.0.0/32", "255.255.255.255/32", "255.255.255.254/31", "128.0.0.0/1", "10.1.2.3/8",
		"::/0", "::/128", "8000::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "fd00::/48", "fd00::1/64",
		"::ffff:10.0.0.0/104", "::ffff:10.0.0.1/100", "::ffff:0.0.0.0/96", "::ffff:1.2.3.4/90",
	} {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

func add[T any](w *walker, values ...T) {
	typ := reflect.TypeFor[T]()
	for i := range values {
		w.values[typ] = append(w.values[typ], reflect.ValueOf(&values[i]).Elem())
	}
}

// receivers returns values to call the methods of typ on: the zero value, for errors a nil pointer, and structs whose
// fields have any values.
func (w *walker) receivers(typ reflect.Type, isError bool) []reflect.Value {
	if isError {
		out := []reflect.Value{reflect.Zero(typ), reflect.New(typ.Elem())}
		for range 300 {
			v := reflect.New(typ.Elem())
			for i := range v.Elem().NumField() {
				v.Elem().Field(i).Set(w.draw(v.Elem().Field(i).Type()))
			}
			out = append(out, v)
		}
		return out
	}
	out := []reflect.Value{}
	if typ.Kind() != reflect.Pointer {
		out = append(out, reflect.Zero(typ))
	}
	for _, v := range w.values[typ] {
		if typ.Kind() != reflect.Pointer || !v.IsNil() {
			out = append(out, v)
		}
	}
	return out
}

// draw returns a value for an argument or a field of type typ.
func (w *walker) draw(typ reflect.Type) reflect.Value {
	vs := w.values[typ]
	if len(vs) == 0 {
		panic("no values of " + typ.String())
	}
	return fresh(vs[w.rand.IntN(len(vs))])
}

// fresh returns v, and a clone of a pool or a space, so that a call does not change what the next one is given.
func fresh(v reflect.Value) reflect.Value {
	switch x := v.Interface().(type) {
	case *cidr.Pool:
		if x != nil {
			return reflect.ValueOf(x.Clone())
		}
	case *cidr.Space:
		if x != nil {
			return reflect.ValueOf(x.Clone())
		}
	}
	return v
}

// call calls f with each receiver, and with all values where it has one argument and many draws where it has more.
func (w *walker) call(t *testing.T, name string, f reflect.Value, receivers []reflect.Value) {
	typ := f.Type()
	fixed, rounds := 0, 300
	if receivers != nil {
		fixed, rounds = 1, len(receivers)*20
	}
	if typ.NumIn() == fixed {
		rounds = max(1, len(receivers))
	}
	for i := range rounds {
		var args []reflect.Value
		if receivers != nil {
			args = append(args, fresh(receivers[i%len(receivers)]))
		}
		for j := fixed; j < typ.NumIn(); j++ {
			if vs := w.values[typ.In(j)]; typ.NumIn() == fixed+1 && receivers == nil && i < len(vs) {
				args = append(args, fresh(vs[i]))
				continue
			}
			args = append(args, w.draw(typ.In(j)))
		}
		w.callOnce(t, name, f, args)
	}
}

func (w *walker) callOnce(t *testing.T, name string, f reflect.Value, args []reflect.Value) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s(%v) panics: %v", name, describe(args), r)
		}
	}()
	var out []reflect.Value
	if f.Type().IsVariadic() {
		out = f.CallSlice(args)
	} else {
		out = f.Call(args)
	}
	for _, v := range out {
		if v.Kind() == reflect.Func {
			for range 2 { // again from the start
				drain(v, 1000)
			}
			drain(v, 1)
		}
		if err, ok := v.Interface().(error); ok && err.Error() == "" {
			t.Errorf("%s(%v): an error without a text", name, describe(args))
		}
	}
	// A pool and a space are whole afterwards.
	for _, a := range args {
		if s, ok := a.Interface().(interface{ Invariant() error }); ok && !a.IsNil() {
			if err := s.Invariant(); err != nil {
				t.Errorf("%s(%v): %v", name, describe(args), err)
			}
		}
	}
}

// drain ranges over a sequence for at most n steps.
func drain(seq reflect.Value, n int) {
	yield := reflect.MakeFunc(seq.Type().In(0), func([]reflect.Value) []reflect.Value {
		n--
		return []reflect.Value{reflect.ValueOf(n > 0)}
	})
	seq.Call([]reflect.Value{yield})
}

func describe(args []reflect.Value) string {
	var texts []string
	for _, a := range args {
		text := fmt.Sprintf("%T", a.Interface())
		if a.Kind() != reflect.Pointer {
			text += fmt.Sprintf(" %.80v", a.Interface())
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}
