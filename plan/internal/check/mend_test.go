package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestMends holds what findings advise: the bundles NAME.in of testdata/mend, in the words of [factbundle.Statements], each with NAME.want,
// a line for each finding, the lines of its mend below it. The comment of an archive says what advice must not do.
func TestMends(t *testing.T) { goldenBundles(t, "testdata/mend/*.txtar", mends) }

func mends(r fact.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s (%s)\n", f.Severity, f.Rule, f.Disturbs)
		for _, line := range f.Fix {
			fmt.Fprintf(&b, "\t%s\n", line)
		}
	}
	return b.String()
}
