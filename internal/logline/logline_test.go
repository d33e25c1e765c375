package logline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	const klog = "E0628 13:14:30.400034       1 range_allocator.go:260] "
	said := Line{Text: "no CIDR", Severity: 'E', Time: "0628 13:14:30.400034", Source: "range_allocator.go:260"}
	with := func(l Line, change func(*Line)) Line { change(&l); return l }
	for _, tt := range []struct {
		reason, line string
		want         Line
	}{
		{"nothing", "", Line{}},
		{"no header", "  no CIDR", Line{Text: "no CIDR", Offset: 2}},
		{"the bracket of kubeadm is text", "[init] Using", Line{Text: "[init] Using"}},
		{"klog", klog + "no CIDR", with(said, func(l *Line) { l.Offset = len(klog) })},
		{"klog's own header, not the one that the text quotes", klog + klog, with(said, func(l *Line) { l.Text, l.Offset = klog, len(klog) })},
		{"the space at the end was trimmed", strings.TrimSpace(klog), with(said, func(l *Line) { l.Text, l.Offset = "", len(klog)-1 })},
		{"journald", "Nov 23 05:57:29 cp1 kubelet[812]: " + klog + "no CIDR", with(said, func(l *Line) {
			l.Offset, l.Host, l.Program = len("Nov 23 05:57:29 cp1 kubelet[812]: ")+len(klog), "cp1", "kubelet"
		})},
		{"journald with ISO time", "2026-01-01T00:00:00+0000 cp1 kubelet: x", Line{Text: "x", Offset: 38, Host: "cp1", Program: "kubelet"}},
		{"CRI", "2026-01-01T00:00:00.000000000Z stderr F " + klog + "no CIDR", with(said, func(l *Line) { l.Offset = 40 + len(klog) })},
		{"kubectl logs --timestamps", "2026-01-01T00:00:00Z no CIDR", Line{Text: "no CIDR", Offset: 21}},
		{"kubectl logs --prefix", "[pod/kcm-cp1/kcm] " + klog + "no CIDR", with(said, func(l *Line) {
			l.Offset, l.Pod, l.Container = 18+len(klog), "kcm-cp1", "kcm"
		})},
		{"a prefix that nobody knows, before klog's header", "kube-flannel-ds-x kube-flannel " + klog + "no CIDR", with(said, func(l *Line) { l.Offset = 31 + len(klog) })},
		{"Docker", `{"log":"` + klog + `no CIDR\n","stream":"stderr"}`, said},
		{"Docker, escaped", `{"log":"node \"a\" \u003cnil\u003e\n","stream":"stderr"}`, Line{Text: `node "a" <nil>`}},
		{"Docker, cut off", `{"log":"no CIDR\n","stream":"std`, Line{Text: "no CIDR", Offset: 8}},
		{"Docker with klog's header, cut off", `{"log":"` + klog + `no CIDR\n","stream":"std`, with(said, func(l *Line) { l.Offset = 8 + len(klog) })},
		{"klog's JSON", `{"ts":1.5,"caller":"ipam/range_allocator.go:260","msg":"no CIDR","node":"a","err":"full"}`,
			Line{Text: `no CIDR err="full" node="a"`, Source: "range_allocator.go:260"}},
		{"klog's JSON in Docker's", `{"log":"{\"caller\":\"a.go:1\",\"msg\":\"no CIDR\"}\n","stream":"stderr"}`, Line{Text: "no CIDR", Source: "a.go:1"}},
		{"an object of something else", `{"kind":"Node"}`, Line{Text: `{"kind":"Node"}`}},
		{"logrus", `time="2026-01-01T00:00:00Z" level=error msg="no CIDR"`, Line{Text: "no CIDR", Offset: 45}},
	} {
		if d := cmp.Diff(tt.want, Split(tt.line)); d != "" {
			t.Errorf("%s: Split(%q) (-want +got):\n%s", tt.reason, tt.line, d)
		}
	}
}

func TestFile(t *testing.T) {
	for source, want := range map[string]string{"": "", "main.go:384": "main.go", "main.go": "main.go"} {
		if got := (Line{Source: source}).File(); got != want {
			t.Errorf("File of %q is %q, want %q", source, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`{"log":"E0628 13:14:30.400034 1 a.go:2] x\n","stream":"stderr"}`)
	f.Add(`[pod/a/b] 2026-01-01T00:00:00Z stderr F time="x" level=info msg="y"`)
	f.Fuzz(func(t *testing.T, line string) {
		l := Split(line)
		if l.Offset < 0 || l.Offset > len(line) {
			t.Fatalf("Split(%q): offset %d of %d bytes", line, l.Offset, len(line))
		}
		if rest := line[l.Offset:]; !strings.HasPrefix(rest, l.Text) && !strings.HasPrefix(rest, "{") {
			t.Fatalf("Split(%q): text %q does not stand at %d", line, l.Text, l.Offset)
		}
	})
}
