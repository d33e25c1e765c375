package fact

import "strings"

// A Name says what the key of a statement means, where that decides more than its role and setting do. The zero Name is
// that of all other keys.
type Name uint8

const (
	NameOther                Name = iota
	NameControllerManagerArg      // an entry of controllerManager.extraArgs in a configuration of kubeadm
	NameAPIServerArg              // an entry of apiServer.extraArgs
	NameAdvertised                // the address that an API server advertises
	nameNetwork                   // flannel's Network
	nameIPv6Network               // flannel's IPv6Network
	nameEnvNetwork                // FLANNEL_NETWORK of a subnet.env
	nameEnvIPv6Network            // FLANNEL_IPV6_NETWORK
	nameEnv                       // another line of a subnet.env
	NameDocker0                   // docker0 among the links of a host
	NameDocker                    // another range that Docker takes
	NameVXLANLink                 // a link that flannel makes on a host: flannel.1
	NameWireguardLink             // flannel-wg
	NameIPIPLink                  // flannel.ipip
	NameIPv6Link                  // flannel-v6.1, flannel-wg-v6: those of IPv6
	nameFlannelLink               // another link of flannel's
	NameDefaultServiceCIDR        // the ServiceCIDR that the API server makes of its flag: kubernetes
	NameInternalIP                // an address of a Node by which the cluster reaches it
	NameExternalIP                // an address of a Node for others
	NameInstallation              // a pool, or the kind, of an Installation of Calico's operator
	NameInstallerKey              // a key of an installer's file that is no flag of one program
)

// NameOf returns what the key of s means. The packages that read files call it once for each statement; so does
// plan.Check for statements without a Name.
func NameOf(s Statement) Name {
	key := strings.ToLower(s.Key)
	switch {
	case s.Component == Host && key == "docker0":
		return NameDocker0
	case s.Role == RoleReserved && mentionsDocker(s):
		return NameDocker
	case s.Component == Host:
		return linkName(key)
	case s.Component == Kubeadm && strings.HasPrefix(key, "controllermanager.extraargs"):
		return NameControllerManagerArg
	case s.Component == Kubeadm && strings.HasPrefix(key, "apiserver.extraargs"):
		return NameAPIServerArg
	case s.Component == Flannel && key == "flannel_network":
		return nameEnvNetwork
	case s.Component == Flannel && key == "flannel_ipv6_network":
		return nameEnvIPv6Network
	case s.Component == Flannel && strings.HasPrefix(key, "flannel_"):
		return nameEnv
	case s.Component == Flannel && key == "network":
		return nameNetwork
	case s.Component == Flannel && key == "ipv6network":
		return nameIPv6Network
	case s.Role == RoleAddress && strings.Contains(key, "advertise"):
		return NameAdvertised
	case s.Component == Node && key == "internalip":
		return NameInternalIP
	case s.Component == Node && key == "externalip":
		return NameExternalIP
	case s.Component == "calico" && (strings.Contains(key, "installation") || strings.Contains(key, "caliconetwork")):
		return NameInstallation
	case s.Component == ServiceCIDR && key == "kubernetes":
		return NameDefaultServiceCIDR
	}
	return NameOther
}

func mentionsDocker(s Statement) bool {
	return strings.Contains(strings.ToLower(s.Text+" "+s.Key+" "+string(s.Component)), "docker")
}

// linkName returns what a link of a host is: flannel.1, flannel-v6.1, flannel-wg, flannel-wg-v6, flannel.ipip.
func linkName(link string) Name {
	rest, ok := strings.CutPrefix(link, "flannel")
	switch {
	case !ok:
		return NameOther
	case strings.Contains(rest, "v6"):
		return NameIPv6Link
	case rest == "-wg":
		return NameWireguardLink
	case rest == ".ipip":
		return NameIPIPLink
	case strings.HasPrefix(rest, "."):
		return NameVXLANLink
	}
	return nameFlannelLink
}

// IsEnv reports whether n is a line of a subnet.env.
func (n Name) IsEnv() bool { return n == nameEnv || n == nameEnvNetwork || n == nameEnvIPv6Network }

// IsFlannelLink reports whether n is a link that flannel makes on a host.
func (n Name) IsFlannelLink() bool {
	return n == NameVXLANLink || n == NameWireguardLink || n == NameIPIPLink || n == NameIPv6Link || n == nameFlannelLink
}

// IsExtraArg reports whether n is an argument of a program of the control plane that a configuration of kubeadm sets.
func (n Name) IsExtraArg() bool { return n == NameControllerManagerArg || n == NameAPIServerArg }
