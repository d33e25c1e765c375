// Package draw writes plans, reports, predictions and repairs: text for a terminal, JSON, YAML, Markdown, SVG, SARIF
// and shell commands. It decides nothing. Each function writes to an [io.Writer] and returns its first error; the same
// value gives the same bytes. Names from files are written so that they cannot drive a terminal or change a document's
// structure.
package draw
