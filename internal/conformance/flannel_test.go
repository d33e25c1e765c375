package conformance

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"

	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/subnet"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/flannel"
)

// realConf runs the real parser, which panics on some input of older releases.
func realConf(text string) (c *subnet.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return subnet.ParseConfig(text)
}

// confText is what both sides read, in one form.
func confText(v4, v6 bool, network, network6 string, subnetLen, subnetLen6 uint, addrs ...string) string {
	return fmt.Sprintf("ipv4=%v ipv6=%v network=%s network6=%s len=%d len6=%d %v", v4, v6, network, network6, subnetLen, subnetLen6, addrs)
}

func realConfText(c *subnet.Config) string {
	ip6 := func(a *ip.IP6) string {
		if a == nil || a.ToIP() == nil || a.ToIP().IsUnspecified() {
			return ""
		}
		return addrText(a.ToIP().String())
	}
	ip4 := func(a ip.IP4) string {
		if a == 0 {
			return ""
		}
		return a.String()
	}
	net := ""
	if !c.Network.Empty() {
		net = c.Network.String()
	}
	net6 := ""
	if !c.IPv6Network.Empty() && c.IPv6Network.IP != nil {
		net6 = fmt.Sprintf("%s/%d", addrText(c.IPv6Network.IP.ToIP().String()), c.IPv6Network.PrefixLen)
	}
	return confText(c.EnableIPv4, c.EnableIPv6, net, net6, c.SubnetLen, c.IPv6SubnetLen, ip4(c.SubnetMin), ip4(c.SubnetMax), ip6(c.IPv6SubnetMin), ip6(c.IPv6SubnetMax))
}

// addrText brings an address into netip's form, IPv4-mapped ones into that of IPv4.
func addrText(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().String()
	}
	return s
}

func ourConfText(c flannel.NetConf) string {
	addr := func(a netip.Addr) string {
		if !a.IsValid() || a.Unmap().IsUnspecified() {
			return ""
		}
		return a.Unmap().String()
	}
	prefix := func(p netip.Prefix) string {
		if !p.Addr().IsValid() || p.Addr().IsUnspecified() && p.Bits() == 0 {
			return ""
		}
		return fmt.Sprintf("%s/%d", p.Addr().Unmap(), p.Bits())
	}
	return confText(c.EnableIPv4, c.EnableIPv6, prefix(c.Network), prefix(c.IPv6Network), c.SubnetLen, c.IPv6SubnetLen, addr(c.SubnetMin), addr(c.SubnetMax), addr(c.IPv6SubnetMin), addr(c.IPv6SubnetMax))
}

var confKeys = []string{"Network", "network", "IPv6Network", "EnableIPv4", "EnableIPv6", "SubnetLen", "SubnetMin", "SubnetMax", "IPv6SubnetLen", "IPv6SubnetMin", "IPv6SubnetMax", "Backend", "Foo"}

var confValues = map[string][]string{
	"network":     {`"10.244.0.0/16"`, `"10.244.7.9/16"`, `"10.0.0.0/8"`, `"10.244.0.0/24"`, `"10.244.0.0/28"`, `"10.244.0.0/29"`, `"0.0.0.0/0"`, `"fd00::/48"`, `"::ffff:10.244.0.0/112"`, `"010.244.0.0/16"`, `"10.244.0.0"`, `""`, `null`, `10`, `" 10.244.0.0/16"`, `"10.244.0.0\/16"`},
	"ipv6network": {`"fd00:10:244::/56"`, `"fd00:10:244::/48"`, `"FD00:10:0244::1/56"`, `"fd00::/64"`, `"fd00::/124"`, `"fd00::/125"`, `"::/0"`, `"10.0.0.0/8"`, `"fd00::1"`, `null`},
	"bool":        {`true`, `false`, `null`, `"true"`, `1`},
	"len":         {`0`, `16`, `18`, `24`, `26`, `30`, `31`, `57`, `64`, `72`, `127`, `null`, `-1`, `24.0`, `"24"`},
	"addr":        {`"10.244.5.0"`, `"10.244.5.1"`, `"10.245.0.0"`, `"10.244.0.0"`, `"0.0.0.0"`, `"10.244.255.0"`, `"fd00:10:244:5::"`, `"fd00:10:244:5::1"`, `"fd00:11::"`, `""`, `null`, `"10.244.5.0/24"`},
	"backend":     {`{"Type":"vxlan"}`, `{"type":"VXLAN","VNI":4096}`, `{}`, `null`, `"vxlan"`, `{"Type":1}`, `[]`},
	"foo":         {`1`, `{"a":[]}`},
}

