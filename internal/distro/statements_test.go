package distro

import (
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func statementsOf(cs []Cluster) []fact.Statement {
	var out []fact.Statement
	for _, c := range cs {
		out = append(out, c.Statements()...)
	}
	return out
}

// What healthy clusters state is in order for the checker, and what broken ones state is not.
func TestStatementsAgainstCheck(t *testing.T) {
	for _, b := range bundles(t) {
		r := plan.Check(statementsOf(b.read(t))...)
		failed := false
		for _, f := range r.Findings {
			if f.Severity == fact.Error {
				failed = true
				if !b.broken && !several(b.name) {
					t.Errorf("%s: %s: %s", b.name, f.Rule, f.Message)
				}
			}
		}
		if b.broken && !failed {
			t.Errorf("%s: no error", b.name)
		}
	}
}

// several reports whether a bundle holds more than one cluster, whose ranges are not to be compared.
func several(name string) bool {
	switch name {
	case "kind-defaults", "k0s", "talos", "kops", "kubekey", "rancher", "sealos", "rke", "openshift", "embedded",
		"commands":
		return true
	}
	return false
}

// Each cluster by itself is in order.
func TestStatementsOfEachCluster(t *testing.T) {
	for _, b := range bundles(t) {
		if b.broken {
			continue
		}
		for _, c := range b.read(t) {
			s := c.Statements()
			for _, f := range plan.Check(s...).Findings {
				if f.Severity == fact.Error {
					t.Errorf("%s %s %q: %s: %s", b.name, c.Installer, c.Name, f.Rule, f.Message)
				}
			}
			for _, x := range s {
				if strings.Contains(x.Text, "{{") || strings.Contains(x.Text, "${") {
					t.Errorf("%s: a template is stated: %+v", b.name, x)
				}
				if !x.Pos.IsValid() {
					t.Errorf("%s: no place: %+v", b.name, x)
				}
			}
		}
	}
}

// A second server without the ranges of the first has k3s's defaults, and the two differ.
func TestServersDiffer(t *testing.T) {
	var fs []*source.File
	for _, f := range []struct{ name, text string }{
		{"srv1/etc/rancher/k3s/config.yaml", "cluster-cidr: 10.60.0.0/16\nservice-cidr: 10.61.0.0/16\n"},
		{"srv2/etc/rancher/k3s/config.yaml", "server: https://srv1:6443\ntls-san: [a]\nflannel-backend: vxlan\n"},
	} {
		fs = append(fs, newFile(t, f.name, []byte(f.text)))
	}
	for _, f := range plan.Check(statementsOf(ReadFiles(fs))...).Findings {
		if f.Rule == fact.RuleControlPlaneFlagsDiffer {
			return
		}
	}
	t.Error("servers with other ranges are not found")
}
