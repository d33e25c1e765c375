package plan_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr/cidrtest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestRangesValidator holds Ranges.Check to the kit that other projects test their validators with.
func TestRangesValidator(t *testing.T) {
	cidrtest.TestValidator(t, func(c cidrtest.Case) error {
		r := plan.Ranges{Pods: c.Pods, Services: c.Services, Hosts: c.Hosts, NodeMaskIPv4: c.NodeBitsIPv4(), NodeMaskIPv6: c.NodeBitsIPv6()}
		return r.Check(plan.Version{}).Err()
	}, cidrtest.With(cidrtest.RuleOneNode))
}

// prefixes reads ranges separated by blanks; what is none is the zero Prefix.
func prefixes(s string) []netip.Prefix {
	var out []netip.Prefix
	for f := range strings.FieldsSeq(s) {
		p, _ := netip.ParsePrefix(f)
		out = append(out, p)
	}
	return out
}

func TestRanges(t *testing.T) {
	sound := func() plan.Ranges {
		return plan.Ranges{Pods: prefixes("10.244.0.0/16"), Services: prefixes("10.96.0.0/16"), Hosts: prefixes("192.168.1.10/24")}
	}
	dual := func() plan.Ranges {
		return plan.Ranges{Pods: prefixes("10.244.0.0/16 fd00:10:244::/56"), Services: prefixes("10.96.0.0/16 fd00:10:96::/112")}
	}
	addr := func(s ...string) (as []netip.Addr) {
		for _, x := range s {
			a, _ := netip.ParseAddr(x)
			as = append(as, a)
		}
		return as
	}
	for _, c := range []struct {
		name    string
		from    func() plan.Ranges
		change  func(*plan.Ranges)
		release fact.Version
		want    []string // field, rule, severity, type, refused by
	}{
		{"sound", sound, func(*plan.Ranges) {}, fact.Version{}, nil},
		{"sound, both families", dual, func(*plan.Ranges) {}, fact.Version{}, nil},
		{"nothing", sound, func(r *plan.Ranges) { *r = plan.Ranges{} }, fact.Version{}, nil},
		{"invalid pods", dual, func(r *plan.Ranges) { r.Pods[1] = netip.Prefix{} }, fact.Version{},
			[]string{"Pods[1] cidr-malformed error Invalid", "Services[1] ip-family-mismatch error Invalid"}},
		{"mapped services", sound, func(r *plan.Ranges) { r.Services = prefixes("::ffff:10.96.0.0/112") }, fact.Version{},
			[]string{"Services[0] cidr-malformed error Invalid"}},
		{"host bits", sound, func(r *plan.Ranges) { r.Pods = prefixes("10.244.1.0/16") }, fact.Version{},
			[]string{"Pods[0] cidr-host-bits-set warning Invalid"}},
		{"IPv4 pods, IPv6 services (F93)", sound, func(r *plan.Ranges) { r.Services = prefixes("fd00:10:96::/112") }, fact.Version{},
			[]string{"Services[0] ip-family-mismatch error Invalid"}},
		{"two service ranges of IPv4 (F93)", sound, func(r *plan.Ranges) { r.Services = prefixes("10.96.0.0/16 10.97.0.0/16") }, fact.Version{},
			[]string{"Services[1] too-many-ranges error Invalid kube-apiserver kube-controller-manager kubeadm"}},
		{"services twice", sound, func(r *plan.Ranges) { r.Services = prefixes("10.96.0.0/16 10.96.0.0/16") }, fact.Version{},
			[]string{"Services[1] too-many-ranges error Duplicate kube-apiserver kube-controller-manager kubeadm"}},
		{"two pod ranges of IPv4", sound, func(r *plan.Ranges) { r.Pods = prefixes("10.244.0.0/16 10.245.0.0/16") }, fact.Version{},
			[]string{"Pods[1] too-many-ranges error Invalid kube-controller-manager kubeadm"}},
		{"two pod ranges of a network with an allocator", sound, func(r *plan.Ranges) {
			r.Pods, r.OwnAllocator = prefixes("10.244.0.0/16 10.245.0.0/16"), true
		}, fact.Version{}, nil},
		{"pods in pods of a network with an allocator", sound, func(r *plan.Ranges) {
			r.Pods, r.OwnAllocator = prefixes("10.244.128.0/17 10.244.0.0/16"), true
		}, fact.Version{}, []string{"Pods[0] too-many-ranges error Invalid"}},
		{"more families of pods", dual, func(r *plan.Ranges) { r.Services = r.Services[:1] }, fact.Version{},
			[]string{"Pods[1] ip-families-differ info Invalid"}},
		{"families in another order", dual, func(r *plan.Ranges) { slices.Reverse(r.Pods) }, fact.Version{},
			[]string{"Pods[0] ip-families-differ warning Invalid"}},
		{"pods beside services of both families", dual, func(r *plan.Ranges) { r.Pods[1] = r.Services[1] }, fact.Version{},
			[]string{"Pods[1] node-mask-too-short error Invalid kube-controller-manager kubeadm", "Pods[1] pod-service-overlap error Invalid"}},
		{"hosts in pods", sound, func(r *plan.Ranges) { r.Hosts = prefixes("192.168.1.10/24 10.244.3.4/32") }, fact.Version{},
			[]string{"Pods[0] host-pod-overlap error Invalid"}},
		{"services in hosts", sound, func(r *plan.Ranges) { r.Hosts = prefixes("10.96.0.0/12") }, fact.Version{},
			[]string{"Services[0] host-service-overlap error Invalid"}},
		{"reserved", sound, func(r *plan.Ranges) {
			r.Reserved = []fact.Reservation{{Name: "none"}, {Prefix: netip.MustParsePrefix("10.244.7.0/24"), Name: "vpn"}}
		}, fact.Version{}, []string{"Pods[0] reserved-range-overlap error Invalid"}},
		{"docker", sound, func(r *plan.Ranges) { r.Pods = prefixes("172.16.0.0/15") }, fact.Version{},
			[]string{"Pods[0] known-range-overlap info Invalid"}},
		{"mask beyond IPv4", sound, func(r *plan.Ranges) { r.NodeMaskIPv4 = 33 }, fact.Version{},
			[]string{"NodeMaskIPv4 node-mask-too-far error Invalid"}},
		{"mask below 0", sound, func(r *plan.Ranges) { r.NodeMaskIPv4 = -1 }, fact.Version{},
			[]string{"NodeMaskIPv4 node-mask-too-far error Invalid"}},
		{"mask of a family without pods", sound, func(r *plan.Ranges) { r.NodeMaskIPv6 = 64 }, fact.Version{},
			[]string{"NodeMaskIPv6 node-mask-flag-ignored warning Forbidden"}},
		{"mask too short", sound, func(r *plan.Ranges) { r.NodeMaskIPv4 = 15 }, fact.Version{},
			[]string{"Pods[0] node-mask-too-short error Invalid kube-controller-manager kubeadm"}},
		{"2^17 IPv6 node ranges", dual, func(r *plan.Ranges) { r.NodeMaskIPv6 = 73 }, fact.Version{},
			[]string{"Pods[1] node-mask-too-far error Invalid kube-controller-manager kubeadm"}},
		{"2^17 IPv4 node ranges", sound, func(r *plan.Ranges) {
			r.Pods, r.Services, r.NodeMaskIPv4 = prefixes("10.0.0.0/8"), prefixes("100.64.0.0/16"), 25
			r.Hosts = nil
		},
			fact.Version{}, []string{"Pods[0] node-mask-too-far warning Invalid kubeadm", "Pods[0] known-range-overlap info Invalid"}},
		{"large services, any release", sound, func(r *plan.Ranges) { r.Services = prefixes("10.0.0.0/9") }, fact.Version{},
			[]string{"Services[0] service-range-too-large error Invalid kubeadm", "Services[0] known-range-overlap info Invalid"}},
		{"large services, 1.33", sound, func(r *plan.Ranges) { r.Services = prefixes("10.0.0.0/9") }, fact.V(1, 33, 0),
			[]string{"Services[0] service-range-too-large error Invalid kube-apiserver kubeadm", "Services[0] known-range-overlap info Invalid"}},
		{"large services, 1.37", sound, func(r *plan.Ranges) { r.Services = prefixes("10.0.0.0/9") }, fact.V(1, 37, 0),
			[]string{"Services[0] service-range-too-large warning Invalid kubeadm", "Services[0] known-range-overlap info Invalid"}},
		{"small services", sound, func(r *plan.Ranges) { r.Services = prefixes("10.96.0.0/30") }, fact.Version{},
			[]string{"Services[0] service-range-too-small error Invalid kube-apiserver kubeadm"}},
		{"both families before 1.16", dual, func(*plan.Ranges) {}, fact.V(1, 15, 0),
			[]string{"Services[1] too-many-ranges error TooMany kube-apiserver kubeadm", "Pods[1] too-many-ranges error TooMany kube-controller-manager kubeadm"}},
		{"both families in 1.19, a gate away", dual, func(*plan.Ranges) {}, fact.V(1, 19, 0),
			[]string{"Services[1] too-many-ranges warning Invalid", "Pods[1] too-many-ranges warning Invalid"}},
		{"DNS outside", sound, func(r *plan.Ranges) { r.DNS = addr("10.97.0.10") }, fact.Version{},
			[]string{"DNS[0] cluster-dns-outside-service-range error Invalid"}},
		{"DNS where kubernetes is", sound, func(r *plan.Ranges) { r.DNS = addr("10.96.0.10", "10.96.0.1") }, fact.Version{},
			[]string{"DNS[1] cluster-dns-outside-service-range error Invalid"}},
		{"DNS invalid", sound, func(r *plan.Ranges) { r.DNS = addr("") }, fact.Version{},
			[]string{"DNS[0] cluster-dns-outside-service-range error Invalid"}},
		{"too many nodes", sound, func(r *plan.Ranges) { r.Nodes = 257 }, fact.Version{},
			[]string{"Pods[0] cluster-cidr-exhausted error Invalid"}},
		{"as many nodes as fit", sound, func(r *plan.Ranges) { r.Nodes = 256; r.PodsPerNode = 253 }, fact.Version{}, nil},
		{"too many nodes in the second family", dual, func(r *plan.Ranges) { r.Nodes = 16; r.NodeMaskIPv6 = 59 }, fact.Version{},
			[]string{"Pods[1] cluster-cidr-exhausted error Invalid"}},
		{"too many pods", sound, func(r *plan.Ranges) { r.PodsPerNode = 254 }, fact.Version{},
			[]string{"Pods[0] max-pods-over-node-range warning Invalid"}},
		{"negative numbers", sound, func(r *plan.Ranges) { r.Nodes, r.PodsPerNode = -1, -1 }, fact.Version{},
			[]string{"Nodes cluster-cidr-exhausted error Invalid", "PodsPerNode max-pods-over-node-range error Invalid"}},
		{"half of IPv4", sound, func(r *plan.Ranges) {
			r.Pods, r.NodeMaskIPv4, r.Services, r.Hosts = prefixes("0.0.0.0/1"), 16, nil, nil
		}, fact.Version{},
			[]string{"Pods[0] special-range error Invalid", "Pods[0] known-range-overlap info Invalid"}},
		{"public", sound, func(r *plan.Ranges) { r.Services = prefixes("34.118.224.0/20") }, fact.Version{},
			[]string{"Services[0] public-range warning Invalid"}},
		{"loopback hosts", sound, func(r *plan.Ranges) { r.Hosts = prefixes("127.0.0.1/8") }, fact.Version{},
			[]string{"Hosts[0] special-range error Invalid"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.from()
			c.change(&r)
			var got []string
			for _, f := range r.Check(c.release).Findings {
				s := fmt.Sprintf("%v %s %s %s", f.Field, f.Rule, f.Severity, strings.TrimPrefix(string(f.Field.Type), "FieldValue"))
				for _, p := range f.RefusedBy {
					s += " " + string(p)
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings of %v (-want +got):\n%s", r, diff)
			}
		})
	}
}

// TestRangesText holds the sentences.
func TestRangesText(t *testing.T) {
	if err := (plan.Ranges{}).Check(plan.Version{}).Err(); !errors.Is(err, fact.ErrNothingStated) {
		t.Errorf("Check of no ranges: %v, want %v", err, fact.ErrNothingStated)
	}
	r := plan.Ranges{Pods: prefixes("10.244.0.0/16"), Services: prefixes("10.244.0.0/20 10.97.0.0/16"), Hosts: prefixes("10.244.3.4/32"), NodeMaskIPv4: 33}
	const want = `NodeMaskIPv4: node-mask-too-far: NodeMaskIPv4 33 is no length of an IPv4 range: those are 1 to 32; give 1 to 32, or 0 for the default`
	err := r.Check(plan.Version{}).Err()
	if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), want) {
		t.Errorf("Check(%v).Err() = %v, want a line\n%s", r, err, want)
	}
}

