package walk

import (
	"errors"
	"iter"
	"reflect"
	"runtime/debug"
	"testing"
)

type function struct {
	name string
	f    any
}

type named struct {
	name string
	typ  reflect.Type
}

// How often each function, and each method, is called in a pass. Results of the first pass are arguments of the second.
const (
	passes = 2
	rounds = 40
)

// TestWalk calls every exported function and every method of every exported type. Arguments and receivers are zero values, ends of
// number ranges, broken and whole texts, values with any fields, and what other calls returned. Nothing panics, each call
// ends, no error is without a text, and sequences can be ranged over twice and be left.
//
// A nil pointer is an argument like any other.
func TestWalk(t *testing.T) {
	m := newMaker(t)
	for range passes {
		for _, fn := range functions {
			t.Run(fn.name, func(t *testing.T) {
				for range rounds {
					m.call(t, fn.name, reflect.ValueOf(fn.f), reflect.Value{})
				}
			})
		}
		for _, typ := range types {
			pointer := reflect.PointerTo(typ.typ)
			for i := range pointer.NumMethod() {
				method := pointer.Method(i)
				t.Run(typ.name+"."+method.Name, func(t *testing.T) {
					m.call(t, typ.name+"."+method.Name, method.Func, reflect.New(typ.typ))
					for range rounds {
						m.call(t, typ.name+"."+method.Name, method.Func, m.pointer(typ.typ, 0))
					}
				})
			}
		}
	}
}

// call calls f once, with made arguments behind the receiver, if there is one.
func (m *maker) call(t *testing.T, name string, f reflect.Value, receiver reflect.Value) {
	t.Helper()
	var args []reflect.Value
	if receiver.IsValid() {
		args = append(args, receiver)
	}
	m.small = isCount[name]
	for i := len(args); i < f.Type().NumIn(); i++ {
		args = append(args, m.value(f.Type().In(i), 0))
	}
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s(%s) panics: %v\n%s", name, describe(args), r, debug.Stack())
		}
	}()
	var out []reflect.Value
	if f.Type().IsVariadic() {
		out = f.CallSlice(args)
	} else {
		out = f.Call(args)
	}
	for _, v := range out {
		if v.Kind() == reflect.Func && !v.IsNil() && isSequence(v.Type()) {
			m.drain(v, 300)
			m.drain(v, 300)
			m.drain(v, 1)
			continue
		}
		if err, ok := v.Interface().(error); ok && !isNil(v) && err.Error() == "" {
			t.Errorf("%s(%s): an error without a text", name, describe(args))
		}
		m.keep(v)
	}
}

// isCount are the functions that do as much work as their number says; they are given small ones.
var isCount = map[string]bool{"cidrtest.Generated": true}

// isSequence reports whether typ is an iter.Seq or iter.Seq2.
func isSequence(typ reflect.Type) bool {
	return typ.NumIn() == 1 && typ.NumOut() == 0 && typ.In(0).Kind() == reflect.Func && typ.In(0).NumOut() == 1 && typ.In(0).Out(0).Kind() == reflect.Bool
}

// drain ranges over a sequence for n steps at most.
func (m *maker) drain(seq reflect.Value, n int) {
	var all iter.Seq[reflect.Value]
	if seq.Type().In(0).NumIn() == 1 {
		all = seq.Seq()
	} else {
		all = func(yield func(reflect.Value) bool) {
			for v, w := range seq.Seq2() {
				if m.keep(w); !yield(v) {
					return
				}
			}
		}
	}
	for v := range all {
		m.keep(v)
		if n--; n <= 0 {
			return
		}
	}
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func:
		return v.IsNil()
	}
	return false
}

// errMade is an error of the caller's own.
var errMade = errors.New("made")
