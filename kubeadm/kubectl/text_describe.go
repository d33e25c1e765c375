package kubectl

import (
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var cidrWord = regexp.MustCompile(`[0-9a-fA-F.:]+/\d+`)

// describe reads a line of kubectl describe; false where the line is none.
func (t *textReader) describe(n int, line, trimmed string) bool {
	key, rest, isKey := strings.Cut(trimmed, ":")
	if isKey && rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		isKey = false
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	val := func() fact.Value[string] {
		v := strings.TrimSpace(rest)
		if v == "" || v == "<none>" {
			return fact.Value[string]{}
		}
		return fact.Value[string]{V: v, Text: v, Pos: fact.Position{File: t.file, Line: n, Column: strings.LastIndex(line, v) + 1}}
	}
	if indent == 0 && isKey && key == "Name" {
		t.endDescribe()
		if v := val(); nameCell.MatchString(v.V) {
			t.name = v
			return true
		}
		return false
	}
	if !t.name.IsSet() {
		return false
	}
	if indent == 0 && isKey {
		t.endContainer()
		t.section, t.inEvents = key, key == "Events"
	}
	if t.inEvents {
		return t.describedEvent(n, line)
	}
	if indent == 0 && !isKey {
		t.endDescribe()
		return false
	}
	if t.node == nil && t.pod == nil && ofNodeAlone(indent, trimmed) {
		t.node = &Node{Name: t.name} // a filter left out the lines above
	}
	switch {
	case indent == 0 && (key == "Roles" || key == "PodCIDR" || key == "PodCIDRs" || key == "Unschedulable" || key == "Non-terminated Pods"):
		if t.node == nil {
			t.node = &Node{Name: t.name}
		}
		nd := t.node
		switch v := val(); key {
		case "Roles":
			nd.ControlPlane = strings.Contains(v.V, "control-plane") || strings.Contains(v.V, "master")
		case "PodCIDR":
			if v.IsSet() {
				nd.PodCIDR = scalar.Prefix(v)
			}
		case "PodCIDRs":
			if v.IsSet() {
				nd.PodCIDRs = splitPrefixes(v)
			}
		case "Non-terminated Pods":
			t.whole, t.wholePos = true, fact.Position{File: t.file, Line: n, Column: 1}
		}
	case indent == 0 && key == "Namespace":
		t.namespace = val().V
	case indent == 0 && key == "Node" && t.node == nil:
		t.pod = &Pod{Namespace: t.namespace, Name: t.name}
		t.pod.Node, _, _ = strings.Cut(val().V, "/")
	case t.node != nil && (t.section == "Annotations" || indent > 0 && strings.Contains(key, "/")):
		// The first stands behind the key, the others below it.
		a := trimmed
		if indent == 0 {
			a = strings.TrimSpace(rest)
		}
		if k, v, ok := strings.Cut(a, ": "); ok && keepsAnnotation([]byte(k)) {
			v = strings.TrimSpace(v)
			t.node.Annotations = append(t.node.Annotations, Annotation{k, fact.Value[string]{V: v, Text: v, Pos: fact.Position{File: t.file, Line: n, Column: strings.LastIndex(line, v) + 1}}})
		}
	case t.node != nil && indent > 0 && isKey && (t.section == "Addresses" || key == "InternalIP" || key == "ExternalIP"):
		if v := val(); v.IsSet() {
			t.node.Addresses = append(t.node.Addresses, NodeAddress{key, scalar.Addr(v)})
		}
	case t.node != nil && (t.section == "Capacity" || t.section == "Allocatable") && key == "pods":
		if m, ok := podCount(val()); ok {
			t.node.MaxPods = m
		}
	case t.node != nil && t.section == "System Info" && key == "Kubelet Version":
		t.node.KubeletVersion = val()
	case t.node != nil && t.section == "Conditions":
		t.describedCondition(n, line)
	case t.pod != nil && (t.section == "Containers" || t.section == "Init Containers"):
		if isKey && rest == "" && indent <= 2 {
			t.endContainer()
			t.container = key
		}
		switch v := val(); key {
		case "State", "Last State":
			t.state = &t.now
			if key != "State" {
				t.state = &t.last
			}
			*t.state = containerEnd{kind: strings.ToLower(v.V), pos: v.Pos}
		case "Reason":
			t.state.reason, t.state.pos = v.V, v.Pos
		case "Message":
			t.state.message = v.V
		case "Restart Count":
			if m, ok := scalar.Count(v); ok {
				t.restarts = m.V
			}
		}
	}
	return true
}

// ofNodeAlone reports whether a line of kubectl describe is one that Nodes alone have.
func ofNodeAlone(indent int, line string) bool {
	if rest, ok := strings.CutPrefix(line, "Annotations:"); ok && indent == 0 {
		line, indent = strings.TrimLeft(rest, " \t"), 1
	}
	return indent > 0 && (strings.HasPrefix(line, "flannel.alpha.coreos.com/") || strings.HasPrefix(line, "InternalIP: "))
}

// describedCondition reads a row of the conditions of a node: type, status, two times, reason, message.
func (t *textReader) describedCondition(n int, line string) {
	at := headerCell.FindAllStringIndex(line, -1)
	if len(at) < 6 {
		return
	}
	cell := func(i int) string { return line[at[i][0]:at[i][1]] }
	c := Condition{Status: cell(1), Reason: cell(4), Message: line[at[5][0]:], Pos: fact.Position{File: t.file, Line: n, Column: at[0][0] + 1}}
	switch cell(0) {
	case "Ready":
		t.node.Ready = c
	case "NetworkUnavailable":
		t.node.NetworkUnavailable = c
	}
}

// describedEvent reads a row of the events: type, reason, age, from, message; false where the line is none, its heads
// included.
func (t *textReader) describedEvent(n int, line string) bool {
	at := headerCell.FindAllStringIndex(line, -1)
	if len(at) < 5 || line[at[0][0]:at[0][1]] != "Normal" && line[at[0][0]:at[0][1]] != "Warning" {
		return false
	}
	cell := func(i int) string { return line[at[i][0]:at[i][1]] }
	m := line[at[4][0]:]
	e := Event{
		Pos: fact.Position{File: t.file, Line: n, Column: at[0][0] + 1}, Type: cell(0), Reason: cell(1), Name: t.name.V, Namespace: t.namespace,
		Message: fact.Value[string]{V: m, Text: m, Pos: fact.Position{File: t.file, Line: n, Column: at[4][0] + 1}},
	}
	e.Source, e.Host, _ = strings.Cut(cell(3), ", ")
	switch {
	case t.pod != nil:
		e.Kind = "Pod"
		if e.Host == "" {
			e.Host = t.pod.Node
		}
	case t.node != nil:
		e.Kind = "Node"
	}
	t.event(e)
	return true
}

// endDescribe ends the object that kubectl describe shows.
func (t *textReader) endDescribe() {
	if t.node != nil {
		t.nodeNamed(t.name).takeDescribed(t.node, t.whole, t.wholePos)
	}
	t.endContainer()
	if t.pod != nil {
		if t.out.Kinds == nil {
			t.out.Kinds = map[string]int{}
		}
		t.out.Kinds["Pod"]++
		t.pod.Namespace = t.namespace
		t.out.sawPod(*t.pod)
		if len(t.pod.States) > 0 && len(t.out.Pods) < mostTrouble {
			t.out.Pods = append(t.out.Pods, *t.pod)
		}
	}
	t.name, t.namespace, t.node, t.pod, t.section, t.inEvents, t.whole = fact.Value[string]{}, "", nil, nil, "", false, false
}

// takeDescribed takes what kubectl describe shows of a node, and keeps what else was shown of it before. Where the part
// in which podCIDRs stand was passed, the node holds no others; spec is the end of that part.
func (n *Node) takeDescribed(d *Node, whole bool, spec fact.Position) {
	n.ControlPlane = n.ControlPlane || d.ControlPlane
	if whole {
		n.Spec = spec
	}
	if whole || d.PodCIDR.IsSet() || len(d.PodCIDRs) > 0 {
		n.PodCIDR, n.PodCIDRs = d.PodCIDR, d.PodCIDRs
	}
	if len(d.Addresses) > 0 {
		n.Addresses = d.Addresses
	}
	if d.KubeletVersion.IsSet() {
		n.KubeletVersion = d.KubeletVersion
	}
	if d.MaxPods.IsSet() {
		n.MaxPods = d.MaxPods
	}
	if d.Ready.Pos.IsValid() {
		n.Ready = d.Ready
	}
	if d.NetworkUnavailable.Pos.IsValid() {
		n.NetworkUnavailable = d.NetworkUnavailable
	}
	if len(d.Annotations) > 0 {
		n.Annotations = d.Annotations
	}
}

// endContainer ends a container of the pod that kubectl describe shows.
func (t *textReader) endContainer() {
	if t.pod != nil {
		t.pod.addState(t.container, t.restarts, t.now, t.last)
	}
	t.container, t.restarts, t.now, t.last, t.state = "", 0, containerEnd{}, containerEnd{}, &t.now
}
