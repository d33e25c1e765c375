package draw

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A document is a plan in JSON and YAML. Its names are a contract with other programs: fields are added, never renamed.
// Lists are never null, and the primary family comes first in each.
type document struct {
	Name                string                       `json:"name"`
	Kubernetes          string                       `json:"kubernetes"`
	Families            []string                     `json:"families"`
	Hosts               []netip.Prefix               `json:"hosts"`
	Services            []netip.Prefix               `json:"services"`
	Pods                []netip.Prefix               `json:"pods"`
	NodeMask            documentMask                 `json:"nodeMask"`
	APIServerServiceIPs []netip.Addr                 `json:"apiServerServiceIPs"`
	DNSServiceIPs       []netip.Addr                 `json:"dnsServiceIPs"`
	Capacity            documentCapacity             `json:"capacity"`
	Nodes               []documentNode               `json:"nodes"`
	Ranges              []documentRange              `json:"ranges"`
	Named               map[fact.Role][]netip.Prefix `json:"named,omitempty"` // the ranges beside the cluster's three
	Avoided             []documentReserved           `json:"avoided"`
	Warnings            []documentWarning            `json:"warnings"`
	Request             documentRequest              `json:"request"`
	From                *fromDocument                `json:"from,omitempty"`
	Changes             []changeDocument             `json:"changes,omitzero"`
	Steps               []stepDocument               `json:"steps,omitzero"`
}

// A documentMask holds the node masks of the families that the plan has.
type documentMask struct {
	IPv4 int `json:"ipv4,omitempty"`
	IPv6 int `json:"ipv6,omitempty"`
}

// A documentCapacity says what fits. Where the families differ, the smaller number counts.
type documentCapacity struct {
	Nodes        uint64           `json:"nodes"`
	NodesLeft    uint64           `json:"nodesLeft"`
	PodsPerNode  int              `json:"podsPerNode"` // as requested
	Pods         *big.Int         `json:"pods"`        // on all nodes that fit, with as many on each
	Services     *big.Int         `json:"services"`
	ServicesLeft *big.Int         `json:"servicesLeft"`
	Hosts        *big.Int         `json:"hosts"`
	HostsLeft    *big.Int         `json:"hostsLeft"`
	Families     []documentFamily `json:"families"`
}

type documentFamily struct {
	Family       string     `json:"family"`
	NodeSubnets  uint64     `json:"nodeSubnets"`
	NodesLeft    uint64     `json:"nodesLeft"`
	NodeMask     int        `json:"nodeMask"`
	PodsPerNode  plan.Count `json:"podsPerNode"` // pods that have an address in a node's subnet at the same time
	Services     plan.Count `json:"services"`
	ServicesLeft *big.Int   `json:"servicesLeft"`
	StaticBand   int        `json:"staticBand"`
	Hosts        *big.Int   `json:"hosts"`
	HostsLeft    *big.Int   `json:"hostsLeft"`
}

type documentNode struct {
	Name     string         `json:"name"`
	PodCIDRs []netip.Prefix `json:"podCIDRs"`
}

type documentRange struct {
	Role      fact.Role    `json:"role"`
	CIDR      netip.Prefix `json:"cidr"`
	Given     bool         `json:"given"`
	Kept      netip.Prefix `json:"kept"`      // the range with the neighbours that are kept free for it
	CanGrowTo netip.Prefix `json:"canGrowTo"` // with everything else where it is
	Sizing    string       `json:"sizing"`
	Why       string       `json:"why"`
}

type documentReserved struct {
	CIDR   netip.Prefix `json:"cidr"`
	Name   string       `json:"name"`
	Source string       `json:"source,omitempty"`
}

type documentWarning struct {
	Rule     fact.RuleID   `json:"rule"`
	Severity fact.Severity `json:"severity"`
	Message  string        `json:"message"`
	Effect   string        `json:"effect"`
	Fix      []string      `json:"fix"`
}

// A documentRequest is the request as a file has it, so that a plan can be read back.
type documentRequest plan.Request

