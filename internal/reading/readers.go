package reading

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/hostnet"
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/internal/planfile"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An asked part of an input is what the readers are asked about.
type asked struct {
	seg    *paste.Segment
	text   *source.File // parsed once for all of them; its places are those of the input
	data   []byte       // as the input has it
	path   string       // of the file, as the part or the input tells
	host   string       // whose it is, "" unknown
	whole  bool         // the input is not cut
	nested bool         // it stands in another text as a value, so that lines counted in it are none of the input

	contents  *kubeadm.Contents // nil before the first of its readers was asked
	err       error
	networks  []netdist.Network
	clusters  []distro.Cluster
	processes []process // that take several files to know
	names     []alias
}

// kubeadm returns what package kubeadm finds.
func (a *asked) kubeadm() (kubeadm.Contents, error) {
	if a.contents == nil {
		var c kubeadm.Contents
		if mayBeObject(a.text.Data) {
			c, a.err = kubeadm.ReadSource(a.text)
		}
		a.contents = &c
	}
	return *a.contents, a.err
}

// objectWords are words of which one stands in every text that package kubeadm knows as YAML or JSON.
var objectWords = [][]byte{[]byte("kind"), []byte("ubeadm"), []byte("apiVersion"), []byte("networking"), []byte("Subnet"),
	[]byte("KUBELET_"), []byte("kubelet"), []byte("podCIDR"), []byte("clusterCIDR"), []byte("clusterDNS")}

func mayBeObject(data []byte) bool {
	for _, w := range objectWords {
		if bytes.Contains(data, w) {
			return true
		}
	}
	return false
}

// A reader finds what one kind of part says. It is asked about every part of the kinds that it wants, gives nothing for
// what it does not know, and its error is that of text which is not even YAML or JSON.
type reader struct {
	kind    Kind
	perHost bool         // the part speaks for the host that it comes from, not for the cluster
	raw     bool         // it counts lines in the part
	text    bool         // it reads what is neither YAML nor JSON, and is not asked about what claims to be that
	also    []paste.Kind // kinds of parts that it wants beside files and outputs
	read    func(a *asked) ([]fact.Statement, error)
}

// wants reports whether the reader is asked about parts of that kind.
func (r reader) wants(k paste.Kind) bool {
	if k == paste.KindFile || k == paste.KindOutput {
		return true
	}
	for _, also := range r.also {
		if k == also {
			return true
		}
	}
	return false
}

// readers holds the readers of all kinds, in the order in which their statements are kept.
var readers = []reader{
	{kind: KindKubeadmConfig, perHost: true, read: func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		if c.Config.IsZero() {
			return nil, err
		}
		return c.Config.Statements(), err
	}},
	{kind: KindCommand, perHost: true, also: []paste.Kind{paste.KindCommands, paste.KindLog}, read: readCommands},
	{kind: KindManifest, perHost: true, read: func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		return statementsOf(c.Manifests), err
	}},
	{kind: KindCommand, read: readCloudManifest},
	{kind: KindKubeProxy, read: func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		return statementsOf(c.Proxies), err
	}},
	{kind: KindKubelet, perHost: true, read: func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		return statementsOf(c.Kubelets), err
	}},
	{kind: KindObjects, read: func(a *asked) ([]fact.Statement, error) {
		if !mayBeObject(a.text.Data) {
			return nil, nil
		}
		o, err := kubectl.ReadSource(a.text)
		return o.Statements(), err
	}},
	{kind: KindNodes, read: readRows},
	{kind: KindFlannel, also: []paste.Kind{paste.KindCommands}, read: readEtcd},
	{kind: KindFlannel, read: func(a *asked) ([]fact.Statement, error) {
		name := a.text.Name
		if a.seg.Path != "" {
			name = a.seg.Path
		}
		d, err := flannel.ReadSource(a.text, a.data, flannel.Options{Name: name, Host: a.host})
		if d != nil {
			d.File = a.text.Name
		}
		return d.Statements(), err
	}},
	{kind: KindHost, perHost: true, raw: true, read: readHostNet},
	{kind: KindHost, perHost: true, also: []paste.Kind{paste.KindLog, paste.KindCommands}, read: readProxies},
	{kind: KindText, perHost: true, also: []paste.Kind{paste.KindLog, paste.KindProse}, read: readCertificates},
	{kind: KindInstaller, perHost: true, also: []paste.Kind{paste.KindCommands}, read: readInstallers},
	{kind: KindLog, also: []paste.Kind{paste.KindLog, paste.KindProse}, read: func(a *asked) ([]fact.Statement, error) {
		running := ""
		if len(a.seg.Command) > 0 && a.seg.Kind == paste.KindOutput {
			running = installerPrograms[path.Base(a.seg.Command[0])]
		}
		return distro.Said(a.text, running), nil
	}},
	{kind: KindPlan, read: func(a *asked) ([]fact.Statement, error) { return planfile.Statements(a.text) }},
	{kind: KindPlugin, also: []paste.Kind{paste.KindLog}, read: func(a *asked) ([]fact.Statement, error) {
		if a.seg.Kind == paste.KindLog {
			a.networks = netdist.ReadLog(a.text)
			return nil, nil
		}
		a.networks = netdist.Read(a.text)
		return nil, nil
	}},
	{kind: KindLog, perHost: true, also: []paste.Kind{paste.KindLog, paste.KindProse}, read: func(a *asked) ([]fact.Statement, error) {
		return netdist.Said(a.text), nil
	}},
	{kind: KindText, perHost: true, raw: true, text: true, also: []paste.Kind{paste.KindLog, paste.KindProse}, read: readText},
	{kind: KindLog, perHost: true, raw: true, text: true, also: []paste.Kind{paste.KindLog, paste.KindProse}, read: func(a *asked) ([]fact.Statement, error) {
		if a.text.HoldsSecret() {
			return nil, nil
		}
		g, err := flannel.ReadLog(a.data, flannel.Options{Name: a.text.Name, Host: a.host})
		return g.Statements(), err
	}},
}

