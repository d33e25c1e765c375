package reading

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// peekBytes is how much of a file is looked at to tell whether it is streamed.
const peekBytes = 64 << 10

// wholeYAML is the size up to which a list of Nodes in YAML is read whole, by all readers.
const wholeYAML = 8 << 20

// readInput reads one input: a file, or the members of an archive. Its error is an *InputError; what was read before it
// is returned with it.
func readInput(in Input, opt Options) ([]File, error) {
	in.Path = cmp.Or(in.Path, in.Name)
	file := File{Name: in.Name, Host: hostFromPath(in.Path)}
	if isCode(in.Path) {
		return []File{file}, nil
	}
	failed := func(err error) ([]File, error) { return nil, &InputError{in.Name, err} }
	r, err := in.open()
	if err != nil {
		return failed(err)
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, peekBytes))
	if err != nil {
		return failed(err)
	}
	if form := archiveForm(in.Path, head); form != "" {
		return readArchive(in, form, io.MultiReader(bytes.NewReader(head), r), opt), nil
	}
	file.Host = hostFromPath(in.Path)
	return file.readRest(in, head, r, opt)
}

// errNotOpened is the error of an input that has no way to open it, or one that gives nothing to read.
var errNotOpened = errors.New("it cannot be opened")

// open opens an input.
func (in Input) open() (io.ReadCloser, error) {
	if in.Open == nil {
		return nil, errNotOpened
	}
	r, err := in.Open()
	if err == nil && r == nil {
		err = errNotOpened
	}
	return r, err
}

// readPlain reads one input that is no archive.
func readPlain(in Input, opt Options) ([]File, error) {
	file := File{Name: in.Name, Host: hostFromPath(in.Path)}
	r, err := in.open()
	if err != nil {
		return nil, &InputError{in.Name, err}
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, peekBytes))
	if err != nil {
		return nil, &InputError{in.Name, err}
	}
	return file.readRest(in, head, r, opt)
}

// readRest reads a file of which head has been read from r.
func (file *File) readRest(in Input, head []byte, r io.Reader, opt Options) ([]File, error) {
	failed := func(err error) ([]File, error) { return nil, &InputError{in.Name, err} }
	if isBinary(head) && claims(in.Path) == "" {
		return []File{*file}, nil
	}
	claim := ""
	switch {
	case isNodeList(head):
		claim = claimJSON
	case yamlNodes.Match(head):
		// Of YAML only what is too large to be made a tree with all that is in it.
		more, err := io.ReadAll(io.LimitReader(r, wholeYAML+1-int64(len(head))))
		if err != nil {
			return failed(err)
		}
		if head = append(head, more...); len(head) > wholeYAML {
			claim = claimYAML
		}
	}
	if claim != "" {
		var others bool
		file.Statements, file.Kinds, others = readObjectStream(in.Name, claim, io.MultiReader(bytes.NewReader(head), r))
		if !others {
			return []File{*file}, nil
		}
		// Nodes among other objects, which the readers of those have to see: once more, whole. What can be read only once
		// (standard input) stays with what it said of its Nodes.
		again, err := in.open()
		if err != nil {
			return failed(err)
		}
		defer again.Close()
		if head, err = io.ReadAll(io.LimitReader(again, peekBytes)); err != nil || len(head) == 0 {
			return []File{*file}, nil // standard input
		}
		file.Statements, file.Kinds = nil, nil
		r = again
	}
	rest := io.Reader(r)
	if limit := opt.Limits.bytes(); limit > 0 {
		rest = io.LimitReader(r, int64(limit)-int64(len(head))+1)
	}
	tail, err := io.ReadAll(rest)
	if err != nil {
		return failed(err)
	}
	file.read(in, append(head, tail...), opt.Limits)
	return []File{*file}, nil
}

// readObjectStream reads a list of objects as it comes. What stands before an error is kept, and the error is stated.
// others reports that the list holds objects which other readers have to see.
func readObjectStream(name, claim string, r io.Reader) (s []fact.Statement, kinds []Kind, others bool) {
	o, err := kubectl.ReadObjects(name, r)
	s, kinds = o.Statements(), []Kind{KindNodes}
	if err != nil {
		f := File{Name: name}
		f.unreadable(err, claim)
		return append(s, f.Statements...), append(kinds, KindUnreadable), false
	}
	for kind := range o.Kinds {
		others = others || kind != "Node"
	}
	return s, kinds, others
}

// read tells what data is, and keeps what it says.
func (file *File) read(in Input, data []byte, lim Limits) {
	claim := claims(in.Path)
	if limit := lim.bytes(); limit > 0 && len(data) > limit && (claim == claimLog || claim == claimText) {
		data = data[:limit] // the start of a log is worth more than none of it
		data = data[:bytes.LastIndexByte(data, '\n')+1]
		defer file.cut(limit)
	}
	text, err := source.New(in.Name, data, lim.source())
	if err != nil {
		file.unreadable(err, claim)
		return
	}
	unusable := ""
	switch {
	case text.IsHTML() && claim != "" && claim != claimText && claim != claimLog:
		unusable = "it is a web page (HTML)"
	case bytes.IndexByte(text.Data, 0) >= 0 && !procFile(text.Data):
		unusable = "it is binary"
	}
	if unusable != "" {
		if claim != "" {
			file.unreadable(&source.Error{Pos: fact.Position{File: in.Name, Line: 1, Column: 1}, Msg: unusable}, claim)
		}
		return
	}
	if n, ok := hostnameFile(in.Path, file.Host, text.Data); ok {
		file.names = append(file.names, n)
	}
	segments := paste.Cut(in.Path, data)
	whole := len(segments) == 1 && len(segments[0].Data) == len(data)
	for i := range segments {
		file.segment(in, &segments[i], text, whole, lim)
		for _, doc := range paste.Documents(&segments[i]) {
			file.segment(in, &doc, text, false, lim)
		}
	}
	slices.Sort(file.Kinds)
	file.Kinds = slices.Compact(file.Kinds)
	if len(file.Kinds) > 0 {
		file.text = text
		text.Forget()
	}
}

