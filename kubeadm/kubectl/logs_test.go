package kubectl

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

const (
	outside  = "cidr 10.99.0.0/24 is out the range of cluster cidr 10.244.0.0/16"
	notAvail = "CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range"
)

// Each row is a line as a program of some release writes it, and what is read from it.
var logLines = []struct{ line, want, why string }{
	{`E0102 03:04:05.000000       1 controllermanager.go:700] "Error initializing a controller" err="failed to mark cidr[10.99.0.0/24] at idx [0] as occupied for node: w1: ` + outside + `" controller="node-ipam-controller"`,
		"node-cidr-outside-cluster-cidr kube-controller-manager node=w1 subnet=10.99.0.0/24 network=10.244.0.0/16", "1.35 and later"},
	{`F0102 03:04:05.000000       1 controllermanager.go:197] error starting controllers: failed to mark cidr as occupied: ` + outside,
		"node-cidr-outside-cluster-cidr kube-controller-manager node= subnet=10.99.0.0/24 network=10.244.0.0/16", "1.15 and before: no node"},
	{`failed to mark cidr[fd00:1::/64] at idx [1] as occupied for node: cp1.example.org: cidr fd00:1::/64 is out the range of cluster cidr fd00:2::/56`,
		"node-cidr-outside-cluster-cidr kube-controller-manager node=cp1.example.org subnet=fd00:1::/64 network=fd00:2::/56", "IPv6, a name with dots"},
	{`error starting controllers: node:w1 has an allocated cidr: fd00::/64 at index:1 that does not exist in cluster cidrs configuration`,
		"node-cidr-beyond-cluster-cidrs kube-controller-manager node=w1 subnet=fd00::/64 network=", "dual-stack to one range"},
	{`failed to parse node w1, CIDR 10.244.1.0`, "node-cidr-malformed kube-controller-manager node=w1 subnet= network=", ""},
	{`E0628 13:14:30.400034       1 controller_utils.go:260] Error while processing Node Add/Delete: failed to allocate cidr from cluster cidr at idx:0: ` + notAvail,
		"no-remaining-cidrs kube-controller-manager node= subnet= network=", "up to 1.30"},
	{`E0102 03:04:05.000000       1 range_allocator.go:300] "Error processing node work item" err="error syncing 'w3': failed to allocate cidr from cluster cidr at idx:1: ` + notAvail + `, requeuing" logger="UnhandledError"`,
		"no-remaining-cidrs kube-controller-manager node=w3 subnet= network=", "1.31 and later"},
	{`"Error syncing" err="no" node="w3" status="CIDRNotAvailable"`, "", "not the line that says so"},
	{`failed to allocate cidr: ` + notAvail, "no-remaining-cidrs kube-controller-manager node= subnet= network=", "1.15 and before"},
	{`I0102 03:04:05.000000       1 event.go:291] "Event occurred" object="worker-1" kind="Node" apiVersion="v1" type="Normal" reason="CIDRNotAvailable" message="Node worker-1 status is now: CIDRNotAvailable"`,
		"cidr-not-available kube-controller-manager node=worker-1 subnet= network=", ""},
	{`I0102 03:04:05.000000       1 controller_utils.go:150] "Recording status change event message for node" status="CIDRNotAvailable" node="w3"`,
		"cidr-not-available kube-controller-manager node=w3 subnet= network=", "structured"},
	{`I0102 03:04:05.000000       1 controller_utils.go:180] Recording status change CIDRNotAvailable event message for node w3`,
		"cidr-not-available kube-controller-manager node=w3 subnet= network=", "1.26 and before"},
	{`E0102 03:04:05.000000       1 range_allocator.go:390] "Failed to update node PodCIDR after multiple attempts" err="timed out" node="w3" podCIDRs=["10.244.1.0/24"]`,
		"cidr-assignment-failed kube-controller-manager node=w3 subnet= network=", ""},
	{`Node w3 status is now: CIDRAssignmentFailed`, "cidr-assignment-failed kube-controller-manager node=w3 subnet= network=", "the event"},
	{`CIDR: 10.245.0.0/24 is out of the range of CIDR allocator`, "node-cidr-out-of-allocator kube-controller-manager node= subnet=10.245.0.0/24 network=", ""},
	{`New CIDR set failed; the node CIDR size is too big`, "node-mask-too-far kube-controller-manager node= subnet= network=", ""},
	{`Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family`,
		"node-mask-too-short kube-controller-manager node= subnet= network=", ""},
	{`Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than --node-cidr-mask-size`, "node-mask-too-short kube-controller-manager node= subnet= network=", "1.16 and before"},
	{`usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster`, "node-mask-flag-refused kube-controller-manager node= subnet= network=", ""},
	{`usage of --node-cidr-mask-size is not allowed with dual-stack clusters`, "node-mask-flag-refused kube-controller-manager node= subnet= network=", ""},
	{`usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 are not allowed with non dual-stack clusters`, "node-mask-flag-refused kube-controller-manager node= subnet= network=", "1.20 to 1.22"},
	{`W0520 15:07:36.571648       1 controllermanager.go:449] Unsuccessful parsing of cluster CIDR : invalid CIDR address:`, "cluster-cidr-unset kube-controller-manager node= subnet= network=", "an early release"},
	{`W0520 15:07:36.571648       1 core.go:71] unsuccessful parsing of cluster CIDR 10.244.0.0: invalid CIDR address: 10.244.0.0`, "cluster-cidr-malformed kube-controller-manager node= subnet= network=", ""},
	{`invalid CIDR[0]: <nil> (invalid CIDR address: )`, "cluster-cidr-unset kube-controller-manager node= subnet= network=", "1.37"},
	{`invalid CIDR[1]: <nil> (invalid CIDR address:  fd00::/56)`, "cluster-cidr-malformed kube-controller-manager node= subnet= network=", "a blank"},
	{`Must specify --cluster-cidr if --allocate-node-cidrs is set`, "cluster-cidr-unset kube-controller-manager node= subnet= network=", "1.15 and before"},
	{`len of ClusterCIDRs==2 and they are not configured as dual stack (at least one from each IPFamily`, "too-many-cluster-cidrs kube-controller-manager node= subnet= network=", ""},
	{`length of clusterCIDRs is:3 more than max allowed of 2`, "too-many-cluster-cidrs kube-controller-manager node= subnet= network=", ""},
	{`len of clusters is:3 > more than max allowed of 2`, "too-many-cluster-cidrs kube-controller-manager node= subnet= network=", "1.25 and before"},
	{`serviceCIDR and secondaryServiceCIDR are not dualstack (from different IPfamiles)`, "too-many-cluster-cidrs kube-controller-manager node= subnet= network=", "the typing error is theirs"},
	{`built-in cloud providers are disabled. The ipam CloudAllocator is not available`, "cidr-allocator-unknown kube-controller-manager node= subnet= network=", ""},
	{`"kube-controller-manager" does not take any arguments, got ["false"]`, "stray-argument kube-controller-manager node= subnet= network=", ""},
	{`Cluster IP [IPv4]:10.5.0.1 is not within the service CIDR 10.43.0.0/16; please recreate service`, "service-ip-outside-range kube-apiserver node= subnet=10.5.0.1/32 network=10.43.0.0/16", ""},
	{`E0102 03:04:05.000000       1 repair.go:100] the cluster IP 10.96.0.1 for service kubernetes/default is not within the service CIDR 10.100.0.0/16; please recreate`,
		"service-ip-outside-range kube-apiserver node= subnet=10.96.0.1/32 network=10.100.0.0/16", "up to 1.22"},
	{`Cluster IP [IPv6]: fd00::a is not within any configured Service CIDR; please recreate service`, "service-ip-outside-range kube-apiserver node= subnet=fd00::a/128 network=", "1.31 and later"},
	{`Service "kube-dns" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.0.10"}: failed to allocate IP 10.96.0.10: the provided IP (10.96.0.10) is not in the valid range. The range of valid IPs is 10.97.0.0/16`,
		"service-ip-refused kube-apiserver node= subnet=10.96.0.10/32 network=10.97.0.0/16", ""},
	{`failed to allocate a serviceIP: provided IP is not in the valid range. The range of valid IPs is 10.97.0.0/16`, "service-ip-refused kube-apiserver node= subnet= network=10.97.0.0/16", "1.23"},
	{`The default ServiceCIDR [10.96.0.0/12] does not match the controller flag configurations [10.97.0.0/16]`, "default-service-cidr-inconsistent kube-apiserver node= subnet=10.96.0.0/12 network=10.97.0.0/16", "the event"},
	{`Inconsistent ServiceCIDR status for kubernetes, controller configuration: [10.97.0.0/16], ServiceCIDR configuration: [10.96.0.0/12]. Configure the flags to match current ServiceCIDR or manually delete it.`,
		"default-service-cidr-inconsistent kube-apiserver node= subnet=10.96.0.0/12 network=10.97.0.0/16", "the log line"},
	{`specified --service-cluster-ip-range is too large; for 32-bit addresses, the mask must be >= 12`, "service-range-too-large kube-apiserver node= subnet= network=", ""},
	{`shortest allowed prefix length for service CIDR is 64, got 48`, "service-range-too-large kube-apiserver node= subnet= network=", "1.34 and later"},
	{`error determining service IP ranges for primary service cidr: the service cluster IP range must be at least 8 IP addresses`, "service-range-too-small kube-apiserver node= subnet= network=", ""},
	{`failed to allocate IP: range is full`, "service-range-full kube-apiserver node= subnet= network=", ""},
	{`the service CIDR 10.96.0.0/28 is full; you must widen the CIDR in order to create new services`, "service-range-full kube-apiserver node= subnet= network=10.96.0.0/28", ""},
	{`--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family`, "service-ranges-wrong kube-apiserver node= subnet= network=", ""},
	{`service-cluster-ip-range[1] is not an ip net`, "service-range-malformed kube-apiserver node= subnet= network=", ""},
	{`service IP family "fd00::/112" must match public address family "192.168.0.10"`, "service-family-mismatch kube-apiserver node= subnet=192.168.0.10/32 network=fd00::/112", ""},
	{`Node "w1" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`, "podcidr-immutable kube-apiserver node=w1 subnet= network=", ""},
	{`spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family`, "podcidr-families kube-apiserver node= subnet= network=", ""},
	{`The Node "w1" is invalid: spec.podCIDRs[0]: Invalid value: "10.244.0.5/24": must not have bits set beyond the prefix length`, "podcidr-not-canonical kube-apiserver node=w1 subnet=10.244.0.0/24 network=", "1.36 and later"},
	{`I0102 03:04:05.000000       1 server_others.go:421] "Detect-local-mode set to ClusterCIDR, but no cluster CIDR defined"`, "kube-proxy-no-cluster-cidr kube-proxy node= subnet= network=", ""},
	{`clusterCIDR not specified, unable to distinguish between internal and external traffic`, "kube-proxy-no-cluster-cidr kube-proxy node= subnet= network=", "1.17 and before"},
	{`"Kube-proxy configuration may be incomplete or incorrect" err="cluster is IPv4-only but clusterCIDRs contains only IPv6 addresses"`, "kube-proxy-family kube-proxy node= subnet= network=", ""},
	{`KubeProxyConfiguration.ClusterCIDR: Invalid value: "10.244.0.0": must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)`, "kube-proxy-cidr-malformed kube-proxy node= subnet= network=", ""},
	{`Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "0": plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory`,
		"subnet-env-missing kubelet node= subnet= network=", "the event"},
	{`Nov 24 16:00:55 w2 kubelet[1323808]: E1124 16:00:55.242475 1323808 pod_workers.go:965] "Error syncing pod, skipping" err="failed to set bridge addr: \"cni0\" already has an IP address different from 10.244.0.1/24"`,
		"cni0-address-differs kubelet node= subnet=10.244.0.0/24 network= host=w2", "journald"},
	{`plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.1.1-10.244.1.254`, "node-subnet-full kubelet node= subnet=10.244.1.0/24 network=", ""},
	{`no IP addresses available in range set: 10.244.1.129-10.244.1.190`, "node-subnet-full kubelet node= subnet=10.244.1.128/26 network=", "a /26"},
	{`network plugin is not ready: kubenet does not have netConfig. This is most likely due to lack of PodCIDR`, "kubenet-without-pod-cidr kubelet node= subnet= network=", ""},
	{`kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`, "cluster-dns-unset kubelet node= subnet= network=", ""},
	{`container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized`, "network-plugin-not-ready kubelet node= subnet= network=", ""},
	{`can not mix '--config' with arguments [pod-network-cidr]`, "kubeadm-flags-mixed kubeadm node= subnet= network=", ""},
	{`W0101 00:00:00.000000       1 initconfiguration.go:334] error unmarshaling configuration schema.GroupVersionKind{Group:"kubeadm.k8s.io"}: strict decoding error: unknown field "networking.podsubnet"`,
		"kubeadm-key-unknown kubeadm node= subnet= network=", ""},
	{`error unmarshaling JSON: while decoding JSON: json: unknown field "podSubnet"`, "kubeadm-key-unknown kubeadm node= subnet= network=", "one level too high, before 1.23"},
	{`networking.podSubnet: Invalid value: "10.244.0.0/16, fd00::/56": couldn't parse subnet`, "kubeadm-cidr-malformed kubeadm node= subnet= network=", ""},
	{`podSubnet: Invalid value: "abc": couldn't parse subnet`, "kubeadm-cidr-malformed kubeadm node= subnet= network=", "1.25 and before"},
	{`networking.serviceSubnet: Invalid value: "10.96.0.0/29": subnet with 8 address(es) is too small, the minimum is 10`, "kubeadm-service-range-too-small kubeadm node= subnet=10.96.0.0/29 network=", ""},
	{`networking.podSubnet: Invalid value: "10.244.0.0/29": subnet is too small`, "kubeadm-pod-range-too-small kubeadm node= subnet=10.244.0.0/29 network=", "1.19 and before"},
	{`networking.serviceSubnet: Invalid value: "10.0.0.0/8": specified service subnet is too large; for 32-bit addresses, the mask must be >= 12`, "kubeadm-service-range-too-large kubeadm node= subnet=10.0.0.0/8 network=", ""},
	{`networking.podSubnet: Invalid value: "10.244.0.0/26": the size of pod subnet with mask 26 is smaller than the size of node subnet with mask 24`, "kubeadm-node-mask-too-short kubeadm node= subnet=10.244.0.0/26 network=", ""},
	{`podSubnet: Invalid value: "10.244.0.0/16,fd00::/40": pod subnet mask (40) and node-mask (64) difference is greater than 16`, "kubeadm-node-mask-too-far kubeadm node= subnet= network=", "two ranges"},
	{`networking.podSubnet: Invalid value: "10.1.0.0/16,10.2.0.0/16": expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking`, "kubeadm-too-many-ranges kubeadm node= subnet= network=", ""},
	{`W0101 00:00:00.000000       1 utils.go:69] The recommended value for "clusterCIDR" in "KubeProxyConfiguration" is: 10.244.0.0/16; the provided value is: 10.96.0.0/12`, "kubeadm-cluster-cidr-differs kubeadm node= subnet=10.96.0.0/12 network=10.244.0.0/16", ""},
	{`W0101 00:00:00.000000       1 utils.go:69] The recommended value for "clusterDNS" in "KubeletConfiguration" is: [10.233.0.10]; the provided value is: [169.254.25.10]`, "kubeadm-cluster-dns-differs kubeadm node= subnet=169.254.25.10/32 network=", ""},
	{`controllerManager.extraArgs: argument has no name`, "kubeadm-argument-without-name kubeadm node= subnet= network=", ""},
	{`error: [apiServer.extraArgs: Invalid value: "index 0": argument has no name]`, "kubeadm-argument-without-name kubeadm node= subnet= network=", ""},

	{`{"log":"E0102 03:04:05.000000       1 range_allocator.go:300] \"x\" err=\"error syncing 'w3': ` + notAvail + `\"\n","stream":"stderr"}`, "no-remaining-cidrs kube-controller-manager node=w3 subnet= network=", "docker"},
	{`{"ts":1,"caller":"app/range_allocator.go:300","msg":"Error","err":"error syncing 'w3': ` + notAvail + `"}`, "no-remaining-cidrs kube-controller-manager node=w3 subnet= network=", "klog in JSON"},
	{`2026-01-02T03:04:05.000000000Z stderr F E0102 03:04:05.000000       1 x.go:1] Node w3 status is now: CIDRNotAvailable`, "cidr-not-available kube-controller-manager node=w3 subnet= network=", "a container runtime"},
	{`[pod/kube-controller-manager-cp2/kube-controller-manager] E0102 03:04:05.000000       1 x.go:1] ` + outside, "node-cidr-outside-cluster-cidr kube-controller-manager node= subnet=10.99.0.0/24 network=10.244.0.0/16 host=cp2", "kubectl logs --prefix"},
	{`time="2026-01-02T03:04:05Z" level=error msg="Cluster IP 10.5.0.1 is not within the service CIDR 10.43.0.0/16; please recreate service"`, "service-ip-outside-range kube-apiserver node= subnet=10.5.0.1/32 network=10.43.0.0/16", "k3s"},

	{`level=warning msg="critical configuration mismatched: ClusterIPRange"`, "servers-differ kube-controller-manager node= subnet= network=", "k3s"},
	{`[ERROR] plugin/kubernetes: Get "https://10.96.0.1:443/api": dial tcp 10.96.0.1:443: i/o timeout`, "service-ip-unreachable pod node= subnet=10.96.0.1/32 network=", "coredns"},
	{`dial tcp [fd00:10:96::1]:443: connect: no route to host`, "service-ip-unreachable pod node= subnet=fd00:10:96::1/128 network=", "IPv6"},
	{`dial tcp 10.96.0.1:6443: i/o timeout`, "", "a host's port"},
	{`dial tcp 203.0.113.14:443: i/o timeout`, "", "another server"},
	{`error retrieving pod spec for 'kube-system/kube-flannel-ds-x': Get https://10.96.0.1:443: dial tcp 10.96.0.1:443: i/o timeout`, "", "flannel's own"},
	{`level=fatal msg="starting kubernetes: preparing server: failed to validate server configuration: critical configuration value mismatch between servers"`, "servers-differ-unsaid kube-controller-manager node= subnet= network=", "k3s 1.26 and later"},
	{`critical configuration mismatched: FlannelBackend`, "", "no range"},
	{`I0719 14:55:07.075398       1 server_linux.go:511] "Detect-local-mode set to ClusterCIDR, but no cluster CIDR for family" ipFamily="IPv6"`, "", "every cluster of one family says so"},
	{`I1129 10:44:16.207321       1 range_allocator.go:99] No Service CIDR provided. Skipping filtering out service addresses.`, "", "no fault of its own"},
	{`W0520 15:07:36.571662       1 controllermanager.go:453] Unsuccessful parsing of service CIDR : invalid CIDR address:`, "", "kubeadm up to 1.15 never gave it"},
	{`I0102 03:04:05.000000       1 range_allocator.go:433] "Set node PodCIDR" node="n1" podCIDRs=["10.244.0.0/24"]`, "", "all is well"},
	{`"Recording status change event message for node" status="NodeNotReady" node="w3"`, "", "another state"},
	{`purposes. If omitted, the argument has no name.`, "", "the manual of a database"},
	{`strict decoding error: unknown field "imageRepo"`, "", "not about addresses"},
	{`"kube-controller-manager" does not take any arguments, got ["x"]`, "", "not about addresses"},
	{``, "", ""},
	{`{"log":1}`, "", "no docker log"},
	{`{`, "", "cut off"},
}

