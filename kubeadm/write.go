package kubeadm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// WriteOptions says how a configuration file is written. The zero value is a good choice.
type WriteOptions struct {
	// APIVersion is "v1beta1", "v1beta2", "v1beta3" or "v1beta4"; "" takes the newest that the plan's release of
	// Kubernetes reads without being experimental: v1beta4 from 1.31 on, v1beta3 from 1.22 on.
	APIVersion string
}

// ErrNeedsFile is returned by [InitCommand] where the plan asks for what no flag of kubeadm init can say: a node mask
// that is not the default, or another number of pods on a node. [WriteClusterConfiguration] can say it.
var ErrNeedsFile = errors.New("kubeadm init has no flag for the node mask and for kubelet's maxPods: write them into a configuration file")

// WriteClusterConfiguration writes a file for `kubeadm init --config` that asks for the ranges of p: a
// ClusterConfiguration. Node masks are written as extraArgs of kube-controller-manager where they are not what it takes
// by itself, under the flag that the plan's release accepts. The release is written unless it is
// [fact.NewestKubernetes], for which kubeadm's own choice is left alone.
//
// A KubeletConfiguration with maxPods follows where the plan's pods on a node are not the 110 that kubelets take by
// themselves: with more in its plan than that a node would not be filled, with a node subnet for fewer its last pods
// would find no address.
//
// A nil plan, and one with a range that has host bits, is an error.
// The error is a *[nodeipam.RefusedError] if kubeadm of that release would not take the file, or
// kube-controller-manager or kube-apiserver the flags that it makes of it; nothing is written then. Otherwise it is the
// writer's.
func WriteClusterConfiguration(w io.Writer, p *plan.Plan, o WriteOptions) error {
	if p == nil {
		return errNoPlan
	}
	v := p.Request.Kubernetes.Or(fact.NewestKubernetes())
	api := o.APIVersion
	if api == "" {
		api = writeAPIVersion(v)
	}
	i := slices.IndexFunc(apiVersions, func(a apiVersion) bool { return a.name == api })
	if i < 0 || !strings.HasPrefix(api, "v1beta") {
		return fmt.Errorf("API version %q: want v1beta1, v1beta2, v1beta3 or v1beta4", api)
	}
	cl, err := clusterFor(p, v)
	if err != nil {
		return err
	}
	if _, msg := refuseAPIVersion(api, "ClusterConfiguration", v); msg != "" {
		return fmt.Errorf("kubeadm %v does not read %s: %s", v, api, msg)
	}

	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "apiVersion: kubeadm.k8s.io/%s\nkind: ClusterConfiguration\n", api)
	if name := p.Request.Name; name != "" && name != "kubernetes" {
		fmt.Fprintf(b, "clusterName: %s\n", yamlText(name))
	}
	if v != fact.NewestKubernetes() {
		fmt.Fprintf(b, "kubernetesVersion: %v\n", v)
	}
	if cl.IPv6DualStack.V != "" {
		fmt.Fprintf(b, "featureGates:\n  IPv6DualStack: %s\n", cl.IPv6DualStack.V)
	}
	if cl.PodSubnet.V != "" || cl.ServiceSubnet.V != "" {
		b.WriteString("networking:\n")
	}
	if s := cl.PodSubnet.V; s != "" {
		fmt.Fprintf(b, "  podSubnet: %s\n", s)
	}
	if s := cl.ServiceSubnet.V; s != "" {
		fmt.Fprintf(b, "  serviceSubnet: %s\n", s)
	}
	if len(cl.ControllerManagerArgs) > 0 {
		b.WriteString("controllerManager:\n  extraArgs:\n")
		for _, a := range cl.ControllerManagerArgs {
			if api == "v1beta4" && !v.Before(fact.Version{Major: 1, Minor: 29}) {
				fmt.Fprintf(b, "  - name: %s\n    value: %q\n", a.Name.V, a.Value.V)
			} else {
				fmt.Fprintf(b, "    %s: %q\n", a.Name.V, a.Value.V)
			}
		}
	}
	if n := maxPods(p); n > 0 {
		fmt.Fprintf(b, "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: %d\n", n)
	}
	return b.Flush()
}

// maxPods returns how many pods a kubelet has to be told, 0 where its default is right:
// pkg/kubelet/apis/config/v1beta1 SetDefaults_KubeletConfiguration v1.37.2, 110 since v1.13 and before.
func maxPods(p *plan.Plan) int {
	if n := p.Request.PodsPerNode; n != 110 {
		return n
	}
	return 0
}

// writeAPIVersion returns the API version that a release of kubeadm writes itself.
func writeAPIVersion(v fact.Version) string {
	switch {
	case v.Before(fact.Version{Major: 1, Minor: 15}):
		return "v1beta1"
	case v.Before(fact.Version{Major: 1, Minor: 22}):
		return "v1beta2"
	case v.Before(fact.Version{Major: 1, Minor: 31}):
		return "v1beta3"
	}
	return "v1beta4"
}

var errNoPlan = errors.New("no plan")

