package cli_test

import (
	"errors"
	"flag"
	"io"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/internal/cli"
)

func TestParseFlags(t *testing.T) {
	for _, tt := range []struct {
		args []string
		n    int
		on   bool
		rest []string
		err  string
	}{
		{args: []string{"-n", "3", "-on", "a", "-b"}, n: 3, on: true, rest: []string{"a", "-b"}},
		{args: []string{"--n=3", "-on=false", "--", "-n", "--"}, n: 3, rest: []string{"-n", "--"}},
		{args: []string{"-", "-n"}, rest: []string{"-", "-n"}},
		{args: nil},
		{args: []string{"-n"}, err: "flag needs an argument: -n; -h lists all flags"},
		{args: []string{"-n", "x"}, err: `invalid value "x" for flag -n: must be a whole number; -h lists all flags`},
		{args: []string{"-n=99999999999999999999"}, err: `invalid value "99999999999999999999" for flag -n: must be a whole number; -h lists all flags`},
		{args: []string{"-on=perhaps"}, err: `invalid value "perhaps" for flag -on: must be true or false; -h lists all flags`},
		{args: []string{"-own", "x"}, err: `invalid value "x" for flag -own: mine; -h lists all flags`},
		{args: []string{"-m"}, err: "flag provided but not defined: -m; -h lists all flags"},
		{args: []string{"---n"}, err: `"---n" is no flag; -h lists all flags`},
		{args: []string{"-=1"}, err: `"-=1" is no flag; -h lists all flags`},
		{args: []string{"-h"}, err: flag.ErrHelp.Error()},
		{args: []string{"-on", "-help"}, on: true, err: flag.ErrHelp.Error()},
	} {
		fs := flag.NewFlagSet("x", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		n, on := fs.Int("n", 0, ""), fs.Bool("on", false, "")
		fs.Func("own", "", func(string) error { return errors.New("mine") })
		err := cli.ParseFlags(fs, tt.args)
		if got := text(err); got != tt.err || err == nil && (*n != tt.n || *on != tt.on || !slices.Equal(fs.Args(), tt.rest)) {
			t.Errorf("ParseFlags(%q) = n %d, on %v, rest %q, error %q; want %d, %v, %q, %q", tt.args, *n, *on, fs.Args(), got, tt.n, tt.on, tt.rest, tt.err)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
