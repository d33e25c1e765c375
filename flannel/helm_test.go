package flannel

import (
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// What templates/config.yaml of the chart renders (facts sheet 6.3): values that are 0, false or empty are left out.
func TestValues(t *testing.T) {
	set := func(s string) fact.Value[string] {
		return fact.Value[string]{V: s, Text: s, Pos: fact.Position{File: "values.yaml", Line: 1}}
	}
	entry := func(key, value string) ValuesEntry { return ValuesEntry{Key: key, Value: set(value)} }
	text := func(key, value string) ValuesEntry {
		return ValuesEntry{Key: key, Value: set(value), String: true}
	}
	for _, tt := range []struct {
		why  string
		v    Values
		want string
	}{
		{"the chart's defaults", Values{}, `{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "vxlan"}}`},
		{"IPv4 off", Values{PodCIDR: set(""), PodCIDRv6: set("fd00::/56")}, `{"EnableIPv4": false, "IPv6Network": "fd00::/56", "EnableIPv6": true, "EnableNFTables": false, "Backend": {"Type": "vxlan"}}`},
		{"zeros are left out", Values{Flannel: []ValuesEntry{entry("vni", "0"), entry("GBP", "false"), text("macPrefix", ""), entry("mtu", "null")}}, `{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "vxlan"}}`},
		{"vxlan", Values{Flannel: []ValuesEntry{entry("vni", "4096"), entry("backendPort", "4789"), entry("directRouting", "true"), entry("GBP", "true"), entry("mtu", "1400"), text("macPrefix", "0E-2A"), text("psk", "x")}},
			`{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Port": 4789, "VNI": 4096, "GBP": true, "DirectRouting": true, "MTU": 1400, "MacPrefix": "0E-2A", "Type": "vxlan"}}`},
		{"wireguard", Values{Flannel: []ValuesEntry{text("backend", "wireguard"), entry("backendPort", "1"), entry("backendPortv6", "2"), text("psk", "x"), entry("keepaliveInterval", "25"), entry("enableNFTables", "true")}},
			`{"Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": {"ListenPort": 1, "ListenPortV6": 2, "PSK": "x", "PersistentKeepaliveInterval": 25, "Type": "wireguard"}}`},
		{"others have a Type alone", Values{Flannel: []ValuesEntry{text("backend", "ipip"), entry("directRouting", "true"), entry("mtu", "1400")}}, `{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "ipip"}}`},
		{"the last of equal keys counts", Values{Flannel: []ValuesEntry{text("backend", "ipip"), text("backend", "udp")}}, `{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "udp"}}`},
	} {
		want, err := ParseNetConf([]byte(tt.want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseNetConf([]byte(tt.v.NetConf()))
		if err != nil {
			t.Errorf("%s: renders %s: %v", tt.why, tt.v.NetConf(), err)
			continue
		}
		if got.JSON() != want.JSON() {
			t.Errorf("%s: got\n%swant\n%s", tt.why, got.JSON(), want.JSON())
		}
	}
}
