package kubectl_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestNodeArgs: a Node of k3s or RKE2 tells what its server passes on, defaults included; agents tell nothing.
func TestNodeArgs(t *testing.T) {
	for _, tt := range []struct{ key, args, want string }{
		{"k3s.io/node-args", `["server","--cluster-cidr","10.72.0.0/16","--service-cidr=10.73.0.0/16","--token","****"]`, "pods 10.72.0.0/16 false, services 10.73.0.0/16 false"},
		{"rke2.io/node-args", `["server","--node-ip","192.168.31.13"]`, "pods 10.42.0.0/16 true, services 10.43.0.0/16 true"},
		{"k3s.io/node-args", `["server","--cluster-cidr","10.72.0.0/16","--cluster-cidr","fd00:72::/56","--service-cidr","10.73.0.0/16"]`, "pods 10.72.0.0/16,fd00:72::/56 false, services 10.73.0.0/16 false"},
		{"k3s.io/node-args", `["server","--node-ip","fd00::13"]`, ""},
		{"k3s.io/node-args", `["server","--disable-controller-manager","--disable-apiserver"]`, ""},
		{"k3s.io/node-args", `["server","--kube-controller-manager-arg","cluster-cidr=10.9.0.0/16"]`, "services 10.43.0.0/16 true"},
		{"k3s.io/node-args", `["agent","--server","https://10.0.0.1:6443"]`, ""},
		{"k3s.io/node-args", `["server",`, ""},
	} {
		node := `{"kind":"Node","apiVersion":"v1","metadata":{"annotations":{"` + tt.key + `":` + strconv.Quote(tt.args) + `},"name":"s1"},"spec":{"podCIDR":"10.72.0.0/24"}}`
		o, err := kubectl.ReadObjects("node.json", strings.NewReader(node))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range o.Statements() {
			if slices.Contains([]fact.Role{fact.RolePods, fact.RoleServices}, s.Role) && s.Host == "s1" {
				got = append(got, fmt.Sprintf("%s %s %v", s.Role, s.Text, s.Default))
			}
		}
		if have := strings.Join(got, ", "); have != tt.want {
			t.Errorf("%s %s: stated %q, want %q", tt.key, tt.args, have, tt.want)
		}
	}
}
