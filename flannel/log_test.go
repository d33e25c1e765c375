package flannel

import (
	"fmt"
	"strings"
	"testing"
)

// A line counts wherever in it the words stand, the first and the last of the text as well.
func TestReadLogLines(t *testing.T) {
	const first = "none defined stack\n"
	for _, tt := range []struct {
		in   string
		want string // "line:column count"
	}{
		{first, "1:1 1"},
		{first + first + strings.TrimSpace(first), "1:1 3"},
		{"\n\nsomething else\n" + first + "\n" + first, "4:1 2"},
		{"E0611 08:15:02.000001       1 main.go:384] " + first, "1:44 1"},
		{"x\r\n  " + strings.ReplaceAll(first, "\n", "\r\n"), "2:3 1"},
		{"none defined\nstack\n", ""},
	} {
		g, err := ReadLog([]byte(tt.in), Options{})
		got := ""
		for _, l := range g.Lines {
			got += fmt.Sprintf("%d:%d %d", l.Pos.Line, l.Pos.Column, l.Count)
		}
		if got != tt.want || err != nil || g.Dropped != 0 {
			t.Errorf("ReadLog(%q) = %q, %v, %d dropped, want %q", tt.in, got, err, g.Dropped, tt.want)
		}
	}
}

// A thousand different messages are kept. What is said again by one of them counts, others are dropped.
func TestReadLogDropped(t *testing.T) {
	var b strings.Builder
	for i := range 1003 {
		fmt.Fprintf(&b, "node \"n%d\" pod cidr not assigned\n", i)
	}
	b.WriteString("node \"n999\" pod cidr not assigned\nnode \"n1000\" pod cidr not assigned\n")
	g, err := ReadLog([]byte(b.String()), Options{})
	if err != nil || len(g.Lines) != 1000 || g.Dropped != 4 {
		t.Fatalf("%d lines, %d dropped, %v, want 1000 and 4", len(g.Lines), g.Dropped, err)
	}
	if l := g.Lines[999]; l.Symptom.Node != "n999" || l.Count != 2 {
		t.Errorf("the last is %v", l)
	}
}
