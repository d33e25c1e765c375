package cli

import (
	"errors"
	"flag"
	"fmt"
	"strings"
)

// An UnknownFlagError names a flag that a command does not have.
type UnknownFlagError struct {
	Name string // without dashes
}

func (e *UnknownFlagError) Error() string {
	return "flag provided but not defined: -" + e.Name + "; -h lists all flags"
}

// ParseFlags reads args as [flag.FlagSet.Parse] does, and says what is wrong in words of its own, which are the same whatever
// built the program. The error is [flag.ErrHelp] where help is asked for and fs has no flag for it, an *[UnknownFlagError],
// or a line about the value of a flag.
func ParseFlags(fs *flag.FlagSet, args []string) error {
	for len(args) > 0 {
		word := args[0]
		if len(word) < 2 || word[0] != '-' || word == "--" {
			break
		}
		args = args[1:]
		name, value, given := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		if name == "" || name[0] == '-' {
			return fmt.Errorf("%q is no flag; -h lists all flags", word)
		}
		f := fs.Lookup(name)
		switch {
		case f == nil && (name == "h" || name == "help"):
			return flag.ErrHelp
		case f == nil:
			return &UnknownFlagError{name}
		case given:
		case isSwitch(f):
			value = "true"
		case len(args) == 0:
			return fmt.Errorf("flag needs an argument: -%s; -h lists all flags", name)
		default:
			value, args = args[0], args[1:]
		}
		if err := fs.Set(name, value); err != nil {
			return fmt.Errorf("invalid value %q for flag -%s: %w; -h lists all flags", value, name, wrong(f, err))
		}
	}
	if len(args) == 0 || args[0] != "--" {
		args = append([]string{"--"}, args...)
	}
	return fs.Parse(args)
}

// isSwitch reports whether a flag takes no value.
func isSwitch(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// wrong returns what is wrong with the value of a flag: err is package flag's for a number or a switch, and our own for others.
func wrong(f *flag.Flag, err error) error {
	if g, ok := f.Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case int, int64, uint, uint64:
			return errors.New("must be a whole number")
		case bool:
			return errors.New("must be true or false")
		}
	}
	return err
}
