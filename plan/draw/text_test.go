package draw

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
)

func TestFormatBig(t *testing.T) {
	shift := func(n int64, bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(n), bits) }
	for _, tt := range []struct {
		n    *big.Int
		want string
	}{
		{nil, "0"},
		{new(big.Int), "0"},
		{big.NewInt(-1), "-1"},
		{big.NewInt(-1234567), "-1,234,567"},
		{big.NewInt(1<<40 - 1), "1,099,511,627,775"},
		{shift(1, 40), "about 2^40"},
		{shift(3, 39), "about 2^41"},
		{new(big.Int).Sub(shift(3, 39), big.NewInt(1)), "about 2^40"},
		{shift(1, 128), "about 2^128"},
	} {
		if got := formatBig(tt.n); got != tt.want {
			t.Errorf("formatBig(%v) = %q, want %q", tt.n, got, tt.want)
		}
	}
}

func TestFormatCount(t *testing.T) {
	for c, want := range map[plan.Count]string{
		{Exp: 8, Minus: 3}: "253", {Exp: 16, Minus: 1}: "65,535", {Exp: 39, Minus: 0}: "549,755,813,888", {Exp: 40, Minus: 0}: "2^40", {Exp: 63, Minus: 1}: "2^63 - 1", {Exp: 64, Minus: 2}: "2^64 - 2", {Exp: 128, Minus: 0}: "2^128",
	} {
		if got := formatCount(c); got != want {
			t.Errorf("formatCount(%+v) = %q, want %q", c, got, want)
		}
	}
}

// TestIdleWords: what is said of a block to draw from that the plan does not use.
func TestIdleWords(t *testing.T) {
	for avoided, want := range map[string]string{
		"":                            "not used, all free",
		"10.1.0.0/16":                 "reserved, nothing free",
		"10.1.0.0/24":                 "not used, 1 range reserved, the largest free block is 10.1.128.0/17",
		"10.1.255.0/24":               "not used, 1 range reserved, the largest free block is 10.1.0.0/17",
		"10.1.0.0/24 10.1.128.0/18":   "not used, 2 ranges reserved, the largest free block is 10.1.64.0/18",
		"10.1.192.0/24 10.1.128.0/18": "not used, 2 ranges reserved, the largest free block is 10.1.0.0/17",
	} {
		var a []fact.Reservation
		for i, r := range plantest.Avoid(avoided) {
			r.Name = fmt.Sprint("vpn", i) // neighbours of one name are one range
			a = append(a, r)
		}
		p := &plan.Plan{Families: []fact.Family{fact.IPv4}, Request: plan.Request{Within: prefixtest.List("10.1.0.0/16"), Avoid: a}}
		if got := Map(p, fact.IPv4)[0].idleWords(); got != want {
			t.Errorf("%q reserved: %q, want %q", avoided, got, want)
		}
	}
}

// TestTextSays: lines that stand in a text only where there is something to say.
func TestTextSays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		req     plan.Request
		nodes   int
		has     string // parts with | between
		without string
	}{
		{"by default", plan.Request{}, 0, "  10.96.0.1\n|  10.96.0.10\n|    10.0.0.0    h...|    10.64.0.0   ....|172.16.0.0/12  not used, all free|add to it\n  -pin hosts=10.0.0.0/24\n|  -node-mask-ipv4 24\n|10 planned, 256 fit, 246 left|10.0.0.0/24|room for 253 pods at a time, 110 planned|fixed service IPs",
			"in the order in which they register|Warnings|during replacement|node subnet, IPv4"},
		{"one node", plan.Request{Nodes: 1, Services: 1}, 1, `Plan for "kubernetes": 1 node, 110 pods on each, 1 service, IPv4|node-0001  `, "node-0002|1 nodes|1 services"},
		{"some nodes", plan.Request{Nodes: 2000, Surge: 3}, 2, "2,000 planned, 3 more during replacement|node-0002  |  2,046 more have room", "node-0003"},
		{"all nodes", plan.Request{Nodes: 4}, 1000, "node-0256", "more have room|node-0257"},
		{"both families", plan.Request{Families: []fact.Family{fact.IPv6, fact.IPv4}}, 0, "IPv6 and IPv4|node subnet, IPv6|services, IPv4|host addresses, IPv6     about 2^64 fit, about 2^64 left|Warnings\n  warning ula-of-default-name|  info dual-stack-ipv6-first", ""},
		{"services without a band", plan.Request{Services: 5, Pins: plangen.Pins("services=10.96.0.0/28")}, 0, "14 services", "fixed service IPs"},
		{"no band before v1.25, where its gate comes to be on", plan.Request{Kubernetes: fact.V(1, 24, 9)}, 0, "1,048,574 services", "fixed service IPs"},
		{"a band from v1.25 on", plan.Request{Kubernetes: fact.V(1, 25, 0)}, 0, "fixed service IPs", ""},
		{"a release without further service ranges", plan.Request{Kubernetes: fact.V(1, 32, 0)}, 0, "Permanent after installation\n  first service range     10.96.0.0/12\n  further service ranges  none", ""},
	} {
		var b strings.Builder
		if err := Text(&b, plangen.New(t, tt.req), Options{Nodes: tt.nodes}); err != nil {
			t.Fatal(err)
		}
		checkSays(t, tt.name, b.String(), tt.has, tt.without)
	}
}

