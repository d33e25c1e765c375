package plan

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A RequestKey is the name under which a field of a [Request] is set from text: by a flag of examples/plan, or by a key of
// a request file. The zero value names no field.
type RequestKey struct {
	Name string // "pods-per-node"
	Arg  string // what its value is, for a usage line: "N", "LIST", "role=CIDR"
	Doc  string // what it means, with its default, in one line
	List bool   // it takes several values
}

// RequestKeys returns all names that [Request.Set] knows, in the order in which to show them. The slice is the caller's.
func RequestKeys() []RequestKey {
	return []RequestKey{
		{"name", "NAME", `name of the cluster; IPv6 ranges are derived from it (default "kubernetes")`, false},
		{"nodes", "N", "largest number of nodes, control plane included (default 10)", false},
		{"pods-per-node", "N", "largest number of pods on one node, kubelet's maxPods (default 110)", false},
		{"pods", "N", "largest number of pods in all, in place of nodes or of pods on one node (default: as many as these have)", false},
		{"services", "N", "largest number of services (default 1000)", false},
		{"hosts", "N|LIST", "the hosts' own ranges, or how many host addresses to find room for (default: one for each node)", true},
		{"cloud", "NAME", "where the hosts are, for what it keeps of each subnet: " + cloudNames() + " (default: network, gateway and broadcast address)", false},
		{"family", "FAMILY", "ipv4, ipv6, dual (IPv4 first) or dual-ipv6 (IPv6 first) (default ipv4)", false},
		{"within", "LIST", "draw from these ranges alone, each a prefix or two addresses such as 10.0.0.10-10.0.0.99 (default: the private ranges of RFC 1918; for IPv6 a ULA /48 made from the name)", true},
		{"avoid", "LIST", "stay clear of these: ranges (10.8.0.0/16), named ranges (vpn=10.8.0.0/16), well-known users (docker, libvirt)", true},
		{"pin", "ROLE=CIDR", "a range that is fixed already: hosts, services or pods; can be repeated", true},
		{"keep", "ROLE=CIDR", "a range in use by a living cluster: the plan's range contains it and is as small as suffices; can be repeated", true},
		{"range", "NAME=N|CIDR", "a range beside the cluster's three, such as lb=50 for load balancers or vpn=10.8.0.0/24: so many addresses, or where it is; kept clear of all; can be repeated", true},
		{"held", "N|LIST", "the subnets that registered nodes hold, or how many nodes are registered", true},
		{"grow", "N", "keep room so that each range can double N times in place, 0 to 16 (default 0)", false},
		{"surge", "N", "nodes more during a rolling replacement (default 0)", false},
		{"churn", "X", "addresses of a node's subnet for each pod, for those that come and go, 1 to 16 (default 2)", false},
		{"node-mask-ipv4", "BITS", "prefix length of a node's IPv4 subnet (default: the longest that holds pods-per-node times churn)", false},
		{"node-mask-ipv6", "BITS", "prefix length of a node's IPv6 subnet (default 64, or what fits)", false},
		{"kubernetes", "VERSION", "release whose limits hold, such as 1.33 (default " + fact.NewestKubernetes().String() + ")", false},
	}
}

// A SetError says that a value is not one that a key of a request takes. The zero value names no key and has no cause.
type SetError struct {
	Key   string // name of the key
	Index int    // of the value among those given
	Value string // as given
	Err   error  // what is wrong with it; a *cidr.ParseError where it is a range that could not be read
}

// Error returns the form `nodes "-5": must be 1 or more`. The value is left out where it does not matter or Err quotes it.
func (e *SetError) Error() string {
	if e.Err == nil {
		return e.Key + " " + strconv.Quote(e.Value)
	}
	msg := e.Err.Error()
	if errors.Is(e.Err, ErrUnknownKey) {
		return fmt.Sprintf("%q: %s", e.Key, msg)
	}
	if q := strconv.Quote(e.Value); e.Value == "" || !strings.Contains(msg, q) {
		return e.Key + " " + q + ": " + msg
	}
	return e.Key + ": " + msg
}

// Unwrap returns Err.
func (e *SetError) Unwrap() error { return e.Err }

// Errors of [Request.Set].
var (
	ErrUnknownKey = errors.New("unknown key") // the key is none of RequestKeys
	ErrNoValue    = errors.New("needs a value")
)

