package distro

// A RefusalCase is a row of the table of refusals, for tests that look at it from outside.
type RefusalCase struct{ Name, Text, Want string }

// RefusalCases returns the table.
func RefusalCases() []RefusalCase {
	var out []RefusalCase
	for _, r := range refusals {
		out = append(out, RefusalCase{r.name, r.text, r.want})
	}
	return out
}
