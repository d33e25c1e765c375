// Package source reads YAML and JSON text and keeps the place of every value.
//
// It is what the format packages have in common: text in whatever encoding a file has, several documents in one file,
// line and column of each value, positions inside a value that holds a file itself (a ConfigMap's block scalar), and
// limits on size, depth and aliases, so that no input takes unbounded memory or time.
//
// Start with [New], then [File.YAML] or [File.JSON]. A File is parsed once, however many readers ask for its values; they look
// at the same nodes and change none. All of it is pure. Nodes may be read by several goroutines at the same time; a File may
// not be parsed by two, and neither may two ask nodes of one File for their [Node.File].
package source

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Limits bound what is read. Zero fields stand for the defaults, negative ones for no limit.
type Limits struct {
	Bytes     int // size of one file. Default 64 MiB.
	Depth     int // nesting of sequences and mappings. Default 100.
	Nodes     int // values in one file, aliases resolved. Default 500,000, in larger files one for each 20 bytes.
	Documents int // YAML documents in one file. Default 10,000.
}

// A value costs about a microsecond and some hundred bytes of memory, so that their number bounds both. What kubectl writes has at
// least 25 bytes for each value, so that the limit follows the size of large files and refuses none of those.
const (
	manyValues    = 500_000
	bytesPerValue = 20
)

const maxInt = int(^uint(0) >> 1)

// withDefaults returns lim with every field set.
func (lim Limits) withDefaults() Limits {
	set := func(p *int, def int) {
		switch {
		case *p == 0:
			*p = def
		case *p < 0:
			*p = maxInt
		}
	}
	set(&lim.Bytes, 64<<20)
	set(&lim.Depth, 100)
	set(&lim.Nodes, manyValues)
	set(&lim.Documents, 10_000)
	return lim
}

// An Error is a text that could not be read, and where.
type Error struct {
	Pos fact.Position
	Msg string // lower case, without position
}

func (e *Error) Error() string {
	if p := e.Pos.String(); p != "" {
		return p + ": " + e.Msg
	}
	return e.Msg
}

// An Encoding says how a file's text was written.
type Encoding string

// The encodings that [New] reads.
const (
	UTF8    Encoding = "UTF-8"
	UTF8BOM Encoding = "UTF-8 with a byte order mark"
	UTF16LE Encoding = "UTF-16 little endian" // what > writes in Windows PowerShell 5
	UTF16BE Encoding = "UTF-16 big endian"
)

// A File is a text with a name whose bytes know their place. A File made by [Node.File] is the text of one value of
// another file; its positions point into that other file.
type File struct {
	Name string
	Data []byte // UTF-8, without byte order mark, line ends as \n

	Encoding Encoding // how it was written; "" for a File made by [Node.File]
	CR       bool     // some line ends were \r\n or \r

	pos    func(offset int) fact.Position
	above  int                               // lines that stand before it, in a text of which it is a part
	place  func(line, column int) (int, int) // of its bytes in the text that it was cut out of; nil: it was not
	values int                               // that were read
	lines  []int                             // offset of each line
	wide   []int                             // how many characters stand before each multiple of wideStep; nil: each takes one byte
	lim    Limits
	dups   [][2]Entry
	secret bool // it holds, or is part of, a Secret
	outer  *File

	yaml, json *parsed         // what YAML and JSON found, nil before they were asked
	valid      bool            // the text is one JSON value, however large
	inner      map[*Node]*File // what Node.File made of nodes of this file
}

// parsed is what a file holds.
type parsed struct {
	docs []*Node
	err  error
	dups [][2]Entry
}

// once returns what is kept at *p, and lets parse find it out first where nobody has yet.
func (f *File) once(p **parsed, parse func() ([]*Node, error)) ([]*Node, error) {
	if *p == nil {
		f.dups = nil
		docs, err := parse()
		f.sortDuplicates()
		*p = &parsed{docs, err, f.dups}
	}
	f.dups = (*p).dups
	return slices.Clip((*p).docs), (*p).err
}

// Forget drops what YAML and JSON have found, which takes many times the memory of the text. Nodes that somebody has stay valid.
func (f *File) Forget() {
	if f != nil {
		f.yaml, f.json, f.inner, f.dups = nil, nil, nil, nil
	}
}

