package cmdline

import "bytes"

func isDescribeHead(t []byte) bool {
	return string(t) == "Command:" || string(t) == "Args:"
}

// describe reads Command: and Args: of kubectl describe pod, an item a line, deeper than the head.
func (f *finder) describe(ln line) (int, bool) {
	if !isDescribeHead(ln.text) {
		return 0, false
	}
	items, next := f.block(ln)
	if string(ln.text) == "Command:" && next < len(f.b) {
		if args := f.lineAt(next); string(args.text) == "Args:" && args.indent == ln.indent {
			var more []token
			more, next = f.block(args)
			items = append(items, more...)
		}
	}
	if len(items) == 0 {
		return 0, false
	}
	c, ok := locate(items)
	if !ok {
		p := programOfImage(f.ctx.image)
		if p == none || !isFlag(items[0].b) {
			return next, true
		}
		c = command{p: p, args: items}
	}
	l := c.parse()
	if !ok {
		l.Pos = items[0].at(0)
	}
	l.Host = f.ctx.node
	f.add(l, Describe)
	return next, true
}

// block returns the lines below a head that stand deeper, one token each, and where they end.
func (f *finder) block(head line) (items []token, next int) {
	next = head.end + 1
	for next < len(f.b) {
		ln := f.lineAt(next)
		if len(ln.text) == 0 || ln.indent <= head.indent {
			break
		}
		v := f.view(ln.textPos(), ln.textPos()+len(ln.text))
		items = append(items, token{view: v, end: v.endAt(len(v.b))})
		next = ln.end + 1
	}
	return items, next
}

// grepPath returns the file that grep names at the start of a line, and the length of that: PATH:, PATH:12:, 12:. The
// path is "" where there is only a number.
func grepPath(t []byte) (path string, n int) {
	i := 0
	for i < len(t) && i < 256 && (isAlnum(t[i]) || bytes.IndexByte([]byte("/._-~@"), t[i]) >= 0) {
		i++
	}
	if i == 0 || i >= len(t) || t[i] != ':' {
		return contextPath(t)
	}
	p := t[:i]
	n = i + 1
	if isNumber(p) {
		return "", n
	}
	if bytes.IndexByte(p, '/') < 0 && bytes.IndexByte(p, '.') < 0 {
		return "", 0
	}
	k := n
	for k < len(t) && isDigit(t[k]) {
		k++
	}
	if k > n && k < len(t) && t[k] == ':' {
		n = k + 1
	}
	return string(p), n
}

// contextPath is grepPath for the lines that grep -A shows beside: 12-    - --x and PATH-12-    - --x.
func contextPath(t []byte) (path string, n int) {
	i := bytes.Index(t[:min(len(t), 256)], []byte("-  "))
	if i <= 0 {
		return "", 0
	}
	k := i
	for k > 0 && isDigit(t[k-1]) {
		k--
	}
	if k == i && bytes.IndexByte(t[:i], '/') != 0 {
		return "", 0
	}
	if k > 0 && k < i {
		if t[k-1] != '-' {
			return "", 0
		}
		k--
	}
	if k == i { // PATH-
		k = i
	}
	if bytes.ContainsAny(t[:k], " \t") {
		return "", 0
	}
	return string(t[:k]), i + 1
}

// manifest reads items of a YAML list that are arguments: what grep shows of a manifest, or a piece of one. What stands
// below containers: is left to the readers of manifests.
func (f *finder) manifest(ln line) (int, bool) {
	if bytes.HasPrefix(ln.text, []byte("-  ")) || bytes.HasPrefix(ln.text, []byte("@@")) {
		return 0, false // of a diff: what was
	}
	var items []token
	path := ""
	next := ln.start
	for next < len(f.b) {
		ln := f.lineAt(next)
		tok, p, ok := f.manifestItem(ln)
		if !ok || len(items) > 0 && p != path {
			break
		}
		path = p
		items = append(items, tok)
		next = ln.end + 1
	}
	if len(items) == 0 {
		return 0, false
	}
	if f.ctx.containers >= 0 && path == "" {
		return next, true
	}
	if path == "" {
		path = f.path
	}
	return next, f.items(items, Manifest, path) || isFlag(items[0].b)
}

