package flannel

import (
	"regexp"
	"strings"
	"testing"
)

// What godotenv v1.5.1 makes of each text, executed: "name=value" of the variables it finds, joined by "|", or its error.
func TestDotenv(t *testing.T) {
	for _, tt := range []struct{ why, in, want string }{
		{"nothing", "", ""},
		{"blanks and comments", " \t\n# a=b\n\n#", ""},
		{"a sign of either kind, blanks around it", "A=1\nB:2\nC = 3\nD : 4", "A=1|B=2|C=3|D=4"},
		{"letters of names", "_a.B9=1", "_a.B9=1"},
		{"no letter of a name at its start", "-A=1", `error: unexpected character "-" in variable name near "-A=1"`},
		{"no letter of a name", "A-B=1\nC=2", `error: unexpected character "-" in variable name near "A-B=1"`},
		{"export", "export A=1\nexport\tB=2", "A=1|B=2"},
		{"export without a blank belongs to the name", "exportA=1\nexport=2", "exportA=1|export=2"},
		{"export of nothing", "export ", "error: zero length string"},
		{"an empty value does not go on in the next line", "A=\nB=1\nC=", "A=|B=1|C="},
		{"a last line without a sign is the value of no name", "A=1\nfoo", "A=1|=foo"},
		{"a comment stands behind a blank", "A=1 # x\nB=1# x\nC=#1\nD= #1", "A=1|B=1# x|C=#1|D=#1"},
		{"of two comments the last goes", "A=1 # x # y", "A=1 # x"},
		{"double quotes", `A="1 # x"` + "\nB=\"1\n2\"", "A=1 # x|B=1\n2"},
		{"single quotes", `A='1 # x'`, "A=1 # x"},
		{"escapes count in double quotes alone", `A="a\nb\rc\td\\e"` + "\n" + `B='a\nb'` + "\n" + `C=a\nb`, "A=a\nb\rctd\\e|B=a\\nb|C=a\\nb"},
		{"an escaped quote is part of the value, at its end its backslash alone", `A="x\"y"` + "\n" + `B="x\""`, `A=x"y|B=x\`},
		{"values of other variables, except in single quotes", "A=x\nB=$A\nC=\"${A}\"\nD='$A'\nE=\"\\$A\"", "A=x|B=x|C=x|D=$A|E=$A"},
		{"what is not known is empty", "A=[$A]\nB=[$B]", "A=[]|B=[]"},
		{"text behind a quote is a statement", `A="1"B=2`, "A=1|B=2"},
		{"no end of a quote", "A=\"1\nB=2", `error: unterminated quoted value "1`},
	} {
		vars, _, msg := dotenv(tt.in)
		var parts []string
		for _, v := range vars {
			parts = append(parts, v.key+"="+v.value)
		}
		got := strings.Join(parts, "|")
		if msg != "" {
			got = "error: " + msg
		}
		if got != tt.want {
			t.Errorf("%s: dotenv(%q)\n got %q\nwant %q", tt.why, tt.in, got, tt.want)
		}
	}
}

var (
	twinEscape   = regexp.MustCompile(`\\.`)
	twinUnescape = regexp.MustCompile(`\\([^$])`)
	twinVariable = regexp.MustCompile(`(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?`)
)

// twinUnescapeEnv and twinExpand are godotenv's own way (parser.go expandEscapes and expandVariables), with its expressions.
func twinUnescapeEnv(s string) string {
	s = twinEscape.ReplaceAllStringFunc(s, func(m string) string {
		switch m {
		case `\n`:
			return "\n"
		case `\r`:
			return "\r"
		}
		return m
	})
	return twinUnescape.ReplaceAllString(s, "$1")
}

func twinExpand(s string, known map[string]string) string {
	return twinVariable.ReplaceAllStringFunc(s, func(m string) string {
		switch sub := twinVariable.FindStringSubmatch(m); {
		case sub[1] != "":
			return m[1:]
		case sub[4] != "":
			return known[sub[4]]
		}
		return m
	})
}

// TestExpandTwin compares all strings of up to five characters that mean something to the expressions, or stand beside one that does.
func TestExpandTwin(t *testing.T) {
	known := map[string]string{"A": "a", "Z": "z", "0": "null", "9": "nine", "_": "low", "AZ": "az", "n": "never"}
	for alphabet, most := range map[string]int{`\$({}A`: 5, `\nr"$`: 5, `$A_0@[/:`: 3, `$Z9{}^n`: 3} {
		var all func(s string)
		all = func(s string) {
			e := expander{known: known, left: 1000}
			if got, want := e.expand(s), twinExpand(s, known); got != want {
				t.Fatalf("expand(%q) = %q, want %q", s, got, want)
			}
			if got, want := unescapeEnv(s), twinUnescapeEnv(s); got != want {
				t.Fatalf("unescapeEnv(%q) = %q, want %q", s, got, want)
			}
			if len(s) == most {
				return
			}
			for _, c := range alphabet {
				all(s + string(c))
			}
		}
		all("")
	}
}

// Values may grow to a limit, over all variables of a file; what would go beyond stays as it is written.
func TestExpandLimit(t *testing.T) {
	e := expander{known: map[string]string{"A": "cni"}, left: 8}
	for _, tt := range []struct {
		in, want string
		left     int
	}{
		{"$A$A$A", "$A$A$A", 8}, // 9 bytes
		{"$A$A$B", "cnicni", 2},
		{"$A", "$A", 2},
		{"$B-", "-", 1},
		{"$B-", "-", 0},
		{"$B-", "$B-", 0},
		{"abc", "abc", 0},
		{"$B", "", 0},
		{"$B$B", "", 0},
	} {
		if got := e.expand(tt.in); got != tt.want || e.left != tt.left {
			t.Errorf("expand(%q) = %q, %d left, want %q, %d", tt.in, got, e.left, tt.want, tt.left)
		}
	}
}
