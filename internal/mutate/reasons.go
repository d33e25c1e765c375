package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// readReasons reads the list of equivalent mutants: lines that are keys, as the tool prints them after "open: ", followed by
// indented lines that say why those above are equivalent. Lines that begin with # are remarks.
func readReasons(name string) (map[string]string, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	var keys, why []string
	flush := func(n int) error {
		if len(keys) > 0 && len(why) == 0 {
			return fmt.Errorf("%s:%d: no reason for %s", name, n, keys[len(keys)-1])
		}
		for _, k := range keys {
			reasons[k] = strings.Join(why, " ")
		}
		keys, why = nil, nil
		return nil
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(line, "#"):
		case line[0] == '\t' || line[0] == ' ':
			if len(keys) == 0 {
				return nil, fmt.Errorf("%s:%d: a reason without a mutant above it", name, n)
			}
			why = append(why, text)
		default:
			if len(why) > 0 {
				if err := flush(n); err != nil {
					return nil, err
				}
			}
			if strings.Count(text, ": ") < 2 || !strings.Contains(text, " => ") {
				return nil, fmt.Errorf("%s:%d: want FILE FUNCTION: OPERATOR: BEFORE => AFTER, got %q", name, n, text)
			}
			if _, ok := reasons[text]; ok {
				return nil, fmt.Errorf("%s:%d: listed twice: %s", name, n, text)
			}
			keys = append(keys, text)
		}
	}
	return reasons, flush(n)
}
