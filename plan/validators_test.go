package plan_test

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A validation is a case of a unit test of another project.
type validation struct {
	takes  bool
	name   string
	ranges plan.Ranges
	err    error  // a range that cannot be read
	differ string // why our verdict is another, "" where it is the same
}

// rangesOf reads a list. The empty one is written as "".
func rangesOf(text string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for w := range strings.SplitSeq(text, ",") {
		p, err := netip.ParsePrefix(strings.Trim(w, `"`))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// field reads one field of a line.
func (v *validation) field(t *testing.T, key, value string) {
	number := func() int {
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	list := func() []netip.Prefix {
		ps, err := rangesOf(value)
		if err != nil {
			v.err = err
		}
		return ps
	}
	switch key {
	case "pods":
		v.ranges.Pods = list()
	case "services":
		v.ranges.Services = list()
	case "hosts":
		v.ranges.Hosts = list()
	case "reserved":
		for _, p := range list() {
			v.ranges.Reserved = append(v.ranges.Reserved, fact.Reservation{Prefix: p, Name: "taken"})
		}
	case "mask4":
		v.ranges.NodeMaskIPv4 = number()
	case "mask6":
		v.ranges.NodeMaskIPv6 = number()
	case "nodes":
		v.ranges.Nodes = number()
	case "own":
		v.ranges.OwnAllocator = true
	default:
		t.Fatalf("no field %q", key)
	}
}

// validations reads the table: a heading of each project, and a line for each case.
func validations(t *testing.T) map[string][]validation {
	data, err := os.ReadFile("testdata/validators.txt")
	if err != nil {
		t.Fatal(err)
	}
	out, project := map[string][]validation{}, ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "== "); ok {
			project, _, _ = strings.Cut(head, " ")
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		v := validation{takes: parts[0] == "takes", name: parts[1]}
		for _, p := range parts[2:] {
			key, value, _ := strings.Cut(p, " ")
			if strings.HasSuffix(key, ":") {
				v.differ = p
				continue
			}
			v.field(t, key, value)
		}
		out[project] = append(out[project], v)
	}
	return out
}

// TestValidators holds our verdict against those of the unit tests of other projects. Where it is another, the table says why.
func TestValidators(t *testing.T) {
	cases, differ := 0, 0
	all := validations(t)
	for project, vs := range all {
		for _, v := range vs {
			cases++
			err := v.err
			if err == nil {
				err = v.ranges.Check(fact.Version{}).Err()
			}
			if v.differ != "" {
				differ++
			}
			if (err == nil) == v.takes == (v.differ != "") {
				t.Errorf("%s: %s: takes %v, we say %v; difference %q", project, v.name, v.takes, err, v.differ)
			}
		}
	}
	t.Logf("%d cases of %d projects, %d differ for the reason that the table gives", cases, len(all), differ)
	if cases < 200 || len(all) < 12 {
		t.Errorf("%d cases of %d projects", cases, len(all))
	}
}
