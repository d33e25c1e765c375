package flannel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Values are the values of flannel's Helm chart that decide net-conf.json (chart/kube-flannel/values.yaml of v0.28.10).
// The zero Value of a field is one that is not written; the chart's default counts then.
type Values struct {
	PodCIDR   fact.Value[string] // podCidr; default 10.244.0.0/16; empty disables IPv4
	PodCIDRv6 fact.Value[string] // podCidrv6; default empty; anything enables IPv6
	// Flannel holds the keys of flannel that go into net-conf.json: backend, backendPort, backendPortv6, mtu, vni, GBP,
	// directRouting, macPrefix, psk, tunnelMode, keepaliveInterval, enableNFTables.
	Flannel []ValuesEntry
}

// A ValuesEntry is one key of flannel in the values. The zero value has neither key nor value.
type ValuesEntry struct {
	Key    string
	Value  fact.Value[string]
	String bool // a string: the chart writes it in quotes, tunnelMode excepted
}

func (v Values) get(key string) (ValuesEntry, bool) {
	for i := len(v.Flannel) - 1; i >= 0; i-- {
		if v.Flannel[i].Key == key {
			return v.Flannel[i], true
		}
	}
	return ValuesEntry{}, false
}

// truthy reports whether the template writes a value: not if it is absent, empty, 0 or false.
func (v Values) truthy(key string) (string, bool) {
	e, ok := v.get(key)
	switch {
	case !ok, e.Value.V == "", !e.String && (e.Value.V == "0" || e.Value.V == "false" || e.Value.V == "null"):
		return "", false
	}
	return e.Value.V, true
}

// The keys under flannel that decide net-conf.json, and the option that each becomes for a type of backend.
var valuesOptions = map[string][]struct {
	value, option string
	quoted        bool
}{
	"vxlan": {
		{"backendPort", "Port", false}, {"vni", "VNI", false}, {"GBP", "GBP", false}, {"directRouting", "DirectRouting", false},
		{"mtu", "MTU", false}, {"macPrefix", "MacPrefix", true},
	},
	"wireguard": {
		{"backendPort", "ListenPort", false}, {"backendPortv6", "ListenPortV6", false}, {"psk", "PSK", true}, {"mtu", "MTU", false},
		{"tunnelMode", "Mode", false}, {"keepaliveInterval", "PersistentKeepaliveInterval", false},
	},
	"udp": {{"backendPort", "Port", false}},
}

// NetConf returns the net-conf.json that the chart renders (chart/kube-flannel/templates/config.yaml of v0.28.10):
// values that are 0, false or empty are left out, and tunnelMode is written without quotes, which makes the text no
// JSON.
func (v Values) NetConf() string {
	var b strings.Builder
	b.WriteString("{\n")
	cidr := "10.244.0.0/16"
	if v.PodCIDR.IsSet() {
		cidr = v.PodCIDR.V
	}
	if cidr != "" {
		fmt.Fprintf(&b, "  \"Network\": %q,\n", cidr)
	} else {
		b.WriteString("  \"EnableIPv4\": false,\n")
	}
	if v.PodCIDRv6.V != "" {
		fmt.Fprintf(&b, "  \"IPv6Network\": %q,\n  \"EnableIPv6\": true,\n", v.PodCIDRv6.V)
	}
	nft := "false"
	if s, ok := v.truthy("enableNFTables"); ok {
		nft = s
	}
	fmt.Fprintf(&b, "  \"EnableNFTables\": %s,\n", nft)
	backend := "vxlan"
	if e, ok := v.get("backend"); ok {
		backend = e.Value.V
	}
	b.WriteString("  \"Backend\": {\n")
	for _, o := range valuesOptions[backend] {
		s, ok := v.truthy(o.value)
		if !ok {
			continue
		}
		if o.quoted {
			s = strconv.Quote(s)
		}
		fmt.Fprintf(&b, "    %q: %s,\n", o.option, s)
	}
	fmt.Fprintf(&b, "    \"Type\": %q\n  }\n}\n", backend)
	return b.String()
}

// values reads the values of flannel's chart, or of a chart that has it as a part.
func (d *Document) values(n *source.Node, opt Options) {
	if n.Get("podCidr") == nil && n.Get("podCidrv6") == nil {
		for _, part := range []string{"flannel", "kube-flannel"} {
			if p := n.Get(part); p.Get("podCidr") != nil || p.Get("podCidrv6") != nil {
				d.values(p, opt)
				return
			}
		}
		if n.Get("flannel", "backend") == nil {
			return
		}
	}
	v := Values{PodCIDR: n.Get("podCidr").Value(), PodCIDRv6: n.Get("podCidrv6").Value()}
	if f := n.Get("flannel"); f != nil {
		for _, e := range f.Entries {
			if e.Value.Kind != source.Mapping && e.Value.Kind != source.Sequence {
				v.Flannel = append(v.Flannel, ValuesEntry{e.Key, e.Value.Value(), e.Value.Kind == source.String})
			}
		}
	}
	text := v.NetConf()
	name := d.File
	f, err := source.New(name, []byte(text), opt.Limits.source())
	if err != nil {
		return
	}
	c := newConfig(f, f.Data, opt, "Helm values")
	c.ModeKnown = true // the chart always sets --kube-subnet-mgr
	// Places are those of the values, not of the text that is rendered from them.
	at := map[string]fact.Position{"Network": v.PodCIDR.Pos, "EnableIPv4": v.PodCIDR.Pos, "IPv6Network": v.PodCIDRv6.Pos, "EnableIPv6": v.PodCIDRv6.Pos}
	if e, ok := v.get("backend"); ok {
		at["Backend"], at["Backend.Type"] = e.Value.Pos, e.Value.Pos
		for _, o := range valuesOptions[e.Value.V] {
			if e, ok := v.get(o.value); ok {
				at["Backend."+o.option] = e.Value.Pos
			}
		}
	}
	if e, ok := v.get("enableNFTables"); ok {
		at["EnableNFTables"] = e.Value.Pos
	}
	for i := range c.NetConf.Keys {
		k := &c.NetConf.Keys[i]
		p := posOr(at[k.Name], n.Pos)
		k.Pos, k.Value = p, p
	}
	if e, ok := c.Err.(*NetConfError); ok {
		c.Err = v.moved(*e, posOr(at[e.Key], n.Pos))
	}
	d.Configs = append(d.Configs, c)
}

// moved returns an error about the text that is rendered from v as one about a value, at pos.
func (v Values) moved(e NetConfError, pos fact.Position) *NetConfError {
	e.Pos = pos
	if e.Key != "" {
		return &e
	}
	// The text itself is no JSON: a value that the chart writes without quotes.
	for _, key := range []string{"tunnelMode", "backendPort", "backendPortv6", "mtu", "vni", "keepaliveInterval", "GBP", "directRouting", "enableNFTables"} {
		entry, _ := v.get(key)
		if _, used := v.truthy(key); !used || !entry.String {
			continue
		}
		e.Pos, e.Text, e.Key = entry.Value.Pos, entry.Value.V, "flannel."+key
		e.Mend = "the chart writes this value without quotes; give a number, or true or false"
		if key == "tunnelMode" {
			e.Mend = "the chart writes tunnelMode without quotes, in every release so far; remove it, or quote it twice: '\"" + entry.Value.V + "\"'"
		}
		break
	}
	return &e
}
