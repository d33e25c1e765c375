package kubeadm

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A strictType is the type of a value of kubeadm's API: a scalar, a list, a map, or a struct whose fields are known.
type strictType struct {
	kind   string // "string", "bool", "int32", "int", "duration", "time", "token", "any"; "list" and "map" of elem; "struct"
	elem   *strictType
	goType string // as the decoder names it
	fields map[string]strictField
	named  bool // an argument, which kubeadm wants a name of
}

// A strictField is a field of a struct, in the releases from since on.
type strictField struct {
	typ   *strictType
	since int // minor release, 0 for all that have the API version
}

// strictStructs holds the structs of kubeadm's API: "field:type", types with [] for a list and map: for a map, a number
// of a release after @. What differs between API versions stands under the name with the version behind it.
// k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/{v1beta2 (v1.15), v1beta3 (v1.22), v1beta4 and v1 (v1.37.2)}/types.go
// and doc.go, cmd/kubeadm/app/apis/bootstraptoken/v1/types.go, k8s.io/api v0.37.2 core/v1 types.go.
var strictStructs = map[string]string{
	"InitConfiguration": `apiVersion:string kind:string bootstrapTokens:[]BootstrapToken dryRun:bool nodeRegistration:NodeRegistrationOptions
		localAPIEndpoint:APIEndpoint certificateKey:string skipPhases:[]string patches:Patches timeouts:Timeouts`,
	"InitConfiguration v1beta3": `apiVersion:string kind:string bootstrapTokens:[]BootstrapToken nodeRegistration:NodeRegistrationOptions
		localAPIEndpoint:APIEndpoint certificateKey:string skipPhases:[]string patches:Patches`,
	"InitConfiguration v1beta2": `apiVersion:string kind:string bootstrapTokens:[]BootstrapToken nodeRegistration:NodeRegistrationOptions
		localAPIEndpoint:APIEndpoint certificateKey:string`,

	"ClusterConfiguration": `apiVersion:string kind:string etcd:Etcd networking:Networking kubernetesVersion:string controlPlaneEndpoint:string
		apiServer:APIServer controllerManager:ControlPlaneComponent scheduler:ControlPlaneComponent dns:DNS proxy:Proxy certificatesDir:string
		imageRepository:string featureGates:map:bool clusterName:string encryptionAlgorithm:string certificateValidityPeriod:duration
		caCertificateValidityPeriod:duration`,
	"ClusterConfiguration v1beta3": `apiVersion:string kind:string etcd:Etcd networking:Networking kubernetesVersion:string controlPlaneEndpoint:string
		apiServer:APIServer controllerManager:ControlPlaneComponent scheduler:ControlPlaneComponent dns:DNS certificatesDir:string
		imageRepository:string featureGates:map:bool clusterName:string`,
	"ClusterConfiguration v1beta2": `apiVersion:string kind:string etcd:Etcd networking:Networking kubernetesVersion:string controlPlaneEndpoint:string
		apiServer:APIServer controllerManager:ControlPlaneComponent scheduler:ControlPlaneComponent dns:DNS certificatesDir:string
		imageRepository:string useHyperKubeImage:bool featureGates:map:bool clusterName:string`,

	"JoinConfiguration": `apiVersion:string kind:string dryRun:bool nodeRegistration:NodeRegistrationOptions caCertPath:string discovery:Discovery
		controlPlane:JoinControlPlane skipPhases:[]string patches:Patches timeouts:Timeouts`,
	"JoinConfiguration v1beta3": `apiVersion:string kind:string nodeRegistration:NodeRegistrationOptions caCertPath:string discovery:Discovery
		controlPlane:JoinControlPlane skipPhases:[]string patches:Patches`,
	"JoinConfiguration v1beta2": `apiVersion:string kind:string nodeRegistration:NodeRegistrationOptions caCertPath:string discovery:Discovery
		controlPlane:JoinControlPlane`,

	"ResetConfiguration": `apiVersion:string kind:string cleanupTmpDir:bool certificatesDir:string criSocket:string dryRun:bool force:bool
		ignorePreflightErrors:[]string skipPhases:[]string unmountFlags:[]string timeouts:Timeouts`,
	"UpgradeConfiguration": `apiVersion:string kind:string apply:UpgradeApplyConfiguration diff:UpgradeDiffConfiguration node:UpgradeNodeConfiguration
		plan:UpgradePlanConfiguration timeouts:Timeouts`,
	"UpgradeApplyConfiguration": `kubernetesVersion:string allowExperimentalUpgrades:bool allowRCUpgrades:bool certificateRenewal:bool dryRun:bool
		etcdUpgrade:bool forceUpgrade:bool ignorePreflightErrors:[]string patches:Patches printConfig:bool skipPhases:[]string imagePullPolicy:string
		imagePullSerial:bool`,
	"UpgradeDiffConfiguration": `kubernetesVersion:string contextLines:int`,
	"UpgradeNodeConfiguration": `certificateRenewal:bool dryRun:bool etcdUpgrade:bool ignorePreflightErrors:[]string skipPhases:[]string patches:Patches
		imagePullPolicy:string imagePullSerial:bool`,
	"UpgradePlanConfiguration": `kubernetesVersion:string allowExperimentalUpgrades:bool allowRCUpgrades:bool dryRun:bool etcdUpgrade:bool@33
		ignorePreflightErrors:[]string printConfig:bool`,

	"Networking":  `serviceSubnet:string podSubnet:string dnsDomain:string`,
	"APIEndpoint": `advertiseAddress:string bindPort:int32`,
	"Patches":     `directory:string`,
	"Proxy":       `disabled:bool`,
	"Timeouts": `controlPlaneComponentHealthCheck:duration kubeletHealthCheck:duration kubernetesAPICall:duration etcdAPICall:duration
		tlsBootstrap:duration discovery:duration upgradeManifests:duration`,

	"APIServer":                     `extraArgs:[]Arg extraVolumes:[]HostPathMount extraEnvs:[]EnvVar certSANs:[]string`,
	"APIServer v1beta3":             `extraArgs:map:string extraVolumes:[]HostPathMount certSANs:[]string timeoutForControlPlane:duration`,
	"ControlPlaneComponent":         `extraArgs:[]Arg extraVolumes:[]HostPathMount extraEnvs:[]EnvVar`,
	"ControlPlaneComponent v1beta3": `extraArgs:map:string extraVolumes:[]HostPathMount`,
	"DNS":                           `imageRepository:string imageTag:string disabled:bool`,
	"DNS v1beta3":                   `imageRepository:string imageTag:string`,
	"DNS v1beta2":                   `type:string imageRepository:string imageTag:string`,
	"Etcd":                          `local:LocalEtcd external:ExternalEtcd`,
	"LocalEtcd": `imageRepository:string imageTag:string dataDir:string extraArgs:[]Arg extraEnvs:[]EnvVar serverCertSANs:[]string
		peerCertSANs:[]string`,
	"LocalEtcd v1beta3": `imageRepository:string imageTag:string dataDir:string extraArgs:map:string serverCertSANs:[]string peerCertSANs:[]string`,
	"ExternalEtcd":      `endpoints:[]string httpEndpoints:[]string@35 caFile:string certFile:string keyFile:string`,
	"NodeRegistrationOptions": `name:string criSocket:string taints:[]Taint kubeletExtraArgs:[]Arg ignorePreflightErrors:[]string
		imagePullPolicy:string imagePullSerial:bool`,
	"NodeRegistrationOptions v1beta3": `name:string criSocket:string taints:[]Taint kubeletExtraArgs:map:string ignorePreflightErrors:[]string
		imagePullPolicy:string`,
	"NodeRegistrationOptions v1beta2": `name:string criSocket:string taints:[]Taint kubeletExtraArgs:map:string ignorePreflightErrors:[]string`,
	"JoinControlPlane":                `localAPIEndpoint:APIEndpoint certificateKey:string`,
	"Discovery":                       `bootstrapToken:BootstrapTokenDiscovery file:FileDiscovery tlsBootstrapToken:string`,
	"Discovery v1beta3":               `bootstrapToken:BootstrapTokenDiscovery file:FileDiscovery tlsBootstrapToken:string timeout:duration`,
	"BootstrapTokenDiscovery":         `token:string apiServerEndpoint:string caCertHashes:[]string unsafeSkipCAVerification:bool`,
	"FileDiscovery":                   `kubeConfigPath:string`,
	"HostPathMount":                   `name:string hostPath:string mountPath:string readOnly:bool pathType:string`,
	"BootstrapToken":                  `token:token description:string ttl:duration expires:time usages:[]string groups:[]string`,
	"Taint":                           `key:string value:string effect:string timeAdded:time`,
	"Arg":                             `name:string value:string`,
	"Arg v1":                          `name:string value:string mergeMethod:string`,
	"EnvVar":                          `name:string value:string valueFrom:any`,
}

