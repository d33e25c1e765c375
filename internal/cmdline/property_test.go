package cmdline

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/hostile"
)

// vector is an argument vector as a program gets it.
type vector struct {
	program string
	args    []Arg
}

// words returns the arguments as --name=value.
func (v vector) words() []string {
	var out []string
	for _, a := range v.args {
		w := "--" + a.Name
		if a.HasValue {
			w += "=" + a.Value
		}
		out = append(out, w)
	}
	return out
}

func (v vector) all() []string { return append([]string{v.program}, v.words()...) }

// A printer writes a vector as a tool shows it. It follows the tool, not the reader.
type printer struct {
	frame Frame
	print func(v vector) string
}

func quoteAll(words []string) string {
	b, _ := json.Marshal(words)
	return string(b)
}

var printers = map[string]printer{
	"ps aux": {PS, func(v vector) string {
		return "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\n" +
			"root      2211  4.0  1.1 202012 92312 ?        Ssl  11:02   3:41 /usr/local/bin/" + strings.Join(v.all(), " ") + "\nroot 3 0.0 0.0 0 0 ? S 11:02 0:00 [kthreadd]\n"
	}},
	"ps -ef": {PS, func(v vector) string {
		return "root      2211  2100  4 11:02 ?        00:03:41 " + strings.Join(v.all(), " ") + "\n"
	}},
	"ps axf": {PS, func(v vector) string {
		return " 2100 ?        Sl     0:01 containerd-shim\n 2211 ?        Ssl    3:41  \\_ " + strings.Join(v.all(), " ") + "\n"
	}},
	"pgrep -a": {PS, func(v vector) string { return "2211 " + strings.Join(v.all(), " ") + "\n" }},
	"status": {Status, func(v vector) string {
		return "     CGroup: /system.slice/x.service\n             └─2211 /usr/bin/" + strings.Join(v.all(), " ") + "\n"
	}},
	"unit": {Unit, func(v vector) string {
		return "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/bin/" + strings.Join(v.all(), " \\\n  ") + "\nRestart=always\n"
	}},
	"cmdline": {ProcFile, func(v vector) string { return strings.Join(v.all(), "\x00") + "\x00" }},
	"docker inspect": {Inspect, func(v vector) string {
		words := v.words()
		b, _ := json.MarshalIndent([]any{map[string]any{"Id": "4f", "Path": v.program, "Args": words}}, "", "    ")
		s := string(b) // json sorts the keys; docker has Path before Args
		i, j := strings.Index(s, `"Args"`), strings.Index(s, `"Id"`)
		return s[:i] + `"Path": "` + v.program + "\",\n        " + strings.TrimRight(strings.TrimSpace(s[i:j]), ",") + "\n    }\n]\n"
	}},
	"crictl inspect": {Inspect, func(v vector) string {
		b, _ := json.MarshalIndent(map[string]any{"info": map[string]any{"runtimeSpec": map[string]any{"process": map[string]any{"args": v.all()}}}}, "", "  ")
		return string(b)
	}},
	"docker ps": {Inspect, func(v vector) string {
		return "4f2a9c0d1e2f   sha256:12   " + `"` + strings.Join(v.all(), " ") + `"` + "   2 days ago   Up 2 days   k8s_x_0\n"
	}},
	"describe": {Describe, func(v vector) string {
		return "Name: x\nContainers:\n  x:\n    Command:\n      " + strings.Join(v.all(), "\n      ") + "\n    State:  Running\n"
	}},
	"jsonpath": {List, func(v vector) string { return quoteAll(v.all()) + "root@m1:~# " }},
	"Go list":  {List, func(v vector) string { return "[" + strings.Join(v.all(), " ") + "]\n" }},
	"grep": {Manifest, func(v vector) string {
		p := "/etc/kubernetes/manifests/" + v.program + ".yaml:"
		return p + "    - " + strings.Join(v.words(), "\n"+p+"    - ") + "\n"
	}},
	"piece": {Manifest, func(v vector) string {
		return "  - command:\n    - " + strings.Join(v.all(), "\n    - ") + "\n    image: x\n"
	}},
	"Running": {Started, func(v vector) string {
		return fmt.Sprintf("Jan 05 12:00:00 m1 k3s[12]: time=\"2026-01-05T12:00:00Z\" level=info msg=%q\n", "Running "+strings.Join(v.all(), " "))
	}},
	"Running, two words": {Started, func(v vector) string {
		return "INFO[0003] Running " + strings.Replace(strings.Join(v.all(), " "), "=", " ", -1) + " \n"
	}},
	"FLAG": {FlagLog, func(v vector) string {
		var b strings.Builder
		for _, a := range v.args {
			value := a.Value
			if !a.HasValue {
				value = "true"
			}
			fmt.Fprintf(&b, "Jan 05 12:00:00 m1 %s[7]: I0105 12:00:00.123456    1234 flags.go:64] FLAG: --%s=%q\n", v.program, a.Name, value)
		}
		return b.String()
	}},
	"shell": {Typed, func(v vector) string { return "[root@m1 ~]# " + strings.Join(v.all(), " \\\n> ") + "\n" }},
	"script": {Typed, func(v vector) string {
		return "#!/bin/sh\nexec " + v.program + " '" + strings.Join(v.words(), "' \\\n  '") + "' >/var/log/x 2>&1 &\n"
	}},
	"journal": {Journal, func(v vector) string {
		b, _ := json.Marshal(map[string]string{"MESSAGE": "x", "_CMDLINE": strings.Join(v.all(), " "), "_HOSTNAME": "m1"})
		return string(b) + "\n"
	}},
	"args": {ArgsFile, func(v vector) string {
		return "$ cat /var/snap/microk8s/current/args/" + v.program + "\n" + strings.Join(v.words(), "\n") + "\n"
	}},
}

