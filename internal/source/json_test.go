package source

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// tree returns a Node as encoding/json decodes the same text.
func treeOf(n *Node) any {
	switch n.Kind {
	case Null:
		return nil
	case Bool:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Sequence:
		list := []any{}
		for _, it := range n.Items {
			list = append(list, treeOf(it))
		}
		return list
	}
	m := map[string]any{}
	for _, e := range n.Entries {
		m[e.Key] = treeOf(e.Value)
	}
	return m
}

// drawJSON returns JSON text with blanks and escapes where they are allowed.
func drawJSON(t *rapid.T, depth int) string {
	blank := func() string { return rapid.SampledFrom([]string{"", "", " ", "\n\t", "  \n"}).Draw(t, "blank") }
	str := func() string {
		return `"` + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "10.0.0.0/8", `\"`, `\\`, `\/`, `\u0041`, `\ud83d\ude00`, `\ud83d`, "ä", "\xff", ":", ",", "{", "]", `\n`, " "}), 0, 5).Draw(t, "text"), "") + `"`
	}
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth > 3 {
		kind %= 3
	}
	switch kind {
	case 0:
		return blank() + str() + blank()
	case 1:
		return blank() + rapid.SampledFrom([]string{"0", "-1.5", "1e9", "2E-3", "12345678901234567890"}).Draw(t, "number") + blank()
	case 2:
		return blank() + rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "word") + blank()
	case 3:
		var items []string
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, drawJSON(t, depth+1))
		}
		return blank() + "[" + strings.Join(items, ",") + blank() + "]" + blank()
	}
	var entries []string
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		entries = append(entries, blank()+str()+blank()+":"+drawJSON(t, depth+1))
	}
	return blank() + "{" + strings.Join(entries, ",") + blank() + "}" + blank()
}

// JSON gives what encoding/json decodes, every value at the place where it stands.
func TestJSONAgainstEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawJSON(t, 0)
		f, err := New("f", []byte(text), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.JSON()
		if err != nil {
			t.Fatalf("JSON(%q): %v", text, err)
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := treeOf(n); !reflect.DeepEqual(got, want) {
			t.Fatalf("JSON(%q) = %#v, encoding/json has %#v", text, got, want)
		}
		values := 0
		var walk func(n *Node)
		walk = func(n *Node) {
			values++
			if !json.Valid(n.Raw()) || f.Offset(n.Pos.Line, n.Pos.Column) != n.Offset() {
				t.Fatalf("%q: value %q at %v, offset %d", text, n.Raw(), n.Pos, n.Offset())
			}
			for _, it := range n.Items {
				walk(it)
			}
			for _, e := range n.Entries {
				if f.Data[f.Offset(e.KeyPos.Line, e.KeyPos.Column)] != '"' {
					t.Fatalf("%q: key %q at %v", text, e.Key, e.KeyPos)
				}
				walk(e.Value)
			}
		}
		walk(n)
		if _, n := countJSON([]byte(text), 1000); n < values || n > values+strings.Count(text, `" `)+strings.Count(text, "\"\n") {
			t.Fatalf("countJSON(%q) = %d, it has %d values", text, n, values)
		}
	})
}

// A file is parsed once, whoever asks, and JSON is not parsed a second time as YAML.
func TestParsedOnce(t *testing.T) {
	for _, text := range []string{"a: 1\nb:\n- 2\n", `{"a": 1, "b": [2], "a": 3}`, "a: 1\na: 2\n"} {
		f, err := New("f", []byte(text), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		first, err := f.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := f.YAML()
		if first[0] != again[0] {
			t.Errorf("%q was parsed twice", text)
		}
		dups := len(f.Duplicates())
		if n, err := f.JSON(); err == nil && n != first[0] {
			t.Errorf("%q was parsed as JSON and as YAML", text)
		}
		if f.YAML(); len(f.Duplicates()) != dups {
			t.Errorf("%q: %d pairs of equal keys, before %d", text, len(f.Duplicates()), dups)
		}
		f.Forget()
		if last, err := f.YAML(); err != nil || last[0] == first[0] || !reflect.DeepEqual(treeOf(last[0]), treeOf(first[0])) {
			t.Errorf("%q after Forget: %v, %v", text, last, err)
		}
	}
	inner := "x: 1 # " + strings.Repeat("x", 2000)
	f, err := New("f", []byte("a: '"+inner+"'\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := f.YAML()
	if err != nil {
		t.Fatal(err)
	}
	in := docs[0].Get("a").File()
	if in != docs[0].Get("a").File() || !bytes.Equal(in.Data, []byte(inner)) {
		t.Error("a file inside of a file is not kept")
	}
}
