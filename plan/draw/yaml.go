package draw

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan"
)

// YAML writes p as a YAML document with the keys and values of [JSON].
func YAML(w io.Writer, p *plan.Plan, o Options) error {
	var text bytes.Buffer
	if err := JSON(&text, p, o); err != nil {
		return err
	}
	b := new(printer)
	if err := b.yaml(text.Bytes(), 0, true); err != nil {
		return err
	}
	return b.flushTo(w)
}

// yaml writes a JSON value as YAML in block style, keys in their order, each line after indent blanks. The value stands
// after a key or a dash; fresh says that it begins a line of its own.
//
// This package reads and writes no file format of other programs, and for what it writes itself this is enough.
func (b *printer) yaml(text json.RawMessage, indent int, fresh bool) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	pad := strings.Repeat(" ", indent)
	switch tok {
	case json.Delim('{'):
		for first := true; dec.More(); first = false {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			var v json.RawMessage
			if err := dec.Decode(&v); err != nil {
				return err
			}
			if fresh || !first {
				b.WriteString(pad)
			}
			b.printf("%s:", yamlScalar(key))
			if err := b.yamlEntry(v, indent); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for dec.More() {
			var v json.RawMessage
			if err := dec.Decode(&v); err != nil {
				return err
			}
			b.printf("%s- ", pad)
			if err := b.yaml(v, indent+2, false); err != nil {
				return err
			}
		}
	default:
		b.printf("%s\n", yamlScalar(tok))
	}
	return nil
}

// yamlEntry writes what follows a key and its colon.
func (b *printer) yamlEntry(v json.RawMessage, indent int) error {
	v = bytes.TrimSpace(v)
	switch {
	case len(v) == 2: // {} or [], or an empty string
		b.printf(" %s\n", v)
		return nil
	case v[0] == '{':
		b.WriteByte('\n')
		return b.yaml(v, indent+2, true)
	case v[0] == '[':
		b.WriteByte('\n')
		return b.yaml(v, indent, true)
	}
	b.WriteByte(' ')
	return b.yaml(v, indent, false)
}

// plainYAML matches strings that are surely strings in YAML 1.1 and 1.2 without quotes: words, prefixes and addresses.
// Words that could be taken for a boolean or null are quoted all the same, and so are IPv6 addresses, for some look
// like base 60.
var plainYAML = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]+|([a-z]+=)?\d+\.\d+\.\d+\.\d+(/\d+)?|([a-z]+=)?[0-9a-f][0-9a-f:]*::[0-9a-f:]*/\d+)$`)

// yamlScalar returns a JSON scalar as YAML. A JSON string is a YAML string too.
func yamlScalar(v any) string {
	if s, ok := v.(string); ok && plainYAML.MatchString(s) {
		switch strings.ToLower(s) {
		case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		default:
			return s
		}
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return `""`
	}
	return string(gate.YAML([]byte(strings.TrimSuffix(text.String(), "\n"))))
}
