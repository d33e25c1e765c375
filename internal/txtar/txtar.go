// Package txtar reads and writes the archives in testdata: a comment, then files, each after a line "-- name --".
//
// A file ends where the next such line stands, and with a line end; a text that holds one cannot be in an archive. The
// format is that of golang.org/x/tools/txtar. It stands here because a test requirement of this module becomes one of
// everybody who imports it.
package txtar

import (
	"bytes"
	"fmt"
	"os"
)

// An Archive is what a file in testdata holds. The zero Archive is empty.
type Archive struct {
	Comment []byte // before the first file
	Files   []File
}

// A File is a name and what is in it.
type File struct {
	Name string
	Data []byte
}

// Parse reads an archive. Whatever it is given is one; without a file in it all of it is the comment. The slices of the
// result share no memory with data that can be appended to.
func Parse(data []byte) *Archive {
	a := new(Archive)
	var name string
	begin := 0
	end := func(at int) {
		text := withNewline(data[begin:at:at])
		if name == "" {
			a.Comment = text
		} else {
			a.Files = append(a.Files, File{name, text})
		}
	}
	for at := 0; at < len(data); {
		line, _, _ := bytes.Cut(data[at:], []byte("\n"))
		next := min(at+len(line)+1, len(data))
		if n := marker(line); n != "" {
			end(at)
			name, begin = n, next
		}
		at = next
	}
	end(len(data))
	return a
}

// ParseFile reads the archive in a file.
func ParseFile(name string) (*Archive, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(data), nil
}

// Format writes a so that [Parse] reads it again.
func Format(a *Archive) []byte {
	b := bytes.NewBuffer(nil)
	b.Write(withNewline(a.Comment))
	for _, f := range a.Files {
		fmt.Fprintf(b, "-- %s --\n", f.Name)
		b.Write(withNewline(f.Data))
	}
	return b.Bytes()
}

// marker returns the name in a line "-- name --", "" in any other.
func marker(line []byte) string {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) < len("--  --") || !bytes.HasPrefix(line, []byte("-- ")) || !bytes.HasSuffix(line, []byte(" --")) {
		return ""
	}
	return string(bytes.TrimSpace(line[3 : len(line)-3]))
}

// withNewline returns data with a line end at its end, unless it is empty.
func withNewline(data []byte) []byte {
	if len(data) == 0 || data[len(data)-1] == '\n' {
		return data
	}
	return append(bytes.Clone(data), '\n')
}
