package flannel

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A StoredLease is a subnet that etcd holds for a host. The zero StoredLease is none.
type StoredLease struct {
	Subnet   netip.Prefix  // IPv4
	PublicIP netip.Addr    // by which the host is known there; invalid where only keys are shown
	Pos      fact.Position // of the value, of the key where there is none
}

// mostLeases bounds the leases that are kept of one text.
const mostLeases = 100_000

// storedKey matches the key of a lease: the subnet with - in place of the slash. Dual stack adds the IPv6 subnet behind &.
// flannel v0.28.10 pkg/subnet/subnet.go MakeSubnetKey.
var storedKey = regexp.MustCompile(`/subnets/([0-9a-fA-F.:]+-\d{1,3})(?:&([0-9a-fA-F.:-]+-\d{1,3}))?$`)

// isEtcdAnswer reports whether a text is what etcd's v2 API answers over HTTP, or etcdctl v3 with -w json.
func isEtcdAnswer(text []byte) bool {
	if len(text) == 0 || text[0] != '{' || len(text) > 8<<20 {
		return false
	}
	return bytes.Contains(text, []byte(`"node"`)) && bytes.Contains(text, []byte(`"key"`)) && (bytes.Contains(text, []byte(`"action"`)) || bytes.Contains(text, []byte(`"modifiedIndex"`))) ||
		bytes.Contains(text, []byte(`"kvs"`)) && bytes.Contains(text, []byte(`"key"`))
}

// etcdAnswer reads such an answer; false where it holds nothing of flannel's.
func (d *Document) etcdAnswer(f *source.File, opt Options) bool {
	n, err := f.JSON()
	if err != nil {
		return false
	}
	opt.Mode = Etcd
	before := len(d.Configs) + len(d.Leases)
	if kvs := n.Get("kvs"); kvs != nil {
		for _, kv := range kvs.Items {
			key, _ := base64.StdEncoding.DecodeString(kv.Get("key").Str())
			value, _ := base64.StdEncoding.DecodeString(kv.Get("value").Str())
			d.etcdKey(string(key), kv.Get("value"), value, opt)
		}
		return len(d.Configs)+len(d.Leases) > before
	}
	d.etcdNode(n.Get("node"), 0, opt)
	return len(d.Configs)+len(d.Leases) > before
}

// etcdNode reads a key, or a folder of keys.
func (d *Document) etcdNode(n *source.Node, depth int, opt Options) {
	if n == nil || n.Kind != source.Mapping || depth > 8 {
		return
	}
	if nodes := n.Get("nodes"); nodes != nil {
		for _, it := range nodes.Items {
			d.etcdNode(it, depth+1, opt)
		}
	}
	d.etcdKey(n.Get("key").Str(), n.Get("value"), nil, opt)
}

// etcdKey reads what stands under a key: flannel's configuration or a lease. decoded is the value where its text is not
// that of the node.
func (d *Document) etcdKey(key string, value *source.Node, decoded []byte, opt Options) {
	switch {
	case strings.HasSuffix(key, "/network/config") || strings.HasSuffix(key, "/config") && looksLikeNetConf([]byte(value.Str()), false):
		if value == nil {
			return
		}
		f := value.File()
		if decoded != nil {
			g, err := source.New(opt.Name, decoded, source.Limits{})
			if err != nil || !looksLikeNetConf(decoded, true) {
				return
			}
			f = g
		}
		c := newConfig(f, f.Data, opt, "")
		c.ModeKnown = true
		d.Configs = append(d.Configs, c)
	default:
		l, ok := leaseOf(key)
		if !ok || len(d.Leases) >= mostLeases {
			return
		}
		l.Pos = fact.Position{File: opt.Name, Line: 1, Column: 1}
		if value != nil {
			l.Pos = value.Pos
			text := []byte(value.Str())
			if decoded != nil {
				text = decoded
			}
			l.takeHost(text)
		}
		d.Leases = append(d.Leases, l)
	}
}

// leaseOf returns the lease that a key names.
func leaseOf(key string) (StoredLease, bool) {
	m := storedKey.FindStringSubmatch(key)
	if m == nil {
		return StoredLease{}, false
	}
	i := strings.LastIndexByte(m[1], '-')
	p, err := netip.ParsePrefix(m[1][:i] + "/" + m[1][i+1:])
	return StoredLease{Subnet: p}, err == nil
}

var publicIP = regexp.MustCompile(`"PublicIP"\s*:\s*"([0-9a-fA-F.:]+)"`)

// takeHost takes the address of the host out of the value of a lease.
func (l *StoredLease) takeHost(value []byte) {
	m := publicIP.FindSubmatch(value)
	if m == nil {
		return
	}
	if a, err := netip.ParseAddr(string(m[1])); err == nil {
		l.PublicIP = a
	}
}

// keyLine matches a line that is the key of a lease, as etcdctl ls and get print it.
var keyLine = regexp.MustCompile(`(?m)^[ \t]*(/[\w./-]*/subnets/[0-9a-fA-F.:]+-\d{1,3}(?:&[0-9a-fA-F.:-]+)?)[ \t]*\r?$`)

// etcdList reads the keys that etcdctl lists, with the values that stand below them.
func (d *Document) etcdList(f *source.File, opt Options) {
	if !bytes.Contains(f.Data, []byte("/subnets/")) {
		return
	}
	for _, m := range keyLine.FindAllSubmatchIndex(f.Data, mostLeases) {
		l, ok := leaseOf(string(f.Data[m[2]:m[3]]))
		if !ok {
			continue
		}
		l.Pos = f.Position(m[2])
		below := f.Data[m[1]:]
		below = bytes.TrimPrefix(bytes.TrimPrefix(below, []byte("\r")), []byte("\n"))
		if i := bytes.IndexByte(below, '\n'); i >= 0 {
			below = below[:i]
		}
		l.takeHost(below)
		d.Leases = append(d.Leases, l)
	}
}

// leaseStatements states the subnets that etcd holds for known hosts. A subnet of which only the key is shown is a
// host's, too, but nobody knows whose.
func (d *Document) leaseStatements() []fact.Statement {
	var out []fact.Statement
	for _, l := range d.Leases {
		if !l.PublicIP.IsValid() {
			continue
		}
		out = append(out, fact.Statement{Component: fact.Flannel, Host: l.PublicIP.String(), Pos: l.Pos, Role: fact.RoleNodePods, Key: "lease",
			Text: l.Subnet.String(), Prefixes: []netip.Prefix{l.Subnet}},
			fact.Statement{Component: fact.Flannel, Host: l.PublicIP.String(), Pos: l.Pos, Role: fact.RoleAddress, Key: "PublicIP", Text: l.PublicIP.String(), Addrs: []netip.Addr{l.PublicIP}})
	}
	return out
}
