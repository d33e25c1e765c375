package nodeipam

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Refusals returns why a kubeadm of release v does not take n, in its words, in its order; none where it does.
// The zero Version is the newest release.
func (n KubeadmNetworking) Refusals(v fact.Version) []Refusal {
	r := newRefuser(v)
	v = r.version

	if n.AdvertiseAddress != "" {
		if _, ok := ipnet.ParseAddr(n.AdvertiseAddress); !ok {
			r.add(n.AdvertiseAddress, []string{"adm-advertise"}, n.AdvertiseAddress)
			return r.out
		}
	}
	if d := n.DNSDomain; d != "" {
		if len(d) > 253 {
			r.add(d, []string{"adm-dns-length"})
		}
		if !gate.IsSubdomain(d) {
			r.add(d, []string{"adm-dns-old", "adm-dns"})
		}
	}
	if n.ServiceSubnet != "" {
		list := n.subnets(r, n.ServiceSubnet, "adm-service", 10)
		for _, p := range list {
			if size := p.Addr().BitLen(); size-p.Bits() > 20 {
				r.add(ipnet.String(p), []string{"adm-service-large"}, size, size-20)
			}
		}
	}
	if n.PodSubnet != "" {
		least := int64(14)
		if v.Before(v1(20)) {
			least = 10
		}
		list := n.subnets(r, n.PodSubnet, "adm-pod", least)
		if lastArg(n.ControllerManagerArgs, "allocate-node-cidrs") != "false" {
			for _, p := range list {
				n.nodeMask(r, p)
			}
		}
	}
	for _, a := range []struct {
		id   string
		args []Arg
	}{{"adm-apiserver-args", n.APIServerArgs}, {"adm-controller-args", n.ControllerManagerArgs}} {
		for i, arg := range a.args {
			if arg.Name == "" {
				r.add(fmt.Sprintf("index %d", i), []string{a.id})
			}
		}
	}
	return r.out
}

// subnets checks one list of ranges and returns what could be read of it.
func (n KubeadmNetworking) subnets(r *refuser, text, id string, least int64) []netip.Prefix {
	parts := []string{text}
	if !r.version.Before(v1(16)) {
		parts = strings.Split(text, ",")
	}
	list, bad := ipnet.ParseCIDRs(parts)
	switch {
	case bad >= 0:
		r.add(text, []string{id + "-parse"})
		return nil
	case len(list) > 1 && !dualStackGate(r.version, n.FeatureGates):
		r.add(text, []string{id + "-single"})
	case len(list) > 2, len(list) == 2 && !ipnet.DualStack(list):
		r.add(text, []string{id + "-families"})
	}
	for _, p := range list {
		if size := ipnet.Size(p); size < least {
			r.add(ipnet.String(p), []string{id + "-small-old", id + "-small"}, size)
		}
	}
	return list
}

// nodeMask checks that p can be cut into node subnets.
func (n KubeadmNetworking) nodeMask(r *refuser, p netip.Prefix) {
	if r.version.Before(v1(20)) {
		return
	}
	name, mask := "node-cidr-mask-size-ipv6", 64
	if ipnet.Is4(p) {
		name, mask = "node-cidr-mask-size-ipv4", 24
	}
	if r.version.Before(v1(21)) && !dualStackGate(r.version, n.FeatureGates) {
		name = "node-cidr-mask-size"
	}
	if s := lastArg(n.ControllerManagerArgs, name); s != "" {
		m, err := strconv.Atoi(s)
		if err != nil {
			// kubeadm prints the error of strconv with it.
			why := "invalid syntax"
			if errors.Is(err, strconv.ErrRange) {
				why = "value out of range"
			}
			r.add(ipnet.String(p), []string{"adm-mask-number"}, name, "strconv.Atoi: parsing "+strconv.Quote(s)+": "+why)
			return
		}
		mask = m
	}
	switch {
	case p.Bits() > mask:
		r.add(ipnet.String(p), []string{"adm-mask-short-old", "adm-mask-short"}, p.Bits(), mask)
	case mask-p.Bits() > 16:
		r.add(ipnet.String(p), []string{"adm-mask-far-old", "adm-mask-far"}, p.Bits(), mask)
	}
}

// lastArg returns the value of the last argument of that name, "" where there is none.
func lastArg(args []Arg, name string) string {
	for i := len(args) - 1; i >= 0; i-- {
		if args[i].Name == name {
			return args[i].Value
		}
	}
	return ""
}
