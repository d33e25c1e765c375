package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// wantedPods is the pod range to propose where none is set: flannel's Network where it is known, else flannel's default.
func (c *checker) wantedPods() (text string, from *fact.Statement) {
	if len(c.networks) > 0 {
		return joinHeld(c.networks), c.networks[0].s
	}
	return "10.244.0.0/16", nil
}

// withoutSubnet returns the nodes that are registered and hold no subnet.
func (c *checker) withoutSubnet() []*nodeView {
	var ns []*nodeView
	for _, n := range c.nodes {
		if n.missing() {
			ns = append(ns, n)
		}
	}
	return ns
}

// withSubnet counts the nodes that hold a subnet.
func (c *checker) withSubnet() int {
	n := 0
	for _, x := range c.nodes {
		if len(x.pods) > 0 {
			n++
		}
	}
	return n
}

func nodeNames(ns []*nodeView) []string {
	var out []string
	for _, n := range ns {
		out = append(out, n.name)
	}
	return out
}

func nodePlaces(ns []*nodeView) []fact.Place {
	var out []fact.Place
	for _, n := range ns {
		s := n.place()
		if s == nil {
			continue
		}
		note := "node " + n.name + " holds no pod subnet"
		if len(n.pods) > 0 {
			note = "node " + n.name + " holds " + writes(s)
		}
		out = append(out, placeOf(s, note))
		if len(out) == maxPlaces {
			break
		}
	}
	return out
}

// sawUnassigned reports whether somebody saw a program miss its pod subnet.
func (c *checker) sawUnassigned() bool {
	for _, s := range c.view.symptoms {
		if s.Component == fact.Flannel && len(s.Symptom.Rules) > 0 && s.Symptom.Rules[0] == fact.RulePodCIDRUnset {
			return true
		}
	}
	return false
}

var rulePodCIDRUnset = rule{
	rank:    30,
	changes: []fact.Component{fact.ControllerManager, fact.Kubeadm},
	about: fact.Rule{
		ID: fact.RulePodCIDRUnset, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "No cluster pod range reaches kube-controller-manager",
		Cause:  "kubeadm init without --pod-network-cidr or networking.podSubnet (their default is empty), or a manifest without --cluster-cidr.",
		Effect: "No Node gets a podCIDR. flannel ends with \"pod cidr not assigned\", its pods restart for ever, nodes stay NotReady.",
		Mend:   "give kube-controller-manager --allocate-node-cidrs=true and --cluster-cidr on every control-plane host, and networking.podSubnet in the kubeadm-config ConfigMap",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand, v1.37.2; flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	find: (*checker).podCIDRUnset,
}

// podCIDRUnset: no cluster pod range reaches the controller manager.
func (c *checker) podCIDRUnset() {
	if c.ownIPAM() || len(c.pods) > 0 {
		return
	}
	var denied []*fact.Statement
	refused := false
	for _, k := range c.managerViews() {
		denied = append(denied, k.denied...)
		if len(k.denied) > 0 && k.allocate {
			refused = true
		}
	}
	if !refused && c.subnetsFromEtcd() && !c.sawUnassigned() {
		return
	}
	missing := c.withoutSubnet()
	if len(denied) == 0 && len(c.controllers) == 0 && c.usesFlannel() && (len(missing) > 0 || c.sawUnassigned()) && c.withSubnet() == 0 {
		// kubeadm writes the pod range into kube-proxy's configuration: an empty one shows that there is none.
		for _, p := range c.proxies {
			if p.deniesPods() {
				denied = append(denied, p.pods...)
			}
		}
	}
	if len(denied) == 0 {
		return
	}
	want, from := c.wantedPods()
	f := fact.Finding{Rule: fact.RulePodCIDRUnset, Severity: fact.Warning, Subjects: nodeNames(missing), Args: args(argNode, missing, "wanted", want)}
	needed := c.usesFlannel() || c.sawUnassigned()
	switch {
	case refused, needed && (len(missing) > 0 || c.withSubnet() == 0):
		f.Severity = fact.Error
	case c.withSubnet() > 0 && len(missing) == 0 && denied[0].Component == fact.Kubeadm:
		return // the nodes have their subnets from elsewhere
	}
	first := denied[0]
	f.Args = append(f.Args, args("program", first.Component, argHost, first.Host)...)
	var b strings.Builder
	if first.Component == fact.Kubeadm {
		flags := "without --cluster-cidr and --allocate-node-cidrs"
		if refused {
			flags = "with --allocate-node-cidrs, which it does not take without --cluster-cidr"
		}
		fmt.Fprintf(&b, "no pod range is given to kubeadm: neither --pod-network-cidr nor networking.podSubnet, whose default is empty; kube-controller-manager is started %s, so nobody fills spec.podCIDR", flags)
	} else if first.Component == fact.KubeProxy {
		b.WriteString("clusterCIDR of kube-proxy is empty, and kubeadm fills it from the pod range: so kubeadm was given none (--pod-network-cidr, networking.podSubnet), and kube-controller-manager runs without --cluster-cidr and --allocate-node-cidrs")
	} else {
		b.WriteString(string(first.Component))
		if first.Host != "" {
			b.WriteString(" of " + first.Host)
		}
		b.WriteString(": --cluster-cidr is not set")
		if s := kubeadmPods(c.view); s != nil {
			fmt.Fprintf(&b, ", although %s says %s", who(s), writes(s))
			f.Where = append(f.Where, placeOf(s, "podSubnet "+writes(s)+" does not reach the controller manager"))
			if from == nil {
				want = joinHeld(heldBy(s))
			}
		}
		if !c.anyAllocates() {
			b.WriteString(", and --allocate-node-cidrs is not set either")
		}
		b.WriteString(": nobody fills spec.podCIDR of the nodes")
	}
	if from != nil {
		fmt.Fprintf(&b, "; %s is %s, and every node's subnet has to come out of that range", who(from), want)
		f.Where = append(f.Where, placeOf(from, "pods "+want))
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, "; %s %s no podCIDR", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
	}
	if f.Severity == fact.Warning {
		b.WriteString("; a network that does its own address management can live with that, flannel cannot")
	}
	f.Message = b.String()
	var where []fact.Place
	for _, s := range denied {
		where = append(where, placeOf(s, "no pod range here"))
	}
	f.Where = append(where, f.Where...)
	if refused {
		f.RefusedBy = []fact.Component{fact.ControllerManager}
	}
	f.Fix = []string{
		"in /etc/kubernetes/manifests/kube-controller-manager.yaml of every control-plane host add --allocate-node-cidrs=true and --cluster-cidr=" + want,
		"for the next upgrade to keep it: kubectl -n kube-system edit configmap kubeadm-config, and set networking.podSubnet: " + want,
		"on a cluster that is still empty instead: kubeadm reset, then kubeadm init --pod-network-cidr=" + want,
	}
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}

// managerViews returns the controllers, and where there are none because nothing is known of one, nil.
func (c *checker) managerViews() []*managerView { return c.controllers }

// anyAllocates reports whether one controller has --allocate-node-cidrs.
func (c *checker) anyAllocates() bool {
	return slices.ContainsFunc(c.controllers, func(k *managerView) bool { return k.allocate })
}

// kubeadmPods returns the pod range that kubeadm is given, nil for none.
func kubeadmPods(v *view) *fact.Statement {
	for _, src := range v.kubeadms {
		for _, s := range src.pods {
			if len(maskedPrefixes(s)) > 0 {
				return s
			}
		}
	}
	return nil
}

var ruleAllocateNodeCIDRsOff = rule{
	rank:    40,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleAllocateNodeCIDRsOff, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "A cluster range is there, but --allocate-node-cidrs is absent or false, or node IPAM is switched off",
		Cause:  "The flag was removed, was never written, or stands as two list items with \"false\".",
		Effect: "kube-controller-manager ignores --cluster-cidr; no Node gets a podCIDR.",
		Mend:   "set --allocate-node-cidrs=true in kube-controller-manager.yaml on every control-plane host",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go newNodeIpamController, v1.37.2",
	},
	find: (*checker).allocationOff,
}

