package check

import (
	"testing"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A value is told as it is written, and a setting without text by its number, or by true and false.
func TestQuoted(t *testing.T) {
	for _, tt := range []struct {
		s    fact.Statement
		want string
	}{
		{fact.Statement{Role: fact.RoleSetting, Text: "024", Int: 24}, "024"},
		{fact.Statement{Role: fact.RoleSetting, Int: 24}, "24"},
		{fact.Statement{Role: fact.RoleSetting, Int: -1}, "-1"},
		{fact.Statement{Role: fact.RoleSetting, Bool: true}, "true"},
		{fact.Statement{Role: fact.RoleSetting}, "false"},
		{fact.Statement{Role: fact.RolePods, Text: " 10.244.0.0/16"}, " 10.244.0.0/16"},
		{fact.Statement{Role: fact.RolePods, Prefixes: prefixtest.List("10.244.0.0/16")}, "10.244.0.0/16"},
		{fact.Statement{Role: fact.RolePods, Int: 1}, "nothing"},
		{fact.Statement{Role: fact.RolePods}, "nothing"},
	} {
		if got := quoted(&tt.s); got != tt.want {
			t.Errorf("quoted(%+v) = %q, want %q", tt.s, got, tt.want)
		}
	}
}
