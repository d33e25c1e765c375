package plan_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan"
)

// A maker makes values of any type of this package's API, zero ones and odd ones alike.
type maker struct{ t *rapid.T }

func (m maker) n(max int) int { return rapid.IntRange(0, max).Draw(m.t, "n") }

func (m maker) value(typ reflect.Type, depth int) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ {
	case reflect.TypeFor[netip.Prefix]():
		v.Set(reflect.ValueOf([]netip.Prefix{{}, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"), netip.MustParsePrefix("10.0.0.1/8"),
			netip.MustParsePrefix("255.255.255.255/32"), netip.MustParsePrefix("fd00::/64"), netip.MustParsePrefix("::ffff:10.0.0.0/104"), netip.MustParsePrefix("10.244.0.0/16")}[m.n(7)]))
		return v
	case reflect.TypeFor[netip.Addr]():
		v.Set(reflect.ValueOf([]netip.Addr{{}, netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("::1%eth0")}[m.n(2)]))
		return v
	case reflect.TypeFor[error]():
		if m.n(1) == 1 {
			v.Set(reflect.ValueOf(fmt.Errorf("why")))
		}
		return v
	}
	if m.n(3) == 0 || depth > 5 {
		return v
	}
	switch typ.Kind() {
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt([]int64{0, 1, 2, 16, 24, 64, 110, 1 << 20, 1<<31 - 1, -1 << 31}[m.n(9)])
	case reflect.Uint64, reflect.Uint8, reflect.Uint:
		v.SetUint([]uint64{1, 4, 6, 255}[m.n(3)])
	case reflect.Float64:
		v.SetFloat([]float64{-1, 1, 2, 1e300}[m.n(3)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString([]string{"hosts", "services", "pods", "10.0.0.0/8", "nodes", "pin", "\x00", "a,b"}[m.n(7)])
	case reflect.Pointer:
		if typ.Elem() != reflect.TypeFor[plan.Plan]() || depth < 3 {
			v.Set(reflect.New(typ.Elem()))
			v.Elem().Set(m.value(typ.Elem(), depth+1))
		}
	case reflect.Slice:
		for range m.n(3) {
			v.Set(reflect.Append(v, m.value(typ.Elem(), depth+1)))
		}
	case reflect.Struct:
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() {
				v.Field(i).Set(m.value(typ.Field(i).Type, depth+1))
			}
		}
	}
	return v
}

// call calls f with made arguments.
func (m maker) call(name string, f reflect.Value) {
	defer func() {
		if x := recover(); x != nil {
			m.t.Fatalf("%s panics: %v", name, x)
		}
	}()
	var args []reflect.Value
	for i := range f.Type().NumIn() {
		in := f.Type().In(i)
		if f.Type().IsVariadic() && i == f.Type().NumIn()-1 {
			in = in.Elem()
		}
		if in.Kind() == reflect.Interface || in.Kind() == reflect.Func {
			return // readers, writers and targets of errors.As
		}
		args = append(args, m.value(in, 0))
	}
	f.Call(args)
}

// TestNoPanics calls every exported function and method with values that nobody would make on purpose.
func TestNoPanics(t *testing.T) {
	types := []any{plan.Plan{}, plan.Request{}, plan.Range{}, plan.Pin{}, plan.Claim{}, plan.Count{}, plan.Capacity{}, plan.FamilyCapacity{}, plan.Growth{},
		plan.InfeasibleError{}, plan.ConflictError{}, plan.LimitError{}, plan.Shortage{}, plan.Demand{}, plan.Obstacle{}, plan.Relaxation{}, plan.Permanence{},
		plan.RequestError{}, plan.SetError{}, plan.UnsoundError{}, plan.RequestKey{}}
	funcs := map[string]any{"New": plan.New, "Check": plan.Check, "HostCount": plan.HostCount, "ULA": plan.ULA, "Rules": plan.Rules, "RequestKeys": plan.RequestKeys, "ParseWaiver": plan.ParseWaiver}
	rapid.Check(t, func(rt *rapid.T) {
		m := maker{rt}
		for _, x := range types {
			v := reflect.New(reflect.TypeOf(x))
			v.Elem().Set(m.value(v.Elem().Type(), 0))
			for i := range v.NumMethod() {
				name := v.Type().Method(i).Name
				if name == "Set" || strings.HasPrefix(name, "Unmarshal") {
					continue // their arguments have tests of their own
				}
				m.call(v.Type().String()+"."+name, v.Method(i))
			}
			_ = fmt.Sprint(v.Interface())
		}
		for name, f := range funcs {
			if name != "New" || rapid.IntRange(0, 9).Draw(rt, "seldom") == 0 {
				m.call(name, reflect.ValueOf(f))
			}
		}
	})
}
