// Package suggest finds the name that somebody probably meant.
package suggest

import "strings"

// Nearest returns the candidate that is most like word: with the fewest letters inserted, deleted, replaced or swapped,
// case, "-" and "_" aside, the first of several. It is "" where none is near: where more than a third of the letters
// differ.
// Its cost is that of the product of the lengths; words longer than 64 bytes are like nothing.
func Nearest(word string, candidates []string) string {
	const longest = 64
	w := flat(word)
	if len(w) > longest {
		return ""
	}
	best, least := "", 0
	for _, c := range candidates {
		f := flat(c)
		if len(f) > longest {
			continue
		}
		if d := distance(w, f); d <= max(1, max(len(w), len(f))/3) && d < len(f) && (best == "" || d < least) {
			best, least = c, d
		}
	}
	return best
}

// Within is [Nearest] for a caller who knows better what is near: at most limit letters may differ.
func Within(word string, candidates []string, limit int) string {
	best, least := "", limit+1
	if w := flat(word); len(w) <= 64 {
		for _, c := range candidates {
			if f := flat(c); len(f) <= 64 && distance(w, f) < least {
				best, least = c, distance(w, f)
			}
		}
	}
	return best
}

// Same reports whether two names are the same but for case, "-" and "_".
func Same(a, b string) bool { return flat(a) == flat(b) }

// flat returns s in lower case without "-" and "_", which people forget or add.
func flat(s string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(s))
}

// distance returns how many letters have to be inserted, deleted, replaced or swapped with their neighbour to make b of
// a (optimal string alignment).
func distance(a, b string) int {
	// rows[0] is two rows up, rows[1] one row up: what swaps and everything else refer to.
	var rows [3][]int
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range len(a) {
		rows[2][0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(rows[1][j+1]+1, rows[2][j]+1, rows[1][j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[0][j-1]+1)
			}
			rows[2][j+1] = d
		}
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return rows[1][len(b)]
}
