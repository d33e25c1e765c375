package distro

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// A shellWord is a word of a command line, quotes undone, with the offset of its first byte in the file.
type shellWord struct {
	text   string
	offset int
	eq     int // offset of what stands behind the first =, 0 where there is none
}

// shellWords cuts data from start on into words until the line ends that no backslash continues, or the command does.
func shellWords(data []byte, start int) (words []shellWord, end int) {
	i := start
	for i < len(data) {
		switch c := data[i]; {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '\\' && i+1 < len(data) && (data[i+1] == '\n' || data[i+1] == '\\' && i+2 < len(data) &&
			data[i+2] == '\n'):
			i += 2
			if data[i-1] != '\n' {
				i++
			}
			i = afterPrompt(data, i)
		case c == '\n' || c == '#' || c == ';' || c == '|' || c == '&' || c == '>' || c == '<':
			return words, i
		default:
			var w shellWord
			w, i = shellWordAt(data, i)
			words = append(words, w)
		}
	}
	return words, i
}

// afterPrompt passes over "> ", with which a shell asks for the next line of a command.
func afterPrompt(data []byte, i int) int {
	if i+1 < len(data) && data[i] == '>' && data[i+1] == ' ' {
		return i + 2
	}
	return i
}

func shellWordAt(data []byte, i int) (shellWord, int) {
	w := shellWord{offset: i}
	var b strings.Builder
	quote := byte(0)
	for ; i < len(data) && data[i] != '\n'; i++ {
		c := data[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote == 0 && (c == '\'' || c == '"' || c == '`'):
			quote = c
			continue
		case quote == 0 && strings.IndexByte(" \t\r;|&<>", c) >= 0:
			return w, finishWord(&w, &b, i)
		case quote != '\'' && c == '\\' && i+1 < len(data):
			if data[i+1] == '\n' {
				return w, finishWord(&w, &b, i)
			}
			i++
			c = data[i]
		}
		if c == '=' && w.eq == 0 && b.Len() > 0 {
			w.eq = i + 1
		}
		b.WriteByte(c)
	}
	return w, finishWord(&w, &b, i)
}

func finishWord(w *shellWord, b *strings.Builder, i int) int {
	w.text = b.String()
	return i
}

// commandLines reads command lines of a program in the style of k3s: units with ExecStart, openrc files,
// INSTALL_K3S_EXEC, and commands that stand at the start of a line or behind a pipe. A sentence that names the program
// is none of them.
func commandLines(in *Installer, f *source.File, program string) []Cluster {
	upper := "INSTALL_" + strings.ToUpper(program) + "_EXEC="
	if !bytes.Contains(f.Data, []byte(program)) && !bytes.Contains(f.Data, []byte(upper)) {
		return nil
	}
	marks := [][]byte{[]byte(program), []byte(upper), []byte("command_args=")}
	site := []byte("get." + program + ".io")
	var out []Cluster
	eachCommand(f, marks, func(words []shellWord, at int, line []byte) {
		args, ok := serverArgs(words, program, upper, f.Data)
		if !ok && bytes.Contains(line, site) {
			args, ok = scriptArgs(words)
		}
		if ok {
			if c, ok := serverCluster(in, f, args, at, startsServer(args, line, program)); ok {
				out = append(out, c)
			}
		}
	})
	return out
}

// scriptArgs returns the arguments that an installation script gets from sh -s -.
func scriptArgs(words []shellWord) ([]shellWord, bool) {
	for len(words) > 0 && words[0].eq > 0 && !strings.HasPrefix(words[0].text, "-") { // K3S_TOKEN=x sh -s - server
		words = words[1:]
	}
	if len(words) < 3 || path.Base(words[0].text) != "sh" && path.Base(words[0].text) != "bash" ||
		words[1].text != "-s" {
		return nil, false
	}
	args := words[2:]
	if args[0].text == "-" || args[0].text == "--" {
		args = args[1:]
	}
	if len(args) == 0 || args[0].text == "agent" {
		return nil, false
	}
	return args, true
}

