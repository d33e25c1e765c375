package check

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// statedBy makes statements from lines of the form
//
//	COMPONENT[@HOST] FILE ROLE|:SETTING KEY [TEXT] [default|overridden]
//
// in which "~" stands for a blank in a KEY, "_" for no FILE, TEXT "-" says nothing, and the number in a TEXT is the Int, too.
func statedBy(t *testing.T, lines string) []fact.Statement {
	t.Helper()
	var out []fact.Statement
	for i, line := range strings.Split(lines, "\n") {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		comp, host, _ := strings.Cut(w[0], "@")
		s := fact.Statement{Component: fact.Component(comp), Host: host, Role: fact.Role(w[2]), Key: strings.ReplaceAll(w[3], "~", " ")}
		if w[1] != "_" {
			s.Pos = fact.Position{File: w[1], Line: i + 1, Column: 1}
		}
		if set, ok := strings.CutPrefix(w[2], ":"); ok {
			s.Role, s.Setting = fact.RoleSetting, fact.Setting(set)
		}
		for _, word := range w[4:] {
			switch word {
			case "default":
				s.Default = true
			case "overridden":
				s.Overridden = true
			case "-":
			default:
				s.Text, s.Bool = word, word == "true"
			}
		}
		switch s.Role {
		case fact.RolePods, fact.RoleServices, fact.RoleNodePods, fact.RoleHosts, fact.RoleReserved:
			for _, e := range strings.Split(s.Text, ",") {
				p, err := netip.ParsePrefix(e)
				if err != nil {
					s.Err = err
					break
				}
				s.Prefixes = append(s.Prefixes, p)
			}
			if s.Text == "" {
				s.Err = nil
			}
		case fact.RoleAddress, fact.RoleDNS:
			s.Addrs = []netip.Addr{netip.MustParseAddr(s.Text)}
		case fact.RoleSetting:
			fmt.Sscan(s.Text, &s.Int)
		}
		out = append(out, s)
	}
	return out
}

// Statements of one program in one file belong to one object, until a second value of the same name begins the next: lists of pods, and
// YAML with several documents, hold many. What is stated wins over what is a default or is missing.
func TestSources(t *testing.T) {
	for _, tt := range []struct{ why, in, want string }{
		{"two families under keys of their own", `
			flannel f pods Network 10.1.0.0/16
			flannel f pods IPv6Network fd01::/48
			flannel f :backend Type vxlan`, "flannel: pods 10.1.0.0/16 fd01::/48"},
		{"two configurations", `
			flannel f pods Network 10.1.0.0/16
			flannel f pods IPv6Network fd01::/48
			flannel f pods Network 10.2.0.0/16
			flannel f pods IPv6Network fd02::/48`, "flannel: pods 10.1.0.0/16 fd01::/48; flannel: pods 10.2.0.0/16 fd02::/48"},
		{"two configurations in no file, and in the order of their keys", `
			flannel _ pods Network 10.1.0.0/16
			flannel _ pods Network 10.2.0.0/16
			flannel _ pods IPv6Network fd01::/48
			flannel _ pods IPv6Network fd02::/48`, "flannel: pods fd01::/48 10.1.0.0/16; flannel: pods fd02::/48 10.2.0.0/16"},
		{"one flag under two spellings", `
			kube-controller-manager f pods --cluster-cidr 10.1.0.0/16
			kube-controller-manager f pods --cluster_cidr 10.2.0.0/16`, "kube-controller-manager: pods 10.1.0.0/16; kube-controller-manager: pods 10.2.0.0/16"},
		{"a range that is missing in one place and stated in another", `
			kube-controller-manager f pods --cluster-cidr -
			kube-controller-manager f pods --cluster-cidr 10.2.0.0/16
			kube-controller-manager f pods --cluster-cidr -`, "kube-controller-manager: pods 10.2.0.0/16"},
		{"services: stated, missing, default", `
			kube-apiserver f services x 10.1.0.0/16
			kube-apiserver f services x -
			kube-apiserver f services x 10.3.0.0/16 default`, "kube-apiserver: services 10.1.0.0/16"},
		{"services: default, then stated", `
			kube-apiserver f services x 10.3.0.0/16 default
			kube-apiserver f services x 10.1.0.0/16`, "kube-apiserver: services 10.1.0.0/16"},
		{"services: missing, then stated", `
			kube-apiserver f services x -
			kube-apiserver f services x 10.1.0.0/16`, "kube-apiserver: services 10.1.0.0/16"},
		{"services: stated twice", `
			kube-apiserver f services x 10.1.0.0/16
			kube-apiserver f services x 10.2.0.0/16`, "kube-apiserver: services 10.1.0.0/16; kube-apiserver: services 10.2.0.0/16"},
		{"a setting: default, stated, default", `
			kubelet f :max-pods x 110 default
			kubelet f :max-pods x 200
			kubelet f :max-pods x 110 default`, "kubelet: max-pods 200"},
		{"a setting stated three times", `
			kubelet f :max-pods x 1
			kubelet f :max-pods x 2
			kubelet f :max-pods x 3`, "kubelet: max-pods 1; kubelet: max-pods 2; kubelet: max-pods 3"},
		{"other files, hosts and programs", `
			kubelet f :max-pods x 1
			kubelet g :max-pods x 2
			kubelet@h g :max-pods x 3
			kube-proxy g pods x 10.1.0.0/16`, "kubelet: max-pods 1; kubelet: max-pods 2; kubelet: max-pods 3; kube-proxy: pods 10.1.0.0/16"},
		{"what kubeadm sets for another program is none of kubeadm's", `
			kubeadm f pods networking.podSubnet 10.1.0.0/16
			kubeadm f pods controllerManager.extraArgs~cluster-cidr 10.2.0.0/16
			kubeadm f services apiServer.extraArgs~service-cluster-ip-range 10.3.0.0/16`,
			"kubeadm: pods 10.1.0.0/16; kube-controller-manager: pods 10.2.0.0/16; kube-apiserver: services 10.3.0.0/16"},
		{"subnet.env, by its keys, its subnet and its MTU", `
			flannel f pods Network 10.1.0.0/16
			flannel f pods FLANNEL_NETWORK 10.2.0.0/16
			flannel f node-pods subnet 10.2.1.0/24
			flannel f :subnet-mtu mtu 1450
			flannel f :backend-mtu mtu 1500`, "flannel: pods 10.1.0.0/16 backend-mtu 1500; env: pods 10.2.0.0/16 subnet-mtu 1450"},
		{"what is overridden is no part", `
			kubelet f :max-pods x 1 overridden
			kubelet f :max-pods x 2`, "kubelet: max-pods 2"},
	} {
		v := newView(statedBy(t, tt.in))
		var got []string
		for _, list := range [][]*sourceView{v.flannels, v.envs, v.kubelets, v.proxies, v.kubeadms, v.extraArgs, v.managers, v.servers, v.others} {
			for _, src := range list {
				s := string(src.comp) + ":"
				if isEnv(src.first) {
					s = "env:"
				}
				if len(src.pods) > 0 {
					s += " pods"
				}
				for _, p := range src.pods {
					s += " " + p.Text
				}
				if src.services != nil {
					s += " services " + src.services.Text
				}
				for _, k := range []fact.Setting{fact.SettingMaxPods, fact.SettingSubnetMTU, fact.SettingBackendMTU} {
					if o := src.set[k]; o != nil {
						s += " " + string(k) + " " + o.Text
					}
				}
				got = append(got, s)
			}
		}
		if got := strings.Join(got, "; "); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.why, got, tt.want)
		}
	}
}

