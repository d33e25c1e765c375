package kubecidr_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// FuzzCheckFiles gives the whole check a set of files, as a txtar archive. The judges: nothing panics, each place lies in a file that
// was given, all forms of a report can be written, JSON is JSON, the same input gives the same bytes, and neither a folder above nor files beside
// that say nothing change the verdict.
func FuzzCheckFiles(f *testing.F) {
	for i, b := range bundles(f) {
		if i%6 != 0 {
			continue
		}
		ar := &txtar.Archive{}
		for name, file := range b.files {
			ar.Files = append(ar.Files, txtar.File{Name: name, Data: file.Data})
		}
		f.Add(txtar.Format(ar))
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		if len(archive) > 1<<16 {
			t.Skip("as good in a smaller archive")
		}
		if bytes.Contains(archive, []byte("-- --")) {
			t.Skip("txtar v1.16.0 panics on a mark without a name")
		}
		files := fstest.MapFS{}
		for _, a := range txtar.Parse(archive).Files {
			if fs.ValidPath(a.Name) && a.Name != "." {
				files[a.Name] = &fstest.MapFile{Data: a.Data}
			}
		}
		text, r := reported(t, files)
		if r == nil {
			return // a name that is both a file and a folder
		}
		if again, _ := reported(t, files); !bytes.Equal(text, again) {
			t.Fatalf("two reports on the same files (-first +second):\n%s", cmp.Diff(string(text), string(again)))
		}
		for _, finding := range r.Findings {
			if finding.Message == "" || finding.Rule == "" {
				t.Fatalf("a finding without rule or message: %+v", finding)
			}
			for _, p := range finding.Where {
				if p.File == "" {
					continue // a default, or something that is in no file
				}
				file, ok := files[p.File]
				if !ok {
					t.Fatalf("%s: %v is in none of the files", finding.Rule, p.Position)
				}
				if lines := bytes.Count(file.Data, []byte("\n")) + bytes.Count(file.Data, []byte("\r")) + 1; p.Position.Line < 0 || p.Position.Line > lines && !wide(file.Data) {
					t.Fatalf("%s: %v is not in the file of %d lines", finding.Rule, p.Position, lines)
				}
			}
		}
		for _, form := range forms {
			if form.name != "a folder above" && form.name != "files beside" {
				continue
			}
			if _, other := reported(t, form.of(files)); other != nil {
				if d := cmp.Diff(verdict(*r), verdict(*other)); d != "" {
					t.Fatalf("%s changes the verdict (-plain +%s):\n%s%s", form.name, form.name, d, told(*other))
				}
			}
		}
	})
}

// wide reports whether text is UTF-16 by its mark, where a line does not end in the byte 10 alone.
func wide(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
}

// reported checks files and writes the report in all forms; nil where the files cannot be walked.
func reported(t *testing.T, files fstest.MapFS) ([]byte, *fact.Report) {
	t.Helper()
	read, err := kubecidr.Read(files, kubecidr.Options{})
	if err != nil {
		return nil, nil
	}
	r, o := read.Check(), read.ReportOptions()
	var all, b bytes.Buffer
	for name, write := range map[string]func() error{
		"text":  func() error { return draw.ReportText(&all, r, o) },
		"JSON":  func() error { return draw.ReportJSON(&b, r, o) },
		"SARIF": func() error { return draw.ReportSARIF(&b, r, o) },
	} {
		b.Reset()
		if err := write(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name != "text" && !json.Valid(b.Bytes()) {
			t.Fatalf("%s is no JSON: %s", name, b.Bytes())
		}
	}
	return all.Bytes(), &r
}
