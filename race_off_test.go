//go:build !race

package kubecidr_test

// underRace reports that the race detector is on.
const underRace = false
