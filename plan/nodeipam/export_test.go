package nodeipam

// StartupRuleIDs returns the IDs of the start-up rules.
func StartupRuleIDs() []string {
	var ids []string
	for _, r := range startupRules() {
		ids = append(ids, r.ID)
	}
	return ids
}
