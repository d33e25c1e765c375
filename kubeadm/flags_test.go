package kubeadm

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// line makes a command line of kube-controller-manager; the place of a word is its number.
func line(v fact.Version, comp fact.Component, words ...string) CommandLine {
	c := CommandLine{Component: comp, Version: v}
	for i, w := range words {
		pos := fact.Position{File: "f", Line: i + 1, Column: 1}
		c.Args = append(c.Args, Word{Text: w, Pos: pos, ValuePos: pos})
	}
	return c
}

func release(minor int) fact.Version { return fact.Version{Major: 1, Minor: minor} }

func TestCommandLineParse(t *testing.T) {
	const kcm = fact.ControllerManager
	for _, tt := range []struct {
		name    string
		version fact.Version
		args    []string
		flag    string // looked up
		want    string // its value
		lines   string // lines of all flags of that name, the overridden ones in parentheses
		err     string // first error, without its hint
		hint    string
	}{
		// facts sheet 6.2, confirmed with pflag v1.0.10
		{"last wins", release(37), []string{"--cluster-cidr=10.244.0.0/16", "--cluster-cidr=fd00::/56"}, "cluster-cidr", "fd00::/56", "(1) 2", "", ""},
		{"separate value", release(37), []string{"--cluster-cidr", "10.244.0.0/16"}, "cluster-cidr", "10.244.0.0/16", "1", "", ""},
		{"value that looks like a flag", release(37), []string{"--cluster-cidr", "--allocate-node-cidrs"}, "cluster-cidr", "--allocate-node-cidrs", "1", "", ""},
		{"bool without value", release(37), []string{"--allocate-node-cidrs"}, "allocate-node-cidrs", "true", "1", "", ""},
		{"bool F", release(37), []string{"--allocate-node-cidrs=F"}, "allocate-node-cidrs", "F", "1", "", ""},
		{"bool empty", release(37), []string{"--allocate-node-cidrs="}, "allocate-node-cidrs", "", "1", `invalid argument "" for "--allocate-node-cidrs" flag: strconv.ParseBool: parsing "": invalid syntax`, ""},
		{"bool yes", release(37), []string{"--allocate-node-cidrs=yes"}, "allocate-node-cidrs", "yes", "1", `invalid argument "yes" for "--allocate-node-cidrs" flag: strconv.ParseBool: parsing "yes": invalid syntax`, ""},
		{"bool in two words", release(37), []string{"--allocate-node-cidrs", "false"}, "allocate-node-cidrs", "true", "1", `"kube-controller-manager" does not take any arguments, got ["false"]`, `a boolean flag takes its value after "=" only: write --allocate-node-cidrs=false`},
		{"bool in two words, old", release(18), []string{"--allocate-node-cidrs", "false"}, "allocate-node-cidrs", "true", "1", "", ""},
		{"double dash ends flags", release(37), []string{"--cluster-cidr=10.0.0.0/8", "--", "--cluster-cidr=10.1.0.0/16"}, "cluster-cidr", "10.0.0.0/8", "1", `"kube-controller-manager" does not take any arguments, got ["--cluster-cidr=10.1.0.0/16"]`, "what stands behind a lone -- is no flag: remove the --"},
		{"empty word", release(37), []string{"", "--cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "10.0.0.0/8", "2", "", ""},
		{"only the first = splits", release(37), []string{"--cluster-cidr=a=b"}, "cluster-cidr", "a=b", "1", "", ""},
		{"trailing blank kept", release(37), []string{"--cluster-cidr=10.0.0.0/8 "}, "cluster-cidr", "10.0.0.0/8 ", "1", "", ""},
		{"quotes kept", release(37), []string{"--cluster-cidr='10.0.0.0/8'"}, "cluster-cidr", "'10.0.0.0/8'", "1", "", ""},
		{"one dash", release(37), []string{"-cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "unknown shorthand flag: 'c' in -cluster-cidr=10.0.0.0/8", "write --cluster-cidr with two dashes"},
		{"four dashes", release(37), []string{"----cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "bad flag syntax: ----cluster-cidr=10.0.0.0/8", "write --cluster-cidr"},
		{"no name", release(37), []string{"--=x"}, "cluster-cidr", "", "", "bad flag syntax: --=x", ""},
		{"upper case", release(37), []string{"--Cluster-CIDR=10.0.0.0/8"}, "cluster-cidr", "", "", "unknown flag: --Cluster-CIDR", "write --cluster-cidr"},
		{"dot", release(37), []string{"--cluster.cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "unknown flag: --cluster.cidr", "write --cluster-cidr"},
		{"underscore", release(21), []string{"--cluster_cidr=10.0.0.0/8"}, "cluster-cidr", "10.0.0.0/8", "1", "", ""},
		{"underscore, old", release(20), []string{"--cluster_cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "unknown flag: --cluster_cidr", "write --cluster-cidr"},
		{"underscore and dash are one flag", release(37), []string{"--cluster-cidr=10.0.0.0/8", "--cluster_cidr=10.1.0.0/16"}, "cluster-cidr", "10.1.0.0/16", "(1) 2", "", ""},
		{"misspelled", release(37), []string{"--clutser-cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "unknown flag: --clutser-cidr", "write --cluster-cidr"},
		{"kubeadm's name", release(37), []string{"--pod-network-cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "unknown flag: --pod-network-cidr", "write --cluster-cidr"},
		{"no argument left", release(37), []string{"--cluster-cidr"}, "cluster-cidr", "", "", "flag needs an argument: --cluster-cidr", ""},
		{"number octal", release(37), []string{"--node-cidr-mask-size=024"}, "node-cidr-mask-size", "024", "1", "", ""},
		{"number text", release(37), []string{"--node-cidr-mask-size=abc"}, "node-cidr-mask-size", "abc", "1", `invalid argument "abc" for "--node-cidr-mask-size" flag: strconv.ParseInt: parsing "abc": invalid syntax`, ""},
		{"number too large", release(37), []string{"--node-cidr-mask-size=3000000000"}, "node-cidr-mask-size", "3000000000", "1", `invalid argument "3000000000" for "--node-cidr-mask-size" flag: strconv.ParseInt: parsing "3000000000": value out of range`, ""},
		{"verbosity takes a value", release(37), []string{"-v", "2", "--cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "10.0.0.0/8", "3", "", ""},
		{"verbosity joined", release(37), []string{"-v2", "--cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "10.0.0.0/8", "2", "", ""},
		{"another flag's value is no flag", release(37), []string{"--kubeconfig", "--cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "", "", "", ""},
		{"bool does not eat the next", release(37), []string{"--leader-elect", "--cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "10.0.0.0/8", "2", "", ""},
		{"dash from a web page", release(37), []string{"–cluster-cidr=10.0.0.0/8"}, "cluster-cidr", "", "", `"kube-controller-manager" does not take any arguments, got ["–cluster-cidr=10.0.0.0/8"]`, "the dash is not the ASCII one: write --cluster-cidr=10.0.0.0/8"},
		{"list flags add up", release(37), []string{"--controllers=*", "--controllers=-nodeipam"}, "controllers", "-nodeipam", "1 2", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := line(tt.version, kcm, tt.args...).Parse()
			if got := f.Value(tt.flag).V; got != tt.want {
				t.Errorf("Parse(%q).Value(%q) = %q, want %q", tt.args, tt.flag, got, tt.want)
			}
			var lines []string
			for _, l := range f.Flags {
				if l.Name == tt.flag {
					s := string(rune('0' + l.Pos.Line))
					if l.Overridden {
						s = "(" + s + ")"
					}
					lines = append(lines, s)
				}
			}
			if got := strings.Join(lines, " "); got != tt.lines {
				t.Errorf("Parse(%q): %s on lines %q, want %q", tt.args, tt.flag, got, tt.lines)
			}
			var first FlagError
			if len(f.Errors) > 0 {
				first = f.Errors[0]
			}
			if diff := cmp.Diff([]string{tt.err, tt.hint}, []string{first.Msg, first.Hint}); diff != "" {
				t.Errorf("Parse(%q) first error (-want +got):\n%s", tt.args, diff)
			}
		})
	}
}

func TestFlagsInt(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
		ok   bool
		why  string
	}{
		{"24", 24, true, "decimal"},
		{"0x18", 24, true, "hexadecimal"},
		{"024", 20, true, "octal, as in Go source"},
		{"1_8", 18, true, "underscores between digits are allowed in base 0"},
		{"", 0, false, "no number"},
		{" 24", 0, false, "blanks are not trimmed"},
		{"2147483648", 0, false, "beyond int32"},
	} {
		got, ok := line(release(37), fact.ControllerManager, "--node-cidr-mask-size="+tt.text).Parse().Int("node-cidr-mask-size")
		if tt.ok != ok || ok && got != tt.want {
			t.Errorf("Int(%q) = %d, %v, want %d, %v: %s", tt.text, got, ok, tt.want, tt.ok, tt.why)
		}
	}
}

// TestCommandLineErrors holds all that is said about a command line, as pflag v1.0.10 and cobra print it, and about which words.
func TestCommandLineErrors(t *testing.T) {
	const kcm, api, unset = fact.ControllerManager, fact.APIServer, `strconv.ParseUint: parsing "": invalid syntax`
	invalid := func(value, flag, parse string) string {
		return "invalid argument \"" + value + "\" for \"" + flag + "\" flag: " + parse + ": parsing \"" + value + "\": invalid syntax"
	}
	for _, tt := range []struct {
		name string
		comp fact.Component
		cmd  string
		args string   // separated by blanks, "_" for an empty one
		want []string // line of the word and message
	}{
		{"what an unknown flag takes with it", kcm, "", "--nope x --cluster-cidr=10.0.0.0/8", []string{"1 unknown flag: --nope"}},
		{"nothing where it has a value", kcm, "", "--nope=x y", []string{"1 unknown flag: --nope", `2 "kube-controller-manager" does not take any arguments, got ["y"]`}},
		{"no flag", kcm, "", "--nope --never", []string{"1 unknown flag: --nope", "2 unknown flag: --never"}},
		{"a lone dash is no flag", kcm, "", "- x", []string{`1 "kube-controller-manager" does not take any arguments, got ["-" "x"]`}},

		{"help", kcm, "", "-h -hh --help -h=true --help=false", nil},
		{"help with a value", kcm, "", "-h=x --help=y", []string{"1 " + invalid("x", "-h, --help", "strconv.ParseBool"), "2 " + invalid("y", "-h, --help", "strconv.ParseBool")}},
		{"help with an empty value", kcm, "", "-h=", []string{"1 unknown shorthand flag: '=' in -="}},
		{"help, then another letter", kcm, "", "-hhx=", []string{"1 unknown shorthand flag: 'x' in -x="}},
		{"help and verbosity", kcm, "", "-hv2 -hv=3 -hv 4", nil},
		{"verbosity", kcm, "", "-v=2 -v3 -v 4 --v 5 --v=6 -v 4294967295", nil},
		{"verbosity without value", kcm, "", "-v=2 -v", []string{"2 flag needs an argument: 'v' in -v"}},
		{"verbosity and an empty value", kcm, "", "-v= -v _", []string{"1 " + invalid("=", "-v, --v", "strconv.ParseUint"), "2 invalid argument \"\" for \"-v, --v\" flag: " + unset}},
		{"verbosity that is no number", kcm, "", "-v=x -v-1 -v y --v=z", []string{"1 " + invalid("x", "-v, --v", "strconv.ParseUint"),
			"2 " + invalid("-1", "-v, --v", "strconv.ParseUint"), "3 " + invalid("y", "-v, --v", "strconv.ParseUint"), "5 " + invalid("z", "-v, --v", "strconv.ParseUint")}},
		{"another letter", kcm, "", "-x -\u00e9=1 -\u0080", []string{"1 unknown shorthand flag: 'x' in -x", "2 unknown shorthand flag: 'Ã' in -é=1", "3 unknown shorthand flag: 'Â' in -\u0080"}},

		{"addresses", api, "", "--advertise-address=192.0.2.1 --advertise-address= --bind-address=::", nil},
		{"what is no address", api, "", "--advertise-address=192.0.2.256 --bind-address fe80::1%eth0", []string{
			`1 invalid argument "192.0.2.256" for "--advertise-address" flag: failed to parse IP: "192.0.2.256"`, `3 invalid argument "fe80::1%eth0" for "--bind-address" flag: failed to parse IP: "fe80::1%eth0"`}},

		{"kubeadm init", fact.Kubeadm, "init", "--upload-certs x", []string{`2 unknown command "x" for "kubeadm init"`}},
		{"kubeadm init phase", fact.Kubeadm, "init", "phase addon all --service-cidr=10.0.0.0/16", nil},
		{"kubeadm join", fact.Kubeadm, "join", "192.0.2.1:6443 --control-plane --discovery-token-unsafe-skip-ca-verification --token a.b", nil},
		{"kubeadm join with two", fact.Kubeadm, "join", "192.0.2.1:6443 --control-plane x", []string{"3 accepts at most 1 arg(s), received 2"}},
		{"kubeadm join has flags of its own", fact.Kubeadm, "join", "--pod-network-cidr=10.0.0.0/8", []string{"1 unknown flag: --pod-network-cidr"}},
		{"so has kubeadm init", fact.Kubeadm, "init", "--discovery-token=a.b", []string{"1 unknown flag: --discovery-token"}},
		{"another program's are not known", fact.Kubelet, "", "--cluster-cidr=10.0.0.0/8", []string{"1 unknown flag: --cluster-cidr"}},
	} {
		c := line(fact.Version{}, tt.comp, strings.Fields(tt.args)...)
		for i := range c.Args {
			if c.Args[i].Text == "_" {
				c.Args[i].Text = ""
			}
		}
		c.Command = tt.cmd
		var got []string
		for _, e := range c.Parse().Errors {
			got = append(got, string(rune('0'+e.Pos.Line))+" "+e.Msg)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: Parse(%q) (-want +got):\n%s", tt.name, tt.args, diff)
		}
	}
}

// TestCommandLineManyErrors holds where the list of errors ends, and that what comes behind does not change it.
func TestCommandLineManyErrors(t *testing.T) {
	for _, before := range []int{maxProblems - 1, maxProblems} {
		args := append(slices.Repeat([]string{"--nope"}, before), "--advertise-address=x", "--advertise-address=192.0.2.1")
		f := line(fact.Version{}, fact.APIServer, args...).Parse()
		if len(f.Errors) != maxProblems || f.Value("advertise-address").V != "192.0.2.1" {
			t.Fatalf("%d unknown flags: %d errors and %q, want %d", before, len(f.Errors), f.Value("advertise-address").V, maxProblems)
		}
		want := map[int]fact.RuleID{maxProblems - 1: fact.RuleAdvertiseAddressWrong, maxProblems: fact.RuleFlagRefused}[before]
		if got := f.Errors[maxProblems-1].Rule; got != want {
			t.Errorf("%d unknown flags: the last error is %s, want %s", before, got, want)
		}
	}
}

func TestFlagErrorText(t *testing.T) {
	at := fact.Position{File: "f", Line: 2, Column: 3}
	for want, e := range map[string]FlagError{
		"f:2:3: unknown flag: --x; write --y": {Pos: at, Msg: "unknown flag: --x", Hint: "write --y"},
		"f:2:3: unknown flag: --x":            {Pos: at, Msg: "unknown flag: --x"},
		"unknown flag: --x; write --y":        {Msg: "unknown flag: --x", Hint: "write --y"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("Error() = %q, want %q", got, want)
		}
	}
}

// TestFlagsUnknown holds that a value which refers to what the file does not say is none, whatever its text looks like.
func TestFlagsUnknown(t *testing.T) {
	for _, args := range [][]Word{
		{{Text: "--allocate-node-cidrs=true", Unknown: true}, {Text: "--node-cidr-mask-size=24", Unknown: true}, {Text: "--cluster-cidr=10.0.0.0/8", Unknown: true},
			{Text: "--feature-gates=A=true", Unknown: true}, {Text: "--controllers=*", Unknown: true}, {Text: "--bind-address=x", Unknown: true}, {Text: "-vx", Unknown: true}},
		{{Text: "--node-cidr-mask-size"}, {Text: "24", Unknown: true}, {Text: "--cluster-cidr"}, {Text: "10.0.0.0/8", Unknown: true},
			{Text: "--feature-gates"}, {Text: "A=true", Unknown: true}, {Text: "--controllers"}, {Text: "*", Unknown: true}, {Text: "--bind-address"}, {Text: "x", Unknown: true}, {Text: "-v"}, {Text: "x", Unknown: true}},
		nil,
	} {
		p := Process{CommandLine: CommandLine{Component: fact.ControllerManager, Args: args}}
		f := p.Parse()
		b, okBool := f.Bool("allocate-node-cidrs")
		n, okInt := f.Int("node-cidr-mask-size")
		if b || okBool || n != 0 || okInt {
			t.Errorf("%v: Bool = %t, %t and Int = %d, %t; want none", args, b, okBool, n, okInt)
		}
		if diff := cmp.Diff(nodeipam.ControllerFlags{}, p.ControllerFlags()); diff != "" {
			t.Errorf("%v: (-want +got):\n%s", args, diff)
		}
		if len(f.Errors) > 0 {
			t.Errorf("%v: errors %v, want none", args, f.Errors)
		}
	}
}

// TestSuggestFlag holds what is said about a flag that a program does not know, by the letters and digits of its name.
func TestSuggestFlag(t *testing.T) {
	const kcm, api, adm = fact.ControllerManager, fact.APIServer, fact.Kubeadm
	for _, tt := range []struct {
		comp    fact.Component
		name    string
		hint    string
		address bool
	}{
		{kcm, "pod_CIDR", "write --cluster-cidr", true},
		{kcm, "ServiceCIDR", "write --service-cluster-ip-range", true},
		{kcm, "advertise-address", "this belongs to kube-apiserver: --advertise-address", true},
		{kcm, "dns-domain", "", true},
		{kcm, "control-plane-endpoint", "", true},
		{api, "cluster-cidr", "this belongs to kube-controller-manager: --cluster-cidr", true},
		{api, "node-cidr-mask-size-ipv4", "this belongs to kube-controller-manager: --node-cidr-mask-size-ipv4", true},
		{api, "apiserver-advertise-address", "write --advertise-address", true},
		{api, "dns-domain", "", true},
		{api, "control-plane-endpoint", "", true},
		{adm, "cluster-cidr", "write --pod-network-cidr", true},
		{adm, "node-cidr-mask-size", "", true},
		{adm, "dns-domain", "write --service-dns-domain", true},
		// Nearly right: the longer the name, the more letters may be wrong.
		{kcm, "clster-cidr", "write --cluster-cidr", true},
		{kcm, "clstr-cidr", "write --cluster-cidr", true},
		{kcm, "clst-cidr", "write --cluster-cidr", true},
		{kcm, "clt-cidr", "", false},
		{kcm, "node-cdr-msk-size", "write --node-cidr-mask-size", true},
		{kcm, "leader-elected", "", false},
	} {
		h := suggestFlag(tt.comp, tt.name)
		if h.text != tt.hint || h.address != tt.address {
			t.Errorf("suggestFlag(%s, %q) = %q, %t, want %q, %t", tt.comp, tt.name, h.text, h.address, tt.hint, tt.address)
		}
	}
	if got := squash("azAZ09 /:@[`{-_.é"); got != "azaz09" {
		t.Errorf("squash = %q", got)
	}
}
