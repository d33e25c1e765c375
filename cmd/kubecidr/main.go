// Kubecidr plans, checks, predicts and repairs the address ranges of a Kubernetes cluster.
//
//	kubecidr plan        ranges for a cluster that cannot collide, and its installer's files
//	kubecidr check       what is wrong with a cluster's ranges, by its files
//	kubecidr simulate    which node gets which subnet, by the twin of kube-controller-manager
//	kubecidr repair      how to fix the nodes' subnets with the fewest changes
//	kubecidr completion  what a shell needs to complete all that
//	kubecidr version     which build this is
//
// Each command is that of examples, with the same flags; -h lists them.
//
// # As a plugin of kubectl
//
// Installed under the name kubectl-cidr it is kubectl cidr. Then kubectl cidr check without a path asks the cluster of the current
// context itself: it runs kubectl for nodes, control-plane pods, services, events and the ConfigMaps that name ranges, reading all of
// them and changing nothing. kubectl cidr check --dry-run prints these calls and makes none. A link named kubectl_complete-cidr to
// the program, in the path as well, lets kubectl's own completion go on behind kubectl cidr.
//
// # Exit status
//
// 0 where all is well: a plan, no error in a check, no difference in a simulation, nothing that repair cannot mend. 1 where it is not.
// 2 for wrong usage and for input that cannot be read. A warning alone is 0; check -strict says 1 where something was not seen.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/cli/check"
	"github.com/kubecidr/kubecidr/internal/cli/plan"
	"github.com/kubecidr/kubecidr/internal/cli/repair"
	"github.com/kubecidr/kubecidr/internal/cli/simulate"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

const (
	exitGood  = 0
	exitUsage = 2
)

// A command is what stands behind the program's name.
type command struct {
	name, doc string
	run       func(cli.Env, []string) int
	flags     func() []cli.Flag
}

func commands() []command {
	return []command{
		{"plan", "find ranges for a cluster that cannot collide, and print them or its installer's files", plan.Run, plan.Flags},
		{"check", "say what is wrong with a cluster's ranges, why that shows as it does, and how to fix it", check.Run, check.Flags},
		{"simulate", "replay or predict which node gets which subnet", simulate.Run, simulate.Flags},
		{"repair", "say how to fix the nodes' subnets with the fewest changes", repair.Run, repair.Flags},
		{"completion", "print a script that completes commands and flags: bash, zsh or fish", completion, nil},
		{"version", "print the version, the commit and the releases that the rules were checked against", version, nil},
	}
}

func main() {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	e := cli.System(prefix(name))
	if name == completerName {
		os.Exit(complete(e, os.Args[1:]))
	}
	os.Exit(run(e, os.Args[1:]))
}

// prefix returns how the user calls the program: kubectl finds its plugins by their names.
func prefix(name string) string {
	if name == "kubectl-cidr" || name == completerName {
		return cli.PluginPrefix
	}
	return "kubecidr "
}

func run(e cli.Env, args []string) int {
	program := strings.TrimSpace(e.Prefix)
	fail := func(format string, args ...any) int {
		fmt.Fprintf(e.Stderr, program+": "+format+"\n", args...)
		return exitUsage
	}
	if len(args) == 0 {
		usage(e.Stderr, program)
		return exitUsage
	}
	var names []string
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(e, args[1:])
		}
		names = append(names, c.name)
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		if len(args) == 2 && args[0] == "help" {
			return run(e, []string{args[1], "-h"})
		}
		usage(e.Stdout, program)
		return exitGood
	case "-version", "--version":
		return version(e, nil)
	}
	if near := suggest.Nearest(args[0], names); near != "" {
		return fail("no command is called %q; was %s meant? -h lists them", args[0], near)
	}
	return fail("no command is called %q; -h lists them", args[0])
}

func usage(w io.Writer, program string) {
	fmt.Fprintf(w, "usage: %s COMMAND [flags]\n\nPlans, checks, predicts and repairs the address ranges of a Kubernetes cluster.\n\n", program)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-11s %s\n", c.name, c.doc)
	}
	fmt.Fprintf(w, "\n%s COMMAND -h lists its flags. The exit status is 0 where all is well, 1 where it is not, 2 for wrong usage or input.\n", program)
	if strings.HasPrefix(program, "kubectl") {
		fmt.Fprintf(w, "\n%s check without a path asks the cluster of the current context; --dry-run prints the calls of kubectl that it would make.\n", program)
	}
}

// version prints which build this is.
func version(e cli.Env, args []string) int {
	if len(args) > 0 {
		return e.Fail("version", fmt.Errorf("unexpected argument %q", args[0]), exitUsage)
	}
	v, commit, changed := "(unknown)", "", ""
	goVersion := ""
	if b, ok := debug.ReadBuildInfo(); ok {
		v, goVersion = b.Main.Version, b.GoVersion
		for _, s := range b.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " with changes"
			}
		}
	}
	fmt.Fprintf(e.Stdout, "kubecidr %s\n", v)
	if commit != "" {
		fmt.Fprintf(e.Stdout, "commit   %s%s\n", commit, changed)
	}
	fmt.Fprintf(e.Stdout, "go       %s\nrules    up to Kubernetes %v and flannel %v\n", goVersion, fact.NewestKubernetes(), fact.NewestFlannel())
	return exitGood
}
