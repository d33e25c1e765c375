package kubeadm

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Word is one argument of a program, quotes and $(VAR) references resolved. The zero value is an empty argument
// without a place.
type Word struct {
	Text     string
	Pos      fact.Position // where it starts
	ValuePos fact.Position // where the text after its first "=" starts; Pos where there is none
	// Unknown reports that the word refers to a variable whose value the file does not say.
	Unknown bool
}

// A CommandLine is a program with its arguments, not yet parsed. The zero value is that of no known program, to which
// every flag is unknown.
type CommandLine struct {
	Component fact.Component // plan.ControllerManager, plan.APIServer or plan.Kubeadm
	Command   string         // of kubeadm: "init" or "join"; "" for the others
	Version   fact.Version   // release of the program; the zero Version stands for the newest
	Pos       fact.Position  // where the program is named
	Args      []Word         // without the program
}

// String returns the program with its effective flags about addresses, in one line: "kubeadm init
// --pod-network-cidr=10.244.0.0/16".
func (c CommandLine) String() string {
	words := []string{string(c.Component)}
	if c.Command != "" {
		words = append(words, c.Command)
	}
	for _, f := range c.Parse().Flags {
		if !f.Overridden && isAddressFlag(f.Name) {
			words = append(words, f.String())
		}
	}
	return strings.Join(words, " ")
}

// A Flag is a flag that a program is given. The zero value has neither name nor value.
type Flag struct {
	Name    string             // as the program knows it: "cluster-cidr"
	Written string             // as it is written: "--cluster_cidr"
	Value   fact.Value[string] // "true" for a boolean flag without a value
	Pos     fact.Position      // of the flag itself
	Unknown bool               // the value refers to a variable that the file does not say
	// Overridden reports that a later flag of the same name replaces the value.
	Overridden bool
}

// String returns the flag with its value: "--cluster-cidr=10.244.0.0/16".
func (f Flag) String() string { return "--" + f.Name + "=" + f.Value.V }

// A FlagError is what a program does not accept among its arguments. It does not start with any of them. The zero value
// gives no reason.
type FlagError struct {
	Pos  fact.Position
	Flag string      // the flag as written, "" for a word that is none
	Msg  string      // what the program prints
	Rule fact.RuleID // flag-refused, or advertise-address-invalid where the value is no address
	Hint string      // what was meant, or what to do; "" where nothing is likely
	// Meant is the name of the flag that was probably meant, without dashes; "" where nothing is likely.
	Meant string
	// Address reports that the error bears on address ranges: an address-related flag, or a word that takes the place
	// of one.
	Address bool
	Unknown bool // the program has no flag of that name
}

