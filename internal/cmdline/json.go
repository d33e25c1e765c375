package cmdline

import "bytes"

// stringArray reads the JSON array of strings that v.b[i], a [, begins, and returns where it ends, or where it is none.
func stringArray(v view, i int) (items []token, n int, ok bool) {
	b := v.b
	i++
	for i < len(b) {
		switch c := b[i]; {
		case isSpace(c) || c == ',':
			i++
		case c == '"':
			t, k, ok := quotedString(v, i)
			if !ok {
				return items, k, false
			}
			items = append(items, t)
			i = k
		case c == ']':
			return items, i + 1, true
		default:
			return items, i, false
		}
	}
	return items, i, false
}

// roles says what an array is by its key: the whole argument vector, the program, or what follows it.
var roles = map[string]byte{
	"Args": 'a', "args": 'a', "Cmd": 'a', "cmd": 'a', "Command": 'c', "command": 'c', "Entrypoint": 'c',
	"CreateCommand": '-',
	"argv":          'c', "": 'c',
}

// jsonArray reads arrays of strings: of docker, podman and crictl inspect, and those that jsonpath prints.
func (f *finder) jsonArray(ln line) (int, bool) {
	if ln.text[0] == '|' { // a table of Markdown
		return 0, false
	}
	start := ln.textPos()
	found := false
	if ln.text[0] == '"' && f.ctx.open >= 0 && ln.text[len(ln.text)-1] != '[' {
		start = f.ctx.open
		f.ctx.open = -1
	}
	limit := ln.end
	pod := f.ctx.jsonPod >= 0 || f.ctx.containers >= 0
	var held *heldArray
	for i := start; i < limit; {
		k := bytes.IndexByte(f.b[i:limit], '[')
		if k < 0 {
			break
		}
		i += k
		if !beginsString(f.b[i+1:]) {
			if key, _ := keyBefore(f.b, i); key == "containers" || key == "initContainers" {
				pod = true
			}
			i++
			continue
		}
		items, n, ok := stringArray(f.view(i, len(f.b)), 0)
		key, keyPos := keyBefore(f.b, i)
		end := i + n
		if ok && !pod && keyPos >= 0 {
			held = f.take(held, key, items, ln, keyPos, i)
			found = found || held != nil && held.hit
		}
		if ok && pod {
			found = true
		}
		i = max(end, i+1)
		limit = max(limit, lineEnd(f.b, min(i, len(f.b))))
	}
	if found {
		return limit + 1, true
	}
	return 0, false
}

// A heldArray is an array of a program's own name, whose arguments may follow in another.
type heldArray struct {
	key string
	hit bool
}

// take reads one array, together with the one before where that is a command and this one its arguments.
func (f *finder) take(held *heldArray, key string, items []token, ln line, keyPos, open int) *heldArray {
	role, known := roles[key]
	if !known || role == '-' || len(items) == 0 {
		return held
	}
	if key == "" && !f.isAlone(keyPos, ln) {
		return held
	}
	c, ok := locate(items)
	fr := Inspect
	if key == "" {
		fr = List
	}
	switch {
	case ok:
	case key == "" && isFlag(items[0].b): // {{json .Args}}
		c = command{p: none, args: items}
	case role == 'a' && isFlag(items[0].b) || role == 'a' && f.ctx.program != "":
		p := f.owner(open)
		c = command{p: p, args: items}
		if p != none && programs[p].subs != "" {
			if !hasField(programs[p].subs, string(items[0].b)) {
				return held
			}
			c.sub, c.args = string(items[0].b), items[1:]
		}
	default:
		return held
	}
	l := c.parse()
	if len(c.toks) == 0 {
		l.Pos, l.End = items[0].at(0), items[len(items)-1].end
		if c.p == none && (!plausible(&l, none, c.words) || !settle(&l)) {
			return held
		}
	}
	l.Host = f.ctx.host
	if key == "Entrypoint" && len(l.Args) == 0 {
		for i := len(f.out) - 1; i >= 0 && i >= len(f.out)-4; i-- {
			if f.out[i].Frame == Inspect && f.out[i].Program == l.Program {
				return &heldArray{key: key, hit: true} // its arguments stood before it
			}
		}
	}
	for i := len(f.out) - 1; i >= 0 && i >= len(f.out)-4; i-- {
		if o := f.out[i]; o.Frame == Inspect && fr == Inspect && same(o, l) {
			return &heldArray{key: key, hit: true}
		}
	}
	f.add(l, fr)
	return &heldArray{key: key, hit: true}
}

