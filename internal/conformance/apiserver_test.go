package conformance

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	netutils "k8s.io/utils/net"
	"pgregory.net/rapid"
)

// realServices lets kube-apiserver complete and validate its service range, and returns its complaints about it.
func realServices(f nodeipam.APIServerFlags) []string {
	s := options.NewServerRunOptions()
	s.ServiceClusterIPRanges = f.ServiceClusterIPRange
	s.GenericServerRunOptions.AdvertiseAddress = netutils.ParseIPSloppy(f.AdvertiseAddress)
	completed, err := s.Complete(context.Background())
	if err != nil {
		return []string{err.Error()}
	}
	var complaints []string
	for _, err := range completed.Validate() {
		if text := err.Error(); strings.Contains(text, "service") && (strings.Contains(text, "range") || strings.Contains(text, "family") || strings.Contains(text, "large")) || strings.Contains(text, "IP family") {
			complaints = append(complaints, text)
		}
	}
	return complaints
}

// TestAPIServerStart wants kube-apiserver's own complaints about the service range, in its order.
func TestAPIServerStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := nodeipam.APIServerFlags{
			ServiceClusterIPRange: drawRanges(t, "service-cluster-ip-range"),
			AdvertiseAddress:      rapid.SampledFrom([]string{"192.168.10.11", "fd00:10::11"}).Draw(t, "advertise-address"),
		}
		if net.ParseIP(f.AdvertiseAddress) == nil {
			t.Fatal("bad address")
		}
		want := realServices(f)
		got := f.Refusals(fact.NewestKubernetes())
		if len(got) != len(want) {
			t.Fatalf("%+v: refusals %+v, kube-apiserver says %q", f, got, want)
		}
		for i := range want {
			if !strings.Contains(want[i], got[i].Message) {
				t.Fatalf("%+v: refusal %q, kube-apiserver says %q", f, got[i].Message, want[i])
			}
		}
	})
}
