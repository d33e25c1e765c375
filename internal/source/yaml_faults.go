package source

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A yamlFault is one thing that the parser of yaml.v3 refuses. Its errors are texts without a code: this table is the
// one place that tells them apart, and what is shown is ours, whatever release of the parser read the file.
type yamlFault struct {
	says string // what the parser's text begins with, behind its line
	text string // what we say
	// end: the parser tells the line of the value around it, one too low (decode.go parser.fail), so that the place is
	// where it stopped.
	end bool
	// at finds the column in a line, of which the parser has read upTo bytes; nil where it is the first character.
	at func(line []byte, upTo int) int
}

// yamlFaults are the faults that files of clusters have. The texts are those of go.yaml.in/yaml/v3 v3.0.6 scannerc.go,
// parserc.go and decode.go.
var yamlFaults = []yamlFault{
	{"mapping values are not allowed in this context", `mapping values are not allowed in this context: a value cannot hold ": " unless it is in quotes, or this line is indented too far`,
		false, lastOf(":")},
	{"mapping keys are not allowed in this context", "a key cannot stand here: is the line indented like its neighbours?", false, nil},
	{"block sequence entries are not allowed in this context", `a list cannot begin here: "- " stands on a line of its own`, false, nil},
	{"found character that cannot start any token", "a value cannot begin with this character unless it is in quotes", false, firstTab},
	{"found a tab character", "a tab; YAML is indented with blanks", false, firstTab},
	{"unknown anchor ", "an alias of an anchor that the file does not have", false, lastOf("*")},
	{"anchor ", "an anchor whose value contains itself", false, nil},
	{"could not find expected ':'", "a key without its colon: is the line indented like its neighbours?", false, nil},
	{"found unexpected end of stream", "a quoted text that does not end", false, nil},
	{"found unexpected document indicator", "a quoted text that does not end before the next document", false, nil},
	{"found unknown escape character", `a backslash in double quotes before a character that it does not go with`, false, nil},
	{"found undefined tag handle", "a tag that is not declared: a value that begins with ! stands in quotes", false, nil},
	{"control characters are not allowed", "a control character; is this a text file?", false, nil},
	{"did not find expected key", "did not find expected key: is the line indented like its neighbours?", true, nil},
	{"did not find expected ',' or ']'", "a list that is not closed: a comma or ] is missing", true, nil},
	{"did not find expected ',' or '}'", "a mapping that is not closed: a comma or } is missing", true, nil},
	{"did not find expected '-' indicator", `a line that is no entry of the list around it: "- " is missing, or its indentation is wrong`, true, nil},
	{"did not find expected node content", "a value is missing", true, nil},
	{"did not find expected <document start>", "text that belongs to no value", true, nil},
	{"did not find expected ", "not the form of YAML", true, nil},
}

// lastOf finds the last of some characters that the parser has read.
func lastOf(chars string) func([]byte, int) int {
	return func(line []byte, upTo int) int { return bytes.LastIndexAny(line[:upTo], chars) }
}

// firstTab finds the last character that no value begins with, of several tabs the first.
func firstTab(line []byte, upTo int) int {
	i := bytes.LastIndexAny(line[:upTo], "\t@`%|>")
	for i > 0 && line[i] == '\t' && line[i-1] == '\t' {
		i--
	}
	return i
}

// faultOf returns the fault of an error of yaml.v3, and the line that it tells, 0 for none.
func faultOf(err error) (fault yamlFault, line int) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if num, text, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(num); err == nil {
				line, msg = n, text
			}
		}
	}
	for _, f := range yamlFaults {
		if strings.HasPrefix(msg, f.says) {
			return f, line
		}
	}
	return yamlFault{text: "not the form of YAML"}, line
}

// yamlError returns an error of yaml.v3 about f.Data[start:end] with the place where the parser stopped: the text is
// read once more, byte by byte, to see how far it came. more: documents stand before this one.
func (c *converter) yamlError(start, end int, err error, more bool) *Error {
	f := c.f
	fault, line := faultOf(err)
	off := start + max(c.stop(start, end)-1, 0)
	off = min(off, start+len(bytes.TrimRight(f.Data[start:end], " \t\n"))) // behind the last text at most
	stopped := f.lineOf(off) + 1
	if line > 0 && !fault.end {
		line += f.lineOf(start)
		if line != stopped {
			off = f.Offset(line, maxInt)
		}
	} else {
		line = stopped
	}
	begin := f.Offset(line, 1)
	text := f.Data[begin:f.Offset(line, maxInt)]
	col := len(text) - len(bytes.TrimLeft(text, " ")) // first character
	if fault.at != nil {
		if i := fault.at(text, min(max(off-begin+1, 0), len(text))); i >= 0 {
			col = i
		}
	}
	msg := fault.text
	switch {
	case col < len(text) && text[col] == '\t' && fault.at != nil:
		msg = "a tab; YAML is indented with blanks"
	case more && strings.HasPrefix(fault.says, "did not find expected <document start>"):
		msg = "text after the end of the document"
	}
	return &Error{f.Position(begin + col), msg}
}

// stop returns how many bytes of a part the parser of yaml.v3 reads before it stops.
func (c *converter) stop(start, end int) int {
	slow := &slowReader{data: c.text[start:end]}
	dec := yaml.NewDecoder(slow)
	for {
		var y yaml.Node
		if decode1(dec, &y) != nil {
			return slow.n
		}
	}
}

// A slowReader gives one byte at a time and counts them.
type slowReader struct {
	data []byte
	n    int
}

func (r *slowReader) Read(p []byte) (int, error) {
	if r.n >= len(r.data) {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p[0] = r.data[r.n]
	r.n++
	return 1, nil
}
