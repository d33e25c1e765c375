// Package cmdline finds the command lines of programs that state address ranges, wherever people copy them from:
// process lists, units, environment files, inspected containers, logs, annotations, fragments of manifests, terminals.
//
// Start with [Find]. A frame, which is what stands around a command line, is a row of the table frames; a program, with
// its flags, is a row of the table programs. What a flag means is none of this package's business.
//
// It is strict about prose and source code: a sentence that names a program or a flag is no command line. Whole
// manifests are not either: a command below containers: is read by those who read manifests. All of it is pure, takes
// time in proportion to the text, and panics on no input.
package cmdline

import (
	"bytes"
	"unicode/utf8"
)

// A Frame is what a command line was found in.
type Frame uint8

// The frames. The zero Frame is none of them.
const (
	_          Frame = iota
	PS               // ps, pgrep -a, top: columns, then the command
	Status           // systemctl status and show
	Unit             // a unit or drop-in, or systemctl cat
	EnvFile          // a variable of an EnvironmentFile, a sysconfig file, a unit's Environment= or a script
	Inspect          // docker, podman and crictl inspect, and docker ps
	Describe         // kubectl describe pod
	List             // the argument vector of a container as JSON or Go list, as jsonpath prints it
	Manifest         // items of a manifest: grep, or a fragment that does not stand below containers:
	FlagLog          // FLAG: --name="value", as the programs log them when they start
	Started          // Running kube-apiserver --name=value, as k3s and RKE2 log it
	Annotation       // k3s.io/node-args of a node
	ProcFile         // /proc/PID/cmdline
	Journal          // the _CMDLINE field of journalctl -o json, and what sudo logs
	ArgsFile         // one flag per line, as MicroK8s keeps them
	Typed            // typed in a terminal or written in a script
)

var frameNames = [...]string{
	"", "ps", "systemctl status", "unit", "environment file", "inspect", "describe pod", "argument list", "manifest lines",
	"FLAG lines", "startup log", "annotation", "/proc cmdline", "journal", "arguments file", "typed",
}

// String returns the name of f in English, "" for no frame.
func (f Frame) String() string {
	if int(f) >= len(frameNames) {
		return ""
	}
	return frameNames[f]
}

// Running reports whether f shows a process that runs or ran, rather than what somebody wrote down.
func (f Frame) Running() bool {
	switch f {
	case PS, Status, Inspect, Describe, List, FlagLog, Started, Annotation, ProcFile, Journal:
		return true
	}
	return false
}

// A Line is one command line.
type Line struct {
	// Program is the canonical name, "kube-controller-manager". It is "" where the frame does not say it and the flags
	// belong to several programs, which are Candidates then.
	Program    string
	Candidates []string
	// Sub is the subcommand of kubeadm, k3s and rke2: "init", "init phase", "server". It is "" for the others, and where
	// it is implied.
	Sub  string
	Args []Arg // in order
	// Vars are the names of variables that stand for further arguments, $KUBE_API_ARGS, in order.
	Vars []string
	// Var is the name of the variable whose value this is, in an EnvFile.
	Var   string
	Frame Frame
	// Running is that of Frame, except for a line of sudo, which somebody typed.
	Running   bool
	Host      string // where the frame itself names it: a journal, a described pod, ssh
	Path      string // of the file, where the frame names it: grep, cat, systemctl cat
	Truncated bool   // the frame cut the line off
	Refused   bool   // typed, and the output right below shows that the program refused it
	Pos, End  int    // of the line, byte offsets into the text: from its program, or first flag, to its last argument
}

// An Arg is a flag as the program gets it: without quotes of a shell or of JSON.
type Arg struct {
	Name     string // without dashes, as spelt
	Value    string
	HasValue bool // --name=value or --name value. A bool flag has one only after =
	// Template reports whether the value, or the name, holds something that is still to be filled in: ${X}, {{ x }}, <X>.
	Template bool
	Cut      bool // the frame cut it off
	Pos      int  // of the first dash, byte offset into the text; the dash there may be a longer one than -
	ValuePos int  // of the value, Pos without one
	End      int  // behind the last byte
}

// Arg returns the last argument of that name, which is the one that counts for a flag with one value. _ counts as -.
func (l Line) Arg(name string) (Arg, bool) {
	for i := len(l.Args) - 1; i >= 0; i-- {
		if sameName(l.Args[i].Name, name) {
			return l.Args[i], true
		}
	}
	return Arg{}, false
}

// Place returns line and column, counted in characters, both from 1, of the byte at offset in text.
// An offset outside is moved to the nearest end.
func Place(text []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(text))
	start := bytes.LastIndexByte(text[:offset], '\n') + 1
	return 1 + bytes.Count(text[:start], []byte{'\n'}), 1 + utf8.RuneCount(text[start:offset])
}

// Find returns the command lines in text, in order, nil where there is none.
func Find(text []byte) []Line {
	if !mayHold(text) {
		return nil
	}
	v := clean(text)
	f := finder{v: v, b: v.b}
	f.run()
	f.join()
	if len(f.out) == 0 {
		return nil
	}
	for i := range f.out {
		f.out[i].place(v)
	}
	return f.out
}

// place turns offsets into the cleaned text into offsets into the text given.
func (l *Line) place(v view) {
	l.Pos, l.End = v.at(l.Pos), v.endAt(l.End)
	for i := range l.Args {
		a := &l.Args[i]
		a.Pos, a.ValuePos, a.End = v.at(a.Pos), v.at(a.ValuePos), v.endAt(a.End)
	}
}

// anchors are the strings of which a line has one where a command line is, or begins.
var anchors = [...][]byte{
	[]byte("--"), []byte("kubeadm"), []byte("kube-"), []byte("kubelet"), []byte("hyperkube"), []byte("k3s"),
	[]byte("rke2"), []byte("flannel"), []byte("FLANNEL"), []byte("dockerd"), []byte("docker daemon"),
	[]byte("\u2013"), []byte("/etc/kube"),
}

// mayHold is cheap and errs on the side of true.
func mayHold(text []byte) bool {
	for _, w := range [...]string{"kube", "k3s", "rke2", "flannel", "FLANNEL", "docker"} {
		if bytes.Contains(text, []byte(w)) {
			return true
		}
	}
	if !bytes.Contains(text, anchors[0]) {
		return false
	}
	for _, w := range [...]string{"cidr", "-ip", "iface", "-dns", "KUBE", "cloud-controller", "--bip", "-address"} {
		if bytes.Contains(text, []byte(w)) {
			return true
		}
	}
	return false
}
