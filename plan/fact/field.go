package fact

import "strconv"

// A FieldType is the kind of a field's fault. The values are those of field.ErrorType of k8s.io/apimachinery v0.37.2
// pkg/util/validation/field/errors.go, so that a conversion is one between strings. The zero value names no fault.
type FieldType string

const (
	FieldInvalid   FieldType = "FieldValueInvalid"   // its value cannot be
	FieldDuplicate FieldType = "FieldValueDuplicate" // its value stands there already
	FieldForbidden FieldType = "FieldValueForbidden" // it may not be set beside what else is set
	FieldTooMany   FieldType = "FieldValueTooMany"   // its list is too long
)

// A Field says which field of a caller's own value a finding is about, and what is wrong with it there: all that
// field.Error of k8s.io/apimachinery wants. Findings about files have the zero Field.
type Field struct {
	Name  string // "Pods"; "" in the zero Field
	Index int    // element of a list, from 0; -1 where the field as a whole is meant
	Type  FieldType
	// BadValue is a netip.Prefix, a netip.Addr, an int, or nil where a value is missing.
	BadValue any
	Detail   string // what is wrong and what would do, without name and value
}

// String returns "Pods[1]", "NodeMaskIPv4", and "" for the zero Field.
func (f Field) String() string {
	if f.Name == "" || f.Index < 0 {
		return f.Name
	}
	return f.Name + "[" + strconv.Itoa(f.Index) + "]"
}
