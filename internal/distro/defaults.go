package distro

import (
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
)

// family returns the families of the cluster: what the file says, else those of the ranges in it, else IPv4.
func (c *Cluster) family() (v4, v6 bool) {
	switch c.Family {
	case "ipv4":
		return true, false
	case "ipv6":
		return false, true
	case "dual":
		return true, true
	}
	v4, v6 = families(append(c.prefixes(Pods), c.prefixes(Services)...))
	if !v4 && !v6 {
		v4 = true
	}
	return v4, v6
}

// says reports whether a value of the role was written for any program, readable or not.
func (c *Cluster) says(role Role) bool {
	return slices.ContainsFunc(c.Values, func(v Value) bool {
		return v.Role == role && !v.Ignored && !v.Default &&
			v.Program == ""
	})
}

// saysFor is [Cluster.says] with values for one program alone.
func (c *Cluster) saysFor(role Role, program Program) bool {
	return slices.ContainsFunc(c.Values, func(v Value) bool {
		return v.Role == role && !v.Ignored && !v.Default && (v.Program == "" || v.Program == program)
	})
}

// addDefaults adds what the installer takes for what nobody wrote. A part of a description says nothing by what it
// leaves out, but for the node masks that the installer writes beside the pods that it names.
func (c *Cluster) addDefaults() {
	masksAlone := c.Partial
	if masksAlone && len(c.prefixes(Pods)) == 0 {
		return
	}
	v4, v6 := c.family()
	dual := v4 && v6
	for _, d := range c.in.Defaults {
		if masksAlone && !(d.Rendered && d.Role.mask()) {
			continue
		}
		if slices.ContainsFunc(c.Values, func(v Value) bool {
			return v.Default && v.Role == d.Role &&
				v.Program == ""
		}) {
			continue // worked out by the reader
		}
		both := c.saysFor(d.Role, ControllerManager) && c.saysFor(d.Role, APIServer)
		if d.Old || both || c.says(d.Role) || d.Role.number() && c.saysFor(d.Role, ControllerManager) {
			continue
		}
		switch {
		case d.Role == NodeMask && dual, d.Role == NodeMaskIPv4 && !v4, d.Role == NodeMaskIPv6 && !v6:
			continue
		case (d.Role == NodeMaskIPv4 || d.Role == NodeMaskIPv6) && !dual && c.saysFor(NodeMask, ControllerManager):
			continue
		}
		text := ""
		if v4 {
			text = d.IPv4
		}
		if v6 && d.IPv6 != "" && !(d.Role.number() && text != "") {
			if text != "" {
				text += ","
			}
			text += d.IPv6
		}
		if text == "" && d.Role.ranges() && d.Rendered && c.Family == "" {
			text = d.IPv4 // it knows no other, whatever family the rest has
		}
		if text == "" {
			continue
		}
		of := d.Of
		if of == "" {
			of = c.Installer
		}
		v := Value{Role: d.Role, Key: string(d.Role), Pos: c.Pos, Default: true, DefaultOf: of, Rendered: d.Rendered}
		c.plain(&v, text, func(int) Position { return c.Pos })
		c.Values[len(c.Values)-1].Places = nil
	}
	if !masksAlone {
		c.defaultDNS()
	}
}

// defaultDNS adds the address that cluster DNS gets in the primary service range.
func (c *Cluster) defaultDNS() {
	if c.in.DNS == 0 || c.saysFor(DNS, Kubelet) {
		return
	}
	s := c.first(Services)
	if s == nil || !s.IsRange() {
		return
	}
	v := Value{Role: DNS, Key: string(DNS), Pos: s.Pos, Default: true, DefaultOf: c.Installer}
	for _, p := range s.Prefixes[:min(len(s.Prefixes), 2)] {
		if a, ok := nth(p.Masked(), c.in.DNS); ok {
			if v.Text != "" {
				v.Text += ","
			}
			v.Addrs = append(v.Addrs, a)
			v.Text += a.String()
		}
	}
	if len(v.Addrs) > 0 {
		c.Values = append(c.Values, v)
	}
}

// nth returns the address that is n behind the first of p, if p has as many.
func nth(p netip.Prefix, n int) (netip.Addr, bool) {
	if !p.IsValid() || n < 0 || ipnet.Size(p) != 0 && ipnet.Size(p) <= int64(n) {
		return netip.Addr{}, false
	}
	a := p.Addr()
	for range n {
		a = a.Next()
	}
	return a, a.IsValid() && a.Compare(cidr.Last(p)) <= 0
}
