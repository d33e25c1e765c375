package distro

import (
	"bytes"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// kubeasz: github.com/easzlab/kubeasz example/hosts.allinone, example/config.yml, roles/kube-master/templates.
func kubeasz() Installer {
	return Installer{
		Name:       "kubeasz",
		Recognised: "an INI file with SERVICE_CIDR and CLUSTER_CIDR below [all:vars]; config.yml with NODE_CIDR_LEN",
		Marks:      []string{"CLUSTER_CIDR", "NODE_CIDR_LEN"},
		Through:    ThroughFlags,
		CNI:        "calico",
		DNS:        2,
		Defaults: []Default{
			{Role: Pods, IPv4: "172.20.0.0/16", Old: true, Releases: "written in the example, never assumed"},
			{Role: Services, IPv4: "10.68.0.0/16", Old: true, Releases: "written in the example, never assumed"},
			{Role: NodeMask, IPv4: "24", Old: true, Releases: "NODE_CIDR_LEN in config.yml"},
		},
		Changes: []Change{
			{
				Roles: []Role{Pods, Services, DNS}, File: "/etc/kubeasz/clusters/NAME/hosts",
				Key: "CLUSTER_CIDR, SERVICE_CIDR", Immutable: true,
				Way: "ezctl destroy NAME, then ezctl setup NAME all with the other ranges",
			},
			{
				Roles: []Role{NodeMask}, File: "/etc/kubeasz/clusters/NAME/config.yml", Key: "NODE_CIDR_LEN",
				Restart: []string{"systemctl daemon-reload", "systemctl restart kube-controller-manager"},
				Way:     "it holds for nodes that register afterwards",
			},
		},
		Units: []string{"kube-apiserver", "kube-controller-manager"},
		match: func(f *source.File, n *source.Node) bool { return has(n, "NODE_CIDR_LEN") },
		read: func(c *Cluster, n *source.Node) {
			c.Partial = true
			c.take(NodeMask, "NODE_CIDR_LEN")
			c.take(MaxPods, "MAX_PODS")
		},
		text: kubeaszHosts,
	}
}

func kubeaszHosts(in *Installer, f *source.File) []Cluster {
	if !bytes.Contains(f.Data, []byte("SERVICE_CIDR")) {
		return nil
	}
	c := Cluster{in: in, Installer: in.Name, file: f, Pos: f.Position(0),
		at: func(*source.Node) Position { return f.Position(0) }}
	iniLines(f, func(section string, words []shellWord) {
		switch section {
		case "etcd", "kube_master", "kube_node", "kube-master", "kube-node", "ex_lb", "ex-lb":
			v := Value{Role: Address, Key: section, Host: words[0].text, Pos: f.Position(words[0].offset)}
			c.plain(&v, words[0].text, func(int) Position { return f.Position(words[0].offset) })
			return
		case "all:vars":
		default:
			return
		}
		w := words[0]
		name, value, ok := strings.Cut(w.text, "=")
		if !ok || w.eq == 0 {
			return
		}
		start := w.eq
		if q := f.Data[min(start, len(f.Data)-1)]; q == '"' || q == '\'' {
			start++
		}
		at := func(o int) Position { return f.Position(start + o) }
		switch name {
		case "CLUSTER_CIDR", "SERVICE_CIDR":
			v := Value{Role: Pods, Key: name, Pos: at(0)}
			if name == "SERVICE_CIDR" {
				v.Role = Services
			}
			c.plain(&v, value, at)
		case "CLUSTER_DNS_SVC_IP":
			v := Value{Role: DNS, Key: name, Pos: at(0)}
			c.plain(&v, value, at)
		case "CLUSTER_NETWORK":
			c.CNI, c.CNIStated, c.CNIPos = strings.ToLower(value), true, at(0)
		}
	})
	if !c.says(Pods) || !c.says(Services) {
		return nil
	}
	return []Cluster{c}
}
