// Package accepted holds the files that plans are written as for installers against the types of those installers, read strictly: a key
// that the installer does not know, or a value of another type, fails. It is a module of its own, so that no user inherits theirs.
//
// kind and Cluster API are modules that can be required. The others (k0s, Talos, kops, EKS Anywhere, KubeOne) are held by internal/distro
// and by what their documentation says alone.
package accepted
