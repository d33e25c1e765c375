package kubecidr_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// hostileNames are names that files of a cluster can claim for a node, a ConfigMap, a host or themselves.
var hostileNames = []string{
	"w1; touch /tmp/x #", "$(touch x)", "`touch x`", "--all", "a'b", `a"b`, "a\\", "a\nb", "\x1b]0;t\x07", "\x1b[2J", "a\u200eb", "a\u061cb",
	"\u202egnp", "a\u2028b", "|x|y|", "```", "<script>", "%s%n", "w1 w2", "../../x", "\u009b31m", "é",
}

// hostileReports returns what is said of files that hold a name wherever one can stand.
func hostileReport(t *testing.T, name string) (*kubecidr.Files, fact.Report) {
	t.Helper()
	text, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	q := string(text)
	node := func(cidr string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%s},"spec":{"podCIDRs":["%s"]},"status":{"addresses":[{"type":"InternalIP","address":"10.244.3.1"}]}}`, q, cidr)
	}
	fsys := fstest.MapFS{}
	for file, data := range map[string]string{
		"cp1/kube-controller-manager.yaml": manager,
		"a.json":                           `{"apiVersion":"v1","kind":"List","items":[` + node("10.244.1.0/24") + "," + node("10.9.0.0/24") + "," + node(name) + `]}`,
		"cm.json":                          fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%s,"namespace":%s},"data":{"net-conf.json":"{\"Network\":\"10.9.0.0/16\"}"}}`, q, q),
		"k.json":                           fmt.Sprintf(`{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","networking":{"podSubnet":%s,"serviceSubnet":"10.244.0.0/20","dnsDomain":%s}}`, q, q),
		"flannel.log":                      fmt.Sprintf("E0611 08:15:02.000001       1 main.go:326] Error registering network: failed to acquire lease: node %q pod cidr not assigned\n", name),
		"subnet.env":                       "FLANNEL_NETWORK=10.9.0.0/16\nFLANNEL_SUBNET=10.9.1.1/24\nFLANNEL_MTU=" + strings.ReplaceAll(name, "\n", " ") + "\n",
	} {
		fsys[file] = &fstest.MapFile{Data: []byte(data)}
	}
	files, err := kubecidr.Read(fsys, kubecidr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return files, files.Check()
}

// TestHostileNames: whatever a name holds, what is written stays what it is: no control character, no line that the name makes, JSON that
// says the name, and commands in which nothing of it stands bare.
func TestHostileNames(t *testing.T) {
	sh, noShell := exec.LookPath("sh")
	for _, name := range hostileNames {
		files, r := hostileReport(t, name)
		o := files.ReportOptions()
		if len(r.Findings) == 0 {
			t.Fatalf("%q: nothing was found", name)
		}
		rep, err := repair.New(repair.InventoryOf(files.Statements()...))
		if err != nil {
			t.Fatal(err)
		}
		for what, write := range map[string]func(io.Writer) error{
			"ReportText":     func(w io.Writer) error { return draw.ReportText(w, r, o) },
			"ReportJSON":     func(w io.Writer) error { return draw.ReportJSON(w, r, o) },
			"ReportSARIF":    func(w io.Writer) error { return draw.ReportSARIF(w, r, o) },
			"RepairText":     func(w io.Writer) error { return draw.RepairText(w, rep, draw.Options{}) },
			"RepairJSON":     func(w io.Writer) error { return draw.RepairJSON(w, rep) },
			"RepairCommands": func(w io.Writer) error { return draw.RepairCommands(w, rep) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Errorf("%s of %q: %v", what, name, err)
			}
			for _, c := range b.String() {
				if c < ' ' && c != '\n' && c != '\t' || gate.IsControl(c) || c == utf8.RuneError {
					t.Errorf("%s of %q holds %U", what, name, c)
					break
				}
			}
			switch {
			case strings.HasSuffix(what, "JSON") || what == "ReportSARIF":
				var v any
				if err := json.Unmarshal(b.Bytes(), &v); err != nil {
					t.Errorf("%s of %q: %v", what, name, err)
				}
			case what == "RepairCommands" && noShell == nil:
				cmd := exec.Command(sh, "-n")
				cmd.Stdin = &b
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("sh -n of the script for %q: %v: %s", name, err, out)
				}
			}
		}
		for _, f := range r.Findings {
			for _, fix := range f.Fix {
				if bad, ok := bareCommand(fix, name); !ok {
					t.Errorf("a fix of %s holds %q in a command: %s", f.Rule, bad, fix)
				}
			}
		}
	}
}

