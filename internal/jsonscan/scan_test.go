package jsonscan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// read reads one value with the methods that take it, as encoding/json decodes it to any with UseNumber.
func read(s *Scanner) (any, error) {
	switch s.Kind() {
	case Object:
		m := map[string]any{}
		err := s.Object(func(key []byte) error {
			k := string(key)
			v, err := read(s)
			m[k] = v
			return err
		})
		return m, err
	case Array:
		l := []any{}
		err := s.Array(func() error {
			v, err := read(s)
			l = append(l, v)
			return err
		})
		return l, err
	}
	t, k, err := s.Text()
	switch k {
	case Number:
		return json.Number(t), err
	case True, False:
		return k == True, err
	case Null:
		return nil, err
	}
	return t, err
}

// judge reads text in both ways and compares them with encoding/json.
func judge(t *testing.T, text []byte, wrap func(io.Reader) io.Reader) {
	t.Helper()
	var want any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	valid := json.Valid(text)
	if valid {
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("%q: encoding/json is of two minds: %v", text, err)
		}
	}
	s := New("t.json", wrap(bytes.NewReader(text)))
	got, err := read(s)
	if err == nil {
		err = s.End()
	}
	if (err == nil) != valid {
		t.Fatalf("read(%q): error %v, encoding/json valid: %v", text, err, valid)
	}
	if valid {
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("read(%q): (-want +got)\n%s", text, d)
		}
	}
	s = New("t.json", wrap(bytes.NewReader(text)))
	s.Mark(1 << 20)
	err = s.Skip()
	if err == nil {
		b, ok := s.Marked()
		if !ok || !json.Valid(b) {
			t.Fatalf("Marked of %q = %q, %v", text, b, ok)
		}
		err = s.End()
	}
	if (err == nil) != valid {
		t.Fatalf("Skip(%q): error %v, encoding/json valid: %v", text, err, valid)
	}
}

