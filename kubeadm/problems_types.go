package kubeadm

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// typeCheck refuses values of a type that kubeadm does not decode, in one document.
type typeCheck struct {
	c             *Config
	o             *source.Node
	kind, version string
}

// refuse is the refusal of a value. Its words are those of encoding/json, with the names of kubeadm's Go types.
func (t typeCheck) refuse(n *source.Node, goPath, goType, fix string) {
	t.c.say(refusedConfig(n.Pos,
		fmt.Sprintf("json: cannot unmarshal %s into Go struct field %s of type %s", jsonType(n), goPath, goType), n.Pos.String()+": "+fix))
}

// mapping reports whether the value under the keys is a mapping that can be looked into.
func (t typeCheck) mapping(goType string, keys ...string) bool {
	n := t.o.Get(keys...)
	if n != nil && n.Kind != source.Mapping && n.Kind != source.Null {
		t.refuse(n, t.kind+"."+strings.Join(keys, "."), t.version+"."+goType, keys[len(keys)-1]+" is a mapping: write its keys below it, indented")
		return false
	}
	return n != nil && n.Kind == source.Mapping
}

// text refuses a value that is no text.
func (t typeCheck) text(goStruct string, keys ...string) {
	n := t.o.Get(keys...)
	if typ := jsonType(n); typ == "string" || typ == "null" {
		return
	}
	fix := "write the value in quotes"
	if n.Kind == source.Sequence {
		fix = fmt.Sprintf("write one text with a comma and no blank between the ranges: %s: %q", keys[len(keys)-1], listValue(n).V)
	}
	t.refuse(n, goStruct+"."+strings.Join(keys, "."), "string", fix)
}

// gates refuses feature gates that are no mapping to true and false.
func (t typeCheck) gates() {
	n := t.o.Get("featureGates")
	if n == nil {
		return
	}
	if n.Kind != source.Mapping && n.Kind != source.Null {
		t.refuse(n, t.kind+".featureGates", "map[string]bool", "featureGates is a mapping: write NAME: true or NAME: false below it, indented")
	}
	for _, e := range n.Entries {
		if typ := jsonType(e.Value); typ != "bool" && typ != "null" {
			t.refuse(e.Value, t.kind+".featureGates", "bool", "write true or false, without quotes")
		}
	}
}

// extraArgs refuses the arguments of the control plane's programs.
func (t typeCheck) extraArgs() {
	args := func(n *source.Node, goPath, itemPath string) { t.c.argTypes(n, t.version, goPath, itemPath) }
	switch t.version {
	case "v1alpha1", "v1alpha2", "v1alpha3":
		for _, name := range []string{"apiServerExtraArgs", "controllerManagerExtraArgs", "schedulerExtraArgs"} {
			args(t.o.Get(name), t.kind+"."+name, t.kind+"."+name)
		}
		return
	}
	if t.mapping("APIServer", "apiServer") {
		args(t.o.Get("apiServer", "extraArgs"), "APIServer.apiServer.ControlPlaneComponent.extraArgs", "Arg.apiServer.ControlPlaneComponent.extraArgs")
	}
	for _, name := range []string{"controllerManager", "scheduler"} {
		if t.mapping("ControlPlaneComponent", name) {
			args(t.o.Get(name, "extraArgs"), "ControlPlaneComponent."+name+".extraArgs", "Arg."+name+".extraArgs")
		}
	}
}

// types refuses values of a type that kubeadm does not decode.
func (c *Config) types(o *source.Node) {
	_, version, _ := strings.Cut(o.Get("apiVersion").Str(), "/")
	t := typeCheck{c: c, o: o, kind: o.Get("kind").Str(), version: version}
	switch t.kind {
	case "ClusterConfiguration", "MasterConfiguration":
		if t.mapping("Networking", "networking") {
			t.text("Networking", "networking", "podSubnet")
			t.text("Networking", "networking", "serviceSubnet")
			t.text("Networking", "networking", "dnsDomain")
		}
		t.gates()
		for _, key := range []string{"kubernetesVersion", "controlPlaneEndpoint", "clusterName", "imageRepository", "certificatesDir"} {
			t.text(t.kind, key)
		}
		t.extraArgs()
	case "InitConfiguration", "JoinConfiguration":
		if t.mapping("APIEndpoint", "localAPIEndpoint") {
			t.text("APIEndpoint", "localAPIEndpoint", "advertiseAddress")
		}
		if t.mapping("NodeRegistrationOptions", "nodeRegistration") {
			const path = "nodeRegistration.kubeletExtraArgs"
			t.text("NodeRegistrationOptions", "nodeRegistration", "name")
			c.argTypes(o.Get("nodeRegistration", "kubeletExtraArgs"), version, "NodeRegistrationOptions."+path, "Arg."+path)
		}
	}
}

