package kubecidr_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licenceWords are phrases that stand in a licence and in no other of these: SPDX identifiers are the keys.
var licenceWords = map[string]string{
	"BSD-3-Clause": "endorse or promote products derived from",
	"MIT":          "without limitation the rights to",
	"Apache-2.0":   "Apache License, Version 2.0",
	"MPL-2.0":      "Mozilla Public License Version 2.0",
}

// TestLicences compares docs/licenses.md with go.mod, each row with the licence that the module brings, and what an importer compiles with
// the imports of the packages.
func TestLicences(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("docs", "licenses.md"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\S+) \\| (.+?) \\| (yes|no) \\|$").FindAllStringSubmatch(string(page), -1)
	listed := map[string]bool{}
	for _, row := range rows {
		listed[row[1]+" "+row[2]] = true
	}
	required := regexp.MustCompile(`(?m)^(?:require )?\s*([a-z0-9./-]+\.[a-z0-9./-]+) (v\S+)`).FindAllStringSubmatch(string(mod), -1)
	for _, m := range required {
		if !listed[m[1]+" "+m[2]] {
			t.Errorf("docs/licenses.md has no row for %s %s", m[1], m[2])
		}
	}
	if len(required) != len(rows) || len(rows) == 0 {
		t.Errorf("go.mod has %d modules, docs/licenses.md %d", len(required), len(rows))
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the texts of the licences are found by the go command, which is not on the PATH")
	}
	list := func(args ...string) []string {
		out, err := exec.Command(goTool, append([]string{"list"}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	public := slices.DeleteFunc(list("./..."), func(p string) bool { return strings.Contains(p, "/internal/") })
	compiled := list(append([]string{"-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}, public...)...)
	for _, row := range rows {
		if got := slices.Contains(compiled, row[1]); got != (row[4] == "yes") {
			t.Errorf("%s: compiled by importers is %q, but the packages say %v", row[1], row[4], got)
		}
		dir := list("-m", "-f", "{{.Dir}}", row[1])
		if len(dir) != 1 {
			t.Errorf("%s is not in the module cache", row[1])
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir[0], "LICENSE"))
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for id, words := range licenceWords {
			if has := strings.Contains(flat, words); has != strings.Contains(row[3], id) {
				t.Errorf("%s is listed as %s; its LICENSE holds the words of %s: %v", row[1], row[3], id, has)
			}
		}
	}
}
