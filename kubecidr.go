package kubecidr

import (
	"io/fs"

	"github.com/kubecidr/kubecidr/internal/reading"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Kind says what a file is, told from its content.
type Kind = reading.Kind

// The kinds of files that are read.
const (
	KindKubeadmConfig = reading.KindKubeadmConfig // kubeadm configuration, or the kubeadm-config ConfigMap
	KindCommand       = reading.KindCommand       // command lines of the programs that state ranges, in any frame
	KindManifest      = reading.KindManifest      // kube-controller-manager and kube-apiserver
	KindKubeProxy     = reading.KindKubeProxy     // KubeProxyConfiguration, or the kube-proxy ConfigMap
	KindKubelet       = reading.KindKubelet       // KubeletConfiguration, or the kubelet-config ConfigMap
	KindNodes         = reading.KindNodes         // Node objects
	KindFlannel       = reading.KindFlannel       // net-conf.json, bare, in a ConfigMap, a manifest or Helm values
	KindSubnetEnv     = reading.KindSubnetEnv     // flannel's /run/flannel/subnet.env
	KindObjects       = reading.KindObjects       // Services, ServiceCIDRs, Events, Pods
	KindText          = reading.KindText          // plain output of kubectl, and log lines of Kubernetes
	KindLog           = reading.KindLog           // log lines that bear on address ranges
	KindPlugin        = reading.KindPlugin        // manifest, configuration or pools of a CNI plugin other than flannel
	KindInstaller     = reading.KindInstaller     // what an installer is told: k3s, kubespray, Talos, kind, ...
	KindHost          = reading.KindHost          // what a host says of its network: links, routes, resolvers, CNI files
	KindPlan          = reading.KindPlan          // a plan as package draw writes it, in JSON or YAML
	KindUnreadable    = reading.KindUnreadable    // it claims to be one of these and cannot be read
)

// Options are settings of [Read]. The zero value reads with the defaults.
type Options = reading.Options

// Limits bound what is read from one file. Zero fields stand for the defaults, negative ones for no limit.
type Limits = reading.Limits

// An Input is a file to read: an archive is one, and each of its members is a [File].
type Input = reading.Input

// An InputError is an input that could not be opened or read.
type InputError = reading.InputError

// A File is what one file says.
type File = reading.File

// Files is what a set of files says. It is not changed by its methods, so any number of goroutines can use it.
type Files = reading.Files

// A NotUnderstood is text that holds something about address ranges in a form that is not read, or a file that was not
// read at all.
type NotUnderstood = fact.NotUnderstood

// Check reads every file of fsys and checks what they say together: [Read] and [Files.Check] in one call. The error is
// that of Read, or [fact.ErrNothingStated] where no file was recognised: a test that renders nothing fails.
func Check(fsys fs.FS) (fact.Report, error) { return reading.Check(fsys) }

// Read reads every regular file of fsys, in the order of fs.WalkDir, members of archives included. Kinds are told from
// content, hosts from what the files say and from the names of folders and files. A file that cannot be parsed is a
// statement with a finding; one that cannot be opened is told by [Files.NotUnderstood]. The error is that of a file
// system whose root cannot be read.
//
// Links are followed within fsys, to a folder once. Those that lead out of it, and what is no regular file, are not
// opened and told by [Files.NotUnderstood].
func Read(fsys fs.FS, opt Options) (*Files, error) { return reading.Read(fsys, opt) }

// ReadInputs reads the inputs, as [Read] does, several at the same time. The error joins those of all inputs that
// cannot be opened or read, each an *[InputError]; what the others say is returned with it.
func ReadInputs(inputs []Input, opt Options) (*Files, error) { return reading.ReadInputs(inputs, opt) }

// Walk returns the regular files of fsys as inputs for [ReadInputs], their names below prefix, and what it does not
// open, as [Read] does not. The error is that of the root.
func Walk(fsys fs.FS, prefix string) ([]Input, []NotUnderstood, error) {
	return reading.Walk(fsys, prefix)
}
