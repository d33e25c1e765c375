package check_test

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

// TestProse holds that no code searches a finished sentence: a message, an effect, a step of a fix, or the text of an error. What it would
// find there belongs into a field.
func TestProse(t *testing.T) {
	sentences := []string{"Message", "Msg", "Effect", "Fix", "Title", "Note", "Mend", "Remedy", "Cause", "Detail"}
	searches := []string{"Contains", "ContainsAny", "HasPrefix", "HasSuffix", "Index", "LastIndex", "Cut", "CutPrefix", "CutSuffix", "TrimPrefix",
		"TrimSuffix", "EqualFold", "Fields", "FieldsSeq", "Split", "SplitSeq", "SplitN", "Count"}
	// Where it has to be, and why.
	allowed := map[string]string{
		"internal/source/yaml_faults.go": "errors of yaml.v3 have no code: its table tells them apart, and shows texts of its own",
		"internal/cli/cli.go":            "one line for each error, for display",
	}
	const root = "../../.."
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(filepath.ToSlash(path), root+"/"))
		if d.IsDir() {
			switch {
			case d.Name() == "testdata", d.Name() == ".git", slices.Contains([]string{"internal/conformance", "internal/peers", "internal/mutate", "internal/tools", "internal/shapes", "internal/scenario"}, name):
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		if allowed[name] != "" {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(searches, sel.Sel.Name) {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); !ok || pkg.Name != "strings" || len(call.Args) == 0 {
				return true
			}
			ast.Inspect(call.Args[0], func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.SelectorExpr:
					if slices.Contains(sentences, x.Sel.Name) || x.Sel.Name == "Error" {
						t.Errorf("%s: strings.%s searches %s, a sentence", fset.Position(call.Pos()), sel.Sel.Name, x.Sel.Name)
					}
				}
				return true
			})
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
