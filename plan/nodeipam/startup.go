package nodeipam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A RefusedError says that a program does not start with the settings that it is given. It unwraps to nothing; Refusals
// holds at least one. The zero value has no refusals and status 0.
type RefusedError struct {
	Refusals []Refusal
	Status   int // exit status of the program
}

func (e *RefusedError) Error() string {
	if len(e.Refusals) == 0 {
		return "refused, without a reason"
	}
	var b strings.Builder
	for i, r := range e.Refusals {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s refuses to start: %s", r.Program, r.Message)
	}
	return b.String()
}

// refuser collects the refusals of one program of one release.
type refuser struct {
	version fact.Version
	rules   []startupRule
	out     []Refusal
}

func newRefuser(v fact.Version) *refuser {
	return &refuser{version: v.Or(fact.NewestKubernetes()), rules: startupRules()}
}

// add records the refusal by the first of ids that the release has; args fill its text.
func (r *refuser) add(bad string, ids []string, args ...any) {
	for _, id := range ids {
		i := slices.IndexFunc(r.rules, func(s startupRule) bool { return s.ID == id && s.Holds(r.version) })
		if i < 0 {
			continue
		}
		s := r.rules[i]
		text := s.Text
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, args...)
		}
		f := Refusal{Program: s.Program, Rule: s.Rule, ID: s.ID, Field: s.Field, BadValue: bad, Message: text, Source: s.Source}
		f.Role, f.Setting = s.about()
		if s.Program == fact.Kubeadm && id != "adm-advertise" {
			// ≤1.25 has podSubnet, ≥1.26 networking.podSubnet: cmd/kubeadm/app/apis/kubeadm/validation/validation.go.
			if r.version.Before(v1(26)) {
				f.Field = strings.TrimPrefix(f.Field, "networking.")
			}
			f.Type = "FieldValueInvalid"
			f.Detail = text
			f.Message = fmt.Sprintf("%s: Invalid value: %q: %s", f.Field, bad, text)
		}
		r.out = append(r.out, f)
		return
	}
}
