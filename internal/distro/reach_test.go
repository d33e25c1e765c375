package distro_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestRefusalsReachCheck: what an installer refuses is an error of Check, and what it takes although it breaks is a finding; nothing says
// that an installer refuses what it takes.
func TestRefusalsReachCheck(t *testing.T) {
	for _, c := range distro.RefusalCases() {
		r, err := kubecidr.Check(fstest.MapFS{"config.yaml": {Data: []byte(c.Text + "\n")}})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		var found, refused, harmful bool
		for _, f := range r.Findings {
			found = found || f.Severity == fact.Error
			harmful = harmful || f.Severity != fact.Info
			refused = refused || slices.ContainsFunc(f.RefusedBy, func(p fact.Component) bool { return strings.HasPrefix(c.Want, string(p)) }) ||
				f.Rule == distro.RuleInstaller && len(f.RefusedBy) > 0
		}
		switch {
		case c.Want == "" && refused:
			t.Errorf("%s: it is taken, and Check says that it is refused: %+v", c.Name, r.Findings)
		case c.Want != "" && !strings.HasPrefix(c.Want, "-") && !found:
			t.Errorf("%s: %s, and no error of Check: %+v", c.Name, c.Want, r.Findings)
		case strings.HasPrefix(c.Want, "-") && !harmful:
			t.Errorf("%s: %s, and no finding of Check", c.Name, c.Want)
		}
	}
}
