// Package check is the command that reads the files of a cluster and says what is wrong with its address ranges, why that shows as it does, and how to mend it.
//
// It takes files and folders, whatever was collected; -h lists the flags. The exit status is 0 if no error and no trouble was found, 1
// otherwise, with -strict also where something that decides was not seen or not understood, and 2 for wrong usage and where
// nothing readable was given.
package check

import (
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
}

// Run runs the command and returns its exit status.
func Run(e cli.Env, args []string) int {
	stdout := e.Stdout
	fail := func(err error) int { return e.Fail("check", err, exitUsage) }
	s, err := parse(args)
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
	files, err := cli.Read(e.Stderr, s.paths, s.read)
	var nothing *cli.NothingError
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
	if nothing != nil {
		return false, nothing // programs get their document all the same
	}
	if s.text && slices.ContainsFunc(r.Findings, mendable) {
		if _, err := fmt.Fprintf(stdout, "\nWhich nodes to change, in which order, with which commands: %s %s\n", e.Call("repair"), strings.Join(s.paths, " ")); err != nil {
			return false, err
		}
	}
	switch r.Verdict() {
	case fact.Broken, fact.Trouble:
		return false, nil
	}
	return !s.strict || len(r.NotSeen) == 0 && len(r.NotUnderstood) == 0, nil
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

// parse reads the flags. The error is one line.
func parse(args []string) (s settings, err error) {
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
	fs.BoolVar(&s.rules, "rules", false, "")
	fs.StringVar(&s.explain, "explain", "", "")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return s, err
	} else if err != nil {
		return s, fmt.Errorf("%s; -h lists all flags", strings.TrimSuffix(err.Error(), "; -h lists all flags"))
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
	if len(s.paths) == 0 && !s.rules && s.explain == "" {
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
