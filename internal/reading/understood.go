package reading

import (
	"bytes"
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
	if bytes.IndexByte(data, '/') >= 0 {
		for from := 0; from < len(data); {
			m := rangeText.FindIndex(data[from:])
			if m == nil {
				break
			}
			t := string(data[from+m[0] : from+m[1]])
			if p, err := netip.ParsePrefix(t); err == nil && worthNaming(p) {
				off, holds = from+m[0], t
				break
			}
			from += m[1]
		}
	}
	for _, w := range keyWords {
		if bytes.Contains(data[:off], w) {
			if m := rangeKey.FindIndex(data[:off]); m != nil {
				return m[0], clip(string(bytes.TrimSpace(data[m[0]:min(m[1]+40, endOfLine(data, m[1]))])))
			}
			break
		}
	}
	return off, holds
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
