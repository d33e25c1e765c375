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
                       the next K nodes get, with and without a restart, and when the ranges end
  -surge S             with -predict: whether S nodes more fit for a while, as in a rolling replacement

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

// Run runs the command and returns its exit status.
func Run(e cli.Env, args []string) int {
	stdin, stdout, stderr := e.Stdin, e.Stdout, e.Stderr
	fail := func(err error) int { return e.Fail("simulate", err, exitUsage) }
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	output := fs.String("o", "json", "")
	release := fs.String("kubernetes", "", "")
	vs := fs.String("vs", "", "")
	predict := fs.Int("predict", -1, "")
	surge := fs.Int("surge", 0, "")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, usageText, e.Call("simulate"))
		return exitSame
	} else if err != nil {
		return fail(fmt.Errorf("%w; -h lists all flags", err))
	}
	if *output != "json" && *output != "text" {
		return fail(fmt.Errorf("-o %q: must be json or text", *output))
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case given["predict"] && (*predict < 0 || *predict > 1_000_000):
		return fail(fmt.Errorf("-predict %d: must be 0 to 1000000", *predict))
	case given["surge"] && (*surge < 0 || !given["predict"]):
		return fail(fmt.Errorf("-surge %d: must be 0 or more, and stands with -predict", *surge))
	case given["predict"] && given["vs"]:
		return fail(errors.New("-predict and -vs exclude each other"))
	case given["predict"] && fs.NArg() == 0:
		return fail(errors.New("no file or folder given; -h tells how"))
	}
	if !given["predict"] && fs.NArg() != 1 {
		return fail(fmt.Errorf("%d arguments: want one scenario, or - for standard input; -h tells more", fs.NArg()))
	}
	var v fact.Version
	if *release != "" {
		var err error
		if v, err = fact.ParseVersion(*release); err != nil {
			return fail(fmt.Errorf("-kubernetes: %w", err))
		}
	}
	e.WarnRelease("simulate", v)
	if given["predict"] {
		var need *int
		if given["surge"] {
			need = surge
		}
		if err := foretell(stdout, stderr, fs.Args(), v, *predict, need, *output); err != nil {
			return fail(err)
		}
		return exitSame
	}
	s, err := read(fs.Arg(0), stdin)
	if err != nil {
		return fail(err)
	}
	var recording *scenario.Scenario
	if *vs != "" {
		if recording, err = read(*vs, stdin); err != nil {
			return fail(err)
		}
	}
	got := s.Replay(v, recording)
	if recording != nil {
		differences := got.Compare(recording)
		for _, d := range differences {
			if _, err := fmt.Fprintln(stdout, d); err != nil {
				return fail(err)
			}
		}
		if len(differences) > 0 {
			return exitDiffer
		}
		return exitSame
	}
	write := got.Write
	if *output == "text" {
		write = got.WriteText
	}
	if err := write(stdout); err != nil {
		return fail(err)
	}
	return exitSame
}

// foretell predicts from the files of a cluster.
func foretell(stdout, stderr io.Writer, paths []string, v fact.Version, k int, surge *int, output string) error {
	files, err := cli.Read(stderr, paths, kubecidr.Options{Kubernetes: v})
	if err != nil {
		return err
	}
	inv := repair.InventoryOf(files.Statements()...)
	p, err := inv.Predict(k)
	if err != nil {
		return err
	}
	var need *nodeipam.SurgeNeed
	if c, err := inv.Controller(); err == nil && surge != nil {
		n := c.Surge(*surge)
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
