package flannel

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

const usualEnv = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"

func TestSubnetEnv(t *testing.T) {
	pfx := netip.MustParsePrefix
	for _, tt := range []struct {
		why, in string
		want    SubnetEnv // without Lines and File
		err     string
	}{
		{"the usual", usualEnv, SubnetEnv{Networks: []netip.Prefix{pfx("10.244.0.0/16")}, Subnet: pfx("10.244.1.1/24"), MTU: 1450, IPMasq: true}, ""},
		{"both families", "FLANNEL_NETWORK=10.0.0.0/8\nFLANNEL_SUBNET=10.0.0.1/24\nFLANNEL_IPV6_NETWORK=fd00::/48\nFLANNEL_IPV6_SUBNET=fd00::1/64\nFLANNEL_MTU=1400\nFLANNEL_IPMASQ=false\n",
			SubnetEnv{Networks: []netip.Prefix{pfx("10.0.0.0/8")}, Subnet: pfx("10.0.0.1/24"), IPv6Networks: []netip.Prefix{pfx("fd00::/48")}, IPv6Subnet: pfx("fd00::1/64"), MTU: 1400}, ""},
		{"empty", "", SubnetEnv{}, ""},
		{"quotes, export, colon, comment, CRLF", "# flannel\r\nexport FLANNEL_NETWORK=\"10.0.0.0/8\"\r\nFLANNEL_SUBNET: '10.0.1.1/24' \r\nFLANNEL_MTU = 1450 # bytes\r\n",
			SubnetEnv{Networks: []netip.Prefix{pfx("10.0.0.0/8")}, Subnet: pfx("10.0.1.1/24"), MTU: 1450}, ""},
		{"the last of equal keys counts", "FLANNEL_MTU=1\nFLANNEL_MTU=2\n", SubnetEnv{MTU: 2}, ""},
		{"negative MTU", "FLANNEL_MTU=-50\n", SubnetEnv{MTU: -50}, ""},
		{"list", "FLANNEL_NETWORK=10.1.0.0/16,10.2.0.0/16\n", SubnetEnv{Networks: []netip.Prefix{pfx("10.1.0.0/16"), pfx("10.2.0.0/16")}}, ""},
		{"list of subnets", "FLANNEL_SUBNET=10.1.0.1/24,10.2.0.1/24\nFLANNEL_IPV6_SUBNET=fd00::1/64,fd00:1::1/64\n", SubnetEnv{Subnet: pfx("10.1.0.1/24"), IPv6Subnet: pfx("fd00::1/64")},
			`subnet.env:1:16: FLANNEL_SUBNET "10.1.0.1/24,10.2.0.1/24": flannel: error reading subnet: more than 1 entry found for key: FLANNEL_SUBNET; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node` + "\n" +
				`subnet.env:2:21: FLANNEL_IPV6_SUBNET "fd00::1/64,fd00:1::1/64": flannel: error reading subnet: more than 1 entry found for key: FLANNEL_IPV6_SUBNET; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node`},
		{"value of another variable", "A=10.0.0.0\nFLANNEL_NETWORK=${A}/8\n", SubnetEnv{Networks: []netip.Prefix{pfx("10.0.0.0/8")}}, ""},
		{"escaped quote", "A=\"10.0\\\".0.0\"\nFLANNEL_MTU=5\n", SubnetEnv{MTU: 5}, ""},
		{"two comments, the last goes", "FLANNEL_MTU=5 # a # b\n", SubnetEnv{}, `subnet.env:1:13: FLANNEL_MTU "5 # a": flannel: "5 # a" is no whole number; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node`},
		{"no range", "FLANNEL_NETWORK=x\nFLANNEL_MTU=7\n", SubnetEnv{MTU: 7}, `subnet.env:1:17: FLANNEL_NETWORK "x": flannel: Couldn't parse previous FLANNEL_NETWORK: invalid CIDR address: x; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node`},
		{"IPv6 as FLANNEL_NETWORK", "FLANNEL_NETWORK=fd00::/48\n", SubnetEnv{}, `subnet.env:1:17: FLANNEL_NETWORK "fd00::/48": flannel: panic: Address is not an IPv4 address; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node`},
		{"MTU in words", "FLANNEL_MTU=big\n", SubnetEnv{}, `subnet.env:1:13: FLANNEL_MTU "big": flannel: "big" is no whole number; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node`},
		{"IPMASQ yes", "FLANNEL_IPMASQ=yes\n", SubnetEnv{}, `subnet.env:1:16: FLANNEL_IPMASQ "yes": flannel: "yes" is neither true nor false; write it as flannel does, such as FLANNEL_NETWORK=10.244.0.0/16, or restart flannel on the node`},
		{"line without a sign", "FLANNEL_MTU=1\nfoo\nFLANNEL_IPMASQ=true\n", SubnetEnv{MTU: 1, Refused: true}, `subnet.env:2:1: flannel: unexpected character "\n" in variable name near "foo"; each line is KEY=value`},
		{"export of nothing", "FLANNEL_MTU=1\n export \t", SubnetEnv{MTU: 1, Refused: true}, "subnet.env:2:2: flannel: zero length string; each line is KEY=value"},
		{"byte order mark", "\xef\xbb\xbfFLANNEL_MTU=1\n", SubnetEnv{MTU: 1, Refused: true}, "subnet.env:1:1: flannel: unexpected character \"»\" in variable name near \"\\ufeffFLANNEL_MTU=1\"; the file is UTF-8 with a byte order mark; save it as UTF-8 without a byte order mark"},
		{"prompts around it", "[root@w1 ~]# cat /run/flannel/subnet.env\nFLANNEL_MTU=1\n[root@w1 ~]# ", SubnetEnv{MTU: 1}, ""},
		{"zsh's prompt above", "➜  ~ cat /run/flannel/subnet.env\nFLANNEL_MTU=1\n", SubnetEnv{MTU: 1}, ""},
		{"quote without end", "FLANNEL_MTU=\"1\n", SubnetEnv{Refused: true}, "subnet.env:1:13: flannel: unterminated quoted value \"1; each line is KEY=value"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			e, err := ParseSubnetEnv([]byte(tt.in))
			msg := ""
			if err != nil {
				msg = err.Error()
				var ee *EnvError
				if !errors.As(err, &ee) {
					t.Errorf("error is a %T without an EnvError", err)
				}
			}
			e.Lines, e.File = nil, ""
			if d := cmp.Diff(tt.want, e, equateNetip); d != "" || msg != tt.err {
				t.Errorf("ParseSubnetEnv(%q) (-want +got)\n%s error\n got %s\nwant %s", tt.in, d, msg, tt.err)
			}
		})
	}
}

