package kubecidr_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a reader can hold: no function is longer than a screen or two, no file longer than one sits down to read.
const (
	longestFunction = 60  // lines, tables not counted
	longestFile     = 600 // lines
)

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
