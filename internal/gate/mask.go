package gate

import (
	"slices"
	"strings"
)

// Masked stands where a secret stood.
const Masked = "***"

// Mask returns s, a line of a file, a value or an error, with what is secret in it replaced by [Masked]: the values of
// names that a row of the table calls secret, in whatever notation (flag, argument list, environment, YAML, JSON,
// escaped JSON), passwords in URLs, and what has the form of a token of kubeadm or k3s, of a JSON web token or of an
// authorization header.
func Mask(s string) string {
	out, _ := MaskAt("", s, 0)
	return out
}

// MaskAt is [Mask] of a line that follows the line before, which may hold the name of its value (an argument list, an
// entry of env). It returns besides how many bytes fewer stand before the offset at, so that the place in the line is
// found again.
func MaskAt(before, s string, at int) (out string, shift int) {
	spans := secretsIn(s)
	if i, j, ok := follows(before, s); ok {
		spans = append(spans, span{i, j})
	}
	if len(spans) == 0 {
		return s, 0
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	end := 0
	for _, p := range spans {
		if p.to <= end {
			continue
		}
		p.from = max(p.from, end)
		b.WriteString(s[end:p.from])
		if p.from > end || end == 0 {
			b.WriteString(Masked)
			if p.from < at {
				shift += min(p.to, at) - p.from - len(Masked)
				if at < p.to { // the place is in the secret: its start
					shift += len(Masked)
				}
			}
		} else if p.from < at {
			shift += min(p.to, at) - p.from
		}
		end = p.to
	}
	b.WriteString(s[end:])
	return b.String(), shift
}

type span struct{ from, to int }

// secretNames are the ends of names whose values are secret, in lower case and without what joins words:
// --certificate-key of kubeadm, K3S_TOKEN, password of any program, PSK of flannel's wireguard backend, AccessKeySecret
// of its alivpc backend, client-key-data of a kubeconfig.
var secretNames = []string{
	"token", "password", "passwd", "passphrase", "secret", "certificatekey", "psk", "presharedkey", "privatekey", "secretkey",
	"accesskey", "accesskeyid", "accesskeysecret", "apikey", "authkey", "encryptionkey", "clientkeydata", "keydata", "credentials",
	"registrytoken", "clustersecret", "authorization", "hubtoken", "dbpass", "userpass",
}

// openNames end as a secret's name does, and hold none: hashes and lifetimes have other ends.
var openNames = []string{"imagepullsecret", "kindsecret"}

// hints are what a text has that could hold a secret by its name; most have none of them.
var hints = []string{"token", "pass", "secret", "key", "psk", "credential", "authorization", "bearer", "basic"}

// secretsIn returns where secrets stand in s.
func secretsIn(s string) []span {
	var out []span
	out = shapes(s, out)
	if i := strings.Index(s, "://"); i >= 0 {
		out = urls(s, i, out)
	}
	low := lower(s)
	if !slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(low, h) }) {
		return out
	}
	for i := 0; i < len(s); {
		if !nameByte(s[i]) {
			i++
			continue
		}
		j := i
		for j < len(s) && nameByte(s[j]) {
			j++
		}
		if from, to, ok := valueOf(s, i, j); ok {
			out = append(out, span{from, to})
			j = max(j, to)
		}
		i = j
	}
	return out
}

// lower returns s with ASCII letters in lower case, byte by byte: strings.ToLower changes the length of what is no
// UTF-8.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func nameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

// isSecretName reports whether values of that name are secret.
func isSecretName(name string) bool {
	if len(name) < 3 || len(name) > 128 {
		return false
	}
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			b = append(b, c|0x20)
		} else if c != '-' && c != '_' && c != '.' {
			b = append(b, c)
		}
	}
	n := string(b)
	has := func(end string) bool { return strings.HasSuffix(n, end) }
	return slices.ContainsFunc(secretNames, has) && !slices.ContainsFunc(openNames, has)
}

// valueOf returns where the value of the name s[i:j] stands, if that is secret.
func valueOf(s string, i, j int) (from, to int, ok bool) {
	name := s[i:j]
	if low := strings.ToLower(name); low == "bearer" || low == "basic" {
		if from = blanks(s, j); from > j && from < len(s) && strings.Count(s[from:wordEnd(s, from)], "")-1 >= 8 {
			return from, wordEnd(s, from), true
		}
		return 0, 0, false
	}
	if !isSecretName(name) {
		return 0, 0, false
	}
	k, sep, quoted := j, false, false
	for k < len(s) { // what stands between a name and its value: ": ", "=", `": "`, `", "`, `\":\"`
		switch c := s[k]; {
		case c == '"' || c == '\'':
			if sep || quoted && s[k-1] != '\\' && k > j+1 {
				return quotedValue(s, k)
			}
			quoted = true
		case c == '\\' && k+1 < len(s) && (s[k+1] == '"' || s[k+1] == '\''):
			if sep {
				return quotedValue(s, k+1)
			}
		case c == '=' || c == ':':
			if sep {
				return bareValue(s, i, k)
			}
			sep = true
		case c == ',' && quoted && !sep:
			sep = namedValue(s, k, &k)
		case c == ' ' || c == '\t':
			if !sep && !quoted && !strings.HasPrefix(name, "-") {
				if k = blanks(s, k); k >= len(s) || s[k] != '=' && s[k] != ':' {
					return 0, 0, false // a word of a sentence
				}
				continue
			}
			sep = sep || !quoted
		default:
			if !sep {
				return 0, 0, false
			}
			return bareValue(s, i, k)
		}
		k++
	}
	return 0, 0, false
}

