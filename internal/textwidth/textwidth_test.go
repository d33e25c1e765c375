package textwidth

import "testing"

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		s    string
		want int
		why  string
	}{
		{"", 0, "nothing"},
		{"10.0.0.0/8", 10, "one column for each ASCII letter"},
		{"Zürich", 6, "a composed letter"},
		{"Zu\u0308rich", 6, "a combining mark takes no column of its own"},
		{"東京", 4, "wide characters"},
		{"한국", 4, "Hangul syllables"},
		{"a\u200bb", 2, "zero width space"},
		{"🚀", 2, "emoji"},
		{"\xff", 1, "invalid UTF-8 is shown as one replacement character"},
	} {
		if got := Of(tt.s); got != tt.want {
			t.Errorf("Of(%q) = %d, want %d: %s", tt.s, got, tt.want, tt.why)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		s    string
		max  int
		want string
		why  string
	}{
		{"vpn", 3, "vpn", "fits exactly"},
		{"vpns", 3, "vp…", "one too long"},
		{"東京都", 5, "東京…", "wide characters are not split"},
		{"東京都", 4, "東…", "half of one does not fit"},
		{"a b c", 3, "a…", "no blank before the ellipsis"},
		{"ab", 1, "…", "the ellipsis alone"},
	} {
		got := Cut(tt.s, tt.max)
		if got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q: %s", tt.s, tt.max, got, tt.want, tt.why)
		}
		if Of(got) > tt.max {
			t.Errorf("Cut(%q, %d) = %q takes %d columns", tt.s, tt.max, got, Of(got))
		}
	}
}
