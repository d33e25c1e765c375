package reading

import (
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// networkStatements returns what the networks that files of one cluster show say together: a default gives way to what is
// written in another file.
func networkStatements(files []File) []fact.Statement {
	var all []netdist.Network
	for _, f := range files {
		all = append(all, f.networks...)
	}
	return statementsOf(netdist.Join(all...))
}
