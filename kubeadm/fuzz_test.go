package kubeadm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func FuzzParseConfig(f *testing.F) {
	formtest.Archived(f, "testdata", func(data []byte) { f.Add(data) }, ".yaml", ".json")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := ParseConfig("f", data)
		again, _ := ParseConfig("f", data)
		formtest.SameAgain(t, c, again)
		formtest.CheckStatements(t, data, c.Statements())
		for _, minor := range []int{13, 19, 28, 35, 37} {
			v := fact.Version{Major: 1, Minor: minor}
			problems, _ := Validate("f", data, v)
			once, _ := Validate("f", data, v)
			formtest.SameAgain(t, problems, once)
			g, err := c.Generate(v)
			if refused := c.Refusals(v); (err != nil) != (len(refused) > 0) {
				t.Fatalf("Generate(%v) error %v, but Refusals %v", v, err, refused)
			}
			if err != nil {
				continue
			}
			// What is generated reads back as flags of the same values, where the flags are sound.
			l := commandLine(fact.ControllerManager, v, g.ControllerManager)
			if len(l.Parse().Errors) > 0 || len(c.Cluster.ControllerManagerArgs) > 0 {
				continue
			}
			if got := l.ControllerFlags(); got.ClusterCIDR != c.Cluster.PodSubnet.V || got.AllocateNodeCIDRs != (c.Cluster.PodSubnet.V != "") {
				t.Fatalf("%v: pod range %q is generated as %+v", v, c.Cluster.PodSubnet.V, got)
			}
		}
	})
}

func FuzzParseManifests(f *testing.F) {
	formtest.Archived(f, "testdata", func(data []byte) { f.Add(data) }, ".yaml", ".json")
	f.Fuzz(func(t *testing.T, data []byte) {
		ps, _ := ParseManifests("f", data)
		again, _ := ParseManifests("f", data)
		formtest.SameAgain(t, ps, again)
		for _, p := range ps {
			formtest.CheckStatements(t, data, p.Statements())
			p.Refusals(fact.Version{})
		}
	})
}

// FuzzParseKubelet is about the configurations of kubelet and of kube-proxy, which stand in files and in ConfigMaps.
func FuzzParseKubelet(f *testing.F) {
	formtest.Archived(f, "testdata", func(data []byte) { f.Add(data) }, ".yaml", ".json")
	for _, kind := range []string{
		"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
		"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n",
	} {
		f.Add([]byte(kind + "clusterDNS: [10.96.0.10, 'fd00::a']\nmaxPods: 250\npodCIDR: 10.244.0.0/24\n"))
		f.Add([]byte(kind + "clusterCIDR: 10.244.0.0/16,fd00:10:244::/56\nmode: ipvs\ndetectLocalMode: NodeCIDR\n"))
		f.Add([]byte("kind: ConfigMap\napiVersion: v1\nmetadata: {name: kube-proxy}\ndata:\n  config.conf: |\n    " + strings.ReplaceAll(kind, "\n", "\n    ") + "clusterCIDR: 10.244.0.0/16\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		kubelets, _ := ParseKubelet("f", data)
		proxies, _ := ParseKubeProxy("f", data)
		again, _ := ParseKubelet("f", data)
		formtest.SameAgain(t, kubelets, again)
		for _, k := range kubelets {
			formtest.CheckStatements(t, data, k.Statements())
		}
		for _, p := range proxies {
			formtest.CheckStatements(t, data, p.Statements())
		}
	})
}

func FuzzParseCommands(f *testing.F) {
	formtest.Archived(f, "testdata", func(data []byte) { f.Add(data) }, ".txt", ".sh", ".service")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := ParseCommands("f", data)
		again, _ := ParseCommands("f", data)
		formtest.SameAgain(t, c, again)
		formtest.CheckStatements(t, data, c.Statements())
		for _, k := range c.Kubeadm {
			k.Refusals(fact.Version{})
		}
	})
}

