package netdist

import "strings"

func weaveRow() Row {
	return Row{
		Name: "weave", Title: "Weave Net", Purpose: PodNetwork, Allocator: AllocatorFlat,
		Names: Names{
			Aliases:   []string{"weave-net", "weavenet", "weaveworks"},
			Images:    []string{"weaveworks/weave-kube", "*weave-kube", "*weave-kube-amd64"},
			Workloads: []string{"weave-net"},
			Types:     []string{"weave-net"},
			Files:     []string{"10-weave.conflist", "10-weave.conf"},
			Links:     []string{"weave", "vethwe*", "vxlan-6784"},
			Reasons:   []string{"WeaveIsUp"},
			// Its annotation stands in a ConfigMap, weave-net, in kube-system.
			Annotations: []string{"weave.works/*"},
		},
		Modes: []Mode{
			{
				Name: "ring", Allocator: AllocatorFlat,
				Note: "nodes share one flat range; Node.spec.podCIDR is not looked at",
			},
		},
		Defaults: []Default{
			{
				Use: Pods, Prefix: "10.32.0.0/12", Moves: "IPALLOC_RANGE",
				Source: "weaveworks/weave prog/weave-kube/launch.sh, IPALLOC_RANGE",
			},
		},
		Later: []Change{
			{What: "range", Use: Pods, Possible: true, Source: "weaveworks/weave prog/weave-kube/launch.sh", Steps: []string{
				"kubectl -n kube-system set env daemonset/weave-net IPALLOC_RANGE=RANGE",
				"on every node at once: remove /var/lib/weave, restart the pod of weave-net, then all pods",
			}},
		},
		object: readWeave,
		lines:  []textLine{{mark: "IPALLOC_RANGE:", read: weaveEnvLine}},
		words:  []string{"weave", "IPALLOC_RANGE"},
	}
}

func readWeave(r *reader, o *object) {
	for _, c := range o.run("weave") {
		if !c.agent {
			continue
		}
		n := r.network("weave")
		if c.envFrom("IPALLOC_RANGE") != "" {
			continue
		}
		v := c.env("IPALLOC_RANGE")
		if v.Str() == "" {
			n.wantDefaults(Pods)
			continue
		}
		n.add(Range{Use: Pods, Key: "IPALLOC_RANGE"}, v, form{}, "")
	}
}

// weaveEnvLine reads a line of the environment that kubectl describe prints.
func weaveEnvLine(r *reader, line string, pos Position) {
	if text, off := afterColon(line, "IPALLOC_RANGE"); looksLikeRange(strings.TrimSpace(text)) {
		pos.Column += off
		r.seeAt("weave", "IPALLOC_RANGE", pos).addText(Range{Use: Pods, Key: "IPALLOC_RANGE"}, text, pos, form{})
	}
}