// allocationOff: a range is there, and nobody is told to hand it out.
func (c *checker) allocationOff() {
	if c.ownIPAM() || c.subnetsFromEtcd() && !c.sawUnassigned() {
		return
	}
	var off []*managerView
	for _, k := range c.controllers {
		if len(k.pods) == 0 {
			continue
		}
		if k.serves() {
			return // one of several: the controllers differ
		}
		off = append(off, k)
	}
	if len(off) == 0 {
		return
	}
	missing := c.withoutSubnet()
	f := fact.Finding{Rule: fact.RuleAllocateNodeCIDRsOff, Severity: fact.Error, Subjects: nodeNames(missing), Args: args(argNode, missing, argPods, off[0].pods, argHost, off[0].host)}
	others := len(missing) == 0 && c.withSubnet() > 0
	if others {
		f.Severity = fact.Info
		f.Effect = "none, while something else hands out node subnets, such as a cloud controller manager"
	}
	k := off[0]
	if !others && len(missing) == 0 && !c.needsPodCIDR() {
		f.Severity = fact.Warning // an own address management, or routes by hand, can do without
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s has the pod range %s, but ", k.label(), joinHeld(k.pods))
	switch {
	case !k.ipam:
		b.WriteString("--controllers switches the node IPAM controller off")
		if k.ipamAt.Text != "" {
			fmt.Fprintf(&b, " (%s)", k.ipamAt.Text)
		}
	case k.allocAt == nil || k.allocAt.Default:
		b.WriteString("--allocate-node-cidrs is not given, and its default is false")
	default:
		fmt.Fprintf(&b, "--allocate-node-cidrs is %s", quoted(k.allocAt))
	}
	if others {
		b.WriteString("; the registered nodes have a subnet all the same, so something else hands them out, or did")
	} else {
		b.WriteString(": nobody hands out node subnets and spec.podCIDR stays empty")
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, "; %s %s none", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
	}
	f.Message = b.String()
	for _, k := range off {
		if !k.ipam {
			f.Where = append(f.Where, placeOf(k.ipamAt, "node IPAM is off"))
		}
		if k.allocAt != nil {
			f.Where = append(f.Where, placeOf(k.allocAt, "--allocate-node-cidrs is off"))
		}
		f.Where = append(f.Where, placeOf(k.podsAt, "pods "+joinHeld(k.pods)))
		if k.host != "" {
			f.Subjects = append(f.Subjects, k.host)
		}
	}
	f.Fix = []string{
		"in /etc/kubernetes/manifests/kube-controller-manager.yaml of every control-plane host set --allocate-node-cidrs=true; the kubelet restarts the pod by itself",
	}
	if !k.ipam {
		f.Fix = []string{"remove -nodeipam (or -node-ipam-controller) from --controllers of kube-controller-manager on every control-plane host, with --allocate-node-cidrs=true"}
	}
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}

// A variant is one value of a flag and the hosts that have it.
type variant struct {
	value string
	hosts []string
	at    []*fact.Statement
	held  []held
}

var ruleControlPlaneFlagsDiffer = rule{
	rank:    60,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleControlPlaneFlagsDiffer, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "Control-plane hosts do not carry the same ranges or masks",
		Cause:  "One host was installed or edited with other values; kubeadm join and upgrade write manifests from the ConfigMap, hand edits stay on one host.",
		Effect: "It depends on which host leads: node subnets come out of different ranges, or kube-controller-manager of the odd host ends as soon as it leads.",
		Mend:   "write the same values into the manifests of every control-plane host and into the kubeadm-config ConfigMap",
		Source: "kubernetes/kubernetes#50305, #75461, #95948; k3s-io/k3s#4708",
	},
	find: (*checker).controlPlanes,
}

