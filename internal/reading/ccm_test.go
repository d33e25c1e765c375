package reading

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
)

// TestCloudController: a cloud controller manager states its range, and whether it allocates where it is told.
func TestCloudController(t *testing.T) {
	for _, tt := range []struct {
		args string
		want []string
	}{
		{"--cloud-provider=hcloud --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16", []string{"pods  10.244.0.0/16 false", "setting allocate-node-cidrs true true"}},
		{"--cloud-provider=openstack --allocate-node-cidrs=false", []string{"setting allocate-node-cidrs false false"}},
		{"--cloud-provider=openstack --leader-elect=true", nil},
	} {
		line := "65532       4410  0.1  0.4 744010 38120 ?        Ssl  Apr03  44:09 /bin/cloud-controller-manager " + tt.args + "\n"
		f, err := Read(fstest.MapFS{"ps.txt": {Data: []byte(line)}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range f.Statements() {
			if s.Component == cloudController {
				got = append(got, fmt.Sprintf("%s %s %s %v", s.Role, s.Setting, s.Text, s.Bool))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: stated %q, want %q", tt.args, got, tt.want)
		}
	}
}
