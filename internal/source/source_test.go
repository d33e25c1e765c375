package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/internal/hostile"
	"github.com/kubecidr/kubecidr/plan/fact"
	"pgregory.net/rapid"
)

func mustNew(t testing.TB, data string) *File {
	t.Helper()
	f, err := New("f.yaml", []byte(data), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// dump writes nodes in one line: scalars as line:column "text" with s, n, b or 0 for the kind.
func dump(n *Node) string {
	if n == nil {
		return "-"
	}
	at := fmt.Sprintf("%d:%d", n.Pos.Line, n.Pos.Column)
	switch n.Kind {
	case Mapping:
		var b strings.Builder
		b.WriteString(at + "{")
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteString(" ")
			}
			if e.Merged {
				b.WriteString("<<")
			}
			fmt.Fprintf(&b, "%s@%d:%d=%s", e.Key, e.KeyPos.Line, e.KeyPos.Column, dump(e.Value))
		}
		return b.String() + "}"
	case Sequence:
		var parts []string
		for _, v := range n.Items {
			parts = append(parts, dump(v))
		}
		return at + "[" + strings.Join(parts, " ") + "]"
	}
	return at + n.Kind.String()[:1] + fmt.Sprintf("%q", n.Text)
}

func dumpAll(docs []*Node) string {
	var parts []string
	for _, d := range docs {
		parts = append(parts, dump(d))
	}
	return strings.Join(parts, " | ")
}

