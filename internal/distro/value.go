package distro

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
)

// take adds the values under path, each with its role.
func (c *Cluster) take(role Role, paths ...string) bool {
	found := false
	for _, path := range paths {
		for _, p := range find(c.root, path) {
			found = c.put(Value{Role: role}, p.node, p.key) || found
		}
	}
	return found
}

// put adds what n says. Null and empty text say nothing.
func (c *Cluster) put(v Value, n *source.Node, key string) bool {
	v.Key = key
	if n == nil || n.Kind == source.Null {
		return false
	}
	v.Pos = c.at(n)
	switch {
	case n.Kind == source.Mapping:
		v.Err = fmt.Errorf("%s is a mapping where a value belongs", key)
	case n.Kind == source.Sequence:
		if len(n.Items) == 0 {
			return false
		}
		v.places = c.listed(n)
		if v.places == nil {
			v.Err = fmt.Errorf("%s has an empty item, or something else than a value in its list", key)
		} else {
			v.Pos = c.at(n.Items[0])
		}
	default:
		if strings.TrimSpace(n.Str()) == "" {
			return false
		}
		v.places = []place{{n, ""}}
	}
	if n.Kind == source.Sequence && v.Role.number() {
		v.Err = fmt.Errorf("%s is a list where a number belongs", key)
	}
	c.parse(&v, n)
	c.Values = append(c.Values, v)
	return true
}

// listed returns the items of a list of scalars, nil where something else is among them.
func (c *Cluster) listed(n *source.Node) []place {
	var out []place
	for _, it := range n.Items {
		if it == nil || it.Kind == source.Mapping || it.Kind == source.Sequence || it.Kind == source.Null {
			return nil
		}
		out = append(out, place{it, ""})
	}
	return out
}

// parse reads the texts of v.
func (c *Cluster) parse(v *Value, n *source.Node) {
	var texts []string
	for _, p := range v.places {
		texts = append(texts, p.node.Str())
	}
	v.Text = strings.Join(texts, ",")
	if isTemplate(v.Text) {
		v.Template, v.Err = true, nil
		v.Text = c.written(n, v.Text)
		return
	}
	if v.Err != nil {
		return
	}
	switch {
	case v.Role.ranges():
		for _, p := range v.places {
			for _, w := range split(p.node.Str()) {
				v.addRange(w.text, c.within(p.node, w.offset))
			}
		}
	case v.Role.addresses():
		for _, p := range v.places {
			for _, w := range split(p.node.Str()) {
				v.addAddress(w.text, c.within(p.node, w.offset))
			}
		}
	default:
		v.parseText(v.Text)
	}
	v.settle()
}

// parseText reads a text that is no list.
func (v *Value) parseText(text string) {
	text = strings.TrimSpace(text)
	switch {
	case v.Role.number():
		n, err := strconv.Atoi(strings.TrimPrefix(text, "/"))
		if err != nil || n < 0 || n > 1<<30 {
			v.Err = fmt.Errorf("%q is no number", text)
			return
		}
		v.Int = n
	case v.Role == Allocate:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			v.Err = fmt.Errorf("%q is neither true nor false", text)
			return
		}
		v.Bool = b
	}
}

// settle drops what was read where a part of it could not be.
func (v *Value) settle() {
	if v.Err != nil {
		v.Prefixes, v.Addrs, v.Places = nil, nil, nil
	}
	if len(v.Places) < 2 {
		v.Places = nil
	}
}

// within returns the place of a byte of a scalar's text.
func (c *Cluster) within(n *source.Node, offset int) Position {
	if offset == 0 {
		p := c.at(n)
		return p
	}
	if c.at(n) != n.Pos {
		return c.at(n)
	}
	return n.File().Position(offset)
}

// written returns text as the file has it, where it stands there as it is.
func (c *Cluster) written(n *source.Node, text string) string {
	if n == nil || n.Kind == source.Sequence || c.file == nil || !strings.Contains(text, mark) {
		return text
	}
	data := c.file.Data[min(n.Offset(), len(c.file.Data)):]
	if n.Quoted && len(data) > 0 {
		data = data[1:]
	}
	if len(data) < len(text) {
		return text
	}
	return string(data[:len(text)])
}

