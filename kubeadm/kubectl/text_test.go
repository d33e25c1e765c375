package kubectl

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// shown returns what objects hold, a line for each, every value with its line and column.
func shown(o Objects) []string {
	at := func(p fact.Position) string { return fmt.Sprintf("@%d:%d", p.Line, p.Column) }
	var out []string
	for _, n := range o.Nodes {
		s := "node " + n.Name.V + at(n.Name.Pos)
		add := func(name, text string, p fact.Position) {
			if p.IsValid() || text != "" {
				s += " " + name + "=" + text + at(p)
			}
		}
		if n.ControlPlane {
			s += " control-plane"
		}
		add("spec", "", n.Spec)
		add("podCIDR", n.PodCIDR.Text, n.PodCIDR.Pos)
		for _, p := range n.PodCIDRs {
			add("podCIDRs", p.Text, p.Pos)
		}
		for _, a := range n.Addresses {
			add(a.Type, a.Addr.Text, a.Addr.Pos)
		}
		add("version", n.KubeletVersion.Text, n.KubeletVersion.Pos)
		add("pods", n.MaxPods.Text, n.MaxPods.Pos)
		add("Ready", n.Ready.Status, n.Ready.Pos)
		add("NetworkUnavailable", n.NetworkUnavailable.Status, n.NetworkUnavailable.Pos)
		for _, a := range n.Annotations {
			add(a.Key, a.Value.Text, a.Value.Pos)
		}
		out = append(out, s)
	}
	for _, v := range o.Services {
		s := "service " + v.Namespace + "/" + v.Name.V + at(v.Name.Pos)
		for _, a := range v.ClusterIPs {
			s += " " + a.Text + at(a.Pos)
		}
		out = append(out, s)
	}
	for _, v := range o.ServiceCIDRs {
		s := "servicecidr " + v.Name.V + at(v.Name.Pos)
		for _, c := range v.CIDRs {
			s += " " + c.Text + at(c.Pos)
		}
		if v.Ready.Pos.IsValid() {
			s += " Ready=" + v.Ready.Status + at(v.Ready.Pos)
		}
		out = append(out, s)
	}
	for _, v := range o.IPAddresses {
		out = append(out, "ipaddress "+v.Addr.Text+at(v.Addr.Pos)+" "+v.Parent)
	}
	for _, e := range o.Events {
		out = append(out, fmt.Sprintf("event%s type=%s reason=%s of=%s %s/%s from=%s,%s count=%d message=%s%s", at(e.Pos), e.Type, e.Reason, e.Kind, e.Namespace, e.Name, e.Source, e.Host, e.Count, e.Message.V, at(e.Message.Pos)))
	}
	for _, p := range o.Pods {
		s := "pod " + p.Namespace + "/" + p.Name.V + at(p.Name.Pos) + " node=" + p.Node + " phase=" + p.Phase
		if p.HostNetwork {
			s += " hostNetwork"
		}
		for _, a := range p.IPs {
			s += " " + a.Text + at(a.Pos)
		}
		for _, c := range p.States {
			s += fmt.Sprintf("; %s %s%s %d", c.Container, c.Reason, at(c.Pos), c.Restarts)
			if c.Message != "" {
				s += " " + c.Message
			}
		}
		out = append(out, s)
	}
	if o.CNI.IsSet() {
		out = append(out, "cni "+o.CNI.V+at(o.CNI.Pos))
	}
	if len(o.Kinds) > 0 {
		out = append(out, kindsOf(o))
	}
	return out
}

