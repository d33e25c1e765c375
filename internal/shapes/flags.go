package shapes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// logOfProcessFrames show flags in what programs write as they start.
func logOfProcessFrames() []Frame {
	return []Frame{
		{
			Name:  "FLAG lines of a log",
			Needs: func(f Facts) bool { return hasProcesses(f) && flagsOnce(f) },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Processes), flagLines(f)) },
		},
		{
			Name:  "Running lines of k3s",
			Needs: func(f Facts) bool { return hasProcesses(f) && k3sRuns(f) },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Processes), runningLines(f)) },
			Loses: unversioned,
		},
		{
			Name:  "Running lines of k3s in a journal",
			Needs: func(f Facts) bool { return hasProcesses(f) && k3sRuns(f) && hostsKnown(f) },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Processes), runningJournal(f)) },
			Loses: unversioned,
		},
		{
			Name:  "Running lines of an early k3s",
			Needs: func(f Facts) bool { return hasProcesses(f) && k3sRuns(f) },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Processes), runningEarly(f)) },
			Loses: unversioned,
		},
	}
}

// flagsOnce reports whether no flag is given twice: a log tells the value that counts.
func flagsOnce(f Facts) bool {
	for _, p := range f.Processes {
		seen := map[string]bool{}
		for _, a := range p.Argv[1:] {
			name, _, _ := strings.Cut(a, "=")
			if seen[name] || !strings.HasPrefix(name, "--") {
				return false
			}
			seen[name] = true
		}
	}
	return true
}

// k3sRuns reports whether the line of k3s shows where each argument ends.
func k3sRuns(f Facts) bool {
	return noBlanks(f)
}

// effective returns flags as a program prints them, with the defaults of those about ranges that are the same in
// all releases.
func effective(p Process) map[string]string {
	out := map[string]string{}
	switch p.Program {
	case "kube-controller-manager":
		out = map[string]string{
			"--allocate-node-cidrs": "false", "--cluster-cidr": "", "--service-cluster-ip-range": "",
			"--cidr-allocator-type": "RangeAllocator",
		}
	case "kube-apiserver":
		out = map[string]string{"--service-cluster-ip-range": "", "--advertise-address": "<nil>"}
	case "kube-proxy":
		out = map[string]string{"--cluster-cidr": ""}
	}
	for _, a := range p.Argv[1:] {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			value = "true"
		}
		out[name] = value
	}
	return out
}

func flagLines(f Facts) map[string]string {
	out := map[string]string{}
	for _, p := range f.Processes {
		var b strings.Builder
		flags := effective(p)
		for _, name := range slices.Sorted(maps.Keys(flags)) {
			fmt.Fprintf(&b, "I0105 11:02:00.123456       1 flags.go:64] FLAG: %s=%q\n", name, flags[name])
		}
		if v := version(p.Image); v != "" {
			fmt.Fprintf(&b, "I0105 11:02:00.423456       1 server.go:151] Version: %s\n", v)
		}
		out[under(p.Host, p.Program+"-start.log")] = b.String()
	}
	return out
}

func runningLine(p Process) string {
	message := "Running " + p.Program + strings.TrimPrefix(p.line(), p.Argv[0])
	return fmt.Sprintf("time=\"2026-01-05T11:02:00Z\" level=info msg=%q\n", message)
}

func runningLines(f Facts) map[string]string {
	return eachHost(f, "k3s.log", func(ps []Process) string {
		var b strings.Builder
		for _, p := range ps {
			b.WriteString(runningLine(p))
		}
		return b.String()
	})
}

func runningJournal(f Facts) map[string]string {
	text := "-- Journal begins at Mon 2026-01-05 10:00:00 UTC, ends at Mon 2026-01-05 11:42:00 UTC. --\n"
	for _, p := range f.Processes {
		text += "Jan 05 11:02:00 " + p.Host + " k3s[1234]: " + runningLine(p)
	}
	return map[string]string{"journal.txt": text}
}

func runningEarly(f Facts) map[string]string {
	return eachHost(f, "k3s.log", func(ps []Process) string {
		var b strings.Builder
		for _, p := range ps {
			words := []string{"INFO[2019-01-22T15:16:20.196880841+01:00] Running", p.Program}
			for _, a := range p.Argv[1:] {
				name, value, _ := strings.Cut(a, "=")
				switch value {
				case "true":
					words = append(words, name)
				case "", "false":
					words = append(words, a)
				default:
					words = append(words, name, value)
				}
			}
			b.WriteString(strings.Join(words, " ") + " \n")
		}
		return b.String()
	})
}
