// Package plan is the command that finds address ranges for a Kubernetes cluster that cannot collide, and prints them with a map of the address space.
//
// With no flag it plans a small cluster; -h lists the flags. -for plans with the defaults and limits of an installer or a
// network, and -o writes its file; both come from the tables of packages distro and netdist. The exit status is 0 for a plan, 1 if none exists, or none that the
// installer of -for or -o takes (standard error says why, and what would make one possible), 2 for wrong usage and for input that cannot be read.
package plan

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
)

const (
	exitPlan  = 0
	exitNone  = 1
	exitUsage = 2
)

// A format is one of the forms that -o selects.
type format struct {
	name, doc string
	write     func(io.Writer, *plan.Plan, draw.Options) error
	nodes     int // how many nodes it lists if -show-nodes does not say; never more than are planned
}

func formats() []format {
	out := []format{
		{"text", "ranges, a map of the address space, nodes, numbers, reasons, warnings", draw.Text, 10},
		{"json", "the plan for programs", draw.JSON, math.MaxInt},
		{"yaml", "the same as json, in YAML", draw.YAML, math.MaxInt},
		{"markdown", "a document for an architecture review", writeMarkdown, 10},
		{"svg", "the map as a picture", draw.SVG, 0},
		{"kubeadm", "a ClusterConfiguration for kubeadm init --config, with kubelet's maxPods where it is not 110", writeKubeadm, 0},
		{"flannel", "flannel's ConfigMap, with net-conf.json", writeFlannel, 0},
		{"commands", "what to type, and where, to build the cluster; with -from, a script that leads the living one there", writeCommands, 0},
		{"table", "how the space of -within can be divided: node masks, nodes, pods on a node, services", nil, 0}, // needs no plan
	}
	for _, t := range targets() {
		out = append(out, format{t.Name, t.Doc, func(w io.Writer, p *plan.Plan, _ draw.Options) error { return t.Write(w, p) }, 0})
	}
	return out
}

// targets returns the installers and networks that can be planned for. Their tables stand in packages distro and netdist.
func targets() []target.Target { return append(distro.Targets(), netdist.Targets()...) }

func writeMarkdown(w io.Writer, p *plan.Plan, o draw.Options) (err error) {
	if o.From == nil || o.From.Repair == nil { // a cluster that lives is not built anew
		if o.Attachments, err = kubecidr.Attachments(p); err != nil {
			return err
		}
	}
	return draw.Markdown(w, p, o)
}

func writeFlannel(w io.Writer, p *plan.Plan, _ draw.Options) error {
	return kubecidr.WriteFlannel(w, p)
}

func writeCommands(w io.Writer, p *plan.Plan, o draw.Options) error {
	if o.From != nil && o.From.Repair != nil {
		if len(o.From.Why) > 0 {
			return fmt.Errorf("no steps lead from the cluster in these files to the plan: %s", strings.Join(o.From.Why, "; "))
		}
		return draw.RepairCommands(w, o.From.Repair)
	}
	return kubecidr.WriteCommands(w, p)
}

func writeKubeadm(w io.Writer, p *plan.Plan, _ draw.Options) error {
	return kubeadm.WriteClusterConfiguration(w, p, kubeadm.WriteOptions{})
}

// options are the flags that are not part of the request.
type options struct {
	format    format
	showNodes int // -1: as many as the format lists by itself
	file      string
	from      []string
	cluster   *kubecidr.Files // what -from names
	target    target.Target   // of -for; without a name none
	fit       bool
	help      bool
	lists     bool // of -o help: the formats alone
}

// Run runs the command and returns its exit status.
func Run(e cli.Env, args []string) int {
	usageError := func(err error) int { return e.Fail("plan", err, exitUsage) }
	opts, req, err := parse(args)
	switch {
	case err != nil:
		return usageError(err)
	case opts.help:
		usage(e)
		return exitPlan
	case opts.lists:
		listFormats(e.Stdout, "")
		return exitPlan
	}
	if opts.target.Name != "" {
		if req, err = opts.target.Request(req); err != nil {
			return refused(e, err)
		}
	}
	e.WarnRelease("plan", req.Kubernetes)
	if opts.format.write == nil {
		return table(e, req)
	}
	find := plan.New
	if opts.fit {
		find = plan.Fit
	}
	p, err := find(req)
	if none, ok := errtype.As[*plan.InfeasibleError](err); ok {
		if err := draw.InfeasibleText(e.Stderr, none, draw.Options{Color: cli.Color(e.Stderr)}); err != nil {
			return usageError(err)
		}
		return exitNone
	}
	if err != nil {
		return usageError(err)
	}
	nodes := opts.showNodes
	if nodes < 0 {
		nodes = min(opts.format.nodes, p.Request.Nodes)
	}
	o := draw.Options{Nodes: nodes, Color: cli.Color(e.Stdout)}
	if opts.cluster != nil {
		o.From = kubecidr.From(opts.cluster, p)
	}
	if err := opts.format.write(e.Stdout, p, o); err != nil {
		return refused(e, err)
	}
	if o.From != nil && len(o.From.Why) > 0 {
		return exitNone
	}
	return exitPlan
}

