// Package outproof holds what the library writes against parsers that others wrote: a shell's, Markdown's, XML's, YAML's. It is a
// module of its own, so that nobody who imports the library inherits them; it has tests alone.
package outproof
