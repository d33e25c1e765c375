package conformance

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam/cidrset"

	"github.com/kubecidr/kubecidr/cidr"
)

// TestDifferences holds exactly the list of deliberate differences: for each one it shows what both sides do.
func TestDifferences(t *testing.T) {
	show := map[string]func(t *testing.T) (real, ours bool){ // whether each side makes a set, or flags, of it
		"pool-mapped-base": func(t *testing.T) (bool, bool) {
			set, err := cidrset.NewCIDRSet(&net.IPNet{IP: net.ParseIP("10.244.0.0"), Mask: net.CIDRMask(118, 128)}, 120)
			if err != nil {
				return false, false
			}
			n, err := set.AllocateNext()
			if err != nil || n.IP.String() != "0.0.0.0" {
				t.Errorf("the real set answers %v, %v, want an address of 0.0.0.0", n, err)
			}
			return true, splits("::ffff:10.244.0.0/118", 120)
		},
		"pool-host-bits-base": func(t *testing.T) (bool, bool) {
			set, err := cidrset.NewCIDRSet(&net.IPNet{IP: net.IP{10, 244, 1, 0}, Mask: net.CIDRMask(22, 32)}, 24)
			if err != nil {
				return false, false
			}
			a, _ := set.AllocateNext()
			b, _ := set.AllocateNext()
			if a.String() != b.String() {
				t.Errorf("the real set answers %v and %v, want a duplicate", a, b)
			}
			return true, splits("10.244.1.0/22", 24)
		},
		"pool-mask-shorter": func(t *testing.T) (bool, bool) {
			_, err := cidrset.NewCIDRSet(&net.IPNet{IP: net.IP{10, 244, 0, 0}, Mask: net.CIDRMask(24, 32)}, 22)
			return err == nil, splits("10.244.0.0/24", 22)
		},
		"pool-mask-beyond-address": func(t *testing.T) (bool, bool) {
			_, err := cidrset.NewCIDRSet(&net.IPNet{IP: net.IP{10, 244, 0, 0}, Mask: net.CIDRMask(24, 32)}, 33)
			return err == nil, splits("10.244.0.0/24", 33)
		},
		"pool-16-bits": func(t *testing.T) (bool, bool) {
			_, err := cidrset.NewCIDRSet(&net.IPNet{IP: net.ParseIP("fd00::"), Mask: net.CIDRMask(47, 128)}, 64)
			return err == nil, splits("fd00::/47", 64)
		},
	}
	for id, docs := range differentForms() {
		show[id] = func(t *testing.T) (bool, bool) {
			for _, doc := range docs {
				if real, ours, _, err := readForm(doc); !real.Refused || ours.Refused {
					t.Errorf("kubeadm refuses: %t, this project: %v, want true and nil\n%s", real.Refused, err, doc)
				}
			}
			return false, true
		}
	}
	var shown []string
	for id := range show {
		shown = append(shown, id)
	}
	var listed []string
	for _, d := range Differences() {
		listed = append(listed, d.ID)
	}
	slices.Sort(shown)
	slices.Sort(listed)
	if !slices.Equal(shown, listed) {
		t.Fatalf("listed differences %v, shown ones %v", listed, shown)
	}
	for _, d := range Differences() {
		t.Run(d.ID, func(t *testing.T) {
			if real, ours := show[d.ID](t); real == ours {
				t.Errorf("both sides answer %v: no difference any more (%s)", real, d.What)
			}
		})
	}
}

// splits reports whether cidr.NewSplit takes p as it is written.
func splits(p string, bits int) bool {
	_, err := cidr.NewSplit(netip.MustParsePrefix(p), bits)
	return err == nil
}
