package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubecidr/kubecidr/internal/cli"
)

// completion prints the script of a shell.
func completion(e cli.Env, args []string) int {
	shells := map[string]func(io.Writer){"bash": bash, "zsh": zsh, "fish": fish}
	if len(args) != 1 || shells[args[0]] == nil {
		return e.Fail("completion", fmt.Errorf("name a shell: bash, zsh or fish. For bash: source <(%s)", e.Call("completion bash")), exitUsage)
	}
	shells[args[0]](e.Stdout)
	return exitGood
}

// flagsOf returns the flags of a command, none for those without.
func flagsOf(c command) []cli.Flag {
	if c.flags == nil {
		return nil
	}
	return c.flags()
}

func commandNames() string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return strings.Join(names, " ")
}

func bash(w io.Writer) {
	fmt.Fprintf(w, `# bash completion of kubecidr: source <(kubecidr completion bash)
_kubecidr() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "%s" -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]}:${prev#-} in
`, commandNames())
	for _, c := range commands() {
		for _, f := range flagsOf(c) {
			if len(f.Values) > 0 {
				fmt.Fprintf(w, "\t%s:%s | %s:-%s) words=\"%s\" ;;\n", c.name, f.Name, c.name, f.Name, strings.Join(f.Values, " "))
			}
		}
	}
	fmt.Fprint(w, "\tcompletion:*) words=\"bash zsh fish\" ;;\n\tesac\n\tif [ -z \"$words\" ] && [ \"${cur#-}\" != \"$cur\" ]; then\n\t\tcase ${COMP_WORDS[1]} in\n")
	for _, c := range commands() {
		if fs := flagsOf(c); len(fs) > 0 {
			names := make([]string, len(fs))
			for i, f := range fs {
				names[i] = "-" + f.Name
			}
			fmt.Fprintf(w, "\t\t%s) words=\"%s\" ;;\n", c.name, strings.Join(names, " "))
		}
	}
	fmt.Fprint(w, `		esac
	fi
	[ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _kubecidr kubecidr kubectl-cidr
`)
}

// quoteSingle puts a text in single quotes for a shell.
func quoteSingle(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func zsh(w io.Writer) {
	fmt.Fprint(w, "#compdef kubecidr kubectl-cidr\n# zsh completion of kubecidr: source <(kubecidr completion zsh)\n_kubecidr() {\n\tlocal -a commands=(\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "\t\t%s\n", quoteSingle(c.name+":"+strings.ReplaceAll(c.doc, ":", `\:`)))
	}
	fmt.Fprint(w, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tlocal command=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $command in\n")
	for _, c := range commands() {
		fs := flagsOf(c)
		if len(fs) == 0 {
			continue
		}
		fmt.Fprintf(w, "\t%s)\n\t\t_arguments", c.name)
		for _, f := range fs {
			spec := "*-" + f.Name + "[" + strings.NewReplacer("[", "(", "]", ")", ":", `\:`).Replace(f.Doc) + "]"
			switch {
			case len(f.Values) > 0:
				spec += ":" + f.Arg + ":(" + strings.Join(f.Values, " ") + ")"
			case f.File:
				spec += ":" + f.Arg + ":_files"
			case f.Arg != "":
				spec += ":" + f.Arg + ": "
			}
			fmt.Fprintf(w, " \\\n\t\t\t%s", quoteSingle(spec))
		}
		fmt.Fprint(w, " \\\n\t\t\t'*:file:_files'\n\t\t;;\n")
	}
	fmt.Fprint(w, "\tcompletion) _values shell bash zsh fish ;;\n\tesac\n}\ncompdef _kubecidr kubecidr kubectl-cidr\n")
}

func fish(w io.Writer) {
	fmt.Fprint(w, "# fish completion of kubecidr: kubecidr completion fish | source\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "complete -c kubecidr -n __fish_use_subcommand -f -a %s -d %s\n", c.name, quoteSingle(c.doc))
	}
	for _, c := range commands() {
		for _, f := range flagsOf(c) {
			fmt.Fprintf(w, "complete -c kubecidr -n '__fish_seen_subcommand_from %s' -o %s -d %s", c.name, f.Name, quoteSingle(f.Doc))
			switch {
			case len(f.Values) > 0:
				fmt.Fprintf(w, " -x -a %s", quoteSingle(strings.Join(f.Values, " ")))
			case f.File:
				fmt.Fprint(w, " -r")
			case f.Arg != "":
				fmt.Fprint(w, " -x")
			}
			fmt.Fprintln(w)
		}
	}
	fmt.Fprint(w, "complete -c kubecidr -n '__fish_seen_subcommand_from completion' -x -a 'bash zsh fish'\ncomplete -c kubectl-cidr -w kubecidr\n")
}
