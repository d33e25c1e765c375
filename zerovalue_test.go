package kubecidr_test

import (
	"errors"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// TestDocZeroValues holds that the comment of each exported type says what its zero value is: "The zero value is ...", or
// "The zero Split ...". Interfaces, functions and aliases have none of their own.
func TestDocZeroValues(t *testing.T) {
	for _, dir := range publicPackages(t) {
		fset := token.NewFileSet()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var files []*ast.File
		for _, e := range entries {
			if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		p, err := doc.NewFromFiles(fset, files, "example.com/"+dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range p.Types {
			spec, ok := typ.Decl.Specs[0].(*ast.TypeSpec)
			if !ok || spec.Assign.IsValid() {
				continue
			}
			switch spec.Type.(type) {
			case *ast.InterfaceType, *ast.FuncType:
				continue
			}
			says := regexp.MustCompile(`(?i:\bzero value\b|\bzero ` + typ.Name + `\b)`)
			if !says.MatchString(strings.Join(strings.Fields(typ.Doc), " ")) {
				t.Errorf("%s: the comment of %s does not say what its zero value is", fset.Position(spec.Pos()), typ.Name)
			}
		}
	}
}

// TestZeroValuesHold checks what the comments promise of zero values that do something.
func TestZeroValuesHold(t *testing.T) {
	refused := func(r []nodeipam.Refusal) bool { return len(r) > 0 }
	v := fact.NewestKubernetes()
	ranges, bad := nodeipam.ControllerFlags{}.Resolve(v)
	_, err := repair.Toward(nodeipam.Inventory{Managers: []nodeipam.HostFlags{{}}}, repair.Target{})
	_, leaseErr := flannel.AcquireLease(flannel.NetConf{EnableIPv4: true}, flannel.NodeSpec{}, fact.Version{})
	for _, c := range []struct {
		says string
		ok   bool
	}{
		{"kube-apiserver starts with zero flags", !refused(nodeipam.APIServerFlags{}.Refusals(v))},
		{"kubeadm accepts zero networking", !refused(nodeipam.KubeadmNetworking{}.Refusals(v))},
		{"a controller manager with zero flags starts", !refused(bad)},
		{"and hands out nothing, as zero Ranges do", len(ranges.Cluster) == 0},
		{"a zero Timing allows the zero Outcome", new(nodeipam.Timing).Allows(nil)},
		{"a zero SurgeNeed fits", nodeipam.SurgeNeed{}.OK()},
		{"a zero Report has nothing stated", errors.Is(fact.Report{}.Err(), fact.ErrNothingStated)},
		{"a zero Finding is no error", fact.Report{Stated: 1, Findings: []fact.Finding{{}}}.Err() == nil},
		{"a zero Waiver accepts nothing", fact.Report{Findings: []fact.Finding{{}}}.Waive(fact.Waiver{}).Findings[0].Waived == ""},
		{"a zero Statement changes no verdict", plan.Check(fact.Statement{}).Verdict() != fact.Broken},
		{"Toward refuses a zero Target", err != nil},
		{"flannel does not start on a zero NodeSpec", leaseErr != nil},
	} {
		if !c.ok {
			t.Errorf("not so: %s", c.says)
		}
	}
}
