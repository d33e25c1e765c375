package reading

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A member is what an archive holds.
type member struct {
	name, text string
	typ        byte // of tar; 0 a file
}

func tarOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Typeflag: m.typ, Mode: 0o644, Size: int64(len(m.text))}
		if m.typ == 0 {
			h.Typeflag = tar.TypeReg
		} else {
			h.Size, h.Linkname = 0, m.text
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, m.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		if m.typ == tar.TypeSymlink {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, m.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// podsOf returns the pod ranges and what is not understood of an archive.
func podsOf(t *testing.T, name string, data []byte) (pods, files, not []string) {
	t.Helper()
	f, err := Read(fstest.MapFS{name: {Data: data}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Statements() {
		if s.Role == fact.RolePods && s.Text != "" && !slices.Contains(pods, s.Text) {
			pods, files = append(pods, s.Text), append(files, s.Pos.File)
		}
	}
	for _, n := range f.NotUnderstood() {
		not = append(not, n.File+": "+n.Holds)
	}
	return pods, files, not
}

func config(pods string) string {
	return "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  podSubnet: " + pods + "\n  serviceSubnet: 10.96.0.0/16\n"
}

// TestArchives reads archives as people make them, and as nobody means well with them.
func TestArchives(t *testing.T) {
	good := member{name: "m1/etc/kubernetes/kubeadm.yaml", text: config("10.1.0.0/16")}
	cut := gzipOf(t, tarOf(t, good, member{name: "filler.log", text: strings.Repeat("no line of interest 0123456789\n", 1<<12)}, member{name: "b.yaml", text: config("10.2.0.0/16")}))
	nested := func(depth int) []byte {
		data := tarOf(t, good)
		for i := range depth {
			data = tarOf(t, member{name: fmt.Sprintf("inner%d.tar", i), text: string(data)})
		}
		return data
	}
	for _, tt := range []struct {
		name string
		data []byte
		pods []string
		not  string // in what is not understood, "" nothing
	}{
		{"a.tar", tarOf(t, good), []string{"10.1.0.0/16"}, ""},
		{"a.tar.gz", gzipOf(t, tarOf(t, good)), []string{"10.1.0.0/16"}, ""},
		{"a.zip", zipOf(t, good), []string{"10.1.0.0/16"}, ""},
		{"kubeadm.yaml.gz", gzipOf(t, []byte(good.text)), []string{"10.1.0.0/16"}, ""},
		{"no-archive-by-its-name.txt", gzipOf(t, tarOf(t, good)), []string{"10.1.0.0/16"}, ""},
		{"absolute.tar", tarOf(t, member{name: "/etc/kubernetes/kubeadm.yaml", text: good.text}), []string{"10.1.0.0/16"}, ""},
		{"up.tar", tarOf(t, member{name: "../../etc/kubernetes/kubeadm.yaml", text: good.text}), nil, "its name leads out of the archive"},
		{"up.zip", zipOf(t, member{name: `..\..\kubeadm.yaml`, text: good.text}), nil, "its name leads out of the archive"},
		{"up-within.tar", tarOf(t, member{name: "a/../kubeadm.yaml", text: good.text}), nil, "its name leads out of the archive"},
		{"links.tar", tarOf(t, good, member{name: "b.yaml", text: "/etc/shadow", typ: tar.TypeSymlink}, member{name: "c.yaml", text: "m1/etc/kubernetes/kubeadm.yaml", typ: tar.TypeLink}, member{name: "d", text: "", typ: tar.TypeFifo}), []string{"10.1.0.0/16"}, ""},
		{"links.zip", zipOf(t, good, member{name: "b.yaml", text: "/etc/shadow", typ: tar.TypeSymlink}), []string{"10.1.0.0/16"}, ""},
		{"cut.tar.gz", cut[:len(cut)-40], []string{"10.1.0.0/16"}, "damaged"},
		{"cut.zip", zipOf(t, good)[:200], nil, "damaged"},
		{"cut-head.tar.gz", gzipOf(t, tarOf(t, good))[:12], nil, "damaged"},
		{"nested.tar", nested(2), []string{"10.1.0.0/16"}, ""},
		{"nested-too-deep.tar", nested(3), nil, "nested too deep"},
		{"zip-in-tar.tar", tarOf(t, member{name: "b.zip", text: string(zipOf(t, good))}), []string{"10.1.0.0/16"}, ""},
		{"a.tar.xz", []byte("\xfd7zXZ\x00" + strings.Repeat("x", 100)), nil, "compressed with xz"},
		{"twice.tar", tarOf(t, good, member{name: good.name, text: config("10.2.0.0/16")}), []string{"10.1.0.0/16", "10.2.0.0/16"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pods, files, not := podsOf(t, tt.name, tt.data)
			if !slices.Equal(pods, tt.pods) {
				t.Errorf("pod ranges %q, want %q", pods, tt.pods)
			}
			for _, f := range files {
				if !strings.HasPrefix(f, tt.name) || strings.Contains(f, "..") {
					t.Errorf("a range of %s is said to stand in %s", tt.name, f)
				}
			}
			if got := strings.Join(not, "\n"); tt.not == "" && got != "" || !strings.Contains(got, tt.not) {
				t.Errorf("not understood: %q, want %q", got, tt.not)
			}
		})
	}
}

// TestArchiveLimits: what a small archive unpacks to is bounded in bytes, files and entries, nested archives included.
func TestArchiveLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20)
	var many, folders []member
	for i := range 50 {
		many = append(many, member{name: fmt.Sprintf("f%d.yaml", i), text: config("10.1.0.0/16")})
		folders = append(folders, member{name: fmt.Sprintf("d%d/", i), typ: tar.TypeDir})
	}
	bomb := gzipOf(t, tarOf(t, member{name: "a.log", text: zeros}, member{name: "b.log", text: zeros}))
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"bytes.tar.gz", bomb, "it unpacks to more than"},
		{"bytes.gz", gzipOf(t, []byte(zeros)), "it unpacks to more than"},
		{"bytes.zip", zipOf(t, member{name: "a.log", text: zeros}), "it unpacks to more than"},
		{"bytes-nested.tar", tarOf(t, member{name: "in.tar.gz", text: string(bomb)}), "it unpacks to more than"},
		{"files.tar", tarOf(t, many...), "it has more than"},
		{"files.zip", zipOf(t, many...), "it has more than"},
		{"folders.tar", tarOf(t, folders...), "it has more than"},
		{"folders.zip", zipOf(t, many...), "it has more than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := &unpacker{name: tt.name, path: tt.name, members: 40, entries: 40, left: 1 << 19}
			err := u.unpack(archiveForm(tt.name, tt.data[:512]), bytes.NewReader(tt.data))
			got := fmt.Sprint(err)
			for _, n := range u.holds {
				got += "\n" + n.Holds
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("%s, want %q", got, tt.want)
			}
			if len(u.files) > 40 || u.left < 0 {
				t.Errorf("%d files, %d bytes left", len(u.files), u.left)
			}
		})
	}
}
