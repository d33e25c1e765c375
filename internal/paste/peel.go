package paste

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A commandLine is what a command line tells of its output.
type commandLine struct {
	argv    []string
	host    string // on which it ran, "" where it is that of the prompt
	pod     string // in which it ran
	path    string // of the file that it shows
	target  string // of the file that it writes
	shell   bool   // its input is a script: bash -s
	partial bool
	cuts    bool // partial, and lines are cut
	chops   bool // partial, and the ends of lines are cut off
}

// filters show a part of what they read, so that what they do not show may be there.
var filters = words("grep egrep fgrep zgrep rg ag awk gawk sed head tail cut jq yq uniq wc select-string findstr fold colrm less -S")

// selects reports whether a filter leaves out lines, and leaves those that it shows whole.
func selects(ws []string) bool {
	switch base(ws[0]) {
	case "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "head", "tail", "select-string", "findstr":
	default:
		return false
	}
	for _, w := range ws[1:] {
		if len(w) > 1 && w[0] == '-' && w[1] != '-' && strings.ContainsAny(w, "oc") || strings.HasPrefix(w, "--only") || strings.HasPrefix(w, "--bytes") {
			return false
		}
	}
	return true
}

// chops reports whether a filter cuts off the ends of lines, or of the last one: cut -c1-120, head -c 4000.
func chops(ws []string) bool {
	name := base(ws[0])
	if name == "colrm" {
		return true
	}
	for _, w := range ws[1:] {
		if (name == "cut" || name == "head") && (strings.HasPrefix(w, "-c") || strings.HasPrefix(w, "-b") || strings.HasPrefix(w, "--bytes") || strings.HasPrefix(w, "--characters")) {
			return true
		}
	}
	return false
}

// showers print the files that they are given as they are.
var showers = words("cat tac head tail more less bat batcat zcat nl vi vim nano view sed type Get-Content gc jq yq emacs pico read grep egrep fgrep zgrep awk")

// quiet commands print nothing, so that the output of a line is that of its other commands.
var quiet = words("cd export set unset source . alias mkdir chmod chown clear sudo su true sleep swapoff umask : echo printf")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// maxPeel bounds how deep commands may stand in each other: ssh in sudo in docker exec.
const maxPeel = 8

// readCommand tells what a command line does.
func readCommand(s string) commandLine { return readCommandAt(s, maxPeel) }

// readCommandAt is readCommand for a command line in others, so many more of which are read.
func readCommandAt(s string, depth int) commandLine {
	var out commandLine
	list := parseShell(s)
	for i := range list {
		if t := list[i].writes(); t != "" && t != "/dev/null" {
			out.target = t
		}
	}
	var loud []simple // the first commands of pipes
	for i := 0; i < len(list); i++ {
		first := list[i]
		partial, cuts, chopped := false, false, false
		for list[i].pipe && i+1 < len(list) {
			i++
			if w := list[i].words; filters[base(w[0])] && !(base(w[0]) == "jq" && len(w) == 2 && w[1] == ".") {
				partial = true
				cuts = cuts || !selects(w)
				chopped = chopped || chops(w)
			}
		}
		if quiet[first.words[0]] && len(list) > 1 && first.words[0] != "sudo" {
			continue
		}
		loud = append(loud, first)
		out.partial = out.partial || partial
		out.cuts = out.cuts || cuts
		out.chops = out.chops || chopped
	}
	if len(loud) != 1 || loopWords[loud[0].words[0]] {
		return out
	}
	out.peel(loud[0], depth)
	return out
}

var loopWords = words("for while until if case { ( do done function")

// writes returns the file that a command writes.
func (s simple) writes() string {
	if s.out != "" {
		return s.out
	}
	for i, w := range s.words {
		if base(w) == "tee" && (i == 0 || s.words[0] == "sudo") {
			for _, a := range s.words[i+1:] {
				if !strings.HasPrefix(a, "-") {
					return a
				}
			}
		}
	}
	return ""
}

// base returns the name of a program without its folder.
func base(program string) string { return path.Base(program) }

// A wrapper is a program that runs another one.
type wrapper struct {
	name   string // the program and its subcommand
	values string // flags that take the next word as their value
	on     target // what the first word that is no flag names
	dashes bool   // the command stands behind --
	flag   string // flag whose value is the command line: sh -c
}

// A target is where a wrapper runs its command.
type target int

const (
	here target = iota
	onHost
	inPod
	inContainer
)

