package kubecidr_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/cli"
	checkcli "github.com/kubecidr/kubecidr/internal/cli/check"
	plancli "github.com/kubecidr/kubecidr/internal/cli/plan"
	repaircli "github.com/kubecidr/kubecidr/internal/cli/repair"
	simulatecli "github.com/kubecidr/kubecidr/internal/cli/simulate"
)

// TestReadme holds the README to the code: its Go is that of an Example, and what it shows of the programs is what they print.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples string
	for _, name := range []string{"example_test.go", "plan/example_test.go"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples += string(src)
	}
	blocks := regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```").FindAllStringSubmatch(string(data), -1)
	seen := map[string]int{}
	for _, b := range blocks {
		seen[b[1]]++
		switch b[1] {
		case "go":
			if !strings.Contains(examples, b[2]) {
				t.Errorf("no Example holds this code of the README:\n%s", b[2])
			}
		case "text": // what the Example prints
			output := "\t// Output:\n\t// " + strings.ReplaceAll(strings.TrimSuffix(b[2], "\n"), "\n", "\n\t// ") + "\n}"
			if !strings.Contains(examples, output) {
				t.Errorf("no Example prints this of the README:\n%s", b[2])
			}
		case "console":
			command, shown, _ := strings.Cut(b[2], "\n")
			got := words(printed(t, command))
			if want := words(shown); !strings.HasPrefix(got, want) {
				t.Errorf("%s prints\n%s\nthe README says\n%s", command, got[:min(len(got), len(want)+80)], want)
			}
		}
	}
	if seen["go"] < 2 || seen["text"] == 0 || seen["console"] < 2 {
		t.Errorf("found %v blocks in the README, want Go code and two programs", seen)
	}
}

// programs are the commands that the README may show.
var programs = map[string]struct {
	run   func(cli.Env, []string) int
	flags func() []cli.Flag
}{
	"plan": {plancli.Run, plancli.Flags}, "check": {checkcli.Run, checkcli.Flags}, "simulate": {simulatecli.Run, simulatecli.Flags}, "repair": {repaircli.Run, repaircli.Flags},
}

// printed returns what a command of the README prints: that of the program itself.
func printed(t *testing.T, command string) string {
	t.Helper()
	name, found := strings.CutPrefix(command, "$ "+cli.ExamplePrefix)
	args := strings.Fields(name)
	if !found || len(args) == 0 || programs[args[0]].run == nil {
		t.Fatalf("the README shows %q, which this test does not know", command)
	}
	var stdout, stderr bytes.Buffer
	programs[args[0]].run(cli.Env{Prefix: cli.ExamplePrefix, Stdout: &stdout, Stderr: &stderr}, args[1:])
	if stderr.Len() > 0 {
		t.Errorf("%s: %s", command, &stderr)
	}
	return stdout.String()
}

// TestReadmeFlags checks that the programs have the flags that the README names, and take the values it names with them.
func TestReadmeFlags(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]cli.Flag{"h": {{}}}
	for _, p := range programs {
		for _, f := range p.flags() {
			known[f.Name] = append(known[f.Name], f)
		}
	}
	seen := 0
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(data), -1) {
		for _, f := range regexp.MustCompile(`(?:^| )--?([a-z][a-z-]*)(?: ([a-z0-9]+))?`).FindAllStringSubmatch(m[1], -1) {
			seen++
			takes := func(k cli.Flag) bool {
				return f[2] == "" || k.Arg != "" && (len(k.Values) == 0 || slices.Contains(k.Values, f[2]))
			}
			if !slices.ContainsFunc(known[f[1]], takes) {
				t.Errorf("the README says `%s`, and no program has the flag -%s or takes %q there", m[1], f[1], f[2])
			}
		}
	}
	if seen < 10 {
		t.Errorf("found %d flags in the README, want 10 or more", seen)
	}
}

// words joins the words of s with single blanks: lines may be broken elsewhere.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// TestDocLinks checks that the files that the documentation links to are there, from where the link stands.
func TestDocLinks(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md", "internal/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	link := regexp.MustCompile(`\]\(([^)\s#]+)[^)]*\)`)
	seen := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			seen++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d links in %d files, want 20 or more", seen, len(files))
	}
}
