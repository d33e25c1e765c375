package txtar_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/txtar"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       txtar.Archive
		format     string // "" for text itself
	}{
		{"nothing", "", txtar.Archive{}, ""},
		{"a comment alone", "one\ntwo", txtar.Archive{Comment: []byte("one\ntwo\n")}, "one\ntwo\n"},
		{"no comment", "-- a --\n1\n", txtar.Archive{Files: []txtar.File{{"a", []byte("1\n")}}}, ""},
		{"two files, one empty, one without an end", "why\n-- a --\n-- b/c d --\n2",
			txtar.Archive{[]byte("why\n"), []txtar.File{{"a", nil}, {"b/c d", []byte("2\n")}}}, "why\n-- a --\n-- b/c d --\n2\n"},
		{"lines like a marker", "-- --\n--a --\n -- a --\n-- a--\n--  --\n",
			txtar.Archive{Comment: []byte("-- --\n--a --\n -- a --\n-- a--\n--  --\n")}, ""},
		{"a marker at the end", "-- a --", txtar.Archive{Files: []txtar.File{{"a", nil}}}, "-- a --\n"},
		{"line ends of Windows", "-- a --\r\n1\r\n", txtar.Archive{Files: []txtar.File{{"a", []byte("1\r\n")}}}, "-- a --\n1\r\n"},
	} {
		a := txtar.Parse([]byte(c.text))
		if diff := cmp.Diff(c.want.Comment, a.Comment, cmp.Transformer("text", func(b []byte) string { return string(b) })); diff != "" {
			t.Errorf("%s: comment (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.want.Files, a.Files, cmp.Transformer("text", func(b []byte) string { return string(b) })); diff != "" {
			t.Errorf("%s: files (-want +got):\n%s", c.name, diff)
		}
		if c.format == "" {
			c.format = c.text
		}
		if got := string(txtar.Format(a)); got != c.format {
			t.Errorf("%s: Format = %q, want %q", c.name, got, c.format)
		}
	}
	if _, err := txtar.ParseFile("no such file"); err == nil {
		t.Error("ParseFile of a file that is not there: no error")
	}
}

// What Format writes is read again, and written the same.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("-- ab\n\r"))).Draw(t, "text")
		once := txtar.Format(txtar.Parse([]byte(text)))
		if twice := txtar.Format(txtar.Parse(once)); string(twice) != string(once) {
			t.Fatalf("%q is written as %q, and that as %q", text, once, twice)
		}
	})
}
