package shapes

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// logFrames show logs of programs.
func logFrames() []Frame {
	rows := []struct {
		name  string
		of    func(Facts) Facts // leaves the logs that the frame is for
		print func(Facts) map[string]string
	}{
		{"logs in a journal", placedLogs, logsJournal},
		{"logs in a journal of full dates", placedLogs, logsJournalISO},
		{"logs in a journal as JSON", placedLogs, logsJournalJSON},
		{"logs in syslog of RFC 5424", placedLogs, logsSyslog},
		{"logs of k0s", podLogs, logsK0s},
		{"logs by a collector in JSON", podLogs, logsCollector},
		{"logs in CRI files", podLogs, logsCRI},
		{"logs in json-files of Docker", podLogs, logsDocker},
		{"kubectl logs --prefix", podLogs, logsPrefix},
		{"kubectl logs --timestamps", podLogs, logsTimestamps},
		{"logs by stern", podLogs, logsStern},
		{"logs quoted in Markdown", allLogs, logsQuoted},
		{"logs in fences", allLogs, logsFenced},
		{"logs with colours", allLogs, logsColoured},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name:  row.name,
			Needs: func(f Facts) bool { return len(row.of(f).Logs) > 0 },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(row.of(f).Logs), row.print(row.of(f))) },
		}
	}
	return out
}

// lineHost returns the host that wrote a line: the log's, the one that flannel names, the control plane for its
// programs.
func (f Facts) lineHost(l Log, line string) string {
	if l.Host != "" {
		return l.Host
	}
	if _, rest, ok := strings.Cut(line, `node "`); ok && l.Program == "flanneld" {
		name, _, _ := strings.Cut(rest, `"`)
		return name
	}
	switch l.Program {
	case "kube-controller-manager", "kube-apiserver":
		return f.controlPlane()
	}
	return ""
}

// placedLogs leaves the logs of which the host of each line is known.
func placedLogs(f Facts) Facts {
	f.Logs = slices.DeleteFunc(slices.Clone(f.Logs), func(l Log) bool {
		return slices.ContainsFunc(l.Lines, func(line string) bool { return f.lineHost(l, line) == "" })
	})
	return f
}

// podLogs leaves the logs of containers: the kubelet writes to the journal alone.
func podLogs(f Facts) Facts {
	f.Logs = slices.DeleteFunc(slices.Clone(f.Logs), func(l Log) bool { return l.Program == "kubelet" })
	return f
}

func allLogs(f Facts) Facts { return f }

// eachLine prints all lines of all logs.
func eachLine(f Facts, print func(l Log, i int, line string) string) string {
	var b strings.Builder
	for _, l := range f.Logs {
		for i, line := range l.Lines {
			b.WriteString(print(l, i, line))
		}
	}
	return b.String()
}

func logsJournal(f Facts) map[string]string {
	return map[string]string{"journal.txt": "-- Logs begin at Mon 2026-01-05 10:00:00 UTC. --\n" +
		eachLine(f, func(l Log, i int, line string) string {
			return fmt.Sprintf("Jan 05 11:%02d:%02d %s %s[812]: %s\n", i/60%60, i%60, f.lineHost(l, line), l.Program, line)
		})}
}

func logsJournalISO(f Facts) map[string]string {
	return map[string]string{"journal.txt": eachLine(f, func(l Log, i int, line string) string {
		host := f.lineHost(l, line)
		return fmt.Sprintf("2026-01-05T11:%02d:%02d+0000 %s %s[812]: %s\n", i/60%60, i%60, host, l.Program, line)
	})}
}

func logsJournalJSON(f Facts) map[string]string {
	return map[string]string{"journal.json": eachLine(f, func(l Log, i int, line string) string {
		return jsonText(map[string]any{
			"MESSAGE": line, "_HOSTNAME": f.lineHost(l, line), "_COMM": fmt.Sprintf("%.15s", l.Program), "_PID": "812",
			"_SYSTEMD_UNIT": l.Program + ".service", "__REALTIME_TIMESTAMP": fmt.Sprint(1767610800000000 + i),
		}, "")
	})}
}

// logPod returns the namespace, the pod and the container of a log.
func (f Facts) logPod(l Log) (namespace, pod, container string) {
	switch l.Program {
	case "flanneld":
		return "kube-flannel", "kube-flannel-ds-x7k2p", "kube-flannel"
	case "kube-proxy":
		return "kube-system", "kube-proxy-9qv4z", "kube-proxy"
	}
	return "kube-system", l.Program + "-" + f.hostFor(l.Host), l.Program
}