// TestRangesFields checks on whatever ranges that each finding has a field whose value is what it names, a rule of the catalogue, and a
// message that names the field; that the input is kept; and that no range of one role is judged by its place in another list.
func TestRangesFields(t *testing.T) {
	rules := map[fact.RuleID]bool{}
	for _, r := range plan.Rules() {
		rules[r.ID] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(anyPrefix), 0, 4)
		r := plan.Ranges{
			Pods: list.Draw(t, "pods"), Services: list.Draw(t, "services"), Hosts: list.Draw(t, "hosts"),
			NodeMaskIPv4: rapid.IntRange(-2, 40).Draw(t, "mask4"), NodeMaskIPv6: rapid.IntRange(-2, 140).Draw(t, "mask6"),
			Nodes: rapid.IntRange(-1, 1<<20).Draw(t, "nodes"), PodsPerNode: rapid.IntRange(-1, 1000).Draw(t, "pods per node"),
			OwnAllocator: rapid.Bool().Draw(t, "own"),
		}
		v := rapid.SampledFrom([]fact.Version{{}, fact.V(1, 15, 0), fact.V(1, 19, 0), fact.V(1, 37, 0), fact.V(2, 0, 0)}).Draw(t, "release")
		before := fmt.Sprint(r)
		for _, f := range r.Check(v).Findings {
			var bad any
			switch f.Field.Name {
			case "Pods":
				bad = r.Pods[f.Field.Index]
			case "Services":
				bad = r.Services[f.Field.Index]
			case "Hosts":
				bad = r.Hosts[f.Field.Index]
			case "NodeMaskIPv4":
				bad = r.NodeMaskIPv4
			case "NodeMaskIPv6":
				bad = r.NodeMaskIPv6
			case "Nodes":
				bad = r.Nodes
			case "PodsPerNode":
				bad = r.PodsPerNode
			}
			if bad != f.Field.BadValue {
				t.Fatalf("%v has the value %v, the finding says %v", f.Field, bad, f.Field.BadValue)
			}
			if !rules[f.Rule] || f.Severity == "" || f.Field.Type == "" || f.Field.Detail == "" || !strings.HasPrefix(f.Message, f.Field.String()+" ") {
				t.Fatalf("finding %+v", f)
			}
		}
		if after := fmt.Sprint(r); after != before {
			t.Fatalf("Check changed its input: %s to %s", before, after)
		}
	})
}

func anyPrefix(t *rapid.T) netip.Prefix {
	b := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 10, 96, 172, 244, 127, 253, 255}), 16, 16).Draw(t, "bytes")
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return netip.Prefix{}
	case 1:
		return netip.PrefixFrom(netip.AddrFrom16(netip.AddrFrom4([4]byte(b)).As16()), rapid.IntRange(0, 128).Draw(t, "bits"))
	case 2:
		return netip.PrefixFrom(netip.AddrFrom16([16]byte(b)), rapid.IntRange(-1, 129).Draw(t, "bits"))
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte(b)), rapid.IntRange(-1, 33).Draw(t, "bits"))
}
