package shapes

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// A piece is a file of the bundle and how somebody on a host gets its text.
type piece struct {
	file, host, text string
	path             string // on the host; "" for what a command prints
	command          string // prints the text; "" where the text is a command line itself
	info             string // of a fence
}

// pieceSet is the pieces by their file. The first that is set for a file counts.
type pieceSet map[string]piece

func (ps pieceSet) set(s Source, host, where, command, info string) {
	if _, ok := ps[s.File]; !ok {
		ps[s.File] = piece{file: s.File, host: host, path: where, command: command, info: info}
	}
}

// pieces returns the files of the bundle in the order of their names.
func (f Facts) pieces() []piece {
	ps := pieceSet{}
	f.objectPieces(ps)
	for _, t := range f.NetConfs {
		ps.set(t.Source, t.Host, netConfPath, "cat "+netConfPath, "json")
	}
	for _, t := range f.SubnetEnvs {
		ps.set(t.Source, t.Host, subnetEnv, "cat "+subnetEnv, "")
	}
	for _, l := range f.Logs {
		ps.set(l.Source, l.Host, "", f.logCommand(l), "log")
	}
	for _, h := range f.HostLinks {
		ps.set(h.Source, h.Host, "", "ip addr", "")
	}
	for _, t := range f.Commands {
		ps.set(t.Source, t.Host, "", "", "console")
	}
	for _, t := range f.Other {
		if where := copyOf(t.File); where != "" {
			ps.set(t.Source, t.Host, where, "cat "+where, "yaml")
		}
	}
	for _, s := range f.sources() {
		ps.set(s, hostOf(s.File), path.Base(s.File), "cat "+path.Base(s.File), "")
	}
	texts := f.Files()
	var out []piece
	for _, file := range slices.Sorted(maps.Keys(ps)) {
		p := ps[file]
		p.text = string(texts[file])
		out = append(out, p)
	}
	return out
}

// objectPieces sets the pieces that are objects of Kubernetes, or documents of its programs.
func (f Facts) objectPieces(ps pieceSet) {
	for _, p := range f.Processes {
		where := p.manifest()
		if p.Pod == nil {
			where = p.unit()
		}
		ps.set(p.Source, p.Host, where, "cat "+where, "yaml")
	}
	for _, n := range f.Nodes {
		format := strings.TrimPrefix(path.Ext(n.File), ".")
		ps.set(n.Source, "", "", "kubectl get nodes -o "+format, format)
	}
	for _, d := range f.Documents {
		where := configPath(path.Base(d.File))
		ps.set(d.Source, d.Host, where, "cat "+where, "yaml")
	}
	for _, c := range f.ConfigMaps {
		if strings.Contains(path.Base(c.File), "kube-flannel.y") {
			ps.set(c.Source, "", "kube-flannel.yml", "cat kube-flannel.yml", "yaml")
			continue
		}
		format := strings.TrimPrefix(path.Ext(c.File), ".")
		ps.set(c.Source, "", "", "kubectl"+c.ns()+" get cm "+c.Name+" -o "+format, format)
	}
}

// logCommand returns the command that shows a log.
func (f Facts) logCommand(l Log) string {
	if l.Program == "kubelet" {
		return "journalctl -u kubelet --no-pager"
	}
	namespace, pod, _ := f.logPod(l)
	return "kubectl -n " + namespace + " logs " + pod
}

// bundleFrames print the whole bundle in one text.
func bundleFrames() []Frame {
	rows := []struct {
		name, file string
		print      func(Facts) string
	}{
		{"issue in Markdown", "issue.md", issue},
		{"issue with prompts in one fence", "issue.md", issueConsole},
		{"forum post with indented code", "post.txt", post},
		{"quoted mail", "mail.txt", mail},
		{"transcript of a terminal", "terminal.txt", terminal(bash)},
		{"transcript of a rhel terminal", "terminal.txt", terminal(rhel)},
		{"transcript with colours", "terminal.txt", colouredTerminal},
		{"recording of asciinema", "session.cast", cast},
		{"page in HTML", "page.html", page},
		{"script of here-documents", "setup.sh", script},
		{"heads of tail", "all.txt", tail},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{Name: row.name, Needs: allText, Print: func(f Facts) map[string][]byte {
			return map[string][]byte{row.file: []byte(row.print(f))}
		}}
	}
	return out
}

// allText reports whether all files are text that a terminal shows as it is.
func allText(f Facts) bool {
	return !slices.ContainsFunc(f.pieces(), func(p piece) bool { return !isText(p.text) })
}

