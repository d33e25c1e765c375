package netdist

import "strings"

// kubeOVNVariables are the variables at the top of Kube-OVN's install.sh: kubeovn/kube-ovn dist/images/install.sh. Only
// JOIN_CIDR is its own; the others count beside it.
var kubeOVNVariables = map[string]Range{
	"POD_CIDR":  {Use: Pods, Name: "ovn-default", Key: "POD_CIDR"},
	"JOIN_CIDR": {Use: Hidden, Name: "join", Key: "JOIN_CIDR"},
	"SVC_CIDR":  {Use: Services, Key: "SVC_CIDR"},
}

// A variable is an assignment of a script.
type variable struct {
	rg   Range
	text string
	pos  Position
}

// kubeOVNVariable reads an assignment. Those for other families stand in the branches of an if, indented.
func kubeOVNVariable(r *reader, line string, pos Position) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	rg, ok := kubeOVNVariables[name]
	if !ok || pos.Column > 1 {
		return
	}
	rest, _, _ = strings.Cut(rest, " #")
	value := strings.Trim(strings.TrimSpace(rest), `"'`)
	if def, ok := strings.CutPrefix(value, "${"+name+":-"); ok {
		value = strings.TrimSuffix(def, "}")
	}
	if !looksLikeRange(value) || isTemplate(value) {
		return
	}
	pos.Column += max(strings.Index(line, value), 0)
	r.variables = append(r.variables, variable{rg, value, pos})
}

// kubeOVNScript adds the ranges of install.sh, where one of the variables is Kube-OVN's own.
func (r *reader) kubeOVNScript() {
	for _, v := range r.variables {
		if v.rg.Use != Hidden {
			continue
		}
		n := r.seeAt("kube-ovn", v.rg.Key, v.pos)
		for _, o := range r.variables {
			for _, e := range elements(o.text, ",") {
				p := o.pos
				p.Column += e.off
				n.addText(o.rg, e.text, p, form{})
			}
		}
		return
	}
}

// kubeOVNConfig reads the line in which kube-ovn-controller writes down what it was told:
// "config is &{... DefaultCIDR:10.16.0.0/16 ... NodeSwitchCIDR:100.64.0.0/16 ... ServiceClusterIPRange:10.96.0.0/12 ...".
func kubeOVNConfig(r *reader, line string, pos Position) {
	for _, k := range []struct {
		key string
		rg  Range
	}{
		{"DefaultCIDR:", Range{Use: Pods, Name: "ovn-default", Key: "--default-cidr"}},
		{"NodeSwitchCIDR:", Range{Use: Hidden, Name: "join", Key: "--node-switch-cidr"}},
		{"ServiceClusterIPRange:", Range{Use: Services, Key: "--service-cluster-ip-range"}},
	} {
		i := strings.Index(line, " "+k.key)
		if i < 0 {
			i = strings.Index(line, "{"+k.key)
		}
		if i < 0 {
			continue
		}
		i += 1 + len(k.key)
		value, _, _ := strings.Cut(line[i:], " ")
		value = strings.TrimRight(value, "}\r")
		for _, e := range elements(value, ",") {
			if looksLikeRange(e.text) {
				p := pos
				p.Column += i + e.off
				r.seeAt("kube-ovn", "config", p).addText(k.rg, e.text, p, form{})
			}
		}
	}
}
