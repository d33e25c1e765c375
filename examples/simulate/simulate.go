// Simulate replays what happens to a cluster through the twin of kube-controller-manager: package
// internal/cli/simulate, which cmd/kubecidr runs, too.
//
// go run prints the exit status and ends with 1 whatever it is; go build ./examples/simulate makes a program that ends
// with its own.
package main

import (
	"os"

	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/cli/simulate"
)

func main() { os.Exit(simulate.Run(cli.System(cli.ExamplePrefix), os.Args[1:])) }
