package kubecidr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// WriteFlannel writes flannel's ConfigMap for p: net-conf.json with the pod range of each family, VXLAN between the
// nodes.
func WriteFlannel(w io.Writer, p *plan.Plan) error {
	if p == nil {
		return draw.ErrNoPlan
	}
	c, err := flannel.NetConfFor(p)
	if err != nil {
		return err
	}
	return flannel.WriteConfigMap(w, c, "")
}

// WriteCommands writes what to type, and on which host, to build a cluster with the ranges of p by kubeadm and flannel.
// The text is a shell script to read and to paste from.
//
// Where flags of kubeadm init can say everything it uses those, otherwise a configuration file. The error is that of
// [kubeadm.WriteClusterConfiguration] or [flannel.NetConfFor], or the writer's; nothing is written on the former.
func WriteCommands(w io.Writer, p *plan.Plan) error {
	if p == nil {
		return draw.ErrNoPlan
	}
	var b, file bytes.Buffer
	b.WriteString("# Ranges:\n")
	for _, r := range p.Ranges {
		fmt.Fprintf(&b, "#   %-8s  %v\n", r.Role, r.Prefix)
	}
	b.WriteString("\n# 1. On the first control-plane host, as root:\n")
	if len(p.Families) > 1 {
		fmt.Fprintf(&b, "# Every kubelet needs --node-ip with an address of each family, %v first.\n", p.Families[0])
	}
	if len(p.Families) > 0 && p.Families[0] == fact.IPv6 {
		b.WriteString("# The API server must advertise an IPv6 address: if kubeadm does not find it by itself, set\n" +
			"# localAPIEndpoint.advertiseAddress of an InitConfiguration, or --apiserver-advertise-address.\n")
	}
	err := kubeadm.ErrNeedsFile
	if p.Request.Name == "" || p.Request.Name == "kubernetes" { // no flag sets the name
		err = kubeadm.WriteInitCommand(&b, p)
	}
	if errors.Is(err, kubeadm.ErrNeedsFile) {
		if err = kubeadm.WriteClusterConfiguration(&file, p, kubeadm.WriteOptions{}); err == nil {
			hereDocument(&b, "kubeadm.yaml", file.String())
			b.WriteString("kubeadm init --config kubeadm.yaml\n")
		}
	}
	if err != nil {
		return err
	}

	file.Reset()
	if err := WriteFlannel(&file, p); err != nil {
		return err
	}
	release := fact.NewestFlannel()
	b.WriteString("\n# 2. With the kubeconfig that kubeadm names: flannel, then this plan's ranges over those of its manifest.\n")
	fmt.Fprintf(&b, "kubectl apply -f https://github.com/flannel-io/flannel/releases/download/%v/kube-flannel.yml\n", release)
	hereDocument(&b, "kube-flannel-cfg.yaml", file.String())
	b.WriteString("kubectl apply -f kube-flannel-cfg.yaml\n" +
		"kubectl -n kube-flannel rollout restart daemonset/kube-flannel-ds\n" +
		"\n# 3. On every other host: the kubeadm join command that step 1 printed, control-plane hosts first.\n" +
		"\n# 4. Each node must have one subnet")
	if len(p.Families) > 1 {
		b.WriteString(" of each family")
	}
	b.WriteString(" of the pod range:\n" +
		"kubectl get nodes -o custom-columns=NODE:.metadata.name,SUBNETS:.spec.podCIDRs\n")
	_, err = w.Write(b.Bytes())
	return err
}

// hereDocument writes a shell command that makes a file of text.
func hereDocument(b *bytes.Buffer, name, text string) {
	end := "EOF"
	for strings.Contains(text, "\n"+end+"\n") {
		end += "F"
	}
	fmt.Fprintf(b, "cat > %s <<'%s'\n%s%s\n", name, end, text, end)
}

// Attachments returns the files that apply p, for the end of a document: kubeadm's configuration, flannel's ConfigMap,
// and the commands.
// The error is that of the first that cannot be made.
func Attachments(p *plan.Plan) ([]draw.Attachment, error) {
	var out []draw.Attachment
	for _, f := range []struct {
		title, language string
		write           func(io.Writer) error
	}{
		{"kubeadm.yaml", "yaml", func(w io.Writer) error {
			return kubeadm.WriteClusterConfiguration(w, p, kubeadm.WriteOptions{})
		}},
		{"kube-flannel-cfg.yaml", "yaml", func(w io.Writer) error { return WriteFlannel(w, p) }},
		{"Commands", "sh", func(w io.Writer) error { return WriteCommands(w, p) }},
	} {
		var b strings.Builder
		if err := f.write(&b); err != nil {
			return nil, fmt.Errorf("%s: %w", f.title, err)
		}
		out = append(out, draw.Attachment{Title: f.title, Language: f.language, Text: b.String()})
	}
	return out, nil
}
