package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// A form says which JSON values belong in a place. null belongs everywhere.
type form struct {
	kinds  []source.Kind
	whole  bool             // a number has to be a whole one
	fields map[string]*form // of an object; others are not looked at
	each   *form            // items of a list, or the values of an object whose keys are names
	other  *form            // what else the place may hold, where kinds do not fit
}

var (
	textForm    = &form{kinds: []source.Kind{source.String}}
	boolForm    = &form{kinds: []source.Kind{source.Bool}}
	wholeForm   = &form{kinds: []source.Kind{source.Number}, whole: true}
	scalarForm  = &form{kinds: []source.Kind{source.String, source.Bool, source.Number}}
	textsForm   = listOf(textForm)
	subnetsForm = &form{kinds: []source.Kind{source.Mapping}, each: textsForm}

	flagsForm = &form{kinds: []source.Kind{source.Mapping}, each: scalarForm, other: textsForm}
	eventForm = object(map[string]*form{"node": textForm, "type": textForm, "reason": textForm, "message": textForm, "component": textForm})
	startForm = object(map[string]*form{"started": boolForm, "exit": wholeForm})

	timingForm = object(map[string]*form{
		"nodes": textsForm, "min": wholeForm, "max": wholeForm, "subnets": listOf(textsForm), "any": listOf(boolForm),
		"omitted": wholeForm, "why": textForm, "outcomes": textForm, "possible": listOf(subnetsForm),
	})
	opForm = object(map[string]*form{
		"op": textForm, "node": textForm, "nodes": textsForm, "preset": textsForm, "podCIDRs": textsForm, "flags": flagsForm,
		"controller": textForm, "code": wholeForm, "message": textForm, "reason": textForm, "log": textsForm, "timing": timingForm,
	})
	scenarioForm = object(map[string]*form{
		"name": textForm, "note": textForm, "version": textForm, "flags": flagsForm, "ops": listOf(opForm), "events": listOf(eventForm),
	})
)

func listOf(f *form) *form { return &form{kinds: []source.Kind{source.Sequence}, each: f} }

func object(fields map[string]*form) *form {
	return &form{kinds: []source.Kind{source.Mapping}, fields: fields}
}

// misfit returns the path of the first value that does not fit, and what it is; found is "" where all do.
func (f *form) misfit(path string, n *source.Node) (at, found string) {
	if n == nil || n.Kind == source.Null {
		return "", ""
	}
	if !slices.Contains(f.kinds, n.Kind) {
		if f.other != nil {
			return f.other.misfit(path, n)
		}
		return path, jsonName(n.Kind)
	}
	if f.whole {
		if _, err := strconv.Atoi(n.Text); err != nil {
			return path, "number " + n.Text
		}
	}
	for _, e := range n.Entries {
		below := f.each
		if f.fields != nil {
			below = f.fields[e.Key]
		}
		if f == opForm && e.Key == "result" {
			below = resultForm(e.Value)
		}
		if below == nil {
			continue
		}
		if at, found = below.misfit(strings.TrimPrefix(path+"."+e.Key, "."), e.Value); found != "" {
			return at, found
		}
	}
	for _, it := range n.Items {
		if at, found = f.each.misfit(path, it); found != "" {
			return at, found
		}
	}
	return "", ""
}

// resultForm tells the three kinds of results apart by their form.
func resultForm(n *source.Node) *form {
	switch started := n.Get("started"); {
	case n != nil && n.Kind == source.Sequence:
		return textsForm
	case started != nil && started.Kind == source.Bool:
		return startForm
	}
	return subnetsForm
}

// jsonName is how JSON calls a kind of value.
func jsonName(k source.Kind) string {
	switch k {
	case source.Mapping:
		return "object"
	case source.Sequence:
		return "array"
	}
	return k.String()
}

// checkForm returns why a JSON text is no scenario, nil where it is one.
func checkForm(root *source.Node) error {
	if at, found := scenarioForm.misfit("", root); found != "" {
		if at == "" {
			at = "the whole"
		}
		return fmt.Errorf("%s: %s is not what belongs there", at, found)
	}
	var keys []string
	for _, e := range root.Entries {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := misspelt(k, scenarioKeys); err != nil {
			return err
		}
	}
	return nil
}

// errNoScenario stands for what the JSON library says of text that fits the form all the same, such as a key of a result in
// another case. Its own words are those of one Go release.
var errNoScenario = errors.New("it is no scenario")
