package paste

import (
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/hostile"
)

const node = `- apiVersion: v1
  kind: Node
  metadata:
    name: worker-0001
    labels:
      kubernetes.io/hostname: worker-0001
  spec:
    podCIDR: 10.244.1.0/24
    podCIDRs:
    - 10.244.1.0/24
  status:
    addresses:
    - address: 10.0.2.15
      type: InternalIP
`

const session = `root@m1:~# cat /run/flannel/subnet.env
FLANNEL_NETWORK=10.244.0.0/16
FLANNEL_SUBNET=10.244.0.1/24
FLANNEL_MTU=1450
FLANNEL_IPMASQ=true
root@m1:~# ip route
default via 10.0.2.1 dev eth0 proto dhcp src 10.0.2.15 metric 100
10.0.2.0/24 dev eth0 proto kernel scope link src 10.0.2.15
10.244.0.0/24 dev cni0 proto kernel scope link src 10.244.0.1
10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
root@m1:~# kubectl get nodes -o wide
NAME   STATUS   ROLES           AGE   VERSION   INTERNAL-IP   EXTERNAL-IP
m1     Ready    control-plane   5d    v1.30.1   10.0.2.15     <none>
m2     Ready    <none>          5d    v1.30.1   10.0.2.16     <none>
`

// repeat returns unit again and again, up to size bytes, behind head.
func repeat(head, unit string, size int) []byte {
	return []byte(head + strings.Repeat(unit, (size-len(head))/len(unit)))
}

func BenchmarkCut(b *testing.B) {
	const size = 10 << 20
	for _, bb := range []struct {
		name string
		data []byte
	}{
		{"plain YAML", repeat("apiVersion: v1\nitems:\n", node, size)},
		{"plain text", repeat("", "Name:   a\n\n  b c\nx y z 10.0.0.0/8\n", size)},
		{"transcript", repeat("", session, size)},
		{"journal", repeat("", "Jan 05 12:00:00 m1 kubelet[1234]: I0105 12:00:00.123456    1234 kubelet.go:56] text of a message\n", size)},
		{"markdown", repeat("Here is what we see on all of our nodes.\n", "\nThe file /etc/x.yaml is this:\n\n```yaml\na: b\nc:\n  d: e\n```\n", size)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.data)))
			b.ReportAllocs()
			for b.Loop() {
				Cut("", bb.data)
			}
		})
	}
}

// readers are what is held to time and memory linear in the text.
var readers = []hostile.Reader{{Name: "Cut", Read: func(data []byte) { Cut("", data) }}, {Name: "Cut of Markdown", Read: func(data []byte) { Cut("a.md", data) }}}

// texts are made to keep a cutter busy.
var texts = []hostile.Text{
	hostile.Fill("prompts", "", "root@m1:~# \n", ""),
	hostile.Fill("hosts", "", "a@m1:~# ls\nb@m2:~# ls\n", ""),
	hostile.Fill("open quotes", "", "$ echo 'a\n", ""),
	hostile.Fill("open here-documents", "", "$ cat <<EOF\na\n", ""),
	hostile.Fill("here-documents in one line", "$ cat ", "<<A ", "\n"),
	hostile.Fill("continuations", "$ a \\\n", "> b \\\n", ""),
	hostile.Fill("ssh in ssh", "$ ", "ssh ", "\n"),
	hostile.Fill("sh in sh", "$ ", "sh -c ", "\n"),
	hostile.Fill("fences", "", "```\n", ""),
	hostile.Fill("fences of all lengths", "", "````\n```\n~~~\n", ""),
	hostile.Fill("quotes in quotes", "", ">", "\n"),
	hostile.Fill("quotes in quotes in lines", "", "> > > > > > > > > a\n", ""),
	hostile.Fill("open objects", "\n", "{\n", ""),
	hostile.Fill("open objects in paragraphs", "a\n", "\n{\"a\":\n", ""),
	hostile.Fill("documents in one line", "", `{"a":1}`, "\n"),
	hostile.Fill("documents", "", "{}\n", ""),
	hostile.Fill("records", "", `{"log":"a","stream":"b"}`+"\n", ""),
	hostile.Fill("partial records", "", "2026-01-05T12:00:00.1Z stderr P a\n", ""),
	hostile.Fill("escapes", `{"log":"`, `\u0041`, `","stream":"a"}`),
	hostile.Fill("hosts in a journal", "", "Jan 05 12:00:00 m1 a[1]: b\nJan 05 12:00:00 m2 a[1]: b\n", ""),
	hostile.Fill("control sequences", "", "\x1b[0m", "\n"),
	hostile.Fill("open control sequences", "", "\x1b]", "\n"),
	hostile.Fill("backspaces", "", "a\b", "\n"),
	hostile.Fill("carriage returns", "", "a\r", "\n"),
	hostile.Fill("lost colours", "[0m", "[", "\n"),
	hostile.Fill("labels", "", "=== m1 ===\n", ""),
	hostile.Fill("comments of hosts", "", "# m1\na=b\n", ""),
	hostile.Fill("tables", "", "NAME   STATUS\n\n", ""),
	hostile.Fill("wrapped lines", "", strings.Repeat("x", 60)+" --flag-of-a-name=12\n", ""),
	hostile.Fill("numbers", "", "1  a\n", ""),
	hostile.Fill("entities", "<pre>", "&lt;", "</pre>\n"),
	hostile.Fill("comments", "", "<!--\n", ""),
	hostile.Fill("pre", "", "<pre>\n", ""),
	hostile.Fill("sentences", "", "this is the end of it. ", "\n"),
	hostile.Fill("lines", "", "\n", ""),
	hostile.Fill("glued prompts", "root@m1:~# \n", "xroot@m1:~# ls\n", ""),
	hostile.Fill("addresses", "root@m1:~# \n", "root@", "\n"),
}

func TestHostile(t *testing.T) { hostile.Test(t, readers, texts) }

func BenchmarkHostile(b *testing.B) { hostile.Bench(b, readers, texts) }

func TestPlainDoesNotCopy(t *testing.T) {
	data := repeat("apiVersion: v1\nitems:\n", node, 4<<20)
	allocs := func(size int) float64 {
		return testing.AllocsPerRun(3, func() { Cut("nodes.yaml", data[:size]) })
	}
	// The race detector lets pools drop what they hold at random, so that regular expressions allocate anew.
	if little, much := allocs(64<<10), allocs(len(data)); much > 2*little+8 {
		t.Errorf("%v allocations for %d bytes, %v for 64 KiB", much, len(data), little)
	}
	if got := Cut("nodes.yaml", data); len(got) != 1 || &got[0].Data[0] != &data[0] {
		t.Errorf("a plain file was cut or copied: %d segments", len(got))
	}
}
