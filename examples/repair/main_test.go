package main

import (
	"testing"

	"github.com/kubecidr/kubecidr/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, "repair", main) }

func TestScripts(t *testing.T) { clitest.Run(t) }
