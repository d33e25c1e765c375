package kubeadm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// told is what a finding says, as the tables have it: place, severity and rule, and its message from the last of these words on.
func told(f fact.Finding, from ...string) string {
	msg := strings.TrimPrefix(f.Message, refusesFile)
	for _, w := range from {
		if i := strings.LastIndex(msg, w); i >= 0 {
			msg = msg[i:]
		}
	}
	return fmt.Sprintf("%d:%d %s %s: %s", f.Where[0].Position.Line, f.Where[0].Position.Column, f.Severity, f.Rule, msg)
}

// TestFlagFinding holds how an argument that a program refuses is told: with the field that it comes from, and as a node mask where it is one.
func TestFlagFinding(t *testing.T) {
	const kcm, api, adm = fact.ControllerManager, fact.APIServer, fact.Kubeadm
	unknown := func(flag string) FlagError {
		return FlagError{Flag: flag, Msg: "unknown flag: " + flag, Unknown: true, Rule: fact.RuleFlagRefused, Hint: "write it well"}
	}
	for _, tt := range []struct {
		program fact.Component
		err     FlagError
		field   string
		rule    fact.RuleID
		message string
		fix     int // how many lines
	}{
		{kcm, unknown("--x"), "", fact.RuleFlagRefused, "kube-controller-manager does not accept this argument: unknown flag: --x", 1},
		{kcm, unknown("--x"), "controllerManager.extraArgs", fact.RuleFlagRefused, "controllerManager.extraArgs: kube-controller-manager does not accept this argument: unknown flag: --x", 1},
		{api, unknown("--x"), "", fact.RuleFlagRefused, "kube-apiserver does not accept this argument: unknown flag: --x", 1},
		{api, unknown("--node-cidr-mask-size-ipv4"), "", fact.RuleNodeMaskFlagIgnored,
			"kube-apiserver does not accept this argument: unknown flag: --node-cidr-mask-size-ipv4; the size of node subnets is set at kube-controller-manager", 2},
		{adm, unknown("--node-cidr-mask-size"), "", fact.RuleNodeMaskFlagIgnored,
			"kubeadm does not accept this argument: unknown flag: --node-cidr-mask-size; the size of node subnets is set at kube-controller-manager", 2},
		{kcm, unknown("--node-cidr-mask-sizes"), "", fact.RuleFlagRefused, "kube-controller-manager does not accept this argument: unknown flag: --node-cidr-mask-sizes", 1},
		{api, FlagError{Flag: "--node-cidr-mask-size", Msg: "bad flag syntax: ----node-cidr-mask-size", Rule: fact.RuleFlagRefused}, "", fact.RuleFlagRefused,
			"kube-apiserver does not accept this argument: bad flag syntax: ----node-cidr-mask-size", 0},
	} {
		f := flagFinding(tt.program, tt.err, tt.field)
		if f.Rule != tt.rule || f.Message != tt.message || len(f.Fix) != tt.fix || !slices.Equal(f.RefusedBy, []fact.Component{tt.program}) {
			t.Errorf("%s, %s: %s %q, fix %q", tt.program, tt.err.Msg, f.Rule, f.Message, f.Fix)
		}
		if (f.Disturbs == fact.DisturbsNothing) != (tt.program == adm) {
			t.Errorf("%s, %s: disturbs %v", tt.program, tt.err.Msg, f.Disturbs)
		}
	}
}

