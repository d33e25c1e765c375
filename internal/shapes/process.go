package shapes

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

func processFrames() []Frame {
	rows := []struct {
		name  string
		needs func(Facts) bool
		print func(Facts) map[string]string
		loses func(Facts) Facts
	}{
		{"ps -ef in one transcript", noBlanks, psEF, unversioned},
		{"ps aux in a file for each host", noBlanks, psAux, unversioned},
		{"ps auxf as a tree", noBlanks, psForest, unversioned},
		{"ps ax wrapped at 80 columns", noBlanks, psWrapped, unversioned},
		{"busybox ps", noBlanks, psBusybox, unversioned},
		{"pgrep -a", noBlanks, pgrep, unversioned},
		{"ps of hyperkube", isControlPlane, psHyperkube, unversioned},
		{"ps by ansible", placedLines, psAnsible, unversioned},
		{"ps through ssh", placedLines, psSSH, unversioned},
		{"/proc cmdline", nil, procCmdline, unversioned},
		{"/proc cmdline through tr", noBlanks, procTr, unversioned},
		{"systemctl status", noBlanks, systemctlStatus, unversioned},
		{"systemctl cat", nil, systemctlCat, unversioned},
		{"systemctl show", noBlanks, systemctlShow, unversioned},
		{"unit with an environment file", plainWords, unitWithEnv, unversioned},
		{"sysconfig of a package", plainWords, sysconfig, unversioned},
		{"arguments of MicroK8s", noBlanks, microk8s, unversioned},
		{"docker inspect", nil, dockerInspect, nil},
		{"docker ps --no-trunc", noBlanks, dockerPS, nil},
		{"crictl inspect", nil, crictlInspect, nil},
		{"kubectl describe pod", nil, describePods, nil},
		{"kubectl get pods -o yaml", nil, podsYAML, nil},
		{"kubectl get pods --raw", nil, podsRaw, nil},
		{"jsonpath of a command", nil, podJSONPath, unversioned},
		{"cat of manifests", isPods, catManifests, nil},
		{"grep -r of manifests", grepCarries, grepRecursive, unversioned},
		{"grep of a manifest", grepCarries, grepBare, unversioned},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name:  row.name,
			Needs: func(f Facts) bool { return hasProcesses(f) && (row.needs == nil || row.needs(f)) },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Processes), row.print(f)) },
			Loses: row.loses,
		}
	}
	return out
}

// hasProcesses reports whether there are programs, and no copies beside their manifests: what the kubelet makes of
// a copy is a fact of the folder.
func hasProcesses(f Facts) bool {
	return len(f.Processes) > 0 && !slices.ContainsFunc(f.Other, func(t Text) bool { return copyOf(t.File) != "" })
}

// copyOf returns the path of a copy beside a manifest, "" for other files.
func copyOf(file string) string {
	base := path.Base(file)
	for _, p := range programs {
		if rest, ok := strings.CutPrefix(base, p+".yaml"); ok && rest != "" {
			return "/etc/kubernetes/manifests/" + base
		}
	}
	return ""
}

// noBlanks reports whether a line shows where each argument ends.
func noBlanks(f Facts) bool {
	return !slices.ContainsFunc(f.Processes, func(p Process) bool {
		return slices.ContainsFunc(p.Argv, func(a string) bool { return strings.ContainsAny(a, " \t\n") })
	})
}

func placedLines(f Facts) bool { return noBlanks(f) && hostsKnown(f) }

// hostsKnown reports whether the bundle says where each process runs.
func hostsKnown(f Facts) bool {
	return !slices.ContainsFunc(f.Processes, func(p Process) bool { return p.Host == "" })
}

func isPods(f Facts) bool {
	return !slices.ContainsFunc(f.Processes, func(p Process) bool { return p.Pod == nil })
}