// checkSays wants each part of has in a text, and none of without.
func checkSays(t *testing.T, name, text, has, without string) {
	t.Helper()
	for _, s := range strings.Split(has, "|") {
		if !strings.Contains(text, s) {
			t.Errorf("%s: no %q in\n%s", name, s, text)
		}
	}
	for _, s := range strings.Split(without, "|") {
		if s != "" && strings.Contains(text, s) {
			t.Errorf("%s: %q in\n%s", name, s, text)
		}
	}
}

// TestInfeasibleTextSays: what does not fit, what was tried, and the plan with it.
func TestInfeasibleTextSays(t *testing.T) {
	for _, tt := range []struct {
		name         string
		req          plan.Request
		has, without string
	}{
		{"too small", plan.Request{Nodes: 5000, Within: prefixtest.List("10.0.0.0/20")}, "Not enough IPv4 space\n  to draw from: 10.0.0.0/20\n|  to be placed:\n    pods|" +
			"What would make it possible, each tried\n  1. |The plan with the first of these\n  hosts     10.", "What does not fit|contradict|in the way"},
		{"a range in the way", plan.Request{Within: prefixtest.List("10.0.0.0/19"), Avoid: plantest.Avoid("10.0.0.0/20")}, "  in the way:\n    10.0.0.0/20  vpn", "What does not fit"},
		{"a limit", plan.Request{Nodes: 300, Pins: plangen.Pins("pods=10.244.0.0/16")}, "What does not fit\n  pods 10.244.0.0/16", "Not enough|contradict"},
	} {
		_, err := plan.New(tt.req)
		e, ok := errtype.As[*plan.InfeasibleError](err)
		if !ok {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var b strings.Builder
		if err := InfeasibleText(&b, e, Options{}); err != nil {
			t.Fatal(err)
		}
		checkSays(t, tt.name, b.String(), tt.has, tt.without)
	}
	e := &plan.InfeasibleError{Shortages: []*plan.Shortage{{Family: fact.IPv4, Err: errors.New("the certificate")}}}
	var b strings.Builder
	if err := InfeasibleText(&b, e, Options{}); err != nil {
		t.Fatal(err)
	}
	checkSays(t, "nothing helps", b.String(), "\n  the certificate\n", "What would make it possible|The plan with|in the way")
}

// TestInfeasibleTextLists: long lists end after twelve lines, and say how many there are more.
func TestInfeasibleTextLists(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "", 12: "", 13: "and 1 more", 2000: "and 1,988 more"} {
		e := &plan.InfeasibleError{}
		s := &plan.Shortage{Family: fact.IPv4, Within: prefixtest.List("10.0.0.0/24")}
		for range n {
			c := plan.Claim{Role: fact.RoleHosts, Prefix: prefixtest.List("10.0.0.0/25")[0], By: "hosts"}
			e.Conflicts = append(e.Conflicts, &plan.ConflictError{A: c, B: plan.Claim{Role: fact.RolePods, Prefix: c.Prefix, By: "pin pods"}, Overlap: c.Prefix})
			s.InTheWay = append(s.InTheWay, plan.Obstacle{Claim: c})
		}
		if n > 0 {
			s.InTheWay[0].Helps = true
		}
		for part, e := range map[string]*plan.InfeasibleError{"Ranges that contradict each other": e, "in the way:": {Shortages: []*plan.Shortage{s}}} {
			var b strings.Builder
			if err := InfeasibleText(&b, e, Options{}); err != nil {
				t.Fatal(err)
			}
			_, list, found := strings.Cut(b.String(), part+"\n")
			lines := strings.FieldsFunc(list, func(r rune) bool { return r == '\n' })
			more := ""
			if i := len(lines) - 1; i >= 0 && strings.Contains(lines[i], "and ") && strings.Contains(lines[i], " more") {
				more, lines = strings.TrimSpace(lines[i]), lines[:i]
			}
			if found != (n > 0) || more != want || part == "in the way:" && len(lines) != min(n, 12) {
				t.Errorf("%d of %s: %d lines and %q, want %q:\n%s", n, part, len(lines), more, want, b.String())
			}
			if n > 0 && strings.Count(b.String(), "giving it up would suffice") != len(e.Shortages) {
				t.Errorf("%d of %s: what helps is not said:\n%s", n, part, b.String())
			}
		}
	}
}