// Set sets the field of r that a key of [RequestKeys] names, in place of what it held. A key that takes a list takes any
// number of values, each of which can be a list separated by commas; the others take exactly one.
// On error, which is a [*SetError], r is as it was.
//
// Numbers are 1 or more, those of grow and surge 0 or more: the zeros that stand for defaults in a Request cannot be
// written. Ranges are read by [cidr.Parse]. What is to be avoided is a range, name=range, or a name of [cidr.Atlas].
func (r *Request) Set(key string, values ...string) error {
	var k RequestKey
	for _, c := range RequestKeys() {
		if c.Name == key {
			k = c
		}
	}
	fail := func(i int, value string, err error) error {
		return &SetError{Key: key, Index: i, Value: value, Err: err}
	}
	switch {
	case k.Name == "":
		return fail(0, strings.Join(values, ","), unknownKey(key))
	case len(values) == 0:
		return fail(0, "", ErrNoValue)
	case !k.List && len(values) > 1:
		return fail(1, values[1], fmt.Errorf("given %d times, takes one value", len(values)))
	}
	next := *r
	if k.List {
		if err := next.setList(key, values); err != nil {
			return err
		}
	} else if err := next.setOne(key, strings.TrimSpace(values[0])); err != nil {
		return fail(0, values[0], err)
	} else if e := checkKey(key, values[0]); e != nil {
		return fail(0, values[0], e)
	}
	*r = next
	return nil
}

// checkKey reports what Check has against the value of one key alone, so that it is said where the value stands.
func checkKey(key, value string) error {
	var only Request
	if err := only.setOne(key, strings.TrimSpace(value)); err != nil {
		return err
	}
	if e, ok := errtype.As[*RequestError](only.Check()); ok {
		return errors.New(e.Reason)
	}
	return nil
}

// unknownKey returns ErrUnknownKey with the key that was probably meant.
func unknownKey(key string) error {
	var names []string
	for _, k := range RequestKeys() {
		names = append(names, k.Name)
	}
	if near := suggest.Nearest(key, names); near != "" {
		return fmt.Errorf("%w; did you mean %q?", ErrUnknownKey, near)
	}
	return fmt.Errorf("%w; the keys are %s", ErrUnknownKey, strings.Join(names, ", "))
}

func (r *Request) setOne(key, v string) (err error) {
	if v == "" {
		return ErrNoValue
	}
	switch key {
	case "name":
		r.Name = v
	case "cloud":
		err = r.setCloud(v)
	case "nodes":
		r.Nodes, err = number(v, 1)
	case "pods-per-node":
		r.PodsPerNode, err = number(v, 1)
	case "pods":
		r.Pods, err = number(v, 1)
	case "services":
		r.Services, err = number(v, 1)
	case "grow":
		r.Grow, err = number(v, 0)
	case "surge":
		r.Surge, err = number(v, 0)
	case "node-mask-ipv4":
		r.NodeMaskIPv4, err = number(strings.TrimPrefix(v, "/"), 1)
	case "node-mask-ipv6":
		r.NodeMaskIPv6, err = number(strings.TrimPrefix(v, "/"), 1)
	case "churn":
		x, perr := strconv.ParseFloat(v, 64)
		if perr != nil || !(x >= 1 && x <= 16) {
			return errors.New("must be a number from 1 to 16; 2 is usual")
		}
		r.Churn = x
	case "family":
		for _, f := range familyNames {
			if f.name == strings.ToLower(v) {
				r.Families = slices.Clone(f.families)
				return nil
			}
		}
		return errors.New("must be ipv4, ipv6, dual or dual-ipv6")
	case "kubernetes":
		r.Kubernetes, err = fact.ParseVersion(v)
	}
	return err
}

// A listReader collects the values of a key that takes several.
type listReader struct {
	key      string
	prefixes []netip.Prefix
	avoid    []fact.Reservation
	pins     []Pin
	named    []Named
	count    int
}

func (r *Request) setList(key string, values []string) error {
	l := listReader{key: key}
	for i, value := range values {
		if strings.TrimSpace(value) == "" {
			return &SetError{Key: key, Index: i, Value: value, Err: errors.New("the list is empty; leave it out, or name at least one")}
		}
		for item := range strings.SplitSeq(value, ",") {
			item = strings.TrimSpace(item)
			if err := l.item(item, len(values) > 1 || strings.Contains(value, ",")); err != nil {
				return &SetError{Key: key, Index: i, Value: item, Err: err}
			}
		}
	}
	switch key {
	case "hosts":
		r.Hosts, r.HostCount = l.prefixes, l.count
	case "held":
		r.Held, r.HeldCount = l.prefixes, l.count
	case "within":
		r.Within = l.prefixes
	case "avoid":
		r.Avoid = l.avoid
	case "pin":
		r.Pins = l.pins
	case "keep":
		r.Keep = l.pins
	case "range":
		r.Named = l.named
	}
	return nil
}

