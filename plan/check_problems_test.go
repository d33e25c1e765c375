package plan_test

import "testing"

// TestCheckPlaces is [TestCheckGolden] with bundles in which files and lines count, so that they cannot be merged into one file.
func TestCheckPlaces(t *testing.T) { goldenBundles(t, "testdata/places/*.txtar", verdict) }
