package fact

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// A Version is a release of Kubernetes or flannel, such as v1.37.2.
// The zero Version means unknown; rules then assume the newest release that this package knows.
type Version struct {
	Major, Minor, Patch int
}

// NewestKubernetes returns the newest Kubernetes release that the rules of this package were checked against.
func NewestKubernetes() Version { return Version{1, 37, 2} }

// NewestFlannel returns the newest flannel release that the rules of this package were checked against.
func NewestFlannel() Version { return Version{0, 28, 10} }

// ParseVersion reads "v1.37.2", "1.37.2", "1.37", "v1.37.2+k3s1" or "v1.31.0-rc.1"; what follows the numbers is
// dropped.
// The error says what it read.
func ParseVersion(s string) (Version, error) {
	t := strings.TrimPrefix(strings.TrimSpace(s), "v")
	if i := strings.IndexAny(t, "+- "); i >= 0 {
		t = t[:i]
	}
	parts := strings.Split(t, ".")
	var n [3]int
	if len(parts) < 2 || len(parts) > 3 {
		return Version{}, fmt.Errorf("version %q: want a form such as v1.37.2 or 1.37", s)
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("version %q: want a form such as v1.37.2 or 1.37", s)
		}
		n[i] = int(v)
	}
	return Version{n[0], n[1], n[2]}, nil
}

// IsZero reports whether v is unknown.
func (v Version) IsZero() bool { return v == Version{} }

// Compare returns -1, 0 or +1 as v is older than, the same as or newer than w.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
}

// Before reports whether v is older than w.
func (v Version) Before(w Version) bool { return v.Compare(w) < 0 }

// Or returns v, or w if v is unknown.
func (v Version) Or(w Version) Version { return cmp.Or(v, w) }

// String returns the form "v1.37.2", and "" for the zero Version.
func (v Version) String() string {
	if v.IsZero() {
		return ""
	}
	return fmt.Sprintf("v%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// V returns the release major.minor.patch: V(1, 37, 2) is v1.37.2.
func V(major, minor, patch int) Version { return Version{major, minor, patch} }
