package kubectl

import (
	"testing"
	"time"
)

func TestHumanDuration(t *testing.T) {
	const d = 24 * time.Hour
	for _, tc := range []struct {
		text string
		want time.Duration
	}{
		{"0s", time.Second}, {"10s", 10 * time.Second}, {"3m25s", 205 * time.Second}, {"47m", 47 * time.Minute}, {"5h", 5 * time.Hour}, {"3h25m", 205 * time.Minute},
		{"5d3h", 5*d + 3*time.Hour}, {"119d", 119 * d}, {"2y45d", 775 * d}, {"11y", 11 * 365 * d},
		{"", 0}, {"<unknown>", 0}, {"<invalid>", 0}, {"5", 0}, {"d", 0}, {"5 d", 0}, {"-5d", 0}, {"1.5d", 0}, {"9999999d", 0}, {"999999y", 0}, {"99y99y99y", 0}, {"2026-01-05", 0},
	} {
		if got, ok := humanDuration(tc.text); got != tc.want || ok != (tc.want > 0) {
			t.Errorf("humanDuration(%q) = %v, %v, want %v", tc.text, got, ok, tc.want)
		}
	}
}