// controlPlanes: hosts of one control plane that do not carry the same ranges.
func (c *checker) controlPlanes() {
	type flag struct {
		name string
		vs   []variant
	}
	var flags []flag
	add := func(name string, srcs []*sourceView, get func(*sourceView) (string, *fact.Statement, []held)) {
		var vs []variant
		for _, src := range srcs {
			value, s, hs := get(src)
			if s == nil {
				s = src.first
			}
			host := src.host
			if host == "" {
				host = src.file
			}
			i := slices.IndexFunc(vs, func(v variant) bool { return v.value == value })
			if i < 0 {
				vs = append(vs, variant{value: value, held: hs})
				i = len(vs) - 1
			}
			vs[i].hosts = append(vs[i].hosts, host)
			vs[i].at = append(vs[i].at, s)
		}
		if len(vs) > 1 {
			flags = append(flags, flag{name, vs})
		}
	}
	managers := differentHosts(c.managers)
	add("kube-controller-manager --cluster-cidr", managersThat(managers, func(s *sourceView) bool { return len(s.pods) > 0 }), func(s *sourceView) (string, *fact.Statement, []held) {
		return rangesText(s.pods[0]), s.pods[0], heldBy(s.pods[0])
	})
	add("kube-controller-manager --service-cluster-ip-range", managersThat(managers, func(s *sourceView) bool { return s.services != nil }), func(s *sourceView) (string, *fact.Statement, []held) {
		return rangesText(s.services), s.services, nil
	})
	add("kube-apiserver --service-cluster-ip-range", managersThat(differentHosts(c.servers), func(s *sourceView) bool { return s.services != nil }), func(s *sourceView) (string, *fact.Statement, []held) {
		return rangesText(s.services), s.services, nil
	})
	add("kube-controller-manager --allocate-node-cidrs", managers, func(s *sourceView) (string, *fact.Statement, []held) {
		return fmt.Sprint(s.bool(fact.SettingAllocate, false)), s.set[fact.SettingAllocate], nil
	})
	for _, m := range []fact.Setting{fact.SettingNodeMask, fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6} {
		add("kube-controller-manager --"+strings.Replace(string(m), "node-mask", "node-cidr-mask-size", 1), managers, func(s *sourceView) (string, *fact.Statement, []held) {
			st := s.set[m]
			if st == nil || st.Int == 0 {
				return "nothing", st, nil
			}
			return fmt.Sprint(st.Int), st, nil
		})
	}
	if len(flags) == 0 {
		c.oneHostTwice()
		return
	}
	f := fact.Finding{Rule: fact.RuleControlPlaneFlagsDiffer, Severity: fact.Error}
	for _, fl := range flags {
		for _, v := range fl.vs {
			f.Args = append(f.Args, args(argHost, v.hosts, fl.name, v.value)...)
		}
	}
	var parts []string
	odd, why := map[string]bool{}, ""
	var trusted []string
	var right []held // the pod range that is taken to be right
	for _, fl := range flags {
		var vs []string
		for _, v := range fl.vs {
			vs = append(vs, fmt.Sprintf("%s %s %s", words.NameList(v.hosts), choose(len(v.hosts), "has", "have"), strings.Replace(v.value, "nothing", "none", 1)))
			for _, s := range v.at {
				f.Where = append(f.Where, placeOf(s, fl.name+" "+v.value))
			}
		}
		parts = append(parts, fl.name+" differs between control-plane hosts: "+strings.Join(vs, "; "))
		best, reason := c.rightOne(fl.vs)
		if len(trusted) > 0 {
			// A host that is right about one flag is taken to be right about all.
			if i := slices.IndexFunc(fl.vs, func(v variant) bool { return slices.Contains(v.hosts, trusted[0]) }); i >= 0 {
				best = i
			}
		}
		if best >= 0 {
			why = cmp.Or(why, reason)
			if trusted == nil {
				trusted = fl.vs[best].hosts
			}
			if right == nil {
				right = fl.vs[best].held
			}
			for i, v := range fl.vs {
				if i != best {
					for _, h := range v.hosts {
						odd[h] = true
					}
					f.Fix = append(f.Fix, fmt.Sprintf("on %s set %s to %s, as on %s", words.NameList(v.hosts), fl.name, fl.vs[best].value, words.NameList(fl.vs[best].hosts)))
				}
			}
		} else {
			f.Fix = append(f.Fix, "decide which value of "+fl.name+" is right and write it on every control-plane host")
		}
	}
	f.Message = strings.Join(parts, ". ")
	var names []string
	for h := range odd {
		names = append(names, h)
	}
	slices.Sort(names)
	if len(names) > 0 {
		f.Message += fmt.Sprintf("; %s: %s %s the odd one%s", why, words.NameList(names), choose(len(names), "is", "are"), choose(len(names), "", "s"))
	}
	f.Subjects = names
	f.Fix = append(f.Fix, "make the kubeadm-config ConfigMap say the same, since kubeadm upgrade and join write the manifests from it")
	if right != nil && slices.ContainsFunc(c.nodes, func(n *nodeView) bool {
		return slices.ContainsFunc(n.subs, func(h held) bool { return !withinAny(right, h.p) })
	}) {
		f.Fix = append(f.Fix, "then drain, delete and register again the nodes whose podCIDR lies outside "+joinHeld(right))
	}
	c.add(f)
}

// twoFiles is the variant of [fact.RuleControlPlaneFlagsDiffer] for two files of one host.
const twoFiles fact.Variant = "two-files"