// componentTypes refuses values about addresses in documents of kubelet and kube-proxy that kubeadm does not decode.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/componentconfigs/configset.go configBase.Unmarshal.
func (c *Config) componentTypes(o *source.Node) {
	refuse := func(n *source.Node, field, goType, fix string) {
		c.say(refusedConfig(n.Pos,
			fmt.Sprintf("json: cannot unmarshal %s into Go struct field %s of type %s", jsonType(n), field, goType), n.Pos.String()+": "+fix))
	}
	switch group, _, _ := strings.Cut(o.Get("apiVersion").Str(), "/"); group {
	case "kubelet.config.k8s.io":
		dns := o.Get("clusterDNS")
		switch t := jsonType(dns); t {
		case "null":
		case "array":
			for _, it := range dns.Items {
				if t := jsonType(it); t != "string" && t != "null" {
					refuse(it, "KubeletConfiguration.clusterDNS", "string", "write the address in quotes")
				}
			}
		default:
			refuse(dns, "KubeletConfiguration.clusterDNS", "[]string", fmt.Sprintf("clusterDNS is a list: write clusterDNS: [%q]", dns.Str()))
		}
		if n := o.Get("maxPods"); jsonType(n) != "number" && jsonType(n) != "null" {
			refuse(n, "KubeletConfiguration.maxPods", "int32", "write a number, without quotes")
		}
	case "kubeproxy.config.k8s.io":
		if n := o.Get("clusterCIDR"); jsonType(n) != "string" && jsonType(n) != "null" {
			fix := "write the value in quotes"
			if n.Kind == source.Sequence {
				fix = fmt.Sprintf("write one text with a comma and no blank between the ranges: clusterCIDR: %q", listValue(n).V)
			}
			refuse(n, "KubeProxyConfiguration.clusterCIDR", "string", fix)
		}
	}
}

// argTypes refuses extraArgs of the wrong shape, and values in them that are no text. goPath names them in the message,
// itemPath their items.
func (c *Config) argTypes(n *source.Node, version, goPath, itemPath string) {
	if n == nil || n.Kind == source.Null {
		return
	}
	list := version == "v1beta4" || version == "v1"
	if v := c.Version(); version == "v1beta4" && v.Major == 1 && v.Minor == 28 {
		list = false // still a map in its first, experimental release
	}
	refuse := func(n *source.Node, goPath, want, fix string) {
		c.say(refusedConfig(n.Pos,
			fmt.Sprintf("json: cannot unmarshal %s into Go struct field %s of type %s", jsonType(n), goPath, want), n.Pos.String()+": "+fix))
	}
	switch {
	case list && n.Kind != source.Sequence:
		refuse(n, goPath, "[]"+version+".Arg", "from v1beta4 on, extraArgs is a list: write \"- name: NAME\" and \"value: VALUE\" for each")
	case !list && n.Kind != source.Mapping:
		refuse(n, goPath, "map[string]string", "up to v1beta3, extraArgs is a map: write NAME: VALUE for each, or use v1beta4")
	case list:
		for _, it := range n.Items {
			if it != nil && it.Kind != source.Mapping && it.Kind != source.Null {
				refuse(it, goPath, version+".Arg", "write \"- name: NAME\" and \"value: VALUE\"")
				continue
			}
			for _, key := range []string{"name", "value"} {
				if v := it.Get(key); jsonType(v) != "string" && jsonType(v) != "null" {
					refuse(v, itemPath+"."+key, "string", fmt.Sprintf("write the value in quotes: %q", v.Str()))
				}
			}
		}
	default:
		for _, e := range n.Entries {
			if t := jsonType(e.Value); t != "string" && t != "null" {
				refuse(e.Value, goPath, "string", fmt.Sprintf("write the value in quotes: %q", e.Value.Str()))
			}
		}
	}
}

// jsonType returns the name that encoding/json has for a value once kubeadm's YAML library has turned it into JSON.
// That library knows the booleans of YAML 1.1, so yes and off are no text.
// sigs.k8s.io/yaml v1.6 goyaml.v2 resolve.go resolveMap.
func jsonType(n *source.Node) string {
	if n == nil {
		return "null"
	}
	switch n.Kind {
	case source.Mapping:
		return "object"
	case source.Sequence:
		return "array"
	case source.Null:
		return "null"
	case source.Bool:
		return "bool"
	case source.Number:
		return "number"
	}
	if !n.Quoted {
		switch n.Text {
		case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF":
			return "bool"
		}
	}
	return "string"
}
