package kubeadm

import (
	"bytes"

	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/source"
)

// Contents is all that this package finds in one file of configuration, commands or objects. What the file does not hold is zero.
type Contents struct {
	Config    Config      // as of [ParseConfig]
	Commands  Commands    // as of [ParseCommands]
	Manifests []Process   // as of [ParseManifests]
	Proxies   []KubeProxy // as of [ParseKubeProxy]
	Kubelets  []Kubelet   // as of [ParseKubelet]
	Objects   Objects     // as of [ReadObjects]
}

// Read reads a file of unknown kind: what each of the Parse functions and [ReadObjects] would find in it, for the price of parsing
// it once. Plain output of kubectl and logs are read by [ReadText].
//
// The error is that of a text which is neither YAML nor JSON, as a log or a script is not: the commands in it are found all the
// same. What stands before the place of the error is returned with it.
func Read(name string, data []byte) (Contents, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return Contents{}, err
	}
	return ReadSource(f)
}

// ReadSource is [Read] of a text that other packages of this module look at as well, so that all of them look at one tree.
func ReadSource(f *source.File) (Contents, error) {
	var c Contents
	var errs [5]error
	c.Config, errs[0] = readConfig(f)
	c.Commands = readCommands(f)
	c.Manifests, errs[1] = readManifests(f)
	c.Proxies, errs[2] = readKubeProxies(f)
	c.Kubelets, errs[3] = readKubelets(f)
	c.Objects, errs[4] = objectsOf(f)
	for _, err := range errs {
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// objectsOf reads the objects of a file, as ReadObjects does. JSON is scanned and not made a tree: it may be a list of any length.
func objectsOf(f *source.File) (Objects, error) {
	var out Objects
	d := newDecoder(out.add)
	if skip, ok := jsonAfter(f.Data[:min(len(f.Data), peekText)]); ok {
		s := jsonscan.New(f.Name, bytes.NewReader(f.Data))
		for range skip {
			s.SkipLine()
		}
		return out, d.stream(s)
	}
	return out, d.file(f)
}