// procFile reports whether zeros end words, as in /proc/PID/cmdline.
func procFile(data []byte) bool {
	return len(data) < 1<<20 && bytes.Contains(data, []byte("\x00--")) && !bytes.ContainsAny(data, "\x01\x02\x03\x7f")
}

// isBinary reports whether head is that of a program, a picture or a database.
func isBinary(head []byte) bool {
	i := bytes.IndexByte(head, 0)
	if i < 0 || procFile(head) {
		return false
	}
	text, err := source.New("", head[:len(head)&^1], source.Limits{})
	return err == nil && bytes.IndexByte(text.Data, 0) >= 0 // otherwise it is UTF-16
}

// isCode reports whether a file is source code or something else that is never a cluster's, by its name.
func isCode(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".go", ".c", ".h", ".cc", ".cpp", ".hpp", ".rs", ".java", ".kt", ".scala", ".py", ".pyc", ".rb", ".pl", ".pm",
		".js", ".mjs", ".jsx", ".ts", ".tsx", ".css", ".scss", ".cs", ".swift", ".php", ".lua", ".proto", ".s", ".asm",
		".o", ".a", ".so", ".exe", ".dll", ".class", ".jar", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".pdf", ".svg",
		".woff", ".woff2", ".ttf", ".eot", ".mp4", ".pem", ".crt", ".key", ".sum", ".mod", ".pb", ".map":
		return true
	}
	return false
}

// cut states that only the start of a file was read.
func (file *File) cut(limit int) {
	file.unreadable(&source.Error{Pos: fact.Position{File: file.Name}, Msg: fmt.Sprintf("it is longer than the %d bytes that are read; the rest was not looked at", limit)}, claimLog)
	f := file.Statements[len(file.Statements)-1].Finding
	f.Severity = fact.Warning
	f.Fix = []string{"give the part of the log that matters: grep -iE 'cidr|subnet|flannel' FILE"}
}

// unreadable states that the file is not what it claims to be.
func (file *File) unreadable(err error, claim string) {
	pos := fact.Position{File: file.Name}
	msg := err.Error()
	var se *source.Error
	if errors.As(err, &se) {
		pos, msg = se.Pos, se.Msg
	}
	msg = strings.TrimPrefix(msg, file.Name+": ")
	file.Kinds = append(file.Kinds, KindUnreadable)
	file.Statements = append(file.Statements, fact.Statement{
		Component: fact.Operator, Host: file.Host, Pos: pos, Role: fact.RoleProblem,
		Finding: &fact.Finding{
			Rule: fact.RuleFileUnreadable, Severity: fact.Error,
			Message: fmt.Sprintf("%s cannot be read as %s: %s", file.Name, cmp.Or(claim, "text"), msg),
			Effect:  "what this file says about address ranges is unknown, so it was checked against nothing",
			Fix:     []string{"fetch the file again as it stands on the host or in the API (kubectl get ... -o yaml), or correct the place named"},
			Where:   []fact.Place{{Position: pos, Host: file.Host, Note: msg}},
		},
	})
}

// What a file claims to be by its name.
const (
	claimYAML   = "YAML"
	claimJSON   = "JSON"
	claimEnv    = "flannel's subnet.env"
	claimLog    = "a log"
	claimText   = "text"
	claimNetCnf = "flannel's net-conf.json"
)

// claims returns what a file claims to be by its name, "" where the name says nothing.
func claims(name string) string {
	base := strings.ToLower(path.Base(name))
	switch {
	case strings.Contains(base, "net-conf"):
		return claimNetCnf
	case strings.Contains(base, "subnet.env"):
		return claimEnv
	}
	switch path.Ext(base) {
	case ".yaml", ".yml":
		return claimYAML
	case ".json":
		return claimJSON
	case ".log":
		return claimLog
	case ".txt":
		return claimText
	}
	return ""
}

// looksLikeObject reports whether a text without a telling name begins as an object of Kubernetes does, readable or not.
func looksLikeObject(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("---")), " \t\r\n")
	return bytes.HasPrefix(data, []byte("apiVersion:")) || bytes.HasPrefix(data, []byte("kind:")) ||
		bytes.HasPrefix(data, []byte("{")) && bytes.Contains(data[:min(len(data), 512)], []byte(`"apiVersion"`))
}

// yamlNodes matches the head of a list in YAML whose first object is a Node.
var yamlNodes = regexp.MustCompile(`(?m)^items:[ \t]*\r?\n[ ]*- (?:apiVersion: v1\r?\n[ ]+)?kind: Node\r?\n`)

// isNodeList reports whether head is the start of a JSON list whose first object is a Node.
func isNodeList(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	i := bytes.Index(head, []byte(`"items"`))
	if i < 0 {
		return false
	}
	compact := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, head[i:min(len(head), i+512)])
	return bytes.HasPrefix(compact, []byte(`"items":[{"apiVersion":"v1","kind":"Node"`)) ||
		bytes.HasPrefix(compact, []byte(`"items":[{"kind":"Node"`))
}
