package kubecidr_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What a reader can hold: no function is longer than a screen or two, no file longer than one sits down to read.
const (
	longestFunction = 60  // lines, tables not counted
	longestFile     = 600 // lines
)

// widest is how many columns a line of prose has at most, tabs as four.
const widest = 120

// tooWide are folders and files whose comments are wider for the time being. The list only shrinks.
var tooWide = []string{
	"internal/cli", "internal/cmdline", "internal/distro", "internal/hostnet", "internal/netdist", "internal/paste", "internal/reading",
	"internal/scenario", "plan/internal/check", "plan/repair",

	"README.md", "docs/collect.md", "cmd/kubecidr", "docs/quality.md", "flannel/etcd.go", "flannel/messages.go",
	"flannel/netconf.go", "flannel/read.go", "internal/planfile/planfile.go", "internal/source/source.go",
	"kubeadm/commands.go", "kubeadm/kubectl/logs.go", "kubeadm/kubectl/logs_messages.go", "kubeadm/kubectl/text.go",
	"kubeadm/manifest.go", "plan/capacity.go", "plan/defaults.go", "plan/demands.go", "plan/draw/grid.go",
	"plan/draw/markdown.go", "plan/draw/markdown_network.go", "plan/draw/report_sarif.go",
	"plan/draw/report_text.go", "plan/draw/svg.go", "plan/draw/text.go", "plan/fact/statement.go", "plan/keep.go",
	"plan/new.go", "plan/plan.go", "plan/relax.go", "plan/relax_claims.go", "plan/relax_dials.go",
	"plan/relax_keep.go", "plan/request.go", "plan/set.go", "plan/sizing.go", "plan/solver.go",
	"plan/statements.go", "plan/validate.go", "request.go",
}

// TestHouseProse holds comments and documents to lines that fit a screen. Tables, lists in comments and what is generated are as they are.
func TestHouseProse(t *testing.T) {
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	prose := regexp.MustCompile(`^\s*// [^ \t]`)
	for _, name := range append(append(goFiles(t), docs...), "README.md", "CONTRIBUTING.md", "SECURITY.md") {
		if name == "docs/rules.md" || slices.ContainsFunc(tooWide, func(w string) bool { return name == w || strings.HasPrefix(name, w+"/") }) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(data), "// Code generated") {
			continue
		}
		fence := false
		for i, line := range strings.Split(string(data), "\n") {
			fence = fence != strings.HasPrefix(line, "```")
			if n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); n <= widest || strings.Count(strings.TrimSpace(line), " ") < 2 {
				continue // fits, or is one word
			}
			if isGo := strings.HasSuffix(name, ".go"); isGo && !prose.MatchString(line) || !isGo && (fence || strings.HasPrefix(line, "|")) {
				continue
			}
			t.Errorf("%s:%d: wider than %d columns", name, i+1, widest)
		}
	}
}

// tooLong are the functions and files that are longer for the time being. The list only shrinks.
var tooLong = []string{
	"internal/paste/transcript.go transcript",
	"kubeadm/kubectl/nodes.go nodeField",
	"kubeadm/kubectl/text.go row",
	"kubeadm/kubectl/text_describe.go describe",
	"plan/draw/report_sarif.go ReportSARIF",
	"plan/internal/check/cluster.go fromKubeadm",
	"plan/internal/check/controlplanes.go controlPlanes",
	"plan/internal/check/flannel.go networkAgainst",
	"plan/internal/check/host.go bridges",
	"plan/internal/check/inventory.go InventoryOf",
	"plan/internal/check/masks.go maskFlags",
	"plan/internal/check/outside.go nodeSubnetsOutside",
	"plan/internal/check/overlap.go overlapPair",
	"plan/internal/check/podrange.go allocationOff",
	"plan/internal/check/podrange.go podCIDRUnset",
	"plan/internal/check/servicerange.go serviceSize",
	"plan/internal/check/services.go ipFamilies",
	"plan/internal/check/services.go kubeProxy",
	"plan/internal/check/services.go serviceAddresses",
	"plan/internal/check/subnetenv.go oneSubnetEnv",
	"plan/internal/check/symptoms.go standing",
	"plan/internal/check/values.go values",
	"plan/internal/check/view.go newView",
	"kubeadm/kubectl/objects_read.go",
}

// TestHouse holds the code to what a reader can hold. Generated code and tests are not looked at.
func TestHouse(t *testing.T) {
	for _, name := range goFiles(t) {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(file) {
			continue
		}
		line := func(p token.Pos) int { return fset.Position(p).Line }
		if n := fset.File(file.FileStart).LineCount(); n > longestFile && !slices.Contains(tooLong, name) {
			t.Errorf("%s: %d lines, want %d at most: split it by meaning", name, n, longestFile)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := line(f.End()) - line(f.Pos()) + 1 - tableLines(f.Body, line)
			if n > longestFunction && !slices.Contains(tooLong, name+" "+f.Name.Name) {
				t.Errorf("%s:%d: %s has %d lines, want %d at most", name, line(f.Pos()), f.Name.Name, n, longestFunction)
			}
		}
	}
}

// tableLines returns how many lines the composite literals of a function take beyond their first: tables are one statement. Those that hold
// functions are code.
func tableLines(body *ast.BlockStmt, line func(token.Pos) int) int {
	n := 0
	ast.Inspect(body, func(x ast.Node) bool {
		lit, ok := x.(*ast.CompositeLit)
		if !ok {
			return true
		}
		code := false
		ast.Inspect(lit, func(y ast.Node) bool {
			_, isFunc := y.(*ast.FuncLit)
			code = code || isFunc
			return !code
		})
		if !code {
			n += line(lit.End()) - line(lit.Pos())
		}
		return code
	})
	return n
}

// goFiles returns the files of this module that are no tests, by path.
func goFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || isModule(name)) {
				return filepath.SkipDir
			}
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			out = append(out, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// isModule reports whether a folder is a module of its own.
func isModule(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "go.mod"))
	return err == nil && len(found) > 0
}
