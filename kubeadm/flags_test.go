package kubeadm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan"
)

// line makes a command line of kube-controller-manager; the place of a word is its number.
func line(v plan.Version, comp plan.Component, words ...string) CommandLine {
	c := CommandLine{Component: comp, Version: v}
	for i, w := range words {
		pos := plan.Position{File: "f", Line: i + 1, Column: 1}
		c.Args = append(c.Args, Word{Text: w, Pos: pos, ValuePos: pos})
	}
	return c
}

func release(minor int) plan.Version { return plan.Version{Major: 1, Minor: minor} }

func TestCommandLineParse(t *testing.T) {
	const kcm = plan.ControllerManager
	for _, tt := range []struct {
		name    string
		version plan.Version
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
		got, ok := line(release(37), plan.ControllerManager, "--node-cidr-mask-size="+tt.text).Parse().Int("node-cidr-mask-size")
		if tt.ok != ok || ok && got != tt.want {
			t.Errorf("Int(%q) = %d, %v, want %d, %v: %s", tt.text, got, ok, tt.want, tt.ok, tt.why)
		}
	}
}
