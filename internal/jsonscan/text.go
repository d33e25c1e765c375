package jsonscan

import (
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Decode returns the text of r as UTF-8 without a byte order mark. UTF-16, as the > of a Windows shell writes it, is
// told by its byte order mark, or by a zero byte next to the first. Half a character at the end becomes U+FFFD.
func Decode(r io.Reader) io.Reader {
	d := &decoder{r: r}
	return d
}

type decoder struct {
	r       io.Reader
	begun   bool
	utf16   bool
	big     bool   // big endian
	in, out []byte // read and not decoded, decoded and not given away
	high    rune   // first half of a pair of surrogates, or 0
	err     error
}

func (d *decoder) Read(p []byte) (int, error) {
	if !d.begun {
		d.begin()
	}
	if !d.utf16 && len(d.in) == 0 && d.err == nil {
		return d.r.Read(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	for len(d.out) == 0 {
		if !d.utf16 {
			d.out, d.in = d.in, nil
		} else {
			d.decode()
		}
		if len(d.out) > 0 {
			break
		}
		if d.err != nil {
			return 0, d.err
		}
		if !d.utf16 {
			return d.r.Read(p)
		}
		d.fill(32 << 10)
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// fill reads at most n bytes more to d.in.
func (d *decoder) fill(n int) {
	b := make([]byte, n)
	for range 100 {
		m, err := d.r.Read(b)
		if m < 0 || m > n {
			m, err = 0, io.ErrNoProgress
		}
		d.in = append(d.in, b[:m]...)
		if d.err = err; m > 0 || err != nil {
			return
		}
	}
	d.err = io.ErrNoProgress
}

func (d *decoder) begin() {
	d.begun = true
	for len(d.in) < 3 && d.err == nil {
		d.fill(3 - len(d.in))
	}
	switch {
	case bytes.HasPrefix(d.in, []byte("\xef\xbb\xbf")):
		d.in = d.in[3:]
	case bytes.HasPrefix(d.in, []byte("\xff\xfe")):
		d.in, d.utf16 = d.in[2:], true
	case bytes.HasPrefix(d.in, []byte("\xfe\xff")):
		d.in, d.utf16, d.big = d.in[2:], true, true
	case len(d.in) >= 2 && d.in[0] != 0 && d.in[1] == 0:
		d.utf16 = true
	case len(d.in) >= 2 && d.in[0] == 0 && d.in[1] != 0:
		d.utf16, d.big = true, true
	}
}

// decode moves d.in to d.out, but for half a character.
func (d *decoder) decode() {
	out := make([]byte, 0, len(d.in)*3/2+4)
	in := d.in
	for ; len(in) >= 2; in = in[2:] {
		r := rune(in[0]) | rune(in[1])<<8
		if d.big {
			r = rune(in[1]) | rune(in[0])<<8
		}
		if d.high != 0 {
			if c := utf16.DecodeRune(d.high, r); c != utf8.RuneError {
				out, d.high = utf8.AppendRune(out, c), 0
				continue
			}
			out, d.high = utf8.AppendRune(out, utf8.RuneError), 0
		}
		if r >= 0xd800 && r < 0xdc00 {
			d.high = r
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	d.in = append([]byte(nil), in...)
	if d.err != nil && (len(d.in) > 0 || d.high != 0) {
		out = utf8.AppendRune(out, utf8.RuneError)
		d.in, d.high = nil, 0
	}
	d.out = out
}