// MarshalJSON writes the keys of a request file in their order, those that are set.
func (r documentRequest) MarshalJSON() ([]byte, error) {
	b := new(bytes.Buffer)
	b.WriteByte('{')
	for _, k := range plan.RequestKeys() {
		values := plan.Request(r).Values(k.Name)
		if len(values) == 0 {
			continue
		}
		var v any = values[0]
		if k.List {
			v = values
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:%s", k.Name, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// documentOf returns the plan in the form of its JSON.
func documentOf(p *view, o Options) document {
	d := document{
		Name:                p.Request.Name,
		Kubernetes:          p.Request.Kubernetes.String(),
		Families:            []string{},
		Hosts:               list(p.Hosts()),
		Services:            list(p.Services()),
		Pods:                list(p.Pods()),
		NodeMask:            documentMask{p.NodeMaskIPv4, p.NodeMaskIPv6},
		APIServerServiceIPs: list(p.APIServerServiceIPs),
		DNSServiceIPs:       list(p.DNSServiceIPs),
		Capacity:            capacityOf(p),
		Nodes:               []documentNode{},
		Ranges:              []documentRange{},
		Avoided:             []documentReserved{},
		Warnings:            []documentWarning{},
		Request:             documentRequest(p.Request),
	}
	for _, f := range p.Families {
		d.Families = append(d.Families, f.String())
	}
	for _, n := range nodesOf(p, o.Nodes) {
		d.Nodes = append(d.Nodes, documentNode(n))
	}
	for _, r := range p.Ranges {
		kept := r.Grow
		if !kept.IsValid() {
			kept = r.Prefix
		}
		if isNamed(r.Role) {
			if d.Named == nil {
				d.Named = map[fact.Role][]netip.Prefix{}
			}
			d.Named[r.Role] = append(d.Named[r.Role], r.Prefix)
		}
		d.Ranges = append(d.Ranges, documentRange{r.Role, r.Prefix, r.Given, kept, p.RangeGrowth(r).Into, r.Sizing, r.Why})
	}
	for _, r := range p.Request.Avoid {
		d.Avoided = append(d.Avoided, documentReserved{r.Prefix, r.Name, r.Source})
	}
	for _, f := range p.Warnings {
		d.Warnings = append(d.Warnings, documentWarning{f.Rule, f.Severity, f.Message, f.Effect, list(f.Fix)})
	}
	d.setFrom(o.From)
	return d
}

func capacityOf(p *view) documentCapacity {
	c := p.Capacity()
	d := documentCapacity{
		Nodes:       c.Nodes,
		NodesLeft:   c.NodesLeft,
		PodsPerNode: p.Request.PodsPerNode,
		Pods:        new(big.Int).Mul(new(big.Int).SetUint64(c.Nodes), big.NewInt(int64(p.Request.PodsPerNode))),
		Families:    []documentFamily{},
	}
	smaller := func(a **big.Int, b *big.Int) {
		if *a == nil || b.Cmp(*a) < 0 {
			*a = b
		}
	}
	for _, f := range c.Families {
		d.Families = append(d.Families, documentFamily{f.Family.String(), f.NodeSubnets, f.NodesLeft, f.NodeMask, f.PodsPerNode,
			f.Services, f.ServicesLeft, f.StaticBand, f.Hosts, f.HostsLeft})
		smaller(&d.Services, f.Services.Big())
		smaller(&d.ServicesLeft, f.ServicesLeft)
		smaller(&d.Hosts, f.Hosts)
		smaller(&d.HostsLeft, f.HostsLeft)
	}
	return d
}

// list returns s, and an empty slice for nil, so that it becomes [] and not null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// JSON writes p as one JSON object with the keys name, hosts, services, pods, nodeMask, apiServerServiceIPs,
// dnsServiceIPs, capacity, nodes and more; within every list the primary family comes first. Numbers are exact, and for
// IPv6 can be beyond 64 bits.
func JSON(w io.Writer, p *plan.Plan, o Options) error {
	v, err := viewOf(p)
	if err != nil {
		return err
	}
	return encodeJSON(w, documentOf(v, o))
}

// encodeJSON writes v indented, with < and > as they are, since ranges and flags are read by people too.
func encodeJSON(w io.Writer, v any) error {
	b := new(printer)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(gate.JSON(b.Bytes()))
	return err
}
