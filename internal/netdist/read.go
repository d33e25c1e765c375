package netdist

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// deepest is how many texts inside texts are entered: a manifest in a ConfigMap, the values in a chart's object.
const deepest = 3

// Read returns the networks that f shows, in the order of the table. A file that shows none gives nil: files are
// recognised by their content alone, never by their name. What cannot be parsed gives what stands before it.
//
// Values that a template fills in are no values. Ranges that a network takes by itself are given as defaults where
// the network is in use and f does not say others; [Join] drops them where another file does.
func Read(f *source.File) []Network {
	if f == nil || !mentioned(f.Data) {
		return nil
	}
	r := &reader{rows: rows, nets: map[string]*found{}}
	r.text(f)
	r.kubeOVNScript()
	docs, _ := f.YAML() // the readers of what it claims to be say what is wrong
	for _, d := range docs {
		r.document(d, 0)
	}
	return r.finish()
}

// ReadLog returns the networks that the lines of a log show.
func ReadLog(f *source.File) []Network {
	if f == nil || !mentioned(f.Data) {
		return nil
	}
	r := &reader{rows: rows, nets: map[string]*found{}}
	r.text(f)
	return r.finish()
}

// mentioned reports whether some row may have to do with a text: a cheap look before it is parsed.
func mentioned(data []byte) bool {
	for i := range rows {
		for _, w := range rows[i].words {
			if bytes.Contains(data, []byte(w)) {
				return true
			}
		}
	}
	return false
}

// A reader gathers what one file shows.
type reader struct {
	rows []Row
	nets map[string]*found

	variables []variable // of a script that may be Kube-OVN's
}

// found is a network while its file is read.
type found struct {
	Network
	active   bool            // something shows that it hands out addresses here
	passive  bool            // something says that it does not
	defaults map[Use]bool    // uses whose defaults hold where no range is written
	saw      map[string]bool // what defaults with an If need
	ipv6     bool            // pods have IPv6 addresses as well
}

// network returns the network of that name, which from now on is known; that it is in use is not said.
func (r *reader) network(name string) *found {
	n := r.nets[name]
	if n == nil {
		n = &found{Network: Network{Name: name}}
		r.nets[name] = n
	}
	return n
}

// see notes that a network is in use, and what shows it.
func (r *reader) see(name, key string, at *source.Node) *found {
	n := r.network(name)
	n.active = true
	n.evidence(key, at)
	return n
}

// evidence notes what shows n, the first of several.
func (n *found) evidence(key string, at *source.Node) {
	if n.Key == "" && at != nil {
		n.Key, n.Pos = key, Position(at.Pos)
	}
}

// mode notes how n hands out addresses. What is written wins over what is a default; of two that are written, the
// first.
func (n *found) mode(name string, byDefault bool) {
	if name == "" || n.Mode != "" && (!n.ModeDefault || byDefault) {
		return
	}
	n.Mode, n.ModeDefault = name, byDefault
}

// wantDefaults says that the object which states ranges of these uses was seen, so that those it does not state are
// defaults.
func (n *found) wantDefaults(uses ...Use) {
	if n.defaults == nil {
		n.defaults = map[Use]bool{}
	}
	for _, u := range uses {
		n.defaults[u] = true
	}
}

// mark notes something that a default depends on.
func (n *found) mark(what string) {
	if n.saw == nil {
		n.saw = map[string]bool{}
	}
	n.saw[what] = true
}

// add reads one range at a scalar and adds it, or several where seps holds signs that separate them. Nothing is added
// for what is empty or a template. It returns the ranges that were added.
func (n *found) add(rg Range, at *source.Node, fm form, seps string) []Range {
	text := at.Str()
	if strings.TrimSpace(text) == "" || isTemplate(text) {
		return nil
	}
	from := len(n.Ranges)
	file := at.File()
	for _, e := range elements(text, seps) {
		n.addText(rg, e.text, Position(file.Position(e.off)), fm)
	}
	return n.Ranges[from:]
}

// addText adds one range from text.
func (n *found) addText(rg Range, text string, pos Position, fm form) {
	rg.Text, rg.Pos = text, pos
	block := 0
	rg.Prefixes, block, rg.Err = fm.parse(text)
	if block > 0 {
		rg.BlockSize, rg.BlockPos = block, pos
	}
	n.Ranges = append(n.Ranges, rg)
}

// addList adds the scalars of a sequence, or of a single text with the separators.
func (n *found) addList(rg Range, at *source.Node, fm form, seps string) []Range {
	from := len(n.Ranges)
	switch {
	case at == nil:
	case at.Kind == source.Sequence:
		for _, it := range at.Items {
			n.add(rg, it, fm, seps)
		}
	default:
		n.add(rg, at, fm, seps)
	}
	return n.Ranges[from:]
}

