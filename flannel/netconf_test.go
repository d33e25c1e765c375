package flannel

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// equateNetip compares values of package netip.
var equateNetip = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

// What flannel v0.28.10 answers, executed (facts sheet 1.4). parse is its word on reading, check on CheckNetworkConfig: an
// error, or the values that it fills in as "len min max" of IPv4, then of IPv6.
func TestNetConf(t *testing.T) {
	const (
		undefined  = "please define a correct Network parameter in the flannel config"
		undefined6 = "please define a correct IPv6Network parameter in the flannel config"
		four       = "network must be able to accommodate at least four subnets"
		small      = "network is too small. Minimum useful network prefix is /28"
		small6     = "IPv6Network is too small. Minimum useful network prefix is /124"
	)
	v4 := func(cidr, rest string) string { return `{"Network":"` + cidr + `"` + rest + `}` }
	v6 := func(cidr, rest string) string {
		return `{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"` + cidr + `"` + rest + `}`
	}
	for _, tt := range []struct{ why, in, parse, check string }{
		{"the usual", v4("10.244.0.0/16", `,"Backend":{"Type":"vxlan"}`), "10.244.0.0/16 vxlan", "24 10.244.1.0 10.244.255.0"},
		{"empty object", `{}`, "none udp", undefined},
		{"null", `null`, "none udp", undefined},
		{"empty", "", "unexpected end of JSON input", ""},
		{"blanks", " \n", "unexpected end of JSON input", ""},
		{"array", `[]`, "json: cannot unmarshal array into Go value of type subnet.Config", ""},
		{"string", `"x"`, "json: cannot unmarshal string into Go value of type subnet.Config", ""},
		{"Backend empty", v4("10.244.0.0/16", `,"Backend":{}`), "10.244.0.0/16 ", "24 10.244.1.0 10.244.255.0"},
		{"Backend null", v4("10.244.0.0/16", `,"Backend":null`), "10.244.0.0/16 ", "24 10.244.1.0 10.244.255.0"},
		{"Backend a string", v4("10.244.0.0/16", `,"Backend":"vxlan"`), "error decoding Backend property of config: json: cannot unmarshal string into Go value of type struct { Type string }", ""},
		{"Type a number", v4("10.244.0.0/16", `,"Backend":{"Type":1}`), "error decoding Backend property of config: json: cannot unmarshal number into Go struct field .Type of type string", ""},
		{"capitals", v4("10.244.0.0/16", `,"Backend":{"Type":"VXLAN"}`), "10.244.0.0/16 VXLAN", "24 10.244.1.0 10.244.255.0"},
		{"lower case keys", `{"network":"10.244.0.0/16","backend":{"type":"vxlan"}}`, "10.244.0.0/16 vxlan", "24 10.244.1.0 10.244.255.0"},
		{"the last of two keys counts, whatever their case", v4("10.244.0.0/16", `,"network":"10.1.0.0/16"`), "10.1.0.0/16 udp", "24 10.1.1.0 10.1.255.0"},
		{"the last Backend replaces the first", v4("10.244.0.0/16", `,"Backend":{"Type":"vxlan"},"Backend":{"VNI":2}`), "10.244.0.0/16 ", "24 10.244.1.0 10.244.255.0"},
		{"unknown keys", v4("10.244.0.0/16", `,"Foo":1,"SubnetLength":25,"BackendType":"vxlan"`), "10.244.0.0/16 udp", "24 10.244.1.0 10.244.255.0"},
		{"host bits", v4("10.244.7.9/16", ""), "10.244.0.0/16 udp", "24 10.244.1.0 10.244.255.0"},
		{"no length", v4("10.244.0.0", ""), "invalid CIDR address: 10.244.0.0", ""},
		{"short", v4("10.244/16", ""), "invalid CIDR address: 10.244/16", ""},
		{"too long", v4("10.244.0.0/33", ""), "invalid CIDR address: 10.244.0.0/33", ""},
		{"leading zero", v4("010.244.0.0/16", ""), "invalid CIDR address: 010.244.0.0/16", ""},
		{"trailing blank", v4("10.244.0.0/16 ", ""), "invalid CIDR address: 10.244.0.0/16 ", ""},
		{"empty string", v4("", ""), "invalid CIDR address: ", ""},
		{"null", `{"Network":null}`, "invalid CIDR address: null", ""},
		{"number", `{"Network":10}`, "invalid CIDR address: 10", ""},
		{"list", `{"Network":["10.244.0.0/16"]}`, `invalid CIDR address: ["10.244.0.0/16"]`, ""},
		{"JSON escapes are not decoded", `{"Network":"10.244.0.0\/16"}`, `invalid CIDR address: 10.244.0.0\/16`, ""},
		{"two ranges", v4("10.244.0.0/16,2001:db8::/56", ""), "invalid CIDR address: 10.244.0.0/16,2001:db8::/56", ""},
		{"IPv6 in Network", v4("fd00::/48", ""), "invalid IPv4 CIDR format", ""},
		{"IPv4-mapped", v4("::ffff:10.244.0.0/112", ""), "::ffff:10.244.0.0/112 udp", small},
		{"everything is nothing", v4("0.0.0.0/0", ""), "none udp", undefined},
		{"network 0", v4("0.0.0.0/8", ""), "0.0.0.0/8 udp", "24 0.0.1.0 0.255.255.0"},
		{"/22", v4("10.244.0.0/22", ""), "10.244.0.0/22 udp", "24 10.244.1.0 10.244.3.0"},
		{"/23", v4("10.244.0.0/23", ""), "10.244.0.0/23 udp", "25 10.244.0.128 10.244.1.128"},
		{"/28", v4("10.244.0.0/28", ""), "10.244.0.0/28 udp", "30 10.244.0.4 10.244.0.12"},
		{"/29", v4("10.244.0.0/29", ""), "10.244.0.0/29 udp", small},
		{"last /16", v4("255.255.0.0/16", ""), "255.255.0.0/16 udp", "24 255.255.1.0 255.255.255.0"},
		{"SubnetLen too short", v4("10.244.0.0/16", `,"SubnetLen":17`), "10.244.0.0/16 udp", four},
		{"shortest SubnetLen", v4("10.244.0.0/16", `,"SubnetLen":18`), "10.244.0.0/16 udp", "18 10.244.64.0 10.244.192.0"},
		{"longest SubnetLen", v4("10.244.0.0/16", `,"SubnetLen":30`), "10.244.0.0/16 udp", "30 10.244.0.4 10.244.255.252"},
		{"SubnetLen too long", v4("10.244.0.0/16", `,"SubnetLen":31`), "10.244.0.0/16 udp", "SubnetLen must be less than /31"},
		{"SubnetLen null", v4("10.244.0.0/16", `,"SubnetLen":null`), "10.244.0.0/16 udp", "24 10.244.1.0 10.244.255.0"},
		{"SubnetLen negative", v4("10.244.0.0/16", `,"SubnetLen":-1`), "json: cannot unmarshal number -1 into Go struct field Config.SubnetLen of type uint", ""},
		{"SubnetLen a fraction", v4("10.244.0.0/16", `,"SubnetLen":24.0`), "json: cannot unmarshal number 24.0 into Go struct field Config.SubnetLen of type uint", ""},
		{"SubnetLen a string", v4("10.244.0.0/16", `,"SubnetLen":"24"`), "json: cannot unmarshal string into Go struct field Config.SubnetLen of type uint", ""},
		{"all given", v4("10.0.0.0/8", `,"SubnetLen":20,"SubnetMin":"10.10.0.0","SubnetMax":"10.99.0.0"`), "10.0.0.0/8 udp", "20 10.10.0.0 10.99.0.0"},
		{"the first subnet can be asked for", v4("10.244.0.0/16", `,"SubnetMin":"10.244.0.0"`), "10.244.0.0/16 udp", "24 10.244.0.0 10.244.255.0"},
		{"not on a boundary", v4("10.244.0.0/16", `,"SubnetMin":"10.244.5.1"`), "10.244.0.0/16 udp", "SubnetMin is not on a SubnetLen boundary: 10.244.5.1"},
		{"outside", v4("10.244.0.0/16", `,"SubnetMax":"10.245.0.0"`), "10.244.0.0/16 udp", "SubnetMax is not in the range of the Network"},
		{"SubnetMin behind SubnetMax is accepted", v4("10.244.0.0/16", `,"SubnetMin":"10.244.200.0","SubnetMax":"10.244.10.0"`), "10.244.0.0/16 udp", "24 10.244.200.0 10.244.10.0"},
		{"zero is unset", v4("10.244.0.0/16", `,"SubnetMin":"0.0.0.0"`), "10.244.0.0/16 udp", "24 10.244.1.0 10.244.255.0"},
		{"SubnetMin a range", v4("10.244.0.0/16", `,"SubnetMin":"10.244.5.0/24"`), "invalid IP address format", ""},
		{"SubnetMin null", v4("10.244.0.0/16", `,"SubnetMin":null`), "invalid IP address format", ""},
		{"SubnetMin of IPv6", v4("10.244.0.0/16", `,"SubnetMin":"fd00::"`), "invalid IPv4 address format", ""},
		{"dual", v4("10.244.0.0/16", `,"EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56"`), "10.244.0.0/16 2001:cafe:42::/56 udp", "24 10.244.1.0 10.244.255.0 64 2001:cafe:42:1:: 2001:cafe:42:ff::"},
		{"IPv6 off", v4("10.244.0.0/16", `,"IPv6Network":"2001:cafe:42::/56"`), "10.244.0.0/16 udp", "24 10.244.1.0 10.244.255.0"},
		{"IPv6 without a range", v4("10.244.0.0/16", `,"EnableIPv6":true`), "10.244.0.0/16 none udp", undefined6},
		{"both off", `{"EnableIPv4":false}`, "udp", ""},
		{"bool as a string", `{"EnableIPv4":"true"}`, "json: cannot unmarshal string into Go struct field Config.EnableIPv4 of type bool", ""},
		{"bool null", `{"EnableIPv4":null,"Network":"10.0.0.0/8"}`, "10.0.0.0/8 udp", "24 10.0.1.0 10.255.255.0"},
		{"k3s, IPv6 alone", `{"Network":"0.0.0.0/0","EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fd00:42::/56"}`, "fd00:42::/56 udp", "64 fd00:42:0:1:: fd00:42:0:ff::"},
		{"::/0", v6("::/0", ""), "none udp", undefined6},
		{"IPv6 /16", v6("fd00::/16", ""), "fd00::/16 udp", "64 fd00:0:0:1:: fd00:ffff:ffff:ffff::"},
		{"IPv6 /63", v6("fd00::/63", ""), "fd00::/63 udp", "65 fd00:0:0:0:8000:: fd00:0:0:1:8000::"},
		{"IPv6 /124", v6("fd00::/124", ""), "fd00::/124 udp", "126 fd00::4 fd00::c"},
		{"IPv6 /125", v6("fd00::/125", ""), "fd00::/125 udp", small6},
		{"last IPv6", v6("ffff::/16", ""), "ffff::/16 udp", "64 ffff:0:0:1:: ffff:ffff:ffff:ffff::"},
		{"IPv6SubnetLen too short", v6("fd00::/56", `,"IPv6SubnetLen":57`), "fd00::/56 udp", four},
		{"shortest IPv6SubnetLen", v6("fd00::/56", `,"IPv6SubnetLen":58`), "fd00::/56 udp", "58 fd00:0:0:40:: fd00:0:0:c0::"},
		{"longest IPv6SubnetLen", v6("fd00::/56", `,"IPv6SubnetLen":126`), "fd00::/56 udp", "126 fd00::4 fd00:0:0:ff:ffff:ffff:ffff:fffc"},
		{"IPv6SubnetLen too long", v6("fd00::/56", `,"IPv6SubnetLen":127`), "fd00::/56 udp", "SubnetLen must be less than /127"},
		{"IPv6 boundary", v6("fd00:10:244::/56", `,"IPv6SubnetMin":"fd00:10:244:5::1"`), "fd00:10:244::/56 udp", "IPv6SubnetMin is not on a SubnetLen boundary: fd00:10:244:5::1"},
		{"IPv6 outside", v6("fd00:10:244::/56", `,"IPv6SubnetMax":"fd00:11::"`), "fd00:10:244::/56 udp", "IPv6SubnetMax is not in the range of the IPv6Network"},
		{"IPv6SubnetMin null is unset", v6("fd00:10:244::/56", `,"IPv6SubnetMin":null`), "fd00:10:244::/56 udp", "64 fd00:10:244:1:: fd00:10:244:ff::"},
		{"IPv4 in IPv6Network", v6("10.0.0.0/8", ""), "::ffff:10.0.0.0/8 udp", "IPv6SubnetMin is not on a SubnetLen boundary: ::1:0:ffff:a00:0"},
		{"an address in IPv6Network", v6("fd00:10:244::1", ""), "invalid CIDR address: fd00:10:244::1", ""},
		{"flannel prints small IPv6 addresses as IPv4", v6("::102:300/120", `,"IPv6SubnetMin":"::102:303"`), "::102:300/120 udp", "IPv6SubnetMin is not on a SubnetLen boundary: 1.2.3.3"},
		{"trailing comma", `{"Network":"10.0.0.0/8",}`, "invalid character '}' looking for beginning of object key string", ""},
		{"trailing text", `{} text`, "invalid character 't' after top-level value", ""},
		{"two objects", `{}{}`, "invalid character '{' after top-level value", ""},
		{"trailing blanks", "{\"Network\":\"10.0.0.0/8\"} \n\t\n", "10.0.0.0/8 udp", "24 10.0.1.0 10.255.255.0"},
		{"comment", "{\"Network\":\"10.0.0.0/8\" // pods\n}", "invalid character '/' after object key:value pair", ""},
		{"byte order mark", "\xef\xbb\xbf{}", "invalid character 'ï' looking for beginning of value", ""},
		{"single quotes", `{'Network':'10.0.0.0/8'}`, "invalid character '\\'' looking for beginning of object key string", ""},
		{"what the chart renders", `{"Backend":{"Type":"wireguard","Mode": separate}}`, "invalid character 's' looking for beginning of value", ""},
		{"YAML", "Network: 10.0.0.0/8\n", "invalid character 'N' looking for beginning of value", ""},
		{"of several faults the first of flannel's types counts", `{"SubnetLen":"24","Network":"x"}`, "invalid CIDR address: x", ""},
		{"nested deep in an unknown key", `{"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"Network":"10.0.0.0/8"}`, "10.0.0.0/8 udp", "24 10.0.1.0 10.255.255.0"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c, err := ParseNetConf([]byte(tt.in))
			got := words(err)
			if err == nil {
				var parts []string
				for _, f := range []fact.Family{fact.IPv4, fact.IPv6} {
					p := c.Network
					if f == fact.IPv6 {
						p = c.IPv6Network
					}
					if c.Enabled(f) {
						parts = append(parts, orNone(p))
					}
				}
				got = strings.Join(append(parts, c.BackendType), " ")
			}
			if got != tt.parse {
				t.Fatalf("ParseNetConf(%.200q)\n got %s\nwant %s", tt.in, got, tt.parse)
			}
			if err != nil {
				return
			}
			eff, err := c.Check(fact.Version{})
			got = words(err)
			if err == nil {
				var parts []string
				if eff.EnableIPv4 {
					parts = append(parts, fmt.Sprint(eff.SubnetLen, " ", eff.SubnetMin, " ", eff.SubnetMax))
				}
				if eff.EnableIPv6 {
					parts = append(parts, fmt.Sprint(eff.IPv6SubnetLen, " ", eff.IPv6SubnetMin, " ", eff.IPv6SubnetMax))
				}
				got = strings.Join(parts, " ")
			}
			want := tt.check
			if got == "24 ... " || strings.Contains(want, ":") && !strings.Contains(want, "bound") {
				// addresses are compared as values: fd00:0:0:0:8000:: is fd00::8000:0:0:0
				got, want = canonical(got), canonical(want)
			}
			if got != want {
				t.Errorf("Check of %.200q\n got %s\nwant %s", tt.in, got, want)
			}
		})
	}
}