// New returns data as a file of that name, its text decoded: UTF-8 with or without byte order mark, UTF-16 in either byte
// order with or without mark, line ends \n, \r\n or \r. Bytes that are no UTF-8 are kept; reading such a file as YAML
// tells their place, encoding/json replaces them.
// The error is an *[Error] if data is longer than lim allows; data is not kept.
func New(name string, data []byte, lim Limits) (*File, error) {
	if lim.Nodes == 0 {
		lim.Nodes = max(manyValues, len(data)/bytesPerValue)
	}
	lim = lim.withDefaults()
	if len(data) > lim.Bytes {
		return nil, &Error{fact.Position{File: name}, fmt.Sprintf("%d bytes, at most %d are read; give the part of it that matters", len(data), lim.Bytes)}
	}
	f := &File{Name: name, lim: lim}
	f.Data, f.Encoding, f.CR = decode(data)
	f.index()
	f.secret = mentionsSecret(f.Data)
	return f, nil
}

// NewBelow is [New] for a part of a text that is read in parts: above is how many lines of it stand before data.
// Only places in nodes and errors count them.
func NewBelow(above int, name string, data []byte, lim Limits) (*File, error) {
	f, err := New(name, data, lim)
	if f != nil {
		f.above = above
	}
	return f, err
}

// NewPart is [New] for a part that was cut out of a text of that name: place returns line and column there, both from 1,
// of those in data. Only places in nodes and errors count them.
func NewPart(place func(line, column int) (int, int), name string, data []byte, lim Limits) (*File, error) {
	f, err := New(name, data, lim)
	if f != nil {
		f.place = place
	}
	return f, err
}

// With returns f with other data, whose bytes stand where those of f at the same offset do.
func (f *File) With(data []byte) (*File, error) {
	g, err := New(f.Name, data, f.lim)
	if g != nil {
		g.above, g.place, g.pos = f.above, f.place, f.pos
	}
	return g, err
}

// IsPart reports whether f was cut out of another text, so that its lines are not those of its file.
func (f *File) IsPart() bool { return f != nil && (f.place != nil || f.above > 0) }

// Values returns how many values YAML or JSON has read, aliases resolved.
func (f *File) Values() int {
	if f == nil {
		return 0
	}
	return f.values
}

// index finds the starts of the lines.
func (f *File) index() {
	n := 1
	for _, c := range f.Data {
		if c == '\n' {
			n++
		}
	}
	f.lines = make([]int, 1, n)
	ascii := true
	for i, c := range f.Data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return
	}
	f.wide = make([]int, len(f.Data)/wideStep+1)
	for i := 1; i < len(f.wide); i++ {
		f.wide[i] = f.wide[i-1] + starts(f.Data[(i-1)*wideStep:i*wideStep])
	}
}

// Position returns the place of the byte at offset. Offsets outside the file count as its start or end.
func (f *File) Position(offset int) fact.Position {
	if f == nil {
		return fact.Position{}
	}
	offset = min(max(offset, 0), len(f.Data))
	if f.pos != nil {
		return f.pos(offset)
	}
	if len(f.lines) == 0 {
		return fact.Position{File: f.Name}
	}
	line := sort.SearchInts(f.lines, offset+1) // number of lines that start at or before offset
	column := offset - f.lines[line-1] + 1
	if f.place != nil {
		line, column = f.place(line, column)
	}
	return fact.Position{File: f.Name, Line: line + f.above, Column: column}
}

// Offset returns the offset of column c, counted from 1 in bytes, of line n, counted from 1: the reverse of
// [File.Position] for a file that is not part of another. Places outside the file count as its nearest byte.
func (f *File) Offset(n, c int) int {
	if f == nil || len(f.lines) == 0 || n < 1 {
		return 0
	}
	if n > len(f.lines) {
		return len(f.Data)
	}
	end := len(f.Data)
	if n < len(f.lines) {
		end = f.lines[n] - 1
	}
	return f.lines[n-1] + min(max(c-1, 0), end-f.lines[n-1])
}

// Lines returns the number of lines of f; a last line without characters does not count.
func (f *File) Lines() int {
	if f == nil || len(f.Data) == 0 {
		return 0
	}
	n := len(f.lines)
	if f.lines[n-1] == len(f.Data) {
		n--
	}
	return n
}

// around is how many characters of a line [File.Excerpt] shows on either side of a place, and most how many bytes those take.
const (
	around = 100
	most   = around * utf8.UTFMax
)

// Line is [File.Excerpt] at the start of line n.
func (f *File) Line(n int) string {
	text, _, _ := f.Excerpt(n, 1)
	return text
}

