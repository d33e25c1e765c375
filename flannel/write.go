package flannel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// JSON returns the configuration as text, in the order and indentation of flannel's own manifests, with a final line
// end: keys only where they differ from flannel's defaults, EnableNFTables and Backend always. It is what
// [ParseNetConf] reads back as c, apart from Keys, if c's Backend is JSON or empty.
func (c NetConf) JSON() string {
	var b bytes.Buffer
	field := func(key string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			return // values here are strings, numbers and bools
		}
		fmt.Fprintf(&b, "  %q: %s,\n", key, text)
	}
	b.WriteString("{\n")
	if !c.EnableIPv4 {
		field("EnableIPv4", false)
	}
	if c.Network.IsValid() {
		field("Network", c.Network.String())
	}
	if c.IPv6Network.IsValid() {
		field("IPv6Network", c.IPv6Network.String())
	}
	if c.EnableIPv6 {
		field("EnableIPv6", true)
	}
	for _, f := range []struct {
		name     string
		len      uint
		min, max netip.Addr
	}{{"Subnet", c.SubnetLen, c.SubnetMin, c.SubnetMax}, {"IPv6Subnet", c.IPv6SubnetLen, c.IPv6SubnetMin, c.IPv6SubnetMax}} {
		if f.len > 0 {
			field(f.name+"Len", f.len)
		}
		if f.min.IsValid() {
			field(f.name+"Min", f.min.String())
		}
		if f.max.IsValid() {
			field(f.name+"Max", f.max.String())
		}
	}
	field("EnableNFTables", c.EnableNFTables)
	backend := c.Backend
	if backend == "" {
		t, err := json.Marshal(c.BackendType)
		if err == nil {
			backend = fmt.Sprintf(`{"Type": %s}`, t)
		}
	}
	b.WriteString("  \"Backend\": ")
	if err := json.Indent(&b, []byte(backend), "  ", "  "); err != nil {
		b.WriteString(backend)
	}
	b.WriteString("\n}\n")
	return b.String()
}

// WriteNetConf writes the configuration as [NetConf.JSON] gives it.
func WriteNetConf(w io.Writer, c NetConf) error {
	_, err := io.WriteString(w, c.JSON())
	return err
}

// WriteConfigMap writes the ConfigMap kube-flannel-cfg as flannel's manifest has it, with c as net-conf.json and the
// chain of CNI plugins that comes with it. namespace is "kube-flannel" if empty, as since flannel v0.19.0; before, it
// was "kube-system".
func WriteConfigMap(w io.Writer, c NetConf, namespace string) error {
	if namespace == "" {
		namespace = "kube-flannel"
	}
	if !isNamespace(namespace) {
		return fmt.Errorf("namespace %q: a name is 1 to 63 lower-case letters, digits and -, and begins and ends with none of the last", clip(namespace))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: v1
kind: ConfigMap
metadata:
  name: kube-flannel-cfg
  namespace: %s
  labels:
    tier: node
    k8s-app: flannel
    app: flannel
data:
  cni-conf.json: |
    {
      "name": "cbr0",
      "cniVersion": "0.3.1",
      "plugins": [
        {
          "type": "flannel",
          "delegate": {
            "hairpinMode": true,
            "isDefaultGateway": true
          }
        },
        {
          "type": "portmap",
          "capabilities": {
            "portMappings": true
          }
        }
      ]
    }
  net-conf.json: |
`, namespace)
	for line := range strings.Lines(c.JSON()) {
		b.WriteString("    " + line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// isNamespace reports whether s can be the name of a namespace, a DNS label of RFC 1123.
// k8s.io/apimachinery pkg/util/validation IsDNS1123Label.
func isNamespace(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// NetConfFor returns the configuration that fits a plan: the pod range of each family, VXLAN between the nodes. The
// error says what p lacks.
func NetConfFor(p *plan.Plan) (NetConf, error) {
	if p == nil {
		return NetConf{}, errors.New("no plan")
	}
	c := NetConf{BackendType: "vxlan", Backend: `{"Type": "vxlan"}`}
	for _, r := range p.Ranges {
		if r.Role != fact.RolePods {
			continue
		}
		switch fact.FamilyOf(r.Prefix) {
		case fact.IPv4:
			c.EnableIPv4, c.Network = true, r.Prefix.Masked()
		case fact.IPv6:
			c.EnableIPv6, c.IPv6Network = true, r.Prefix.Masked()
		}
	}
	if !c.EnableIPv4 && !c.EnableIPv6 {
		return NetConf{}, errors.New("the plan has no pod range")
	}
	return c, nil
}

// SubnetEnvFor returns the subnet.env that flannel writes on node i of a plan, counting from 0 in the order in which
// nodes are registered, with configuration c, such as [NetConfFor] gives. The error is that of [Predict], or says that
// the plan has no such node.
func SubnetEnvFor(p *plan.Plan, i int, c NetConf, u Underlay, opt Options) (SubnetEnv, error) {
	if p == nil {
		return SubnetEnv{}, errors.New("no plan")
	}
	cidrs := p.NodePodCIDRs(i)
	if len(cidrs) == 0 {
		return SubnetEnv{}, fmt.Errorf("node %d: the plan has no subnet for it", i)
	}
	n := NodeSpec{Name: fmt.Sprintf("node-%d", i), PodCIDR: cidrs[0].String()}
	for _, q := range cidrs {
		n.PodCIDRs = append(n.PodCIDRs, q.String())
	}
	return Predict(c, n, u, opt)
}
