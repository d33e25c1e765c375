package check

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleMTUTooLarge = rule{
	rank: 680,
	about: fact.Rule{
		ID: fact.RuleMTUTooLarge, Severity: fact.Warning, Also: []fact.Severity{fact.Error}, Disturbs: fact.DisturbsComponent,
		Title:  "flannel's MTU is more than the link carries",
		Cause:  "The MTU key is taken for that of the pods; it is that of the hosts' link.",
		Effect: "Large packets are lost, small ones pass.",
		Mend:   "set MTU to the link's, or remove it",
		Source: "github.com/flannel-io/flannel pkg/backend/vxlan, v0.28.10",
	},
	find: (*checker).mtu,
}

// mtu: what flannel writes for pods against the hosts' link.
func (c *checker) mtu() {
	overhead := map[string]int{"vxlan": 50, "wireguard": 80, "udp": 28, "ipip": 20, "ipsec": 77}
	link := 0
	if c.linkMTU != nil {
		link = c.linkMTU.Int
	}
	for _, src := range c.flannels {
		key := src.set[fact.SettingBackendMTU]
		if key == nil {
			continue
		}
		backend := "vxlan"
		if b := src.set[fact.SettingBackend]; b != nil {
			backend = strings.ToLower(b.Text)
		}
		over := overhead[backend]
		switch {
		case key.Int <= over:
			c.add(fact.Finding{
				Rule: fact.RuleMTUTooLarge, Severity: fact.Error, Where: []fact.Place{placeOf(key, fmt.Sprintf("MTU %d", key.Int))},
				Message: fmt.Sprintf("MTU %d of the %s backend is not more than its overhead of %d bytes: flannel writes FLANNEL_MTU=%d, and the CNI plugin then fails for every pod", key.Int, backend, over, key.Int-over),
				Fix:     []string{"remove MTU from net-conf.json, or set it to the MTU of the hosts' link, such as 1500; then restart flannel"},
			})
		case link > 0 && key.Int > link:
			c.add(fact.Finding{
				Rule: fact.RuleMTUTooLarge, Where: []fact.Place{placeOf(key, fmt.Sprintf("MTU %d", key.Int)), placeOf(c.linkMTU, fmt.Sprintf("link MTU %d", link))},
				Message: fmt.Sprintf("MTU %d of the %s backend is larger than the hosts' link of %d bytes: pods are told %d, and %d-%d = %d is what fits", key.Int, backend, link, key.Int-over, link, over, link-over),
				Fix:     []string{fmt.Sprintf("set \"MTU\": %d in net-conf.json, or remove it, and restart flannel and the pods", link)},
			})
		}
	}
	for _, e := range c.envs {
		s := e.set[fact.SettingSubnetMTU]
		if s == nil {
			continue
		}
		backend, under := "", link
		for _, src := range c.flannels {
			if b := src.set[fact.SettingBackend]; b != nil {
				backend = strings.ToLower(b.Text)
			}
			if k := src.set[fact.SettingBackendMTU]; k != nil {
				under = k.Int
			}
		}
		if under == 0 || backend == "" {
			continue
		}
		if want := under - overhead[backend]; s.Int > want {
			c.add(fact.Finding{
				Rule: fact.RuleMTUTooLarge, Where: []fact.Place{placeOf(s, fmt.Sprintf("FLANNEL_MTU %d", s.Int))},
				Message: fmt.Sprintf("FLANNEL_MTU is %d in subnet.env of %s, more than %d-%d = %d, which the %s backend leaves of a link of %d bytes", s.Int, cmp.Or(e.host, e.file), under, overhead[backend], want, backend, under),
			})
		}
	}
}

// passHostMTU compares subnet.env with the links of its host.
var passHostMTU = rule{
	about: fact.Rule{ID: "host-mtu"},
	find:  (*checker).hostMTU,
	after: []fact.RuleID{fact.RuleMTUTooLarge},
}

// hostMTU: what flannel writes for the pods of a host against the links of that host.
func (c *checker) hostMTU() {
	overhead := map[string]int{"vxlan": 50, "wireguard": 80, "ipip": 20}
	index := c.linkIndex()
	for _, e := range c.envs {
		s := e.set[fact.SettingSubnetMTU]
		if s == nil || c.alreadyAt(fact.RuleMTUTooLarge, s.Pos) {
			continue
		}
		var tunnel, lan *fact.Statement // of several, the one that carries most
		backend := ""
		for _, l := range index.of(e.host) {
			if l.Role != fact.RoleSetting || l.Setting != fact.SettingLinkMTU || l.Int <= 0 {
				continue
			}
			switch {
			case l.Name == fact.NameIPv6Link:
			case l.Name.IsFlannelLink():
				if tunnel == nil || l.Int > tunnel.Int {
					tunnel = l
				}
				switch l.Name {
				case fact.NameWireguardLink:
					backend = "wireguard"
				case fact.NameIPIPLink:
					backend = "ipip"
				case fact.NameVXLANLink:
					backend = "vxlan"
				}
			case lan == nil || l.Int > lan.Int:
				lan = l
			}
		}
		for _, src := range c.flannels {
			if b := src.set[fact.SettingBackend]; b != nil {
				backend = strings.ToLower(b.Text)
			}
		}
		name := cmp.Or(e.host, e.file)
		f := fact.Finding{Rule: fact.RuleMTUTooLarge, Where: []fact.Place{placeOf(s, fmt.Sprintf("FLANNEL_MTU %d", s.Int))}}
		if e.host != "" {
			f.Subjects = []string{e.host}
		}
		over, known := overhead[backend]
		switch {
		case tunnel != nil && s.Int > tunnel.Int:
			f.Message = fmt.Sprintf("FLANNEL_MTU is %d in subnet.env of %s, but its link %s carries %d bytes: pods send packets that do not fit", s.Int, name, tunnel.Key, tunnel.Int)
			f.Where = append(f.Where, placeOf(tunnel, fmt.Sprintf("%s %d", tunnel.Key, tunnel.Int)))
		case known && lan != nil && c.linkMTU == nil && s.Int > lan.Int-over:
			f.Message = fmt.Sprintf("FLANNEL_MTU is %d in subnet.env of %s, more than %d-%d = %d, which the %s backend leaves of %s with %d bytes", s.Int, name, lan.Int, over, lan.Int-over, backend, lan.Key, lan.Int)
			f.Where = append(f.Where, placeOf(lan, fmt.Sprintf("%s %d", lan.Key, lan.Int)))
		default:
			continue
		}
		c.add(f)
	}
}
