package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/kubeadm"
)

// realFlags parses args with kube-controller-manager's own flag set and returns its address-related flags.
func realFlags(args []string) (flags nodeipam.ControllerFlags, rest []string, err error) {
	s, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return flags, nil, err
	}
	named := s.Flags(app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases())
	fs := pflag.NewFlagSet("kube-controller-manager", pflag.ContinueOnError)
	fs.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	for _, f := range named.FlagSets {
		fs.AddFlagSet(f)
	}
	fs.Usage = func() {}
	err = fs.Parse(args)
	return nodeipam.ControllerFlags{
		AllocateNodeCIDRs:     s.KubeCloudShared.AllocateNodeCIDRs,
		ClusterCIDR:           s.KubeCloudShared.ClusterCIDR,
		NodeCIDRMaskSize:      int(s.NodeIPAMController.NodeCIDRMaskSize),
		NodeCIDRMaskSizeIPv4:  int(s.NodeIPAMController.NodeCIDRMaskSizeIPv4),
		NodeCIDRMaskSizeIPv6:  int(s.NodeIPAMController.NodeCIDRMaskSizeIPv6),
		ServiceClusterIPRange: s.NodeIPAMController.ServiceCIDR,
	}, fs.Args(), err
}

var flagNames = []string{
	"--cluster-cidr", "--cluster_cidr", "-cluster-cidr", "----cluster-cidr", "--Cluster-CIDR", "--allocate-node-cidrs", "--allocate_node_cidrs",
	"--node-cidr-mask-size", "--node-cidr-mask-size-ipv4", "--node_cidr_mask_size_ipv6", "--service-cluster-ip-range", "--leader-elect",
	"--cluster-name", "--profiling", "--no-such-flag", "--", "-", "", "stray",
}

var flagValues = []string{
	"10.244.0.0/16", "10.244.0.0/16,fd00:10:244::/56", "true", "false", "0", "1", "t", "F", "yes", "", "24", "024", "0x18", "1_8", "abc",
	"--cluster-cidr", "'10.244.0.0/16'", "a=b", "10.244.0.0/16 ", "-1", "99999999999",
}

// TestFlags wants from the flag reader what kube-controller-manager's own flag set makes of the same words.
func TestFlags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var args []string
		for i := range rapid.IntRange(0, 5).Draw(t, "flags") {
			name := rapid.SampledFrom(flagNames).Draw(t, fmt.Sprintf("name %d", i))
			switch rapid.IntRange(0, 2).Draw(t, "form") {
			case 0:
				args = append(args, name)
			case 1:
				args = append(args, name+"="+rapid.SampledFrom(flagValues).Draw(t, "value"))
			case 2:
				args = append(args, name, rapid.SampledFrom(flagValues).Draw(t, "value"))
			}
		}
		want, rest, err := realFlags(args)
		line := kubeadm.CommandLine{Component: fact.ControllerManager}
		for _, a := range args {
			line.Args = append(line.Args, kubeadm.Word{Text: a})
		}
		f := line.Parse()
		stray := strings.Join(rest, "") != "" // NewControllerManagerCommand refuses positional words that are not empty
		if (err != nil || stray) != (len(f.Errors) > 0) {
			t.Fatalf("%q: errors %v, the real program: %v, rest %q", args, f.Errors, err, rest)
		}
		if err != nil {
			if got := f.Errors[0].Msg; !strings.Contains(err.Error(), got) && !strings.Contains(got, err.Error()) {
				t.Fatalf("%q: first error %q, the real program: %q", args, got, err)
			}
			return
		}
		got := kubeadm.Process{CommandLine: line}.ControllerFlags()
		got.CIDRAllocatorType, got.Controllers, got.FeatureGates, got.CIDRAllocatorEmpty, got.Malformed = "", nil, nil, false, nil
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Fatalf("%q: flags %+v, the real program: %+v", args, got, want)
		}
	})
}