func TestReadLogLines(t *testing.T) {
	used := map[string]bool{}
	for _, tt := range logLines {
		l, err := ReadLog("f", strings.NewReader("first\r\n"+tt.line))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range l.Entries {
			got += formtest.Describe(e.Component, e.Host, e.Symptom)
			used[e.Symptom.ID] = true
			if e.Pos.Line != 2 || e.Count != 1 || e.Symptom.Cause == "" || e.Symptom.Remedy == "" || len(e.Symptom.Rules) == 0 {
				t.Errorf("%s: %+v", tt.line, e)
			}
		}
		if got != tt.want {
			t.Errorf("%s (%s):\n got %s\nwant %s", tt.line, tt.why, got, tt.want)
		}
	}
	for _, m := range messages() {
		if !used[m.ID] {
			t.Errorf("no line shows %s", m.ID)
		}
	}
}

// The literals and stems, which are there for speed, lose no line.
func TestMessageLiterals(t *testing.T) {
	for _, m := range messages() {
		if len(m.literals) == 0 {
			t.Errorf("%s has no literal", m.ID)
		}
		for _, l := range m.literals {
			if !worthALook([]byte(l)) {
				t.Errorf("%s: no stem is in its literal %q", m.ID, l)
			}
		}
		if m.Source == "" || m.Component == "" {
			t.Errorf("%s has no source or component", m.ID)
		}
	}
	// Without the literals every line is recognised as the same.
	for _, tt := range logLines {
		text := strings.ReplaceAll(splitLog(tt.line).text, `\"`, `"`)
		want := ""
		for _, m := range catalogue() {
			if m.re.MatchString(text) && (m.unless == "" || !strings.Contains(text, m.unless)) {
				want = m.ID
				break
			}
		}
		y, _, ok := recognize(text)
		if ok && !worthALook([]byte(tt.line)) {
			t.Errorf("%s: not worth a look", tt.line)
		}
		if y.ID != want {
			t.Errorf("%s: %q with literals, %q without", tt.line, y.ID, want)
		}
	}
}

