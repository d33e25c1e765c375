package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ErrHoldsSubnet says that a node holds a podCIDR. The API server does not let it be changed: the node has to be
// drained, deleted and registered again.
var ErrHoldsSubnet = errors.New("the node holds a podCIDR, which cannot be changed")

// A PatchError is a node patch that the API server would refuse. The zero value names no node and has no cause.
type PatchError struct {
	Node   string
	Prefix netip.Prefix // the subnet that it is about; not valid where it is about the node
	Held   string       // the subnets that the node holds
	Err    error
}

// Error says what is wrong and what to do.
func (e *PatchError) Error() string {
	switch {
	case errors.Is(e.Err, ErrHoldsSubnet):
		return fmt.Sprintf("node %q: it holds %s, and a podCIDR cannot be changed; drain it, delete the Node object and restart its kubelet", e.Node, e.Held)
	case e.Prefix.IsValid():
		return fmt.Sprintf("node %q: subnet %s: %v", e.Node, e.Prefix, e.Err)
	}
	return fmt.Sprintf("node %q: %v", e.Node, e.Err)
}

// Unwrap returns the cause.
func (e *PatchError) Unwrap() error { return e.Err }

// A NodePatch gives subnets to a node that holds none. It is made by [NewNodePatch]; the zero NodePatch is of no node.
type NodePatch struct {
	Node    string
	Subnets []netip.Prefix // primary first
}

// NewNodePatch returns the patch that gives node n the subnets, primary first: one, or one of each family.
//
// The error is a *[PatchError] for what the API server refuses: a node that holds a podCIDR ([ErrHoldsSubnet];
// k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go ValidateNodeUpdate), no subnet, two of one family,
// host bits or the IPv4-mapped form (refused since 1.36), a name that no node can have. Whether another node holds the
// same subnet is not looked at.
func NewNodePatch(n Node, subnets ...netip.Prefix) (NodePatch, error) {
	name := n.Name.V
	fail := func(p netip.Prefix, err error) (NodePatch, error) {
		return NodePatch{}, &PatchError{Node: name, Prefix: p, Err: err}
	}
	if !nameCell.MatchString(name) || len(name) > 253 {
		return fail(netip.Prefix{}, errors.New("no node can have that name"))
	}
	if held, _ := n.Subnets(); len(held) > 0 {
		var texts []string
		for _, h := range held {
			texts = append(texts, h.Text)
		}
		return NodePatch{}, &PatchError{Node: name, Held: strings.Join(texts, " and "), Err: ErrHoldsSubnet}
	}
	if len(subnets) == 0 {
		return fail(netip.Prefix{}, errors.New("no subnet to give"))
	}
	for i, p := range subnets {
		if err := cidr.Check(p); err != nil {
			return fail(p, err)
		}
		if i > 1 || i == 1 && fact.FamilyOf(p) == fact.FamilyOf(subnets[0]) {
			return fail(p, errors.New("a node holds one subnet of each family at most"))
		}
	}
	return NodePatch{Node: name, Subnets: append([]netip.Prefix(nil), subnets...)}, nil
}

// JSON returns the patch as the API server takes it, as a strategic merge patch or a merge patch; it is the one that
// kube-controller-manager sends: k8s.io/component-helpers v0.37.2 node/util/cidr.go PatchNodeCIDRs. It is "{}" for the
// zero NodePatch.
func (p NodePatch) JSON() string {
	if len(p.Subnets) == 0 {
		return "{}"
	}
	type spec struct {
		PodCIDR  string   `json:"podCIDR"`
		PodCIDRs []string `json:"podCIDRs"`
	}
	var s spec
	for _, q := range p.Subnets {
		s.PodCIDRs = append(s.PodCIDRs, q.String())
	}
	s.PodCIDR = s.PodCIDRs[0]
	b, _ := json.Marshal(map[string]spec{"spec": s}) // strings cannot fail
	return string(b)
}

// String returns the command that applies the patch, "" for the zero NodePatch and for a name that no API server gives
// a Node.
func (p NodePatch) String() string {
	if gate.Name(p.Node, "") == "" {
		return ""
	}
	return "kubectl patch node " + p.Node + " --type=merge -p " + gate.Word(p.JSON())
}

// WriteNodePatches writes the commands that apply the patches, one a line. The error is that of w, or names a patch
// whose Node is no name of a Node; the zero NodePatch is passed over.
func WriteNodePatches(w io.Writer, patches ...NodePatch) error {
	for _, p := range patches {
		if p.Node == "" {
			continue
		}
		if gate.Name(p.Node, "") == "" {
			return fmt.Errorf("node %q: must be a name of lower-case letters, digits, - and ., as Nodes have", p.Node)
		}
		if _, err := io.WriteString(w, p.String()+"\n"); err != nil {
			return err
		}
	}
	return nil
}
