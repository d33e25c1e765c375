package draw

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// TestRepairText: the whole text, and the script behind the functions that all scripts begin with.
func TestRepairText(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	mend := func(inv nodeipam.Inventory, change func(*nodeipam.Inventory)) *repair.Repair {
		if change != nil {
			change(&inv)
		}
		r, err := repair.New(inv)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	p := netip.MustParsePrefix
	for _, tt := range []struct {
		name         string
		r            *repair.Repair
		text, script string
	}{
		{"healthy", mend(plantest.Inventory(v4, "a=10.244.0.0/24"), nil), `
Nothing to do: 1 node, each with subnets of its own in the right place.
`, `
#!/bin/sh
# Nothing to mend.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...
`},
		{"one has none", mend(plantest.Inventory(v4, "a=10.244.0.0/24 b"), func(i *nodeipam.Inventory) { i.Assumed, i.Managers[0].Host = fact.Kubeadm, "" }), `
No file shows the flags of kube-controller-manager; its pod range is taken from what kubeadm says.

1 of 2 nodes wrong: 1 to be patched, 0 to be drained and created again.

Wrong
  b  podcidr-missing  no podCIDR

Steps, in this order
  1. patch b: 10.244.1.0/24
     because: no podCIDR
     restarts: flannel on b, which waits for a subnet and restarts by itself
  Started anew, kube-controller-manager serves 1 node by itself; that can take the place of the
  patches.
`, `
#!/bin/sh
# 1 of 2 nodes wrong: 1 to be patched, 0 to be drained and created again.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...

# 1. patch b: no podCIDR
expect 'b' ''
run kubectl patch node 'b' --type=merge -p '{"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]}}'

if [ "$apply" = no ]; then echo 'nothing was changed; --apply does it' >&2; fi
`},
		{"one is drained, and flannel of another one restarts", mend(plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.0.0/24 c=10.244.2.0/24"), func(i *nodeipam.Inventory) {
			i.Nodes[2].Links = []netip.Prefix{p("10.244.9.0/24")}
		}), `
1 of 3 nodes wrong: 0 to be patched, 1 to be drained and created again. flannel restarts on 1.

Wrong
  b  node-subnet-duplicate  10.244.0.0/24 is held by a, too

Steps, in this order
  1. recreate b: 10.244.1.0/24 instead of 10.244.0.0/24
     because: 10.244.0.0/24 is held by a, too
     restarts: kubelet and flannel on b; all pods of b, on other nodes
  2. restart-flannel c
     and: delete its link cni0, and the pods that lose their network with it
     because: its links have 10.244.9.0/24
     restarts: flannel on c; pods on c whose address is outside of its podCIDR
  3. restart-controller-manager
     because: it takes subnets for free that nodes hold, or for used that none holds, until it
              counts afresh; let no node join before
     restarts: kube-controller-manager
`, `
#!/bin/sh
# 1 of 3 nodes wrong: 0 to be patched, 1 to be drained and created again. flannel restarts on 1.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...
(renew)

# Hosts that run kube-controller-manager.
CONTROL_PLANES=${CONTROL_PLANES:-'cp1'}

# 1. recreate b: 10.244.0.0/24 is held by a, too
expect 'b' '10.244.0.0/24'
save 'b'
run kubectl drain 'b' --ignore-daemonsets --delete-emptydir-data
on 'b' 'systemctl stop kubelet'
run kubectl delete node 'b'
create '{"apiVersion":"v1","kind":"Node","metadata":{"name":"b"},"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]}}'
on 'b' 'rm -f /run/flannel/subnet.env; ip link delete cni0; ip link delete flannel.1; systemctl start kubelet'
run kubectl wait --for=condition=Ready node/'b' --timeout=10m

# 2. restart-flannel c: its links have 10.244.9.0/24
expect 'c' '10.244.2.0/24'
run kubectl -n "${FLANNEL_NAMESPACE:-kube-flannel}" delete pod -l app=flannel --field-selector 'spec.nodeName=c'
on 'c' 'ip link delete cni0'
renew 'c'

# 3. restart-controller-manager: it takes subnets for free that nodes hold, or for used that none holds, until it counts afresh; let no node join before
manager stop
manager start

if [ "$apply" = no ]; then echo 'nothing was changed; --apply does it' >&2; fi
`},
		{"not canonical, so that it cannot be cordoned", mend(plantest.Inventory(v4, "a=10.244.0.7/24"), nil), `
1 of 1 node wrong: 0 to be patched, 1 to be drained and created again.

Wrong
  a  cidr-host-bits-set  "10.244.0.7/24" is not in canonical form: this release refuses every change of the Node

Steps, in this order
  1. recreate a: 10.244.0.0/24 instead of 10.244.0.7/24
     because: "10.244.0.7/24" is not in canonical form: this release refuses every change of the
              Node
     restarts: kubelet and flannel on a; all pods of a, on other nodes
`, `
#!/bin/sh
# 1 of 1 node wrong: 0 to be patched, 1 to be drained and created again.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...

# Hosts that run kube-controller-manager.
CONTROL_PLANES=${CONTROL_PLANES:-'cp1'}

# 1. recreate a: "10.244.0.7/24" is not in canonical form: this release refuses every change of the Node
expect 'a' '10.244.0.7/24'
save 'a'
# The API server refuses to cordon it, since its podCIDR is not in canonical form: its pods end with it.
on 'a' 'systemctl stop kubelet'
run kubectl delete node 'a'
create '{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"]}}'
on 'a' 'rm -f /run/flannel/subnet.env; ip link delete cni0; ip link delete flannel.1; systemctl start kubelet'
run kubectl wait --for=condition=Ready node/'a' --timeout=10m

if [ "$apply" = no ]; then echo 'nothing was changed; --apply does it' >&2; fi
`},
		{"in a file that is not what it claims", &repair.Repair{Minimal: true, Inventory: nodeipam.Inventory{Managers: []nodeipam.HostFlags{{}}, Nodes: plantest.V4Nodes("-o")}, Steps: []repair.Step{
			{Kind: repair.KindStopController, Why: "room"}, {Kind: repair.KindPatch, Node: "-o", New: []netip.Prefix{p("10.244.0.0/24")}}, {Kind: repair.KindStartController}}}, `
0 of 1 node wrong: 1 to be patched, 0 to be drained and created again.

Steps, in this order
  1. stop-controller-manager
     because: room
  2. patch -o: 10.244.0.0/24
  3. start-controller-manager
`, `
#!/bin/sh
# 0 of 1 node wrong: 1 to be patched, 0 to be drained and created again.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...

# Hosts that run kube-controller-manager.
: "${CONTROL_PLANES:?must name the hosts that run kube-controller-manager, separated by blanks}"

# 1. stop-controller-manager: room
manager stop
if [ "$apply" = yes ]; then trap 'echo "kube-controller-manager is stopped on $CONTROL_PLANES: put its manifest back from /etc/kubernetes when the rest is done" >&2' EXIT; fi

# 2. patch -o:
echo '"-o" cannot be the name of a node' >&2
exit 1

# 3. start-controller-manager:
manager start
trap - EXIT

if [ "$apply" = no ]; then echo 'nothing was changed; --apply does it' >&2; fi
`},
		{"a restart, and nobody knows where", &repair.Repair{Inventory: nodeipam.Inventory{Managers: []nodeipam.HostFlags{{}}}, Steps: []repair.Step{{Kind: repair.KindRestartController, Why: "it counts afresh"}}}, `
0 of 0 nodes wrong: 0 to be patched, 0 to be drained and created again.

Steps, in this order
  1. restart-controller-manager
     because: it counts afresh
  Fewer drained nodes may be possible: many nodes overlap with subnets of different sizes.
`, `
#!/bin/sh
# 0 of 0 nodes wrong: 0 to be patched, 0 to be drained and created again.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...

# Hosts that run kube-controller-manager.
: "${CONTROL_PLANES:?must name the hosts that run kube-controller-manager, separated by blanks}"

# 1. restart-controller-manager: it counts afresh
manager stop
manager start

if [ "$apply" = no ]; then echo 'nothing was changed; --apply does it' >&2; fi
`},
		{"two ways", &repair.Repair{RangeFaults: []repair.RangeFault{{Rule: fact.RuleHostPodOverlap, Text: "pods overlap hosts"}}, Ways: []repair.Way{
			{Title: "one", Disturbs: fact.DisturbsNodes, Steps: []string{"do", "so"}, Proof: repair.Proof{Text: "it starts"}}, {Title: "two", Disturbs: fact.DisturbsCluster, Proof: repair.Proof{Text: "it starts"}}}}, `
0 of 0 nodes wrong: 0 to be patched, 0 to be drained and created again. That alone does not do: the
ranges are at fault.

The ranges are at fault
  - pods overlap hosts (host-pod-overlap)

Ways out, best first
  1. one (nodes are drained and registered again)
     - do
     - so
     = it starts

  2. two (takes a new cluster)
     = it starts
`, `
#!/bin/sh
# 0 of 0 nodes wrong: 0 to be patched, 0 to be drained and created again. That alone does not do: the ranges are at fault.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
#
# The ranges are at fault, which commands on nodes do not cure. Ways out, best first:
#   1. one
#   2. two
...

echo 'nothing to do on nodes: the ranges are at fault' >&2
exit 1
`},
		{"none", &repair.Repair{RangeFaults: []repair.RangeFault{{Rule: fact.RuleHostPodOverlap, Text: "pods overlap hosts"}}}, `
0 of 0 nodes wrong: 0 to be patched, 0 to be drained and created again. That alone does not do: the
ranges are at fault.

The ranges are at fault
  - pods overlap hosts (host-pod-overlap)

Ways out, best first
  none that the twin of kube-controller-manager approves of
`, `
#!/bin/sh
# 0 of 0 nodes wrong: 0 to be patched, 0 to be drained and created again. That alone does not do: the ranges are at fault.
# Without --apply this script says what it would do, and changes nothing. It ends at the first error.
...

echo 'nothing to do on nodes: the ranges are at fault' >&2
exit 1
`},
	} {
		var text, script strings.Builder
		if err := RepairText(&text, tt.r, Options{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimPrefix(tt.text, "\n"), text.String()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\n%s", tt.name, diff, text.String())
		}
		if err := RepairCommands(&script, tt.r); err != nil {
			t.Fatal(err)
		}
		head, tail, ok := strings.Cut(script.String(), shellHead)
		if !ok {
			t.Fatalf("%s: no head in\n%s", tt.name, script.String())
		}
		if diff := cmp.Diff(strings.TrimPrefix(tt.script, "\n"), head+"...\n"+strings.ReplaceAll(tail, shellRenew, "(renew)\n")); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\n%s", tt.name, diff, head+"...\n"+strings.ReplaceAll(tail, shellRenew, "(renew)\n"))
		}
	}
}
