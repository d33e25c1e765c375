package reading

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// segment reads one part of an input. whole says that it is all of it, byte for byte.
func (file *File) segment(in Input, seg *paste.Segment, text *source.File, whole bool, lim Limits) {
	if seg.Kind == paste.KindCode {
		return
	}
	a := &asked{seg: seg, text: text, data: seg.Data, path: in.Path, host: file.Host, whole: whole}
	claim := claims(in.Path)
	if !whole {
		part, err := source.NewPart(seg.Place, in.Name, seg.Data, lim.source())
		if err != nil {
			return
		}
		a.text, claim = part, claimOfPart(seg)
		if seg.Path != "" {
			a.path = seg.Path
		}
	}
	if !whole && prompted(a.text.Data) {
		return
	}
	a.takeHost()
	if whole && (seg.Kind == paste.KindProse || seg.Kind == paste.KindLog) && claim != claimLog {
		claim = claimText // whatever its name says
	}
	if claim == "" && (!whole || path.Ext(in.Path) == "") && looksLikeObject(a.text.Data) {
		claim = claimYAML // standard input, or a text of which only the content says what it is
	}
	if a.excerpt() {
		claim = ""
	}
	before := len(file.Statements)
	file.ask(a, claim)
	file.embedded(in, a)
	file.names = append(file.names, a.names...)
	file.notUnderstood(a, file.Statements[before:])
}

// prompted reports whether a part is no more than the prompt of a shell that waits.
func prompted(data []byte) bool {
	data = bytes.TrimSpace(data)
	return len(data) <= 80 && (len(data) == 0 || strings.IndexByte("#$>%", data[len(data)-1]) >= 0) && bytes.IndexByte(data, '\n') < 0
}

// claimOfPart returns what a part of an input claims to be.
func claimOfPart(seg *paste.Segment) string {
	if seg.Path == "" || seg.Partial || seg.Kind != paste.KindFile && seg.Kind != paste.KindOutput {
		return ""
	}
	return claims(seg.Path)
}

// takeHost decides whose the part is: whose prompt stands above it, or which host the input comes from. What kubectl prints
// is the cluster's, wherever it was typed.
func (a *asked) takeHost() {
	switch host := hostOfPod(a.seg.Pod); {
	case host != "":
		a.host = host
	case ofCluster(a.seg.Command):
		if a.seg.Host != "" || a.seg.Pod != "" {
			a.host = ""
		}
		if a.seg.Pod != "" {
			_, a.host, _ = strings.Cut("/"+a.seg.Pod, "/")
			a.host = path.Base(a.seg.Pod)
		}
	case a.seg.Host != "":
		a.host = a.seg.Host
	}
}

// ask keeps what the readers find.
func (file *File) ask(a *asked, claim string) {
	defer a.text.Forget()
	var syntax error
	structured := claim != "" && claim != claimLog && claim != claimText
	for _, r := range readers {
		if !r.wants(a.seg.Kind) || r.text && structured || r.raw && a.nested {
			continue
		}
		s, err := r.read(a)
		if err != nil && syntax == nil {
			syntax = err
		}
		if a.seg.Template || templateName(a.path) {
			s = slices.DeleteFunc(s, unfilled)
		}
		if a.seg.Kind == paste.KindProse {
			s = slices.DeleteFunc(s, func(s fact.Statement) bool { return s.Finding != nil || explained(a.data, s) }) // it quotes what is wrong
		}
		if a.fragment(claim) {
			s = slices.DeleteFunc(s, refusedWhole)
		}
		if a.excerpt() {
			s = slices.DeleteFunc(s, malformed)
		}
		if a.seg.Partial && !(a.seg.Lines && r.kind == KindCommand) {
			s = slices.DeleteFunc(s, absent)
		}
		if len(s) == 0 {
			continue
		}
		file.Kinds = append(file.Kinds, kindOf(r.kind, s))
		for i := range s {
			if s[i].Host == "" && r.perHost {
				s[i].Host = a.host
			}
		}
		if r.raw && !a.whole {
			place(s, a.seg.Place)
		}
		file.Statements = append(file.Statements, s...)
		if r.kind == KindInstaller {
			file.keepInstalled(a, len(s))
		}
	}
	if structured && syntax != nil {
		file.failed(a, claim, syntax)
	}
	file.networks = append(file.networks, a.networks...)
	file.processes = append(file.processes, a.processes...)
	if len(a.processes) > 0 {
		file.Kinds = append(file.Kinds, KindCommand)
	}
	if len(a.networks) > 0 {
		file.Kinds = append(file.Kinds, KindPlugin)
	}
}

// failed notes that a part cannot be read, where it is worth saying.
func (file *File) failed(a *asked, claim string, err error) {
	switch {
	case a.seg.Template || !mayFail(a.seg):
	case claim == claimYAML && !mayConcern(a.text.Data):
	case hasProblemAt(file.Statements):
	case !a.whole && flattened(a.text.Data):
		file.holds = append(file.holds, fact.NotUnderstood{File: file.Name, Line: a.text.Position(0).Line, Holds: "YAML that has lost its indentation"})
	default:
		file.unreadable(err, claim)
	}
}

// fragment reports whether a part is a piece of a file, of which the rest may well be in order.
func (a *asked) fragment(claim string) bool {
	return a.seg.Partial || claim == "" && !bytes.Contains(a.text.Data, []byte("apiVersion"))
}

