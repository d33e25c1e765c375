//go:build unix

package draw

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// A scene is a cluster with something wrong in it.
type scene struct {
	name  string
	cidr  string
	nodes map[string][]string
	set   func(*nodeipam.Inventory)
}

func scenes() []scene {
	return []scene{
		{"two share a subnet, one has none", "10.244.0.0/20", map[string][]string{"cp1": {"10.244.0.0/24"}, "w1": {"10.244.1.0/24"}, "w2": {"10.244.1.0/24"}, "w3": nil}, nil},
		{"room comes free on the way", "10.244.0.0/22", map[string][]string{"cp1": {"10.244.3.0/24"}, "w1": {"10.244.0.0/23"}, "w2": nil, "w3": {"10.244.2.0/24"}}, nil},
		{"all hold the whole range, a master among them", "10.244.0.0/22", map[string][]string{"cp1": {"10.244.0.0/22"}, "w1": {"10.244.0.0/22"}}, nil},
		{"both families, one of them shared", "10.244.0.0/20,fd00:10:244::/56", map[string][]string{"cp1": {"10.244.0.0/24", "fd00:10:244::/64"}, "w1": {"10.244.1.0/24", "fd00:10:244:1::/64"}, "w2": {"10.244.2.0/24", "fd00:10:244:1::/64"}}, nil},
	}
}

// inventory is what the files said when the script was written.
func (sc scene) inventory() nodeipam.Inventory {
	inv := nodeipam.Inventory{
		Kubernetes: fact.V(1, 34, 0), FlannelWorkload: "kube-flannel/kube-flannel-ds",
		Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: sc.cidr}}},
	}
	for _, n := range slices.Sorted(maps.Keys(sc.nodes)) {
		inv.Nodes = append(inv.Nodes, nodeipam.InventoryNode{Name: n, PodCIDRs: sc.nodes[n]})
	}
	if sc.set != nil {
		sc.set(&inv)
	}
	return inv
}

