// Package golden has the flag that all tests with golden files share: go test ./... -update writes what the tests get
// into testdata.
package golden

import "flag"

// Update reports that golden files are to be written anew.
var Update = flag.Bool("update", false, "write what the tests get into the golden files of testdata")
