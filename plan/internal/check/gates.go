package check

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// lockedGates are the gates around address ranges that releases have locked, and at which value:
// k8s.io/kubernetes v1.37.2 pkg/features/kube_features.go defaultVersionedKubernetesFeatureGates.
var lockedGates = []struct {
	name  string
	since fact.Version
	until fact.Version // first release that does not know it, zero for none
	value bool
}{
	{"IPv6DualStack", fact.V(1, 23, 0), fact.V(1, 25, 0), true},
	{"ServiceIPStaticSubrange", fact.V(1, 26, 0), fact.V(1, 28, 0), true},
	{"MultiCIDRServiceAllocator", fact.V(1, 34, 0), fact.Version{}, true},
	{"DisableAllocatorDualWrite", fact.V(1, 35, 0), fact.Version{}, true},
}

// featureGates: a gate that the release has locked at the other value.
func (c *checker) featureGates() {
	for _, s := range c.all {
		if s.Role != fact.RoleSetting || s.Setting != fact.SettingFeatureGate || s.Overridden {
			continue
		}
		v := c.view.release(nil)
		for _, g := range lockedGates {
			if g.name == s.Text && c.kubeFrom != nil && !g.until.IsZero() && !v.Before(g.until) {
				c.unknownGate(s, g.until, v)
			}
			if g.name != s.Text || s.Bool == g.value || v.Before(g.since) || !g.until.IsZero() && !v.Before(g.until) {
				continue
			}
			c.add(fact.Finding{
				Rule: fact.RuleFeatureGateRefused, RefusedBy: []fact.Component{s.Component}, Subjects: subjectsOf(s.Host),
				Where:   []fact.Place{placeOf(s, s.Text+"="+fmt.Sprint(s.Bool))},
				Message: fmt.Sprintf("%s%s sets the feature gate %s=%v, which is locked at %v since %v, and does not start%s", s.Component, ofHost(s.Host), s.Text, s.Bool, g.value, g.since, c.view.releaseNote(nil)),
				Fix:     []string{"remove " + s.Text + " from --feature-gates of " + string(s.Component) + ", and with it from extraArgs of kubeadm"},
			})
		}
	}
	c.dualStackGate()
}

// unknownGate: a gate that the release does not know any more: k8s.io/component-base v0.37 featuregate/feature_gate.go Set,
// "unrecognized feature gate".
func (c *checker) unknownGate(s *fact.Statement, until, v fact.Version) {
	c.add(fact.Finding{
		Rule: fact.RuleFeatureGateRefused, RefusedBy: []fact.Component{s.Component}, Subjects: subjectsOf(s.Host), Args: args("gate", s.Text, "program", s.Component, "release", v),
		Where:   []fact.Place{placeOf(s, s.Text+"="+fmt.Sprint(s.Bool))},
		Message: fmt.Sprintf("%s%s sets the feature gate %s, which Kubernetes %v does not know (gone since %v), and does not start: unrecognized feature gate", s.Component, ofHost(s.Host), s.Text, v, until),
		Fix:     []string{"remove " + s.Text + " from --feature-gates of " + string(s.Component) + ", and with it from extraArgs of kubeadm"},
	})
}

func ofHost(host string) string {
	if host == "" {
		return ""
	}
	return " of " + host
}

// statedGates returns the gates that files set for a program, none where they show that it has none, and nil where nothing is known.
func (v *view) statedGates(comp fact.Component) nodeipam.Gates {
	if v.gates == nil {
		v.gates = map[fact.Component]nodeipam.Gates{}
		for _, s := range v.all {
			if s.Role != fact.RoleSetting || s.Setting != fact.SettingFeatureGate || s.Overridden {
				continue
			}
			if v.gates[s.Component] == nil {
				v.gates[s.Component] = nodeipam.Gates{}
			}
			if s.Text != "" {
				v.gates[s.Component][s.Text] = s.Bool
			}
		}
	}
	return v.gates[comp]
}

// dualStackGate: two families while the gate for it is off by default and no file sets it, although the file shows the flags that
// there are, or while a file switches it off. kubeadm up to 1.20 refuses the list; a manifest with it was written by hand.
// kube-apiserver: k8s.io/kubernetes v1.18.20 cmd/kube-apiserver/app/options/validation.go validateClusterIPFlags.
func (c *checker) dualStackGate() {
	v := c.kube
	if v.IsZero() || v.Before(fact.V(1, 16, 0)) || !v.Before(fact.V(1, 23, 0)) {
		return
	}
	for _, k := range c.controllers {
		if k.podsAt == nil || !k.dual() || k.src.comp == fact.Operator {
			continue
		}
		comp := fact.ControllerManager
		if k.predicted {
			comp = fact.Kubeadm
		}
		if why := c.view.gateIsOff(comp, v); why != "" {
			c.gateMissing(comp, strings.TrimSpace(k.label()), why, k.podsAt, k.pods, v)
			return
		}
	}
	for _, api := range c.servers {
		list := heldBy(api.services)
		if api.services == nil || len(list) < 2 {
			continue
		}
		if why := c.view.gateIsOff(fact.APIServer, v); why != "" {
			c.gateMissing(fact.APIServer, "kube-apiserver"+ofHost(api.host), why, api.services, list, v)
			return
		}
	}
}

// gateIsOff says why IPv6DualStack is off for a program, "" where it is on or nothing shows the program's flags.
func (v *view) gateIsOff(comp fact.Component, release fact.Version) string {
	g := v.statedGates(comp)
	on, stated := g["IPv6DualStack"]
	switch {
	case g == nil, on, !stated && !release.Before(fact.V(1, 21, 0)):
		return ""
	case stated:
		return "is switched off"
	}
	return "is off by default until 1.21, and no file sets it"
}

func (c *checker) gateMissing(comp fact.Component, label, why string, at *fact.Statement, list []held, v fact.Version) {
	c.add(fact.Finding{
		Rule: fact.RuleFeatureGateMissing, RefusedBy: []fact.Component{comp}, Subjects: subjectsOf(at.Host),
		Where: []fact.Place{placeOf(at, string(at.Role)+" "+joinHeld(list))},
		Message: fmt.Sprintf("%s has two ranges, %s, but Kubernetes %v takes one: the feature gate IPv6DualStack %s",
			label, joinHeld(list), v, why),
		Fix: []string{"set --feature-gates=IPv6DualStack=true for kubeadm (featureGates of its configuration), kube-apiserver, kube-controller-manager, kube-proxy and the kubelets, or use Kubernetes 1.21 or newer"},
	})
}
