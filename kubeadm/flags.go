package kubeadm

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Word is one argument of a program, quotes and $(VAR) references resolved.
type Word struct {
	Text     string
	Pos      fact.Position // where it starts
	ValuePos fact.Position // where the text after its first "=" starts; Pos where there is none
	// Unknown reports that the word refers to a variable whose value the file does not say.
	Unknown bool
}

// A CommandLine is a program with its arguments, not yet parsed.
type CommandLine struct {
	Component fact.Component // plan.ControllerManager, plan.APIServer or plan.Kubeadm
	Command   string         // of kubeadm: "init" or "join"; "" for the others
	Version   fact.Version   // release of the program; the zero Version stands for the newest
	Pos       fact.Position  // where the program is named
	Args      []Word         // without the program
}

// String returns the program with its effective flags about addresses, in one line: "kubeadm init --pod-network-cidr=10.244.0.0/16".
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

// A Flag is a flag that a program is given.
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

// A FlagError is what a program does not accept among its arguments. It does not start with any of them.
type FlagError struct {
	Pos  fact.Position
	Flag string      // the flag as written, "" for a word that is none
	Msg  string      // what the program prints
	Rule fact.RuleID // flag-refused, or advertise-address-invalid where the value is no address
	Hint string      // what was meant, or what to do; "" where nothing is likely
	// Address reports that the error bears on address ranges: an address-related flag, or a word that takes the place of one.
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

// maxProblems bounds how much is said about one file or command line: who makes more mistakes is not helped by a longer list.
const maxProblems = 100

// Flags is what a program makes of its arguments.
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

// Int returns the value of an integer flag as the program reads it, "024" as 20 and "0x18" as 24, and whether it is given with
// a value that the program can read.
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

// Parse reads the arguments as the program's flag package does. Where the program would stop at an error, Parse notes it and
// goes on, so that what was meant can still be told.
// github.com/spf13/pflag v1.0.10 flag.go FlagSet.parseArgs, parseLongArg, parseSingleShortArg.
func (c CommandLine) Parse() Flags {
	var f Flags
	known := c.table()
	args := c.Args
	last := map[string]int{} // where the flag of a name stands in f.Flags
	fail := func(w Word, flag, hint string, address bool, format string, a ...any) {
		if len(f.Errors) == maxProblems {
			return
		}
		f.Errors = append(f.Errors, FlagError{Pos: w.Pos, Flag: flag, Msg: fmt.Sprintf(format, a...), Rule: fact.RuleFlagRefused, Hint: hint, Address: address})
	}
	for len(args) > 0 {
		w := args[0]
		args = args[1:]
		s := w.Text
		switch {
		case len(s) < 2 || s[0] != '-':
			f.Positional = append(f.Positional, w)
			continue
		case s == "--":
			f.Positional = append(f.Positional, args...)
			args = nil
			continue
		case s[1] != '-':
			args = c.short(&f, w, args, fail)
			continue
		}
		name, value, hasValue := strings.Cut(s[2:], "=")
		if name == "" || name[0] == '-' {
			bare := strings.TrimLeft(name, "-")
			_, isKnown := known[bare]
			hint := ""
			if isKnown {
				hint = "write --" + bare
			}
			fail(w, "--"+name, hint, isAddressFlag(bare), "bad flag syntax: %s", s)
			continue
		}
		norm := c.normalize(name)
		kind, ok := known[norm]
		if !ok {
			var hint string
			var address bool
			if len(f.Errors) < maxProblems {
				hint, address = suggestFlag(c.Component, name)
			}
			said := len(f.Errors)
			fail(w, "--"+name, hint, address, "unknown flag: --%s", name)
			if len(f.Errors) > said {
				f.Errors[said].Unknown = true
			}
			if !hasValue && len(args) > 0 && !strings.HasPrefix(args[0].Text, "-") {
				args = args[1:]
			}
			continue
		}
		fl := Flag{Name: norm, Written: "--" + name, Pos: w.Pos, Unknown: w.Unknown}
		switch {
		case hasValue:
			fl.Value = fact.Value[string]{V: value, Text: value, Pos: w.ValuePos}
		case kind == kindBool:
			fl.Value = fact.Value[string]{V: "true", Pos: w.Pos}
		case len(args) > 0:
			fl.Value = fact.Value[string]{V: args[0].Text, Text: args[0].Text, Pos: args[0].Pos}
			fl.Unknown = fl.Unknown || args[0].Unknown
			args = args[1:]
		default:
			fail(w, fl.Written, "", isAddressFlag(norm), "flag needs an argument: --%s", name)
			continue
		}
		if err := checkFlagValue(kind, fl.Value.V); err != nil && !fl.Unknown {
			full := "--" + norm
			if norm == "v" || norm == "help" {
				full = "-" + norm[:1] + ", " + full
			}
			said := len(f.Errors)
			fail(Word{Pos: fl.Value.Pos}, fl.Written, "", isAddressFlag(norm), "invalid argument %q for %q flag: %v", fl.Value.V, full, err)
			if kind == kindIP && len(f.Errors) > said {
				f.Errors[said].Rule = fact.RuleAdvertiseAddressWrong
			}
		}
		if i, ok := last[norm]; ok && kind != kindList {
			f.Flags[i].Overridden = true
		}
		last[norm] = len(f.Flags)
		f.Flags = append(f.Flags, fl)
	}
	c.positional(&f, fail)
	return f
}

// short reads a word with a single dash: one-letter flags, of which the programs know -h and -v alone.
func (c CommandLine) short(f *Flags, w Word, args []Word, fail func(Word, string, string, bool, string, ...any)) []Word {
	letters := w.Text[1:]
	for letters != "" && letters[0] == 'h' {
		if len(letters) > 2 && letters[1] == '=' {
			if err := checkFlagValue(kindBool, letters[2:]); err != nil {
				fail(w, "-h", "", false, "invalid argument %q for \"-h, --help\" flag: %v", letters[2:], err)
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
			fail(w, w.Text, "", false, "flag needs an argument: 'v' in -v")
			return args
		case value == "":
			value, unknown, args = args[0].Text, unknown || args[0].Unknown, args[1:]
		}
		if err := checkFlagValue(kindLevel, value); err != nil && !unknown {
			fail(w, "-v", "", false, "invalid argument %q for \"-v, --v\" flag: %v", value, err)
		}
		return args
	}
	name, _, _ := strings.Cut(letters, "=")
	hint, address := "", isAddressFlag(c.normalize(name))
	if _, ok := c.table()[c.normalize(name)]; ok {
		hint = "write --" + name + " with two dashes"
	}
	fail(w, "-"+name, hint, address, "unknown shorthand flag: %q in -%s", letters[0], letters) // a byte, whatever the letter
	return args
}

// positional refuses words that are no flags, as kube-controller-manager and kube-apiserver do since 1.19. Empty words pass.
// k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/controllermanager.go NewControllerManagerCommand, Args.
func (c CommandLine) positional(f *Flags, fail func(Word, string, string, bool, string, ...any)) {
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
		hint, address := c.strayHint(*f, w)
		fail(w, "", hint, address, "%q does not take any arguments, got %q", string(c.Component), texts)
		return
	}
}

// kubeadmPositional refuses words that kubeadm does not take: any for init, more than one for join. What stands behind "phase" is a
// subcommand's.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/cmd/init.go NewCmdInit, join.go NewCmdJoin; github.com/spf13/cobra args.go.
func (c CommandLine) kubeadmPositional(f *Flags, fail func(Word, string, string, bool, string, ...any)) {
	words := f.Positional
	if len(words) > 0 && words[0].Text == "phase" {
		return
	}
	switch {
	case c.Command == "init" && len(words) > 0:
		hint, address := c.strayHint(*f, words[0])
		fail(words[0], "", hint, address, "unknown command %q for \"kubeadm init\"", words[0].Text)
	case c.Command == "join" && len(words) > 1:
		hint, address := c.strayHint(*f, words[1])
		fail(words[1], "", hint, address, "accepts at most 1 arg(s), received %d", len(words))
	}
}

// strayHint says what a stray word was meant to be.
func (c CommandLine) strayHint(f Flags, w Word) (hint string, address bool) {
	if t := strings.TrimLeft(w.Text, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"); strings.TrimLeft(w.Text, "-") != t {
		name, _, _ := strings.Cut(t, "=")
		return "the dash is not the ASCII one: write --" + t, isAddressFlag(c.normalize(name))
	}
	if t, ok := strings.CutPrefix(w.Text, "--"); ok {
		name, _, _ := strings.Cut(t, "=")
		return "what stands behind a lone -- is no flag: remove the --", isAddressFlag(c.normalize(name))
	}
	for i := range c.Args {
		if i > 0 && c.Args[i].Pos == w.Pos && c.Args[i].Text == w.Text {
			prev := c.Args[i-1].Text
			if c.table()[c.normalize(strings.TrimPrefix(prev, "--"))] == kindBool {
				return fmt.Sprintf("a boolean flag takes its value after \"=\" only: write %s=%s", prev, w.Text), isAddressFlag(strings.TrimPrefix(prev, "--"))
			}
		}
	}
	return "", false
}

// checkFlagValue refuses what pflag cannot read for a flag of that kind; the message is that of package strconv of the Go that
// the programs are built with.
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
