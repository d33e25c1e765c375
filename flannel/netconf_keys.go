package flannel

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// netConfKeys returns the keys of the document.
func netConfKeys(root *source.Node, version fact.Version) []Key {
	if root == nil {
		return nil
	}
	var keys []Key
	last := map[string]int{}
	backend := 0 // where the options of the Backend that counts so far begin
	for _, e := range root.Entries {
		k := Key{Name: canonicalKey(e.Key, version), Written: e.Key, Pos: e.KeyPos, Value: e.Value.Pos, Text: rawText(e.Value)}
		if k.Name == "Network" || k.Name == "IPv6Network" {
			k.Prefix = writtenPrefix(k.Text)
		}
		if i, ok := last[k.Name]; ok && k.Name != "" {
			keys[i].Loses = true
		}
		last[k.Name] = len(keys)
		keys = append(keys, k)
		if k.Name == "Backend" {
			for i := backend; i < len(keys); i++ {
				keys[i].Loses = keys[i].Loses || strings.HasPrefix(keys[i].Name, "Backend.")
			}
			backend = len(keys)
			keys = append(keys, backendKeys(e.Value)...)
		}
	}
	return keys
}

// backendOptions are the options of all types of backend (pkg/backend).
var backendOptions = []string{
	"Type", "VNI", "Port", "MTU", "GBP", "Learning", "DirectRouting", "MacPrefix", "Name", "DNSServerList", "ListenPort", "ListenPortV6", "PSK",
	"PersistentKeepaliveInterval", "Mode", "UDPEncap", "ESPProposal", "PreStartupCommand", "PostStartupCommand", "SubnetAddCommand",
	"SubnetRemoveCommand", "RouteTableID", "AccessKeyID", "AccessKeySecret",
}

// backendKeys returns the options in a Backend object. What is secret has no Text.
func backendKeys(n *source.Node) []Key {
	var keys []Key
	last := map[string]int{}
	for _, e := range n.Entries {
		i := slices.IndexFunc(backendOptions, func(o string) bool { return strings.EqualFold(o, e.Key) })
		if i < 0 {
			continue
		}
		k := Key{Name: "Backend." + backendOptions[i], Written: e.Key, Pos: e.KeyPos, Value: e.Value.Pos}
		if o := backendOptions[i]; o != "PSK" && o != "AccessKeySecret" {
			k.Text = rawText(e.Value)
		}
		if j, ok := last[k.Name]; ok {
			keys[j].Loses = true
		}
		last[k.Name] = len(keys)
		keys = append(keys, k)
	}
	return keys
}

// rawText returns a value as flannel's own types see it: JSON text without the quotes around it, escapes as they are
// (pkg/ip/ipnet.go UnmarshalJSON).
func rawText(n *source.Node) string {
	raw := string(n.Raw())
	if n.Kind == source.String {
		return strings.Trim(raw, `"`)
	}
	return raw
}

// writtenPrefix returns a CIDR with its host bits, the zero Prefix if it cannot be read.
func writtenPrefix(s string) netip.Prefix {
	ip, ipnet, err := net.ParseCIDR(s)
	if err != nil {
		return netip.Prefix{}
	}
	a, ok := netip.AddrFromSlice(ip)
	bits, size := ipnet.Mask.Size()
	if !ok {
		return netip.Prefix{}
	}
	if size == 32 {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, bits)
}

// The keys of net-conf.json, each with the release that first knew it.
var knownKeys = []struct {
	name  string
	since fact.Version
}{
	{"EnableIPv4", v0_15}, {"EnableIPv6", v0_15}, {"EnableNFTables", v0_25},
	{"Network", fact.Version{}}, {"IPv6Network", v0_15},
	{"SubnetMin", fact.Version{}}, {"SubnetMax", fact.Version{}}, {"SubnetLen", fact.Version{}},
	{"IPv6SubnetMin", v0_15}, {"IPv6SubnetMax", v0_15}, {"IPv6SubnetLen", v0_15},
	{"Backend", fact.Version{}},
}

// canonicalKey returns flannel's name for a key, "" if flannel of that release does not know it. encoding/json matches
// without regard to case.
func canonicalKey(key string, version fact.Version) string {
	for _, k := range knownKeys {
		if strings.EqualFold(k.name, key) && !version.Before(k.since) {
			return k.name
		}
	}
	return ""
}
