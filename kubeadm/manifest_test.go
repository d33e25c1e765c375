package kubeadm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// pod is a pod whose only container has these fields, one to a line.
func pod(fields ...string) []byte {
	return []byte("kind: Pod\nspec:\n  containers:\n  - " + strings.Join(fields, "\n    ") + "\n")
}

// TestParseManifestsProgram holds which containers run a program of the control plane, and with which words.
func TestParseManifestsProgram(t *testing.T) {
	const kcm = "kube-controller-manager"
	for _, tt := range []struct {
		name   string
		fields []string
		want   string // program and its arguments, "" where there is none
	}{
		{"named by the command", []string{"command: [" + kcm + ", --cluster-cidr=10.0.0.0/8]", "args: [--v=2]"}, kcm + " --cluster-cidr=10.0.0.0/8 --v=2"},
		{"by the container", []string{"name: kube-apiserver", "args: [--v=2]"}, "kube-apiserver --v=2"},
		{"by the image", []string{"name: x", "image: r.io:5000/kube-apiserver-amd64:v1.30.0", "args: [--v=2]"}, "kube-apiserver --v=2"},
		{"by the image, without arguments", []string{"image: kube-apiserver"}, "kube-apiserver"},
		{"by the container, whatever the image", []string{"name: apiserver", "image: hyperkube"}, "kube-apiserver"},
		{"another program in that image", []string{"image: kube-apiserver", "command: [/pause, --v=2]"}, ""},
		{"another image", []string{"name: x", "image: pause", "args: [--v=2]"}, ""},
		{"behind a wrapper", []string{"command: [/go-runner, --log-file=x, /bin/" + kcm + ", --v=2]"}, kcm + " --v=2"},
		{"in hyperkube, by a short name", []string{"command: [/hyperkube, apiserver, --v=2]"}, "kube-apiserver --v=2"},
		{"in hyperkube, by its whole name", []string{"command: [/hyperkube, " + kcm + ", --v=2]"}, kcm + " --v=2"},
		{"another one in hyperkube", []string{"command: [/hyperkube, kubelet, --v=2]"}, ""},
		{"hyperkube and nothing else", []string{"command: [/hyperkube]"}, ""},
		{"a short name behind another program", []string{"command: [/run, apiserver, --v=2]"}, ""},
		{"a flag that ends in its name", []string{"command: [/pause, --log=/" + kcm + "]"}, ""},

		{"in a shell", []string{"command: [sh, -c, \"echo a; exec " + kcm + " --v=2 'x y'\"]"}, kcm + " --v=2 x y"},
		{"in a shell with other flags", []string{"command: [/bin/bash, -ec, " + kcm + " --v=2]"}, kcm + " --v=2"},
		{"the shell knows the variables", []string{"env: [{name: A, value: \"2\"}]", "command: [ash, -c, " + kcm + " --v=$A --a=$B]"}, kcm + " --v=2 ?"},
		{"no flag that has a text behind it", []string{"command: [sh, -e, \"" + kcm + " --v=2\"]"}, ""},
		{"no flag at all", []string{"command: [sh, c, \"" + kcm + " --v=2\"]"}, ""},
		{"no shell", []string{"command: [run, -c, \"" + kcm + " --v=2\"]"}, ""},
		{"no text", []string{"command: [sh, -c]"}, ""},
		{"a shell and nothing else", []string{"command: [sh]"}, ""},
		{"another text", []string{"command: [sh, -c, \"sleep 1\"]"}, ""},
		{"in JSON of a wrapper", []string{"command: [/prober]", `args: [-command, '{"command":"/bin/` + kcm + `","args":["--cluster-cidr","10.0.0.0/8","--v=2"]}']`}, kcm + " --cluster-cidr 10.0.0.0/8 --v=2"},
		{"in JSON of a wrapper, without arguments", []string{`args: ['{"command":"` + kcm + `"}']`}, ""},
		{"another program in JSON", []string{`args: ['{"command":"etcd","args":["--v=2"]}']`}, ""},
		{"no JSON", []string{`args: ['{"command":"` + kcm + `","args":[']`}, ""},
		{"no mapping", []string{kcm}, ""},
		{"nothing", []string{"null"}, ""},
	} {
		ps, err := ParseManifests("f", pod(tt.fields...))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := ""
		for _, p := range ps {
			got += string(p.Component)
			for _, a := range p.Args {
				if a.Unknown {
					a.Text = "?"
				}
				got += " " + a.Text
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestParseManifestsPlaces holds where the value of an argument stands: behind its first "=", also where references changed the text.
func TestParseManifestsPlaces(t *testing.T) {
	env := "env: [{name: P, value: x}, {name: E, value: --a}]"
	for _, tt := range []struct{ list, want string }{
		{"[kube-apiserver, --a=b, =c, d]", "--a=b at 35, =c at 39, d at 42"},
		{"[kube-apiserver, \"--a=$(P)\", $(E)=$(P)y]", "--a=x at 36, --a=xy at 48"},
		{"[kube-apiserver, \"$(E)=\", --a=]", "--a= at 37, --a= at 44"},
		{"[sh, -c, kube-apiserver --a=b --a=]", "--a=b at 42, --a= at 48"},
		{"[sh, -c, \"kube-apiserver $(E)=$(P) --a=\"]", "--a=x at 44, --a= at 53"},
		{`[x, '{"command":"kube-apiserver","args":["--a=b"]}']`, "--a=b at 60"},
	} {
		ps, err := ParseManifests("f", pod(env, "command: "+tt.list))
		if err != nil || len(ps) != 1 {
			t.Errorf("%s: %v, %v", tt.list, ps, err)
			continue
		}
		var got []string
		for _, a := range ps[0].Args {
			if a.ValuePos.Line != 5 {
				t.Errorf("%s: %s on line %d, want 5", tt.list, a.Text, a.ValuePos.Line)
			}
			got = append(got, fmt.Sprintf("%s at %d", a.Text, a.ValuePos.Column))
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.list, got, tt.want)
		}
	}
}

// TestParseManifestsEnv holds which variables of a container have a value that the file says. What is longer than 64 KiB, or a MiB together,
// counts as not said.
func TestParseManifestsEnv(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	full := ""
	for i := range 16 {
		full += fmt.Sprintf("{name: V%d, value: %s}, ", i, long(maxEnv))
	}
	for _, tt := range []struct {
		name, env string
		args      string
		unknown   []string
	}{
		{"value", "{name: A, value: b}", "--x=b", nil},
		{"nothing", "{name: A}", "--x=", nil},
		{"reference to another place", "{name: A, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}", "?", []string{"A"}},
		{"reference to such a variable", "{name: B, valueFrom: {}}, {name: A, value: c$(B)}", "?", []string{"A", "B"}},
		{"reference to none", "{name: A, value: c$(B)}", "--x=c$(B)", nil},
		{"the later one counts", "{name: A, valueFrom: {}}, {name: A, value: c}", "--x=c", []string{"A"}},
		{"the later one counts, unknown", "{name: A, value: c}, {name: A, valueFrom: {}}", "?", []string{"A"}},
		{"without a name", "{value: c}, {name: A, value: d}", "--x=d", nil},
		{"longest", "{name: A, value: " + long(maxEnv) + "}", "--x=" + long(maxEnv), nil},
		{"longer", "{name: A, value: " + long(maxEnv+1) + "}", "?", []string{"A"}},
		{"longest with what it refers to", "{name: B, value: " + long(maxEnv-5) + "}, {name: A, value: c$(B)}", "--x=c" + long(maxEnv-5), nil},
		{"longer with what it refers to", "{name: B, value: " + long(maxEnv-4) + "}, {name: A, value: c$(B)}", "?", []string{"A"}},
		{"all that is kept", full + "{name: A, value: \"\"}", "--x=", nil},
		{"more than is kept", full + "{name: A, value: y}", "?", []string{"A"}},
	} {
		ps, err := ParseManifests("f", pod("env: ["+tt.env+"]", "command: [kube-apiserver, --x=$(A)]"))
		if err != nil || len(ps) != 1 {
			t.Errorf("%s: %d, %v", tt.name, len(ps), err)
			continue
		}
		got := ps[0].Args[0]
		if got.Unknown {
			got.Text = "?"
		}
		if got.Text != tt.args {
			t.Errorf("%s: argument %.20q of %d bytes, want %.20q", tt.name, got.Text, len(got.Text), tt.args)
		}
		if diff := cmp.Diff(tt.unknown, ps[0].Env); diff != "" {
			t.Errorf("%s: variables that are not known (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestImageVersion holds which release an image's tag names.
func TestImageVersion(t *testing.T) {
	for image, want := range map[string]string{
		"registry.k8s.io/kube-apiserver:v1.30.2":               "v1.30.2",
		"r.io:5000/a/kube-apiserver:v1.30.2@sha256:0123456789": "v1.30.2",
		"quay.io/coreos/hyperkube:v1.16.3_coreos.0":            "v1.16.3",
		"kube-apiserver:1.30":                                  "v1.30.0",
		"r.io:1.30/kube-apiserver":                             "",
		"kube-apiserver:latest":                                "",
		"kube-apiserver":                                       "",
		"":                                                     "",
	} {
		if got := imageVersion(image).String(); got != want {
			t.Errorf("imageVersion(%q) = %s, want %s", image, got, want)
		}
	}
}

// TestExpandRefs holds where each byte of an expanded text comes from; FuzzExpandRefs has the texts.
func TestExpandRefs(t *testing.T) {
	for _, tt := range []struct {
		in, out string
		at      []int
	}{
		{"a$(AB)$()$$(x)$(", "a12$()$(x)$(", []int{0, 1, 1, 6, 6, 6, 9, 11, 12, 13, 14, 14}},
		{"$()", "$()", []int{0, 0, 0}},
		{"$(AB)", "12", []int{0, 0}},
		{"a(AB)", "a(AB)", nil},
	} {
		out, at := expandRefs(tt.in, func(name string) (string, bool) { return "12", name == "AB" })
		if out != tt.out || !cmp.Equal(tt.at, at) {
			t.Errorf("expandRefs(%q) = %q from %v, want %q from %v", tt.in, out, at, tt.out, tt.at)
		}
	}
}

// TestProcessFlags holds what the two programs are told about addresses, each by its own flags.
func TestProcessFlags(t *testing.T) {
	process := func(comp fact.Component, args ...string) Process {
		return Process{CommandLine: line(release(30), comp, args...), Endpoint: fact.Value[string]{V: "192.0.2.9:6443"}}
	}
	ipam := process(fact.ControllerManager, "--cidr-allocator-type=", "--service-cluster-ip-range=10.9.0.0/16", "--controllers=A=true",
		"--feature-gates=A=true,kube:B=false", "--feature-gates= C = t,=true,D,E=on,F=", "--feature-gates=B=1")
	if diff := cmp.Diff(nodeipam.ControllerFlags{ServiceClusterIPRange: "10.9.0.0/16", CIDRAllocatorEmpty: true, Controllers: []string{"A=true"},
		FeatureGates: nodeipam.Gates{"A": true, "B": true, "C": true}}, ipam.ControllerFlags()); diff != "" {
		t.Errorf("ControllerFlags (-want +got):\n%s", diff)
	}
	if got := process(fact.ControllerManager, "--cidr-allocator-type=RangeAllocator").ControllerFlags(); got.CIDRAllocatorEmpty || process(fact.ControllerManager).ControllerFlags().CIDRAllocatorEmpty {
		t.Errorf("an allocator that is given, or not given at all, is not empty: %+v", got)
	}
	if diff := cmp.Diff(nodeipam.APIServerFlags{}, ipam.APIServerFlags()); diff != "" {
		t.Errorf("APIServerFlags of another program (-want +got):\n%s", diff)
	}
	if got := process(fact.APIServer, "--cluster-cidr=x").ControllerFlags(); !cmp.Equal(got, nodeipam.ControllerFlags{}) {
		t.Errorf("ControllerFlags of another program: %+v", got)
	}
	for want, args := range map[string][]string{"192.0.2.1": {"--advertise-address=192.0.2.1"}, "192.0.2.9": nil} {
		if got := process(fact.APIServer, args...).APIServerFlags().AdvertiseAddress; got != want {
			t.Errorf("%q: advertised address %q, want %q", args, got, want)
		}
	}
}