// canonical rewrites the addresses in a list of words.
func canonical(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if a, err := netip.ParseAddr(w); err == nil {
			words[i] = a.String()
		}
	}
	return strings.Join(words, " ")
}

// Releases differ (facts sheet 1.3).
func TestNetConfReleases(t *testing.T) {
	for _, tt := range []struct {
		why, in string
		version fact.Version
		mode    Mode
		want    string // flannel's words, or the effective values
	}{
		{"v0.14 knows no IPv6 keys, whatever they hold", `{"Network":"10.0.0.0/8","IPv6Network":7,"EnableIPv4":"no"}`, v(14, 0), Kube, "24 10.0.1.0 10.255.255.0"},
		{"v0.24 knows no EnableNFTables", `{"Network":"10.0.0.0/8","EnableNFTables":"yes"}`, v(24, 4), Kube, "0 invalid IP invalid IP"},
		{"v0.25 does", `{"Network":"10.0.0.0/8","EnableNFTables":"yes"}`, v(25, 0), Kube, "json: cannot unmarshal string into Go struct field Config.EnableNFTables of type bool"},
		{"v0.9: any size", `{"Network":"10.0.0.0/29"}`, v(9, 1), Kube, "30 10.0.0.4 10.0.0.4"},
		{"v0.9: 24 for ranges that are larger", `{"Network":"10.0.0.0/23"}`, v(9, 1), Kube, "24 10.0.1.0 10.0.1.0"},
		{"v0.9: one bit more for others", `{"Network":"10.0.0.0/24"}`, v(9, 1), Kube, "25 10.0.0.128 10.0.0.128"},
		{"v0.9: the whole range for one node", `{"Network":"10.0.0.0/24","SubnetLen":24}`, v(9, 1), Kube, "24 10.0.1.0 10.0.0.0"},
		{"v0.9: an address for each node", `{"Network":"10.0.0.0/24","SubnetLen":32}`, v(9, 1), Kube, "32 10.0.0.1 10.0.0.255"},
		{"v0.9: /32 yields 33", `{"Network":"10.0.0.7/32"}`, v(9, 1), Kube, "33 10.0.0.7 10.0.0.8"},
		{"v0.9: only error", `{"Network":"10.0.0.0/24","SubnetLen":20}`, v(9, 1), Etcd, "HostSubnet is larger network than Network"},
		{"v0.9: no boundaries", `{"Network":"10.0.0.0/16","SubnetMin":"10.0.5.1"}`, v(9, 1), Kube, "24 10.0.5.1 10.0.255.0"},
		{"v0.10 checks in kube mode", `{"Network":"10.0.0.0/29"}`, v(10, 0), Kube, "Network is too small. Minimum useful network prefix is /28"},
		{"v0.19 too", `{"Network":"10.0.0.0/16","SubnetLen":17}`, v(19, 1), Kube, "Network must be able to accommodate at least four subnets"},
		{"v0.19.1 takes no Network", `{}`, v(19, 1), Kube, "24 0.0.1.0 255.255.255.0"},
		{"v0.19.2 does not", `{}`, v(19, 2), Kube, "Please define a correct Network parameter in the flannel config"},
		{"v0.20 does not check in kube mode", `{"Network":"10.0.0.0/29"}`, v(20, 0), Kube, "0 invalid IP invalid IP"},
		{"v0.20 does with etcd", `{"Network":"10.0.0.0/29"}`, v(20, 0), Etcd, "network is too small. Minimum useful network prefix is /28"},
		{"IPv6 as Network before v0.28.9", `{"Network":"fd00::/48"}`, v(28, 8), Kube, "panic Address is not an IPv4 address"},
		{"IPv6 as Network before v0.13", `{"Network":"fd00::/48"}`, v(12, 0), Kube, "panic runtime error: index out of range"},
		{"capital before v0.28", `{"SubnetMin":"x"}`, v(27, 4), Kube, "Invalid IP address format"},
		{"no capital since", `{"SubnetMin":"x"}`, v(28, 0), Kube, "invalid IP address format"},
	} {
		c, err := ReadNetConf([]byte(tt.in), Options{Version: tt.version, Mode: tt.mode})
		got := words(err)
		var e *NetConfError
		if errors.As(err, &e) && e.Panic {
			got = "panic " + got
		}
		if err == nil {
			got = fmt.Sprint(c.SubnetLen, " ", c.SubnetMin, " ", c.SubnetMax)
		}
		if got != tt.want {
			t.Errorf("%s: %s as %v\n got %s\nwant %s", tt.why, tt.in, tt.version, got, tt.want)
		}
	}
}

