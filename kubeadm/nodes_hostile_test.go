package kubeadm

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// No file takes a reader of this package more than 100 ms for each MiB, or more memory than that of 100,000 objects, whatever
// it holds. The bounds are far above that, for a busy machine and for the race detector, which makes regular expressions
// allocate anew each time; what grows with the square of the size is beyond them still.
func TestHostile(t *testing.T) {
	size, mostTime, mostMemory := 256<<10, 10*time.Second, uint64(4e9)
	if os.Getenv("KUBECIDR_LONG") != "" {
		size, mostTime = 10<<20, 15*time.Second
	}
	fill := func(head, s string) []byte { return []byte(head + strings.Repeat(s, (size-len(head))/len(s))) }
	const list = `{"kind":"List","items":[`
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"deep lists", fill(list, "[")},
		{"deep objects", fill("", `{"items":`)},
		{"many small items", fill(list, "{},")},
		{"many nodes without anything", fill(list, `{"kind":"Node"},`)},
		{"many addresses", fill(list+`{"kind":"Node","status":{"addresses":[`, `{"type":"InternalIP","address":"10.0.0.1"},`)},
		{"many subnets", fill(list+`{"kind":"Node","spec":{"podCIDRs":[`, `"10.0.0.0/24",`)},
		{"many annotations", fill(list+`{"kind":"Node","metadata":{"annotations":{`, `"flannel.alpha.coreos.com/a":"b",`)},
		{"many kinds", fill(list, `{"kind":"a\u0041"},`)},
		{"one long string", fill(list+`{"kind":"Node","metadata":{"name":"`, "a")},
		{"one long key", fill(`{"`, "a")},
		{"escapes", fill(list+`{"kind":"Pod","x":"`, `\ud83d`)},
		{"numbers", fill(list, "1,")},
		{"a long number", fill("", "1")},
		{"blanks", fill("{", " ")},
		{"line ends", fill("{", "\n")},
		{"kind late, all read again", fill(list, `{"spec":{"podCIDR":"10.0.0.0/24"},"kind":"Node"},`)},
		{"a header of many columns", fill("NAME  ", "A  ")},
		{"headers", fill("", "NAME   PODCIDR\n")},
		{"a table", fill("NAME   PODCIDR\n", "a      10.0.0.0/24\n")},
		{"a table with long cells", fill("NAME   PODCIDR\na  ", "x")},
		{"events", fill("REASON   MESSAGE\n", "a        CIDRNotAvailable\n")},
		{"pairs", fill("", "a 10.0.0.0/24\n")},
		{"one long pair", fill("a ", "10.0.0.0/24,")},
		{"described", fill("", "Name:  a\nRoles: b\n")},
		{"described events", fill("Name:  a\nEvents:\n", "  Normal  a  b  c  Node w status is now: CIDRNotAvailable\n")},
		{"a log", fill("", "Node w status is now: CIDRNotAvailable\n")},
		{"a log in one line", fill("", "cidr out the range of cluster cidr ")},
		{"quotes", fill("", `CIDR \"`)},
		{"docker in docker", fill("", `{"log":"`)},
		{"zeros", make([]byte, size)},
		{"kubelet's flags", fill("", "kubelet --max-pods ")},
		{"UTF-16", fill("\xff\xfe", "{\x00")},
	} {
		for _, r := range []struct {
			name string
			read func(data []byte)
		}{
			{"ReadObjects", func(b []byte) {
				if o, _ := ReadObjects("f", bytes.NewReader(b)); o.Kinds != nil {
					o.Statements()
				}
			}},
			{"ReadText", func(b []byte) {
				x, _ := ReadText("f", bytes.NewReader(b))
				x.Statements()
			}},
			{"ReadLog", func(b []byte) {
				l, _ := ReadLog("f", bytes.NewReader(b))
				l.Statements()
			}},
			{"ParseKubelet", func(b []byte) { ParseKubelet("f", b) }},
		} {
			if r.name == "ReadObjects" && tt.data[0] != '{' && tt.data[0] != '[' && tt.data[0] != 0xff {
				continue // YAML: package source bounds it
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			r.read(tt.data)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if mem := after.TotalAlloc - before.TotalAlloc; took > mostTime || mem > mostMemory {
				t.Errorf("%s of %s took %v and %d MiB", r.name, tt.name, took, mem>>20)
			}
		}
	}
}
