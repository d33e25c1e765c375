package flannel

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan"
)

// TestHostile gives the readers 10 MB of what makes readers slow. The bound is wide, for machines that do other work too.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	const size = 10 << 20
	rep := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, in := range map[string]string{
		"brackets": `{"Network":` + rep("["), "deep object": rep(`{"Network":`), "keys": "{" + strings.TrimSuffix(rep(`"Network":"10.0.0.0/8",`), ",") + "}",
		"other keys": "{" + strings.TrimSuffix(rep(`"a":1,`), ",") + `,"Network":"10.0.0.0/8"}`, "backend keys": `{"Backend":{` + strings.TrimSuffix(rep(`"MTU":1,`), ",") + "}}",
		"long string": `{"Network":"` + rep("x") + `"}`, "escapes": `{"Network":"` + rep(`\u0041`) + `"}`,
		"config maps": rep("---\nkind: ConfigMap\ndata: {net-conf.json: ''}\n"), "lists": "items:\n" + rep("- items: [{kind: ConfigMap, data: {net-conf.json: '{}'}}]\n"),
		"env": rep("FLANNEL_MTU=1\n"), "env list": "FLANNEL_NETWORK=" + rep("10.0.0.0/8,"), "env variables": "A=$A$A\n" + rep("FLANNEL_MTU=${A}${A}\n"), "env doubling": "A=x\n" + rep("A=$A$A\n"), "env quote": `FLANNEL_MTU="` + rep("\\n"),
		"log":      rep("E0611 08:15:02.000001       1 main.go:326] Error registering network: failed to acquire lease: node \"n\" pod cidr not assigned\n"),
		"log line": "pod cidr not assigned " + rep(`node "`), "log braces": rep("{\"log\":\"subnet \\\""), "alias": "a: &a {kind: ConfigMap, data: {net-conf.json: x}}\nitems: [" + rep("*a,") + "]",
		"values": "podCidr: 10.0.0.0/8\nflannel:\n" + rep("  mtu: 1400\n"), "helm text": "podCidr: '" + rep("x") + "'",
		"zeros": rep("\x00"), "header": rep("$ kubectl get flannel\n"),
	} {
		start := time.Now()
		d, err := Read([]byte(in), Options{Name: "net-conf.json"})
		n := len(d.Statements())
		d2, err2 := Read([]byte(in), Options{Name: "x"})
		n += len(d2.Statements())
		read := time.Since(start)
		start = time.Now()
		g, err3 := ReadLog([]byte(in), Options{})
		_, err4 := ParseNetConf([]byte(in))
		_, err5 := ParseSubnetEnv([]byte(in))
		_, err6 := ParseSubnetEnvCNI([]byte(in))
		rest := time.Since(start)
		t.Logf("%-14s read twice %4d ms, others %4d ms, %d statements, %d lines  %.60v %.60v %.30v %.60v %.60v %.60v", name, read.Milliseconds(), rest.Milliseconds(), n, len(g.Lines), err, err2, err3, err4, err5, err6)
		if read > 30*time.Second || rest > 30*time.Second {
			t.Errorf("%s took %v and %v", name, read, rest)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"kind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\ndata:\n  net-conf.json: |\n    {\"Network\": \"10.244.0.0/16\", \"SubnetLen\": 31}\n", usualEnv,
		"podCidr: 10.0.0.0/8\nflannel: {backend: wireguard, tunnelMode: separate, mtu: '0'}\n", "{\"kind\":\"List\",\"items\":[{\"kind\":\"ConfigMap\",\"data\":{\"net-conf.json\":\"{}\"}}]}",
		"/coreos.com/network/config\n{\"Network\": \"x\"}", "kind: DaemonSet\nspec: {template: {spec: {containers: [{image: 'flannel:v0.19.0', args: [--kube-subnet-mgr]}]}}}\n",
		"E0611 08:15:02.000001       1 main.go:326] Error registering network: failed to acquire lease: subnet \"10.244.0.0/16\" specified in the flannel net config doesn't contain \"10.1.0.0/24\" PodCIDR of the \"n\" node",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"x.yaml", "net-conf.json"} {
			d, err := Read(data, Options{Name: name, Limits: Limits{Nodes: 5000}})
			if err != nil && err.Error() == "" {
				t.Error("an error without text")
			}
			checkStatements(t, data, d.Statements())
		}
		g, err := ReadLog(data, Options{})
		if err != nil {
			return
		}
		checkStatements(t, data, g.Statements())
	})
}

// checkStatements holds statements to what plan.Statement promises.
func checkStatements(t *testing.T, data []byte, list []plan.Statement) {
	t.Helper()
	for _, s := range list {
		switch {
		case s.Component != plan.Flannel:
			t.Errorf("%q: statement of %q", data, s.Component)
		case !s.Pos.IsValid():
			t.Errorf("%q: statement %s %s without a place", data, s.Role, s.Key)
		case s.Role == plan.RoleSetting && s.Setting == "", s.Role == plan.RoleProblem && s.Finding == nil, s.Role == plan.RoleSymptom && s.Symptom == nil:
			t.Errorf("%q: empty statement of role %s", data, s.Role)
		case s.Err != nil && len(s.Prefixes) > 0 && s.Role != plan.RolePods:
			t.Errorf("%q: %s has both an error and ranges", data, s.Key)
		}
		for _, p := range s.Prefixes {
			if !p.IsValid() {
				t.Errorf("%q: %s states an invalid range", data, s.Key)
			}
			if s.Role == plan.RoleNodePods && p != p.Masked() {
				t.Errorf("%q: %s states %v with host bits", data, s.Key, p)
			}
		}
		if f := s.Finding; f != nil && (f.Rule == "" || f.Severity == "" || f.Message == "" || len(f.Where) == 0) {
			t.Errorf("%q: finding %+v", data, f)
		}
	}
	_ = plan.Check(list...)
}

// Every parsed type can be compared.
func TestComparable(t *testing.T) {
	conf := []byte(`kind: ConfigMap
metadata: {name: kube-flannel-cfg}
data: {net-conf.json: '{"Network": "10.244.0.0/16", "SubnetLen": "x"}'}
---
kind: DaemonSet
spec: {template: {spec: {containers: [{image: "flannel:v0.19.0", args: [--kube-subnet-mgr]}]}}}
`)
	for _, in := range [][]byte{conf, []byte(usualEnv + "x\n"), []byte(usualEnv)} {
		a, err := Read(in, Options{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Read(in, Options{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b, equateNetip); d != "" || a.IsZero() {
			t.Errorf("two readings of %q differ\n%s", in, d)
		}
	}
	line := "E0611 08:15:02.000001       1 main.go:326] node \"n\" pod cidr not assigned"
	a, errA := ReadLog([]byte(line), Options{})
	b, errB := ReadLog([]byte(line), Options{})
	if d := cmp.Diff(a, b, equateNetip); d != "" || errA != nil || errB != nil || len(a.Lines) != 1 {
		t.Errorf("two readings of a log differ\n%s", d)
	}
}