// Each of thousands of pods in one file finds its place at once: this takes ten seconds where each asks all before it.
func TestManyObjectsInOneFile(t *testing.T) {
	const n = 25000
	in := make([]fact.Statement, 0, 3*n)
	for i := range n {
		at := fact.Position{File: "all.yaml", Line: i + 1}
		in = append(in,
			fact.Statement{Component: fact.Kubelet, Pos: at, Role: fact.RoleSetting, Setting: fact.SettingMaxPods, Key: "maxPods", Int: 110},
			fact.Statement{Component: fact.KubeProxy, Pos: at, Role: fact.RolePods, Key: "clusterCIDR", Prefixes: prefixtest.List("10.244.0.0/16")})
	}
	v := newView(in)
	if len(v.kubelets) != n || len(v.proxies) != n {
		t.Fatalf("%d kubelets and %d of kube-proxy, want %d of each", len(v.kubelets), len(v.proxies), n)
	}
}

// The same statement from two readings of one file counts once, errors included.
func TestSameErr(t *testing.T) {
	x, y := errors.New("x"), errors.New("y")
	for _, tt := range []struct {
		a, b error
		want bool
	}{{nil, nil, true}, {x, nil, false}, {nil, x, false}, {x, errors.New("x"), true}, {x, y, false}} {
		if got := sameErr(tt.a, tt.b); got != tt.want {
			t.Errorf("sameErr(%v, %v) = %v", tt.a, tt.b, got)
		}
	}
}

// Which release counts: what a person says, else the control plane, else the newest of what is left.
func TestReleaseInUse(t *testing.T) {
	for _, tt := range []struct {
		why, in       string
		kube, manager string // of the cluster, and of the first kube-controller-manager
		flannel       string
	}{
		{"nothing says it", "flannel f pods Network 10.1.0.0/16", "", "", ""},
		{"a manifest", "kube-controller-manager f :version image v1.29.1", "v1.29.1", "v1.29.1", ""},
		{"the manifest before others, newer or not", "kube-controller-manager f :version image v1.29.1\nkube-apiserver g :version image v1.30.0\nkubelet h :version x v1.31.0", "v1.29.1", "v1.29.1", ""},
		{"each manifest its own", "kube-controller-manager@a f :version image v1.29.1\nkube-controller-manager@b g :version image v1.30.2", "v1.30.2", "v1.29.1", ""},
		{"a person", "kube-controller-manager f :version image v1.29.1\noperator _ :version x 1.28", "v1.28.0", "v1.28.0", ""},
		{"the newest kubelet", "kubelet a :version x v1.30.4\nkubelet b :version x v1.31.0\nkubelet c :version x v1.29.0", "v1.31.0", "", ""},
		{"a Node", "node@n f :version x v1.26.3", "v1.26.3", "", ""},
		{"of no program of Kubernetes", "calico f :version image v3.27.0", "", "", ""},
		{"no release", "kubelet f :version x latest", "", "", ""},
		{"without effect", "kubelet f :version x v1.31.0 overridden\nkubelet f :version x v1.30.0", "v1.30.0", "", ""},
		{"no setting of a release", "kubelet f :max-pods x 1.31\noperator _ pods x 10.1.0.0/16", "", "", ""},
		{"the newest flannel", "flannel f :version image v0.25.1\nflannel g :version image v0.27.0\nflannel h :version image v0.26.0", "", "", "v0.27.0"},
	} {
		v := newView(statedBy(t, tt.in))
		manager := ""
		if len(v.managers) > 0 {
			manager = v.release(v.managers[0]).String()
		}
		if v.kube.String() != tt.kube || manager != tt.manager || v.flannel.String() != tt.flannel {
			t.Errorf("%s: Kubernetes %q (manager %q), flannel %q; want %q (%q), %q", tt.why, v.kube, manager, v.flannel, tt.kube, tt.manager, tt.flannel)
		}
		if got := v.release(nil); got != v.kube.Or(fact.NewestKubernetes()) {
			t.Errorf("%s: a release of %v is assumed", tt.why, got)
		}
		if note := v.releaseNote(nil); strings.Contains(note, "is assumed") != (tt.kube == "") {
			t.Errorf("%s: the note on the release is %q", tt.why, note)
		}
	}
}

