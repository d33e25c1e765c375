package fact

// A Source is a file that readers of several packages are asked about. Its text is UTF-8 without a byte order mark,
// with \n at the ends of lines; it belongs to the Source, and nobody changes it.
//
// The readers of this module look at one tree where they are given one Source of this module again and again, and parse
// any other themselves.
type Source interface {
	FileName() string // for positions
	Text() []byte
}
