package clitest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/txtar"
)

func TestWords(t *testing.T) {
	s := &script{env: []string{"A=1", "A=2 3"}}
	for _, c := range []struct {
		line string
		want []string
	}{
		{"", nil}, {"  # x 'y", nil}, {" a  b\tc ", []string{"a", "b", "c"}}, {"a'b c'd", []string{"ab cd"}}, {"''", []string{""}},
		{"'it''s'", []string{"it's"}}, {"$A/x '$A'", []string{"2 3/x", "$A"}}, {"a$NONE", []string{"a"}}, {`'\.'`, []string{`\.`}},
	} {
		got, err := s.words(c.line)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("words(%q) (-want +got), %v:\n%s", c.line, err, diff)
		}
	}
	if got, err := s.words("a 'b"); err == nil {
		t.Errorf("words of an open quote = %q, want an error", got)
	}
}

// TestRun runs scripts that have to fail, and says why: a test of tests that cannot fail is none.
func TestRun(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"exec sh -c 'echo a; echo b >&2'\nstdout ^a$\nstderr ^b$\n! stdout b\ncmp stdout a\n-- a --\na\n", ""},
		{"stdin a\nexec cat\ncmp stdout a\nexec cat\n! stdout .\n-- a --\nx\n", ""},
		{"exec echo aba\nstdout -count=2 a\ngrep -count=1 x b\n-- b --\nx\n", ""},
		{"exec echo aba\nstdout -count=3 a\n", "2 times a, want 3"},
		{"exits 3 sh -c 'exit 3'\n! exec sh -c 'exit 3'\n", ""},
		{"cp a b/c\n-- a --\n-- b/d --\n", ""},
		{"chmod 755 bin/x\nenv PATH=$WORK/bin:$PATH N=7\nexec x\nstdout 7\nexec ./bin/x\nrm bin\n! exists bin\nmkdir e\ncd e\nexists ../e\n-- bin/x --\n#!/bin/sh\necho $N\n", ""},
		{"exec sh -c 'exit 3'\n", "x:1: exec sh -c 'exit 3': exit status 3"},
		{"exits 2 sh -c 'exit 3'\n", "exit status 3, want 2"},
		{"exits 0 no-such-program\n", "not found"},
		{"! exec sh -c 'exit 0'\n", "succeeds, and is not to"},
		{"exec echo b\nstdout ^a$\n", "x:2: stdout ^a$: nothing matches ^a$"},
		{"exec echo b\n! stdout b\n", "succeeds, and is not to"},
		{"grep b a\n-- a --\na\n", "nothing matches b"},
		{"cmp a b\n-- a --\n1\n2\n-- b --\n1\n3\n", "a and b differ from line 2 on"},
		{"cmp a c\n-- a --\n", "no such file"},
		{"exists c\n", "no such file"},
		{"frobnicate\n", `"frobnicate": unknown command, or fewer than 0 arguments`},
		{"cp a\n", "fewer than 2 arguments"},
		{"!\n", "no command follows the exclamation mark"},
		{"stdout '('\n", "missing closing )"},
	} {
		s := &script{name: "x", a: txtar.Parse([]byte(c.text)), dir: t.TempDir()}
		t.Setenv("NO_SUCH", "")
		err := s.run()
		if got := errText(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
			t.Errorf("script\n%s\nends with %q, want %q", c.text, got, c.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// With -update the file that a program's output is compared with is written anew, and nothing else.
func TestUpdate(t *testing.T) {
	s := &script{name: "x", a: txtar.Parse([]byte("exec echo b\ncmp stdout a\nexec cat a\ncmp stdout a\n-- a --\na\n-- c --\nc\n")), dir: t.TempDir(), update: true}
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
	const want = "exec echo b\ncmp stdout a\nexec cat a\ncmp stdout a\n-- a --\nb\n-- c --\nc\n"
	if got := string(txtar.Format(s.a)); got != want || !s.changed {
		t.Errorf("updated: %q, want %q", got, want)
	}
}