// Of several plugins that show, the last counts, and flannel before all others, alone or in canal.
func TestPluginInUse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"calico", "calico"}, {"calico cilium", "cilium"}, {"flannel calico", "flannel"}, {"calico flannel", "flannel"},
		{"canal calico", "canal"}, {"Flannel calico", "flannel"}, {"canal -", "canal"}, {"calico -", "calico"}, {"-", ""},
	} {
		var in []fact.Statement
		for i, name := range strings.Fields(tt.in) {
			in = append(in, fact.Statement{Component: fact.Node, Pos: fact.Position{File: "f", Line: i}, Role: fact.RoleSetting, Setting: fact.SettingCNI, Text: strings.ReplaceAll(name, "-", " ")})
		}
		if got := newView(in).cni; got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// flannel is in use where one of its files, its log or a fault of its files shows it, and the plugin is none with addresses of its own.
func TestUsesFlannel(t *testing.T) {
	fault := func(c fact.Component, r fact.RuleID) []fact.Statement {
		return []fact.Statement{{Component: c, Role: fact.RoleProblem, Finding: &fact.Finding{Rule: r, Severity: fact.Error}}}
	}
	said := func(c fact.Component) []fact.Statement {
		return []fact.Statement{{Component: c, Role: fact.RoleSymptom, Symptom: &fact.Symptom{Message: "x"}}}
	}
	calico := fact.Statement{Component: fact.Node, Role: fact.RoleSetting, Setting: fact.SettingCNI, Text: "calico"}
	canal := fact.Statement{Component: fact.Node, Role: fact.RoleSetting, Setting: fact.SettingCNI, Text: "canal"}
	for i, tt := range []struct {
		in   []fact.Statement
		want bool
	}{
		{nil, false},
		{statedBy(t, "flannel f pods Network 10.1.0.0/16"), true},
		{statedBy(t, "flannel@a f pods FLANNEL_NETWORK 10.1.0.0/16"), true},
		{statedBy(t, "kube-proxy f pods clusterCIDR 10.1.0.0/16"), false},
		{said(fact.Flannel), true},
		{said(fact.Kubelet), false},
		{fault(fact.Flannel, fact.RuleFlagRefused), true},
		{fault(fact.Kubeadm, fact.RuleNetConfMalformed), true},
		{fault(fact.Kubeadm, fact.RuleFlagRefused), false},
		{append(fault(fact.Flannel, fact.RuleNetConfMalformed), calico), false},
		{[]fact.Statement{canal}, true},
		{[]fact.Statement{calico}, false},
	} {
		if got := newView(tt.in).usesFlannel(); got != tt.want {
			t.Errorf("%d: %v, want %v for %+v", i, got, tt.want, tt.in)
		}
	}
}

// The same subnet from two files counts once, one that is IPv4 in IPv6 not at all; and a node lacks a subnet where no file names one.
func TestNodeSubnets(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		missing  bool
	}{
		{"node@a f node-pods x 10.1.1.0/24", "10.1.1.0/24", false},
		{"node@a f node-pods x 10.1.1.0/24\nnode@a g node-pods x 10.1.1.7/24", "10.1.1.0/24", false},
		{"node@a f node-pods x 10.1.1.0/24,fd01::/64\nnode@a g node-pods x 10.1.2.0/24", "10.1.1.0/24 fd01::/64 10.1.2.0/24", false},
		{"node@a f node-pods x ::ffff:10.1.1.0/120", "", false},
		{"node@a f node-pods x -", "", true},
		{"node@a f node-pods x -\nnode@a g node-pods x 10.1.1.0/24", "10.1.1.0/24", false},
		{"node@a f address InternalIP 192.168.0.1", "", false},
	} {
		v := newView(statedBy(t, tt.in))
		var got []string
		for _, h := range v.nodes[0].subs {
			got = append(got, h.p.String())
		}
		if strings.Join(got, " ") != tt.want || v.nodes[0].missing() != tt.missing {
			t.Errorf("%q: %v, missing %v; want %s, %v", tt.in, got, v.nodes[0].missing(), tt.want, tt.missing)
		}
	}
}

func TestDeniesPods(t *testing.T) {
	for in, want := range map[string]bool{
		"kube-proxy f pods x -":                                      true,
		"kube-proxy f pods x 10.1.0.0/16":                            false,
		"kube-proxy f pods x garbage":                                false,
		"kube-proxy f :proxy-mode x iptables":                        false,
		"kube-proxy f pods x -\nkube-proxy f pods x 10.1.0.0/16":     false,
		"kube-proxy f pods x -\nkube-proxy f :proxy-mode x iptables": true,
	} {
		if got := newView(statedBy(t, in)).proxies[0].deniesPods(); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestSameHost(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"", "", false}, {"", "a", false}, {"", ".example.com", false},
		{"a", "a", true}, {"a", "A", true}, {"a", "b", false},
		{"a", "a.example.com", true}, {"A", "a.example.com", true}, {"a", "ab.example.com", false}, {"b", "a.example.com", false},
		{"a.example", "a.example.com", false}, {"a.example.com", "a.example.org", false},
	} {
		if sameHost(tt.a, tt.b) != tt.want || sameHost(tt.b, tt.a) != tt.want {
			t.Errorf("sameHost(%q, %q) = %v and %v, want %v", tt.a, tt.b, sameHost(tt.a, tt.b), sameHost(tt.b, tt.a), tt.want)
		}
	}
}

