package kubeadm

import (
	"path"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Command is a `kubeadm init` or `kubeadm join` command line. The zero value is no command line.
type Command struct {
	CommandLine
	Host string // from the shell's prompt, "" where there is none
}

// Commands are the command lines that a text holds. The zero value holds none.
type Commands struct {
	Kubeadm   []Command // kubeadm init and kubeadm join, in the order of the text
	Processes []Process // kube-controller-manager and kube-apiserver, started by hand or by a systemd unit
}

// ParseCommands reads text that was pasted from a terminal, or stands in a script or a systemd unit: prompts, sudo, quotes,
// continuation lines, comments, assignments and variables that the text sets are understood. Several commands may follow one
// another. A text without a command that bears on address ranges gives the zero Commands.
//
// The error is that of a text which cannot be read at all.
func ParseCommands(name string, data []byte) (Commands, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return Commands{}, err
	}
	return readCommands(f), nil
}

// SourceCommands is [ParseCommands] of a text that other packages look at as well.
func SourceCommands(s fact.Source) (Commands, error) {
	f, err := source.Of(s, source.Limits{})
	if err != nil {
		return Commands{}, err
	}
	return readCommands(f), nil
}

func readCommands(f *source.File) Commands {
	var out Commands
	sh := shell{where: filePosition(f), pasted: true}
	for _, c := range sh.commands(unitText(string(f.Public()))) {
		if k, ok := kubeadmCommand(c); ok {
			out.Kubeadm = append(out.Kubeadm, k)
			continue
		}
		if i, comp := findProgram(c.words); comp != "" && i <= 4 && len(c.words) > i+1 && strings.HasPrefix(c.words[i+1].Text, "-") {
			line := CommandLine{Component: comp, Pos: c.words[i].Pos, Args: c.words[i+1:]}
			if runs(line, c.words[:i]) {
				out.Processes = append(out.Processes, Process{Host: c.host, CommandLine: line})
			}
		}
	}
	return out
}

// starters run the command that follows them, or set something for it.
var starters = map[string]bool{
	"sudo": true, "nohup": true, "time": true, "exec": true, "env": true, "nice": true, "ionice": true, "timeout": true, "setsid": true, "strace": true,
	"chroot": true, "nsenter": true, "su": true, "command": true, "bash": true, "sh": true, "hyperkube": true, "tini": true,
	"dumb-init": true, "then": true, "do": true, "else": true,
}

// runs reports whether the words of c from i on are a program and its flags that somebody ran: all words before start commands, or the
// program takes each of the flags. Else it is a command that the program is the object of: systemctl status kube-apiserver -l.
func runs(c CommandLine, before []Word) bool {
	started := len(before) == 0 || starters[path.Base(before[0].Text)] || strings.Contains(before[0].Text, "=")
	for _, w := range before {
		t := w.Text
		started = started && (starters[path.Base(t)] || strings.HasPrefix(t, "-") || strings.ContainsAny(t, "=/:") || strings.Trim(t, "0123456789smh.") == "")
	}
	if started {
		return true
	}
	f := c.Parse()
	return len(f.Errors) == 0 && len(f.Positional) == 0
}

// filePosition returns the places of a file's bytes.
func filePosition(f *source.File) func(int) fact.Position {
	return func(offset int) fact.Position { return f.Position(offset) }
}

// unitText blanks the keys of a systemd unit before its commands, so that they read as shell: the offsets stay.
func unitText(s string) string {
	const key = "ExecStart="
	if !strings.Contains(s, key) {
		return s
	}
	return strings.ReplaceAll(s, key, strings.Repeat(" ", len(key)))
}

// kubeadmCommand recognises `kubeadm init` and `kubeadm join`, also behind sudo and the like and in the middle of a sentence. Of a
// sentence only the flags that follow the command at once are read, and it has to have some.
func kubeadmCommand(c shellCommand) (Command, bool) {
	for i, w := range c.words {
		if base := path.Base(w.Text); base != "kubeadm" && base != "kubeadm.exe" {
			continue
		}
		// Flags of kubeadm itself may stand before the subcommand.
		for j := i + 1; j < len(c.words); j++ {
			t := c.words[j].Text
			switch {
			case t == "init" || t == "join":
				args := append(append([]Word(nil), c.words[i+1:j]...), c.words[j+1:]...)
				k := Command{Host: c.host, CommandLine: CommandLine{Component: fact.Kubeadm, Command: t, Pos: w.Pos, Args: args}}
				if !startsCommand(c.words[:i]) {
					k.Args = k.leadingFlags()
					if len(k.Args) == 0 {
						return Command{}, false
					}
				}
				if v := k.Parse().Value("kubernetes-version"); v.IsSet() {
					k.Version, _ = fact.ParseVersion(v.V)
				}
				return k, true
			case strings.HasPrefix(t, "-"):
				if t == "--v" || t == "-v" || t == "--rootfs" {
					j++ // its value
				}
				continue
			}
			break
		}
	}
	return Command{}, false
}

// startsCommand reports whether the words before a program are what stands before a command, and no sentence.
func startsCommand(words []Word) bool {
	for _, w := range words {
		switch w.Text {
		case "sudo", "env", "time", "nohup", "exec", "command", "root", "run:", "command:", "shell:":
			continue
		}
		if !strings.HasPrefix(w.Text, "-") && !isAssignment(w.Text) && strings.Trim(w.Text, "0123456789") != "" {
			return false
		}
	}
	return true
}

// leadingFlags returns the arguments up to the first word that is neither a flag nor the value of one.
func (c CommandLine) leadingFlags() []Word {
	first := c.Parse().Positional
	if len(first) == 0 {
		return c.Args
	}
	for i, w := range c.Args {
		if w == first[0] {
			return c.Args[:i]
		}
	}
	return nil
}

// Config returns the configuration that the flags stand for: kubeadm itself copies them into one before it goes on. Flags that a
// file named by --config overrules are not among them.
func (c Command) Config() Config {
	f := c.Parse()
	var cfg Config
	kept := func(name string) fact.Value[string] {
		l, ok := f.Lookup(name)
		if !ok || l.Unknown {
			return fact.Value[string]{}
		}
		return l.Value
	}
	if c.Command == "join" {
		cfg.Join = JoinConfiguration{Pos: c.Pos, NodeName: kept("node-name"), AdvertiseAddress: kept("apiserver-advertise-address")}
		cfg.Join.ControlPlane, _ = f.Bool("control-plane")
		if words := f.Positional; len(words) > 0 && !words[0].Unknown {
			cfg.Join.APIServerEndpoint = fact.Value[string]{V: words[0].Text, Text: words[0].Text, Pos: words[0].Pos}
		}
		return cfg
	}
	cfg.Cluster = ClusterConfiguration{
		Pos:                  c.Pos,
		PodSubnet:            kept("pod-network-cidr"),
		ServiceSubnet:        kept("service-cidr"),
		DNSDomain:            kept("service-dns-domain"),
		KubernetesVersion:    kept("kubernetes-version"),
		ControlPlaneEndpoint: kept("control-plane-endpoint"),
	}
	if on, ok := f.gates()["IPv6DualStack"]; ok {
		l, _ := f.Lookup("feature-gates")
		cfg.Cluster.IPv6DualStack = fact.Value[string]{V: strconv.FormatBool(on), Text: l.Value.Text, Pos: l.Value.Pos}
	}
	cfg.Init = InitConfiguration{Pos: c.Pos, NodeName: kept("node-name"), AdvertiseAddress: kept("apiserver-advertise-address")}
	return cfg
}