func scriptOf(t *testing.T, inv nodeipam.Inventory) string {
	t.Helper()
	r, err := repair.New(inv)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := RepairCommands(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// shells are those that are there.
func shells() [][]string {
	var out [][]string
	for _, s := range [][]string{{"dash"}, {"bash"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(s[0]); err == nil {
			out = append(out, s)
		}
	}
	return out
}

// shellsTried is how many of the shells run the scripts undisturbed.
func shellsTried() int {
	if testing.Short() {
		return min(1, len(shells()))
	}
	return len(shells())
}

// wrong says what is not as it should be in the cluster: the nodes and hosts by name.
func (s *stub) wrong() (out []string) {
	names := slices.Sorted(maps.Keys(s.hosts))
	for _, name := range names {
		switch n := s.nodes[name]; {
		case !s.hosts[name].up:
			out = append(out, name+": kubelet is stopped")
		case n == nil:
			out = append(out, name+": no Node")
		case n["spec"].(map[string]any)["unschedulable"] != nil:
			out = append(out, name+": cordoned")
		case len(s.cidrs(name)) == 0:
			out = append(out, name+": no podCIDRs")
		case s.hosts[name].env == "":
			out = append(out, name+": no subnet.env")
		}
	}
	if _, on := s.flags(); !on {
		out = append(out, s.managers[0]+": node IPAM is off")
	}
	return out
}

// shared returns pairs of nodes that overlap.
func (s *stub) shared() (out []string) {
	names := slices.Sorted(maps.Keys(s.nodes))
	for i, a := range names {
		for _, b := range names[:i] {
			for _, p := range parsed(s.cidrs(a)) {
				if slices.ContainsFunc(parsed(s.cidrs(b)), p.Overlaps) {
					out = append(out, b+" "+a)
				}
			}
		}
	}
	return out
}

// mended checks that every node is there, uncordoned, with subnets of its own and with what it had.
func (s *stub) mended(t *testing.T, why, out string) {
	t.Helper()
	if bad := append(s.wrong(), s.shared()...); len(bad) > 0 {
		t.Errorf("%s: %v\n%s", why, bad, out)
	}
	for name, n := range s.nodes {
		m := n["metadata"].(map[string]any)
		if strings.HasPrefix(name, "new") {
			continue
		}
		if got := m["labels"].(map[string]any); got["example.com/rack"] != "r-"+name || got["example.com/from-kubelet"] != "yes" {
			t.Errorf("%s: labels of %s: %v", why, name, got)
		}
		if got := m["annotations"].(map[string]any)["example.com/note"]; got != `two words, a "quote" and a: colon` {
			t.Errorf("%s: annotation of %s: %v", why, name, got)
		}
		if got := fmt.Sprint(n["spec"].(map[string]any)["taints"]); got != "[map[effect:PreferNoSchedule key:example.com/gpu]]" {
			t.Errorf("%s: taints of %s: %v", why, name, got)
		}
		if want := strings.Join(envLines(parsed(s.cidrs(name))), "\n"); !strings.Contains(s.hosts[name].env, want) {
			t.Errorf("%s: subnet.env of %s is %q, want %q in it", why, name, s.hosts[name].env, want)
		}
	}
}

// TestScriptRuns runs the scripts undisturbed, in every shell: without --apply nothing is called, with it everything
// is mended, and a second run changes nothing.
func TestScriptRuns(t *testing.T) {
	for _, sc := range scenes() {
		script := scriptOf(t, sc.inventory())
		for _, shell := range shells()[:shellsTried()] {
			why := sc.name + ", " + shell[0]
			s := newStub(t, sc.cidr, sc.nodes, "cp1")
			// What waits is served by the stub at once; so it is held back.
			if out, status := s.run(t, shell, script); status != 0 || s.calls > 0 {
				t.Errorf("%s, without --apply: status %d, %d calls\n%s", why, status, s.calls, out)
			}
			out, status := s.run(t, shell, script, "--apply")
			if status != 0 {
				t.Errorf("%s: status %d\n%s\n%s", why, status, out, strings.Join(s.log, "\n"))
				continue
			}
			s.mended(t, why, out)
			s.touched = false
			before := fmt.Sprint(s.nodes)
			if out, status := s.run(t, shell, script, "--apply"); status != 0 || fmt.Sprint(s.nodes) != before {
				t.Errorf("%s, again: status %d\n%s", why, status, out)
			}
		}
	}
}

// TestScriptInterrupted lets every call fail before and after it took effect, and the script be told to end at every
// call, while nodes join. Whatever is not as it should be then is named, nobody gets what another node holds, and a
// second run mends all.
func TestScriptInterrupted(t *testing.T) {
	points, unsaid, second, taken := 0, 0, 0, 0
	for i, sc := range scenes() {
		script := scriptOf(t, sc.inventory())
		for j, shell := range shells() {
			whole := newStub(t, sc.cidr, sc.nodes, "cp1")
			whole.run(t, shell, script, "--apply")
			// Every call of the first script in the first shell, of the others some.
			step := 1
			switch {
			case testing.Short() && i+j > 0:
				continue
			case testing.Short():
				step = 13
			case j > 0:
				step = 13
			case i > 0:
				step = 4
			}
			for at := 1 + (i+j)%step; at <= whole.calls; at += step {
				for _, mode := range []string{"before", "after", "term"} {
					s := newStub(t, sc.cidr, sc.nodes, "cp1")
					old := s.shared()
					s.failAt, s.failMode = at, mode
					if len(sc.nodes) < 4 || i == 0 {
						s.joinAt = []int{1 + at/2}
					}
					why := fmt.Sprintf("%s, %s, call %d %s: %s", sc.name, shell[0], at, mode, whole.log[at-1])
					out, status := s.run(t, shell, script, "--apply")
					points++
					if status == 0 && len(s.wrong()) > 0 {
						t.Errorf("%s: status 0, but %v\n%s", why, s.wrong(), out)
					}
					for _, w := range s.wrong() {
						name, what, _ := strings.Cut(w, ":")
						if strings.HasPrefix(name, "new") {
							continue // it waits for the controller manager, about which something is said
						}
						if !strings.Contains(out, name) || status != 0 && !strings.Contains(out, "run this script again") || what == " cordoned" && !strings.Contains(out, "node "+name+" is cordoned") {
							unsaid++
							t.Errorf("%s: unsaid: %s\n%s", why, w, out)
						}
					}
					for _, pair := range s.shared() {
						if !slices.Contains(old, pair) {
							t.Errorf("%s: %s share a subnet now\n%s", why, pair, out)
						}
					}
					s.failAt = 0
					again, status := s.run(t, shell, script, "--apply")
					if status != 0 && len(s.joinAt) > 0 && strings.Contains(again, "node new") && strings.Contains(again, "look anew") {
						// A node that joined before the script could stop it has a subnet of the plan, which takes
						// new files; what is left is said again.
						taken++
						for _, w := range s.wrong() {
							if name, _, _ := strings.Cut(w, ":"); !strings.HasPrefix(name, "new") && !strings.Contains(again, name) {
								unsaid++
								t.Errorf("%s: unsaid the second time: %s\n%s", why, w, again)
							}
						}
						continue
					}
					if status != 0 {
						t.Errorf("%s: the second run ends with %d\n%s\n--- first run\n%s", why, status, again, out)
						continue
					}
					second++
					s.mended(t, why, again)
				}
			}
		}
	}
	t.Logf("%d points, %d leave something unsaid, %d second runs go on, %d say that a node that joined has what is meant for another", points, unsaid, second, taken)
}

// TestScriptTaken: a node that joined since has the subnet that is meant for another; a host cannot be reached; pods
// that nobody makes anew. Nothing is changed.
func TestScriptTaken(t *testing.T) {
	sc := scenes()[0]
	script := scriptOf(t, sc.inventory())
	for _, shell := range shells() {
		s := newStub(t, sc.cidr, sc.nodes, "cp1")
		s.join("n9", []string{"10.244.2.0/24"})
		s.join("n8", []string{"10.244.3.0/24"})
		out, status := s.run(t, shell, script, "--apply")
		if status == 0 || s.touched || !strings.Contains(out, "nothing was changed") || !strings.Contains(out, "node n") {
			t.Errorf("%s, taken: status %d, changed %v\n%s", shell[0], status, s.touched, out)
		}
		s = newStub(t, sc.cidr, sc.nodes, "cp1")
		delete(s.hosts, "w2")
		out, status = s.run(t, shell, script, "--apply")
		if status == 0 || s.touched || !strings.Contains(out, "host w2 cannot be reached") {
			t.Errorf("%s, no host: status %d, changed %v\n%s", shell[0], status, s.touched, out)
		}
		s = newStub(t, sc.cidr, sc.nodes, "cp1")
		s.pods["default/bare"] = s.pod("default", "bare", "w2", "", "", false)
		out, status = s.run(t, shell, script, "--apply")
		if status == 0 || s.touched || !strings.Contains(out, "w2: pod default/bare! is-made-by-nobody") {
			t.Errorf("%s, a bare pod: status %d, changed %v\n%s", shell[0], status, s.touched, out)
		}
		if out, status = s.run(t, shell, script, "--apply", "--force"); status != 0 {
			t.Errorf("%s, forced: status %d\n%s", shell[0], status, out)
		}
		s.mended(t, shell[0], out)
	}
}

// TestScriptCut: a script that is cut off anywhere, as when it comes through a pipe, does nothing.
func TestScriptCut(t *testing.T) {
	sc := scenes()[0]
	script := scriptOf(t, sc.inventory())
	s := newStub(t, sc.cidr, sc.nodes, "cp1")
	for at := len(script) - 1; at > 0; at -= 1 + at/40 {
		if strings.HasSuffix(script[:at], "main \"$@\"") {
			continue
		}
		s.run(t, []string{"sh"}, script[:at], "--apply")
		if s.touched {
			t.Fatalf("cut off after %d bytes it does something: %q", at, script[max(0, at-80):at])
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "kubecidr-repair")); err == nil {
		t.Error("and leaves something")
	}
}

// TestScriptSettings widens a range that is full: flannel's ConfigMap, the flags and the other ConfigMaps follow, and
// the node that waits is served. Broken off at any call a second run brings it to the end.
func TestScriptSettings(t *testing.T) {
	sc := scene{"full", "10.244.0.0/23", map[string][]string{"cp1": {"10.244.0.0/24"}, "w1": {"10.244.1.0/24"}, "w2": nil}, func(i *nodeipam.Inventory) {
		i.Networks = prefixtest.List("10.244.0.0/23")
	}}
	script := scriptOf(t, sc.inventory())
	fresh := func() *stub {
		s := newStub(t, sc.cidr, sc.nodes, "cp1")
		s.maps["kube-flannel/kube-flannel-cfg"] = "data:\n  net-conf.json: |\n    {\"Network\": \"10.244.0.0/23\", \"Backend\": {}}\nmetadata:\n  name: kube-flannel-cfg\n"
		s.maps["kube-system/kubeadm-config"] = "data:\n  ClusterConfiguration: |\n    networking:\n      podSubnet: 10.244.0.0/23\nmetadata:\n  name: kubeadm-config\n"
		s.maps["kube-system/kube-proxy"] = "data:\n  config.conf: |\n    clusterCIDR: 10.244.0.0/23\nmetadata:\n  name: kube-proxy\n"
		return s
	}
	ended := func(s *stub, why, out string) {
		t.Helper()
		s.mended(t, why, out)
		for name, text := range s.maps {
			if !strings.Contains(text, "10.244.0.0/21") || strings.Contains(text, "10.244.0.0/23") {
				t.Errorf("%s: %s is\n%s", why, name, text)
			}
		}
		if ranges, on := s.flags(); ranges != "10.244.0.0/21" || !on {
			t.Errorf("%s: the manifest has %s, %v", why, ranges, on)
		}
	}
	whole := fresh()
	out, status := whole.run(t, []string{"sh"}, script, "--apply")
	if status != 0 {
		t.Fatalf("status %d\n%s", status, out)
	}
	ended(whole, "undisturbed", out)
	step := 1
	if testing.Short() {
		step = 7
	}
	for at := 1; at <= whole.calls; at += step {
		for _, mode := range []string{"before", "after", "term"} {
			s := fresh()
			s.failAt, s.failMode = at, mode
			why := fmt.Sprintf("call %d %s: %s", at, mode, whole.log[at-1])
			out, status := s.run(t, []string{"sh"}, script, "--apply")
			if status != 0 && !strings.Contains(out, "run this script again") {
				t.Errorf("%s: status %d\n%s", why, status, out)
			}
			s.failAt = 0
			if out, status = s.run(t, []string{"sh"}, script, "--apply"); status != 0 {
				t.Errorf("%s, again: status %d\n%s", why, status, out)
			}
			ended(s, why, out)
		}
	}
}

// TestScriptK3s goes ways on hosts where one unit is kubelet, flannel and the control plane: the settings are a file of config.yaml.d, units of agents
// stop and start, and flannel is nobody's DaemonSet. Broken off at calls it goes on.
func TestScriptK3s(t *testing.T) {
	k3s := func(i *nodeipam.Inventory) {
		i.Installer, i.FlannelWorkload = "k3s", ""
		i.Networks = prefixtest.List("10.244.0.0/23")
		if i.Managers[0].Flags.ClusterCIDR != "10.244.0.0/23" {
			i.Networks = nil
		}
	}
	for _, sc := range []scene{
		{"two share a subnet, one has none", "10.244.0.0/20", map[string][]string{"cp1": {"10.244.0.0/24"}, "w1": {"10.244.1.0/24"}, "w2": {"10.244.1.0/24"}, "w3": nil}, k3s},
		{"full", "10.244.0.0/23", map[string][]string{"cp1": {"10.244.0.0/24"}, "w1": {"10.244.1.0/24"}, "w2": nil}, k3s},
	} {
		script := scriptOf(t, sc.inventory())
		fresh := func() *stub {
			s := newStub(t, sc.cidr, nil, "cp1")
			s.k3s = true
			for _, name := range slices.Sorted(maps.Keys(sc.nodes)) {
				s.join(name, sc.nodes[name])
				s.nodes[name]["metadata"].(map[string]any)["labels"].(map[string]any)["example.com/rack"] = "r-" + name
				s.nodes[name]["metadata"].(map[string]any)["annotations"].(map[string]any)["example.com/note"] = `two words, a "quote" and a: colon`
				s.nodes[name]["spec"].(map[string]any)["taints"] = []any{map[string]any{"key": "example.com/gpu", "effect": "PreferNoSchedule"}}
			}
			s.tick()
			return s
		}
		whole := fresh()
		out, status := whole.run(t, []string{"sh"}, script, "--apply")
		if status != 0 {
			t.Errorf("%s: status %d\n%s\n%s", sc.name, status, out, strings.Join(whole.log, "\n"))
			continue
		}
		whole.mended(t, sc.name, out)
		if log := strings.Join(whole.log, "\n"); strings.Contains(log, "kubelet") && strings.Contains(log, "systemctl start kubelet") || strings.Contains(log, "daemonset kube-flannel") {
			t.Errorf("%s: words of kubeadm in\n%s", sc.name, log)
		}
		step := 3
		if testing.Short() {
			step = 17
		}
		for at := 1; at <= whole.calls; at += step {
			for _, mode := range []string{"before", "after", "term"} {
				s := fresh()
				s.failAt, s.failMode = at, mode
				why := fmt.Sprintf("%s, call %d %s: %s", sc.name, at, mode, whole.log[at-1])
				out, status := s.run(t, []string{"sh"}, script, "--apply")
				if status != 0 && !strings.Contains(out, "run this script again") {
					t.Errorf("%s: status %d\n%s", why, status, out)
				}
				s.failAt = 0
				again, status := s.run(t, []string{"sh"}, script, "--apply")
				if status != 0 {
					t.Errorf("%s, again: status %d\n%s", why, status, again)
					continue
				}
				s.mended(t, why, again)
			}
		}
	}
}
