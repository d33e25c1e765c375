package kubecidr_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/distro"
	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An ill is a way in which a healthy cluster breaks. It returns the files, nil where a member cannot have it.
type ill struct {
	name  string
	value func(m member, v familyValue) string // the text in the place of a value, "" where it does not fit
	files func(m member) fstest.MapFS
	warns bool // a warning is enough: what reads the value takes it
}

func first4(ps []netip.Prefix) (netip.Prefix, bool) {
	for _, p := range ps {
		if p.Addr().Is4() {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// ofFamily returns that of ps which has the family of p.
func ofFamily(ps []netip.Prefix, p netip.Prefix) (netip.Prefix, bool) {
	i := slices.IndexFunc(ps, func(q netip.Prefix) bool { return q.Addr().Is4() == p.Addr().Is4() })
	if i < 0 {
		return p, false
	}
	return ps[i], true
}

// swap returns the text of a value of one role with what f makes of each of its prefixes.
func swap(role distro.Role, f func(m member, p netip.Prefix) (netip.Prefix, bool)) func(member, familyValue) string {
	return func(m member, v familyValue) string {
		if v.role != role || v.single || len(v.prefixes) == 0 {
			return ""
		}
		var out []netip.Prefix
		for _, p := range v.prefixes {
			q, ok := f(m, p)
			if !ok || q == p {
				return ""
			}
			out = append(out, q)
		}
		return familyJoin(out)
	}
}

// only returns a text for values of some roles.
func only(text string, roles ...distro.Role) func(member, familyValue) string {
	return func(_ member, v familyValue) string {
		if !slices.Contains(roles, v.role) || v.single || len(v.prefixes) != 1 || !v.prefixes[0].Addr().Is4() {
			return ""
		}
		return text
	}
}

var ills = []ill{
	{name: "pods are the services", value: swap(distro.Pods, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		return ofFamily(m.services, p)
	})},
	{name: "services are the pods", value: swap(distro.Services, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		return ofFamily(m.pods, p)
	})},
	// Where no node has got so far, it is said that it will.
	{name: "services at the end of the pods", value: swap(distro.Services, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		q, ok := ofFamily(m.pods, p)
		return lastPart(q, max(4, p.Bits()-q.Bits())), ok
	}), warns: true},
	{name: "services at the start of the pods", value: swap(distro.Services, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		q, ok := ofFamily(m.pods, p)
		return netip.PrefixFrom(nodePart(q).Addr(), q.Bits()+max(1, p.Bits()-q.Bits())).Masked(), ok && m.byNode
	})},
	{name: "pods inside the services", value: swap(distro.Pods, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		q, ok := ofFamily(m.services, p)
		return lastPart(q, 1), ok
	})},
	{name: "a host inside the pods", files: func(m member) fstest.MapFS {
		p, ok := first4(m.pods)
		if !ok {
			return nil
		}
		out := maps.Clone(m.files)
		out[nodesFile] = m.nodes(lastPart(p, 32-p.Bits()).Addr().Prev().Prev(), m.subnets())
		return out
	}},
	{name: "a host inside the services", files: func(m member) fstest.MapFS {
		p, ok := first4(m.services)
		if !ok {
			return nil
		}
		out := maps.Clone(m.files)
		out[nodesFile] = m.nodes(lastPart(p, 32-p.Bits()).Addr().Prev().Prev(), m.subnets())
		return out
	}},
	{name: "hosts are the pods", value: swap(distro.Hosts, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		return ofFamily(m.pods, p)
	})},
	{name: "services are the hosts", value: swap(distro.Services, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		return ofFamily(m.hosts, p)
	})},
	{name: "pods are the hosts", value: swap(distro.Pods, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		return ofFamily(m.hosts, p)
	})},
	{name: "pods too small for one node", value: func(m member, v familyValue) string {
		if !m.byNode || m.network {
			return ""
		}
		return only("10.199.1.0/29", distro.Pods)(m, v)
	}},
	{name: "mask shorter than the pods", value: func(m member, v familyValue) string {
		p, ok := first4(m.pods)
		if !m.byNode || !ok || v.role != distro.NodeMask && v.role != distro.NodeMaskIPv4 {
			return ""
		}
		return fmt.Sprint(p.Bits() - 1)
	}},
	{name: "host bits", value: only("10.199.1.2/16", distro.Pods, distro.Services, distro.Pool), warns: true},
	{name: "no CIDR", value: func(m member, v familyValue) string {
		if m.network && strings.HasSuffix(v.file, ".txt") {
			return "" // a table of the API, which holds none
		}
		return only("10.300.0.0/16", distro.Pods, distro.Services, distro.Pool, distro.Hosts, poolRole)(m, v)
	}},
	{name: "families in another order", value: func(m member, v familyValue) string {
		if v.role != distro.Services || v.single || len(v.prefixes) != 2 {
			return ""
		}
		return familyJoin([]netip.Prefix{v.prefixes[1], v.prefixes[0]})
	}, warns: true},
	{name: "load balancers inside the pods", value: swap(poolRole, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		q, ok := ofFamily(m.pods, p)
		return lastPart(q, max(4, p.Bits()-q.Bits())), ok
	}), warns: true},
	{name: "load balancers inside the services", value: swap(poolRole, func(m member, p netip.Prefix) (netip.Prefix, bool) {
		q, ok := ofFamily(m.services, p)
		return lastPart(q, max(4, p.Bits()-q.Bits())), ok
	})},
	{name: "the network has another range", value: func(m member, v familyValue) string {
		if !m.agrees {
			return ""
		}
		return only("10.199.0.0/16", distro.Pods)(m, v)
	}, warns: true},
	{name: "services of the other family", value: func(m member, v familyValue) string {
		if _, ok := first4(m.pods); !ok {
			return ""
		}
		return only("fd00:99::/112", distro.Services)(m, v)
	}},
	{name: "a node has a subnet of before", files: func(m member) fstest.MapFS {
		if !m.byNode || len(m.pods) == 0 || m.pods[0].Addr().Is6() {
			return nil
		}
		out := maps.Clone(m.files)
		out[nodesFile] = m.nodes(m.host, append([]netip.Prefix{netip.MustParsePrefix("10.199.7.0/24")}, m.subnets()[1:]...))
		return out
	}},
	{name: "flannel has another range", files: func(m member) fstest.MapFS {
		if _, ok := first4(m.pods); !m.byNode || !ok || m.pods[0].Addr().Is6() {
			return nil
		}
		out := maps.Clone(m.files)
		out["net-conf.json"] = &fstest.MapFile{Data: []byte(`{"Network":"10.199.0.0/16","Backend":{"Type":"vxlan"}}` + "\n")}
		return out
	}},
	{name: "kube-proxy has another range", files: func(m member) fstest.MapFS {
		if _, ok := first4(m.pods); !ok || !m.proxy {
			return nil
		}
		out := maps.Clone(m.files)
		out["kube-proxy.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: kubeproxy.config.k8s.io/v1alpha1\n" +
			"kind: KubeProxyConfiguration\nclusterCIDR: 10.199.0.0/16\n")}
		return out
	}, warns: true},
	{name: "Services outside of their range", files: func(m member) fstest.MapFS {
		says := func(v familyValue) bool { return v.role == distro.Services }
		if _, ok := first4(m.services); !ok || m.services[0].Addr().Is6() || !slices.ContainsFunc(m.values, says) {
			return nil
		}
		out := maps.Clone(m.files)
		out["svc.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\n" +
			"spec: {clusterIP: 10.199.0.1, clusterIPs: [10.199.0.1], type: ClusterIP, ports: [{port: 443}]}\n")}
		return out
	}},
}