// manifestItem reads a line `- --name=value`, with what grep or diff put in front.
func (f *finder) manifestItem(ln line) (t token, path string, ok bool) {
	b := ln.text
	pos := ln.textPos()
	path, n := grepPath(b)
	if n == 0 && len(b) > 2 && b[0] == '+' && b[1] == ' ' {
		n = 1
	}
	b, pos = b[n:], pos+n
	for len(b) > 0 && isBlank(b[0]) {
		b, pos = b[1:], pos+1
	}
	if path != "" && bytes.HasPrefix(b, []byte("--")) && programOfPath(path) != none { // of a unit or a script
		toks, _ := split(f.view(pos, pos+len(b)), syntax{quotes: true})
		if len(toks) == 1 {
			return toks[0], path, isFlag(toks[0].b)
		}
		return token{}, "", false
	}
	if len(b) < 4 || b[0] != '-' || b[1] != ' ' {
		return token{}, "", false
	}
	b, pos = bytes.TrimLeft(b[1:], " "), pos+1
	pos += lead(f.b[pos:])
	v := f.view(pos, pos+len(b))
	switch b[0] {
	case '"', '\'':
		tok, k := word(v, 0, syntax{quotes: true})
		if rest := bytes.TrimSpace(b[min(k, len(b)):]); len(rest) > 0 && rest[0] != '#' {
			return token{}, "", false
		}
		t = tok
	default:
		if i := bytes.Index(b, []byte(" #")); i >= 0 {
			v = v.from(0, i).trim()
		}
		t = token{view: v, end: v.endAt(len(v.b))}
	}
	if len(t.b) == 0 || !isFlag(t.b) && programIn(t.b) == none && (path == "" || bytes.IndexByte(t.b, ' ') >= 0) {
		return token{}, "", false
	}
	if isFlag(t.b) && bytes.IndexByte(t.b, ' ') >= 0 && !isTemplate(t.b) && !t.quoted {
		if i := bytes.IndexByte(t.b, '='); i < 0 || i > bytes.IndexByte(t.b, ' ') {
			return token{}, "", false
		}
	}
	return t, path, true
}

// lead returns how many blanks b begins with.
func lead(b []byte) int {
	n := 0
	for n < len(b) && isBlank(b[n]) {
		n++
	}
	return n
}

// argsFile reads a run of lines of one flag each, as MicroK8s keeps them, or tr '\0' '\n' prints them; the program may
// stand alone in the line above.
func (f *finder) argsFile(ln line) (int, bool) {
	if ln.indent > 0 || ln.start < f.noArgs {
		return 0, false
	}
	if programIn(ln.text) == none && !bytes.HasPrefix(ln.text, []byte("--")) {
		return 0, false
	}
	var items []token
	next := ln.start
	for next < len(f.b) {
		ln := f.lineAt(next)
		if len(ln.text) > 0 && ln.text[0] == '#' && len(items) > 0 {
			next = ln.end + 1
			continue
		}
		toks, _ := split(f.view(ln.start, ln.textPos()+len(ln.text)), syntax{quotes: true})
		if len(toks) == 0 || ln.indent > 0 || len(toks) > 2 {
			break
		}
		first := len(items) == 0 && len(toks) == 1 && programIn(toks[0].b) != none
		if !first && !isFlag(toks[0].b) || len(toks) == 2 && (isFlag(toks[1].b) || bytes.IndexByte(toks[0].b, '=') > 0) {
			break
		}
		items = append(items, toks...)
		next = ln.end + 1
	}
	if len(items) == 0 || !isFlag(items[len(items)-1].b) && len(items) == 1 {
		return 0, false
	}
	if next < len(f.b) {
		if t := f.lineAt(next).text; len(t) > 0 && !isEdgeLine(t) {
			f.noArgs = next
			return 0, false
		}
	}
	return next, f.items(items, ArgsFile, f.path) || isFlag(items[0].b)
}

// pathLine notes the file that is shown below: # PATH of systemctl cat, ==> PATH <==, a command that names it.
func (f *finder) pathLine(ln line) (int, bool) {
	t := ln.text
	n, _ := promptLen(t)
	if n == 0 && !isShower(t) && t[0] != '=' && t[len(t)-1] != ':' {
		return 0, false
	}
	toks, _ := split(f.view(ln.textPos()+n, ln.textPos()+len(t)), syntax{quotes: true})
	for i := len(toks) - 1; i >= 0; i-- {
		word := bytes.Trim(toks[i].b, ":`*\"'")
		if bytes.IndexByte(word, '/') < 0 || bytes.IndexByte(word, '*') >= 0 {
			continue
		}
		if t[0] == '#' && len(toks) == 1 {
			f.unitName = unitOfPath(string(word))
		}
		if programOfPath(string(word)) != none || t[0] == '#' && len(toks) == 1 {
			f.path = string(word)
			return ln.end + 1, true
		}
	}
	return 0, false
}

// isShower reports whether t is a command that shows a file.
func isShower(t []byte) bool {
	for _, s := range [...]string{"cat ", "grep ", "sudo ", "tail ", "head ", "less ", "more ", "vi ", "vim "} {
		if bytes.HasPrefix(t, []byte(s)) {
			return true
		}
	}
	return false
}