func drawConf(t *rapid.T) string {
	var parts []string
	for range rapid.IntRange(0, 6).Draw(t, "keys") {
		key := rapid.SampledFrom(confKeys).Draw(t, "key")
		kind := strings.ToLower(key)
		switch {
		case strings.HasPrefix(key, "Enable"):
			kind = "bool"
		case strings.HasSuffix(key, "Len"):
			kind = "len"
		case strings.HasSuffix(key, "Min"), strings.HasSuffix(key, "Max"):
			kind = "addr"
		}
		parts = append(parts, fmt.Sprintf("%q: %s", key, rapid.SampledFrom(confValues[kind]).Draw(t, "value")))
	}
	text := "{" + strings.Join(parts, ", ") + rapid.SampledFrom([]string{"}", "}", "}", "}\n", "} x", ",}", ""}).Draw(t, "end")
	return text
}

// TestNetConf wants flannel's own verdict on generated configurations: accepted or refused, and the values, after reading as in
// Kubernetes and after the check that flannel adds with etcd.
func TestNetConf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawConf(t)
		want, realErr := realConf(text)
		got, ourErr := flannel.ParseNetConf([]byte(text))
		if (realErr == nil) != (ourErr == nil) {
			t.Fatalf("%s: ParseNetConf: %v, flannel: %v", text, ourErr, realErr)
		}
		if realErr != nil {
			var e *flannel.NetConfError
			if !errors.As(ourErr, &e) || !strings.Contains(ourErr.Error(), realErr.Error()) {
				t.Fatalf("%s: ParseNetConf: %q, flannel: %q", text, ourErr, realErr)
			}
			return
		}
		if got, want := ourConfText(got), realConfText(want); got != want {
			t.Fatalf("%s:\n ours    %s\n flannel %s", text, got, want)
		}
		realErr = subnet.CheckNetworkConfig(want)
		checked, ourErr := got.Check(fact.NewestFlannel())
		if (realErr == nil) != (ourErr == nil) {
			t.Fatalf("%s: Check: %v, flannel: %v", text, ourErr, realErr)
		}
		if realErr != nil {
			if !strings.Contains(ourErr.Error(), realErr.Error()) {
				t.Fatalf("%s: Check: %q, flannel: %q", text, ourErr, realErr)
			}
			return
		}
		if got, want := ourConfText(checked), realConfText(want); got != want {
			t.Fatalf("%s: checked:\n ours    %s\n flannel %s", text, got, want)
		}
	})
}

// TestSubnetEnv wants the bytes that flannel writes.
func TestSubnetEnv(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		v4, v6 := rapid.Bool().Draw(t, "v4"), rapid.Bool().Draw(t, "v6")
		text := fmt.Sprintf(`{"Network": "10.244.0.0/16", "EnableIPv4": %v, "IPv6Network": "fd00:10:244::/48", "EnableIPv6": %v}`, v4, v6)
		want, err := realConf(text)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := flannel.ParseNetConf([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sub := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 244, rapid.Byte().Draw(t, "third"), rapid.Byte().Draw(t, "fourth")}), rapid.IntRange(16, 32).Draw(t, "bits")).Masked()
		sub6 := netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 0, 0, 0x10, 2, 0x44, rapid.Byte().Draw(t, "six"), rapid.Byte().Draw(t, "seven")}), rapid.IntRange(48, 64).Draw(t, "bits6")).Masked()
		mtu := rapid.IntRange(-50, 9000).Draw(t, "mtu")
		masq := rapid.Bool().Draw(t, "masq")
		path := filepath.Join(dir, "subnet.env")
		var sn ip.IP4Net
		if err := sn.UnmarshalJSON([]byte(`"` + sub.String() + `"`)); err != nil {
			t.Fatal(err)
		}
		var sn6 ip.IP6Net
		if err := sn6.UnmarshalJSON([]byte(`"` + sub6.String() + `"`)); err != nil {
			t.Fatal(err)
		}
		if err := subnet.WriteSubnetFile(path, want, masq, sn, sn6, mtu); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		env, err := (flannel.Lease{Subnet: sub, IPv6Subnet: sub6}).SubnetEnv(ours, mtu, masq)
		if err != nil {
			t.Fatal(err)
		}
		if env.String() != string(data) {
			t.Fatalf("%v %v:\n ours\n%s flannel\n%s", sub, sub6, env, data)
		}
		back, err := flannel.ParseSubnetEnv(data)
		if err != nil || back.String() != string(data) {
			t.Fatalf("reading back: %v, %v", back, err)
		}
	})
}
