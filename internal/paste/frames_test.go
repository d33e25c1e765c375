package paste

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/txtar"
)

// prefixLines puts a text in front of every line.
func prefixLines(text, prefix string) string {
	return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix) + "\n"
}

// A printer puts a file into a frame, as a program or a person does.
type printer struct {
	name  string
	host  bool // the frame tells the host, m1
	path  bool // the frame tells the path
	least int  // lines that it needs to be told from something else
	print func(path, text string) string
}

// printers are written from what programs print, not from what Cut reads.
var printers = []printer{
	{"bash", true, true, 0, func(p, s string) string { return "root@m1:~# cat " + p + "\n" + s + "root@m1:~# \n" }},
	{"bash, second", true, true, 0, func(p, s string) string {
		return "[root@m1 ~]# kubectl get nodes\nNAME   STATUS   AGE\nm1     Ready    5d\n[root@m1 ~]# sudo cat " + p + "\n" + s + "[root@m1 ~]# hostname\nm1\n"
	}},
	{"zsh", false, true, 0, func(p, s string) string { return "➜  ~ cat " + p + "\n" + s + "➜  ~\n" }},
	{"dollar", false, true, 0, func(p, s string) string {
		return "$ cat " + p + "\n" + s + "$ ip route\ndefault via 10.0.2.1 dev eth0\n"
	}},
	{"root sign", false, true, 0, func(p, s string) string { return "# cat " + p + "\n" + s }},
	{"no prompt", false, true, 0, func(p, s string) string { return "cat " + p + "\n" + s }},
	{"Windows", false, true, 0, func(p, s string) string {
		return "PS C:\\k> Get-Content " + p + "\r\n" + strings.ReplaceAll(s, "\n", "\r\n")
	}},
	{"colours", true, true, 0, func(p, s string) string {
		return "\x1b]0;root@m1: ~\a\x1b[01;32mroot@m1\x1b[00m:\x1b[01;34m~\x1b[00m# cat " + p + "\r\n" + strings.ReplaceAll(s, "\n", "\r\n")
	}},
	{"ssh", true, true, 0, func(p, s string) string { return "me@laptop:~$ ssh root@m1 cat " + p + "\n" + s }},
	{"exec", true, true, 0, func(p, s string) string { return "me@laptop:~$ docker exec m1 cat " + p + "\n" + s }},
	{"here-document", true, true, 0, func(p, s string) string {
		return "root@m1:~# cat <<'EOF' | sudo tee " + p + "\n" + prefixLines(s, "> ") + "> EOF\n"
	}},
	{"fence", false, true, 0, func(p, s string) string {
		return "Hello, this is the file `" + p + "` of one of my nodes:\n\n```\n" + s + "```\n\nWhat is wrong with it?\n"
	}},
	{"fence in a list", true, true, 0, func(p, s string) string {
		return "1. The nodes are not ready.\n2. This is `" + p + "` on node m1:\n\n   ```yaml\n" + prefixLines(s, "   ") + "   ```\n3. That is all that I know.\n"
	}},
	{"details", false, true, 0, func(p, s string) string {
		return "My pods do not start.\n\n<details>\n<summary>" + p + "</summary>\n\n```console\n" + s + "```\n\n</details>\n"
	}},
	{"indented", false, true, 0, func(p, s string) string {
		return "This is the file " + p + " that I use on it:\n\n" + prefixLines(s, "    ") + "\nIt is not what I want.\n"
	}},
	{"quote", true, true, 0, func(p, s string) string {
		return "> Please show the file.\n>\n> root@m1:~# cat " + p + "\n" + prefixLines(s, "> ")
	}},
	{"head", false, true, 0, func(p, s string) string {
		return "==> " + p + " <==\n" + s + "\n==> /etc/hosts <==\n127.0.0.1 localhost\n"
	}},
	{"ansible", true, false, 0, func(p, s string) string { return "m1 | CHANGED | rc=0 >>\n" + s + "m2 | CHANGED | rc=0 >>\nx\n" }},
	{"banner", true, false, 0, func(p, s string) string { return "===== m1 =====\n" + s + "===== m2 =====\nx\n" }},
	{"docker log", false, false, 0, func(p, s string) string {
		var b strings.Builder
		for l := range strings.Lines(s) {
			text, _ := json.Marshal(l)
			fmt.Fprintf(&b, "{\"log\":%s,\"stream\":\"stderr\",\"time\":\"2026-01-05T12:00:00Z\"}\n", text)
		}
		return b.String()
	}},
	{"CRI", false, false, 0, func(p, s string) string { return prefixLines(s, "2026-01-05T12:00:00.123456789Z stderr F ") }},
	{"journal", true, false, 0, func(p, s string) string { return prefixLines(s, "Jan 05 12:00:00 m1 kubelet[1]: ") }},
	{"pdsh", true, false, 3, func(p, s string) string { return prefixLines(s, "m1: ") }},
	{"SUSE", true, true, 0, func(p, s string) string { return "m1:~ # cat " + p + "\n" + s + "m1:~ # \n" }},
	{"Kali", true, true, 0, func(p, s string) string {
		return "┌──(root㉿m1)-[~]\n└─# cat " + p + "\n" + s + "\n┌──(root㉿m1)-[~]\n└─# \n"
	}},
	{"script", true, true, 0, func(p, s string) string {
		return "Script started on 2026-01-05 12:00:00+00:00\n\x1b[?2004hroot@m1:~# cat " + p + "\r\n\x1b[?2004l\r" + strings.ReplaceAll(s, "\n", "\r\n") + "\x1b[?2004hroot@m1:~# exit\r\n"
	}},
	{"container", true, true, 0, func(p, s string) string {
		return "me@laptop:~$ kubectl exec -n kube-flannel -it m1 -- cat " + p + "\nDefaulted container \"a\" out of: a, b (init)\n\n" + s
	}},
	{"debug", true, true, 0, func(p, s string) string {
		return "$ oc debug node/m1\nStarting pod/m1-debug ...\nsh-4.4# chroot /host\nsh-5.1# cat " + p + "\n" + s + "sh-5.1# exit\n"
	}},
	{"numbers", true, true, 0, func(p, s string) string {
		var b strings.Builder
		b.WriteString("root@m1:~# cat -n " + p + "\n")
		n := 0
		for l := range strings.Lines(s) {
			n++
			fmt.Fprintf(&b, "%6d\t%s", n, l)
		}
		return b.String()
	}},
	{"two quotes", true, true, 0, func(p, s string) string {
		return "> > root@m1:~# cat " + p + "\n" + prefixLines(s, "> > ") + ">\n> Thanks, that is what I wanted to see.\n"
	}},
	{"tracker", false, true, 0, func(p, s string) string {
		return "This is the file of the host that fails.\n{code:title=" + p + "}\n" + s + "{code}\n"
	}},
}

