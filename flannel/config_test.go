package flannel

import (
	"testing"

	"github.com/kubecidr/kubecidr/plan"
)

// configOf reads a net-conf.json as newConfig does, and says what was found in severities and rules.
func configOf(text string, opt Options) Config {
	c := Config{Version: opt.Version, Mode: opt.Mode}
	c.NetConf, c.Err = ReadNetConf([]byte(text), opt)
	return c
}

func rulesOf(fs []plan.Finding) []string {
	var out []string
	for _, f := range fs {
		s := string(f.Severity) + " " + string(f.Rule)
		if len(f.RefusedBy) > 0 {
			s += ", refused"
		}
		out = append(out, s)
	}
	return out
}

// Without a Network flannel starts or does not, by release (facts sheets 1.3 and 3.2); each line is a release that differs from the one before.
func TestConfigWithoutNetwork(t *testing.T) {
	const refused, runs = "error netconf-malformed, refused", "warning netconf-malformed"
	for _, tt := range []struct {
		version    plan.Version
		kube, etcd string
	}{
		{v(18, 0), runs, runs},
		{v(19, 1), runs, runs},
		{v(19, 2), "error netconf-subnet-range-invalid, refused", "error netconf-subnet-range-invalid, refused"},
		{v(20, 0), runs, "error netconf-subnet-range-invalid, refused"},
		{v(20, 2), runs, "error netconf-subnet-range-invalid, refused"},
		{v(21, 0), refused, "error netconf-subnet-range-invalid, refused"},
		{v(24, 4), refused, "error netconf-subnet-range-invalid, refused"},
		{v(25, 0), runs, "error netconf-subnet-range-invalid, refused"},
		{v(27, 4), runs, "error netconf-subnet-range-invalid, refused"},
		{v(28, 0), refused, "error netconf-subnet-range-invalid, refused"},
		{plan.Version{}, refused, "error netconf-subnet-range-invalid, refused"},
	} {
		for _, text := range []string{`{"Backend":{"Type":"vxlan"}}`, `{"Network":"0.0.0.0/0","Backend":{"Type":"vxlan"}}`} {
			for mode, want := range map[Mode]string{Kube: tt.kube, Etcd: tt.etcd} {
				c := configOf(text, Options{Version: tt.version, Mode: mode})
				c.ModeKnown = true
				if got := rulesOf(c.Findings()); len(got) != 1 || got[0] != want {
					t.Errorf("%s, flannel %v, %v: %q, want %q", text, tt.version, mode, got, want)
				}
			}
		}
	}
	// The same of a NetConf that was not read as that release's.
	n, err := ParseNetConf([]byte(`{"Backend":{"Type":"vxlan"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		version plan.Version
		mode    Mode
		want    string
	}{
		{v(19, 1), Etcd, runs}, {v(19, 2), Kube, refused}, {v(19, 2), Etcd, refused}, {v(20, 0), Kube, runs}, {v(20, 0), Etcd, refused}, {v(27, 4), Etcd, refused},
	} {
		if got := rulesOf(Config{NetConf: n, Version: tt.version, Mode: tt.mode, ModeKnown: true}.Findings()); got[0] != tt.want {
			t.Errorf("flannel %v, %v: %q, want %q first", tt.version, tt.mode, got, tt.want)
		}
	}
}