// oneHostTwice: two files describe one program of one host and do not say the same. The kubelet takes every file in its folder
// of manifests whose name does not begin with a dot, a backup as well: k8s.io/kubernetes v1.37.2 pkg/kubelet/config/file.go.
func (c *checker) oneHostTwice() {
	type value struct {
		flag string
		of   func(*sourceView) *fact.Statement
	}
	pods := value{"--cluster-cidr", func(s *sourceView) *fact.Statement {
		if len(s.pods) == 0 {
			return nil
		}
		return s.pods[0]
	}}
	services := value{"--service-cluster-ip-range", func(s *sourceView) *fact.Statement { return s.services }}
	for _, group := range []struct {
		srcs   []*sourceView
		values []value
	}{{c.managers, []value{pods, services}}, {c.servers, []value{services}}} {
		for i, a := range group.srcs {
			for _, b := range group.srcs[:i] {
				if a.file == b.file || !sameName(a.host, b.host) || isLog(a.file) || isLog(b.file) {
					continue
				}
				f := fact.Finding{Rule: fact.RuleControlPlaneFlagsDiffer, Variant: twoFiles, Severity: fact.Warning, Args: args("program", a.comp, "file", a.file, "file", b.file, argHost, a.host)}
				first, second := path.Base(b.file), path.Base(a.file)
				if first == second {
					first, second = b.file, a.file
				}
				var parts []string
				for _, v := range group.values {
					x, y := v.of(b), v.of(a)
					if x == nil || y == nil || rangesText(x) == rangesText(y) {
						continue
					}
					parts = append(parts, fmt.Sprintf("%s is %s in %s and %s in %s", v.flag, rangesText(x), first, rangesText(y), second))
					f.Where = append(f.Where, placeOf(x, v.flag+" "+rangesText(x)), placeOf(y, v.flag+" "+rangesText(y)))
				}
				if len(parts) == 0 {
					continue
				}
				of := ""
				if a.host != "" {
					of = " of " + a.host
					f.Subjects = []string{a.host}
				}
				f.Message = fmt.Sprintf("two files describe %s%s and do not say the same: %s; the kubelet runs every file in its folder of manifests, whatever its ending, so a copy that is kept there is a second definition of the same pod", a.comp, of, strings.Join(parts, ", and "))
				f.Effect = "which of the two runs is left to chance, if both lie in the folder of manifests"
				f.Fix = []string{
					"keep the one that is meant, and move the other out of /etc/kubernetes/manifests, to another folder and not to another name" + moveCopy(a.file, b.file),
					"where it lies elsewhere already, nothing is wrong: leave it out of what is checked",
				}
				c.add(f)
				return
			}
		}
	}
}

// moveCopy is the command that moves a copy away, where the name of one of two files shows it to be the copy.
func moveCopy(a, b string) string {
	manifest := func(f string) bool {
		return slices.Contains([]string{".yaml", ".yml", ".json", ".manifest"}, path.Ext(f))
	}
	if manifest(a) {
		a, b = b, a
	}
	if manifest(a) || !manifest(b) {
		return ""
	}
	return ": mv /etc/kubernetes/manifests/" + path.Base(a) + " /root/"
}

// isLog reports whether a file is a log by its name: what a program printed at an earlier start need not be in force.
func isLog(file string) bool { return path.Ext(file) == ".log" || path.Ext(file) == ".txt" }

func rangesText(s *fact.Statement) string {
	if !isStated(s) {
		return "nothing"
	}
	if hs := heldBy(s); len(hs) > 0 {
		return joinHeld(hs)
	}
	return s.Text
}

