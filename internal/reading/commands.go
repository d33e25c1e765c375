package reading

import (
	"bytes"
	"net/netip"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/internal/cmdline"
	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A process is a command line that was found in a text, with the places of its words in the input.
type process struct {
	program string
	host    string
	words   []kubeadm.Word
	vars    []string // that stand for further words
	name    string   // of the variable whose value it is
	pos     fact.Position
	partial bool // what is absent proves nothing
}

// readCommands finds the command lines of the programs that state ranges. Those that a shell takes are read once more as
// one reads them, with variables and quotes.
func readCommands(a *asked) ([]fact.Statement, error) {
	if a.text.HoldsSecret() {
		return nil, nil
	}
	lines := cmdline.Find(a.text.Data)
	commands := a.seg.Kind == paste.KindCommands
	if len(lines) == 0 && !commands {
		return nil, nil
	}
	typed := commands || slices.ContainsFunc(lines, func(l cmdline.Line) bool { return shellLine(l) && len(l.Vars) == 0 })
	var shell kubeadm.Commands
	if typed {
		shell, _ = kubeadm.SourceCommands(a.text) // a text in memory
	}
	index := indexShell(shell)
	var found kubeadm.Commands
	var out []fact.Statement
	seen := map[int]bool{} // lines of commands
	for _, l := range lines {
		pos := a.text.Position(l.Pos)
		seen[pos.Line] = true
		if l.Refused || l.Frame == cmdline.Typed && len(l.Args) == 0 && len(l.Vars) == 0 && strings.HasPrefix(l.Program, "kube-") {
			continue // a name alone is no command line
		}
		if shellLine(l) && len(l.Vars) == 0 && !a.seg.Chopped && index.take(&found, l, pos) {
			continue
		}
		p := a.process(l, pos)
		switch {
		case len(p.vars) > 0, l.Frame == cmdline.EnvFile:
			a.processes = append(a.processes, p)
		case p.program == "kubeadm":
			found.Kubeadm = append(found.Kubeadm, kubeadm.Command{Host: l.Host, CommandLine: kubeadm.CommandLine{
				Component: fact.Kubeadm, Command: strings.Fields(l.Sub + " -")[0], Pos: pos, Args: p.words}})
		default:
			out = append(out, p.statements()...)
		}
	}
	if commands { // all of it was typed, whatever it looks like
		for _, k := range shell.Kubeadm {
			if !seen[k.Pos.Line] {
				found.Kubeadm = append(found.Kubeadm, k)
			}
		}
		for _, p := range shell.Processes {
			if !seen[p.Pos.Line] {
				found.Processes = append(found.Processes, p)
			}
		}
	}
	for i := range found.Kubeadm {
		k := &found.Kubeadm[i]
		if v := k.Parse().Value("kubernetes-version"); v.IsSet() {
			k.Version, _ = fact.ParseVersion(v.V)
		}
	}
	found.Kubeadm = slices.DeleteFunc(found.Kubeadm, func(k kubeadm.Command) bool { return k.Command != "init" && k.Command != "join" })
	return append(found.Statements(), out...), nil
}

// shellLine reports whether a shell takes the line, or systemd, which takes most lines as a shell does.
func shellLine(l cmdline.Line) bool { return l.Frame == cmdline.Typed || l.Frame == cmdline.Unit }

// A shellIndex finds what a shell reads by its line: the first of each program.
type shellIndex struct {
	kubeadm   map[int]kubeadm.Command
	processes map[programLine]kubeadm.Process
}

type programLine struct {
	program string
	line    int
}

func indexShell(c kubeadm.Commands) shellIndex {
	x := shellIndex{map[int]kubeadm.Command{}, map[programLine]kubeadm.Process{}}
	for _, k := range slices.Backward(c.Kubeadm) {
		x.kubeadm[k.Pos.Line] = k
	}
	for _, p := range slices.Backward(c.Processes) {
		x.processes[programLine{string(p.Component), p.Pos.Line}] = p
	}
	return x
}

// take adds the command that a shell reads at the place of l, and reports whether there is one.
func (x shellIndex) take(to *kubeadm.Commands, l cmdline.Line, pos fact.Position) bool {
	if k, ok := x.kubeadm[pos.Line]; ok && l.Program == "kubeadm" {
		k.Host = firstOf(k.Host, l.Host)
		to.Kubeadm = append(to.Kubeadm, k)
		return true
	}
	p, ok := x.processes[programLine{l.Program, pos.Line}]
	if ok {
		p.Host = firstOf(p.Host, l.Host)
		to.Processes = append(to.Processes, p)
	}
	return ok
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// process returns a line with the places of its words.
func (a *asked) process(l cmdline.Line, pos fact.Position) process {
	p := process{program: l.Program, host: firstOf(l.Host, a.host), vars: l.Vars, name: l.Var, pos: pos, partial: l.Truncated || a.seg.Partial && !(a.seg.Lines && l.Frame == cmdline.PS)}
	if p.program == "" {
		p.program = firstOf(programOf(l, firstOf(l.Path, a.path)), firstOf(a.inspected(l), a.managerOf(l)))
		p.partial = true
	}
	switch l.Frame {
	case cmdline.Manifest, cmdline.EnvFile, cmdline.ArgsFile:
		p.partial = p.partial || len(l.Args) < 4
	}
	for i, arg := range l.Args {
		if arg.Cut || i == len(l.Args)-1 && a.chopped(arg) {
			p.partial = true
			continue
		}
		if l.Frame == cmdline.FlagLog && (arg.Value == "" || arg.Value == "0" || arg.Value == "[]") {
			continue // the default
		}
		w := kubeadm.Word{Text: "--" + arg.Name, Pos: a.text.Position(arg.Pos), Unknown: arg.Template}
		w.ValuePos = w.Pos
		if arg.HasValue {
			w.Text += "=" + arg.Value
			w.ValuePos = a.text.Position(arg.ValuePos)
		}
		p.words = append(p.words, w)
	}
	return p
}

// chopped reports whether a filter may have cut off the end of an argument: it stands at the end of the last line, or of one that
// is as long as any.
func (a *asked) chopped(arg cmdline.Arg) bool {
	data := bytes.TrimRight(a.text.Data, "\n")
	if !a.seg.Chopped || arg.End > len(data) || arg.End < len(data) && data[arg.End] != '\n' {
		return false
	}
	if arg.End == len(data) {
		return true
	}
	longest := 0
	for l := range bytes.Lines(data) {
		longest = max(longest, utf8.RuneCount(bytes.TrimRight(l, "\r\n")))
	}
	return utf8.RuneCount(data[bytes.LastIndexByte(data[:arg.End], '\n')+1:arg.End]) == longest
}

// inspected returns the program whose name the command has that shows a container: docker inspect -f '{{.Args}}'
// k8s_kube-apiserver_...
func (a *asked) inspected(l cmdline.Line) string {
	text := strings.Join(a.seg.Command, " ")
	if !slices.Contains(a.seg.Command, "inspect") {
		return ""
	}
	for _, c := range l.Candidates {
		if strings.Contains(text, c) {
			return c
		}
	}
	return ""
}

// managerOf returns kube-controller-manager for flags of a pod that kubectl shows a part of and that it alone, kube-proxy and
// a cloud's controller manager take: kube-proxy's pods have a configuration file, and few clusters have the third.
func (a *asked) managerOf(l cmdline.Line) string {
	const manager = "kube-controller-manager"
	if !slices.Contains(l.Candidates, manager) || !ofCluster(a.seg.Command) {
		return ""
	}
	for _, flag := range []string{"cluster-cidr", "allocate-node-cidrs", "node-cidr-mask-size"} {
		if _, ok := l.Arg(flag); ok {
			return manager
		}
	}
	return ""
}

// programOf decides whose flags those of l are, where its frame does not say it: by the name of the file.
func programOf(l cmdline.Line, file string) string {
	base := strings.ToLower(path.Base(file))
	for _, c := range l.Candidates {
		if short := strings.TrimPrefix(c, "kube-"); strings.Contains(base, short) {
			return c
		}
	}
	if slices.Contains(l.Candidates, "kube-apiserver") {
		if _, ok := l.Arg("service-cluster-ip-range"); ok {
			return "kube-apiserver"
		}
	}
	if len(l.Candidates) == 1 {
		return l.Candidates[0]
	}
	return ""
}

// last returns the value of a flag, the zero Value where it is not given. Names are compared without case of _ and -.
func (p process) last(name string) fact.Value[string] {
	for _, w := range slices.Backward(p.words) {
		n, v, ok := strings.Cut(strings.TrimLeft(w.Text, "-"), "=")
		if strings.ReplaceAll(n, "_", "-") == name && !w.Unknown {
			if !ok {
				v = "true"
			}
			return fact.Value[string]{V: v, Text: v, Pos: w.ValuePos}
		}
	}
	return fact.Value[string]{}
}

// addrs returns the addresses that a flag lists.
func (p process) addrs(name string) []fact.Value[netip.Addr] {
	v := p.last(name)
	if !v.IsSet() {
		return nil
	}
	var out []fact.Value[netip.Addr]
	pos := v.Pos
	for s := range strings.SplitSeq(v.V, ",") {
		a, _ := netip.ParseAddr(s)
		out = append(out, fact.Value[netip.Addr]{V: a, Text: s, Pos: pos})
		pos.Column += len(s) + 1
	}
	return out
}

// programReaders say what the flags of a program mean, by its name.
var programReaders = map[string]func(p process) []fact.Statement{
	"kube-controller-manager": func(p process) []fact.Statement { return p.controlPlane(fact.ControllerManager) },
	"kube-apiserver":          func(p process) []fact.Statement { return p.controlPlane(fact.APIServer) },
	"kube-proxy": func(p process) []fact.Statement {
		return kubeadm.KubeProxy{
			Pos: p.pos, Flags: true, ConfigFile: p.last("config"), Host: p.last("hostname-override"), ClusterCIDR: p.last("cluster-cidr"),
			DetectLocal: p.last("detect-local-mode"), Mode: p.last("proxy-mode"),
		}.Statements()
	},
	"kubelet": func(p process) []fact.Statement {
		return kubeadm.Kubelet{
			Pos: p.pos, Flags: true, Host: p.last("hostname-override"), MaxPods: p.last("max-pods"), PodCIDR: p.last("pod-cidr"),
			ClusterDNS: p.addrs("cluster-dns"), NodeIPs: p.addrs("node-ip"), NodeMask: p.last("node-cidr-mask-size"),
		}.Statements()
	},
	"flanneld": func(p process) []fact.Statement {
		v := p.last("kube-subnet-mgr")
		if p.partial && !v.IsSet() {
			return nil
		}
		d := flannel.Daemon{ModeKnown: true, KubeSubnetMgr: fact.Value[bool]{V: v.V == "true", Text: v.Text, Pos: v.Pos}}
		if !v.IsSet() {
			d.KubeSubnetMgr.Pos = p.pos
		}
		return d.Statements()
	},
	"k3s":                      process.k3s,
	"rke2":                     process.k3s,
	"cloud-controller-manager": process.cloudController,
}

// statements returns what the process is told.
func (p process) statements() []fact.Statement {
	read := programReaders[p.program]
	if read == nil {
		return nil
	}
	out := read(p)
	if p.partial {
		out = slices.DeleteFunc(out, absent)
	}
	for i := range out {
		if out[i].Host == "" {
			out[i].Host = p.host
		}
	}
	return out
}

func (p process) controlPlane(c fact.Component) []fact.Statement {
	return kubeadm.Process{Host: p.host, CommandLine: kubeadm.CommandLine{Component: c, Pos: p.pos, Args: p.words}}.Statements()
}

// k3s returns what k3s and RKE2 pass on to the control plane that they run. What is not given stands in their file.
func (p process) k3s() []fact.Statement {
	manager := process{host: p.host, pos: p.pos}
	server := manager
	for _, w := range p.words {
		name, value, ok := strings.Cut(strings.TrimLeft(w.Text, "-"), "=")
		as := func(flag string) kubeadm.Word {
			w := w
			w.Text = "--" + flag
			return w
		}
		switch name {
		case "cluster-cidr":
			manager.words = append(manager.words, as("cluster-cidr="+value))
		case "service-cidr":
			manager.words = append(manager.words, as("service-cluster-ip-range="+value))
			server.words = append(server.words, as("service-cluster-ip-range="+value))
		case "kube-controller-manager-arg", "kube-controller-arg":
			manager.words = append(manager.words, as(value))
		case "kube-apiserver-arg":
			server.words = append(server.words, as(value))
		}
		_ = ok
	}
	out := append(manager.controlPlane(fact.ControllerManager), server.controlPlane(fact.APIServer)...)
	out = slices.DeleteFunc(out, absent)
	has := func(role fact.Role, set fact.Setting) bool {
		return slices.ContainsFunc(out, func(s fact.Statement) bool {
			return s.Component == fact.ControllerManager && s.Role == role && s.Setting == set
		})
	}
	if has(fact.RolePods, "") && !has(fact.RoleSetting, fact.SettingAllocate) { // pkg/daemons/control/server.go controllerManager
		out = append(out, fact.Statement{Component: fact.ControllerManager, Host: p.host, Pos: p.pos, Role: fact.RoleSetting,
			Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Text: "true", Bool: true, Default: true})
	}
	return out
}

// joinProcesses returns what units and the variables of their files say together. A variable belongs to a unit of its own
// host, or to one of no known host.
func joinProcesses(ps []process) []fact.Statement {
	var out []fact.Statement
	used := make([]bool, len(ps))
	for _, u := range ps {
		if len(u.vars) == 0 || u.name != "" {
			continue
		}
		u.words = slices.Clone(u.words)
		missing := false
		for _, name := range u.vars {
			found := false
			for i, v := range ps {
				if v.name == name && (v.host == u.host || v.host == "" || u.host == "") {
					u.words = append(u.words, v.words...)
					used[i], found = true, true
					break
				}
			}
			missing = missing || !found
		}
		u.partial = u.partial || missing
		out = append(out, u.statements()...)
	}
	for i, v := range ps {
		if v.name != "" && !used[i] {
			out = append(out, v.statements()...)
		}
	}
	return out
}
