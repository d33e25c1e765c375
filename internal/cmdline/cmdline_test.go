package cmdline

import (
	"strings"
	"testing"
)

// Places are those of the text given, whatever was taken off before it was read.
func TestFindPlaces(t *testing.T) {
	for _, in := range []string{
		"\x1b[32mroot@m1\x1b[0m:~# kubeadm init --pod-network-cidr=10.244.0.0/16 --v=5\n",
		"\ufeff# first\r\nkubeadm init \\\r\n  --v=5 \\\r\n  --pod-network-cidr=10.244.0.0/16\r\n",
		"kubeadm init\u00a0--v=5 \u2013pod-network-cidr=10.244.0.0/16",
		"<pre>\nkubeadm init --node-name=&quot;m1&quot; --pod-network-cidr=&quot;10.244.0.0/16&quot;\n</pre>",
		`{"log":"time=\"2026-01-05\" level=info msg=\"Running kube-proxy --v=2 --pod-network-cidr=10.244.0.0/16\"\n"}`,
		"    k3s.io/node-args: \"[\\\"server\\\",\\\"--pod-network-cidr\\\",\\\"10.244.0.0/16\\\"]\"\n",
	} {
		lines := Find([]byte(in))
		if len(lines) != 1 {
			t.Errorf("Find(%q) = %q, want one line", in, renderAll(lines))
			continue
		}
		a, ok := lines[0].Arg("pod_network_cidr")
		value := strings.Index(in, "10.244.0.0/16")
		flag := strings.Index(in, "pod-network-cidr")
		if !ok || a.ValuePos != value || a.Value != "10.244.0.0/16" || a.Pos < flag-3 || a.Pos >= flag {
			t.Errorf("Find(%q): %+v, want the flag before %d and its value at %d", in, a, flag, value)
		}
		if line, column := Place([]byte(in), value); line != 1+strings.Count(in[:value], "\n") || column < 1 {
			t.Errorf("Place(%q, %d) = %d:%d", in, value, line, column)
		}
	}
}

func TestPlace(t *testing.T) {
	text := []byte("ab\ncäd\n")
	for _, tt := range []struct{ offset, line, column int }{
		{-1, 1, 1}, {0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {6, 2, 3}, {8, 3, 1}, {99, 3, 1},
	} {
		if line, column := Place(text, tt.offset); line != tt.line || column != tt.column {
			t.Errorf("Place(%q, %d) = %d:%d, want %d:%d", text, tt.offset, line, column, tt.line, tt.column)
		}
	}
}

// The tables hold what the code takes from them.
func TestTables(t *testing.T) {
	for i, p := range programs {
		if programNamed(p.name) != i {
			t.Errorf("programNamed(%q) = %d, want %d", p.name, programNamed(p.name), i)
		}
		for _, field := range strings.Fields(p.flags) {
			name, k, _ := strings.Cut(field, "=")
			if !isName(name) || k != "" && !strings.Contains("sbcai", k) {
				t.Errorf("%s: flag %q", p.name, field)
			}
		}
	}
	for _, v := range variables {
		if _, ok := byName[v.program]; !ok {
			t.Errorf("variable %s of unknown program %q", v.prefix, v.program)
		}
	}
	for _, name := range strings.Fields(bearing) {
		if flagOwners[name] == 0 {
			t.Errorf("no program has --%s", name)
		}
	}
	for f := range frameNames {
		if (Frame(f).String() == "") != (f == 0) {
			t.Errorf("Frame(%d).String() = %q", f, Frame(f))
		}
	}
}
