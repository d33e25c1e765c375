// Package importer holds what it costs to import this module: the go.mod, the go.sum and the module graph of a program that imports
// one package of it and nothing else, in testdata. The test makes each of them anew, with go mod tidy.
//
// It is a module of its own because it runs the go command, which may download modules.
package importer
