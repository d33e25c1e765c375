package shapes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// incidents returns the files of all bundles by name.
func incidents(t *testing.T) map[string]fstest.MapFS {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "incidents", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no bundles: %v", err)
	}
	out := map[string]fstest.MapFS{}
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{}
		for _, f := range ar.Files {
			if f.Name != "want" {
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			}
		}
		out[strings.TrimSuffix(filepath.Base(name), ".txtar")] = files
	}
	return out
}

func TestX(t *testing.T) {
	for name, files := range incidents(t) {
		f, err := FromFiles(files)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range f.Other {
			t.Logf("%s %s", name, o.File)
		}
		for n, d := range f.Files() {
			if files[n] == nil || string(files[n].Data) != string(d) {
				t.Errorf("%s %s differs", name, n)
			}
		}
	}
	_ = os.Args
}