func managersThat(srcs []*sourceView, keep func(*sourceView) bool) []*sourceView {
	var out []*sourceView
	for _, s := range srcs {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}

// sameName reports whether two sources are of one host: sources that name none are taken for one.
func sameName(a, b string) bool { return a == b || sameHost(a, b) }

// differentHosts returns the sources to compare, one for each host; none where all are of one host. Of several sources of
// one host the first counts: a log repeats, perhaps from earlier, what the manifest says.
func differentHosts(srcs []*sourceView) []*sourceView {
	var out []*sourceView
	for _, s := range srcs {
		if !slices.ContainsFunc(out, func(o *sourceView) bool { return sameName(o.host, s.host) }) {
			out = append(out, s)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// rightOne decides which variant is the right one: that which holds the subnets of the registered nodes, else flannel's
// or kubeadm's, else what more than half of the hosts have. It returns -1 where nothing decides.
func (c *checker) rightOne(vs []variant) (int, string) {
	best, bestCount := -1, 0
	tie := false
	for i, v := range vs {
		if len(v.held) == 0 {
			continue
		}
		n := 0
		for _, nd := range c.nodes {
			if len(nd.subs) > 0 && withinAny(v.held, nd.subs[0].p) {
				n++
			}
		}
		switch {
		case n > bestCount:
			best, bestCount, tie = i, n, false
		case n == bestCount:
			tie = true
		}
	}
	if best >= 0 && !tie {
		return best, fmt.Sprintf("%s %s subnets of %s", countOf(bestCount, "registered node"), choose(bestCount, "holds", "hold"), vs[best].value)
	}
	if kp := heldBy(kubeadmPods(c.view)); len(kp) > 0 {
		for i, v := range vs {
			if equalRanges(v.held, kp) {
				return i, "kubeadm's configuration says " + v.value
			}
		}
	}
	for i, v := range vs {
		if len(v.held) == 1 && slices.ContainsFunc(c.networks, func(h held) bool { return h.p == v.held[0].p }) {
			return i, "flannel's Network is " + v.value
		}
	}
	set := -1
	for i, v := range vs {
		if len(v.held) > 0 {
			if set >= 0 {
				set = -1
				break
			}
			set = i
		}
	}
	if set >= 0 {
		return set, "only " + words.NameList(vs[set].hosts) + " " + choose(len(vs[set].hosts), "names", "name") + " a range"
	}
	total := 0
	for _, v := range vs {
		total += len(v.hosts)
	}
	for i, v := range vs {
		if 2*len(v.hosts) > total {
			return i, fmt.Sprintf("%d of %d hosts say %s", len(v.hosts), total, v.value)
		}
	}
	return -1, ""
}

var ruleKubeadmConfigDrift = rule{
	rank:    510,
	changes: []fact.Component{fact.Kubeadm, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleKubeadmConfigDrift, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "The manifests carry other ranges than kubeadm's configuration",
		Cause:  "A manifest or the ConfigMap was edited by hand.",
		Effect: "The next kubeadm upgrade or join writes kubeadm's value on that host alone.",
		Mend:   "make the kubeadm-config ConfigMap say what the manifests say",
		Source: "kubernetes/kubeadm#541, #950, #2157",
	},
	find: (*checker).kubeadmDrift,
}

// kubeadmDrift: the manifests carry other ranges than kubeadm's configuration, from which the next upgrade writes them.
func (c *checker) kubeadmDrift() {
	if k := kubeadmPods(c.view); k != nil {
		for _, m := range c.managers {
			if len(m.pods) == 0 || len(maskedPrefixes(m.pods[0])) == 0 {
				continue
			}
			if !equalRanges(heldBy(k), heldBy(m.pods[0])) {
				c.drift(k, m.pods[0], "pod range")
				break
			}
		}
	}
	var k *fact.Statement
	for _, src := range c.kubeadms {
		if s := src.services; s != nil && !s.Default && len(maskedPrefixes(s)) > 0 {
			k = s
			break
		}
	}
	if k == nil {
		return
	}
	for _, src := range slices.Concat(c.servers, c.managers) {
		if s := src.services; len(maskedPrefixes(s)) > 0 && !equalRanges(heldBy(k), heldBy(s)) {
			c.drift(k, s, "service range")
			return
		}
	}
}

func (c *checker) drift(k, s *fact.Statement, what string) {
	c.add(fact.Finding{
		Rule: fact.RuleKubeadmConfigDrift, Args: args("kubeadm", k, "runs", s, "program", s.Component, argHost, s.Host),
		Message: fmt.Sprintf("%s is %s, but %s is %s: the program's own flag is in force, and the next kubeadm upgrade or join writes kubeadm's %s",
			who(k), writes(k), who(s), writes(s), what),
		Where: []fact.Place{placeOf(s, what+" "+writes(s)+", in force"), placeOf(k, what+" "+writes(k))},
		Fix: []string{
			fmt.Sprintf("kubectl -n kube-system edit configmap kubeadm-config, and set the %s to %s if what runs is right", what, writes(s)),
			"or change the manifests of every control-plane host, if kubeadm's value is right and no node holds a subnet of the other range",
		},
	})
}

var ruleServiceRangeMismatch = rule{
	rank:    70,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleServiceRangeMismatch, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "--service-cluster-ip-range differs between kube-apiserver and kube-controller-manager of one host",
		Cause:  "One of two manifests was edited.",
		Effect: "Node subnets may be cut out of the service range, services get addresses that the controller manager does not keep free.",
		Mend:   "set --service-cluster-ip-range of kube-controller-manager to the value of kube-apiserver",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange, v1.37.2",
	},
	find:  (*checker).serviceMismatch,
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer},
}

// serviceMismatch: kube-apiserver and kube-controller-manager of one host disagree about the service range.
func (c *checker) serviceMismatch() {
	for _, a := range c.servers {
		if a.services == nil {
			continue
		}
		as := a.services
		if !isStated(as) {
			as = apiServerServices(as)
		}
		for _, m := range c.managers {
			if !isStated(m.services) || !c.together(a, m) {
				continue
			}
			x, y := heldBy(as), heldBy(m.services)
			if len(x) == 0 || len(y) == 0 || equalRanges(x, y) {
				continue
			}
			sev := fact.Error
			if len(y) == 1 && len(x) == 2 && x[0].p == y[0].p {
				sev = fact.Warning // the second family is only not kept away from
			}
			host := cmp.Or(a.host, m.host)
			what := "kube-controller-manager keeps node subnets away from a service range that the API server does not use"
			if sev == fact.Warning {
				what = "kube-controller-manager is not told the second service range, and does not keep node subnets away from it"
			}
			f := fact.Finding{
				Rule: fact.RuleServiceRangeMismatch, Severity: sev, Args: args("services", x, "controllers", y, argHost, host),
				Message: fmt.Sprintf("the service range is %s and %s: %s", says(as), says(m.services), what),
				Where:   []fact.Place{placeOf(as, "services "+writes(as)), placeOf(m.services, "services "+writes(m.services))},
				Fix: []string{
					fmt.Sprintf("set --service-cluster-ip-range=%s in kube-controller-manager.yaml on every control-plane host; the API server's range is the one that services live in", joinHeld(x)),
				},
			}
			if host != "" {
				f.Subjects = []string{host}
				f.Message = "on " + host + ": " + f.Message
			}
			if cause := c.cause(fact.RuleControlPlaneFlagsDiffer); cause != nil && len(c.servers) > 1 {
				// Hosts that differ from each other and inside themselves: one finding is enough where the odd host is named.
				f.Severity = fact.Error
			}
			c.add(f)
		}
	}
}

// together reports whether two control-plane sources stand for one host, or may.
func (c *checker) together(a, b *sourceView) bool {
	return sameName(a.host, b.host) || len(c.servers) == 1 && len(c.managers) == 1
}

var ruleServiceRangeTooLarge = rule{
	rank:    100,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleServiceRangeTooLarge, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsCluster,
		Title:  "The service range has more addresses than kube-apiserver or kubeadm takes",
		Cause:  "A /8, or an IPv6 range longer than needed: /64 instead of /112.",
		Effect: "kube-apiserver before 1.34 and every kubeadm refuse more than 20 host bits: /12 for IPv4, /108 for IPv6.",
		Mend:   "use /12 or longer for IPv4, /108 or longer for IPv6",
		Source: "k8s.io/kubernetes cmd/kube-apiserver/app/options/validation.go validateMaxCIDRRange; cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateIPNetFromString, v1.37.2",
	},
	find: (*checker).serviceSize,
}

var ruleServiceRangeTooSmall = rule{
	rank:    110,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleServiceRangeTooSmall, Severity: fact.Error, Disturbs: fact.DisturbsCluster,
		Title:  "The service range has fewer addresses than kubeadm needs",
		Cause:  "A /29 or longer.",
		Effect: "kubeadm asks for 10 addresses, since DNS takes the 10th; kube-apiserver for 8.",
		Mend:   "use /28 or shorter (/124 for IPv6); it cannot be widened later without much work",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateIPNetFromString, v1.37.2",
	},
	by: fact.RuleServiceRangeTooLarge,
}