// shownText returns what ReadText finds, the messages of the log at the end.
func shownText(t testing.TB, in string) []string {
	t.Helper()
	x, err := ReadText("f", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	out := shown(x.Objects)
	for _, e := range x.Log.Entries {
		out = append(out, fmt.Sprintf("log@%d:%d %s", e.Pos.Line, e.Pos.Column, e.Symptom.ID))
	}
	return out
}

// textRow is a text and what is read from it, with all places.
type textRow struct {
	name, in string
	want     []string
}

func checkText(t *testing.T, rows []textRow) {
	t.Helper()
	for _, tt := range rows {
		if d := cmp.Diff(tt.want, shownText(t, tt.in)); d != "" {
			t.Errorf("%s: (-want +got)\n%s\n%s", tt.name, tt.in, d)
		}
	}
}

const exhausted = "failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range"

// Which lines are the header of a table. What is none hides no message below it.
func TestTextHeaders(t *testing.T) {
	const row = "\nw1     10.244.1.0/24\n"
	checkText(t, []textRow{
		{"two columns", "NAME   PODCIDR" + row, []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8",
			`"Node":1`,
		}},
		{"one column", "NAME\n" + exhausted + "\n", []string{"log@2:1 no-remaining-cidrs"}},
		{"one column and a blank", "NAME \n" + exhausted + "\n", []string{"log@2:1 no-remaining-cidrs"}},
		{"not all in capitals", "NODE with trouble\n" + exhausted + "\n", []string{"log@2:1 no-remaining-cidrs"}},
		{"another first column", "KIND   PODCIDR" + row, nil},
		{"1000 bytes", "NAME   PODCIDR" + strings.Repeat(" ", 986) + row, []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8",
			`"Node":1`,
		}},
		{"more", "NAME   PODCIDR" + strings.Repeat(" ", 987) + row, nil},
		{"a name of two words", "NAME   POD CIDR" + row, []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8",
			`"Node":1`,
		}},
		{"indented", "  NAME   PODCIDR\n  w1     10.244.1.0/24\n", []string{
			"node w1@2:3 spec=@2:1 podCIDR=10.244.1.0/24@2:10 podCIDRs=10.244.1.0/24@2:10",
			`"Node":1`,
		}},
		{"indented, the row is not", "  NAME   PODCIDR\nworker1  10.244.1.0/24\n", []string{
			"node worker1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:10 podCIDRs=10.244.1.0/24@2:10",
			`"Node":1`,
		}},
		{"the row is indented", "NAME   PODCIDR\n  w1     10.244.1.0/24\n", []string{
			"node w1@2:3 spec=@2:1 podCIDR=10.244.1.0/24@2:10 podCIDRs=10.244.1.0/24@2:10",
			`"Node":1`,
		}},
		{"squeezed", "NAME STATUS PODCIDR\nw1 Ready 10.244.1.0/24\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:10 podCIDRs=10.244.1.0/24@2:10 Ready=True@2:4",
			`"Node":1`,
		}},
		{"squeezed and indented", " NAME STATUS PODCIDR\n w1 Ready 10.244.1.0/24\n", []string{
			"node w1@2:2 spec=@2:1 podCIDR=10.244.1.0/24@2:11 podCIDRs=10.244.1.0/24@2:11 Ready=True@2:5",
			`"Node":1`,
		}},
		{"squeezed, the end of the row is missing", "NAME STATUS PODCIDR\nw1 Ready\nw2\n", []string{
			"node w1@2:1 spec=@2:1 Ready=True@2:4",
			"node w2@3:1 spec=@3:1",
			`"Node":2`,
		}},
		{"squeezed events", "LAST SEEN TYPE REASON OBJECT MESSAGE\n3m Normal CIDRNotAvailable node/w2 Node w2 status is now: CIDRNotAvailable\n", []string{
			"event@2:1 type=Normal reason=CIDRNotAvailable of=Node /w2 from=, count=0 message=Node w2 status is now: CIDRNotAvailable@2:36",
			`"Event":1`,
		}},
		{"squeezed events of old", "LAST SEEN FIRST SEEN COUNT NAME KIND TYPE REASON SOURCE MESSAGE\n3m 9m 5 w2.153bd4f1d4f4fbb6 Node Normal CIDRNotAvailable cidrAllocator Node w2 status is now: CIDRNotAvailable\n", []string{
			"event@2:1 type=Normal reason=CIDRNotAvailable of=Node /w2 from=cidrAllocator, count=5 message=Node w2 status is now: CIDRNotAvailable@2:72",
			`"Event":1`,
		}},
		{"squeezed pods", "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES\nkube-flannel-ds-x 0/1 Error 12 (3m2s ago) 40m 192.168.0.11 w1 <none> <none>\n", []string{
			"pod /kube-flannel-ds-x@2:1 node=w1 phase=Error 192.168.0.11@2:47;  Error@2:23 12",
			"cni flannel@2:1",
			`"Pod":1`,
		}},
	})
}

// Which cells belong to which column.
func TestTextCells(t *testing.T) {
	checkText(t, []textRow{
		{"labels as columns, one is missing", "NAME   ZONE   PODCIDR         RACK\nw1     a      10.244.1.0/24   r1\nw2            10.244.2.0/24   r1\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:15 podCIDRs=10.244.1.0/24@2:15",
			"node w2@3:1 spec=@3:1 podCIDR=10.244.2.0/24@3:15 podCIDRs=10.244.2.0/24@3:15",
			`"Node":2`,
		}},
		{"the row ends where the next column begins", "NAME   ZONE   PODCIDR      RACK\nw1            10.244.1.0/24\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:15 podCIDRs=10.244.1.0/24@2:15",
			`"Node":1`,
		}},
		{"a name was made longer: the row is moved", "NAME   OS       PODCIDR         IP\nworker-in-the-west   Linux 1   10.244.1.0/24   192.168.0.1\n", []string{
			"node worker-in-the-west@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:32 podCIDRs=10.244.1.0/24@2:32 InternalIP=192.168.0.1@2:48",
			`"Node":1`,
		}},
		{"the same, the end is missing", "NAME   OS      PODCIDR         IP\nworker-in-the-west   Linux   10.244.1.0/24\n", []string{
			"node worker-in-the-west@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:30 podCIDRs=10.244.1.0/24@2:30",
			`"Node":1`,
		}},
		{"to the right", "NAME   PODCIDR\nw1      10.244.1.0/24\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:9 podCIDRs=10.244.1.0/24@2:9",
			`"Node":1`,
		}},
		{"none and unset", "NAME   STATUS   ROLES    VERSION   INTERNAL-IP\nw1     Ready    <none>   <unset>   <none>\n", []string{"node w1@2:1 Ready=True@2:8", `"Node":1`}},
	})
}

