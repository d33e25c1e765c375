package conformance

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan/fact"

	"k8s.io/klog/v2"
	"k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1beta4"
	"k8s.io/kubernetes/cmd/kubeadm/app/util/config"
	"pgregory.net/rapid"
)

// validateLines are the lines from which documents are drawn, for each kind: what kubeadm needs, so that it asks neither host nor network, and then what may stand
// beside it, right and wrong, with indented lines below.
var validateLines = map[string]struct {
	needs, may []string
}{
	"ClusterConfiguration": {[]string{"kubernetesVersion: v1.37.2"}, []string{
		"networking: {podSubnet: 10.244.0.0/16}", "networking: {podSubnet: 10.244.0.0/16, podSubnett: x}", "networking: {podSubnet: 10.244.0.0/16, podsubnet: 10.1.0.0/16}",
		"networking: {podSubnet: [10.244.0.0/16]}", "networking: {podSubnet: 10.244.0.0/16, podSubnet: 10.245.0.0/16}", "networking: {podSubnet: 10.244.0.0}", "networking: 5", "networking:",
		"networking: {serviceSubnet: 10.96.0.0/8}", "networking: {dnsDomain: Cluster.local}", "networking: {serviceSubnet: null}", "networking: {serviceSubnet: 10}",
		"apiServer: {extraArgs: [{name: v, value: '2'}]}", "apiServer: {extraArgs: [{name: v, value: 2}]}", "apiServer: {extraArgs: {v: '2'}}", "apiServer: {extraArgs: [{nam: v, value: '2'}]}",
		"apiServer: {certSANs: [a.example.com]}", "apiServer: {certSANs: a.example.com}", "apiServer: {timeoutForControlPlane: 4m0s}", "apiServer: {extraEnvs: [{name: A, value: b}]}",
		"apiServer: {extraEnvs: [{name: A, valu: b}]}", "apiServer: {extraVolumes: [{name: a, hostPath: /a, mountPath: /a, readOnly: true}]}",
		"apiServer: {extraVolumes: [{name: a, hostPath: /a, mountPath: /a, readOnly: 'true'}]}", "apiServer: {extraVolumes: [{name: a, hostpath: /a, mountPath: /a}]}",
		"controllerManager: {extraArgs: [{name: node-cidr-mask-size, value: '25'}]}", "controllerManager: {extraArgs: [{name: node-cidr-mask-size, value: 25}]}", "controllerManager: [a]",
		"controllerManager: {certSANs: [a]}", "scheduler: {extraArgs: [null]}", "scheduler: {extraArg: []}", "scheduler: {}",
		"dns: {}", "dns: {disabled: true}", "dns: {disabled: yes}", "dns: {disabled: 'yes'}", "dns: {type: CoreDNS}", "proxy: {disabled: false}", "proxy: {mode: ipvs}",
		"featureGates: {}", "featureGates: {ControlPlaneKubeletLocalMode: 'true'}", "featureGates: [a]",
		"etcd: {local: {dataDir: /var/lib/etcd}}", "etcd: {local: {dataDir: /var/lib/etcd, extraArgs: {a: b}}}", "etcd: {locl: {}}", "etcd: {local: {imageRepository: 5}}",
		"clusterName: kubernetes", "clusterName: 5", "clusterName: on", "clusterName: '5'", "certificatesDir: /etc/kubernetes/pki", "certificateValidityPeriod: 8760h0m0s", "certificateValidityPeriod: 8760",
		"certificateValidityPeriod: 1y", "encryptionAlgorithm: RSA-2048", "metadata: {}", "useHyperKubeImage: false", "podSubnet: 10.244.0.0/16", "Networking: {}", "kind: ClusterConfiguration",
	}},
	"InitConfiguration": {[]string{"localAPIEndpoint: {advertiseAddress: 192.0.2.10, bindPort: 6443}", "nodeRegistration: {name: n1, criSocket: unix:///run/containerd/containerd.sock}"}, []string{
		"bootstrapTokens: [{token: abcdef.0123456789abcdef, ttl: 24h0m0s, usages: [signing, authentication], groups: [system:bootstrappers:kubeadm:default-node-token]}]",
		"bootstrapTokens: [{token: abcdef}]", "bootstrapTokens: [{token: abcdef.0123456789abcdef, ttl: 24}]", "bootstrapTokens: [{token: abcdef.0123456789abcdef, expires: tomorrow}]",
		"bootstrapTokens: [{token: abcdef.0123456789abcdef, usage: [signing]}]", "bootstrapTokens: {token: abcdef.0123456789abcdef}", "dryRun: false", "dryRun: 0", "skipPhases: [addon/kube-proxy]", "skipPhases: addon",
		"patches: {directory: /etc/patches}", "patches: {dir: /etc/patches}", "patches: null", "timeouts: {discovery: 5m0s, kubeletHealthCheck: 4m}", "timeouts: {discovery: 5}", "timeouts: {discover: 5m}", "timeouts: {discovery: }",
		"certificateKey: ''", "apiEndpoint: {advertiseAddress: 192.0.2.10}", "networking: {podSubnet: 10.244.0.0/16}",
	}},
	"JoinConfiguration": {[]string{"discovery: {bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: '192.0.2.1:6443', unsafeSkipCAVerification: true}}", "nodeRegistration: {name: n1, criSocket: unix:///run/containerd/containerd.sock}"}, []string{
		"caCertPath: /etc/kubernetes/pki/ca.crt", "caCertpath: /etc/kubernetes/pki/ca.crt", "dryRun: true", "controlPlane: {localAPIEndpoint: {advertiseAddress: 192.0.2.10}}", "controlPlane: {localAPIEndpoint: {advertiseAddress: 192.0.2.10, bindPort: '6443'}}",
		"controlPlane: {localAPIEndpoint: {advertiseAddress: 192.0.2.10, bindPort: 6443.0}}", "controlPlane: {localAPIEndpoint: {advertiseAddress: 192.0.2.10, bindPort: 64.5}}", "controlPlane: {localAPIEndpoint: {advertiseAddress: 192.0.2.10, bindPort: 0x192b}}",
		"skipPhases: []", "token: abcdef.0123456789abcdef", "timeouts: {}",
	}},
	"ResetConfiguration": {[]string{"criSocket: unix:///run/containerd/containerd.sock"}, []string{
		"force: true", "force: 'true'", "unmountFlags: [MNT_FORCE]", "unmountFlag: [MNT_FORCE]", "cleanupTmpDir: false", "ignorePreflightErrors: []", "ignorePreflightErrors: {}",
	}},
	"UpgradeConfiguration": {nil, []string{
		"apply: {kubernetesVersion: v1.37.2, etcdUpgrade: true, dryRun: null}", "apply: {etcdUpgrade: 1}", "apply: {force: true}", "diff: {contextLines: 3}", "diff: {contextLines: '3'}", "diff: {diffContextLines: 3}",
		"node: {certificateRenewal: false}", "plan: {printConfig: false, etcdUpgrade: true}", "plan: {patches: {directory: /a}}",
	}},
	"KubeletConfiguration":   {nil, []string{"clusterDNS: [10.96.0.10]", "maxPods: 110"}},
	"KubeProxyConfiguration": {nil, []string{"mode: iptables"}},
}

