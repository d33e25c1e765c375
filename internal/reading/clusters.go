package reading

import (
	"cmp"
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An identity is what a folder tells of the cluster that its files are of.
type identity struct {
	folder    string
	names     map[string]bool // that a configuration gives to the cluster
	endpoints map[string]bool
	nodes     map[string]bool
	whole     bool // an installer's configuration of a whole cluster is there
	control   bool // one of the nodes is of the control plane
	host      bool // its name is that of a host, or looks like one
}

func newIdentity(folder string) *identity {
	return &identity{folder: folder, names: map[string]bool{}, endpoints: map[string]bool{}, nodes: map[string]bool{}, host: numbered.MatchString(folder)}
}

// differs reports whether two folders are certainly of two clusters: they tell of nothing that is in both, and of
// something that each cluster has once.
func (a *identity) differs(b *identity) bool {
	if share(a.names, b.names) || share(a.endpoints, b.endpoints) || share(a.nodes, b.nodes) {
		return false
	}
	both := func(x, y map[string]bool, least int) bool { return len(x) >= least && len(y) >= least }
	switch {
	case both(a.names, b.names, 1):
		return true
	case both(a.endpoints, b.endpoints, 1):
		return !a.host && !b.host // each host of one cluster may name its own by mistake
	case both(a.nodes, b.nodes, 1) && a.whole && b.whole:
		return true
	}
	return both(a.nodes, b.nodes, 2) && a.control && b.control
}

var (
	numbered     = regexp.MustCompile(`\d$|(?i)(?:^|[-_.])(?:cp|master|node|worker|server|agent|host)(?:[-_.]|$)`)
	wholeCluster = regexp.MustCompile(`(?m)^["' \t{]*kind["']?:[ \t]*["']?(?:Cluster|Simple|ClusterConfig)\b`)
	clusterName  = regexp.MustCompile(`(?m)^[ \t]*["']?cluster_?[nN]ame["']?:[ \t]*["']?([A-Za-z0-9][\w.-]*)`)
	objectName   = regexp.MustCompile(`(?m)^(?:metadata:[ \t]*\n  )?name:[ \t]*["']?([A-Za-z0-9][\w.-]*)`)
)

func share(a, b map[string]bool) bool {
	for k := range a {
		if b[k] {
			return true
		}
	}
	return false
}

// add learns what a file tells.
func (a *identity) add(f *File) {
	for i := range f.Statements {
		s := &f.Statements[i]
		switch {
		case s.Component == fact.Node && s.Host != "":
			a.nodes[s.Host] = true
			a.control = a.control || s.Setting == fact.SettingControlPlane && s.Bool || controlName.MatchString(s.Host)
		case s.Component == fact.Kubeadm && s.Role == fact.RoleAddress && s.Key == "controlPlaneEndpoint":
			a.endpoints[s.Text] = true
		}
	}
	if f.text == nil || !slices.Contains(f.Kinds, KindKubeadmConfig) && !slices.Contains(f.Kinds, KindInstaller) {
		return
	}
	const most = 1 << 20
	data := f.text.Data[:min(len(f.text.Data), most)]
	patterns := []*regexp.Regexp{clusterName}
	if wholeCluster.Match(data) {
		a.whole = true
		patterns = append(patterns, objectName)
	}
	for _, re := range patterns {
		for _, m := range re.FindAllSubmatch(data, -1) {
			if name := string(m[1]); name != "kubernetes" && name != "cluster.local" { // what is given to all
				a.names[name] = true
			}
		}
	}
}

var controlName = regexp.MustCompile(`control-?plane|master`)

// clusters returns the files of each cluster, where folders beside each other hold more than one, and nil otherwise.
// Files outside of these folders are of all of them.
func (f *Files) clusters() [][]File {
	groups := f.groups()
	if groups == nil {
		return nil
	}
	out := make([][]File, len(groups))
	for i, g := range groups {
		for _, k := range g {
			out[i] = append(out[i], f.List[k])
		}
	}
	return out
}

// Clusters returns the files of each cluster where [Files.Check] checks several one by one, and f itself otherwise. The
// folder is that of the first of the cluster's files that no other cluster has, "" where there is one cluster.
func (f *Files) Clusters() (list []*Files, folders []string) {
	groups := f.groups()
	if groups == nil {
		return []*Files{f}, []string{""}
	}
	in := map[int]int{}
	for _, g := range groups {
		for _, i := range g {
			in[i]++
		}
	}
	for _, g := range groups {
		one := &Files{added: f.added, byName: map[string]int{}}
		folder := ""
		for _, i := range g {
			file := f.List[i]
			if in[i] == 1 && folder == "" {
				folder = path.Dir(file.Name)
			}
			if _, known := one.byName[file.Name]; !known {
				one.byName[file.Name] = len(one.List)
			}
			one.List = append(one.List, file)
		}
		one.joined = joined(one.List)
		list, folders = append(list, one), append(folders, folder)
	}
	return list, folders
}

// A ClustersError says that files are of several clusters where those of one are needed.
type ClustersError struct {
	Folders []string // one of each cluster
}

// Error names the folders.
func (e *ClustersError) Error() string {
	return fmt.Sprintf("the files are of %d clusters: give those of one (%s)", len(e.Folders), strings.Join(e.Folders, ", "))
}

// One returns the error of files that [Files.Check] checks as several clusters, a *[ClustersError], and nil otherwise.
func (f *Files) One() error {
	if _, folders := f.Clusters(); len(folders) > 1 {
		return &ClustersError{folders}
	}
	return nil
}

// groups returns the indices of the files of each cluster, as clusters does.
func (f *Files) groups() [][]int {
	told := map[string]map[string]*identity{} // by the folder above, by the folder
	for i := range f.List {
		if len(f.List[i].Kinds) == 0 {
			continue
		}
		for dir := range folders(f.List[i].Name) {
			above := path.Dir(dir)
			if told[above] == nil {
				told[above] = map[string]*identity{}
			}
			if told[above][dir] == nil {
				told[above][dir] = newIdentity(path.Base(dir))
			}
		}
	}
	for i := range f.List {
		for dir := range folders(f.List[i].Name) {
			if beside := told[path.Dir(dir)]; len(beside) > 1 && beside[dir] != nil {
				beside[dir].add(&f.List[i])
			}
		}
	}
	f.markHosts(told)
	for _, above := range sortedKeys(told) { // a folder comes before those in it
		if len(told[above]) < 2 {
			continue
		}
		if groups := apart(told[above]); len(groups) > 1 {
			return f.split(groups)
		}
	}
	return nil
}

// deepest bounds the folders above a file that are looked at.
const deepest = 16

// folders yields the folders that a file stands in, innermost first.
func folders(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if strings.Count(name, "/") > deepest {
			return
		}
		for dir := path.Dir(name); dir != path.Dir(dir); dir = path.Dir(dir) {
			if !yield(dir) {
				return
			}
		}
	}
}