// The message says where, what, flannel's words and what to do.
func TestNetConfErrorText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"{\n  \"Network\": \"10.244.0.0\"\n}", `net-conf.json:2:14: Network "10.244.0.0": invalid CIDR address: 10.244.0.0; add the length of the range, as in 10.244.0.0/16`},
		{"{\n  \"Network\": \"10.244.0.0/16,fd00::/56\"\n}", `net-conf.json:2:14: Network "10.244.0.0/16,fd00::/56": invalid CIDR address: 10.244.0.0/16,fd00::/56; one range here; an IPv6 range goes under IPv6Network, with "EnableIPv6": true`},
		{"{\"Network\": \"10.244.0.0/16\",\n}", `net-conf.json:2:1: invalid character '}' looking for beginning of object key string; fix the JSON there: commas between entries and none behind the last, names and strings in double quotes`},
		{"{\"subnetlen\": \"24\"}", `net-conf.json:1:15: SubnetLen "24": json: cannot unmarshal string into Go struct field Config.SubnetLen of type uint; write a whole number, without quotes`},
		{`{"Network": "x"}`, `net-conf.json:1:13: Network "x": invalid CIDR address: x; write address/length without blanks and without leading zeros, as in 10.244.0.0/16`},
		{`{"IPv6Network": "fe80::1%eth0"}`, `net-conf.json:1:17: IPv6Network "fe80::1%eth0": invalid CIDR address: fe80::1%eth0; write address/length without blanks and without leading zeros, as in fd00:10:244::/56`},
		{"{\"Network\": \"10.0.0.0/8\" // pods\n}", `net-conf.json:1:26: invalid character '/' after object key:value pair; JSON has no comments; remove them`},
		{`{"Network": "10.0.0.0/8" /* pods */}`, `net-conf.json:1:26: invalid character '/' after object key:value pair; JSON has no comments; remove them`},
		{"\xef\xbb\xbf{}", `net-conf.json:1:1: invalid character 'ï' looking for beginning of value; the file is UTF-8 with a byte order mark; save it as UTF-8 without a byte order mark`},
		{"", "net-conf.json:1:1: unexpected end of JSON input; the text is empty; write an object such as {\"Network\": \"10.244.0.0/16\", \"Backend\": {\"Type\": \"vxlan\"}}"},
	} {
		_, err := ParseNetConf([]byte(tt.in))
		if err == nil || err.Error() != tt.want {
			t.Errorf("ParseNetConf(%q)\n got %v\nwant %s", tt.in, err, tt.want)
		}
	}
	for _, tt := range []struct{ in, want string }{ // that only etcd mode checks
		{"{\n \"Network\": \"10.0.0.0/16\",\n \"SubnetLen\": 31}", `net-conf.json:3:15: SubnetLen "31": SubnetLen must be less than /31; set it to 30 or less: each node needs a tunnel and a bridge address`},
		{`{"Network": "10.0.0.0/16", "SubnetMin": "10.0.5.7"}`, `net-conf.json:1:41: SubnetMin "10.0.5.7": SubnetMin is not on a SubnetLen boundary: 10.0.5.7; the /24 there begins at 10.0.5.0`},
		{`{}`, `net-conf.json: Network: please define a correct Network parameter in the flannel config; set "Network" to the pod range of the cluster, or "EnableIPv4" to false`},
	} {
		c, err := ParseNetConf([]byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Check(fact.Version{}); err == nil || err.Error() != tt.want {
			t.Errorf("Check of %q\n got %v\nwant %s", tt.in, err, tt.want)
		}
	}
}

