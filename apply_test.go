package kubecidr_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// drawPlan draws a plan of any family, with the default node masks and others, for any release.
func drawPlan(t *rapid.T) *plan.Plan {
	r := plan.Request{
		Name:        rapid.SampledFrom([]string{"", "north", "EOF", "a: b\nEOF\n", "true"}).Draw(t, "name"),
		Nodes:       rapid.IntRange(1, 200).Draw(t, "nodes"),
		PodsPerNode: rapid.SampledFrom([]int{0, 30, 60, 250}).Draw(t, "pods on a node"),
		Families:    rapid.SampledFrom([][]fact.Family{nil, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}}).Draw(t, "families"),
		Kubernetes:  fact.Version{Major: 1, Minor: rapid.IntRange(23, 37).Draw(t, "minor")},
		Avoid:       []fact.Reservation{{Prefix: cidr.MustParse("10.96.0.0/12"), Name: "vpn"}}[:rapid.IntRange(0, 1).Draw(t, "avoid")],
	}
	p, err := plan.New(r)
	if err != nil {
		t.Fatalf("New(%+v) = %v", r, err)
	}
	return p
}

// readStatements returns what a file says, as the checker reads it.
func readStatements(t *rapid.T, name, text string) []fact.Statement {
	files, err := kubecidr.Read(fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}, kubecidr.Options{})
	if err != nil {
		t.Fatalf("Read(%s): %v", name, err)
	}
	return files.Statements()
}

// What is written is read back as the plan: the same ranges, in the same order, from kubeadm and from flannel.
func TestAttachmentsSayThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		files, err := kubecidr.Attachments(p)
		if err != nil {
			t.Fatalf("Attachments: %v", err)
		}
		for _, f := range files {
			if f.Language != "yaml" {
				continue
			}
			statements := readStatements(t, f.Title, f.Text)
			pods := slices.DeleteFunc(slices.Clone(statements), func(s fact.Statement) bool { return s.Role != fact.RolePods || len(s.Prefixes) == 0 })
			if len(pods) == 0 {
				t.Fatalf("%s says nothing of pods:\n%s", f.Title, f.Text)
			}
			// flannel has one key for each family, in its own order.
			got := make(map[fact.Family]netip.Prefix)
			for _, s := range pods {
				for _, q := range s.Prefixes {
					got[fact.FamilyOf(q)] = q
				}
			}
			want := make(map[fact.Family]netip.Prefix)
			for _, q := range p.Pods() {
				want[fact.FamilyOf(q)] = q
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Fatalf("pods in %s (-plan +file):\n%s\n%s", f.Title, diff, f.Text)
			}
			for _, s := range statements {
				if s.Role == fact.RoleServices && !s.Default && !slices.Equal(s.Prefixes, p.Services()) {
					t.Fatalf("services in %s: %v, want %v", f.Title, s.Prefixes, p.Services())
				}
			}
		}
	})
}

// What is written is consistent: the checker finds no error in it.
func TestAttachmentsPassTheCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files, err := kubecidr.Attachments(drawPlan(t))
		if err != nil {
			t.Fatalf("Attachments: %v", err)
		}
		// Without the release, the checker assumes one of the time of the cluster's, and old ones cannot have IPv6 first.
		fsys := fstest.MapFS{"kube-flannel.yml": {Data: []byte(`apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kube-flannel-ds
  namespace: kube-flannel
spec:
  template:
    spec:
      containers:
      - name: kube-flannel
        image: ghcr.io/flannel-io/flannel:` + fact.NewestFlannel().String() + `
        command: [/opt/bin/flanneld]
        args: [--ip-masq, --kube-subnet-mgr]
`)}}
		for _, f := range files {
			if f.Language == "yaml" {
				fsys[f.Title] = &fstest.MapFile{Data: []byte(f.Text)}
			}
		}
		report, err := kubecidr.Check(fsys)
		if err != nil {
			t.Fatalf("Check: %v", err)
		}
		if err := report.Err(); err != nil {
			t.Fatalf("the files of a plan do not pass: %v", err)
		}
	})
}

// The commands are a script that a shell can parse, and hold the files whole.
func TestCommandsAreShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here to parse the commands:", err)
	}
	for _, r := range []plan.Request{
		{},
		{Name: "a: b\nEOF\n", Families: []fact.Family{fact.IPv6, fact.IPv4}},
		{PodsPerNode: 30, Kubernetes: fact.Version{Major: 1, Minor: 28}},
	} {
		p, err := plan.New(r)
		if err != nil {
			t.Fatal(err)
		}
		var b, flannel bytes.Buffer
		if err := kubecidr.WriteCommands(&b, p); err != nil {
			t.Fatal(err)
		}
		if err := kubecidr.WriteFlannel(&flannel, p); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "\n"+flannel.String()) {
			t.Errorf("the commands for %+v do not hold flannel's ConfigMap:\n%s", r, b.String())
		}
		cmd := exec.Command(sh, "-n")
		cmd.Stdin = &b
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("sh -n of the commands for %+v: %v\n%s", r, err, out)
		}
	}
}

// What does an installer run?
func ExampleWriteCommands() {
	p, err := plan.New(plan.Request{Nodes: 40})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := kubecidr.WriteCommands(&b, p); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "kube") {
			fmt.Print(line)
		}
	}
	// Output:
	// kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr=10.96.0.0/12
	// kubectl apply -f https://github.com/flannel-io/flannel/releases/download/v0.28.10/kube-flannel.yml
	// kubectl apply -f kube-flannel-cfg.yaml
	// kubectl -n kube-flannel rollout restart daemonset/kube-flannel-ds
	// kubectl get nodes -o custom-columns=NODE:.metadata.name,SUBNETS:.spec.podCIDRs
}