// serviceSize: more addresses than the API server takes, or fewer than kubeadm needs.
func (c *checker) serviceSize() {
	type sized struct {
		h    held
		by   []fact.Component
		at   []fact.Place
		rel  fact.Version
		note string
	}
	var list []*sized
	add := func(src *sourceView, s *fact.Statement) {
		for _, h := range heldBy(s) {
			i := slices.IndexFunc(list, func(o *sized) bool { return o.h.p == h.p })
			if i < 0 {
				list = append(list, &sized{h: h, rel: c.view.release(src), note: c.view.releaseNote(src)})
				i = len(list) - 1
			}
			if !slices.Contains(list[i].by, s.Component) {
				list[i].by = append(list[i].by, s.Component)
			}
			list[i].at = append(list[i].at, placeOf(s, "services "+h.text()))
		}
	}
	for _, src := range slices.Concat(c.servers, c.kubeadms, c.managers, c.extraArgs) {
		if isStated(src.services) {
			add(src, src.services)
		}
	}
	for _, x := range list {
		bits := fact.FamilyOf(x.h.p).Bits()
		host := bits - x.h.p.Bits()
		kubeadm := slices.Contains(x.by, fact.Kubeadm)
		// k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go validateMaxCIDRRange; the cap fell in 1.34.
		capped := x.rel.Before(fact.V(1, 34, 0))
		switch {
		case host > 20 && (capped || kubeadm || bits == 128 && host > 64):
			f := fact.Finding{Rule: fact.RuleServiceRangeTooLarge, Severity: fact.Error, Where: x.at, Args: args("services", x.h, "release", x.rel, argHost, x.h.s.Host)}
			limit := bits - 20
			f.Message = fmt.Sprintf("%s: a service range of /%d has %d host bits, more than the 20 that are allowed: for %d-bit addresses the length must be /%d or longer%s",
				x.h.says(), x.h.p.Bits(), host, bits, limit, x.note)
			if capped {
				f.RefusedBy = append(f.RefusedBy, fact.APIServer)
			}
			if kubeadm && !x.rel.Before(fact.V(1, 20, 0)) {
				f.RefusedBy = append(f.RefusedBy, fact.Kubeadm)
			}
			if !capped && !kubeadm {
				f.Message = fmt.Sprintf("%s: the API server takes no IPv6 service range shorter than /64 and hands out no address of it", x.h.says())
				limit = 64
			}
			fit := netip.PrefixFrom(x.h.p.Addr(), limit)
			if bits == 128 {
				fit = netip.PrefixFrom(x.h.p.Addr(), 112)
			}
			f.Fix = []string{fmt.Sprintf("use a service range of /%d or longer, such as %v, in the API server, the controller manager and kubeadm's networking.serviceSubnet", limit, fit)}
			c.add(f)
		case host > 20 && c.kubeFrom == nil && x.rel == fact.NewestKubernetes():
			c.add(fact.Finding{
				Rule: fact.RuleServiceRangeTooLarge, Severity: fact.Warning, Where: x.at, Args: args("services", x.h, argHost, x.h.s.Host),
				Message: fmt.Sprintf("%s: %d host bits; the API server takes more than 20 only since Kubernetes 1.34, and kubeadm never%s", x.h.says(), host, x.note),
			})
		case host < 4:
			f := fact.Finding{Rule: fact.RuleServiceRangeTooSmall, Severity: fact.Error, Where: x.at, Args: args("services", x.h, argHost, x.h.s.Host)}
			f.Message = fmt.Sprintf("%s: a service range of /%d has %d %s; kube-apiserver needs at least 8, and kubeadm 10 (the DNS service takes the 10th address), so /%d is the smallest",
				x.h.says(), x.h.p.Bits(), 1<<host, choose(1<<host, "address", "addresses"), bits-4)
			if slices.Contains(x.by, fact.APIServer) && host < 3 {
				f.RefusedBy = append(f.RefusedBy, fact.APIServer)
			}
			if kubeadm {
				f.RefusedBy = append(f.RefusedBy, fact.Kubeadm)
				if host < 3 && !slices.Contains(f.RefusedBy, fact.APIServer) {
					f.RefusedBy = append(f.RefusedBy, fact.APIServer)
				}
			}
			f.Fix = []string{fmt.Sprintf("use a service range of /%d or shorter; it cannot be changed later without touching certificates, kubelets and the DNS service, so leave room: /%d", bits-4, bits-16)}
			c.add(f)
		}
	}
}

var ruleNodeMaskTooShort = rule{
	rank:    130,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskTooShort, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "A node's subnet is larger than the whole pod range",
		Cause:  "A pod range of /25 or longer with the default mask of /24, or of /65 and longer for IPv6.",
		Effect: "kube-controller-manager ends with \"mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size\"; kubeadm since 1.20 refuses it.",
		Mend:   "use a shorter pod range, or a longer node mask",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController, v1.37.2",
	},
	find: (*checker).maskLimits,
}

var ruleNodeMaskTooFar = rule{
	rank:    140,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskTooFar, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "The node mask is more than 16 bits longer than the pod range",
		Cause:  "An IPv6 range of /47 or shorter with the default mask of /64; an IPv4 range of /7.",
		Effect: "kube-controller-manager ends with \"New CIDR set failed; the node CIDR size is too big\" (IPv6); kubeadm since 1.20 refuses both families.",
		Mend:   "use a longer pod range, or a shorter node mask",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go NewCIDRSet clusterSubnetMaxDiff, v1.37.2",
	},
	by: fact.RuleNodeMaskTooShort,
}

