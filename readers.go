package kubecidr

import (
	"bytes"
	"io"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
)

// A reader finds what one kind of file says. It is asked about every file, gives nothing for files of other kinds, and its
// error is that of text which is not even YAML or JSON.
type reader struct {
	kind    Kind
	perHost bool // the file speaks for the host that it comes from, not for the cluster
	read    func(name string, data []byte, path string) ([]plan.Statement, error)
}

// readers holds the readers of all kinds, in the order in which their statements are kept.
var readers = []reader{
	{KindKubeadmConfig, true, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		c, err := kubeadm.ParseConfig(name, data)
		if c.IsZero() {
			return nil, err
		}
		return c.Statements(), err
	}},
	{KindCommand, true, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		c, err := kubeadm.ParseCommands(name, data)
		return c.Statements(), err
	}},
	{KindManifest, true, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		ps, err := kubeadm.ParseManifests(name, data)
		return statementsOf(ps), err
	}},
	{KindKubeProxy, false, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		ps, err := kubeadm.ParseKubeProxy(name, data)
		return statementsOf(ps), err
	}},
	{KindKubelet, true, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		ks, err := kubeadm.ParseKubelet(name, data)
		return statementsOf(ks), err
	}},
	{KindObjects, false, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		o, err := kubeadm.ReadObjects(name, bytes.NewReader(data))
		return o.Statements(), err
	}},
	{KindFlannel, false, func(name string, data []byte, path string) ([]plan.Statement, error) {
		d, err := flannel.Read(data, flannel.Options{Name: name, Host: hostFromPath(path)})
		return d.Statements(), err
	}},
	{KindHost, true, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		h, err := flannel.ReadHost(data, flannel.Options{Name: name})
		return h.Statements(), err
	}},
	{KindPlugin, false, func(name string, data []byte, _ string) ([]plan.Statement, error) { return readPlugin(name, data) }},
}

// textReaders holds the readers of what is neither YAML nor JSON: logs, and what people paste from a terminal. They are asked
// about files that do not claim to be YAML or JSON.
var textReaders = []reader{
	{KindText, true, func(name string, data []byte, _ string) ([]plan.Statement, error) {
		t, err := kubeadm.ReadText(name, bytes.NewReader(data))
		return t.Statements(), err
	}},
	{KindLog, true, func(name string, data []byte, path string) ([]plan.Statement, error) {
		g, err := flannel.ReadLog(data, flannel.Options{Name: name, Host: hostFromPath(path)})
		return g.Statements(), err
	}},
}

// statementsOf joins what the values state.
func statementsOf[T interface{ Statements() []plan.Statement }](values []T) []plan.Statement {
	var s []plan.Statement
	for _, v := range values {
		s = append(s, v.Statements()...)
	}
	return s
}

// readObjectStream reads a list of objects as it comes. What stands before an error is kept, and the error is stated.
// others reports that the list holds objects which other readers have to see.
func readObjectStream(name string, r io.Reader) (s []plan.Statement, kinds []Kind, others bool) {
	o, err := kubeadm.ReadObjects(name, r)
	s, kinds = o.Statements(), []Kind{KindNodes}
	if err != nil {
		f := File{Name: name}
		f.unreadable(err, claimJSON)
		return append(s, f.Statements...), append(kinds, KindUnreadable), false
	}
	for kind := range o.Kinds {
		others = others || kind != "Node"
	}
	return s, kinds, others
}
