package kubeadm

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
)

// Read finds what each reader finds alone, in every file of testdata.
func TestReadAgainstEach(t *testing.T) {
	compare := []cmp.Option{cmpopts.EquateErrors(), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})}
	check := func(data []byte) {
		t.Helper()
		got, err := Read("f", data)
		var want Contents
		var errs [5]error
		want.Config, errs[0] = ParseConfig("f", data)
		want.Commands, errs[1] = ParseCommands("f", data)
		want.Manifests, errs[2] = ParseManifests("f", data)
		want.Proxies, errs[3] = ParseKubeProxy("f", data)
		want.Kubelets, errs[4] = ParseKubelet("f", data)
		if diff := cmp.Diff(want, got, compare...); diff != "" {
			t.Errorf("Read of %q (-each alone +Read):\n%s", data, diff)
		}
		first := ""
		for _, e := range errs {
			if e != nil && first == "" {
				first = e.Error()
			}
		}
		if (err == nil) != (first == "") || err != nil && err.Error() != first {
			t.Errorf("Read of %q: error %v, each alone %q", data, err, first)
		}
	}
	formtest.Archived(t, "testdata", check, "")
	for _, text := range hostileFiles() {
		check([]byte(text.Make(2000)))
	}
}
