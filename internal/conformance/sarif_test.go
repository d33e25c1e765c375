package conformance

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // ships the schema
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xeipuuv/gojsonschema"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
)

// sarifSchema returns the JSON schema of SARIF 2.1.0 as OASIS publishes it. go-sarif ships it as a constant that it does not
// export, so the constant is read from its source: its own Validate would decode a log first and lose the members it does not know.
func sarifSchema(t *testing.T) *gojsonschema.Schema {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(out)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Names[0].Name == "schema" && len(v.Values) == 1 {
			if l, ok := v.Values[0].(*ast.BasicLit); ok {
				text, err = strconv.Unquote(l.Value)
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	var head struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(text), &head); err != nil || !strings.HasSuffix(head.ID, "/sarif-schema-2.1.0.json") {
		t.Fatalf("the schema that go-sarif ships is %q: %v", head.ID, err)
	}
	s, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sarifFaults returns what the schema has against a log.
func sarifFaults(t rapid.TB, s *gojsonschema.Schema, log []byte) []string {
	t.Helper()
	res, err := s.Validate(gojsonschema.NewBytesLoader(log))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range res.Errors() {
		out = append(out, e.String())
	}
	return out
}

func sarifOf(t rapid.TB, r fact.Report, o draw.ReportOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := draw.ReportSARIF(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSARIF validates the logs of real reports, and of the empty one, against the schema of the standard.
func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	check := func(name string, r fact.Report, o draw.ReportOptions) {
		for _, fault := range sarifFaults(t, schema, sarifOf(t, r, o)) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	check("empty", fact.Report{}, draw.ReportOptions{})
	check("nothing found", plan.Check(), draw.ReportOptions{Version: "v0.1.0"})

	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "incidents", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no bundles: %v", err)
	}
	found := 0
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys := fstest.MapFS{}
		for _, f := range ar.Files {
			if f.Name != "want" {
				fsys[f.Name] = &fstest.MapFile{Data: f.Data}
			}
		}
		files, err := kubecidr.Read(fsys, kubecidr.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := files.Check()
		found += len(r.Findings)
		check(filepath.Base(name), r, files.ReportOptions())
		var ws []fact.Waiver
		for _, f := range r.Findings {
			ws = append(ws, fact.Waiver{Rule: f.Rule, Reason: "known"})
		}
		check(filepath.Base(name)+", waived", r.Waive(ws...), files.ReportOptions())
	}
	if found == 0 {
		t.Error("no bundle has a finding")
	}
}

// TestSARIFOdd validates the logs of reports that no check writes: whatever files are called, whatever is missing.
func TestSARIFOdd(t *testing.T) {
	schema := sarifSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("ab:/\\%#?[] .é\x00"))))
		name := rapid.OneOf(text, rapid.SampledFrom([]string{"kcm.yaml", "kcm.yaml", "a b.yaml", "c:\\x.yaml", "//host/x", "/etc/kubernetes", "100%"}))
		place := rapid.Custom(func(t *rapid.T) fact.Place {
			return fact.Place{
				Position: fact.Position{File: name.Draw(t, "file"), Line: rapid.IntRange(-1, 9).Draw(t, "line"), Column: rapid.IntRange(-1, 9).Draw(t, "column")},
				Line:     text.Draw(t, "text"), Note: text.Draw(t, "note"),
			}
		})
		finding := rapid.Custom(func(t *rapid.T) fact.Finding {
			return fact.Finding{
				Rule:     fact.RuleID(rapid.SampledFrom([]string{"", "own", string(plan.Rules()[0].ID)}).Draw(t, "rule")),
				Severity: fact.Severity(rapid.SampledFrom([]string{"", "error", "warning", "info", "else"}).Draw(t, "severity")),
				Message:  text.Draw(t, "message"), Effect: text.Draw(t, "effect"), Fix: rapid.SliceOfN(text, 0, 2).Draw(t, "fix"),
				Where: rapid.SliceOfN(place, 0, 4).Draw(t, "where"), Waived: text.Draw(t, "waived"),
			}
		})
		var r fact.Report
		r.Findings = rapid.SliceOfN(finding, 0, 4).Draw(t, "findings")
		var o draw.ReportOptions
		for _, f := range rapid.SliceOfN(name, 0, 4).Draw(t, "read") {
			o.Read = append(o.Read, draw.ReadFile{File: f, Kind: "manifest"})
		}
		o.Version = text.Draw(t, "version")
		for _, fault := range sarifFaults(t, schema, sarifOf(t, r, o)) {
			t.Error(fault)
		}
	})
}

// TestSARIFSchemaRejects shows that the schema refuses what the standard does: without it the tests above could not fail.
func TestSARIFSchemaRejects(t *testing.T) {
	schema := sarifSchema(t)
	log := sarifOf(t, plan.Check(), draw.ReportOptions{})
	for _, tt := range []struct{ name, old, new, want string }{
		{"another version", `"version": "2.1.0"`, `"version": "2.0.0"`, "version"},
		{"a member it does not know", `"columnKind"`, `"columnsKind"`, "columnsKind"},
		{"a level it does not know", `"level": "error"`, `"level": "fatal"`, "level"},
		{"no runs", `"runs"`, `"properties"`, "runs"},
	} {
		bad := bytes.Replace(log, []byte(tt.old), []byte(tt.new), 1)
		if bytes.Equal(bad, log) {
			t.Errorf("%s: the log has no %s", tt.name, tt.old)
		}
		if faults := strings.Join(sarifFaults(t, schema, bad), "\n"); !strings.Contains(faults, tt.want) {
			t.Errorf("%s: faults %q do not name %q", tt.name, faults, tt.want)
		}
	}
}