// Excerpt returns what line n of the file shows around column c, both counted from 1, without the line's end: at most 100 characters
// on either side, so that places take memory that the number of lines does not multiply. Before it stand from bytes of the line,
// chars characters; "" is returned where there is no such line.
//
// It is meant for display: secrets are masked (see package gate), and of a file that holds a Secret only the keys are shown. Where
// that shortens the text in front of the column, from and chars grow by as much, so that c-1-from stays the place in text.
func (f *File) Excerpt(n, c int) (text string, from, chars int) {
	if f == nil || n < 1 || n > len(f.lines) {
		return "", 0, 0
	}
	start, end := f.lines[n-1], len(f.Data)
	if n < len(f.lines) {
		end = f.lines[n] - 1
	}
	at := start + min(max(c-1, 0), end-start)
	if f.secret {
		line := f.Data[start:min(end, start+most)]
		key, _, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return "", 0, 0
		}
		return string(key) + ": ...", 0, 0
	}
	// More than is shown is looked at, since the name of a value may stand further left, or in the line above.
	wide, above := max(start, at-2*most), ""
	for wide > start && wide < at && !utf8.RuneStart(f.Data[wide]) {
		wide++
	}
	if wide == start && n > 1 {
		above = string(f.Data[max(f.lines[n-2], start-1-most) : start-1])
	}
	text, shift := gate.MaskAt(above, string(f.Data[wide:runesOn(f.Data, at, end)]), at-wide)
	place := at - wide - shift
	cut := runesBack(text, place)
	return text[cut:], at - start - (place - cut), f.characters(start, at) - utf8.RuneCountInString(text[cut:place])
}

// runesOn returns the offset of data that is at most around characters behind at, and end at most.
func runesOn(data []byte, at, end int) int {
	for n := 0; at < end && n < around; n++ {
		_, w := utf8.DecodeRune(data[at:end])
		at += w
	}
	return at
}

// runesBack returns the offset of text that is at most around characters in front of at.
func runesBack(text string, at int) int {
	for n := 0; at > 0 && n < around; n++ {
		_, w := utf8.DecodeLastRuneInString(text[:at])
		at -= w
	}
	return at
}

// characters returns how many characters start in f.Data[from:to].
func (f *File) characters(from, to int) int {
	if f.wide == nil {
		return to - from
	}
	return f.charactersTo(to) - f.charactersTo(from)
}

// wideStep is how many bytes a step of File.wide counts.
const wideStep = 1 << 10

func (f *File) charactersTo(offset int) int {
	i := offset / wideStep
	return f.wide[i] + starts(f.Data[i*wideStep:offset])
}

