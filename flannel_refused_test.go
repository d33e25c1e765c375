package kubecidr_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// refusedByFlannel reports whether an error of Check says that flannel does not start.
func refusedByFlannel(t *testing.T, files map[string]string) (bool, fact.Report) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	r, err := kubecidr.Check(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(r.Findings, func(f fact.Finding) bool {
		return f.Severity == fact.Error && slices.Contains(f.RefusedBy, fact.Flannel)
	}), r
}

// TestFlannelRefusals: what flannel refuses of net-conf.json, by its parser, by its look at the ranges, and by its backends, is an error of
// Check, and what it takes is none. The files are those of etcd mode, in which flannel looks at all of it.
func TestFlannelRefusals(t *testing.T) {
	const vxlan = `, "Backend": {"Type": "vxlan"}}`
	kinds := map[string]int{}
	for _, text := range []string{
		`{"Network": "10.244.0.0/16"` + vxlan,
		`{"Network": "10.244.0.0/16", "SubnetLen": 25` + vxlan,
		`{"EnableIPv4": false, "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"` + vxlan,
		`{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"` + vxlan,
		`{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw"}}`,
		`{"Network": "10.244.0.0/16", "Backend": {"Type": "wireguard", "PSK": "x", "MTU": 1420}}`,

		``, `[]`, `{`, `{"Network": 10}`, `{"Network": "10.244.0.0"` + vxlan, `{"Network": "10.244.0.0/33"` + vxlan,
		`{"Network": "10.244.0.0/16,10.245.0.0/16"` + vxlan,
		`{"Network": "10.244.0.0/16", "SubnetLen": "24"` + vxlan, `{"Network": "10.244.0.0/16", "EnableIPv6": "true"` + vxlan,
		`{"Network": "fd00:10:244::/56"` + vxlan,
		`{"EnableIPv4": false` + vxlan,
		`{` + strings.TrimPrefix(vxlan, ", "),
		`{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "10.245.0.0/16"` + vxlan,
		`{"Network": "::ffff:10.244.0.0/112"` + vxlan,
		`{"Network": "10.244.0.0/16", "SubnetLen": 31` + vxlan, `{"Network": "10.244.0.0/16", "SubnetLen": 15` + vxlan,
		`{"Network": "10.244.0.0/29"` + vxlan,
		`{"Network": "10.244.0.0/16", "SubnetMin": "10.245.0.0"` + vxlan, `{"Network": "10.244.0.0/16", "SubnetMax": "10.245.0.0"` + vxlan,
		`{"Network": "10.244.0.0/16", "SubnetMin": "10.244.0.5"` + vxlan,
		`{"Network": "10.244.0.0/16", "SubnetMin": "here"` + vxlan,
		`{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56", "IPv6SubnetLen": 127` + vxlan,
		`{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56", "IPv6SubnetLen": 40` + vxlan,
		`{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56", "IPv6SubnetMin": "fd00:10:245::"` + vxlan,
		`{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56", "IPv6SubnetMax": "fd00:10:245::"` + vxlan,
		`{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlam"}}`, `{"Network": "10.244.0.0/16", "Backend": {"Type": 7}}`,
		`{"Network": "10.244.0.0/16", "Backend": {"VNI": 1}}`, `{"Network": "10.244.0.0/16", "Backend": "vxlan"}`,
		`{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": "one"}}`, `{"Network": "10.244.0.0/16", "Backend": {"Type": "ipsec"}}`,
		`{"Network": "10.244.0.0/16", "Backend": {"Type": "ipsec", "PSK": "short"}}`,
	} {
		kind := ""
		c, err := flannel.ParseNetConf([]byte(text))
		if err != nil {
			kind = "text"
		} else if _, err = c.ParseBackend(fact.Version{}); err != nil {
			kind = "backend"
		} else if _, err = c.Check(fact.Version{}); err != nil {
			kind = "ranges"
		} else if !c.EnableIPv4 && !c.EnableIPv6 {
			kind = "families" // main.go: none defined stack
		}
		kinds[kind]++
		files := map[string]string{
			"etc/net-conf.json":            text,
			"etc/systemd/flanneld.service": "[Service]\nExecStart=/usr/bin/flanneld --etcd-endpoints=https://192.168.10.11:2379 --etcd-prefix=/coreos.com/network\n",
		}
		if got, r := refusedByFlannel(t, files); got != (kind != "") {
			t.Errorf("%s: flannel: %v; Check names flannel: %v\n%s", text, err, got, told(r))
		}
	}
	for _, kind := range []string{"", "text", "ranges", "backend", "families"} {
		if kinds[kind] == 0 {
			t.Errorf("no case of kind %q", kind)
		}
	}
}

