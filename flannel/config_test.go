package flannel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// configOf reads a net-conf.json as newConfig does, and says what was found in severities and rules.
func configOf(text string, opt Options) Config {
	c := Config{Version: opt.Version, Mode: opt.Mode}
	c.NetConf, c.Err = ReadNetConf([]byte(text), opt)
	return c
}

func rulesOf(fs []fact.Finding) []string {
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
		version    fact.Version
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
		{fact.Version{}, refused, "error netconf-subnet-range-invalid, refused"},
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
		version fact.Version
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

// SubnetLen, SubnetMin and SubnetMax are flannel's own with etcd, and matter to nobody else since v0.20. A file alone does not tell the mode.
func TestConfigRange(t *testing.T) {
	const (
		four     = `{"Network":"10.0.0.0/24","SubnetLen":24,"Backend":{"Type":"vxlan"}}`
		small    = `{"Network":"10.0.0.0/29","Backend":{"Type":"vxlan"}}`
		reversed = `{"Network":"10.0.0.0/16","SubnetMin":"10.0.9.0","SubnetMax":"10.0.3.0","Backend":{"Type":"vxlan"}}`
		equal    = `{"Network":"10.0.0.0/16","SubnetMin":"10.0.9.0","SubnetMax":"10.0.9.0","Backend":{"Type":"vxlan"}}`
		off      = `{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fd00::/48","SubnetMin":"10.0.9.0","SubnetMax":"10.0.3.0","Backend":{"Type":"vxlan"}}`
		wrong    = "error netconf-subnet-range-invalid"
		refused  = "error netconf-subnet-range-invalid, refused"
		noted    = "warning netconf-subnet-range-invalid"
	)
	newest := fact.NewestFlannel()
	for _, tt := range []struct {
		text    string
		version fact.Version
		mode    Mode
		known   bool
		want    string
	}{
		{four, fact.Version{}, Kube, false, refused},
		{four, newest, Kube, false, refused},
		{four, fact.Version{}, Kube, true, noted}, // before v0.20 it did not start
		{four, newest, Kube, true, ""},
		{four, v(20, 0), Kube, true, ""},
		{four, v(19, 2), Kube, true, refused},
		{four, newest, Etcd, true, refused},
		{small, fact.Version{}, Kube, false, refused},
		{small, fact.Version{}, Kube, true, ""}, // nobody asked for subnets of flannel's own
		{small, newest, Etcd, true, refused},
		{reversed, fact.Version{}, Kube, false, wrong},
		{reversed, fact.Version{}, Kube, true, ""},
		{reversed, newest, Kube, true, ""},
		{reversed, newest, Etcd, true, wrong},
		{equal, fact.Version{}, Kube, false, ""},
		{equal, newest, Etcd, true, ""},
		{off, fact.Version{}, Kube, false, ""},
		{off, newest, Etcd, true, ""},
	} {
		c := configOf(tt.text, Options{Version: tt.version, Mode: tt.mode})
		c.ModeKnown = tt.known
		if got := strings.Join(rulesOf(c.Findings()), "; "); got != tt.want {
			t.Errorf("%s, flannel %v, %v known %t: %q, want %q", tt.text, tt.version, tt.mode, tt.known, got, tt.want)
		}
	}
}

// What stands in a file many times is told twenty times.
func TestConfigMany(t *testing.T) {
	for _, n := range []int{3, 19, 20, 21, 25} {
		text := "{" + strings.Repeat(`"Network":"10.0.0.0/8",`, n) + strings.Repeat(`"SubnetLenght":24,`, n) + `"Network":"10.0.0.0/8","Backend":{"Type":"vxlan"}}`
		overridden, unknown := 0, 0
		for _, s := range configOf(text, Options{}).Statements() {
			switch {
			case s.Key == "Network" && s.Overridden:
				overridden++
			case s.Finding != nil && s.Finding.Rule == RuleKeyUnknown:
				unknown++
			}
		}
		if want := min(n, 20); overridden != want || unknown != want {
			t.Errorf("%d of each: %d values without effect, %d unknown keys, want %d", n, overridden, unknown, want)
		}
	}
}

// Values of up to 60 bytes are quoted.
func TestConfigDuplicateValue(t *testing.T) {
	long := strings.Repeat("x", 60)
	c := configOf(`{"Network":"10.0.0.0/8","Backend":{"Type":"vxlan","MacPrefix":"`+long+`","macprefix":"`+long+`y"}}`, Options{})
	want := fmt.Sprintf("%q in line 1 has no effect, the value in line 1 counts", long)
	if f := c.Findings(); len(f) != 1 || !strings.HasSuffix(f[0].Message, want) {
		t.Errorf("got %v, want one that ends with %s", f, want)
	}
}
