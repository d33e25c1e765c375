// Package logline takes off a line of a log what container runtimes, journald, kubectl and the logging libraries put in
// front of, or around, what the program says.
package logline

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A Line is a line without its headers. What no header tells is "".
type Line struct {
	Text      string // what the program says
	Offset    int    // of Text in the line, in bytes; where Text is the value of a JSON string, of the object that has it
	Host      string // journald: on which it was said
	Program   string // journald: "kubelet"
	Pod       string // kubectl logs --prefix: "kube-controller-manager-cp1"
	Container string // kubectl logs --prefix: "kube-controller-manager"
	Severity  byte   // klog: 'I', 'W', 'E' or 'F'; 0 without its header
	Time      string // klog: month, day and time, as written
	Source    string // klog: file and line of the program's source, "main.go:384"
}

// File returns the file of l.Source, "main.go".
func (l Line) File() string {
	file, _, _ := strings.Cut(l.Source, ":")
	return file
}

// The headers, outer ones first.
var (
	// [pod/kube-controller-manager-cp1/kube-controller-manager] of kubectl logs --prefix
	podHeader = regexp.MustCompile(`^\[pod/([-a-z0-9.]+)/([-a-z0-9.]+)\] `)
	// Nov 23 05:57:29 cp1 kubelet[812]: or 2026-01-01T00:00:00+0000 cp1 kubelet[812]:
	syslogHeader = regexp.MustCompile(`^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+) ([A-Za-z0-9][-A-Za-z0-9.]*) ([A-Za-z0-9_./-]+)(?:\[\d+\])?: `)
	// 2026-01-01T00:00:00.000000000Z stderr F
	criHeader = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\S+ (?:(?:stdout|stderr) [FP] )?`)
	// E0628 13:14:30.400034       1 range_allocator.go:260] of klog and of glog, which are the same
	klogHeader = regexp.MustCompile(`([IWEF])(\d{4} \d\d:\d\d:\d\d\.\d+) +\d+ ([^\s:\]]+:\d+)\] ?`)
	// time="2026-01-01T00:00:00Z" level=error msg="..." of k3s, RKE2 and containerd
	logrusHeader = regexp.MustCompile(`^time="?[^" ]+"? level=\w+ msg="`)
)

// What Docker's json-file driver puts around a line that is cut off, so that it is no JSON.
const (
	dockerStart = `{"log":"`
	dockerEnd   = `\n","stream":`
)

// maxDepth is how many objects may stand in each other: klog's in Docker's.
const maxDepth = 2

// Split takes the headers off a line. A header of klog is found wherever it stands, so what stands before it may be
// anything.
func Split(line string) Line {
	return split(line, 0)
}

// split is Split for a line that stands in so many others.
func split(line string, depth int) Line {
	l := Line{Text: line}
	cut := func(n int) {
		l.Text = l.Text[n:]
		l.Offset += n
	}
	cut(len(l.Text) - len(strings.TrimLeft(l.Text, " \t")))
	if m := podHeader.FindStringSubmatch(l.Text); m != nil {
		cut(len(m[0]))
		l.Pod, l.Container = m[1], m[2]
	}
	if m := syslogHeader.FindStringSubmatch(l.Text); m != nil {
		cut(len(m[0]))
		l.Host, l.Program = m[1], m[2]
	} else if m := criHeader.FindString(l.Text); m != "" {
		cut(len(m))
	}
	if depth < maxDepth && strings.HasPrefix(l.Text, "{") && l.json(depth) {
		return l
	}
	if at := klogHeader.FindStringSubmatchIndex(l.Text); at != nil {
		l.Severity, l.Time, l.Source = l.Text[at[2]], l.Text[at[4]:at[5]], l.Text[at[6]:at[7]]
		cut(at[1])
	} else if m := logrusHeader.FindString(l.Text); m != "" {
		cut(len(m))
		l.Text = strings.TrimSuffix(l.Text, `"`)
	} else if strings.HasPrefix(l.Text, dockerStart) {
		cut(len(dockerStart))
	}
	l.Text, _, _ = strings.Cut(l.Text, dockerEnd)
	return l
}

// json reads l.Text as an object of Docker or of klog, and reports whether it is one.
func (l *Line) json(depth int) bool {
	var j struct{ Log, Msg, Err, Error, Node, Caller string }
	if json.Unmarshal([]byte(l.Text), &j) != nil {
		return false
	}
	switch {
	case j.Log != "": // Docker's json-file
		in := split(strings.TrimRight(j.Log, "\n"), depth+1)
		l.Text, l.Severity, l.Time, l.Source = in.Text, in.Severity, in.Time, in.Source
		return true
	case j.Msg != "": // klog's JSON format
		l.Text = j.Msg
		for _, kv := range [][2]string{{"err", j.Err}, {"error", j.Error}, {"node", j.Node}} {
			if kv[1] != "" {
				l.Text += " " + kv[0] + `="` + kv[1] + `"`
			}
		}
		l.Source = j.Caller[strings.LastIndexByte(j.Caller, '/')+1:]
		return true
	}
	return false
}
