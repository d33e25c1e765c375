package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// YAML returns the documents of f, empty ones as nil. The error is an *[Error]; the documents before the first one that
// cannot be read are returned with it.
//
// Lines above the first document that a terminal left there (a prompt with a command, a table, a warning; see
// [File.Header]) are passed over. Aliases are resolved, merge keys (<<) are applied, and what an alias or a merge key
// brings in counts each time for the limit on values. What a merge key brings in wins over what is written above it,
// and loses to what is written below: YAML would have all that is written win, but the library of Kubernetes' programs
// and of Helm goes by the order of the text (sigs.k8s.io/yaml v1.6.0 goyaml.v2/decode.go decoder.mapping). Keys that
// stand twice are no error here, since some programs take them; see [File.Duplicates].
func (f *File) YAML() ([]*Node, error) {
	if f == nil {
		return nil, &Error{Msg: "no file"}
	}
	return f.once(&f.yaml, f.parseYAML)
}

func (f *File) parseYAML() ([]*Node, error) {
	if err := f.checkText(); err != nil {
		return nil, err
	}
	if f.startsAsJSON() {
		// JSON is YAML, and its own parser is faster. What is no JSON may still be YAML.
		if docs, err := f.once(&f.json, f.parseJSON); err == nil || f.valid {
			return docs, err
		}
		f.dups = nil
	}
	c := &converter{f: f, text: withoutMasks(withoutOddBreaks(f.Data)), done: map[*yaml.Node]*converted{}}
	defer func() { f.values = c.nodes }()
	var docs []*Node
	for start := f.header(); start < len(f.Data); {
		end, text := f.document(start)
		if len(docs) >= f.lim.Documents {
			return docs, f.errorAt(start, "more than %d documents; split the file", f.lim.Documents)
		}
		if !text {
			// An empty document: only the marker, blanks and comments. Nothing above the first marker is no document.
			if bytes.HasPrefix(f.Data[start:], []byte("---")) {
				docs = append(docs, nil)
			}
			start = end
			continue
		}
		if off, n := countValues(f.Data[start:end], f.lim.Nodes-c.nodes); n > f.lim.Nodes-c.nodes {
			return docs, f.tooManyValues(start+off, "")
		}
		got, err := c.document(start, end)
		docs = append(docs, got...)
		if err != nil {
			return docs, err
		}
		start = end
	}
	return docs, nil
}

// startsAsJSON reports whether the first character of the document can be that of a JSON object or list.
func (f *File) startsAsJSON() bool {
	data := bytes.TrimLeft(f.Data[f.header():], " \t\n")
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}

// checkText refuses bytes that YAML does not allow, which yaml.v3 refuses without telling their place.
func (f *File) checkText() error {
	for i := 0; i < len(f.Data); {
		c := f.Data[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' || c == 0x7f {
				return f.errorAt(i, "control character %U is not allowed in YAML; is this a text file?", c)
			}
			i++
			continue
		}
		r, w := utf8.DecodeRune(f.Data[i:])
		if r == utf8.RuneError && w == 1 {
			return f.errorAt(i, "byte 0x%02x is no UTF-8; save the file as UTF-8", c)
		}
		if r == 0xFEFF || r < 0xA0 && r != 0x85 || r == 0xFFFE || r == 0xFFFF {
			return f.errorAt(i, "control character %U is not allowed in YAML; is this a text file?", r)
		}
		i += w
	}
	return nil
}

// document returns the end of the YAML document that starts at start, and whether it holds more than its marker, blanks
// and comments. A line that begins with --- starts a document and one that begins with ... ends it, wherever it stands
// (YAML 1.2.2, 9.1.2: such lines cannot be part of a scalar).
func (f *File) document(start int) (end int, text bool) {
	for i := start; i < len(f.Data); {
		eol := bytes.IndexByte(f.Data[i:], '\n')
		next := len(f.Data)
		if eol >= 0 {
			next = i + eol + 1
		}
		line := bytes.TrimRight(f.Data[i:next], " \t\n")
		switch {
		case isMarker(line, "---") && (text || isMarker(f.Data[start:i], "---")):
			return i, text
		case isMarker(line, "---"):
			rest := bytes.TrimLeft(line[3:], " \t")
			text = text || len(rest) > 0 && rest[0] != '#'
		case isMarker(line, "..."):
			return next, text
		default:
			rest := bytes.TrimLeft(line, " ")
			text = text || len(rest) > 0 && rest[0] != '#' && rest[0] != '%'
		}
		i = next
	}
	return len(f.Data), text
}

