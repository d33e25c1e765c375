package kubeadm

import (
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// ControllerFlags returns the address-related flags of a kube-controller-manager as it reads them itself. It is the
// zero value for another program. A flag whose value the program cannot read is among Malformed, since it does not
// start with it.
func (p Process) ControllerFlags() nodeipam.ControllerFlags {
	if p.Component != fact.ControllerManager {
		return nodeipam.ControllerFlags{}
	}
	f := p.Parse()
	out := nodeipam.ControllerFlags{
		ClusterCIDR:           f.known("cluster-cidr"),
		ServiceClusterIPRange: f.known("service-cluster-ip-range"),
		CIDRAllocatorType:     f.known("cidr-allocator-type"),
		Controllers:           p.controllers(f),
		FeatureGates:          f.gates(),
	}
	if r, ok := p.flagRefusal(f); ok {
		out.Malformed = []nodeipam.Refusal{r}
	}
	out.AllocateNodeCIDRs, _ = f.Bool("allocate-node-cidrs")
	out.NodeCIDRMaskSize, _ = f.Int("node-cidr-mask-size")
	out.NodeCIDRMaskSizeIPv4, _ = f.Int("node-cidr-mask-size-ipv4")
	out.NodeCIDRMaskSizeIPv6, _ = f.Int("node-cidr-mask-size-ipv6")
	if l, ok := f.Lookup("cidr-allocator-type"); ok && l.Value.V == "" {
		out.CIDRAllocatorEmpty = true
	}
	return out
}

// APIServerFlags returns the address-related flags of a kube-apiserver as it reads them itself. It is the zero value
// for another program. Without the flag, the address that kubeadm noted on the pod stands for --advertise-address.
func (p Process) APIServerFlags() nodeipam.APIServerFlags {
	if p.Component != fact.APIServer {
		return nodeipam.APIServerFlags{}
	}
	f := p.Parse()
	out := nodeipam.APIServerFlags{
		ServiceClusterIPRange: f.known("service-cluster-ip-range"),
		AdvertiseAddress:      f.known("advertise-address"),
		FeatureGates:          f.gates(),
	}
	if out.AdvertiseAddress == "" {
		out.AdvertiseAddress = hostOf(p.Endpoint.V)
	}
	return out
}

// Refusals returns why the program of release v does not start with these arguments, in its words; none where it
// starts. The zero Version stands for the release of the image's tag, or else the newest. What the flag package refuses
// comes first, and alone: the program never gets to look at the values.
func (p Process) Refusals(v fact.Version) []nodeipam.Refusal {
	v = v.Or(p.Version).Or(fact.NewestKubernetes())
	p.Version = v
	if r, ok := p.flagRefusal(p.Parse()); ok {
		return []nodeipam.Refusal{r}
	}
	switch p.Component {
	case fact.ControllerManager:
		return p.ControllerFlags().Refusals(v)
	case fact.APIServer:
		return p.APIServerFlags().Refusals(v)
	}
	return nil
}

// flagRefusal returns what the program's flag package refuses first of flags that are known to it, or that bear on
// addresses.
func (c CommandLine) flagRefusal(f Flags) (nodeipam.Refusal, bool) {
	for _, e := range f.Errors {
		if e.Address || !e.Unknown {
			return nodeipam.Refusal{Program: c.Component, Rule: e.Rule, ID: nodeipam.FlagRefused, Field: e.Flag, BadValue: e.Flag, Message: e.Msg,
				Source: "github.com/spf13/pflag flag.go FlagSet.parseArgs, v1.0.10"}, true
		}
	}
	return nodeipam.Refusal{}, false
}

// known returns the effective text of a flag, "" where it is not given or refers to a variable that the file does not
// say.
func (f Flags) known(name string) string {
	l, ok := f.Lookup(name)
	if !ok || l.Unknown {
		return ""
	}
	return l.Value.V
}

// gates returns what --feature-gates sets, nil where it sets nothing.
func (f Flags) gates() nodeipam.Gates {
	var out nodeipam.Gates
	for _, l := range f.Flags {
		if l.Name != "feature-gates" || l.Unknown {
			continue
		}
		for entry := range strings.SplitSeq(l.Value.V, ",") {
			name, value, ok := strings.Cut(entry, "=")
			// k8s.io/component-base v0.37 prefixes a gate with its component, "kube:Name".
			name = strings.TrimSpace(name[strings.LastIndexByte(name, ':')+1:])
			on, err := strconv.ParseBool(strings.TrimSpace(value))
			if !ok || err != nil || name == "" {
				continue
			}
			if out == nil {
				out = nodeipam.Gates{}
			}
			out[name] = on
		}
	}
	return out
}

// Refusals returns why kubeadm of release v does not take the command line, in its words; none where it does. The zero
// Version stands for the release that the command line names, or else the newest. With --config the file decides, which
// is not looked at.
func (c Command) Refusals(v fact.Version) []nodeipam.Refusal {
	v = v.Or(c.Version).Or(fact.NewestKubernetes())
	c.Version = v
	f := c.Parse()
	if r, ok := c.flagRefusal(f); ok {
		return []nodeipam.Refusal{r}
	}
	if m, ok := c.mixed(f); ok {
		return []nodeipam.Refusal{{Program: fact.Kubeadm, Rule: m.Rule, ID: "adm-mixed", Field: "--config", BadValue: f.Value("config").V, Message: m.Message,
			Source: "cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateMixedArguments, v1.37.2"}}
	}
	if c.Command != "init" {
		return nil
	}
	return c.Config().Refusals(v)
}