// wrappers are the programs that run another one, each with where.
var wrappers = []wrapper{
	{name: "sudo", values: "-u -g -p -C -h -U --user --group"}, {name: "time", values: "-f -o"}, {name: "nohup"}, {name: "exec", values: "-a"},
	{name: "env", values: "-u -C"}, {name: "watch", values: "-n --interval"}, {name: "timeout", values: "-s -k"}, {name: "command"}, {name: "nice", values: "-n"}, {name: "xargs", values: "-n -I -P"},
	{name: "chroot"}, {name: "nsenter", values: "-t"}, {name: "stdbuf", values: "-o -e -i"}, {name: "unbuffer"}, {name: "busybox"},
	{name: "sh", flag: "-c"}, {name: "bash", flag: "-c"}, {name: "su", flag: "-c"}, {name: "ash", flag: "-c"}, {name: "zsh", flag: "-c"},
	{name: "ssh", values: "-i -p -l -o -F -J -L -R -D -b -c -e -m -w -W -E -I -Q -S", on: onHost},
	{name: "sshpass", values: "-p -f"},
	{name: "docker exec", values: "-u -w -e --user --workdir --env --env-file", on: inContainer}, {name: "podman exec", values: "-u -w -e --user", on: inContainer},
	{name: "nerdctl exec", values: "-u -w -e --user --namespace", on: inContainer}, {name: "crictl exec", on: inContainer},
	{name: "docker container exec", values: "-u -w -e", on: inContainer},
	{name: "kubectl exec", values: "-n -c --namespace --container --context --kubeconfig", on: inPod}, {name: "k exec", values: "-n -c", on: inPod}, {name: "oc exec", values: "-n -c", on: inPod},
	{name: "oc debug", values: "-n --image", on: onHost}, {name: "kubectl debug", values: "-n --image --profile -c", on: onHost, dashes: true}, {name: "kubectl node-shell", on: onHost},
	{name: "multipass exec", on: onHost}, {name: "lxc exec", on: onHost}, {name: "incus exec", on: onHost}, {name: "limactl shell", on: onHost}, {name: "colima ssh"},
	{name: "minikube ssh", values: "-n -p --node --profile"}, {name: "vagrant ssh", on: onHost, flag: "-c"}, {name: "gcloud compute ssh", values: "--zone --project", on: onHost, flag: "--command"},
}

// kubectl's and etcdctl's own global flags may stand before the subcommand.
var globalFlags = words("-n --namespace --context --kubeconfig -s --server --cluster --user -H --host --endpoints -C --peers")

// peel takes the programs off that run another one, and keeps what they tell.
func (c *commandLine) peel(s simple, depth int) {
	ws := s.words
	for len(ws) > 0 && isAssignment(ws[0]) {
		ws = ws[1:]
	}
	if len(ws) == 0 {
		return
	}
	if depth > 0 {
		for _, w := range wrappers {
			if rest, ok := w.matches(ws); ok && c.unwrap(w, rest, s.in, depth) {
				return
			}
		}
	}
	c.argv = ws
	c.shell = (base(ws[0]) == "bash" || base(ws[0]) == "sh") && (len(ws) == 1 || ws[1] == "-s" || ws[1] == "-")
	c.file(ws, s.in)
}

// matches returns the words behind w's name.
func (w wrapper) matches(ws []string) ([]string, bool) {
	program, subcommands, _ := strings.Cut(w.name, " ")
	if base(ws[0]) != program {
		return nil, false
	}
	ws = ws[1:]
	for sub := range strings.FieldsSeq(subcommands) {
		for len(ws) > 0 && strings.HasPrefix(ws[0], "-") {
			if globalFlags[ws[0]] && len(ws) > 1 {
				ws = ws[1:]
			}
			ws = ws[1:]
		}
		if len(ws) == 0 || ws[0] != sub {
			return nil, false
		}
		ws = ws[1:]
	}
	return ws, true
}

