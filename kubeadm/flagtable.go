package kubeadm

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A flagKind is what matters of a flag's type for reading a command line.
type flagKind uint8

const (
	kindOther flagKind = iota // takes a value, the last one counts
	kindBool                  // takes a value after "=" only
	kindInt32                 // takes a number
	kindLevel                 // takes a number that is not negative
	kindIP                    // takes an address
	kindList                  // takes a value, several add up
)

// newFlagTable returns the kind of each flag from blank-separated names by kind.
func newFlagTable(names map[flagKind]string) map[string]flagKind {
	t := make(map[string]flagKind)
	for kind, list := range names {
		for name := range strings.FieldsSeq(list) {
			t[name] = kind
		}
	}
	return t
}

// table returns the flags that the program knows, with their kinds. It is not to be changed.
func (c CommandLine) table() map[string]flagKind {
	switch {
	case c.Component == fact.ControllerManager:
		return controllerManagerFlags
	case c.Component == fact.APIServer:
		return apiServerFlags
	case c.Component == fact.Kubeadm && c.Command == "join":
		return joinFlags
	case c.Component == fact.Kubeadm:
		return initFlags
	}
	return nil
}

// The tables hold the flags of v1.37.2 and those of earlier releases since 1.13 that it dropped: whether a word takes
// the next one as its value depends on its kind, so every flag counts, not just those about addresses. Which release
// dropped which one is not kept; a flag that a release does not know is not reported unless it bears on addresses.
// Source: the flag sets of k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app, cmd/kube-apiserver/app and
// cmd/kubeadm/app/cmd; for the dropped ones the command-line reference of the releases.

// controllerManagerFlags are the flags of kube-controller-manager, by kind.
var controllerManagerFlags = newFlagTable(map[flagKind]string{
	kindBool: `
		add-dir-header allocate-node-cidrs allow-untagged-cloud allow-verification-with-non-compliant-keys alsologtostderr
		authentication-skip-lookup authentication-tolerate-lookup-failure configure-cloud-routes contention-profiling
		disable-attach-detach-reconcile-sync disable-force-detach-on-timeout disable-http2-serving enable-dynamic-provisioning
		enable-garbage-collector enable-hostpath-provisioner enable-leader-migration enable-taint-manager help
		horizontal-pod-autoscaler-use-rest-clients leader-elect log-json-split-stream log-text-split-stream logtostderr
		one-output permit-address-sharing permit-port-sharing profiling skip-headers skip-log-headers
		use-service-account-credentials version
	`,
	kindInt32: `
		concurrent-cron-job-syncs concurrent-daemonset-syncs concurrent-deployment-syncs
		concurrent-device-taint-eviction-syncs concurrent-disruption-syncs concurrent-endpoint-syncs
		concurrent-ephemeralvolume-syncs concurrent-gc-syncs concurrent-horizontal-pod-autoscaler-syncs concurrent-job-syncs
		concurrent-namespace-syncs concurrent-node-syncs concurrent-rc-syncs concurrent-replicaset-syncs
		concurrent-resource-quota-syncs concurrent-resourceclaim-syncs concurrent-service-endpoint-syncs
		concurrent-service-syncs concurrent-serviceaccount-token-syncs concurrent-statefulset-syncs
		concurrent-ttl-after-finished-syncs concurrent-validating-admission-policy-status-syncs
		kube-api-burst large-cluster-size-threshold max-endpoints-per-slice mirroring-concurrent-service-endpoint-syncs
		mirroring-max-endpoints-per-subset node-cidr-mask-size node-cidr-mask-size-ipv4 node-cidr-mask-size-ipv6
		pv-recycler-increment-timeout-nfs pv-recycler-minimum-timeout-hostpath pv-recycler-minimum-timeout-nfs
		pv-recycler-timeout-increment-hostpath terminated-pod-gc-threshold
	`,
	kindList: `
		allow-metric-labels authorization-always-allow-paths controllers disabled-metrics emulated-version feature-gates
		min-compatibility-version requestheader-allowed-names requestheader-extra-headers-prefix requestheader-group-headers
		requestheader-uid-headers requestheader-username-headers tls-cipher-suites tls-curve-preferences tls-sni-cert-key
		vmodule
	`,
	kindOther: `
		allow-metric-labels-manifest attach-detach-reconcile-sync-period authentication-kubeconfig
		authentication-token-webhook-cache-ttl authorization-kubeconfig authorization-webhook-cache-authorized-ttl
		authorization-webhook-cache-unauthorized-ttl azure-container-registry-config cert-dir cidr-allocator-type
		client-ca-file cloud-config cloud-provider cloud-provider-gce-l7lb-src-cidrs cloud-provider-gce-lb-src-cidrs
		cluster-cidr cluster-name cluster-signing-cert-file cluster-signing-duration cluster-signing-key-file
		cluster-signing-kube-apiserver-client-cert-file cluster-signing-kube-apiserver-client-key-file
		cluster-signing-kubelet-client-cert-file cluster-signing-kubelet-client-key-file
		cluster-signing-kubelet-serving-cert-file cluster-signing-kubelet-serving-key-file
		cluster-signing-legacy-unknown-cert-file cluster-signing-legacy-unknown-key-file controller-shutdown-timeout
		controller-start-interval deployment-controller-sync-period endpoint-updates-batch-period
		endpointslice-updates-batch-period experimental-cluster-signing-duration external-cloud-volume-plugin
		flex-volume-plugin-dir google-json-key horizontal-pod-autoscaler-cpu-initialization-period
		horizontal-pod-autoscaler-downscale-delay horizontal-pod-autoscaler-downscale-stabilization
		horizontal-pod-autoscaler-initial-readiness-delay horizontal-pod-autoscaler-sync-period
		horizontal-pod-autoscaler-tolerance horizontal-pod-autoscaler-upscale-delay http2-max-streams-per-connection
		insecure-port kube-api-content-type kube-api-qps kubeconfig leader-elect-lease-duration
		leader-elect-renew-deadline leader-elect-resource-lock leader-elect-resource-name leader-elect-resource-namespace
		leader-elect-retry-period leader-migration-config legacy-service-account-token-clean-up-period log-backtrace-at
		log-dir log-file log-file-max-size log-flush-frequency log-json-info-buffer-size log-text-info-buffer-size
		logging-format master min-resync-period mirroring-endpointslice-updates-batch-period namespace-sync-period
		node-eviction-rate node-monitor-grace-period node-monitor-period node-startup-grace-period node-sync-period
		pod-eviction-timeout port pv-recycler-pod-template-filepath-hostpath pv-recycler-pod-template-filepath-nfs
		pvclaimbinder-sync-period register-retry-count requestheader-client-ca-file resource-quota-sync-period root-ca-file
		route-reconciliation-period secondary-node-eviction-rate secure-port service-account-private-key-file
		service-cluster-ip-range show-hidden-metrics-for-version stderrthreshold tls-cert-file tls-min-version
		tls-private-key-file unhealthy-zone-threshold volume-host-cidr-denylist
	`,
	kindLevel: "v",
	kindIP:    "bind-address address insecure-bind-address",
})

