package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestRecordings replays every recorded scenario: the twin does what the real one did, or what was recorded is among the
// possible outcomes.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recording: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := Read(filepath.Base(file), data)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, d := range rec.Replay(fact.Version{}, nil).Compare(rec) {
			t.Errorf("%s: %s", rec.Name, d)
		}
		// Without the recording the twin takes the likeliest; what it then says must be possible as well.
		blind := rec.bare().Replay(fact.Version{}, nil)
		for _, d := range blind.bare().Replay(fact.Version{}, blind).Compare(blind) {
			t.Errorf("%s: its own outcome is not possible: %s", rec.Name, d)
		}
	}
}

// bare returns s without results.
func (s *Scenario) bare() *Scenario {
	out := *s
	out.Ops = slices.Clone(s.Ops)
	out.Events = nil
	for i := range out.Ops {
		o := &out.Ops[i]
		o.Controller, o.Result, o.Code, o.Message, o.Refused, o.Reason, o.Log, o.Timing = "", nil, 0, "", nil, "", nil, nil
	}
	return &out
}

func read(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Read("test.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReplayGoesBack: what came of a deletion is seen three operations later, and rules out the likeliest outcome.
func TestReplayGoesBack(t *testing.T) {
	rec := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23"}, "ops": [
		{"op": "start", "result": {"started": true}},
		{"op": "create", "node": "a", "result": ["10.244.0.0/24"]},
		{"op": "create", "node": "b", "result": ["10.244.1.0/24"]},
		{"op": "create", "node": "c", "result": []},
		{"op": "create", "node": "d", "result": []},
		{"op": "delete", "node": "a"},
		{"op": "create", "node": "e", "result": ["10.244.0.0/24"]},
		{"op": "delete", "node": "d"},
		{"op": "list", "result": {"b": ["10.244.1.0/24"], "c": [], "e": ["10.244.0.0/24"]}}]}`)
	if d := rec.Replay(fact.Version{}, nil).Compare(rec); len(d) > 0 {
		t.Errorf("%s", strings.Join(d, "\n"))
	}
	// Without it d, which waited the shortest, is the likeliest.
	blind := rec.bare().Replay(fact.Version{}, nil)
	if got := blind.Ops[6].Result.One; len(got) != 0 {
		t.Errorf("e holds %v", got)
	}
	// What cannot be is a difference, however often it goes back.
	wrong := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23"}, "ops": [
		{"op": "start", "result": {"started": true}},
		{"op": "burst", "nodes": ["a", "b", "c"], "result": {"a": ["10.244.0.0/24"], "b": ["10.244.1.0/24"], "c": []}},
		{"op": "delete", "node": "a"},
		{"op": "list", "result": {"b": ["10.244.1.0/24"], "c": ["10.244.1.0/24"]}}]}`)
	want := []string{"operation 4, list: node c: recorded 10.244.1.0/24, twin none"}
	if d := cmp.Diff(want, wrong.Replay(fact.Version{}, nil).Compare(wrong)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestReplayEvents: c is deleted before anybody looks at it; that it had no event tells that it was served.
func TestReplayEvents(t *testing.T) {
	rec := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23"}, "events": [{"node": "a", "reason": "CIDRNotAvailable"}, {"node": "b", "reason": "CIDRNotAvailable"}, {"node": "e", "reason": "CIDRNotAvailable"}], "ops": [
		{"op": "create", "node": "a", "controller": "stopped", "result": []},
		{"op": "create", "node": "b", "controller": "stopped", "result": []},
		{"op": "create", "node": "c", "controller": "stopped", "result": []},
		{"op": "create", "node": "d", "controller": "stopped", "result": []},
		{"op": "start", "result": {"started": true}},
		{"op": "create", "node": "e", "result": []},
		{"op": "delete", "node": "a"},
		{"op": "delete", "node": "c"},
		{"op": "list", "result": {"b": [], "d": ["10.244.1.0/24"], "e": ["10.244.0.0/24"]}}]}`)
	if d := rec.Replay(fact.Version{}, nil).Compare(rec); len(d) > 0 {
		t.Errorf("%s", strings.Join(d, "\n"))
	}
	// And here that d was not, although it holds a subnet when somebody looks.
	rec = read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23"}, "events": [{"node": "d", "reason": "CIDRNotAvailable"}], "ops": [
		{"op": "create", "node": "a", "controller": "stopped", "result": []},
		{"op": "create", "node": "c", "controller": "stopped", "result": []},
		{"op": "create", "node": "d", "controller": "stopped", "result": []},
		{"op": "start", "result": {"started": true}},
		{"op": "delete", "node": "c"},
		{"op": "list", "result": {"a": ["10.244.0.0/24"], "d": ["10.244.1.0/24"]}}]}`)
	if d := rec.Replay(fact.Version{}, nil).Compare(rec); len(d) > 0 {
		t.Errorf("%s", strings.Join(d, "\n"))
	}
}