func TestReadLog(t *testing.T) {
	const in = `I1129 10:44:16.207338       1 flags.go:64] FLAG: --allocate-node-cidrs="true"
I1129 10:44:16.207338       1 flags.go:64] FLAG: --cluster-cidr="172.31.0.0/16"
I1129 10:44:16.207338       1 flags.go:64] FLAG: --node-cidr-mask-size="0"
I1129 10:44:16.207338       1 flags.go:64] FLAG: --service-cluster-ip-range=""
I1129 10:44:16.207338       1 range_allocator.go:108] Node cp-0 has CIDR 10.32.0.0/24, occupying it in CIDR map
E1129 10:44:16.207404       1 controllermanager.go:485] Error starting "nodeipam"
F1129 10:44:16.207420       1 controllermanager.go:197] error starting controllers: failed to mark cidr as occupied: cidr 10.32.0.0/24 is out the range of cluster cidr 172.31.0.0/16
F1129 10:44:17.207420       1 controllermanager.go:197] error starting controllers: failed to mark cidr as occupied: cidr 10.32.0.0/24 is out the range of cluster cidr 172.31.0.0/16
`
	for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader} {
		l, err := ReadLog("f", wrap(strings.NewReader(in)))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			`f:7:57 kube-controller-manager on cp-0 symptom node-cidr-outside-cluster-cidr "error starting controllers: failed to mark cidr as occupied: cidr 10.32.0.0/24 is out the range of cluster cidr 172.31.0.0/16" node-cidr-outside-cluster-cidr kube-controller-manager node=cp-0 subnet=10.32.0.0/24 network=172.31.0.0/16`,
			`f:1:73 kube-controller-manager allocate-node-cidrs --allocate-node-cidrs "true" true`,
			`f:2:66 kube-controller-manager pods --cluster-cidr "172.31.0.0/16" 172.31.0.0/16`,
		}
		if d := cmp.Diff(want, formtest.Lines(l.Statements())); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if len(l.Entries) == 1 && l.Entries[0].Count != 2 {
			t.Errorf("Count = %d, want 2", l.Entries[0].Count)
		}
	}
}

