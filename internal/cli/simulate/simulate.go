// Package simulate is the command that replays what happens to a cluster through the twin of kube-controller-manager: which subnet each node gets, which
// gets none, when the program ends and why.
//
// A scenario is a JSON file with the flags of kube-controller-manager and a list of operations; it is written back with the result of
// each. With -vs it is compared with a recording. The exit status is 0, 1 if something differs, 2 for wrong usage and
// for input that cannot be read.
package simulate

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/scenario"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

const (
	exitSame   = 0
	exitDiffer = 1
	exitUsage  = 2
)

const usageText = `usage: %[1]s [-o json|text] [-kubernetes VERSION] [-vs RECORDING] FILE
       %[1]s -predict K [-surge S] [-o json|text] [-kubernetes VERSION] PATH...

Replays a scenario through the twin of kube-controller-manager, or predicts from a cluster's files what comes next. - is
standard input.

  -o FORMAT            json: the scenario with the result of each operation (default); text: a table
  -kubernetes VERSION  release to follow (default: the scenario's "version", or the newest known)
  -vs RECORDING        print how the recording differs from what the twin says, and exit with 1 if it does.
                       Where timing decides, whatever is possible counts as the same
  -predict K           read the files and folders at PATH (nodes, flags of kube-controller-manager) and say which subnets
                       the next K nodes get, with and without a restart, and when the ranges end: after how many nodes, and,
                       where creationTimestamp or AGE of the nodes is there, on which day at the growth of the past, with the
                       spread, counted from the newest node
  -surge S             with -predict: whether S nodes more fit for a while, until when, and what a rolling replacement of all
                       nodes with S more at a time takes on the way

A scenario is {"flags": {"cluster-cidr": "10.244.0.0/16", ...}, "ops": [{"op": "start"}, {"op": "create", "node": "n1"}, ...]}.
Operations: start, stop, restart (flags), create (node, preset), burst (nodes, preset), delete (node), terminate (node: a finalizer
holds up its deletion), patch (node, podCIDRs), wait, list.
`

// Flags returns the flags for completion.
func Flags() []cli.Flag {
	return []cli.Flag{
		{Name: "o", Arg: "format", Doc: "form of the answer", Values: []string{"json", "text"}},
		{Name: "kubernetes", Arg: "version", Doc: "release to follow"},
		{Name: "vs", Arg: "recording", Doc: "print how a recording differs", File: true},
		{Name: "predict", Arg: "K", Doc: "say which subnets the next K nodes get"},
		{Name: "surge", Arg: "S", Doc: "whether S nodes more fit for a while"},
	}
}

// options are the flags as they were given.
type options struct {
	output, release, vs string
	predict, surge      int
	given               map[string]bool
	args                []string
}

// errUse is why the flags do not fit together, nil where they do.
func (o options) errUse() error {
	switch {
	case o.output != "json" && o.output != "text":
		return fmt.Errorf("-o %q: must be json or text", o.output)
	case o.given["predict"] && (o.predict < 0 || o.predict > 1_000_000):
		return fmt.Errorf("-predict %d: must be 0 to 1000000", o.predict)
	case o.given["surge"] && (o.surge < 0 || !o.given["predict"]):
		return fmt.Errorf("-surge %d: must be 0 or more, and stands with -predict", o.surge)
	case o.given["predict"] && o.given["vs"]:
		return errors.New("-predict and -vs exclude each other")
	case o.given["predict"] && len(o.args) == 0:
		return errors.New("no file or folder given; -h tells how")
	case !o.given["predict"] && len(o.args) != 1:
		return fmt.Errorf("%d arguments: want one scenario, or - for standard input; -h tells more", len(o.args))
	}
	return nil
}

// Run runs the command and returns its exit status.
func Run(e cli.Env, args []string) int {
	fail := func(err error) int { return e.Fail("simulate", err, exitUsage) }
	o := options{given: map[string]bool{}}
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.output, "o", "json", "")
	fs.StringVar(&o.release, "kubernetes", "", "")
	fs.StringVar(&o.vs, "vs", "", "")
	fs.IntVar(&o.predict, "predict", -1, "")
	fs.IntVar(&o.surge, "surge", 0, "")
	if err := cli.ParseFlags(fs, args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(e.Stdout, usageText, e.Call("simulate"))
		return exitSame
	} else if err != nil {
		return fail(err)
	}
	fs.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	o.args = fs.Args()
	if err := o.errUse(); err != nil {
		return fail(err)
	}
	var v fact.Version
	if o.release != "" {
		var err error
		if v, err = fact.ParseVersion(o.release); err != nil {
			return fail(fmt.Errorf("-kubernetes: %w", err))
		}
	}
	e.WarnRelease("simulate", v)
	if o.given["predict"] {
		var need *int
		if o.given["surge"] {
			need = &o.surge
		}
		if err := foretell(e.Stdout, e.Stderr, o.args, v, o.predict, need, o.output); err != nil {
			return fail(err)
		}
		return exitSame
	}
	status, err := replay(e, o, v)
	if err != nil {
		return fail(err)
	}
	return status
}

// replay replays a scenario, and writes it or how a recording differs.
func replay(e cli.Env, o options, v fact.Version) (status int, err error) {
	s, err := read(o.args[0], e.Stdin)
	if err != nil {
		return 0, err
	}
	if o.vs == "" {
		got := s.Replay(v, nil)
		if o.output == "text" {
			return exitSame, got.WriteText(e.Stdout)
		}
		return exitSame, got.Write(e.Stdout)
	}
	recording, err := read(o.vs, e.Stdin)
	if err != nil {
		return 0, err
	}
	differences := s.Replay(v, recording).Compare(recording)
	for _, d := range differences {
		if _, err := fmt.Fprintln(e.Stdout, d); err != nil {
			return 0, err
		}
	}
	if len(differences) > 0 {
		return exitDiffer, nil
	}
	return exitSame, nil
}

// foretell predicts from the files of a cluster.
func foretell(stdout, stderr io.Writer, paths []string, v fact.Version, k int, surge *int, output string) error {
	files, err := cli.Read(stderr, paths, kubecidr.Options{Kubernetes: v})
	if err != nil {
		return err
	}
	if err := files.One(); err != nil {
		return err
	}
	if err := repair.Complete(files.Statements()...); err != nil {
		return err
	}
	inv := repair.InventoryOf(files.Statements()...)
	p, err := inv.Predict(k)
	if err != nil {
		return err
	}
	var need *nodeipam.SurgeNeed
	if c, err := inv.Controller(); err == nil && surge != nil {
		n, r := c.Surge(*surge), c.Replace(*surge)
		n.Replacement = &r
		need = &n
	}
	if output == "json" {
		return draw.PredictionJSON(stdout, p, need)
	}
	return draw.PredictionText(stdout, p, need, draw.Options{Color: cli.Color(stdout)})
}

// read reads a scenario from a file, or from standard input where name is "-".
func read(name string, stdin io.Reader) (*scenario.Scenario, error) {
	if name == "-" {
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, err
		}
		return scenario.Read("standard input", data)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return scenario.Read(name, data)
}
