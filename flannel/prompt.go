package flannel

import (
	"bytes"
	"regexp"
)

// promptLine matches a line that a shell leaves in what is copied from a terminal: a prompt, with a command behind it
// or none.
var promptLine = regexp.MustCompile(`^(?:\[?[\w.-]+@[\w.-]+[^\n=]{0,80}[$#%>]|[\w.~/:\\ -]{0,40}[❯➜»]|[$%>])(?:[ \t][^\n]*)?$` +
	`|^# (?:cat|sudo|less|more|head|etcdctl|kubectl|ssh)[ \t][^\n]*$`)

// withoutPrompts returns data with its first and its last line blanked where they are a shell's prompt, so that places
// stay right; data itself where they are not.
func withoutPrompts(data []byte) []byte {
	end := len(bytes.TrimRight(data, " \t\r\n"))
	start := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
	if start >= end {
		return data
	}
	out := data
	blank := func(from, to int) {
		if !promptLine.Match(bytes.TrimRight(data[from:to], " \t\r")) {
			return
		}
		if &out[0] == &data[0] {
			out = bytes.Clone(data)
		}
		for i := from; i < to; i++ {
			out[i] = ' '
		}
	}
	first := end
	if i := bytes.IndexByte(data[start:end], '\n'); i >= 0 {
		first = start + i
	}
	blank(start, first)
	if last := bytes.LastIndexByte(data[:end], '\n') + 1; last > first {
		blank(last, end)
	}
	return out
}