// finish completes the networks and returns them in the order of the table.
func (r *reader) finish() []Network {
	var out []Network
	for i := range r.rows {
		row := &r.rows[i]
		n := r.nets[row.Name]
		if n == nil || n.Key == "" && len(n.Ranges) == 0 {
			continue
		}
		n.Passive = !n.active || n.passive
		n.NodeSubnets = row.allocator(n.Mode)
		if n.passive && row.Purpose == PodNetwork {
			n.NodeSubnets = AllocatorNone
		}
		n.applyDefaults(row)
		n.Problems = problems(row, n.Network)
		out = append(out, n.Network)
	}
	return out
}

// allocator returns who hands out node subnets in a mode; the default mode's for "".
func (row *Row) allocator(mode string) Allocator {
	for _, m := range row.Modes {
		if m.Name == mode {
			return m.Allocator
		}
	}
	return row.Allocator
}

// applyDefaults adds the ranges that the network takes without being told.
func (n *found) applyDefaults(row *Row) {
	if !n.active || n.passive {
		return
	}
	for _, d := range row.Defaults {
		if d.When != "" || d.If != "" && !n.saw[d.If] || d.Mode != "" && d.Mode != n.Mode || d.Use != Hidden &&
			!n.defaults[d.Use] {
			continue
		}
		ps, _, err := form{}.parse(d.Prefix)
		if err != nil {
			continue
		}
		six := ps[0].Addr().Is6()
		if d.Use == Pods && six && !n.ipv6 {
			continue
		}
		if slices.ContainsFunc(n.Ranges, func(o Range) bool { return o.replaces(d.Use, d.Name, six) }) {
			continue
		}
		n.Ranges = append(n.Ranges, Range{
			Use: d.Use, Name: d.Name, Key: d.Moves, Text: d.Prefix, Pos: n.Pos, Prefixes: ps, BlockSize: d.Block,
			BlockDefault: d.Block > 0,
			Default:      true, DefaultOf: row.Name,
		})
	}
}

// replaces reports whether o, being written, is what a default range stands for. Any range that is written for pods
// does so for pods, since nobody keeps the default pool beside one's own.
func (o Range) replaces(use Use, name string, six bool) bool {
	if o.Default || o.Use != use || len(o.Prefixes) > 0 && o.IPv6() != six && use != Pods {
		return false
	}
	return use == Pods || use == Services || o.Name == name
}

// Join brings together what several files of one cluster show: one Network for each name, in the order of the table.
// Defaults give way to what is written, in whichever file. The arguments are not changed.
func Join(ns ...Network) []Network {
	var out []Network
	for i := range rows {
		var n *Network
		for _, m := range ns {
			if m.Name != rows[i].Name {
				continue
			}
			if n == nil {
				m.Ranges = slices.Clone(m.Ranges)
				n = &m
				continue
			}
			n.join(m)
		}
		if n == nil {
			continue
		}
		n.dropDefaults()
		if !n.Passive || n.NodeSubnets != AllocatorNone {
			n.NodeSubnets = rows[i].allocator(n.Mode)
		}
		n.Problems = problems(&rows[i], *n)
		out = append(out, *n)
	}
	return out
}

func (n *Network) join(m Network) {
	if n.Passive && !m.Passive && n.NodeSubnets != AllocatorNone {
		n.Passive, n.Key, n.Pos = false, m.Key, m.Pos
	}
	if m.Passive && m.NodeSubnets == AllocatorNone {
		n.Passive, n.NodeSubnets = true, AllocatorNone
	}
	if m.Mode != "" && (n.Mode == "" || n.ModeDefault && !m.ModeDefault) {
		n.Mode, n.ModeDefault = m.Mode, m.ModeDefault
	}
	if n.Release == "" {
		n.Release = m.Release
	}
	n.Ranges = append(n.Ranges, m.Ranges...)
}

// dropDefaults removes default ranges that something written stands for, and those that stand twice.
func (n *Network) dropDefaults() {
	type key struct {
		use  Use
		name string
		six  bool
	}
	gone := map[key]bool{}
	for _, o := range n.Ranges {
		if o.Default {
			continue
		}
		name := o.Name
		if o.Use == Pods || o.Use == Services {
			name = ""
		}
		for _, six := range []bool{false, true} {
			if o.replaces(o.Use, o.Name, six) {
				gone[key{o.Use, name, six}] = true
			}
		}
	}
	n.Ranges = slices.DeleteFunc(n.Ranges, func(o Range) bool {
		if !o.Default {
			return false
		}
		k := key{o.Use, o.Name, o.IPv6()}
		if o.Use == Pods || o.Use == Services {
			k.name = ""
		}
		if gone[k] {
			return true
		}
		gone[k] = true
		return false
	})
}