func drawVector(t *rapid.T) vector {
	p := rapid.SampledFrom([]int{0, 1, 2, 3, 5, 9}).Draw(t, "program")
	fields := strings.Fields(programs[p].flags)
	v := vector{program: programs[p].name}
	seen := map[string]bool{}
	for range rapid.IntRange(1, 6).Draw(t, "n") {
		name, k, _ := strings.Cut(rapid.SampledFrom(fields).Draw(t, "flag"), "=")
		if len(name) < 2 || name == "help" || seen[name] {
			continue
		}
		seen[name] = true
		a := Arg{Name: name, HasValue: true}
		switch kind(append([]byte(k), 's')[0]) {
		case boolean:
			a.HasValue = false
		case cidrs:
			a.Value = rapid.SampledFrom([]string{"10.244.0.0/16", "10.244.0.0/16,fd00::/56", "fd00:10::/108"}).Draw(t, "cidr")
		case addrs:
			a.Value = rapid.SampledFrom([]string{"10.96.0.10", "0.0.0.0", "fd00::1"}).Draw(t, "addr")
		case integer:
			a.Value = rapid.SampledFrom([]string{"0", "24", "110"}).Draw(t, "int")
		default:
			a.Value = rapid.StringMatching(`[a-z/][a-zA-Z0-9/_.:-]{0,10}[a-z0-9]`).Draw(t, "text")
		}
		v.args = append(v.args, a)
	}
	if len(v.args) == 0 {
		v.args = []Arg{{Name: "v", Value: "2", HasValue: true}}
	}
	return v
}

func TestFindPrinted(t *testing.T) {
	for name, p := range printers {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			v := drawVector(t)
			in := p.print(v)
			lines := Find([]byte(in))
			if len(lines) != 1 {
				t.Fatalf("Find(%q) = %q, want one line", in, renderAll(lines))
			}
			l := lines[0]
			var got, want []string
			for i, a := range l.Args {
				got = append(got, a.Name+"="+a.Value)
				if !strings.HasPrefix(in[a.Pos:], "--"+a.Name) && !strings.HasPrefix(in[a.Pos+1:], "--"+a.Name) {
					t.Errorf("Find(%q): argument %d at %d: %.20q", in, i, a.Pos, in[a.Pos:])
				}
				if a.HasValue && !strings.HasPrefix(in[a.ValuePos:], a.Value) {
					t.Errorf("Find(%q): value of argument %d at %d: %.20q, want %q", in, i, a.ValuePos, in[a.ValuePos:], a.Value)
				}
			}
			for _, a := range v.args {
				if p.frame == FlagLog && !a.HasValue {
					a.Value = "true"
				}
				want = append(want, a.Name+"="+a.Value)
			}
			if diff := cmp.Diff(want, got); diff != "" || l.Program != v.program || l.Frame != p.frame {
				t.Errorf("Find(%q) = %s of %s, arguments (-want +got):\n%s", in, l.Frame, l.Program, diff)
			}
		}))
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s.in))
	}
	for _, n := range negatives {
		f.Add([]byte(n.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		end := 0
		for _, l := range Find(in) {
			if l.Frame == 0 || l.Program == "" && len(l.Candidates) == 0 {
				t.Errorf("Find(%q): a line without frame or program", in)
			}
			if l.Pos < 0 || l.End < l.Pos || l.End > len(in) {
				t.Errorf("Find(%q): line %s at [%d:%d]", in, render(l), l.Pos, l.End)
			}
			for _, a := range l.Args {
				if a.Pos < 0 || a.ValuePos < a.Pos || a.End < a.Pos || a.End > len(in) {
					t.Errorf("Find(%q): %s: --%s at %d, %d, %d", in, render(l), a.Name, a.Pos, a.ValuePos, a.End)
				}
			}
			end = max(end, l.End)
		}
	})
}