// plainWords reports whether arguments need no quotes in a unit.
func plainWords(f Facts) bool {
	return noBlanks(f) && !slices.ContainsFunc(f.Processes, func(p Process) bool {
		return strings.ContainsAny(p.line(), `"'$\`)
	})
}

// grepCarries reports whether a search for "cidr" finds what decides: an absent flag is no finding of grep.
func grepCarries(f Facts) bool {
	if !isPods(f) {
		return false
	}
	for _, p := range f.Processes {
		line := p.line()
		switch p.Program {
		case "kube-controller-manager":
			if !strings.Contains(line, "--cluster-cidr=") || !strings.Contains(line, "--allocate-node-cidrs") {
				return false
			}
		case "kube-apiserver":
			if !strings.Contains(line, "--service-cluster-ip-range=") {
				return false
			}
		}
	}
	return true
}

// unversioned returns the facts with manifests that name no image.
func unversioned(f Facts) Facts {
	f.Processes = slices.Clone(f.Processes)
	for i, p := range f.Processes {
		if p.Pod == nil {
			continue
		}
		p.Image = ""
		pod := p.pod(p.Program)
		delete(pod, "status")
		p.Text = yamlText(pod)
		if p.Part > 0 {
			p.Text = "---\n" + p.Text
		}
		if path.Ext(p.File) == ".json" {
			p.Text = jsonText(pod, "  ")
		}
		f.Processes[i] = p
	}
	return f
}

func (p Process) line() string { return strings.Join(p.Argv, " ") }
func (p Process) pid() int     { return 2100 + 17*slices.Index(programs, p.Program) }
func (p Process) id() string   { return hash(p.Host+p.Program+p.File, 64) }

// transcript returns a file with a command on each host.
func transcript(f Facts, s shell, command string, output func([]Process) string) map[string]string {
	var b strings.Builder
	for _, host := range hostsOf(f.Processes) {
		b.WriteString(run(s, host, command, output(on(f.Processes, host))))
	}
	b.WriteString(s(f.Processes[len(f.Processes)-1].Host))
	return map[string]string{"terminal.txt": b.String()}
}

func psEF(f Facts) map[string]string {
	return transcript(f, bash, "ps -ef | grep kube", func(ps []Process) string {
		var b strings.Builder
		for _, p := range ps {
			fmt.Fprintf(&b, "root %9d %7d  2 11:02 ?        00:03:41 %s\n", p.pid(), p.pid()-40, p.line())
		}
		b.WriteString("root      9120    9001  0 11:40 pts/0    00:00:00 grep --color=auto kube\n")
		return b.String()
	})
}

// eachHost prints a file for each host.
func eachHost(f Facts, name string, text func([]Process) string) map[string]string {
	out := map[string]string{}
	for _, host := range hostsOf(f.Processes) {
		out[under(host, name)] = text(on(f.Processes, host))
	}
	return out
}

const auxHead = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"

func psAux(f Facts) map[string]string {
	return eachHost(f, "ps-aux.txt", func(ps []Process) string { return auxHead + auxRows(ps, "") })
}

func psForest(f Facts) map[string]string {
	return eachHost(f, "ps-auxf.txt", func(ps []Process) string {
		shim := "root        2011  0.0  0.2 722496  9412 ?        Sl   11:02   0:02 " +
			"/usr/bin/containerd-shim-runc-v2 -namespace k8s.io\n"
		return auxHead + shim + auxRows(ps, ` \_ `)
	})
}

func auxRows(ps []Process, tree string) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "root     %7d  4.0  1.1 202012 92312 ?        Ssl  11:02   3:41 %s%s\n", p.pid(), tree, p.line())
	}
	return b.String()
}

func psWrapped(f Facts) map[string]string {
	return transcript(f, rhel, "ps ax | grep kube-", func(ps []Process) string {
		var b strings.Builder
		for _, p := range ps {
			line := fmt.Sprintf("%7d ?        Ssl    3:41 %s", p.pid(), p.line())
			for len(line) > 80 {
				b.WriteString(line[:80] + "\n")
				line = line[80:]
			}
			b.WriteString(line + "\n")
		}
		return b.String()
	})
}

func psBusybox(f Facts) map[string]string {
	return eachHost(f, "ps.txt", func(ps []Process) string {
		text := "PID   USER     TIME  COMMAND\n"
		for _, p := range ps {
			text += fmt.Sprintf("%5d root      3:41 %s\n", p.pid(), p.line())
		}
		return text
	})
}

// isControlPlane reports whether hyperkube has all programs.
func isControlPlane(f Facts) bool {
	return noBlanks(f) && !slices.ContainsFunc(f.Processes, func(p Process) bool {
		return p.Program == "cloud-controller-manager" || strings.Contains(p.line(), "hyperkube")
	})
}

func psHyperkube(f Facts) map[string]string {
	f.Processes = slices.Clone(f.Processes)
	for i, p := range f.Processes {
		f.Processes[i].Argv = append([]string{"/hyperkube", strings.TrimPrefix(p.Program, "kube-")}, p.Argv[1:]...)
	}
	return psAux(f)
}

func pgrepLines(ps []Process) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%d %s\n", p.pid(), p.line())
	}
	return b.String()
}

func pgrep(f Facts) map[string]string { return transcript(f, bashUser, "pgrep -a kube", pgrepLines) }

func psAnsible(f Facts) map[string]string {
	text := bash("") + "ansible control -b -m shell -a 'ps ax | grep [k]ube-'\n"
	for _, host := range hostsOf(f.Processes) {
		text += host + " | CHANGED | rc=0 >>\n"
		for _, p := range on(f.Processes, host) {
			text += fmt.Sprintf("%7d ?        Ssl    3:41 %s\n", p.pid(), p.line())
		}
	}
	return map[string]string{"ansible.txt": text}
}

func psSSH(f Facts) map[string]string {
	text := ""
	for _, host := range hostsOf(f.Processes) {
		text += run(bash, "", "ssh "+host+" pgrep -af kube-", pgrepLines(on(f.Processes, host)))
	}
	return map[string]string{"terminal.txt": text}
}

func procCmdline(f Facts) map[string]string {
	out := map[string]string{}
	for _, p := range f.Processes {
		out[under(p.Host, fmt.Sprintf("proc/%d/cmdline", p.pid()))] = strings.Join(p.Argv, "\x00") + "\x00"
	}
	return out
}

func procTr(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		b.WriteString(run(rhel, p.Host, fmt.Sprintf(`cat /proc/%d/cmdline | tr '\0' ' '`, p.pid()), p.line()+" "))
	}
	return map[string]string{"terminal.txt": b.String()}
}

// unit returns the path of the unit of a process.
func (p Process) unit() string { return "/etc/systemd/system/" + p.Program + ".service" }

func (p Process) binary() string {
	if strings.Contains(p.Argv[0], "/") {
		return p.Argv[0]
	}
	return "/usr/local/bin/" + p.Argv[0]
}

func systemctlStatus(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		command := p.binary() + strings.TrimPrefix(p.line(), p.Argv[0])
		b.WriteString(run(bash, p.Host, "systemctl status --no-pager -l "+p.Program, fmt.Sprintf(`● %[1]s.service - %[1]s
     Loaded: loaded (%[2]s; enabled; preset: enabled)
     Active: active (running) since Mon 2026-01-05 11:02:00 UTC; 40min ago
   Main PID: %[3]d (%.15[1]s)
      Tasks: 9 (limit: 4570)
     Memory: 52.0M
        CPU: 3min 41s
     CGroup: /system.slice/%[1]s.service
             └─%[3]d %[4]s
`, p.Program, p.unit(), p.pid(), command)))
	}
	return map[string]string{"terminal.txt": b.String()}
}

// systemdWord quotes an argument for a unit.
func systemdWord(s string) string {
	if strings.ContainsAny(s, "\"' \t") {
		return strconv.Quote(s)
	}
	return s
}

// execStart prints a command with a continuation for each flag.
func (p Process) execStart() string {
	text := "ExecStart=" + p.binary()
	for _, a := range p.Argv[1:] {
		text += " \\\n  " + systemdWord(a)
	}
	return text + "\n"
}

const (
	unitHead = "[Unit]\nDescription=%s\nAfter=network.target\n\n[Service]\n"
	unitTail = "Restart=on-failure\nRestartSec=5\n\n[Install]\nWantedBy=multi-user.target\n"
)

func systemctlCat(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		text := "# " + p.unit() + "\n" + fmt.Sprintf(unitHead, p.Program) + p.execStart() + unitTail
		b.WriteString(run(rhel, p.Host, "systemctl cat "+p.Program, text))
	}
	return map[string]string{"terminal.txt": b.String()}
}

func systemctlShow(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		b.WriteString(run(bash, p.Host, "systemctl show -p ExecStart "+p.Program, fmt.Sprintf(
			"ExecStart={ path=%s ; argv[]=%s%s ; ignore_errors=no ; start_time=[Mon 2026-01-05 11:02:00 UTC] ; "+
				"stop_time=[n/a] ; pid=%d ; code=(null) ; status=0/0 }\n",
			p.binary(), p.binary(), strings.TrimPrefix(p.line(), p.Argv[0]), p.pid())))
	}
	return map[string]string{"terminal.txt": b.String()}
}

// optsOf are the variables of hand-made installations.
func optsOf(program string) string {
	switch program {
	case "kube-apiserver":
		return "KUBE_APISERVER_OPTS"
	case "kubelet":
		return "KUBELET_OPTS"
	}
	return strings.ToUpper(strings.ReplaceAll(program, "-", "_")) + "_OPTS"
}

func unitWithEnv(f Facts) map[string]string {
	out := map[string]string{}
	for _, p := range f.Processes {
		conf, opts := "opt/kubernetes/cfg/"+p.Program+".conf", optsOf(p.Program)
		out[under(p.Host, p.unit())] = fmt.Sprintf(unitHead, p.Program) + "EnvironmentFile=/" + conf +
			"\nExecStart=/opt/kubernetes/bin/" + p.Program + " $" + opts + "\n" + unitTail
		out[under(p.Host, conf)] = opts + `="` + strings.Join(p.Argv[1:], " \\\n") + "\"\n"
	}
	return out
}

// sysconfig prints the environment files of the CentOS package, which has variables of its own for the service range.
func sysconfig(f Facts) map[string]string {
	out := map[string]string{}
	for _, p := range f.Processes {
		name := strings.TrimPrefix(p.Program, "kube-")
		short := map[string]string{"apiserver": "API"}[name]
		if short == "" {
			short = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		}
		args, uses := p.Argv[1:], "$KUBE_"+short+"_ARGS"
		text := "###\n# kubernetes system config\n\n"
		if i := slices.IndexFunc(args, func(a string) bool {
			return strings.HasPrefix(a, "--service-cluster-ip-range=")
		}); i >= 0 && name == "apiserver" {
			text += "# Address range to use for services\nKUBE_SERVICE_ADDRESSES=\"" + args[i] + "\"\n\n"
			args, uses = slices.Delete(slices.Clone(args), i, i+1), "$KUBE_SERVICE_ADDRESSES "+uses
		}
		out[under(p.Host, "etc/kubernetes/"+name)] = text + "KUBE_" + short + "_ARGS=\"" + strings.Join(args, " ") + "\"\n"
		out[under(p.Host, "usr/lib/systemd/system/"+p.Program+".service")] = fmt.Sprintf(unitHead, p.Program) +
			"EnvironmentFile=-/etc/kubernetes/config\nEnvironmentFile=-/etc/kubernetes/" + name +
			"\nExecStart=/usr/bin/" + p.Program + " \\\n    " + strings.ReplaceAll(uses, " ", " \\\n    ") + "\n" + unitTail
	}
	return out
}

func microk8s(f Facts) map[string]string {
	out := map[string]string{}
	for _, p := range f.Processes {
		out[under(p.Host, "var/snap/microk8s/current/args/"+p.Program)] = strings.Join(p.Argv[1:], "\n") + "\n"
	}
	return out
}