// TestReplayEventsGoBack: b failed at a time when a was served, which nobody saw.
func TestReplayEventsGoBack(t *testing.T) {
	rec := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/24"}, "events": [{"node": "b", "reason": "CIDRNotAvailable"}, {"node": "a", "reason": "CIDRNotAvailable"}], "ops": [
		{"op": "start", "result": {"started": true}},
		{"op": "create", "node": "x", "result": ["10.244.0.0/24"]},
		{"op": "create", "node": "a", "result": []},
		{"op": "stop"},
		{"op": "create", "node": "b", "controller": "stopped", "result": []},
		{"op": "delete", "node": "x"},
		{"op": "start", "result": {"started": true}},
		{"op": "delete", "node": "a"},
		{"op": "list", "result": {"b": ["10.244.0.0/24"]}}]}`)
	if d := rec.Replay(fact.Version{}, nil).Compare(rec); len(d) > 0 {
		t.Errorf("%s", strings.Join(d, "\n"))
	}
}

func TestReplayOldRelease(t *testing.T) {
	s := read(t, `{"version": "1.30", "flags": {"allocate-node-cidrs": true, "cluster-cidr": "10.244.0.0/24", "node-cidr-mask-size": 24}, "ops": [
		{"op": "start"}, {"op": "create", "node": "a"}, {"op": "create", "node": "b"}, {"op": "delete", "node": "a"}, {"op": "list"}]}`)
	got := s.Replay(fact.Version{}, nil)
	if r := got.Ops[4].Result.Many["b"]; len(r) != 0 {
		t.Errorf("1.30 tries again by itself: %v", r)
	}
	if r := s.Replay(fact.NewestKubernetes(), nil).Ops[4].Result.Many["b"]; len(r) != 1 {
		t.Errorf("the newest does not: %v", r)
	}
}

func TestFlags(t *testing.T) {
	for in, want := range map[string]Flags{
		`{"a": "b", "n": 24, "t": true}`:  {"a": "b", "n": "24", "t": "true"},
		`["--a=b=c", "--n", "24", "--t"]`: {"a": "b=c", "n": "24", "t": "true"},
		`["--t", "--a=b"]`:                {"a": "b", "t": "true"},
		`{}`:                              {},
	} {
		var got Flags
		if err := json.Unmarshal([]byte(in), &got); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", in, d)
		}
	}
	for _, in := range []string{`["a"]`, `{"a": []}`, `3`, `{"a": null}`} {
		var got Flags
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s is read as %v", in, got)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for in, want := range map[string]string{
		"{\n\n x}":    "test.json:3: invalid character 'x' looking for beginning of object key string",
		`{"ops": 3}`:  "test.json: ops: number is not what belongs there",
		`{"ops": []}`: `test.json: no operations: want {"flags": {...}, "ops": [{"op": "start"}, ...]}`,
		`{"ops": [{"op": "start"}, {"op": "delete"}]}`: "test.json: operation 2: delete without node",
		`{"ops": [{"op": "burst"}]}`:                   "test.json: operation 1: burst without nodes",
		`{"ops": [{"op": "start"}], "version": "x"}`:   `test.json: version "x": want a form such as v1.37.2 or 1.37`,
		" \n":                                    "test.json: it is empty",
		`[]`:                                     "test.json: the whole: array is not what belongs there",
		`{"flag": {}, "ops": [{"op": "start"}]}`: `test.json: no field "flag": write "flags"`,
		`{"ops": [{"op": "start"}, {"op": "create", "node": "a", "presets": ["10.0.0.0/24"]}]}`: `test.json: operation 2: no field "presets": write "preset"`,
		`{"ops": [{"oP": "stop", "op": "start"}]}`:                                              `test.json: operation 1: no field "oP": write "op"`,
		`{"Ops": [{"op": "start"}]}`:                                                            `test.json: no field "Ops": write "ops"`,
		`{"ops": [{"op": "create", "node": "a", "podCIDRs": ["10.0.0.0/24"]}]}`:                 `test.json: operation 1: create has podCIDRs, which is for patch; a create has "preset"`,
		`{"ops": [{"op": "patch", "node": "a", "preset": ["10.0.0.0/24"]}]}`:                    `test.json: operation 1: patch has preset, which is for create and burst; a patch has "podCIDRs"`,
		`{"ops": [{"op": "create", "node": "a", "nodes": ["b"]}]}`:                              `test.json: operation 1: create has nodes, which is for burst`,
		`{"ops": [{"op": "burst", "node": "a", "nodes": ["b"]}]}`:                               `test.json: operation 1: burst has node: write "nodes"`,
		`{"ops": [{"op": "fly"}]}`:                                                              `test.json: operation 1: op "fly": must be start, stop, restart, create, burst, delete, terminate, patch, wait or list`,
	} {
		if _, err := Read("test.json", []byte(in)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

// TestBurstWithPreset: all of them hold the preset, which is marked once; the deletion of one of them frees it.
func TestBurstWithPreset(t *testing.T) {
	s := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/22"}, "ops": [{"op": "start"},
		{"op": "burst", "nodes": ["a", "b"], "preset": ["10.244.0.0/24"]}, {"op": "create", "node": "c"}, {"op": "delete", "node": "a"}, {"op": "restart"}, {"op": "create", "node": "d"}, {"op": "list"}]}`)
	got := s.Replay(fact.Version{}, nil)
	want := map[string][]string{"b": {"10.244.0.0/24"}, "c": {"10.244.1.0/24"}, "d": {"10.244.2.0/24"}}
	if d := cmp.Diff(want, got.Ops[6].Result.Many); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestTerminateScenario: kubernetes/kubernetes#127792.