// bareCommand reports whether nothing of the name stands in a fix behind the first word of a command.
func bareCommand(fix, name string) (string, bool) {
	if gate.Name(name, "") != "" {
		return "", true
	}
	for _, program := range []string{"kubectl ", "kubeadm ", "systemctl ", "ip link ", "ssh "} {
		if _, rest, ok := strings.Cut(fix, program); ok && strings.Contains(rest, name) && !strings.Contains(rest, gate.Word(name)) && !strings.Contains(rest, fmt.Sprintf("%q", name)) {
			return name, false
		}
	}
	return "", true
}

// TestSecrets: nothing that is secret leaves the library, however the file is cut, quoted or broken.
func TestSecrets(t *testing.T) {
	const token, key, word = "abcdef.0123456789abcdef", "f8902e114ef118304e561c3ecd4d0b543adc226b7a07f675f56564185ffe0c07", "hunter2hunter2"
	for file, text := range map[string]string{
		"secret.yaml":        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  x: kubeadm init --pod-network-cidr=10.0.0.7/8 --apiserver-advertise-address=" + word + "\n",
		"secret.json":        `{"apiVersion":"v1","kind":"Secret","stringData":{"x":"kubeadm init --pod-network-cidr=10.0.0.7/8 --node-name=` + word + `"}}`,
		"join.txt":           "kubeadm join 10.0.0.1:6443 --token " + token + " --certificate-key " + key + " --pod-network-cidr=10.0.0.7/8\n",
		"init.txt":           "kubeadm init --token=" + token + " --certificate-key=" + key + " --pod-network-cidr=10.0.0.7/8 --service-cidr=10.0.0.0/8\n",
		"config.yaml":        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\ncertificateKey: " + key + "\nbootstrapTokens:\n- token: " + token + "\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnet: 10.0.0.7/8, token: " + word + "}\n",
		"cp1/m.yaml":         manager + "    - --token=" + word + "\n    - --cluster-cidr=10.0.0.7/8\n    env:\n    - name: DB_PASSWORD\n      value: " + word + "\n",
		"broken.yaml":        "apiVersion: v1\nkind: ClusterConfiguration\npassword: " + word + "\n  x: [https://u:" + word + "@h.example/\n",
		"one-line.json":      `{"kind":"ClusterConfiguration","apiVersion":"kubeadm.k8s.io/v1beta4","password":"` + word + `","networking":{"podSubnet":"10.0.0.7/8"}}`,
		"k3s/config.yaml":    "token: " + word + "\ncluster-cidr: 10.0.0.7/8\nservice-cidr: 10.0.0.0/8\n",
		"kubelet.service":    "[Service]\nEnvironment=K3S_TOKEN=" + word + "\nExecStart=/usr/local/bin/kube-controller-manager --cluster-cidr=10.0.0.7/8 --token=" + word + "\n",
		"proxy/manager.yaml": strings.Replace(manager, "10.244.0.0/16", "10.0.0.7/8", 1) + "    env:\n    - {name: HTTPS_PROXY, value: \"http://u:" + word + "@10.0.0.1:3128\"}\n",
	} {
		fsys := fstest.MapFS{file: &fstest.MapFile{Data: []byte(text)}}
		files, err := kubecidr.Read(fsys, kubecidr.Options{})
		if err != nil {
			continue
		}
		r, o := files.Check(), files.ReportOptions()
		o.Verbose = true
		var b bytes.Buffer
		_ = draw.ReportText(&b, r, o)
		_ = draw.ReportJSON(&b, r, o)
		_ = draw.ReportSARIF(&b, r, o)
		fmt.Fprintf(&b, "%v %+v", r.Err(), r)
		for _, secret := range []string{token, key, word} {
			if i := strings.Index(b.String(), secret); i >= 0 {
				t.Errorf("%s: a secret is shown: ...%s...", file, b.String()[max(0, i-120):min(b.Len(), i+len(secret)+20)])
			}
		}
	}
}
