package source

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns data as UTF-8 with line ends \n, how it was written, and whether a \r was among its line ends.
// The result is data itself where nothing has to change.
func decode(data []byte) ([]byte, Encoding, bool) {
	enc := UTF8
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		enc, data = UTF8BOM, data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		enc, data = UTF16LE, utf16Text(data[2:], 0)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		enc, data = UTF16BE, utf16Text(data[2:], 1)
	case len(data) >= 4 && len(data)%2 == 0 && data[0] != 0 && data[1] == 0 && data[3] == 0:
		enc, data = UTF16LE, utf16Text(data, 0)
	case len(data) >= 4 && len(data)%2 == 0 && data[0] == 0 && data[1] != 0 && data[2] == 0:
		enc, data = UTF16BE, utf16Text(data, 1)
	}
	if bytes.IndexByte(data, '\r') < 0 {
		return data, enc, false
	}
	out := make([]byte, 0, len(data))
	for i, c := range data {
		switch {
		case c != '\r':
			out = append(out, c)
		case i+1 == len(data) || data[i+1] != '\n':
			out = append(out, '\n')
		}
	}
	return out, enc, true
}

// utf16Text returns UTF-16 as UTF-8; lowByte is the index of the low byte in each pair, 0 for little and 1 for big
// endian.
// A last odd byte becomes U+FFFD, as do surrogates without their other half.
func utf16Text(data []byte, lowByte int) []byte {
	out := make([]byte, 0, len(data)/2+utf8.UTFMax)
	unit := func(i int) rune {
		return rune(data[i+lowByte]) | rune(data[i+1-lowByte])<<8
	}
	i := 0
	for ; i+1 < len(data); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			if i+3 < len(data) {
				if full := utf16.DecodeRune(r, unit(i+2)); full != utf8.RuneError {
					out = utf8.AppendRune(out, full)
					i += 2
					continue
				}
			}
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r)
	}
	if i < len(data) {
		out = utf8.AppendRune(out, utf8.RuneError)
	}
	return out
}
