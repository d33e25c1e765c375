package check_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// Rules that only a plan's own warnings use are described where they are made, and are not in the catalogue of findings about
// clusters.
var ownOfPlans = map[string]bool{
	"hosts-in-reserved-range": true, "host-range-too-small": true, "dns-address-not-reserved": true, "growth-limited": true,
	"node-subnet-tight": true, "node-mask-uncommon": true, "dual-stack-not-stable": true, "families-differ-in-size": true,
}

// TestRulesComplete holds the catalogue to the constants of the package: every rule is described, once, in all its parts.
func TestRulesComplete(t *testing.T) {
	described := map[fact.RuleID]bool{}
	for _, r := range check.Rules() {
		if described[r.ID] {
			t.Errorf("%s is described twice", r.ID)
		}
		described[r.ID] = true
		for part, text := range map[string]string{"title": r.Title, "cause": r.Cause, "effect": r.Effect, "mend": r.Mend, "source": r.Source, "severity": string(r.Severity), "disturbance": string(r.Disturbs)} {
			if text == "" {
				t.Errorf("%s has no %s", r.ID, part)
			}
		}
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(string(r.ID)) {
			t.Errorf("%s is no id", r.ID)
		}
		if strings.HasSuffix(r.Title, ".") {
			t.Errorf("%s: the title %q ends with a stop", r.ID, r.Title)
		}
	}
	var files []string
	for _, dir := range []string{".", "../kubeadm", "../flannel", ".."} {
		in, _ := filepath.Glob(dir + "/*.go")
		files = append(files, in...)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "RuleID" {
					if sel, ok := v.Type.(*ast.SelectorExpr); !ok || sel.Sel.Name != "RuleID" {
						continue
					}
				}
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				if !described[fact.RuleID(text)] && !ownOfPlans[text] {
					t.Errorf("%s: rule %s (%s) is not in the catalogue", file, v.Names[0].Name, text)
				}
			}
		}
	}
}

// TestRulesPage holds docs/rules.md to the catalogue; -update rewrites it.
func TestRulesPage(t *testing.T) {
	const page = "../../../docs/rules.md"
	var b bytes.Buffer
	if err := draw.RulesMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if *golden.Update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(have), b.String()); d != "" {
		t.Errorf("docs/rules.md is not that of the catalogue; go test ./plan -update rewrites it (-have +want):\n%s", d)
	}
}