// worse returns the errors of got, with warns also the warnings, that healthy does not have.
func worse(healthy, got plan.Report, warns bool) []fact.Finding {
	var out []fact.Finding
	for _, f := range got.Findings {
		same := func(h fact.Finding) bool {
			return h.Rule == f.Rule && h.Message == f.Message && h.Severity == f.Severity
		}
		if (f.Severity == fact.Error || warns && f.Severity == fact.Warning) && !slices.ContainsFunc(healthy.Findings, same) {
			out = append(out, f)
		}
	}
	return out
}

// A tally counts the mutants of a row.
type tally struct{ members, mutants, found int }

// TestFamilies breaks healthy clusters of each installer and each network in each way that fits. A row is here by its own
// archives in testdata and, where it has one, its writer.
func TestFamilies(t *testing.T) {
	var installers, networks []string
	for _, in := range distro.Installers() {
		installers = append(installers, in.Name)
	}
	for _, n := range netdist.Networks() {
		if takesRanges(n) {
			networks = append(networks, n.Name)
		}
	}
	t.Run("installers", func(t *testing.T) { testFamilies(t, installers, distroMembers(t)) })
	t.Run("networks", func(t *testing.T) { testFamilies(t, networks, netdistMembers(t)) })
}

func testFamilies(t *testing.T, rows []string, members []member) {
	got, all := map[string]*tally{}, tally{}
	for _, name := range rows {
		got[name] = &tally{}
	}
	for _, m := range members {
		if got[m.row] == nil {
			t.Errorf("%s: no row %s", m.name, m.row)
			continue
		}
		got[m.row].add(t, m)
	}
	for _, name := range rows {
		c := got[name]
		t.Logf("%-15s %3d healthy clusters, %4d of %4d mutants found", name, c.members, c.found, c.mutants)
		all.members, all.mutants, all.found = all.members+c.members, all.mutants+c.mutants, all.found+c.found
		if c.members == 0 || c.found*100 < c.mutants*95 || c.mutants < 3 {
			t.Errorf("%s: %d clusters, %d of %d", name, c.members, c.found, c.mutants)
		}
	}
	t.Logf("%-15s %3d healthy clusters, %4d of %4d mutants found", "all", all.members, all.found, all.mutants)
}

func (c *tally) add(t *testing.T, m member) {
	before, err := kubecidr.Check(m.files)
	if err != nil {
		t.Fatalf("%s: %v", m.name, err)
	}
	c.members++
	for _, f := range before.Findings {
		if f.Severity == fact.Error {
			t.Errorf("%s %s: red before: %s: %s", m.row, m.name, f.Rule, f.Message)
		}
	}
	try := func(i ill, what string, files fstest.MapFS) {
		c.mutants++
		after, err := kubecidr.Check(files)
		if err == nil && len(worse(before, after, i.warns)) > 0 {
			c.found++
			return
		}
		t.Logf("%s %s: %s %s: not found", m.row, m.name, i.name, what)
	}
	for _, i := range ills {
		if i.files != nil {
			if files := i.files(m); files != nil {
				try(i, "", files)
			}
			continue
		}
		for _, v := range m.values {
			if text := i.value(m, v); text != "" {
				try(i, fmt.Sprintf("%s:%d %s", v.file, v.start, text), m.with(v, text))
			}
		}
	}
}