// Where more values are written than are read, that is said, whatever else is wrong.
func TestNetConfErrorLimits(t *testing.T) {
	_, err := ReadNetConf([]byte(`{"a": [1, 2, 3], "SubnetLen": "24"}`), Options{Limits: Limits{Nodes: 2}})
	want := `net-conf.json:1:8: more than 2 values`
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// A ConfigMap holds a mebibyte, and so much of a net-conf.json is read.
func TestNetConfSize(t *testing.T) {
	for _, tt := range []struct {
		bytes, limit int
		want         string
	}{
		{1 << 20, 0, ""},
		{1<<20 + 1, 0, "1048577 bytes, at most 1048576 are read; give the part of it that matters"},
		{1<<20 + 1, -1, ""},
		{1<<20 + 1, 1<<20 + 1, ""},
	} {
		text := []byte(`{"Network": "10.0.0.0/8"` + strings.Repeat(" ", tt.bytes-25) + "}")
		_, err := ReadNetConf(text, Options{Limits: Limits{Bytes: tt.limit}})
		if got := words(err); got != tt.want {
			t.Errorf("ReadNetConf of %d bytes, limit %d: %q, want %q", len(text), tt.limit, got, tt.want)
		}
		d, err := Read(text, Options{Name: "net-conf.json", Limits: Limits{Bytes: tt.limit}})
		if err != nil || len(d.Configs) != 1 || words(d.Configs[0].Err) != tt.want {
			t.Errorf("Read of %d bytes, limit %d: %v, %v, want %q", len(text), tt.limit, err, d.Configs, tt.want)
		}
	}
}

// Messages hold at most 300 bytes of a file, and whole characters.
func TestClip(t *testing.T) {
	x := strings.Repeat("x", 297)
	for _, tt := range []struct{ in, want string }{
		{x + "abc", x + "abc"}, {x + "abcd", x + "abc..."}, {x + "abé", x + "ab..."}, {x + "a€.", x + "a..."}, {x + "€€", x + "€..."},
	} {
		if got := clip(tt.in); got != tt.want {
			t.Errorf("clip(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestNetworkOf(t *testing.T) {
	c := NetConf{EnableIPv4: true, EnableIPv6: true, Network: netip.MustParsePrefix("10.0.0.0/8"), IPv6Network: netip.MustParsePrefix("fd00::/48")}
	no4, no6, all := c, c, c
	no4.EnableIPv4, no6.EnableIPv6 = false, false
	all.Network, all.IPv6Network = netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	for _, tt := range []struct {
		why          string
		c            NetConf
		want4, want6 string
	}{
		{"both", c, "10.0.0.0/8", "fd00::/48"},
		{"IPv4 disabled", no4, "none", "fd00::/48"},
		{"IPv6 disabled", no6, "10.0.0.0/8", "none"},
		{"everything is nothing", all, "none", "none"},
		{"not written", NetConf{EnableIPv4: true, EnableIPv6: true}, "none", "none"},
	} {
		p4, p6 := tt.c.NetworkOf(fact.IPv4), tt.c.NetworkOf(fact.IPv6)
		if orNone(p4) != tt.want4 || orNone(p6) != tt.want6 || p4.IsValid() != (tt.want4 != "none") || p6.IsValid() != (tt.want6 != "none") {
			t.Errorf("%s: NetworkOf = %v, %v, want %s, %s", tt.why, p4, p6, tt.want4, tt.want6)
		}
	}
}

func TestStrings(t *testing.T) {
	for _, tt := range []struct {
		v    fmt.Stringer
		want string
	}{
		{Kube, "kube"},
		{Etcd, "etcd"},
		{Daemon{Object: "DaemonSet kube-flannel/kube-flannel-ds"}, "DaemonSet kube-flannel/kube-flannel-ds: flannel of an unknown release with etcd"},
		{Daemon{Object: "Pod x", Version: v(28, 10), KubeSubnetMgr: fact.Value[bool]{V: true}}, "Pod x: flannel v0.28.10 with --kube-subnet-mgr"},
	} {
		if got := tt.v.String(); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.v, got, tt.want)
		}
	}
}

// What is secret in a Backend is not kept.
func TestNetConfSecrets(t *testing.T) {
	c, err := ParseNetConf([]byte(`{"Backend": {"Type": "ali-vpc", "AccessKeyID": "id", "AccessKeySecret": "secret", "psk": "secret"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Backend.AccessKeyID": "id", "Backend.AccessKeySecret": "", "Backend.PSK": ""} {
		if k, ok := c.Key(name); !ok || k.Text != want {
			t.Errorf("%s: text %q, %t, want %q", name, k.Text, ok, want)
		}
	}
}

func TestNetConfKeys(t *testing.T) {
	c, err := ParseNetConf([]byte("{\"network\": \"10.1.2.3/16\",\n \"Network\": \"10.2.0.0/16\", \"Nonsense\": {\"a\": 1}}"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, column int) fact.Position {
		return fact.Position{File: "net-conf.json", Line: line, Column: column}
	}
	want := []Key{
		{Name: "Network", Written: "network", Pos: at(1, 2), Text: "10.1.2.3/16", Prefix: netip.MustParsePrefix("10.1.2.3/16"), Value: at(1, 13), Loses: true},
		{Name: "Network", Written: "Network", Pos: at(2, 2), Text: "10.2.0.0/16", Prefix: netip.MustParsePrefix("10.2.0.0/16"), Value: at(2, 13)},
		{Name: "", Written: "Nonsense", Pos: at(2, 28), Text: `{"a": 1}`, Value: at(2, 40)},
	}
	if d := cmp.Diff(want, c.Keys, equateNetip); d != "" {
		t.Errorf("Keys (-want +got)\n%s", d)
	}
	if k, ok := c.Key("Network"); !ok || k.Value != at(2, 13) {
		t.Errorf("Key(Network) = %v, %v", k, ok)
	}
	if _, ok := c.Key("Backend"); ok {
		t.Error("Backend is written")
	}
	if got := c.Pos("Backend"); got != (fact.Position{File: "net-conf.json"}) {
		t.Errorf("Pos(Backend) = %v", got)
	}
}

func TestIneffective(t *testing.T) {
	c, err := ParseNetConf([]byte(`{"Network":"10.0.0.0/8","network":"10.0.0.0/8","SubnetLen":24,"IPv6Network":"fd00::/48","IPv6SubnetLen":64,"Foo":1,"EnableNFTables":true,"Backend":{"Type":"vxlan"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mode    Mode
		version fact.Version
		want    string
	}{
		{Kube, fact.Version{}, "Network SubnetLen IPv6Network IPv6SubnetLen Foo"},
		{Etcd, fact.Version{}, "Network IPv6Network IPv6SubnetLen Foo"},
		{Kube, v(24, 0), "Network SubnetLen IPv6Network IPv6SubnetLen Foo EnableNFTables"},
	} {
		var got []string
		for _, k := range c.ineffective(tt.mode, tt.version) {
			got = append(got, k.Written)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%v, %v: %s, want %s", tt.mode, tt.version, s, tt.want)
		}
	}
	c, err = ParseNetConf([]byte(`{"EnableIPv4":false,"EnableIPv6":true,"Network":"0.0.0.0/0","SubnetMin":"10.0.0.0","IPv6Network":"fd00::/48"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.ineffective(Etcd, fact.Version{}); len(got) != 2 || got[0].Name != "Network" || got[1].Name != "SubnetMin" {
		t.Errorf("IPv4 disabled: %v", got)
	}
}

// What is written can be read again, and means the same.
func FuzzParseNetConf(f *testing.F) {
	for _, s := range []string{
		`{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}`, `{}`, `null`, `{"Network":"::ffff:10.0.0.0/112"}`, `{"EnableIPv6":true,"IPv6Network":"10.0.0.0/8"}`,
		`{"SubnetLen":24,"SubnetMin":"10.0.0.0","SubnetMax":"10.1.0.0","Network":"10.0.0.0/8"}`, `{"network":"10.0.0.0/8","NETWORK":"x"}`,
		"\xef\xbb\xbf{}", `{"IPv6SubnetMin":"::1","IPv6SubnetLen":99,"IPv6Network":"fd00::/48","EnableIPv6":true}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, version := range []fact.Version{{}, v(9, 0), v(14, 0), v(19, 2), v(24, 0)} {
			for _, mode := range []Mode{Kube, Etcd} {
				c, err := ReadNetConf(data, Options{Version: version, Mode: mode})
				if err != nil {
					if err.Error() == "" {
						t.Error("an error without text")
					}
					continue
				}
				_ = Config{NetConf: c, Version: version, Mode: mode}.Statements()
				_, _ = Predict(c, NodeSpec{Name: "n", PodCIDR: "10.244.1.0/24", PodCIDRs: []string{"10.244.1.0/24", "fd00::/64"}}, Underlay{}, Options{Version: version})
				if !version.IsZero() {
					continue
				}
				again, err := ParseNetConf([]byte(c.JSON()))
				if err != nil {
					t.Fatalf("%q is written as %q, which is not read: %v", data, c.JSON(), err)
				}
				if c.Backend == "" { // it is written out
					c.Backend, again.Backend = "", ""
				}
				ignore := cmpopts.IgnoreFields(NetConf{}, "Keys", "Backend")
				if d := cmp.Diff(c, again, equateNetip, ignore); d != "" && !(c.Network.Addr().Is4In6() || c.IPv6Network.Addr().Is4In6() || c.IPv6SubnetMin.Is4In6() || c.IPv6SubnetMax.Is4In6()) {
					t.Errorf("%q read, written and read again (-want +got)\n%s", data, d)
				}
			}
		}
	})
}

// What flannel says is our data, whatever release of Go built this: encoding/json has other words and offsets since Go 1.27.
func TestNetConfSaysTheSame(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"{\"Network\": \"10.244.0.0/16\",\n \"subnetlen\": \"24\"}",
			`net-conf.json:2:15: SubnetLen "24": json: cannot unmarshal string into Go struct field Config.SubnetLen of type uint; write a whole number, without quotes`},
		{`{"SubnetLen": true, "EnableIPv4": 1}`,
			`net-conf.json:1:15: SubnetLen "true": json: cannot unmarshal bool into Go struct field Config.SubnetLen of type uint; write a whole number, without quotes`},
		{`{"SubnetLen": -1}`,
			`net-conf.json:1:15: SubnetLen "-1": json: cannot unmarshal number -1 into Go struct field Config.SubnetLen of type uint; write a whole number, without quotes`},
		{`{"EnableIPv4": 1, "Network": "10.244.0.0"}`, // what a field refuses stops the decoder; a type does not
			`net-conf.json:1:30: Network "10.244.0.0": invalid CIDR address: 10.244.0.0; add the length of the range, as in 10.244.0.0/16`},
		{"{\"Network\": \"10.244.0.0/16\",\n}",
			"net-conf.json:2:1: invalid character '}' looking for beginning of object key string; fix the JSON there: commas between entries and none behind the last, names and strings in double quotes"},
		{`[]`, `net-conf.json:1:1: json: cannot unmarshal array into Go value of type subnet.Config; write one object: {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`},
		{`{"Backend": {"Type": 1}}`,
			`net-conf.json:1:13: Backend: error decoding Backend property of config: json: cannot unmarshal number into Go struct field .Type of type string; write an object with a string as Type: "Backend": {"Type": "vxlan"}`},
		{`{"Backend": "vxlan"}`,
			`net-conf.json:1:13: Backend: error decoding Backend property of config: json: cannot unmarshal string into Go value of type struct { Type string }; write an object with a string as Type: "Backend": {"Type": "vxlan"}`},
	} {
		if _, err := ParseNetConf([]byte(tt.in)); err == nil || err.Error() != tt.want {
			t.Errorf("ParseNetConf(%q)\n got %v\nwant %s", tt.in, err, tt.want)
		}
	}
}
