//go:build !go1.27

package source

import (
	"encoding/json"
	"errors"
	"testing"
)

// Up to Go 1.26 encoding/json says what [JSONSyntax] says; later releases have other words.
func FuzzJSONSyntaxAgainstGo(f *testing.F) {
	for _, s := range []string{
		"", "{", `{"a":1,"b":[true,null]}`, "{'a'", `{"a"`, `{"a":`, `{"a":1,`, "[1,,2]", `"\u12`, `"\`, "-", "-.", "0.e", "1E+", "f", "nul ", "\x00",
		"{}}", "[]]", "\"\x01", "{\"a\":1}\n\n", "tru\n", "\xff", `{"a":"b"x}`, "'", "[\"",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var raw json.RawMessage
		err := json.Unmarshal(data, &raw)
		at, msg := JSONSyntax(data)
		var se *json.SyntaxError
		if !errors.As(err, &se) {
			if err != nil || msg != "" {
				t.Fatalf("JSONSyntax(%q) = %d, %q, encoding/json says %v", data, at, msg, err)
			}
			return
		}
		if msg != se.Error() || msg != unexpectedEnd && at != int(se.Offset)-1 {
			t.Fatalf("JSONSyntax(%q) = %d, %q, want %d, %q", data, at, msg, se.Offset-1, se)
		}
	})
}