// TestReportLists: of a long list, all are told where one more line suffices, and otherwise eight and how many there are more.
func TestReportLists(t *testing.T) {
	names := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("n%02d", i))
		}
		return out
	}
	for _, tt := range []struct {
		n, lines       int
		places, causes string // how the lists end
		all            string // what is said of the subjects
	}{
		{8, 8, "", "", ""},
		{9, 9, "", "", "all 9: n00 n01 n02 n03 n04 n05 n06 n07 n08"},
		{10, 8, "and 2 more places", "and 2 more symptoms", "all 10: n00"},
		{60, 8, "and 52 more places", "and 52 more symptoms", "n59"},
		{61, 8, "and 53 more places", "and 53 more symptoms", "n59\n     and 1 more"},
	} {
		f := fact.Finding{Rule: "r", Severity: fact.Info, Message: "m", Explains: names(tt.n)}
		for i := range tt.n {
			f.Where = append(f.Where, fact.Place{Position: fact.Position{File: fmt.Sprintf("f%02d", i)}})
		}
		g := fact.Finding{Rule: "s", Severity: fact.Info, Message: "m", Subjects: names(tt.n)}
		var b strings.Builder
		if err := ReportText(&b, (fact.Report{Findings: []fact.Finding{f, g}}), ReportOptions{Verbose: true}); err != nil {
			t.Fatal(err)
		}
		first, second, _ := strings.Cut(b.String(), "\n2. ")
		places, causes, _ := strings.Cut(first, "Explains\n")
		if got := strings.Count(places, "     f"); got != tt.lines || !strings.Contains(places, tt.places) || tt.places == "" && strings.Contains(places, "more") {
			t.Errorf("%d places: %d lines, want %d and %q:\n%s", tt.n, got, tt.lines, tt.places, places)
		}
		if got := strings.Count(causes, "     - "); got != tt.lines || !strings.Contains(causes, tt.causes) || tt.causes == "" && strings.Contains(causes, "more") {
			t.Errorf("%d symptoms: %d lines, want %d and %q:\n%s", tt.n, got, tt.lines, tt.causes, causes)
		}
		if !strings.Contains(second, tt.all) || strings.Contains(second, "all ") != (tt.n > 8) || strings.Contains(second, "n60") || strings.Contains(second, "more") != (tt.n > 60) {
			t.Errorf("%d subjects, want %q:\n%s", tt.n, tt.all, second)
		}
	}
}

func TestReportVerdict(t *testing.T) {
	read := []ReadFile{{File: "a", Kind: "k"}}
	for _, tt := range []struct {
		findings string // their severities, with ! those that are waived
		read     []ReadFile
		want     string
	}{
		{"", nil, "SOUND: all that decides was seen and agrees"},
		{"", read, "SOUND: all that decides was seen and agrees in 1 file"},
		{"info info", read, "SOUND: all that decides was seen and agrees in 1 file; 2 things worth knowing (-v)"},
		{"warning info", nil, "NO ERROR in what was seen, 1 warning; 1 thing worth knowing (-v)"},
		{"error error warning", slices.Concat(read, read), "BROKEN: 2 errors, 1 warning in 1 file"},
		{"error", nil, "BROKEN: 1 error, 0 warnings"},
		{"!error warning", nil, "NO ERROR in what was seen, 1 warning; 1 finding accepted"},
		{"!error !info", nil, "SOUND: all that decides was seen and agrees; 2 findings accepted"},
	} {
		r := fact.Report{Stated: 1}
		for _, s := range strings.Fields(tt.findings) {
			f := fact.Finding{Rule: "r", Message: "m", Severity: fact.Severity(strings.TrimPrefix(s, "!"))}
			if s[0] == '!' {
				f.Waived = "why"
			}
			r.Findings = append(r.Findings, f)
		}
		var b strings.Builder
		if err := ReportText(&b, r, ReportOptions{Read: tt.read}); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(b.String(), "\n"); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.findings, got, tt.want)
		}
		if got, want := strings.Contains(b.String(), "\nAccepted\n"), strings.Contains(tt.findings, "!"); got != want {
			t.Errorf("%q: a list of what is accepted %v, want %v:\n%s", tt.findings, got, want, b.String())
		}
		if got := strings.Contains(b.String(), "\nFiles\n"); got != (len(tt.read) > 0) {
			t.Errorf("%q: a list of files %v:\n%s", tt.findings, got, b.String())
		}
	}
}

