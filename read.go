package kubecidr

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Kind says what a file is, told from its content.
type Kind string

// The kinds of files that are read.
const (
	KindKubeadmConfig Kind = "kubeadm-config"         // kubeadm configuration, or the kubeadm-config ConfigMap
	KindCommand       Kind = "command"                // command lines of kubeadm, kubelet or a control-plane program
	KindManifest      Kind = "control-plane-manifest" // kube-controller-manager and kube-apiserver
	KindKubeProxy     Kind = "kube-proxy-config"      // KubeProxyConfiguration, or the kube-proxy ConfigMap
	KindKubelet       Kind = "kubelet-config"         // KubeletConfiguration, or the kubelet-config ConfigMap
	KindNodes         Kind = "nodes"                  // Node objects
	KindFlannel       Kind = "flannel-config"         // net-conf.json, bare, in a ConfigMap, a manifest or Helm values
	KindSubnetEnv     Kind = "subnet-env"             // flannel's /run/flannel/subnet.env
	KindObjects       Kind = "objects"                // Services, ServiceCIDRs, Events, Pods
	KindText          Kind = "text"                   // plain output of kubectl, and log lines of Kubernetes
	KindLog           Kind = "log"                    // log lines that bear on address ranges
	KindPlugin        Kind = "network-plugin"         // manifest, configuration or pools of a CNI plugin other than flannel
	KindHost          Kind = "host-network"           // links, addresses and routes of a host: ip addr, ip route, ifconfig
	KindUnreadable    Kind = "unreadable"             // it claims to be one of these and cannot be read
)

// Options are settings of [Read]. The zero value reads with the defaults.
type Options struct {
	Kubernetes fact.Version // overrides the release that the files tell
	LinkMTU    int          // MTU of the hosts' link in bytes, 0 if unknown
	Limits     Limits
}

// Limits bound what is read from one file. Zero fields stand for the defaults, negative ones for no limit.
// A list of Nodes is streamed, in YAML if it is larger than 8 MiB, so the limit on bytes does not hold for it.
type Limits struct {
	Bytes int // size of the file. Default 64 MiB.
	Depth int // nesting of sequences and mappings. Default 100.
	Nodes int // values in the file, aliases resolved. Default 500,000, in larger files one for each 20 bytes.
}

// An Input is a file to read.
type Input struct {
	Name string // in the positions of what is read, and in findings
	Path string // slash-separated path that the host is told from; Name if empty
	Open func() (io.ReadCloser, error)
}

// A File is what one file says.
type File struct {
	Name       string
	Kinds      []Kind // what it holds, sorted; none: it says nothing about address ranges and is ignored
	Host       string // host that it comes from, told from its path, or ""
	Statements []fact.Statement

	text *source.File // for its lines; nil where the file was streamed
}

// Files is what a set of files says. It is not changed by its methods, so any number of goroutines can use it.
type Files struct {
	List []File // in the order of the inputs

	added []fact.Statement // from the options
}

// Read reads every regular file of fsys, in the order of fs.WalkDir. Kinds are told from content, hosts from the names of
// folders and files. A file that cannot be parsed is a statement with a finding, not an error, and the others are still
// read. The error is that of a file or folder which cannot be opened.
func Read(fsys fs.FS, opt Options) (*Files, error) {
	var inputs []Input
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir // .git and its like
			}
			return nil
		}
		inputs = append(inputs, Input{Name: name, Open: func() (io.ReadCloser, error) { return fsys.Open(name) }})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ReadInputs(inputs, opt)
}

// ReadInputs reads the inputs, as [Read] does. The error joins those of all inputs that cannot be opened or read; what the
// others say is returned with it.
func ReadInputs(inputs []Input, opt Options) (*Files, error) {
	files := &Files{added: opt.statements()}
	var errs []error
	for _, in := range inputs {
		f, err := readInput(in, opt)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files.List = append(files.List, f)
	}
	return files, errors.Join(errs...)
}

// statements returns what the options say.
func (o Options) statements() []fact.Statement {
	var s []fact.Statement
	if !o.Kubernetes.IsZero() {
		s = append(s, fact.Statement{Component: fact.Operator, Role: fact.RoleSetting, Setting: fact.SettingVersion,
			Key: "-kubernetes", Text: o.Kubernetes.String()})
	}
	if o.LinkMTU != 0 {
		s = append(s, fact.Statement{Component: fact.Operator, Role: fact.RoleSetting, Setting: fact.SettingLinkMTU,
			Key: "-link-mtu", Text: fmt.Sprint(o.LinkMTU), Int: o.LinkMTU})
	}
	return s
}

