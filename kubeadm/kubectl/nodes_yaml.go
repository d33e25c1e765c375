package kubectl

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

const (
	// wholeYAML is the size up to which YAML is read whole, whatever is in it. A larger text is read item by item if it
	// is a list as kubectl writes it.
	wholeYAML = 8 << 20
	// groupYAML is how much of the items is parsed together: a parser is made for each group.
	groupYAML = 64 << 10
	// leastPerValue is how many bytes of a list there are for each value in it; kubectl writes 25 and more. Above
	// manyListValues, a list with less was made to keep somebody busy.
	leastPerValue  = 20
	manyListValues = 500_000
)

// yamlItems matches the head of the items of a list in YAML.
var yamlItems = regexp.MustCompile(`(?m)^items:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ ]*- `)

// A yamlList reads documents that are lists, as kubectl writes them, item by item: the items stand below a line
// "items:" without indentation, each begins with a dash in one column, and what belongs to it is indented further. No
// scalar can hold a line that looks like the beginning of an item, but one in quotes whose lines are not indented, and
// a flow collection; either leaves a group of items that cannot be parsed alone, which is an error.
//
// The values, their places and the errors are those of the whole text.
type yamlList struct {
	name  string
	d     *decoder
	group int // bytes

	lines   int           // read so far
	read    int           // bytes read so far
	seen    int           // values read so far
	buf     []byte        // of the items, or of what stands outside of them
	first   int           // number of lines before buf
	state   int           // one of the states below
	dash    int           // column of the dashes, -1 before the first
	kind    string        // of the list, as far as it was said before the items
	last    fact.Position // of the last Node, in a list that has not said its kind yet
	version bool          // an apiVersion stands before the items, as kubectl writes it
	before  int           // how many Nodes were read before this document
	page    page          // of the list
}

const (
	beforeItems = iota // or in a document without any
	inItems
	behindItems
)

