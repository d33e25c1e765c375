package source

import (
	"bytes"
	"regexp"
	"strings"
)

// IsHTML reports whether f looks like a web page, as a browser saves it or a proxy answers.
func (f *File) IsHTML() bool {
	if f == nil {
		return false
	}
	head := bytes.ToLower(bytes.TrimSpace(f.Data[:min(len(f.Data), 4096)]))
	for bytes.HasPrefix(head, []byte("<!--")) {
		end := bytes.Index(head, []byte("-->"))
		if end < 0 {
			return true
		}
		head = bytes.TrimSpace(head[end+3:])
	}
	if bytes.HasPrefix(head, []byte("<?xml")) {
		return true
	}
	for _, tag := range []string{"<!doctype", "<html", "<head", "<body", "<title", "<script", "<meta", "<div", "<p>", "<h1"} {
		if bytes.HasPrefix(head, []byte(tag)) {
			return true
		}
	}
	return false
}

var secretKind = regexp.MustCompile(`(?m)(?:^|[{,\s])['"]?kind['"]?[ \t]*:[ \t]*['"]?(?:Secret|SecretList)['"]?[ \t]*(?:$|[,}#\r])`)

// mentionsSecret reports whether a text looks as if it held a Secret object.
func mentionsSecret(data []byte) bool {
	return bytes.Contains(data, []byte("Secret")) && secretKind.Match(data)
}

// HoldsSecret reports whether f looks as if it held a Secret object, be it well-formed or not. Nothing of such a file
// but its keys may be shown; [File.Line] keeps to that.
func (f *File) HoldsSecret() bool { return f != nil && f.secret }

// Public returns f.Data with each document that looks as if it held a Secret blanked out, byte for byte: what may be
// read as text, command lines and logs, whose values are quoted.
func (f *File) Public() []byte {
	switch {
	case f == nil:
		return nil
	case !f.secret:
		return f.Data
	}
	data := bytes.Clone(f.Data)
	if f.outer != nil {
		return blank(data)
	}
	for start := 0; start < len(data); {
		end := len(data)
		if i := bytes.Index(data[start:], []byte("\n---")); i >= 0 {
			end = start + i + 1
		}
		if doc := data[start:end]; mentionsSecret(doc) {
			blank(doc)
		}
		start = end
		if start < len(data) {
			if i := bytes.IndexByte(data[start:], '\n'); i >= 0 && i < 80 { // the marker
				start += i
			}
		}
	}
	return data
}

// blank makes every byte but line ends a blank.
func blank(data []byte) []byte {
	for i, c := range data {
		if c != '\n' {
			data[i] = ' '
		}
	}
	return data
}

// IsSecret reports whether n is a Secret object, whose values must not be shown.
func (n *Node) IsSecret() bool {
	k := n.Get("kind").Str()
	return k == "Secret" || k == "SecretList"
}

// Header returns the number of lines at the top of f that a terminal left there and that are no part of the document
// below them: a prompt with a command, the head and the rows of a kubectl table, warnings that kubectl and kubeadm
// print.
// It is 0 where no document follows.
func (f *File) Header() int {
	if f == nil {
		return 0
	}
	return f.lineOf(f.header())
}

var (
	// "$ kubectl get ...", "root@cp1:~# kubectl ...", "PS C:\> kubectl ...", "kubectl get nodes -o yaml"
	promptLine = regexp.MustCompile(`^\s*(?:.{0,80}?[$#>%] +)?(?:sudo +)?(?:kubectl|k3s|oc|microk8s|minikube|kubeadm|helm|cat|ssh|docker|crictl|etcdctl|calicoctl|curl|get-content|type)(?:\.exe)? +\S`)
	// "NAME  DATA  AGE"
	tableHead = regexp.MustCompile(`^(?:NAMESPACE +)?NAME(?: {2,}[A-Z][A-Z0-9()/-]*(?: [A-Z][A-Z0-9()/-]*)*)+ *$|^NAME *$`)
	// klog's header, and what programs print in front of a document
	warningLine = regexp.MustCompile(`^(?:[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ .*\]|Warning: |WARNING: |Flag --\S+ has been deprecated)`)
	// "name:" or "name: value", "---", "- x", "{", "[", "#", "%YAML"
	documentLine = regexp.MustCompile(`^(?:---(?:\s|$)|- |\{|\[|#|%YAML|["']?[A-Za-z_][\w./-]*["']? *:(?:\s|$))`)
)

// header returns the offset of the first byte behind the lines that Header counts.
func (f *File) header() int {
	if f.outer != nil {
		return 0
	}
	const most = 40 // lines
	skipped, table := 0, false
	for n := 1; n <= min(len(f.lines), most); n++ {
		start := f.lines[n-1]
		end := len(f.Data)
		if n < len(f.lines) {
			end = f.lines[n] - 1
		}
		if end-start > 4096 {
			return skipped
		}
		line := string(f.Data[start:end])
		switch {
		case strings.TrimSpace(line) == "":
			if skipped > 0 {
				skipped = min(end+1, len(f.Data))
			}
			continue
		case warningLine.MatchString(line), promptLine.MatchString(line) && !strings.HasPrefix(line, "#"):
			table = false
		case tableHead.MatchString(line):
			table = true
		case documentLine.MatchString(line):
			return skipped
		case table && !strings.HasPrefix(line, " "):
			// a row below the head
		default:
			return 0 // not a document that stands behind a header
		}
		skipped = min(end+1, len(f.Data))
	}
	return 0
}