// A host's name means a node by the whole name, or without the domain where one of the two has none and no other node could be meant.
func TestNodeOf(t *testing.T) {
	for _, tt := range []struct{ nodes, host, want string }{
		{"a b", "a", "a"},
		{"a b", "c", ""},
		{"a b", "", ""},
		{".example.com", "", ""},
		{"a b", "A", "a"},
		{"a A", "A", "A"},
		{"a A", "a", "a"},
		{"a b", "a.example.com", "a"},
		{"a.example.com b", "a", "a.example.com"},
		{"a.example.com b", "A.Example.com", "a.example.com"},
		{"a.example.com b", "a.example.org", ""},
		{"a.example.com a.example.org", "a", ""},
		{"a.example.com a.example.org", "A.example.org", "a.example.org"},
		{"a a.example.org", "a.example.com", "a"},
	} {
		var in []fact.Statement
		for _, n := range strings.Fields(tt.nodes) {
			in = append(in, fact.Statement{Component: fact.Node, Host: n, Role: fact.RoleNodePods})
		}
		got := ""
		if n := newView(in).nodeOf(tt.host); n != nil {
			got = n.name
		}
		if got != tt.want {
			t.Errorf("host %q of nodes %q: %q, want %q", tt.host, tt.nodes, got, tt.want)
		}
	}
}

// TestControllers holds what the controller managers are taken to work with: their own files before what kubeadm would start, that before a plan.
func TestControllers(t *testing.T) {
	const kubeadmPods = "kubeadm f pods networking.podSubnet 10.1.0.0/16\n"
	for _, tt := range []struct{ why, in, want string }{
		{"a manifest", "kube-controller-manager f pods x 10.1.0.0/16\n" + kubeadmPods + "operator _ pods x 10.9.0.0/16", "10.1.0.0/16 at f"},
		{"a manifest that names no range, and could not", "kube-controller-manager f services x 10.96.0.0/12", "none at nothing, services 10.96.0.0/12"},
		{"a manifest that could name a range", "kube-controller-manager f pods x -", "none at f, denied by f"},
		{"a plan", "operator _ pods x 10.9.0.0/16\noperator _ :allocate-node-cidrs x true", "predicted 10.9.0.0/16 at _, serves"},
		{"no ranges in a plan", "operator _ :version x 1.30", ""},
		{"ranges of another program are none of a controller manager", "calico f pods x 10.9.0.0/16", ""},
		{"kubeadm", kubeadmPods + "operator _ pods x 10.9.0.0/16", "predicted 10.1.0.0/16 at f, serves, services 10.96.0.0/12"},
		{"kubeadm and its services", kubeadmPods + "kubeadm f services y 10.97.0.0/16", "predicted 10.1.0.0/16 at f, serves, services 10.97.0.0/16"},
		{"kubeadm without a range", "kubeadm f pods x -", "predicted none at f, denied by f"},
		{"kubeadm with a range that cannot be read, elsewhere with none", "kubeadm f pods x -\nkubeadm g pods x 10.1", "predicted none at g, services 10.96.0.0/12"},
		{"kubeadm joins", "kubeadm f services x 10.97.0.0/16", ""},
		{"kubeadm joins, its release is known", "kubeadm f :version x v1.30.0", "predicted none at nothing"},
		{"extra arguments alone", "kubeadm f pods controllerManager.extraArgs~cluster-cidr 10.2.0.0/16\nkubeadm f :allocate-node-cidrs controllerManager.extraArgs~allocate-node-cidrs true",
			"predicted 10.2.0.0/16 at f, serves"},
		{"the range of an extra argument wins", kubeadmPods + "kubeadm f pods controllerManager.extraArgs~cluster-cidr 10.2.0.0/16", "predicted 10.2.0.0/16 at f, serves, services 10.96.0.0/12"},
		{"the mask of an extra argument", kubeadmPods + "kubeadm f :node-mask controllerManager.extraArgs~node-cidr-mask-size 25", "predicted 10.1.0.0/16 at f, serves, services 10.96.0.0/12, mask 25"},
		{"two files: the first stated services", "kubeadm a services x 10.96.0.0/12 default\nkubeadm b pods x 10.1.0.0/16\nkubeadm b services x 10.97.0.0/16\nkubeadm c services x 10.98.0.0/16",
			"predicted 10.1.0.0/16 at b, serves, services 10.97.0.0/16"},
		{"two files: the mask of the first", kubeadmPods + "kubeadm g :node-mask x 26\nkubeadm f :node-mask x 25\n", "predicted 10.1.0.0/16 at f, serves, services 10.96.0.0/12, mask 25"},
		{"an argument of kube-apiserver is none of a controller manager", "kubeadm f services apiServer.extraArgs~service-cluster-ip-range 10.97.0.0/16", ""},
	} {
		c := newCluster(newView(statedBy(t, tt.in)))
		var got []string
		for _, k := range c.controllers {
			s := ""
			if k.predicted {
				s = "predicted "
			}
			at := "nothing"
			if k.podsAt != nil {
				if at = k.podsAt.Pos.File; at == "" {
					at = "_"
				}
			}
			pods := joinHeld(k.pods)
			if pods == "" {
				pods = "none"
			}
			s += pods + " at " + at
			for _, d := range k.denied {
				s += ", denied by " + d.Pos.File
			}
			if k.serves() {
				s += ", serves"
			}
			if len(k.services) > 0 {
				s += ", services " + joinHeld(k.services)
			}
			if m, at := k.mask(fact.IPv4); at != nil {
				s += fmt.Sprintf(", mask %d", m)
			}
			got = append(got, s)
		}
		if got := strings.Join(got, "; "); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.why, got, tt.want)
		}
	}
}