// maskLimits: a node's subnet that is larger than the whole range, or too small a part of it.
func (c *checker) maskLimits() {
	done := map[string]bool{}
	for _, k := range c.controllers {
		if !k.allocate {
			continue // kubeadm and the controller manager look at masks only where subnets are handed out
		}
		for _, h := range k.pods {
			f := fact.FamilyOf(h.p)
			m, ms := k.mask(f)
			key := fmt.Sprint(h.p, m, ms == nil)
			if done[key] {
				continue
			}
			bits := h.p.Bits()
			where := []fact.Place{h.place("pods " + h.text())}
			if ms != nil {
				where = append(where, placeOf(ms, fmt.Sprintf("node mask /%d", m)))
			}
			switch {
			case m < bits:
				done[key] = true
				fd := fact.Finding{Rule: fact.RuleNodeMaskTooShort, Severity: fact.Error, Where: where, RefusedBy: []fact.Component{fact.ControllerManager}}
				fd.Args = args(argPods, h, "mask", m, argHost, h.s.Host)
				if k.predicted && !k.release.Before(fact.V(1, 20, 0)) {
					fd.RefusedBy = []fact.Component{fact.Kubeadm, fact.ControllerManager}
				}
				fd.Message = fmt.Sprintf("a node's subnet of /%d (%s) is larger than the whole pod range %s: not one fits, since /%d must be equal to or longer than /%d",
					m, maskNote(f, ms), h.says(), m, bits)
				fd.Fix = []string{
					fmt.Sprintf("use a pod range of /%d or shorter, 2^(%d-length) nodes fit into it", m, m),
					fmt.Sprintf("or make the nodes' subnets smaller: %s or more; in kubeadm under controllerManager.extraArgs", maskFlag(f, k, bits)),
				}
				c.add(fd)
			case m-bits > 16:
				done[key] = true
				fd := fact.Finding{Rule: fact.RuleNodeMaskTooFar, Severity: fact.Error, Where: where, Args: args(argPods, h, "mask", m, argHost, h.s.Host)}
				if f == fact.IPv6 {
					fd.RefusedBy = append(fd.RefusedBy, fact.ControllerManager)
				}
				if k.predicted && !k.release.Before(fact.V(1, 20, 0)) {
					fd.RefusedBy = append(fd.RefusedBy, fact.Kubeadm)
				}
				if len(fd.RefusedBy) == 0 && m <= f.Bits() {
					fd.Severity = fact.Warning // k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset NewCIDRSet checks IPv6 alone
				}
				fd.Message = fmt.Sprintf("a node's subnet of /%d (%s) is %d bits longer than the pod range %s; at most 16 bits are allowed between the two, so /%d is the longest mask for this range and /%d the shortest range for this mask",
					m, maskNote(f, ms), m-bits, h.says(), bits+16, m-16)
				if fd.Severity == fact.Warning {
					fd.Message += "; for IPv4 kube-controller-manager takes it, kubeadm refuses it"
				}
				fd.Fix = []string{
					fmt.Sprintf("use a pod range of /%d or longer, such as %v", m-16, netip.PrefixFrom(h.p.Addr(), min(m-16, f.Bits())).Masked()),
					fmt.Sprintf("or larger node subnets: %s or less", maskFlag(f, k, bits+16)),
				}
				if m > f.Bits() {
					c.noSuchMask(&fd, k, h, m, ms)
				}
				c.add(fd)
			}
		}
	}
}

// insteadOfPlain is the mend for a mask of no family beside a dual-stack range.
func insteadOfPlain(plain, four, six *fact.Statement) string {
	var miss []string
	if four == nil {
		miss = append(miss, fmt.Sprintf("--node-cidr-mask-size-ipv4=%d", min(plain.Int, 32)))
	}
	if six == nil {
		miss = append(miss, "--node-cidr-mask-size-ipv6=64")
	}
	if len(miss) == 0 {
		return fmt.Sprintf("remove it: --node-cidr-mask-size-ipv4=%d and --node-cidr-mask-size-ipv6=%d say it for each family", four.Int, six.Int)
	}
	return "replace it by " + strings.Join(miss, " and ")
}

// noSuchMask: the mask is longer than an address. The controller manager starts with it and hands out what is no prefix at all:
// k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset indexToCIDRBlock over net.CIDRMask.
func (c *checker) noSuchMask(f *fact.Finding, k *managerView, h held, m int, ms *fact.Statement) {
	fam := fact.FamilyOf(h.p)
	f.Message = fmt.Sprintf("a node's subnet of /%d (%s) cannot be: a prefix of %v ends at /%d, and the pod range is %s, %d bits shorter, where at most 16 are allowed",
		m, maskNote(fam, ms), fam, fam.Bits(), h.says(), m-h.p.Bits())
	f.Effect = "kube-controller-manager gives nodes the text <nil> for a podCIDR, which the API server refuses; no node gets a subnet"
	def := 24
	if fam == fact.IPv6 {
		def = 64
	}
	def = max(def, h.p.Bits())
	text := "the default"
	for _, n := range c.nodes {
		if subs := ofFamily(n.subs, fam); len(subs) > 0 && cidr.Contains(h.p, subs[0].p) {
			def, text = subs[0].p.Bits(), "which is what "+n.name+" holds"
			break
		}
	}
	f.Fix = []string{fmt.Sprintf("set %s, %s; the mask of IPv6 is --node-cidr-mask-size-ipv6, and belongs to a cluster that has an IPv6 range", maskFlag(fam, k, def), text)}
	if fam == fact.IPv6 {
		f.Fix[0] = fmt.Sprintf("set %s, %s", maskFlag(fam, k, def), text)
	}
	f.Disturbs = fact.DisturbsComponent
}

// maskFlag tells how k is given node subnets of /bits in family f: with the flag that it has already, since flags for one
// family and for both are refused together, and otherwise with the one that its release takes.
func maskFlag(f fact.Family, k *managerView, bits int) string {
	given := func(s fact.Setting) bool { st := k.masks[s]; return st != nil && st.Int != 0 }
	own := fact.SettingNodeMaskIPv4
	if f == fact.IPv6 {
		own = fact.SettingNodeMaskIPv6
	}
	set := fmt.Sprintf("--node-cidr-mask-size-%s=%d", strings.ToLower(f.String()), bits)
	switch {
	case k.dual() || given(own):
		return set
	case k.predicted && !k.release.Before(fact.V(1, 23, 0)):
		// kubeadm checks the pod range against the flags of a family alone.
		if given(fact.SettingNodeMask) {
			set += " in place of node-cidr-mask-size"
		}
		return set
	}
	return fmt.Sprintf("--node-cidr-mask-size=%d", bits)
}

