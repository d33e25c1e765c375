package nodeipam_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

const (
	onKCM  = "--allocate-node-cidrs=true "
	dualV4 = onKCM + "--cluster-cidr=10.244.0.0/16,fd00::/56 "
	onV4   = onKCM + "--cluster-cidr=10.244.0.0/16 "
)

// A startCase is what a program is started with: flags, or for kubeadm the lines of a configuration. minor 0 is the newest release.
type startCase struct {
	program fact.Component
	minor   int
	with    string
}

// startCases are at least one case for each start-up rule, and the neighbours that start.
var startCases = []startCase{
	{fact.ControllerManager, 0, onV4},
	{fact.ControllerManager, 0, "--cluster-cidr=abc"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=abc --controllers=*,-nodeipam"},
	{fact.ControllerManager, 0, "--service-cluster-ip-range=10.96.0.0/16,fd00::/112,10.97.0.0/16"},
	{fact.ControllerManager, 0, onV4 + "--service-cluster-ip-range=abc"},
	{fact.ControllerManager, 0, onV4 + "--cidr-allocator-type=CloudAllocator"},
	{fact.ControllerManager, 31, onV4 + "--cidr-allocator-type=CloudAllocator"},
	{fact.ControllerManager, 30, onV4 + "--cidr-allocator-type=CloudAllocator"},
	{fact.ControllerManager, 31, onV4 + "--cidr-allocator-type=x"},
	{fact.ControllerManager, 0, onV4 + "--cidr-allocator-type="},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=10.244.0.0/16,"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=10.244.0.0/33"},
	{fact.ControllerManager, 15, onKCM},
	{fact.ControllerManager, 0, onKCM},
	{fact.ControllerManager, 16, dualV4},
	{fact.ControllerManager, 20, dualV4},
	{fact.ControllerManager, 20, dualV4 + "--feature-gates=TTLAfterFinished=true"},
	{fact.ControllerManager, 20, dualV4 + "--feature-gates=IPv6DualStack=true,EndpointSlice=true"},
	{fact.ControllerManager, 22, dualV4 + "--feature-gates=IPv6DualStack=false"},
	{fact.ControllerManager, 21, dualV4},
	{fact.ControllerManager, 0, dualV4},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=10.1.0.0/16,10.2.0.0/16"},
	{fact.ControllerManager, 25, onKCM + "--cluster-cidr=10.1.0.0/16,fd00::/56,10.2.0.0/16"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=10.1.0.0/16,fd00::/56,10.2.0.0/16"},
	{fact.ControllerManager, 16, onV4 + "--service-cluster-ip-range=10.96.0.0/16,fd01::/112"},
	{fact.ControllerManager, 0, onV4 + "--service-cluster-ip-range=10.96.0.0/16,10.97.0.0/16"},
	{fact.ControllerManager, 0, dualV4 + "--node-cidr-mask-size=24"},
	{fact.ControllerManager, 22, onV4 + "--node-cidr-mask-size-ipv4=26"},
	{fact.ControllerManager, 23, onV4 + "--node-cidr-mask-size-ipv4=26"},
	{fact.ControllerManager, 0, onV4 + "--node-cidr-mask-size=25 --node-cidr-mask-size-ipv4=26"},
	{fact.ControllerManager, 0, onV4 + "--node-cidr-mask-size-ipv6=80"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=fd00::/56 --node-cidr-mask-size-ipv4=26"},
	{fact.ControllerManager, 15, onKCM + "--cluster-cidr=10.244.0.0/25"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=10.244.0.0/25"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=fd00::/47"},
	{fact.ControllerManager, 0, onKCM + "--cluster-cidr=10.0.0.0/8 --node-cidr-mask-size=28"},
	{fact.ControllerManager, 0, onV4 + "--node-cidr-mask-size=abc"},
	{fact.ControllerManager, 0, "--allocate-node-cidrs=yes --cluster-cidr=10.244.0.0/16"},

	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/12"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/12 --advertise-address=010.0.0.1"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/12 --advertise-address=worker-0001"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/12 --advertise-address=fe80::1%ens3"},
	{fact.APIServer, 15, "--service-cluster-ip-range=10.96.0.0/16,fd00::/112"},
	{fact.APIServer, 0, "--service-cluster-ip-range=abc"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/30"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/29"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/16,abc"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/16,fd00::/127"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/16,fd00::/112,10.97.0.0/16"},
	{fact.APIServer, 18, "--service-cluster-ip-range=10.0.0.0/8"},
	{fact.APIServer, 33, "--service-cluster-ip-range=10.0.0.0/8"},
	{fact.APIServer, 34, "--service-cluster-ip-range=10.0.0.0/8"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/16,10.97.0.0/16"},
	{fact.APIServer, 18, "--service-cluster-ip-range=10.0.0.0/12,fd00::/107"},
	{fact.APIServer, 33, "--service-cluster-ip-range=10.0.0.0/12,fd00::/107"},
	{fact.APIServer, 0, "--service-cluster-ip-range=10.96.0.0/12 --advertise-address=fd00::1"},
	{fact.APIServer, 23, "--service-cluster-ip-range=10.96.0.0/12 --advertise-address=fd00::1"},

	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16"},
	{fact.Kubeadm, 0, "advertiseAddress: host\npodSubnet: 10.244.0.0/16"},
	{fact.Kubeadm, 0, "dnsDomain: " + strings.Repeat("a", 254)},
	{fact.Kubeadm, 19, "dnsDomain: a..b"},
	{fact.Kubeadm, 0, "dnsDomain: Cluster.Local"},
	{fact.Kubeadm, 0, "serviceSubnet: abc"},
	{fact.Kubeadm, 0, "serviceSubnet: 10.96.0.0/16,10.97.0.0/16"},
	{fact.Kubeadm, 20, "serviceSubnet: 10.96.0.0/16,fd00::/112"},
	{fact.Kubeadm, 19, "serviceSubnet: 10.96.0.0/29"},
	{fact.Kubeadm, 0, "serviceSubnet: 10.96.0.0/29"},
	{fact.Kubeadm, 0, "serviceSubnet: 10.0.0.0/11"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16,10.245.0.0/16"},
	{fact.Kubeadm, 20, "podSubnet: 10.244.0.0/16,fd00::/56"},
	{fact.Kubeadm, 21, "podSubnet: 10.244.0.0/16,fd00::/56"},
	{fact.Kubeadm, 19, "podSubnet: 10.244.0.0/29"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/29"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16\ncontrollerManager: node-cidr-mask-size-ipv4=x"},
	{fact.Kubeadm, 20, "podSubnet: 10.244.0.0/25"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/25"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/25\ncontrollerManager: node-cidr-mask-size=26"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/25\ncontrollerManager: node-cidr-mask-size-ipv4=26"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16\ncontrollerManager: node-cidr-mask-size-ipv4=8"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16\ncontrollerManager: cluster-cidr=abc"},
	{fact.Kubeadm, 20, "podSubnet: 10.0.0.0/7"},
	{fact.Kubeadm, 0, "podSubnet: 10.0.0.0/7"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16\napiServer: =x"},
	{fact.Kubeadm, 0, "podSubnet: 10.244.0.0/16\ncontrollerManager: =x"},
	{fact.Kubeadm, 0, "podSubnet: [10.244.0.0/16]"},
	{fact.Kubeadm, 30, "apiVersion: v1beta1\npodSubnet: 10.244.0.0/16"},
}

// file renders c as a person has it: a static pod, or a file for kubeadm init.
func (c startCase) file() (name, text string) {
	minor := cmp.Or(c.minor, fact.NewestKubernetes().Minor)
	if c.program != fact.Kubeadm {
		name = "cp1/" + string(c.program) + ".yaml"
		text = fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  namespace: kube-system\nspec:\n  containers:\n  - command:\n    - %s\n", c.program, c.program)
		for _, flag := range strings.Fields(c.with) {
			text += "    - " + strconv.Quote(flag) + "\n"
		}
		return name, text + fmt.Sprintf("    image: registry.k8s.io/%s:v1.%d.0\n    name: %s\n  hostNetwork: true\n", c.program, minor, c.program)
	}
	api, init, args, networking := "v1beta1", "", "", ""
	for _, a := range []struct {
		since int
		name  string
	}{{15, "v1beta2"}, {22, "v1beta3"}, {31, "v1beta4"}} {
		if minor >= a.since {
			api = a.name
		}
	}
	for line := range strings.Lines(c.with + "\n") {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "":
		case "apiVersion":
			api = value
		case "advertiseAddress":
			init = "localAPIEndpoint:\n  advertiseAddress: " + value + "\n"
		case "apiServer", "controllerManager":
			name, v, _ := strings.Cut(value, "=")
			args += fmt.Sprintf("%s:\n  extraArgs:\n  - name: %q\n    value: %q\n", key, name, v)
			if minor < 31 {
				args = fmt.Sprintf("%s:\n  extraArgs:\n    %q: %q\n", key, name, v)
			}
		default:
			networking += "  " + line + "\n"
		}
	}
	head := "apiVersion: kubeadm.k8s.io/" + api + "\nkind: "
	text = head + fmt.Sprintf("ClusterConfiguration\nkubernetesVersion: v1.%d.0\n%snetworking:\n%s", minor, args, networking)
	if init != "" {
		text = head + "InitConfiguration\n" + init + "---\n" + text
	}
	return "kubeadm.yaml", text
}

// refusals asks the package of the format about the file.
func (c startCase) refusals(t *testing.T) []nodeipam.Refusal {
	name, text := c.file()
	got, err := kubeadm.Read(name, []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if c.program == fact.Kubeadm {
		return got.Config.Refusals(fact.Version{})
	}
	if len(got.Manifests) != 1 {
		t.Fatalf("no process in\n%s", text)
	}
	return got.Manifests[0].Refusals(fact.Version{})
}

// TestRefusalsReachCheck: what kube-controller-manager, kube-apiserver and kubeadm refuse by the API is an error of Check that names the
// program, and what they take names it nowhere. Every start-up rule has a case.
func TestRefusalsReachCheck(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range startCases {
		refused := c.refusals(t)
		name, text := c.file()
		r, err := kubecidr.Check(fstest.MapFS{name: {Data: []byte(text)}})
		if err != nil {
			t.Errorf("%s 1.%d %s: %v", c.program, c.minor, c.with, err)
			continue
		}
		i := slices.IndexFunc(r.Findings, func(f fact.Finding) bool { return f.Severity == fact.Error && slices.Contains(f.RefusedBy, c.program) })
		var ids []string
		for _, x := range refused {
			seen[x.ID] = true
			ids = append(ids, x.ID)
		}
		if len(ids) > 0 != (i >= 0) {
			t.Errorf("%s 1.%d %q: the API refuses %q, Check says\n%+v", c.program, c.minor, c.with, ids, r.Findings)
		}
	}
	for _, id := range nodeipam.StartupRuleIDs() {
		if !seen[id] && id != "api-advertise" { // in a file the flag package is asked before
			t.Errorf("no case is refused by %s", id)
		}
	}
	for _, id := range []string{nodeipam.FlagRefused, "adm-api-version", "adm-decode"} {
		if !seen[id] {
			t.Errorf("no case is refused by %s", id)
		}
	}
}
