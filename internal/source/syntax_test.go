package source

import (
	"strings"
	"testing"
)

// What encoding/json of Go 1.26 says, byte for byte; TestJSONSyntaxAgainstGo compares more, where that is what builds the test.
func TestJSONSyntax(t *testing.T) {
	for _, tt := range []struct {
		in   string
		at   int
		want string
	}{
		{"", 0, "unexpected end of JSON input"},
		{" {} ", 0, ""},
		{`{"a":[1,-0.5e+3,true,false,null,"\u00e9\n"]}`, 0, ""},
		{"{", 1, "unexpected end of JSON input"},
		{"{'a':1}", 1, `invalid character '\'' looking for beginning of object key string`},
		{`{"a" 1}`, 5, "invalid character '1' after object key"},
		{`{"a":1 "b":2}`, 7, `invalid character '"' after object key:value pair`},
		{`{"a":1,}`, 7, "invalid character '}' looking for beginning of object key string"},
		{"[1 2]", 3, "invalid character '2' after array element"},
		{"[1,]", 3, "invalid character ']' looking for beginning of value"},
		{"{} x", 3, "invalid character 'x' after top-level value"},
		{"\xef\xbb\xbf{}", 0, "invalid character 'ï' looking for beginning of value"},
		{"\"a\nb\"", 2, `invalid character '\n' in string literal`},
		{`"\x"`, 2, "invalid character 'x' in string escape code"},
		{`"\u12g4"`, 5, `invalid character 'g' in \u hexadecimal character escape`},
		{"-x", 1, "invalid character 'x' in numeric literal"},
		{"1.", 1, "invalid character ' ' after decimal point in numeric literal"},
		{"1e", 1, "invalid character ' ' in exponent of numeric literal"},
		{"01", 1, "invalid character '1' after top-level value"},
		{"tru", 2, "invalid character ' ' in literal true (expecting 'e')"},
		{"nulk", 3, "invalid character 'k' in literal null (expecting 'l')"},
		{strings.Repeat("[", 10_001), 10_000, "invalid character '[' exceeded max depth"},
	} {
		at, got := JSONSyntax([]byte(tt.in))
		if got != tt.want || got != "" && at != tt.at {
			t.Errorf("JSONSyntax(%.40q) = %d, %q, want %d, %q", tt.in, at, got, tt.at, tt.want)
		}
	}
}

type ownSource struct{ name, text string }

func (s ownSource) FileName() string { return s.name }
func (s ownSource) Text() []byte     { return []byte(s.text) }

// A File is taken as it is, with what it has parsed; any other source is a new one.
func TestOf(t *testing.T) {
	f, err := New("f", []byte("a: 1\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Of(f, Limits{}); got != f || err != nil {
		t.Errorf("Of(f) = %p, %v, want %p", got, err, f)
	}
	if got, err := Of(ownSource{"g", "b: 2\n"}, Limits{}); err != nil || got.Name != "g" || string(got.Data) != "b: 2\n" {
		t.Errorf("Of a source of its own = %+v, %v", got, err)
	}
	var none *File
	for _, s := range []any{nil, none} {
		src, _ := s.(*File)
		if got, err := Of(src, Limits{}); err != nil || len(got.Data) != 0 {
			t.Errorf("Of(%v) = %+v, %v, want an empty file", s, got, err)
		}
	}
	if got, err := Of(nil, Limits{}); err != nil || len(got.Data) != 0 {
		t.Errorf("Of(nil) = %+v, %v, want an empty file", got, err)
	}
}