// Whose log a line is of, by what stands before the message, and on which host it was said.
func TestReadLogWhose(t *testing.T) {
	flag := func(name, value string) string { return "flags.go:64] FLAG: --" + name + "=\"" + value + "\"" }
	const klog = "I0102 03:04:05.000000       1 "
	for _, tt := range []struct{ name, line, want string }{
		{"a static pod is named after its host", "[pod/kube-controller-manager-cp1/kube-controller-manager] " + klog + flag("cluster-cidr", "10.244.0.0/16"), "kube-controller-manager on cp1 --cluster-cidr 10.244.0.0/16@1:124"},
		{"the pod of a DaemonSet is not", "[pod/kube-proxy-x7f2q/kube-proxy] " + klog + flag("cluster-cidr", "10.244.0.0/16"), "kube-proxy on  --cluster-cidr 10.244.0.0/16@1:100"},
		{"a pod of another name", "[pod/cp1/kube-controller-manager] " + klog + flag("cluster-cidr", "10.244.0.0/16"), "kube-controller-manager on  --cluster-cidr 10.244.0.0/16@1:100"},
		{"a container that is none of these", "[pod/coredns-x/coredns] " + klog + flag("cluster-cidr", "10.244.0.0/16"), ""},
		{"its host is said, too", "[pod/kube-apiserver-cp1/kube-apiserver] Jan 02 03:04:05 cp2 kubelet[812]: " + klog + flag("service-cluster-ip-range", "10.96.0.0/12"), "kube-apiserver on cp2 --service-cluster-ip-range 10.96.0.0/12@1:152"},
		{"the container tells before the file", "[pod/kube-apiserver-cp1/kube-apiserver] " + klog + "kubelet.go:64] FLAG: --service-cluster-ip-range=\"10.96.0.0/12\"", "kube-apiserver on cp1 --service-cluster-ip-range 10.96.0.0/12@1:120"},
		{"the program tells before the file", "Jan 02 03:04:05 cp2 kube-apiserver[812]: " + klog + "kubelet.go:64] FLAG: --service-cluster-ip-range=\"10.96.0.0/12\"", "kube-apiserver on cp2 --service-cluster-ip-range 10.96.0.0/12@1:121"},
		{"the file tells", klog + "controllermanager.go:64] FLAG: --cluster-cidr=\"10.244.0.0/16\"", "kube-controller-manager on  --cluster-cidr 10.244.0.0/16@1:78"},
		{"a flag that only one program has", "[pod/kube-apiserver-cp1/kube-apiserver] " + klog + flag("allocate-node-cidrs", "true"), "kube-controller-manager on cp1 --allocate-node-cidrs true@1:113"},
		{"a flag that says nothing about ranges", klog + "controllermanager.go:64] FLAG: --v=\"2\"", ""},
		{"one that is not set", klog + "controllermanager.go:64] FLAG: --cluster-cidr=\"\"\n" + klog + "controllermanager.go:64] FLAG: --cluster-cidr=\"<nil>\"", ""},
		{"twice the same", strings.Repeat(klog+"controllermanager.go:64] FLAG: --cluster-cidr=\"10.244.0.0/16\"\n", 2), "kube-controller-manager on  --cluster-cidr 10.244.0.0/16@1:78"},
		{"an address", klog + flag("advertise-address", "192.168.0.10"), "kube-apiserver on  --advertise-address 192.168.0.10@1:71"},
		{"that is none", klog + flag("advertise-address", "0.0.0.0") + "\n" + klog + flag("advertise-address", "eth0"), ""},
		{"a list of addresses", klog + flag("cluster-dns", "[10.96.0.10,fd00::a]"), "kubelet on  --cluster-dns [10.96.0.10,fd00::a]@1:65"},
		{"one of which is none", klog + flag("cluster-dns", "[10.96.0.10,dns]"), ""},
		{"a mask", klog + flag("node-cidr-mask-size-ipv6", "64"), "kube-controller-manager on  --node-cidr-mask-size-ipv6 64@1:78"},
		{"that is none", klog + flag("node-cidr-mask-size-ipv6", "0") + "\n" + klog + flag("node-cidr-mask-size-ipv4", "x"), ""},
	} {
		l, err := ReadLog("f", strings.NewReader(tt.line))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range l.Statements() {
			if s.Component != "" {
				got += fmt.Sprintf("%s on %s %s %s@%d:%d", s.Component, s.Host, s.Key, s.Text, s.Pos.Line, s.Pos.Column)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.line, got, tt.want)
		}
	}
}

