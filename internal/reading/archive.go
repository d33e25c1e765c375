package reading

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Limits on what an archive is worth. Nothing of it is written to disk.
const (
	mostMembers  = 20_000   // that are read; further ones are not looked at
	mostEntries  = 200_000  // headers that are passed over on the way to them
	mostUnpacked = 1 << 30  // bytes of all members together, read or passed over
	mostNested   = 2        // archives in archives
	peekMember   = 16 << 20 // bytes of a member that are kept for a second look
)

// Forms of archives.
const (
	formTar  = "tar"
	formGzip = "gzip"
	formZip  = "zip"
	formXZ   = "xz"
	formBZ2  = "bzip2"
	formZstd = "zstd"
)

// archiveForm returns the form of an archive or a compressed file, "" for what is neither. Content decides.
func archiveForm(name string, head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return formGzip
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return formZip
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return formXZ
	case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 10 && string(head[4:10]) == "1AY&SY":
		return formBZ2
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return formZstd
	case len(head) >= 265 && string(head[257:262]) == "ustar", len(head) >= 512 && path.Ext(name) == ".tar" && head[0] != 0:
		return formTar
	}
	return ""
}

// An unpacker reads the members of an archive.
type unpacker struct {
	name    string // of the archive
	path    string
	opt     Options
	files   []File
	members int   // that may still be read
	entries int   // headers that may still be passed over
	left    int64 // bytes that may still be unpacked
	depth   int
	holds   []fact.NotUnderstood
}

// Errors that end the reading of an archive whose limits are reached.
var (
	errEnough  = errors.New("enough")
	errEntries = fmt.Errorf("it has more than %d entries: give the folders that matter", mostEntries)
)

// readArchive returns the members of an archive that say something, and the archive itself with what was not read of it.
func readArchive(in Input, form string, r io.Reader, opt Options) []File {
	u := &unpacker{name: in.Name, path: trimArchive(in.Path), opt: opt, members: mostMembers, entries: mostEntries, left: mostUnpacked}
	err := u.unpack(form, r)
	self := File{Name: in.Name, Host: hostFromPath(in.Path)}
	if err != nil && !errors.Is(err, errEnough) {
		u.not("", err.Error())
	}
	self.holds = u.holds
	return append(u.files, self)
}

// trimArchive returns the path of an archive as that of the folder that it holds.
func trimArchive(name string) string {
	for _, ext := range []string{".tar.gz", ".tgz", ".tar", ".zip", ".gz", ".tar.xz", ".txz"} {
		if s, ok := strings.CutSuffix(name, ext); ok {
			return s
		}
	}
	return name
}

func (u *unpacker) not(member, why string) {
	if len(u.holds) < mostHolds {
		u.holds = append(u.holds, fact.NotUnderstood{File: path.Join(u.name, member), Holds: "it was not read: " + why})
	}
}

// unpack reads an archive of a form.
func (u *unpacker) unpack(form string, r io.Reader) error {
	switch form {
	case formTar:
		return u.tar(r)
	case formGzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			return damaged("gzip stream", err)
		}
		b := bufio.NewReaderSize(u.limited(z), 1<<10)
		head, err := b.Peek(512)
		if len(head) == 0 && err != nil {
			return damaged("gzip stream", err)
		}
		if archiveForm("", head) == formTar {
			return u.tar(b)
		}
		u.member("", b)
		return nil
	case formZip:
		return u.zip(r)
	}
	return fmt.Errorf("it is compressed with %s, which is not read: unpack it, and give the folder", form)
}

// errTooMuch is the error of an archive that unpacks to more than is read.
var errTooMuch = fmt.Errorf("it unpacks to more than %d MiB: give the parts that matter", mostUnpacked>>20)

// damaged says that a part of an archive cannot be unpacked, in words of our own: those of the unpackers are of the Go release.
func damaged(part string, err error) error {
	switch {
	case errors.Is(err, errTooMuch):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the %s is damaged: it is cut off", part)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum):
		return fmt.Errorf("the %s is damaged: its checksum differs", part)
	case errors.Is(err, zip.ErrAlgorithm):
		return fmt.Errorf("the %s is compressed in a way that is not read", part)
	}
	return fmt.Errorf("the %s is damaged", part)
}

// limited returns r as far as the archive's limit goes.
func (u *unpacker) limited(r io.Reader) io.Reader { return &budgetReader{r, &u.left} }

// A budgetReader takes what it reads from a budget, and fails where that is used up.
type budgetReader struct {
	r    io.Reader
	left *int64
}