// strictOrder are the API versions whose structs are known, the newest first: a struct that does not stand under a
// version is that of the next newer one, and v1beta4's stand under their name alone. v1 is v1beta4 but for what stands
// under it.
var strictOrder = []string{"v1beta4", "v1beta3", "v1beta2"}

// strictKind returns the struct of a kind in an API version of kubeadm, nil where it has none.
func strictKind(kind, version string) *strictType {
	switch kind {
	case "InitConfiguration", "ClusterConfiguration", "JoinConfiguration":
	case "ResetConfiguration", "UpgradeConfiguration":
		if version != "v1beta4" && version != "v1" {
			return nil
		}
	default:
		return nil
	}
	b := strictBuilder{version: version, same: []string{"v1"}, made: map[string]*strictType{}}
	if version != "v1" {
		i := slices.Index(strictOrder, version)
		if i < 0 {
			return nil
		}
		b.same = strictOrder[:i+1]
	}
	return b.typ(kind)
}

// A strictBuilder makes the types of one API version.
type strictBuilder struct {
	version string
	same    []string // the API versions under which a struct may stand, this one last
	made    map[string]*strictType
}

// typ returns the type of that name.
func (b strictBuilder) typ(name string) *strictType {
	if elem, ok := strings.CutPrefix(name, "[]"); ok {
		e := b.typ(elem)
		return &strictType{kind: "list", elem: e, goType: "[]" + e.goType}
	}
	if elem, ok := strings.CutPrefix(name, "map:"); ok {
		e := b.typ(elem)
		return &strictType{kind: "map", elem: e, goType: "map[string]" + e.goType}
	}
	text, ok := strictStructs[name]
	if !ok {
		return &strictType{kind: name, goType: name}
	}
	if t := b.made[name]; t != nil {
		return t
	}
	for i := len(b.same) - 1; i >= 0; i-- {
		if own, ok := strictStructs[name+" "+b.same[i]]; ok {
			text = own
			break
		}
	}
	t := &strictType{kind: "struct", goType: b.version + "." + name, fields: map[string]strictField{}, named: name == "Arg"}
	b.made[name] = t
	for _, f := range strings.Fields(text) {
		field, typ, _ := strings.Cut(f, ":")
		typ, since, _ := strings.Cut(typ, "@")
		n, _ := strconv.Atoi(since)
		t.fields[field] = strictField{b.typ(typ), n}
	}
	return t
}

