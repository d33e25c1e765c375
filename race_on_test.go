//go:build race

package kubecidr_test

// underRace reports that the race detector is on, which makes everything five to ten times as slow: the long tables are sampled then.
const underRace = true
