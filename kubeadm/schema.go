package kubeadm

import "strings"

// A schema is the keys of a mapping. A nil *schema stands for whatever is below a key whose inside is not looked at.
type schema map[string]*schema

// newSchema reads a schema from text: names separated by blanks, "name{...}" for a mapping whose keys are known,
// "name*" for one whose inside is not looked at, and a bare name for a scalar.
func newSchema(text string) *schema {
	s, _ := parseSchema(strings.Fields(strings.NewReplacer("{", " { ", "}", " } ", "*", " * ").Replace(text)))
	return s
}

// opaque stands for a mapping, list or scalar whose inside is not looked at; leaf for a scalar.
var opaque, leaf = &schema{}, &schema{}

func parseSchema(words []string) (*schema, []string) {
	s := schema{}
	last := ""
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		switch w {
		case "{":
			s[last], words = parseSchema(words)
		case "}":
			return &s, words
		case "*":
			s[last] = opaque
		default:
			last = w
			s[last] = leaf
		}
	}
	return &s, nil
}

const (
	etcdKeys         = `etcd{ local{imageRepository imageTag image dataDir extraArgs* extraEnvs* serverCertSANs* peerCertSANs*} external{endpoints* httpEndpoints* caFile certFile keyFile} }`
	networkingKeys   = `networking{serviceSubnet podSubnet dnsDomain}`
	componentKeys    = `extraArgs* extraVolumes* extraEnvs*`
	registrationKeys = `nodeRegistration{name criSocket taints* kubeletExtraArgs* ignorePreflightErrors* imagePullPolicy imagePullSerial}`
	endpointKeys     = `{advertiseAddress bindPort}`
	oldArgKeys       = `apiServerExtraArgs* controllerManagerExtraArgs* schedulerExtraArgs* apiServerExtraVolumes* controllerManagerExtraVolumes* schedulerExtraVolumes* apiServerCertSANs*`
)

// The schemas hold the keys of each kind, those of all its API versions together where a later one only adds keys.
// k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/{v1alpha1 (v1.10), v1alpha2 (v1.11), v1alpha3 (v1.12), v1beta1
// (v1.13), v1beta2 (v1.15), v1beta3 (v1.22), v1beta4, v1 (v1.37.2)}/types.go.
var (
	clusterSchema = newSchema(`apiVersion kind metadata* kubernetesVersion controlPlaneEndpoint ` + networkingKeys + etcdKeys + `
		apiServer{` + componentKeys + ` certSANs* timeoutForControlPlane} controllerManager{` + componentKeys + `} scheduler{` + componentKeys + `}
		dns{type imageRepository imageTag disabled} proxy{disabled} certificatesDir imageRepository useHyperKubeImage featureGates* clusterName
		encryptionAlgorithm certificateValidityPeriod caCertificateValidityPeriod`)
	clusterSchemaAlpha3 = newSchema(`apiVersion kind metadata* kubernetesVersion controlPlaneEndpoint ` + networkingKeys + etcdKeys + oldArgKeys + `
		certificatesDir imageRepository unifiedControlPlaneImage auditPolicy* featureGates* clusterName`)
	masterSchema = newSchema(`apiVersion kind metadata* api{advertiseAddress controlPlaneEndpoint bindPort} kubeProxy* etcd* kubeletConfiguration*
		kubernetesVersion cloudProvider nodeName authorizationModes* noTaintMaster privilegedPods token tokenTTL tokenUsages* tokenGroups*
		bootstrapTokens* criSocket certificatesDir imagePullPolicy imageRepository ciImageRepository unifiedControlPlaneImage auditPolicy*
		featureGates* clusterName selfHosted ` + networkingKeys + oldArgKeys + registrationKeys)
	initSchema = newSchema(`apiVersion kind metadata* bootstrapTokens* dryRun certificateKey skipPhases* patches{directory} timeouts*
		localAPIEndpoint` + endpointKeys + registrationKeys)
	initSchemaAlpha3 = newSchema(`apiVersion kind metadata* bootstrapTokens* apiEndpoint` + endpointKeys + registrationKeys)
	joinSchema       = newSchema(`apiVersion kind metadata* dryRun caCertPath skipPhases* patches{directory} timeouts*
		discovery{bootstrapToken{token apiServerEndpoint caCertHashes* unsafeSkipCAVerification} file{kubeConfigPath} tlsBootstrapToken timeout}
		controlPlane{localAPIEndpoint` + endpointKeys + ` certificateKey} ` + registrationKeys)
	joinSchemaAlpha3 = newSchema(`apiVersion kind metadata* caCertPath discoveryFile discoveryToken discoveryTokenAPIServers* discoveryTimeout nodeName
		tlsBootstrapToken token criSocket clusterName discoveryTokenCACertHashes* discoveryTokenUnsafeSkipCAVerification controlPlane featureGates*
		apiEndpoint` + endpointKeys + registrationKeys)
)

// schemaOf returns the schema of a kind in an API version, nil where its keys are not looked at.
func schemaOf(kind, version string) *schema {
	alpha3 := version == "v1alpha3"
	switch kind {
	case "ClusterConfiguration":
		if alpha3 {
			return clusterSchemaAlpha3
		}
		return clusterSchema
	case "MasterConfiguration":
		return masterSchema
	case "InitConfiguration":
		if alpha3 {
			return initSchemaAlpha3
		}
		return initSchema
	case "JoinConfiguration":
		if alpha3 {
			return joinSchemaAlpha3
		}
		return joinSchema
	}
	return nil
}