// refused tells err and returns the status: there is no plan where an installer or a network does not take what was asked for.
func refused(e cli.Env, err error) int {
	if _, ok := errtype.As[*target.RefusedError](err); ok {
		return e.Fail("plan", err, exitNone)
	}
	return e.Fail("plan", err, exitUsage)
}

// table prints how the space can be divided.
func table(e cli.Env, req plan.Request) int {
	ways, err := plan.Tradeoffs(req)
	if err == nil {
		err = draw.Tradeoffs(e.Stdout, ways, draw.Options{Color: cli.Color(e.Stdout)})
	}
	switch {
	case err != nil:
		return e.Fail("plan", err, exitUsage)
	case len(ways) == 0:
		return exitNone
	}
	return exitPlan
}

// Flags returns the flags for completion.
func Flags() []cli.Flag {
	values := map[string][]string{"family": {"ipv4", "ipv6", "dual", "dual-ipv6"}, "avoid": cidr.AtlasNames()}
	var out []cli.Flag
	for _, k := range plan.RequestKeys() {
		out = append(out, cli.Flag{Name: k.Name, Arg: k.Arg, Doc: k.Doc, Values: values[k.Name]})
	}
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return append(out,
		cli.Flag{Name: "for", Arg: "name", Doc: "plan with the defaults and limits of an installer or a network", Values: target.Names(targets())},
		cli.Flag{Name: "from", Arg: "path", Doc: "start from a cluster's files or a plan", File: true},
		cli.Flag{Name: "fit", Doc: "the most that fits"},
		cli.Flag{Name: "f", Arg: "file", Doc: "read the request from a file", File: true},
		cli.Flag{Name: "show-nodes", Arg: "N", Doc: "list the subnets of the first N nodes"},
		cli.Flag{Name: "o", Arg: "format", Doc: "form of the plan, help for what there is", Values: append(names, "help")})
}

