// Package peers measures this module beside others that do the same work: on the same input, in one run, and after a test that
// each gives the right answer. README.md holds the figures. It is a module of its own, so that nobody who uses
// kubecidr inherits what it requires.
//
// To see the figures again:
//
//	go test -run '^$' -bench . -count 10 . | tee bench.txt
//	go tool -modfile=../tools/go.mod benchstat -col /peer bench.txt
package peers
