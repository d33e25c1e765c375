package hostnet

import (
	"regexp"
	"strings"
)

var (
	// Links of the hosts' own network, by the names that the kernel, systemd and administrators give them. Others are
	// taken for it only where the default route goes through them.
	lanLink = regexp.MustCompile(`^(?:eth|en[opsx]|eno|em|bond|team|ib|wl|ww|venet|seth|vlan|br-ex$|vmbr|br[0-9]+$|` +
		`p[0-9]+p[0-9])[\w.]*$`)
	// Links that are never it, whatever routes they have.
	virtualLink = regexp.MustCompile(`^(?:lo|docker.*|br-[0-9a-f]{12}|veth.*|cali.*|tunl.*|vxlan.*|lxc.*|cilium.*|` +
		`cni.*|cbr.*|flannel.*|kube-.*|` +
		`nodelocaldns|virbr.*|dummy.*|weave|datapath|antrea.*|ovn.*|ovs.*|br-int|genev.*|nerdctl.*|podman.*|lxd.*|` +
		`incus.*|tailscale.*|wg.*|` +
		`tun.*|tap.*|ppp.*|zt.*|ip6.*|sit.*|gre.*|erspan.*|vti.*|ifb.*|ipvlan.*|macvlan.*|mesh.*|nordlynx|kilo.*)$`)
	// Links of networks that programs on the host have made for themselves.
	engineLink = regexp.MustCompile(`^(?:docker.*|br-[0-9a-f]{12}|virbr[0-9]+|lxdbr[0-9]+|lxcbr[0-9]+|` +
		`incusbr[0-9]+|podman[0-9]+|cni-podman[0-9]+|nerdctl[0-9]+)$`)
	vpnLink = regexp.MustCompile(`^(?:tailscale|wg|tun|ppp|zt)[\w-]*$`)
	// Links that pods do not have: those of the machine itself, and those that network plugins and container engines
	// put there. A pod has lo, eth0, and what the kernel puts into every network namespace.
	machineLink = regexp.MustCompile(`^(?:veth|cali[0-9a-f]|cni|cbr|flannel|docker|br-|virbr|kube-|nodelocaldns|` +
		`cilium_|lxc|weave|antrea|ovn|ovs|` +
		`vxlan|genev|podman|nerdctl|en|bond|team|ib|wl|ww|vmbr|br[0-9]|em[0-9]|p[0-9]+p[0-9]|vlan)`)
	// Links of CNI plugins other than flannel. Beside them a bridge cni0 is left over from before.
	otherPluginLink = regexp.MustCompile(`^(?:cali[0-9a-f].*|vxlan\.calico|cilium_.*|weave|antrea-gw[0-9]+|` +
		`ovn-k8s-mp[0-9]+|ovn0|kube-bridge)$`)
	// The other end of a veth pair, in another network namespace.
	elsewhere = regexp.MustCompile(`^if[0-9]+$`)
)

// isTunnel reports whether a link is one that flannel makes: flannel.1, flannel-v6.1, flannel-wg, flannel.ipip,
// flannel0.
func isTunnel(dev string) bool { return strings.HasPrefix(dev, "flannel") }

// isOverlayMTU reports whether a link carries what an overlay leaves of 1500, 8900 or 9000 bytes: 20 for IPIP, 28, 50
// for VXLAN, 58, 60, 70, 80 for WireGuard, 90 and 100. Links of machines have such MTUs rarely.
func isOverlayMTU(mtu int) bool {
	for _, below := range []int{1500, 8900, 9000, 9001} {
		switch below - mtu {
		case 20, 28, 50, 58, 60, 70, 80, 90, 100, 120:
			return true
		}
	}
	return false
}

// A namespace says whose network a text shows.
type namespace uint8

const (
	unsure  namespace = iota // eth0 alone, which a pod has as well as a machine
	machine                  // that of the host
	pod
)

// podName matches the names of pods that controllers make, and of containers.
var podName = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}$|^[0-9a-f]{12}$`)

// namespace tells whose links and routes v has.
func (v *view) namespace() namespace {
	inPod := false
	for _, l := range v.links {
		switch {
		case machineLink.MatchString(l.Name) || l.Config || l.Machine:
			return machine
		case l.Name == "eth0" && elsewhere.MatchString(l.Peer):
			inPod = true
		case lanLink.MatchString(l.Name) && l.Bare:
			return machine
		case lanLink.MatchString(l.Name) && l.Name != "eth0" && l.Peer == "":
			return machine // a second link: pods that have one call it net1
		case l.Name == "eth0" && isOverlayMTU(l.MTU):
			inPod = true
		}
	}
	for _, r := range v.routes {
		switch {
		case machineLink.MatchString(r.Dev):
			return machine
		case r.BSD || !lanLink.MatchString(r.Dev):
		case r.Dev != "eth0" || r.Proto == "dhcp" || r.Proto == "static" || r.Proto == "ra":
			return machine
		case r.Dst.Addr().Is4() && r.Metric > 0:
			return machine // plugins give routes in pods no metric
		case r.Dst.Bits() == 0 && r.Via.Is4() && r.Via.IsLinkLocalUnicast():
			inPod = true // 169.254.1.1: Calico's gateway
		}
	}
	switch {
	case v.named:
		return machine // a node of kind has eth0@if5, too
	case inPod:
		return pod
	case v.host != "" && !podName.MatchString(v.host):
		return machine // by the prompt
	}
	return unsure
}
