package distro

import (
	"bytes"
	"path"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// microK8s: github.com/canonical/microk8s microk8s-resources/default-args, docs/configure-cluster-cidr.
func microK8s() Installer {
	return Installer{
		Name: "microk8s",
		Recognised: "files of --flag=value lines in .../args/, with $SNAP paths or the name of a program; a launch " +
			"configuration of version 0.1.0; cni-env",
		Marks:   []string{"--", "extraCNIEnv", "extraKube", "_CLUSTER_CIDR"},
		Through: ThroughFlags,
		CNI:     "calico",
		DNS:     10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.1.0.0/16", Old: true, Releases: "stands in the files, never assumed"},
			{Role: Services, IPv4: "10.152.183.0/24", Old: true, Releases: "stands in the files, never assumed"},
			{Role: Pods, IPv6: "fd01::/64", Old: true, Releases: "stands in cni-env"},
			{Role: Services, IPv6: "fd98::/108", Old: true, Releases: "stands in cni-env"},
		},
		Changes: []Change{{
			Roles: []Role{Pods, Services, DNS}, File: "/var/snap/microk8s/current/args/kube-proxy, kube-apiserver, " +
				"kubelet, cni-network/cni.yaml",
			Key:     "--cluster-cidr, --service-cluster-ip-range, --cluster-dns, CALICO_IPV4POOL_CIDR",
			Restart: []string{"microk8s stop", "microk8s start", "microk8s refresh-certs --cert server.crt"},
			Way: "supported for a cluster of one node; delete the old IPPool and create pods and services anew; " +
				"with more nodes install anew",
		}},
		Units: []string{"snap.microk8s.daemon-kubelite"},
		match: func(f *source.File, n *source.Node) bool {
			return n.Get("version").Str() == "0.1.0" && hasAny(n, "extraCNIEnv", "extraKubeAPIServerArgs",
				"extraKubeletArgs", "extraKubeProxyArgs", "extraKubeControllerManagerArgs")
		},
		Takes: target.Terms{Doc: "the launch configuration /var/snap/microk8s/common/.microk8s.yaml",
			Stacks: []string{target.IPv4, target.Dual}, Why: "its network is IPv4, or both with IPv4 first", NoMasks: true,
			Write: writeMicroK8s},
		read: readMicroK8s,
		text: microK8sArgs,
	}
}

func readMicroK8s(c *Cluster, n *source.Node) {
	c.Partial = true
	c.CNI, c.Allocator = "calico", OwnIPAM
	for _, k := range []struct {
		key  string
		role Role
	}{
		{"IPv4_CLUSTER_CIDR", Pods}, {"IPv6_CLUSTER_CIDR", Pods}, {"IPv4_SERVICE_CIDR", Services},
		{"IPv6_SERVICE_CIDR", Services},
	} {
		c.take(k.role, "extraCNIEnv."+k.key)
		if k.role == Pods {
			c.take(Pool, "extraCNIEnv."+k.key) // CALICO_IPV4POOL_CIDR is made of it
		}
	}
	for _, k := range []struct {
		key     string
		program Program
	}{
		{"extraKubeAPIServerArgs", APIServer}, {"extraKubeletArgs", Kubelet}, {"extraKubeProxyArgs", KubeProxy},
		{"extraKubeControllerManagerArgs", ControllerManager},
	} {
		c.args(k.program, n.Get(k.key), k.key)
	}
}

// microK8sProgram tells which program a file of flags is for: by its name, else by what only that program has.
func microK8sProgram(f *source.File) Program {
	switch p := Program(path.Base(f.Name)); p {
	case ControllerManager, APIServer, KubeProxy, Kubelet:
		return p
	}
	for _, k := range []struct {
		word    string
		program Program
	}{
		{"proxy.config", KubeProxy}, {"controller.config", ControllerManager}, {"kubelet.config", Kubelet},
		{"--etcd-servers", APIServer},
		{"--service-account-key-file", APIServer}, {"--service-account-private-key-file", ControllerManager},
	} {
		if bytes.Contains(f.Data, []byte(k.word)) {
			return k.program
		}
	}
	return ""
}