// owner returns the program that an array of arguments belongs to: that of "Path", or of the array right before it.
func (f *finder) owner(open int) int {
	if p := f.pathBehind(open); p != none {
		return p
	}
	if f.ctx.program != "" {
		if p := programIn([]byte(f.ctx.program)); p != none {
			return p
		}
	}
	head := f.b[max(0, open-400):open]
	if i := bytes.LastIndex(head, []byte(`"Path"`)); i >= 0 {
		if s := fieldOf(head[i:], `"Path"`); s != "" {
			if p := programIn([]byte(s)); p != none {
				return p
			}
		}
	}
	if n := len(f.out); n > 0 { // "command": ["kube-apiserver"], "args": [...]
		o := f.out[n-1]
		if len(o.Args) == 0 && o.Frame == Inspect && o.End > open-64 {
			f.out = f.out[:n-1]
			return programNamed(o.Program)
		}
	}
	return none
}

// pathBehind returns the program that "Path" behind the array at open names, where keys are sorted and it stands at the end
// of its container: before the "Args" of the next one. Where "Path" stands right before, that counts.
func (f *finder) pathBehind(open int) int {
	const far = 64 << 10
	head := f.b[max(0, open-400):open]
	if i := bytes.LastIndex(head, []byte(`"Path"`)); i >= 0 && !bytes.ContainsAny(head[i:], "{}") {
		return none
	}
	tail := f.b[open:min(len(f.b), open+far)]
	if i := bytes.Index(tail, []byte(`"Args"`)); i >= 0 {
		tail = tail[:i]
	}
	i := bytes.Index(tail, []byte(`"Path"`))
	if i < 0 {
		return none
	}
	return programIn([]byte(fieldOf(tail[i:], `"Path"`)))
}

func beginsString(b []byte) bool {
	for _, c := range b[:min(len(b), 200)] {
		if !isSpace(c) {
			return c == '"'
		}
	}
	return false
}

// keyBefore returns the key of the value at b[i], "" where the value has none, and where the key or the value begins.
// pos is -1 where what stands before it is of another language: = ( or a word.
func keyBefore(b []byte, i int) (key string, pos int) {
	k := i
	for k > 0 && isBlank(b[k-1]) {
		k--
	}
	if k == 0 || b[k-1] == '\n' {
		return "", i
	}
	if b[k-1] == '>' || b[k-1] == '\'' {
		return "", i
	}
	if b[k-1] != ':' {
		return "", -1
	}
	for k--; k > 0 && isBlank(b[k-1]); k-- {
	}
	end := k
	if k > 0 && b[k-1] == '"' {
		end = k - 1
		k--
	}
	for k > 0 && (isAlnum(b[k-1]) || b[k-1] == '_' || b[k-1] == '-') && end-k < 64 {
		k--
	}
	if k == end {
		return "", -1
	}
	return string(b[k:end]), k
}

// isAlone reports whether an array without a key is what a command printed: it begins the line.
func (f *finder) isAlone(pos int, ln line) bool {
	return len(bytes.Trim(f.b[ln.start:max(pos, ln.start)], " '>\t")) == 0
}