// The tables of nodes, of every release and with columns of one's own.
func TestTextNodes(t *testing.T) {
	checkText(t, []textRow{
		{"get nodes", "NAME   STATUS     ROLES                  AGE   VERSION\ncp1    Ready      control-plane,master   1d    v1.22.0\ncp2    Ready      master                 1d    v1.18.0\ncp3    NotReady,SchedulingDisabled   control-plane   1d   v1.37.2\nw1     NotReady   <none>                 1d    v1.37.2\n", []string{
			"node cp1@2:1 control-plane version=v1.22.0@2:48 Ready=True@2:8",
			"node cp2@3:1 control-plane version=v1.18.0@3:48 Ready=True@3:8",
			"node cp3@4:1 control-plane version=v1.37.2@4:59 Ready=False@4:8",
			"node w1@5:1 version=v1.37.2@5:48 Ready=False@5:8",
			`"Node":4`,
		}},
		{"addresses alone", "NAME   INTERNAL-IP              EXTERNAL-IP\nw1     192.168.0.1,fd00:1::1    203.0.113.7\n", []string{
			"node w1@2:1 InternalIP=192.168.0.1@2:8 InternalIP=fd00:1::1@2:20 ExternalIP=203.0.113.7@2:33",
			`"Node":1`,
		}},
		{"the same addresses twice", "NAME   INTERNAL-IP   EXTERNAL-IP\nw1     192.168.0.1   192.168.0.1\n\nNAME   INTERNAL-IP               EXTERNAL-IP\nw1     192.168.0.1,fd00:1::1     192.168.0.1\n", []string{
			"node w1@2:1 InternalIP=192.168.0.1@2:8 ExternalIP=192.168.0.1@2:22 InternalIP=fd00:1::1@5:20",
			`"Node":1`,
		}},
		{"no table of nodes: namespaces", "NAME              STATUS   AGE\nkube-system       Active   10d\n", nil},
		{"no table of nodes: roles", "NAME   ROLES   AGE\nadmin  edit    10d\n", nil},
		{"twice, the first state counts", "NAME   STATUS     ROLES    AGE   VERSION\nw1     NotReady   <none>   1d    v1.37.1\n\nNAME   STATUS   ROLES    AGE   VERSION\nw1     Ready    <none>   1d    v1.37.2\n", []string{
			"node w1@2:1 version=v1.37.2@5:32 Ready=False@2:8",
			`"Node":1`,
		}},
		{"columns of one's own: the status of the condition Ready", "NAME   PODCIDR         STATUS\nw1     10.244.1.0/24   True\nw2     10.244.2.0/24   False\nw3     10.244.3.0/24   Unknown\nw4     10.244.4.0/24   <none>\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8 Ready=True@2:24",
			"node w2@3:1 spec=@3:1 podCIDR=10.244.2.0/24@3:8 podCIDRs=10.244.2.0/24@3:8 Ready=False@3:24",
			"node w3@4:1 spec=@4:1 podCIDR=10.244.3.0/24@4:8 podCIDRs=10.244.3.0/24@4:8 Ready=Unknown@4:24",
			"node w4@5:1 spec=@5:1 podCIDR=10.244.4.0/24@5:8 podCIDRs=10.244.4.0/24@5:8",
			`"Node":4`,
		}},
		{"columns of one's own, with what says why", "NAME   PODCIDR         REASON       STATUS\nw1     10.244.1.0/24   KubeletDown  False\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8 Ready=False@2:37",
			`"Node":1`,
		}},
		{"and a message", "NAME   PODCIDR         MESSAGE\nw1     10.244.1.0/24   CIDRNotAvailable\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8",
			`"Node":1`,
		}},
		{"lists", "NODE   PODCIDRS\nw1     [10.244.1.0/24 fd00:1::/64]\nw2     10.244.2.0/24, fd00:2::/64\nw3     []\nw4     <none>\n", []string{
			"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:9 podCIDRs=10.244.1.0/24@2:9 podCIDRs=fd00:1::/64@2:23",
			"node w2@3:1 spec=@3:1 podCIDR=10.244.2.0/24@3:8 podCIDRs=10.244.2.0/24@3:8 podCIDRs=fd00:2::/64@3:23",
			"node w3@4:1 spec=@4:1",
			"node w4@5:1 spec=@5:1",
			`"Node":4`,
		}},
		{"a name that no node has", "NODE   PODCIDRS\nNode 4 10.244.1.0/24\n" + exhausted + "\n", []string{"log@3:1 no-remaining-cidrs"}},
	})
}

func TestTextServices(t *testing.T) {
	checkText(t, []textRow{
		{"services without namespace", "NAME         TYPE        CLUSTER-IP                EXTERNAL-IP   PORT(S)   AGE\nkubernetes   ClusterIP   10.96.0.1,fd00:10:96::1   <none>        443/TCP   1d\nkube-dns     ClusterIP   10.96.0.10                <none>        53/UDP    1d\ncoredns      ClusterIP   10.96.0.11                <none>        53/UDP    1d\ndb           ClusterIP   None                      <none>        1/TCP     1d\nweb          ClusterIP   10.96.7.7                 <none>        80/TCP    1d\n", []string{
			"service default/kubernetes@2:1 10.96.0.1@2:26 fd00:10:96::1@2:36",
			"service kube-system/kube-dns@3:1 10.96.0.10@3:26",
			"service kube-system/coredns@4:1 10.96.0.11@4:26",
			"service /db@5:1",
			"service /web@6:1 10.96.7.7@6:26",
			`"Service":5`,
		}},
		{"of another namespace", "NAMESPACE   NAME         TYPE        CLUSTER-IP   AGE\nshop        kubernetes   ClusterIP   10.96.0.1    1d\nshop        kube-dns     ClusterIP   10.96.0.10   1d\nshop        coredns      ClusterIP   10.96.0.11   1d\n", []string{
			"service shop/kubernetes@2:13 10.96.0.1@2:38",
			"service shop/kube-dns@3:13 10.96.0.10@3:38",
			"service shop/coredns@4:13 10.96.0.11@4:38",
			`"Service":3`,
		}},
		{"service ranges and their addresses", "NAME         CIDRS                           AGE\nkubernetes   10.96.0.0/12,fd00:10:96::/112   1d\nempty        <none>                          1d\n\nNAME        PARENTREF\n10.96.0.1   services/default/kubernetes\n10.96.0.9   ingresses/shop/web\n", []string{
			"servicecidr kubernetes@2:1 10.96.0.0/12@2:14 fd00:10:96::/112@2:27",
			"servicecidr empty@3:1",
			"ipaddress 10.96.0.1@6:1 default/kubernetes",
			"ipaddress 10.96.0.9@7:1 ingresses/shop/web",
			`"IPAddress":2 "ServiceCIDR":2`,
		}},
	})
}

