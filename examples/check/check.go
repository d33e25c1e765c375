// Check reads the files of a cluster and says what is wrong with its address ranges: package internal/cli/check, which
// cmd/kubecidr runs, too.
//
// go run prints the exit status and ends with 1 whatever it is; go build ./examples/check makes a program that ends
// with its own.
package main

import (
	"os"

	"github.com/kubecidr/kubecidr/internal/cli"
	"github.com/kubecidr/kubecidr/internal/cli/check"
)

func main() { os.Exit(check.Run(cli.System(cli.ExamplePrefix), os.Args[1:])) }