// withoutOddBreaks returns data with the line breaks that yaml.v3 counts and no editor shows as such, NEL, LS and PS
// (YAML 1.1; YAML 1.2 does not have them), made blanks of the same length, so that its line numbers are those of f.
func withoutOddBreaks(data []byte) []byte {
	for _, r := range []struct{ from, to string }{{"\u0085", "\u00a0"}, {"\u2028", "\u2007"}, {"\u2029", "\u2007"}} {
		if bytes.Contains(data, []byte(r.from)) {
			data = bytes.ReplaceAll(data, []byte(r.from), []byte(r.to))
		}
	}
	return data
}

// withoutMasks returns data with the asterisks that somebody wrote over a secret, which YAML takes for the name of an
// anchor, made x.
func withoutMasks(data []byte) []byte {
	if !bytes.Contains(data, []byte(" **")) {
		return data
	}
	out := data
	for _, m := range secretMask.FindAllSubmatchIndex(data, -1) {
		if &out[0] == &data[0] {
			out = bytes.Clone(data)
		}
		for i := m[2]; i < m[3]; i++ {
			out[i] = 'x'
		}
	}
	return out
}

// secretMask matches a value that is all asterisks.
var secretMask = regexp.MustCompile(`(?m)[:-] +(\*{2,})[ \t]*$`)

// isMarker reports whether line begins with the marker as a word.
func isMarker(line []byte, marker string) bool {
	return bytes.HasPrefix(line, []byte(marker)) &&
		(len(line) == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\n')
}

// countValues estimates how many values a YAML text holds without building them, and stops behind the limit: a cheap
// look before yaml.v3, which needs some hundred bytes for each value. Texts of block scalars and quoted strings are
// passed over, so that it stays close to the number of values of real files.
func countValues(data []byte, limit int) (offset, n int) {
	block := -1 // indentation of the line that opened a block scalar, or -1
	for i := 0; i < len(data); {
		next := len(data)
		if eol := bytes.IndexByte(data[i:], '\n'); eol >= 0 {
			next = i + eol + 1
		}
		line := data[i:next]
		body := bytes.TrimLeft(line, " ")
		indent := len(line) - len(body)
		body = bytes.TrimRight(body, " \n")
		if len(body) == 0 || block >= 0 && indent > block {
			i = next
			continue
		}
		block = -1
		n += lineValues(body)
		if opensBlock(body) {
			block = indent
		}
		if n > limit {
			return i, n
		}
		i = next
	}
	return len(data), n
}

// opensBlock reports whether the last word of a line is a block scalar's header.
func opensBlock(line []byte) bool {
	i := bytes.LastIndexByte(line, ' ') + 1
	w := line[i:]
	if i == 0 || len(w) == 0 || len(w) > 3 || w[0] != '|' && w[0] != '>' {
		return false
	}
	prev := bytes.TrimRight(line[:i], " ")
	return len(prev) > 0 && (prev[len(prev)-1] == ':' || prev[len(prev)-1] == '-')
}

// lineValues estimates the values on one line: one, and one more for each sign that separates values.
func lineValues(line []byte) int {
	n := 1
	prev := byte('[') // last byte that is no blank; a line starts as a value does
	dashes := true    // only dashes so far
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch c {
		case ' ', '\t':
			continue
		case '#':
			if i == 0 || line[i-1] == ' ' || line[i-1] == '\t' {
				return n + 1
			}
		case ',', '[', '{', '?':
			n++
		case ':':
			if i+1 == len(line) || line[i+1] == ' ' || prev == '"' || prev == '\'' {
				n++
				prev, dashes = '[', false
				continue
			}
		case '-':
			if dashes && (i+1 == len(line) || line[i+1] == ' ') {
				n++
				continue
			}
		case '"', '\'':
			if prev == '[' || prev == '{' || prev == ',' || dashes {
				if j := closing(line, i); j > i {
					i = j
				}
			}
		}
		prev, dashes = c, false
	}
	return n
}

// closing returns the index of the quote that ends the string that starts at line[i], or -1.
func closing(line []byte, i int) int {
	q := line[i]
	for j := i + 1; j < len(line); j++ {
		switch {
		case line[j] == '\\' && q == '"':
			j++
		case line[j] == q:
			return j
		}
	}
	return -1
}

