package kubeadm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// shared returns a folder of recordings of the real programs, which stands beside the repository and not in it.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	dir := filepath.Join(append([]string{"..", "..", "shared"}, elem...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no recordings at %s", dir)
	}
	return dir
}

// aboutAddresses reports whether a flag of a manifest bears on address ranges.
func aboutAddresses(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return isAddressFlag(strings.ReplaceAll(name, "_", "-")) || name == "feature-gates"
}

// TestRecordedManifests compares what kubeadm would write, by Generate, with the manifests that kubeadm wrote, and what it refuses
// with what it refused.
func TestRecordedManifests(t *testing.T) {
	dir := shared(t, "golden", "kubeadm")
	data, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		Cases []struct {
			Name, Version    string
			Exit             int
			Messages         []string
			ApiserverCertIPs []string
		}
	}
	if err := json.Unmarshal(data, &index); err != nil {
		t.Fatal(err)
	}
	for _, c := range index.Cases {
		t.Run(c.Name, func(t *testing.T) {
			v, err := fact.ParseVersion(c.Version)
			if err != nil {
				t.Fatal(err)
			}
			cfg := readCase(t, filepath.Join(dir, c.Name))
			g, err := cfg.Generate(v)
			if c.Exit != 0 {
				if err == nil {
					t.Fatalf("Generate = %+v, want refused: %q", g, c.Messages)
				}
				var refused *nodeipam.RefusedError
				if r, ok := err.(*nodeipam.RefusedError); ok {
					refused = r
				} else {
					t.Fatalf("Generate error is a %T: %v", err, err)
				}
				for _, r := range refused.Refusals {
					if !slices.ContainsFunc(c.Messages, func(m string) bool { return strings.Contains(m, r.Message) }) {
						t.Errorf("refused with %q, kubeadm printed %q", r.Message, c.Messages)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []struct {
				file string
				got  []string
			}{{"kube-controller-manager.yaml", g.ControllerManager}, {"kube-apiserver.yaml", g.APIServer}} {
				text, err := os.ReadFile(filepath.Join(dir, c.Name, m.file))
				if err != nil {
					t.Fatal(err)
				}
				ps, err := ParseManifests(m.file, text)
				if err != nil || len(ps) != 1 {
					t.Fatalf("ParseManifests(%s) = %v, %v, want one", m.file, ps, err)
				}
				if ps[0].Version != v {
					t.Errorf("%s: version %v, want %v", m.file, ps[0].Version, v)
				}
				var want []string
				for _, w := range ps[0].Args {
					if aboutAddresses(w.Text) {
						want = append(want, w.Text)
					}
				}
				if diff := cmp.Diff(want, m.got); diff != "" {
					t.Errorf("%s (-written by kubeadm +Generate):\n%s", m.file, diff)
				}
				if r := ps[0].Refusals(fact.Version{}); len(r) != 0 {
					// Recorded with kubeadm alone: it writes some flags that the component then refuses.
					t.Logf("%s would not start: %s", m.file, r[0].Message)
				}
			}
			if got, want := g.APIServerServiceIP.String(), c.ApiserverCertIPs[0]; got != want {
				t.Errorf("service IP of the API server = %s, want %s", got, want)
			}
		})
	}
}

// readCase reads a case's input.yaml, or its flags.txt as the command line that it was.
func readCase(t *testing.T, dir string) Config {
	t.Helper()
	if text, err := os.ReadFile(filepath.Join(dir, "input.yaml")); err == nil {
		cfg, err := ParseConfig("input.yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	text, err := os.ReadFile(filepath.Join(dir, "flags.txt"))
	if err != nil {
		t.Fatal(err)
	}
	cmds, err := ParseCommands("flags.txt", []byte("kubeadm init \\\n"+strings.Join(strings.Split(strings.TrimSpace(string(text)), "\n"), " \\\n")))
	if err != nil || len(cmds.Kubeadm) != 1 {
		t.Fatalf("ParseCommands = %+v, %v, want one command", cmds, err)
	}
	return cmds.Kubeadm[0].Config()
}
