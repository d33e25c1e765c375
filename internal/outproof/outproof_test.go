package outproof

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/txtar"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/repair"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

var every = flag.Int("every", 3, "look at each bundle's names with one of so many hostile ones")

// payload is the command that each hostile name would run. No program of ours is called so, and no file speaks of it.
const payload = "kcpwned"

// hostileNames stand within plain scalars of YAML and strings of JSON without an escape, so that every file with one in the place
// of a name is still read as what it was.
var hostileNames = []string{
	"w1;" + payload, "w1$(" + payload + ")", "w1`" + payload + "`", "w1&&" + payload, "w1|" + payload, "w1'" + payload + "'x", "w1;" + payload + ";'",
	"w1>" + payload, "w1$" + payload, "-" + payload, "w1\u202e" + payload, "w1*" + payload,
}

var named = regexp.MustCompile(`(?:"?(?:name|nodeName|namespace|hostname|clusterName|component|nodename)"?\s*[:=]\s*"?|node/|node ")([a-z][a-z0-9.-]{1,60}[a-z0-9])`)

// namesOf returns what a bundle calls its nodes, hosts and objects, the folders of its files included.
func namesOf(files map[string][]byte) []string {
	var out []string
	for name, data := range files {
		if dir := filepath.Dir(name); dir != "." && !strings.Contains(dir, "/") {
			out = append(out, dir)
		}
		for _, m := range named.FindAllSubmatch(data, -1) {
			out = append(out, string(m[1]))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// with returns the files with another name in the place of one.
func with(files map[string][]byte, name, instead string) fstest.MapFS {
	word := regexp.MustCompile(`(^|[^A-Za-z0-9.-])` + regexp.QuoteMeta(name) + `($|[^A-Za-z0-9.-])`)
	out := fstest.MapFS{}
	for file, data := range files {
		dir, base := filepath.Split(file)
		if strings.TrimSuffix(dir, "/") == name {
			dir = strings.ReplaceAll(instead, "/", "_") + "/"
		}
		data = word.ReplaceAllFunc(data, func(m []byte) []byte { return bytes.Replace(m, []byte(name), []byte(instead), 1) })
		out[dir+base] = &fstest.MapFile{Data: data}
	}
	return out
}

// TestCommands: in the files of each bundle each name becomes one that would run a command, and no fix, step or script runs it.
func TestCommands(t *testing.T) {
	archives, err := filepath.Glob("../../testdata/incidents/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no bundles: %v", err)
	}
	turn, fixes, scripts := 0, 0, 0
	for _, archive := range archives {
		ar, err := txtar.ParseFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, f := range ar.Files {
			if f.Name != "want" {
				files[f.Name] = f.Data
			}
		}
		for _, name := range namesOf(files) {
			turn++
			if turn%*every != 0 {
				continue
			}
			hostile := hostileNames[turn/(*every)%len(hostileNames)]
			read, err := kubecidr.Read(with(files, name, hostile), kubecidr.Options{})
			if err != nil {
				continue
			}
			at := fmt.Sprintf("%s, %s is %q", filepath.Base(archive), name, hostile)
			for _, f := range read.Check().Findings {
				for _, fix := range f.Fix {
					if strings.Contains(fix, payload) {
						fixes++
						holdFix(t, at+", "+string(f.Rule), fix)
					}
				}
			}
			rep, err := repair.New(repair.InventoryOf(read.Statements()...))
			if err != nil {
				continue
			}
			var b bytes.Buffer
			if err := draw.RepairCommands(&b, rep); err != nil {
				continue
			}
			if strings.Contains(b.String(), payload) {
				scripts++
				if err := runs(b.String()); err != nil {
					t.Errorf("%s: the script: %v", at, err)
				}
			}
			holdSteps(t, at, rep)
		}
	}
	t.Logf("%d names, %d fixes and %d scripts that hold one", turn / *every, fixes, scripts)
	if fixes == 0 || scripts == 0 {
		t.Error("no fix or no script holds a name: the test asks nothing")
	}
}

// programs are those that a fix calls.
var programs = regexp.MustCompile(`(?:^|[\s:;(])((?:sudo )?(?:kubectl|kubeadm|systemctl|ip|ssh|sed|rm|scp|etcdctl|talosctl|calicoctl|k3s|helm|cat|journalctl) )`)

// holdFix looks at what stands in a fix from each program on: as far as a shell takes it, it does not run the payload.
func holdFix(t *testing.T, at, fix string) {
	t.Helper()
	for _, m := range programs.FindAllStringSubmatchIndex(fix, -1) {
		command, _, _ := strings.Cut(fix[m[2]:], "\n")
		if !strings.Contains(command, payload) {
			continue
		}
		if err := runs(command); err != nil {
			t.Errorf("%s: %v\n%s", at, err, fix)
		}
	}
}

func holdSteps(t *testing.T, at string, rep *repair.Repair) {
	t.Helper()
	var b bytes.Buffer
	if err := draw.RepairJSON(&b, rep); err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	var doc struct {
		Ways []struct {
			Steps []struct{ Commands, Check, Undo []string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	for _, w := range doc.Ways {
		for _, s := range w.Steps {
			for _, command := range slices.Concat(s.Commands, s.Check, s.Undo) {
				if !strings.Contains(command, payload) {
					continue
				}
				if err := runs(command); err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
		}
	}
}

var errRuns = errors.New("a shell would run what a name says")

// runs parses a script as a POSIX shell does, and gives an error where the payload stands anywhere but within quotes that nothing
// is expanded in, or where the script cannot be parsed.
func runs(script string) error {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), "")
	if err != nil {
		return fmt.Errorf("%w in %q", err, cut(script))
	}
	err = nil
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Lit:
			if strings.Contains(n.Value, payload) {
				err = fmt.Errorf("%w: %q in %q", errRuns, n.Value, cut(script))
			}
		case *syntax.CmdSubst, *syntax.ParamExp:
			var b strings.Builder
			_ = syntax.NewPrinter().Print(&b, n)
			if strings.Contains(b.String(), payload) {
				err = fmt.Errorf("%w: %q in %q", errRuns, b.String(), cut(script))
			}
		case *syntax.Redirect:
			if n.Hdoc != nil { // a document that is not expanded is text
				return n.Word != nil && len(n.Word.Parts) > 0 && !quoted(n.Word)
			}
		}
		return true
	})
	return err
}

func quoted(w *syntax.Word) bool {
	switch w.Parts[0].(type) {
	case *syntax.SglQuoted, *syntax.DblQuoted:
		return true
	}
	return false
}

func cut(s string) string {
	if i := strings.Index(s, payload); i >= 0 {
		return s[max(0, i-80):min(len(s), i+60)]
	}
	return s[:min(len(s), 120)]
}

// planOf plans a cluster whose names are hostile wherever a request takes one.
func planOf(name string) (*plan.Plan, error) {
	r := plan.Request{Nodes: 5, Name: name}
	if err := r.Set("avoid", "10.0.0.0/8"); err != nil {
		return nil, err
	}
	r.Avoid[0].Name = name
	return plan.New(r)
}

var documentNames = []string{
	"<script>x</script>", "a|b|c", "a`b``c", "*x*_y_", "[x](http://192.0.2.1)", "![x](y)", "# x", "a\n\n# b", "&lt;", "---", "a\u202eb", "\x1b[31m", "]]>", "<!--", "a: b", "{x}", "'\"", "é",
}

// TestMarkdown: a name is text in the document, whatever it holds: no HTML but the document's own, no links, no heading, no cell of its own.
func TestMarkdown(t *testing.T) {
	shape := func(name string) (string, error) {
		p, err := planOf(name)
		if err != nil {
			return "", err
		}
		var b bytes.Buffer
		if err := draw.Markdown(&b, p, draw.Options{}); err != nil {
			return "", err
		}
		md := goldmark.New(goldmark.WithExtensions(extension.Table))
		var kinds strings.Builder
		doc := md.Parser().Parse(text.NewReader(b.Bytes()))
		err = ast.Walk(doc, func(n ast.Node, in bool) (ast.WalkStatus, error) {
			switch n.Kind() {
			case ast.KindText, ast.KindString: // a name may be cut into several texts
			case ast.KindCodeSpan:
				return ast.WalkSkipChildren, nil
			default:
				if in {
					fmt.Fprintln(&kinds, n.Kind())
				}
			}
			return ast.WalkContinue, nil
		})
		return kinds.String(), err
	}
	want, err := shape("plain")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range documentNames {
		got, err := shape(name)
		if err != nil {
			continue // not taken as a name
		}
		if got != want {
			t.Errorf("%q changes the structure of the document", name)
		}
	}
}

// TestFormats: SVG is well-formed and has the elements that any plan's has; JSON and YAML give the name back or say no.
func TestFormats(t *testing.T) {
	elements := func(name string) (map[string]bool, error) {
		p, err := planOf(name)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := draw.SVG(&b, p, draw.Options{}); err != nil {
			return nil, err
		}
		out := map[string]bool{}
		d := xml.NewDecoder(&b)
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			if err != nil {
				t.Errorf("SVG of %q: %v", name, err)
				return out, nil
			}
			if e, ok := tok.(xml.StartElement); ok {
				out[e.Name.Local] = true
			}
		}
	}
	want, err := elements("plain")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range documentNames {
		got, err := elements(name)
		if err != nil {
			continue
		}
		for e := range got {
			if !want[e] {
				t.Errorf("SVG of %q has an element %s", name, e)
			}
		}
		p, _ := planOf(name)
		for what, write := range map[string]func(io.Writer, *plan.Plan, draw.Options) error{"JSON": draw.JSON, "YAML": draw.YAML} {
			var b bytes.Buffer
			if err := write(&b, p, draw.Options{}); err != nil {
				continue
			}
			var doc struct {
				Name string `json:"name" yaml:"name"`
			}
			unmarshal := json.Unmarshal
			if what == "YAML" {
				unmarshal = yaml.Unmarshal
			}
			if err := unmarshal(b.Bytes(), &doc); err != nil || doc.Name != p.Request.Name {
				t.Errorf("%s of %q: name %q, %v", what, name, doc.Name, err)
			}
		}
	}
}
