package cmdline

import "bytes"

// unit reads ExecStart= of a unit, of systemctl show, and of the Process: line of systemctl status. An empty one
// takes back those above it, of the same unit.
func (f *finder) unit(ln line) (int, bool) {
	i := bytes.Index(ln.text, []byte("ExecStart="))
	if i < 0 {
		return 0, false
	}
	pos := ln.textPos() + i + len("ExecStart=")
	head := bytes.TrimSpace(ln.text[:i])
	path, n := grepPath(ln.text)
	switch {
	case bytes.HasPrefix(head, []byte("Process:")):
		return f.process(pos, ln)
	case i > 0 && n != i:
		return 0, false
	case bytes.HasPrefix(f.b[pos:ln.end], []byte("{")):
		k := bytes.Index(f.b[pos:ln.end], []byte("argv[]="))
		if k < 0 {
			return ln.end + 1, true
		}
		return f.process(pos+k+len("argv[]="), ln)
	}
	for pos < ln.end && bytes.IndexByte([]byte("-@:+!"), f.b[pos]) >= 0 {
		pos++
	}
	toks, used := split(f.view(pos, len(f.b)), unitLine)
	next := pos + used + 1
	name := f.unitName
	if n > 0 {
		name = unitOfPath(path)
	}
	if len(toks) == 0 {
		f.reset(name)
		return next, true
	}
	c, ok := locate(toks)
	if !ok {
		return next, true
	}
	l := c.parse()
	l.Path = f.path
	if n > 0 {
		l.Path = path
	}
	f.units = append(f.units, unitOf{len(f.out), name})
	f.add(l, Unit)
	return next, true
}

// process reads the words from pos to (code=exited, or to the ; that ends argv[]=.
func (f *finder) process(pos int, ln line) (int, bool) {
	toks, _ := split(f.view(pos, ln.textPos()+len(ln.text)), argv)
	for i, t := range toks {
		if bytes.HasPrefix(t.b, []byte("(code=")) || string(t.b) == ";" {
			toks = toks[:i]
			break
		}
	}
	c, ok := locate(toks)
	if !ok {
		return ln.end + 1, true
	}
	l := c.parse()
	l.cut()
	f.add(l, Status)
	return ln.end + 1, true
}

// reset drops the lines of a unit that stand above: without a frame they are left out in the end.
func (f *finder) reset(name string) {
	for k := len(f.units) - 1; k >= 0 && f.units[k].name == name; k-- {
		f.out[f.units[k].line].Frame = 0
		f.units = f.units[:k]
	}
}

// unitOfPath returns the unit that a file is a part of: x.service of x.service and x.service.d/10.conf.
func unitOfPath(path string) string {
	dir, base := "", path
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			dir, base = path[:i], path[i+1:]
			break
		}
	}
	if d, ok := cutDir(dir); ok {
		return d
	}
	return base
}

func cutDir(dir string) (string, bool) {
	for i := len(dir) - 1; i >= 0; i-- {
		if dir[i] == '/' {
			dir = dir[i+1:]
			break
		}
	}
	if n := len(dir) - 2; n > 0 && dir[n:] == ".d" {
		return dir[:n], true
	}
	return "", false
}

// variable reads an assignment whose value is arguments: of an environment file, of Environment= in a unit, of a
// script.
func (f *finder) variable(ln line) (int, bool) {
	t := ln.text
	pos := ln.textPos()
	path, n := grepPath(t)
	if n > 0 {
		t, pos = t[n:], pos+n
		for len(t) > 0 && isBlank(t[0]) {
			t, pos = t[1:], pos+1
		}
	}
	for _, word := range [...]string{"export ", "declare -x ", "readonly ", "local ", "set -x ", "Environment="} {
		if bytes.HasPrefix(t, []byte(word)) {
			t, pos = t[len(word):], pos+len(word)
			if word == "Environment=" {
				return f.environment(pos, path)
			}
		}
	}
	name := nameLen(t)
	if name == 0 || name+1 >= len(t) || t[name] != '=' {
		return 0, false
	}
	v := f.view(pos+name+1, len(f.b))
	if q := v.b[0]; q != '"' && q != '\'' {
		end := ln.textPos() + len(ln.text)
		if more(f.b, max(end-1, 0)) > 0 {
			_, k := split(v, unitLine)
			end = pos + name + 1 + k
		}
		return max(end, ln.end) + 1, f.value(string(t[:name]), f.view(pos+name+1, end), path)
	}
	tok, k := word(v, 0, envValue)
	end := pos + name + 1 + k
	rest := bytes.TrimSpace(f.b[end:lineEnd(f.b, end)])
	if len(rest) > 0 && rest[0] != '#' && rest[0] != ';' || bytes.HasPrefix(f.b[pos:], t[:name+1]) && !tok.quoted {
		return 0, false
	}
	return lineEnd(f.b, end) + 1, f.value(string(t[:name]), tok.view, path)
}

// environment reads the assignments behind Environment=.
func (f *finder) environment(pos int, path string) (int, bool) {
	toks, used := split(f.view(pos, len(f.b)), unitLine)
	for _, t := range toks {
		n := nameLen(t.b)
		if n > 0 && n+1 < len(t.b) && t.b[n] == '=' {
			f.value(string(t.b[:n]), t.from(n+1, len(t.b)), path)
		}
	}
	return pos + used + 1, true
}

// value reads the value of a variable, and reports whether it is arguments.
func (f *finder) value(name string, v view, path string) bool {
	toks, _ := split(v, envValue)
	for len(toks) > 0 && (string(toks[0].b) == `\` || len(toks[0].b) == 0) {
		toks = toks[1:]
	}
	if len(toks) == 0 {
		return false
	}
	p := programOfVariable(name)
	c := command{p: p, args: toks}
	if p != none && programs[p].subs != "" && hasField(programs[p].subs, string(toks[0].b)) {
		c.sub, c.args = string(toks[0].b), toks[1:]
	} else if !isFlag(toks[0].b) {
		return false
	}
	l := c.parse()
	if p == none && f.path != "" {
		if p = programOfPath(f.path); p != none {
			l.Program = programs[p].name
		}
	}
	if known := owners(l.Args); p != none && known != 0 && known&(1<<p) == 0 {
		// KUBELET_PORT="--kubelet-port=10250" is the API server's.
		if p, _ = guess(l.Args); p == none {
			return false
		}
		l.Program = programs[p].name
	}
	if !plausible(&l, p, c.words) || p == none && (!settle(&l) || allTemplates(l.Args)) {
		return false
	}
	l.Var, l.Path = name, path
	if path == "" {
		l.Path = f.path
	}
	l.Pos = toks[0].at(0)
	l.End = max(l.End, toks[0].end)
	f.add(l, EnvFile)
	return true
}

func allTemplates(args []Arg) bool {
	for _, a := range args {
		if !a.Template {
			return false
		}
	}
	return true
}
