package plan

import "testing"

// A value is told as it is written, and a setting without text by its number, or by true and false.
func TestQuoted(t *testing.T) {
	for _, tt := range []struct {
		s    Statement
		want string
	}{
		{Statement{Role: RoleSetting, Text: "024", Int: 24}, "024"},
		{Statement{Role: RoleSetting, Int: 24}, "24"},
		{Statement{Role: RoleSetting, Int: -1}, "-1"},
		{Statement{Role: RoleSetting, Bool: true}, "true"},
		{Statement{Role: RoleSetting}, "false"},
		{Statement{Role: RolePods, Text: " 10.244.0.0/16"}, " 10.244.0.0/16"},
		{Statement{Role: RolePods, Prefixes: prefixes("10.244.0.0/16")}, "10.244.0.0/16"},
		{Statement{Role: RolePods, Int: 1}, "nothing"},
		{Statement{Role: RolePods}, "nothing"},
	} {
		if got := quoted(&tt.s); got != tt.want {
			t.Errorf("quoted(%+v) = %q, want %q", tt.s, got, tt.want)
		}
	}
}
