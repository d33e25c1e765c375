package kubecidr

import (
	"errors"
	"fmt"
	"io"

	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan"
)

// A RefusedError says why an installer or a network does not take a request or a plan. Target is its name, and Reasons
// holds at least one.
type RefusedError = target.RefusedError

// ErrUnknownTarget says that a name is none of [Targets].
var ErrUnknownTarget = errors.New("no installer or network that is planned for")

// Targets returns the names of the installers and networks that can be planned for: "k3s", "talos", "cilium", ... The
// slice is the caller's.
func Targets() []string { return target.Names(append(distro.Targets(), netdist.Targets()...)) }

func targetOf(name string) (target.Target, error) {
	t, ok := target.ByName(append(distro.Targets(), netdist.Targets()...), name)
	if !ok {
		return t, fmt.Errorf("%q: %w", name, ErrUnknownTarget)
	}
	return t, nil
}

// TargetRequest returns r with the limits of an installer or a network and, where nothing else is asked for, its
// defaults: its ranges are taken where they are free and large enough, and its node masks where they hold the pods of a
// node. The error is [ErrUnknownTarget], or a *[RefusedError] where it takes neither the families nor the node mask of
// r.
func TargetRequest(name string, r plan.Request) (plan.Request, error) {
	t, err := targetOf(name)
	if err != nil {
		return r, err
	}
	return t.Request(r)
}

// WriteTarget writes the file of an installer or a network with what p decides, and nothing else. The error is
// [ErrUnknownTarget], a *[RefusedError] where it does not take p, or the writer's; nothing is written then. A nil plan,
// one without ranges, and one with a range that has host bits, is an error.
func WriteTarget(w io.Writer, name string, p *plan.Plan) error {
	t, err := targetOf(name)
	if err != nil {
		return err
	}
	return t.Write(w, p)
}