func TestTextPods(t *testing.T) {
	checkText(t, []textRow{
		{"states", "NAMESPACE   NAME   READY   STATUS             RESTARTS   AGE   IP                     NODE\nns          a      1/1     Running            0          1d    10.244.1.2,fd00:1::2   w1\nns          b      0/1     Completed          0          1d    10.244.1.3             w1\nns          c      1/1     Terminating        0          1d    10.244.1.4             w1\nns          d      0/1     Succeeded          0          1d    10.244.1.5             w1\nns          e      0/1     <none>             0          1d    10.244.1.6             w1\nns          f      0/1     CrashLoopBackOff   7          1d    10.244.1.7,fd00:1::7   w1\n", []string{
			"pod ns/f@7:13 node=w1 phase=CrashLoopBackOff 10.244.1.7@7:64 fd00:1::7@7:75;  CrashLoopBackOff@7:28 7",
			`"Pod":6`,
		}},
		{"other objects with such columns", "NAME   READY   STATUS   AGE\na      False   Failed   1d\n\nNAME   STATUS   RESTARTS\na      Failed   7\n\nNAME   RESTARTS   AGE\na      7          1d\n", nil},
		{"a plugin's pod that runs", "NAME                READY   STATUS    RESTARTS   AGE\ncalico-node-x       1/1     Running   0          1d\n", []string{"cni calico@2:1", `"Pod":1`}},
	})
}

func TestTextEvents(t *testing.T) {
	checkText(t, []textRow{
		{"get events", "LAST SEEN   TYPE      REASON             OBJECT          COUNT   MESSAGE\n3m          Normal    CIDRNotAvailable   node/w2.lan     5       Node w2.lan status is now: CIDRNotAvailable\n3m          Normal    Starting           node/w2.lan     1       Starting kubelet.\n3m          Warning   FailedX            pod/a           1       open /run/flannel/subnet.env: no such file or directory\n3m          Warning   x                  servicecidr/k   1       failed to allocate IP: range is full\n", []string{
			"event@2:1 type=Normal reason=CIDRNotAvailable of=Node /w2.lan from=, count=5 message=Node w2.lan status is now: CIDRNotAvailable@2:66",
			"event@4:1 type=Warning reason=FailedX of=Pod /a from=, count=1 message=open /run/flannel/subnet.env: no such file or directory@4:66",
			"event@5:1 type=Warning reason=x of=servicecidr /k from=, count=1 message=failed to allocate IP: range is full@5:66",
			`"Event":4`,
		}},
		{"of kubectl 1.13 and before", `LAST SEEN   FIRST SEEN   COUNT   NAME                      KIND   SUBOBJECT   TYPE      REASON             SOURCE          MESSAGE
3m          9m           5       w2.lan.153bd4f1d4f4fbb6   Node               Normal    CIDRNotAvailable   cidrAllocator   Node w2.lan status is now: CIDRNotAvailable
3m          9m           1       a.153bd4f1d4f4fbb7        Pod                Normal    CIDRNotAvailable   cidrAllocator
3m          9m           1       a.153bd4f1d4f4fbb8        Pod                Warning   FailedX            kubelet         open /run/flannel/subnet.env: no such file or directory
3m          9m           1       w2.153bd4f1d4f4fbb9       Node               Normal
` + exhausted, []string{
			"event@2:1 type=Normal reason=CIDRNotAvailable of=Node /w2.lan from=cidrAllocator, count=5 message=Node w2.lan status is now: CIDRNotAvailable@2:124",
			"event@4:1 type=Warning reason=FailedX of=Pod /a from=kubelet, count=1 message=open /run/flannel/subnet.env: no such file or directory@4:124",
			`"Event":3`,
			"log@6:1 no-remaining-cidrs",
		}},
	})
}

// Where a table ends: at a blank line, a command, a line that is no row.
func TestTextTableEnds(t *testing.T) {
	const table = "NAME   PODCIDR\nw1     10.244.1.0/24\n"
	want := func(log string) []string {
		return []string{"node w1@2:1 spec=@2:1 podCIDR=10.244.1.0/24@2:8 podCIDRs=10.244.1.0/24@2:8", `"Node":1`, "log@" + log + " no-remaining-cidrs"}
	}
	rows := []textRow{
		{"a message", table + "E0102 03:04:05.000000       1 x.go:1] " + exhausted + "\n", want("3:39")},
		{"a blank line", table + "\n" + exhausted + "\n", want("4:1")},
	}
	for _, p := range []string{"$ ", "$ exit", "# exit", "kubectl get pods", "sudo kubectl get pods", "k3s kubectl get pods", "oc get pods", "$ kubectl get pods", "root@cp1:~# kubectl get pods", "admin@cp1:~$ sudo kubectl get pods", "[root@cp1]# journalctl -u kubelet", "cat /run/flannel/subnet.env", "kubeadm version", "systemctl status kubelet"} {
		rows = append(rows, textRow{p, table + p + "\n" + exhausted + "\n", want("4:1")})
	}
	checkText(t, rows)
}