// apiServerFlags are the flags of kube-apiserver, by kind.
var apiServerFlags = newFlagTable(map[flagKind]string{
	kindBool: `
		add-dir-header aggregator-reject-forwarding-redirect allow-privileged allow-verification-with-non-compliant-keys
		alsologtostderr anonymous-auth audit-dynamic-configuration audit-log-batch-throttle-enable audit-log-compress
		audit-log-truncate-enabled audit-webhook-batch-throttle-enable audit-webhook-truncate-enabled contention-profiling
		disable-http2-serving emulation-forward-compatible enable-aggregator-routing enable-bootstrap-token-auth
		enable-garbage-collector enable-logs-handler enable-priority-and-fairness enable-swagger-ui
		encryption-provider-config-automatic-reload help kubelet-https log-json-split-stream log-text-split-stream logtostderr
		one-output permit-address-sharing permit-port-sharing profiling repair-malformed-updates
		runtime-config-emulation-forward-compatible service-account-extend-token-expiration service-account-lookup
		shutdown-send-retry-after skip-headers skip-log-headers version watch-cache
	`,
	kindInt32: `
	`,
	kindList: `
		admission-control allow-metric-labels api-audiences authorization-mode cors-allowed-origins disable-admission-plugins
		disabled-metrics emulated-version enable-admission-plugins etcd-servers etcd-servers-overrides feature-gates
		kubelet-preferred-address-types min-compatibility-version oidc-required-claim oidc-signing-algs
		requestheader-allowed-names requestheader-extra-headers-prefix requestheader-group-headers requestheader-uid-headers
		requestheader-username-headers runtime-config service-account-issuer service-account-key-file
		strict-transport-security-directives tls-cipher-suites tls-curve-preferences tls-sni-cert-key vmodule
		watch-cache-sizes
	`,
	kindOther: `
		admission-control-config-file allow-metric-labels-manifest apiserver-count
		audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst
		audit-log-batch-throttle-qps audit-log-format audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-mode
		audit-log-path audit-log-truncate-max-batch-size audit-log-truncate-max-event-size audit-log-version audit-policy-file
		audit-webhook-batch-buffer-size audit-webhook-batch-initial-backoff audit-webhook-batch-max-size
		audit-webhook-batch-max-wait audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-qps
		audit-webhook-config-file audit-webhook-initial-backoff audit-webhook-mode audit-webhook-truncate-max-batch-size
		audit-webhook-truncate-max-event-size audit-webhook-version authentication-config
		authentication-token-webhook-cache-ttl authentication-token-webhook-config-file authentication-token-webhook-version
		authorization-config authorization-policy-file authorization-webhook-cache-authorized-ttl
		authorization-webhook-cache-unauthorized-ttl authorization-webhook-config-file authorization-webhook-version
		azure-container-registry-config basic-auth-file cert-dir client-ca-file cloud-config cloud-provider
		cloud-provider-gce-l7lb-src-cidrs cloud-provider-gce-lb-src-cidrs coordinated-leadership-lease-duration
		coordinated-leadership-renew-deadline coordinated-leadership-retry-period debug-socket-path
		default-not-ready-toleration-seconds default-unreachable-toleration-seconds default-watch-cache-size
		delete-collection-workers deserialization-cache-size egress-selector-config-file encryption-provider-config
		endpoint-reconciler-type etcd-cafile etcd-certfile etcd-compaction-interval etcd-count-metric-poll-period
		etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-keyfile etcd-prefix etcd-readycheck-timeout event-ttl
		experimental-encryption-provider-config external-hostname goaway-chance google-json-key
		http2-max-streams-per-connection insecure-port kubelet-certificate-authority
		kubelet-client-certificate kubelet-client-key kubelet-port kubelet-read-only-port kubelet-timeout
		kubernetes-service-node-port lease-reuse-duration-seconds livez-grace-period log-backtrace-at log-dir log-file
		log-file-max-size log-flush-frequency log-json-info-buffer-size log-text-info-buffer-size logging-format
		master-service-namespace max-connection-bytes-per-sec max-mutating-requests-inflight max-requests-inflight
		max-resource-write-bytes min-request-timeout oidc-ca-file oidc-client-id oidc-groups-claim oidc-groups-prefix
		oidc-issuer-url oidc-username-claim oidc-username-prefix peer-advertise-ip peer-advertise-port peer-ca-file port
		proxy-client-cert-file proxy-client-key-file request-timeout requestheader-client-ca-file secure-port
		service-account-jwks-uri service-account-max-token-expiration service-account-signing-endpoint
		service-account-signing-key-file service-cluster-ip-range service-node-port-range show-hidden-metrics-for-version
		shutdown-delay-duration shutdown-watch-termination-grace-period ssh-keyfile ssh-user stderrthreshold storage-backend
		storage-initialization-timeout storage-media-type target-ram-mb tls-cert-file tls-min-version tls-private-key-file
		token-auth-file tracing-config-file 
	`,
	kindLevel: "v",
	kindIP:    "advertise-address bind-address insecure-bind-address address",
})

// initFlags are the flags of kubeadm init, by kind.
var initFlags = newFlagTable(map[flagKind]string{
	kindBool: `
		add-dir-header alsologtostderr dry-run experimental-upload-certs logtostderr one-output skip-certificate-key-print
		skip-headers skip-log-headers skip-token-print upload-certs version
	`,
	kindInt32: `
		apiserver-bind-port
	`,
	kindList: `
		apiserver-cert-extra-sans ignore-preflight-errors skip-phases vmodule
	`,
	kindOther: `
		apiserver-advertise-address cert-dir certificate-key config control-plane-endpoint cri-socket experimental-kustomize
		experimental-patches feature-gates image-repository kubernetes-version log-backtrace-at log-dir log-file
		log-file-max-size node-name patches pod-network-cidr rootfs service-cidr service-dns-domain stderrthreshold token
		token-ttl 
	`,
	kindLevel: "v",
})

// joinFlags are the flags of kubeadm join, by kind.
var joinFlags = newFlagTable(map[flagKind]string{
	kindBool: `
		add-dir-header alsologtostderr control-plane discovery-token-unsafe-skip-ca-verification dry-run
		experimental-control-plane logtostderr one-output skip-headers skip-log-headers version
	`,
	kindInt32: `
		apiserver-bind-port
	`,
	kindList: `
		discovery-token-ca-cert-hash ignore-preflight-errors skip-phases vmodule
	`,
	kindOther: `
		apiserver-advertise-address certificate-key config cri-socket discovery-file discovery-token experimental-kustomize
		experimental-patches log-backtrace-at log-dir log-file log-file-max-size node-name patches rootfs stderrthreshold
		tls-bootstrap-token token 
	`,
	kindLevel: "v",
})

// isAddressFlag reports whether a flag of that name, written with dashes, bears on address ranges.
func isAddressFlag(name string) bool {
	switch name {
	case "allocate-node-cidrs", "cluster-cidr", "node-cidr-mask-size", "node-cidr-mask-size-ipv4", "node-cidr-mask-size-ipv6",
		"service-cluster-ip-range", "cidr-allocator-type", "controllers", "advertise-address",
		"pod-network-cidr", "service-cidr", "apiserver-advertise-address", "control-plane-endpoint":
		return true
	}
	return false
}

// addressFlags are the flags about address ranges by program, for suggestions; the first is the pod range, where there
// is one.
func addressFlags(c fact.Component) []string {
	switch c {
	case fact.ControllerManager:
		return []string{"cluster-cidr", "service-cluster-ip-range", "allocate-node-cidrs", "node-cidr-mask-size", "node-cidr-mask-size-ipv4", "node-cidr-mask-size-ipv6", "cidr-allocator-type"}
	case fact.APIServer:
		return []string{"service-cluster-ip-range", "advertise-address"}
	}
	return []string{"pod-network-cidr", "service-cidr", "apiserver-advertise-address", "control-plane-endpoint", "service-dns-domain"}
}

// flagSynonyms are other programs' names for the same thing, letters and digits only.
// The value is the role: "pods", "services", "address" or "mask".
var flagSynonyms = map[string]string{
	"podnetworkcidr": "pods", "podcidr": "pods", "podcidrs": "pods", "podsubnet": "pods", "podsubnets": "pods", "podnetwork": "pods",
	"podnetcidr": "pods", "podsnetworkcidr": "pods", "podrange": "pods", "podiprange": "pods", "clustercidr": "pods", "clustercidrs": "pods",
	"clusterpodcidr": "pods", "clusterpodsubnet": "pods", "clusternetwork": "pods", "clustersubnet": "pods", "cnicidr": "pods",
	"servicecidr": "services", "servicecidrs": "services", "servicesubnet": "services", "servicesubnets": "services", "servicenetwork": "services",
	"servicenetworkcidr": "services", "serviceclusteriprange": "services", "serviceiprange": "services", "svccidr": "services", "servicerange": "services",
	"portalnet": "services", "advertiseaddress": "address", "apiserveradvertiseaddress": "address", "apiserveraddress": "address",
	"nodecidrmasksize": "mask", "nodecidrmask": "mask", "nodecidrmasksizeipv4": "mask4", "nodecidrmasksizeipv6": "mask6", "nodemask": "mask",
	"allocatenodecidrs": "allocate", "allocatenodecidr": "allocate", "servicednsdomain": "domain", "dnsdomain": "domain",
	"controlplaneendpoint": "endpoint",
}

// roleFlags names the flag for a synonym's role, by program.
func roleFlag(c fact.Component, role string) string {
	switch c {
	case fact.ControllerManager:
		return map[string]string{"pods": "cluster-cidr", "services": "service-cluster-ip-range", "mask": "node-cidr-mask-size",
			"mask4": "node-cidr-mask-size-ipv4", "mask6": "node-cidr-mask-size-ipv6", "allocate": "allocate-node-cidrs"}[role]
	case fact.APIServer:
		return map[string]string{"services": "service-cluster-ip-range", "address": "advertise-address"}[role]
	}
	return map[string]string{"pods": "pod-network-cidr", "services": "service-cidr", "address": "apiserver-advertise-address",
		"domain": "service-dns-domain", "endpoint": "control-plane-endpoint"}[role]
}

// squash returns the letters and digits of s in lower case.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// suggestFlag says which flag a name unknown to the program was meant to be, "" where none is likely, and whether it
// bears on addresses.
func suggestFlag(c fact.Component, name string) hint {
	flat := squash(name)
	role, isSynonym := flagSynonyms[flat]
	if want := roleFlag(c, role); isSynonym && want != "" {
		return hint{"write --" + want, want, true}
	}
	if isSynonym {
		if c == fact.APIServer && role != "domain" && role != "endpoint" {
			other := roleFlag(fact.ControllerManager, role)
			return hint{"this belongs to kube-controller-manager: --" + other, other, true}
		}
		if c == fact.ControllerManager && role == "address" {
			return hint{"this belongs to kube-apiserver: --advertise-address", "advertise-address", true}
		}
		return hint{address: true}
	}
	if best := suggest.Within(flat, addressFlags(c), 2+len(flat)/8); best != "" {
		return hint{"write --" + best, best, true}
	}
	return hint{}
}