// item reads one entry. several says that there are others.
func (l *listReader) item(item string, several bool) (err error) {
	if item == "" {
		return errors.New("an entry of the list is empty: two commas in a row, or one at an end")
	}
	switch l.key {
	case "hosts", "held":
		if !strings.ContainsAny(item, "./:") {
			if l.count > 0 || several {
				return errors.New("give either one number of addresses or a list of ranges")
			}
			l.count, err = number(item, 1)
			return err
		}
		fallthrough
	case "within":
		ps, err := parseRange(item)
		l.prefixes = append(l.prefixes, ps...)
		return err
	case "avoid":
		rs, err := parseAvoid(item)
		l.avoid = append(l.avoid, rs...)
		return err
	case "range":
		l.named, err = parseNamed(l.named, item)
		if err == nil {
			err = checkName(l.named)
		}
		return err
	}
	pin, err := parsePin(item)
	l.pins = append(l.pins, pin)
	return err
}

// parsePin reads a role and its range.
func parsePin(item string) (Pin, error) {
	role, text, ok := strings.Cut(item, "=")
	if !ok {
		return Pin{}, errors.New("want role=CIDR, such as services=10.96.0.0/12")
	}
	switch r := fact.Role(strings.TrimSpace(role)); r {
	case fact.RoleHosts, fact.RoleServices, fact.RolePods:
		p, err := parseOne(strings.TrimSpace(text))
		return Pin{r, p}, err
	}
	return Pin{}, fmt.Errorf("role %q: must be hosts, services or pods", role)
}

// parseOne reads a prefix, or two addresses with a dash between them that are the ends of one.
func parseOne(s string) (netip.Prefix, error) {
	ps, err := parseRange(s)
	if err != nil || len(ps) == 1 {
		return ps[0], err
	}
	return netip.Prefix{}, fmt.Errorf("is no single prefix but %d, %v to %v: a cluster takes prefixes alone", len(ps), ps[0], ps[len(ps)-1])
}

// parseRange reads a prefix, or two addresses with a dash between them, which are as few prefixes as make them up.
func parseRange(s string) ([]netip.Prefix, error) {
	first, last, ok := strings.Cut(s, "-")
	if !ok || strings.Contains(s, "/") {
		p, err := parsePrefix(s)
		return []netip.Prefix{p}, err
	}
	r, err := netipx.ParseIPRange(strings.TrimSpace(first) + "-" + strings.TrimSpace(last))
	if err != nil || strings.Contains(s, "%") || r.From().Is4In6() || r.To().Is4In6() {
		return []netip.Prefix{{}}, errors.New("want two addresses of one family with a dash between them, the first not above the last, such as 10.0.0.10-10.0.0.99")
	}
	return r.Prefixes(), nil
}

// familyNames are the values of the key family.
var familyNames = []struct {
	name     string
	families []fact.Family
}{
	{"ipv4", []fact.Family{fact.IPv4}},
	{"ipv6", []fact.Family{fact.IPv6}},
	{"dual", []fact.Family{fact.IPv4, fact.IPv6}},
	{"dual-ipv6", []fact.Family{fact.IPv6, fact.IPv4}},
}

// Values returns what [Request.Set] takes to set the field that key names to what it is in r, none where the field is zero or
// the key unknown. A name of a reservation that Set could not read back, with a comma or a blank at its ends, is left out.
func (r Request) Values(key string) []string {
	switch key {
	case "name":
		if name := strings.TrimSpace(r.Name); name != "" {
			return []string{name}
		}
	case "cloud":
		if r.Cloud != "" {
			return []string{r.Cloud}
		}
	case "churn":
		if r.Churn != 0 {
			return []string{strconv.FormatFloat(r.Churn, 'g', -1, 64)}
		}
	case "family":
		for _, f := range familyNames {
			if slices.Equal(f.families, r.Families) {
				return []string{f.name}
			}
		}
	case "kubernetes":
		if !r.Kubernetes.IsZero() {
			return []string{r.Kubernetes.String()}
		}
	}
	n, ok := map[string]int{"nodes": r.Nodes, "pods-per-node": r.PodsPerNode, "pods": r.Pods, "services": r.Services, "grow": r.Grow, "surge": r.Surge,
		"node-mask-ipv4": r.NodeMaskIPv4, "node-mask-ipv6": r.NodeMaskIPv6, "hosts": r.HostCount, "held": r.HeldCount}[key]
	if list := r.listValues(key); len(list) > 0 {
		return list
	}
	if !ok || n == 0 {
		return nil
	}
	return []string{strconv.Itoa(n)}
}

