package plan

import "testing"

// Each defect says where it is from, and which releases have it, in an order that makes sense.
func TestDefects(t *testing.T) {
	for i, d := range defects {
		if d.source == "" || d.tell == nil || d.program == "" {
			t.Errorf("defect %d has no source, program or rule to tell it by: %+v", i, d)
		}
		if !d.until.IsZero() && !d.since.Before(d.until) {
			t.Errorf("defect %d: since %v until %v", i, d.since, d.until)
		}
		if d.with != "" {
			if _, ok := ruleOf(d.with); !ok {
				t.Errorf("defect %d belongs to %q, which is no rule", i, d.with)
			}
		}
	}
	one := defect{since: Version{1, 31, 0}, until: Version{1, 31, 4}}
	open := defect{since: Version{1, 36, 0}}
	always := defect{}
	for _, c := range []struct {
		d    *defect
		v    Version
		want bool
	}{
		{&one, Version{1, 30, 14}, false},
		{&one, Version{1, 31, 0}, true},
		{&one, Version{1, 31, 3}, true},
		{&one, Version{1, 31, 4}, false},
		{&one, Version{}, false}, // nobody says the release
		{&open, Version{1, 35, 9}, false},
		{&open, Version{1, 40, 0}, true},
		{&always, Version{}, true},
		{&always, Version{0, 5, 5}, true},
	} {
		if got := c.d.has(c.v); got != c.want {
			t.Errorf("a defect since %v until %v: has(%v) = %v", c.d.since, c.d.until, c.v, got)
		}
	}
}