// A converter makes nodes of yaml.v3's.
type converter struct {
	f     *File
	text  []byte // what yaml.v3 reads; as long as f.Data
	line  int    // lines before the document
	nodes int
	done  map[*yaml.Node]*converted // anchored values
	last  mark                      // where the last value stands; the next one mostly stands behind it
	free  []Node                    // made together, since there are many
}

// A mark is a place in a file: line and column, in characters as yaml.v3 counts them, and offset in bytes.
type mark struct{ line, column, offset int }

// offset returns the offset of a place that yaml.v3 names. It goes on from the last one where that stands in the same
// line, so that the places of a long line's values cost O(length of the line) together.
func (c *converter) offset(line, column int) int {
	m, d := c.last, c.f.Data
	if m.line != line {
		m = mark{line, 1, c.f.Offset(line, 1)}
	}
	for ; m.column > max(column, 1); m.column-- {
		_, w := utf8.DecodeLastRune(d[:m.offset])
		m.offset -= w
	}
	for ; m.column < column && m.offset < len(d) && d[m.offset] != '\n'; m.column++ {
		_, w := utf8.DecodeRune(d[m.offset:])
		m.offset += w
	}
	c.last = m
	return m.offset
}

type converted struct {
	n     *Node // nil while it is being made
	size  int   // values in it
	depth int   // levels in it
}

// document reads the documents in f.Data[start:end], which are one unless the text is malformed.
func (c *converter) document(start, end int) ([]*Node, error) {
	f := c.f
	c.line = f.lineOf(start)
	clear(c.done)
	dec := yaml.NewDecoder(bytes.NewReader(c.text[start:end]))
	var docs []*Node
	for {
		var y yaml.Node
		err := decode1(dec, &y)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, c.yamlError(start, end, err, len(docs) > 0)
		}
		if len(docs) >= f.lim.Documents {
			return docs, f.errorAt(start, "more than %d documents; split the file", f.lim.Documents)
		}
		n, _, err := c.convert(&y, 0)
		if err != nil {
			return docs, err
		}
		docs = append(docs, n)
	}
}

