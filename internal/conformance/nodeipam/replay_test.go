package nodeipam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/klog/v2"
	netutils "k8s.io/utils/net"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/scenario"
)

// A recorder drives the real allocator as its workers would, in an order that rapid draws, and writes down what an observer sees.
type recorder struct {
	*realCluster
	t      *rapid.T
	ops    []map[string]any
	failed map[string]bool
}

// try lets the allocator see a node, and takes note of an event.
func (r *recorder) try(name string) {
	if r.alloc == nil {
		return
	}
	waits := slices.Contains(r.waiting, name)
	if err := r.sync(name); err != nil && waits {
		r.failed[name] = true
	}
}

// retry lets some time pass: nodes that wait are tried again, in any order, any number of times.
func (r *recorder) retry() {
	for range rapid.IntRange(0, 4).Draw(r.t, "retries") {
		if r.alloc == nil || len(r.waiting) == 0 {
			return
		}
		r.try(rapid.SampledFrom(r.waiting).Draw(r.t, "node that is tried again"))
	}
}

func (r *recorder) podCIDRs(name string) []string {
	if n := r.nodes[name]; n != nil && len(n.Spec.PodCIDRs) > 0 {
		return n.Spec.PodCIDRs
	}
	return []string{}
}

// add registers nodes at the same moment; the allocator sees them, and those that wait, in any order.
func (r *recorder) add(names []string, preset []string) {
	for _, name := range names {
		n := &corev1.Node{}
		n.Name = name
		if n.Spec.PodCIDRs = preset; len(preset) > 0 {
			n.Spec.PodCIDR = preset[0]
		} else {
			r.waiting = append(r.waiting, name)
		}
		if err := r.client.Tracker().Add(n); err != nil {
			r.t.Fatal(err)
		}
		r.nodes[name] = n
		if r.store != nil {
			if err := r.store.Add(n); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	for _, name := range rapid.Permutation(names).Draw(r.t, "order") {
		r.retry()
		r.try(name)
	}
	r.retry()
}

// patch sets podCIDRs by hand.
func (r *recorder) patch(name string, podCIDRs []string) {
	n := r.nodes[name].DeepCopy()
	n.Spec.PodCIDR, n.Spec.PodCIDRs = podCIDRs[0], podCIDRs
	if err := r.client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("nodes"), n, ""); err != nil {
		r.t.Fatal(err)
	}
	r.nodes[name] = n
	r.waiting = slices.DeleteFunc(r.waiting, func(w string) bool { return w == name })
	if r.alloc != nil {
		if err := r.store.Update(n); err != nil {
			r.t.Fatal(err)
		}
		r.retry()
		r.try(name)
		r.retry()
	}
}

// set gives the recorder ranges, as flags do.
func (r *recorder) set(ranges string) map[string]string {
	r.params.ClusterCIDRs, r.params.NodeCIDRMaskSizes = nil, nil
	for _, s := range strings.Split(ranges, ",") {
		_, n, err := netutils.ParseCIDRSloppy(s)
		if err != nil {
			r.t.Fatal(err)
		}
		mask := 24
		if n.IP.To4() == nil {
			mask = 64
		}
		r.params.ClusterCIDRs = append(r.params.ClusterCIDRs, n)
		r.params.NodeCIDRMaskSizes = append(r.params.NodeCIDRMaskSizes, mask)
	}
	flags := map[string]string{"allocate-node-cidrs": "true", "cluster-cidr": ranges}
	r.params.ServiceCIDR, r.params.SecondaryServiceCIDR = nil, nil
	if services := rapid.SampledFrom([]string{"", "", "10.96.0.0/12", "10.244.1.0/24", "10.244.0.0/25", "fd00:10:244::/112,10.244.2.0/24", "10.240.0.0/12"}).Draw(r.t, "service range"); services != "" {
		flags["service-cluster-ip-range"] = services
		for i, s := range strings.Split(services, ",") {
			_, n, err := netutils.ParseCIDRSloppy(s)
			if err != nil {
				r.t.Fatal(err)
			}
			if i == 0 {
				r.params.ServiceCIDR = n
			} else {
				r.params.SecondaryServiceCIDR = n
			}
		}
	}
	return flags
}

// TestReplay records what the real allocator does when its workers come in any order, and wants the replay of the recording to find
// no difference: what came is among the outcomes that the twin holds possible.
func TestReplay(t *testing.T) {
	klog.SetLogger(klog.Logger{})
	rapid.Check(t, func(t *rapid.T) {
		r := &recorder{realCluster: &realCluster{ctx: t.Context(), client: fake.NewClientset(), nodes: map[string]*corev1.Node{}}, t: t, failed: map[string]bool{}}
		defer func() { shut(r.alloc) }()
		choices := []string{"10.244.0.0/22", "10.244.0.0/23", "10.244.0.0/21,fd00:10:244::/63", "fd00:10:244::/63,10.244.0.0/22", "fd00:10:244::/62"}
		drawn := rapid.SampledFrom(choices).Draw(t, "cluster-cidr")
		flags := r.set(drawn)
		first := flags
		start := func() map[string]any {
			// The constructor, then the nodes that wait in any order.
			waiting := slices.Clone(r.waiting)
			r.waiting = nil
			err := r.realCluster.start()
			r.waiting = waiting
			if err != nil {
				return map[string]any{"started": false, "exit": 1}
			}
			if len(waiting) > 0 {
				for _, n := range rapid.Permutation(waiting).Draw(t, "order") {
					r.try(n)
				}
			}
			r.retry()
			return map[string]any{"started": true}
		}
		op := func(name string, fields map[string]any) {
			fields["op"] = name
			r.ops = append(r.ops, fields)
		}
		list := func() {
			r.retry()
			all := map[string][]string{}
			for n := range r.nodes {
				all[n] = r.podCIDRs(n)
			}
			op("list", map[string]any{"result": all})
		}
		op("start", map[string]any{"result": start()})
		next := 0
		names := func(n int) (out []string) {
			for range n {
				out = append(out, fmt.Sprintf("n%02d", next))
				next++
			}
			return out
		}
		for range rapid.IntRange(1, 12).Draw(t, "operations") {
			switch rapid.SampledFrom([]string{"create", "create", "preset", "burst", "delete", "delete", "list", "restart", "wait", "stop", "patch"}).Draw(t, "operation") {
			case "create":
				n := names(1)
				stopped := r.alloc == nil
				r.add(n, nil)
				f := map[string]any{"node": n[0], "result": r.podCIDRs(n[0])}
				if stopped {
					f["controller"] = "stopped"
				}
				op("create", f)
			case "preset":
				n := names(1)
				list := podCIDRTexts[!strings.HasPrefix(drawn, "fd")]
				p := []string{rapid.SampledFrom(list[:3]).Draw(t, "podCIDR")}
				stopped := r.alloc == nil
				r.add(n, p)
				f := map[string]any{"node": n[0], "preset": p, "result": r.podCIDRs(n[0])}
				if stopped {
					f["controller"] = "stopped"
				}
				op("create", f)
			case "burst":
				n := names(rapid.IntRange(2, 4).Draw(t, "nodes"))
				r.add(n, nil)
				all := map[string][]string{}
				for _, name := range n {
					all[name] = r.podCIDRs(name)
				}
				op("burst", map[string]any{"nodes": n, "result": all})
			case "delete":
				var have []string
				for n := range r.nodes {
					have = append(have, n)
				}
				if len(have) == 0 {
					continue
				}
				slices.Sort(have)
				name := rapid.SampledFrom(have).Draw(t, "node")
				n := r.nodes[name]
				if err := r.client.Tracker().Delete(corev1.SchemeGroupVersion.WithResource("nodes"), "", name); err != nil {
					t.Fatal(err)
				}
				delete(r.nodes, name)
				r.waiting = slices.DeleteFunc(r.waiting, func(w string) bool { return w == name })
				if r.alloc != nil {
					if err := r.store.Delete(n); err != nil {
						t.Fatal(err)
					}
					_ = r.alloc.ReleaseCIDR(klog.FromContext(r.ctx), n) // an error is in the log alone
				}
				r.retry()
				op("delete", map[string]any{"node": name})
			case "list":
				list()
			case "stop":
				shut(r.alloc)
				r.alloc = nil
				op("stop", map[string]any{})
			case "patch":
				// One that has none: the API server refuses to change others.
				if len(r.waiting) == 0 {
					continue
				}
				name := rapid.SampledFrom(r.waiting).Draw(t, "node")
				list := podCIDRTexts[!strings.HasPrefix(drawn, "fd")]
				podCIDRs := []string{rapid.SampledFrom(list[:3]).Draw(t, "podCIDR")}
				r.patch(name, podCIDRs)
				op("patch", map[string]any{"node": name, "podCIDRs": podCIDRs, "code": 200, "result": r.podCIDRs(name)})
			case "wait":
				r.retry()
				op("wait", map[string]any{})
			case "restart":
				next := flags
				if rapid.Bool().Draw(t, "other flags") {
					drawn = rapid.SampledFrom(choices).Draw(t, "new cluster-cidr")
					next = r.set(drawn)
					flags = next
				}
				op("restart", map[string]any{"flags": next, "result": start()})
			}
		}
		list()
		doc := map[string]any{"flags": first, "ops": r.ops}
		var events []map[string]string
		for n := range r.failed {
			events = append(events, map[string]string{"node": n, "reason": "CIDRNotAvailable"})
		}
		doc["events"] = events
		data, err := json.MarshalIndent(doc, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		rec, err := scenario.Read("recording", data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := rec.Replay(fact.Version{}, nil).Compare(rec); len(diff) > 0 {
			t.Fatalf("%s\n%s", strings.Join(diff, "\n"), data)
		}
	})
}
