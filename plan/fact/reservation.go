package fact

import (
	"fmt"
	"net/netip"
)

// A Reservation is a range that is not to be used, and why. The zero value reserves nothing.
type Reservation struct {
	Prefix netip.Prefix
	Name   string // who uses it: "docker", "vpn", or the prefix itself
	Source string // where that is known from
}

// String returns the form "10.8.0.0/13 (vpn)", without the name where it says nothing new.
func (r Reservation) String() string {
	if r.Name == "" || r.Name == r.Prefix.String() {
		return r.Prefix.String()
	}
	return fmt.Sprintf("%v (%s)", r.Prefix, r.Name)
}