// Output of jsonpath: a name and CIDRs in each line.
func TestTextPairs(t *testing.T) {
	long := func(n int) string {
		return "w1" + strings.Repeat(" ", n-len("w1")-len("10.244.1.0/24")) + "10.244.1.0/24\n"
	}
	checkText(t, []textRow{
		{"names and CIDRs", "$ kubectl get nodes -o jsonpath='{range .items[*]}...'\n\ncp1\t10.244.0.0/24\n  w1: 10.244.1.0/24,fd00:0:0:1::/64\nw2 <none>\nw3\n w4 \n\nw5=[\"10.244.5.0/24\",\"fd00:5::/64\"]\n", []string{
			"node cp1@3:1 spec=@3:1 podCIDR=10.244.0.0/24@3:5 podCIDRs=10.244.0.0/24@3:5",
			"node w1@4:3 spec=@4:1 podCIDR=10.244.1.0/24@4:7 podCIDRs=10.244.1.0/24@4:7 podCIDRs=fd00:0:0:1::/64@4:21",
			"node w2@5:1 spec=@5:1",
			"node w3@6:1 spec=@6:1",
			"node w4@7:2 spec=@7:1",
			"node w5@9:1 spec=@9:1 podCIDR=10.244.5.0/24@9:6 podCIDRs=10.244.5.0/24@9:6 podCIDRs=fd00:5::/64@9:22",
			`"Node":6`,
		}},
		{"prompt of root", "root@cp1:~# kubectl get nodes -o custom-columns=:.metadata.name,:.spec.podCIDR\n\nw1     10.244.1.0/24\n", []string{
			"node w1@3:1 spec=@3:1 podCIDR=10.244.1.0/24@3:8 podCIDRs=10.244.1.0/24@3:8",
			`"Node":1`,
		}},
		{"addresses in custom columns", "$ kubectl get nodes -o custom-columns=NAME:.metadata.name,IP:.status.conditions[0].type,PODCIDR:.spec.podCIDR\nNAME   IP         PODCIDR\nw1     Pressure   10.244.1.0/24\n", []string{
			"node w1@3:1 spec=@3:1 podCIDR=10.244.1.0/24@3:19 podCIDRs=10.244.1.0/24@3:19",
			`"Node":1`,
		}},
		{"18 bits", "w1 10.244.0.0/18\n", []string{
			"node w1@1:1 spec=@1:1 podCIDR=10.244.0.0/18@1:4 podCIDRs=10.244.0.0/18@1:4",
			`"Node":1`,
		}},
		{"17 bits", "w1 10.244.0.0/17\n", nil},
		{"17 bits in the second", "w1 fd00:1::/64,10.244.0.0/17\n", nil},
		{"no CIDR at all", "w1\nw2 <none>\n", nil},
		{"500 bytes", long(500), []string{
			"node w1@1:1 spec=@1:1 podCIDR=10.244.1.0/24@1:488 podCIDRs=10.244.1.0/24@1:488",
			`"Node":1`,
		}},
		{"501 bytes", long(501), nil},
		{"a network and no node", "docker0 172.17.0.0/24\nw1 10.244.1.0/24\n", nil},
	})
}