func TestYAML(t *testing.T) {
	for _, tt := range []struct{ name, in, want, err string }{
		{"empty file holds no document", "", "", ""},
		{"comments alone hold no document", "# x\n\n", "", ""},
		{"one document", "a: 1\n", `1:1{a@1:1=1:4n"1"}`, ""},
		{"leading marker", "---\na: x\n", `2:1{a@2:1=2:4s"x"}`, ""},
		{"lines of later documents count from the top of the file", "a: 1\n---\nb: 2\n---\n# none\n---\nc: 3", `1:1{a@1:1=1:4n"1"} | 3:1{b@3:1=3:4n"2"} | - | 7:1{c@7:1=7:4n"3"}`, ""},
		{"value behind the marker", "--- {a: 1}\n--- b\n", `1:5{a@1:6=1:9n"1"} | 2:5s"b"`, ""},
		{"directive", "%YAML 1.1\n---\na: 1\n...\n# end\n", `3:1{a@3:1=3:4n"1"}`, ""},
		{"a marker within a block scalar's indentation is text", "a: |\n  ---\n  x\nb: 1\n", `1:1{a@1:1=1:4s"---\nx\n" b@4:1=4:4n"1"}`, ""},
		{"column counts bytes", "ä: [ö, x]\n", `1:1{ä@1:1=1:5[1:6s"ö" 1:10s"x"]}`, ""},
		{"kinds", "[~, true, 1, 0x1F, 1.5, 'true', yes, \"1\", '', 010, 1_8]\n", `1:1[1:2n"~" 1:5b"true" 1:11n"1" 1:14n"0x1F" 1:20n"1.5" 1:25s"true" 1:33s"yes" 1:38s"1" 1:43s"" 1:47n"010" 1:52n"1_8"]`, ""},
		{"alias is the value that it names", "a: &x {b: 1}\nc: *x\n", `1:1{a@1:1=1:7{b@1:8=1:11n"1"} c@2:1=1:7{b@1:8=1:11n"1"}}`, ""},
		{"anchor on the line before", "a: &x\n  b: 1\nc: !!str 5\n", `1:1{a@1:1=2:3{b@2:3=2:6n"1"} c@3:1=3:10s"5"}`, ""},
		{"merge key: it wins over what stands above it", "x: &x {a: 1, b: 2}\ny:\n  a: 3\n  <<: *x\n", `1:1{x@1:1=1:7{a@1:8=1:11n"1" b@1:14=1:17n"2"} y@2:1=3:3{a@3:3=3:6n"3" <<a@1:8=1:11n"1" <<b@1:14=1:17n"2"}}`, ""},
		{"merge key: what is written below it wins", "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  a: 3\n", `1:1{x@1:1=1:7{a@1:8=1:11n"1" b@1:14=1:17n"2"} y@2:1=3:3{<<a@1:8=1:11n"1" <<b@1:14=1:17n"2" a@4:3=4:6n"3"}}`, ""},
		{"merge list: the earlier wins, so it stands last", "y:\n  <<: [{a: 1}, {a: 2}]\n", `1:1{y@1:1=2:3{<<a@2:17=2:20n"2" <<a@2:9=2:12n"1"}}`, ""},
		{"merge of something else", "<<: 5\n", "", "f.yaml:1:1: merge key << needs a mapping, or a list of mappings"},
		{"alias inside its own value", "a: &x [1, *x]\n", "", "f.yaml:1:11: alias *x stands inside the value that it refers to"},
		{"a secret under asterisks", "a: ****\nb:\n  - **\nc: 1\n", `1:1{a@1:1=1:4s"xxxx" b@2:1=3:3[3:5s"xx"] c@4:1=4:4n"1"}`, ""},
		{"unknown alias", "a: 1\nb: *x\n", "", "f.yaml:2:4: an alias of an anchor that the file does not have"},
		{"null as a key, which the YAML library of Kubernetes refuses as well", "a:\n  ~: b\n", "", "f.yaml:2:3: a null cannot be a key; write a name, with a colon and a blank behind it"},
		{"list as a key", "? [a]\n: b\n", "", "f.yaml:1:3: a sequence cannot be a key; write a name, with a colon and a blank behind it"},
		{"documents before an error are returned", "a: 1\n---\nb: [\n---\nc: 1\n", `1:1{a@1:1=1:4n"1"}`, "f.yaml:3:1: a value is missing"},
		{"tab as indentation", "a:\n\tb: 1\n", "", "f.yaml:2:1: a tab; YAML is indented with blanks"},
		{"wrong indentation", "networking:\n  podSubnet: 10.244.0.0/16\n serviceSubnet: 10.96.0.0/12\n", "", "f.yaml:3:2: did not find expected key: is the line indented like its neighbours?"},
		{"indented too far", "a: 1\n  b: 2\n", "", "f.yaml:2:4: mapping values are not allowed in this context: a value cannot hold \": \" unless it is in quotes, or this line is indented too far"},
		{"missing colon", "a: 1\nb\nc: 2\n", "", "f.yaml:2:1: a key without its colon: is the line indented like its neighbours?"},
		{"quote not closed", "a: 1\nb: \"x\nc: 2\n", "", "f.yaml:2:1: a quoted text that does not end"},
		{"text after a document", "{a: 1}\nb: 2\n", `1:1{a@1:2=1:5n"1"}`, "f.yaml:2:1: text after the end of the document"},
		{"control character", "a: \x00\n", "", "f.yaml:1:4: control character U+0000 is not allowed in YAML; is this a text file?"},
		{"no UTF-8", "a: b\nc: \xe9t\xe9\n", "", "f.yaml:2:4: byte 0xe9 is no UTF-8; save the file as UTF-8"},
		{"CRLF", "a: 1\r\nb: |\r\n  x\r\n  y\r\n", `1:1{a@1:1=1:4n"1" b@2:1=2:4s"x\ny\n"}`, ""},
		{"lone CR", "a: 1\rb: 2\r", `1:1{a@1:1=1:4n"1" b@2:1=2:4n"2"}`, ""},
		{"byte order mark", "\xef\xbb\xbfa: 1\n", `1:1{a@1:1=1:4n"1"}`, ""},
		{"YAML 1.1's other line breaks are none", "a: x\u0085\u2028y\nb: 1\n", `1:1{a@1:1=1:4s"x\u00a0\u2007y" b@2:1=2:4n"1"}`, ""},
		{"prompt above", "$ kubectl -n kube-system get cm kube-flannel-cfg -o yaml\napiVersion: v1\nkind: X\n", `2:1{apiVersion@2:1=2:13s"v1" kind@3:1=3:7s"X"}`, ""},
		{"table head above", "NAME               DATA   AGE\nkube-flannel-cfg   2      41d\napiVersion: v1\n", `3:1{apiVersion@3:1=3:13s"v1"}`, ""},
		{"warning above", "W1123 06:00:00.123456    1234 configset.go:348] WARNING: kubeadm cannot validate component configs\nkind: X\n", `2:1{kind@2:1=2:7s"X"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			docs, err := mustNew(t, tt.in).YAML()
			if got := dumpAll(docs); got != tt.want {
				t.Errorf("YAML(%q)\n got %s\nwant %s", tt.in, got, tt.want)
			}
			msg := ""
			if err != nil {
				msg = err.Error()
				var e *Error
				if !errors.As(err, &e) {
					t.Errorf("error is a %T", err)
				}
			}
			if msg != tt.err {
				t.Errorf("YAML(%q) error\n got %s\nwant %s", tt.in, msg, tt.err)
			}
		})
	}
}

func TestUTF16(t *testing.T) {
	text := "a: \"é😀\"\r\nb: 2\r\n"
	var le, be []byte
	for _, u := range utf16.Encode([]rune(text)) {
		le = append(le, byte(u), byte(u>>8))
		be = append(be, byte(u>>8), byte(u))
	}
	const want = `1:1{a@1:1=1:4s"é😀" b@2:1=2:4n"2"}`
	for _, tt := range []struct {
		name string
		in   []byte
		enc  Encoding
	}{
		{"LE with mark", append([]byte{0xff, 0xfe}, le...), UTF16LE},
		{"BE with mark", append([]byte{0xfe, 0xff}, be...), UTF16BE},
		{"LE", le, UTF16LE},
		{"BE", be, UTF16BE},
	} {
		f, err := New("f", tt.in, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		docs, err := f.YAML()
		if got := dumpAll(docs); got != want || err != nil || f.Encoding != tt.enc || !f.CR {
			t.Errorf("%s: got %s, %v, %s, CR %t; want %s, %s", tt.name, got, err, f.Encoding, f.CR, want, tt.enc)
		}
	}
	f, err := New("f", []byte{0xff, 0xfe, 'a', 0, 0x00, 0xd8, 'b'}, Limits{})
	if want := "a\uFFFD\uFFFD"; err != nil || string(f.Data) != want {
		t.Errorf("half a surrogate and an odd byte: got %q, %v, want %q", f.Data, err, want)
	}
}

func TestJSON(t *testing.T) {
	for _, tt := range []struct{ name, in, want, err string }{
		{"object", "{\"a\": [1, true,\n null], \"b\": {\"c\": \"x\\ny\"}}", `1:1{a@1:2=1:7[1:8n"1" 1:11b"true" 2:2n"null"] b@2:9=2:14{c@2:15=2:20s"x\ny"}}`, ""},
		{"number as written", " 1e400 ", `1:2n"1e400"`, ""},
		{"empty", "", "", "f.yaml:1:1: unexpected end of JSON input"},
		{"blank", " \n", "", "f.yaml:1:1: unexpected end of JSON input"},
		{"cut off", "{\"a\":\n", "", "f.yaml:1:6: unexpected end of JSON input"},
		{"trailing text", "{}\ntext", "", "f.yaml:2:1: invalid character 't' after top-level value"},
		{"trailing comma", "{\"a\":1,\n}", "", "f.yaml:2:1: invalid character '}' looking for beginning of object key string"},
		{"prompt above", "$ kubectl get nodes -o json\n{\"a\": 1}", `2:1{a@2:2=2:7n"1"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := mustNew(t, tt.in).JSON()
			got, msg := "", ""
			if n != nil {
				got = dump(n)
			}
			if err != nil {
				msg = err.Error()
			}
			if got != tt.want || msg != tt.err {
				t.Errorf("JSON(%q)\n got %s %s\nwant %s %s", tt.in, got, msg, tt.want, tt.err)
			}
		})
	}
}

