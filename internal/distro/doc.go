// Package distro reads what the installers of Kubernetes clusters are told: the files of k3s, RKE2, kind, kubespray,
// Talos, Cluster API
// and others, in which a range has another name than in the flags and files of Kubernetes itself.
//
// Start with [Read] for one file or [ReadFiles] for those of one cluster. Both give [Cluster] values: which installer
// it is, each range,
// mask and address with its place, what nobody wrote and therefore counts as the installer's default, which network the
// cluster gets, and
// who hands out pod addresses there ([Allocator]): only where that is kube-controller-manager does spec.podCIDR of a
// node matter.
// [Cluster.Statements] says the same in the vocabulary of package fact.
//
// An installer is one file and one row of [Installers]. The row holds all that is particular to it as data: how its
// files are known, its
// defaults, through which program its values act, what it checks itself, and what can be changed after the installation
// and how. The
// reader below the row names the keys. Files are known by what they hold: an API group and kind where there is one,
// otherwise by keys that
// nobody else uses; names of files count only where the content is ambiguous.
//
//	source.File --> Installers --> Cluster{Values, Problems} --> Statements
//	                (row: match, read, refuse)     |
//
// +--> ReadFiles: drop-ins merged, defaults dropped that another file sets
//
// The row also says how the installer takes a plan: [Targets] gives those that can be planned for, with their
// defaults and limits, and a writer for their file, whose text goes through [Read] and its refusals before anybody
// sees it.
//
// A value that a template has to fill in first is no value: it is kept with [Value.Template] and states nothing.
//
// The package is pure: it looks at the given bytes alone, the same bytes give the same result, and no text makes it
// panic or keeps it
// busy beyond its size.
package distro