var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)

// TestValidate holds kubeadm.Validate against kubeadm's own ValidateConfig: whether it takes a file, and which keys it does not know in the document at which it ends.
func TestValidate(t *testing.T) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	versions := map[string][]string{
		"KubeletConfiguration": {"kubelet.config.k8s.io/v1beta1"}, "KubeProxyConfiguration": {"kubeproxy.config.k8s.io/v1alpha1"},
	}
	kinds := []string{"ClusterConfiguration", "InitConfiguration", "JoinConfiguration", "ResetConfiguration", "UpgradeConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"}
	refused, taken := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		drawn := rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), 1, 3, rapid.ID).Draw(rt, "kinds")
		if !slices.Contains(drawn, "InitConfiguration") && slices.Contains(drawn, "ClusterConfiguration") {
			drawn = append(drawn, "InitConfiguration") // else kubeadm asks the host for its address
		}
		if !slices.Contains(drawn, "ClusterConfiguration") && slices.Contains(drawn, "InitConfiguration") {
			drawn = append(drawn, "ClusterConfiguration") // else kubeadm asks the network for the newest release
		}
		if rapid.IntRange(0, 20).Draw(rt, "twice") == 0 {
			drawn = append(drawn, drawn[0])
		}
		var docs []string
		for _, kind := range drawn {
			api := append([]string{"kubeadm.k8s.io/v1beta4"}, versions[kind]...)
			version := api[len(api)-1]
			if rapid.IntRange(0, 25).Draw(rt, "odd version") == 0 {
				version = rapid.SampledFrom([]string{"kubeadm.k8s.io/v1", "kubeadm.k8s.io/v1beta3", "kubeadm.k8s.io/v1alpha1", "kubeadm.k8s.io/v1beta9", "kubeadm.k8s.io", "v1", "", "example.com/v1"}).Draw(rt, "version")
			}
			lines := []string{"apiVersion: " + version, "kind: " + kind}
			lines = append(lines, validateLines[kind].needs...)
			lines = append(lines, rapid.SliceOfN(rapid.SampledFrom(validateLines[kind].may), 0, 3).Draw(rt, kind)...)
			docs = append(docs, strings.Join(lines, "\n")+"\n")
		}
		file := strings.Join(docs, "---\n")
		got, err := kubeadm.Validate("kubeadm.yaml", []byte(file), fact.NewestKubernetes())
		if err != nil {
			rt.Fatalf("%s\n%v", file, err)
		}
		got = slices.DeleteFunc(got, func(p kubeadm.Problem) bool { return p.Warning })
		real := config.ValidateConfig([]byte(file), false, false)
		if (len(got) > 0) != (real != nil) {
			rt.Fatalf("%s\nkubeadm says %v\nwe say %v", file, real, got)
		}
		if real == nil {
			taken++
			return
		}
		refused++
		var ours []string
		for _, p := range got {
			if p.Kind == kubeadm.ProblemUnknownField {
				ours = append(ours, p.Path)
			}
		}
		for _, m := range unknownField.FindAllStringSubmatch(real.Error(), -1) {
			if !slices.Contains(ours, m[1]) {
				rt.Fatalf("%s\nkubeadm does not know %s: %v\nwe say %v", file, m[1], real, got)
			}
		}
	})
	t.Log(fmt.Sprintf("%d taken, %d refused", taken, refused))
}