// starts returns how many bytes begin a character.
func starts(data []byte) int {
	n := 0
	for _, c := range data {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

// Duplicates returns the keys of f that stand twice in one mapping, as YAML or JSON found them that was called last, the later
// entry of each pair second, in the order of the file; at most 1,000 pairs are kept. Values brought in by a merge key do not count.
func (f *File) Duplicates() [][2]Entry {
	if f == nil {
		return nil
	}
	return f.dups
}

// tooManyValues is the error at the first value that is too many.
func (f *File) tooManyValues(offset int, resolved string) *Error {
	return f.errorAt(offset, "more than %d values%s; give the part of it that matters", f.lim.Nodes, resolved)
}

// tooDeep is the error at the first value that is nested too deep.
func (f *File) tooDeep(offset int, resolved string) *Error {
	return f.errorAt(offset, "nested deeper than %d levels%s; give a plainer file", f.lim.Depth, resolved)
}

// errorAt returns an *Error at a byte of f.
func (f *File) errorAt(offset int, format string, args ...any) *Error {
	return &Error{f.Position(offset), fmt.Sprintf(format, args...)}
}

// A Kind is the kind of a [Node].
type Kind uint8

// The kinds of values. Those of YAML scalars without quotes are told as YAML 1.2's core schema tells them, so yes and no
// are strings; a program that follows YAML 1.1 looks at Text and Quoted itself.
const (
	Null Kind = iota
	Bool
	Number
	String
	Sequence
	Mapping
)

// String returns the name of the kind, in lower case.
func (k Kind) String() string {
	return [...]string{"null", "bool", "number", "string", "sequence", "mapping"}[min(k, Mapping)]
}

// A Node is a value of a YAML or JSON document. A nil Node is a value that is not there; every method can be called on it.
// A value that an alias refers to is the same Node wherever the alias stands.
type Node struct {
	Kind    Kind
	Text    string // scalars: the value as text (quotes, escapes and block indentation undone), "null", "true", "1_8" as written
	Quoted  bool   // scalars: in quotes or a block, hence a string whatever it looks like
	Pos     fact.Position
	Entries []Entry // mappings, in file order
	Items   []*Node // sequences

	file *File // that it stands in
	off  int   // where in file.Data it starts
	end  int   // JSON: where it ends
}

// An Entry is one key of a mapping, with its value.
type Entry struct {
	Key    string
	KeyPos fact.Position
	Value  *Node
	Merged bool // it comes from a merge key (<<), at whose place it stands
}

// Get returns the value under the keys, one level each, or nil where there is none. The last of several equal keys counts.
func (n *Node) Get(keys ...string) *Node {
	for _, k := range keys {
		if n == nil {
			return nil
		}
		var v *Node
		for i := len(n.Entries) - 1; i >= 0; i-- {
			if n.Entries[i].Key == k {
				v = n.Entries[i].Value
				break
			}
		}
		n = v
	}
	return n
}

// AsKind returns a mapping without a kind as one of that kind, as items of a list are that say it once for all. Any other
// node is returned as it is.
func (n *Node) AsKind(kind string) *Node {
	if n == nil || n.Kind != Mapping || kind == "" || n.Get("kind") != nil {
		return n
	}
	c := *n
	k := &Node{Kind: String, Text: kind, Pos: n.Pos, file: n.file, off: n.off}
	c.Entries = append(slices.Clip(n.Entries), Entry{Key: "kind", KeyPos: n.Pos, Value: k})
	return &c
}

// AsConfigMap returns an object of the core group without a kind that has texts below data as a ConfigMap: of what kubectl
// prints, people show the beginning, and kind stands behind data. Any other node is returned as it is.
func (n *Node) AsConfigMap() *Node {
	data := n.Get("data")
	if data == nil || data.Kind != Mapping || n.Get("kind") != nil || n.Get("spec") != nil || n.Get("type") != nil {
		return n
	}
	if v := n.Get("apiVersion"); v != nil && v.Str() != "v1" {
		return n
	}
	for _, e := range data.Entries {
		if e.Value.Kind != String {
			return n
		}
	}
	return n.AsKind("ConfigMap")
}

// ItemKind returns the kind of the items of a list, as far as its own kind tells: "Pod" of a PodList.
func (n *Node) ItemKind() string {
	kind, ok := strings.CutSuffix(n.Get("kind").Str(), "List")
	if !ok {
		return ""
	}
	return kind
}

// Str returns the text of a scalar, "" for anything else.
func (n *Node) Str() string {
	if n == nil || n.Kind == Mapping || n.Kind == Sequence || n.Kind == Null {
		return ""
	}
	return n.Text
}

// Value returns the text of a scalar with its place, the zero Value where n is nil.
func (n *Node) Value() fact.Value[string] {
	if n == nil {
		return fact.Value[string]{}
	}
	return fact.Value[string]{V: n.Str(), Text: n.Str(), Pos: n.Pos}
}

// Raw returns the JSON text of n as it stands in its file, nil for a value of a document that is YAML and not JSON. It is not to be changed.
func (n *Node) Raw() []byte {
	if n == nil || n.end <= n.off {
		return nil
	}
	return n.file.Data[n.off:n.end]
}

// Offset returns where in its file's Data n starts, 0 for a nil Node.
func (n *Node) Offset() int {
	if n == nil {
		return 0
	}
	return n.off
}

// mostDuplicates is how many pairs of equal keys are kept: nobody looks at more.
const mostDuplicates = 1000

// findDuplicates records equal keys of one mapping.
func (f *File) findDuplicates(entries []Entry) {
	if len(f.dups) >= mostDuplicates {
		return
	}
	if len(entries) < 8 {
		for j := range entries {
			for i := j - 1; i >= 0; i-- {
				if entries[i].Key == entries[j].Key {
					f.dups = append(f.dups, [2]Entry{entries[i], entries[j]})
					break
				}
			}
		}
		return
	}
	seen := make(map[string]int, len(entries))
	for j, e := range entries {
		if i, ok := seen[e.Key]; ok {
			if f.dups = append(f.dups, [2]Entry{entries[i], e}); len(f.dups) >= mostDuplicates {
				return
			}
		}
		seen[e.Key] = j
	}
}

// sortDuplicates puts pairs in the order of the file: mappings are finished from the inside out.
func (f *File) sortDuplicates() {
	sort.SliceStable(f.dups, func(i, j int) bool {
		return f.dups[i][1].KeyPos.Compare(f.dups[j][1].KeyPos) < 0
	})
}
