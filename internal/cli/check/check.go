// Package check is the command that reads the files of a cluster and says what is wrong with its address ranges, why that shows as it does, and how to fix it.
//
// It takes files and folders, whatever was collected; -h lists the flags. The exit status is 0 if no error and no trouble was found, 1
// otherwise, with -strict also where something that decides was not seen or not understood, and 2 for wrong usage and where
// nothing readable was given.
package check

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

const (
	exitGood  = 0
	exitFault = 1
	exitUsage = 2
)

const usageText = `usage: %s [flags] PATH...

Reads the files and folders at PATH (- is standard input) and says what is wrong with the cluster's address ranges. Give it whatever
you can reach: kubeadm configuration or command line, /etc/kubernetes/manifests of each control plane in a folder named after
the host, kube-flannel.yml or net-conf.json, kubectl get nodes -o json, /run/flannel/subnet.env, ip addr and ip route of a node, logs.

  -o FORMAT            text (default), json, or sarif for code review
  -v                   tell all: effects, what explains what, what is worth knowing, ignored files
  -strict              fail too where something that decides was not seen or not understood
  -kubernetes VERSION  release whose rules count (default: told from the files)
  -link-mtu N          MTU of the hosts' link in bytes
  -waive RULE[=WHY]    accept a finding: it is shown and does not count; can be repeated; RULE@FILE limits it to a file
  -waivers FILE        waivers from a file, one a line, each with its reason
  -if-any              exit 0 where no file says anything about address ranges, as in a hook that runs on every repository
  -kubectl             ask the cluster itself, by the calls of kubectl that -dry-run prints; kubectl cidr check without PATH does so
  -context NAME        the context of kubectl to ask
  -dry-run             print the calls of kubectl, which all read, and end
  -rules               list the rules and end
  -explain RULE        explain a rule and end

A report begins with its verdict. BROKEN: at least one error. TROUBLE: something is wrong now, and its cause is in none of the
files. NO ERROR: none in what was seen, and something that decides was not seen or not understood, or there are warnings.
SOUND: all that decides was seen, and agrees.

The exit status is 0 without error and trouble, 1 otherwise, with -strict also unless SOUND but for warnings, 2 for wrong usage or
where nothing readable was given.
`

// settings are what the flags say.
type settings struct {
	read    kubecidr.Options
	write   func(io.Writer, fact.Report, draw.ReportOptions) error
	waivers []fact.Waiver
	rules   bool
	explain string
	paths   []string
	text    bool
	verbose bool
	strict  bool
	ifAny   bool
	kubectl bool // ask the cluster
	context string
	dryRun  bool
}

// Run runs the command and returns its exit status.
func Run(e cli.Env, args []string) int {
	stdout := e.Stdout
	fail := func(err error) int { return e.Fail("check", err, exitUsage) }
	s, err := parse(args, e.Prefix == cli.PluginPrefix)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, usageText, e.Call("check"))
		return exitGood
	case err != nil:
		return fail(err)
	case s.rules:
		err = draw.RulesText(stdout)
	case s.explain != "":
		err = explain(stdout, s.explain)
	case s.dryRun:
		for _, c := range cli.Calls(s.context) {
			fmt.Fprintln(stdout, c)
		}
	default:
		var good bool
		if good, err = check(e, s); err == nil && !good {
			return exitFault
		}
	}
	if err != nil {
		return fail(err)
	}
	return exitGood
}

// check reads, checks and prints, and reports whether all is well as far as s asks.
func check(e cli.Env, s settings) (good bool, err error) {
	e.WarnRelease("check", s.read.Kubernetes)
	stdout := e.Stdout
	files, err := read(e, s)
	var nothing *cli.NothingError
	if errors.As(err, &nothing) && s.ifAny && s.text {
		return true, nil
	}
	if err != nil && (!errors.As(err, &nothing) || s.text) {
		return false, err
	}
	r := files.Check().Waive(s.waivers...)
	o := files.ReportOptions()
	o.Verbose = s.verbose
	o.Color = cli.Color(stdout)
	if err := s.write(stdout, r, o); err != nil {
		return false, err
	}
	if nothing != nil && s.ifAny {
		return true, nil
	}
	if nothing != nil {
		return false, nothing // programs get their document all the same
	}
	if s.text && !s.kubectl && slices.ContainsFunc(r.Findings, mendable) && repairs(files) {
		if _, err := fmt.Fprintf(stdout, "\nWhich nodes to change, in which order, with which commands: %s %s\n", e.Call("repair"), strings.Join(s.paths, " ")); err != nil {
			return false, err
		}
	}
	switch r.Verdict() {
	case fact.Broken, fact.Trouble:
		return false, nil
	case "": // the report says what was not understood
		if !s.ifAny {
			return false, &cli.NothingError{Paths: s.paths, Files: len(files.List)}
		}
	}
	return !s.strict || len(r.NotSeen) == 0 && len(r.NotUnderstood) == 0, nil
}

// read reads the files, or asks the cluster.
func read(e cli.Env, s settings) (*kubecidr.Files, error) {
	if !s.kubectl {
		return cli.Read(e.Stderr, s.paths, s.read)
	}
	inputs, err := cli.Collect(context.Background(), e.Stderr, cli.Calls(s.context))
	if err != nil {
		return nil, err
	}
	return cli.ReadInputs(e.Stderr, []string{"what kubectl answers"}, inputs, s.read)
}

