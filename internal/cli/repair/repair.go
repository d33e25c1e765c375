// Package repair is the command that reads the files of a cluster and says how to fix the pod subnets of its nodes with the fewest changes.
//
// It takes files and folders, whatever was collected; -h lists the flags. The exit status is 0 if nothing is wrong or the steps fix
// it, 1 if the ranges themselves are at fault, 2 for wrong usage and where too little is known.
package repair

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

const (
	exitMended = 0
	exitRanges = 1
	exitUsage  = 2
)

const usageText = `usage: %s [-o text|json|commands] [-way N|KIND] [-kubernetes VERSION] PATH...

Reads the files and folders at PATH (- is standard input) and says how to fix the pod subnets of nodes: which lack one, share
one or hold one in the wrong place, what is the least to do about it, and what restarts. It needs the nodes (kubectl get
nodes -o json) and the flags of kube-controller-manager, or kubeadm's configuration, or flannel's. Of
nodes that share a subnet that one keeps it which its subnet.env, ip addr and ip route, or those of other hosts, bear out.

  -o FORMAT            text (default); json; commands: a shell script for kubectl and ssh, which goes the best way. It changes nothing
                       without its --apply, looks at the live cluster first, says at each end what is left, and goes on when run again
  -way N|KIND          go this way instead of the best one: its number in the list, or its kind in the JSON (widen, longer-mask, move-pods, ...)
  -kubernetes VERSION  release whose rules count (default: told from the files)

It lists the ways out, that with the fewest interruptions first, each tried on the twin of kube-controller-manager. A list of nodes that is
cut off is refused: a node that is not in it would lose its subnet to another.
The exit status is 0 if nothing is wrong or the steps fix it, 1 if the ranges are at fault, 2 for wrong usage or too little input.
`

// Flags returns the flags for completion.
func Flags() []cli.Flag {
	return []cli.Flag{
		{Name: "o", Arg: "format", Doc: "form of the answer", Values: []string{"text", "json", "commands"}},
		{Name: "way", Arg: "N|kind", Doc: "go this way instead of the best one"},
		{Name: "kubernetes", Arg: "version", Doc: "release whose rules count"},
	}
}

// writers are the forms of the answer.
var writers = map[string]func(io.Writer, *repair.Repair) error{
	"json": draw.RepairJSON,
	"text": func(w io.Writer, r *repair.Repair) error {
		return draw.RepairText(w, r, draw.Options{Color: cli.Color(w)})
	},
	"commands": draw.RepairCommands,
}

// Run runs the command and returns its exit status.
func Run(e cli.Env, args []string) int {
	stdout, stderr := e.Stdout, e.Stderr
	fail := func(err error) int { return e.Fail("repair", err, exitUsage) }
	fs := flag.NewFlagSet("repair", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	output := fs.String("o", "text", "")
	chosen := fs.String("way", "", "")
	release := fs.String("kubernetes", "", "")
	if err := cli.ParseFlags(fs, args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, usageText, e.Call("repair"))
		return exitMended
	} else if err != nil {
		return fail(err)
	}
	var options kubecidr.Options
	if *release != "" {
		var err error
		if options.Kubernetes, err = fact.ParseVersion(*release); err != nil {
			return fail(fmt.Errorf("-kubernetes: %w", err))
		}
	}
	write, ok := writers[*output]
	if !ok {
		return fail(fmt.Errorf("-o %q: must be text, json or commands", *output))
	}
	if fs.NArg() == 0 {
		return fail(errors.New("no file or folder given; -h tells how"))
	}
	e.WarnRelease("repair", options.Kubernetes)
	files, err := cli.Read(stderr, fs.Args(), options)
	if err != nil {
		return fail(err)
	}
	for _, s := range files.Statements() {
		if s.Finding != nil && s.Finding.Rule == fact.RuleFileUnreadable {
			fmt.Fprintf(stderr, "%s: %s\n", e.Name("repair"), s.Finding.Message)
		}
	}
	if err := files.One(); err != nil {
		return fail(err)
	}
	if err := repair.Complete(files.Statements()...); err != nil {
		return fail(err)
	}
	r, err := repair.New(repair.InventoryOf(files.Statements()...))
	if err != nil {
		return fail(err)
	}
	if *chosen != "" {
		if r, err = r.Choose(*chosen); err != nil {
			return fail(err)
		}
	}
	if err := write(stdout, r); err != nil {
		return fail(err)
	}
	return status(r)
}

// status returns the exit status of an answer that was given.
func status(r *repair.Repair) int {
	switch {
	case len(r.RangeFaults) > 0:
		return exitRanges
	case r.Healthy() && len(r.Inventory.Nodes) == 0:
		return exitUsage // it says so
	}
	return exitMended
}