// TestValidateFields: each field of kubeadm's own structs, at any depth, is known to kubeadm.Validate under its name.
func TestValidateFields(t *testing.T) {
	paths := 0
	for kind, of := range map[string]any{"InitConfiguration": v1beta4.InitConfiguration{}, "ClusterConfiguration": v1beta4.ClusterConfiguration{}, "JoinConfiguration": v1beta4.JoinConfiguration{},
		"ResetConfiguration": v1beta4.ResetConfiguration{}, "UpgradeConfiguration": v1beta4.UpgradeConfiguration{}} {
		var walk func(typ reflect.Type, path []string)
		walk = func(typ reflect.Type, path []string) {
			for f := range typ.Fields() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				in := f.Type
				if in.Kind() == reflect.Pointer {
					in = in.Elem()
				}
				if name == "" {
					if in.Name() != "TypeMeta" {
						walk(in, path)
					}
					continue
				}
				at := append(path[:len(path):len(path)], name)
				paths++
				doc := "apiVersion: kubeadm.k8s.io/v1beta4\nkind: " + kind + "\n" + strings.Join(at, ": {") + ": null" + strings.Repeat("}", len(at)-1) + "\n"
				ps, err := kubeadm.Validate("kubeadm.yaml", []byte(doc), fact.NewestKubernetes())
				if err != nil || slices.ContainsFunc(ps, func(p kubeadm.Problem) bool {
					return p.Kind == kubeadm.ProblemUnknownField || p.Kind == kubeadm.ProblemType
				}) {
					t.Errorf("%s.%s: %v, %v", kind, strings.Join(at, "."), ps, err)
				}
				if in.Kind() == reflect.Struct && in.Name() != "Duration" && in.Name() != "Time" {
					walk(in, at)
				}
			}
		}
		walk(reflect.TypeOf(of), nil)
	}
	if paths < 80 {
		t.Errorf("%d fields only", paths)
	}
}