// repairs reports whether repair knows a way out for the cluster of files.
func repairs(files *kubecidr.Files) bool {
	r, err := repair.New(repair.InventoryOf(files.Statements()...))
	return err == nil && len(r.Ways) > 0
}

// mendable reports whether examples/repair has something to say about f.
func mendable(f fact.Finding) bool {
	if f.Waived != "" {
		return false
	}
	switch f.Rule {
	case fact.RulePodCIDRMissing, fact.RuleNodeSubnetDuplicate, fact.RulePodCIDROutsideClusterCIDR, fact.RulePodCIDRFamilyMissing,
		fact.RuleNodeMaskImmutable, fact.RuleClusterCIDRExhausted:
		return true
	}
	return slices.ContainsFunc(f.Symptoms, mendable)
}

// Flags returns the flags for completion.
func Flags() []cli.Flag {
	var rules []string
	for _, r := range plan.Rules() {
		rules = append(rules, string(r.ID))
	}
	return []cli.Flag{
		{Name: "o", Arg: "format", Doc: "form of the report", Values: []string{"text", "json", "sarif"}},
		{Name: "v", Doc: "tell all"},
		{Name: "strict", Doc: "fail too where something that decides was not seen"},
		{Name: "kubernetes", Arg: "version", Doc: "release whose rules count"},
		{Name: "link-mtu", Arg: "bytes", Doc: "MTU of the link of the hosts"},
		{Name: "waive", Arg: "rule", Doc: "accept a finding", Values: rules},
		{Name: "waivers", Arg: "file", Doc: "waivers from a file", File: true},
		{Name: "if-any", Doc: "exit 0 where no file says anything about ranges"},
		{Name: "kubectl", Doc: "ask the cluster itself"},
		{Name: "context", Arg: "name", Doc: "context of kubectl to ask"},
		{Name: "dry-run", Doc: "print the calls of kubectl"},
		{Name: "rules", Doc: "list the rules"},
		{Name: "explain", Arg: "rule", Doc: "explain a rule", Values: rules},
	}
}

// parse reads the flags; a plugin of kubectl asks the cluster where no path is given. The error is one line.
func parse(args []string, plugin bool) (s settings, err error) {
	fs := flag.NewFlagSet("check", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	output := fs.String("o", "text", "")
	fs.Func("kubernetes", "", func(v string) (err error) {
		s.read.Kubernetes, err = fact.ParseVersion(v)
		return err
	})
	fs.Func("link-mtu", "", func(v string) (err error) {
		if s.read.LinkMTU, err = strconv.Atoi(v); err != nil || s.read.LinkMTU < 0 || s.read.LinkMTU > 65536 {
			return errors.New("must be a number of bytes, 0 to 65536")
		}
		return nil
	})
	fs.Func("waive", "", func(v string) error {
		w, err := plan.ParseWaiver(v)
		s.waivers = append(s.waivers, w)
		return err
	})
	fs.Func("waivers", "", func(v string) error {
		ws, err := readWaivers(v)
		s.waivers = append(s.waivers, ws...)
		return err
	})
	fs.BoolVar(&s.verbose, "v", false, "")
	fs.BoolVar(&s.strict, "strict", false, "")
	fs.BoolVar(&s.ifAny, "if-any", false, "")
	fs.BoolVar(&s.kubectl, "kubectl", false, "")
	fs.StringVar(&s.context, "context", "", "")
	fs.BoolVar(&s.dryRun, "dry-run", false, "")
	fs.BoolVar(&s.rules, "rules", false, "")
	fs.StringVar(&s.explain, "explain", "", "")
	if err := cli.ParseFlags(fs, args); errors.Is(err, flag.ErrHelp) {
		return s, err
	} else if err != nil {
		return s, err
	}
	writers := map[string]func(io.Writer, fact.Report, draw.ReportOptions) error{
		"text": draw.ReportText, "json": draw.ReportJSON, "sarif": draw.ReportSARIF,
	}
	s.text = *output == "text"
	if s.write = writers[*output]; s.write == nil {
		return s, fmt.Errorf("-o %q: must be text, json or sarif", *output)
	}
	s.paths = fs.Args()
	for _, p := range s.paths {
		if strings.HasPrefix(p, "-") && p != "-" {
			return s, fmt.Errorf("%s stands behind a path: flags go first", p)
		}
	}
	s.kubectl = s.kubectl || plugin && len(s.paths) == 0
	switch {
	case s.kubectl && len(s.paths) > 0:
		return s, errors.New("no path beside -kubectl: either files are read, or the cluster is asked")
	case s.context != "" && !s.kubectl && !s.dryRun:
		return s, errors.New("-context stands with -kubectl")
	}
	if len(s.paths) == 0 && !s.kubectl && !s.dryRun && !s.rules && s.explain == "" {
		return s, errors.New("no file or folder given; -h tells how")
	}
	return s, nil
}

func readWaivers(name string) ([]fact.Waiver, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return plan.ReadWaivers(name, f)
}

// explain prints one rule.
func explain(w io.Writer, id string) error {
	var ids []string
	for _, r := range plan.Rules() {
		if string(r.ID) == id {
			return draw.RuleText(w, r)
		}
		ids = append(ids, string(r.ID))
	}
	if near := suggest.Nearest(id, ids); near != "" {
		return fmt.Errorf("no rule is called %q; was %s meant? -rules lists them", id, near)
	}
	return fmt.Errorf("no rule is called %q; -rules lists them", id)
}
