package kubeadm

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Kubelet is what a kubelet is told about addresses, by its configuration or by flags. Values that are not written
// are zero. The zero value sets nothing.
type Kubelet struct {
	Pos        fact.Position // of the configuration, or of the first flag
	Flags      bool          // it is told by flags, not by a configuration file
	Host       fact.Value[string]
	ClusterDNS []fact.Value[netip.Addr] // clusterDNS or --cluster-dns; V is the zero Addr where the text is no address
	MaxPods    fact.Value[string]       // maxPods or --max-pods, a number of pods
	PodCIDR    fact.Value[string]       // podCIDR or --pod-cidr, of a kubelet without API server
	NodeIPs    []fact.Value[netip.Addr] // --node-ip; two of different families for dual-stack
	NodeMask   fact.Value[string]       // the size of a node's subnet, which no kubelet sets: --node-cidr-mask-size in the wrong place
}

// String returns the settings in one line: "clusterDNS 10.96.0.10, maxPods 110".
func (k Kubelet) String() string {
	var parts []string
	list := func(name string, vs []fact.Value[netip.Addr]) {
		for i, v := range vs {
			if i == 0 {
				parts = append(parts, name+" "+v.Text)
			} else {
				parts[len(parts)-1] += "," + v.Text
			}
		}
	}
	list("clusterDNS", k.ClusterDNS)
	if k.MaxPods.IsSet() {
		parts = append(parts, "maxPods "+k.MaxPods.Text)
	}
	if k.PodCIDR.V != "" {
		parts = append(parts, "podCIDR "+k.PodCIDR.Text)
	}
	list("node IP", k.NodeIPs)
	if len(parts) == 0 {
		return "nothing about addresses"
	}
	return strings.Join(parts, ", ")
}

// ParseKubelet reads kubelet's configuration in any place: a KubeletConfiguration (/var/lib/kubelet/config.yaml), alone
// or beside kubeadm's documents; the ConfigMap kubelet-config or kubelet-config-1.NN; either of them in a list as
// kubectl writes it; and flags: /var/lib/kubelet/kubeadm-flags.env, a systemd unit, /etc/default/kubelet, a line of ps.
// Positions inside a ConfigMap point into the file itself.
//
// Anything else gives nothing and no error. The error is that of text which is no YAML; what stands before it is
// returned with it.
func ParseKubelet(name string, data []byte) ([]Kubelet, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return nil, err
	}
	return readKubelets(f)
}

func readKubelets(f *source.File) ([]Kubelet, error) {
	if k, ok := kubeletText(f); ok {
		return []Kubelet{k}, nil
	}
	var out []Kubelet
	err := eachObject(f, []string{"KubeletConfiguration"}, func(n *source.Node) {
		switch n.Get("kind").Str() {
		case "KubeletConfiguration":
			out = append(out, readKubelet(n))
		case "ConfigMap":
			eachEmbedded(n, "KubeletConfiguration", func(d *source.Node) { out = append(out, readKubelet(d)) })
		}
	})
	return out, err
}

func readKubelet(n *source.Node) Kubelet {
	k := Kubelet{Pos: n.Pos, MaxPods: n.Get("maxPods").Value(), PodCIDR: n.Get("podCIDR").Value()}
	for _, e := range n.Entries {
		if role := flagSynonyms[squash(e.Key)]; strings.HasPrefix(role, "mask") {
			k.NodeMask = e.Value.Value()
		}
	}
	dns := n.Get("clusterDNS")
	if dns == nil {
		return k
	}
	items := dns.Items
	if dns.Kind == source.String { // kubelet refuses it, and what was meant is plain
		items = []*source.Node{dns}
	}
	for _, a := range items {
		if a.Str() != "" && len(k.ClusterDNS) < 64 {
			k.ClusterDNS = append(k.ClusterDNS, scalar.Addr(a.Value()))
		}
	}
	return k
}

// A word of a file that holds kubelet's flags, quotes not included, and the files that are looked at: a variable that
// kubeadm or its packages define, or a command that runs kubelet.
var (
	flagWord     = regexp.MustCompile(`[^\s"'\\]+`)
	kubeletLine  = regexp.MustCompile(`(?:^|[\s/="'])kubelet(?:\s+-|\s*$|\s*\\)|^\s*(?:Environment=["']?)?KUBELET_[A-Z_]*=`)
	kubeletFlagx = regexp.MustCompile(`--(?:cluster[-_]dns|max[-_]pods|pod[-_]cidr|node[-_]ip|node[-_]cidr[-_]mask[-_]size)\b`)
)