// namedValue passes over the key of {"name": "DB_PASSWORD", "value": "..."} at the comma s[k], and over the comma of a
// list of arguments.
func namedValue(s string, k int, at *int) bool {
	rest := strings.TrimLeft(s[k+1:], " \t\\")
	for _, key := range []string{`"value"`, `'value'`, "value", `"value\"`} {
		if t, ok := strings.CutPrefix(rest, key); ok {
			*at = len(s) - len(t) - 1
			return false // the colon comes
		}
	}
	return true
}

// quotedValue returns what stands between the quote s[k] and the one that closes it.
func quotedValue(s string, k int) (from, to int, ok bool) {
	q, escaped := s[k], k > 0 && s[k-1] == '\\'
	for i := k + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && escaped && i+1 < len(s) && s[i+1] == q:
			return k + 1, i, i > k+1
		case s[i] == '\\' && !escaped:
			i++
		case s[i] == q && !escaped:
			return k + 1, i, i > k+1
		}
	}
	return k + 1, len(s), len(s) > k+1
}

// bareValue returns the value without quotes at s[k] of the name at s[i]: all that is left of a line of YAML, else a
// word.
func bareValue(s string, i, k int) (from, to int, ok bool) {
	to = wordEnd(s, k)
	switch v := s[k:to]; strings.ToLower(strings.TrimRight(v, ",;")) {
	case "true", "false", "null", "~", "|", ">", "|-", ">-":
		return 0, 0, false
	case "bearer", "basic":
		to = wordEnd(s, blanks(s, to))
	}
	if k < len(s) && strings.IndexByte("{[<$", s[k]) >= 0 {
		return 0, 0, false // a value of its own, or the name of one
	}
	if strings.Trim(s[:i], " \t-") == "" && !strings.HasPrefix(s[i:], "-") && strings.Contains(s[i:k], ":") {
		to = len(strings.TrimRight(s, " \t\r\n"))
	}
	return k, max(k, to), to > k
}

func blanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// wordEnd returns where the word at s[i] ends: at a blank, a quote, or what closes a list.
func wordEnd(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n\"'`)]}", s[i]) < 0 {
		if s[i] == '\\' {
			break
		}
		i++
	}
	return i
}

// follows returns where the value in s stands whose name is at the end of the line before: "- --token", "- name:
// DB_PASSWORD".
func follows(before, s string) (from, to int, ok bool) {
	before = strings.TrimRight(before, " \t\r\n\"',\\")
	i := len(before)
	for i > 0 && nameByte(before[i-1]) {
		i--
	}
	if name := before[i:]; !isSecretName(name) || !strings.HasPrefix(name, "-") && !strings.Contains(before[:i], "name") {
		return 0, 0, false
	}
	from = blanks(s, 0)
	if !strings.HasPrefix(before[i:], "-") { // name: X, then value: Y
		k := strings.Index(s, "value")
		if k < 0 {
			return 0, 0, false
		}
		from = k + len("value")
	}
	for from < len(s) && strings.IndexByte(" \t\"':-", s[from]) >= 0 {
		from++
	}
	to = len(strings.TrimRight(s, " \t\r\n\"',"))
	return from, max(from, to), to > from
}

// urls adds the passwords of URLs, from the first "://" at s[i] on: scheme://user:password@host.
func urls(s string, i int, out []span) []span {
	for {
		start := i + len("://")
		end := start
		colon, at := -1, -1
		for ; end < len(s) && strings.IndexByte(" \t\r\n\"'<>`/?#", s[end]) < 0; end++ {
			switch {
			case s[end] == ':' && colon < 0:
				colon = end
			case s[end] == '@':
				at = end
			}
		}
		if colon >= 0 && at > colon+1 {
			out = append(out, span{colon + 1, at})
		}
		next := strings.Index(s[end:], "://")
		if next < 0 {
			return out
		}
		i = end + next
	}
}

// shapes adds what is secret by its form.
func shapes(s string, out []span) []span {
	for i := strings.IndexByte(s, '.'); i >= 0; {
		if i >= 6 && lowerAlnum(s[i-6:i]) && len(s) >= i+17 && lowerAlnum(s[i+1:i+17]) &&
			(i == 6 || !nameByte(s[i-7])) && (len(s) == i+17 || !nameByte(s[i+17])) {
			out = append(out, span{i - 6, i + 17}) // k8s.io/cluster-bootstrap v0.37.2 token/api BootstrapTokenPattern
		}
		n := strings.IndexByte(s[i+1:], '.')
		if n < 0 {
			break
		}
		i += 1 + n
	}
	for _, head := range []string{"eyJ", "K10"} {
		for i, from := strings.Index(s, head), 0; i >= 0; i = from + strings.Index(s[from:], head) {
			end := i
			for end < len(s) && (nameByte(s[end]) || head == "K10" && s[end] == ':') {
				end++
			}
			if end-i > 40 && (i == 0 || !nameByte(s[i-1])) {
				out = append(out, span{i, end})
			}
			if from = end; !strings.Contains(s[from:], head) {
				break
			}
		}
	}
	return out
}

func lowerAlnum(s string) bool {
	digit := false
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			return false
		}
		digit = digit || c <= '9'
	}
	return digit || len(s) < 16 // a name of two words is no token
}