// A piece is a part of a text.
type piece struct {
	text   string
	offset int
}

// split cuts a text at commas, without the blanks around each piece.
func split(s string) []piece {
	var out []piece
	for at := 0; at <= len(s); {
		end := strings.IndexByte(s[at:], ',')
		if end < 0 {
			end = len(s)
		} else {
			end += at
		}
		part := s[at:end]
		trimmed := strings.TrimSpace(part)
		out = append(out, piece{trimmed, at + strings.Index(part, trimmed)})
		at = end + 1
	}
	return out
}

// addRange adds one range. Leading zeros and host bits are kept as the programs take them.
func (v *Value) addRange(text string, pos Position) {
	p, err := cidr.ParseLenient(text)
	if err != nil {
		if v.Err == nil {
			v.Err, v.Pos = err, pos
		}
		return
	}
	v.Prefixes = append(v.Prefixes, p)
	v.Places = append(v.Places, pos)
}

// addAddress adds one address. Names of hosts say nothing about ranges and are passed over for [Address]; a length
// behind the address, as
// interfaces have it, and a port are left out.
func (v *Value) addAddress(text string, pos Position) {
	plain := text
	if v.Role == Address {
		plain = bareHost(text)
	}
	a, ok := ipnet.ParseAddr(plain)
	switch {
	case ok:
		if !a.IsUnspecified() {
			v.Addrs = append(v.Addrs, a)
			v.Places = append(v.Places, pos)
		}
	case v.Role == DNS && v.Err == nil:
		v.Err = fmt.Errorf("%q is no IP address", text)
		v.Pos = pos
	}
}

// bareHost returns the host of a URL, of host:port and of an address with a length.
func bareHost(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	s, _, _ = strings.Cut(s, "/")
	if rest, ok := strings.CutPrefix(s, "["); ok {
		s, _, _ = strings.Cut(rest, "]")
		return s
	}
	if strings.Count(s, ":") == 1 {
		s, _, _ = strings.Cut(s, ":")
	}
	return s
}

// of returns the values of a role that count: those for one program, and where it has none of its own those for all.
func (c *Cluster) of(role Role, program Program) []*Value {
	var own, all []*Value
	for i := range c.Values {
		v := &c.Values[i]
		switch {
		case v.Role != role || v.Overridden || v.Ignored:
		case v.Program == program && program != "":
			own = append(own, v)
		case v.Program == "":
			all = append(all, v)
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

// first returns the first value that counts for all programs, nil for none.
func (c *Cluster) first(role Role) *Value {
	if vs := c.of(role, ""); len(vs) > 0 {
		return vs[0]
	}
	return nil
}

// prefixes returns the readable ranges of a role that count for all programs.
func (c *Cluster) prefixes(role Role) []netip.Prefix {
	var out []netip.Prefix
	for _, v := range c.of(role, "") {
		if v.IsRange() {
			out = append(out, v.Prefixes...)
		}
	}
	return out
}

// families reports which families are among prefixes.
func families(ps []netip.Prefix) (v4, v6 bool) {
	for _, p := range ps {
		if ipnet.Is4(p) {
			v4 = true
		} else {
			v6 = true
		}
	}
	return v4, v6
}

// override marks the value of a role before the last one, for installers in which the last one wins. It is called
// behind each value.
func (c *Cluster) override(role Role, program Program) {
	last := len(c.Values) - 1
	if last < 0 || c.Values[last].Role != role || c.Values[last].Program != program {
		return
	}
	key := string(program) + " " + string(role)
	before, known := c.latest[key]
	if !known {
		for i := range c.Values[:last] {
			if v := &c.Values[i]; v.Role == role && v.Program == program && !v.Ignored {
				v.Overridden = true
			}
		}
	} else {
		c.Values[before].Overridden = true
	}
	if c.latest == nil {
		c.latest = map[string]int{}
	}
	c.latest[key] = last
}