func TestLogEntryString(t *testing.T) {
	e := LogEntry{Pos: fact.Position{File: "f", Line: 7, Column: 39}, Count: 1, Symptom: fact.Symptom{Message: "range is full"}}
	if got, want := e.String(), "f:7:39: range is full"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	e.Count = 2
	if got, want := e.String(), "f:7:39: range is full (2 times)"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

// A log holds 100 flags and 100 facts at most, and remembers the subnets of 100,000 nodes.
func TestReadLogMost(t *testing.T) {
	var b strings.Builder
	for i := range 101 {
		fmt.Fprintf(&b, "I0102 03:04:05.000000       1 flags.go:64] FLAG: --cluster-cidr=\"10.%d.0.0/16\"\n[init] Using Kubernetes version: v1.30.%d\n", i, i)
	}
	l, err := ReadLog("f", strings.NewReader(b.String()))
	if err != nil || len(l.Flags) != 100 || len(l.Facts) != 100 || l.Flags[99].Value.V != "10.99.0.0/16" || l.Facts[99].Text != "v1.30.99" {
		t.Errorf("%d flags, %d facts, %v", len(l.Flags), len(l.Facts), err)
	}

	const out = "failed to mark cidr as occupied: cidr 10.32.0.0/24 is out the range of cluster cidr 172.31.0.0/16"
	for nodes, want := range map[int]string{99_999: "cp1", 100_000: ""} {
		r := newLogReader("f")
		for i := range nodes {
			r.owner[netip.PrefixFrom(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), 32)] = "w"
		}
		r.line(1, []byte("Node cp1 has CIDR 10.32.0.0/24, occupying it in CIDR map"))
		r.line(2, []byte(out))
		if l := r.finish(); len(l.Entries) != 1 || l.Entries[0].Symptom.Node != want {
			t.Errorf("behind %d nodes: %+v, want node %q", nodes, l.Entries, want)
		}
	}
}