// listValues returns the values of a key that takes a list.
func (r Request) listValues(key string) []string {
	var out []string
	switch key {
	case "hosts":
		return prefixTexts(r.Hosts)
	case "held":
		return prefixTexts(r.Held)
	case "within":
		return prefixTexts(r.Within)
	case "avoid":
		for _, a := range r.Avoid {
			s := a.Prefix.String()
			if n := a.Name; n != "" && n != s && n == strings.TrimSpace(n) && !strings.ContainsAny(n, ",=") {
				s = n + "=" + s
			}
			out = append(out, s)
		}
	case "pin":
		for _, p := range r.Pins {
			out = append(out, p.String())
		}
	case "keep":
		for _, p := range r.Keep {
			out = append(out, p.String())
		}
	case "range":
		return namedTexts(r.Named)
	}
	return out
}

func prefixTexts(ps []netip.Prefix) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// number reads a decimal number of at least low.
func number(s string, low int) (int, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch { // a number that is out of range is the nearest that an int64 can be
	case errors.Is(err, strconv.ErrSyntax):
		return 0, fmt.Errorf("must be a whole number, %d or more", low)
	case n < int64(low):
		return 0, fmt.Errorf("must be %d or more", low)
	case n > maxCount:
		return 0, fmt.Errorf("must be %s or less", words.Commas(maxCount))
	}
	return int(n), nil
}

// parsePrefix reads a canonical prefix. Where host bits are set it also asks for the prefix that was probably meant.
func parsePrefix(s string) (netip.Prefix, error) {
	p, err := cidr.Parse(s)
	var e *cidr.ParseError
	if errors.As(err, &e) && e.Err == cidr.ErrHostBits {
		if q, ok := meant(e.Lenient); ok {
			return p, fmt.Errorf("%w, or was %v meant?", err, q)
		}
	}
	return p, err
}

// meant returns p with the length that its address suggests: 10.0.2.0/24 for 10.0.2.0/8. That is the shortest at a dot, or for
// IPv6 at a colon, that leaves no host bits. ok is false if only a single address would be left.
func meant(p netip.Prefix) (q netip.Prefix, ok bool) {
	step := 8
	if p.Addr().Is6() {
		step = 16
	}
	for n := step; n < p.Addr().BitLen(); n += step {
		if q := netip.PrefixFrom(p.Addr(), n); q == q.Masked() {
			return q, true
		}
	}
	return netip.Prefix{}, false
}

// parseAvoid reads one entry of the list of what to avoid.
func parseAvoid(s string) ([]fact.Reservation, error) {
	name, text, named := strings.Cut(s, "=")
	if named {
		if name = strings.TrimSpace(name); name == "" {
			return nil, errors.New("the name before = is empty; want name=CIDR, such as vpn=10.8.0.0/16")
		}
		ps, err := parseRange(strings.TrimSpace(text))
		return reservations(name, ps), err
	}
	if uses, ok := cidr.AtlasByName(s); ok {
		var rs []fact.Reservation
		for _, u := range uses {
			rs = append(rs, fact.Reservation{Prefix: u.Prefix, Name: u.Name, Source: u.What + "; " + u.Source})
		}
		return rs, nil
	}
	if !strings.ContainsAny(s, "./:") {
		names := cidr.AtlasNames()
		if near := suggest.Nearest(s, names); near != "" {
			return nil, fmt.Errorf("neither a range nor a known name; did you mean %q?", near)
		}
		return nil, fmt.Errorf("neither a range such as 10.8.0.0/16 nor one of the known names: %s", strings.Join(names, ", "))
	}
	ps, err := parseRange(s)
	if len(ps) > 1 {
		return reservations(s, ps), err
	}
	return reservations("", ps), err
}

// reservations returns ps as what is to be avoided, each with its own text for a name where there is none.
func reservations(name string, ps []netip.Prefix) []fact.Reservation {
	var out []fact.Reservation
	for _, p := range ps {
		out = append(out, fact.Reservation{Prefix: p, Name: cmp.Or(name, p.String()), Source: "given"})
	}
	return out
}