func TestSubnetEnvGet(t *testing.T) {
	e, err := ParseSubnetEnv([]byte("FLANNEL_MTU=1\n\nFLANNEL_MTU='2'\nOTHER=x\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := fact.Value[string]{V: "2", Text: "2", Pos: fact.Position{File: "subnet.env", Line: 3, Column: 13}}
	if got := e.get("FLANNEL_MTU"); got != want {
		t.Errorf("Get = %+v, want %+v", got, want)
	}
	if e.get("OTHER").V != "x" || e.get("none").IsSet() || !e.Lines[0].Loses {
		t.Errorf("lines %+v", e.Lines)
	}
	if p, ok := e.Previous(fact.IPv4); ok || p.IsValid() {
		t.Errorf("Previous = %v, %t", p, ok)
	}
	e, _ = ParseSubnetEnv([]byte(usualEnv))
	if p, ok := e.Previous(fact.IPv4); !ok || p.String() != "10.244.1.0/24" {
		t.Errorf("Previous = %v, %t, want the masked subnet", p, ok)
	}
}

// flannel takes nothing of a file that it cannot read, of a list, and of an empty range.
func TestPreviousNone(t *testing.T) {
	for _, in := range []string{
		usualEnv + "foo\n", "FLANNEL_SUBNET=10.244.1.1/24,10.244.2.1/24\n", "FLANNEL_SUBNET=0.0.0.1/0\n", "\xef\xbb\xbf" + usualEnv, "",
	} {
		e, _ := ParseSubnetEnv([]byte(in))
		if p, ok := e.Previous(fact.IPv4); ok || p.IsValid() {
			t.Errorf("Previous of %q = %v, %t, want none", in, p, ok)
		}
	}
}

func TestIsSubnetEnv(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"", false}, {"FLANNEL_MTU=1\n", true}, {"x\nFLANNEL_MTU=1\n", true}, {"x\ny\nFLANNEL_MTU=1\n", false}, {"x\ny\nFLANNEL_MTU=1\nFLANNEL_IPMASQ=true\n", true}, {"# x\n# y\nexport FLANNEL_MTU: 1\n", true},
		{"FLANNEL_MTU=1\n#" + strings.Repeat("x", 1<<16-15), true}, {"FLANNEL_MTU=1\n#" + strings.Repeat("x", 1<<16-14), false}, // longer than any
		{"FLANNEL_OTHER=1\n", false}, {strings.Repeat("FLANNEL_MTU=1\n", 10_000), false},
	} {
		if got := isSubnetEnv([]byte(tt.in)); got != tt.want {
			t.Errorf("isSubnetEnv(%.40q) = %t", tt.in, got)
		}
	}
}

