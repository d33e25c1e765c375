package distro

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// ReadFiles reads several files and returns what each says, with what only their being together tells: files of
// config.yaml.d are merged
// into the config.yaml that they follow, and a default gives way where another file of the same installer sets the
// value.
func ReadFiles(files []*source.File) []Cluster {
	var out []Cluster
	for _, f := range files {
		out = append(out, Read(f)...)
	}
	return slices.DeleteFunc(Join(out), func(c Cluster) bool { return c.Installer == "" })
}

// Join returns what the clusters of several files say together, as [ReadFiles] does, in their places. In that of one that
// was merged into another stands the zero Cluster. all is not changed.
func Join(all []Cluster) []Cluster {
	all = slices.Clone(all)
	mergeDropIns(all)
	dropDefaults(all)
	joinWithDefaults(all)
	return all
}

// path returns the path of the file on its host, as far as it is known.
func (c *Cluster) path() string { return firstOf(c.Path, c.Pos.File) }

// mergeDropIns merges files of k3s and RKE2 in the order in which they are read: config.yaml, then config.yaml.d by
// name.
// github.com/k3s-io/k3s pkg/configfilearg/parser.go readConfigFile.
func mergeDropIns(all []Cluster) {
	groups := map[string][]int{}
	for i, c := range all {
		if len(c.keys) > 0 {
			base := basePath(c.path())
			groups[base] = append(groups[base], i)
		}
	}
	for i := range all {
		group := groups[basePath(all[i].path())]
		if len(all[i].keys) == 0 || len(group) < 2 || group[0] != i {
			continue
		}
		slices.SortStableFunc(group, func(a, b int) int {
			return cmp.Or(boolInt(dropIn(all[a].path()))-boolInt(dropIn(all[b].path())),
				cmp.Compare(all[a].path(), all[b].path()))
		})
		m := newMerger(all[group[0]])
		for _, j := range group[1:] {
			m.add(all[j])
		}
		for _, j := range group {
			all[j] = Cluster{}
		}
		m.again()
		all[i] = m.Cluster
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// basePath returns the config.yaml that a file of config.yaml.d follows, and the name itself for other files.
func basePath(name string) string {
	if dropIn(name) {
		return strings.TrimSuffix(path.Dir(name), ".d")
	}
	return name
}

// A merger adds later files of k3s or RKE2 to an earlier one.
type merger struct {
	Cluster
	stated map[string][]int // values that are written and in force, by the key that they stand under
}

func newMerger(c Cluster) *merger {
	m := &merger{Cluster: c, stated: map[string][]int{}}
	m.Values, m.keys = nil, slices.Clone(c.keys)
	for _, v := range c.Values {
		m.state(v)
	}
	return m
}

func (m *merger) state(v Value) {
	if key := writtenUnder(v.Key); !v.Default && !v.Overridden {
		m.stated[key] = append(m.stated[key], len(m.Values))
	}
	m.Values = append(m.Values, v)
}

// add adds the values of a later file. A key without + replaces what was collected under it before.
func (m *merger) add(later Cluster) {
	for _, k := range later.keys {
		if strings.HasSuffix(k, "+") {
			continue
		}
		for _, i := range m.stated[k] {
			m.Values[i].Overridden = true
		}
		delete(m.stated, k)
	}
	for _, v := range later.Values {
		if !v.Default {
			m.state(v)
		}
	}
	m.keys = append(m.keys, later.keys...)
	if later.CNIStated {
		m.CNI, m.CNIStated, m.CNIPos, m.Allocator = later.CNI, true, later.CNIPos, later.Allocator
	}
	if later.Installer == "rke2" && later.CNIStated {
		m.Installer, m.in = later.Installer, later.in
	}
}

func writtenUnder(key string) string { return strings.TrimSuffix(topKey(key), "+") }

func topKey(key string) string {
	top, _, _ := strings.Cut(key, ".")
	return top
}

// again works out anew what follows from the values. Only what k3s and RKE2 need.
func (c *Cluster) again() {
	c.Values = slices.DeleteFunc(c.Values, func(v Value) bool { return v.Default })
	c.Problems, c.latest = nil, nil
	c.Family = ""
	c.lastFlags()
	c.flatFamily()
	c.addDefaults()
	refuseK3s(c)
	c.refuseText()
	c.refuseMasks()
}

// lastFlags leaves of each flag of a program the last value in force.
func (c *Cluster) lastFlags() {
	last := map[string]int{}
	for i := range c.Values {
		v := &c.Values[i]
		if v.Program == "" || v.Overridden || v.Ignored {
			continue
		}
		k := string(v.Program) + " " + string(v.Role)
		if before, ok := last[k]; ok {
			c.Values[before].Overridden = true
		}
		last[k] = i
	}
}

// dropDefaults removes defaults that another file sets, for installers whose clusters are told by several files.
// Servers that differ are
// two hosts, and each keeps its own.
func dropDefaults(all []Cluster) {
	type stated struct {
		installer, host string
		role            Role
	}
	by := map[stated]bool{}
	for _, c := range all {
		if c.in == nil || !c.in.Spread {
			continue
		}
		for _, v := range c.Values {
			if !v.Default && !v.Overridden && !v.Ignored && !v.Template && v.Program == "" {
				by[stated{c.Installer, c.Host, v.Role}] = true
				by[stated{c.Installer, "*", v.Role}] = true
			}
		}
	}
	for i := range all {
		c := &all[i]
		if c.in == nil || !c.in.Spread {
			continue
		}
		c.Values = slices.DeleteFunc(slices.Clone(c.Values), func(v Value) bool {
			if !v.Default || v.Role == DNS {
				return false
			}
			return by[stated{c.Installer, c.Host, v.Role}] || by[stated{c.Installer, "", v.Role}] || c.Host == "" &&
				by[stated{c.Installer, "*", v.Role}]
		})
	}
}

// joinWithDefaults gives a server that joins others and is told no ranges those of the installer, where the others are told theirs and no
// other file of its host tells any: that is how it starts.
func joinWithDefaults(all []Cluster) {
	tells := func(c *Cluster) bool { return c.says(Pods) || c.says(Services) }
	host := func(c *Cluster) string { return firstOf(c.Host, c.On) }
	for i := range all {
		c := &all[i]
		if !c.Joins || c.in == nil || host(c) == "" {
			continue
		}
		others := false
		for j := range all {
			o := &all[j]
			if j == i || o.Installer != c.Installer || !tells(o) {
				continue
			}
			if host(o) == host(c) || host(o) == "" {
				others = false
				break
			}
			others = others || !o.Partial && len(o.keys) == 0 // who writes them into a file on one host may do so on all
		}
		if others {
			c.Joins, c.Partial = false, false
			c.flatFamily()
			c.addDefaults()
		}
	}
}