func TestReadLogFacts(t *testing.T) {
	const in = `[init] Using Kubernetes version: v1.30.2
[certs] apiserver serving cert is signed for DNS names [cp1 kubernetes kubernetes.default] and IPs [10.96.0.1 192.168.0.10 127.0.0.1]
W0102 03:04:05.000000       1 controllermanager.go:528] Skipping "nodeipam"
W0102 03:04:05.000000       1 controllermanager.go:528] "Skipping controller" controller="node-ipam-controller"
W0102 03:04:05.000000       1 controllermanager.go:528] Skipping "route"
`
	l, err := ReadLog("f", strings.NewReader(in))
	want := []string{
		`f:1:34 kubeadm version [init] "v1.30.2"`,
		`f:2:101 kubeadm cluster-ip default/kubernetes "10.96.0.1" 10.96.0.1`,
		`f:2:111 kubeadm address [certs] "192.168.0.10" 192.168.0.10`,
		`f:3:57 kube-controller-manager allocate-node-cidrs --allocate-node-cidrs "false"`,
	}
	if d := cmp.Diff(want, formtest.Lines(l.Statements())); d != "" || err != nil {
		t.Errorf("(-want +got) %v\n%s", err, d)
	}
}

// Documents are no logs, though their values are messages.
func TestReadLogDocuments(t *testing.T) {
	const msg = "Node w2 status is now: CIDRNotAvailable"
	for _, tt := range []struct {
		text string
		log  bool
	}{
		{"kind: Event\nmessage: " + msg + "\n", false},
		{"# a note\n---\napiVersion: v1\nmessage: " + msg + "\n", false},
		{"{\n  \"kind\": \"Event\",\n  \"message\": \"" + msg + "\"\n}", false},
		{"{\"items\":[{\n\"message\": \"" + msg + "\"\n}]}", false},
		{"$ kubectl get events -o json\n{\n  \"message\": \"" + msg + "\"\n}", false},
		{"[{\n\"kind\": \"Event\",\n\"message\": \"" + msg + "\"\n}]", false},
		{"{\"ts\":1,\"msg\":\"" + msg + "\"}\n", true},
		{"# journalctl -u kubelet\n" + msg + "\n", true},
		{"[pod/a/b] " + msg + "\n", true},
		{"status: so it says\n" + msg + "\n", false},
		{"kinds of things\n" + msg + "\n", true},
	} {
		l, err := ReadLog("f", strings.NewReader(tt.text))
		if err != nil || (len(l.Entries) > 0) != tt.log {
			t.Errorf("%q: %d entries, %v", tt.text, len(l.Entries), err)
		}
		x, err := ReadText("f", strings.NewReader(tt.text))
		if err != nil || x.IsZero() == tt.log {
			t.Errorf("%q as text: %+v, %v", tt.text, x, err)
		}
	}
}