var hostileTexts = []hostile.Text{
	hostile.Fill("open quotes", "kubeadm init ", "\"kube-proxy --a='", "\n"),
	hostile.Fill("quotes on lines", "", "kubeadm init '\n", ""),
	hostile.Fill("brackets", "kube-proxy --x ", `["[\"--a`, ""),
	hostile.Fill("arrays", "", `["kube-proxy","--cluster-cidr=10.0.0.0/8",`, ""),
	hostile.Fill("array of strings", `{"args": ["kube-proxy"`, `,"--v=2"`, ""),
	hostile.Fill("FLAG", "", "FLAG: --cluster-cidr=\"10.244.0.0/16\"\n", ""),
	hostile.Fill("flags", "kube-proxy ", "--cluster-cidr=10.0.0.0/8 ", ""),
	hostile.Fill("items", "", "    - --cluster-cidr=10.0.0.0/8\n", ""),
	hostile.Fill("JSON items", "", "  \"--cluster-cidr=10.0.0.0/8\",\n", "  x()\n"),
	hostile.Fill("args", "", "--cluster-cidr=10.0.0.0/8\n", "x y z\n"),
	hostile.Fill("continued", "", "ExecStart=kube-proxy --v=2 \\\n", ""),
	hostile.Fill("variable", "KUBE_PROXY_OPTS=\"", "--v=2 \\\n", ""),
	hostile.Fill("variables", "", "KUBE_PROXY_OPTS=\"--v=2\n", ""),
	hostile.Fill("prompts", "", "root@m1:~# kubeadm init\n", ""),
	hostile.Fill("comments", "", "# kubeadm init --v=5\n", ""),
	hostile.Fill("commands", "kubeadm init", " && kubeadm init --v=5", ""),
	hostile.Fill("resets", "", "ExecStart=kube-proxy --v=2\nExecStart=\n", ""),
	hostile.Fill("units", "", "ExecStart=kube-proxy --v=2\n", "ExecStart=\n"),
	hostile.Fill("wrappers", "sudo ", "sudo env A=b ", "kubeadm init --v=5"),
	hostile.Fill("Running", "", `msg="Running kube-proxy --v=2\"`, ""),
	hostile.Fill("NUL", "", "kube-proxy\x00--v\x00", ""),
	hostile.Fill("placeholders", "kubeadm init --v=", "<a$(b${c{{d`", ""),
	hostile.Fill("escapes", "kube-proxy --v=", "\x1b[\u2013-\u00a0&quot;&#", ""),
	hostile.Fill("inspect", "", "\"Path\": \"kube-proxy\",\n\"Args\": [\n", ""),
	hostile.Fill("nothing", "", "-- kube ", ""),
	hostile.Fill("describe", "", "Command:\n  Command:\n", " --v=2\n"),
}

var finders = []hostile.Reader{{Name: "Find", Read: func(data []byte) { Find(data) }}}

func TestHostile(t *testing.T) { hostile.Test(t, finders, hostileTexts) }

func BenchmarkHostile(b *testing.B) { hostile.Bench(b, finders, hostileTexts) }

func BenchmarkFind(b *testing.B) {
	texts := map[string]string{
		"nothing": strings.Repeat("a line of a log that has nothing to do with it 10.0.0.1 -- x\n", 10<<14),
		"flags":   strings.Repeat(printers["ps aux"].print(vector{"kube-proxy", []Arg{{Name: "cluster-cidr", Value: "10.0.0.0/8", HasValue: true}}}), 5000),
		"source":  strings.Repeat("\t// kubeadm reads --config and the kubelet's flags, see kube-proxy\n\tif err != nil { return err }\n", 10<<12),
	}
	for name, s := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				Find([]byte(s))
			}
		})
	}
}
