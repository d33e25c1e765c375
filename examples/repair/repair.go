// Repair says how to fix the pod subnets of a cluster with the fewest changes: package internal/cli/repair, which
// cmd/kubecidr runs, too.
//
// go run prints the exit status and ends with 1 whatever it is; go build ./examples/repair makes a program that ends
// with its own.
package main

import (
	"os"

	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/cli/repair"
)

func main() { os.Exit(repair.Run(cli.System(cli.ExamplePrefix), os.Args[1:])) }
