package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

type options struct {
	root    string
	ops     []string
	judges  []string
	checks  int
	longest time.Duration
	jobs    int
	list    string
	again   string
	out     string
	match   *regexp.Regexp
	sample  int
	verbose bool
	own     bool
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("mutate", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: mutate [flags] PACKAGE...")
		fs.PrintDefaults()
	}
	var o options
	var ops, judges, match string
	fs.StringVar(&o.root, "root", ".", "folder of the module that holds the packages")
	fs.StringVar(&ops, "ops", "", "operators, separated by commas, or all (default "+strings.Join(defaultOperators, ",")+")")
	fs.StringVar(&judges, "judges", "", "packages whose tests judge what survives the package's own, separated by commas")
	fs.IntVar(&o.checks, "checks", 30, "inputs that a property test makes")
	fs.DurationVar(&o.longest, "longest", 3*time.Second, "processor time above which a test function takes no part")
	fs.IntVar(&o.jobs, "j", 2, "processes at once")
	fs.StringVar(&o.list, "list", "", "file of the survivors that are equivalent, with the reasons")
	fs.StringVar(&o.again, "again", "", "try only the mutants whose keys stand in this file, one to a line, as -o writes them")
	fs.StringVar(&o.out, "o", "", "file to which the keys of the open survivors are written")
	fs.StringVar(&match, "match", "", "try only the mutants whose keys match this expression")
	fs.IntVar(&o.sample, "sample", 1, "try only every n-th mutant; what is listed and was not tried is not missed then")
	fs.BoolVar(&o.own, "own", true, "try the package's own tests first; without them the judges alone")
	fs.BoolVar(&o.verbose, "v", false, "print every mutant and what became of it")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "mutate:", err)
		return 2
	}
	switch ops {
	case "":
		o.ops = defaultOperators
	case "all":
		o.ops = operators
	default:
		o.ops = strings.Split(ops, ",")
		for _, op := range o.ops {
			if !slices.Contains(operators, op) {
				return fail(fmt.Errorf("-ops %s: no such operator; there are %s", op, strings.Join(operators, ", ")))
			}
		}
	}
	if judges != "" {
		o.judges = strings.Split(judges, ",")
	}
	if fs.NArg() == 0 || o.sample < 1 || o.jobs < 1 {
		fs.Usage()
		return 2
	}
	var err error
	if o.match, err = regexp.Compile(match); err != nil {
		return fail(fmt.Errorf("-match: %w", err))
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return fail(err)
	}
	reasons, err := readReasons(o.list)
	if err != nil {
		return fail(err)
	}
	var again map[string]bool
	if o.again != "" {
		data, err := os.ReadFile(o.again)
		if err != nil {
			return fail(err)
		}
		again = map[string]bool{}
		for _, l := range lines(data) {
			again[l] = true
		}
	}
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(work)

	status := 0
	var open []string
	for _, folder := range fs.Args() {
		folder = strings.Trim(filepath.ToSlash(filepath.Clean(folder)), "/")
		sc, err := judge(folder, work, o, reasons, again, stdout)
		if err != nil {
			return fail(err)
		}
		open = append(open, sc.open...)
		if len(sc.open) > 0 || len(sc.stale) > 0 {
			status = 1
		}
	}
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(strings.Join(append(open, ""), "\n")), 0o666); err != nil {
			return fail(err)
		}
	}
	return status
}

// A score is what became of the mutants of a package.
type score struct {
	open  []string // keys of survivors that are not listed
	stale []string // keys that are listed and did not survive
}

// judge tries the mutants of one package and prints the outcome.
func judge(folder, work string, o options, reasons map[string]string, again map[string]bool, w io.Writer) (*score, error) {
	t, err := load(o.root, folder, o.ops)
	if err != nil {
		return nil, err
	}
	var tried []mutant
	for i, m := range t.mutants {
		if (again == nil || again[m.key]) && o.match.MatchString(m.key) && i%o.sample == 0 {
			tried = append(tried, m)
		}
	}
	fmt.Fprintf(w, "%s: %d mutants, %d tried", folder, len(t.mutants), len(tried))
	if t.dropped > 0 {
		fmt.Fprintf(w, "; %d places left out, their mutants do not compile", t.dropped)
	}
	fmt.Fprintln(w)
	t.only(tried)
	var own *suite
	if len(tried) > 0 && o.own {
		if own, err = newSuite(t, folder, work, o); err != nil {
			return nil, err
		}
	}
	var mu sync.Mutex
	by := map[string]int{} // who killed how many
	reached := make([]bool, len(tried))
	alive := make([]bool, len(tried))
	for i := range alive {
		alive[i] = true
	}
	against := func(s *suite) {
		if s == nil {
			return
		}
		for _, off := range s.off {
			fmt.Fprintf(w, "%s: without %s of %s\n", folder, off, s.folder)
		}
		each(o.jobs, len(tried), func(i int) {
			if !alive[i] {
				return
			}
			out, r := s.kill(tried[i])
			mu.Lock()
			defer mu.Unlock()
			reached[i] = reached[i] || r
			if out != passed {
				alive[i] = false
				by["tests of "+s.folder]++
				if out == timedOut {
					by["time-out"]++
				}
			}
			if o.verbose {
				fmt.Fprintf(w, "%s: %s: %s, reached %v\n", tried[i].line, tried[i].key, out, r)
			}
		})
	}
	against(own)
	for _, j := range o.judges {
		if !slices.Contains(alive, true) {
			break
		}
		s, err := newSuite(t, j, work, o)
		if err != nil {
			return nil, err
		}
		against(s)
	}
	sc := &score{}
	equivalent := 0
	survived := map[string]bool{}
	for i, m := range tried {
		if !alive[i] {
			continue
		}
		survived[m.key] = true
		if _, ok := reasons[m.key]; ok {
			equivalent++
			continue
		}
		sc.open = append(sc.open, m.key)
		note := ""
		if !reached[i] {
			note = " (no test reaches it)"
		}
		fmt.Fprintf(w, "%s: open: %s%s\n", m.line, m.key, note)
	}
	known := map[string]bool{}
	for _, m := range t.mutants {
		known[m.key] = true
	}
	was := map[string]bool{}
	for _, m := range tried {
		was[m.key] = true
	}
	for key := range reasons {
		if !strings.HasPrefix(key, folder+"/") || strings.Contains(strings.TrimPrefix(strings.Fields(key)[0], folder+"/"), "/") {
			continue
		}
		op := strings.Split(key, ": ")[1]
		if slices.Contains(o.ops, op) && !known[key] || was[key] && !survived[key] {
			sc.stale = append(sc.stale, key)
		}
	}
	slices.Sort(sc.stale)
	for _, key := range sc.stale {
		if known[key] {
			fmt.Fprintf(w, "%s: listed as equivalent, but a test fails: %s\n", o.list, key)
		} else {
			fmt.Fprintf(w, "%s: listed as equivalent, but there is no such place any more: %s\n", o.list, key)
		}
	}
	killed := len(tried) - equivalent - len(sc.open)
	fmt.Fprintf(w, "%s: %d tried: %d killed", folder, len(tried), killed)
	for i, s := range append([]string{folder}, o.judges...) {
		if n := by["tests of "+s]; n > 0 || i == 0 {
			fmt.Fprintf(w, ", %d by tests of %s", n, s)
		}
	}
	fmt.Fprintf(w, " (%d by time-out); %d equivalent, %d open\n", by["time-out"], equivalent, len(sc.open))
	return sc, nil
}