// Statements returns what all files say, in their order, and what the options add.
func (f *Files) Statements() []fact.Statement {
	s := slices.Clone(f.added)
	for _, file := range f.List {
		s = append(s, file.Statements...)
	}
	return s
}

// Ignored returns the names of the files that say nothing about address ranges.
func (f *Files) Ignored() []string {
	var names []string
	for _, file := range f.List {
		if len(file.Kinds) == 0 {
			names = append(names, file.Name)
		}
	}
	return names
}

// ReportOptions returns what a report says of the files: which were read, as what, and which were ignored.
func (f *Files) ReportOptions() draw.ReportOptions {
	o := draw.ReportOptions{Ignored: f.Ignored()}
	for _, file := range f.List {
		for _, k := range file.Kinds {
			o.Read = append(o.Read, draw.ReadFile{File: file.Name, Kind: string(k)})
		}
	}
	return o
}

// Check checks what the files say, as plan.Check does, and adds to each place the text of its line.
func (f *Files) Check() fact.Report {
	r := plan.Check(f.Statements()...)
	f.quote(r.Findings)
	return r
}

// quote fills in the lines of the findings' places.
func (f *Files) quote(findings []fact.Finding) {
	for i := range findings {
		for j := range findings[i].Where {
			p := &findings[i].Where[j]
			if p.Line == "" {
				p.Line, p.From, p.Chars = f.excerpt(p.Position)
			}
		}
		f.quote(findings[i].Symptoms)
	}
}

// excerpt returns what the line at p shows, "" where it is not kept.
func (f *Files) excerpt(p fact.Position) (text string, from, chars int) {
	for i := range f.List {
		if f.List[i].Name == p.File && f.List[i].text != nil {
			return f.List[i].text.Excerpt(p.Line, p.Column)
		}
	}
	return "", 0, 0
}

// Check reads every file of fsys and checks what they say together: [Read] and [Files.Check] in one call. The error is that of a file
// that cannot be opened, or [fact.ErrNothingStated] where no file was recognised.
func Check(fsys fs.FS) (fact.Report, error) {
	f, err := Read(fsys, Options{})
	if err != nil {
		return fact.Report{}, err
	}
	r := f.Check()
	if r.Verdict() == "" {
		return r, fact.ErrNothingStated
	}
	return r, nil
}

// peekBytes is how much of a file is looked at to tell whether it is streamed.
const peekBytes = 64 << 10

// defaultBytes is the limit on the size of a file that is not streamed.
const defaultBytes = 64 << 20

func readInput(in Input, opt Options) (File, error) {
	in.Path = cmp.Or(in.Path, in.Name)
	file := File{Name: in.Name, Host: hostFromPath(in.Path)}
	r, err := in.Open()
	if err != nil {
		return file, err
	}
	defer r.Close()

	limit := cmp.Or(opt.Limits.Bytes, defaultBytes)
	head, err := io.ReadAll(io.LimitReader(r, peekBytes))
	if err != nil {
		return file, fmt.Errorf("%s: %w", in.Name, err)
	}
	claim := ""
	switch {
	case isNodeList(head):
		claim = claimJSON
	case yamlNodes.Match(head):
		// Of YAML only what is too large to be made a tree with all that is in it.
		more, err := io.ReadAll(io.LimitReader(r, wholeYAML+1-int64(len(head))))
		if err != nil {
			return file, fmt.Errorf("%s: %w", in.Name, err)
		}
		if head = append(head, more...); len(head) > wholeYAML {
			claim = claimYAML
		}
	}
	if claim != "" {
		var others bool
		file.Statements, file.Kinds, others = readObjectStream(in.Name, claim, io.MultiReader(bytes.NewReader(head), r))
		if !others {
			return file, nil
		}
		// Nodes among other objects, which the readers of those have to see: once more, whole. What can be read only once
		// (standard input) stays with what it said of its Nodes.
		again, err := in.Open()
		if err != nil {
			return file, err
		}
		defer again.Close()
		if head, err = io.ReadAll(io.LimitReader(again, peekBytes)); err != nil || len(head) == 0 {
			return file, err
		}
		file.Statements, file.Kinds = nil, nil
		r = again
	}
	rest := io.Reader(r)
	if limit > 0 {
		rest = io.LimitReader(r, int64(limit)-int64(len(head))+1)
	}
	tail, err := io.ReadAll(rest)
	if err != nil {
		return file, fmt.Errorf("%s: %w", in.Name, err)
	}
	file.read(in, append(head, tail...), opt.Limits)
	return file, nil
}

