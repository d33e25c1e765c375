package nodeipam

import "github.com/kubecidr/kubecidr/plan/fact"

// ControllerFlags are the address-related flags of kube-controller-manager, as it is given them: its own parser decides
// what they mean. The zero value is a controller manager that hands out nothing.
type ControllerFlags struct {
	AllocateNodeCIDRs     bool     // --allocate-node-cidrs
	ClusterCIDR           string   // --cluster-cidr, effective text
	NodeCIDRMaskSize      int      // --node-cidr-mask-size; 0 cannot be told from unset, as in the real program
	NodeCIDRMaskSizeIPv4  int      // --node-cidr-mask-size-ipv4; 0 is unset
	NodeCIDRMaskSizeIPv6  int      // --node-cidr-mask-size-ipv6; 0 is unset
	ServiceClusterIPRange string   // --service-cluster-ip-range, effective text
	CIDRAllocatorType     string   // --cidr-allocator-type; "" means the default, RangeAllocator
	CIDRAllocatorEmpty    bool     // --cidr-allocator-type is given and empty, which is not the default
	Controllers           []string // --controllers; nil means "*"
	FeatureGates          Gates    // --feature-gates

	// Malformed are flags that the program's flag package does not take, such as --node-cidr-mask-size=a: whoever is
	// given one does not start.
	Malformed []Refusal
}

// Gates are the feature gates that a command line or a configuration sets. One that it does not name has its release's
// default. The zero value, nil, sets none.
type Gates map[string]bool

// APIServerFlags are the address-related flags of kube-apiserver. The zero value sets none of them; kube-apiserver
// starts with that.
type APIServerFlags struct {
	ServiceClusterIPRange string // --service-cluster-ip-range; "" means the default, 10.0.0.0/24
	AdvertiseAddress      string // --advertise-address; "" means unknown: rules that need it are not applied
	FeatureGates          Gates  // --feature-gates
}

// An Arg is one entry of an extraArgs list of kubeadm, or one entry of its map. The zero value has neither name nor
// value.
type Arg struct {
	Name, Value string
}

// KubeadmNetworking is what kubeadm validates about ranges. The zero value sets nothing, which kubeadm accepts.
type KubeadmNetworking struct {
	PodSubnet             string // networking.podSubnet, or --pod-network-cidr; "" means none
	ServiceSubnet         string // networking.serviceSubnet, or --service-cidr; "" means the default, 10.96.0.0/12
	DNSDomain             string // networking.dnsDomain; "" means the default, cluster.local
	AdvertiseAddress      string // localAPIEndpoint.advertiseAddress; "" means detected by kubeadm
	ControllerManagerArgs []Arg  // controllerManager.extraArgs in file order
	APIServerArgs         []Arg  // apiServer.extraArgs in file order
	FeatureGates          Gates  // featureGates of kubeadm itself
}

// A Refusal is a real program's answer to settings that it does not accept. The zero value gives no answer.
type Refusal struct {
	Program  fact.Component
	Rule     fact.RuleID
	ID       string // of the startupRule that says so
	Field    string // flag or field path in the program's terms
	BadValue string
	Role     fact.Role    // what Field is about: RolePods, RoleServices, RoleAddress or RoleSetting; "" for what is no range
	Setting  fact.Setting // of RoleSetting; of several flags the first
	Type     string       // kubeadm: the kind of error, "FieldValueInvalid"; "" for the other programs
	Detail   string       // kubeadm: Message without field and value; "" for the other programs
	Message  string       // what the program prints, as far as it is fixed
	Source   string       // upstream path, symbol and version
}
