package importer

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the go command gets into testdata")

// packages are those that others may import.
var packages = []string{
	"", "/cidr", "/cidr/cidrtest", "/plan", "/plan/fact", "/plan/nodeipam", "/plan/draw", "/plan/repair", "/kubeadm", "/kubeadm/kubectl", "/flannel",
}

const module = "github.com/kubecidr/kubecidr"

func TestImporters(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		name := strings.Trim(strings.ReplaceAll(p, "/", "-"), "-")
		if name == "" {
			name = "kubecidr"
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "go.mod", fmt.Sprintf("module example.com/importer\n\ngo 1.25\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, root))
			write(t, dir, "main.go", fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", module+p))
			run(t, dir, "mod", "tidy")
			got := "What a program has that imports " + module + p + ".\n\n-- go.mod --\n" + read(t, dir, "go.mod") + "-- go.sum --\n" + read(t, dir, "go.sum") +
				"-- go list -m all --\n" + run(t, dir, "list", "-m", "all") +
				"-- compiled modules --\n" + modules(run(t, dir, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "."))
			got = strings.ReplaceAll(got, root, "../kubecidr")
			file := filepath.Join("testdata", name+".txtar")
			if *update {
				write(t, ".", file, got)
			}
			if want := read(t, ".", file); got != want {
				t.Errorf("%s has changed; -update writes it anew. Got:\n%s", file, got)
			}
		})
	}
}

// modules returns the lines of list that are not empty, each once, sorted.
func modules(list string) string {
	lines := strings.Fields(list)
	slices.Sort(lines)
	lines = slices.DeleteFunc(slices.Compact(lines), func(m string) bool { return m == "example.com/importer" })
	return strings.Join(append(lines, ""), "\n")
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}