// markHosts marks the folders that are named as a node is.
func (f *Files) markHosts(told map[string]map[string]*identity) {
	nodes := map[string]bool{}
	for _, file := range f.List {
		for i := range file.Statements {
			if s := &file.Statements[i]; s.Component == fact.Node {
				nodes[label(s.Host)] = true
			}
		}
	}
	for _, beside := range told {
		for _, id := range beside {
			id.host = id.host || nodes[label(id.folder)]
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// mostClusters bounds the folders that are compared with each other.
const mostClusters = 200

// apart groups folders by the cluster that they are of: two are of one unless they certainly differ.
func apart(beside map[string]*identity) [][]string {
	var groups [][]string
	if len(beside) > mostClusters {
		return nil
	}
	for _, dir := range sortedKeys(beside) {
		id := beside[dir]
		if len(id.names) == 0 && len(id.endpoints) == 0 && len(id.nodes) == 0 {
			continue
		}
		joined := []string{dir}
		groups = slices.DeleteFunc(groups, func(g []string) bool {
			same := slices.ContainsFunc(g, func(other string) bool { return !id.differs(beside[other]) })
			if same {
				joined = append(joined, g...)
			}
			return same
		})
		groups = append(groups, joined)
	}
	return groups
}

// split returns the files of each group of folders by their indices, each with those that stand in none.
func (f *Files) split(groups [][]string) [][]int {
	of := map[string]int{}
	for i, g := range groups {
		for _, dir := range g {
			of[dir] = i
		}
	}
	out := make([][]int, len(groups))
	for k, file := range f.List {
		at := -1
		for dir := range folders(file.Name) {
			if i, ok := of[dir]; ok {
				at = i
			}
		}
		for i := range out {
			if at < 0 || at == i {
				out[i] = append(out[i], k)
			}
		}
	}
	return out
}

// checkEach checks clusters one by one and joins the reports: what any of them did not show was not seen.
func (f *Files) checkEach(clusters [][]File) fact.Report {
	var r fact.Report
	said := map[string]bool{}
	for _, files := range clusters {
		one := Files{added: f.added, List: files, joined: joined(files)}
		report := plan.Check(one.Statements()...)
		r.Stated += report.Stated
		for _, finding := range report.Findings {
			key := string(finding.Rule) + "\x00" + finding.Message
			if len(finding.Where) > 0 {
				key += "\x00" + finding.Where[0].String()
			}
			if !said[key] { // a file of all of them says it once
				said[key] = true
				r.Findings = append(r.Findings, finding)
			}
		}
		for _, n := range report.NotSeen {
			if !slices.Contains(r.NotSeen, n) {
				r.NotSeen = append(r.NotSeen, n)
			}
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b fact.Finding) int { return cmp.Compare(weight(a), weight(b)) })
	return r
}

// weight orders findings by how bad they are.
func weight(f fact.Finding) int {
	return strings.Index("error warning info", string(f.Severity))
}