// readYAMLList reads all documents of r.
func (d *decoder) readYAMLList(name string, r io.Reader, group int) error {
	l := &yamlList{name: name, d: d, group: group}
	br := bufio.NewReaderSize(r, 64<<10)
	var long []byte
	for {
		part, err := br.ReadSlice('\n')
		if len(long)+len(part) > maxItem {
			return &source.Error{Pos: fact.Position{File: name, Line: l.lines + 1, Column: 1}, Msg: fmt.Sprintf("a line of more than %d MiB; write the list with -o json", maxItem>>20)}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		if err != nil && err != io.EOF {
			return &source.Error{Pos: fact.Position{File: name}, Msg: err.Error()}
		}
		line := part
		if len(long) > 0 {
			long = append(long, part...)
			line = long
		}
		if len(line) > 0 {
			if err := l.line(line); err != nil {
				return err
			}
		}
		long = long[:0]
		if err == io.EOF {
			return l.endDocument()
		}
	}
}

// line takes the next line.
func (l *yamlList) line(line []byte) error {
	text := bytes.TrimLeft(line, " ")
	lead := len(line) - len(text)
	text = bytes.TrimRight(text, " \t\r\n")
	marker := lead == 0 && (bytes.HasPrefix(text, []byte("---")) || bytes.HasPrefix(text, []byte("..."))) &&
		(len(text) == 3 || text[3] == ' ' || text[3] == '\t')
	dashed := len(text) > 0 && text[0] == '-' && (len(text) == 1 || text[1] == ' ' || text[1] == '\t')
	blank := len(bytes.TrimLeft(text, "\t")) == 0 || text[0] == '#'
	var err error
	switch {
	case marker:
		err = l.endDocument()
	case lead == 0 && l.state != beforeItems && bytes.HasPrefix(text, []byte("items:")):
		return l.errorf("items stands twice in one list; write it with -o json")
	case l.state != inItems:
		key, value, ok := bytes.Cut(text, []byte(":"))
		if value = bytes.TrimLeft(value, " \t"); l.state == behindItems || lead > 0 || !ok || string(key) != "items" || len(value) > 0 && value[0] != '#' {
			break
		}
		err = l.endOutside()
		l.state, l.dash = inItems, -1
		l.count(line)
		return err
	case blank:
	case dashed && (l.dash < 0 || lead == l.dash):
		l.dash = lead
		if len(l.buf) >= l.group {
			err = l.endGroup()
		}
	case lead == 0:
		err = l.endGroup()
		l.state = behindItems
	}
	if err != nil {
		return err
	}
	most := maxItem
	if l.state != inItems {
		most = maxYAML
	}
	if len(l.buf)+len(line) > most+l.group {
		return l.errorf("more than %d MiB in one piece; write the list with -o json", most>>20)
	}
	l.add(line)
	l.count(line)
	return nil
}

// add appends a line to what is parsed next.
func (l *yamlList) add(line []byte) {
	if len(l.buf) == 0 {
		l.first = l.lines
	}
	l.buf = append(l.buf, line...)
}

func (l *yamlList) count(line []byte) {
	l.read += len(line)
	l.lines++
	for i, c := range line {
		if c == '\r' && i+1 < len(line) && line[i+1] != '\n' {
			l.lines++
		}
	}
}

func (l *yamlList) errorf(format string, args ...any) error {
	return &source.Error{Pos: fact.Position{File: l.name, Line: l.lines + 1, Column: 1}, Msg: fmt.Sprintf(format, args...)}
}

// parse parses what was gathered.
func (l *yamlList) parse() ([]*source.Node, error) {
	f, err := source.NewBelow(l.first, l.name, l.buf, source.Limits{})
	l.buf = nil // nodes may hold on to it
	if err != nil {
		return nil, err
	}
	docs, err := f.YAML()
	l.seen += f.Values()
	if most := max(manyListValues, l.read/leastPerValue); err == nil && l.seen > most {
		err = l.errorf("more than %d values; split the list, or write it with -o json", most)
	}
	return docs, err
}

// endGroup reads the items that were gathered.
func (l *yamlList) endGroup() error {
	if l.dash < 0 {
		return l.errorf("a list without items; write it with -o json")
	}
	docs, err := l.parse()
	for _, n := range docs {
		if n == nil {
			continue
		}
		for _, it := range n.Items {
			if it.Kind != source.Mapping {
				continue
			}
			kind := it.Get("kind").Str()
			if kind == "" && l.kind == "" {
				return &source.Error{Pos: it.Pos, Msg: "an item without a kind, in a list whose kind is not said before; write the list with -o json"}
			}
			if kind == "" {
				kind = strings.TrimSuffix(l.kind, "List")
			}
			if err := l.d.tree(it, kind); err != nil {
				return err
			}
			if kind == "Node" && l.kind == "" && l.version {
				l.last = it.Pos
			}
		}
	}
	return err
}

// endOutside reads what stands before or behind the items of a list: nothing of it counts but the kind.
func (l *yamlList) endOutside() error {
	docs, err := l.parse()
	for _, n := range docs {
		l.kind = n.Get("kind").Str()
		l.version = l.version || n.Get("apiVersion") != nil
		if m := n.Get("metadata"); m != nil {
			l.page = pageOf(m)
		}
	}
	return err
}

// endDocument reads what is left of a document.
func (l *yamlList) endDocument() error {
	var err error
	switch l.state {
	case inItems:
		if err = l.endGroup(); err == nil && l.last.IsValid() {
			err = cutOff(l.last)
		}
	case behindItems:
		if err = l.endOutside(); err == nil && l.kind == "" && l.last.IsValid() {
			err = cutOff(l.last)
		}
	default:
		var docs []*source.Node
		docs, err = l.parse()
		for _, n := range docs {
			if n == nil {
				continue
			}
			if e := l.d.document(n); e != nil {
				return e
			}
		}
	}
	if err == nil && l.state != beforeItems {
		err = l.d.endList(l.page, l.kind, l.before)
	}
	l.state, l.kind, l.last, l.version, l.before, l.page = beforeItems, "", fact.Position{}, false, l.d.nodes, page{}
	return err
}
