package source

import "github.com/kubecidr/kubecidr/plan/fact"

// FileName returns f.Name; with [File.Text] it makes a File a [fact.Source].
func (f *File) FileName() string { return f.Name }

// Text returns f.Data.
func (f *File) Text() []byte { return f.Data }

// Of returns s if it is a File, which may have been parsed already, and otherwise a new one of its text. A nil Source
// is an empty file.
func Of(s fact.Source, lim Limits) (*File, error) {
	switch s := s.(type) {
	case nil:
		return New("", nil, lim)
	case *File:
		if s != nil {
			return s, nil
		}
		return New("", nil, lim)
	}
	return New(s.FileName(), s.Text(), lim)
}