func TestDuplicates(t *testing.T) {
	in := "a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\nx: &x {q: 1}\ny:\n  <<: *x\n  q: 2\n---\na: 3\na: 4\na: 5\n"
	f := mustNew(t, in)
	if _, err := f.YAML(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range f.Duplicates() {
		got = append(got, fmt.Sprintf("%s %d:%d %d:%d", d[1].Key, d[0].KeyPos.Line, d[0].KeyPos.Column, d[1].KeyPos.Line, d[1].KeyPos.Column))
	}
	want := "c 2:5 2:17, a 1:1 3:1, a 9:1 10:1, a 10:1 11:1"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("Duplicates = %s, want %s", s, want)
	}
	// many keys take another path
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, "k%d: 1\n", i%19)
	}
	f = mustNew(t, b.String())
	if _, err := f.YAML(); err != nil {
		t.Fatal(err)
	}
	if d := f.Duplicates(); len(d) != 1 || d[0][0].KeyPos.Line != 1 || d[0][1].KeyPos.Line != 20 {
		t.Errorf("Duplicates of 20 keys = %v, want k0 in lines 1 and 20", d)
	}
}

// positionOf finds the word in the inner file and tells where it is in the outer one.
func positionOf(t *testing.T, f *File, word string) fact.Position {
	t.Helper()
	i := strings.Index(string(f.Data), word)
	if i < 0 {
		t.Fatalf("%q is not in %q", word, f.Data)
	}
	return f.Position(i)
}

