package reading

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// mostFiles bounds the files of one tree: who has more gives the folders that matter.
const mostFiles = 1_000_000

// Read reads every regular file of fsys, in the order of fs.WalkDir, members of archives included. Kinds are told from
// content, hosts from what the files say and from the names of folders and files. A file that cannot be parsed is a
// statement with a finding; one that cannot be opened is told by [Files.NotUnderstood]. The error is that of a file
// system whose root cannot be read.
//
// Links are followed within the tree, to a folder once. Those that lead out of it, and what is no regular file, are not
// opened and told by [Files.NotUnderstood]. Folders whose name begins with a dot, and those of version control, are
// passed over.
func Read(fsys fs.FS, opt Options) (*Files, error) {
	inputs, unread, err := Walk(fsys, "")
	if err != nil {
		return nil, err
	}
	files, err := ReadInputs(inputs, opt)
	var list interface{ Unwrap() []error }
	if errors.As(err, &list) {
		for _, e := range list.Unwrap() {
			unread = append(unread, notRead(e))
		}
	}
	files.unread = unread
	return files, nil
}

// notRead returns an error of an input as a thing that was not understood.
func notRead(err error) fact.NotUnderstood {
	var in *InputError
	if errors.As(err, &in) {
		return fact.NotUnderstood{File: in.Name, Holds: "it was not read: " + reason(in.Err)}
	}
	return fact.NotUnderstood{Holds: err.Error()}
}

// reason returns why a file could not be read, without its path, which says the same twice.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// An InputError is an input that could not be opened or read.
type InputError struct {
	Name string
	Err  error
}

// Error returns the text of Err, behind the name of the file where Err is not the file system's own, which names it.
func (e *InputError) Error() string {
	if e.Err == nil {
		return e.Name + ": it cannot be read"
	}
	if own, ok := errtype.As[*fs.PathError](e.Err); ok && own.Path == e.Name {
		return e.Err.Error()
	}
	return e.Name + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *InputError) Unwrap() error { return e.Err }

// A walker lists the files of a tree.
type walker struct {
	fsys   fs.FS
	prefix string
	inputs []Input
	unread []fact.NotUnderstood
	dirs   map[string]bool // that were followed through a link
}

// Walk returns the regular files of fsys as inputs, whose names begin with prefix, and what it does not open: links that
// lead out of the tree, folders that cannot be read, pipes, sockets and devices. The error is that of the root.
func Walk(fsys fs.FS, prefix string) ([]Input, []fact.NotUnderstood, error) {
	w := &walker{fsys: fsys, prefix: prefix, dirs: map[string]bool{}}
	err := w.folder(".", ".")
	return w.inputs, w.unread, err
}

// skipped reports whether a folder holds no cluster's files.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "__pycache__"
}

// folder lists what lies below real, which is seen as name.
func (w *walker) folder(real, name string) error {
	return fs.WalkDir(w.fsys, real, func(at string, d fs.DirEntry, err error) error {
		seen := at
		if real != name {
			seen = path.Join(name, strings.TrimPrefix(strings.TrimPrefix(at, real), "/"))
		}
		switch {
		case err != nil && at == ".":
			return err
		case err != nil:
			w.not(seen, reason(err))
			return nil
		case d.IsDir():
			if at != real && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		case len(w.inputs) >= mostFiles:
			w.not(seen, "more than 1,000,000 files")
			return fs.SkipAll
		case d.Type()&fs.ModeSymlink != 0:
			w.link(at, seen)
		case d.Type().IsRegular():
			w.add(at, seen)
		default:
			w.not(seen, "it is no regular file")
		}
		return nil
	})
}

func (w *walker) not(name, why string) {
	const most = 1000
	if len(w.unread) < most {
		w.unread = append(w.unread, fact.NotUnderstood{File: path.Join(w.prefix, name), Holds: "it was not read: " + why})
	}
}

func (w *walker) add(real, name string) {
	w.inputs = append(w.inputs, Input{
		Name: path.Join(w.prefix, name), Path: name, Open: func() (io.ReadCloser, error) { return w.fsys.Open(real) },
	})
}

// link follows a link within the tree.
func (w *walker) link(at, seen string) {
	real, err := resolve(w.fsys, at)
	if err != nil {
		w.not(seen, err.Error())
		return
	}
	info, err := fs.Lstat(w.fsys, real)
	switch {
	case err != nil:
		w.not(seen, "a link to nothing")
	case info.Mode().IsRegular():
		w.add(real, seen)
	case !info.IsDir():
		w.not(seen, "a link to what is no regular file")
	case !w.dirs[real] && !within(at, real):
		w.dirs[real] = true
		_ = w.folder(real, seen) // its root was read already
	}
}

// within reports whether name lies below dir.
func within(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

var (
	errLeadsOut = errors.New("a link that leads out of the tree")
	errLoop     = errors.New("a link that leads in a circle")
)

// resolve returns what a link leads to, links in the folders on the way included. It never leaves fsys.
func resolve(fsys fs.FS, name string) (string, error) {
	rest := strings.Split(name, "/")
	real := "."
	for hops := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if real == "." {
				return "", errLeadsOut
			}
			real = path.Dir(real)
			continue
		}
		next := path.Join(real, part)
		info, err := fs.Lstat(fsys, next)
		if err != nil {
			return "", errors.New("a link to nothing")
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			real = next
			continue
		}
		target, err := fs.ReadLink(fsys, next)
		switch hops++; {
		case err != nil:
			return "", errors.New("a link that cannot be read")
		case path.IsAbs(target) || strings.ContainsAny(target, `\`):
			return "", errLeadsOut
		case hops > 40:
			return "", errLoop
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return real, nil
}

// ReadInputs reads the inputs, as [Read] does. The error joins those of all inputs that cannot be opened or read, each an
// *[InputError]; what the others say is returned with it.
func ReadInputs(inputs []Input, opt Options) (*Files, error) {
	files := &Files{added: opt.statements(), byName: map[string]int{}}
	results := readAll(inputs, opt)
	var errs []error
	for _, r := range results {
		if r.err != nil {
			errs = append(errs, r.err)
			files.unread = append(files.unread, notRead(r.err))
		}
		for _, f := range r.files {
			if _, known := files.byName[f.Name]; !known {
				files.byName[f.Name] = len(files.List)
			}
			files.List = append(files.List, f)
		}
	}
	files.join()
	return files, errors.Join(errs...)
}

// A result is what one input gave.
type result struct {
	files []File
	err   error
}

// mostReaders bounds the goroutines that read.
const mostReaders = 8

// readAll reads the inputs side by side. All goroutines have ended when it returns.
func readAll(inputs []Input, opt Options) []result {
	results := make([]result, len(inputs))
	workers := min(runtime.GOMAXPROCS(0), mostReaders, len(inputs))
	if workers <= 1 {
		for i, in := range inputs {
			results[i].files, results[i].err = readInput(in, opt)
		}
		return results
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(inputs); i = int(next.Add(1)) - 1 {
				results[i].files, results[i].err = readInput(inputs[i], opt)
			}
		})
	}
	wg.Wait()
	return results
}
