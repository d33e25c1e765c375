package shapes

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/golden"
)

// bundleOf returns the files of a txtar but what it wants.
func bundleOf(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range ar.Files {
		if f.Name != "want" {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return files
}

func factsOf(t *testing.T, files fs.FS) Facts {
	t.Helper()
	f, err := FromFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// incidents returns the files of all bundles by name.
func incidents(t *testing.T) map[string]fstest.MapFS {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "incidents", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no bundles: %v", err)
	}
	out := map[string]fstest.MapFS{}
	for _, name := range names {
		out[strings.TrimSuffix(filepath.Base(name), ".txtar")] = bundleOf(t, name)
	}
	return out
}

func textsOf(files fstest.MapFS) map[string]string {
	out := map[string]string{}
	for name, f := range files {
		out[name] = string(f.Data)
	}
	return out
}

func textsOfBytes(files map[string][]byte) map[string]string {
	out := map[string]string{}
	for name, data := range files {
		out[name] = string(data)
	}
	return out
}

// maxOther is how many of a hundred files of all bundles are not known, such as web pages and files that no YAML is.
const maxOther = 8

// TestFromFiles reads all bundles: nothing is lost, and little is not known.
func TestFromFiles(t *testing.T) {
	var other []string
	total := 0
	for name, files := range incidents(t) {
		total += len(files)
		f := factsOf(t, files)
		for _, o := range f.Other {
			other = append(other, name+" "+o.File)
		}
		if d := cmp.Diff(textsOf(files), textsOfBytes(f.Files())); d != "" {
			t.Errorf("%s: Files differ from the bundle (-want +got):\n%s", name, d)
		}
	}
	if 100*len(other) > maxOther*total {
		t.Errorf("%d of %d files are not known, want %d in a hundred or fewer:\n%s",
			len(other), total, maxOther, strings.Join(other, "\n"))
	}
}

// TestFacts reads the sample in the terms of Facts.
func TestFacts(t *testing.T) {
	f := factsOf(t, bundleOf(t, filepath.Join("testdata", "sample.txtar")))
	var got []string
	say := func(words ...any) { got = append(got, strings.TrimSuffix(fmt.Sprintln(words...), "\n")) }
	for _, n := range f.Nodes {
		say("node", n.Name, n.InternalIPs, n.PodCIDRs)
	}
	for _, p := range f.Processes {
		say("process", p.Host, version(p.Image), p.Argv)
	}
	for _, c := range f.ConfigMaps {
		say("map", c.Namespace, c.Name, c.Keys)
	}
	for _, s := range f.Services {
		say("service", s.Namespace, s.Name, s.addresses(), s.ports())
	}
	for _, l := range f.Logs {
		say("log", l.Host, l.Program, len(l.Lines), l.Lines[0][:5])
	}
	say("documents", len(f.Documents), "net-confs", len(f.NetConfs), "subnet.envs", len(f.SubnetEnvs),
		"commands", len(f.Commands), "links", len(f.HostLinks), "outputs", len(f.Outputs),
		"objects", len(f.Objects), "other", len(f.Other))
	want := []string{
		"node cp1 [192.168.56.11] [10.244.0.0/24 fd00:10:244::/64]",
		"node w1 [192.168.56.21] []",
		"process cp1 v1.29.2 [kube-apiserver --advertise-address=192.168.56.11 --service-cluster-ip-range=10.96.0.0/12]",
		"process cp1 v1.29.2 [kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 " +
			"--service-cluster-ip-range=10.96.0.0/12]",
		"process cp2 v1.29.2 [/usr/local/bin/kube-controller-manager --allocate-node-cidrs=true " +
			"--cluster-cidr=10.245.0.0/16]",
		"map kube-flannel kube-flannel-cfg [cni-conf.json net-conf.json]",
		"service default kubernetes [10.96.0.1] 443/TCP",
		"log  flanneld 1 E0105",
		"log w1 kubelet 1 E0105",
		"documents 1 net-confs 1 subnet.envs 2 commands 1 links 1 outputs 0 objects 1 other 1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("facts of the sample (-want +got):\n%s", d)
	}
}

// TestFrames prints the sample in every frame: what it adds to the bundle is golden, in a file for each family.
func TestFrames(t *testing.T) {
	sample := bundleOf(t, filepath.Join("testdata", "sample.txtar"))
	full := factsOf(t, sample)
	maps.DeleteFunc(sample, func(name string, _ *fstest.MapFile) bool {
		return strings.HasPrefix(name, "cp2") || strings.HasSuffix(name, ".env") || name == "net-conf.json"
	})
	small := factsOf(t, sample)
	for _, family := range []struct {
		name   string
		frames []Frame
	}{
		{"process", processFrames()}, {"flags", logOfProcessFrames()}, {"nodes", nodeFrames()}, {"configs", configFrames()},
		{"hosts", hostFileFrames()}, {"links", linkFrames()}, {"logs", logFrames()}, {"services", serviceFrames()},
		{"bundle", bundleFrames()}, {"trees", treeFrames()}, {"bytes", byteFrames()},
	} {
		var got txtar.Archive
		for _, frame := range family.frames {
			f := full
			if !frame.Needs(f) {
				f = small // for what does not hold two control planes, or flannel's own files
			}
			if !frame.Needs(f) {
				t.Errorf("%s: the sample has nothing for it", frame.Name)
				continue
			}
			got.Files = append(got.Files, added(t, f, frame)...)
		}
		name := filepath.Join("testdata", family.name+".txtar")
		if *golden.Update {
			if err := os.WriteFile(name, txtar.Format(&got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(txtar.Format(&got))); d != "" {
			t.Errorf("%s (-want +got); -update writes it anew:\n%s", name, d)
		}
	}
}

// added returns the files of a frame that the bundle does not have.
func added(t *testing.T, f Facts, frame Frame) []txtar.File {
	t.Helper()
	var out []txtar.File
	files, before := textsOfBytes(frame.Print(f)), textsOfBytes(f.Files())
	for _, name := range sorted(files) {
		if before[name] != files[name] {
			out = append(out, txtar.File{Name: frame.Name + ": " + name, Data: []byte(legible(t, files[name]))})
		}
	}
	return out
}

// legible returns text as it is, the list of an archive, and other bytes quoted.
func legible(t *testing.T, text string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(text, "\x1f\x8b"):
		r, err := gzip.NewReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return "gzip\n" + legible(t, string(data))
	case strings.HasPrefix(text, "PK"):
		r, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		out := "zip\n"
		for _, e := range r.File {
			out += fmt.Sprintf("%6d %s\n", e.UncompressedSize64, e.Name)
		}
		return out
	case len(text) > 262 && text[257:262] == "ustar":
		out := "tar\n"
		for r := tar.NewReader(strings.NewReader(text)); ; {
			h, err := r.Next()
			if err == io.EOF {
				return out
			}
			if err != nil {
				t.Fatal(err)
			}
			out += fmt.Sprintf("%6d %s\n", h.Size, h.Name)
		}
	case !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\r\u00a0"):
		return strings.ReplaceAll(strconv.QuoteToGraphic(text), `\n`, "\\n\n") + "\n"
	}
	return text
}

// TestFramesOfIncidents prints all bundles in every frame that is for them, twice: the bytes are the same, the
// names are those of a file system, the facts are not changed, and no bundle comes out as it was. -short takes
// every tenth.
func TestFramesOfIncidents(t *testing.T) {
	all := incidents(t)
	for i, name := range sorted(all) {
		if testing.Short() && i%10 > 0 {
			continue
		}
		files := all[name]
		f, other := factsOf(t, files), factsOf(t, files)
		before := f.Files()
		for _, frame := range Frames() {
			if !frame.Needs(f) {
				continue
			}
			once, again := frame.Print(f), frame.Print(other)
			if !equal(once, again) {
				t.Errorf("%s: %s prints other bytes the second time", name, frame.Name)
			}
			if equal(once, before) {
				t.Errorf("%s: %s prints the bundle as it is", name, frame.Name)
			}
			for file := range once {
				if !fs.ValidPath(file) {
					t.Errorf("%s: %s prints a file %q", name, frame.Name, file)
				}
			}
			if frame.Loses != nil && len(frame.Loses(f).Files()) == 0 {
				t.Errorf("%s: %s loses everything", name, frame.Name)
			}
		}
		if !equal(before, f.Files()) {
			t.Errorf("%s: a frame changed the facts", name)
		}
	}
}

func equal(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for name, data := range a {
		if other, ok := b[name]; !ok || !bytes.Equal(data, other) {
			return false
		}
	}
	return true
}

// TestNames: each frame has a name of its own.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, frame := range Frames() {
		if frame.Name == "" || len(frame.Name) > 43 || seen[frame.Name] || frame.Needs == nil || frame.Print == nil {
			t.Errorf("frame %q: want a short name of its own, Needs and Print", frame.Name)
		}
		seen[frame.Name] = true
	}
}