func TestTerminateScenario(t *testing.T) {
	s := read(t, `{"version": "v1.31.0", "flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/24"}, "ops": [{"op": "start"},
		{"op": "create", "node": "a"}, {"op": "terminate", "node": "a"}, {"op": "create", "node": "b"}, {"op": "list"}, {"op": "terminate", "node": "z"}]}`)
	got := s.Replay(fact.Version{}, nil)
	want := map[string][]string{"a": {"10.244.0.0/24"}, "b": {"10.244.0.0/24"}}
	if d := cmp.Diff(want, got.Ops[4].Result.Many); d != "" || got.Ops[5].Code != 404 {
		t.Errorf("%d (-want +got)\n%s", got.Ops[5].Code, d)
	}
	if b := s.Replay(fact.NewestKubernetes(), nil).Ops[4].Result.Many["b"]; len(b) > 0 {
		t.Errorf("the newest gives b %v", b)
	}
}

// TestReadOtherFields: what a recorder adds is kept, and a byte order mark is no part of the text.
func TestReadOtherFields(t *testing.T) {
	s := read(t, "\ufeff"+`{"log": ["x"], "took": 3, "flags": {}, "ops": [{"op": "start", "at": "10:00", "seconds": 2}]}`)
	var b bytes.Buffer
	if err := s.Write(&b); err != nil || !strings.Contains(b.String(), `"seconds": 2`) {
		t.Errorf("%v %s", err, b.String())
	}
}

