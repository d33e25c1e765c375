package shapes

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
)

// byteFrames change how the files are stored.
func byteFrames() []Frame {
	rows := []struct {
		name  string
		needs func(Facts) bool
		print func(Facts) map[string][]byte
	}{
		{"tar", nil, func(f Facts) map[string][]byte { return map[string][]byte{"bundle.tar": tarOf(f)} }},
		{"tar.gz", nil, func(f Facts) map[string][]byte { return map[string][]byte{"bundle.tar.gz": gzipOf(tarOf(f))} }},
		{"zip", nil, func(f Facts) map[string][]byte { return map[string][]byte{"bundle.zip": zipOf(f.Files())} }},
		{"sosreport in a tgz", nil, func(f Facts) map[string][]byte {
			return map[string][]byte{"sosreport.tgz": gzipOf(tarFiles(sosreport(f), ""))}
		}},
		{"carriage returns", allText, func(f Facts) map[string][]byte { return edited(f, crlf) }},
		{"UTF-16", noFlannelFiles, func(f Facts) map[string][]byte { return edited(f, utf16le) }},
		{"colours lost their escapes", changes(brokenColours), func(f Facts) map[string][]byte {
			return editedOutput(f, brokenColours)
		}},
		{"blanks that do not break", changes(noBreak), func(f Facts) map[string][]byte { return editedOutput(f, noBreak) }},
		{"hosts in the names of files", hasFolders, hostNamesInFiles},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{Name: row.name, Print: row.print, Needs: row.needs}
		if row.needs == nil {
			out[i].Needs = always
		}
	}
	return out
}

func tarOf(f Facts) []byte { return tarFiles(f.Files(), "bundle/") }

func tarFiles(files map[string][]byte, folder string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range sorted(files) {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: folder + name, Mode: 0o644, Size: int64(len(files[name]))}
		if w.WriteHeader(h) != nil {
			return nil
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil
		}
	}
	if w.Close() != nil {
		return nil
	}
	return b.Bytes()
}

func gzipOf(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		return nil
	}
	return b.Bytes()
}

// zipOf has no times, so that the same files give the same archive.
func zipOf(files map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range sorted(files) {
		e, err := w.CreateHeader(&zip.FileHeader{Name: "bundle/" + name, Method: zip.Deflate})
		if err != nil {
			return nil
		}
		if _, err := e.Write(files[name]); err != nil {
			return nil
		}
	}
	if w.Close() != nil {
		return nil
	}
	return b.Bytes()
}

// edited returns the files of the bundle with an edit of each.
func edited(f Facts, edit func(string) string) map[string][]byte {
	out := f.Files()
	for _, name := range sorted(out) {
		out[name] = []byte(edit(string(out[name])))
	}
	return out
}

// written are the parts that programs wrote for people.
func (f Facts) written() []Source {
	return slices.Concat(sourcesOf(f.Logs), sourcesOf(f.HostLinks), sourcesOf(f.Outputs))
}

// editedOutput edits what programs wrote; an edit of a file that a program reads would break it.
func editedOutput(f Facts, edit func(string) string) map[string][]byte {
	out := f.Files()
	for _, s := range f.written() {
		out[s.File] = []byte(edit(s.Text))
	}
	return out
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// utf16le is what PowerShell writes when output is redirected.
func utf16le(text string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// noFlannelFiles reports whether no program reads the files itself: flannel does not take UTF-16.
func noFlannelFiles(f Facts) bool {
	return allText(f) && len(f.NetConfs)+len(f.SubnetEnvs) == 0
}

// changes returns a function that reports whether an edit changes what programs wrote.
func changes(edit func(string) string) func(Facts) bool {
	return func(f Facts) bool {
		return allText(f) && slices.ContainsFunc(f.written(), func(s Source) bool { return edit(s.Text) != s.Text })
	}
}

// brokenColours is what is left of coloured lines where the escape itself is lost.
func brokenColours(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "E") || strings.HasPrefix(line, "F") {
			line = "[31m" + strings.TrimSuffix(line, "\n") + "[0m\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// noBreak is what word processors and web pages make of the second of two blanks.
func noBreak(text string) string { return strings.ReplaceAll(text, "  ", " \u00a0") }

// hostNamesInFiles has the host in front of the name of each file instead of a folder.
func hostNamesInFiles(f Facts) map[string][]byte {
	out := map[string][]byte{}
	for _, p := range f.pieces() {
		name := path.Base(p.file)
		if p.host != "" && !strings.HasPrefix(name, p.host) {
			name = p.host + "-" + name
		}
		put(out, name, p.text)
	}
	return out
}

// hasFolders reports whether hosts stand in folders.
func hasFolders(f Facts) bool {
	return slices.ContainsFunc(f.pieces(), func(p piece) bool { return p.host != "" && strings.Contains(p.file, "/") })
}
