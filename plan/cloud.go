package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A cloud is a row of what a cloud keeps of each subnet of hosts.
type cloud struct {
	name              string
	reserved4         int // addresses of an IPv4 subnet that no host gets: base, gateway, DNS, broadcast and what else it keeps
	reserved6         int
	longest, shortest int // prefix lengths that an IPv4 subnet can have
}

// clouds returns the table of clouds. Sources: the providers' documentation on subnets: VPC user guide, "Subnet
// sizing" (the first four addresses and the last, IPv4 and IPv6 alike, /16 to /28); Azure Virtual Network FAQ (the
// first four and the last, /2 to /29); Google Cloud, "Unusable addresses in IPv4 subnet ranges" (the first two and
// the last two of a primary range, /29 or larger); OCI, "Three IP addresses in each subnet" (the first two and the
// last, /30 or larger).
func clouds() []cloud {
	return []cloud{
		{"aws", 5, 5, 28, 16},
		{"azure", 5, 5, 29, 2},
		{"gcp", 4, 2, 29, 8},
		{"oci", 3, 2, 30, 16},
	}
}

// cloudNames returns the names of [Request.Cloud], with commas between.
func cloudNames() string {
	var names []string
	for _, c := range clouds() {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// cloud returns the row of the request's cloud; ok is false where it has none.
func (r *Request) cloud() (c cloud, ok bool) {
	i := slices.IndexFunc(clouds(), func(c cloud) bool { return c.name == r.Cloud })
	if i < 0 {
		return cloud{}, false
	}
	return clouds()[i], true
}

func (r *Request) checkCloud() error {
	if _, ok := r.cloud(); ok || r.Cloud == "" {
		return nil
	}
	return &RequestError{Field: "cloud", Value: r.Cloud, Reason: "must be one of " + cloudNames()}
}

// setCloud sets the cloud by a name, or by that of its managed Kubernetes.
func (r *Request) setCloud(v string) error {
	v = strings.ToLower(v)
	if as := map[string]string{"eks": "aws", "aks": "azure", "gke": "gcp", "gce": "gcp", "google": "gcp", "oracle": "oci", "oke": "oci"}[v]; as != "" {
		v = as
	}
	q := Request{Cloud: v}
	if q.checkCloud() != nil {
		return errors.New("must be one of " + cloudNames())
	}
	r.Cloud = v
	return nil
}

// hostEdges is how many addresses of a host range no host gets: the network's, the gateway's and, for IPv4, the
// broadcast address; in a cloud what it keeps.
func (r *Request) hostEdges(f fact.Family) int {
	c, ok := r.cloud()
	switch {
	case ok && f == fact.IPv4:
		return c.reserved4
	case ok:
		return c.reserved6
	case f == fact.IPv4:
		return 3
	}
	return 2
}

// edgesText says what hostEdges counts.
func (r *Request) edgesText(f fact.Family) string {
	if c, ok := r.cloud(); ok {
		return fmt.Sprintf("%d that %s keeps of each subnet", r.hostEdges(f), c.name)
	}
	if f == fact.IPv4 {
		return "network, gateway and broadcast address"
	}
	return "network and gateway address"
}

// HostsIn returns how many hosts one of the hosts' ranges of p has addresses for: [HostCount], less what a cloud keeps.
func (p *Plan) HostsIn(r Range) Count {
	c := HostCount(r.Prefix)
	if _, ok := p.Request.cloud(); ok && c.Exp >= 2 {
		c.Minus = uint64(p.Request.hostEdges(r.Family()))
		if c.Exp < 3 {
			c.Minus = min(c.Minus, 1<<c.Exp)
		}
	}
	return c
}
