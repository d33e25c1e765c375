package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestInputs wants the paths that hosts are told from: the folders by which several arguments differ, never the name of the only one.
func TestInputs(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"hosts/cp1/a.yaml", "hosts/cp2/a.yaml", "hosts/.git/x"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("a: 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ paths, names, seen []string }{
		{[]string{"hosts"}, []string{"hosts/cp1/a.yaml", "hosts/cp2/a.yaml"}, []string{"cp1/a.yaml", "cp2/a.yaml"}},
		{[]string{"hosts/cp1"}, []string{"hosts/cp1/a.yaml"}, []string{"a.yaml"}},
		{[]string{"hosts/cp1/a.yaml"}, []string{"hosts/cp1/a.yaml"}, []string{"a.yaml"}},
		{[]string{"hosts/cp1", "hosts/cp2"}, []string{"hosts/cp1/a.yaml", "hosts/cp2/a.yaml"}, []string{"cp1/a.yaml", "cp2/a.yaml"}},
		{[]string{"hosts/cp1/a.yaml", "hosts/cp2/a.yaml"}, []string{"hosts/cp1/a.yaml", "hosts/cp2/a.yaml"}, []string{"cp1/a.yaml", "cp2/a.yaml"}},
		{[]string{"-", "hosts/cp2"}, []string{Stdin, "hosts/cp2/a.yaml"}, []string{"", "cp2/a.yaml"}},
	} {
		inputs, err := Inputs(tt.paths)
		if err != nil {
			t.Fatal(err)
		}
		var names, seen []string
		for _, in := range inputs {
			names, seen = append(names, in.Name), append(seen, in.Path)
		}
		if !slices.Equal(names, tt.names) || !slices.Equal(seen, tt.seen) {
			t.Errorf("Inputs(%q) = %q seen as %q, want %q seen as %q", tt.paths, names, seen, tt.names, tt.seen)
		}
	}
	if _, err := Inputs([]string{"nowhere"}); !os.IsNotExist(err) {
		t.Errorf("Inputs of a path that does not exist: %v", err)
	}
}
