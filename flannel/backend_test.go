package flannel

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestMTU(t *testing.T) {
	psk := strings.Repeat("a", 96)
	for _, tt := range []struct {
		backend string
		uplink  int
		version fact.Version
		want    int
	}{
		{`{"Type":"vxlan"}`, 0, fact.Version{}, 1450},
		{`{"Type":"VXLAN"}`, 9001, fact.Version{}, 8951},
		{`{"Type":"wireguard"}`, 1500, fact.Version{}, 1420},
		{`{"Type":"wireguard","MTU":1400}`, 1500, fact.Version{}, 1320},
		{`{"Type":"ipip"}`, 1500, fact.Version{}, 1480},
		{`{"Type":"ipsec","PSK":"` + psk + `","UDPEncap":false}`, 1500, fact.Version{}, 1423},
		{`{"Type":"ipsec","PSK":"` + psk + `","UDPEncap":true}`, 1500, fact.Version{}, 1415},
		{`{"Type":"udp"}`, 1500, fact.Version{}, 1472},
		{`{"Type":"host-gw"}`, 1500, fact.Version{}, 1500},
		{`{"Type":"alloc"}`, 1500, fact.Version{}, 1500},
		{`{"Type":"extension"}`, 1500, fact.Version{}, 1500},
		{`{"Type":"tencent-vpc"}`, 1500, fact.Version{}, 1500},
		{`{"Type":"vxlan","MTU":1400}`, 1500, fact.Version{}, 1350},
		{`{"Type":"vxlan","mtu":9000}`, 1500, fact.Version{}, 8950},
		{`{"Type":"vxlan","MTU":0}`, 1500, fact.Version{}, -50},
		{`{"Type":"vxlan","MTU":null}`, 1500, fact.Version{}, 1450},
		{`{"Type":"vxlan","MTU":1400}`, 1500, v(21, 2), 1450}, // the key came with v0.21.3
		{`{"Type":"host-gw","MTU":1400}`, 1500, fact.Version{}, 1500},
		{`{"Type":"vxlan","DirectRouting":true}`, 1500, fact.Version{}, 1450},
	} {
		c, err := ParseNetConf([]byte(`{"Backend":` + tt.backend + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.MTU(tt.uplink, tt.version); got != tt.want || err != nil {
			t.Errorf("MTU of %s over %d = %d, %v, want %d", tt.backend, tt.uplink, got, err, tt.want)
		}
	}
}

func TestDeviceMTU(t *testing.T) {
	for _, tt := range []struct {
		b      Backend
		uplink int
		f      fact.Family
		want   int
	}{
		{Backend{Type: "vxlan"}, 1500, fact.IPv4, 1450},
		{Backend{Type: "vxlan"}, 1500, fact.IPv6, 1430}, // flannel writes 1450 all the same
		{Backend{Type: "vxlan", MTUSet: true, MTUKey: 1480}, 1500, fact.IPv6, 1430},
		{Backend{Type: "vxlan", MTUSet: true, MTUKey: 9000}, 1500, fact.IPv4, 1450},
		{Backend{Type: "vxlan", MTUSet: true, MTUKey: 1400}, 1500, fact.IPv4, 1350},
		{Backend{Type: "wireguard"}, 1500, fact.IPv6, 1420},
		{Backend{Type: "vxlan"}, 9000, fact.IPv6, 8930},
		{Backend{Type: "vxlan"}, 0, fact.IPv6, 1430}, // 0 is an Ethernet of 1500
		{Backend{Type: "host-gw"}, 0, fact.IPv4, 1500},
	} {
		if got := tt.b.DeviceMTU(tt.uplink, tt.f); got != tt.want {
			t.Errorf("DeviceMTU of %+v over %d, %v = %d, want %d", tt.b, tt.uplink, tt.f, got, tt.want)
		}
	}
}

func TestParseBackend(t *testing.T) {
	for _, tt := range []struct {
		backend string
		version fact.Version
		want    Backend
		err     string
	}{
		{`{"Type":"vxlan"}`, fact.Version{}, Backend{Type: "vxlan", VNI: 1, Port: 8472}, ""},
		{`{"type":"vxlan","vni":4096,"port":4789,"directrouting":true}`, fact.Version{}, Backend{Type: "vxlan", VNI: 4096, Port: 4789, DirectRouting: true}, ""},
		{`{"Type":"vxlan","Port":0}`, fact.Version{}, Backend{Type: "vxlan", VNI: 1, Port: 8472}, ""},
		{`{"Type":"wireguard","ListenPort":51821}`, fact.Version{}, Backend{Type: "wireguard", Port: 51821}, ""},
		{`{"Type":"host-gw","VNI":"not looked at"}`, fact.Version{}, Backend{Type: "host-gw"}, ""},
		{`{}`, fact.Version{}, Backend{Type: ""}, "net-conf.json:1:12: Error fetching backend: unknown backend type: ; give Backend a Type: \"Backend\": {\"Type\": \"vxlan\"}"},
		{`{"Type":"vxlam"}`, fact.Version{}, Backend{Type: "vxlam"}, "net-conf.json:1:20: Error fetching backend: unknown backend type: vxlam; flannel knows vxlan, host-gw, wireguard, udp, ipip, ipsec, extension, alloc, tencent-vpc; vxlan was probably meant"},
		{`{"Type":"aws-vpc"}`, fact.Version{}, Backend{Type: "aws-vpc"}, "net-conf.json:1:20: Error fetching backend: unknown backend type: aws-vpc; aws-vpc was removed in flannel v0.20.0, this is v0.28.10; use another type, such as vxlan"},
		{`{"Type":"aws-vpc"}`, v(19, 2), Backend{Type: "aws-vpc"}, ""},
		{`{"Type":"wireguard"}`, v(15, 0), Backend{Type: "wireguard"}, "net-conf.json:1:20: Error fetching backend: unknown backend type: wireguard; wireguard came with flannel v0.16.0, this is v0.15.0; use another type, such as vxlan"},
		{`{"Type":"vxlan","VNI":"1"}`, fact.Version{}, Backend{Type: "vxlan", VNI: 1, Port: 8472}, "net-conf.json:1:34: Error registering network: error decoding VXLAN backend config: json: cannot unmarshal string into Go struct field .VNI of type int; numbers and true or false stand without quotes, names in quotes"},
		{`{"Type":"wireguard","Mode":"both"}`, fact.Version{}, Backend{Type: "wireguard", Port: 51820}, "net-conf.json:1:39: Error registering network: no valid Mode configured; Mode is separate, auto, ipv4 or ipv6"},
		{`{"Type":"ipsec","PSK":"short"}`, fact.Version{}, Backend{Type: "ipsec"}, "net-conf.json:1:34: Error registering network: config error, password is too short; PSK has at least 96 characters, such as dd if=/dev/urandom count=48 bs=1 status=none | xxd -p -c 48 gives"},
		{`{"Type":"udp","Port":8286}`, fact.Version{}, Backend{Type: "udp", Port: 8286}, ""},
		{`{"Type":"udp","Port":"8286"}`, fact.Version{}, Backend{Type: "udp", Port: 8285}, "net-conf.json:1:33: Error registering network: error decoding UDP backend config: json: cannot unmarshal string into Go struct field .Port of type int; numbers and true or false stand without quotes, names in quotes"},
		{`{"Type":"ipip","DirectRouting":true}`, fact.Version{}, Backend{Type: "ipip", DirectRouting: true}, ""},
		{`{"Type":"ipip","DirectRouting":1}`, fact.Version{}, Backend{Type: "ipip"}, "net-conf.json:1:43: Error registering network: error decoding IPIP backend config: json: cannot unmarshal number into Go struct field .DirectRouting of type bool; numbers and true or false stand without quotes, names in quotes"},
		{`{"Type":"wireguard","MTU":"big"}`, fact.Version{}, Backend{Type: "wireguard", Port: 51820}, "net-conf.json:1:38: Error registering network: error decoding backend config: json: cannot unmarshal string into Go struct field .MTU of type int; numbers and true or false stand without quotes, names in quotes"},
	} {
		c, err := ReadNetConf([]byte(`{"Backend":`+tt.backend+`}`), Options{Version: fact.NewestFlannel()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.ParseBackend(tt.version)
		msg := ""
		if err != nil {
			var be *BackendError
			if !errors.As(err, &be) {
				t.Errorf("error is a %T", err)
			}
			msg = err.Error()
		}
		if got != tt.want || msg != tt.err {
			t.Errorf("ParseBackend(%s, %v)\n got %+v %s\nwant %+v %s", tt.backend, tt.version, got, msg, tt.want, tt.err)
		}
	}
	if got := backendNames(v(19, 0)); len(got) != 12 || got[0] != "vxlan" {
		t.Errorf("Backends(v0.19.0) = %v", got)
	}
}
