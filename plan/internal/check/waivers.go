package check

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// ParseWaiver reads "rule", "rule=reason", "rule@file" or "rule@file=reason". The error is a *[fact.WaiverError]: a waiver names a
// rule of [Rules], so that a typo does not pass for one.
func ParseWaiver(s string) (fact.Waiver, error) {
	text := strings.TrimSpace(s)
	head, reason, _ := strings.Cut(text, "=")
	rule, file, _ := strings.Cut(strings.TrimSpace(head), "@")
	w := fact.Waiver{Rule: fact.RuleID(strings.TrimSpace(rule)), File: strings.TrimSpace(file), Reason: strings.TrimSpace(reason)}
	if w.Rule == "" {
		return fact.Waiver{}, &fact.WaiverError{Text: s, Msg: "no rule is named; write rule or rule=reason"}
	}
	if _, ok := rules.of(w.Rule); !ok {
		return fact.Waiver{}, &fact.WaiverError{Text: s, Msg: fmt.Sprintf("no rule is called %q; the rules are in the catalogue", w.Rule)}
	}
	return w, nil
}

// ReadWaivers reads waivers, one a line in the form of [ParseWaiver]; blank lines and those that begin with # are left out. name is
// the file's, for errors. Every waiver of a file has to have a reason. It stops at the first error, a *[fact.WaiverError] or that of r.
func ReadWaivers(name string, r io.Reader) ([]fact.Waiver, error) {
	var ws []fact.Waiver
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(sc.Text(), "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		w, err := ParseWaiver(line)
		if err == nil && w.Reason == "" {
			err = &fact.WaiverError{Text: line, Msg: "no reason is given; write rule=reason"}
		}
		if err != nil {
			if e, ok := err.(*fact.WaiverError); ok {
				e.Pos = fact.Position{File: name, Line: n}
			}
			return nil, err
		}
		ws = append(ws, w)
	}
	return ws, sc.Err()
}
