package flannel

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestRead reads each file of an archive in testdata/read and compares what it states with the file "want" there.
// Lines of a file may end in \r where the archive's comment says "crlf", and start with a byte order mark where it says "bom".
func TestRead(t *testing.T) {
	archives, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			want := -1
			for i, f := range a.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				data := f.Data
				if bytes.Contains(a.Comment, []byte("crlf")) {
					data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
				}
				if bytes.Contains(a.Comment, []byte("bom")) {
					data = append([]byte("\xef\xbb\xbf"), data...)
				}
				fmt.Fprintf(&got, "# %s\n", f.Name)
				name, host := f.Name, ""
				if dir, _, ok := strings.Cut(name, "/"); ok {
					host = dir
				}
				if strings.HasSuffix(name, ".log") {
					g, err := ReadLog(data, Options{Name: name, Host: host})
					for _, l := range g.Lines {
						fmt.Fprintf(&got, "%s %s", l.Level, l)
						if !l.From.IsZero() {
							fmt.Fprintf(&got, " (%v to %v)", l.From, l.To)
						}
						got.WriteString("\n")
					}
					dumpStatements(&got, g.Statements(), err)
					continue
				}
				d, err := Read(data, Options{Name: name, Host: host})
				dumpStatements(&got, d.Statements(), err)
			}
			if *golden.Update {
				if want < 0 {
					a.Files = append(a.Files, txtar.File{Name: "want"})
					want = len(a.Files) - 1
				}
				a.Files[want].Data = got.Bytes()
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 || got.String() != string(a.Files[want].Data) {
				t.Errorf("got\n%s\nwant the file \"want\" of %s (-update writes it)", got.String(), path)
			}
		})
	}
}

// A file that is too long to be read is told of if it may be flannel's, in whatever encoding.
func TestReadTooLong(t *testing.T) {
	for text, want := range map[string]bool{
		"kube-flannel": true, "net-conf.json": true, "podCidr: x": true, "something else": false,
		"\xff\xfef\x00": true, "\xfe\xff\x00f": true, "f\x00l\x00": true, "\x00f\x00l": true, "fl\x00\x00": false,
	} {
		d, err := Read([]byte(text), Options{Limits: Limits{Bytes: 1}})
		if (err != nil) != want || !d.IsZero() {
			t.Errorf("Read(%q) = %+v, %v, want an error: %t", text, d, err, want)
		}
	}
	if d, err := Read([]byte("x"), Options{}); err != nil || !d.IsZero() {
		t.Errorf("Read of a byte = %+v, %v", d, err)
	}
}

// A net-conf.json is told from its text up to a mebibyte, which is what a ConfigMap holds.
func TestReadLongNetConf(t *testing.T) {
	for size, want := range map[int]int{1 << 20: 1, 1<<20 + 1: 0} {
		text := `{"Network": "10.0.0.0/8"` + strings.Repeat(" ", size-25) + "}"
		if d, err := Read([]byte(text), Options{Name: "x"}); err != nil || len(d.Configs) != want {
			t.Errorf("of %d bytes: %d configurations, %v, want %d", len(text), len(d.Configs), err, want)
		}
	}
}

// Lists within lists are read four deep.
func TestReadLists(t *testing.T) {
	for depth := range 8 {
		text := strings.Repeat("{kind: List, items: [", depth) + `{kind: ConfigMap, data: {net-conf.json: '{"Network": "10.0.0.0/8"}'}}` + strings.Repeat("]}", depth)
		d, err := Read([]byte("# yaml\n"+text), Options{})
		if want := depth <= 4; err != nil || (len(d.Configs) == 1) != want {
			t.Errorf("%d deep: %d configurations, %v", depth, len(d.Configs), err)
		}
	}
}

func TestDocumentIsZero(t *testing.T) {
	for _, tt := range []struct {
		d    *Document
		want bool
	}{
		{nil, true},
		{&Document{}, true},
		{&Document{File: "f", Host: "h"}, true},
		{&Document{Configs: []Config{{}}}, false},
		{&Document{Daemons: []Daemon{{}}}, false},
		{&Document{Env: &SubnetEnv{}}, false},
		{&Document{Problems: []fact.Finding{{}}}, false},
	} {
		if got := tt.d.IsZero(); got != tt.want || tt.want && tt.d.Statements() != nil {
			t.Errorf("%+v: IsZero %t, statements %v", tt.d, got, tt.d.Statements())
		}
	}
	// A problem without a place is one of the file.
	d := &Document{File: "f", Problems: []fact.Finding{{Rule: fact.RuleNetConfMissing}}}
	if s := d.Statements(); len(s) != 1 || s[0].Pos != (fact.Position{File: "f"}) {
		t.Errorf("statements %+v", s)
	}
}

// dumpStatements writes statements one to a line, findings with all they say.
func dumpStatements(b *bytes.Buffer, list []fact.Statement, err error) {
	for _, s := range list {
		at := s.Pos.String()
		if s.Host != "" {
			at += " @" + s.Host
		}
		switch {
		case s.Finding != nil:
			f := s.Finding
			fmt.Fprintf(b, "%s %s %s: %s\n", at, f.Severity, f.Rule, f.Message)
			if f.Effect != "" {
				fmt.Fprintf(b, "\teffect: %s\n", f.Effect)
			}
			for _, w := range f.Where[1:] {
				fmt.Fprintf(b, "\talso: %v %s\n", w.Position, w.Note)
			}
			for _, x := range f.Fix {
				fmt.Fprintf(b, "\tfix: %s\n", x)
			}
			if len(f.RefusedBy) > 0 {
				fmt.Fprintf(b, "\trefused by: %v\n", f.RefusedBy)
			}
			continue
		case s.Symptom != nil:
			fmt.Fprintf(b, "%s symptom %s node=%q subnet=%s network=%s rules=%v\n", at, s.Symptom.ID, s.Symptom.Node, orNone(s.Symptom.Subnet), orNone(s.Symptom.Network), s.Symptom.Rules)
			continue
		case s.Setting != "":
			fmt.Fprintf(b, "%s %s=", at, s.Setting)
			switch s.Setting {
			case fact.SettingEnableIPv4, fact.SettingEnableIPv6, fact.SettingKubeSubnetMgr:
				fmt.Fprint(b, s.Bool)
			case fact.SettingBackendMTU, fact.SettingSubnetMTU:
				fmt.Fprint(b, s.Int)
			default:
				fmt.Fprintf(b, "%q", s.Text)
			}
		default:
			fmt.Fprintf(b, "%s %s %s %q %v", at, s.Role, s.Key, s.Text, s.Prefixes)
		}
		if s.Default {
			b.WriteString(" default")
		}
		if s.Overridden {
			b.WriteString(" overridden")
		}
		if s.Err != nil {
			fmt.Fprintf(b, " error: %v", s.Err)
		}
		b.WriteString("\n")
	}
	if err != nil {
		fmt.Fprintf(b, "error: %v\n", err)
	}
}

// A subnet.env that mentions flannel's files is one all the same.
func TestReadEnvThatMentions(t *testing.T) {
	d, err := Read([]byte("# copied from the host of kube-flannel-ds, beside net-conf.json\nFLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"), Options{})
	if err != nil || d.Env == nil || len(d.Configs) > 0 {
		t.Errorf("Read = %+v, %v, want a subnet.env", d, err)
	}
}