// A log of any size takes little: lines beyond the limits are cut, kinds of messages beyond a thousand are counted.
func TestReadLogLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString(strings.Repeat("x", 3*maxLogLine) + "Node w0 status is now: CIDRNotAvailable\n")
	for i := range maxLogEntries + 5 {
		fmt.Fprintf(&b, "Node w%d status is now: CIDRNotAvailable\n", i)
	}
	l, err := ReadLog("f", strings.NewReader(b.String()))
	if err != nil || len(l.Entries) != maxLogEntries || l.Dropped != 5 {
		t.Errorf("%d entries, %d dropped, %v", len(l.Entries), l.Dropped, err)
	}
	if e := l.Entries[0]; e.Pos.Line != 2 {
		t.Errorf("first entry at %v, want line 2", e.Pos)
	}
	l, err = ReadLog("f", io.MultiReader(strings.NewReader("Node w0 status is now: CIDRNotAvailable\n"), iotest.ErrReader(io.ErrClosedPipe)))
	if err == nil || len(l.Entries) != 1 {
		t.Errorf("a reader that fails: %v, %d entries", err, len(l.Entries))
	}
}

func FuzzReadLog(f *testing.F) {
	for _, tt := range logLines {
		f.Add(tt.line)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ReadLog("f", strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		n := 1 + strings.Count(s, "\n")
		for _, e := range l.Entries {
			if e.Pos.Line < 1 || e.Pos.Line > n || e.Count < 1 || e.Symptom.ID == "" {
				t.Fatalf("%+v", e)
			}
		}
		l.Statements()
	})
}

func BenchmarkReadLog(b *testing.B) {
	var s strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&s, "I0102 03:04:05.%06d       1 range_allocator.go:433] \"Finished syncing Node request\" node=\"worker-%05d\" elapsed=\"1.2ms\"\n", i, i)
	}
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadLog("f", strings.NewReader(s.String())); err != nil {
			b.Fatal(err)
		}
	}
}