// eachCommand calls yield for each command on the lines of f in which one of the marks stands, with the offset of the
// line. Commands end at the end of the line, unless a backslash continues it, at pipes and at semicolons.
func eachCommand(f *source.File, marks [][]byte, yield func(words []shellWord, at int, line []byte)) {
	for at := 0; at < len(f.Data); {
		end := bytes.IndexByte(f.Data[at:], '\n')
		if end < 0 {
			end = len(f.Data)
		} else {
			end += at
		}
		next := end + 1
		line := f.Data[at:end]
		if slices.ContainsFunc(marks, func(m []byte) bool { return bytes.Contains(line, m) }) {
			for start := commandStart(f.Data, at, end); start < len(f.Data) && f.Data[start] != '\n'; {
				words, stop := shellWords(f.Data, start)
				if len(words) > 0 {
					yield(words, at, line)
				}
				next = max(next, stop)
				start = stop
				for start < len(f.Data) && strings.IndexByte("|;& \t", f.Data[start]) >= 0 {
					start++
				}
				if start == stop { // a redirection, a comment or the end
					break
				}
			}
		}
		at = next
	}
}

// option is an argument of a command: --name=value or --name value, with the offset of the value.
type option struct {
	name, value string
	offset      int
}

// options returns the arguments of a command that begin with two dashes.
func options(words []shellWord) []option {
	var out []option
	for i := 0; i < len(words); i++ {
		if !strings.HasPrefix(words[i].text, "--") {
			continue
		}
		name, value, found := strings.Cut(strings.TrimLeft(words[i].text, "-"), "=")
		o := option{name, value, words[i].eq}
		takes := strings.HasSuffix(name, "-arg") // an argument for another program, which may begin with dashes itself
		if !found && i+1 < len(words) && (takes || !strings.HasPrefix(words[i+1].text, "-")) {
			o.value, o.offset = words[i+1].text, words[i+1].offset
			i++
		}
		out = append(out, o)
	}
	return out
}

// toolCluster returns an empty description for a command of an installer's tool, nil where the words are another
// command.
func toolCluster(in *Installer, f *source.File, words []shellWord, at int, command ...string) *Cluster {
	for len(words) > 0 && words[0].text == "sudo" {
		words = words[1:]
	}
	if len(words) <= len(command) || path.Base(words[0].text) != command[0] {
		return nil
	}
	for i, w := range command {
		if i > 0 && words[i].text != w {
			return nil
		}
	}
	return &Cluster{in: in, Installer: in.Name, file: f, at: func(*source.Node) Position { return f.Position(at) },
		Pos: f.Position(at)}
}

// prompt is what a shell writes before a command: root@host:~# or [user@host dir]$.
var prompt = regexp.MustCompile(`^(?:[\w.-]+@[\w.-]+:\S*[#$%]|\[[^\]]+\][#$%]) +`)

// commandStart passes over what stands before a command: blanks, prompts, the dash of a list, the key of a unit.
func commandStart(data []byte, at, end int) int {
	line := string(data[at:end])
	trimmed := strings.TrimLeft(line, " \t")
	if p := prompt.FindString(trimmed[:min(len(trimmed), 200)]); p != "" {
		trimmed = trimmed[len(p):]
	}
	for _, lead := range []string{"- ", "$ ", "# ", "ExecStart=", `command_args="`, "command_args=", "run: "} {
		if rest, ok := strings.CutPrefix(trimmed, lead); ok {
			trimmed = strings.TrimLeft(rest, " \t")
		}
	}
	if strings.HasPrefix(trimmed, "#") { // a comment, not a prompt
		return end
	}
	return end - len(trimmed)
}

// serverArgs returns the arguments behind "k3s server", or in INSTALL_K3S_EXEC.
func serverArgs(words []shellWord, program, upper string, data []byte) ([]shellWord, bool) {
	for i, w := range words {
		switch {
		case strings.HasPrefix(w.text, upper) && w.eq > 0:
			inner, _ := shellWords(unquoted(data, w.eq), 0)
			for k := range inner {
				inner[k].offset += w.eq
				if inner[k].eq > 0 {
					inner[k].eq += w.eq
				}
			}
			if len(inner) > 0 && inner[0].text == "agent" {
				return nil, false
			}
			return inner, true
		case i == 0 && w.text == "server" && len(words) > 1, path.Base(w.text) == program && i+1 < len(words) &&
			words[i+1].text == "server":
			return words[i+1:], true
		case strings.Contains(w.text, "=") || w.text == "sudo" || w.text == "export" || w.text == "exec" ||
			w.text == "nohup" || w.text == "env":
		case i > 0:
			return nil, false
		default:
			if path.Base(w.text) != program && w.text != "curl" {
				return nil, false
			}
		}
	}
	return nil, false
}

