package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// An Env is what a program sees of its surroundings: how it was called, and its three streams.
type Env struct {
	// Prefix is what stands in front of a command's name where the user types it: "go run ./examples/", "kubecidr ", "kubectl cidr ".
	Prefix string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// ExamplePrefix is the Prefix of the programs in examples.
const ExamplePrefix = "go run ./examples/"

// System returns the process's own streams.
func System(prefix string) Env { return Env{prefix, os.Stdin, os.Stdout, os.Stderr} }

// Call returns how a command is called: "go run ./examples/check", "kubecidr check".
func (e Env) Call(command string) string { return e.Prefix + command }

// Name returns a command's name in front of its errors: "check" of the examples, "kubecidr check" of the one program.
func (e Env) Name(command string) string {
	return strings.TrimPrefix(e.Prefix, ExamplePrefix) + command
}

// Fail writes err in one line to standard error and returns status.
func (e Env) Fail(command string, err error, status int) int {
	fmt.Fprintf(e.Stderr, "%s: %v\n", e.Name(command), err)
	return status
}

// WarnRelease writes a line to standard error where v is newer than what the rules were checked against: then those of the newest
// release count, and nobody knows whether they still hold.
func (e Env) WarnRelease(command string, v fact.Version) {
	newest := fact.NewestKubernetes()
	if v.Major > newest.Major || v.Major == newest.Major && v.Minor > newest.Minor {
		fmt.Fprintf(e.Stderr, "%s: Kubernetes %v is newer than %v, the newest release that the rules were checked against\n", e.Name(command), v, newest)
	}
}

// Color reports whether w is a terminal on which colours are wanted.
func Color(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && Colors(f)
}
