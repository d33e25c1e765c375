package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// A target is a package with its mutants.
type target struct {
	root    string // of the module
	folder  string // of the package, below root, with slashes
	name    string
	srcs    map[string][]byte // absolute path to text as it is
	sites   map[string][]site // by path
	files   map[string][]byte // absolute path to mutated text, the helper among them
	mutants []mutant
	size    int // mutants are numbered below
	dropped int // places whose mutants do not compile
}

type listed struct {
	ImportPath, Name, Dir, Export      string
	GoFiles, TestImports, XTestImports []string
}

// list runs go list.
func list(root string, args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Dir,Export,GoFiles,TestImports,XTestImports"}, args...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %v: %w\n%s", args, err, stderr.Bytes())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
}

// load finds the mutants of the package in folder.
func load(root, folder string, ops []string) (*target, error) {
	all, err := list(root, "-deps", "-export", "./"+folder)
	if err != nil {
		return nil, err
	}
	l := all[len(all)-1]                                                           // dependencies come first
	help, err := list(root, "-deps", "-export", "cmp", "os", "strconv", "syscall") // what the helper imports
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, d := range slices.Concat(all, help) {
		exports[d.ImportPath] = d.Export
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	t := &target{root: root, folder: folder, name: l.Name, srcs: map[string][]byte{}, sites: map[string][]site{}}
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "gc", open)
	var files []*ast.File
	for _, name := range l.GoFiles {
		path := filepath.Join(l.Dir, name)
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		t.srcs[path] = src
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: imp}
	pkg, err := conf.Check(l.ImportPath, fset, files, info)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		path := fset.Position(f.Pos()).Filename
		fd := &finder{
			fset: fset, info: info, pkg: pkg, src: t.srcs[path], file: f, ops: ops, next: &t.size, seen: map[string]int{},
			name: folder + "/" + filepath.Base(path),
		}
		fd.find()
		t.sites[path] = fd.sites
	}
	// A place that does not compile, such as a constant that only an untyped expression can hold, is found by its line and left out.
	helperPath := filepath.Join(l.Dir, "zz_mutants.go")
	for {
		t.files = map[string][]byte{helperPath: []byte(helper(l.Name))}
		for path, src := range t.srcs {
			t.files[path] = render(src, t.sites[path])
		}
		bad, err := faults(l.ImportPath, t.files, open)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 {
			break
		}
		before := t.dropped
		for path := range t.sites {
			t.sites[path] = slices.DeleteFunc(t.sites[path], func(s site) bool {
				drop := bad[path][fset.Position(s.pos).Line]
				if drop {
					t.dropped++
				}
				return drop
			})
		}
		if t.dropped == before {
			return nil, fmt.Errorf("%s: mutants do not compile: %v", folder, bad)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(t.sites)) {
		for _, s := range t.sites[path] {
			t.mutants = append(t.mutants, s.mutants...)
		}
	}
	return t, nil
}

// only leaves the places alone at which none of the mutants is: a package with few of them compiles and runs several times as quick.
func (t *target) only(mutants []mutant) {
	wanted := map[int]bool{} // by site
	for _, m := range mutants {
		wanted[m.site] = true
	}
	for path, src := range t.srcs {
		kept := slices.DeleteFunc(slices.Clone(t.sites[path]), func(s site) bool { return !wanted[s.first] })
		if len(kept) == 0 {
			delete(t.files, path)
			continue
		}
		t.files[path] = render(src, kept)
	}
}

// faults returns the lines at which the type checker does not take the files.
func faults(path string, texts map[string][]byte, open importer.Lookup) (map[string]map[int]bool, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		f, err := parser.ParseFile(fset, name, texts[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	bad := map[string]map[int]bool{}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", open), Error: func(err error) {
		te, ok := errors.AsType[types.Error](err)
		if !ok {
			return
		}
		p := fset.Position(te.Pos)
		if bad[p.Filename] == nil {
			bad[p.Filename] = map[int]bool{}
		}
		bad[p.Filename][p.Line] = true
	}}
	conf.Check(path, fset, files, nil) // its errors are those that are told one by one
	return bad, nil
}

// build compiles the tests of a package with the target's mutants in them.
func (t *target) build(work, folder string) (string, error) {
	replace := map[string]string{}
	for i, path := range slices.Sorted(maps.Keys(t.files)) {
		copy := filepath.Join(work, fmt.Sprintf("%s-%d.go", t.name, i))
		if err := os.WriteFile(copy, t.files[path], 0o666); err != nil {
			return "", err
		}
		replace[path] = copy
	}
	overlay := filepath.Join(work, t.name+".json")
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, data, 0o666); err != nil {
		return "", err
	}
	bin, err := os.MkdirTemp(work, "bin")
	if err != nil {
		return "", err
	}
	bin = filepath.Join(bin, "tests")
	cmd := exec.Command("go", "test", "-c", "-o", bin, "-overlay", overlay, "./"+folder)
	cmd.Dir = t.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("tests of %s with mutants: %w\n%s", folder, err, out)
	}
	if _, err := os.Stat(bin); err != nil {
		return "", nil // no tests
	}
	return bin, nil
}
