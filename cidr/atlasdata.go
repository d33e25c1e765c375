package cidr

// atlas is never changed. Ordered by name; the test holds it.
var atlas = []atlasRow{
	{"docker", "172.17.0.0/16", "docker0, the first default address pool", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker", "172.18.0.0/16", "second default address pool of user-defined networks", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker", "172.19.0.0/16", "third default address pool", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker", "172.20.0.0/14", "default address pools, /16 each", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker", "172.24.0.0/14", "default address pools, /16 each", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker", "172.28.0.0/14", "default address pools, /16 each", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker", "192.168.0.0/16", "default address pools, /20 each, when the others are taken", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, localScopeDefaultNetworks", false},
	{"docker-swarm", "10.0.0.0/8", "default address pool of overlay networks, /24 each; ingress is 10.0.0.0/24", "github.com/moby/moby daemon/libnetwork/ipamutils/utils.go, globalScopeDefaultNetworks", false},
	{"docker-swarm", "172.18.0.0/16", "docker_gwbridge, usually", "docs.docker.com/engine/swarm/networking", false},
	{"flannel", "10.244.0.0/16", "Network of the manifest kube-flannel.yml", "github.com/flannel-io/flannel Documentation/kube-flannel.yml, net-conf.json", false},
	{"k3s", "10.42.0.0/16", "default of --cluster-cidr", "docs.k3s.io/cli/server", false},
	{"k3s", "10.43.0.0/16", "default of --service-cidr", "docs.k3s.io/cli/server", false},
	{"kind", "10.244.0.0/16", "default podSubnet", "kind.sigs.k8s.io/docs/user/configuration", false},
	{"kind", "10.96.0.0/16", "default serviceSubnet", "kind.sigs.k8s.io/docs/user/configuration", false},
	{"kube-apiserver", "10.0.0.0/24", "default of --service-cluster-ip-range", "k8s.io/kubernetes pkg/kubeapiserver/options/options.go, DefaultServiceIPCIDR", false},
	{"kubeadm", "10.96.0.0/12", "default of networking.serviceSubnet", "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go, DefaultServicesSubnet", false},
	{"libvirt", "192.168.122.0/24", "virbr0, network default", "gitlab.com/libvirt/libvirt src/network/default.xml.in", false},
	{"link-local", "169.254.0.0/16", "link-local addresses; 169.254.169.254 answers with instance metadata in most clouds", "RFC 3927", true},
	{"link-local", "fe80::/10", "link-local addresses", "RFC 4291", true},
	{"rke2", "10.42.0.0/16", "default of cluster-cidr", "docs.rke2.io/reference/server_config", false},
	{"rke2", "10.43.0.0/16", "default of service-cidr", "docs.rke2.io/reference/server_config", false},
	{"tailscale", "100.64.0.0/10", "addresses of the tailnet", "tailscale.com/kb/1015/100.x-addresses", false},
	{"tailscale", "fd7a:115c:a1e0::/48", "IPv6 addresses of the tailnet", "tailscale.com/kb/1033/ip-and-dns-addresses", false},
}
