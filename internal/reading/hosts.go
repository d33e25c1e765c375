package reading

import (
	"bytes"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// An alias is another name of a host: the folder in which its files stand, one of its pods.
type alias struct{ other, host string }

// hostnameFile returns the name of the host whose tree holds the file, where it is its /etc/hostname.
func hostnameFile(name, host string, data []byte) (alias, bool) {
	text := string(bytes.TrimSpace(data[:min(len(data), 300)]))
	if base := path.Base(name); base != "hostname" && base != "hostname.txt" || host == "" {
		return alias{}, false
	}
	if text == "" || len(text) > 253 || strings.Trim(text, hostBytes) != "" || strings.EqualFold(text, "localhost") {
		return alias{}, false
	}
	return alias{host, text}, host != text
}

const hostBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."

// A registry knows the hosts of a cluster by all their names.
type registry struct {
	nodes map[string]string // names of Node objects by themselves, in lower case
	short map[string]string // their first labels; "" where several have it
	addrs map[netip.Addr]string
	other map[string]string
}

// newRegistry learns the hosts that files name.
func newRegistry(files []File) *registry {
	r := &registry{nodes: map[string]string{}, short: map[string]string{}, addrs: map[netip.Addr]string{}, other: map[string]string{}}
	put := func(m map[string]string, key, host string) {
		if known, ok := m[key]; ok && known != host {
			host = ""
		}
		m[key] = host
	}
	seen := func(host string) {
		if _, err := netip.ParseAddr(host); err == nil || host == "" {
			return
		}
		put(r.short, label(host), host)
	}
	for _, f := range files {
		for _, s := range f.Statements {
			if s.Component != fact.Node || s.Host == "" {
				continue
			}
			if lower := strings.ToLower(s.Host); r.nodes[lower] == "" {
				r.nodes[lower] = s.Host
				seen(s.Host)
			}
			if s.Role == fact.RoleAddress {
				for _, a := range s.Addrs {
					if known, ok := r.addrs[a]; ok && known != s.Host {
						r.addrs[a] = ""
						continue
					}
					r.addrs[a] = s.Host
				}
			}
		}
		for _, n := range f.names {
			put(r.other, n.other, n.host)
		}
	}
	return r
}

// label returns the first label of a host's name, in lower case.
func label(host string) string {
	first, _, _ := strings.Cut(strings.ToLower(host), ".")
	return first
}

// name returns the one name of a host: that of its Node object, where there is one.
func (r *registry) name(host string) string {
	if host == "" {
		return ""
	}
	if h := r.other[host]; h != "" {
		host = h
	}
	if n := r.nodes[strings.ToLower(host)]; n != "" {
		return n
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return firstOf(r.addrs[a], host)
	}
	return firstOf(r.short[label(host)], host)
}

// rename gives the hosts of all statements and processes their one name.
func (f *Files) rename() {
	r := newRegistry(f.List)
	for i := range f.List {
		file := &f.List[i]
		file.Host = r.name(file.Host)
		for j := range file.Statements {
			s := &file.Statements[j]
			if s.Component != fact.Node {
				s.Host = r.name(s.Host)
			}
			if s.Finding != nil {
				for k := range s.Finding.Where {
					w := &s.Finding.Where[k]
					w.Host = r.name(w.Host)
				}
			}
		}
		for j := range file.installed {
			file.installed[j].host = r.name(file.installed[j].host)
		}
		for j := range file.processes {
			file.processes[j].host = r.name(file.processes[j].host)
		}
	}
}

// join finds what only several files tell: which names are one host's, which variables a unit takes, what networks there
// are.
func (f *Files) join() {
	f.rename()
	f.joinInstallers()
	f.joined = joined(f.List)
	f.dropGuesses()
}

// joined returns what it takes all files of a cluster to know.
func joined(files []File) []fact.Statement {
	var ps []process
	for _, file := range files {
		ps = append(ps, file.processes...)
	}
	return append(joinProcesses(ps), networkStatements(files)...)
}

// dropGuesses drops the network that an installer brings by default, where something shows which one is there.
func (f *Files) dropGuesses() {
	guess := func(s fact.Statement) bool { return s.Setting == fact.SettingCNI && s.Default }
	seen := slices.ContainsFunc(f.joined, func(s fact.Statement) bool { return s.Setting == fact.SettingCNI && !s.Default })
	for _, file := range f.List {
		seen = seen || slices.ContainsFunc(file.Statements, func(s fact.Statement) bool {
			return s.Component == fact.Flannel || s.Setting == fact.SettingCNI && !s.Default
		})
	}
	if !seen {
		return
	}
	for i := range f.List {
		f.List[i].Statements = slices.DeleteFunc(f.List[i].Statements, guess)
	}
}
