package paste

import (
	"path"
	"regexp"
	"strings"
)

// patchFile matches the line of a patch that names the file as it is then.
var patchFile = regexp.MustCompile(`^\+\+\+ (?:b/)?([^\t\n]+?)(?:\t.*)?$`)

// patch emits what the files of a patch hold then, as far as it shows them: the lines that it adds and those that
// stay. One of which no such file is known stays a patch.
func (c *cutter) patch(h head, ls []line) {
	h.kind = KindDiff
	name, hunks := "", false
	var kept, all, other []line
	flush := func() {
		side := h
		side.kind, side.path, side.partial, side.fixed = KindOutput, name, true, true
		if hunks && len(kept) > 0 && name != "/dev/null" && !codeExtensions[strings.ToLower(path.Ext(name))] &&
			!proseExtensions[strings.ToLower(path.Ext(name))] && !buildFiles[path.Base(name)] {
			c.emitAs(side, kept)
		} else {
			c.emitAs(h, all)
		}
		rest := h
		rest.kind, rest.fixed = "", true
		c.emitAs(rest, other)
		kept, all, other, hunks = nil, nil, nil, false
	}
	for _, l := range ls {
		if strings.HasPrefix(l.s, "diff ") || strings.HasPrefix(l.s, "--- ") && (len(all) == 0 || hunks) {
			flush()
			name = ""
		}
		hunk := hunkLine.MatchString(l.s)
		if len(other) > 0 && !hunk || hunks && !hunk && !inHunk(l.s) {
			other = append(other, l) // the patch has ended
			continue
		}
		if len(other) > 0 {
			flush()
		}
		all = append(all, l)
		switch m := patchFile.FindStringSubmatch(l.s); {
		case m != nil && !hunks:
			name = m[1]
		case hunk:
			hunks = true
		case !hunks, l.s != "" && (l.s[0] == '-' || l.s[0] == '\\'):
		case l.s == "":
			kept = append(kept, l)
		default:
			kept = append(kept, l.from(1))
		}
	}
	flush()
}

// inHunk reports whether a line can be one of a hunk.
func inHunk(s string) bool {
	return s == "" || strings.IndexByte("+- \\", s[0]) >= 0 || strings.HasPrefix(s, "diff ") || strings.HasPrefix(s, "index ")
}
