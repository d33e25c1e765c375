package flannel_test

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// What does flannel make of this configuration?
func ExampleParseNetConf() {
	c, err := flannel.ParseNetConf([]byte(`{
  "network": "10.244.7.9/16",
  "Backend": {"Type": "vxlan", "MTU": 1400}
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	mtu, err := c.MTU(1500, fact.Version{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	fmt.Println("line", c.Pos("Network").Line, "MTU of pods", mtu)

	_, err = flannel.ParseNetConf([]byte(`{"Network": "10.244.0.0"}`))
	fmt.Println(err)
	// Output:
	// Network 10.244.0.0/16, Backend vxlan
	// line 2 MTU of pods 1350
	// net-conf.json:1:13: Network "10.244.0.0": invalid CIDR address: 10.244.0.0; add the length of the range, as in 10.244.0.0/16
}

// Which subnets would flannel hand out with etcd?
func ExampleNetConf_Check() {
	c, err := flannel.ReadNetConf([]byte(`{"Network": "10.244.0.0/16"}`), flannel.Options{Mode: flannel.Etcd})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("/%d from %v to %v\n", c.SubnetLen, c.SubnetMin, c.SubnetMax)

	_, err = flannel.ReadNetConf([]byte(`{"Network": "10.244.0.0/16", "SubnetLen": 17}`), flannel.Options{Mode: flannel.Etcd})
	fmt.Println(err)
	// Output:
	// /24 from 10.244.1.0 to 10.244.255.0
	// net-conf.json:1:43: SubnetLen "17": network must be able to accommodate at least four subnets; the range is a /16, so set it to 18 or more, or widen the range
}

// Will flannel start on a node with these pod CIDRs, and what does it write there?
func ExamplePredict() {
	c, err := flannel.ParseNetConf([]byte(`{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	node := flannel.NodeSpec{Name: "worker-1", PodCIDR: "10.244.3.0/24", PodCIDRs: []string{"10.244.3.0/24"}}
	env, err := flannel.Predict(c, node, flannel.Underlay{}, flannel.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(env)

	node.PodCIDR, node.PodCIDRs = "10.224.3.0/24", []string{"10.224.3.0/24"}
	_, err = flannel.Predict(c, node, flannel.Underlay{}, flannel.Options{})
	fmt.Println(err)
	// Output:
	// FLANNEL_NETWORK=10.244.0.0/16
	// FLANNEL_SUBNET=10.244.3.1/24
	// FLANNEL_MTU=1450
	// FLANNEL_IPMASQ=true
	// node "worker-1": flannel stops: subnet "10.244.0.0/16" specified in the flannel net config doesn't contain "10.224.3.0/24" PodCIDR of the "worker-1" node
}

// flannel reads a subnet.env with quotes.
func ExampleParseSubnetEnv() {
	text := []byte("FLANNEL_NETWORK=\"10.244.0.0/16\"\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n")
	e, err := flannel.ParseSubnetEnv(text)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Networks[0], e.Subnet, e.MTU)
	// Output:
	// 10.244.0.0/16 10.244.3.1/24 1450
}

// What does a manifest say for plan.Check?
func ExampleRead() {
	d, err := flannel.Read([]byte(`apiVersion: v1
kind: ConfigMap
metadata:
  name: kube-flannel-cfg
  namespace: kube-flannel
data:
  net-conf.json: |
    {
      "Network": "10.244.0.0/16",
      "Backend": {
        "Type": "vxlan"
      }
    }
`), flannel.Options{Name: "kube-flannel-cfg.yaml"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range d.Statements() {
		if s.Role == fact.RolePods {
			fmt.Println(s.Pos, s.Key, s.Prefixes)
		}
	}
	fmt.Println(d.Configs[0])
	// Output:
	// kube-flannel-cfg.yaml:9:18 Network [10.244.0.0/16]
	// ConfigMap kube-flannel/kube-flannel-cfg: Network 10.244.0.0/16, Backend vxlan
}

// From a plan to flannel's configuration, and what the third node will get.
func ExampleNetConfFor() {
	p, err := plan.New(plan.Request{Nodes: 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := flannel.NetConfFor(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := flannel.WriteNetConf(os.Stdout, c); err != nil {
		fmt.Println(err)
		return
	}
	e, err := flannel.SubnetEnvFor(p, 2, c, flannel.Underlay{}, flannel.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Subnet)
	// Output:
	// {
	//   "Network": "10.244.0.0/16",
	//   "EnableNFTables": false,
	//   "Backend": {
	//     "Type": "vxlan"
	//   }
	// }
	// 10.244.2.1/24
}

// The chart of flannel renders net-conf.json from its values.
func ExampleValues_NetConf() {
	v := flannel.Values{
		PodCIDR: fact.Value[string]{V: "10.1.0.0/16", Pos: fact.Position{File: "values.yaml", Line: 1}},
		Flannel: []flannel.ValuesEntry{{Key: "mtu", Value: fact.Value[string]{V: "1400"}}},
	}
	fmt.Print(v.NetConf())
	// Output:
	// {
	//   "Network": "10.1.0.0/16",
	//   "EnableNFTables": false,
	//   "Backend": {
	//     "MTU": 1400,
	//     "Type": "vxlan"
	//   }
	// }
}

// Parsed values are compared in tests with go-cmp.
func ExampleNetConf_compare() {
	a, err := flannel.ParseNetConf([]byte(`{"Network": "10.244.0.0/16"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := flannel.ParseNetConf([]byte(`{"Network":"10.244.0.0/16"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	equate := cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})
	fmt.Println(cmp.Equal(a, b, equate), cmp.Equal(a, b, equate, cmpopts.IgnoreFields(flannel.NetConf{}, "Keys")))
	// Output:
	// false true
}
