package kubeadm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// written writes commands as the tables have them: each on a line, "host: " before it where it has one, every word in brackets, and an
// unknown word as [?].
func written(cmds []shellCommand) string {
	var b strings.Builder
	for _, c := range cmds {
		if c.host != "" {
			b.WriteString(c.host + ": ")
		}
		for _, w := range c.words {
			if w.Unknown {
				b.WriteString("[?]")
				continue
			}
			fmt.Fprintf(&b, "[%s]", w.Text)
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func nowhere(int) fact.Position { return fact.Position{} }

// scripts are texts with the arguments that bash 5.2 hands to w in them; an unknown word may be any number of words there. What is no
// call of w is left out.
var scripts = []struct{ script, want string }{
	// Quotes and backslashes.
	{`w a "b c" 'd e' f\ g`, "[a][b c][d e][f g]"},
	{`w "" '' x`, "[][][x]"},
	{`w a"b c"'d'e`, "[ab cde]"},
	{`w '\a' "\a" \a \\ "\\" '\\'`, `[\a][\a][a][\][\][\\]`},
	{"w '$A' \"\\$A\" \\$A \"\\\"\" \"\\`\" \\`", "[$A][$A][$A][\"][`][`]"},
	{`w "it's" 'a"b' \' \"`, `[it's][a"b][']["]`},
	{"w \"a\nb\" 'c\nd'", "[a\nb][c\nd]"},
	{"w \"a\\\nb\" 'c\\\nd' e\\\nf \\\n g \\\nh", "[ab][c\\\nd][ef][g][h]"},
	{`w a\`, `[a\]`},

	// Comments and ends of commands.
	{"w a #b\nw c#d '#e' #", "[a]\n[c#d][#e]"},
	{"#w a\n# w b\nw c;#d\nw e", "[c]\n[e]"},
	{"w a;w b;", "[a]\n[b]"},
	{"w a\n\nw b\n", "[a]\n[b]"},
	{"w a&wait;w b", "[a]\n[b]"},
	{"w a&&w b", "[a]\n[b]"},
	{"w a|cat;(w b)", "[a]\n[b]"},
	{"w\ta \t b\n --c", "[a][b]"},

	// Redirections.
	{"w a >/dev/null b >/dev/null", "[a][b]"},
	{"w a>/dev/null b</dev/null c", "[a][b][c]"},
	{"w a 2>/dev/null b 12>/dev/null c", "[a][b][c]"},
	{"w a2>/dev/null 2 >/dev/null '2'>/dev/null ''>/dev/null", "[a2][2][2][]"},
	{"w a 2>&1 b >&2 c 2>&1|cat", "[a][b][c]"},
	{"w a &>/dev/null b&>/dev/null c 2&>/dev/null", "[a][b][c][2]"},
	{"w a >> \t /dev/null b >| /dev/null c <&- d", "[a][b][c][d]"},
	{`w a > "/dev/null" b > '/dev'/nul\l c`, "[a][b][c]"},
	{"A='/dev/null'; >$A w a >$A b", "[a][b]"},
	{"w a >/dev/null;w b >/dev/null&&w c", "[a]\n[b]\n[c]"},
	{"w a <<<b c", "[a][c]"},
	{"w a >/dev/null>/dev/null\nw b", "[a]\n[b]"},

	// Variables.
	{`A=1; w $A ${A} "$A" "${A}" a$A.b "a$A b" '$A' \$A`, "[1][1][1][1][a1.b][a1 b][$A][$A]"},
	{"az_AZ09=1; w $az_AZ09", "[1]"},
	{"_a=1; w $_a$_a", "[11]"},
	{"A=1; w $A@ $A/ $A: $A[ $A{ $A- $A=", "[1@][1/][1:][1[][1{][1-][1=]"},
	{"A=1; w $A9", "[?]"},
	{"9A=1; w x$9A", "[?]"},
	{"A-B=1 w x; 9A=1 w x; =1 w x; w y", "[y]"},
	{"w $A \"$A\" x$A y", "[?][?][?][y]"},
	{"w $1 \"$@\" $# $? $$ $! $- $* $0", "[?][?][?][?][?][?][?][?][?]"},
	{"w $ a$ \"$\" $. $% \"a$\" $", "[$][a$][$][$.][$%][a$][$]"},
	{"A=1; A=2\nw $A", "[2]"},
	{"A=1; w \"'$A'\" '\"$A\"'", "['1'][\"$A\"]"},
	{`A=a\ b; w "$A"; A="c d"; w "$A"; A='e f'; w "$A"`, "[a b]\n[c d]\n[e f]"},

	// Values are split outside of quotes, but not in an assignment.
	{"A='a  b'; w $A \"$A\" x$A\"y\"", "[a][b][a  b][xa][by]"},
	{"A=' a\tb\n'; w x$A'y' $A", "[x][a][b][y][a][b]"},
	{"A=; w $A \"$A\" x$A $A\"\"", "[][x][]"},
	{"A='a b'; B=$A; w \"$B\"", "[a b]"},
	{"A='a b'; export B=$A; w \"$B\"", "[a b]"},
	{"A='a b'; w B=$A", "[B=a][b]"},
	{"A='a b'; C=1 w B=$A", "[B=a][b]"},
	{"A='--a=1 --b=2'; w $A --c=3", "[--a=1][--b=2][--c=3]"},

	// Assignments.
	{"A=1 B=$A; w $B", "[1]"},
	{"A=1; A=2 w $A; w $A", "[1]\n[1]"},
	{"A=1; A=2 B=$A C=3 w $A; w $A $B", "[1]\n[1][?]"},
	{"A=1; A=2 A=3 true; w $A", "[1]"},
	{"A=a; A+=b; w $A; A+=; w $A", "[ab]\n[ab]"},
	{"A=a; A+=b A+=c; w $A", "[abc]"},
	{"A=a; A=x; unset A; A+=b; w $A", "[?]"},
	{"A=a; A+=$B; w $A", "[?]"},
	{"A=1; 'A'=2; \"A\"=3; A\\=4; A''=5; w $A", "[1]"},
	{"B=A; A=1; $B=2; w $A", "[1]"},
	{"A==1; w $A; A=b=c; w $A", "[=1]\n[b=c]"},
	{"A=1; w A=2; w $A", "[A=2]\n[1]"},
	{"export A=1 B=2; w $A $B", "[1][2]"},
	{"export A=1; export A; w $A", "[1]"},
	{"declare A=1; w $A; typeset A=2; w $A; readonly A=3; w $A", "[1]\n[2]\n[3]"},
	{"f() {\nlocal A=1 B\nw $A\n}\nf", "[1]"},
	{"declare -x A=1; declare -=2; w $A", "[1]"},
	{"A=1; A=$(echo 2); w $A; export A=3; export A=$(echo 4); w $A", "[?]\n[?]"},
	{"A=1; unset A; w $A", "[?]"},
	{"A=1; read A </dev/null; w $A", "[?]"},
	{"A=1; for A in 2; do\nw $A\ndone", "[?]"},
	{"A=(1 2); w $A", "[?]"},
	{"export A= ; w x$A", "[x]"},

	// Fallbacks and other forms in braces.
	{"w ${A:-x} ${A-x} \"${A:-x y}\" ${A:-a b} ${A:-} ${A-}z", "[x][x][x y][a][b][z]"},
	{"A=; w ${A:-x} ${A-x} y${A-x}", "[x][y]"},
	{"A=1; w ${A:-x} ${A-x} ${A:=x} ${A=x} ${A:?x} ${A?x}", "[1][1][1][1][1][1]"},
	{"w ${A:=x}$A; w $A", "[xx]\n[x]"},
	{"w ${A=x}$A; w ${A-y}", "[xx]\n[x]"},
	{": ${A:=x} \"${B=y z}\"; w $A \"$B\"", "[x][y z]"},
	{"A=; w y${A=x} ${A:=z}$A", "[y][zz]"},
	{"w ${A:-x}; w $A ${A:-$B} ${A:-'x'} ${A:-\"x\"} ${A:-\\x}", "[x]\n[?][?][?][?][?]"},
	{"w ${A:-${B:-c}}d", "[?]"},
	{"A=1; w ${A:-${B}}d", "[1d]"},
	{"A=; w ${A:-$(echo 1)}", "[?]"},
	{"A=abc; w ${A%c} ${#A} ${A:1} ${A+x} ${A/b/c} ${!A}", "[?][?][?][?][?][?]"},
	{"w ${1:-x} ${@:-y}", "[?][?]"},

	// Output of commands.
	{"w ``a", "[?]"},
	{"w $(echo a)b \"$(echo 'a b')\" $((1+2)) $(echo $(echo x) y) z", "[?][?][?][?][z]"},
	{"w `echo a b`c \"`echo a b`\" d", "[?][?][d]"},
	{"A=`echo a b`; w $A '`echo a`'", "[?][`echo a`]"},
}

// TestShellWords holds the words of commands to those that bash makes of them. Row by row the second column is what bash printed.
func TestShellWords(t *testing.T) {
	for _, tt := range scripts {
		var calls []shellCommand
		for _, c := range (shell{where: nowhere}).commands(tt.script) {
			if c.words[0].Text == "w" {
				calls = append(calls, shellCommand{words: c.words[1:]})
			}
		}
		if got := written(calls); got != tt.want {
			t.Errorf("%q\n reads as %q\n want     %q", tt.script, got, tt.want)
		}
	}
}

// TestShellUnclosed holds what is made of texts that bash does not take, because somebody copied a part.
func TestShellUnclosed(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{"w 'a b", "[w][a b]"},
		{"w \"a b", "[w][a b]"},
		{"w \"a\\", "[w][a\\]"},
		{"w '", "[w][]"},
		{"w \"", "[w][]"},
		{"w $(echo a) $(echo (b)", "[w][?][$]\n[echo]\n[b]"},
		{"w ${A", "[w][${A]"},
		{"w \"${A\" b", "[w][${A][b]"},
		{"w ${A:-${B} c", "[w][?][c]"},
		{"w `echo a", "[w][`echo][a]"},
		{"w `echo\na`", "[w][`echo]\n[a`]"},
		{"w ${} ${:-a} ${-} ${A:} b", "[w][?][?][?][?][b]"},
		{"w a >", "[w][a]"},
		{"w a >\nw b", "[w][a]\n[w][b]"},
		{"w a &", "[w][a]"},
		{"w $", "[w][$]"},
		{"", ""},
		{"; ;\n", ""},
	} {
		if got := written(shell{where: nowhere}.commands(tt.script)); got != tt.want {
			t.Errorf("%q\n reads as %q\n want     %q", tt.script, got, tt.want)
		}
	}
}

// TestShellPasted holds what is read differently in text that somebody copied: prompts, apostrophes of prose, code marked up, continuation
// lines without their backslash, words in angle brackets.
func TestShellPasted(t *testing.T) {
	far := strings.Repeat("a", 117) + "@b" // the dollar sign behind it is the 120th byte of the line
	for _, tt := range []struct{ text, want string }{
		// Prompts, and the host that they name.
		{"$ w a\n# kubeadm a\n% w b\n> w c", "[w][a]\n[kubeadm][a]\n[w][b]\n[w][c]"},
		{"root@a:~# w b", "a: [w][b]"},
		{"[root@a ~]# w b\n[a ~]$ w c", "a: [w][b]\n[w][c]"},
		{" \tme@a.b% w c\nme@a:/tmp> w d", "a.b: [w][c]\na: [w][d]"},
		{"root@:~# w a", "[w][a]"},
		{"root@a:~# w b; w c\nw d", "a: [w][b]\na: [w][c]\n[w][d]"},
		{"root@a:~# w b \\\n> c\nroot@b:~# w \\\n$ d", "a: [w][b][c]\nb: [w][d]"},
		{"root@a:~# \\\n> w b", "a: [w][b]"},
		{"root@a:~# \\\n  w b", "a: [w][b]"},
		{"root@a:~# \n  --b", "[--b]"},
		{far + "$ w", "b: [w]"},
		{"a" + far + "$ w", "[a" + far + "$][w]"},
		{"root@a:~#w", "[root@a:~#w]"},
		{"$w", "[?]"},
		{"root@a:~#", "[root@a:~#]"},
		// Lines that are not behind a prompt although they have one of its signs.
		{"kubeadm # a", "[kubeadm]"},
		{"w a $ b", "[w][a][$][b]"},
		{"A=x@y # b", ""},
		{"\"a@b\" # c", "[a@b]"},
		{"'a@b' # c", "[a@b]"},
		{"[init] x@y # a", "[[init]][x@y]"},
		{"x@y z] # a", "[x@y][z]]"},
		// A root's prompt looks as a comment does.
		{"# w a\n  # w b\n\n# w c\n#w d", ""},
		{"# kubeadm a\n# sudo a\n# kube-controller-manager a\n# kube-apiserver a\n#  k3s a\n\t# sudo b",
			"[kubeadm][a]\n[sudo][a]\n[kube-controller-manager][a]\n[kube-apiserver][a]\n[k3s][a]\n[sudo][b]"},

		// Continuation lines.
		{"w a \\\n  b", "[w][a][b]"},
		{"w a\\\nb", "[w][a][b]"},
		{"w a \\ \t\r\n  b", "[w][a][b]"},
		{"w a \\\r\n  b\r\nw c\r\n", "[w][a][b]\n[w][c]"},
		{"w a \\", "[w][a]"},
		{"w a \\  ", "[w][a]"},
		{"w a \\ b", "[w][a][ b]"},
		{"w a\\b", "[w][ab]"},
		{"w\n  --a\n\t--b=c\nd", "[w][--a][--b=c]\n[d]"},
		{"w\n\n  --a", "[w]\n[--a]"},
		{"w\n  -a", "[w]\n[-a]"},
		{"w >\n  --a b", "[w][--a][b]"},

		// Quotes and apostrophes.
		{"w 'a b' \"c d\" --e='f g' --h=\"i j\"", "[w][a b][c d][--e=f g][--h=i j]"},
		{"it's w, isn't it", "[it's][w,][isn't][it]"},
		{"w don't 'a b'", "[w][don't][a b]"},
		{"w 'a\nw b'", "[w]['a]\n[w][b']"},
		{"w \"a\nw b\"", "[w][\"a]\n[w][b\"]"},
		{`w "a\"`, `[w]["a"]`},
		{`w 'a\' b`, `[w][a\][b]`},
		{`w "a\" b"`, `[w][a" b]`},
		{`w --a='b`, `[w][--a='b]`},

		// Backquotes mark up code, but behind a "=" they stand for the output of a command.
		{"use `w a` now", "[use]\n[w][a]\n[now]"},
		{"use`w a`", "[use]\n[w][a]"},
		{"w --a=`b c` d", "[w][?][d]"},
		{"w --a=`b\nc`", "[w][--a=]\n[b]\n[c]"},
		{"w \"--a=`b c`\" d", "[w][?][d]"},

		// Words in angle brackets, for which the reader is to put in something.
		{"w --a <b c> <d>\tx --e=<f>", "[w][--a][?][?][x][?]"},
		{"w --a=<b>\\\n--c=\"<d>\"\nw <a>\nw <b>\r\n", "[w][?][--c=<d>]\n[w][?]\n[w][?]"},
		{"w '<a>' `w <b>` '--c=<d>'", "[w][<a>]\n[w][?]\n[--c=<d>]"},
		{"w <a>b c", "[w][c]"},
		{"w < a > b c", "[w][c]"},
		{"w <> a b", "[w][b]"},
		{"w <a b\nw c>", "[w][b]\n[w][c]"},
		{"w <<a> b c", "[w][c]"},
		{"w <" + strings.Repeat("a", 78) + "> b", "[w][?][b]"},
		{"w <" + strings.Repeat("a", 79) + "> b c", "[w][c]"},
	} {
		if got := written(shell{where: nowhere, pasted: true}.commands(tt.text)); got != tt.want {
			t.Errorf("%q\n reads as %q\n want     %q", tt.text, got, tt.want)
		}
	}
}

// TestShellPlaces holds where the words of the first command begin, and the texts behind their "=": counted in bytes, from 0.
func TestShellPlaces(t *testing.T) {
	for _, tt := range []struct {
		script string
		want   string // of each word
		why    string
	}{
		{"w  a b=c", "0 3 5:7", ""},
		{"w --a=  b", "0 2:6 8", "an empty value stands where it would begin"},
		{"w --a=", "0 2:6", ""},
		{"w --a==b =c", "0 2:6 9:10", "behind the first"},
		{`w 'a'=b "--a=b" --a="b" \-a=b`, "0 2:6 8:13 16:21 24:28", "within the quotes"},
		{`w "--a=\"b" --a=\"b`, "0 2:8 12:17", "behind the backslash"},
		{"w --a='' b", "0 2:8 9", "behind the quotes that hold nothing"},
		{"\n A=1 w \\\n  b", "6 12", "the command begins behind its assignments"},
		{"A=1;w --a=$A,b c$A", "4 6:10 15", "a value stands where it is written, not where it was set"},
		{"A='x --a=b c';w $A", "14 16 16:16 16", "the same for one that is several words"},
		{"w x=$(echo 1) --a=$1", "0 2:4 14:18", ""},
		{"w 2>a b", "0 6", ""},
	} {
		cmds := shell{where: func(off int) fact.Position { return fact.Position{Line: 1, Column: off} }}.commands(tt.script)
		var got []string
		for _, w := range cmds[0].words {
			s := fmt.Sprint(w.Pos.Column)
			if strings.Contains(w.Text, "=") {
				s += ":" + fmt.Sprint(w.ValuePos.Column)
			} else if w.ValuePos != w.Pos {
				t.Errorf("%q: %q has no value, but a place of one", tt.script, w.Text)
			}
			got = append(got, s)
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%q: words at %s, want %s: %s", tt.script, got, tt.want, tt.why)
		}
	}
}

// TestShellLimits holds how much is read: what is longer, or more, is not known.
func TestShellLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	last := func(script string) (Word, int) { // the last word, and how many there are
		cmds := shell{where: nowhere}.commands(script)
		words := cmds[len(cmds)-1].words
		return words[len(words)-1], len(words)
	}
	for _, tt := range []struct {
		name, script string
		length       int // of the last word, -1 where it is not known
	}{
		{"value", "A=" + long(maxEnv) + ";w $A", maxEnv},
		{"longer value", "A=" + long(maxEnv+1) + ";w $A", -1},
		{"exported value", "export A=" + long(maxEnv) + ";w $A", maxEnv},
		{"longer exported value", "export A=" + long(maxEnv+1) + ";w $A", -1},
		{"longer value in place of a known one", "A=1;A=" + long(maxEnv+1) + ";w $A", -1},
		{"value behind text", "A=" + long(maxEnv-2) + ";w --$A", maxEnv},
		{"longer word", "A=" + long(maxEnv-1) + ";w --$A", -1},
		{"value made longer", "A=" + long(maxEnv-1) + ";A+=x;w $A", maxEnv},
		{"value made too long", "A=" + long(maxEnv-1) + ";A+=xx;w $A", -1},
		{"all values", "A=" + long(maxEnv) + ";w" + strings.Repeat(" $A", maxShell/maxEnv), maxEnv},
		{"empty value behind them", "A=" + long(maxEnv) + ";w" + strings.Repeat(" $A", maxShell/maxEnv) + ";B=;w x$B", 1},
		{"more than all values", "A=" + long(maxEnv) + ";B=x;w" + strings.Repeat(" $A", maxShell/maxEnv) + " $B", -1},
		{"all values made longer", "A=" + long(maxEnv-16) + strings.Repeat(";A+=x", 16) + ";B=x;w $B", 1},
		{"more than all values made longer", "A=" + long(maxEnv-17) + strings.Repeat(";A+=x", 17) + ";w x", 1},
		{"values made longer once too often", "A=" + long(maxEnv-17) + strings.Repeat(";A+=x", 17) + ";B=x;w $B", -1},
		{"reference", "w ${A:-" + long(longestReference-6) + "}", longestReference - 6},
		{"longer reference", "w ${A:-" + long(longestReference-5) + "}", longestReference + 1},
		{"output", "w $(" + long(longestReference-3) + ")", -1},
		{"longer output", "w `" + long(longestReference-1) + "`", longestReference + 1},
		{"text", "w " + long(maxShell-2) + "yy", maxShell - 2},
	} {
		w, _ := last(tt.script)
		if got := len(w.Text); w.Unknown != (tt.length < 0) || !w.Unknown && got != tt.length {
			t.Errorf("%s: %d bytes, unknown %t; want %d", tt.name, got, w.Unknown, tt.length)
		}
	}
	for _, n := range []int{mostWords, mostWords + 1} {
		if _, got := last("w" + strings.Repeat(" x", n-1) + "\n"); got != mostWords {
			t.Errorf("of %d words %d are kept, want %d", n, got, mostWords)
		}
	}
}
