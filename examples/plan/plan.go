// Plan finds address ranges for a cluster that cannot collide: package internal/cli/plan, which cmd/kubecidr runs, too.
//
// go run prints the exit status and ends with 1 whatever it is; go build ./examples/plan makes a program that ends with
// its own.
package main

import (
	"os"

	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/cli/plan"
)

func main() { os.Exit(plan.Run(cli.System(cli.ExamplePrefix), os.Args[1:])) }
