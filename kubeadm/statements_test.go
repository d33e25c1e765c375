package kubeadm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// stated returns statements as TestShapes has them, a finding by its first line, and without the place.
func stated(ss []fact.Statement) []string {
	var out []string
	for _, s := range ss {
		var b strings.Builder
		writeStatement(&b, s)
		first, _, _ := strings.Cut(b.String(), "\n")
		out = append(out, strings.TrimPrefix(first, s.Pos.String()+" "))
	}
	return out
}

// TestProcessStatements holds what a program is told, with blanks, empty values and values that the file does not say.
func TestProcessStatements(t *testing.T) {
	const kcm, api = fact.ControllerManager, fact.APIServer
	for _, tt := range []struct {
		name string
		comp fact.Component
		args string // separated by "|"; a "?" at the end makes a word unknown
		want []string
	}{
		{"blanks", kcm, "--cluster-cidr= 10.1.0.0/16|--service-cluster-ip-range= 10.2.0.0/16", []string{
			`kube-controller-manager pods "--cluster-cidr" [10.1.0.0/16]`,
			`kube-controller-manager services "--service-cluster-ip-range" " 10.2.0.0/16": " 10.2.0.0/16": blanks and empty entries are not allowed in a list of ranges; write 10.2.0.0/16`,
			`kube-controller-manager setting "--allocate-node-cidrs" allocate-node-cidrs false (default)`}},
		{"empty", kcm, "--cluster-cidr=|--allocate-node-cidrs=x|--node-cidr-mask-size=y", []string{
			`kube-controller-manager problem error flag-refused: kube-controller-manager does not accept this argument: invalid argument "x" for "--allocate-node-cidrs" flag: strconv.ParseBool: parsing "x": invalid syntax`,
			`kube-controller-manager problem error flag-refused: kube-controller-manager does not accept this argument: invalid argument "y" for "--node-cidr-mask-size" flag: strconv.ParseInt: parsing "y": invalid syntax`,
			`kube-controller-manager pods "--cluster-cidr" none`,
			`kube-controller-manager services "--service-cluster-ip-range" none`}},
		{"unknown", kcm, "--cluster-cidr=10.1.0.0/16?|--service-cluster-ip-range=10.2.0.0/16|--allocate-node-cidrs=true|--node-cidr-mask-size=25?|--node-cidr-mask-size-ipv4=26|--controllers=*?", []string{
			`kube-controller-manager services "--service-cluster-ip-range" [10.2.0.0/16]`,
			`kube-controller-manager setting "--allocate-node-cidrs" allocate-node-cidrs true`,
			`kube-controller-manager setting "--node-cidr-mask-size-ipv4" node-mask-ipv4 26`}},
		{"address", api, "--service-cluster-ip-range=10.2.0.0/16|--advertise-address=192.0.2.1", []string{
			`kube-apiserver services "--service-cluster-ip-range" [10.2.0.0/16]`, `kube-apiserver address "--advertise-address" [192.0.2.1]`}},
		{"an empty address is none", api, "--advertise-address=", []string{`kube-apiserver services "--service-cluster-ip-range" [10.0.0.0/24] (default)`}},
		{"nor is that of all interfaces", api, "--advertise-address=0.0.0.0", []string{`kube-apiserver services "--service-cluster-ip-range" [10.0.0.0/24] (default)`}},
	} {
		p := Process{CommandLine: line(fact.Version{}, tt.comp, strings.Split(tt.args, "|")...)}
		for i, a := range p.Args {
			p.Args[i].Text, p.Args[i].Unknown = strings.TrimSuffix(a.Text, "?"), strings.HasSuffix(a.Text, "?")
		}
		if diff := cmp.Diff(tt.want, stated(p.Statements())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestConfigStatements holds what kubeadm's configuration says of hosts and in extraArgs.
func TestConfigStatements(t *testing.T) {
	cluster, init := document("v1beta4", "ClusterConfiguration"), document("v1beta4", "InitConfiguration")
	const pods, services = `kubeadm pods "networking.podSubnet" [10.1.0.0/16]`, `kubeadm services "networking.serviceSubnet" [10.96.0.0/12] (default)`
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"node name of an old version", []string{document("v1alpha2", "MasterConfiguration"), "nodeName: cp-1", "api: {advertiseAddress: 192.0.2.1}", "networking: {podSubnet: 10.1.0.0/16}"},
			[]string{pods, services, `kubeadm address of cp-1 "api.advertiseAddress" [192.0.2.1]`}},
		{"addresses", []string{init, "localAPIEndpoint: {advertiseAddress: 192.0.2.01}"}, []string{`kubeadm address "localAPIEndpoint.advertiseAddress" [192.0.2.1]`}},
		{"blanks around an address", []string{init, "localAPIEndpoint: {advertiseAddress: \" 192.0.2.1\"}"},
			[]string{`kubeadm address "localAPIEndpoint.advertiseAddress" " 192.0.2.1": " 192.0.2.1" is no IP address: there are blanks around it`}},
		{"no address", []string{init, "localAPIEndpoint: {advertiseAddress: \" 0.0.0.0\"}"}, nil},
		{"kubelet", []string{init, "nodeRegistration: {name: w-1, kubeletExtraArgs: [{name: node-ip, value: \"192.0.2.1,fd00::1\"}, {name: node-cidr-mask-size, value: \"25\"}, {name: v, value: \"24\"}, {name: node-cidr-mask-size-ipv6, value: x}]}"},
			[]string{`kubeadm address of w-1 "kubeletExtraArgs node-ip" [192.0.2.1]`, `kubeadm address of w-1 "kubeletExtraArgs node-ip" [fd00::1]`, `kubelet setting of w-1 "kubeletExtraArgs node-cidr-mask-size" node-mask 25`}},
		{"extraArgs that differ", []string{cluster, "networking: {podSubnet: 10.1.0.0/16}", "controllerManager: {extraArgs: [{name: cluster-cidr, value: 10.2.0.0/16}]}"}, []string{pods, services,
			`kubeadm pods "controllerManager.extraArgs cluster-cidr" [10.2.0.0/16]`,
			`kubeadm problem error kube-proxy-cluster-cidr-mismatch: controllerManager.extraArgs cluster-cidr 10.2.0.0/16 and networking.podSubnet 10.1.0.0/16 differ: nodes get subnets of the first, and kubeadm gives the second to kube-proxy as clusterCIDR`}},
		{"extraArgs that are no range", []string{cluster, "networking: {podSubnet: 10.1.0.0/16}", "controllerManager: {extraArgs: [{name: cluster-cidr, value: 10.2.0.0}]}"}, []string{pods, services,
			`kubeadm pods "controllerManager.extraArgs cluster-cidr" "10.2.0.0": prefix "10.2.0.0": the prefix length is missing; 10.2.0.0/32 is the one address`}},
		{"extraArgs without a range beside them", []string{cluster, "controllerManager: {extraArgs: [{name: cluster-cidr, value: 10.2.0.0/16}]}"}, []string{services,
			`kubeadm pods "controllerManager.extraArgs cluster-cidr" [10.2.0.0/16]`}},
		{"a range without extraArgs", []string{cluster, "networking: {podSubnet: 10.1.0.0/16}"}, []string{pods, services}},
		{"a flag that no program sees", []string{cluster, "networking: {podSubnet: 10.1.0.0/16}", "controllerManager: {extraArgs: [{name: allocate-node-cidrs, value: 5}, {name: node-cidr-mask-size, value: x}]}"}, []string{
			`kubeadm problem error kubeadm-config-refused: kubeadm does not take this file: json: cannot unmarshal number into Go struct field Arg.controllerManager.extraArgs.value of type string`,
			pods, services,
			`kubeadm problem error flag-refused: controllerManager.extraArgs: kube-controller-manager does not accept this argument: invalid argument "x" for "--node-cidr-mask-size" flag: strconv.ParseInt: parsing "x": invalid syntax`}},
	} {
		if diff := cmp.Diff(tt.want, stated(parsed(t, tt.lines...).Statements())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	// A finding of the caller's that has no place.
	ss := Config{Problems: []fact.Finding{{Rule: fact.RuleKubeadmKeyUnknown}}}.Statements()
	if len(ss) != 1 || ss[0].Pos.IsValid() || ss[0].Finding.Rule != fact.RuleKubeadmKeyUnknown {
		t.Errorf("a problem without a place: %+v", ss)
	}
}
