package kubectl

import (
	"bytes"
	"testing"

	"github.com/kubecidr/kubecidr/internal/hostile"
)

// hostileObjects are texts that somebody could have made to keep the readers of objects, tables and logs busy.
func hostileObjects() []hostile.Text {
	const list = `{"kind":"List","items":[`
	return []hostile.Text{
		hostile.Fill("deep lists", list, "[", ""),
		hostile.Fill("deep objects", "", `{"items":`, ""),
		hostile.Fill("many small items", list, "{},", ""),
		hostile.Fill("many nodes without anything", list, `{"kind":"Node"},`, ""),
		hostile.Fill("many addresses", list+`{"kind":"Node","status":{"addresses":[`, `{"type":"InternalIP","address":"10.0.0.1"},`, ""),
		hostile.Fill("many subnets", list+`{"kind":"Node","spec":{"podCIDRs":[`, `"10.0.0.0/24",`, ""),
		hostile.Fill("many annotations", list+`{"kind":"Node","metadata":{"annotations":{`, `"flannel.alpha.coreos.com/a":"b",`, ""),
		hostile.Fill("many kinds", list, `{"kind":"a\u0041"},`, ""),
		hostile.Fill("one long string", list+`{"kind":"Node","metadata":{"name":"`, "a", ""),
		hostile.Fill("one long key", `{"`, "a", ""),
		hostile.Fill("escapes", list+`{"kind":"Pod","x":"`, `\ud83d`, ""),
		hostile.Fill("numbers", list, "1,", ""),
		hostile.Fill("a long number", "", "1", ""),
		hostile.Fill("blanks", "{", " ", ""),
		hostile.Fill("line ends", "{", "\n", ""),
		hostile.Fill("kind late, all read again", list, `{"spec":{"podCIDR":"10.0.0.0/24"},"kind":"Node"},`, ""),
		hostile.Fill("a header of many columns", "NAME  ", "A  ", ""),
		hostile.Fill("headers", "", "NAME   PODCIDR\n", ""),
		hostile.Fill("a table", "NAME   PODCIDR\n", "a      10.0.0.0/24\n", ""),
		hostile.Fill("a table with long cells", "NAME   PODCIDR\na  ", "x", ""),
		hostile.Fill("events", "REASON   MESSAGE\n", "a        CIDRNotAvailable\n", ""),
		hostile.Fill("pairs", "", "a 10.0.0.0/24\n", ""),
		hostile.Fill("one long pair", "a ", "10.0.0.0/24,", ""),
		hostile.Fill("described", "", "Name:  a\nRoles: b\n", ""),
		hostile.Fill("described events", "Name:  a\nEvents:\n", "  Normal  a  b  c  Node w status is now: CIDRNotAvailable\n", ""),
		hostile.Fill("a log", "", "Node w status is now: CIDRNotAvailable\n", ""),
		hostile.Fill("a log in one line", "", "cidr out the range of cluster cidr ", ""),
		hostile.Fill("quotes", "", `CIDR \"`, ""),
		hostile.Fill("docker in docker", "", `{"log":"`, ""),
		hostile.Fill("zeros", "", "\x00", ""),
		hostile.Fill("kubelet's flags", "", "kubelet --max-pods ", ""),
		hostile.Fill("UTF-16", "\xff\xfe", "{\x00", ""),
	}
}

var objectReaders = []hostile.Reader{
	{Name: "ReadObjects", Read: func(b []byte) {
		if o, _ := ReadObjects("f", bytes.NewReader(b)); o.Kinds != nil {
			o.Statements()
		}
	}},
	{Name: "ReadText", Read: func(b []byte) {
		x, _ := ReadText("f", bytes.NewReader(b))
		x.Statements()
	}},
	{Name: "ReadLog", Read: func(b []byte) {
		l, _ := ReadLog("f", bytes.NewReader(b))
		l.Statements()
	}},
}

func TestHostileObjects(t *testing.T)      { hostile.Test(t, objectReaders, hostileObjects()) }
func BenchmarkHostileObjects(b *testing.B) { hostile.Bench(b, objectReaders, hostileObjects()) }