func TestNodeFile(t *testing.T) {
	// In each, X is searched in the text of the scalar, and has to be found where X stands in the file.
	for _, tt := range []struct{ name, in string }{
		{"literal", "a: |\n  {\n    \"n\": X\n  }\n"},
		{"literal, first line", "a: |\n  X\n"},
		{"strip", "a: |-\n  {\n\n    \"n\": X\n  }"},
		{"keep", "a: |+\n\n\n  b\n  X\n\n\n"},
		{"indentation indicator", "a: |2\n      b\n    X\n"},
		{"comment in the header", "a: |  # X-less comment\n  b X\n"},
		{"folded", "a: >\n  b\n  c\n  X\n"},
		{"folded with blank lines", "a: >-\n  b\n\n\n  c\n    more\n  X y\n"},
		{"in a list", "- - |\n   b\n   X\n"},
		{"plain", "a: b c X\n"},
		{"plain on several lines", "a: b\n  c\n\n  d X\n"},
		{"single quotes", "a: 'it''s\n  b ''X''  '\n"},
		{"double quotes with escapes", `a: "{\n  \"n\": X\n}"` + "\n"},
		{"double quotes, unicode escapes", `a: "\u00e4\x41\U0001F600\t X"` + "\n"},
		{"double quotes, escaped line end", "a: \"b \\\n  \\  c\\tX\"\n"},
		{"double quotes folded", "a: \"b\n   c\n\n   X\"\n"},
		{"tag and anchor", "a: !!str &x |\n  b\n  X\n"},
		{"anchor and plain", "a: &anchor X\n"},
		{"kubectl's quoted form", `a: "{\n\t\"Network\": \"X\",\n\t\"B\": {}\n}\n"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			outer := mustNew(t, tt.in)
			docs, err := outer.YAML()
			if err != nil {
				t.Fatal(err)
			}
			n := docs[0].Get("a")
			if n == nil {
				n = docs[0].Items[0].Items[0]
			}
			in := n.File()
			got := positionOf(t, in, "X")
			at := strings.LastIndex(tt.in, "X")
			if want := outer.Position(at); got != want {
				t.Errorf("X in %q is said to stand at %v, want %v", tt.in, got, want)
			}
			if end := in.Position(len(in.Data)); end.Compare(got) < 0 {
				t.Errorf("end at %v, before X", end)
			}
		})
	}
}

// Blanks that are part of a value stand directly before the character that they indent.
func TestNodeFileBlanks(t *testing.T) {
	for _, tt := range []struct {
		in        string
		out       int // byte of the text
		line, col int
	}{
		{"a: |\n  b\n    X\n", 2, 3, 3},
		{"a: |\n  b\n    X\n", 3, 3, 4},
		{"a: |\n  b\n\n\n    X\n", 4, 5, 3},
		{"a: |\n  b\n    X\n", 1, 2, 4},            // the line end
		{"a: \"b\\n  X\"\n", 2, 1, 8},              // behind an escape
		{"a: >\n  b\n\n      c\n    X\n", 4, 4, 4}, // more indented, so not folded
	} {
		outer := mustNew(t, tt.in)
		docs, err := outer.YAML()
		if err != nil {
			t.Fatal(err)
		}
		f := docs[0].Get("a").File()
		if got := f.Position(tt.out); got.Line != tt.line || got.Column != tt.col {
			t.Errorf("byte %d of %q (in %q) is said to stand at %v, want %d:%d", tt.out, f.Data, tt.in, got, tt.line, tt.col)
		}
	}
}

func TestNodeFileJSON(t *testing.T) {
	in := "{\"data\": {\n \"net-conf.json\": \"{\\n  \\\"Network\\\": \\\"10.244.0.0/16\\\",\\n \\\"\\u0042ackend\\\": {\\\"Type\\\": \\\"X\\\"}}\\ud83d\\ude00\"}}"
	outer := mustNew(t, in)
	n, err := outer.JSON()
	if err != nil {
		t.Fatal(err)
	}
	f := n.Get("data", "net-conf.json").File()
	for _, word := range []string{"Network", "10.244", "ackend", "X"} {
		if got, want := positionOf(t, f, word), outer.Position(strings.Index(in, word)); got != want {
			t.Errorf("%s: got %v, want %v", word, got, want)
		}
	}
	// A value of the inner JSON knows its place too, and a file inside of it would.
	inner, err := mustNew(t, "x: |\n  {\"a\": \"b\\nc\"}\n").YAML()
	if err != nil {
		t.Fatal(err)
	}
	j, err := inner[0].Get("x").File().JSON()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := j.Get("a").Pos, (fact.Position{File: "f.yaml", Line: 2, Column: 9}); got != want {
		t.Errorf("inner value at %v, want %v", got, want)
	}
	if got, want := positionOf(t, j.Get("a").File(), "c"), (fact.Position{File: "f.yaml", Line: 2, Column: 13}); got != want {
		t.Errorf("inner text at %v, want %v", got, want)
	}
}

func TestNil(t *testing.T) {
	var n *Node
	var f *File
	if n.Get("a") != nil || n.Str() != "" || n.Value().IsSet() || n.IsSecret() || n.Raw() != nil || n.Offset() != 0 {
		t.Error("a nil Node has something")
	}
	if d := n.File(); len(d.Data) != 0 || d.Position(5).IsValid() || d.Line(1) != "" {
		t.Error("the file of a nil Node has something")
	}
	if f.Line(1) != "" || f.Lines() != 0 || f.Position(0).IsValid() || f.Duplicates() != nil || f.IsHTML() || f.HoldsSecret() || f.Header() != 0 {
		t.Error("a nil File has something")
	}
	if _, err := f.YAML(); err == nil {
		t.Error("a nil File was read")
	}
	if _, err := f.JSON(); err == nil {
		t.Error("a nil File was read")
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("[", 200)
	for _, tt := range []struct {
		name, in string
		lim      Limits
		err      string // of YAML
		errJSON  string
	}{
		{"bytes", "{\"a\": 1}", Limits{Bytes: 7}, "f: 8 bytes, at most 7 are read; give the part of it that matters", ""},
		{"depth", long + strings.Repeat("]", 200), Limits{}, "f:1:101: nested deeper than 100 levels; give a plainer file", "f:1:101: nested deeper than 100 levels; give a plainer file"},
		{"values", "[1, 2, 3, 4]", Limits{Nodes: 4}, "f:1:11: more than 4 values; give the part of it that matters", "f:1:11: more than 4 values; give the part of it that matters"},
		{"exactly the values", "[1, 2, 3]", Limits{Nodes: 5}, "", ""},
		{"raised", long + strings.Repeat("]", 200), Limits{Depth: -1}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, json := range []bool{false, true} {
				f, err := New("f", []byte(tt.in), tt.lim)
				if err == nil {
					if json {
						_, err = f.JSON()
					} else {
						_, err = f.YAML()
					}
				}
				msg := ""
				if err != nil {
					msg = err.Error()
				}
				want := tt.err
				if json && tt.errJSON != "" {
					want = tt.errJSON
				}
				if msg != want {
					t.Errorf("JSON %t: got %q, want %q", json, msg, want)
				}
			}
		})
	}
	f, err := New("f", []byte(strings.Repeat("---\na: 1\n", 4)), Limits{Documents: 3})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := f.YAML()
	if len(docs) != 3 || err == nil || err.Error() != "f:7:1: more than 3 documents; split the file" {
		t.Errorf("four documents: got %d, %v", len(docs), err)
	}
	// Billion laughs: each level refers ten times to the one before.
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	f, _ = New("f", []byte(laughs), Limits{})
	_, err = f.YAML()
	if want := "values once aliases are resolved"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("billion laughs: got %v, want %s", err, want)
	}
	deep := "a0: &a0 [x]\n"
	for i := 1; i < 200; i++ {
		deep += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	f, _ = New("f", []byte(deep), Limits{})
	_, err = f.YAML()
	if want := "levels once aliases are resolved"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("deep aliases: got %v, want %s", err, want)
	}
}

// hostileTexts are texts that make parsers slow.
func hostileTexts() []hostile.Text {
	rep := func(name, unit string) hostile.Text { return hostile.Fill(name, "", unit, "") }
	return []hostile.Text{
		rep("[", "["), rep("{", "{"), rep("- ", "- "), rep("? ", "? "), rep("a: ", "a: "), hostile.Fill("[]", "[", "[],", "]"), rep("tower", strings.Repeat("[", 99)+strings.Repeat("]", 99)+",\n"),
		rep("entries", "a: 1\n"), rep("items", "-\n"), hostile.Fill("flow items", "[", "a,", "]"), hostile.Fill("flow entries", "{", "a: b,", "}"),
		rep("commented", "a: 1 # x\n"), rep("comments", "#\n"), rep("documents", "---\n"), rep("full documents", "--- a\n"), rep("line ends", "\n"), rep("blanks", " "),
		rep("anchors", "&a "), rep("aliases", "*a "), rep("tags", "!a "), rep("quotes", "'"), rep("dquotes", `"`), hostile.Fill("escapes", `"`, `\n`, `"`), rep("colons", ":"), rep("commas", ","),
		rep("plain", "a\n"), rep("letters", "a"), hostile.Fill("literal", "a: |\n", " x\n", ""), hostile.Fill("folded", "a: >\n", " x\n", ""),
		hostile.Fill("quoted in flow", "[", `a: "b,c,d", `, "]"), rep("null bytes", "\x00"), rep("wrong UTF-8", "\xff"), hostile.Fill("alias list", "a: &a [x]\nb: [", "*a, ", "]"),
		hostile.Fill("hidden quotes", "[", `a "b,c,d,e,f,g,h,i,j" c, `, "]"), hostile.Fill("merge", "x: &x {a: 1}\n", "- <<: *x\n", ""), rep("directives", "%TAG ! x\n"), rep("brace lines", "{\n"), hostile.Fill("unclosed", `{"a": `, `"`, ""),
		{Name: "steps", Make: func(size int) string {
			var steps strings.Builder
			for i := 0; steps.Len() < size; i++ {
				steps.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return steps.String()
		}},
	}
}

var hostileReaders = []hostile.Reader{
	{Name: "YAML", Read: func(b []byte) {
		if f, err := New("f", b, Limits{}); err == nil {
			f.YAML()
		}
	}},
	{Name: "JSON", Read: func(b []byte) {
		if f, err := New("f", b, Limits{}); err == nil {
			f.JSON()
		}
	}},
}

func TestHostile(t *testing.T)      { hostile.Test(t, hostileReaders, hostileTexts()) }
func BenchmarkHostile(b *testing.B) { hostile.Bench(b, hostileReaders, hostileTexts()) }

func TestRecognise(t *testing.T) {
	for _, in := range []string{"<!DOCTYPE html>\n<html>", "\n <html lang=en>", "<!-- saved -->\n<html>", "<?xml version='1.0'?>"} {
		if !mustNew(t, in).IsHTML() {
			t.Errorf("%q is not taken for a web page", in)
		}
	}
	for _, in := range []string{"", "a: <html>", "<key>: x"} {
		if mustNew(t, in).IsHTML() {
			t.Errorf("%q is taken for a web page", in)
		}
	}
	for _, in := range []string{
		"apiVersion: v1\nkind: Secret\ndata:\n  token: c2VjcmV0\n", "{\"kind\":\"Secret\",\"data\":{}}", "kind: 'Secret'\r\n", "- kind: Secret # x\n", "kind: Secret\ndata: [",
	} {
		f := mustNew(t, in)
		if !f.HoldsSecret() {
			t.Errorf("%q is not taken for a Secret", in)
		}
		for i := range 6 {
			if strings.Contains(f.Line(i), "c2VjcmV0") {
				t.Errorf("Line(%d) shows %s", i, f.Line(i))
			}
		}
	}
	for _, in := range []string{"", "kind: SecretStore\n", "kind: Role\nresources: [Secret]\n", "# kind of Secret\n"} {
		if mustNew(t, in).HoldsSecret() {
			t.Errorf("%q is taken for a Secret", in)
		}
	}
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"a: 1\n", 0},
		{"", 0},
		{"NAME STATUS\nx\n", 0},
		{"NAME   STATUS   ROLES\nn1     Ready    <none>\n", 0}, // a table alone is no header
		{"root@cp1:~# kubectl get cm x -o yaml\n\napiVersion: v1\n", 2},
		{"PS C:\\> kubectl get cm x -o yaml\n{\n", 1},
		{"kubectl get nodes -o json\n{}\n", 1},
		{"Warning: v1 is deprecated\nkind: List\n", 1},
		{"kubectl: 5\n", 0},
	} {
		if got := mustNew(t, tt.in).Header(); got != tt.want {
			t.Errorf("Header(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestPosition(t *testing.T) {
	f := mustNew(t, "ab\n\nc\n")
	for off, want := range map[int]string{-1: "f.yaml:1:1", 0: "f.yaml:1:1", 2: "f.yaml:1:3", 3: "f.yaml:2:1", 4: "f.yaml:3:1", 5: "f.yaml:3:2", 6: "f.yaml:4:1", 99: "f.yaml:4:1"} {
		if got := f.Position(off).String(); got != want {
			t.Errorf("Position(%d) = %s, want %s", off, got, want)
		}
	}
	for off := range len(f.Data) {
		p := f.Position(off)
		if got := f.Offset(p.Line, p.Column); got != off {
			t.Errorf("Offset(%v) = %d, want %d", p, got, off)
		}
	}
	if f.Lines() != 3 || f.Line(1) != "ab" || f.Line(2) != "" || f.Line(3) != "c" || f.Line(4) != "" || f.Line(0) != "" {
		t.Errorf("lines of %q: %d, %q %q %q", f.Data, f.Lines(), f.Line(1), f.Line(2), f.Line(3))
	}
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{"a: 1\n", "a: |\n  x\n", "a: &x [1]\nb: *x\n", "---\n---\n", "<<: {a: 1}\n", "a: \"\\u00e4\n b\"", "- >\n  a\n\n  b\n", "a: 'b''c'", "0: &0??", "\"\xef0\"", "\x00\x85\x000", "!00 0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := New("f", data, Limits{Bytes: 1 << 16, Nodes: 1000})
		if err != nil {
			return
		}
		docs, _ := file.YAML()
		for _, d := range docs {
			walk(t, file, d)
		}
		if n, err := file.JSON(); err == nil {
			walk(t, file, n)
		}
	})
}

// walk checks that every value and every byte of a scalar's text stands within the file, in order.
func walk(t *testing.T, f *File, n *Node) {
	if n == nil {
		return
	}
	if n.Pos.Line < 1 || n.Pos.Line > len(f.lines) || n.Pos.Column < 1 {
		t.Errorf("value at %v of a file of %d lines", n.Pos, len(f.lines))
	}
	for _, e := range n.Entries {
		walk(t, f, e.Value)
	}
	for _, v := range n.Items {
		walk(t, f, v)
	}
	in := n.File()
	last := fact.Position{File: "f"}
	for i := range in.Data {
		p := in.Position(i)
		if p.Compare(last) < 0 {
			t.Fatalf("byte %d of %q at %v, the one before at %v", i, in.Data, p, last)
		}
		last = p
		if c := in.Data[i]; c > ' ' && c < 0x7f {
			off := f.Offset(p.Line, p.Column)
			if off == len(f.Data) {
				t.Fatalf("byte %d of %q is said to stand at %v, the end", i, in.Data, p)
			}
			if s := f.Data[off]; s != c && s != '\\' {
				t.Fatalf("byte %d of %q (%c) is said to stand at %v, where %q is", i, in.Data, c, p, s)
			}
		}
	}
}

// TestExcerpt: what is shown holds the place at the column that it names, whatever is cut off or masked to its left.
func TestExcerpt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", " ", "ä", "网", "\n", "10.0.0.0/8", "x: y, ", "\xff", "--token=hunter2hunter2 ", "{\"password\":\"hunter2\"}", strings.Repeat("é", 90)}), 1, 60).Draw(t, "text"), "")
		f, err := New("f", []byte(text), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		line := rapid.IntRange(1, f.Lines()+1).Draw(t, "line")
		start, end := f.Offset(line, 1), f.Offset(line, maxInt)
		column := rapid.IntRange(0, end-start+2).Draw(t, "column")
		got, from, chars := f.Excerpt(line, column)
		whole := f.Data[start:end]
		if place := min(max(column, 1)-1, len(whole)); line <= f.Lines() {
			at := place - from
			if at < 0 || at > len(got) {
				t.Fatalf("Excerpt(%d, %d) of %q = %q, %d, %d: the place is outside", line, column, whole, got, from, chars)
			}
			if utf8.Valid(f.Data) && utf8.RuneStart(append(whole[:len(whole):len(whole)], 'x')[place]) && chars+utf8.RuneCountInString(got[:at]) != utf8.RuneCount(whole[:place]) {
				t.Fatalf("Excerpt(%d, %d) of %q = %q, %d, %d: %d characters stand before it", line, column, whole, got, from, chars, utf8.RuneCount(whole[:place]))
			}
			if !strings.Contains(string(whole), "hunter2") && !strings.HasPrefix(string(whole[place:]), got[at:]) {
				t.Fatalf("Excerpt(%d, %d) of %q = %q, %d: it does not show the place", line, column, whole, got, from)
			}
		}
		if strings.Contains(got, "--token=h") || strings.Contains(got, "word\":\"h") {
			t.Fatalf("Excerpt(%d, %d) of %q = %q shows a secret", line, column, whole, got)
		}
		if utf8.RuneCountInString(got) > 2*around+len("***")*20 {
			t.Fatalf("Excerpt(%d, %d) of %q shows %d characters", line, column, whole, utf8.RuneCountInString(got))
		}
	})
}