// parse reads the flags. The error is one line.
func parse(args []string) (o options, req plan.Request, err error) {
	o = options{format: formats()[0], showNodes: -1}
	given := make(map[string][]string) // flags of the request
	fs := flag.NewFlagSet("plan", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	for _, k := range plan.RequestKeys() {
		fs.Func(k.Name, "", func(v string) error {
			given[k.Name] = append(given[k.Name], v)
			return nil
		})
	}
	fs.Func("f", "", func(name string) error {
		if o.file = name; name == "" {
			return errors.New("needs the name of a file, or - for standard input")
		}
		return nil
	})
	fs.BoolVar(&o.fit, "fit", false, "")
	fs.Func("for", "", o.setTarget)
	fs.Func("from", "", func(name string) error {
		o.from = append(o.from, name)
		return nil
	})
	output := fs.String("o", o.format.name, "")
	fs.Func("show-nodes", "", func(n string) (err error) {
		if o.showNodes, err = strconv.Atoi(n); err != nil || o.showNodes < 0 {
			return errors.New("must be a whole number, 0 or more")
		}
		return nil
	})
	fs.BoolVar(&o.help, "h", false, "")
	fs.BoolVar(&o.help, "help", false, "")
	if err := cli.ParseFlags(fs, args); err != nil {
		return o, req, flagError(err)
	}
	if o.help {
		return o, req, nil
	}
	if fs.NArg() > 0 {
		return o, req, fmt.Errorf("unexpected argument %q: everything is given by flags; -h lists them", fs.Arg(0))
	}
	if err := o.setFormat(*output); err != nil {
		return o, req, err
	}
	if req, err = o.start(); err != nil {
		return o, req, err
	}
	return o, req, setAll(&req, given)
}

// setAll sets the fields of the request that flags name.
func setAll(req *plan.Request, given map[string][]string) error {
	for _, k := range plan.RequestKeys() {
		if values, ok := given[k.Name]; ok {
			if err := req.Set(k.Name, values...); err != nil {
				return fmt.Errorf("-%w", err)
			}
		}
	}
	return nil
}

// flagError says what else an unknown flag could be: a key of a request that was nearly meant.
func flagError(err error) error {
	if unknown, ok := errtype.As[*cli.UnknownFlagError](err); ok {
		if err := new(plan.Request).Set(unknown.Name, ""); errors.Is(err, plan.ErrUnknownKey) {
			return fmt.Errorf("flag %w", err)
		}
	}
	return err
}

// start reads what the flags are to change: the file of -f, or the cluster of -from.
func (o *options) start() (plan.Request, error) {
	switch {
	case len(o.from) > 0 && o.file != "":
		return plan.Request{}, errors.New("-from and -f both say what to start from; leave one out")
	case len(o.from) > 0:
		return o.readCluster()
	case o.file != "":
		return readRequest(o.file)
	}
	return plan.Request{}, nil
}

// readCluster reads what the cluster of -from is.
func (o *options) readCluster() (plan.Request, error) {
	inputs, err := cli.Inputs(o.from)
	if err != nil {
		return plan.Request{}, err
	}
	if o.cluster, err = kubecidr.ReadInputs(inputs, kubecidr.Options{}); err != nil {
		return plan.Request{}, err
	}
	return kubecidr.ClusterRequest(o.cluster)
}

// readRequest reads a request file, or standard input where name is "-".
func readRequest(name string) (plan.Request, error) {
	if name == "-" {
		return kubecidr.ReadRequest(cli.Stdin, os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return plan.Request{}, err
	}
	defer f.Close()
	return kubecidr.ReadRequest(name, f)
}

func (o *options) setTarget(name string) error {
	t, ok := target.ByName(targets(), name)
	if !ok {
		return fmt.Errorf("must be one of %s", strings.Join(target.Names(targets()), ", "))
	}
	o.target = t
	return nil
}

func (o *options) setFormat(name string) error {
	var names []string
	if o.lists = name == "help"; o.lists {
		return nil
	}
	for _, f := range formats() {
		if f.name == name {
			o.format = f
			return nil
		}
		names = append(names, f.name)
	}
	return fmt.Errorf("-o %q: must be one of %s", name, strings.Join(names, ", "))
}

// listFormats prints the formats.
func listFormats(w io.Writer, indent string) {
	for _, f := range formats() {
		fmt.Fprintf(w, "%s%-23s %s\n", indent, f.name, f.doc)
	}
}

// usage prints all flags.
func usage(e cli.Env) {
	w := e.Stdout
	fmt.Fprintf(w, "usage: %s [flags]\n", e.Call("plan"))
	fmt.Fprintln(w, "\nFinds address ranges for a Kubernetes cluster that cannot collide. Without flags it plans a small cluster.")
	fmt.Fprintln(w, "\nWhat the cluster needs; each can stand under the same name in the file of -f:")
	for _, k := range plan.RequestKeys() {
		fmt.Fprintf(w, "  -%-26s %s\n", k.Name+" "+k.Arg, k.Doc)
	}
	fmt.Fprintln(w, "\nInput and output:")
	fmt.Fprintf(w, "  -%-26s %s\n", "f FILE", "read the request from a YAML file, or a plan in JSON or YAML with everything pinned; flags replace what it says. - is standard input")
	fmt.Fprintf(w, "  -%-26s %s\n", "from PATH", "start from a cluster's files or a plan: its ranges are kept, its node masks fixed, its nodes hold their subnets; can be repeated")
	fmt.Fprintf(w, "  -%-26s %s\n", "fit", "the most that fits: numbers that are not given are as large as the space allows, nodes, then pods, then services")
	fmt.Fprintf(w, "  -%-26s %s\n", "show-nodes N", "list the subnets of the first N nodes (default: all planned ones in json and yaml, up to 10 in text and markdown)")
	fmt.Fprintf(w, "  -%-26s %s\n", "for NAME", "plan with the defaults and limits of an installer or a network: "+strings.Join(target.Names(targets()), ", "))
	fmt.Fprintf(w, "  -%-26s %s\n", "o FORMAT", "one of")
	listFormats(w, "      ")
	fmt.Fprintln(w, "\nNames that -avoid knows, for the ranges that this software takes by default:")
	line := " "
	for _, n := range cidr.AtlasNames() {
		if len(line)+1+len(n) > 100 {
			fmt.Fprintln(w, line)
			line = " "
		}
		line += " " + n
	}
	fmt.Fprintln(w, line)
	fmt.Fprintln(w, "\nLISTs are separated by commas. The exit status is 0 for a plan, 1 if none exists or the installer does not take it, 2 for wrong usage or input.")
}
