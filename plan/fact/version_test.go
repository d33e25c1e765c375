package fact_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

func TestParseVersion(t *testing.T) {
	for _, tt := range []struct {
		text string
		want fact.Version
		why  string
	}{
		{"v1.37.2", fact.Version{Major: 1, Minor: 37, Patch: 2}, "as kubectl writes it"},
		{"1.37.2", fact.Version{Major: 1, Minor: 37, Patch: 2}, "without v"},
		{"1.30", fact.Version{Major: 1, Minor: 30}, "without a patch, and not 1.3"},
		{" v1.37.2\n", fact.Version{Major: 1, Minor: 37, Patch: 2}, "space around, as in a file of one line"},
		{"v1.37.2+k3s1", fact.Version{Major: 1, Minor: 37, Patch: 2}, "a build"},
		{"v1.31.0-rc.1", fact.Version{Major: 1, Minor: 31}, "a release candidate counts as the release"},
		{"v1.20.4-eks-6b7464+x", fact.Version{Major: 1, Minor: 20, Patch: 4}, "both"},
		{"v0.28.10 (abc)", fact.Version{Minor: 28, Patch: 10}, "words behind it"},
		{"0.0.0", fact.Version{}, "unknown"},
		{"65535.65535.65535", fact.Version{Major: 65535, Minor: 65535, Patch: 65535}, "the largest numbers"},
	} {
		if got, err := fact.ParseVersion(tt.text); got != tt.want || err != nil {
			t.Errorf("ParseVersion(%q) = %v, %v, want %v: %s", tt.text, got, err, tt.want, tt.why)
		}
	}
	for _, text := range []string{"", "v", "1", "v1", "1.", ".1", "1.37.2.3", "1.x", "-1.2", "1.+2", "1.65536", "latest", "stable-1.37", "vv1.2", "v 1.2"} {
		if got, err := fact.ParseVersion(text); got != (fact.Version{}) || err == nil || !strings.Contains(err.Error(), `"`+text+`"`) {
			t.Errorf("ParseVersion(%q) = %v, %v, want an error that quotes it", text, got, err)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	sorted := []fact.Version{{}, {Patch: 9}, {Minor: 28, Patch: 10}, {Major: 1}, {Major: 1, Minor: 9, Patch: 11}, {Major: 1, Minor: 30}, {Major: 1, Minor: 30, Patch: 1}, {Major: 2}}
	for i, v := range sorted {
		for j, w := range sorted {
			if got := v.Compare(w); got != cmp.Compare(i, j) {
				t.Errorf("%v.Compare(%v) = %d, want %d", v, w, got, cmp.Compare(i, j))
			}
			if got := v.Before(w); got != (i < j) {
				t.Errorf("%v.Before(%v) = %v", v, w, got)
			}
		}
		if got := v.IsZero(); got != (i == 0) {
			t.Errorf("%v.IsZero() = %v", v, got)
		}
		if got := v.Or(sorted[3]); i > 0 && got != v {
			t.Errorf("%v.Or(v1.0.0) = %v", v, got)
		}
	}
	if got := (fact.Version{}).Or(sorted[3]); got != sorted[3] {
		t.Errorf("the zero Version.Or(v1.0.0) = %v", got)
	}
	if got := (fact.Version{}).String(); got != "" {
		t.Errorf("the zero Version is %q, want the empty text", got)
	}
}

// FuzzParseVersion reads what String writes as the same release, and what follows the numbers changes nothing.
func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"v1.37.2", "1.30", "v1.37.2+k3s1", "v1.31.0-rc.1", " v0.28.10\n", "1.65536", "0.0.0"} {
		f.Add(s, "+k3s1")
	}
	f.Fuzz(func(t *testing.T, text, more string) {
		v, err := fact.ParseVersion(text)
		if err != nil {
			if v != (fact.Version{}) {
				t.Fatalf("ParseVersion(%q) = %v and an error", text, v)
			}
			return
		}
		if v.IsZero() {
			return // unknown, and written as nothing
		}
		for _, s := range []string{v.String(), v.String() + "-" + more, strings.TrimPrefix(v.String(), "v") + "+" + more} {
			if got, err := fact.ParseVersion(s); got != v || err != nil {
				t.Fatalf("ParseVersion(%q) = %v, %v, want %v as of %q", s, got, err, v, text)
			}
		}
	})
}

// FuzzReadWaivers writes what it has read and reads it again.
func FuzzReadWaivers(f *testing.F) {
	f.Add("\ufeff# ours\n\npublic-range=ours\r\ndocker-bridge-overlap@a/b.yaml=no Docker here")
	f.Add("public-range\n")
	f.Add("public-range @ f = a = b @ c")
	f.Add("no-such-rule=x")
	f.Fuzz(func(t *testing.T, text string) {
		ws, err := check.ReadWaivers("w", strings.NewReader(text))
		if err != nil {
			if ws != nil {
				t.Fatalf("ReadWaivers(%q) = %v and an error", text, ws)
			}
			return
		}
		var b strings.Builder
		for _, w := range ws {
			if w.Reason == "" || !slices.ContainsFunc(check.Rules(), func(r fact.Rule) bool { return r.ID == w.Rule }) {
				t.Fatalf("ReadWaivers(%q): a waiver without a rule or reason: %+v", text, w)
			}
			b.WriteString(string(w.Rule) + "@" + w.File + "=" + w.Reason + "\n")
		}
		again, err := check.ReadWaivers("w", strings.NewReader(b.String()))
		if err != nil || !slices.Equal(ws, again) {
			t.Fatalf("ReadWaivers(%q) = %+v, written and read again %+v, %v", text, ws, again, err)
		}
	})
}
