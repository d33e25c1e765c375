package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/clitest"
)

func TestMain(m *testing.M) {
	clitest.MainAll(m, map[string]func(){"kubecidr": main, "kubectl-cidr": main, completerName: main})
}

func TestScripts(t *testing.T) { clitest.Run(t) }

// TestFlags checks that completion knows the flags that -h lists, all of them and no others.
func TestFlags(t *testing.T) {
	line := regexp.MustCompile(`(?m)^  -([a-z][a-z0-9-]*)`)
	for _, c := range commands() {
		if c.flags == nil {
			continue
		}
		for _, prefix := range []string{"kubecidr ", cli.PluginPrefix} {
			var out, err bytes.Buffer
			if status := c.run(cli.Env{Prefix: prefix, Stdout: &out, Stderr: &err}, []string{"-h"}); status != exitGood || err.Len() > 0 {
				t.Errorf("%s -h: status %d, %s", c.name, status, &err)
			}
			var listed, known []string
			for _, m := range line.FindAllStringSubmatch(out.String(), -1) {
				listed = append(listed, m[1])
			}
			for _, f := range c.flags() {
				known = append(known, f.Name)
				if f.Doc == "" {
					t.Errorf("%s -%s: no words about it", c.name, f.Name)
				}
			}
			slices.Sort(listed)
			slices.Sort(known)
			if diff := cmp.Diff(listed, known); diff != "" {
				t.Errorf("%s: flags (-listed by -h +known to completion):\n%s", c.name, diff)
			}
		}
	}
}

// TestHooks checks that the action and the hook of this repository are YAML and give check flags that it has.
func TestHooks(t *testing.T) {
	known := map[string]bool{}
	for _, f := range commands()[1].flags() {
		known["-"+f.Name] = true
	}
	given := regexp.MustCompile(`(?:flags\+?=\(|check |entry: kubecidr check |\}" )(-[a-z-]+)`)
	for file, want := range map[string]int{"action.yml": 5, ".pre-commit-hooks.yaml": 1} {
		data, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, new(any)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		flags := given.FindAllSubmatch(data, -1)
		if len(flags) < want {
			t.Errorf("%s: flags %q, want at least %d", file, flags, want)
		}
		for _, m := range flags {
			if !known[string(m[1])] {
				t.Errorf("%s gives check the flag %s, which it does not have", file, m[1])
			}
		}
	}
}
