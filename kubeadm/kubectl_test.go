package kubeadm

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kubecidr/kubecidr/internal/source"
)

var updateObjects = flag.Bool("update-objects", false, "rewrite the wanted statements in testdata/objects")

func kindsOf(o Objects) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(o.Kinds)) {
		s = append(s, fmt.Sprintf("%q:%d", k, o.Kinds[k]))
	}
	return strings.Join(s, " ")
}

// TestObjectsGolden reads the files of testdata/objects; FILE.want holds the kinds and the statements that each one gives.
func TestObjectsGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/objects/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives:", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range ar.Files {
			if n, ok := strings.CutSuffix(f.Name, ".want"); ok {
				want[n] = string(f.Data)
			}
		}
		out := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			if strings.HasSuffix(f.Name, ".want") {
				continue
			}
			var got string
			if strings.HasSuffix(f.Name, ".txt") {
				text, err := ReadText(f.Name, bytes.NewReader(f.Data))
				if err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				got = kindsOf(text.Objects) + "\n" + strings.Join(lines(text.Statements()), "\n") + "\n"
			} else {
				o, err := ReadObjects(f.Name, bytes.NewReader(f.Data))
				if err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				got = kindsOf(o) + "\n" + strings.Join(lines(o.Statements()), "\n") + "\n"
			}
			out.Files = append(out.Files, f, txtar.File{Name: f.Name + ".want", Data: []byte(got)})
			if d := cmp.Diff(want[f.Name], got); d != "" && !*updateObjects {
				t.Errorf("%s: (-want +got)\n%s", f.Name, d)
			}
		}
		if *updateObjects {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Pods and Events that say nothing about ranges are counted and not kept.
func TestObjectsKeepTrouble(t *testing.T) {
	const in = `{"kind":"List","items":[
{"kind":"Pod","metadata":{"name":"a"},"status":{"phase":"Running","containerStatuses":[{"name":"c","state":{"running":{}}}]}},
{"kind":"Pod","metadata":{"name":"b"},"status":{"containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ErrImagePull"}}}]}},
{"kind":"Pod","metadata":{"name":"d"},"status":{"initContainerStatuses":[{"name":"c","state":{"terminated":{"reason":"Completed"}}}]}},
{"kind":"Event","message":"Started container"},
{"kind":"Event","message":"Node a status is now: CIDRNotAvailable"}]}`
	o, err := ReadObjects("f", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Pods) != 1 || o.Pods[0].String() != "/b: c ErrImagePull" || len(o.Events) != 1 || kindsOf(o) != `"Event":2 "Pod":3` {
		t.Errorf("pods %v, events %v, kinds %s", o.Pods, o.Events, kindsOf(o))
	}
	if s := o.Statements(); len(s) != 1 {
		t.Errorf("statements %v, want that of the event alone", lines(s))
	}
}

// fromTree reads a JSON text as a tree, the judge of the stream.
func fromTree(text []byte) (Objects, error) {
	var out Objects
	f, err := source.New("f", text, source.Limits{})
	if err != nil {
		return out, err
	}
	n, err := f.JSON()
	if err != nil || n == nil {
		return out, err
	}
	d := &decoder{intern: map[string]string{}, emit: out.add}
	return out, d.document(n)
}

// A JSON text says the same as a stream and as a tree, values and places.
func FuzzReadObjects(f *testing.F) {
	for _, file := range []string{"testdata/objects/lists.txtar", "testdata/objects/text.txtar"} {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, a := range ar.Files {
			f.Add(a.Data)
		}
	}
	list, _ := io.ReadAll(nodeList(2, 1))
	f.Add(list)
	f.Add([]byte(`{"items":[{"metadata":{"name":"a"},"status":{},"spec":{"podCIDRs":["10.0.1.0/24"]},"kind":"Node"}]}`))
	f.Add([]byte(`{"spec":{"clusterIP":"10.0.0.1"},"metadata":{"name":"kubernetes","name":"b"},"kind":"Pod","kind":"Service"}`))
	f.Add([]byte(`[{"kind":"Event","message":"Node a status is now: CIDRNotAvailable","count":-1}, 5, {}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ReadObjects("f", bytes.NewReader(text))
		got.Statements()
		if tx, err := ReadText("f", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		} else {
			tx.Statements()
		}
		trimmed := bytes.TrimSpace(text)
		if !json.Valid(text) || len(trimmed) == 0 || trimmed[0] != '{' || bytes.ContainsAny(text, "\r\x00") || !utf8.Valid(text) {
			return
		}
		want, terr := fromTree(text)
		if terr != nil || bytes.HasPrefix(text, []byte("\ufeff")) {
			return // beyond the limits of a tree
		}
		if err != nil {
			t.Fatalf("ReadObjects(%q): %v", text, err)
		}
		if d := cmp.Diff(want, got, equateAddrs); d != "" {
			t.Fatalf("%q: (-tree +stream)\n%s", text, d)
		}
	})
}
