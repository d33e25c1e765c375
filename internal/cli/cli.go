// Package cli holds what the commands have in common: how they are called, finding their input files, and telling a terminal from a pipe.
package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubecidr/kubecidr"
)

// Stdin is the name of standard input in findings.
const Stdin = "standard input"

// Colors reports whether f is a terminal on which colours are wanted (https://no-color.org).
func Colors(f *os.File) bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Inputs returns the files at paths: files as they are, folders with all that is in them, in lexical order, and standard input for "-".
// Their names are the paths as given. Where several paths are given, the folders by which they differ can name
// hosts; a single folder's own name does not. The error says which path cannot be opened.
func Inputs(paths []string) ([]kubecidr.Input, error) {
	root, err := commonFolder(paths)
	if err != nil {
		return nil, err
	}
	var inputs []kubecidr.Input
	for _, p := range paths {
		if p == "-" {
			inputs = append(inputs, kubecidr.Input{Name: Stdin, Open: func() (io.ReadCloser, error) { return io.NopCloser(os.Stdin), nil }})
			continue
		}
		err := filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				if name == p {
					return err
				}
				inputs = append(inputs, failing(name, err)) // said when it is read; the others are still read
				return nil
			}
			if d.IsDir() {
				if name != p && strings.HasPrefix(d.Name(), ".") {
					return filepath.SkipDir
				}
				return nil
			}
			info, err := os.Stat(name) // a link counts as what it leads to
			if err == nil && !info.Mode().IsRegular() && name != p {
				return nil
			}
			inputs = append(inputs, kubecidr.Input{
				Name: filepath.ToSlash(name),
				Path: relative(root, name),
				Open: func() (io.ReadCloser, error) { return os.Open(name) },
			})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return inputs, nil
}

func failing(name string, err error) kubecidr.Input {
	return kubecidr.Input{Name: filepath.ToSlash(name), Open: func() (io.ReadCloser, error) { return nil, err }}
}

// commonFolder returns the folder that file names are seen from when they are asked for hosts.
func commonFolder(paths []string) (string, error) {
	var folders []string
	for _, p := range paths {
		if p == "-" {
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			return "", err
		}
		abs, err := filepath.Abs(p)
		if err != nil {
			return "", err
		}
		if !info.IsDir() || len(paths) > 1 {
			abs = filepath.Dir(abs)
		}
		folders = append(folders, abs)
	}
	if len(folders) == 0 {
		return "", nil
	}
	common := folders[0]
	for _, f := range folders[1:] {
		for common != f && !strings.HasPrefix(f, strings.TrimSuffix(common, string(filepath.Separator))+string(filepath.Separator)) {
			common = filepath.Dir(common)
		}
	}
	return common, nil
}

// relative returns name as seen from root, with slashes.
func relative(root, name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		return filepath.ToSlash(name)
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil {
		return filepath.ToSlash(name)
	}
	return filepath.ToSlash(rel)
}

// Read reads the files at paths. Files that cannot be opened are told on w, one line each, and the others are still
// read; the error is for a path that does not exist, and a [*NothingError], with the files, for paths at which nothing can be read.
func Read(w io.Writer, paths []string, opt kubecidr.Options) (*kubecidr.Files, error) {
	if len(paths) == 0 {
		return nil, errors.New("no file or folder given; -h tells how")
	}
	inputs, err := Inputs(paths)
	if err != nil {
		return nil, err
	}
	return ReadInputs(w, paths, inputs, opt)
}

// ReadInputs reads the inputs as [Read] does; names are what they are called where nothing is found in them.
func ReadInputs(w io.Writer, names []string, inputs []kubecidr.Input, opt kubecidr.Options) (*kubecidr.Files, error) {
	files, err := kubecidr.ReadInputs(inputs, opt)
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			fmt.Fprintf(w, "not read: %s\n", line)
		}
	}
	if len(files.List) == len(files.Ignored()) {
		return files, &NothingError{Paths: names, Files: len(files.List)}
	}
	return files, nil
}

// A NothingError says that no file told anything.
type NothingError struct {
	Paths []string
	Files int // how many were looked at
}

func (e *NothingError) Error() string {
	return fmt.Sprintf("nothing in %s says anything about a cluster's address ranges (files looked at: %d); -h names what is read", strings.Join(e.Paths, ", "), e.Files)
}