// unquoted returns data with the text of a quoted value that begins at start, and blanks for all before it, so that
// offsets remain. The
// quotes themselves become blanks.
func unquoted(data []byte, start int) []byte {
	if start >= len(data) {
		return nil
	}
	rest := data[start:min(len(data), start+1<<14)]
	end := bytes.IndexByte(rest, '\n')
	if q := rest[0]; q == '"' || q == '\'' {
		if close := bytes.IndexByte(rest[1:], q); close >= 0 {
			text := bytes.Clone(rest[:close+1])
			text[0] = ' '
			return text
		}
	}
	if end >= 0 {
		rest = rest[:end]
	}
	if sp := bytes.IndexAny(rest, " \t"); sp >= 0 {
		rest = rest[:sp]
	}
	return rest
}

// serverCluster reads the arguments of a server. ok is false where none of them is a flag that only such a server has.
func serverCluster(in *Installer, f *source.File, words []shellWord, start int, starts bool) (Cluster, bool) {
	c := Cluster{in: in, Installer: in.Name, file: f, at: func(*source.Node) Position { return f.Position(start) },
		Pos: f.Position(start)}
	known, joins, file := false, false, false
	for _, o := range options(words) {
		joins = joins || o.name == "server" && strings.HasPrefix(o.value, "https://")
		file = file || o.name == "config"
		known = c.serverFlag(o.name, o.value, func(i int) Position { return f.Position(o.offset + i) }) || known
	}
	c.Joins = joins && !file && !slices.ContainsFunc(c.Values, func(v Value) bool { return v.Role == Pods || v.Role == Services })
	if c.Joins {
		c.Partial = true // its config.yaml may have the ranges
	}
	if !known && !c.Joins && (!starts || joins || file) {
		return c, false
	}
	c.flatFamily()
	return c, true
}

// startsServer reports whether a line is certainly a command that starts a server, and not a sentence about one: a program with its path,
// or with a flag behind it, and nothing but flags and their values.
func startsServer(words []shellWord, line []byte, program string) bool {
	if len(words) == 0 || words[0].text != "server" || len(words) > 1 && !strings.HasPrefix(words[1].text, "-") {
		return false
	}
	return bytes.Contains(line, []byte("/"+program+" ")) || len(words) > 1 && strings.HasPrefix(words[1].text, "--")
}

// serverFlag reads one flag of k3s server or rke2 server.
func (c *Cluster) serverFlag(name, value string, at func(int) Position) bool {
	if strings.TrimSpace(value) == "" {
		return false
	}
	for _, k := range flatKeys {
		if k.key == name {
			v := Value{Role: k.role, Key: "--" + name, Pos: at(0)}
			c.plain(&v, value, at)
			return true
		}
	}
	for _, a := range flatArgs {
		if a.key != name {
			continue
		}
		arg, rest, found := strings.Cut(strings.TrimLeft(value, "-"), "=")
		if role := flagRole(a.program, arg); role != "" && found {
			skip := len(value) - len(rest)
			v := Value{Role: role, Key: "--" + name + " " + arg, Program: a.program, Pos: at(skip)}
			c.plain(&v, rest, func(o int) Position { return at(skip + o) })
			c.override(role, a.program)
		}
		return true
	}
	switch name {
	case "flannel-backend":
		c.CNI, c.CNIStated, c.CNIPos = "flannel", true, at(0)
		if value == "none" {
			c.CNI = "none"
		}
		return true
	case "cni":
		c.CNI, c.CNIStated, c.CNIPos = strings.ToLower(value), true, at(0)
		return true
	}
	return name == "tls-san" || name == "cluster-init" || name == "disable"
}