// TestReportHead: verdict, cause, place, change, what was not seen and not understood stand in the first eight lines, however long they are.
func TestReportHead(t *testing.T) {
	long := strings.Repeat("word ", 200)
	f := fact.Finding{
		Rule: "r", Severity: fact.Error, Message: "why " + long, Fix: []string{"do " + long, "then"},
		Where: []fact.Place{{Position: fact.Position{File: "kubeadm.yaml", Line: 12, Column: 3}}},
	}
	gap := fact.NotSeen{What: "hosts " + long, Command: "kubectl " + long}
	for _, severity := range []fact.Severity{fact.Error, fact.Warning} {
		for _, trouble := range []bool{false, true} {
			f.Severity, f.Trouble = severity, trouble
			r := fact.Report{Stated: 1, Findings: []fact.Finding{f}, NotSeen: []fact.NotSeen{gap, gap}, NotUnderstood: []fact.NotUnderstood{{File: "x.yaml", Line: 3, Holds: "10.0.0.0/8"}}}
			var b strings.Builder
			if err := ReportText(&b, r, ReportOptions{}); err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(b.String(), "\n\n")
			lines := strings.Split(head, "\n")
			if len(lines) > 8 {
				t.Errorf("%d lines:\n%s", len(lines), head)
			}
			for _, want := range []string{"r at kubeadm.yaml:12:3", "why word", "change: do word", "not seen: hosts", "x.yaml:3"} {
				if !strings.Contains(head, want) {
					t.Errorf("no %q in the head:\n%s", want, head)
				}
			}
		}
	}
}

// TestReportFinding: a finding has the lines that it has something for.
func TestReportFinding(t *testing.T) {
	for _, tt := range []struct {
		f    fact.Finding
		want string
	}{
		{fact.Finding{Severity: fact.Info}, "1. INFO r\n   m\n"},
		{fact.Finding{Severity: fact.Warning, Effect: "e"}, "1. WARNING r\n   m\n\n   Effect\n     e\n"},
		{fact.Finding{Severity: fact.Error, Effect: "e", RefusedBy: []fact.Component{"a", "b"}}, "1. ERROR r\n   m\n\n   Effect\n     e\n     Refused by a and b.\n"},
		{fact.Finding{Severity: fact.Info, Fix: []string{"x", "y"}, Disturbs: fact.DisturbsNothing}, "1. INFO r\n   m\n\n   Fix (interrupts nothing)\n     1. x\n     2. y\n"},
		{fact.Finding{Severity: fact.Info, Where: []fact.Place{{Position: fact.Position{File: "f", Line: 3, Column: 1}, Note: "note", Line: "abc"}}},
			"1. INFO r\n   m\n\n     f:3:1  note\n       3 | abc\n         | ^\n"},
		{fact.Finding{Severity: fact.Info, Where: []fact.Place{{Position: fact.Position{File: "f", Line: 3}, Line: "abc"}}}, "1. INFO r\n   m\n\n     f:3\n       3 | abc\n"},
	} {
		tt.f.Rule, tt.f.Message = "r", "m"
		b := new(printer)
		b.reportFinding(tt.f, "1", true)
		if got := b.String(); got != tt.want {
			t.Errorf("%+v:\n%s\nwant\n%s", tt.f, got, tt.want)
		}
	}
}