// has reports whether the struct has a field in minor release n.
func (t *strictType) has(name string, n int) bool {
	f, ok := t.fields[name]
	return ok && f.since <= n
}

// A strictWalk decodes a document as kubeadm does when it is strict, and tells what it would not take.
type strictWalk struct {
	minor int
	say   func(Problem)
}

// value decodes n as a value of type t at path.
func (w strictWalk) value(n *source.Node, t *strictType, path string) {
	if n == nil || n.Kind == source.Null || t.kind == "any" {
		return
	}
	wrong := func(why string) {
		w.say(Problem{Kind: ProblemType, Pos: n.Pos, Path: path, Message: fmt.Sprintf("%s: cannot take %s as %s%s", path, jsonType(n), t.goType, why)})
	}
	switch t.kind {
	case "struct":
		if n.Kind != source.Mapping {
			wrong("")
			return
		}
		for _, e := range n.Entries {
			at := join(path, e.Key)
			if !t.has(e.Key, w.minor) {
				w.say(Problem{Kind: ProblemUnknownField, Pos: e.KeyPos, Path: at, Message: fmt.Sprintf("unknown field %q", at)})
				continue
			}
			w.value(e.Value, t.fields[e.Key].typ, at)
		}
	case "list":
		if n.Kind != source.Sequence {
			wrong("")
			return
		}
		for i, it := range n.Items {
			at := fmt.Sprintf("%s[%d]", path, i)
			w.value(it, t.elem, at)
			if t.elem.named && it.Get("name").Str() == "" { // cmd/kubeadm/app/apis/kubeadm/validation ValidateExtraArgs, v1.37.2
				w.say(Problem{Kind: ProblemValue, Pos: positionOr(it.Value().Pos, n.Pos), Path: at, Message: at + ": argument has no name"})
			}
		}
	case "map":
		if n.Kind != source.Mapping {
			wrong("")
			return
		}
		for _, e := range n.Entries {
			w.value(e.Value, t.elem, join(path, e.Key))
		}
	default:
		if why, ok := takesScalar(n, t.kind); !ok {
			wrong(why)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// bootstrapToken is what kubeadm takes for a token: k8s.io/cluster-bootstrap token/api BootstrapTokenPattern, v0.37.2.
var bootstrapToken = regexp.MustCompile(`\A[a-z0-9]{6}\.[a-z0-9]{16}\z`)

// takesScalar reports whether a value can be decoded as a scalar of that kind, and why not where the type alone does
// not say it.
func takesScalar(n *source.Node, kind string) (why string, ok bool) {
	is := jsonType(n)
	switch kind {
	case "bool":
		return "", is == "bool"
	case "int", "int32":
		if is != "number" {
			return "", false
		}
		return wholeNumber(n.Text, kind)
	case "string":
		return "", is == "string"
	}
	if is != "string" {
		return "", false
	}
	switch kind {
	case "duration": // k8s.io/apimachinery v0.37.2 pkg/apis/meta/v1 Duration.UnmarshalJSON
		if _, err := time.ParseDuration(n.Text); err != nil {
			return fmt.Sprintf(": %q is no duration such as 4m0s", n.Text), false
		}
	case "time": // the same, Time.UnmarshalJSON
		if _, err := time.Parse(time.RFC3339, n.Text); err != nil {
			return fmt.Sprintf(": %q is no time such as 2026-01-02T15:04:05Z", n.Text), false
		}
	case "token":
		if !bootstrapToken.MatchString(n.Text) {
			return ": a bootstrap token has the form abcdef.0123456789abcdef", false
		}
	}
	return "", true
}

// wholeNumber reports whether a number as YAML has it is a whole one that fits in its type.
func wholeNumber(text, kind string) (why string, ok bool) {
	text = strings.ReplaceAll(text, "_", "")
	if i, err := strconv.ParseInt(text, 0, 64); err == nil {
		if kind == "int32" && (i < math.MinInt32 || i > math.MaxInt32) {
			return fmt.Sprintf(": %s is too large", text), false
		}
		return "", true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return fmt.Sprintf(": %s is no whole number of that size", text), false
	}
	return "", true
}

// positionOr returns p, and q where p is none.
func positionOr(p, q fact.Position) fact.Position {
	if p.IsValid() {
		return p
	}
	return q
}