var ruleNodeMaskFlagIgnored = rule{
	rank:    150,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "A node mask stands where it has no effect",
		Cause:  "node-cidr-mask-size in a dual-stack cluster, the flag of the other family, or among the arguments of another component.",
		Effect: "The mask is not used, and where the controller manager has the flag it does not start.",
		Mend:   "use --node-cidr-mask-size-ipv4 and -ipv6 in kube-controller-manager (kubeadm: controllerManager.extraArgs)",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes, v1.37.2",
	},
	find: (*checker).maskFlags,
}

// maskFlags: mask flags that the controller manager does not take for these ranges, or that nobody reads where they stand.
func (c *checker) maskFlags() {
	get := func(k *managerView, s fact.Setting) *fact.Statement {
		if st := k.masks[s]; st != nil && st.Int != 0 {
			return st
		}
		return nil
	}
	for _, k := range c.controllers {
		if len(k.pods) == 0 || !k.allocate {
			continue
		}
		plain, four, six := get(k, fact.SettingNodeMask), get(k, fact.SettingNodeMaskIPv4), get(k, fact.SettingNodeMaskIPv6)
		note := c.view.releaseNote(k.src)
		add := func(s *fact.Statement, why, fix string) {
			if c.alreadyAt(fact.RuleNodeMaskFlagIgnored, s.Pos) {
				return
			}
			c.add(fact.Finding{
				Rule: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, RefusedBy: []fact.Component{fact.ControllerManager},
				Args:    args("mask", s.Int, argPods, k.pods, argHost, s.Host),
				Message: fmt.Sprintf("%s %d: %s%s", who(s), s.Int, why, note),
				Where:   []fact.Place{placeOf(s, fmt.Sprintf("mask /%d", s.Int)), placeOf(k.podsAt, "pods "+joinHeld(k.pods))},
				Fix:     []string{fix},
			})
		}
		// Legality since 1.20: k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes.
		fams := familiesOf(k.pods)
		switch {
		case k.dual() && plain != nil:
			add(plain, fmt.Sprintf("--node-cidr-mask-size has no effect with the dual-stack range %s, and kube-controller-manager does not start with it", joinHeld(k.pods)),
				insteadOfPlain(plain, four, six))
		case len(fams) == 1 && fams[0] == fact.IPv4 && six != nil:
			add(six, fmt.Sprintf("an IPv6 node mask is not allowed while the pod range %s has IPv4 alone", joinHeld(k.pods)), "remove it, or add an IPv6 range to --cluster-cidr")
		case len(fams) == 1 && fams[0] == fact.IPv6 && four != nil:
			add(four, fmt.Sprintf("an IPv4 node mask is not allowed while the pod range %s has IPv6 alone", joinHeld(k.pods)), "remove it, or add an IPv4 range to --cluster-cidr")
		case len(fams) == 1 && plain != nil && (four != nil || six != nil):
			add(plain, "--node-cidr-mask-size cannot stand beside --node-cidr-mask-size-ipv4 or -ipv6", "keep one of the two")
		case len(fams) == 1 && (four != nil || six != nil) && !k.release.Before(fact.V(1, 17, 0)) && k.release.Before(fact.V(1, 23, 0)):
			s := cmp.Or(four, six)
			add(s, fmt.Sprintf("Kubernetes %v takes the flag of one family with a dual-stack range alone, and %s is single-stack", k.release, joinHeld(k.pods)),
				fmt.Sprintf("use --node-cidr-mask-size=%d", s.Int))
		}
		// kubeadm looks at the family flags alone since 1.21: cmd/kubeadm/app/apis/kubeadm/validation/validation.go.
		if k.predicted && plain != nil && !k.dual() && !k.release.Before(fact.V(1, 21, 0)) {
			h := k.pods[0]
			fam := fact.FamilyOf(h.p)
			def := 24
			if fam == fact.IPv6 {
				def = 64
			}
			name := "node-cidr-mask-size-" + strings.ToLower(fam.String())
			if d := def - h.p.Bits(); (d < 0 || d > 16) && plain.Int >= h.p.Bits() && plain.Int-h.p.Bits() <= 16 {
				c.add(fact.Finding{
					Rule: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, RefusedBy: []fact.Component{fact.Kubeadm},
					Args:    args("mask", plain.Int, argPods, h),
					Message: fmt.Sprintf("%s %d: since 1.21 kubeadm does not look at node-cidr-mask-size when it checks the pod range %s, only at %s; it assumes /%d and refuses%s", who(plain), plain.Int, h.says(), name, def, note),
					Where:   []fact.Place{placeOf(plain, fmt.Sprintf("mask /%d", plain.Int)), h.place("pods " + h.text())},
					Fix:     []string{fmt.Sprintf("name the flag %s: %q under controllerManager.extraArgs", name, fmt.Sprint(plain.Int))}, // before 1.23 a defect
				})
			}
		}
	}
	for _, s := range c.all {
		if s.Role != fact.RoleSetting || s.Int == 0 || s.Setting != fact.SettingNodeMask && s.Setting != fact.SettingNodeMaskIPv4 && s.Setting != fact.SettingNodeMaskIPv6 {
			continue
		}
		switch s.Component {
		case fact.APIServer, fact.Kubelet, fact.KubeProxy, fact.Flannel:
			if c.alreadyAt(fact.RuleNodeMaskFlagIgnored, s.Pos) {
				continue
			}
			f := fact.Finding{
				Rule: fact.RuleNodeMaskFlagIgnored, Severity: fact.Error, Args: args("mask", s.Int, "program", s.Component, argHost, s.Host),
				Message: fmt.Sprintf("%s %d: %s does not set the size of node subnets, kube-controller-manager does", who(s), s.Int, s.Component),
				Where:   []fact.Place{placeOf(s, "no effect here")},
				Fix:     []string{"move it to kube-controller-manager (kubeadm: controllerManager.extraArgs)"},
			}
			if s.Component != fact.Flannel {
				f.RefusedBy = []fact.Component{s.Component}
			}
			c.add(f)
		}
	}
}
