package kubeadm

import (
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Contents is all that this package finds in one file of configuration or commands. What the file does not hold is
// zero. The zero value is that of a file in which this package finds nothing.
type Contents struct {
	Config    Config      // as of [ParseConfig]
	Commands  Commands    // as of [ParseCommands]
	Manifests []Process   // as of [ParseManifests]
	Proxies   []KubeProxy // as of [ParseKubeProxy]
	Kubelets  []Kubelet   // as of [ParseKubelet]
}

// Read reads a file of unknown kind: what each of the Parse functions would find in it, for the price of parsing
// it once. What kubectl prints is read by package kubectl.
//
// The error is that of a text which is neither YAML nor JSON, as a log or a script is not: the commands in it are found
// all the same. What stands before the place of the error is returned with it.
func Read(name string, data []byte) (Contents, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return Contents{}, err
	}
	c, err := readFile(f)
	c.Commands = readCommands(f)
	return c, err
}

// ReadSource is [Read] of a text that other packages look at as well, so that all of them look at one tree.
// Commands are left out: [SourceCommands] finds them.
func ReadSource(s fact.Source) (Contents, error) {
	f, err := source.Of(s, source.Limits{})
	if err != nil {
		return Contents{}, err
	}
	return readFile(f)
}

func readFile(f *source.File) (Contents, error) {
	var c Contents
	var errs [4]error
	c.Config, errs[0] = readConfig(f)
	c.Manifests, errs[1] = readManifests(f)
	c.Proxies, errs[2] = readKubeProxies(f)
	c.Kubelets, errs[3] = readKubelets(f)
	for _, err := range errs {
		if err != nil {
			return c, err
		}
	}
	return c, nil
}
