package flannel_test

import (
	"errors"
	"fmt"

	"github.com/kubecidr/kubecidr/flannel"
)

// What flannel would print on a net-conf.json that it does not take, and where the fault stands.
func ExampleNetConfError() {
	_, err := flannel.ParseNetConf([]byte(`{"Network": "10.244.0.0"}`))
	var e *flannel.NetConfError
	if errors.As(err, &e) {
		fmt.Println(e.Key, e.Pos.Line, e.Pos.Column)
		fmt.Println(e.Flannel)
	}
	// Output:
	// Network 1 13
	// invalid CIDR address: 10.244.0.0
}

// All that is wrong in a subnet.env, one error a line.
func ExampleEnvErrors() {
	_, err := flannel.ParseSubnetEnv([]byte("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1/24\nFLANNEL_MTU=big\n"))
	var all flannel.EnvErrors
	if errors.As(err, &all) {
		for _, e := range all {
			fmt.Println(e.Pos.Line, e.Key)
		}
	}
	// Output:
	// 2 FLANNEL_SUBNET
	// 3 FLANNEL_MTU
}
