package kubecidr_test

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Flags of the runs that TestGrowthSteps starts.
var (
	stepsOf    = flag.String("growth.steps", "", "name of the growth that TestGrowthRun runs")
	stepsTimes = flag.Int("growth.times", 0, "how many times as large as its smallest its input is")
)

// TestGrowthSteps holds time to the promise of [TestGrowth] without a clock: it counts how often each block of statements runs. It needs
// a binary that counts them:
//
//	go test -run GrowthSteps -covermode=count -coverpkg=./... .
func TestGrowthSteps(t *testing.T) {
	if testing.CoverMode() != "count" {
		t.Skip("steps are counted with -covermode=count -coverpkg=./... alone")
	}
	for _, g := range counted() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			tables, one, two, four := countSteps(t, g, 0), countSteps(t, g, 1), countSteps(t, g, 2), countSteps(t, g, 4)
			for at, last := range four {
				a, b, c := one[at]-tables[at], two[at]-tables[at], last-tables[at]
				// What begins at some size shows in one of the steps, what grows in both.
				if e := min(math.Log2(b/a), math.Log2(c/b)); c > 1e6 && e > growing {
					t.Errorf("%s takes %.0f steps, then %.0f, then %.0f: n^%.2f", at, a, b, c, e)
				}
			}
		})
	}
}

// counted returns the kinds of input whose steps are counted: those of TestGrowth, and the files of TestHostile.
func counted() []growth {
	out := growths()
	for _, t := range hostileFiles() {
		out = append(out, growth{name: "hostile/" + t.Name, n: 400_000, files: func(n int) map[string]string {
			return map[string]string{t.Name: t.Make(n)}
		}})
	}
	return out
}

// TestGrowthRun does once what TestGrowthSteps counts.
func TestGrowthRun(t *testing.T) {
	for _, g := range counted() {
		if g.name != *stepsOf {
			continue
		}
		n := max(g.n/4, 1)
		g.run(n)() // tables that are made once
		if *stepsTimes > 0 {
			g.run(*stepsTimes * n)()
		}
	}
}

// countSteps returns how often each block runs, times its statements, by its place.
func countSteps(t *testing.T, g growth, times int) map[string]float64 {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "steps.txt")
	run := exec.Command(self, "-test.run=^TestGrowthRun$", "-growth.steps="+g.name, "-growth.times="+strconv.Itoa(times), "-test.gocoverdir="+dir)
	tell := exec.Command("go", "tool", "covdata", "textfmt", "-i="+dir, "-o="+text)
	for _, c := range []*exec.Cmd{run, tell} {
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c.Args, err, out)
		}
	}
	f, err := os.Open(text)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	got := map[string]float64{}
	for s := bufio.NewScanner(f); s.Scan(); {
		// path/file.go:12.3,14.5 STATEMENTS COUNT
		at, counts, _ := strings.Cut(s.Text(), " ")
		var statements, count float64
		if n, _ := fmt.Sscan(counts, &statements, &count); n == 2 {
			got[at] = statements * count
		}
	}
	return got
}