func issue(f Facts) string {
	text := "**What happened**:\n\nPods on some nodes stay in ContainerCreating, and I do not see why.\n\n" +
		"**How to reproduce it**:\n\n<!-- the commands, as short as possible -->\n\n"
	for i, p := range f.pieces() {
		head := "Output of `" + p.command + "`" + onHost(p.host) + ":"
		switch {
		case p.command == "":
			head = "I ran" + onHost(p.host) + ":"
		case p.path != "":
			head = "`" + p.path + "`" + onHost(p.host) + ":"
		}
		block := fenced(p.info, p.text)
		if i%3 == 2 {
			block = "<details><summary>show</summary>\n\n" + block + "\n</details>\n"
		}
		text += head + "\n\n" + block + "\n"
	}
	return text + "**Anything else we need to know?**: no\n"
}

// terminal prints a command for each file, and an empty prompt behind the last.
func terminal(s shell) func(Facts) string {
	return func(f Facts) string {
		text, last := "", ""
		for _, p := range f.pieces() {
			if last = p.host; p.command != "" {
				text += run(s, p.host, p.command, p.text)
				continue
			}
			for line := range strings.Lines(ended(p.text)) {
				if strings.TrimSpace(line) != "" {
					text += s(p.host) + line
				}
			}
		}
		return text + s(last) + "\n"
	}
}

func issueConsole(f Facts) string {
	return "The network does not come up. All that I have:\n\n" + fenced("console", terminal(bash)(f)) +
		"\nThanks for any hint.\n"
}

// post has code at an indent of four blanks, and paths in the sentences above.
func post(f Facts) string {
	text := "Hello,\n\nthe network of my cluster does not come up. Here is what I have.\n\n"
	for _, p := range f.pieces() {
		head := "Output of " + p.command
		switch {
		case p.command == "":
			head = "I ran this"
		case p.path != "":
			head = p.path
		}
		if p.host != "" {
			head += " on " + p.host
		}
		text += head + ":\n\n" + indented("    ", ended(p.text)) + "\n"
	}
	return text + "Regards\n"
}

func mail(f Facts) string {
	return "From: ops@example.org\nTo: network@example.org\nSubject: Re: pods without network\n" +
		"Date: Mon, 5 Jan 2026 11:42:00 +0000\n\nSee below, I have no idea either.\n\n" +
		"On Mon, 5 Jan 2026 at 11:02, operations wrote:\n" + indented("> ", terminal(bash)(f)) + "\n"
}

// colouredTerminal has a prompt in colours and a title of the window, as a recorded session has.
func colouredTerminal(f Facts) string {
	text := ""
	for line := range strings.Lines(terminal(bash)(f)) {
		if rest, ok := strings.CutPrefix(line, "root@"); ok {
			host, command, _ := strings.Cut(rest, ":~# ")
			line = "\x1b]0;root@" + host + ": ~\x07\x1b[01;32mroot@" + host + "\x1b[00m:\x1b[01;34m~\x1b[00m# " + command
		}
		text += line
	}
	return text
}

// cast is a recording of the terminal, an event for each line.
func cast(f Facts) string {
	text := `{"version": 2, "width": 120, "height": 40, "timestamp": 1767610800, "env": {"TERM": "xterm"}}` + "\n"
	n := 0
	for line := range strings.Lines(terminal(bash)(f)) {
		event := []any{float64(n) / 4, "o", strings.TrimSuffix(line, "\n") + "\r\n"}
		text += jsonText(event, "")
		n++
	}
	return text
}

// page is what a browser saves of a forum.
func page(f Facts) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace
	text := "<!DOCTYPE html>\n<html>\n<head><title>Pods without network</title></head>\n<body>\n" +
		"<p>The network of my cluster does not come up.</p>\n"
	for _, p := range f.pieces() {
		head := p.command
		if p.host != "" {
			head = "on " + p.host + ": " + head
		}
		text += "<p><code>" + escape(head) + "</code></p>\n<pre><code>" + escape(p.text) + "</code></pre>\n"
	}
	return text + "</body>\n</html>\n"
}

// script writes each file by a here-document, on its host where there is one.
func script(f Facts) string {
	text := "#!/bin/sh\nset -eu\n"
	for _, p := range f.pieces() {
		switch {
		case p.command == "":
			text += ended(p.text)
		default:
			where := p.path
			if where == "" {
				where = path.Base(p.file)
			}
			if p.host != "" {
				text += "ssh " + p.host + " 'cat > " + where + "' <<'EOF'\n" + ended(p.text) + "EOF\n"
				continue
			}
			text += "cat <<'EOF' | sudo tee " + where + "\n" + ended(p.text) + "EOF\n"
		}
	}
	return text
}

// tail prints what tail -n +1 prints of several files.
func tail(f Facts) string {
	text := ""
	for _, p := range f.pieces() {
		text += "==> " + p.file + " <==\n" + ended(p.text) + "\n"
	}
	return text
}
