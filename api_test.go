package kubecidr_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/golden"
)

// TestAPI holds the exported API of each package to its listing in testdata/api, so that a change of it is a visible difference.
func TestAPI(t *testing.T) {
	for _, dir := range publicPackages(t) {
		name := strings.ReplaceAll(dir, "/", "-")
		if dir == "." {
			name = "kubecidr"
		}
		t.Run(name, func(t *testing.T) {
			got := listing(t, dir)
			file := filepath.Join("testdata", "api", name+".txt")
			if *golden.Update {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the exported API has changed (-listed +now); go test . -run TestAPI -update lists it anew:\n%s", diff)
			}
		})
	}
}

// publicPackages returns the folders of the packages that others can import, without programs.
func publicPackages(t *testing.T) []string {
	t.Helper()
	var dirs []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			if dir := filepath.ToSlash(filepath.Dir(name)); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
			return nil
		case name == ".":
			return nil
		case slices.Contains([]string{"internal", "testdata", "examples", "cmd"}, d.Name()), strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(dirs)
	return dirs
}

// listing returns the exported declarations of the package in dir, without comments and bodies, one after the other, sorted.
func listing(t *testing.T, dir string) string {
	t.Helper()
	fset := token.NewFileSet()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var decls []string
	for _, f := range files {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, filepath.Join(dir, f.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.FileExports(file)
		for _, d := range file.Decls {
			decls = append(decls, exported(t, fset, d)...)
		}
	}
	slices.Sort(decls)
	return strings.Join(decls, "\n") + "\n"
}

// exported renders what d exports: a function without its body, each constant, variable and type by itself.
func exported(t *testing.T, fset *token.FileSet, d ast.Decl) []string {
	t.Helper()
	render := func(n any) string {
		var b bytes.Buffer
		if err := format.Node(&b, fset, n); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if !onExported(d) {
			return nil
		}
		d.Body = nil
		return []string{render(d)}
	case *ast.GenDecl:
		var out []string
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && v.Type == nil && len(v.Values) == 1 && d.Tok == token.VAR {
				v.Values = nil // its value is no promise
				for _, n := range v.Names {
					out = append(out, "var "+n.Name)
				}
				continue
			}
			if _, ok := s.(*ast.ImportSpec); ok {
				continue
			}
			out = append(out, d.Tok.String()+" "+render(s))
		}
		return out
	}
	return nil
}

// onExported reports whether d is no method, or one of a type that callers can name.
func onExported(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) != 1 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch u := t.(type) {
		case *ast.StarExpr:
			t = u.X
		case *ast.IndexExpr:
			t = u.X
		case *ast.Ident:
			return u.IsExported()
		default:
			return true
		}
	}
}