// quote writes a word for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// FuzzShellWords writes words in single and in double quotes, or with backslashes, and reads them back.
func FuzzShellWords(f *testing.F) {
	f.Add("--pod-network-cidr=10.244.0.0/16\x00a b\x00$HOME\x00it's\x00\x00\"q\"\x00#x\x00\\\x00;")
	f.Fuzz(func(t *testing.T, list string) {
		words := append([]string{"kubeadm", "init"}, strings.Split(list, "\x00")...)
		for _, style := range []func(string) string{
			quote,
			func(s string) string {
				return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(s) + `"`
			},
			func(s string) string {
				if s == "" || strings.Contains(s, "\n") {
					return quote(s)
				}
				return regexp.MustCompile(`(?s)[^a-zA-Z0-9_./=-]`).ReplaceAllStringFunc(s, func(r string) string { return `\` + r })
			},
		} {
			line := "kubeadm init"
			for _, w := range words[2:] {
				line += " " + style(w)
			}
			if !strings.HasPrefix(line, "kubeadm init ") || len(line) > maxShell {
				t.Skip()
			}
			got := shell{where: func(int) fact.Position { return fact.Position{} }}.commands(line)
			var texts []string
			if len(got) == 1 {
				for _, w := range got[0].words {
					texts = append(texts, w.Text)
				}
			}
			if !slices.Equal(texts, words) {
				t.Fatalf("%q\n reads as %q\n want     %q", line, texts, words)
			}
		}
	})
}

// FuzzExpandRefs compares expandRefs with a twin made of a regular expression.
func FuzzExpandRefs(f *testing.F) {
	for _, s := range []string{"$(A)", "$$(A)", "$(", "$", "$$", "${A}", "$A", "$(B)x$(A)", "$()", "$($(A))", "\xff$(A)$", "$é"} {
		f.Add(s)
	}
	vars := map[string]string{"A": "1", "B": "", "$(A": "nested"}
	token := regexp.MustCompile(`(?s)\$\$|\$\([^)]*\)|.`)
	f.Fuzz(func(t *testing.T, s string) {
		var want strings.Builder
		for _, m := range token.FindAllString(s, -1) {
			name, isRef := strings.CutPrefix(m, "$(")
			v, ok := vars[strings.TrimSuffix(name, ")")]
			switch {
			case m == "$$":
				want.WriteString("$")
			case isRef && ok && name != "":
				want.WriteString(v)
			default:
				want.WriteString(m)
			}
		}
		got, at := expandRefs(s, func(n string) (string, bool) { v, ok := vars[n]; return v, ok })
		if strings.ToValidUTF8(got, "?") != strings.ToValidUTF8(want.String(), "?") {
			t.Fatalf("expandRefs(%q) = %q, want %q", s, got, want.String())
		}
		if at != nil && len(at) != len(got) {
			t.Fatalf("expandRefs(%q): %d places for %d bytes", s, len(at), len(got))
		}
	})
}

// slowParse is a second reader of a command line, after the text of pflag's documentation: it walks the words with an index, keeps the
// values in a map and stops at the first thing that it does not understand. values are those of the flags about addresses.
func slowParse(args []string, kinds map[string]flagKind) (values map[string]string, bad bool) {
	values = map[string]string{}
	for i := 0; i < len(args); i++ {
		w := args[i]
		if w == "--" {
			for _, rest := range args[i+1:] {
				bad = bad || rest != ""
			}
			return values, bad
		}
		if !strings.HasPrefix(w, "-") || w == "-" {
			bad = bad || w != ""
			continue
		}
		if !strings.HasPrefix(w, "--") {
			return values, true // the words of the test have no one-letter flags
		}
		name, value := w[2:], ""
		hasValue := false
		for j := range name {
			if name[j] == '=' {
				name, value, hasValue = name[:j], name[j+1:], true
				break
			}
		}
		kind, known := kinds[strings.ReplaceAll(name, "_", "-")]
		if name == "" || name[0] == '-' || !known {
			return values, true
		}
		if !hasValue {
			if kind == kindBool {
				value = "true"
			} else if i++; i < len(args) {
				value = args[i]
			} else {
				return values, true
			}
		}
		switch kind {
		case kindBool:
			if !slices.Contains([]string{"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"}, value) {
				return values, true
			}
		case kindInt32:
			if n, err := strconv.ParseInt(value, 0, 64); err != nil || n != int64(int32(n)) {
				return values, true
			}
		case kindIP, kindLevel:
			return values, true // not among the words of the test
		}
		values[strings.ReplaceAll(name, "_", "-")] = value
	}
	return values, bad
}

// FuzzCommandLine compares Parse with slowParse. Each byte of the input chooses a word.
func FuzzCommandLine(f *testing.F) {
	words := []string{"--cluster-cidr=10.0.0.0/8", "--cluster-cidr", "10.244.0.0/16", "--cluster_cidr=a=b", "--allocate-node-cidrs", "--allocate-node-cidrs=false",
		"--allocate-node-cidrs=yes", "false", "--node-cidr-mask-size=024", "--node-cidr-mask-size", "25", "--node-cidr-mask-size=1_8", "--node-cidr-mask-size=x",
		"--service-cluster-ip-range=10.96.0.0/12", "--service-cluster-ip-range", "--", "-", "", "----cluster-cidr=x", "--=x", "--nope", "--leader-elect",
		"--leader-elect=true", "--kubeconfig", "--controllers=*", "--controllers", "-x", "--node-cidr-mask-size-ipv4=-1", "--node-cidr-mask-size=2147483648"}
	f.Add([]byte{0, 3, 4, 8})
	f.Add([]byte{1, 4, 14, 15, 0})
	f.Fuzz(func(t *testing.T, choice []byte) {
		var args []string
		for _, b := range choice[:min(len(choice), 12)] {
			args = append(args, words[int(b)%len(words)])
		}
		got := line(fact.Version{}, fact.ControllerManager, args...).Parse()
		want, bad := slowParse(args, controllerManagerFlags)
		if (len(got.Errors) > 0) != bad {
			t.Fatalf("%q: errors %v, want some: %t", args, got.Errors, bad)
		}
		if bad {
			return // the program does not start, and no value counts
		}
		for _, name := range addressFlags(fact.ControllerManager) {
			if got.Value(name).V != want[name] {
				t.Fatalf("%q: %s = %q, want %q", args, name, got.Value(name).V, want[name])
			}
		}
	})
}