// TestFlannelLeaseRefusals: a node that flannel does not start on is named by an error of Check.
func TestFlannelLeaseRefusals(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct{ conf, podCIDR, podCIDRs string }{
		{`"Network": "10.244.0.0/16"`, "10.244.1.0/24", "10.244.1.0/24"},
		{`"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"`, "10.244.1.0/24", "10.244.1.0/24,fd00:10:244:1::/64"},
		{`"Network": "10.244.0.0/16"`, "", ""},
		{`"Network": "10.244.0.0/16"`, "10.245.1.0/24", "10.245.1.0/24"},
		{`"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"`, "10.244.1.0/24", "10.244.1.0/24,fd00:10:245:1::/64"},
		{`"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"`, "10.244.1.0/24", "10.244.1.0/24"},
		{`"EnableIPv4": false, "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"`, "10.244.1.0/24", "10.244.1.0/24,fd00:10:244:1::/64"},
		{`"EnableIPv4": false, "EnableIPv6": true, "IPv6Network": "fd00:10:244::/56"`, "10.244.1.0/24", "10.244.1.0/24"},
	} {
		text := "{" + tt.conf + `, "Backend": {"Type": "vxlan"}}`
		c, err := flannel.ParseNetConf([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		n := flannel.NodeSpec{Name: "worker-0001", PodCIDR: tt.podCIDR}
		if tt.podCIDRs != "" {
			n.PodCIDRs = strings.Split(tt.podCIDRs, ",")
		}
		l, err := flannel.AcquireLease(c, n, fact.Version{})
		if err == nil {
			_, err = l.SubnetEnv(c, 1450, true)
		}
		seen[map[bool]string{true: "taken", false: "refused"}[err == nil]] = true
		node := "apiVersion: v1\nkind: Node\nmetadata:\n  name: worker-0001\nspec:\n  taints: []\n"
		if tt.podCIDR != "" {
			node += "  podCIDR: " + tt.podCIDR + "\n  podCIDRs:\n  - " + strings.ReplaceAll(tt.podCIDRs, ",", "\n  - ") + "\n"
		}
		cm := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kube-flannel-cfg\n  namespace: kube-flannel\ndata:\n  net-conf.json: |\n    " + text + "\n"
		_, r := refusedByFlannel(t, map[string]string{"node.yaml": node, "cm.yaml": cm})
		got := slices.ContainsFunc(r.Findings, func(f fact.Finding) bool {
			return f.Severity == fact.Error && slices.Contains(f.Subjects, "worker-0001")
		})
		if got != (err != nil) {
			t.Errorf("%s with %q: flannel: %v; Check names the node in an error: %v\n%s", text, tt.podCIDRs, err, got, told(r))
		}
	}
	if !seen["taken"] || !seen["refused"] {
		t.Error("all cases are of one kind")
	}
}

// TestSubnetEnvRefusals: what flannel or its CNI plugin does not take of a subnet.env is a finding, and so is a file that is cut off.
func TestSubnetEnvRefusals(t *testing.T) {
	const good = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"
	for _, text := range []string{
		good,
		strings.Replace(good, "10.244.1.1/24", "10.244.1.1", 1),
		strings.Replace(good, "1450", "1450 bytes", 1),
		strings.Replace(good, "true", "ja", 1),
		strings.Replace(good, "FLANNEL_MTU=1450\n", "", 1),
		strings.Replace(good, "FLANNEL_NETWORK=10.244.0.0/16\n", "", 1),
		strings.Replace(good, "FLANNEL_SUBNET=10.244.1.1/24\n", "", 1),
		strings.Replace(good, "FLANNEL_MTU=", "FLANNEL_MTU ", 1),
		"\xef\xbb\xbf" + good,
	} {
		_, err := flannel.ParseSubnetEnv([]byte(text))
		_, r := refusedByFlannel(t, map[string]string{"worker-0001/run/flannel/subnet.env": text})
		if got := slices.ContainsFunc(r.Findings, func(f fact.Finding) bool { return f.Severity != fact.Info }); got != (text != good) {
			t.Errorf("%q: %v; Check: %v\n%s", text, err, got, told(r))
		}
	}
}