// TestLargeBurst: many nodes at once, none of them seen later, take no search.
func TestLargeBurst(t *testing.T) {
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("n%03d", i))
	}
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/16"}, "ops": [{"op": "start"}, {"op": "burst", "nodes": `+string(list)+`}, {"op": "list"}]}`)
	got := s.Replay(fact.Version{}, nil)
	n := 0
	for _, r := range got.Ops[2].Result.Many {
		n += len(r)
	}
	if n != 256 || len(got.Ops[1].Timing.Subnets[0]) != 256 || got.Ops[1].Timing.Possible != nil {
		t.Errorf("%d subnets, %d listed", n, len(got.Ops[1].Timing.Subnets[0]))
	}
}

// TestWriteEmpty: no flags and no podCIDRs are something else than none of them given.
func TestWriteEmpty(t *testing.T) {
	s := read(t, `{"flags": {"allocate-node-cidrs": "true"}, "ops": [{"op": "restart", "flags": {}}, {"op": "restart"}, {"op": "patch", "node": "a", "podCIDRs": []}, {"op": "patch", "node": "a"}]}`)
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	again := read(t, b.String())
	if o := again.Ops; o[0].Flags == nil || o[1].Flags != nil || o[2].PodCIDRs == nil || o[3].PodCIDRs != nil {
		t.Errorf("%s", b.String())
	}
}

// checkAgain fails if the twin, shown what it wrote itself, does not find it among its outcomes.
func checkAgain(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, s *Scenario) {
	t.Helper()
	var written bytes.Buffer
	if err := s.Replay(fact.Version{}, nil).Write(&written); err != nil {
		t.Fatalf("%v", err)
	}
	first, err := Read("replay", written.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, written.String())
	}
	second, whole := first.replay(fact.Version{}, nil)
	if d := second.Compare(first); whole && len(d) > 0 {
		t.Fatalf("%s\n%s", strings.Join(d, "\n"), written.String())
	}
	if err := second.WriteText(io.Discard); err != nil {
		t.Fatalf("%v", err)
	}
}

// TestReplayAgain: small clusters, in which timing decides much.
func TestReplayAgain(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	flags := func(t *rapid.T) Flags {
		f := Flags{
			"allocate-node-cidrs": rapid.SampledFrom([]string{"true", "true", "true", "false"}).Draw(t, "allocate"),
			"cluster-cidr":        rapid.SampledFrom([]string{"10.244.0.0/23", "10.244.0.0/24", "10.244.0.0/23,fd00::/64", "10.244.0.0/24,fd00::/63", "fd00::/63", "0.0.0.0/24,::/63"}).Draw(t, "range"),
		}
		if rapid.IntRange(0, 3).Draw(t, "sized") == 0 {
			f["node-cidr-mask-size"] = rapid.SampledFrom([]string{"24", "25"}).Draw(t, "mask size")
		}
		return f
	}
	podCIDRs := rapid.SliceOfN(rapid.SampledFrom([]string{"10.244.0.0/24", "10.244.1.0/24", "fd00::/64", "x", "0.0.0.0/24", "::/64"}), 0, 2)
	rapid.Check(t, func(t *rapid.T) {
		s := &Scenario{Flags: flags(t), Version: rapid.SampledFrom([]string{"", "v1.31.0", "v1.20.0", "v1.28.0"}).Draw(t, "version")}
		for range rapid.IntRange(1, 24).Draw(t, "operations") {
			o := Op{Op: rapid.SampledFrom([]string{"start", "start", "stop", "restart", "create", "create", "create", "burst", "burst", "delete", "terminate", "patch", "wait", "list"}).Draw(t, "op")}
			switch o.Op {
			case "create", "delete", "patch", "terminate":
				o.Node = rapid.SampledFrom(names).Draw(t, "node")
			case "burst":
				o.Nodes = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 4, rapid.ID).Draw(t, "nodes")
			case "restart":
				if rapid.Bool().Draw(t, "other flags") {
					o.Flags = flags(t)
				}
			}
			switch {
			case o.Op == "patch":
				o.PodCIDRs = podCIDRs.Draw(t, "podCIDRs")
			case o.Op == "create" || o.Op == "burst":
				if rapid.IntRange(0, 3).Draw(t, "has podCIDRs") == 0 {
					o.Preset = podCIDRs.Draw(t, "podCIDRs")
				}
			}
			s.Ops = append(s.Ops, o)
		}
		checkAgain(t, s)
	})
}

