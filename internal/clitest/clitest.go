// Package clitest runs the scripts that test the programs: txtar archives in testdata, whose comment is a list of
// commands and whose files are laid out in an empty folder first.
//
// A line is a command with its arguments, separated by blanks; in single quotes everything stands for itself (” is a
// quote), outside of them $NAME is a variable of the script's environment. # begins a comment line. ! in front of a
// command wants it to fail.
//
//	exec PROGRAM ARG...        runs it, exit status 0 wanted; with !, any other
//	exits STATUS PROGRAM ARG.. runs it, that exit status wanted
//	stdin FILE                 is what the next program reads
//	stdout RE, stderr RE       what the last program printed matches; with !, does not
//	grep RE FILE               a file matches; -count=N in front of RE wants that many matches
//	cmp A B                    the same text; "stdout" and "stderr" are what the last program printed
//	exists FILE...             files are there
//	env NAME=VALUE             sets a variable
//	cp A B, chmod MODE FILE, rm FILE..., mkdir DIR..., cd DIR
//
// With -update, what a program prints replaces the file that cmp compares it with. The commands are some of those of
// testscript of github.com/rogpeppe/go-internal, which would be a requirement of everybody who imports this module.
package clitest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/internal/txtar"
)

// Main runs the tests of m, in which scripts can call the program name, whose main function is main.
func Main(m *testing.M, name string, main func()) { MainAll(m, map[string]func(){name: main}) }

// MainAll is Main for several names of programs. It does not return.
func MainAll(m *testing.M, programs map[string]func()) {
	self := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	if main := programs[self]; main != nil {
		main()
		os.Exit(0)
	}
	os.Exit(runAll(m, programs))
}