// kubectl describe node, of this release and of old ones, whole and in parts.
func TestTextDescribeNode(t *testing.T) {
	const (
		head  = "Name:               w1\nRoles:              <none>\n"
		ready = "Conditions:\n  Type                 Status  LastHeartbeatTime                 LastTransitionTime                Reason        Message\n  ----                 ------  -----------------                 ------------------                ------        -------\n  NetworkUnavailable   False   Fri, 02 Jan 2026 03:04:05 +0000   Fri, 02 Jan 2026 03:04:05 +0000   FlannelIsUp   Flannel is running on this node\n  Ready                True    Fri, 02 Jan 2026 03:04:05 +0000   Fri, 02 Jan 2026 03:04:05 +0000   KubeletReady  kubelet is posting ready status\n  Other                True    Fri\n"
		info  = "System Info:\n  Kubelet Version:            v1.37.2\n"
		event = "Events:\n  Type     Reason             Age                From             Message\n  ----     ------             ----               ----             -------\n  Normal   CIDRNotAvailable   3s (x5 over 20s)   cidrAllocator    Node w1 status is now: CIDRNotAvailable\n  Normal   Starting           3s                 kubelet, w1      Starting kubelet.\n"
	)
	checkText(t, []textRow{
		{"roles", "Name:   cp1\nRoles:  control-plane,master\n\nName:   cp2\nRoles:  master\n\nName:   cp3\nRoles:  control-plane\n\nName:   w1\nRoles:  worker\n", []string{
			"node cp1@1:9 control-plane",
			"node cp2@4:9 control-plane",
			"node cp3@7:9 control-plane",
			"node w1@10:9",
			`"Node":4`,
		}},
		{"subnets", head + "PodCIDR:                      10.244.1.0/24\nPodCIDRs:                     10.244.1.0/24, fd00:1::/64\nNon-terminated Pods:          (3 in total)\n", []string{
			"node w1@1:21 spec=@5:1 podCIDR=10.244.1.0/24@3:31 podCIDRs=10.244.1.0/24@4:31 podCIDRs=fd00:1::/64@4:46",
			`"Node":1`,
		}},
		{"no subnets", head + "PodCIDR:                      <none>\nPodCIDRs:\nNon-terminated Pods:          (3 in total)\n", []string{"node w1@1:21 spec=@5:1", `"Node":1`}},
		{"the place of the subnets is not shown", head + "Unschedulable:      false\n", []string{"node w1@1:21", `"Node":1`}},
		{"tabs", "Name:\t\tw1\nRoles:\t\t<none>\nPodCIDR:\t10.244.1.0/24\n", []string{"node w1@1:8 podCIDR=10.244.1.0/24@3:10", `"Node":1`}},
		{"annotations", head + "Annotations:        flannel.alpha.coreos.com/backend-data: {\"VNI\":1,\"VtepMAC\":\"6e:52:0a:00:00:01\"}\n                    flannel.alpha.coreos.com/public-ip: 192.168.0.1\n                    flannel.alpha.coreos.com/backend-v6-data:\n                    node.alpha.kubernetes.io/ttl: 0\n                    csi.volume.kubernetes.io/nodeid:\n", []string{
			`node w1@1:21 flannel.alpha.coreos.com/backend-data={"VNI":1,"VtepMAC":"6e:52:0a:00:00:01"}@3:60 flannel.alpha.coreos.com/public-ip=192.168.0.1@4:57`,
			`"Node":1`,
		}},
		{"addresses", head + "Addresses:\n  InternalIP:  192.168.0.1\n  ExternalIP:  203.0.113.7\n  Hostname:    w1\n", []string{
			"node w1@1:21 InternalIP=192.168.0.1@4:16 ExternalIP=203.0.113.7@5:16 Hostname=w1@6:16",
			`"Node":1`,
		}},
		{"addresses of kubectl 1.4", head + "Addresses:          192.168.0.1,203.0.113.7\n", []string{"node w1@1:21", `"Node":1`}},
		{"the number of pods that it takes", head + "Capacity:\n  cpu:     8\n  pods:    250\nAllocatable:\n  pods:    110\n", []string{"node w1@1:21 pods=110@7:12", `"Node":1`}},
		{"its capacity alone", head + "Capacity:\n  cpu:     8\n  pods:    250\n", []string{"node w1@1:21 pods=250@5:12", `"Node":1`}},
		{"what is no number", head + "Capacity:\n  pods:    many\nAllocatable:\n  pods:\n", []string{"node w1@1:21", `"Node":1`}},
		{"pods somewhere else", head + "Allocated resources:\n  pods:    7\n", []string{"node w1@1:21", `"Node":1`}},
		{"conditions", head + ready, []string{
			"node w1@1:21 Ready=True@7:3 NetworkUnavailable=False@6:3",
			`"Node":1`,
		}},
		{"versions", head + "System Info:\n  Machine ID:                 1\n  Kubelet Version:            v1.37.2\n  Kube-Proxy Version:         v1.36.0\n", []string{"node w1@1:21 version=v1.37.2@5:31", `"Node":1`}},
		{"a version somewhere else", head + "Taints:             x\n  Kubelet Version:  v1.30.0\n", []string{"node w1@1:21", `"Node":1`}},
		{"events", head + event, []string{
			"node w1@1:21",
			"event@6:3 type=Normal reason=CIDRNotAvailable of=Node /w1 from=cidrAllocator, count=0 message=Node w1 status is now: CIDRNotAvailable@6:67",
			`"Event":2 "Node":1`,
		}},
		{"events of kubectl 1.7, read as a log", head + "Events:\n  FirstSeen\tLastSeen\tCount\tFrom\tSubObjectPath\tType\tReason\tMessage\n  3m        3m        5        cidrAllocator            Normal        CIDRNotAvailable    Node w1 status is now: CIDRNotAvailable\n", []string{"node w1@1:21", `"Node":1`, "log@5:3 cidr-not-available"}},
		{"an event that was cut off", head + "Events:\n  Type     Reason             Age   From\n  Normal   CIDRNotAvailable   3s    cidrAllocator\n", []string{"node w1@1:21", `"Node":1`}},
		{"the first lines are missing but the name", "Name:               w1\nAnnotations:        flannel.alpha.coreos.com/public-ip: 192.168.0.1\n" + ready + "Addresses:\n  InternalIP:  192.168.0.1\nCapacity:\n  pods:  110\n" + info + event, []string{
			"node w1@1:21 InternalIP=192.168.0.1@10:16 version=v1.37.2@14:31 pods=110@12:10 Ready=True@7:3 NetworkUnavailable=False@6:3 flannel.alpha.coreos.com/public-ip=192.168.0.1@2:57",
			"event@18:3 type=Normal reason=CIDRNotAvailable of=Node /w1 from=cidrAllocator, count=0 message=Node w1 status is now: CIDRNotAvailable@18:67",
			`"Event":2 "Node":1`,
		}},
		{"the lines that a filter left", "Name:               w1\n                    flannel.alpha.coreos.com/public-ip: 192.168.0.1\n  InternalIP:  192.168.0.11\nPodCIDR:                      10.244.1.0/24\nName:               w2\nAnnotations:        flannel.alpha.coreos.com/public-ip: 192.168.0.1\nName:               w3\n  InternalIP:  192.168.0.13\n", []string{
			"node w1@1:21 podCIDR=10.244.1.0/24@4:31 InternalIP=192.168.0.11@3:16 flannel.alpha.coreos.com/public-ip=192.168.0.1@2:57",
			"node w2@5:21 flannel.alpha.coreos.com/public-ip=192.168.0.1@6:57",
			"node w3@7:21 InternalIP=192.168.0.13@8:16",
			`"Node":3`,
		}},
		{"the lines that a filter left of another kind", "Name:         m1\nAnnotations:  example.com/public-ip: 192.168.0.1\nIP:           192.168.0.11\n", nil},
		{"another kind with the same sections", "Name:         m1\nNamespace:    infra\nCapacity:\n  pods:  7\nStatus:\n  Kubelet Version:  v1.30.0\n  Pods:             7\nLimits:\n  pods:  7\n" + event, []string{
			"event@13:3 type=Normal reason=CIDRNotAvailable of= infra/m1 from=cidrAllocator, count=0 message=Node w1 status is now: CIDRNotAvailable@13:67",
			`"Event":2`,
		}},
		{"a line of something else ends it", head + "w1 is broken\nPodCIDR:   10.244.1.0/24\nE0102 03:04:05.000000       1 x.go:1] " + exhausted + "\n", []string{"node w1@1:21", `"Node":1`, "log@5:39 no-remaining-cidrs"}},
		{"a table ends it", head + "NAME   PODCIDR\nw2     10.244.2.0/24\n\nPodCIDR:   10.244.1.0/24\n", []string{
			"node w1@1:21",
			"node w2@4:1 spec=@4:1 podCIDR=10.244.2.0/24@4:8 podCIDRs=10.244.2.0/24@4:8",
			`"Node":2`,
		}},
		{"below a table, the first lines", "NAME   ROLES           PODCIDR         STATUS   VERSION   INTERNAL-IP\nw1     control-plane   10.244.1.0/24   Ready    v1.37.1   192.168.0.1\n\n" + head + "Unschedulable:      false\n", []string{
			"node w1@2:1 control-plane spec=@2:1 podCIDR=10.244.1.0/24@2:24 podCIDRs=10.244.1.0/24@2:24 InternalIP=192.168.0.1@2:59 version=v1.37.1@2:49 Ready=True@2:40",
			`"Node":1`,
		}},
		{"below a table, other values", "NAME   PODCIDR         STATUS   VERSION   INTERNAL-IP\nw1     10.244.1.0/24   Ready    v1.37.1   192.168.0.1\n\n" + head + "Annotations:  k3s.io/x: y\n" + ready + "Addresses:\n  InternalIP:  192.168.0.9\nCapacity:\n  pods:  110\n" + info + "PodCIDRs:  10.244.9.0/24\n", []string{
			"node w1@2:1 spec=@2:1 podCIDRs=10.244.9.0/24@19:12 InternalIP=192.168.0.9@14:16 version=v1.37.2@18:31 pods=110@16:10 Ready=True@11:3 NetworkUnavailable=False@10:3 k3s.io/x=y@6:25",
			`"Node":1`,
		}},
		{"below a table, no subnet", "NAME   PODCIDR\nw1     10.244.1.0/24\n\n" + head + "Non-terminated Pods:          (3 in total)\n", []string{"node w1@2:1 spec=@6:1", `"Node":1`}},
		{"twice, the second time less", head + "Annotations:  k3s.io/x: y\n" + ready + "Capacity:\n  pods:  110\nPodCIDR:  10.244.9.0/24\nNon-terminated Pods:  (3 in total)\n\n" + head + "Unschedulable:      false\n", []string{
			"node w1@1:21 spec=@13:1 podCIDR=10.244.9.0/24@12:11 pods=110@11:10 Ready=True@8:3 NetworkUnavailable=False@7:3 k3s.io/x=y@3:25",
			`"Node":1`,
		}},
		{"above a table", head + "PodCIDR:  10.244.9.0/24\n\nNAME   STATUS   ROLES           VERSION\nw1     Ready    control-plane   v1.37.1\n", []string{
			"node w1@1:21 control-plane podCIDR=10.244.9.0/24@3:11 version=v1.37.1@6:33 Ready=True@6:8",
			`"Node":1`,
		}},
		{"a name that no object has", "Name:  W 1\nRoles:  <none>\n", nil},
	})
}