// clusterFor returns the configuration that asks for the ranges of p, checked against what the programs of release v
// refuse.
func clusterFor(p *plan.Plan, v fact.Version) (ClusterConfiguration, error) {
	text := func(s string) fact.Value[string] { return fact.Value[string]{V: s, Text: s} }
	cl := ClusterConfiguration{PodSubnet: text(joinPrefixes(p.Pods())), ServiceSubnet: text(joinPrefixes(p.Services()))}
	for _, r := range slices.Concat(p.Pods(), p.Services()) {
		if !r.IsValid() || r != r.Masked() {
			return ClusterConfiguration{}, fmt.Errorf("range %v of the plan is no range: write %v", r, r.Masked())
		}
	}
	dual := len(p.Pods()) > 1 || len(p.Services()) > 1
	if dual && v.Before(fact.Version{Major: 1, Minor: 21}) && !v.Before(release16) {
		cl.IPv6DualStack = text("true") // an alpha gate up to 1.20
	}
	for _, a := range nodeMaskArgs(p, v) {
		cl.ControllerManagerArgs = append(cl.ControllerManagerArgs, ExtraArg{Name: text(a.Name), Value: text(a.Value)})
	}
	// What was chosen has to pass the very programs that read it.
	g, err := (Config{Cluster: cl}).Generate(v)
	if err != nil {
		return cl, err
	}
	var refusals []nodeipam.Refusal
	refusals = append(refusals, commandLine(fact.ControllerManager, v, g.ControllerManager).ControllerFlags().Refusals(v)...)
	refusals = append(refusals, commandLine(fact.APIServer, v, g.APIServer).APIServerFlags().Refusals(v)...)
	if len(refusals) > 0 {
		return cl, nodeipam.Refused(refusals, v)
	}
	return cl, nil
}

// commandLine makes a command line of arguments that stand in no file.
func commandLine(c fact.Component, v fact.Version, args []string) Process {
	l := CommandLine{Component: c, Version: v}
	for _, a := range args {
		l.Args = append(l.Args, Word{Text: a})
	}
	return Process{CommandLine: l}
}

// nodeMaskArgs returns the extraArgs that set the plan's node masks, none where release v has them by itself.
func nodeMaskArgs(p *plan.Plan, v fact.Version) []nodeipam.Arg {
	pods := p.Pods()
	var out []nodeipam.Arg
	for _, pod := range pods {
		f := fact.FamilyOf(pod)
		mask, byItself := p.NodeMask(f), 24
		if f == fact.IPv6 {
			byItself = 64
		}
		// Up to 1.19 kubeadm derives a mask, but none where the gate IPv6DualStack is set:
		// cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand v1.18.
		if v.Before(fact.Version{Major: 1, Minor: 20}) && len(pods) == 1 {
			byItself, _ = oldNodeMask(pod.String())
		}
		if mask == 0 || mask == byItself {
			continue
		}
		name := "node-cidr-mask-size-" + strings.ToLower(f.String())
		if len(pods) == 1 && v.Before(fact.Version{Major: 1, Minor: 23}) || v.Before(fact.Version{Major: 1, Minor: 17}) {
			name = "node-cidr-mask-size" // before 1.23 a single range takes no other flag
		}
		out = append(out, nodeipam.Arg{Name: name, Value: strconv.Itoa(mask)})
	}
	return out
}

func joinPrefixes(ps []netip.Prefix) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return strings.Join(out, ",")
}

// yamlText writes a text so that YAML reads it back as text.
func yamlText(s string) string {
	plain := s != ""
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-' || r == '.')) {
			plain = false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		plain = false
	}
	if plain {
		return s
	}
	return strconv.QuoteToGraphic(s)
}

// InitCommand returns the words of the `kubeadm init` command that asks for the ranges of p. The release is left out
// where it is [fact.NewestKubernetes].
//
// The error is [ErrNeedsFile] if the plan's node masks or pods on a node are not those that the programs take by
// themselves, and otherwise as that of [WriteClusterConfiguration].
func InitCommand(p *plan.Plan) ([]string, error) {
	if p == nil {
		return nil, errNoPlan
	}
	v := p.Request.Kubernetes.Or(fact.NewestKubernetes())
	cl, err := clusterFor(p, v)
	if err != nil {
		return nil, err
	}
	if len(cl.ControllerManagerArgs) > 0 || maxPods(p) > 0 {
		return nil, ErrNeedsFile
	}
	words := []string{"kubeadm", "init"}
	if v != fact.NewestKubernetes() {
		words = append(words, "--kubernetes-version="+v.String())
	}
	if cl.IPv6DualStack.V != "" {
		words = append(words, "--feature-gates=IPv6DualStack=true")
	}
	if s := cl.PodSubnet.V; s != "" {
		words = append(words, "--pod-network-cidr="+s)
	}
	if s := cl.ServiceSubnet.V; s != "" {
		words = append(words, "--service-cidr="+s)
	}
	return words, nil
}

// WriteInitCommand writes the command of [InitCommand] as one pastes it into a shell: on one line where it is short,
// with continuation lines otherwise. Its error is that of InitCommand or of the writer.
func WriteInitCommand(w io.Writer, p *plan.Plan) error {
	words, err := InitCommand(p)
	if err != nil {
		return err
	}
	s := strings.Join(words, " ")
	if len(s) > 80 {
		s = "kubeadm init \\\n  " + strings.Join(words[2:], " \\\n  ")
	}
	_, err = io.WriteString(w, s+"\n")
	return err
}
