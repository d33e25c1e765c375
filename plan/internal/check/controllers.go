package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// passControllers looks at --controllers of kube-controller-manager; its findings are of [fact.RuleFlagRefused].
var passControllers = rule{
	about: fact.Rule{ID: "controllers"},
	find:  (*checker).controllerNames,
}

// knownControllers are the names that --controllers takes, those of all releases together: k8s.io/kubernetes
// cmd/kube-controller-manager/app/controllermanager.go KnownControllers and ControllersDisabledByDefault, names/controller_names.go and
// its aliases, v1.13 to v1.37.2. Names that end in -controller are all taken for known: releases add to them.
func knownControllers() []string {
	return strings.Fields(`attachdetach bootstrapsigner cloud-node-lifecycle clusterrole-aggregation cronjob csrapproving csrcleaner csrsigning
		daemonset deployment disruption endpoint endpointslice endpointslicemirroring ephemeral-volume garbagecollector
		horizontalpodautoscaling job legacy-service-account-token-cleaner namespace nodeipam nodelifecycle persistentvolume-binder
		persistentvolume-expander podgc pv-protection pvc-protection replicaset replicationcontroller resource-claim-controller resourcequota
		root-ca-cert-publisher route service serviceaccount serviceaccount-token statefulset storage-version-gc tokencleaner ttl
		ttl-after-finished selinux-warning-controller validatingadmissionpolicy-status-controller`)
}

// longControllerNames is the release since which controllers have names that end in -controller:
// k8s.io/kubernetes v1.28.0 cmd/kube-controller-manager/names/controller_names.go.
var longControllerNames = fact.V(1, 28, 0)

// controllerNames: --controllers with a name that kube-controller-manager does not know, with which it does not start:
// k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/options/generic.go Validate, "is not in the list of known controllers".
func (c *checker) controllerNames() {
	known := knownControllers()
	for _, k := range c.controllers {
		s := k.ipamAt
		if s == nil || s.Text == "" {
			continue
		}
		var odd []string
		for name := range strings.SplitSeq(s.Text, ",") {
			if name == "*" {
				continue // alone: with a dash before it the star is a name that no controller has
			}
			name = strings.TrimPrefix(name, "-")
			tooNew := name == "node-ipam-controller" && k.release.Before(longControllerNames)
			if name == "" || tooNew || !slices.Contains(known, name) && !strings.HasSuffix(name, "-controller") {
				odd = append(odd, fmt.Sprintf("%q", name))
			}
		}
		if len(odd) == 0 {
			continue
		}
		c.add(fact.Finding{
			Rule: fact.RuleFlagRefused, RefusedBy: []fact.Component{fact.ControllerManager}, Subjects: subjectsOf(k.host), Args: args("controllers", odd, argHost, k.host),
			Message: fmt.Sprintf("%s %s: %s %s not in the list of known controllers%s", who(s), s.Text, words.NameList(odd), choose(len(odd), "is", "are"), c.view.releaseNote(k.src)),
			Where:   []fact.Place{placeOf(s, "--controllers "+s.Text)},
			Fix:     []string{"write the names as kube-controller-manager --help lists them under --controllers; node IPAM is nodeipam, since 1.28 also node-ipam-controller"},
		})
	}
}
