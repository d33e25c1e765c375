package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A suite is the test binary of one package with the mutants of a target in it.
type suite struct {
	folder string
	dir    string // in which it runs
	bin    string
	args   []string
	tests  []test   // cheapest first
	off    []string // tests that take no part, and why
}

// A test is one test function.
type test struct {
	name string
	cost time.Duration // processor time
	hits []byte        // by site
}

// An outcome is how a run ended.
type outcome string

const (
	passed   outcome = "passed"
	failed   outcome = "failed"
	timedOut outcome = "timed out"
)

var testName = regexp.MustCompile(`^(Test|Fuzz|Example)`)

// measure runs every test function by itself.
func (s *suite) measure(size, jobs int, longest time.Duration, work string) error {
	cmd := exec.Command(s.bin, "-test.list", ".")
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: listing tests: %w", s.folder, err)
	}
	var names []string
	for name := range strings.FieldsSeq(string(out)) {
		if testName.MatchString(name) {
			names = append(names, name)
		}
	}
	var mu sync.Mutex
	each(jobs, len(names), func(i int) {
		name := names[i]
		hits := make([]byte, size)
		table := filepath.Join(work, "hits-"+name)
		if e := os.WriteFile(table, hits, 0o666); e != nil {
			mu.Lock()
			err = e
			mu.Unlock()
			return
		}
		o, cost := s.run([]string{name}, limitFor(longest, 1), "MUTANT_HITS="+table)
		hits, e := os.ReadFile(table)
		os.Remove(table)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case e != nil:
			err = e
		case o == failed:
			s.off = append(s.off, name+" fails")
		case o == timedOut || cost > longest:
			s.off = append(s.off, fmt.Sprintf("%s takes more than %v", name, longest))
		default:
			s.tests = append(s.tests, test{name, cost, hits})
		}
	})
	slices.Sort(s.off)
	slices.SortFunc(s.tests, func(a, b test) int {
		if a.cost != b.cost {
			return int(a.cost - b.cost)
		}
		return strings.Compare(a.name, b.name)
	})
	return err
}

// limitFor returns the limit of processor time for tests that cost d, in seconds.
func limitFor(d time.Duration, factor float64) int { return int(math.Ceil(d.Seconds()*factor + 0.5)) }

// run runs tests in one process.
func (s *suite) run(names []string, cpu int, env ...string) (outcome, time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+20*time.Duration(cpu)*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.bin, append([]string{"-test.run", "^(" + strings.Join(names, "|") + ")$", "-test.failfast", "-test.short"}, s.args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOTRACEBACK=none", "MUTANT_CPU="+strconv.Itoa(cpu))
	cmd.Env = append(cmd.Env, env...)
	err := cmd.Run()
	used := time.Duration(0)
	if cmd.ProcessState != nil {
		used = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err == nil {
		return passed, used
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if ctx.Err() != nil || ok && !exit.Exited() && used >= time.Duration(cpu)*time.Second-500*time.Millisecond {
		return timedOut, used
	}
	return failed, used
}

// kill tries a mutant against the tests that reach it: the cheapest in a first process, then in each further one those that cost up to four
// times as much together.
func (s *suite) kill(m mutant) (o outcome, reached bool) {
	var names []string
	var sum, tier time.Duration
	tier = 40 * time.Millisecond
	flush := func() outcome {
		if len(names) == 0 {
			return passed
		}
		o, _ := s.run(names, limitFor(sum, 4), "MUTANT="+strconv.Itoa(m.id))
		if o == timedOut {
			o, _ = s.run(names, limitFor(sum, 4), "MUTANT="+strconv.Itoa(m.id))
		}
		names, sum, tier = nil, 0, 4*tier
		return o
	}
	for _, t := range s.tests {
		if t.hits[m.site] == 0 {
			continue
		}
		reached = true
		if sum+t.cost > tier {
			if o := flush(); o != passed {
				return o, true
			}
		}
		names = append(names, t.name)
		sum += t.cost
	}
	return flush(), reached
}

// each calls f for 0 to n-1, so many at a time.
func each(jobs, n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range jobs {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// newSuite builds the tests of folder with the target's mutants and measures them.
func newSuite(t *target, folder, work string, o options) (*suite, error) {
	bin, err := t.build(work, folder)
	if err != nil || bin == "" {
		return nil, err
	}
	s := &suite{folder: folder, dir: filepath.Join(t.root, filepath.FromSlash(folder)), bin: bin}
	ls, err := list(t.root, "./"+folder)
	if err != nil {
		return nil, err
	}
	if slices.Contains(ls[0].TestImports, rapid) || slices.Contains(ls[0].XTestImports, rapid) {
		s.args = []string{"-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=1ms", "-rapid.checks=" + strconv.Itoa(o.checks)}
	}
	return s, s.measure(t.size, o.jobs, o.longest, work)
}

const rapid = "pgregory.net/rapid"

// lines returns the lines of text that are not empty.
func lines(data []byte) []string {
	var out []string
	for l := range bytes.Lines(data) {
		if l := strings.TrimSpace(string(l)); l != "" {
			out = append(out, l)
		}
	}
	return out
}