func TestSubnetEnvCNI(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, tt := range []struct{ why, in, err string }{
		{"the usual", usualEnv, ""},
		{"CRLF", strings.ReplaceAll(usualEnv, "\n", "\r\n"), ""},
		{"unknown lines", "# x\nfoo\nexport A=1\n" + usualEnv, ""},
		{"list", strings.Replace(usualEnv, "/16", "/16,10.1.0.0/16,10.1.0.0/16", 1), ""},
		{"IPv6 alone", "FLANNEL_IPV6_NETWORK=fd00::/48\nFLANNEL_IPV6_SUBNET=fd00::1/64\nFLANNEL_MTU=1\nFLANNEL_IPMASQ=\n", ""},
		{"quotes", "FLANNEL_NETWORK=\"10.0.0.0/8\"\n", `subnet.env:1:17: FLANNEL_NETWORK "\"10.0.0.0/8\"": the CNI plugin: invalid CIDR address: "10.0.0.0/8"; write it as flannel does, KEY=value without quotes, or restart flannel on the node`},
		{"no sign", "\nFLANNEL_MTU\n", `subnet.env:2:1: FLANNEL_MTU "": the CNI plugin: panic: runtime error: index out of range [1] with length 1; write it as flannel does, KEY=value without quotes, or restart flannel on the node`},
		{"negative MTU", "FLANNEL_MTU=-50\n", `subnet.env:1:13: FLANNEL_MTU "-50": the CNI plugin: strconv.ParseUint: parsing "-50": invalid syntax; write it as flannel does, KEY=value without quotes, or restart flannel on the node`},
		{"empty", "", `subnet.env: the CNI plugin: /run/flannel/subnet.env is missing FLANNEL_NETWORK, FLANNEL_IPV6_NETWORK, FLANNEL_SUBNET, FLANNEL_IPV6_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ; see the log of flannel on this node; it writes the file when it is ready`},
		{"export", "export " + usualEnv, `subnet.env: the CNI plugin: /run/flannel/subnet.env is missing FLANNEL_NETWORK, FLANNEL_IPV6_NETWORK; see the log of flannel on this node; it writes the file when it is ready`},
		{"long line", long, "subnet.env:1: the CNI plugin: bufio.Scanner: token too long"},
	} {
		e, err := parseSubnetEnvCNI([]byte(tt.in))
		msg := ""
		if err != nil {
			msg = err.Error()
		}
		if msg != tt.err {
			t.Errorf("%s\n got %s\nwant %s", tt.why, msg, tt.err)
		}
		if tt.why == "list" && (len(e.Networks) != 2 || len(e.ipam().Routes) != 2) {
			t.Errorf("list: networks %v, want each once", e.Networks)
		}
	}
}

// The CNI plugin takes one text for true, and the rest for false.
func TestSubnetEnvCNIMasq(t *testing.T) {
	for _, value := range []string{"true", "false", "TRUE", "true ", "1", ""} {
		e, err := parseSubnetEnvCNI([]byte(strings.Replace(usualEnv, "FLANNEL_IPMASQ=true", "FLANNEL_IPMASQ="+value, 1)))
		if err != nil || e.IPMasq != (value == "true") {
			t.Errorf("FLANNEL_IPMASQ=%s: %t, %v", value, e.IPMasq, err)
		}
	}
}

// Whatever the daemon's reader takes from text that flannel wrote, the plugin's takes too, and both read what was written.
func FuzzSubnetEnv(f *testing.F) {
	for _, s := range []string{usualEnv, "export A='b'\n", "A=\"$B\\n\"\n#", "FLANNEL_NETWORK=10.0.0.0/8,fd00::/8\nFLANNEL_MTU", "A: b # c # d\r\n", "FLANNEL_IPV6_SUBNET=::1.2.3.4/96\n", "$(x)=${A}\\$A"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseSubnetEnv(data)
		_, _ = parseSubnetEnvCNI(data)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without text")
			}
			return
		}
		text := e.String()
		again, err := ParseSubnetEnv([]byte(text))
		if err != nil {
			// flannel prints some IPv6 addresses as IPv4, which it does not read back
			if !strings.Contains(err.Error(), "invalid CIDR address") || len(e.IPv6Networks) == 0 && !e.IPv6Subnet.IsValid() {
				t.Fatalf("%q is written as %q, which is not read: %v", data, text, err)
			}
			return
		}
		if again.String() != text {
			t.Errorf("%q is written as %q, then as %q", data, text, again)
		}
		cni, err := parseSubnetEnvCNI([]byte(text))
		if err != nil {
			return
		}
		if p, ok := again.Previous(fact.IPv4); ok && cni.Subnet != p {
			t.Errorf("%q: the daemon reads %v, the plugin %v", text, p, cni.Subnet)
		}
	})
}
