package reading

import (
	"bytes"
	"iter"
	"net/netip"
	"regexp"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// mostHolds bounds the places of one file that are named as not understood.
const mostHolds = 20

// rangeText matches a range.
var rangeText = regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}/\d{1,2}\b|\b[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*/\d{1,3}\b`)

// rangeKey matches the name of a flag or a key that holds a range, with a value behind it.
var rangeKey = regexp.MustCompile(`(?i)\b(?:service-cluster-ip-range|portal[-_]net|cluster[-_]cidr|pod[-_]?network[-_]?cidr|(?:pod|service|cluster|node)s?[-_]?(?:cidr|subnet)s?|service-cidr|FLANNEL_(?:NETWORK|SUBNET)|node-cidr-mask-size(?:-ipv[46])?|KUBE_SERVICE_ADDRESSES)["']?[ \t]*[=:][ \t]*["']?[^\s"']`)

// keyWords are parts of which each match of rangeKey and rangeText has one.
var keyWords = [][]byte{[]byte("cidr"), []byte("CIDR"), []byte("Cidr"), []byte("ubnet"), []byte("UBNET"), []byte("ip-range"), []byte("portal"), []byte("ADDRESSES"), []byte("NETWORK")}

// notUnderstood notes what a part holds about address ranges, if no reader took anything from it.
func (file *File) notUnderstood(a *asked, taken []fact.Statement) {
	if len(file.holds) >= mostHolds {
		return
	}
	data := a.text.Data
	at := func(off int, holds string) {
		file.holds = append(file.holds, fact.NotUnderstood{File: file.Name, Line: a.text.Position(off).Line, Holds: holds})
	}
	switch a.seg.Kind {
	case paste.KindFile, paste.KindOutput:
	default:
		return
	}
	if len(taken) > 0 || len(a.networks) > 0 || len(a.processes) > 0 {
		return
	}
	off, holds := firstRange(data)
	switch {
	case holds == "":
	case a.seg.Template:
		at(off, "a template: give the file that it renders")
	default:
		at(off, holds)
	}
}

// firstRange returns the first range or key about ranges in a text, "" where there is none.
func firstRange(data []byte) (off int, holds string) {
	const most = 4 << 20
	data = data[:min(len(data), most)]
	off = len(data)
	seen := 0
	for slash := range slashes(data) {
		// What matches is in the words around the slash: the longest address has 39 letters.
		from := max(slash-45, seen)
		m := rangeText.FindIndex(data[from:min(slash+5, len(data))])
		if m == nil {
			continue
		}
		seen = from + m[1]
		t := string(data[from+m[0] : seen])
		if p, err := netip.ParsePrefix(t); err == nil && worthNaming(p) {
			off, holds = from+m[0], t
			break
		}
	}
	if key := firstKey(data[:off]); key != nil {
		return key[0], clip(string(bytes.TrimSpace(data[key[0]:min(key[1]+40, endOfLine(data, key[1]))])))
	}
	return off, holds
}

// slashes yields the offsets of slashes that may stand before the length of a range.
func slashes(data []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; ; i++ {
			n := bytes.IndexByte(data[i:], '/')
			if n < 0 {
				return
			}
			i += n
			if i > 0 && i+1 < len(data) && isDigit(data[i+1]) && (isDigit(data[i-1]) || data[i-1] == ':' || isHexLetter(data[i-1])) && !yield(i) {
				return
			}
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHexLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'f' }

// firstKey returns where the first match of rangeKey stands, nil where there is none. Each line that matches has one of keyWords.
func firstKey(data []byte) []int {
	next := len(data)
	for _, w := range keyWords {
		if i := bytes.Index(data[:next], w); i >= 0 {
			next = i
		}
	}
	if next == len(data) {
		return nil
	}
	from := bytes.LastIndexByte(data[:next], '\n') + 1
	m := rangeKey.FindIndex(data[from:])
	if m == nil {
		return nil
	}
	return []int{from + m[0], from + m[1]}
}

// worthNaming reports whether a range can have to do with those of a cluster: it is no single address and none that every
// host has.
func worthNaming(p netip.Prefix) bool {
	return p.Bits() > 0 && !p.IsSingleIP() && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() && !p.Addr().IsMulticast()
}

func endOfLine(data []byte, from int) int {
	if i := bytes.IndexByte(data[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(data)
}

// clip shortens what is shown of a text.
func clip(s string) string {
	const most = 90
	if len(s) > most {
		return gate.Mask(s[:most]) + "..."
	}
	return gate.Mask(s)
}