// TestPrinters puts the files of incidents into frames, and wants them back.
func TestPrinters(t *testing.T) {
	archives, err := filepath.Glob("../../testdata/incidents/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no incidents: %v", err)
	}
	for _, pr := range printers {
		t.Run(pr.name, func(t *testing.T) {
			all, bad := 0, 0
			for i, archive := range archives {
				if i%5 != 0 {
					continue
				}
				a, err := txtar.ParseFile(archive)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range a.Files {
					text := string(f.Data)
					if path.Ext(f.Name) == ".md" || !comesBack(text) || strings.Count(text, "\n") < pr.least {
						continue
					}
					all++
					if why := pr.check("/etc/x/"+path.Base(f.Name), text); why != "" {
						if bad++; bad < 4 {
							t.Logf("%s: %s: %s", filepath.Base(archive), f.Name, why)
						}
					}
				}
			}
			if t.Logf("%d of %d files came back", all-bad, all); bad*100 > all*3 {
				t.Errorf("%d of %d files did not come back", bad, all)
			}
		})
	}
}

// comesBack reports whether a file is one that has no frame itself.
func comesBack(text string) bool {
	s := Cut("", []byte(text))
	return strings.HasSuffix(text, "\n") && strings.TrimSpace(text) == strings.TrimSuffix(text, "\n") && len(s) == 1 && s[0].origin == nil && s[0].Kind == KindFile && !strings.Contains(text, "\r")
}

// check prints a file, cuts that, and tells what is wrong with what comes back.
func (p printer) check(name, text string) string {
	got := Cut("", []byte(p.print(name, text)))
	for _, s := range got {
		if string(s.Data) != text {
			continue
		}
		switch {
		case s.Kind != KindFile && s.Kind != KindOutput && s.Kind != KindLog:
			return "kind " + string(s.Kind)
		case p.host && s.Host != "m1":
			return fmt.Sprintf("host %q", s.Host)
		case p.path && s.Path != name:
			return fmt.Sprintf("path %q", s.Path)
		}
		return ""
	}
	return fmt.Sprintf("not there:\n%.600s", format(got))
}
