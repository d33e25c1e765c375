package reading

import (
	"reflect"
	"slices"

	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An installed is what an installer's file tells of a cluster, and where its statements stand among those of the file.
type installed struct {
	cluster  distro.Cluster
	host     string
	template bool
	from, to int
}

// statements returns what the cluster states, whose host is that of the file where it names none.
func (in installed) statements(c distro.Cluster) []fact.Statement {
	s := c.Statements()
	if in.template {
		s = slices.DeleteFunc(s, unfilled)
	}
	for i := range s {
		if s[i].Host == "" {
			s[i].Host = in.host
		}
	}
	return s
}

// readInstallers reads what installers are told.
func readInstallers(a *asked) ([]fact.Statement, error) {
	a.clusters = distro.Read(a.text)
	for i := range a.clusters {
		a.clusters[i].On = a.host
		if a.path != "" && a.seg.Path != "" {
			a.clusters[i].Path = a.host + ":" + a.path
		}
	}
	return statementsOf(a.clusters), nil
}

// keepInstalled notes the clusters whose statements are the last ones of the file.
func (file *File) keepInstalled(a *asked, n int) {
	at := len(file.Statements) - n
	for _, c := range a.clusters {
		in := installed{cluster: c, host: a.host, template: a.seg.Template || templateName(a.path), from: at}
		at += len(in.statements(c))
		in.to = at
		file.installed = append(file.installed, in)
	}
	if at != len(file.Statements) { // something was left out of them: they stay as they are
		file.installed = file.installed[:len(file.installed)-len(a.clusters)]
	}
}

// joinInstallers gives the statements of installers' files what only their being together tells: files of config.yaml.d
// change the one that they follow, and a default gives way where another file sets the value. Each cluster's files are
// joined alone; those that stand outside of all clusters' folders stay as they are.
func (f *Files) joinInstallers() {
	defer func() {
		for i := range f.List {
			f.List[i].installed = nil
		}
	}()
	n := 0
	for i := range f.List {
		n += len(f.List[i].installed)
	}
	if n < 2 {
		return
	}
	groups := f.groups()
	if groups == nil {
		all := make([]int, len(f.List))
		for i := range all {
			all[i] = i
		}
		f.joinInstalled(all)
		return
	}
	in := map[int]int{}
	for _, g := range groups {
		for _, i := range g {
			in[i]++
		}
	}
	for _, g := range groups {
		f.joinInstalled(slices.DeleteFunc(slices.Clone(g), func(i int) bool { return in[i] > 1 }))
	}
}

// joinInstalled joins the clusters of the files of these indices.
func (f *Files) joinInstalled(files []int) {
	var all []distro.Cluster
	for _, i := range files {
		for _, in := range f.List[i].installed {
			all = append(all, in.cluster)
		}
	}
	if len(all) < 2 {
		return
	}
	joined := distro.Join(all)
	k := 0
	for _, i := range files {
		file := &f.List[i]
		moved := 0
		for j := range file.installed {
			in := &file.installed[j]
			from, to := in.from+moved, in.to+moved
			if c := joined[k]; !reflect.DeepEqual(c, in.cluster) {
				s := in.statements(c)
				file.Statements = slices.Replace(file.Statements, from, to, s...)
				moved += len(s) - (to - from)
				to, in.cluster = from+len(s), c
			}
			in.from, in.to = from, to
			k++
		}
	}
}