func (b *budgetReader) Read(p []byte) (int, error) {
	if *b.left <= 0 {
		return 0, errTooMuch
	}
	if int64(len(p)) > *b.left {
		p = p[:*b.left]
	}
	n, err := b.r.Read(p)
	*b.left -= int64(n)
	return n, err
}

// tar reads a tar stream as it comes.
func (u *unpacker) tar(r io.Reader) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return damaged("tar stream", err)
		}
		if u.entries--; u.entries < 0 {
			return errEntries
		}
		if h.Typeflag != tar.TypeReg { // the reader turns the form of old programs into it
			continue
		}
		if err := u.entry(h.Name, h.Size, func() (io.ReadCloser, error) { return io.NopCloser(t), nil }); err != nil {
			return err
		}
	}
}

// zip reads a zip file, whose directory stands at its end, from memory.
func (u *unpacker) zip(r io.Reader) error {
	limit := u.opt.Limits.bytes()
	if limit > 0 {
		r = io.LimitReader(r, int64(limit)+1)
	}
	data, err := io.ReadAll(r)
	switch {
	case err != nil:
		return err
	case limit > 0 && len(data) > limit:
		return fmt.Errorf("more than %d bytes: unpack it, and give the folder", limit)
	}
	if bytes.Count(data, []byte("PK\x01\x02")) > u.entries { // before memory is taken for each
		return errEntries
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return damaged("zip file", err)
	}
	for _, f := range z.File {
		if u.entries--; u.entries < 0 {
			return errEntries
		}
		if !f.Mode().IsRegular() {
			continue
		}
		err := u.entry(f.Name, int64(min(f.UncompressedSize64, 1<<62)), func() (io.ReadCloser, error) {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{u.limited(r), r}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// entry reads one member, if its name and size allow it.
func (u *unpacker) entry(name string, size int64, open func() (io.ReadCloser, error)) error {
	clean := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	switch {
	case clean == "" || len(clean) > 4096 || strings.ContainsRune(clean, 0):
		return nil
	case strings.Contains("/"+strings.ReplaceAll(name, `\`, "/")+"/", "/../"):
		u.not(clean, "its name leads out of the archive")
		return nil
	case isCode(clean) || hidden(clean):
		return nil
	case size > int64(max(u.opt.Limits.bytes(), 1<<20)) && claims(clean) != claimLog && claims(clean) != claimText && claims(clean) != claimJSON:
		u.not(clean, fmt.Sprintf("%d bytes", size))
		return nil
	}
	if u.members--; u.members < 0 {
		return fmt.Errorf("it has more than %d files: give the folders that matter", mostMembers)
	}
	r, err := open()
	if err != nil {
		u.not(clean, damaged("member", err).Error())
		return nil
	}
	defer r.Close()
	u.member(clean, r)
	if u.left <= 0 {
		return errTooMuch
	}
	return nil
}

// hidden reports whether a member stands in a folder whose name begins with a dot.
func hidden(name string) bool {
	dir := path.Dir(name)
	for part := range strings.SplitSeq(dir, "/") {
		if part != "." && part != ".." && skipped(part) {
			return true
		}
	}
	return false
}

// member reads a member as an input of its own.
func (u *unpacker) member(name string, r io.Reader) {
	in := Input{Name: path.Join(u.name, name), Path: path.Join(u.path, name)}
	if name == "" {
		in.Name = u.name
	}
	b := bufio.NewReaderSize(r, 1<<10)
	head, _ := b.Peek(512)
	if form := archiveForm(in.Path, head); form != "" {
		if u.depth >= mostNested {
			u.not(name, "archives are nested too deep")
			return
		}
		inner := &unpacker{name: in.Name, path: trimArchive(in.Path), opt: u.opt, left: u.left, depth: u.depth + 1, members: u.members, entries: u.entries}
		if err := inner.unpack(form, b); err != nil {
			inner.not("", err.Error())
		}
		u.left, u.members, u.entries = inner.left, inner.members, inner.entries
		u.files, u.holds = append(u.files, inner.files...), append(u.holds, inner.holds...)
		return
	}
	// What fits is kept, so that it can be read once more: a list of Nodes among other objects is.
	data, err := io.ReadAll(io.LimitReader(b, peekMember+1))
	if err != nil {
		u.not(name, damaged("member", err).Error())
		return
	}
	in.Open = func() (io.ReadCloser, error) {
		if len(data) <= peekMember {
			return io.NopCloser(bytes.NewReader(data)), nil
		}
		return io.NopCloser(io.MultiReader(bytes.NewReader(data), b)), nil
	}
	files, err := readPlain(in, u.opt)
	if err != nil {
		u.not(name, damaged("member", errors.Unwrap(err)).Error())
		return
	}
	u.files = append(u.files, files...)
}
