// Installer shows what a program that sets up clusters does with the library: it finds ranges for its user's cluster,
// says what would help if there are none, and renders the settings of kubeadm and flannel into a folder.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: installer NAME HOSTS DIR, such as: installer north 10.20.0.0/22 out")
		os.Exit(2)
	}
	if err := install(os.Stdout, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "installer:", err)
		os.Exit(1)
	}
}

// install plans the cluster name for the hosts' networks, and writes its files into dir.
func install(w io.Writer, name, hosts, dir string) error {
	req := plan.Request{Name: name, Nodes: 40, Grow: 1}
	if err := errors.Join(req.Set("hosts", hosts), req.Set("avoid", "docker", "libvirt")); err != nil {
		return err
	}
	p, err := plan.New(req)
	var none *plan.InfeasibleError
	if errors.As(err, &none) && none.Alternative() != nil {
		return fmt.Errorf("%w\nwith this: %s, the ranges are %v", err, none.Relaxations[0].Change, none.Alternative().Pins())
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "services %v, pods %v, API server at %v\n", p.Services(), p.Pods(), p.APIServerServiceIPs[0])

	var config, flannel bytes.Buffer
	if err := kubeadm.WriteClusterConfiguration(&config, p, kubeadm.WriteOptions{}); err != nil {
		return err
	}
	if err := kubecidr.WriteFlannel(&flannel, p); err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "kubeadm.yaml"), config.Bytes(), 0o644),
		os.WriteFile(filepath.Join(dir, "kube-flannel-cfg.yaml"), flannel.Bytes(), 0o644))
}