var texts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1E+5`, `1e-`, `1e`, `-1.25e-10`, `+1`, `true`, `tru`, `truex`, `nul`, `null`, `false`,
	``, ` `, `{`, `[`, `[,]`, `[1,]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{"a":1}}`, `[]]`, `[}`, `{]`, `{,}`,
	`{"a":{"b":[1,2,{"c":null}],"d":"x"},"a":2}`, "{\n  \"a\" : [ 1 , 2 ]\n}\r\n", "\t[\r\n]", "\v[]", "[\x00]", "\ufeff[]",
	`"a\"b\\c\/d\b\f\n\r\t"`, `"\u0041\u00e9\u20ac"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ud83d\ud83d\ude00"`, `"\ude00"`, `"\u12"`, `"\u12g4"`, `"\x"`, `"\`,
	"\"\x1f\"", "\"0123456\x1f90123456\"", "[\"01234567890123\x00\"]", "\"\n\"", "\"\x7f\"", "\"\xff\xfe\"", "\"\xe2\x82\"", "\"\xed\xa0\x80\"", `"unclosed`, `"0123456789abcdef0123456789\"01234567"`, `{"k\u0065y":"v"}`, `{"\ud800":1}`,
	"[\n        1,\n                2,\n         3]", `{"a":1}{"b":2}`, `1 2`, `"a" x`, "{\"a\"\n:\n1}", `[[[[[[[[]]]]]]]]`, `[{},{},[]]`, `{"a":[]}`, `[1,{"a":2}]`,
}

func TestAgainstEncodingJSON(t *testing.T) {
	for _, text := range texts {
		judge(t, []byte(text), func(r io.Reader) io.Reader { return r })
		judge(t, []byte(text), iotest.OneByteReader)
		judge(t, []byte(text), iotest.DataErrReader)
	}
}

// Every byte of a text stands at the end of the window once.
func TestWindow(t *testing.T) {
	text := `{"name" : "w\u00e9\ud83d\ude00rker\n", "n": -12.5e+3, "l": [true, false, null, {"k": "0123456789abcdef\\"}]}`
	for i := range len(text) + 2 {
		pad := strings.Repeat(" ", window-i)
		judge(t, []byte(pad+text), func(r io.Reader) io.Reader { return r })
	}
}

func TestDepth(t *testing.T) {
	for _, n := range []int{MaxDepth, MaxDepth + 1} {
		text := []byte(strings.Repeat("[", n) + strings.Repeat("]", n))
		s := New("t.json", bytes.NewReader(text))
		if got, want := s.Skip() == nil, json.Valid(text); got != want {
			t.Errorf("%d deep: accepted %v, encoding/json %v", n, got, want)
		}
	}
}

func TestPositions(t *testing.T) {
	text := "\r\n{\n  \"a\": 1,\n\t\"b\": [\n    \"x\",   {}\n  ], \"é\": true\n}"
	s := New("f.json", iotest.HalfReader(strings.NewReader(text)))
	var got []string
	var walk func() error
	walk = func() error {
		k := s.Kind()
		got = append(got, fmt.Sprintf("%c %v", k, s.Pos()))
		switch k {
		case Object:
			return s.Object(func([]byte) error { return walk() })
		case Array:
			return s.Array(walk)
		}
		return nil
	}
	if err := walk(); err != nil {
		t.Fatal(err)
	}
	want := []string{"{ f.json:2:1", "0 f.json:3:8", "[ f.json:4:7", "\" f.json:5:5", "{ f.json:5:12", "t f.json:6:12"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"a": [1, 2`, `f.json:1:12: the JSON text ends too early: 2 objects or lists are still open; the file is cut off`},
		{"{\n\"a\": tru }", `f.json:2:9: unexpected ' ' in JSON, want the word true`},
		{"[1\n 2]", `f.json:2:2: unexpected '2' in JSON, want "," or "]" after a value of a list`},
		{`{"a" 1}`, `f.json:1:6: unexpected '1' in JSON, want ":" after a key`},
		{"<html>", `f.json:1:1: unexpected '<' in JSON, want a value`},
		{"\"a\xffb\x01\"", `f.json:1:5: unexpected '\x01' in JSON, want no control character inside a string`},
		{"\xff", `f.json:1:1: unexpected byte 0xff in JSON, want a value`},
	} {
		s := New("f.json", strings.NewReader(tt.text))
		err := s.Skip()
		if err == nil || err.Error() != tt.want {
			t.Errorf("Skip(%q) = %v, want %s", tt.text, err, tt.want)
		}
		if again := s.Skip(); again != err {
			t.Errorf("Skip(%q) again = %v, want the same error", tt.text, again)
		}
	}
	s := New("f.json", io.MultiReader(strings.NewReader("[1,"), iotest.ErrReader(io.ErrClosedPipe)))
	if err := s.Skip(); err == nil || !strings.Contains(err.Error(), io.ErrClosedPipe.Error()) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("a", MaxText+1)
	for _, text := range []string{`"` + long + `"`, `{"` + long + `":1}`, strings.Repeat("1", MaxText+1), `"\n` + long + `"`} {
		s := New("f.json", strings.NewReader(text))
		if _, err := read(s); err == nil {
			t.Errorf("a text of %d bytes was taken", len(text))
		}
		if text[0] == '{' {
			continue
		}
		s = New("f.json", strings.NewReader(text))
		if err := s.Skip(); err != nil {
			t.Errorf("a text of %d bytes was not skipped: %v", len(text), err)
		}
	}
	s := New("f.json", strings.NewReader("[\""+long+"\"]"))
	s.Mark(1000)
	if err := s.Skip(); err != nil {
		t.Fatal(err)
	}
	if b, ok := s.Marked(); ok {
		t.Errorf("Marked kept %d bytes, want at most 1000", len(b))
	}
	if cap(s.buf) > 2*window {
		t.Errorf("the window grew to %d bytes", cap(s.buf))
	}
}

func TestDecode(t *testing.T) {
	const text = "{\"a\": \"é😀\"}\n"
	u := utf16.Encode([]rune(text))
	var le, be []byte
	for _, c := range u {
		le = append(le, byte(c), byte(c>>8))
		be = append(be, byte(c>>8), byte(c))
	}
	for _, tt := range []struct{ name, in, want string }{
		{"UTF-8", text, text},
		{"UTF-8 with BOM", "\xef\xbb\xbf" + text, text},
		{"UTF-16 little endian", "\xff\xfe" + string(le), text},
		{"UTF-16 big endian", "\xfe\xff" + string(be), text},
		{"UTF-16 little endian without BOM", string(le), text},
		{"UTF-16 big endian without BOM", string(be), text},
		{"empty", "", ""},
		{"one byte", "1", "1"},
		{"two bytes", "{}", "{}"},
		{"half a character", "\xff\xfe{\x00}", "{\ufffd"},
		{"half a pair", "\xff\xfe{\x00\x3d\xd8", "{\ufffd"},
		{"half a pair, then more", "\xff\xfe\x3d\xd8{\x00", "\ufffd{"},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			got, err := io.ReadAll(Decode(wrap(strings.NewReader(tt.in))))
			if err != nil || string(got) != tt.want {
				t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
			}
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text), uint8(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, n uint8) {
		judge(t, text, func(r io.Reader) io.Reader {
			if n == 0 {
				return r
			}
			return &chunks{r, int(n)}
		})
	})
}

// chunks reads at most n bytes at once.
type chunks struct {
	r io.Reader
	n int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }
