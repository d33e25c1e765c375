package main

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/cli"
)

// completerName is the name under which kubectl asks what may come next (kubectl v1.26 and later: pkg/cmd/plugin_completion.go).
const completerName = "kubectl_complete-cidr"

// What kubectl's shell does where none of the answers is taken: the ShellCompDirective of github.com/spf13/cobra.
const (
	offerFiles   = 0
	offerNothing = 4
)

// complete answers kubectl: args is what stands behind "kubectl cidr", its last element the word that is being typed. It prints the
// answers, one a line, a tab between word and explanation, and in the last line what to offer beside them.
func complete(e cli.Env, args []string) int {
	word, before := "", args
	if len(args) > 0 {
		word, before = args[len(args)-1], args[:len(args)-1]
	}
	offer := func(s, doc string) {
		if strings.HasPrefix(s, word) {
			fmt.Fprintln(e.Stdout, strings.TrimSuffix(s+"\t"+doc, "\t"))
		}
	}
	beside := offerNothing
	if len(before) == 0 {
		for _, c := range commands() {
			offer(c.name, c.doc)
		}
	} else {
		for _, c := range commands() {
			if c.name == before[0] {
				beside = completeFlags(c, before[1:], word, offer)
			}
		}
	}
	fmt.Fprintf(e.Stdout, ":%d\n", beside)
	return exitGood
}

// completeFlags offers what may stand at word behind a command and before, and returns what to offer beside it.
func completeFlags(c command, before []string, word string, offer func(s, doc string)) int {
	if c.flags == nil {
		if c.name == "completion" && len(before) == 0 {
			for _, shell := range []string{"bash", "zsh", "fish"} {
				offer(shell, "")
			}
		}
		return offerNothing
	}
	if len(before) > 0 && strings.HasPrefix(before[len(before)-1], "-") {
		for _, f := range c.flags() {
			if f.Arg == "" || f.Name != strings.TrimLeft(before[len(before)-1], "-") {
				continue
			}
			for _, v := range f.Values {
				offer(v, "")
			}
			if f.File {
				return offerFiles
			}
			return offerNothing
		}
	}
	if !strings.HasPrefix(word, "-") {
		return offerFiles
	}
	dashes := word[:len(word)-len(strings.TrimLeft(word, "-"))]
	for _, f := range c.flags() {
		offer(dashes+f.Name, f.Doc)
	}
	return offerNothing
}
