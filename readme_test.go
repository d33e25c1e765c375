package kubecidr_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
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

// printed returns what a command of the README prints.
func printed(t *testing.T, command string) string {
	t.Helper()
	var b bytes.Buffer
	switch {
	case strings.Contains(command, "examples/plan"):
		p, err := plan.New(plan.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if err := draw.Text(&b, p, draw.Options{Nodes: 10}); err != nil {
			t.Fatal(err)
		}
	case strings.Contains(command, "examples/check"):
		folder := command[strings.LastIndexByte(command, ' ')+1:]
		inputs, _, err := kubecidr.Walk(os.DirFS(folder), strings.TrimPrefix(folder, "./"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := kubecidr.ReadInputs(inputs, kubecidr.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := draw.ReportText(&b, f.Check(), f.ReportOptions()); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("the README shows %q, which this test does not know", command)
	}
	return b.String()
}

// words joins the words of s with single blanks: lines may be broken elsewhere.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }
