package cmdline

import (
	"bytes"
	"math/bits"
	"strings"
)

// kind is what a flag takes.
type kind byte

const (
	unknown kind = 0
	text    kind = 's'
	boolean kind = 'b' // takes no separate value: pflag NoOptDefVal, Go's flag isBoolFlag
	cidrs   kind = 'c' // CIDRs, comma separated
	addrs   kind = 'a' // addresses, comma separated
	integer kind = 'i'
)

// A program is a row of the table of programs. flags are fields name=kind; those without a kind are text.
type program struct {
	name    string
	aliases string // other names: behind hyperkube, in images, in file names
	subs    string // subcommands that make a command line of it; "" where it takes none
	noguess bool   // flags alone are never taken for those of this program
	flags   string
}

const klogFlags = " v=i vmodule logtostderr=b alsologtostderr=b log-dir log-file stderrthreshold" +
	" feature-gates kubeconfig" +
	" master logging-format log-flush-frequency version=b one-output=b skip-headers=b" +
	" skip-log-headers=b add-dir-header=b" +
	" log-file-max-size=i log-backtrace-at help=b h=b profiling=b contention-profiling=b config "

const electFlags = " leader-elect=b leader-elect-lease-duration leader-elect-renew-deadline" +
	" leader-elect-resource-lock" +
	" leader-elect-resource-name leader-elect-resource-namespace leader-elect-retry-period kube-api-qps kube-api-burst=i" +
	" authentication-kubeconfig authorization-kubeconfig authentication-skip-lookup=b requestheader-client-ca-file" +
	" authentication-tolerate-lookup-failure=b authorization-always-allow-paths permit-port-sharing=b address=a port=i "

const serveFlags = " bind-address=a secure-port=i cert-dir tls-cert-file tls-private-key-file tls-cipher-suites" +
	" tls-min-version tls-sni-cert-key client-ca-file permit-address-sharing=b http2-max-streams-per-connection=i "

const k3sFlags = " cluster-cidr=c service-cidr=c cluster-dns=a cluster-domain flannel-backend" +
	" flannel-iface flannel-conf" +
	" flannel-cni-conf flannel-ipv6-masq=b flannel-external-ip=b node-ip=a node-external-ip=a node-internal-dns" +
	" node-external-dns advertise-address=a advertise-port=i bind-address=a service-node-port-range tls-san disable" +
	" disable-network-policy=b disable-kube-proxy=b egress-selector-mode kube-controller-manager-arg kube-controller-arg" +
	" kube-apiserver-arg kubelet-arg kube-proxy-arg kube-cloud-controller-manager-arg" +
	" kube-scheduler-arg etcd-arg docker=b" +
	" cluster-init=b cluster-reset=b server s token t token-file agent-token cluster-secret data-dir d o" +
	" write-kubeconfig write-kubeconfig-mode no-deploy no-flannel=b rootless=b selinux=b https-listen-port=i" +
	" http-listen-port=i node-name node-label node-taint with-node-id=b vpn-auth datastore-endpoint datastore-cafile" +
	" datastore-certfile datastore-keyfile servicelb-namespace debug=b snapshotter pause-image private-registry" +
	" resolv-conf enable-pprof=b secrets-encryption=b disable-agent=b disable-apiserver=b disable-controller-manager=b" +
	" disable-scheduler=b disable-etcd=b disable-cloud-controller=b disable-helm-controller=b config c log l v=i" +
	" alsologtostderr=b protect-kernel-defaults=b prefer-bundled-bin=b supervisor-metrics=b embedded-registry=b" +
	" default-local-storage-path container-runtime-endpoint lb-server-port=i etcd-expose-metrics=b multi-cluster-cidr=b" +
	" etcd-snapshot-schedule-cron etcd-snapshot-retention=i etcd-disable-snapshots=b disable-servicelb=b" +
	" kube-controller-manager-extra-mount airgap-extra-registry system-default-registry "

// programs is the table. A row's index is its bit in a set of programs.
//
// Flags: k8s.io/kubernetes v1.13 to v1.37, cmd/*/app/options; flannel-io/flannel v0.1 to v0.28, main.go; k3s and RKE2,
// pkg/cli/cmds; kube-router v2, pkg/options; moby v28, cmd/dockerd.
var programs = [...]program{
	{name: "kube-controller-manager", aliases: "controller-manager", flags: klogFlags + electFlags + serveFlags +
		"cluster-cidr=c service-cluster-ip-range=c allocate-node-cidrs=b node-cidr-mask-size=i node-cidr-mask-size-ipv4=i" +
		" node-cidr-mask-size-ipv6=i cidr-allocator-type controllers configure-cloud-routes=b cluster-name cloud-provider" +
		" cloud-config cluster-signing-cert-file cluster-signing-key-file cluster-signing-duration root-ca-file" +
		" experimental-cluster-signing-duration service-account-private-key-file use-service-account-credentials=b" +
		" node-monitor-grace-period node-monitor-period node-startup-grace-period pod-eviction-timeout" +
		" terminated-pod-gc-threshold=i enable-dynamic-provisioning=b enable-garbage-collector=b" +
		" enable-hostpath-provisioner=b enable-leader-migration=b external-cloud-volume-plugin flex-volume-plugin-dir" +
		" concurrent-deployment-syncs=i route-reconciliation-period allow-untagged-cloud=b node-sync-period" +
		" register-retry-count=i deployment-controller-sync-period horizontal-pod-autoscaler-use-rest-clients=b"},
	{name: "kube-apiserver", aliases: "apiserver", flags: klogFlags + serveFlags +
		"service-cluster-ip-range=c portal-net=c advertise-address=a insecure-bind-address=a address=a" +
		" insecure-port=i port=i allow-privileged=b anonymous-auth=b apiserver-count=i enable-bootstrap-token-auth=b" +
		" kubernetes-service-node-port=i service-node-port-range endpoint-reconciler-type etcd-servers" +
		" etcd-prefix etcd-cafile" +
		" etcd-certfile etcd-keyfile storage-backend enable-aggregator-routing=b runtime-config authorization-mode" +
		" service-account-key-file service-account-issuer service-account-signing-key-file kubelet-client-certificate" +
		" kubelet-client-key kubelet-preferred-address-types kubelet-https=b kubelet-port=i enable-admission-plugins" +
		" disable-admission-plugins admission-control proxy-client-cert-file proxy-client-key-file token-auth-file" +
		" requestheader-client-ca-file requestheader-allowed-names requestheader-extra-headers-prefix" +
		" requestheader-group-headers requestheader-username-headers external-hostname cloud-provider cloud-config" +
		" audit-log-path audit-log-maxage=i audit-log-maxbackup=i audit-log-maxsize=i audit-policy-file event-ttl" +
		" max-requests-inflight=i min-request-timeout=i default-not-ready-toleration-seconds=i" +
		" enable-swagger-ui=b authentication-token-webhook-config-file delete-collection-workers=i" +
		" encryption-provider-config watch-cache=b service-account-lookup=b oidc-issuer-url oidc-client-id" +
		" egress-selector-config-file api-audiences basic-auth-file experimental-encryption-provider-config"},
	{name: "kube-proxy", aliases: "proxy", flags: klogFlags +
		"cluster-cidr=c bind-address=a hostname-override proxy-mode masquerade-all=b iptables-masquerade-bit=i cleanup=b" +
		" detect-local-mode pod-interface-name-prefix pod-bridge-interface nodeport-addresses ipvs-exclude-cidrs=c" +
		" ipvs-scheduler ipvs-strict-arp=b ipvs-min-sync-period ipvs-sync-period iptables-min-sync-period" +
		" iptables-sync-period conntrack-max=i conntrack-max-per-core=i conntrack-min=i healthz-bind-address healthz-port=i" +
		" metrics-bind-address metrics-port=i oom-score-adj=i proxy-port-range write-config-to bind-address-hard-fail=b" +
		" kube-api-qps kube-api-burst=i conntrack-tcp-timeout-established conntrack-tcp-timeout-close-wait" +
		" config-sync-period udp-timeout cleanup-ipvs=b cleanup-iptables=b"},
	{name: "kubelet", flags: klogFlags +
		"pod-cidr=c node-ip=a cluster-dns=a cluster-domain max-pods=i pods-per-core=i hostname-override network-plugin" +
		" cni-conf-dir cni-bin-dir cni-cache-dir non-masquerade-cidr=c bootstrap-kubeconfig container-runtime" +
		" container-runtime-endpoint image-service-endpoint pod-infra-container-image register-node=b" +
		" register-schedulable=b register-with-taints node-labels cgroup-driver cgroup-root fail-swap-on=b address=a port=i" +
		" resolv-conf pod-manifest-path api-servers configure-cbr0=b reconcile-cidr=b hairpin-mode allow-privileged=b" +
		" cloud-provider cloud-config kube-reserved system-reserved eviction-hard eviction-soft rotate-certificates=b" +
		" rotate-server-certificates=b runtime-cgroups kubelet-cgroups system-cgroups root-dir cert-dir client-ca-file" +
		" tls-cert-file tls-private-key-file authentication-token-webhook=b authorization-mode anonymous-auth=b" +
		" read-only-port=i cadvisor-port=i healthz-bind-address=a healthz-port=i network-plugin-mtu=i config-dir" +
		" image-pull-progress-deadline serialize-image-pulls=b protect-kernel-defaults=b node-status-update-frequency" +
		" experimental-allocatable-ignore-eviction=b require-kubeconfig=b docker-endpoint provider-id" +
		" enable-controller-attach-detach=b volume-plugin-dir seccomp-default=b runonce=b sync-frequency dynamic-config-dir" +
		" enforce-node-allocatable cgroups-per-qos=b make-iptables-util-chains=b file-check-frequency"},
	{name: "kubeadm", subs: "init join reset", noguess: true, flags: " v=i config kubeconfig" +
		" help=b h=b rootfs f=b" +
		" pod-network-cidr=c service-cidr=c service-dns-domain apiserver-advertise-address=a apiserver-bind-port=i" +
		" apiserver-cert-extra-sans control-plane-endpoint kubernetes-version node-name cri-socket ignore-preflight-errors" +
		" image-repository token token-ttl upload-certs=b skip-token-print=b skip-certificate-key-print=b skip-phases" +
		" dry-run=b feature-gates cert-dir certificate-key patches skip-preflight-checks=b discovery-token" +
		" discovery-token-ca-cert-hash discovery-token-unsafe-skip-ca-verification=b discovery-file tls-bootstrap-token" +
		" control-plane=b experimental-control-plane=b experimental-upload-certs=b force=b yes=b y=b" +
		" cleanup-tmp-dir=b api-advertise-addresses=a use-kubernetes-version external-etcd-endpoints" +
		" api-external-dns-names pod-network-cidrs=c"},
	{name: "flanneld", aliases: "flannel", flags: " v=i vmodule logtostderr=b alsologtostderr=b log-dir stderrthreshold" +
		" iface iface-regex iface-can-reach=a public-ip=a public-ipv6=a etcd-endpoints etcd-prefix" +
		" etcd-cafile etcd-certfile" +
		" etcd-keyfile etcd-username etcd-password ip-masq=b kube-subnet-mgr=b kube-api-url kube-annotation-prefix" +
		" kubeconfig-file subnet-file subnet-dir net-config-path subnet-lease-renew-margin=i healthz-ip=a healthz-port=i" +
		" iptables-resync=i iptables-forward-rules=b set-node-network-unavailable=b version=b listen remote" +
		" remote-cafile remote-certfile remote-keyfile networks help=b h=b watch-networks=b"},
	{name: "k3s", aliases: "k3s-server k3s-agent k3s-amd64 k3s-arm64 k3s-armhf", subs: "server agent", flags: k3sFlags},
	{name: "rke2", subs: "server agent", noguess: true, flags: k3sFlags +
		"cni cloud-provider-name cloud-provider-config profile enable-servicelb=b audit-policy-file ingress-controller" +
		" control-plane-resource-requests kubelet-path control-plane-probe-configuration etcd-image kube-proxy-image"},
	{name: "cloud-controller-manager", noguess: true, flags: klogFlags + electFlags + serveFlags +
		"cluster-cidr=c allocate-node-cidrs=b node-cidr-mask-size=i node-cidr-mask-size-ipv4=i node-cidr-mask-size-ipv6=i" +
		" configure-cloud-routes=b cluster-name cloud-provider cloud-config allow-untagged-cloud=b controllers" +
		" cidr-allocator-type use-service-account-credentials=b route-reconciliation-period node-monitor-period" +
		" node-status-update-frequency external-cloud-volume-plugin"},
	{name: "kube-router", flags: " v=i kubeconfig master hostname-override cluster-cidr=c service-cluster-ip-range=c" +
		" service-external-ip-range=c loadbalancer-ip-range=c run-router=b run-firewall=b run-service-proxy=b" +
		" run-loadbalancer=b enable-cni=b enable-overlay=b overlay-type overlay-encap enable-pod-egress=b enable-ibgp=b" +
		" enable-ipv4=b enable-ipv6=b advertise-cluster-ip=b advertise-external-ip=b advertise-loadbalancer-ip=b" +
		" advertise-pod-cidr=b nodes-full-mesh=b bgp-graceful-restart=b cluster-asn=i peer-router-ips=a peer-router-asns" +
		" metrics-port=i metrics-path masquerade-all=b hairpin-mode=b routes-sync-period iptables-sync-period" +
		" ipvs-sync-period service-node-port-range nodeport-bindon-all-ip=b override-nexthop=b health-port=i" +
		" cleanup-config=b version=b help=b bgp-port=i cache-sync-timeout auto-mtu=b router-id=a"},
	{name: "kube-scheduler", aliases: "scheduler", flags: klogFlags + electFlags + serveFlags +
		"policy-config-file algorithm-provider scheduler-name lock-object-name write-config-to"},
	{name: "dockerd", aliases: "docker-daemon", flags: " bip=c bip6=c mtu=i fixed-cidr=c fixed-cidr-v6=c ip=a" +
		" default-address-pool default-gateway=a default-gateway-v6=a bridge b iptables=b ip6tables=b" +
		" ip-masq=b ip-forward=b" +
		" ipv6=b icc=b host H dns=a dns-search storage-driver s storage-opt exec-opt insecure-registry registry-mirror" +
		" log-driver log-level l log-opt data-root graph g selinux-enabled=b live-restore=b containerd debug=b D=b tls=b" +
		" tlsverify=b tlscacert tlscert tlskey cluster-store cluster-advertise userland-proxy=b default-ulimit" +
		" signature-verification=b add-runtime default-runtime config-file pidfile p experimental=b"},
}

// A set of programs has bit i for programs[i].
type set uint32

// tables are made from the programs once; nothing writes to them afterwards.
var (
	flagKinds  = kindsOf()    // by program and flag
	flagOwners = ownersOf()   // the programs that have a flag
	byName     = programsOf() // index of the program by name or alias
)

func kindsOf() [len(programs)]map[string]kind {
	var kinds [len(programs)]map[string]kind
	for i, p := range programs {
		kinds[i] = map[string]kind{}
		for _, field := range strings.Fields(p.flags) {
			name, k, _ := strings.Cut(field, "=")
			kinds[i][name] = text
			if k != "" {
				kinds[i][name] = kind(k[0])
			}
		}
	}
	return kinds
}

func ownersOf() map[string]set {
	owners := map[string]set{}
	for i, kinds := range flagKinds {
		for name := range kinds {
			owners[name] |= 1 << i
		}
	}
	return owners
}

func programsOf() map[string]int {
	names := map[string]int{}
	for i, p := range programs {
		names[p.name] = i
	}
	return names
}

// none is no index of programs.
const none = -1

// kindOf returns the kind of a flag of programs[p], or of whichever program has it where p is none.
func kindOf(p int, name string) kind {
	name = strings.ReplaceAll(name, "_", "-")
	if p != none {
		return flagKinds[p][name]
	}
	if owners := flagOwners[name]; owners != 0 {
		return flagKinds[bits.TrailingZeros32(uint32(owners))][name]
	}
	return unknown
}

// owners returns the programs that have every known flag of args, 0 where none is known.
func owners(args []Arg) set {
	all := set(0)
	known := false
	for _, a := range args {
		s, ok := flagOwners[strings.ReplaceAll(a.Name, "_", "-")]
		if !ok {
			continue
		}
		if !known {
			all, known = s, true
		}
		all &= s
	}
	return all
}

// guess returns the only program whose flags args can be, or none and all of them.
func guess(args []Arg) (p int, candidates []string) {
	s := owners(args)
	p = none
	n := 0
	for i := range programs {
		if s&(1<<i) == 0 {
			continue
		}
		candidates = append(candidates, programs[i].name)
		if !programs[i].noguess {
			p = i
			n++
		}
	}
	if n != 1 {
		return none, candidates
	}
	return p, nil
}

// programIn returns the program that a word of a command line runs: a name, a path, an .exe. It returns none for
// others.
func programIn(word []byte) int {
	flag := len(word) > 0 && word[0] == '-'
	if i := bytes.LastIndexAny(word, `/\`); i >= 0 {
		word = word[i+1:]
	}
	if len(word) < 3 || len(word) > 48 || flag {
		return none
	}
	name := string(word)
	for _, suffix := range [...]string{".exe", "-amd64", "-arm64", "-arm"} {
		name = strings.TrimSuffix(name, suffix)
	}
	if p, ok := byName[name]; ok {
		return p
	}
	if strings.HasSuffix(name, "-cloud-controller-manager") {
		return byName["cloud-controller-manager"]
	}
	return none
}

// programNamed returns the program that goes by a name or an alias, as hyperkube, containers and files have them.
func programNamed(name string) int {
	if p, ok := byName[name]; ok {
		return p
	}
	for i, p := range programs {
		for _, alias := range strings.Fields(p.aliases) {
			if alias == name {
				return i
			}
		}
	}
	if strings.HasSuffix(name, "-cloud-controller-manager") {
		return byName["cloud-controller-manager"]
	}
	return none
}

// programOfPath returns the program that a file is about: /etc/kubernetes/manifests/kube-apiserver.yaml,
// kubelet.service, /etc/systemd/system/kubelet.service.d/10-kubeadm.conf, /etc/sysconfig/flanneld, args/kube-proxy.
func programOfPath(path string) int {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
	for i := len(parts) - 1; i >= max(0, len(parts)-2); i-- {
		name := parts[i]
		if i < len(parts)-1 {
			unit, ok := strings.CutSuffix(name, ".service.d")
			if !ok {
				break
			}
			name = unit
		}
		for {
			if p := programNamed(name); p != none {
				return p
			}
			dot := strings.LastIndexByte(name, '.')
			if dot <= 0 {
				break
			}
			name = name[:dot]
		}
	}
	return none
}

// programOfImage returns the program of a container image: rancher/k3s:v1.20, registry.k8s.io/kube-apiserver@sha256:...
func programOfImage(image string) int {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, '/'); i >= 0 {
		image = image[i+1:]
	}
	image, _, _ = strings.Cut(image, ":")
	return programNamed(strings.TrimSuffix(image, "-amd64"))
}

// variables says which program reads a variable, by how the name begins. The first row that fits counts; a row without
// a program leaves it to the flags.
var variables = [...]struct{ prefix, program string }{
	{"KUBE_SERVICE_ADDRESSES", "kube-apiserver"},
	{"KUBE_APISERVER_", "kube-apiserver"},
	{"KUBE_API_SERVER_", "kube-apiserver"},
	{"KUBE_API_", "kube-apiserver"},
	{"KUBE_ETCD_SERVERS", "kube-apiserver"},
	{"KUBE_ADMISSION_CONTROL", "kube-apiserver"},
	{"APISERVER_", "kube-apiserver"},
	{"KUBE_CONTROLLER_MANAGER", "kube-controller-manager"},
	{"KUBE_CONTROLLER_", "kube-controller-manager"},
	{"CONTROLLER_MANAGER_", "kube-controller-manager"},
	{"KUBE_PROXY_", "kube-proxy"},
	{"KUBEPROXY_", "kube-proxy"},
	{"KUBELET_", "kubelet"},
	{"KUBE_SCHEDULER_", "kube-scheduler"},
	{"SCHEDULER_", "kube-scheduler"},
	{"FLANNEL_", "flanneld"},
	{"FLANNELD_", "flanneld"},
	{"DOCKER_OPTS", "dockerd"},
	{"DOCKER_OPTIONS", "dockerd"},
	{"DOCKER_NETWORK_OPTIONS", "dockerd"},
	{"DOCKER_OPT_", "dockerd"},
	{"DOCKERD_", "dockerd"},
	{"INSTALL_K3S_EXEC", "k3s"},
	{"K3S_", "k3s"},
	{"RKE2_", "rke2"},
	{"CLOUD_CONTROLLER_MANAGER_", "cloud-controller-manager"},
	{"KUBE_ROUTER_", "kube-router"},
}

func programOfVariable(name string) int {
	for _, v := range variables {
		if strings.HasPrefix(name, v.prefix) {
			return byName[v.program]
		}
	}
	return none
}

// sameName reports whether two spellings name one flag: kubelet always, the others since 1.21, read _ as -.
func sameName(a, b string) bool {
	return a == b || strings.ReplaceAll(a, "_", "-") == strings.ReplaceAll(b, "_", "-")
}