// excerpt reports whether a part is what somebody quotes of a file in a text for people: it leaves something out, or is no object as
// a whole. What a command shows is the file.
func (a *asked) excerpt() bool {
	if a.whole || a.seg.Command != nil || a.seg.Kind != paste.KindFile {
		return false
	}
	text := bytes.TrimSpace(a.text.Data)
	return leftOut.Match(text) || claims(a.path) == claimNetCnf && len(text) > 0 && text[0] == '"'
}

// leftOut matches an ellipsis that stands for text, and is none of a string.
var leftOut = regexp.MustCompile(`(?m)(?:^|[\s{\[,])(?:\.\.\.|\x{2026})(?:[\s}\],]|$)`)

// malformed reports whether a statement is that a file cannot be read.
func malformed(s fact.Statement) bool {
	return s.Finding != nil && (s.Finding.Rule == fact.RuleFileUnreadable || s.Finding.Rule == fact.RuleNetConfMalformed)
}

// refusedWhole reports whether a statement is that kubeadm takes a file as a whole for none of its own, or that a key does not
// stand where it belongs, which a piece does not show.
func refusedWhole(s fact.Statement) bool {
	return s.Finding != nil && (s.Finding.Rule == fact.RuleKubeadmConfigRefused || s.Finding.Rule == fact.RuleKubeadmKeyMisplaced)
}

// place gives statements that count lines and columns in a part the places in the whole.
func place(list []fact.Statement, at func(line, column int) (int, int)) {
	move := func(p *fact.Position) {
		if p.Line > 0 {
			column := p.Column
			p.Line, p.Column = at(p.Line, max(p.Column, 1))
			if column == 0 {
				p.Column = 0
			}
		}
	}
	for i := range list {
		s := &list[i]
		move(&s.Pos)
		if s.PrefixPos != nil {
			s.PrefixPos = slices.Clone(s.PrefixPos)
			for j := range s.PrefixPos {
				move(&s.PrefixPos[j])
			}
		}
		if s.Finding != nil {
			s.Finding = placeFinding(*s.Finding, move)
		}
	}
}

func placeFinding(f fact.Finding, move func(*fact.Position)) *fact.Finding {
	f.Where = slices.Clone(f.Where)
	for j := range f.Where {
		move(&f.Where[j].Position)
	}
	f.Symptoms = slices.Clone(f.Symptoms)
	for j := range f.Symptoms {
		f.Symptoms[j] = *placeFinding(f.Symptoms[j], move)
	}
	return &f
}

// unfilled reports whether a statement of a template says nothing yet: its value is still to be filled in, or it is what
// is wrong with the text as long as it is a template. A range that is written out is wrong whatever is filled in beside it.
func unfilled(s fact.Statement) bool {
	return s.Err != nil && !writtenRange.MatchString(s.Text) || s.Finding != nil || strings.ContainsAny(s.Text, "{}<>$%")
}

// writtenRange matches text that is meant as a list of ranges and holds nothing to fill in.
var writtenRange = regexp.MustCompile(`^[0-9a-fA-F.:]+/[0-9]+(?:, ?[0-9a-fA-F.:]+/[0-9]+)*$`)

// templateName reports whether a file is a template by its name.
func templateName(name string) bool {
	switch path.Ext(name) {
	case ".in", ".base", ".sed", ".j2", ".jinja", ".jinja2", ".tpl", ".tmpl", ".gotmpl", ".erb", ".mustache":
		return true
	}
	return false
}

// concerns are words of which a file has one that may bear on address ranges. One without is worth no finding, broken or not.
var concerns = [][]byte{[]byte("lannel"), []byte("kubeadm"), []byte("cidr"), []byte("CIDR"), []byte("Cidr"), []byte("ubnet"),
	[]byte("kube-proxy"), []byte("KubeProxy"), []byte("Kubelet"), []byte("kube-controller"), []byte("kube-apiserver"),
	[]byte("ip-range"), []byte("clusterDNS"), []byte("kind: Node"), []byte("clusterIP"), []byte("networking")}

func mayConcern(data []byte) bool {
	return len(data) == 0 || slices.ContainsFunc(concerns, func(w []byte) bool { return bytes.Contains(data, w) })
}

// absent reports whether a statement is that something is not written, which a part of an output cannot tell.
func absent(s fact.Statement) bool {
	switch s.Role {
	case fact.RolePods, fact.RoleServices:
		return s.Text == "" && len(s.Prefixes) == 0 || s.Default
	case fact.RoleSetting:
		return s.Default && s.Text == ""
	}
	return false
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

// flattened reports whether YAML has lost its indentation where it was pasted: several keys have their values in the lines below, and no
// line begins with a blank.
func flattened(data []byte) bool {
	open := 0
	for line := range bytes.Lines(data) {
		t := bytes.TrimRight(line, " \t\r\n")
		if len(t) > 0 && (t[0] == ' ' || t[0] == '\t') {
			return false
		}
		if bytes.HasSuffix(t, []byte(":")) && !bytes.HasPrefix(t, []byte("#")) {
			open++
		}
	}
	return open > 1
}

// mayFail reports whether a part is a file or an object, of which it is worth saying that it cannot be read.
func mayFail(seg *paste.Segment) bool {
	return seg.Kind == paste.KindFile || seg.Kind == paste.KindOutput && !seg.Partial
}
