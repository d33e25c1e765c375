package kubecidr

import (
	"bytes"
	"io"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An asked file is what the readers are asked about.
type asked struct {
	text *source.File // parsed once for all of them
	data []byte       // as the file has it
	path string

	contents *kubeadm.Contents // nil before the first of its readers was asked
	err      error
}

// kubeadm returns what package kubeadm finds.
func (a *asked) kubeadm() (kubeadm.Contents, error) {
	if a.contents == nil {
		c, err := kubeadm.ReadSource(a.text)
		a.contents, a.err = &c, err
	}
	return *a.contents, a.err
}

// A reader finds what one kind of file says. It is asked about every file, gives nothing for files of other kinds, and its
// error is that of text which is not even YAML or JSON.
type reader struct {
	kind    Kind
	perHost bool // the file speaks for the host that it comes from, not for the cluster
	read    func(a *asked) ([]fact.Statement, error)
}

// readers holds the readers of all kinds, in the order in which their statements are kept.
var readers = []reader{
	{KindKubeadmConfig, true, func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		if c.Config.IsZero() {
			return nil, err
		}
		return c.Config.Statements(), err
	}},
	{KindCommand, true, func(a *asked) ([]fact.Statement, error) {
		c, _ := a.kubeadm()
		return c.Commands.Statements(), nil
	}},
	{KindManifest, true, func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		return statementsOf(c.Manifests), err
	}},
	{KindKubeProxy, false, func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		return statementsOf(c.Proxies), err
	}},
	{KindKubelet, true, func(a *asked) ([]fact.Statement, error) {
		c, err := a.kubeadm()
		return statementsOf(c.Kubelets), err
	}},
	{KindObjects, false, func(a *asked) ([]fact.Statement, error) {
		o, err := kubectl.ReadSource(a.text)
		return o.Statements(), err
	}},
	{KindFlannel, false, func(a *asked) ([]fact.Statement, error) {
		d, err := flannel.ReadSource(a.text, a.data, flannel.Options{Name: a.text.Name, Host: hostFromPath(a.path)})
		return d.Statements(), err
	}},
	{KindHost, true, func(a *asked) ([]fact.Statement, error) {
		h, err := flannel.ReadHost(a.data, flannel.Options{Name: a.text.Name})
		return h.Statements(), err
	}},
	{KindPlugin, false, func(a *asked) ([]fact.Statement, error) { return readPlugin(a.text) }},
}

// textReaders holds the readers of what is neither YAML nor JSON: logs, and what people paste from a terminal. They are asked
// about files that do not claim to be YAML or JSON.
var textReaders = []reader{
	{KindText, true, func(a *asked) ([]fact.Statement, error) {
		t, err := kubectl.ReadText(a.text.Name, bytes.NewReader(a.data))
		return t.Statements(), err
	}},
	{KindLog, true, func(a *asked) ([]fact.Statement, error) {
		g, err := flannel.ReadLog(a.data, flannel.Options{Name: a.text.Name, Host: hostFromPath(a.path)})
		return g.Statements(), err
	}},
}

// statementsOf joins what the values state.
func statementsOf[T interface{ Statements() []fact.Statement }](values []T) []fact.Statement {
	var s []fact.Statement
	for _, v := range values {
		s = append(s, v.Statements()...)
	}
	return s
}

// readObjectStream reads a list of objects as it comes. What stands before an error is kept, and the error is stated.
// others reports that the list holds objects which other readers have to see.
func readObjectStream(name, claim string, r io.Reader) (s []fact.Statement, kinds []Kind, others bool) {
	o, err := kubectl.ReadObjects(name, r)
	s, kinds = o.Statements(), []Kind{KindNodes}
	if err != nil {
		f := File{Name: name}
		f.unreadable(err, claim)
		return append(s, f.Statements...), append(kinds, KindUnreadable), false
	}
	for kind := range o.Kinds {
		others = others || kind != "Node"
	}
	return s, kinds, others
}