// kubeletText reads the flags of a text that is no YAML.
func kubeletText(f *source.File) (Kubelet, bool) {
	if len(f.Data) > 1<<20 || !kubeletFlagx.Match(f.Data) || bytes.Contains(f.Data, []byte("kind:")) || bytes.Contains(f.Data, []byte(`"kind"`)) {
		return Kubelet{}, false
	}
	var words []fact.Value[string]
	in := false
	off := 0
	for line := range bytes.Lines(f.Data) {
		t := bytes.TrimSpace(line)
		comment := len(t) > 0 && (t[0] == '#' || t[0] == ';')
		if !comment && (in || kubeletLine.Match(line)) {
			for _, at := range flagWord.FindAllIndex(line, -1) {
				w := string(line[at[0]:at[1]])
				start := off + at[0]
				// KUBELET_EXTRA_ARGS=--node-ip=10.0.0.1
				if before, _, ok := strings.Cut(w, "=--"); ok && !strings.HasPrefix(w, "--") {
					w, start = w[len(before)+1:], start+len(before)+1
				}
				words = append(words, fact.Value[string]{V: w, Text: w, Pos: f.Position(start)})
			}
			in = bytes.HasSuffix(bytes.TrimRight(line, "\r\n \t"), []byte(`\`))
		} else {
			in = false
		}
		off += len(line)
	}
	k, ok := kubeletOfFlags(words)
	return k, ok
}

// kubeletOfFlags reads kubelet's flags; false where none of them matters.
// --cluster-dns may be repeated and adds up: it is a string slice.
func kubeletOfFlags(words []fact.Value[string]) (Kubelet, bool) {
	f := parseFlags(words, kubeletFlags)
	k := Kubelet{Flags: true, Host: f.last("hostname-override"), MaxPods: f.last("max-pods"), PodCIDR: f.last("pod-cidr"),
		NodeMask: f.last("node-cidr-mask-size")}
	for _, v := range f["cluster-dns"] {
		k.ClusterDNS = append(k.ClusterDNS, scalar.Addrs(v)...)
	}
	if v := f.last("node-ip"); v.IsSet() {
		k.NodeIPs = scalar.Addrs(v)
	}
	for _, name := range []string{"cluster-dns", "max-pods", "pod-cidr", "node-ip", "node-cidr-mask-size"} {
		if vs := f[name]; len(vs) > 0 && (!k.Pos.IsValid() || vs[0].Pos.Compare(k.Pos) < 0) {
			k.Pos = vs[0].Pos
		}
	}
	return k, k.Pos.IsValid()
}

// Statements returns what the kubelet is told: the address of cluster DNS that it gives to pods, its most pods, its pod
// range if it has one of its own, and its node addresses.
func (k Kubelet) Statements() []fact.Statement {
	key := func(config, flag string) string {
		if k.Flags {
			return flag
		}
		return config
	}
	var out []fact.Statement
	base := fact.Statement{Component: fact.Kubelet, Host: k.Host.V}
	if len(k.ClusterDNS) > 0 {
		s := base
		s.Role, s.Key, s.Pos = fact.RoleDNS, key("clusterDNS", "--cluster-dns"), k.ClusterDNS[0].Pos
		for i, v := range k.ClusterDNS {
			if i > 0 {
				s.Text += ","
			}
			s.Text += v.Text
			switch {
			case v.V.IsValid():
				s.Addrs = append(s.Addrs, v.V)
			case s.Err == nil:
				_, s.Err = scalar.ParseAddr(v.Text)
				s.Pos = v.Pos
			}
		}
		out = append(out, s)
	}
	if k.MaxPods.IsSet() {
		s := base
		s.Role, s.Setting, s.Key, s.Pos, s.Text = fact.RoleSetting, fact.SettingMaxPods, key("maxPods", "--max-pods"), k.MaxPods.Pos, k.MaxPods.Text
		n, ok := scalar.Count(k.MaxPods)
		switch {
		case !ok:
			s.Err = fmt.Errorf("%q is no number of pods", k.MaxPods.Text)
			out = append(out, s)
		case n.V > 0: // 0 stands for the default, 110
			s.Int = n.V
			out = append(out, s)
		}
	}
	if n, ok := scalar.Count(k.NodeMask); ok && n.V > 0 {
		s := base
		s.Role, s.Setting, s.Key, s.Pos, s.Text, s.Int = fact.RoleSetting, fact.SettingNodeMask, key("node-cidr-mask-size", "--node-cidr-mask-size"), n.Pos, n.Text, n.V
		out = append(out, s)
	}
	if k.PodCIDR.V != "" {
		s := base
		s.Role, s.Key, s.Pos, s.Text = fact.RoleNodePods, key("podCIDR", "--pod-cidr"), k.PodCIDR.Pos, k.PodCIDR.Text
		s.Prefixes, s.Err = scalar.ParsePrefixes(k.PodCIDR.V)
		out = append(out, s)
	}
	for _, v := range k.NodeIPs {
		if v.V.IsUnspecified() { // picks a family, no address
			continue
		}
		out = append(out, scalar.AddrStatement(fact.Kubelet, k.Host.V, "--node-ip", v))
	}
	return out
}