// Where kubeadm's default services stand is the file that says the pods.
func TestDefaultServicesPlace(t *testing.T) {
	for in, want := range map[string]string{
		"kubeadm a :version x v1.30.0\nkubeadm b pods x 10.1.0.0/16":                     "b",
		"kubeadm a pods x 10.1.0.0/16\nkubeadm b :version x v1.30.0":                     "a",
		"kubeadm a pods x 10.1.0.0/16\nkubeadm b pods x 10.1.0.0/16":                     "a",
		"kubeadm a pods x -\nkubeadm b pods x 10.1.0.0/16\nkubeadm c :version x v1.30.0": "b",
		"kubeadm a pods x 10.1.0.0/16\nkubeadm b pods x -\nkubeadm c :node-mask x 24":    "a",
	} {
		if got := newCluster(newView(statedBy(t, in))).controllers[0].servedAt; got.Pos.File != want || !got.Default {
			t.Errorf("%q: at %v, want %s", in, got.Pos, want)
		}
	}
}

// TestServicesInForce holds whose service ranges count: those of the programs, else of extra arguments, else of kubeadm, else of others, else a default.
func TestServicesInForce(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		assumed  bool
	}{
		{"kubelet f :max-pods x 110", "", false},
		{"kube-controller-manager f pods x 10.1.0.0/16", "10.96.0.0/12", true},
		{"kube-controller-manager f services x 10.97.0.0/16", "10.97.0.0/16", false},
		{"kube-apiserver f services x -", "10.0.0.0/24", false},
		{"kube-apiserver f services x 10.97.0.0/16\nkube-controller-manager g services x 10.98.0.0/16", "10.97.0.0/16,10.98.0.0/16", false},
		{"kube-apiserver f services x 10.97.0.0/16\nkubeadm g services apiServer.extraArgs~service-cluster-ip-range 10.98.0.0/16", "10.97.0.0/16", false},
		{"kubeadm g services apiServer.extraArgs~service-cluster-ip-range 10.98.0.0/16\nkubeadm g services x 10.99.0.0/16", "10.98.0.0/16", false},
		{"kube-apiserver f services x 10.97.0.0/16\nkubeadm g services x 10.99.0.0/16", "10.97.0.0/16", false},
		{"kubeadm g services x 10.99.0.0/16\noperator _ services x 10.100.0.0/16", "10.99.0.0/16", false},
		{"kubeadm g services x 10.96.0.0/12 default\noperator _ services x 10.100.0.0/16", "10.100.0.0/16", false},
		{"kube-apiserver f services x 10.97.0.0/16\noperator _ services x 10.100.0.0/16", "10.97.0.0/16", false},
		{"kube-apiserver f services x 10.97.0.0/16\nservicecidr _ services x 10.100.0.0/16", "10.97.0.0/16,10.100.0.0/16", false},
		{"kubeadm g services x 10.96.0.0/12 default", "10.96.0.0/12", false},
		{"kube-apiserver f services x 10.97.0.0/16\nkubeadm g services x 10.96.0.0/12 default", "10.97.0.0/16", false},
		{"kubeadm g pods x 10.1.0.0/16", "10.96.0.0/12", false},
		{"kube-apiserver f services x 10.97.0.0/16\nkubeadm g pods x 10.1.0.0/16", "10.97.0.0/16", false},
		{"kubeadm g :version x v1.30.0", "", false},
		{"kubeadm g :version x v1.30.0\nkube-controller-manager f pods x 10.1.0.0/16", "10.96.0.0/12", true},
	} {
		c := newCluster(newView(statedBy(t, tt.in)))
		if got := joinHeld(c.services); got != tt.want || c.assumed != tt.assumed {
			t.Errorf("%q: %s, assumed %v; want %s, %v", tt.in, got, c.assumed, tt.want, tt.assumed)
		}
	}
}