// lineOf returns the number of lines before the one that offset stands in.
func (f *File) lineOf(offset int) int {
	lo, hi := 0, len(f.lines)
	for lo < hi {
		if m := (lo + hi) / 2; f.lines[m] <= offset {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return max(lo-1, 0)
}

// decode1 is dec.Decode with a panic of the parser, of which none is known, made an error.
func decode1(dec *yaml.Decoder, y *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(y)
}

// at returns the offset of a node's first byte, behind its anchor and tag.
func (c *converter) at(y *yaml.Node) int {
	i := c.offset(y.Line+c.line, y.Column)
	d := c.f.Data
	if y.Kind == yaml.AliasNode || i >= len(d) || d[i] != '&' && d[i] != '!' {
		return i
	}
	for j := i; j < len(d); {
		switch d[j] {
		case ' ', '\t', '\n':
			j++
		case '&': // yaml.v3's names of anchors: letters, digits, "_" and "-"
			for j++; j < len(d) && (d[j] == '_' || d[j] == '-' || '0' <= d[j] && d[j] <= '9' || 'A' <= d[j]&^0x20 && d[j]&^0x20 <= 'Z'); j++ {
			}
			if j == len(d) {
				return i
			}
		case '!':
			for j < len(d) && d[j] != ' ' && d[j] != '\t' && d[j] != '\n' {
				j++
			}
			if j == len(d) {
				return i
			}
		case '#':
			for j < len(d) && d[j] != '\n' {
				j++
			}
		default:
			return j
		}
	}
	return i
}

// convert returns y as a Node, with its number of levels.
func (c *converter) convert(y *yaml.Node, depth int) (*Node, int, error) {
	f := c.f
	off := c.at(y)
	if y.Kind == yaml.DocumentNode {
		if len(y.Content) == 0 {
			return nil, 0, nil
		}
		return c.convert(y.Content[0], depth)
	}
	if depth > f.lim.Depth {
		return nil, 0, f.tooDeep(off, "")
	}
	if y.Kind == yaml.AliasNode {
		return c.alias(y, off, depth)
	}
	before := c.nodes
	if c.nodes++; c.nodes > f.lim.Nodes {
		return nil, 0, f.tooManyValues(off, "")
	}
	n := c.node()
	*n = Node{Pos: f.Position(off), Text: y.Value, file: f, off: off}
	n.Quoted = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	var anchor *converted
	if y.Anchor != "" {
		anchor = &converted{}
		c.done[y] = anchor
	}
	levels := 0
	var err error
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind, n.Text = Mapping, ""
		levels, err = c.mapping(n, y, depth)
	case yaml.SequenceNode:
		n.Kind, n.Text = Sequence, ""
		levels, err = c.sequence(n, y, depth)
	default:
		n.Kind = scalarKind(y)
	}
	if err != nil {
		return nil, 0, err
	}
	if anchor != nil {
		*anchor = converted{n, c.nodes - before, levels}
	}
	return n, levels, nil
}

// node returns a Node to be filled.
func (c *converter) node() *Node {
	if len(c.free) == 0 {
		c.free = make([]Node, min(max(c.nodes, 16), 512))
	}
	n := &c.free[0]
	c.free = c.free[1:]
	return n
}

// alias returns the value that an alias at off refers to.
func (c *converter) alias(y *yaml.Node, off, depth int) (*Node, int, error) {
	f := c.f
	d, ok := c.done[y.Alias]
	if !ok || d.n == nil {
		return nil, 0, f.errorAt(off, "alias *%s stands inside the value that it refers to", y.Value)
	}
	if c.nodes += d.size; c.nodes > f.lim.Nodes {
		return nil, 0, f.tooManyValues(off, " once aliases are resolved")
	}
	if depth+d.depth > f.lim.Depth {
		return nil, 0, f.tooDeep(off, " once aliases are resolved")
	}
	return d.n, d.depth, nil
}

// scalarKind returns what a scalar is, by its tag or its form.
func scalarKind(y *yaml.Node) Kind {
	switch y.ShortTag() {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int", "!!float":
		return Number
	}
	return String
}

// sequence fills the items of n.
func (c *converter) sequence(n *Node, y *yaml.Node, depth int) (levels int, err error) {
	n.Items = make([]*Node, 0, len(y.Content))
	for _, e := range y.Content {
		v, l, err := c.convert(e, depth+1)
		if err != nil {
			return 0, err
		}
		n.Items = append(n.Items, v)
		levels = max(levels, l+1)
	}
	return levels, nil
}

// mapping fills the entries of n.
func (c *converter) mapping(n *Node, y *yaml.Node, depth int) (levels int, err error) {
	f := c.f
	var merged []Entry // all entries, where there is a merge key
	written := make([]Entry, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		keyOff := c.at(k) // before its value, so that the places of a long line are looked for in one direction
		kn, l, err := c.convert(k, depth+1)
		if err != nil {
			return 0, err
		}
		v, lv, err := c.convert(y.Content[i+1], depth+1)
		if err != nil {
			return 0, err
		}
		levels = max(levels, l+1, lv+1)
		if k.ShortTag() == "!!merge" {
			m, ok := mergeEntries(v)
			if !ok {
				return 0, f.errorAt(keyOff, "merge key << needs a mapping, or a list of mappings")
			}
			if merged == nil {
				merged = append(make([]Entry, 0, cap(written)+len(m)), written...)
			}
			merged = append(merged, m...)
			if c.nodes += len(m); c.nodes > f.lim.Nodes {
				return 0, f.tooManyValues(keyOff, " once aliases are resolved")
			}
			continue
		}
		if kn.Kind == Sequence || kn.Kind == Mapping || kn.Kind == Null {
			return 0, f.errorAt(keyOff, "a %s cannot be a key; write a name, with a colon and a blank behind it", kn.Kind)
		}
		written = append(written, Entry{Key: kn.Text, KeyPos: f.Position(keyOff), Value: v})
		if merged != nil {
			merged = append(merged, written[len(written)-1])
		}
	}
	f.findDuplicates(written)
	n.Entries = written
	if merged != nil {
		n.Entries = merged
	}
	return levels, nil
}

// mergeEntries returns what the merge key's value v brings in, weakest first: of a list, earlier mappings win
// (YAML's merge key type, https://yaml.org/type/merge.html).
func mergeEntries(v *Node) ([]Entry, bool) {
	var out []Entry
	add := func(m *Node) bool {
		if m == nil || m.Kind != Mapping {
			return false
		}
		for _, e := range m.Entries {
			e.Merged = true
			out = append(out, e)
		}
		return true
	}
	if v != nil && v.Kind == Sequence {
		for i := len(v.Items) - 1; i >= 0; i-- {
			if !add(v.Items[i]) {
				return nil, false
			}
		}
		return out, true
	}
	return out, add(v)
}