// unwrap reads the command that w runs with words ws, and reports whether there is one.
func (c *commandLine) unwrap(w wrapper, ws []string, in string, depth int) bool {
	values := words(w.values)
	name, namespace, line := "", "", ""
args:
	for len(ws) > 0 {
		a := ws[0]
		flag, value, hasValue := strings.Cut(a, "=")
		switch {
		case a == "--":
			ws = ws[1:]
			break args
		case w.flag != "" && flag == w.flag && hasValue:
			line = value
		case w.flag != "" && (a == w.flag || len(a) > 2 && a[0] == '-' && a[1] != '-' && w.flag == "-c" && a[len(a)-1] == 'c') && len(ws) > 1:
			line = ws[1]
			ws = ws[1:]
		case len(a) > 1 && a[0] == '-':
			if values[a] && len(ws) > 1 {
				if a == "-n" || a == "--namespace" {
					namespace = ws[1]
				}
				ws = ws[1:]
			} else if flag == "--namespace" {
				namespace = value
			}
		case w.on != here && name == "":
			name = a
		case w.name == "env" && isAssignment(a):
		case w.name == "timeout" && a[0] >= '0' && a[0] <= '9', w.name == "chroot" && strings.HasPrefix(a, "/") && name == "":
			name = a
		case w.on == inPod && !w.dashes && strings.HasPrefix(a, "-"):
		default:
			break args
		}
		ws = ws[1:]
	}
	if w.flag != "" && w.on == here && line == "" {
		return false // a script or standard input
	}
	c.locate(w.on, name, namespace)
	switch {
	case line != "":
		ws = []string{line}
		fallthrough
	case len(ws) == 1 && strings.ContainsAny(ws[0], " \t|;"), w.name == "ssh" && len(ws) > 0:
		inner := readCommandAt(strings.Join(ws, " "), depth-1)
		inner.host, inner.pod = first(inner.host, c.host), first(inner.pod, c.pod)
		inner.partial = inner.partial || c.partial
		inner.cuts = inner.cuts || c.cuts
		inner.chops = inner.chops || c.chops
		inner.target = first(inner.target, c.target)
		*c = inner
	case len(ws) > 0:
		c.peel(simple{words: ws, in: in}, depth-1)
	default:
		c.argv = nil
		return w.on != here
	}
	return true
}

// first returns the first of its arguments that is not "".
func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// nodeContainer matches containers that are nodes: of kind, k3d, minikube and Talos in Docker.
var nodeContainer = regexp.MustCompile(`(?:control-plane|controlplane|worker|server|agent|master|node)[-\d]*$|^(?:k3d|kind|minikube|talos)|^(?:m|n|w|cp)\d+$`)

// locate keeps where a command runs.
func (c *commandLine) locate(on target, name, namespace string) {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "nodes/"), "node/")
	switch {
	case name == "" || strings.ContainsAny(name, "$`"):
	case on == onHost:
		c.host = name[strings.LastIndexByte(name, '@')+1:]
	case on == inPod:
		name = name[strings.LastIndexByte(name, '/')+1:]
		c.host, c.pod = name, name
		if namespace != "" {
			c.pod = namespace + "/" + name
		}
	case on == inContainer && nodeContainer.MatchString(name):
		c.host = name
	}
}

// file finds the file that a command shows.
func (c *commandLine) file(ws []string, in string) {
	name := base(ws[0])
	if name == "talosctl" {
		c.talos(ws)
		return
	}
	if !showers[name] {
		return
	}
	var files []string
	skipFirst := filters[name] && name != "head" && name != "tail" && name != "less" // a pattern or a program comes first
	c.partial = c.partial || filters[name] && name != "less" && !(name == "tail" && slices.Contains(ws, "+1"))
	for i := 1; i < len(ws); i++ {
		a := ws[i]
		switch {
		case len(a) > 1 && a[0] == '-':
			if a == "-n" && i+1 < len(ws) && (ws[i+1] == "+1" || isDigits(strings.TrimPrefix(ws[i+1], "+"))) {
				i++
			}
			if a == "-e" && skipFirst {
				i++
				skipFirst = false
			}
		case isDigits(strings.TrimPrefix(a, "+")):
		case skipFirst:
			skipFirst = false
		default:
			files = append(files, a)
		}
	}
	if in != "" {
		files = append(files, in)
	}
	if len(files) == 1 && !strings.ContainsAny(files[0], "*?$`{") && files[0] != "-" {
		c.path = files[0]
	}
}

// talos reads talosctl -n NODE read PATH.
func (c *commandLine) talos(ws []string) {
	for i := 1; i+1 < len(ws); i++ {
		switch ws[i] {
		case "-n", "--nodes":
			if !strings.Contains(ws[i+1], ",") {
				c.host = ws[i+1]
			}
		case "read", "cat":
			c.path = ws[i+1]
		}
	}
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
