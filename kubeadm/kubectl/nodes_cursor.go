package kubectl

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode"

	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A cursor stands before one value of an object and reads it: of a JSON stream, or of a YAML tree. Values that are not
// read are skipped. So an object is decoded by the same code whatever it is written in.
type cursor interface {
	// object calls f for each key of an object, with the cursor before the key's value; it passes over anything else.
	object(f func(key []byte) error) error
	// array calls f for each element of a list, with the cursor before it; it passes over anything else.
	array(f func() error) error
	// scalar reads a value; ok is false for objects, lists and null.
	scalar() (v fact.Value[string], ok bool, err error)
	// pos is the place of the value.
	pos() fact.Position
}

// A stream is a cursor in JSON text.
type stream struct{ *jsonscan.Scanner }

func (s stream) object(f func(key []byte) error) error { return s.Object(f) }
func (s stream) array(f func() error) error            { return s.Array(f) }

func (s stream) pos() fact.Position {
	s.Kind()
	return s.Pos()
}

func (s stream) scalar() (fact.Value[string], bool, error) {
	pos := s.pos()
	t, k, err := s.Text()
	switch k {
	case jsonscan.String, jsonscan.Number, jsonscan.True, jsonscan.False:
		return fact.Value[string]{V: t, Text: t, Pos: pos}, err == nil, err
	}
	return fact.Value[string]{}, false, err
}

// A tree is a cursor in a YAML or JSON tree.
type tree struct{ at *source.Node }

func (t *tree) object(f func(key []byte) error) error {
	n := t.at
	if n == nil {
		return nil
	}
	for _, e := range n.Entries {
		t.at = e.Value
		if err := f([]byte(e.Key)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) array(f func() error) error {
	n := t.at
	if n == nil {
		return nil
	}
	for _, v := range n.Items {
		t.at = v
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) pos() fact.Position {
	if t.at == nil {
		return fact.Position{}
	}
	return t.at.Pos
}

func (t *tree) scalar() (fact.Value[string], bool, error) {
	if t.at == nil {
		return fact.Value[string]{}, false, nil
	}
	switch t.at.Kind {
	case source.String, source.Number, source.Bool:
		return t.at.Value(), true, nil
	}
	return fact.Value[string]{}, false, nil
}

const (
	// peekText is how much of a file is read to tell JSON from YAML.
	peekText = 8 << 10
	// maxYAML is the size of a file that is read whole: of YAML and of text. Lists are streamed and have no limit.
	maxYAML = 64 << 20
)

// A TooLargeError says that a file which has to be read whole is larger than this package reads. The zero value names
// no file.
type TooLargeError struct {
	File  string
	Limit int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: more than %d MiB; only lists may be larger, as kubectl get -o json or -o yaml writes them", e.File, e.Limit>>20)
}

// open tells whether r holds JSON, and returns a scanner of it, or else the whole text.
// Lines above the JSON text, such as a prompt with the kubectl command, are passed over.
//
// A list in YAML that is too large to be read whole is returned as a reader of all of it.
func open(name string, r io.Reader) (s *jsonscan.Scanner, data []byte, list io.Reader, err error) {
	b := bufio.NewReaderSize(jsonscan.Decode(r), peekText)
	head, err := b.Peek(peekText)
	if err != nil && err != io.EOF {
		return nil, nil, nil, &source.Error{Pos: fact.Position{File: name}, Msg: err.Error()}
	}
	if skip, ok := jsonAfter(head); ok {
		s := jsonscan.New(name, b)
		for range skip {
			s.SkipLine()
		}
		return s, nil, nil, nil
	}
	isList := yamlItems.Match(head)
	most := maxYAML
	if isList {
		most = wholeYAML
	}
	data, err = io.ReadAll(io.LimitReader(b, int64(most)+1))
	switch {
	case err != nil:
		return nil, nil, nil, &source.Error{Pos: fact.Position{File: name}, Msg: err.Error()}
	case len(data) <= most:
		return nil, data, nil, nil
	case isList:
		return nil, nil, io.MultiReader(bytes.NewReader(data), b), nil
	}
	return nil, nil, nil, &TooLargeError{name, maxYAML}
}

// jsonAfter reports whether a text whose beginning is head is JSON, after that many lines of something else.
func jsonAfter(head []byte) (lines int, ok bool) {
	for lines < 50 {
		line, rest, more := bytes.Cut(head, []byte("\n"))
		t := bytes.TrimLeftFunc(line, unicode.IsSpace)
		if len(t) > 0 {
			// "{{ .Values.x }}" is a template, "{a: b}" a flow mapping of YAML and "[root@cp1 ~]#" a prompt.
			u := bytes.TrimLeftFunc(t[1:], unicode.IsSpace)
			if len(u) == 0 {
				u = bytes.TrimLeftFunc(rest, unicode.IsSpace)
			}
			switch {
			case t[0] == '{' && (len(u) == 0 || u[0] == '"' || u[0] == '}'):
				return lines, true
			case t[0] == '[' && (len(u) == 0 || u[0] == '{' || u[0] == ']'):
				return lines, true
			case t[0] == '-' || t[0] == '{':
				return 0, false
			}
			if key, _, ok := bytes.Cut(t, []byte(":")); ok && t[0] >= 'a' && t[0] <= 'z' && !bytes.ContainsAny(key, " $#>@~/") {
				return 0, false // a YAML mapping
			}
		}
		if !more {
			return 0, false
		}
		head = rest
		lines++
	}
	return 0, false
}

// errStop ends a reading early, at the caller's wish.
var errStop = errors.New("stop")