// TestColors: what is painted, and in which style.
func TestColors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		write func(*printer)
		want  string // with < for the escape character
	}{
		{"the first column of a table", func(b *printer) {
			b.table("  ", "lr", [][]string{{"a", "1"}, {"bcd", "22"}}, func(n int) string { return []string{"1", "2"}[n] })
		}, "  <[1ma<[0m     1\n  <[2mbcd<[0m  22\n"},
		{"a table without style", func(b *printer) { b.table("", "", [][]string{{"a", "1"}, {"bcd"}}, nil) }, "a    1\nbcd\n"},
		{"runs of cells", func(b *printer) {
			used := gridCell{Kind: SegmentUsed, Role: fact.RolePods, Full: true}
			b.cells([]gridCell{used, used, {Kind: SegmentUsed, Role: fact.RolePods}, {Kind: SegmentReserved, Full: true}, {Kind: SegmentReserved}, {Kind: SegmentUsed, Shared: true}, {Kind: SegmentFree}, {Kind: SegmentFree}})
		}, "<[42;30mPP<[0m<[1;32mp<[0m<[35mX<[0m<[35mx<[0m<[1m*<[0m<[2m..<[0m"},
		{"a warning", func(b *printer) { b.textFinding(fact.Finding{Rule: "r", Severity: fact.Warning, Message: "m"}) }, "  <[1;33mwarning<[0m r\n    m\n"},
		{"an error", func(b *printer) { b.textFinding(fact.Finding{Rule: "r", Severity: fact.Error, Message: "m"}) }, "  <[1;31merror<[0m r\n    m\n"},
		{"a verdict", func(b *printer) { verdictLine(fact.Report{Stated: 1}, b, ReportOptions{}) }, "<[1mSOUND: all that decides was seen and agrees<[0m\n"},
	} {
		b := &printer{color: true}
		tt.write(b)
		if got := strings.ReplaceAll(b.String(), "\x1b", "<"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLargest(t *testing.T) {
	for _, tt := range [][3]string{
		{"10.0.1.0", "10.0.255.255", "10.0.128.0/17"},
		{"10.0.0.0", "10.0.254.255", "10.0.0.0/17"},
		{"10.0.64.0", "10.0.191.255", "10.0.64.0/18"},
		{"10.0.0.7", "10.0.0.7", "10.0.0.7/32"},
	} {
		if got := largest(netip.MustParseAddr(tt[0]), netip.MustParseAddr(tt[1])).String(); got != tt[2] {
			t.Errorf("largest block from %s to %s: %s, want %s", tt[0], tt[1], got, tt[2])
		}
	}
}

// TestLedger: more than eight rows without a range of the plan are shortened to the first and last three, and what is between them.
func TestLedger(t *testing.T) {
	for _, tt := range []struct {
		name, pods, grow, avoid string
		rows                    int
		mid                     string // the row that tells several together, "" for none
	}{
		{"eight", "", "", "10.1.0.0/24 10.1.2.0/24 10.1.4.0/24 10.1.6.0/24", 8, ""},
		{"nine", "", "", "10.1.1.0/24 10.1.3.0/24 10.1.5.0/24 10.1.7.0/24", 7,
			"10.1.3.0-10.1.5.255: 2 more reserved, the largest free block between them is 10.1.4.0/24"},
		{"the second is larger", "", "", "10.1.1.0/24 10.1.3.0/24 10.1.5.0/24 10.1.16.0/24 10.1.18.0/24", 7,
			"10.1.3.0-10.1.16.255: 3 more reserved, the largest free block between them is 10.1.8.0/21"},
		{"the first is larger", "", "", "10.1.1.0/24 10.1.3.0/24 10.1.12.0/24 10.1.14.0/24 10.1.16.0/24", 7,
			"10.1.3.0-10.1.14.255: 3 more reserved, the largest free block between them is 10.1.4.0/22"},
		{"both are alike", "", "", "10.1.1.0/24 10.1.3.0/24 10.1.5.0/24 10.1.7.0/24 10.1.9.0/24", 7,
			"10.1.3.0-10.1.7.255: 3 more reserved, the largest free block between them is 10.1.4.0/24"},
		{"a range between them", "10.1.4.0/24", "10.1.4.0/24", "10.1.1.0/24 10.1.3.0/24 10.1.6.0/24 10.1.8.0/24 10.1.10.0/24", 12, ""},
		{"growth between them", "10.1.4.0/24", "10.1.4.0/23", "10.1.6.0/24 10.1.8.0/24 10.1.10.0/24 10.1.12.0/24", 11, ""},
	} {
		p := &plan.Plan{Families: []fact.Family{fact.IPv4}, Request: plan.Request{Within: prefixtest.List("10.1.0.0/16"), Avoid: plantest.Avoid(tt.avoid)}}
		for _, q := range prefixtest.List(tt.pods) {
			p.Ranges = append(p.Ranges, plan.Range{Role: fact.RolePods, Prefix: q, Grow: netip.MustParsePrefix(tt.grow)})
		}
		rows := Map(p, fact.IPv4)[0].ledger()
		mid := ""
		for _, r := range rows {
			if strings.Contains(r.Use, "more reserved") {
				mid += r.Span + ": " + r.Use
			}
		}
		if len(rows) != tt.rows || mid != tt.mid {
			t.Errorf("%s: %d rows, %q, want %d, %q", tt.name, len(rows), mid, tt.rows, tt.mid)
		}
		if last := rows[len(rows)-1]; last.Last != netip.MustParseAddr("10.1.255.255") {
			t.Errorf("%s: the last row ends at %v", tt.name, last.Last)
		}
	}
}

func TestDisturbs(t *testing.T) {
	got := []string{disturbs(""), disturbs(fact.DisturbsNothing), disturbs("a restart")}
	if diff := cmp.Diff([]string{"", " (interrupts nothing)", " (takes a restart)"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExcerpt: the caret stands below the byte that the column names, whatever is cut off.
func TestExcerpt(t *testing.T) {
	for _, tt := range []struct {
		line   string
		column int
		want   string
		caret  int
	}{
		{"abc", 1, "abc", 0},
		{"abc", 3, "abc", 2},
		{"abc", 4, "abc", 3},
		{"abc", 5, "abc", -1},
		{"abc", 0, "abc", -1},
		{"abc", -1, "abc", -1},
		{"abc  \r\n", 5, "abc", -1},
		{"\ta\tb", 2, "  a  b", 2},
		{"\ta\tb", 4, "  a  b", 5},
		{"äöü: x", 9, "äöü: x", 5},
	} {
		if got, caret := excerpt(fact.Place{Line: tt.line, Position: fact.Position{Column: tt.column}}); got != tt.want || caret != tt.caret {
			t.Errorf("excerpt(%q, %d) = %q, %d, want %q, %d", tt.line, tt.column, got, caret, tt.want, tt.caret)
		}
	}
	var long []rune
	for i := range 200 {
		long = append(long, rune('一'+i))
	}
	for _, n := range []int{90, 91, 200} {
		for i := range n {
			got, caret := excerpt(fact.Place{Line: string(long[:n]), Position: fact.Position{Column: len(string(long[:i])) + 1}})
			body := []rune(got)
			if caret < 0 || caret >= len(body) || body[caret] != long[i] {
				t.Fatalf("excerpt of %d runes, at %d: %q, caret %d", n, i, got, caret)
			}
			before, after := strings.HasPrefix(got, "..."), strings.HasSuffix(got, "...")
			shown := []rune(strings.Trim(got, "."))
			if first, last := shown[0] == long[0], shown[len(shown)-1] == long[n-1]; len(shown) != 90 || first == before || last == after || before && caret < 43 {
				t.Fatalf("excerpt of %d runes, at %d: %d shown, %q", n, i, len(shown), got)
			}
		}
	}
}

func TestSARIFColumn(t *testing.T) {
	for _, tt := range []struct {
		line         string
		column, want int
	}{
		{"äb", 0, 0}, {"äb", 1, 1}, {"äb", 3, 2}, {"äb", 4, 3}, {"äb", 5, 5}, {"", 7, 7}, {"", -1, 0},
	} {
		if got := sarifColumn(fact.Place{Position: fact.Position{Column: tt.column}, Line: tt.line}); got != tt.want {
			t.Errorf("column %d of %q: %d, want %d", tt.column, tt.line, got, tt.want)
		}
	}
}

// TestReportNotUnderstood: a place holds something in a form that is not read, a file as a whole says why.
func TestReportNotUnderstood(t *testing.T) {
	var b strings.Builder
	r := fact.Report{Stated: 1, NotUnderstood: []fact.NotUnderstood{
		{File: "gai.conf", Line: 24, Holds: "2002::/16"}, {File: "modules.conf", Holds: "it was not read: no such file or directory"},
	}}
	if err := ReportText(&b, r, ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "Not understood\n  gai.conf:24 holds 2002::/16, in a form that is not read\n  modules.conf it was not read: no such file or directory\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