// flannel's networks are those of the families that are enabled: IPv4 unless it is switched off, IPv6 if it is switched on.
func TestNetworksInForce(t *testing.T) {
	const both = "flannel f pods Network 10.1.0.0/16\nflannel f pods IPv6Network fd01::/48\n"
	for in, want := range map[string]string{
		both:                                    "10.1.0.0/16",
		both + "flannel f :enable-ipv6 x true":  "10.1.0.0/16,fd01::/48",
		both + "flannel f :enable-ipv4 x false": "",
		both + "flannel f :enable-ipv4 x false\nflannel f :enable-ipv6 x true":   "fd01::/48",
		"flannel f pods Network 0.0.0.0/0":                                       "",
		"flannel f pods Network 10.1.0.0/16\nflannel g pods Network 10.1.0.0/16": "10.1.0.0/16",
	} {
		if got := joinHeld(newCluster(newView(statedBy(t, in))).networks); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// Node masks where nobody gives one, by release: cmd/kubeadm/app/phases/controlplane/manifests.go calcNodeCidrSize up to 1.19,
// cmd/kube-controller-manager/app/options/nodeipamcontroller.go up to 1.15.
func TestDefaultNodeMask(t *testing.T) {
	for _, tt := range []struct {
		in        string
		four, six int
	}{
		{"kubeadm f pods x 10.1.0.0/16\nkubeadm f :version x v1.19.0", 24, 64},
		{"kubeadm f pods x fd01::/56\nkubeadm f :version x v1.19.0", 24, 72},
		{"kubeadm f pods x fd01::/56\nkubeadm f :version x v1.20.0", 24, 64},
		{"kubeadm f pods x fd01::/112\nkubeadm f :version x v1.19.0", 24, 120},
		{"kubeadm f pods x 10.1.0.0/16,fd01::/56\nkubeadm f :version x v1.19.0", 24, 64},
		{"kubeadm f pods x fd01::/56,10.1.0.0/16\nkubeadm f :version x v1.19.0", 24, 64},
		{"kube-controller-manager f pods x fd01::/20\nkube-controller-manager f :version x v1.15.0", 24, 24},
		{"kube-controller-manager f pods x fd01::/48\nkube-controller-manager f :version x v1.16.0", 24, 64},
		{"kube-controller-manager f pods x fd01::/48\nkube-controller-manager f :node-mask x 60", 60, 60},
		{"kube-controller-manager f pods x 10.1.0.0/16,fd01::/48\nkube-controller-manager f :node-mask x 60", 24, 64},
	} {
		k := newCluster(newView(statedBy(t, tt.in))).controllers[0]
		four, _ := k.mask(fact.IPv4)
		six, _ := k.mask(fact.IPv6)
		if four != tt.four || six != tt.six {
			t.Errorf("%q: /%d and /%d, want /%d and /%d", tt.in, four, six, tt.four, tt.six)
		}
	}
}

func TestMasked(t *testing.T) {
	for in, want := range map[string]string{"10.1.2.3/16": "10.1.0.0/16", "fd01::1/64": "fd01::/64", "::ffff:10.1.2.3/112": "invalid Prefix"} {
		if got := masked(netip.MustParsePrefix(in)); got.String() != want {
			t.Errorf("masked(%s) = %v, want %s", in, got, want)
		}
	}
	if got := masked(netip.PrefixFrom(netip.MustParseAddr("10.0.0.1"), 33)); got != (netip.Prefix{}) {
		t.Errorf("of an invalid prefix: %v", got)
	}
}

// How a value is told: as it is written, and with the networks that it means where they are others.
func TestWrites(t *testing.T) {
	for _, tt := range []struct{ text, prefixes, want string }{
		{"", "", "nothing"},
		{"10.1", "", "10.1"},
		{"", "10.1.0.0/16", "10.1.0.0/16"},
		{"", "10.1.2.3/16", "10.1.0.0/16"},
		{" 10.1.0.0/16", "10.1.0.0/16", "10.1.0.0/16"},
		{"10.1.2.3/16", "10.1.2.3/16", "10.1.2.3/16 (that is 10.1.0.0/16)"},
		{"10.1.2.3/16,fd01::/48", "10.1.2.3/16 fd01::/48", "10.1.2.3/16,fd01::/48 (that is 10.1.0.0/16,fd01::/48)"},
		{"::ffff:10.1.2.3/112", "::ffff:10.1.2.3/112", "::ffff:10.1.2.3/112"},
	} {
		if got := writes(&fact.Statement{Text: tt.text, Prefixes: prefixtest.List(tt.prefixes)}); got != tt.want {
			t.Errorf("%q, %s: %q, want %q", tt.text, tt.prefixes, got, tt.want)
		}
	}
}

// An entry of a list is pointed at by its own place, or by its column in a text of one line.
func TestEntryPlace(t *testing.T) {
	at := func(line, column int) fact.Position { return fact.Position{File: "f", Line: line, Column: column} }
	two := prefixtest.List("10.1.0.0/16 fd01::/48")
	for i, tt := range []struct {
		s    fact.Statement
		i    int
		want fact.Position
	}{
		{fact.Statement{Text: "10.1.0.0/16,fd01::/48", Prefixes: two, Pos: at(3, 5)}, 0, at(3, 5)},
		{fact.Statement{Text: "10.1.0.0/16,fd01::/48", Prefixes: two, Pos: at(3, 5)}, 1, at(3, 17)},
		{fact.Statement{Text: " 10.1.0.0/16, fd01::/48", Prefixes: two, Pos: at(3, 5)}, 0, at(3, 5)},
		{fact.Statement{Text: " 10.1.0.0/16, fd01::/48", Prefixes: two, Pos: at(3, 5)}, 1, at(3, 19)},
		{fact.Statement{Text: "10.1.0.0/16,fd01::/48", Prefixes: two, Pos: at(3, 5)}, 2, at(3, 5)},
		{fact.Statement{Text: "10.1.0.0/16,fd01::/48", Prefixes: two, Pos: at(3, 5)}, -1, at(3, 5)},
		{fact.Statement{Text: "10.1.0.0/16,fd01::/48", Prefixes: two[:1], Pos: at(3, 5)}, 1, at(3, 5)},
		{fact.Statement{Text: "10.1.0.0/16,\nfd01::/48", Prefixes: two, Pos: at(3, 5)}, 1, at(3, 5)},
		{fact.Statement{Text: "10.1.0.0/16,fd01::/48", Prefixes: two, Pos: at(3, 0)}, 1, at(3, 0)},
		{fact.Statement{Prefixes: two, Pos: at(3, 5), PrefixPos: []fact.Position{at(4, 1), at(5, 1)}}, 0, at(4, 1)},
		{fact.Statement{Prefixes: two, Pos: at(3, 5), PrefixPos: []fact.Position{at(4, 1), at(5, 1)}}, 1, at(5, 1)},
		{fact.Statement{Prefixes: two, Pos: at(3, 5), PrefixPos: []fact.Position{at(4, 1), at(5, 1)}}, 2, at(3, 5)},
		{fact.Statement{Prefixes: two, Pos: at(3, 5), PrefixPos: []fact.Position{at(4, 1), at(5, 1)}}, -1, at(3, 5)},
		{fact.Statement{Prefixes: two, Pos: at(3, 5), PrefixPos: []fact.Position{at(4, 1)}}, 0, at(3, 5)},
	} {
		if got := entryPos(&tt.s, tt.i); got != tt.want {
			t.Errorf("%d: entry %d is at %v, want %v", i, tt.i, got, tt.want)
		}
	}
}

// Powers of two are spelled out up to 2^20.
func TestPowers(t *testing.T) {
	for n, want := range map[int]string{0: "1", 8: "256", 20: "1048576", 21: "2^21", 64: "2^64"} {
		if got := powerOfTwo(n); got != want {
			t.Errorf("powerOfTwo(%d) = %s, want %s", n, got, want)
		}
	}
	for mask, want := range map[int]string{44: "2^(44-44) = 1", 64: "2^(64-44) = 1048576", 65: "2^(65-44) = 2^21"} {
		if got := blockSum(netip.MustParsePrefix("fd01::/44"), mask); got != want {
			t.Errorf("blockSum(/44, %d) = %s, want %s", mask, got, want)
		}
	}
}

// How many pods a node has room for: containernetworking/plugins host-local range.go keeps the network, the gateway and IPv4's broadcast.
func TestUsableAddresses(t *testing.T) {
	for _, tt := range []struct {
		f    fact.Family
		bits int
		want int
	}{
		{fact.IPv4, 32, 0}, {fact.IPv4, 31, 0}, {fact.IPv4, 30, 1}, {fact.IPv4, 24, 253}, {fact.IPv4, 2, 1<<30 - 3}, {fact.IPv4, 1, 1 << 30}, {fact.IPv4, 0, 1 << 30},
		{fact.IPv6, 128, 0}, {fact.IPv6, 127, 0}, {fact.IPv6, 126, 2}, {fact.IPv6, 120, 254}, {fact.IPv6, 98, 1<<30 - 2}, {fact.IPv6, 97, 1 << 30}, {fact.IPv6, 64, 1 << 30},
	} {
		if got := Usable(tt.f, tt.bits); got != tt.want {
			t.Errorf("usable(%v, /%d) = %d, want %d", tt.f, tt.bits, got, tt.want)
		}
	}
}

// A folder's name is a part of a node's between dashes, dots or underscores.
func TestPartOf(t *testing.T) {
	for _, tt := range []struct {
		name, whole string
		want        bool
	}{
		{"node1", "k8s-node1", true}, {"node1", "k8s.node1", true}, {"node1", "k8s_node1", true}, {"node1", "k8snode1", false},
		{"k8s", "k8s-node1", true}, {"k8s", "k8s.node1", true}, {"k8s", "k8s_node1", true}, {"k8", "k8s-node1", false},
		{"node1", "node1", false}, {"node1", "node2", false}, {"node1", "node12", false}, {"node1", "1", false},
		{"1", "node-1", false}, {"w1", "node-w1", true}, {"", "node-1", false}, {"", "", false}, {"node1", "", false},
		{"s-no", "k8s-node1", false},
	} {
		if got := partOf(tt.name, tt.whole); got != tt.want {
			t.Errorf("partOf(%q, %q) = %v", tt.name, tt.whole, got)
		}
	}
}

// Ways out of a range that is too small, for the number of nodes that need a subnet: twice that many fit afterwards, but for the 16 bits
// that are allowed between range and mask.
func TestWiden(t *testing.T) {
	for _, tt := range []struct {
		pods string
		mask int
		need uint64
		want []string // what begins the lines of the mend but the last
	}{
		{"10.244.0.0/24", 24, 1, []string{"widen the range to 10.244.0.0/23 (2^(24-23) = 2 ", "or give each node a smaller subnet: --node-cidr-mask-size=25 (2^(25-24) = 2 "}},
		{"10.244.0.0/22", 24, 2, nil}, // two of four are free, and services or others hold the rest
		{"10.244.0.0/22", 24, 4, []string{"widen the range to 10.244.0.0/21 ", "or give each node a smaller subnet: --node-cidr-mask-size=25 "}},
		{"10.244.0.0/22", 24, 5, []string{"widen the range to 10.244.0.0/20 ", "or give each node a smaller subnet: --node-cidr-mask-size=26 (2^(26-22) = 16 node subnets), and register again the nodes that hold one of /24; a /26 has room for 61 pods"}},
		{"10.0.0.0/8", 24, 1 << 20, nil}, // neither a wider range nor a longer mask may be
		{"10.0.0.0/10", 24, 1 << 20, []string{"widen the range to 10.0.0.0/8 (2^(24-8) = 65536 ", "or give each node a smaller subnet: --node-cidr-mask-size=26 "}},
		{"10.244.0.0/28", 28, 2, []string{"widen the range to 10.244.0.0/26 ", "or give each node a smaller subnet: --node-cidr-mask-size=30 "}},
		{"10.244.0.0/28", 28, 3, []string{"widen the range to 10.244.0.0/25 "}},
		{"fd00::/64", 64, 3, []string{"widen the range to fd00::/61 ", "or give each node a smaller subnet: --node-cidr-mask-size=67 "}},
		{"8000::/1", 1, 2, []string{"widen the range to ::/0 (2^(1-0) = 2 ", "or give each node a smaller subnet: --node-cidr-mask-size=2 "}}, // all addresses
		{"fd00::/125", 125, 1, []string{"widen the range to fd00::/124 ", "or give each node a smaller subnet: --node-cidr-mask-size=126 "}},
		{"fd00::/125", 125, 2, []string{"widen the range to fd00::/123 "}},
	} {
		c := &checker{clusterView: newCluster(newView(statedBy(t, "kube-controller-manager f pods x "+tt.pods+"\nkube-controller-manager f services x 172.20.0.0/16")))}
		k := c.controllers[0]
		got, disturbs := c.widen(k.pods[0], tt.mask, tt.need, k)
		if !slices.EqualFunc(got[:len(got)-1], tt.want, strings.HasPrefix) || disturbs != fact.DisturbsComponent {
			t.Errorf("%s by /%d for %d nodes (%v): %s", tt.pods, tt.mask, tt.need, disturbs, cmp.Diff(tt.want, got[:len(got)-1]))
		}
	}
}

// k3s and RKE2 show in the releases of kubelets, and RKE2 in the name of flannel's ConfigMap; what runs beside them shows nothing.
func TestDistribution(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"kubelet f :version x v1.30.3+k3s1", "k3s"},
		{"kubelet f :version x v1.26.10+rke2r1", "RKE2"},
		{"kubelet f :version x v1.30.3", ""},
		{"flannel f :version x v0.26.0+k3s1", ""},
		{"flannel f :config-map x kube-system/rke2-canal-config", "RKE2"},
		{"flannel f :workload x kube-system/rke2-canal-config", ""},
		{"kubelet f :workload x kube-system/rke2-canal-config", ""},
		{"flannel f :config-map x kube-system/-config", ""},
		{"kubelet f dns x 10.43.0.10", ""},
	} {
		got := ""
		if d := newView(statedBy(t, tt.in)).distribution(); d != nil {
			got = d.name
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// Names of flannel's objects: as files say them, each namespace by itself; where one of the two is known, the other lies beside it.
func TestFlannelObjects(t *testing.T) {
	for _, tt := range []struct {
		in, config, daemon string
		known              bool
	}{
		{"", "kube-flannel/kube-flannel-cfg", "kube-flannel/kube-flannel-ds", false},
		{"flannel f :version x v0.18.0", "kube-system/kube-flannel-cfg", "kube-system/kube-flannel-ds", false},
		{"flannel f :version x v0.19.0", "kube-flannel/kube-flannel-cfg", "kube-flannel/kube-flannel-ds", false},
		{"flannel f :config-map x a/cfg", "a/cfg", "a/kube-flannel-ds", true},
		{"flannel f :workload x b/ds", "b/kube-flannel-cfg", "b/ds", false},
		{"flannel f :config-map x a/cfg\nflannel f :workload x b/ds", "a/cfg", "b/ds", true},
		{"flannel f :config-map x a/cfg\nflannel g :config-map x b/cfg", "a/cfg", "a/kube-flannel-ds", true},
		{"flannel f :config-map x kube-system/rke2-canal-config", "kube-system/rke2-canal-config", "kube-system/rke2-canal", true},
	} {
		c := &checker{clusterView: newCluster(newView(statedBy(t, tt.in)))}
		if config, daemon, known := c.flannelObjects(); config != tt.config || daemon != tt.daemon || known != tt.known {
			t.Errorf("%q: %s, %s, %v; want %s, %s, %v", tt.in, config, daemon, known, tt.config, tt.daemon, tt.known)
		}
	}
}

// Nodes for which flannel found no subnet: its own messages of that kind, each node once.
func TestUnassignedNodes(t *testing.T) {
	said := func(c fact.Component, node string, rules ...fact.RuleID) fact.Statement {
		return fact.Statement{Component: c, Role: fact.RoleSymptom, Text: node, Symptom: &fact.Symptom{Message: "x", Node: node, Rules: rules}}
	}
	v := newView([]fact.Statement{
		said(fact.Flannel, "b", fact.RulePodCIDRUnset),
		said(fact.Flannel, "a", fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff),
		said(fact.Flannel, "a", fact.RulePodCIDRUnset),
		said(fact.Flannel, "", fact.RulePodCIDRUnset),
		said(fact.Flannel, "c"),
		said(fact.Flannel, "d", fact.RuleAllocateNodeCIDRsOff, fact.RulePodCIDRUnset),
		said(fact.ControllerManager, "e", fact.RulePodCIDRUnset),
		said(fact.ControllerManager, "f"),
	})
	c := &checker{clusterView: newCluster(v)}
	if got := strings.Join(c.unassignedNodes(), " "); got != "a b" {
		t.Errorf("%q, want a and b", got)
	}
}

// The flags that the rules of the real programs are asked about: a type of allocator that is set to nothing is another thing than none that is set.
func TestFlagsAsked(t *testing.T) {
	const ranges = "kube-controller-manager f pods x 10.1.0.0/16\nkube-controller-manager f services x 10.96.0.0/12\n"
	for in, want := range map[string]nodeipam.ControllerFlags{
		ranges: {},
		ranges + "kube-controller-manager f :cidr-allocator-type x -":                                        {CIDRAllocatorEmpty: true},
		ranges + "kube-controller-manager f :cidr-allocator-type x CloudAllocator":                           {CIDRAllocatorType: "CloudAllocator"},
		ranges + "kube-controller-manager f :allocate-node-cidrs x true":                                     {AllocateNodeCIDRs: true},
		ranges + "kube-controller-manager f :node-mask x 25\nkube-controller-manager f :node-mask-ipv6 x 66": {NodeCIDRMaskSize: 25, NodeCIDRMaskSizeIPv6: 66},
	} {
		want.ClusterCIDR, want.ServiceClusterIPRange = "10.1.0.0/16", "10.96.0.0/12"
		if d := cmp.Diff(want, newCluster(newView(statedBy(t, in))).controllers[0].flags()); d != "" {
			t.Errorf("%q: -want +got:\n%s", in, d)
		}
	}
}

// A bridge that several hosts have is one, with the place of each; what a person reserves twice is two, and so are lists.
func TestSameOnHosts(t *testing.T) {
	for _, tt := range []struct {
		in          string
		one, places int
	}{
		{"host@a f reserved docker0 172.17.0.0/16\nhost@b g reserved docker0 172.17.0.0/16\nhost@c h reserved docker0 172.17.0.0/16", 1, 2},
		{"host@a f reserved docker0 172.17.0.0/16\nhost@b g reserved docker0 172.18.0.0/16", 2, 0},
		{"operator f reserved vpn 172.17.0.0/16\noperator g reserved vpn 172.17.0.0/16", 2, 0},
		{"host@a f reserved docker0 172.17.0.0/16,fd00::/64\nhost@b g reserved docker0 172.17.0.0/16,fd00::/64", 2, 0},
	} {
		out, places := sameOnHosts(newView(statedBy(t, tt.in)).reserved)
		if len(out) != tt.one || len(places[out[0]]) != tt.places {
			t.Errorf("%q: %d with %d more places, want %d with %d", tt.in, len(out), len(places[out[0]]), tt.one, tt.places)
		}
	}
}