func TestTextDescribePod(t *testing.T) {
	const head = "Name:             kube-flannel-ds-x\nNamespace:        kube-flannel\nNode:             w1/192.168.0.11\n"
	containers := func(n int) string {
		s := "Containers:\n"
		for i := range n {
			s += fmt.Sprintf("  c%d:\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n", i)
		}
		return s
	}
	rows := []textRow{
		{"it waits, and what it said when it ended", head + "Init Containers:\n  install-cni:\n    State:          Terminated\n      Reason:       Completed\n      Exit Code:    0\n      Message:      range is full, failed to allocate IP: range is full\nContainers:\n  kube-flannel:\n    Command:\n      /opt/bin/flanneld\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:     Terminated\n      Reason:       Error\n      Message:      open /run/flannel/subnet.env: no such file or directory\n    Ready:          False\n    Restart Count:  7\n  other:\n    State:          Terminated\n      Reason:       Completed\n      Message:      failed to allocate IP: range is full\n  third:\n    State:          Waiting\n      Reason:       ContainerCreating\n      Message:      I do not know\n    Restart Count:  many\n", []string{
			"pod kube-flannel/kube-flannel-ds-x@1:19 node=w1 phase=; kube-flannel CrashLoopBackOff@15:21 7 open /run/flannel/subnet.env: no such file or directory; third ContainerCreating@27:21 0 I do not know",
			"cni flannel@1:19",
			`"Pod":1`,
		}},
		{"an init container fails", head + "Init Containers:\n  install-cni:\n    State:          Terminated\n      Reason:       Error\nContainers:\n  kube-flannel:\n    State:          Waiting\n      Reason:       PodInitializing\nConditions:\n  Type    Status\n  Reason: Error\n", []string{
			"pod kube-flannel/kube-flannel-ds-x@1:19 node=w1 phase=; install-cni Error@7:21 0; kube-flannel PodInitializing@11:21 0",
			"cni flannel@1:19",
			`"Pod":1`,
		}},
		{"lines were left out", head + "Containers:\n  kube-flannel:\n  ...\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n      Message:\n", []string{
			"pod kube-flannel/kube-flannel-ds-x@1:19 node=w1 phase=; kube-flannel CrashLoopBackOff@8:21 0",
			"cni flannel@1:19",
			`"Pod":1`,
		}},
		{"no reason", head + "Containers:\n  kube-flannel:\n    State:          Waiting\n      Reason:\n    Last State:     Terminated\n      Reason:       Error\n", []string{
			"pod kube-flannel/kube-flannel-ds-x@1:19 node=w1 phase=; kube-flannel Error@9:21 0",
			"cni flannel@1:19",
			`"Pod":1`,
		}},
		{"it runs after a restart", head + "Containers:\n  kube-flannel:\n    State:          Running\n      Started:      Fri, 02 Jan 2026 03:04:05 +0000\n    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    255\n    Restart Count:  1\n", []string{"cni flannel@1:19", `"Pod":1`}},
		{"it runs after it said what kept it from running", head + "Containers:\n  kube-flannel:\n    State:          Running\n    Last State:     Terminated\n      Reason:       Error\n      Message:      open /run/flannel/subnet.env: no such file or directory\n    Restart Count:  1\n", []string{
			"pod kube-flannel/kube-flannel-ds-x@1:19 node=w1 phase=; kube-flannel @6:21 1 open /run/flannel/subnet.env: no such file or directory",
			"cni flannel@1:19",
			`"Pod":1`,
		}},
		{"it ended well after it failed", head + "Containers:\n  kube-flannel:\n    State:          Terminated\n      Reason:       Completed\n    Last State:     Terminated\n      Reason:       Error\n", []string{"cni flannel@1:19", `"Pod":1`}},
		{"it is nowhere yet", "Name:  coredns-x\nNode:  <none>\nContainers:\n  coredns:\n    State:   Waiting\n      Reason:  ContainerCreating\nEvents:\n  Type     Reason            Age   From               Message\n  Warning  FailedX           10s   default-scheduler  open /run/flannel/subnet.env: no such file or directory\n", []string{
			"event@9:3 type=Warning reason=FailedX of=Pod /coredns-x from=default-scheduler, count=0 message=open /run/flannel/subnet.env: no such file or directory@9:55",
			"pod /coredns-x@1:8 node= phase=; coredns ContainerCreating@6:16 0",
			`"Event":1 "Pod":1`,
		}},
		{"the name of a volume does not end it", head + "Volumes:\n  cfg:\n    Type:      ConfigMap (a volume populated by a ConfigMap)\n    Name:      kube-flannel-cfg\nEvents:\n  Warning  FailedX  10s   kubelet      open /run/flannel/subnet.env: no such file or directory\n  Warning  FailedX  10s   kubelet, w2  open /run/flannel/subnet.env: no such file or directory\n", []string{
			"event@9:3 type=Warning reason=FailedX of=Pod kube-flannel/kube-flannel-ds-x from=kubelet,w1 count=0 message=open /run/flannel/subnet.env: no such file or directory@9:40",
			"event@10:3 type=Warning reason=FailedX of=Pod kube-flannel/kube-flannel-ds-x from=kubelet,w2 count=0 message=open /run/flannel/subnet.env: no such file or directory@10:40",
			"cni flannel@1:19",
			`"Event":2 "Pod":1`,
		}},
		{"no line says where it is, so that it is no pod", "Name:  x\nContainers:\n  c:\n    State:   Waiting\n      Reason:  CrashLoopBackOff\n      Message:  range is full\n", nil},
	}
	checkText(t, rows)
	x, err := ReadText("f", strings.NewReader(head+containers(33)))
	if err != nil || len(x.Objects.Pods) != 1 || len(x.Objects.Pods[0].States) != 32 || x.Objects.Pods[0].States[31].Container != "c31" {
		t.Errorf("33 containers: %+v, %v", x.Objects.Pods, err)
	}
}

