package kitproof

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr/cidrtest"
)

// The models below say for each project what it refuses; the tests say which rules of the kit it does not hold by that.

var errRefused = errors.New("refused")

// clusterAPI is the webhook of Cluster API (core/webhooks/admission/cluster.go validateCIDRBlocks, v1.14.0-rc.0): each
// block is a prefix, and nothing more.
func clusterAPI(c cidrtest.Case) error {
	return valid(c.Pods, c.Services)
}

// kind is its configuration with ipFamily dual (v0.33.0-alpha): pods and services are one range, or one of each family.
func kind(c cidrtest.Case) error {
	return first(valid(c.Pods, c.Services), oneOrDual(c.Pods), oneOrDual(c.Services))
}

// kubeOne (v1.14.2) wants a node range that is longer than the pods, so that one node range is refused, and sees no
// overlap.
func kubeOne(c cidrtest.Case) error {
	if err := kind(c); err != nil {
		return err
	}
	for i, bits := range c.NodeBits {
		if bits <= c.Pods[i].Bits() || bits > c.Pods[i].Addr().BitLen() {
			return fmt.Errorf("node CIDR mask size %d: %w", bits, errRefused)
		}
	}
	return nil
}

// eksAnywhere (pkg/api/v1alpha1/cluster.go validateNetworking, August 2026) takes one range of each kind, and compares
// lengths as KubeOne does.
func eksAnywhere(c cidrtest.Case) error {
	if len(c.Pods) != 1 || len(c.Services) != 1 {
		return errRefused
	}
	return kubeOne(c)
}

// k0s is its ClusterConfig in a release of December 2025 (pkg/apis/k0s/v1beta1/network.go, commit 29548b05): families
// agree, and with IPv6 alone the services are compared with /108 the wrong way round.
func k0s(c cidrtest.Case) error {
	if err := kind(c); err != nil {
		return err
	}
	if !slices.Equal(families(c.Pods), families(c.Services)) {
		return errRefused
	}
	if s := c.Services[0]; len(c.Services) == 1 && s.Addr().Is6() && s.Bits() > 108 {
		return fmt.Errorf("IPv6 service CIDR prefix must be <= 108: %w", errRefused)
	}
	if len(c.Services) == 2 && slices.ContainsFunc(c.Services, func(s netip.Prefix) bool { return s.Addr().Is6() && s.Bits() < 108 }) {
		return errRefused
	}
	return nil
}

// talos is KubeNetworkConfig (pkg/machinery/config/types/k8s/network.go, v1.14.0-beta.1): canonical ranges, at most one
// of a family, as many pod ranges as service ranges, and their sizes; half of IPv4 is a range like any other.
func talos(c cidrtest.Case) error {
	if err := first(kind(c), canonical(c.Pods, c.Services)); err != nil {
		return err
	}
	if len(c.Pods) != len(c.Services) {
		return errRefused
	}
	for _, p := range slices.Concat(c.Pods, c.Services) {
		if hostBits(p) < 4 {
			return fmt.Errorf("%v is too small: %w", p, errRefused)
		}
	}
	for i, bits := range c.NodeBits {
		if p := c.Pods[i]; bits < p.Bits() || bits > p.Addr().BitLen() || bits-p.Bits() > 16 {
			return fmt.Errorf("node bits %d: %w", bits, errRefused)
		}
	}
	for _, p := range c.Services {
		if hostBits(p) > 20 {
			return fmt.Errorf("%v is too large: %w", p, errRefused)
		}
	}
	return nil
}

// kubespray (roles/validate_inventory, v2.31.0) refuses pods that are the services or lie inside of them; the other
// direction is not asked.
func kubespray(c cidrtest.Case) error {
	if err := kind(c); err != nil {
		return err
	}
	for _, s := range c.Services {
		for _, p := range c.Pods {
			if s.Overlaps(p) && s.Bits() <= p.Bits() {
				return fmt.Errorf("kube_pods_subnet cannot be in kube_service_addresses: %w", errRefused)
			}
		}
	}
	return nil
}

// kops (pkg/apis/kops/validation, v1.37.0-alpha.1) compares pods and services with the subnets of the hosts, and not
// with each other: that check was added once, broke upgrades, and was taken back.
func kops(c cidrtest.Case) error {
	return first(valid(c.Hosts, c.Pods, c.Services), apart(c.Hosts, c.Pods), apart(c.Hosts, c.Services))
}

// openShift is the installer (pkg/types/validation/installconfig.go): all roles are apart, and node ranges fit.
func openShift(c cidrtest.Case) error {
	if err := first(kops(c), kind(c), apart(c.Pods, c.Services), canonical(c.Hosts, c.Pods, c.Services)); err != nil {
		return err
	}
	for i, bits := range c.NodeBits {
		if p := c.Pods[i]; bits < p.Bits() || bits <= 0 || bits > p.Addr().BitLen() {
			return fmt.Errorf("hostPrefix %d: %w", bits, errRefused)
		}
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func valid(lists ...[]netip.Prefix) error {
	for _, p := range slices.Concat(lists...) {
		if !p.IsValid() {
			return fmt.Errorf("not a CIDR: %w", errRefused)
		}
	}
	return nil
}

func canonical(lists ...[]netip.Prefix) error {
	for _, p := range slices.Concat(lists...) {
		if p != p.Masked() {
			return fmt.Errorf("%v has host bits set: %w", p, errRefused)
		}
	}
	return nil
}

// apart refuses two lists of which ranges overlap, whichever contains the other.
func apart(ps, qs []netip.Prefix) error {
	for _, p := range ps {
		if slices.ContainsFunc(qs, p.Overlaps) {
			return fmt.Errorf("%v overlaps: %w", p, errRefused)
		}
	}
	return nil
}

// oneOrDual takes one range, or two of different families.
func oneOrDual(ps []netip.Prefix) error {
	if len(ps) == 1 || len(ps) == 2 && ps[0].Addr().Is4() != ps[1].Addr().Is4() {
		return nil
	}
	return fmt.Errorf("one CIDR or two of different families: %w", errRefused)
}

func families(ps []netip.Prefix) []bool {
	var out []bool
	for _, p := range ps {
		out = append(out, p.Addr().Is4())
	}
	return out
}

func hostBits(p netip.Prefix) int { return p.Addr().BitLen() - p.Bits() }