// Error returns the place, what the program prints, and what to do.
func (e *FlagError) Error() string {
	s := e.Msg
	if p := e.Pos.String(); p != "" {
		s = p + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// maxProblems bounds how much is said about one file or command line: who makes more mistakes is not helped by a longer
// list.
const maxProblems = 100

// Flags is what a program makes of its arguments. The zero value is what a program makes of no arguments.
type Flags struct {
	Flags      []Flag      // known flags in the order of the arguments, overridden ones included
	Positional []Word      // words that are neither flags nor their values
	Errors     []FlagError // what the program refuses, the first one is what it prints
}

// Lookup returns the flag of that name whose value counts.
func (f Flags) Lookup(name string) (Flag, bool) {
	for i := len(f.Flags) - 1; i >= 0; i-- {
		if f.Flags[i].Name == name {
			return f.Flags[i], true
		}
	}
	return Flag{}, false
}

// Value returns the value of the flag of that name, the zero Value where it is not given.
func (f Flags) Value(name string) fact.Value[string] {
	l, _ := f.Lookup(name)
	return l.Value
}

// Bool returns the value of a boolean flag, and whether it is given with a value that the program can read.
func (f Flags) Bool(name string) (value, ok bool) {
	l, ok := f.Lookup(name)
	if !ok || l.Unknown {
		return false, false
	}
	v, err := strconv.ParseBool(l.Value.V)
	return v, err == nil
}

// Int returns the value of an integer flag as the program reads it, "024" as 20 and "0x18" as 24, and whether it is
// given with a value that the program can read.
func (f Flags) Int(name string) (value int, ok bool) {
	l, ok := f.Lookup(name)
	if !ok || l.Unknown {
		return 0, false
	}
	return parseInt32(l.Value.V)
}

// parseInt32 reads a number as pflag reads an int32: base 0.
// github.com/spf13/pflag v1.0.10 int32.go int32Value.Set.
func parseInt32(s string) (int, bool) {
	n, err := strconv.ParseInt(s, 0, 32)
	return int(n), err == nil
}

// normalize returns the name under which a program looks up a flag. Since 1.21 every underscore becomes a dash in
// kube-controller-manager and kube-apiserver; before, they looked for the name as written.
// k8s.io/component-base cli/flag/flags.go WordSepNormalizeFunc.
func (c CommandLine) normalize(name string) string {
	if c.Component == fact.Kubeadm || c.Version.Or(fact.NewestKubernetes()).Before(fact.Version{Major: 1, Minor: 21}) {
		return name
	}
	return strings.ReplaceAll(name, "_", "-")
}

// Parse reads the arguments as the program's flag package does. Where the program would stop at an error, Parse notes
// it and goes on, so that what was meant can still be told.
// github.com/spf13/pflag v1.0.10 flag.go FlagSet.parseArgs, parseLongArg, parseSingleShortArg.
func (c CommandLine) Parse() Flags {
	p := flagParser{CommandLine: c, known: c.table(), last: map[string]int{}, args: c.Args}
	for len(p.args) > 0 {
		w := p.args[0]
		p.args = p.args[1:]
		switch s := w.Text; {
		case len(s) < 2 || s[0] != '-':
			p.f.Positional = append(p.f.Positional, w)
		case s == "--":
			p.f.Positional = append(p.f.Positional, p.args...)
			p.args = nil
		case s[1] != '-':
			p.args = c.short(&p.f, w, p.args, p.fail)
		default:
			p.long(w)
		}
	}
	c.positional(&p.f, p.fail)
	return p.f
}

// A hint says what a wrong word was probably meant to be.
type hint struct {
	text    string // for people, "" where nothing is likely
	meant   string // name of a flag, "" where none is likely
	address bool   // the word bears on address ranges
}

// aboutFlag is a hint that says of a flag only whether it bears on address ranges.
func aboutFlag(name string) hint { return hint{address: isAddressFlag(name)} }

// failFunc notes an error at a word; flag is the flag as written.
type failFunc func(w Word, flag string, h hint, format string, a ...any)

// A flagParser is where the reading of a command line stands.
type flagParser struct {
	CommandLine
	f     Flags
	known map[string]flagKind
	last  map[string]int // where the flag of a name stands in f.Flags
	args  []Word         // those that are not read yet
}

// fail notes an error, up to a limit.
func (p *flagParser) fail(w Word, flag string, h hint, format string, a ...any) {
	if len(p.f.Errors) == maxProblems {
		return
	}
	p.f.Errors = append(p.f.Errors, FlagError{
		Pos: w.Pos, Flag: flag, Msg: fmt.Sprintf(format, a...), Rule: fact.RuleFlagRefused, Hint: h.text, Meant: h.meant, Address: h.address,
	})
}

// long reads a word with two dashes, and its value where that is the next word.
func (p *flagParser) long(w Word) {
	name, value, hasValue := strings.Cut(w.Text[2:], "=")
	if name == "" || name[0] == '-' {
		bare := strings.TrimLeft(name, "-")
		h := aboutFlag(bare)
		if _, ok := p.known[bare]; ok {
			h.text, h.meant = "write --"+bare, bare
		}
		p.fail(w, "--"+name, h, "bad flag syntax: %s", w.Text)
		return
	}
	norm := p.normalize(name)
	kind, ok := p.known[norm]
	if !ok {
		p.unknown(w, name, hasValue)
		return
	}
	fl := Flag{Name: norm, Written: "--" + name, Pos: w.Pos, Unknown: w.Unknown}
	switch {
	case hasValue:
		fl.Value = fact.Value[string]{V: value, Text: value, Pos: w.ValuePos}
	case kind == kindBool:
		fl.Value = fact.Value[string]{V: "true", Pos: w.Pos}
	case len(p.args) > 0:
		next := p.args[0]
		fl.Value = fact.Value[string]{V: next.Text, Text: next.Text, Pos: next.Pos}
		fl.Unknown = fl.Unknown || next.Unknown
		p.args = p.args[1:]
	default:
		p.fail(w, fl.Written, aboutFlag(norm), "flag needs an argument: --%s", name)
		return
	}
	p.checkValue(fl, kind)
	if i, ok := p.last[norm]; ok && kind != kindList {
		p.f.Flags[i].Overridden = true
	}
	p.last[norm] = len(p.f.Flags)
	p.f.Flags = append(p.f.Flags, fl)
}

// unknown notes a flag that the program does not have; the next word is taken for its value, unless it is a flag.
func (p *flagParser) unknown(w Word, name string, hasValue bool) {
	var h hint
	said := len(p.f.Errors)
	if said < maxProblems {
		h = suggestFlag(p.Component, name)
	}
	if p.fail(w, "--"+name, h, "unknown flag: --%s", name); len(p.f.Errors) > said {
		p.f.Errors[said].Unknown = true
	}
	if !hasValue && len(p.args) > 0 && !strings.HasPrefix(p.args[0].Text, "-") {
		p.args = p.args[1:]
	}
}

// checkValue notes what is wrong with the value of a flag of that kind.
func (p *flagParser) checkValue(fl Flag, kind flagKind) {
	err := checkFlagValue(kind, fl.Value.V)
	if err == nil || fl.Unknown {
		return
	}
	full := "--" + fl.Name
	if fl.Name == "v" || fl.Name == "help" {
		full = "-" + fl.Name[:1] + ", " + full
	}
	said := len(p.f.Errors)
	p.fail(Word{Pos: fl.Value.Pos}, fl.Written, aboutFlag(fl.Name), "invalid argument %q for %q flag: %v", fl.Value.V, full, err)
	if kind == kindIP && len(p.f.Errors) > said {
		p.f.Errors[said].Rule = fact.RuleAdvertiseAddressWrong
	}
}

// short reads a word with a single dash: one-letter flags, of which the programs know -h and -v alone.
func (c CommandLine) short(f *Flags, w Word, args []Word, fail failFunc) []Word {
	letters := w.Text[1:]
	for letters != "" && letters[0] == 'h' {
		if len(letters) > 2 && letters[1] == '=' {
			if err := checkFlagValue(kindBool, letters[2:]); err != nil {
				fail(w, "-h", hint{}, "invalid argument %q for \"-h, --help\" flag: %v", letters[2:], err)
			}
			return args
		}
		letters = letters[1:]
	}
	switch {
	case letters == "":
		return args
	case letters[0] == 'v':
		value, unknown := letters[1:], w.Unknown
		switch {
		case len(value) > 1 && value[0] == '=':
			value = value[1:]
		case value == "" && len(args) == 0:
			fail(w, w.Text, hint{}, "flag needs an argument: 'v' in -v")
			return args
		case value == "":
			value, unknown, args = args[0].Text, unknown || args[0].Unknown, args[1:]
		}
		if err := checkFlagValue(kindLevel, value); err != nil && !unknown {
			fail(w, "-v", hint{}, "invalid argument %q for \"-v, --v\" flag: %v", value, err)
		}
		return args
	}
	name, _, _ := strings.Cut(letters, "=")
	h := aboutFlag(c.normalize(name))
	if _, ok := c.table()[c.normalize(name)]; ok {
		h.text, h.meant = "write --"+name+" with two dashes", c.normalize(name)
	}
	fail(w, "-"+name, h, "unknown shorthand flag: %q in -%s", letters[0], letters) // a byte, whatever the letter
	return args
}

// positional refuses words that are no flags, as kube-controller-manager and kube-apiserver do since 1.19. Empty words
// pass.
// k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/controllermanager.go NewControllerManagerCommand, Args.
func (c CommandLine) positional(f *Flags, fail failFunc) {
	v := c.Version.Or(fact.NewestKubernetes())
	if c.Component == fact.Kubeadm {
		c.kubeadmPositional(f, fail)
		return
	}
	if v.Before(fact.Version{Major: 1, Minor: 19}) {
		return
	}
	var texts []string
	for _, w := range f.Positional {
		texts = append(texts, w.Text)
	}
	for _, w := range f.Positional {
		if w.Text == "" {
			continue
		}
		fail(w, "", c.strayHint(*f, w), "%q does not take any arguments, got %q", string(c.Component), texts)
		return
	}
}

// kubeadmPositional refuses words that kubeadm does not take: any for init, more than one for join. What stands behind
// "phase" is a subcommand's.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/cmd/init.go NewCmdInit, join.go NewCmdJoin; github.com/spf13/cobra args.go.
func (c CommandLine) kubeadmPositional(f *Flags, fail failFunc) {
	words := f.Positional
	if len(words) > 0 && words[0].Text == "phase" {
		return
	}
	switch {
	case c.Command == "init" && len(words) > 0:
		fail(words[0], "", c.strayHint(*f, words[0]), "unknown command %q for \"kubeadm init\"", words[0].Text)
	case c.Command == "join" && len(words) > 1:
		fail(words[1], "", c.strayHint(*f, words[1]), "accepts at most 1 arg(s), received %d", len(words))
	}
}

// strayHint says what a stray word was meant to be.
func (c CommandLine) strayHint(f Flags, w Word) hint {
	if t := strings.TrimLeft(w.Text, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"); strings.TrimLeft(w.Text, "-") != t {
		name, _, _ := strings.Cut(t, "=")
		name = c.normalize(name)
		return hint{"the dash is not the ASCII one: write --" + t, name, isAddressFlag(name)}
	}
	if t, ok := strings.CutPrefix(w.Text, "--"); ok {
		name, _, _ := strings.Cut(t, "=")
		return hint{text: "what stands behind a lone -- is no flag: remove the --", address: isAddressFlag(c.normalize(name))}
	}
	for i := range c.Args {
		if i > 0 && c.Args[i].Pos == w.Pos && c.Args[i].Text == w.Text {
			prev := c.Args[i-1].Text
			if c.table()[c.normalize(strings.TrimPrefix(prev, "--"))] == kindBool {
				name := strings.TrimPrefix(prev, "--")
				text := fmt.Sprintf("a boolean flag takes its value after \"=\" only: write %s=%s", prev, w.Text)
				return hint{text, c.normalize(name), isAddressFlag(name)}
			}
		}
	}
	return hint{}
}

// checkFlagValue refuses what pflag cannot read for a flag of that kind; the message is that of package strconv of the
// Go that the programs are built with.
func checkFlagValue(kind flagKind, value string) error {
	switch kind {
	case kindBool:
		_, err := strconv.ParseBool(value)
		return scalar.NumError("ParseBool", value, err)
	case kindIP:
		// github.com/spf13/pflag v1.0.10 ip.go ipValue.Set.
		if value == "" {
			return nil
		}
		if a, err := netip.ParseAddr(strings.TrimSpace(value)); err != nil || a.Zone() != "" {
			return fmt.Errorf("failed to parse IP: %q", value)
		}
	case kindLevel:
		_, err := strconv.ParseUint(value, 10, 32)
		return scalar.NumError("ParseUint", value, err)
	case kindInt32:
		_, err := strconv.ParseInt(value, 0, 32)
		return scalar.NumError("ParseInt", value, err)
	}
	return nil
}