func microK8sArgs(in *Installer, f *source.File) []Cluster {
	c := Cluster{in: in, Installer: in.Name, file: f, Pos: f.Position(0), Partial: true, CNI: "calico",
		Allocator: OwnIPAM,
		at:        func(*source.Node) Position { return f.Position(0) }}
	sure := bytes.Contains(f.Data, []byte("$SNAP")) || bytes.Contains(f.Data, []byte("${SNAP")) ||
		strings.Contains(f.Name, "microk8s") || path.Base(path.Dir(f.Name)) == "args"
	if !sure && !bytes.Contains(f.Data, []byte("IPv4_CLUSTER_CIDR")) {
		return nil
	}
	program := microK8sProgram(f)
	for start := 0; start < len(f.Data); {
		end := bytes.IndexByte(f.Data[start:], '\n')
		if end < 0 {
			end = len(f.Data)
		} else {
			end += start
		}
		line := strings.TrimSpace(string(f.Data[start:end]))
		switch name, value, found := strings.Cut(line, "="); {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "-") && !found && strings.IndexByte(line, ' ') < 0:
			// a flag without a value
		case strings.HasPrefix(line, "--"):
			if !found {
				name, value, _ = strings.Cut(line, " ")
			}
			c.argLine(f, program, strings.TrimSpace(name), value,
				start+bytes.Index(f.Data[start:end], []byte(line))+len(line)-len(value))
		case found && cniEnvRole(name) != "":
			v := Value{Role: cniEnvRole(name), Key: name}
			at := start + bytes.Index(f.Data[start:end], []byte(line)) + len(name) + 1
			trimmed := strings.Trim(value, `"'`)
			at += strings.Index(value, trimmed)
			v.Pos = f.Position(at)
			if trimmed != "" {
				place := func(o int) Position { return f.Position(at + o) }
				c.plain(&v, trimmed, place)
				if pool := (Value{Role: Pool, Key: name, Pos: v.Pos}); v.Role == Pods {
					c.plain(&pool, trimmed, place)
				}
			}
		case found && strings.IndexByte(name, ' ') < 0 && strings.ToUpper(name) == name || found &&
			strings.HasSuffix(name, "_SUPPORT"):
		default:
			return nil // not a file of flags
		}
		start = end + 1
	}
	if len(c.Values) == 0 {
		return nil
	}
	return []Cluster{c}
}

func cniEnvRole(name string) Role {
	switch name {
	case "IPv4_CLUSTER_CIDR", "IPv6_CLUSTER_CIDR":
		return Pods
	case "IPv4_SERVICE_CIDR", "IPv6_SERVICE_CIDR":
		return Services
	}
	return ""
}

// argLine adds one flag of a file of flags.
func (c *Cluster) argLine(f *source.File, program Program, name, value string, offset int) {
	role := flagRole(program, name)
	trimmed := strings.Trim(strings.TrimSpace(value), `"'`)
	if role == "" || trimmed == "" {
		return
	}
	offset += strings.Index(value, trimmed)
	v := Value{Role: role, Key: name, Program: program, Pos: f.Position(offset)}
	c.plain(&v, trimmed, func(o int) Position { return f.Position(offset + o) })
	c.override(role, program)
}

// writeMicroK8s writes a launch configuration. Nobody cuts the pod range into node subnets there but Calico.
func writeMicroK8s(f *target.File) {
	f.Line("# /var/snap/microk8s/common/.microk8s.yaml on each node, before the snap is installed")
	f.Line("version: 0.1.0\nextraCNIEnv:")
	for _, fam := range f.Plan.Families {
		pods, _ := f.Range(fact.RolePods, fam)
		services, _ := f.Range(fact.RoleServices, fam)
		f.Line("  %[1]v_SUPPORT: \"true\"\n  %[1]v_CLUSTER_CIDR: %[2]s\n  %[1]v_SERVICE_CIDR: %[3]s", fam,
			target.Text(pods.String()), target.Text(services.String()))
	}
	f.Line("extraSANs:")
	for _, a := range f.Plan.APIServerServiceIPs {
		f.Line("  - %s", target.Text(a.String()))
	}
	if n, told := f.MaxPods(); told {
		f.Line("extraKubeletArgs:\n  --max-pods: \"%d\"", n)
	}
}
