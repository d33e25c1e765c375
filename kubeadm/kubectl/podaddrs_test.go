package kubectl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestPodAddresses: the addresses of pods are stated with their node, those of hosts are not.
func TestPodAddresses(t *testing.T) {
	const head = "NAMESPACE     NAME               READY   STATUS      RESTARTS   AGE   IP            NODE\n"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"host known by kube-proxy", head +
			"kube-system   kube-proxy-x8tdc   1/1     Running     0          4h    172.22.3.12   w1\n" +
			"monitoring    exporter-2         1/1     Running     0          4h    172.22.3.12   w1\n" +
			"default       web-1              1/1     Running     0          4h    10.244.1.9    w1\n",
			[]string{"default/web-1 10.244.1.9 w1 false"}},
		{"host known by two pods", head +
			"monitoring    exporter-2         1/1     Running     0          4h    172.22.3.12   w1\n" +
			"ingress       nginx-2            1/1     Running     0          4h    172.22.3.12   w1\n" +
			"default       web-1              0/1     Error       0          4h    10.244.1.8    w1\n" +
			"default       web-2              1/1     Running     0          4h    10.244.1.9    w1\n",
			[]string{"default/web-2 10.244.1.9 w1 false"}},
		{"static pod", head + "kube-system   etcd-m1   1/1   Running   0   4h   172.22.3.11   m1\n", nil},
		{"host unknown", head + "default   web-1   1/1   Running   0   4h   10.88.0.4   w1\n", []string{"default/web-1 10.88.0.4 w1 true"}},
		{"not placed", head + "default   web-1   0/1   Pending   0   4h   <none>   <none>\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := kubectl.ReadText("pods.txt", strings.NewReader(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if have := podAddresses(got.Statements()); !slices.Equal(have, tt.want) {
				t.Errorf("stated %q, want %q", have, tt.want)
			}
		})
	}
}

// TestPodAddressesOfList: objects say themselves which pods are in the hosts' network.
func TestPodAddressesOfList(t *testing.T) {
	const list = `{"kind":"PodList","apiVersion":"v1","items":[
{"kind":"Pod","metadata":{"name":"a","namespace":"x"},"spec":{"nodeName":"w1","hostNetwork":true},
 "status":{"phase":"Running","podIP":"192.168.1.4","podIPs":[{"ip":"192.168.1.4"}]}},
{"kind":"Pod","metadata":{"name":"b","namespace":"x"},"spec":{"nodeName":"w1"},
 "status":{"phase":"Running","podIP":"10.244.1.4","podIPs":[{"ip":"10.244.1.4"},{"ip":"fd00:1::4"}]}},
{"kind":"Pod","metadata":{"name":"c","namespace":"x"},"spec":{"nodeName":"w1"},
 "status":{"phase":"Succeeded","podIP":"10.244.1.5"}}]}`
	o, err := kubectl.ReadObjects("pods.json", strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"x/b 10.244.1.4,fd00:1::4 w1 false"}
	if have := podAddresses(o.Statements()); !slices.Equal(have, want) {
		t.Errorf("stated %q, want %q", have, want)
	}
}

func podAddresses(ss []fact.Statement) []string {
	var out []string
	for _, s := range ss {
		if s.Role == fact.RolePodAddress {
			out = append(out, fmt.Sprintf("%s %s %s %v", s.Key, s.Text, s.Host, s.Bool))
		}
	}
	return out
}
