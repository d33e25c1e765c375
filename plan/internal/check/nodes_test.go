package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// Ten groups of nodes with one subnet are told each by itself. One finding tells of the rest: five of them by name, and twenty with places.
func TestManyDuplicates(t *testing.T) {
	for _, tt := range []struct {
		groups, named, places int
		more                  bool
	}{{10, 0, 0, false}, {11, 1, 2, false}, {15, 5, 10, false}, {16, 5, 12, true}, {30, 5, 40, true}, {31, 5, 40, true}} {
		var b strings.Builder
		for i := range tt.groups {
			fmt.Fprintf(&b, "node a%d 10.244.%d.0/24\nnode b%d 10.244.%d.0/24\n", i, i, i, i)
		}
		var rest []fact.Finding
		fs := check.Run(factbundle.Statements(t, b.String())...).Findings
		for _, f := range fs {
			if strings.Contains(f.Message, "more pod subnets are held by more than one node") {
				rest = append(rest, f)
			}
		}
		if tt.groups == 10 {
			if len(fs) != 10 || len(rest) > 0 {
				t.Errorf("ten groups: %d findings, %d of the rest", len(fs), len(rest))
			}
			continue
		}
		if len(fs) != 11 || len(rest) != 1 {
			t.Fatalf("%d groups: %d findings, %d of the rest", tt.groups, len(fs), len(rest))
		}
		f := rest[0]
		if !strings.HasPrefix(f.Message, fmt.Sprintf("%d more ", tt.groups-10)) || strings.Count(f.Message, " on a") != tt.named || strings.HasSuffix(f.Message, " and so on") != tt.more ||
			len(f.Where) != tt.places || len(f.Subjects) != 2*(tt.groups-10) {
			t.Errorf("%d groups: %d places, %d nodes, %s; want %d of the rest named, %d places", tt.groups, len(f.Where), len(f.Subjects), f.Message, tt.named, tt.places)
		}
	}
}

// Of the nodes that hold one subnet twenty are pointed at, and all are named as those that it concerns.
func TestPlacesOfDuplicates(t *testing.T) {
	for nodes, places := range map[int]int{19: 19, 20: 20, 21: 20, 40: 20} {
		var b strings.Builder
		for i := range nodes {
			fmt.Fprintf(&b, "node n%d 10.244.0.0/24\n", i)
		}
		fs := check.Run(factbundle.Statements(t, b.String())...).Findings
		if len(fs) != 1 || len(fs[0].Where) != places || len(fs[0].Subjects) != nodes {
			t.Errorf("%d nodes: %d findings, %d places, %d nodes", nodes, len(fs), len(fs[0].Where), len(fs[0].Subjects))
		}
	}
}

// Services inside the pods are no more than a warning until they keep a node from a subnet; what they do then is said, unless it was worse from the beginning.
func TestServicesThatKeepNodesOut(t *testing.T) {
	const left = "although the pod range alone would have one for each"
	for _, tt := range []struct {
		in     string
		sev    fact.Severity
		effect bool
	}{
		{"kcm pods=10.244.0.0/22 services=10.244.3.0/24 alloc=true\nnode a -\nnode b -\nnode c -", fact.Warning, false},
		{"kcm pods=10.244.0.0/22 services=10.244.3.0/24 alloc=true\nnode a -\nnode b -\nnode c -\nnode d -", fact.Error, true},
		{"kcm pods=10.244.0.0/22 services=10.244.3.0/24 alloc=true\nnode a -\nnode b -\nnode c -\nnode d -\nnode e -", fact.Warning, false}, // it would not
		{"kcm pods=10.244.0.0/22 services=10.244.0.0/22 alloc=true\nnode a -", fact.Error, false},
		{"kcm pods=10.244.0.0/24,fd00::/56 services=10.96.0.0/12,fd00::/112 alloc=true\nnode a -\nnode b -", fact.Warning, false}, // of the other family
	} {
		fs := check.Run(factbundle.Statements(t, tt.in)...).Findings
		i := slices.IndexFunc(fs, func(f fact.Finding) bool { return f.Rule == fact.RulePodServiceOverlap })
		if i < 0 || fs[i].Severity != tt.sev || strings.Contains(fs[i].Effect, left) != tt.effect {
			t.Errorf("%s:\n%+v\nwant %s, and its effect %v", tt.in, fs, tt.sev, tt.effect)
		}
	}
}