// runAll puts the test binary under the programs' names in front of the path.
func runAll(m *testing.M, programs map[string]func()) int {
	bin, err := os.MkdirTemp("", "clitest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer os.RemoveAll(bin)
	self, err := os.Executable()
	for name := range programs {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		err = errors.Join(err, os.Symlink(self, filepath.Join(bin, name)))
	}
	if err = errors.Join(err, os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return m.Run()
}

// Run runs the scripts in testdata, each in a folder of its own.
func Run(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts in testdata: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s := &script{name: name, a: a, dir: t.TempDir(), update: *golden.Update}
			if err := s.run(); err != nil {
				t.Fatal(err)
			}
			if s.changed {
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A script is an archive that is being run.
type script struct {
	name    string
	a       *txtar.Archive
	update  bool
	changed bool // a holds what programs printed

	root, dir      string   // where the files are, and where the commands run
	env            []string // NAME=VALUE, later ones win
	stdin          []byte
	stdout, stderr []byte // of the last program
}

// run lays out the files and runs the commands. The error names the line.
func (s *script) run() error {
	s.root = s.dir
	s.env = append(s.env, "PATH="+os.Getenv("PATH"), "HOME=/no-home", "TMPDIR="+os.TempDir(), "SYSTEMROOT="+os.Getenv("SYSTEMROOT"), "WORK="+s.root)
	for _, f := range s.a.Files {
		path := filepath.Join(s.root, filepath.FromSlash(f.Name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, 0o644)); err != nil {
			return err
		}
	}
	for i, line := range strings.Split(string(s.a.Comment), "\n") {
		words, err := s.words(line)
		if err == nil && len(words) > 0 {
			err = s.command(words)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w\n[stdout]\n%s[stderr]\n%s", s.name, i+1, line, err, s.stdout, s.stderr)
		}
	}
	return nil
}

// words splits a line.
func (s *script) words(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	quoted, any := false, false
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return nil, nil
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quoted && c == '\'' && strings.HasPrefix(line[i+1:], "'"):
			word.WriteByte('\'')
			i++
		case c == '\'':
			quoted, any = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == ' ' || c == '\t':
			if any {
				out = append(out, word.String())
				word.Reset()
				any = false
			}
		case c == '$':
			name := line[i+1:]
			if end := strings.IndexFunc(name, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }); end >= 0 {
				name = name[:end]
			}
			if name == "" {
				word.WriteByte('$')
			}
			word.WriteString(s.getenv(name))
			i += len(name)
			any = true
		default:
			word.WriteByte(c)
			any = true
		}
	}
	if quoted {
		return nil, errors.New("a quote is not closed")
	}
	if any {
		out = append(out, word.String())
	}
	return out, nil
}

func (s *script) getenv(name string) string {
	for _, e := range slices.Backward(s.env) {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// A verb is a command of scripts: how many arguments it takes at least, and what it does.
type verb struct {
	least int
	do    func(s *script, args []string) error
}

func verbs() map[string]verb {
	return map[string]verb{
		"exec":   {1, func(s *script, args []string) error { return s.exec(args) }},
		"exits":  {2, (*script).exits},
		"stdin":  {1, func(s *script, args []string) (err error) { s.stdin, err = s.text(args[0]); return err }},
		"stdout": {1, func(s *script, args []string) error { return match(args, s.stdout) }},
		"stderr": {1, func(s *script, args []string) error { return match(args, s.stderr) }},
		"grep":   {2, (*script).grep},
		"cmp":    {2, (*script).cmp},
		"exists": {1, each(func(path string) error { _, err := os.Stat(path); return err })},
		"mkdir":  {1, each(func(path string) error { return os.MkdirAll(path, 0o755) })},
		"rm":     {1, each(os.RemoveAll)},
		"env":    {1, func(s *script, args []string) error { s.env = append(s.env, args...); return nil }},
		"cp":     {2, (*script).cp},
		"chmod":  {2, (*script).chmod},
		"cd":     {1, func(s *script, args []string) error { s.dir = s.path(args[0]); return nil }},
	}
}

func each(do func(string) error) func(*script, []string) error {
	return func(s *script, args []string) (err error) {
		for _, a := range args {
			err = errors.Join(err, do(s.path(a)))
		}
		return err
	}
}

// command runs one command.
func (s *script) command(words []string) error {
	not := words[0] == "!"
	if not {
		words = words[1:]
	}
	if len(words) == 0 {
		return errors.New("no command follows the exclamation mark")
	}
	v, ok := verbs()[words[0]]
	if !ok || len(words)-1 < v.least {
		return fmt.Errorf("%q: unknown command, or fewer than %d arguments", words[0], v.least)
	}
	err := v.do(s, words[1:])
	if not && err == nil {
		return errors.New("succeeds, and is not to")
	}
	if not {
		return nil
	}
	return err
}

func (s *script) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, filepath.FromSlash(name))
}

// text returns a file's text, or what the last program printed.
func (s *script) text(name string) ([]byte, error) {
	switch name {
	case "stdout":
		return s.stdout, nil
	case "stderr":
		return s.stderr, nil
	}
	return os.ReadFile(s.path(name))
}

// exec runs a program. Its path is looked up in the script's environment.
func (s *script) exec(args []string) error {
	program := args[0]
	if !strings.ContainsRune(program, '/') {
		for _, dir := range filepath.SplitList(s.getenv("PATH")) {
			if path, err := exec.LookPath(filepath.Join(dir, args[0])); err == nil {
				program = path
				break
			}
		}
	} else if !filepath.IsAbs(program) {
		program = s.path(program)
	}
	var stdout, stderr bytes.Buffer
	c := exec.Command(program, args[1:]...)
	c.Dir, c.Env, c.Stdin, c.Stdout, c.Stderr = s.dir, append(slices.Clone(s.env), "PWD="+s.dir), bytes.NewReader(s.stdin), &stdout, &stderr
	err := c.Run()
	s.stdin, s.stdout, s.stderr = nil, stdout.Bytes(), stderr.Bytes()
	return err
}

// exits runs a program that has to end with a status.
func (s *script) exits(args []string) error {
	got := 0
	if err := s.exec(args[1:]); err != nil {
		exit, ok := errtype.As[*exec.ExitError](err)
		if !ok {
			return err
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		return fmt.Errorf("exit status %d, want %s", got, args[0])
	}
	return nil
}

// match looks for the expression args[0], or -count=N args[1], in text.
func match(args []string, text []byte) error {
	re := args[0]
	number, counted := strings.CutPrefix(re, "-count=")
	if counted && len(args) > 1 {
		re = args[1]
	}
	r, err := regexp.Compile("(?m)" + re)
	if err != nil {
		return err
	}
	n := len(r.FindAllIndex(text, -1))
	if counted && strconv.Itoa(n) != number {
		return fmt.Errorf("%d times %s, want %s", n, re, number)
	}
	if n == 0 {
		return fmt.Errorf("nothing matches %s", re)
	}
	return nil
}

func (s *script) grep(args []string) error {
	text, err := s.text(args[len(args)-1])
	if err != nil {
		return err
	}
	return match(args, text)
}

func (s *script) cmp(args []string) error {
	got, err := s.text(args[0])
	want, err2 := s.text(args[1])
	if err = errors.Join(err, err2); err != nil {
		return err
	}
	if bytes.Equal(got, want) {
		return nil
	}
	i := slices.IndexFunc(s.a.Files, func(f txtar.File) bool { return f.Name == args[1] })
	if s.update && i >= 0 && (args[0] == "stdout" || args[0] == "stderr") {
		s.a.Files[i].Data = got
		s.changed = true
		return os.WriteFile(s.path(args[1]), got, 0o644)
	}
	return fmt.Errorf("%s and %s differ from line %d on", args[0], args[1], differ(got, want))
}

// differ returns the first line in which two texts are not the same, from 1.
func differ(a, b []byte) int {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	i := 0
	for i < len(as) && i < len(bs) && bytes.Equal(as[i], bs[i]) {
		i++
	}
	return i + 1
}

func (s *script) cp(args []string) error {
	text, err := s.text(args[0])
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(args[1]), text, 0o644)
}

func (s *script) chmod(args []string) error {
	mode, err := strconv.ParseUint(args[0], 8, 32)
	if err != nil {
		return err
	}
	return os.Chmod(s.path(args[1]), os.FileMode(mode))
}