// TestReplayAgainMany: more outcomes than are looked at one by one.
func TestReplayAgainMany(t *testing.T) {
	for _, ops := range []string{
		`{"op": "start"}, {"op": "burst", "nodes": ["a", "b", "c", "d", "e", "f"]}, {"op": "delete", "node": "a"}, {"op": "list"}`,
		`{"op": "start"}, {"op": "burst", "nodes": ["a", "b", "c", "d", "e", "f"]}, {"op": "delete", "node": "a"}, {"op": "delete", "node": "b"}, {"op": "burst", "nodes": ["g", "h", "i"]}, {"op": "list"}`,
		`{"op": "burst", "nodes": ["b", "c"]}, {"op": "start"}, {"op": "delete", "node": "b"}, {"op": "burst", "nodes": ["a", "b"]}`,
	} {
		s := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23,fd00::/62"}, "ops": [`+ops+`]}`)
		first := s.Replay(fact.Version{}, nil)
		if d := first.Replay(fact.Version{}, nil).Compare(first); len(d) > 0 {
			t.Errorf("%s\n%s", ops, strings.Join(d, "\n"))
		}
	}
}

// TestReplayPatchOfTheSame: a patch that the API server took may have found just these podCIDRs there.
func TestReplayPatchOfTheSame(t *testing.T) {
	s := read(t, `{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23"}, "ops": [{"op": "start"}, {"op": "burst", "nodes": ["a", "b"]},
		{"op": "patch", "node": "a", "podCIDRs": ["10.244.1.0/24"], "code": 200, "result": ["10.244.1.0/24"]}]}`)
	if d := s.Replay(fact.Version{}, nil).Compare(s); len(d) > 0 {
		t.Error(strings.Join(d, "\n"))
	}
}

// FuzzRead: what is read can be replayed and written, and the replay finds again what it wrote.
func FuzzRead(f *testing.F) {
	f.Add(`{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/23,fd00::/64"}, "ops": [{"op": "start"}, {"op": "burst", "nodes": ["a", "b"]}, {"op": "delete", "node": "a"}, {"op": "list"}]}`)
	f.Add(`{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/16", "node-cidr-mask-size": "33"}, "ops": [{"op": "create", "node": "a", "preset": ["x"], "y": 1}, {"op": "start"}, {"op": "patch", "node": "a", "podCIDRs": []}]}`)
	f.Add(`{"flags": ["--cluster-cidr=::ffff:10.244.0.0/112"], "ops": [{"op": "restart", "flags": {"allocate-node-cidrs": "true"}, "result": {"started": true}}, {"op": "wait"}, {"op": "stop"}]}`)
	f.Add(`{"flags": ["--"], "ops": [{"op": "restart", "flags": {}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Read("fuzz", []byte(text))
		if err != nil || len(s.Ops) > 40 {
			return
		}
		checkAgain(t, s)
	})
}