func logsSyslog(f Facts) map[string]string {
	return map[string]string{"syslog.txt": eachLine(f, func(l Log, i int, line string) string {
		return fmt.Sprintf("<30>1 %s %s %s 812 - - %s\n", stamp(i), f.lineHost(l, line), l.Program, line)
	})}
}

func logsK0s(f Facts) map[string]string {
	return inFiles(f, func(Log) string { return "k0s.log" }, func(l Log, i int, line string) string {
		return fmt.Sprintf("time=\"2026-01-05 11:%02d:%02d\" level=info msg=%q component=%s stream=stderr\n",
			i/60%60, i%60, line, l.Program)
	})
}

// logsCollector has the name of the pod and, where it is known, the host beside each line.
func logsCollector(f Facts) map[string]string {
	return map[string]string{"logs.json": eachLine(f, func(l Log, i int, line string) string {
		namespace, pod, container := f.logPod(l)
		k := map[string]any{"namespace_name": namespace, "pod_name": pod, "container_name": container}
		if host := f.lineHost(l, line); host != "" {
			k["host"] = host
		}
		return jsonText(map[string]any{"@timestamp": stamp(i), "log": line + "\n", "stream": "stderr", "kubernetes": k}, "")
	})}
}

// inFiles prints a file for each log.
func inFiles(f Facts, name func(Log) string, print func(l Log, i int, line string) string) map[string]string {
	out := map[string]string{}
	for _, l := range f.Logs {
		text := ""
		for i, line := range l.Lines {
			text += print(l, i, line)
		}
		out[under(l.Host, name(l))] += text
	}
	return out
}

func stamp(i int) string { return fmt.Sprintf("2026-01-05T11:%02d:%02d.123456789Z", i/60%60, i%60) }

func logsCRI(f Facts) map[string]string {
	return inFiles(f, func(l Log) string {
		namespace, pod, container := f.logPod(l)
		return path.Join("var/log/pods", namespace+"_"+pod+"_"+uid(pod), container, "0.log")
	}, func(_ Log, i int, line string) string { return stamp(i) + " stderr F " + line + "\n" })
}

func logsDocker(f Facts) map[string]string {
	return inFiles(f, func(l Log) string {
		id := hash(l.File, 64)
		return path.Join("var/lib/docker/containers", id, id+"-json.log")
	}, func(_ Log, i int, line string) string {
		return jsonText(struct {
			Log    string `json:"log"`
			Stream string `json:"stream"`
			Time   string `json:"time"`
		}{line + "\n", "stderr", stamp(i)}, "")
	})
}

// logsOf prints a command for each log in one transcript.
func logsOf(f Facts, flag string, print func(l Log, i int, line string) string) map[string]string {
	text := ""
	for _, l := range f.Logs {
		namespace, pod, _ := f.logPod(l)
		out := ""
		for i, line := range l.Lines {
			out += print(l, i, line)
		}
		text += run(bash, l.Host, "kubectl -n "+namespace+" logs "+pod+flag, out)
	}
	return map[string]string{"terminal.txt": text}
}

func logsPrefix(f Facts) map[string]string {
	return logsOf(f, " --prefix", func(l Log, _ int, line string) string {
		_, pod, container := f.logPod(l)
		return "[pod/" + pod + "/" + container + "] " + line + "\n"
	})
}

func logsTimestamps(f Facts) map[string]string {
	return logsOf(f, " --timestamps", func(_ Log, i int, line string) string { return stamp(i) + " " + line + "\n" })
}

func logsStern(f Facts) map[string]string {
	return map[string]string{"stern.txt": eachLine(f, func(l Log, _ int, line string) string {
		_, pod, container := f.logPod(l)
		return pod + " " + container + " " + line + "\n"
	})}
}

// logIn names a log in prose.
func logIn(l Log) string { return "Log of " + l.Program + onHost(l.Host) + ":\n\n" }

func logsQuoted(f Facts) map[string]string {
	text := ""
	for _, l := range f.Logs {
		text += logIn(l) + indented("> ", strings.Join(l.Lines, "\n")+"\n") + "\n"
	}
	return map[string]string{"issue.md": text}
}

func logsFenced(f Facts) map[string]string {
	text := ""
	for _, l := range f.Logs {
		text += logIn(l) + fenced("log", strings.Join(l.Lines, "\n")) + "\n"
	}
	return map[string]string{"issue.md": text}
}

func logsColoured(f Facts) map[string]string {
	return inFiles(f, func(l Log) string { return l.Program + "-coloured.log" }, func(_ Log, _ int, line string) string {
		return "\x1b[33m" + line + "\x1b[0m\n"
	})
}
