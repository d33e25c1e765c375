package paste

import (
	"bytes"
	"math/rand"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// reporter is what tests, properties and fuzz targets have in common.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A span is a stretch of the input that a segment holds.
type span struct{ from, to, segment int }

// spans lists what each segment holds of the input. What no span holds belongs to a frame.
func spans(segments []Segment) []span {
	var list []span
	for i := range segments {
		s := &segments[i]
		for k, r := range s.runs {
			end := len(s.Data)
			if k+1 < len(s.runs) {
				end = s.runs[k+1].pos
			}
			if r.exact && end > r.pos {
				// The end of a line that was decoded or joined is the frame's.
				for end > r.pos && r.src+end-r.pos > len(s.origin.text) {
					end--
				}
				list = append(list, span{r.src, r.src + end - r.pos, i})
			}
		}
	}
	sort.Slice(list, func(i, k int) bool { return list[i].from < list[k].from })
	return list
}

// verify checks the invariants of Cut.
func verify(t reporter, input string, segments []Segment) {
	t.Helper()
	if len(segments) == 0 {
		t.Fatalf("no segment")
	}
	lines := strings.Split(string(first(string(mustDecode(input)), input)), "\n")
	for i := range segments {
		s := &segments[i]
		if s.Kind == "" {
			t.Fatalf("segment %d has no kind", i)
		}
		if s.origin == nil {
			if len(segments) != 1 || string(s.Data) != input {
				t.Fatalf("segment %d of %d is the input, and is not", i, len(segments))
			}
			return
		}
		verifyPlaces(t, lines, s)
	}
	list := spans(segments)
	end := 0
	for _, sp := range list {
		if sp.from < end && strings.TrimSpace(segments[0].origin.text[sp.from:min(end, sp.to)]) != "" {
			t.Fatalf("bytes %d to %d, %q, belong to two segments or twice to one", sp.from, end, segments[0].origin.text[sp.from:min(end, sp.to)])
		}
		end = max(end, sp.to)
	}
}

func mustDecode(input string) []byte {
	text, _ := decode([]byte(input))
	return text
}

// verifyPlaces checks that each byte that was not decoded stands at its place.
func verifyPlaces(t reporter, lines []string, s *Segment) {
	t.Helper()
	line, column := 1, 1
	for i, ch := range s.Data {
		k := sort.Search(len(s.runs), func(k int) bool { return s.runs[k].pos > i }) - 1
		l, c := s.Place(line, column)
		if l < 1 || l > len(lines) || c < 1 || c > len(lines[l-1])+1 {
			t.Fatalf("Place(%d, %d) = %d:%d, outside of the input", line, column, l, c)
		}
		if ch != '\n' && s.runs[k].exact && lines[l-1][c-1] != ch {
			t.Fatalf("Place(%d, %d) = %d:%d: %q there, %q here", line, column, l, c, lines[l-1][c-1], ch)
		}
		if column++; ch == '\n' {
			line, column = line+1, 1
		}
	}
}

// pieces are lines of all frames. Random texts are made of them.
var pieces = []string{
	"root@m1:~# cat /run/flannel/subnet.env", "[root@m1 ~]# ", "$ kubectl get nodes -o yaml", "# cat /etc/x.conf", "➜  ~ ip route", "PS C:\\> kubectl get nodes",
	"FLANNEL_NETWORK=10.244.0.0/16", "apiVersion: v1", "kind: List", "items:", "- a: b", "{", `  "a": "10.0.0.0/8"`, "}", `{"a": 1}`, `{"log":"a\u0041\nb\n","stream":"stderr","time":"x"}`, `{"log":"half","stream":"stderr","time":"x"}`,
	"```", "```yaml", "~~~", "> quoted", "> > twice", ">", "", "    indented", "\ttab", "<pre>", "&lt;a&gt;</pre>", "<details><summary>/etc/a.conf</summary>", "<!-- note", "-->",
	"The file /etc/kubernetes/x.yaml on node m2 is this:", "## m3", "# m4", "==> /etc/a <==", "=== m5 ===", "==== START logs for container c of pod a/b ====", "==== END logs for container c of pod a/b ====",
	"Jan 05 12:00:00 m1 kubelet[12]: text 10.0.0.0/24", "2026-01-05T12:00:00.1Z stderr F I0105 text", "2026-01-05T12:00:00.1Z stderr P part", `time="2026-01-05T12:00:00Z" level=info msg="a \"b\"\nc" x=y`,
	"[pod/kube-apiserver-m1/kube-apiserver] text", "m1: inet 10.0.0.1/24", "m2: inet 10.0.0.2/24", "NAME  STATUS  AGE", "m1    Ready   5d", "cat <<EOF | sudo tee /etc/x", "$ cat > /etc/y <<'EOF'", "EOF", `\\ and \$x`, "> EOF",
	"10.244.0.0/24root@m1:~# ls", "\x1b[32mgreen\x1b[0m", "a\rb", "x\by", "│ framed │", "1  one", "2  two", "\u00a0space", "kubeadm init \\", "> --pod-network-cidr=10.244.0.0/16", "echo 'open", "m1 | CHANGED | rc=0 >>",
	strings.Repeat("x", 60) + " --flag=10.24", "4.0.0/16 --more", "\xffno UTF-8", "package main", "func main() {", "I0105 12:00:00.1 1 a.go:1] --- text", "@@ -1,2 +1,2 @@",
}

// text makes a text of pieces.
func text(pick func(n int) int) string {
	var b strings.Builder
	for range pick(24) {
		b.WriteString(pieces[pick(len(pieces))])
		if pick(30) > 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestCutProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := text(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") })
		name := rapid.SampledFrom([]string{"", "a.md", "a.yaml", "a.txt", "a.sh", "a.log"}).Draw(t, "name")
		segments := Cut(name, []byte(input))
		verify(t, input, segments)
		if again := Cut(name, []byte(input)); format(again) != format(segments) {
			t.Fatalf("two calls differ:\n%s\n%s", format(segments), format(again))
		}
	})
}

// TestCutKeepsRanges checks that no frame swallows what looks like a range.
func TestCutKeepsRanges(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 20_000 {
		input := text(r.Intn)
		var all bytes.Buffer
		segments := Cut("", []byte(input))
		for _, s := range segments {
			all.Write(s.Data)
			all.WriteByte('\n')
		}
		for _, want := range []string{"FLANNEL_NETWORK=10.244.0.0/16", `"10.0.0.0/8"`, "text 10.0.0.0/24", "inet 10.0.0.1/24", "--pod-network-cidr=10.244.0.0/16", "m1    Ready"} {
			if in, out := strings.Count(input, want), strings.Count(all.String(), want); in > out {
				t.Fatalf("%q %d times in, %d times out:\n%s\n----\n%s", want, in, out, input, format(segments))
			}
		}
	}
}

func FuzzCut(f *testing.F) {
	r := rand.New(rand.NewSource(1))
	for range 50 {
		f.Add("a.txt", text(r.Intn))
	}
	f.Fuzz(func(t *testing.T, name, input string) {
		segments := Cut(name, []byte(input))
		verify(t, input, segments)
		if utf8.ValidString(input) {
			for _, s := range segments {
				if !utf8.Valid(s.Data) {
					t.Fatalf("not UTF-8: %q", s.Data)
				}
			}
		}
	})
}