// read tells what data is, and keeps what it says.
func (file *File) read(in Input, data []byte, lim Limits) {
	claim := claims(in.Path)
	if limit := cmp.Or(lim.Bytes, defaultBytes); limit > 0 && len(data) > limit && (claim == claimLog || claim == claimText) {
		data = data[:limit] // the start of a log is worth more than none of it
		data = data[:bytes.LastIndexByte(data, '\n')+1]
		defer file.cut(limit)
	}
	text, err := source.New(in.Name, data, source.Limits{Bytes: lim.Bytes, Depth: lim.Depth, Nodes: lim.Nodes})
	if err != nil {
		file.unreadable(err, claim)
		return
	}
	file.text = text
	if text.IsHTML() {
		if claim != "" {
			file.unreadable(&source.Error{Pos: fact.Position{File: in.Name, Line: 1, Column: 1}, Msg: "it is a web page (HTML)"}, claim)
		}
		return
	}
	if bytes.IndexByte(text.Data, 0) >= 0 {
		if claim != "" {
			file.unreadable(&source.Error{Pos: fact.Position{File: in.Name, Line: 1, Column: 1}, Msg: "it is binary"}, claim)
		}
		return
	}
	if claim == "" && path.Ext(in.Path) == "" && looksLikeObject(text.Data) {
		claim = claimYAML // standard input, or a file of which only the content says what it is
	}
	file.ask(text, data, in.Path, claim)
}

// ask keeps what the readers find.
func (file *File) ask(text *source.File, data []byte, path, claim string) {
	defer text.Forget()
	var syntax error
	list := readers
	structured := claim != "" && claim != claimLog && claim != claimText
	if !structured {
		list = append(slices.Clip(list), textReaders...)
	}
	a := &asked{text: text, data: data, path: path}
	for _, r := range list {
		s, err := r.read(a)
		if err != nil && syntax == nil {
			syntax = err
		}
		if len(s) == 0 {
			continue
		}
		file.Kinds = append(file.Kinds, kindOf(r.kind, s))
		for i := range s {
			if s[i].Host == "" && r.perHost {
				s[i].Host = file.Host
			}
		}
		file.Statements = append(file.Statements, s...)
	}
	switch {
	case syntax != nil && structured && !hasProblemAt(file.Statements):
		file.unreadable(syntax, claim)
	case len(file.Kinds) == 0 && len(bytes.TrimSpace(text.Data)) == 0 && structured:
		file.unreadable(&source.Error{Pos: fact.Position{File: file.Name}, Msg: "it is empty"}, claim)
	}
	slices.Sort(file.Kinds)
	file.Kinds = slices.Compact(file.Kinds)
}

// looksLikeObject reports whether a text without a telling name begins as an object of Kubernetes does, readable or not.
func looksLikeObject(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("---")), " \t\r\n")
	return bytes.HasPrefix(data, []byte("apiVersion:")) || bytes.HasPrefix(data, []byte("kind:")) ||
		bytes.HasPrefix(data, []byte("{")) && bytes.Contains(data[:min(len(data), 512)], []byte(`"apiVersion"`))
}

// kindOf returns the kind of a file that a reader of that kind understood: one reader serves several.
func kindOf(k Kind, s []fact.Statement) Kind {
	switch {
	case k == KindObjects && slices.ContainsFunc(s, func(s fact.Statement) bool { return s.Component == fact.Node }):
		return KindNodes
	case k == KindFlannel && slices.ContainsFunc(s, func(s fact.Statement) bool { return fact.NameOf(s).IsEnv() }):
		return KindSubnetEnv
	}
	return k
}

// hasProblemAt reports whether a reader has already said what is wrong with the file.
func hasProblemAt(s []fact.Statement) bool {
	return slices.ContainsFunc(s, func(s fact.Statement) bool {
		return s.Role == fact.RoleProblem && s.Finding != nil &&
			(s.Finding.Rule == fact.RuleFileUnreadable || s.Finding.Rule == fact.RuleNetConfMalformed)
	})
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

// wholeYAML is the size up to which a list of Nodes in YAML is read whole, by all readers.
const wholeYAML = 8 << 20

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