// goList reads [kube-apiserver --a=b --c=d], as jsonpath printed lists before 1.20 and go-template does; also with the program in
// front of the list, and without it, as templates for docker inspect do.
func (f *finder) goList(ln line) (int, bool) {
	t := ln.text
	open := bytes.IndexByte(t, '[')
	if open < 0 || len(t) < 8 || t[len(t)-1] != ']' && open > 0 || open > 0 && (!isBlank(t[open-1]) || bytes.IndexByte(bytes.TrimSpace(t[:open]), ' ') >= 0) {
		return 0, false
	}
	end := bytes.LastIndexByte(t, ']')
	if end < open {
		return 0, false
	}
	toks, _ := split(f.view(ln.textPos()+open+1, ln.textPos()+end), argv)
	if open > 0 {
		name, _ := split(f.view(ln.textPos(), ln.textPos()+open), argv)
		toks = append(name, toks...)
	}
	if open == 0 && len(toks) > 0 && isFlag(toks[0].b) {
		return ln.end + 1, f.items(toks, List, f.path)
	}
	c, ok := locate(toks)
	if !ok {
		return 0, false
	}
	l := c.parse()
	if len(l.Args) == 0 || !plausible(&l, c.p, c.words) {
		return 0, false
	}
	f.add(l, List)
	return ln.end + 1, true
}

// jsonItems reads items of an array that grep left over: "--cluster-cidr=10.244.0.0/16", in one or more lines, alone.
func (f *finder) jsonItems(ln line) (int, bool) {
	if !bytes.HasPrefix(ln.text, []byte(`"`)) || f.b[ln.start] == '\t' || ln.start < f.noItems {
		return 0, false
	}
	var items []token
	next := ln.start
	for next < len(f.b) {
		ln := f.lineAt(next)
		t := bytes.TrimSuffix(ln.text, []byte(","))
		if len(t) < 3 || t[0] != '"' || f.b[ln.start] == '\t' {
			break
		}
		tok, k, ok := quotedString(f.view(ln.textPos(), ln.textPos()+len(t)), 0)
		if !ok || k != len(t) {
			break
		}
		items = append(items, tok)
		next = ln.end + 1
	}
	if len(items) == 0 {
		return 0, false
	}
	if f.ctx.jsonPod >= 0 {
		return next, true
	}
	if !f.isEdge(ln.start, next) {
		f.noItems = next
		return 0, false
	}
	return next, f.items(items, Inspect, f.path) || isFlag(items[0].b)
}

// isEdge reports whether what stands before start and behind end is no source code: nothing, a prompt, a fence, the
// marks of grep and JSON.
func (f *finder) isEdge(start, end int) bool {
	if end < len(f.b) {
		if t := f.lineAt(end).text; len(t) > 0 && !isEdgeLine(t) {
			return false
		}
	}
	if start > 0 {
		k := bytes.LastIndexByte(f.b[max(0, start-400):start-1], '\n') + 1
		if t := f.lineAt(max(0, start-400) + k).text; len(t) > 0 && !isEdgeLine(t) {
			return false
		}
	}
	return true
}

func isEdgeLine(t []byte) bool {
	if n, _ := promptLen(t); n > 0 {
		return true
	}
	switch t[0] {
	case ']', '`', '~', '-', '}':
		return !bytes.ContainsAny(t, "()")
	}
	return bytes.HasPrefix(t, []byte("kubectl ")) || bytes.HasPrefix(t, []byte("grep ")) ||
		bytes.HasPrefix(t, []byte("..."))
}

// items adds the argument vector, or the part of one, that items are. It reports whether they were one.
func (f *finder) items(items []token, fr Frame, path string) bool {
	p := programOfPath(path)
	c, ok := locate(items)
	if !ok {
		if !isFlag(items[0].b) {
			return false
		}
		c = command{p: p, args: items}
	}
	l := c.parse()
	if len(l.Args) == 0 || !plausible(&l, c.p, c.words) {
		return false
	}
	if !ok {
		l.Pos = items[0].at(0)
		if p == none && !settle(&l) {
			return false
		}
	}
	l.Path = path
	f.add(l, fr)
	return true
}
