package paste

import (
	"regexp"
	"strings"
)

// A chatForm is what a chat program puts in front of each line: group 1 or 2 is who says it.
type chatForm struct {
	re    *regexp.Regexp
	timed bool // it has the time, so that one speaker is enough
	loose bool // other texts have it too: some lines have to be sentences
}

// chatForms are tried in this order; the first one that most lines have counts.
var chatForms = []chatForm{
	// [09:12] mk: text, (09:12) <mk> text, 09:12 <@mk> text, [2024-05-14 09:12:33] mk: text, 14/05/24, 09:12 - mk: text
	{regexp.MustCompile(`^[\[(]?(?:\d{1,4}[-/.]\d\d?[-/.]\d{2,4}[,T ] ?)?\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?[\])]?(?: -)? (?:<[@+%~& ]?([\w.-]{1,32})>|([\w.-]{1,32}(?: [\w.-]{1,32})?):)(?: |$)`), true, false},
	// <mk> text
	{regexp.MustCompile(`^<[@+%~& ]?([A-Za-z_][\w.-]{0,31})()>(?: |$)`), false, false},
	// mk> text, mk: text
	{regexp.MustCompile(`^([a-z_][\w.-]{0,15})()(?:>|:)(?: |$)`), false, true},
}

// chat groups the lines of a chat by who says them, without what the program puts in front of each. ok is false for
// any other text: a few lines have no speaker at most, and where the time is not told, there are two who take turns.
func chat(ls []line) (parts [][]line, ok bool) {
	some := sample(ls, sampleSize)
	if parts, ok := headed(ls); ok {
		return parts, true
	}
	if len(some) < 3 || !chatStart(some) || some[0].s[0] == ' ' {
		return nil, false
	}
	for _, f := range chatForms {
		if f.fits(some) {
			return f.parts(ls), true
		}
	}
	return nil, false
}

var (
	// speakerHead matches the line with which a chat program begins what somebody says, and lateHead the one for what he
	// says later.
	speakerHead = regexp.MustCompile(`^[\p{L}][\w.-]*(?: [\p{L}][\w.-]*)? {1,3}(?:[A-Z][a-z]+ at )?\d{1,2}:\d\d(?: ?[AaPp][Mm])?$`)
	lateHead    = regexp.MustCompile(`^\d{1,2}:\d\d(?: ?[AaPp][Mm])?$`)
)

// headed cuts a chat at the lines that tell who says what is below. ok is false where the first line is none.
func headed(ls []line) (parts [][]line, ok bool) {
	first := sample(ls, 1)
	if len(first) == 0 || !speakerHead.MatchString(first[0].s[:min(len(first[0].s), 80)]) {
		return nil, false
	}
	for _, l := range ls {
		switch s := strings.TrimRight(l.s, " "); {
		case len(s) < 80 && (speakerHead.MatchString(s) || lateHead.MatchString(s)):
			parts = append(parts, nil)
		case len(parts) > 0:
			parts[len(parts)-1] = append(parts[len(parts)-1], l)
		}
	}
	return parts, len(parts) > 1
}

// chatStart is a cheap test that one of the first lines can be said by somebody.
func chatStart(some []line) bool {
	for _, l := range some[:min(len(some), 4)] {
		for _, f := range chatForms {
			if f.re.MatchString(l.s[:min(len(l.s), 80)]) {
				return true
			}
		}
	}
	return false
}

// fits reports whether lines are those of a chat in the form.
func (f chatForm) fits(some []line) bool {
	n, turns, said, last := 0, 0, 0, ""
	lines := map[string]int{}
	for _, l := range some {
		m := f.re.FindStringSubmatch(l.s)
		if m == nil {
			continue
		}
		who := m[1] + m[2]
		if !f.timed && isHostName(who) {
			return false // what pdsh puts in front of each line
		}
		n++
		if text := l.s[len(m[0]):]; looksLikeSentence(text) || strings.HasSuffix(text, "?") {
			said++
		}
		if who != last {
			turns++
			last = who
		}
		lines[who]++
	}
	if f.timed {
		return n >= 3 && n*10 >= len(some)*6
	}
	return len(lines) >= 2 && len(lines) <= 6 && turns > len(lines) && n*10 >= len(some)*8 && (!f.loose || said >= 2)
}

// parts returns the lines, those of one speaker behind each other as one part. A line without a speaker belongs to the
// line above.
func (f chatForm) parts(ls []line) [][]line {
	var out [][]line
	last := ""
	for _, l := range ls {
		m := f.re.FindStringSubmatchIndex(l.s)
		if m == nil {
			if len(out) == 0 {
				out = append(out, nil)
			}
			out[len(out)-1] = append(out[len(out)-1], l)
			continue
		}
		who := ""
		for k := 2; k+1 < len(m); k += 2 {
			if m[k] >= 0 {
				who += l.s[m[k]:m[k+1]]
			}
		}
		if len(out) == 0 || who != last {
			out, last = append(out, nil), who
		}
		out[len(out)-1] = append(out[len(out)-1], l.from(m[1]))
	}
	return out
}
