package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes files into a folder and returns it.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example.com/tiny\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// every has each operator once or more, nested in each other where that can go wrong, and every mutant of it can be told.
const every = `package every

import "net/netip"

type Count uint8

const fixed = 1 + 2 // left alone

var start = -len("a")

func Less(a, b int) bool { return a < b }

func AtMost[T int | string](a, b T) bool { return a <= b }

func More(a, b netip.Addr) bool { return a.Compare(b) > 0 }

func AtLeast(a, b Count) bool {
	return a >=
		b // the operator ends the line
}

func Same(a, b any) bool { return a == b }

func Other(a *int) bool { return nil != a }

func Sum(a, b, c int) int { return -a + b*(c-b)/(a%7) }

func Bits(a, b uint32, n int) uint32 { return a&b | 1<<n ^ a>>uint(n)&^b }

func Both(p []int, i int) bool { return i < len(p) && p[i] == 7 }

func Either(a, b bool) bool { return !a || // the left one
	b }

func Walk(n int) (up int, down Count) {
	down = 100
	for i := 0; i < n; i++ {
		up += i
		down -= 2
		down--
	}
	return up, down
}

func Set(m map[string]int, s string, ok bool) {
	if ok {
		m[s] = fixed
	}
	delete(m, "old")
}
`

const everyTest = `package every

import (
	"net/netip"
	"testing"
)

func Test(t *testing.T) {
	is := func(ok bool) {
		if !ok {
			t.Helper()
			t.Error("no")
		}
	}
	is(start == -1)
	is(Less(1, 2) && !Less(2, 2) && !Less(3, 2))
	is(AtMost(1, 2) && AtMost("a", "a") && !AtMost(3, 2))
	lo, hi := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	is(More(hi, lo) && !More(lo, lo) && !More(lo, hi))
	is(AtLeast(2, 1) && AtLeast(2, 2) && !AtLeast(1, 2))
	is(Same(1, 1) && !Same(1, "1"))
	is(Other(new(int)) && !Other(nil))
	is(Sum(3, 4, 10) == 5)
	is(Bits(0b1100, 0b1010, 1) == 0b1000|0b10^0b0100)
	is(Bits(0b1101, 0b0001, 4) == 1|16)
	is(Both([]int{7}, 0) && !Both([]int{7}, 1) && !Both([]int{8}, 0))
	is(Either(false, false) && Either(true, true) && !Either(true, false))
	up, down := Walk(4)
	is(up == 6 && down == 88)
	m := map[string]int{"old": 1}
	Set(m, "a", false)
	is(len(m) == 0)
	Set(m, "a", true)
	is(m["a"] == fixed)
}
`

// mutate runs the tool and returns its exit status and what it prints.
func mutate(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	status := run(args, &out, &out)
	return status, out.String()
}

func TestEveryOperator(t *testing.T) {
	root := module(t, map[string]string{"every/every.go": every, "every/every_test.go": everyTest})
	open := filepath.Join(root, "open.txt")
	status, out := mutate(t, "-root", root, "-ops", "all", "-list", "", "-o", open, "-v", "every")
	if status != 0 || strings.Contains(out, "left out") {
		t.Errorf("exit status %d, want 0 and nothing left out:\n%s", status, out)
	}
	for _, op := range operators {
		if !strings.Contains(out, ": "+op+": ") {
			t.Errorf("no mutant of operator %s:\n%s", op, out)
		}
	}
	for _, want := range []string{
		"every/every.go AtLeast: boundary: a >= b => a > b",
		"every/every.go Bits: bitwise: a&b | 1<<n ^ a>>uint(n)&^b => a&b | 1<<n & a>>uint(n)&^b",
		"every/every.go var: negative: -len(\"a\") => len(\"a\")",
		"every/every.go Set: condition: ok => !ok",
		"every/every.go Set: statement: delete(m, \"old\") => nothing",
	} {
		if !strings.Contains(out, ": "+want+": failed, reached true\n") {
			t.Errorf("not tried and killed: %s\n%s", want, out)
		}
	}
	if strings.Contains(out, "1 + 2") {
		t.Errorf("a constant was changed:\n%s", out)
	}
}

func TestList(t *testing.T) {
	root := module(t, map[string]string{
		"a/a.go": `package a

// Max returns the larger one.
func Max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

func Far(a, b int) bool { return a+10 < b }

func Spin(n int) int {
	for n > 0 {
		n--
	}
	return n
}
`,
		"a/a_test.go": `package a

import "testing"

func TestMax(t *testing.T) {
	if Max(1, 2) != 2 || Max(2, 1) != 2 {
		t.Error()
	}
}

func TestSpin(t *testing.T) {
	if Spin(3) != 0 || Spin(-1) != -1 {
		t.Error()
	}
}

func TestBroken(t *testing.T) { t.Error() }
`,
		// Judges see what the package's own tests do not.
		"user/user.go": "package user\n",
		"user/user_test.go": `package user

import (
	"testing"

	"example.com/tiny/a"
)

func TestFar(t *testing.T) {
	if a.Far(1, 11) || !a.Far(1, 12) || a.Far(12, 1) {
		t.Error()
	}
}
`,
		"good.txt": `# a remark
a/a.go Max: boundary: a > b => a >= b
	both are the same then
`,
		"noreason.txt": "a/a.go Max: boundary: a > b => a >= b\n",
		"stale.txt": `a/a.go Max: boundary: a > b => a >= b
a/a.go Max: negation: a > b => a <= b
a/a.go Gone: negation: a > b => a <= b
	why
`,
	})
	const survivor = "open: a/a.go Max: boundary: a > b => a >= b\n"
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   []string
	}{
		{"alone", []string{"a"}, 1, []string{
			survivor, "open: a/a.go Far: boundary: a+10 < b => a+10 <= b (no test reaches it)\n",
			"a: without TestBroken fails of a\n", "1 by time-out", "0 equivalent, 4 open\n"}},
		{"judges and a list", []string{"-match", "Max|Far", "-judges", "user", "-list", filepath.Join(root, "good.txt"), "a"}, 0, []string{
			"a: 5 tried: 4 killed, 1 by tests of a, 3 by tests of user (0 by time-out); 1 equivalent, 0 open\n"}},
		{"a list that no longer holds", []string{"-match", "Max", "-list", filepath.Join(root, "stale.txt"), "a"}, 1, []string{
			"listed as equivalent, but a test fails: a/a.go Max: negation: a > b => a <= b\n",
			"listed as equivalent, but there is no such place any more: a/a.go Gone: negation: a > b => a <= b\n"}},
		{"a list without a reason", []string{"-list", filepath.Join(root, "noreason.txt"), "a"}, 2, []string{"noreason.txt:1: no reason for "}},
		{"operators", []string{"-ops", "logical", "a"}, 0, []string{"a: 0 tried: 0 killed"}},
		{"unknown operator", []string{"-ops", "x", "a"}, 2, []string{"no such operator"}},
		{"unknown package", []string{"b"}, 2, []string{"go list"}},
		{"no package", nil, 2, []string{"usage"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, out := mutate(t, append([]string{"-root", root}, tt.args...)...)
			if status != tt.status {
				t.Errorf("exit status %d, want %d:\n%s", status, tt.status, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}