// Of what tells of trouble 10,000 are kept, in whatever form they come; all are counted.
func TestTextMostTrouble(t *testing.T) {
	for _, tt := range []struct{ name, head, row string }{
		{"pods", "NAME   READY   STATUS   RESTARTS\n", "a      0/1     Error    1\n"},
		{"events", "LAST SEEN   REASON   OBJECT    MESSAGE\n", "1s          x        node/w1   Node w1 status is now: CIDRNotAvailable\n"},
		{"pods", "", "Name:  a\nNode:  w1\nContainers:\n  c:\n    Reason:  Error\n"},
		{"events", "Name:  a\nRoles:  <none>\nEvents:\n", "  Normal  x  1s  c  Node w1 status is now: CIDRNotAvailable\n"},
	} {
		x, err := ReadText("f", strings.NewReader(tt.head+strings.Repeat(tt.row, mostTrouble+1)))
		if err != nil {
			t.Fatal(err)
		}
		got := len(x.Objects.Pods) + len(x.Objects.Events)
		if want := mostTrouble; got != want || x.Objects.Kinds["Pod"]+x.Objects.Kinds["Event"] != mostTrouble+1 {
			t.Errorf("%s%s: %d %s, want %d; kinds %v", tt.head, tt.row, got, tt.name, want, x.Objects.Kinds)
		}
	}
}

// A text that is too large is refused as a whole.
func TestTextLimit(t *testing.T) {
	const row = "Node w1 status is now: CIDRNotAvailable\n"
	x, err := readText("f", nil, strings.NewReader(row), len(row))
	if err != nil || len(x.Log.Entries) != 1 {
		t.Errorf("as large as the limit: %+v, %v", x, err)
	}
	x, err = readText("f", nil, strings.NewReader(row), len(row)-1)
	var large *TooLargeError
	if !errors.As(err, &large) || *large != (TooLargeError{"f", len(row) - 1}) || !x.IsZero() {
		t.Errorf("one byte larger: %+v, %v", x, err)
	}
	if got, want := (&TooLargeError{"f", maxYAML}).Error(), "f: more than 64 MiB; only lists may be larger, as kubectl get -o json or -o yaml writes them"; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
}