// installerPrograms are the programs of installers that say what is wrong with ranges, by their names.
var installerPrograms = map[string]string{
	"eksctl": "eks-anywhere", "eksctl-anywhere": "eks-anywhere", "kubeone": "kubeone", "talosctl": "talos", "k0s": "k0s", "k0sctl": "k0s", "openshift-install": "openshift",
}

// readText reads plain output of kubectl, and log lines between.
func readText(a *asked) ([]fact.Statement, error) {
	if a.text.HoldsSecret() {
		return nil, nil
	}
	t, err := kubectl.ReadOutput(a.text.Name, a.seg.Command, bytes.NewReader(a.data))
	for i := range t.Log.Flags {
		if f := &t.Log.Flags[i]; f.Component == "" {
			f.Component = fact.Component(a.seg.Program) // whose the log is, as its frame says
		}
	}
	if a.seg.Kind == paste.KindProse {
		t.Objects = kubectl.Objects{}
	}
	return t.Statements(), err
}

// readHostNet reads links, routes and whatever else a host says of its network.
func readHostNet(a *asked) ([]fact.Statement, error) {
	if a.text.HoldsSecret() {
		return nil, nil
	}
	h, ok := hostnet.ReadAs(a.text.Data, hostnet.Options{Path: a.path, Command: strings.Join(a.seg.Command, " ")})
	if !ok {
		return nil, nil
	}
	host := a.host
	if a.seg.Pod != "" {
		host = "" // what is printed in a pod is the pod's, unless its links tell that it is in its host's network
	}
	s := h.Statements(a.text.Name, host)
	if strings.HasPrefix(path.Base(a.path), "ip_netns_exec_") { // a bundle's file of another network namespace
		return slices.DeleteFunc(h.Statements(a.text.Name, ""), ofPod), nil
	}
	if a.seg.Pod != "" && len(h.Links) <= 2 && !slices.ContainsFunc(h.Routes, toPods) {
		s = slices.DeleteFunc(s, ofPod)
	}
	return append(append(cniPlugins(h, a.text.Name), s...), proxyRanges(s)...), nil
}

// proxyRanges states the ranges that kube-proxy's rules take for the pods' as its clusterCIDR. One of the length that a
// node's subnet has is that of the node, by which kube-proxy tells the pods in mode NodeCIDR.
func proxyRanges(list []fact.Statement) []fact.Statement {
	var out []fact.Statement
	for _, s := range list {
		if s.Role != fact.RoleProxyPods || len(s.Prefixes) != 1 {
			continue
		}
		if p := s.Prefixes[0]; p.Addr().Is4() && p.Bits() > 21 || p.Addr().Is6() && p.Bits() > 63 ||
			slices.ContainsFunc(out, func(o fact.Statement) bool { return o.Host == s.Host && o.Text == s.Text }) {
			continue
		}
		s.Component, s.Role, s.Key = fact.KubeProxy, fact.RolePods, "clusterCIDR"
		out = append(out, s)
	}
	return out
}

// toPods reports whether a route leads into a link that only hosts have, behind which pods are.
func toPods(r hostnet.Route) bool {
	for _, name := range []string{"cni", "flannel", "docker", "cali", "cilium", "kube-", "lxc", "veth", "antrea", "weave"} {
		if strings.HasPrefix(r.Dev, name) {
			return true
		}
	}
	return false
}

// ofPod reports whether a statement is of the network of whoever printed it, which is a pod.
func ofPod(s fact.Statement) bool {
	switch s.Role {
	case fact.RoleHosts, fact.RoleUnsureHosts, fact.RoleGateway, fact.RoleLinkRoute, fact.RoleRoute:
		return true
	}
	return false
}

// cniPlugins states which network files of /etc/cni/net.d show, where it hands out addresses by its own means: one that
// has host-local do it depends on podCIDRs after all.
func cniPlugins(h hostnet.Host, name string) []fact.Statement {
	var out []fact.Statement
	for _, c := range h.CNI {
		if slices.ContainsFunc(c.Plugins, func(p hostnet.Plugin) bool { return p.IPAM == "host-local" }) {
			continue
		}
		for _, p := range c.Plugins {
			row, ok := netdist.ByType(p.Type)
			if !ok || row.Purpose != netdist.PodNetwork || row.Allocator.UsesPodCIDR() {
				continue
			}
			out = append(out, fact.Statement{
				Component: fact.Component(row.Name), Role: fact.RoleSetting, Setting: fact.SettingCNI, Key: "type", Text: row.Name,
				Pos: fact.Position{File: name, Line: p.Pos.Line, Column: p.Pos.Column},
			})
		}
	}
	return out
}

// statementsOf joins what the values state.
func statementsOf[T interface{ Statements() []fact.Statement }](values []T) []fact.Statement {
	var s []fact.Statement
	for _, v := range values {
		s = append(s, v.Statements()...)
	}
	return s
}
