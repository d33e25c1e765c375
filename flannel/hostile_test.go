package flannel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/hostile"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// hostileTexts are texts that somebody could have made to keep the readers busy.
func hostileTexts() []hostile.Text {
	return []hostile.Text{
		hostile.Fill("brackets", `{"Network":`, "[", ""),
		hostile.Fill("deep object", "", `{"Network":`, ""),
		hostile.Fill("keys", "{", `"Network":"10.0.0.0/8",`, `"Network":"10.0.0.0/8"}`),
		hostile.Fill("other keys", "{", `"a":1,`, `"Network":"10.0.0.0/8"}`),
		hostile.Fill("backend keys", `{"Backend":{`, `"MTU":1,`, `"MTU":1}}`),
		hostile.Fill("long string", `{"Network":"`, "x", `"}`),
		hostile.Fill("escapes", `{"Network":"`, `\u0041`, `"}`),
		hostile.Fill("config maps", "", "---\nkind: ConfigMap\ndata: {net-conf.json: ''}\n", ""),
		hostile.Fill("lists", "items:\n", "- items: [{kind: ConfigMap, data: {net-conf.json: '{}'}}]\n", ""),
		hostile.Fill("env", "", "FLANNEL_MTU=1\n", ""),
		hostile.Fill("env list", "FLANNEL_NETWORK=", "10.0.0.0/8,", ""),
		hostile.Fill("env variables", "A=$A$A\n", "FLANNEL_MTU=${A}${A}\n", ""),
		hostile.Fill("env doubling", "A=x\n", "A=$A$A\n", ""),
		hostile.Fill("env quote", `FLANNEL_MTU="`, "\\n", ""),
		hostile.Fill("log", "", "E0611 08:15:02.000001       1 main.go:326] Error registering network: failed to acquire lease: node \"n\" pod cidr not assigned\n", ""),
		hostile.Fill("log line", "pod cidr not assigned ", `node "`, ""),
		hostile.Fill("log braces", "", "{\"log\":\"subnet \\\"", ""),
		hostile.Fill("alias", "a: &a {kind: ConfigMap, data: {net-conf.json: x}}\nitems: [", "*a,", "]"),
		hostile.Fill("values", "podCidr: 10.0.0.0/8\nflannel:\n", "  mtu: 1400\n", ""),
		hostile.Fill("helm text", "podCidr: '", "x", "'"),
		hostile.Fill("zeros", "", "\x00", ""),
		hostile.Fill("header", "", "$ kubectl get flannel\n", ""),
	}
}

var hostileReaders = []hostile.Reader{
	{Name: "Read net-conf.json", Read: func(b []byte) {
		d, _ := Read(b, Options{Name: "net-conf.json"})
		d.Statements()
	}},
	{Name: "Read", Read: func(b []byte) {
		d, _ := Read(b, Options{Name: "x"})
		d.Statements()
	}},
	{Name: "ReadLog", Read: func(b []byte) { ReadLog(b, Options{}) }},
	{Name: "ParseNetConf", Read: func(b []byte) { ParseNetConf(b) }},
	{Name: "ParseSubnetEnv", Read: func(b []byte) { ParseSubnetEnv(b) }},
	{Name: "ParseSubnetEnvCNI", Read: func(b []byte) { parseSubnetEnvCNI(b) }},
}

func TestHostile(t *testing.T)      { hostile.Test(t, hostileReaders, hostileTexts()) }
func BenchmarkHostile(b *testing.B) { hostile.Bench(b, hostileReaders, hostileTexts()) }

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
func checkStatements(t *testing.T, data []byte, list []fact.Statement) {
	t.Helper()
	for _, s := range list {
		switch {
		case s.Component != fact.Flannel:
			t.Errorf("%q: statement of %q", data, s.Component)
		case !s.Pos.IsValid():
			t.Errorf("%q: statement %s %s without a place", data, s.Role, s.Key)
		case s.Role == fact.RoleSetting && s.Setting == "", s.Role == fact.RoleProblem && s.Finding == nil, s.Role == fact.RoleSymptom && s.Symptom == nil:
			t.Errorf("%q: empty statement of role %s", data, s.Role)
		case s.Err != nil && len(s.Prefixes) > 0 && s.Role != fact.RolePods:
			t.Errorf("%q: %s has both an error and ranges", data, s.Key)
		}
		for _, p := range s.Prefixes {
			if !p.IsValid() {
				t.Errorf("%q: %s states an invalid range", data, s.Key)
			}
			if s.Role == fact.RoleNodePods && p != p.Masked() {
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