// TestConfigProblems holds what is said about a file, with its place. Which key was meant is what testdata/config-misplaced.txtar has.
func TestConfigProblems(t *testing.T) {
	cluster, init := document("v1beta4", "ClusterConfiguration"), document("v1beta4", "InitConfiguration")
	const (
		noKind   = "invalid configuration for GroupVersionKind /, Kind=: kind and apiVersion is mandatory information that must be specified"
		refused  = " error kubeadm-config-refused: "
		probably = " warning kubeadm-config-refused: "
	)
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"none", []string{cluster, "networking: {podSubnet: 10.1.0.0/16}"}, nil},
		{"in a ConfigMap", []string{"kind: ConfigMap\ndata:\n  ClusterConfiguration: |\n    apiVersion: kubeadm.k8s.io/v1beta4\n    kind: ClusterConfiguration\n    netwrking: {}"},
			[]string{"6:5 warning kubeadm-config-key-unknown: networking is probably meant"}},
		{"a ConfigMap that holds no text", []string{"kind: ConfigMap\ndata:\n  ClusterConfiguration: {netwrking: {}}"}, nil},

		// Empty documents: k8s.io/apimachinery pkg/util/yaml YAMLReader.Read.
		{"separators around it", []string{"---", cluster, "---"}, nil},
		{"separators with comments", []string{"--- # a", cluster, "--- # b", init, "---\t"}, nil},
		{"separator with a value", []string{cluster, "--- {apiVersion: kubeadm.k8s.io/v1beta4, kind: InitConfiguration}"}, nil},
		{"two separators on top", []string{"---", "---", cluster}, []string{"1:1" + probably + noKind}},
		{"comment on top", []string{"# a", "--- # b", cluster}, []string{"1:1" + probably + noKind}},
		{"comment between", []string{cluster, "---", "# a", "", "---", init}, []string{"4:1" + probably + noKind}},
		{"comment at the end", []string{cluster, "---", "# a"}, []string{"4:1" + probably + noKind}},

		// Documents without kind, apiVersion or either: SplitConfigDocuments.
		{"neither", []string{cluster, "---", "networking: {podSubnet: 10.1.0.0/16}"}, []string{"4:1" + probably + noKind}},
		{"no kind", []string{cluster, "---", "apiVersion: example.org/v1", "a: b"}, []string{
			"4:1" + refused + "invalid configuration for GroupVersionKind example.org/v1, Kind=: kind and apiVersion is mandatory information that must be specified"}},
		{"no apiVersion", []string{cluster, "---", "kind: InitConfiguration"}, []string{
			"4:1" + refused + "invalid configuration for GroupVersionKind /, Kind=InitConfiguration: kind and apiVersion is mandatory information that must be specified"}},
		{"no apiVersion of another's kind", []string{cluster, "---", "kind: Thing"}, []string{
			"4:1" + refused + "invalid configuration for GroupVersionKind /, Kind=Thing: kind and apiVersion is mandatory information that must be specified"}},
		{"an object of the cluster beside it", []string{cluster, "---", "apiVersion: v1\nkind: Node", "---", "apiVersion: v1\nkind: Node"}, nil},
		{"no group", []string{"apiVersion: /v1beta4\nkind: ClusterConfiguration"}, []string{
			"1:1" + refused + "invalid configuration for GroupVersionKind /v1beta4, Kind=ClusterConfiguration: kind and apiVersion is mandatory information that must be specified"}},
		{"twice", []string{cluster, "---", cluster}, []string{`4:1` + refused + `invalid configuration: kind "ClusterConfiguration" is specified twice in YAML file`}},
	} {
		c := parsed(t, tt.lines...)
		var got []string
		for _, p := range c.Problems {
			got = append(got, told(p, "networking is"))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestConfigProblemsLimit holds that the list ends.
func TestConfigProblemsLimit(t *testing.T) {
	for _, n := range []int{maxProblems - 1, maxProblems, maxProblems + 1} {
		lines := []string{document("v1beta4", "ClusterConfiguration")}
		for i := range n {
			lines = append(lines, fmt.Sprintf("unknown%d: 1", i))
		}
		if got := len(parsed(t, lines...).Problems); got != min(n, maxProblems) {
			t.Errorf("%d unknown keys: %d problems, want %d", n, got, min(n, maxProblems))
		}
	}
}

// TestConfigLostBlocks holds which keys about ranges are told of inside a block that kubeadm does not read, and where they belong.
func TestConfigLostBlocks(t *testing.T) {
	for _, tt := range []struct {
		kind, line string
		want       []string // each key with its role's place, and the first line of the fix
	}{
		{"ClusterConfiguration", "net: {podSubnet: 10.1.0.0/16}", []string{
			`3:7 net.podSubnet of ClusterConfiguration; f:3:7: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`}},
		{"InitConfiguration", "networking: {podSubnet: 10.1.0.0/16, serviceSubnet: 10.2.0.0/16}", []string{
			`3:14 networking.podSubnet of InitConfiguration; f:3:14: move the block networking to the document of kind ClusterConfiguration: networking: {podSubnet: "10.1.0.0/16"}`,
			`3:38 networking.serviceSubnet of InitConfiguration; f:3:38: move the block networking to the document of kind ClusterConfiguration: networking: {serviceSubnet: "10.2.0.0/16"}`}},
		{"InitConfiguration", "net: {podSubnet: 10.1.0.0/16}", []string{
			`3:7 net.podSubnet of InitConfiguration; f:3:7: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`}},
		{"InitConfiguration", "networking: {podCIDR: 10.1.0.0/16}", []string{
			`3:14 networking.podCIDR of InitConfiguration; f:3:14: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`}},
		{"InitConfiguration", "controlPlaneEndpoint: a:6443", []string{`3:1 controlPlaneEndpoint of InitConfiguration; f:3:1: move it to controlPlaneEndpoint`}},
		{"ClusterConfiguration", "podSubnet:", []string{`3:1 podSubnet of ClusterConfiguration; f:3:1: move it to networking.podSubnet`}},
		{"ClusterConfiguration", "allocateNodeCIDRs: true", []string{`3:1 allocateNodeCIDRs of ClusterConfiguration; f:3:1: move it to controllerManager.extraArgs (allocate-node-cidrs)`}},
		{"ClusterConfiguration", "podSubset: 10.1.0.0/16", []string{
			`3:1 podSubset of ClusterConfiguration; f:3:1: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`}},
		{"ClusterConfiguration", "podSubset: several", nil},
		{"ClusterConfiguration", "podSubset:", nil},
		{"MasterConfiguration", "advertiseAddress: 192.0.2.1", []string{
			`3:1 advertiseAddress of MasterConfiguration; f:3:1: write it below api, indented, as advertiseAddress: api: {advertiseAddress: "192.0.2.1"}`}},
		{"MasterConfiguration", "podSubnet: 10.1.0.0/16", []string{
			`3:1 podSubnet of MasterConfiguration; f:3:1: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`}},
		{"JoinConfiguration", "advertiseAddress: 192.0.2.1", []string{
			`3:1 advertiseAddress of JoinConfiguration; f:3:1: write it below controlPlane, indented, as localAPIEndpoint.advertiseAddress: controlPlane: {localAPIEndpoint: {advertiseAddress: "192.0.2.1"}}`}},
		// The first of each role, other roles not at all, five mappings deep.
		{"ClusterConfiguration", "x: {advertiseAddress: 192.0.2.1, podCIDR: 10.1.0.0/16, podSubnet: 10.2.0.0/16, svcCIDR: 10.3.0.0/16}", []string{
			`3:34 x.podCIDR of ClusterConfiguration; f:3:34: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`,
			`3:80 x.svcCIDR of ClusterConfiguration; f:3:80: write it below networking, indented, as serviceSubnet: networking: {serviceSubnet: "10.3.0.0/16"}`}},
		{"ClusterConfiguration", "a: {b: {c: {d: {e: {podCIDR: 10.1.0.0/16}}}}}", []string{
			`3:21 a.b.c.d.e.podCIDR of ClusterConfiguration; f:3:21: write it below networking, indented, as podSubnet: networking: {podSubnet: "10.1.0.0/16"}`}},
		{"ClusterConfiguration", "a: {b: {c: {d: {e: {f: {podCIDR: 10.1.0.0/16}}}}}}", nil},
		{"ClusterConfiguration", "x: {domain: a, podcidrs: {podSubnet: 10.2.0.0/16}}", []string{
			`3:16 x.podcidrs of ClusterConfiguration; f:3:16: move it to networking.podSubnet`}},
	} {
		c := parsed(t, document("v1beta4", tt.kind), tt.line)
		var got []string
		for _, p := range c.Problems {
			if p.Rule != fact.RuleKubeadmKeyMisplaced {
				continue
			}
			_, full, _ := strings.Cut(p.Message, "does not read it (")
			full, _, _ = strings.Cut(full, ")")
			pos := p.Where[0].Position
			got = append(got, fmt.Sprintf("%d:%d %s; %s", pos.Line, pos.Column, full, p.Fix[0]))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", tt.line, tt.kind, diff)
		}
	}
	// A document of an unknown kind: its first key about ranges makes it an error.
	for line, want := range map[string]fact.Severity{"networking: {podSubnet: 10.1.0.0/16}": fact.Error, "a: {b: {nodeCIDRMaskSize: 24}}": fact.Error, "a: {b: {advertiseAddress: 192.0.2.1}}": fact.Warning} {
		c := parsed(t, document("v1beta4", "ClusterConfig"), line)
		i := slices.IndexFunc(c.Problems, func(p fact.Finding) bool { return p.Rule == fact.RuleKubeadmKeyMisplaced })
		if i < 0 || c.Problems[i].Severity != want || !strings.Contains(c.Problems[i].Message, "kubeadm knows no kind ClusterConfig") {
			t.Errorf("%s in a document of another kind: %v, want %s", line, c.Problems, want)
		}
	}
}
