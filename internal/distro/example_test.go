package distro_test

import (
	"fmt"

	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/source"
)

// Which ranges does a k3s server have whose file names the services alone, and who hands out addresses?
func ExampleRead() {
	f, err := source.New("config.yaml", []byte("service-cidr: 10.61.0.0/16\n"), source.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range distro.Read(f) {
		for _, v := range c.Values {
			if v.Default {
				fmt.Printf("%s %s, default of %s\n", v.Role, v.Text, v.DefaultOf)
			} else {
				fmt.Printf("%s %s at %v\n", v.Role, v.Text, v.Pos)
			}
		}
		fmt.Println(c.CNI, "takes podCIDRs:", c.PodCIDRMatters())
	}
	// Output:
	// services 10.61.0.0/16 at config.yaml:1:15
	// pods 10.42.0.0/16, default of k3s
	// node-mask-ipv4 24, default of kube-controller-manager
	// dns 10.61.0.10, default of k3s
	// flannel takes podCIDRs: true
}
