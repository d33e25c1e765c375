package check

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

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
	if c.hasKubeadmConfig() {
		f.Fix = append(f.Fix, "make the kubeadm-config ConfigMap say the same, since kubeadm upgrade and join write the manifests from it")
	}
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
